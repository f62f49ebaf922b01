//! `kubectl taint` (`k8s.io/kubectl/pkg/cmd/taint`).

use super::args::{ALL, Args, DRY_RUN, Flag, OUTPUT, SELECTOR, VALIDATE, switch};
use super::session::{Fault, Session, kind};
use super::set::split;
use ecow::EcoString;
use kube::api::PatchType;
use kube::{Key, Value, kubectl, map};

pub(super) const FLAGS: &[Flag] = &[
    ALL,
    DRY_RUN,
    OUTPUT,
    switch("overwrite", None),
    SELECTOR,
    VALIDATE,
];

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `KEY=VALUE:EFFECT`; of one to be taken away the effect may be empty, which means any.
#[derive(Clone, PartialEq)]
struct Taint<'w> {
    key: &'w str,
    value: &'w str,
    effect: &'w str,
}

impl Taint<'_> {
    fn is_at(&self, key: &str, effect: &str) -> bool {
        self.key == key && (self.effect.is_empty() || self.effect == effect)
    }

    /// As a complaint names it.
    fn shown(&self) -> String {
        match self.effect {
            "" => self.key.to_owned(),
            effect => format!("{}:{effect}", self.key),
        }
    }
}

/// Puts taints on nodes, and takes them away.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let is_taint = |word: &str| word.contains(['=', ':']) || word.ends_with('-');
    let (words, specs) = split(&args.words, is_taint).map_err(|late| {
        Fault::Usage(format!(
            "all resources must be specified before taint changes: {late}"
        ))
    })?;
    let refuse = |why: &str| Err(Fault::Usage(why.to_owned()));
    let [of, names @ ..] = words else {
        return refuse("one or more resources must be specified as <resource> <name>");
    };
    if specs.is_empty() {
        return refuse("at least one taint update is required");
    }
    let (added, removed) = read(specs).map_err(|why| {
        Fault::Usage(format!(
            "{why}\nSee 'kubectl taint -h' for help and examples"
        ))
    })?;
    if kind(of)?.kind != "Node" {
        return refuse(&format!(
            "invalid resource type {of}, only node types are supported"
        ));
    }
    let both = removed.iter().filter(|gone| {
        let mut added = added.iter();
        added.any(|it| gone.is_at(it.key, it.effect))
    });
    let both: Vec<String> = both.map(|it| format!("{}={}", it.key, it.effect)).collect();
    if !both.is_empty() {
        return refuse(&format!(
            "can not both modify and remove the following taint(s) in the same command: {}",
            both.join(", ")
        ));
    }
    let (all, is_selected) = (args.is_on("all"), args.last("selector").is_some());
    match (all, is_selected) {
        (true, true) => {
            return refuse("setting 'all' parameter with a non empty selector is prohibited");
        }
        (false, false) if names.is_empty() => {
            return refuse(
                "at least one resource name must be specified since 'all' parameter is not set",
            );
        }
        _ => {}
    }
    let words = if all || is_selected {
        &words[..1]
    } else {
        words
    };
    let keys = session.chosen(args, words, all)?;
    let overwrite = args.is_on("overwrite");
    session.each(&keys, &mut |session, key| {
        change(session, key, &added, &removed, overwrite)
    })
}

/// The taints to put on, and to take away.
fn read(specs: &[String]) -> Result<(Vec<Taint<'_>>, Vec<Taint<'_>>), String> {
    let (mut added, mut removed) = (Vec::<Taint>::new(), Vec::new());
    for spec in specs {
        if let Some(spec) = spec.strip_suffix('-') {
            removed.push(taint(spec)?);
            continue;
        }
        let taint = taint(spec)?;
        if taint.effect.is_empty() {
            return Err(format!("invalid taint spec: {spec}"));
        }
        let Taint { key, value, effect } = taint;
        if added.iter().any(|it| it.is_at(key, effect)) {
            return Err(format!(
                "duplicated taints with the same key and effect: {{{key} {value} {effect} <nil>}}"
            ));
        }
        added.push(taint);
    }
    Ok((added, removed))
}

fn taint(spec: &str) -> Result<Taint<'_>, String> {
    let wrong = || format!("invalid taint spec: {spec}");
    let (pair, effect) = spec.split_once(':').unwrap_or((spec, ""));
    if spec.contains(':') {
        if effect.contains(':') {
            return Err(wrong());
        }
        if !EFFECTS.contains(&effect) {
            return Err(format!(
                "invalid taint effect: {effect}, unsupported taint effect"
            ));
        }
    }
    // Without an effect there is no value: the whole is the key.
    let (key, value) = match pair.split_once('=').filter(|_| spec.contains(':')) {
        Some((_, value)) if value.contains('=') => return Err(wrong()),
        Some(both) => both,
        None => (pair, ""),
    };
    match kubectl::label_value(value).or_else(|| kubectl::label_name(key)) {
        Some(why) => Err(format!("{}, {why}", wrong())),
        None => Ok(Taint { key, value, effect }),
    }
}

fn change(
    session: &mut Session,
    key: &Key,
    added: &[Taint],
    removed: &[Taint],
    overwrite: bool,
) -> Result<(), Fault> {
    let node = session.get(key)?;
    let old = node.spec().get("taints").items();
    let place = |taint: &Value| (taint.get("key").to_text(), taint.get("effect").to_text());
    let clashes = |taint: &&Taint| {
        old.iter()
            .map(place)
            .any(|(key, effect)| taint.is_at(&key, &effect))
    };
    let there: Vec<&str> = added.iter().filter(clashes).map(|it| it.key).collect();
    if !overwrite && !there.is_empty() {
        return Err(Fault::Usage(format!(
            "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
            key.name,
            there.join(",")
        )));
    }
    let mut taints: Vec<Value> = added.iter().map(value_of).collect();
    let kept = old.iter().filter(|it| {
        let (key, effect) = place(it);
        !added.iter().any(|taint| taint.is_at(&key, &effect))
    });
    taints.extend(kept.cloned());
    let is_added = taints.len() != old.len();
    let mut is_removed = false;
    for taint in removed {
        let before = taints.len();
        taints.retain(|it| {
            let (key, effect) = place(it);
            !taint.is_at(&key, &effect)
        });
        is_removed = taints.len() != before;
        if !is_removed {
            return Err(Fault::Usage(format!("taint {:?} not found", taint.shown())));
        }
    }
    // A strategic patch would put the new ones among the old ones; the list is one value.
    let patch = map! { "spec" => map! { "taints" => taints } };
    session.patch(key, PatchType::Merge, patch)?;
    let what = match (is_added, is_removed) {
        (true, true) => "modified",
        _ if overwrite => "modified",
        (true, false) => "tainted",
        (false, _) => "untainted",
    };
    session.done(key, what);
    Ok(())
}

fn value_of(taint: &Taint) -> Value {
    let mut value = map! { "effect" => taint.effect, "key" => taint.key };
    if !taint.value.is_empty() {
        value.set("value", EcoString::from(taint.value));
    }
    value
}
