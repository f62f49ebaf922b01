//! What stands above GitHub's merge button: the checks, the rules, and where there are conflicts.

use view::{ConflictRow, Progress, PullRequestRow};
use yew::prelude::*;

use super::icon::{progress_word, sign};
use super::source;
use crate::session::Action;
use crate::texts;

/// Whether an open pull request can be merged, and what is missing if not.
pub fn merge_box(row: &PullRequestRow, on: &Callback<Action>) -> Html {
    html! {
        <section class="merge-box" data-testid="merge-box" data-state={row.merge_state.to_string()}>
            <h3>{ texts::CHECKS_AND_REVIEWS }</h3>
            <ul class="statuses">
                for status in row.statuses.iter() {
                    <li key={status.name.as_str()} data-testid="status" data-progress={progress_word(status.progress)}>
                        { sign(status.progress) }
                        <span>{ status.name.as_str() }</span>
                        <span class="aside">{ texts::check(status.progress) }</span>
                    </li>
                }
            </ul>
            <div class="verdict">
                { sign(verdict(&row.merge_state)) }
                <div>{ for row.merge_lines.iter().map(|line| html! { <p>{ line.as_str() }</p> }) }</div>
            </div>
            { for row.conflicts.iter().map(|it| conflict(&row.repository, it, on)) }
        </section>
    }
}

fn verdict(state: &str) -> Progress {
    match state {
        "clean" => Progress::Done,
        "unstable" | "behind" => Progress::Waiting,
        _ => Progress::Failed,
    }
}

/// A file with its places in conflict, between git's markers.
fn conflict(repository: &str, row: &ConflictRow, on: &Callback<Action>) -> Html {
    let regions = row.regions.iter().map(|region| {
        let path = format!("{repository}/{}", row.path);
        let text = format!("{}:{}", row.path, region.line);
        html! {
            <figure key={region.line}>
                <figcaption>{ source::link(path, region.line, &text, on) }</figcaption>
                <pre tabindex="0" aria-label={texts::conflict_in(&text)}>
                    for (index, line) in region.lines.iter().enumerate() {
                        <span key={index} class={side(line)}>{ line.as_str() }{ "\n" }</span>
                    }
                </pre>
            </figure>
        }
    });
    html! {
        <div class="conflict" key={row.path.as_str()} data-testid="conflict" data-path={row.path.to_string()}>
            <p>{ row.message.as_str() }</p>
            { for regions }
        </div>
    }
}

fn side(line: &str) -> Option<&'static str> {
    let is_marker = ["<<<<<<<", "=======", ">>>>>>>"]
        .iter()
        .any(|marker| line.starts_with(marker));
    is_marker.then_some("marker")
}
