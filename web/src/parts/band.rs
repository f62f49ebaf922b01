//! The traffic of a history as a band, second by second, and how available the service was in each:
//! what lies behind the time line's slider.

use lean::FlatMap;
use std::fmt::Write;

use view::{Millis, Second, Tint};
use yew::prelude::*;

use super::tint::tint_class;
use crate::session::History;
use crate::texts;
use crate::words::clock;

/// Where the band ends, from the top of its drawing, in CSS pixels.
pub const GROUND: u32 = 34;
/// How thick the band is in the fullest second.
const THICKNESS: u32 = 30;
/// Where the strip of availability lies under it, and how thick it is.
const STRIP: u32 = GROUND + 3;
const STRIP_THICKNESS: u32 = 5;

/// Where a moment lies on a line of `width`.
pub fn at(t: Millis, end: Millis, width: u32) -> u32 {
    let place = (t * u64::from(width)).checked_div(end).unwrap_or(0);
    u32::try_from(place).unwrap_or(width).min(width)
}

/// One layer of the stack: answered by one commit, or failed.
type Layer = Option<Tint>;

/// Draws every layer as one path of steps, lowest first, and the strip of availability under them.
pub fn draw(history: &History, width: u32) -> Html {
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
    html! {
        <>
            { for layers }
            { strip(&history.seconds, history.end, width) }
        </>
    }
}

/// How available the service was in a second. Each has its own form, so that it is told without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Availability {
    /// All wanted pods are ready, and no request fails.
    Full,
    /// Fewer pods are ready than are wanted, and no request fails.
    Reduced,
    /// Requests fail.
    Failing,
}

impl Availability {
    fn of(second: &Second) -> Self {
        match (second.failed, second.ready) {
            (0, (ready, wanted)) if wanted <= ready => Self::Full,
            (0, _) => Self::Reduced,
            _ => Self::Failing,
        }
    }

    /// Class and height, in CSS pixels.
    fn look(self) -> (&'static str, u32) {
        match self {
            Self::Full => ("full", STRIP_THICKNESS),
            Self::Reduced => ("reduced", 2),
            Self::Failing => ("failed", STRIP_THICKNESS),
        }
    }
}

/// Full where all is well, thin where pods are missing, hatched where requests fail.
fn strip(seconds: &[Second], end: Millis, width: u32) -> Html {
    let mut paths: FlatMap<Availability, String> = FlatMap::new();
    for bucket in buckets(seconds, end, width) {
        let kind = Availability::of(bucket.second);
        let (_, height) = kind.look();
        let (top, bottom) = (STRIP + STRIP_THICKNESS - height, STRIP + STRIP_THICKNESS);
        let path = paths.entry(kind).or_default();
        let _ = write!(
            path,
            "M{} {bottom}H{}V{top}H{}Z",
            bucket.from, bucket.to, bucket.from
        );
    }
    let paths = paths.into_iter().map(|(kind, path)| {
        html! { <path class={classes!("available", kind.look().0)} d={path} /> }
    });
    html! { <g class="strip">{ for paths }</g> }
}

/// When requests failed and when pods were missing, in words: what the strip shows.
pub fn outages(history: &History, until: Millis) -> String {
    let past = history.past(until);
    let failing: Vec<&Second> = past.iter().filter(|second| 0 < second.failed).collect();
    let reduced = past
        .iter()
        .filter(|second| Availability::of(second) == Availability::Reduced)
        .count();
    let failed: u32 = failing.iter().map(|second| second.failed).sum();
    let missing = match reduced {
        0 => String::new(),
        n => format!(" {}", texts::pods_missing(n)),
    };
    let failed = match (failing.first(), failing.last()) {
        (Some(first), Some(last)) => {
            let from = clock(first.t.saturating_sub(1_000));
            texts::requests_failed(failed, &from, &clock(last.t))
        }
        _ => texts::NO_REQUEST_FAILED.to_owned(),
    };
    failed + &missing
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
    fn a_second_is_as_available_as_its_pods_and_requests() {
        for (failed, ready, expected) in [
            (0, (3, 3), Availability::Full),
            (0, (4, 3), Availability::Full),
            (0, (2, 3), Availability::Reduced),
            (1, (3, 3), Availability::Failing),
        ] {
            let mut row = second(1_000, failed);
            row.ready = ready;
            assert_eq!(Availability::of(&row), expected);
        }
    }

    #[test]
    fn boxes_meet_without_gaps() {
        let seconds: Vec<Second> = (1..=37).map(|i| second(i * 1_000, 0)).collect();
        let drawn = buckets(&seconds, 37_000, 500);
        assert!(drawn.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!(drawn.last().map(|bucket| bucket.to), Some(500));
    }
}
