//! What can be said of a lab: one line of [`FACTS`] each.
//!
//! A fact gives a number, a word, or yes and no. It is about a moment, and can then be asked of every
//! moment (`throughout`, `ever`) or of the end, or it is about all that happened since the step
//! began. Without `deployment`, `service`… all of them are meant.

use crate::record::{self, Record};
use crate::texts;
use ecow::{EcoString, eco_format};
use kube::{Key, Value};
use reconcile::view::{Progress, Scene, Second, Tint, Tone, YOU};
use reconcile::{Entry, Millis, World};

/// Something that can be asked of a lab.
#[derive(Debug)]
pub struct Fact {
    /// Its name in a lesson.
    pub name: &'static str,
    /// What it gives, as evidence says it: `failed requests`.
    pub noun: &'static str,
    /// The fields that it takes. The first can be written short: `happened: OOMKilled`.
    pub fields: &'static [&'static str],
    /// How many of them, from the first, must be there.
    required: usize,
    /// What it gives.
    pub gives: Gives,
    /// How it is found out.
    pub find: Find,
}

impl Fact {
    /// The fields that must be there.
    #[must_use]
    pub fn needs(&self) -> &'static [&'static str] {
        &self.fields[..self.required]
    }
}

/// What a fact gives.
#[derive(Clone, Copy, Debug)]
pub enum Gives {
    /// A number, compared by `exactly`, `at-least`, `at-most`.
    Number,
    /// A word, compared by `is`: one of these; any if there are none.
    Word(&'static [&'static str]),
    /// Yes or no.
    Truth,
}

/// How a fact is found out.
#[derive(Clone, Copy, Debug)]
pub enum Find {
    /// From a moment.
    Moment(fn(&Args, &World) -> Answer),
    /// From all that happened.
    History(fn(&Args, &Record) -> Answer),
}

/// What a fact is asked about; empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args {
    fields: Vec<(&'static str, EcoString)>,
}

impl Args {
    /// Says something.
    pub fn set(&mut self, field: &'static str, text: EcoString) {
        self.fields.push((field, text));
    }

    /// What is said.
    #[must_use]
    pub fn get(&self, field: &str) -> &str {
        let found = self.fields.iter().find(|(name, _)| *name == field);
        found.map_or("", |(_, text)| text.as_str())
    }

    /// Whether a text is the one that is meant, or none is.
    fn meets(&self, field: &str, text: &str) -> bool {
        let wanted = self.get(field);
        wanted.is_empty() || wanted == text
    }
}

/// What was found out, and the moment that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A number.
    Number(u64, Option<Millis>),
    /// A word.
    Word(EcoString),
    /// Yes or no.
    Truth(bool, Option<Millis>),
}

impl Answer {
    /// The answer as people read it.
    #[must_use]
    pub fn words(&self) -> EcoString {
        match self {
            Answer::Number(number, _) => eco_format!("{number}"),
            Answer::Word(word) if word.is_empty() => texts::NONE.into(),
            Answer::Word(word) => word.clone(),
            Answer::Truth(true, _) => texts::YES.into(),
            Answer::Truth(false, _) => texts::NO.into(),
        }
    }

    pub(crate) fn at(&self) -> Option<Millis> {
        match self {
            Answer::Number(_, at) | Answer::Truth(_, at) => *at,
            Answer::Word(_) => None,
        }
    }
}

/// Whether a run, or the code that runs, is so.
const OUTCOMES: &[&str] = &["succeeded", "failed", "cancelled", "running"];
const CODE: &[&str] = &["old", "new", "mixed"];

const fn number(
    name: &'static str,
    noun: &'static str,
    fields: &'static [&'static str],
    required: usize,
    find: Find,
) -> Fact {
    Fact {
        name,
        noun,
        fields,
        required,
        gives: Gives::Number,
        find,
    }
}

