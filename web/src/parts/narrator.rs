//! Tells the sentence of the moment to screen readers, at a pace that can be followed.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

/// The shortest time between two announcements, in real milliseconds.
const PACE: u32 = 2_500;

#[derive(PartialEq, Properties)]
pub struct NarratorProps {
    pub sentence: AttrValue,
    /// Whether it tells of a warning or a failure.
    pub warns: bool,
}

/// A live region. Of sentences that come faster than they can be told, the latest that warns is told, or
/// else the latest.
#[component]
pub fn Narrator(props: &NarratorProps) -> Html {
    let told = use_state(AttrValue::default);
    let next = use_mut_ref(|| (AttrValue::default(), false));
    let waiting = use_mut_ref(|| None::<Timeout>);
    {
        let told = told.setter();
        use_effect_with((props.sentence.clone(), props.warns), move |sentence| {
            if sentence.1 || waiting.borrow().is_none() || !next.borrow().1 {
                next.replace(sentence.clone());
            }
            if waiting.borrow().is_none() {
                let (next, done) = (next.clone(), waiting.clone());
                let timeout = Timeout::new(PACE, move || {
                    done.take();
                    told.set(next.borrow().0.clone());
                });
                *waiting.borrow_mut() = Some(timeout);
            }
        });
    }
    html! { <p class="said" role="status" aria-live="polite">{ &*told }</p> }
}
