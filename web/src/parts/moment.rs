//! The sentence of the moment, and why it is so.

use view::Sentence;
use yew::prelude::*;

use super::event_line::event_line;
use super::prose::prose;
use crate::session::{Action, History, Shared, causes};

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
                <ol class="chain">
                    for cause in causes {
                        { event_line(cause, &props.on) }
                    }
                </ol>
            </div>
        </section>
    }
}
