//! Traffic along the time line: stacked by the commit that answered, failures cut out. It is also the
//! slider that goes to any moment, and carries the marks.

use lean::FlatMap;
use std::fmt::Write;

use view::{Mark, MarkKind, Millis, Second, Tint};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::tint::tint_class;
use crate::dom::use_width;
use crate::session::{Action, History, Shared, Stride};
use crate::words::clock;

/// Height of the drawing in CSS pixels: the band and the times under it.
const HEIGHT: u32 = 52;
/// Where the band ends, from the top.
const GROUND: u32 = 34;
/// How thick the band is in the fullest second.
const THICKNESS: u32 = 30;
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
    let told = at(props.seen, end, width);
    html! {
        <div class="ribbon" ref={props.node.clone()}>
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
            { slider(props) }
            <div class="playhead" aria-hidden="true"></div>
            <ul class="marks" aria-label="Marks">
                for mark in props.history.marks.iter().filter(|mark| mark.t <= props.seen) {
                    <MarkFlag
                        key={mark.entry}
                        mark={mark.clone()}
                        x={at(mark.t, end, 1_000)}
                        latest={is_latest(&props.history.marks, mark, props.now)}
                        on={props.on.clone()}
                    />
                }
            </ul>
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
            aria-label="Time"
            aria-valuemin="0"
            aria-valuemax={end.to_string()}
            aria-valuenow={now.to_string()}
            aria-valuetext={format!("{} of {}", clock(now), clock(end))}
            {onpointerdown}
            {onpointermove}
            {onkeydown}
        ></div>
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

/// The mark whose label is shown: the last one that was passed.
fn is_latest(marks: &[Mark], mark: &Mark, now: Millis) -> bool {
    marks.iter().rfind(|mark| mark.t <= now) == Some(mark)
}

#[derive(PartialEq, Properties)]
struct MarkFlagProps {
    mark: Mark,
    /// Thousandths of the ribbon's width.
    x: u32,
    latest: bool,
    on: Callback<Action>,
}

/// A mark, for the mouse; by keyboard, marks are reached by Page Up and Page Down on the slider and by
/// the player's buttons, which are large enough wherever two marks lie close to each other.
#[component]
fn MarkFlag(props: &MarkFlagProps) -> Html {
    let node = use_node_ref();
    use_effect_with((node.clone(), props.x), |(node, x)| {
        crate::dom::set_property(node, "--x", &format!("{:.3}", f64::from(*x) / 1_000.0));
    });
    let t = props.mark.t;
    html! {
        <li
            ref={node}
            class={classes!("mark", props.latest.then_some("latest"), (700 < props.x).then_some("leftwards"))}
            data-testid="mark"
            data-kind={mark_word(props.mark.kind)}
            data-t={t.to_string()}
            onclick={props.on.reform(move |_| Action::Seek(t))}
        >
            <span class="label">{ props.mark.label.as_str() }<span class="said">{ format!(", at {}", clock(t)) }</span></span>
        </li>
    }
}

fn mark_word(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Merged => "merged",
        MarkKind::ChecksPassed => "checks-passed",
        MarkKind::Released => "released",
        MarkKind::FirstReady => "first-ready",
        MarkKind::Complete => "complete",
        MarkKind::Failed => "failed",
    }
}

/// Where a moment lies on a line of `width`.
fn at(t: Millis, end: Millis, width: u32) -> u32 {
    let place = (t * u64::from(width)).checked_div(end).unwrap_or(0);
    u32::try_from(place).unwrap_or(width).min(width)
}

/// One layer of the stack: answered by one commit, or failed.
type Layer = Option<Tint>;

/// Draws every layer as one path of steps, lowest first.
fn draw(history: &History, width: u32) -> Html {
    let most = history.seconds.iter().map(total).max().unwrap_or(0).max(1);
    let mut paths: FlatMap<(bool, usize), (Layer, String)> = FlatMap::new();
    for bucket in buckets(&history.seconds, history.end, width) {
        let mut base = 0;
        for (tint, n) in &bucket.second.answered {
            let path = paths
                .entry((false, tint.index))
                .or_insert_with(|| (Some(tint.clone()), String::new()));
            append(&mut path.1, &bucket, base, base + n, most);
            base += n;
        }
        if 0 < bucket.second.failed {
            let path = paths.entry((true, 0)).or_default();
            append(
                &mut path.1,
                &bucket,
                base,
                base + bucket.second.failed,
                most,
            );
        }
    }
    let layers = paths.into_values().map(|(tint, path)| {
        let class = match &tint {
            Some(tint) => classes!("answered", tint_class(Some(tint))),
            None => classes!("failed"),
        };
        html! { <path {class} d={path} /> }
    });
    html! { <>{ for layers }</> }
}

fn total(second: &Second) -> u32 {
    second.answered.iter().map(|(_, n)| n).sum::<u32>() + second.failed
}

/// Seconds that share pixels: of these, the one with most failures is drawn, so that no outage is lost.
struct Bucket<'a> {
    from: u32,
    to: u32,
    second: &'a Second,
}

fn buckets(seconds: &[Second], end: Millis, width: u32) -> Vec<Bucket<'_>> {
    let mut buckets: Vec<Bucket> = Vec::new();
    for second in seconds {
        let (from, to) = (
            at(second.t.saturating_sub(1_000), end, width),
            at(second.t, end, width),
        );
        match buckets.last_mut() {
            Some(last) if to <= last.to => {
                if last.second.failed < second.failed {
                    last.second = second;
                }
            }
            _ => buckets.push(Bucket {
                from: buckets.last().map_or(from, |last| last.to.max(from)),
                to,
                second,
            }),
        }
    }
    buckets
}

/// Appends a closed box from `low` to `high` requests of `most`.
fn append(path: &mut String, bucket: &Bucket, low: u32, high: u32, most: u32) {
    let y = |n: u32| GROUND - n * THICKNESS / most;
    let _ = write!(
        path,
        "M{} {}H{}V{}H{}Z",
        bucket.from,
        y(low),
        bucket.to,
        y(high),
        bucket.from
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(t: Millis, failed: u32) -> Second {
        Second {
            t,
            answered: vec![],
            failed,
            causes: vec![],
            latency: [0; 3],
            services: vec![],
            ready: (0, 0),
        }
    }

    #[test]
    fn moments_lie_in_proportion() {
        for (t, end, width, x) in [
            (0, 100, 1_000, 0),
            (50, 100, 1_000, 500),
            (200, 100, 1_000, 1_000),
            (5, 0, 10, 0),
        ] {
            assert_eq!(at(t, end, width), x);
        }
    }

    #[test]
    fn a_failing_second_is_never_hidden_by_its_neighbours() {
        let seconds: Vec<Second> = (1..=1_000)
            .map(|i| second(i * 1_000, u32::from(i == 501) * 7))
            .collect();
        let drawn = buckets(&seconds, 1_000_000, 100);
        assert!(drawn.iter().any(|bucket| bucket.second.failed == 7));
        assert!(drawn.len() <= 101);
    }

    #[test]
    fn boxes_meet_without_gaps() {
        let seconds: Vec<Second> = (1..=37).map(|i| second(i * 1_000, 0)).collect();
        let drawn = buckets(&seconds, 37_000, 500);
        assert!(drawn.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!(drawn.last().map(|bucket| bucket.to), Some(500));
    }
}
