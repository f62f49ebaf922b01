//! What checks of the manifests find because of a pull request.

use view::CheckRow;
use yew::prelude::*;

use super::plan::object_name;

/// The findings, the gravest first: what it is, where, and how to mend it.
pub fn checks(rows: &[CheckRow]) -> Html {
    html! {
        <ul class="plan checks" aria-label="What checks find">
            for (index, row) in rows.iter().enumerate() {
                <li
                    key={index}
                    data-testid="check-row"
                    data-check={row.name.to_string()}
                    data-severity={row.severity.as_str()}
                >
                    <span class="effect">{ row.severity.as_str() }</span>
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
                            if !row.source.is_empty() {
                                { " " }<span class="source">{ row.source.as_str() }</span>
                            }
                        </p>
                    </div>
                </li>
            }
        </ul>
    }
}
