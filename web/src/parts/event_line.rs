//! One event as a line that leads to its moment.

use view::EventRow;
use yew::prelude::*;

use super::prose::prose;
use crate::session::Action;
use crate::words::clock;

/// When, who, and what.
pub fn event_line(event: &EventRow, on: &Callback<Action>) -> Html {
    let id = event.id;
    html! {
        <li key={event.id}>
            <button type="button" onclick={on.reform(move |_| Action::Tell(id))}>
                <span class="when">{ clock(event.t) }</span>
                <span class="who">{ event.actor.as_str() }</span>
                <span class="what">{ prose(&event.message) }</span>
            </button>
        </li>
    }
}