/// Every fact.
pub const FACTS: &[Fact] = &[
    // Of a moment. Deployments as their status says, which is what kubectl shows.
    number(
        "wanted",
        texts::PODS_WANTED,
        &["deployment"],
        0,
        Find::Moment(wanted),
    ),
    number(
        "pods",
        texts::PODS,
        &["deployment"],
        0,
        Find::Moment(current),
    ),
    number(
        "ready",
        texts::READY_PODS,
        &["deployment"],
        0,
        Find::Moment(ready),
    ),
    number(
        "updated",
        texts::UPDATED_PODS,
        &["deployment"],
        0,
        Find::Moment(updated),
    ),
    Fact {
        name: "complete",
        noun: texts::COMPLETE,
        fields: &["deployment"],
        required: 1,
        gives: Gives::Truth,
        find: Find::Moment(complete),
    },
    Fact {
        name: "exists",
        noun: texts::EXISTS,
        fields: &["object"],
        required: 1,
        gives: Gives::Truth,
        find: Find::Moment(exists),
    },
    Fact {
        name: "has-field",
        noun: texts::HAS_FIELD,
        fields: &["object", "path"],
        required: 2,
        gives: Gives::Truth,
        find: Find::Moment(has_field),
    },
    Fact {
        name: "field",
        noun: texts::FIELD,
        fields: &["object", "path"],
        required: 2,
        gives: Gives::Word(&[]),
        find: Find::Moment(field),
    },
    // Of all that happened.
    number("merged", texts::MERGED, &[], 0, Find::History(merged)),
    number("commands", texts::COMMANDS, &[], 0, Find::History(commands)),
    number(
        "happened",
        texts::HAPPENED,
        &["reason", "actor", "object", "says"],
        0,
        Find::History(happened),
    ),
    number(
        "answered-requests",
        texts::ANSWERED,
        &["service"],
        0,
        Find::History(answered),
    ),
    number(
        "failed-requests",
        texts::FAILED,
        &["service"],
        0,
        Find::History(failed),
    ),
    number(
        "new-pods",
        texts::NEW_PODS,
        &["deployment"],
        0,
        Find::History(new_pods),
    ),
    number(
        "replaced-pods",
        texts::REPLACED_PODS,
        &["deployment"],
        0,
        Find::History(replaced),
    ),
    number(
        "kept-pods",
        texts::KEPT_PODS,
        &["deployment"],
        0,
        Find::History(kept),
    ),
    number(
        "restarts",
        texts::RESTARTS,
        &["deployment"],
        0,
        Find::History(restarts),
    ),
    number(
        "new-replica-sets",
        texts::NEW_SETS,
        &["deployment"],
        0,
        Find::History(new_sets),
    ),
    Fact {
        name: "reused-replica-set",
        noun: texts::REUSED_SET,
        fields: &["deployment"],
        required: 1,
        gives: Gives::Truth,
        find: Find::History(reused),
    },
    Fact {
        name: "code",
        noun: texts::CODE,
        fields: &["deployment"],
        required: 0,
        gives: Gives::Word(CODE),
        find: Find::History(code),
    },
    number("images", texts::IMAGES, &[], 0, Find::History(images)),
    number(
        "releases",
        texts::RELEASES,
        &["status"],
        0,
        Find::History(releases),
    ),
    Fact {
        name: "run",
        noun: texts::RUN,
        fields: &[],
        required: 0,
        gives: Gives::Word(OUTCOMES),
        find: Find::History(run),
    },
    number("check", texts::CHECK, &["name"], 0, Find::History(check)),
    number(
        "planned",
        texts::PLANNED,
        &["effect"],
        0,
        Find::History(planned),
    ),
    number(
        "file-says",
        texts::FILE_SAYS,
        &["path", "text"],
        2,
        Find::History(file_says),
    ),
    number(
        "rollout-seconds",
        texts::ROLLOUT_SECONDS,
        &["deployment"],
        0,
        Find::History(rollout_seconds),
    ),
];

/// A fact by its name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| fact.name == name)
}

// Of a moment.

fn count(args: &Args, world: &World, number: fn(&kube::Object) -> &Value) -> Answer {
    let all = world.store().list("Deployment");
    let meant = all
        .iter()
        .filter(|it| args.meets("deployment", &it.key.name));
    let sum = meant
        .filter_map(|it| u64::try_from(number(it).as_int().unwrap_or(0)).ok())
        .sum();
    Answer::Number(sum, Some(world.now()))
}

fn wanted(args: &Args, world: &World) -> Answer {
    count(args, world, |it| it.spec().get("replicas"))
}

fn current(args: &Args, world: &World) -> Answer {
    count(args, world, |it| it.status().get("replicas"))
}

fn ready(args: &Args, world: &World) -> Answer {
    count(args, world, |it| it.status().get("readyReplicas"))
}

fn updated(args: &Args, world: &World) -> Answer {
    count(args, world, |it| it.status().get("updatedReplicas"))
}

/// As `kubectl rollout status` decides it (`pkg/polymorphichelpers/rollout_status.go`).
fn complete(args: &Args, world: &World) -> Answer {
    let all = world.store().list("Deployment");
    let found = all.iter().find(|it| args.meets("deployment", &it.key.name));
    let is_complete = found.is_some_and(|it| {
        let of = |name: &str| it.status().get(name).as_int().unwrap_or(0);
        let wanted = it.spec().get("replicas").as_int().unwrap_or(1);
        let seen = of("observedGeneration")
            >= it
                .value
                .at(&["metadata", "generation"])
                .as_int()
                .unwrap_or(0);
        let updated = of("updatedReplicas");
        seen && updated >= wanted && of("replicas") <= updated && of("availableReplicas") >= updated
    });
    Answer::Truth(is_complete, Some(world.now()))
}

