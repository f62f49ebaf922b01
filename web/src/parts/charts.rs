//! What a Service's requests and the containers that answer them were like, second by second: success,
//! latency, CPU and memory against what is requested and allowed.
//!
//! The drawings hold the whole history and are made once; as time passes, only a clip moves.

use std::fmt::Write;

use lean::FlatMap;
use view::{Gauge, Millis, Second, ServiceSecond, Tint, UsageSecond};
use yew::prelude::*;

use super::tint::tint_class;
use crate::dom;
use crate::session::{History, Shared};
use crate::texts;
use crate::words::{clock, cores};

/// The grid of a drawing; it is stretched to the room that there is.
const WIDTH: u64 = 1_000;
const HEIGHT: u64 = 100;
/// How much of the time before the newest merge is shown.
const BEFORE: Millis = 12_000;
/// The longest distance between two points that are joined, in virtual milliseconds.
const GAP: Millis = 1_500;

#[derive(PartialEq, Properties)]
pub struct ChartsProps {
    /// The Service's name.
    pub service: AttrValue,
    pub history: Shared<History>,
    pub now: Millis,
}

/// The charts of one Service.
#[component]
pub fn Charts(props: &ChartsProps) -> Html {
    let node = use_node_ref();
    let from = props.history.chapter_start().saturating_sub(BEFORE);
    let span = props.history.end.saturating_sub(from).max(1);
    let drawings = use_memo(
        (props.history.clone(), props.service.clone()),
        move |(history, service)| {
            let time = Time { from, span };
            let seconds = rows(history, service, from);
            KINDS.map(|kind| draw(kind, &seconds, time))
        },
    );
    use_effect_with(
        (node.clone(), props.now, from, span),
        |(node, now, from, span)| {
            let at = now.saturating_sub(*from) as f64 / *span as f64;
            dom::set_property(node, "--at", &format!("{:.4}", at.min(1.0)));
        },
    );
    let past = rows(&props.history, &props.service, from);
    let past = &past[..past.partition_point(|(t, _)| *t <= props.now)];
    html! {
        <div class="charts" ref={node}>
            for (kind, drawing) in KINDS.iter().zip(drawings.iter()) {
                { chart(*kind, &props.service, past, drawing) }
            }
        </div>
    }
}

/// A Service's seconds with their times.
type Rows<'h> = Vec<(Millis, &'h ServiceSecond)>;

fn rows<'h>(history: &'h History, service: &str, from: Millis) -> Rows<'h> {
    let of = |second: &'h Second| {
        let own = second.services.iter().find(|own| own.name == service)?;
        (from <= second.t).then_some((second.t, own))
    };
    history.seconds.iter().filter_map(of).collect()
}

/// What a chart is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Success,
    Latency,
    Cpu,
    Memory,
}

const KINDS: [Kind; 4] = [Kind::Success, Kind::Latency, Kind::Cpu, Kind::Memory];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Success => texts::SUCCESS_RATE,
            Self::Latency => texts::LATENCY,
            Self::Cpu => texts::CPU,
            Self::Memory => texts::MEMORY,
        }
    }

    /// How to read what is drawn, where it is not plain.
    fn key(self) -> &'static str {
        match self {
            Self::Success => texts::KEY_SUCCESS,
            Self::Latency => texts::KEY_LATENCY,
            Self::Cpu | Self::Memory => texts::KEY_USE,
        }
    }

    fn gauge(self, usage: &UsageSecond) -> Gauge {
        match self {
            Self::Cpu => usage.cpu,
            _ => usage.memory,
        }
    }

    /// A number of it, as the scale has it.
    fn amount(self, n: u32) -> String {
        match self {
            Self::Success => texts::percent(u64::from(n) / 100),
            Self::Latency => texts::milliseconds(n),
            Self::Cpu => cores(n.into()),
            Self::Memory => texts::memory(n.into()),
        }
    }

    /// What it was in one second. Where nothing was answered, nothing took any time.
    fn words(self, second: &ServiceSecond) -> String {
        let [p50, _, p99] = second.latency;
        match self {
            Self::Success => self.amount(success(second)),
            Self::Latency if success(second) == 0 => texts::NO_MEASURE.to_owned(),
            Self::Latency => texts::percentiles(p50, p99),
            Self::Cpu => self.used(second, |n| texts::cores(&cores(n))),
            Self::Memory => self.used(second, texts::memory),
        }
    }

    /// What the container uses that uses most, and may use.
    fn used(self, second: &ServiceSecond, words: fn(u64) -> String) -> String {
        let gauges = second.usage.iter().map(|usage| self.gauge(usage));
        match gauges.max_by_key(|gauge| gauge.most) {
            None => texts::NO_MEASURE.to_owned(),
            Some(Gauge { most, limit: 0, .. }) => texts::unlimited(&words(most.into())),
            Some(Gauge { most, limit, .. }) => {
                texts::used_of(&words(most.into()), &words(limit.into()))
            }
        }
    }

    /// How grave it was, to find the worst second.
    fn badness(self, second: &ServiceSecond) -> u32 {
        match self {
            Self::Success => 100_000 - success(second),
            Self::Latency => second.latency[2],
            Self::Cpu | Self::Memory => {
                let most = second.usage.iter().map(|usage| self.gauge(usage).most);
                most.max().unwrap_or(0)
            }
        }
    }
}

