//! The marks along the time line, with as many of their names as there is room for.

use std::rc::Rc;

use view::{Mark, MarkKind, Millis};
use yew::prelude::*;

use super::band::at;
use crate::session::Action;
use crate::words::clock;
use crate::{dom, texts};

/// How wide a letter of a name is at most on average, in tenths of a CSS pixel.
const LETTER: u32 = 62;
/// What lies between a mark and the edges of its name, in CSS pixels.
const PADDING: u32 = 10;
/// How wide a mark itself is.
const FLAG: u32 = 8;

#[derive(PartialEq, Properties)]
pub struct MarksProps {
    pub marks: Rc<[Mark]>,
    pub end: Millis,
    /// Of the line that they stand on, in CSS pixels.
    pub width: u32,
    pub now: Millis,
    pub seen: Millis,
    pub on: Callback<Action>,
}

/// All marks up to the furthest moment that was seen. The Tab key comes to the latest, the arrow keys
/// go on from there; each goes to its moment.
#[component]
pub fn Marks(props: &MarksProps) -> Html {
    let told = props.marks.partition_point(|mark| mark.t <= props.seen);
    let told = &props.marks[..told];
    let latest = told.partition_point(|mark| mark.t <= props.now);
    let latest = latest.saturating_sub(1);
    let names = named(told, latest, props.end, props.width);
    html! {
        <ul class="marks" aria-label={texts::MARKS} onkeydown={Callback::from(dom::move_among_items)}>
            for (index, (mark, side)) in told.iter().zip(names).enumerate() {
                <MarkFlag
                    key={mark.entry}
                    mark={mark.clone()}
                    x={at(mark.t, props.end, 1_000)}
                    {side}
                    latest={index == latest}
                    on={props.on.clone()}
                />
            }
        </ul>
    }
}

/// Where a mark's name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Only shown when somebody points at the mark.
    Hidden,
    Right,
    Left,
}

/// Which names are shown, so that none lies on another or on another mark: that of the latest mark
/// first, then those of failures, then the others as they come.
fn named(marks: &[Mark], latest: usize, end: Millis, width: u32) -> Vec<Side> {
    let place = |index: usize| at(marks[index].t, end, width);
    let mut order: Vec<usize> = (0..marks.len()).collect();
    lean::sort_by_key(&mut order, |&index| {
        (
            index != latest,
            marks[index].kind != MarkKind::Failed,
            index,
        )
    });
    let mut sides = vec![Side::Hidden; marks.len()];
    let mut taken: Vec<(u32, u32)> = Vec::new();
    for index in order {
        let x = place(index);
        let label = u32::try_from(marks[index].label.chars().count()).unwrap_or(0);
        let room = PADDING + label * LETTER / 10 + PADDING;
        let right = (x + FLAG / 2, x + room);
        let left = (x.saturating_sub(room), x.saturating_sub(FLAG / 2));
        let is_latest = index == latest;
        let is_free = |(from, to): (u32, u32)| {
            let meets = |&(a, b): &(u32, u32)| from < b && a < to;
            let is_flag = |other: usize| {
                let x = place(other);
                other != index && from < x + FLAG / 2 && x.saturating_sub(FLAG / 2) < to
            };
            !taken.iter().any(meets) && (is_latest || !(0..marks.len()).any(is_flag))
        };
        let fits = right.1 <= width && is_free(right);
        let side = match (fits, room <= x && is_free(left)) {
            (true, _) => Side::Right,
            (false, true) => Side::Left,
            (false, false) => continue,
        };
        taken.push(if side == Side::Right { right } else { left });
        sides[index] = side;
    }
    sides
}

#[derive(PartialEq, Properties)]
struct MarkFlagProps {
    mark: Mark,
    /// Thousandths of the line's width.
    x: u32,
    side: Side,
    latest: bool,
    on: Callback<Action>,
}

/// A mark.
#[component]
fn MarkFlag(props: &MarkFlagProps) -> Html {
    let node = use_node_ref();
    use_effect_with((node.clone(), props.x), |(node, x)| {
        dom::set_property(node, "--x", &format!("{:.3}", f64::from(*x) / 1_000.0));
    });
    let (t, entry) = (props.mark.t, props.mark.entry);
    let is_left = match props.side {
        Side::Hidden => 700 < props.x,
        side => side == Side::Left,
    };
    html! {
        <li
            ref={node}
            class={classes!(
                "mark",
                props.latest.then_some("latest"),
                (props.side != Side::Hidden).then_some("named"),
                is_left.then_some("leftwards"),
            )}
            data-testid="mark"
            data-kind={mark_word(props.mark.kind)}
            data-t={t.to_string()}
            data-named={(props.side != Side::Hidden).to_string()}
        >
            <button
                type="button"
                tabindex={if props.latest { "0" } else { "-1" }}
                onclick={props.on.reform(move |_| Action::Tell(entry))}
            >
                <span class="label">{ props.mark.label.as_str() }<span class="said">{ texts::at_time(&clock(t)) }</span></span>
            </button>
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
        MarkKind::OldGone => "old-gone",
        MarkKind::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(t: Millis, kind: MarkKind, label: &str) -> Mark {
        Mark {
            t,
            entry: 0,
            kind,
            label: label.into(),
        }
    }

    #[test]
    fn as_many_names_are_shown_as_there_is_room_for() {
        use Side::{Hidden, Left, Right};
        let marks = [
            mark(100, MarkKind::Merged, "merged"),
            mark(600, MarkKind::ChecksPassed, "image pushed"),
            mark(620, MarkKind::Released, "helm upgrade"),
            mark(980, MarkKind::Complete, "rollout complete"),
        ];
        for (latest, width, expected) in [
            (0, 1_000, [Right, Left, Right, Left]),
            (3, 340, [Right, Left, Hidden, Left]),
            (1, 340, [Right, Right, Hidden, Hidden]),
        ] {
            assert_eq!(
                named(&marks, latest, 1_000, width),
                expected,
                "{latest} {width}"
            );
        }
    }

    #[test]
    fn a_failure_is_named_before_what_lies_beside_it() {
        let marks = [
            mark(0, MarkKind::Merged, "merged"),
            mark(500, MarkKind::FirstReady, "first new pod ready"),
            mark(510, MarkKind::Failed, "OOMKilled"),
        ];
        let sides = named(&marks, 0, 1_000, 300);
        assert_eq!(sides[2], Side::Right);
    }
}
