//! One event as a line that leads to its moment.

use view::EventRow;
use yew::prelude::*;

use super::prose::prose;
use crate::session::Action;
use crate::words::clock;

/// When, who, and what.
pub fn event_line(event: &EventRow, on: &Callback<Action>) -> Html {
    let t = event.t;
    html! {
        <li key={event.id}>
            <button type="button" onclick={on.reform(move |_| Action::Seek(t))}>
                <span class="when">{ clock(t) }</span>
                <span class="who">{ event.actor.as_str() }</span>
                <span class="what">{ prose(&event.message) }</span>
            </button>
        </li>
    }
}