/// The answered share of requests, in thousandths of a percent, cut.
fn success(second: &ServiceSecond) -> u32 {
    let answered: u64 = second.answered.iter().map(|(_, n)| u64::from(*n)).sum();
    let all = answered + u64::from(second.failed);
    let share = (answered * 100_000).checked_div(all).unwrap_or(100_000);
    u32::try_from(share).unwrap_or(0)
}

fn chart(
    kind: Kind,
    service: &str,
    past: &[(Millis, &ServiceSecond)],
    (most, drawing): &(u32, Html),
) -> Html {
    let now = past.last().map(|(_, second)| kind.words(second));
    let now = now.unwrap_or_else(|| texts::NO_MEASURE.to_owned());
    let worst = worst(kind, past);
    let worst = worst.map(|(t, second)| texts::worst_at(&kind.words(second), &clock(t)));
    html! {
        <figure
            class="chart"
            data-testid="chart"
            data-name={kind.name()}
            data-service={service.to_owned()}
            data-value={now.clone()}
        >
            <figcaption>
                <span class="name">{ kind.name() }</span>
                <strong>{ now }</strong>
            </figcaption>
            <div class="frame">
                <span class="scale">{ kind.amount(*most) }</span>
                <span class="scale">{ "0" }</span>
                <svg class="plot" viewBox={format!("0 0 {WIDTH} {HEIGHT}")} preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    { drawing.clone() }
                </svg>
            </div>
            <p class="aside">
                <span class="key">{ kind.key() }</span>
                if let Some(worst) = worst {
                    <span class="worst">{ worst }</span>
                }
            </p>
        </figure>
    }
}

/// The first of the worst seconds, if the newest one is better.
fn worst<'h>(
    kind: Kind,
    past: &[(Millis, &'h ServiceSecond)],
) -> Option<(Millis, &'h ServiceSecond)> {
    let now = kind.badness(past.last()?.1);
    let mut worst: Option<(Millis, &ServiceSecond)> = None;
    for (t, second) in past {
        let than = worst.map_or(now, |(_, worst)| kind.badness(worst));
        if than < kind.badness(second) {
            worst = Some((*t, second));
        }
    }
    worst
}

/// Which part of the time is drawn.
#[derive(Clone, Copy)]
struct Time {
    from: Millis,
    span: Millis,
}

impl Time {
    fn x(self, t: Millis) -> u64 {
        t.saturating_sub(self.from) * WIDTH / self.span
    }
}

/// A line through points that are at most [`GAP`] apart.
#[derive(Default)]
struct Line {
    path: String,
    last: Option<Millis>,
}

impl Line {
    fn to(&mut self, t: Millis, time: Time, value: u32, most: u32) {
        let y = HEIGHT - 2 - u64::from(value) * (HEIGHT - 6) / u64::from(most.max(1));
        let is_joined = self.last.is_some_and(|last| t <= last + GAP);
        let verb = if is_joined { 'L' } else { 'M' };
        let _ = write!(self.path, "{verb}{} {y}", time.x(t));
        self.last = Some(t);
    }
}

/// The numbers at which a scale may end, but for their zeros.
const ENDS: [u32; 10] = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];

/// What the upper edge of a drawing stands for: a number that is easily read, so that the highest line
/// lies below.
fn end_of_scale(most: Option<u32>) -> u32 {
    let most = most.unwrap_or(0);
    let least = most.saturating_add(most / 20).max(10);
    let powers = std::iter::successors(Some(1_u32), |ten| ten.checked_mul(10));
    let mut ends = powers.flat_map(|ten| ENDS.map(|end| end.saturating_mul(ten)));
    ends.find(|end| least <= *end).unwrap_or(u32::MAX)
}

/// A drawing, and what its upper edge stands for.
fn draw(kind: Kind, seconds: &Rows<'_>, time: Time) -> (u32, Html) {
    match kind {
        Kind::Success => (100_000, draw_success(seconds, time)),
        Kind::Latency => draw_latency(seconds, time),
        Kind::Cpu | Kind::Memory => draw_usage(kind, seconds, time),
    }
}

