//! Facts of all that happened since a step began.

use super::{Answer, Args};
use crate::record::{self, Record};
use ecow::{EcoString, eco_format};
use reconcile::view::{Progress, Scene, Second, Tint, Tone, YOU};
use reconcile::{Entry, Millis};

/// How many entries are so, and when the first was.
fn entries(record: &Record, is: impl Fn(&Entry) -> bool) -> Answer {
    let mut found = record.entries().iter().filter(|entry| is(entry));
    let first = found.next().map(|entry| entry.t);
    let rest = found.count() as u64;
    Answer::Number(rest + u64::from(first.is_some()), first)
}

pub(super) fn merged(_: &Args, record: &Record) -> Answer {
    entries(record, |entry| entry.reason == "Merged")
}

pub(super) fn commands(_: &Args, record: &Record) -> Answer {
    entries(record, |entry| {
        let is_by_hand = !matches!(entry.verb, "commit" | "open" | "merge" | "close");
        entry.actor == YOU && entry.tone == Tone::Story && is_by_hand
    })
}

/// An Event, or another turn of the story, by its reason. Kubernetes notes much twice, as what was done
/// and as an Event about it: of these one counts.
pub(super) fn happened(args: &Args, record: &Record) -> Answer {
    let mut last: Option<(Millis, EcoString)> = None;
    let mut first = None;
    let mut number = 0;
    for entry in record.entries() {
        let object = entry
            .object
            .as_ref()
            .map(|key| eco_format!("{}/{}", key.kind, key.name));
        let object = object.unwrap_or_default();
        let is_meant = args.meets("reason", &entry.reason)
            && args.meets("actor", &entry.actor)
            && object.starts_with(args.get("object"))
            && entry.message.contains(args.get("says"));
        let this = (entry.t, object);
        if is_meant && last.as_ref() != Some(&this) {
            first = first.or(Some(entry.t));
            number += 1;
            last = Some(this);
        }
    }
    Answer::Number(number, first)
}

pub(super) fn answered(args: &Args, record: &Record) -> Answer {
    let sum =
        |all: &[(Tint, u32)]| -> u64 { all.iter().map(|(_, number)| u64::from(*number)).sum() };
    let name = args.get("service");
    let of = |second: &Second| match name {
        "" => sum(&second.answered),
        _ => second
            .services
            .iter()
            .filter(|it| it.name == name)
            .map(|it| sum(&it.answered))
            .sum(),
    };
    Answer::Number(record.seconds().map(of).sum(), None)
}

pub(super) fn failed(args: &Args, record: &Record) -> Answer {
    let name = args.get("service");
    let (mut sum, mut first) = (0, None);
    for second in record.seconds() {
        let number: u64 = match name {
            "" => u64::from(second.failed),
            _ => {
                let meant = second.services.iter().filter(|it| it.name == name);
                meant.map(|it| u64::from(it.failed)).sum()
            }
        };
        if number > 0 {
            first = first.or(Some(second.t));
        }
        sum += number;
    }
    Answer::Number(sum, first)
}

/// Pods of one scene that another has not.
fn only_in(args: &Args, one: &Scene, other: &Scene) -> u64 {
    let name = args.get("deployment");
    let there: Vec<&EcoString> = record::pods(other, name).map(|pod| &pod.uid).collect();
    record::pods(one, name)
        .filter(|pod| !there.contains(&&pod.uid))
        .count() as u64
}

pub(super) fn new_pods(args: &Args, record: &Record) -> Answer {
    Answer::Number(only_in(args, &record.after, &record.before), None)
}

pub(super) fn replaced(args: &Args, record: &Record) -> Answer {
    // A pod that goes without a successor is scaled away, not replaced.
    let gone = only_in(args, &record.before, &record.after);
    let new = only_in(args, &record.after, &record.before);
    Answer::Number(gone.min(new), None)
}

pub(super) fn kept(args: &Args, record: &Record) -> Answer {
    let all = record::pods(&record.before, args.get("deployment")).count() as u64;
    Answer::Number(all - only_in(args, &record.before, &record.after), None)
}

/// How often containers started again, by their pods' counts at the end.
pub(super) fn restarts(args: &Args, record: &Record) -> Answer {
    let name = args.get("deployment");
    let of = |scene| -> u64 {
        record::pods(scene, name)
            .map(|pod| u64::from(pod.restarts))
            .sum()
    };
    Answer::Number(of(&record.after).saturating_sub(of(&record.before)), None)
}

