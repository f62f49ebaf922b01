//! The changes that a lab brings, ready to be tried.

use view::protocol::Sample;
use yew::prelude::*;

use crate::session::Action;
use crate::{dom, texts};

/// What this is, for who sees it for the first time, what one can do, and where to begin.
pub fn introduction(possible: &'static str) -> Html {
    // A frame in somebody's page has its own words around it.
    if dom::is_embed() {
        return possible.into();
    }
    html! {
        <>
            { texts::SIMULATED }{ " " }{ possible }{ " " }
            <a href="?lesson=1-desired-state">{ texts::NEW_HERE }</a>
        </>
    }
}

/// A button for each. The first one stands out; of several, each says what it is.
pub fn samples(samples: &[Sample], on: &Callback<Action>) -> Html {
    let is_only = samples.len() == 1;
    samples
        .iter()
        .enumerate()
        .map(|(which, sample)| {
            html! {
                <button
                    key={which}
                    type="button"
                    class={(which == 0).then_some("primary")}
                    onclick={on.reform(move |_| Action::TrySample(which))}
                >
                    { if is_only { texts::TRY_THE_SAMPLE } else { sample.title.as_str() } }
                </button>
            }
        })
        .collect()
}