fn draw_success(seconds: &Rows<'_>, time: Time) -> Html {
    let mut line = Line::default();
    let mut failed = String::new();
    for (t, second) in seconds {
        let share = success(second);
        line.to(*t, time, share, 100_000);
        if share < 100_000 {
            let (from, to) = (time.x(t.saturating_sub(1_000)), time.x(*t));
            let y = HEIGHT - u64::from(share) * HEIGHT / 100_000;
            let _ = write!(failed, "M{from} 0H{to}V{}H{from}Z", y.max(6));
        }
    }
    html! {
        <>
            <path class="failed" d={failed} />
            <path class="line" d={line.path} />
        </>
    }
}

fn draw_latency(seconds: &Rows<'_>, time: Time) -> (u32, Html) {
    let most = seconds.iter().map(|(_, second)| second.latency[2]).max();
    let most = end_of_scale(most);
    let answered = || seconds.iter().filter(|(_, second)| 0 < success(second));
    let line = |which: usize| {
        let mut line = Line::default();
        for (t, second) in answered() {
            line.to(*t, time, second.latency[which], most);
        }
        line.path
    };
    let drawing = html! {
        <>
            <path class="line" d={line(0)} />
            <path class="line limit" d={line(2)} />
        </>
    };
    (most, drawing)
}

/// For each commit, what its busiest container uses, requests and may use.
fn draw_usage(kind: Kind, seconds: &Rows<'_>, time: Time) -> (u32, Html) {
    let gauges = || {
        let all = seconds
            .iter()
            .flat_map(|(t, second)| second.usage.iter().map(move |it| (*t, it)));
        all.map(|(t, usage)| (t, &usage.tint, kind.gauge(usage)))
    };
    let most = gauges()
        .map(|(_, _, it)| it.most.max(it.limit).max(it.request))
        .max();
    let most = end_of_scale(most);
    let mut lines: FlatMap<usize, (Tint, [Line; 3])> = FlatMap::new();
    for (t, tint, gauge) in gauges() {
        let (_, [used, limit, request]) = lines
            .entry(tint.index)
            .or_insert_with(|| (tint.clone(), Default::default()));
        used.to(t, time, gauge.most, most);
        if 0 < gauge.limit {
            limit.to(t, time, gauge.limit, most);
        }
        if 0 < gauge.request {
            request.to(t, time, gauge.request, most);
        }
    }
    let lines = lines.into_values().map(|(tint, [used, limit, request])| {
        html! {
            <g class={tint_class(Some(&tint))}>
                <path class="line used" d={used.path} />
                <path class="line limit" d={limit.path} />
                <path class="line request" d={request.path} />
            </g>
        }
    });
    (most, html! { <>{ for lines }</> })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(answered: u32, failed: u32) -> ServiceSecond {
        ServiceSecond {
            name: "web".into(),
            answered: vec![(Tint::default(), answered)],
            failed,
            latency: [20, 40, 80],
            usage: vec![UsageSecond {
                tint: Tint::default(),
                containers: 2,
                cpu: Gauge {
                    mean: 100,
                    most: 120,
                    request: 100,
                    limit: 0,
                },
                memory: Gauge {
                    mean: 200,
                    most: 212,
                    request: 128,
                    limit: 256,
                },
            }],
        }
    }

    #[test]
    fn a_second_in_words() {
        for (kind, words) in [
            (Kind::Success, "99.9 %"),
            (Kind::Latency, "p50 20 ms, p99 80 ms"),
            (Kind::Cpu, "0.12 cores, no limit"),
            (Kind::Memory, "212 Mi of 256 Mi"),
        ] {
            assert_eq!(kind.words(&second(9_999, 1)), words);
        }
        assert_eq!(Kind::Success.words(&second(10, 0)), "100 %");
    }

    #[test]
    fn where_nothing_is_answered_nothing_takes_time() {
        assert_eq!(Kind::Latency.words(&second(0, 10)), "–");
    }

    #[test]
    fn a_scale_ends_at_a_number_that_is_easily_read() {
        for (most, end) in [
            (None, 10),
            (Some(18), 20),
            (Some(256), 300),
            (Some(100), 120),
            (Some(u32::MAX), u32::MAX),
        ] {
            assert_eq!(end_of_scale(most), end, "{most:?}");
        }
    }

    #[test]
    fn a_line_breaks_where_seconds_are_missing() {
        let time = Time {
            from: 0,
            span: 10_000,
        };
        let mut line = Line::default();
        for t in [1_000, 2_000, 5_000] {
            line.to(t, time, 0, 1);
        }
        assert_eq!(line.path, "M100 98L200 98M500 98");
    }
}
