//! What checks of the manifests find because of a pull request.

use view::CheckRow;
use yew::prelude::*;

use super::plan::object_name;
use super::source::source;
use crate::session::Action;
use crate::texts;

/// The findings in a repository, the gravest first: what it is, where, and how to mend it.
pub fn checks(repository: &str, rows: &[CheckRow], on: &Callback<Action>) -> Html {
    html! {
        <ul class="plan checks" aria-label={texts::WHAT_CHECKS_FIND}>
            for (index, row) in rows.iter().enumerate() {
                <li
                    key={index}
                    data-testid="check-row"
                    data-check={row.name.to_string()}
                    data-severity={row.severity.as_str()}
                >
                    <span class="effect">{ texts::severity(row.severity) }</span>
                    <div>
                        <p>
                            <a href={row.url.to_string()}><code>{ row.name.as_str() }</code></a>
                            { " " }
                            if !row.object.is_empty() {
                                <span>{ object_name(&row.object) }{ ": " }</span>
                            }
                            { row.message.as_str() }{ "." }
                        </p>
                        <p class="mend">
                            { row.mend.as_str() }
                            { " " }{ source(repository, &row.source, on) }
                        </p>
                    </div>
                </li>
            }
        </ul>
    }
}
