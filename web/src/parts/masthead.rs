//! The head of the page: its name, what is open, and the side of the paper.

use std::rc::Rc;

use view::LessonCard;
use view::protocol::LabRow;
use yew::prelude::*;

use super::icon::{Shape, icon};
use super::lessons::use_cards;
use crate::{dom, storage, texts};

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

    /// The title of the one that is open.
    pub fn title(&self) -> &str {
        let open = self.rows.iter().find(|row| *row.name == *self.open);
        open.map_or("", |row| &row.title)
    }
}

/// What stands before a lesson's id, to tell it from a lab's name.
const LESSON: &str = "lesson:";

#[derive(PartialEq, Properties)]
pub struct MastheadProps {
    pub labs: Labs,
    /// Whether something was done, so that one can begin anew.
    pub starts_over: bool,
    pub on_share: Callback<()>,
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
    let lessons = use_cards();
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
                <span>{ texts::ROLLOUT_LAB }</span>
            </h1>
            { lab_select(&props.labs, &lessons) }
            <nav aria-label={texts::PAGES}>
                <a href="modelled.html">{ texts::WHAT_IS_MODELLED }</a>
            </nav>
            if props.starts_over {
                <button class="quiet start-over" type="button" title={texts::WHAT_STARTING_OVER_DOES} onclick={|_| {
                    storage::start_over();
                    dom::reload();
                }}>
                    { icon(Shape::ToStart) }<span>{ texts::START_OVER }</span>
                </button>
            }
            <button class="quiet share" type="button" onclick={props.on_share.reform(|_| ())}>{ texts::SHARE }</button>
            <button
                class="quiet square"
                type="button"
                aria-label={if *dark { texts::TO_THE_DAY_SIDE } else { texts::TO_THE_NIGHT_SIDE }}
                onclick={turn}
            >
                { icon(if *dark { Shape::Sun } else { Shape::Moon }) }
            </button>
        </header>
    }
}

/// The choice of a lab or a lesson. Choosing one leaves the page for its own address.
fn lab_select(labs: &Labs, lessons: &[LessonCard]) -> Html {
    let lesson = dom::parameter("lesson");
    let open = lesson.as_deref();
    let onchange = Callback::from(|event: Event| {
        let value = dom::value(&event);
        match value.strip_prefix(LESSON) {
            Some(id) => dom::open_lesson(id),
            None => dom::open_lab(&value),
        }
    });
    html! {
        <select class="lab" aria-label={texts::LAB} {onchange}>
            <optgroup label={texts::LABS}>
                for row in labs.rows.iter() {
                    <option value={row.name.to_string()} selected={open.is_none() && *row.name == *labs.open}>
                        { row.title.as_str() }
                    </option>
                }
            </optgroup>
            if !lessons.is_empty() {
                <optgroup label={texts::LESSONS}>
                    for card in lessons.iter() {
                        <option value={format!("{LESSON}{}", card.id)} selected={open == Some(&card.id)}>
                            { card.title.as_str() }
                        </option>
                    }
                </optgroup>
            }
        </select>
    }
}