pub(super) fn new_sets(args: &Args, record: &Record) -> Answer {
    let name = args.get("deployment");
    let of = |scene| {
        record::deployments(scene, name)
            .map(|row| row.sets.len() as u64)
            .sum::<u64>()
    };
    entries_of_sets(args, record).unwrap_or_else(|| {
        Answer::Number(of(&record.after).saturating_sub(of(&record.before)), None)
    })
}

/// By the controller's own entries, which know those that are gone again, too; none if all
/// Deployments are meant.
fn entries_of_sets(args: &Args, record: &Record) -> Option<Answer> {
    let name = args.get("deployment");
    (!name.is_empty()).then(|| {
        let prefix = eco_format!("{name}-");
        entries(record, |entry| {
            let object = entry.object.as_ref();
            entry.reason == "NewReplicaSet"
                && object.is_some_and(|key| key.name == name || key.name.starts_with(&*prefix))
        })
    })
}

pub(super) fn reused(args: &Args, record: &Record) -> Answer {
    let name = args.get("deployment");
    let newest = |scene| {
        let mut sets = record::deployments(scene, name).flat_map(|row| &row.sets);
        sets.find(|set| set.newest).map(|set| set.name.clone())
    };
    let before = newest(&record.before);
    let after = newest(&record.after);
    let was_there = |name: &EcoString| {
        let mut sets = record.before.deployments.iter().flat_map(|row| &row.sets);
        sets.any(|set| set.name == *name)
    };
    Answer::Truth(
        after != before && after.as_ref().is_some_and(was_there),
        None,
    )
}

/// By the commits of the images that really run, whatever their tags say.
pub(super) fn code(args: &Args, record: &Record) -> Answer {
    let name = args.get("deployment");
    let of = |scene| -> Vec<usize> {
        let tints = record::pods(scene, name).filter_map(|pod| pod.tint.as_ref());
        tints.map(|tint| tint.index).collect()
    };
    let before = of(&record.before);
    let after = of(&record.after);
    let old = after.iter().filter(|tint| before.contains(tint)).count();
    let word = match old {
        0 => "new",
        _ if old == after.len() => "old",
        _ => "mixed",
    };
    Answer::Word(word.into())
}

pub(super) fn images(_: &Args, record: &Record) -> Answer {
    entries(record, |entry| entry.reason == "ImagePushed")
}

pub(super) fn releases(args: &Args, record: &Record) -> Answer {
    let before = record.before.releases.len();
    let new = record.after.releases.iter().skip(before);
    let meant = new.filter(|row| args.meets("status", &row.status));
    Answer::Number(meant.count() as u64, None)
}

pub(super) fn run(_: &Args, record: &Record) -> Answer {
    let of = |scene: &Scene| {
        let run = scene.run.as_ref()?;
        Some((run.number, run.attempt, run.progress))
    };
    let (before, after) = (of(&record.before), of(&record.after));
    let word = match after.filter(|_| after != before) {
        Some((_, _, Progress::Done)) => "succeeded",
        Some((_, _, Progress::Failed)) => "failed",
        Some((_, _, Progress::Cancelled)) => "cancelled",
        Some(_) => "running",
        None => "",
    };
    Answer::Word(word.into())
}

pub(super) fn check(args: &Args, record: &Record) -> Answer {
    let checks = record.pull_request().map_or(&[][..], |pull| &pull.checks);
    let meant = checks.iter().filter(|row| args.meets("name", &row.name));
    Answer::Number(meant.count() as u64, None)
}

pub(super) fn planned(args: &Args, record: &Record) -> Answer {
    let plan = record.pull_request().map_or(&[][..], |pull| &pull.plan);
    let meant = plan
        .iter()
        .filter(|row| args.meets("effect", row.effect.as_str()));
    Answer::Number(meant.count() as u64, None)
}

pub(super) fn file_says(args: &Args, record: &Record) -> Answer {
    let text = record.file(args.get("path")).unwrap_or_default();
    let lines = text.lines().filter(|line| line.contains(args.get("text")));
    Answer::Number(lines.count() as u64, None)
}

pub(super) fn rollout_seconds(args: &Args, record: &Record) -> Answer {
    let is_meant = |entry: &&Entry| {
        let object = entry.object.as_ref();
        object.is_some_and(|key| key.name.starts_with(args.get("deployment")))
    };
    let mut all = record.entries().iter().filter(is_meant);
    let first = all
        .clone()
        .find(|entry| entry.reason == "ScalingReplicaSet");
    let last =
        all.rfind(|entry| entry.reason == "NewReplicaSetAvailable" && entry.tone == Tone::Story);
    let took = match (first, last) {
        (Some(first), Some(last)) => last.t.saturating_sub(first.t),
        _ => 0,
    };
    Answer::Number((took + 500) / 1000, last.map(|entry| entry.t))
}
