//! Play, pause, steps and speed.

use yew::prelude::*;

use super::icon::{Shape, icon};
use crate::session::{Action, SPEEDS, Stride};
use crate::words::clock;
use crate::{dom, texts};

#[derive(PartialEq, Properties)]
pub struct ControlsProps {
    pub playing: bool,
    pub at_end: bool,
    pub speed: u32,
    pub end: view::Millis,
    /// Whether there are two futures already.
    pub forked: bool,
    /// Gets the time in words from the player.
    pub clock: NodeRef,
    pub on: Callback<Action>,
}

/// The player's buttons.
#[component]
pub fn Controls(props: &ControlsProps) -> Html {
    let (shape, label) = match (props.playing, props.at_end) {
        (true, _) => (Shape::Pause, texts::PAUSE),
        (false, true) => (Shape::Replay, texts::REPLAY),
        (false, false) => (Shape::Play, texts::PLAY),
    };
    let play = !props.playing;
    let step = |stride: Stride, shape: Shape, label: &'static str| {
        html! {
            <button
                type="button"
                class="quiet square"
                aria-label={label}
                title={label}
                onclick={props.on.reform(move |_| Action::Step(stride))}
            >
                { icon(shape) }
            </button>
        }
    };
    html! {
        <div class="controls" role="group" aria-label={texts::PLAYER}>
            { step(Stride::MarkBack, Shape::MarkBack, texts::MARK_BACK) }
            { step(Stride::EventBack, Shape::StepBack, texts::STEP_BACK) }
            <button
                id="play"
                type="button"
                class="primary square play"
                aria-label={label}
                title={label}
                onclick={props.on.reform(move |_| Action::Play(play))}
            >
                { icon(shape) }
            </button>
            { step(Stride::EventOn, Shape::StepOn, texts::STEP_FORWARD) }
            { step(Stride::MarkOn, Shape::MarkOn, texts::MARK_ON) }
            <p class="time">
                <span ref={props.clock.clone()} class="at"></span>
                <span class="of">{ texts::of_end(&clock(props.end)) }</span>
            </p>
            { speed(props.speed, &props.on) }
            <button
                type="button"
                class="quiet fork"
                disabled={props.forked}
                title={texts::FORK_HINT}
                onclick={props.on.reform(|_| Action::Fork)}
            >
                { icon(Shape::Fork) }{ texts::FORK_HERE }
            </button>
        </div>
    }
}

/// How fast the story is told. A speed from the address that is not offered joins the list.
fn speed(chosen: u32, on: &Callback<Action>) -> Html {
    let mut speeds = SPEEDS.to_vec();
    if let Err(place) = speeds.binary_search(&chosen) {
        speeds.insert(place, chosen);
    }
    let onchange =
        on.reform(|event: Event| Action::Speed(dom::value(&event).parse().unwrap_or(100)));
    html! {
        <select class="speed" aria-label={texts::PLAY_SPEED} title={texts::STORY_PACE} {onchange}>
            <optgroup label={texts::STORY_PACE}>
                for speed in speeds {
                    <option key={speed} value={speed.to_string()} selected={speed == chosen}>
                        { texts::times(f64::from(speed) / 100.0) }
                    </option>
                }
            </optgroup>
        </select>
    }
}
