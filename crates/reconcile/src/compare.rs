//! What came of two futures, side by side.

use crate::lab::Lab;
use crate::scene;
use crate::texts::stage;
use crate::view::protocol::Difference;
use crate::view::{EventRow, Mark, MarkKind, Second};
use ecow::{EcoString, eco_format};
use kube::Millis;
use std::rc::Rc;

/// What came of two labs after the moment from which on they differ, in the respects that people ask
/// about. Both are told up to their ends.
#[must_use]
pub fn compare(here: &Lab, there: &Lab, since: Millis) -> Vec<Difference> {
    let (here, there) = (Told::of(here, since), Told::of(there, since));
    let row = |(what, told): &Respect| Difference {
        what: (*what).into(),
        here: told(&here),
        there: told(&there),
    };
    RESPECTS.iter().map(row).collect()
}

/// What people ask about, and how it is told of a future.
type Respect = (&'static str, fn(&Told) -> EcoString);

const RESPECTS: [Respect; 7] = [
    (stage::ROLLOUT, rollout),
    (stage::FAILED_REQUESTS, failed),
    (stage::FEWEST_PODS_READY, fewest_ready),
    (stage::SLOWEST_ANSWERS, slowest),
    (stage::MOST_MEMORY, memory),
    (stage::PODS_MADE, pods_made),
    (stage::RESTARTS, restarts),
];

/// One future from the moment `since` on. Its lists hold what was before, too: [`after`] leaves that out.
struct Told {
    since: Millis,
    marks: Rc<[Mark]>,
    seconds: Rc<[Second]>,
    events: Rc<[EventRow]>,
    restarts: (u64, u64),
    is_settled: bool,
}

impl Told {
    fn of(lab: &Lab, since: Millis) -> Told {
        let mut lab = lab.fork();
        lab.seek(since);
        let before = restarts_in(&lab);
        lab.seek(lab.end());
        Told {
            since,
            marks: lab.marks(),
            seconds: lab.seconds(),
            events: lab.events(),
            restarts: (before, restarts_in(&lab)),
            is_settled: scene::is_settled(lab.world()),
        }
    }

    fn marks(&self) -> &[Mark] {
        after(self.since, &self.marks, |it| it.t)
    }

    fn seconds(&self) -> &[Second] {
        after(self.since, &self.seconds, |it| it.t)
    }
}

/// Those of rows in the order of time that are later than a moment.
fn after<T>(since: Millis, rows: &[T], time: fn(&T) -> Millis) -> &[T] {
    let first = rows.partition_point(|it| time(it) <= since);
    rows.get(first..).unwrap_or_default()
}

fn restarts_in(lab: &Lab) -> u64 {
    let rows = scene::deployments(lab.world());
    let pods = rows.iter().flat_map(|row| &row.sets);
    let pods = pods.flat_map(|set| &set.pods);
    pods.map(|pod| u64::from(pod.restarts)).sum()
}

fn rollout(told: &Told) -> EcoString {
    let last = |kind| told.marks().iter().rfind(|mark| mark.kind == kind);
    let failed = last(MarkKind::Failed);
    match (last(MarkKind::Complete), told.is_settled, failed) {
        (Some(mark), true, _) => stage::complete_after((mark.t - told.since) / 1_000),
        (_, false, Some(mark)) => stage::not_complete(&mark.label),
        (_, false, None) => stage::NOT_COMPLETE.into(),
        (None, true, Some(mark)) => stage::no_rollout(&mark.label),
        (None, true, None) => stage::NONE.into(),
    }
}

fn failed(told: &Told) -> EcoString {
    let failed = told.seconds().iter().map(|it| u64::from(it.failed));
    let answered = told.seconds().iter().flat_map(|it| &it.answered);
    let failed: u64 = failed.sum();
    let all = failed + answered.map(|it| u64::from(it.1)).sum::<u64>();
    stage::part(failed, all)
}

fn fewest_ready(told: &Told) -> EcoString {
    let ready = told.seconds().iter().map(|it| it.ready);
    match ready.min() {
        Some((ready, wanted)) => stage::part(ready.into(), wanted.into()),
        None => "–".into(),
    }
}

fn slowest(told: &Told) -> EcoString {
    let slowest = told.seconds().iter().map(|it| it.latency[2]).max();
    slowest.map_or("–".into(), stage::milliseconds)
}

fn memory(told: &Told) -> EcoString {
    let services = told.seconds().iter().flat_map(|it| &it.services);
    let usage = services.flat_map(|it| &it.usage);
    let most = usage.map(|it| (it.memory.most, it.memory.limit)).max();
    match most {
        Some((most, limit)) => stage::mebibytes(most, limit),
        None => "–".into(),
    }
}

fn pods_made(told: &Told) -> EcoString {
    let is_made = |it: &&EventRow| it.verb == "create" && it.object.starts_with("Pod/");
    eco_format!(
        "{}",
        after(told.since, &told.events, |it| it.t)
            .iter()
            .filter(is_made)
            .count()
    )
}

fn restarts(told: &Told) -> EcoString {
    let (before, after) = told.restarts;
    eco_format!("{}", after.saturating_sub(before))
}