/// `Deployment/shop/web`, or `Namespace/shop`.
fn key(text: &str) -> Key {
    let mut parts = text.split('/');
    let mut next = || parts.next().unwrap_or_default();
    let (kind, first, second) = (next(), next(), next());
    match second {
        "" => Key::new(kind, "", first),
        _ => Key::new(kind, first, second),
    }
}

fn exists(args: &Args, world: &World) -> Answer {
    let found = world.store().get(&key(args.get("object")));
    Answer::Truth(found.is_some(), Some(world.now()))
}

fn has_field(args: &Args, world: &World) -> Answer {
    Answer::Truth(!value(args, world).is_null(), Some(world.now()))
}

fn field(args: &Args, world: &World) -> Answer {
    Answer::Word(value(args, world).to_text())
}

/// A field by its path, with items by their numbers: `spec.template.spec.containers.0.image`.
fn value<'w>(args: &Args, world: &'w World) -> &'w Value {
    let object = world.store().get(&key(args.get("object")));
    let whole = object.map_or(&Value::Null, |object| &object.value);
    args.get("path").split('.').fold(whole, |value, part| {
        let item = part.parse::<usize>().ok();
        let item = item.and_then(|at| value.items().get(at));
        item.unwrap_or_else(|| value.get(part))
    })
}

// Of all that happened.

/// How many entries are so, and when the first was.
fn entries(record: &Record, is: impl Fn(&Entry) -> bool) -> Answer {
    let mut found = record.entries().iter().filter(|entry| is(entry));
    let first = found.next().map(|entry| entry.t);
    let rest = found.count() as u64;
    Answer::Number(rest + u64::from(first.is_some()), first)
}

fn merged(_: &Args, record: &Record) -> Answer {
    entries(record, |entry| entry.reason == "Merged")
}

fn commands(_: &Args, record: &Record) -> Answer {
    entries(record, |entry| {
        let is_by_hand = !matches!(entry.verb, "commit" | "open" | "merge" | "close");
        entry.actor == YOU && entry.tone == Tone::Story && is_by_hand
    })
}

/// An Event, or another turn of the story, by its reason. Kubernetes notes much twice, as what was done
/// and as an Event about it: of these one counts.
fn happened(args: &Args, record: &Record) -> Answer {
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

fn answered(args: &Args, record: &Record) -> Answer {
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

fn failed(args: &Args, record: &Record) -> Answer {
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

fn new_pods(args: &Args, record: &Record) -> Answer {
    Answer::Number(only_in(args, &record.after, &record.before), None)
}

fn replaced(args: &Args, record: &Record) -> Answer {
    // A pod that goes without a successor is scaled away, not replaced.
    let gone = only_in(args, &record.before, &record.after);
    let new = only_in(args, &record.after, &record.before);
    Answer::Number(gone.min(new), None)
}

fn kept(args: &Args, record: &Record) -> Answer {
    let all = record::pods(&record.before, args.get("deployment")).count() as u64;
    Answer::Number(all - only_in(args, &record.before, &record.after), None)
}

/// How often containers started again, by their pods' counts at the end.
fn restarts(args: &Args, record: &Record) -> Answer {
    let name = args.get("deployment");
    let of = |scene| -> u64 {
        record::pods(scene, name)
            .map(|pod| u64::from(pod.restarts))
            .sum()
    };
    Answer::Number(of(&record.after).saturating_sub(of(&record.before)), None)
}

fn new_sets(args: &Args, record: &Record) -> Answer {
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

fn reused(args: &Args, record: &Record) -> Answer {
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
fn code(args: &Args, record: &Record) -> Answer {
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

fn images(_: &Args, record: &Record) -> Answer {
    entries(record, |entry| entry.reason == "ImagePushed")
}

fn releases(args: &Args, record: &Record) -> Answer {
    let before = record.before.releases.len();
    let new = record.after.releases.iter().skip(before);
    let meant = new.filter(|row| args.meets("status", &row.status));
    Answer::Number(meant.count() as u64, None)
}

fn run(_: &Args, record: &Record) -> Answer {
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

fn check(args: &Args, record: &Record) -> Answer {
    let checks = record.pull_request().map_or(&[][..], |pull| &pull.checks);
    let meant = checks.iter().filter(|row| args.meets("name", &row.name));
    Answer::Number(meant.count() as u64, None)
}

fn planned(args: &Args, record: &Record) -> Answer {
    let plan = record.pull_request().map_or(&[][..], |pull| &pull.plan);
    let meant = plan
        .iter()
        .filter(|row| args.meets("effect", row.effect.as_str()));
    Answer::Number(meant.count() as u64, None)
}

fn file_says(args: &Args, record: &Record) -> Answer {
    let text = record.file(args.get("path")).unwrap_or_default();
    let lines = text.lines().filter(|line| line.contains(args.get("text")));
    Answer::Number(lines.count() as u64, None)
}

fn rollout_seconds(args: &Args, record: &Record) -> Answer {
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
