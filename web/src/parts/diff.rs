//! The change of files, line by line, as git shows it.

use view::{DiffLine, FileDiff};
use yew::prelude::*;

use crate::texts;

/// The changed files, each foldable.
pub fn diff(files: &[FileDiff]) -> Html {
    html! {
        <div class="diff">
            for file in files.iter() {
                <details key={file.path.as_str()} open=true>
                    <summary>
                        <code>{ file.path.as_str() }</code>
                        <span class="sums" aria-label={texts::lines_changed(file.added, file.removed)}>
                            <span class="added">{ format!("+{}", file.added) }</span>
                            <span class="removed">{ format!("−{}", file.removed) }</span>
                        </span>
                    </summary>
                    for (index, hunk) in file.hunks.iter().enumerate() {
                        <table key={index} aria-label={texts::changes_in(&file.path)}>
                            <tbody>
                                for (index, row) in hunk.lines.iter().enumerate() {
                                    <tr key={index} class={class(row)}>
                                        <td class="number">{ row.new.or(row.old).unwrap_or_default() }</td>
                                        <td class="prefix">{ mark(row) }</td>
                                        <td class="text">{ row.text.as_str() }</td>
                                    </tr>
                                }
                            </tbody>
                        </table>
                    }
                </details>
            }
        </div>
    }
}

fn class(row: &DiffLine) -> Option<&'static str> {
    match (row.old, row.new) {
        (None, _) => Some("added"),
        (_, None) => Some("removed"),
        _ => None,
    }
}

fn mark(row: &DiffLine) -> &'static str {
    match (row.old, row.new) {
        (None, _) => "+",
        (_, None) => "−",
        _ => "",
    }
}
