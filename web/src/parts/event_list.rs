//! The same in words: every event up to the furthest moment that was seen.

use view::{EventRow, Millis, Tone};
use web_sys::HtmlElement;
use yew::prelude::*;

use super::prose::prose;
use super::tint::tint_class;
use crate::session::{Action, History, Shared};
use crate::texts;
use crate::words::clock;

/// How many rows are in the page at once: the newest.
const ROWS_MOST: usize = 300;

#[derive(PartialEq, Properties)]
pub struct EventListProps {
    pub history: Shared<History>,
    pub now: Millis,
    pub seen: Millis,
    pub newest: Option<u32>,
    /// The entry that was chosen.
    pub told: Option<u32>,
    pub on: Callback<Action>,
}

/// A list of events. Choosing one goes to its moment. It follows the moment that is shown.
#[component]
pub fn EventList(props: &EventListProps) -> Html {
    let all = use_state(|| false);
    let list = use_node_ref();
    let told: Vec<&EventRow> = props
        .history
        .events
        .iter()
        .filter(|event| event.t <= props.seen && (*all || event.tone != Tone::Detail))
        .collect();
    let current = told
        .iter()
        .rfind(|event| Some(event.id) <= props.newest)
        .map(|event| event.id);
    let current = props.told.or(current);
    use_effect_with((list.clone(), current, *all), |(list, ..)| {
        show_current(list)
    });
    let left_out = told.len().saturating_sub(ROWS_MOST);
    html! {
        <section class="events" aria-label={texts::TAB_EVENTS}>
            <div class="filter" role="group" aria-label={texts::WHICH_EVENTS}>
                { filter_button(texts::STORY, !*all, all.setter(), false) }
                { filter_button(texts::EVERYTHING, *all, all.setter(), true) }
            </div>
            <div class="scroll" ref={list}>
                if 0 < left_out {
                    <p class="quiet">{ texts::events_left_out(left_out) }</p>
                }
                <ol>
                    for event in told.into_iter().skip(left_out) {
                        <EventItem
                            key={event.id}
                            row={event.clone()}
                            current={Some(event.id) == current}
                            ahead={Some(event.id) > props.newest}
                            on={props.on.clone()}
                        />
                    }
                </ol>
            </div>
        </section>
    }
}

fn filter_button(
    label: &'static str,
    pressed: bool,
    all: UseStateSetter<bool>,
    value: bool,
) -> Html {
    html! {
        <button type="button" aria-pressed={pressed.to_string()} onclick={move |_| all.set(value)}>{ label }</button>
    }
}

/// Scrolls the list, and nothing but the list, to the current event.
fn show_current(list: &NodeRef) {
    let Some(list) = list.cast::<HtmlElement>() else {
        return;
    };
    let Ok(Some(current)) = list.query_selector("[aria-current]") else {
        return;
    };
    let (frame, row) = (
        list.get_bounding_client_rect(),
        current.get_bounding_client_rect(),
    );
    let below = row.bottom() - frame.bottom() + frame.height() / 4.0;
    let above = row.top() - frame.top();
    if 0.0 < below {
        list.set_scroll_top(list.scroll_top() + below as i32);
    } else if above < 0.0 {
        list.set_scroll_top(list.scroll_top() + above as i32);
    }
}

#[derive(PartialEq, Properties)]
struct EventItemProps {
    row: EventRow,
    current: bool,
    /// Behind the moment that is shown.
    ahead: bool,
    on: Callback<Action>,
}

/// One event.
#[component]
fn EventItem(props: &EventItemProps) -> Html {
    let row = &props.row;
    let (id, t) = (row.id, row.t);
    html! {
        <li
            class={classes!("event", tint_class(row.tint.as_ref()), props.ahead.then_some("ahead"))}
            aria-current={props.current.then_some("step")}
            data-testid="event"
            data-entry={row.id.to_string()}
            data-t={t.to_string()}
            data-tone={tone_word(row.tone)}
            data-reason={row.reason.to_string()}
        >
            <button type="button" onclick={props.on.reform(move |_| Action::Tell(id))}>
                <span class="when">{ clock(t) }</span>
                <span class="what">{ prose(&row.message) }</span>
                <span class="who">{ who(row) }</span>
            </button>
        </li>
    }
}

/// `deployment-controller · ScalingReplicaSet`
fn who(row: &EventRow) -> String {
    if row.reason.is_empty() {
        row.actor.to_string()
    } else {
        format!("{} · {}", row.actor, row.reason)
    }
}

fn tone_word(tone: Tone) -> &'static str {
    match tone {
        Tone::Story => "story",
        Tone::Detail => "detail",
        Tone::Warning => "warning",
        Tone::Nothing => "nothing",
    }
}
