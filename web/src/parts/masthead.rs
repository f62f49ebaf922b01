//! The head of the page: its name, what is open, and the side of the paper.

use yew::prelude::*;

use super::icon::{Shape, icon};
use crate::{dom, storage};

/// The name of the page, the lab, and the switch between the day and the night side.
#[component]
pub fn Masthead() -> Html {
    let dark = use_state(|| {
        storage::theme().map_or_else(
            || dom::media("(prefers-color-scheme: dark)"),
            |theme| theme == "dark",
        )
    });
    let turn = {
        let dark = dark.clone();
        Callback::from(move |_: MouseEvent| {
            let theme = if *dark { "light" } else { "dark" };
            storage::keep_theme(theme);
            dom::set_theme(theme);
            dark.set(!*dark);
        })
    };
    html! {
        <header class="masthead">
            <h1>
                <svg class="emblem" viewBox="0 0 34 16" aria-hidden="true" focusable="false">
                    <rect x="1" y="3" width="10" height="10" rx="3" class="full" />
                    <rect x="13" y="3" width="10" height="10" rx="3" />
                    <path d="M13 8h10v2a3 3 0 0 1-3 3h-4a3 3 0 0 1-3-3z" class="full" />
                    <rect x="25" y="3" width="8" height="10" rx="3" class="open" />
                </svg>
                { "Rollout Lab" }
            </h1>
            <p class="tagline">{ "A merge becomes pods" }</p>
            <nav aria-label="Pages">
                <a href="modelled.html">{ "What is modelled" }</a>
            </nav>
            <button
                class="quiet square"
                type="button"
                aria-label={if *dark { "Switch to the day side" } else { "Switch to the night side" }}
                onclick={turn}
            >
                { icon(if *dark { Shape::Sun } else { Shape::Moon }) }
            </button>
        </header>
    }
}
