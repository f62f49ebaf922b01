//! The sentence of the moment, and why it is so.

use std::rc::Rc;

use view::{EventRow, Sentence};
use yew::prelude::*;

use super::prose::prose;
use crate::session::{Action, History, Shared};
use crate::words::clock;

/// How many causes are shown at most; a chain is rarely longer than a dozen.
const CAUSES_MOST: usize = 40;

#[derive(PartialEq, Properties)]
pub struct MomentProps {
    pub sentence: Option<Sentence>,
    pub history: Shared<History>,
    pub on: Callback<Action>,
}

/// What is happening now, in one sentence. *Why?* opens the chain of causes, nearest first.
#[component]
pub fn Moment(props: &MomentProps) -> Html {
    let open = use_state(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let close_on_escape = {
        let open = open.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                open.set(false);
            }
        })
    };
    let Some(sentence) = &props.sentence else {
        return html! { <section class="moment" aria-label="This moment"></section> };
    };
    let causes = causes(&props.history.events, sentence.entry);
    html! {
        <section class="moment" aria-label="This moment" onkeydown={close_on_escape}>
            <p class="sentence" data-testid="sentence" data-entry={sentence.entry.to_string()}>{ prose(&sentence.text) }</p>
            <button
                type="button"
                class="link why"
                aria-expanded={open.to_string()}
                aria-controls="causes"
                disabled={causes.is_empty()}
                onclick={toggle}
            >
                { "why?" }
            </button>
            <div id="causes" class="causes" hidden={!*open || causes.is_empty()}>
                <h2>{ "Because" }</h2>
                <ol>
                    for cause in causes {
                        { cause_row(cause, &props.on) }
                    }
                </ol>
            </div>
        </section>
    }
}

fn cause_row(cause: &EventRow, on: &Callback<Action>) -> Html {
    let t = cause.t;
    html! {
        <li key={cause.id}>
            <button type="button" onclick={on.reform(move |_| Action::Seek(t))}>
                <span class="when">{ clock(cause.t) }</span>
                <span class="who">{ cause.actor.as_str() }</span>
                <span class="what">{ prose(&cause.message) }</span>
            </button>
        </li>
    }
}

/// The entries that led to `entry`, nearest first.
fn causes(events: &Rc<[EventRow]>, entry: u32) -> Vec<&EventRow> {
    let of = |id: u32| {
        events
            .binary_search_by_key(&id, |event| event.id)
            .ok()
            .map(|index| &events[index])
    };
    let mut chain = Vec::new();
    let mut at = of(entry).and_then(|event| event.cause);
    while let Some(cause) = at.and_then(of) {
        // A cause is always older than its effect; anything else would be a circle.
        let older = chain
            .last()
            .is_none_or(|last: &&EventRow| cause.id < last.id);
        if !older || chain.len() == CAUSES_MOST {
            break;
        }
        chain.push(cause);
        at = cause.cause;
    }
    chain
}
