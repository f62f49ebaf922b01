//! Traffic along the time line: stacked by the commit that answered, failures cut out, availability as
//! a strip under it. It is also the slider that goes to any moment, and carries the marks. Of two
//! futures, the other one's traffic lies below on the same line of time.

use std::rc::Rc;

use view::Millis;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::band::{GROUND, at, draw, outages};
use super::futures::future_name;
use super::marks::Marks;
use crate::dom::use_width;
use crate::session::{Action, History, Shared, Stride};
use crate::texts;
use crate::words::clock;

/// Height of the drawing in CSS pixels: the band, the strip and the times under it.
const HEIGHT: u32 = 56;
/// Distances of the times under the band, in virtual milliseconds; the first that leaves room is taken.
const TICKS: [Millis; 9] = [
    10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
];
/// How much room a time needs, in CSS pixels.
const TICK_ROOM: u32 = 64;
/// What an arrow key moves, in virtual milliseconds.
const ARROW: Millis = 1_000;

#[derive(PartialEq, Properties)]
pub struct RibbonProps {
    pub history: Shared<History>,
    /// The other future's, if there are two.
    pub other: Option<Shared<History>>,
    /// Whether that one was forked off.
    pub forked_off: Option<bool>,
    pub now: Millis,
    pub seen: Millis,
    /// Gets `--at` from the player.
    pub node: NodeRef,
    pub on: Callback<Action>,
}

/// The ribbon with its playhead and marks.
#[component]
pub fn Ribbon(props: &RibbonProps) -> Html {
    let width = use_width(&props.node);
    let end = props.history.end;
    let drawing = use_memo((props.history.clone(), width), |(history, width)| {
        draw(history, *width)
    });
    let below = use_memo((props.other.clone(), width), |(history, width)| {
        history.as_ref().map(|history| draw(history, *width))
    });
    let told = at(props.seen, end, width);
    html! {
        <div class={classes!("ribbon", props.other.as_ref().map(|_| "double"))} ref={props.node.clone()}>
            <svg class="drawing" width={width.to_string()} height={HEIGHT.to_string()} aria-hidden="true" focusable="false">
                <defs>
                    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="hatch-ground" width="6" height="6" />
                        <rect class="hatch-line" width="2.5" height="6" />
                    </pattern>
                    <clipPath id="told"><rect width={told.to_string()} height={HEIGHT.to_string()} /></clipPath>
                </defs>
                <g clip-path="url(#told)">{ (*drawing).clone() }</g>
                <path class="ground" d={format!("M0 {GROUND}.5H{width}")} />
                { ticks(end, width) }
            </svg>
            if let Some(below) = &*below {
                <svg class="drawing other" width={width.to_string()} height={(GROUND + 8).to_string()} aria-hidden="true" focusable="false">
                    <g clip-path="url(#told)">{ below.clone() }</g>
                    <path class="ground" d={format!("M0 {GROUND}.5H{width}")} />
                </svg>
            }
            if let Some(is_fork) = props.forked_off {
                <span class="whose">{ future_name(!is_fork) }</span>
                <span class="whose other">{ future_name(is_fork) }</span>
            }
            <span class="band-name" aria-hidden="true">{ texts::BAND_REQUESTS }</span>
            <span class="band-name" aria-hidden="true">{ texts::BAND_READY }</span>
            { slider(props) }
            <p class="said" id="outages">{ outages(&props.history, props.seen) }</p>
            <div class="playhead" aria-hidden="true"></div>
            <Marks
                marks={Rc::clone(&props.history.marks)}
                {end}
                {width}
                now={props.now}
                seen={props.seen}
                on={props.on.clone()}
            />
        </div>
    }
}

fn slider(props: &RibbonProps) -> Html {
    let (now, end) = (props.now, props.history.end);
    let go = props
        .on
        .reform(move |event: PointerEvent| Action::Seek(moment_under(&event, end)));
    let onpointerdown = {
        let go = go.clone();
        Callback::from(move |event: PointerEvent| {
            if let Some(element) = target(&event) {
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            go.emit(event);
        })
    };
    let onpointermove = Callback::from(move |event: PointerEvent| {
        if event.buttons() == 1 {
            go.emit(event);
        }
    });
    let on = props.on.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let action = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => Action::Seek(now.saturating_sub(ARROW)),
            "ArrowRight" | "ArrowUp" => Action::Seek((now + ARROW).min(end)),
            "PageDown" => Action::Step(Stride::MarkBack),
            "PageUp" => Action::Step(Stride::MarkOn),
            "Home" => Action::Seek(0),
            "End" => Action::Seek(end),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        on.emit(action);
    });
    html! {
        <div
            class="slider"
            role="slider"
            tabindex="0"
            aria-label={texts::TIME}
            aria-valuemin="0"
            aria-valuemax={end.to_string()}
            aria-valuenow={now.to_string()}
            aria-valuetext={spoken(&props.history, now)}
            aria-describedby="outages"
            {onpointerdown}
            {onpointermove}
            {onkeydown}
        ></div>
    }
}

/// `1:02.0 of 2:18.1, 3 of 3 pods ready, no request fails`
fn spoken(history: &History, now: Millis) -> String {
    let (at, end) = (clock(now), clock(history.end));
    match history.past(now).last() {
        None => texts::moment_of(&at, &end),
        Some(second) => {
            let (ready, wanted) = second.ready;
            texts::availability(&at, &end, ready, wanted, second.failed)
        }
    }
}

/// The times under the band.
fn ticks(end: Millis, width: u32) -> Html {
    let fits = |&step: &Millis| TICK_ROOM <= at(step, end, width);
    let step = TICKS
        .into_iter()
        .find(|step| fits(step))
        .unwrap_or(end.max(1));
    // The last one keeps clear of the edge.
    let room = |&t: &Millis| t < end && at(t, end, width) + TICK_ROOM / 3 < width;
    let times = (1..).map(|n| n * step).take_while(room).map(|t| {
        html! {
            <text key={t} class="tick" x={at(t, end, width).to_string()} y={HEIGHT.to_string()}>
                { format!("{}:{:02}", t / 60_000, t / 1_000 % 60) }
            </text>
        }
    });
    html! { <g class="ticks">{ for times }</g> }
}

fn target(event: &PointerEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
}

fn moment_under(event: &PointerEvent, end: Millis) -> Millis {
    let Some(bounds) = target(event).map(|element| element.get_bounding_client_rect()) else {
        return end;
    };
    let share = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
    (share.clamp(0.0, 1.0) * end as f64) as Millis
}
