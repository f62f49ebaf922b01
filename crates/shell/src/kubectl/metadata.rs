//! `kubectl annotate` and `kubectl label` (`k8s.io/kubectl/pkg/cmd/annotate`, `pkg/cmd/label`).

use super::args::{ALL, Args, DRY_RUN, Flag, OUTPUT, SELECTOR, switch};
use super::session::{Fault, Session};
use super::set::split;
use ecow::EcoString;
use kube::api::PatchType;
use kube::{Key, Object, Value, kubectl, map};

pub(super) const FLAGS: &[Flag] = &[
    ALL,
    DRY_RUN,
    switch("list", None),
    OUTPUT,
    switch("overwrite", None),
    SELECTOR,
];

/// May be written over without being asked to.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// `NAME=VALUE` and `NAME-`.
#[derive(Default)]
struct Changes<'w> {
    set: Vec<(&'w str, &'w str)>,
    removed: Vec<&'w str>,
}

/// The names of objects, and what is to be noted on them.
fn read<'w>(args: &'w Args, what: &str) -> Result<(&'w [String], Changes<'w>), Fault> {
    let is_pair = |word: &str| {
        word.find('=').is_some_and(|at| at > 0) || (word.ends_with('-') && word != "-")
    };
    let (words, pairs) = split(&args.words, is_pair).map_err(|late| {
        Fault::Usage(format!(
            "all resources must be specified before {what} changes: {late}"
        ))
    })?;
    let mut changes = Changes::default();
    for pair in pairs {
        match pair.split_once('=') {
            // The last word on a name counts.
            Some((name, value)) => {
                changes.set.retain(|(have, _)| *have != name);
                changes.set.push((name, value));
            }
            None => changes.removed.push(&pair[..pair.len() - 1]),
        }
    }
    lean::sort_by(&mut changes.set, |a, b| a.0.cmp(b.0));
    Ok((words, changes))
}

/// What no command may lack.
fn check(args: &Args, words: &[String], changes: &Changes, what: &str) -> Result<(), Fault> {
    if words.is_empty() {
        return Err(Fault::Usage(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>"
                .to_owned(),
        ));
    }
    if changes.set.is_empty() && changes.removed.is_empty() && !args.is_on("list") {
        return Err(Fault::Usage(format!(
            "at least one {what} update is required"
        )));
    }
    Ok(())
}

/// Prints what is noted on an object.
fn list(session: &mut Session, notes: &Value) {
    for (name, value) in notes.members() {
        let line = format!("{name}={}\n", value.text());
        session.output.stdout.push_str(&line);
    }
}

/// A merge patch of the labels or annotations.
fn patch_of(member: &str, changes: &Changes) -> Value {
    let set = changes.set.iter();
    let set = set.map(|(name, value)| (EcoString::from(*name), Value::from(*value)));
    let removed = changes.removed.iter();
    let removed = removed.map(|name| ((*name).into(), Value::Null));
    let notes = Value::Map(set.chain(removed).collect());
    map! { "metadata" => map! { member => notes } }
}

/// What has another value now, in words.
fn overwritten(notes: &Value, changes: &Changes) -> Vec<String> {
    let other = |(name, value): &(&str, &str)| match notes.get(name) {
        Value::Null => None,
        have if have.text() == *value => None,
        have => Some(format!("'{name}' already has a value ({})", have.text())),
    };
    changes.set.iter().filter_map(other).collect()
}

/// Notes annotations on objects, and takes them away.
pub(super) fn annotate(session: &mut Session, args: &Args) -> Result<(), Fault> {
    const WHAT: &str = "annotation";
    let (words, changes) = read(args, WHAT)?;
    check(args, words, &changes, WHAT)?;
    let removed = changes.removed.iter().copied();
    let both: Vec<&str> = removed
        .filter(|name| changes.set.iter().any(|(have, _)| have == name))
        .collect();
    if !both.is_empty() {
        return Err(Fault::Usage(format!(
            "can not both modify and remove the following annotation(s) in the same command: {}",
            both.join(", ")
        )));
    }
    let keys = session.chosen(args, words, args.is_on("all"))?;
    session.each(&keys, &mut |session, key| {
        let live = session.get(key)?;
        let notes = live.value.at(&["metadata", "annotations"]);
        if args.is_on("list") {
            list(session, notes);
            return Ok(());
        }
        let checked = Changes {
            set: changes
                .set
                .iter()
                .copied()
                .filter(|it| it.0 != CHANGE_CAUSE)
                .collect(),
            removed: Vec::new(),
        };
        let others = overwritten(notes, &checked);
        if !others.is_empty() && !args.is_on("overwrite") {
            return Err(Fault::Usage(format!(
                "--overwrite is false but found the following declared annotation(s): {}",
                others.join("; ")
            )));
        }
        session.patch(key, PatchType::Merge, patch_of("annotations", &changes))?;
        session.done(key, "annotated");
        Ok(())
    })
}

/// Sets labels of objects, and takes them away.
pub(super) fn label(session: &mut Session, args: &Args) -> Result<(), Fault> {
    const WHAT: &str = "label";
    let (words, changes) = read(args, WHAT)?;
    for (name, value) in &changes.set {
        if value.contains('=') {
            return Err(Fault::Usage(format!("invalid label spec: {name}={value}")));
        }
        if let Some(why) = kubectl::label_value(value) {
            let spec = format!("{name}={value}");
            return Err(Fault::Usage(format!(
                "invalid label value: {spec:?}: {why}"
            )));
        }
    }
    if changes
        .removed
        .iter()
        .any(|name| changes.set.iter().any(|(have, _)| have == name))
    {
        return Err(Fault::Usage(
            "can not both modify and remove a label in the same command".to_owned(),
        ));
    }
    check(args, words, &changes, WHAT)?;
    let keys = session.chosen(args, words, args.is_on("all"))?;
    session.each(&keys, &mut |session, key| {
        let live = session.get(key)?;
        if args.is_on("list") {
            list(session, live.labels());
            return Ok(());
        }
        label_one(session, key, &live, &changes, args.is_on("overwrite"))
    })
}

fn label_one(
    session: &mut Session,
    key: &Key,
    live: &Object,
    changes: &Changes,
    overwrite: bool,
) -> Result<(), Fault> {
    let labels = live.labels();
    let there = |name: &&str| !labels.get(name).is_null();
    for name in changes.removed.iter().filter(|name| !there(name)) {
        let line = format!("label {name:?} not found.\n");
        session.output.stdout.push_str(&line);
    }
    let others = overwritten(labels, changes);
    if !others.is_empty() && !overwrite {
        let words = others
            .iter()
            .map(|it| format!("{it}, and --overwrite is false"));
        let words: Vec<String> = words.collect();
        return Err(Fault::Usage(match words.as_slice() {
            [one] => one.clone(),
            all => format!("[{}]", all.join(", ")),
        }));
    }
    let adds = changes
        .set
        .iter()
        .any(|(name, value)| match labels.get(name) {
            Value::Null => true,
            have => have.text() != *value,
        });
    let removes = changes.removed.iter().any(there);
    if adds || removes {
        session.patch(key, PatchType::Merge, patch_of("labels", changes))?;
    }
    session.done(
        key,
        match (adds, removes) {
            (true, true) => "modified",
            (true, false) => "labeled",
            (false, true) => "unlabeled",
            (false, false) => "not labeled",
        },
    );
    Ok(())
}
