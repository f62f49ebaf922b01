//! A commit's colour, always with its short SHA.

use view::Tint;
use yew::prelude::*;

/// How many colours there are before they come round again; `tokens.css` defines them.
const COLOURS: usize = 7;

/// The class that sets `--tint` for an element and what is in it.
pub fn tint_class(tint: Option<&Tint>) -> Classes {
    match tint {
        Some(tint) => classes!("tinted", format!("tint-{}", tint.index % COLOURS)),
        None => classes!("untinted"),
    }
}

/// The short SHA, for `data-tint`.
pub fn sha(tint: Option<&Tint>) -> Option<AttrValue> {
    tint.map(|tint| AttrValue::from(tint.sha.to_string()))
}

/// A commit: its dot and its short SHA. Nothing if there is none.
pub fn commit(tint: Option<&Tint>) -> Html {
    let Some(tint) = tint else {
        return Html::default();
    };
    html! {
        <span class={classes!("commit", tint_class(Some(tint)))}>
            <span class="dot" aria-hidden="true"></span>
            <code>{ tint.sha.as_str() }</code>
        </span>
    }
}
