//! The head of the page: its name, what is open, and the side of the paper.

use std::rc::Rc;

use view::protocol::LabRow;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::icon::{Shape, icon};
use crate::{dom, storage};

/// The labs that there are, and which of them is open.
#[derive(Clone, PartialEq)]
pub struct Labs {
    rows: Rc<[LabRow]>,
    open: Rc<str>,
}

impl Labs {
    /// These labs, of which one is open.
    pub fn new(open: &str, rows: Vec<LabRow>) -> Self {
        Self {
            rows: rows.into(),
            open: open.into(),
        }
    }
}

#[derive(PartialEq, Properties)]
pub struct MastheadProps {
    pub labs: Labs,
}

/// The name of the page, the lab, and the switch between the day and the night side.
#[component]
pub fn Masthead(props: &MastheadProps) -> Html {
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
                <span>{ "Rollout Lab" }</span>
            </h1>
            { lab_select(&props.labs) }
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

/// The choice of a lab. Choosing one leaves the page for its own address.
fn lab_select(labs: &Labs) -> Html {
    let onchange = Callback::from(|event: Event| {
        let select = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if let Some(select) = select {
            dom::open_lab(&select.value());
        }
    });
    html! {
        <select class="lab" aria-label="Lab" {onchange}>
            for row in labs.rows.iter() {
                <option value={row.name.to_string()} selected={*row.name == *labs.open}>
                    { row.title.as_str() }
                </option>
            }
        </select>
    }
}
