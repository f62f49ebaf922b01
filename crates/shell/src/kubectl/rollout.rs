//! `kubectl rollout` (`k8s.io/kubectl/pkg/cmd/rollout`; `pkg/polymorphichelpers` has what is done to
//! each kind).

use super::args::{Args, DRY_RUN, Flag, OUTPUT, SELECTOR, value};
use super::pod_template;
use super::session::{DryRun, Fault, Session, blamed, group};
use kube::api::PatchType;
use kube::{Key, Object, Value, kind_info, map, time};
use std::rc::Rc;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
const HASH: &str = "pod-template-hash";

/// Annotations that belong to the live Deployment, or are its controller's, and so do not come back
/// with an old revision (`annotationsToSkip` in rollback.go).
const KEPT: [&str; 6] = [
    LAST_APPLIED,
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

pub(super) const FLAGS: &[Flag] = &[OUTPUT, SELECTOR];
pub(super) const UNDO_FLAGS: &[Flag] = &[value("to-revision", None), DRY_RUN, OUTPUT, SELECTOR];
pub(super) const HISTORY_FLAGS: &[Flag] = &[value("revision", None), OUTPUT, SELECTOR];

/// The kinds whose pods are replaced when their template changes.
const ROLLED_OUT: [&str; 3] = ["DaemonSet", "Deployment", "StatefulSet"];

/// What is said of a kind that a command of `rollout` cannot do something with.
type Cannot = fn(&Key) -> String;

/// `replicasets.apps "web" pausing is not supported`
fn unsupported(key: &Key, what: &str) -> String {
    format!("{} {what} is not supported", blamed(key))
}

/// `no rollbacker has been implemented for "ReplicaSet.apps"`
fn unimplemented(key: &Key, what: &str) -> String {
    let kind = group_kind(key);
    format!("no {what} has been implemented for {kind:?}")
}

/// `ReplicaSet.apps`
pub(super) fn group_kind(key: &Key) -> String {
    let dot = group(&key.kind).map_or(String::new(), |group| format!(".{group}"));
    format!("{}{dot}", key.kind)
}

/// The objects that a command of `rollout` is about.
pub(super) fn chosen(session: &mut Session, args: &Args) -> Result<Vec<Key>, Fault> {
    match args.words.is_empty() {
        true => Err(Fault::Usage("required resource not specified".to_owned())),
        false => session.chosen(args, &args.words, true),
    }
}

/// Does something to each object that a command names, if it is of one of the kinds.
fn each(
    session: &mut Session,
    args: &Args,
    kinds: &[&str],
    cannot: Cannot,
    act: &mut dyn FnMut(&mut Session, &Object) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let keys = chosen(session, args)?;
    session.each(&keys, &mut |session, key| {
        let live = session.get(key)?;
        match kinds.contains(&key.kind.as_str()) {
            true => act(session, &live),
            false => Err(Fault::Usage(cannot(key))),
        }
    })
}

/// The same for what changes them, which says so where there are none.
fn change_each(
    session: &mut Session,
    args: &Args,
    kinds: &[&str],
    cannot: Cannot,
    act: &mut dyn FnMut(&mut Session, &Object) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if chosen(session, args)?.is_empty() {
        session.nothing_found(true);
    }
    each(session, args, kinds, cannot, act)
}

/// Whether the controller is told to leave the Deployment as it is.
fn is_paused(deployment: &Object) -> bool {
    deployment.spec().get("paused").as_bool() == Some(true)
}

/// Marks Deployments as paused.
pub(super) fn pause(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let cannot = |key: &Key| unsupported(key, "pausing");
    change_each(
        session,
        args,
        &["Deployment"],
        cannot,
        &mut |session, live| {
            if is_paused(live) {
                let message = format!("{} is already paused", blamed(&live.key));
                return Err(Fault::Usage(message));
            }
            set_paused(session, &live.key, true.into())?;
            session.done(&live.key, "paused");
            Ok(())
        },
    )
}

/// Takes the mark away.
pub(super) fn resume(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let cannot = |key: &Key| unsupported(key, "resuming");
    change_each(
        session,
        args,
        &["Deployment"],
        cannot,
        &mut |session, live| {
            if !is_paused(live) {
                return Err(Fault::Usage(format!("{} is not paused", blamed(&live.key))));
            }
            set_paused(session, &live.key, Value::Null)?;
            session.done(&live.key, "resumed");
            Ok(())
        },
    )
}

fn set_paused(session: &mut Session, key: &Key, paused: Value) -> Result<(), Fault> {
    let spec = [("paused", paused)].into_iter().collect();
    let patch = map! { "spec" => Value::Map(spec) };
    Ok(session.patch(key, PatchType::Strategic, patch)?)
}

/// Changes an annotation of the pods' template, so that all pods are replaced.
pub(super) fn restart(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let cannot = |key: &Key| unsupported(key, "restarting");
    change_each(session, args, &ROLLED_OUT, cannot, &mut |session, live| {
        if is_paused(live) {
            return Err(Fault::Usage(format!(
                "{} can't restart paused deployment (run rollout resume first)",
                blamed(&live.key)
            )));
        }
        let mut patch = Value::Null;
        let path = ["spec", "template", "metadata", "annotations"];
        let now = time::rfc3339(session.now());
        patch.entry_at(&path).set(RESTARTED_AT, now);
        session.patch(&live.key, PatchType::Strategic, patch)?;
        session.done(&live.key, "restarted");
        Ok(())
    })
}

/// What keeps the revisions of an object, oldest first: ReplicaSets of a Deployment, ControllerRevisions of
/// others. Of two with the same number, the later one comes last.
fn revisions(session: &mut Session, owner: &Object) -> Result<Vec<(i64, Rc<Object>)>, Fault> {
    let mut sets: Vec<(i64, Rc<Object>)> = Vec::new();
    let is_deployment = owner.key.kind == "Deployment";
    let keeper = match is_deployment {
        true => "ReplicaSet",
        false => "ControllerRevision",
    };
    for set in session.list(keeper)? {
        if set.meta.controller != owner.meta.uid {
            continue;
        }
        let revision = match (is_deployment, set.annotation(REVISION)) {
            (false, _) => set.value.get("revision").as_int(),
            // One that was adopted has no number yet, which counts as 0.
            (true, None) => Some(0),
            (true, Some(text)) => text.parse().ok(),
        };
        if let Some(revision) = revision {
            sets.push((revision, set));
        }
    }
    lean::sort_by(&mut sets, |a, b| a.0.cmp(&b.0));
    Ok(sets)
}

/// The template that a ReplicaSet makes its pods of, as the Deployment wrote it.
pub(super) fn template_of(set: &Object) -> Value {
    let mut template = set.spec().get("template").clone();
    if let Value::Map(labels) = template.entry_at(&["metadata", "labels"]) {
        labels.remove(HASH);
    }
    template
}

/// The template of a revision; of a ReplicaSet with what its Deployment's controller added.
fn kept_template(keeper: &Object) -> Value {
    if keeper.key.kind == "ReplicaSet" {
        return keeper.spec().get("template").clone();
    }
    let mut template = keeper.value.at(&["data", "spec", "template"]).clone();
    if let Value::Map(fields) = &mut template {
        fields.remove("$patch");
    }
    template
}

/// Brings back the template of an earlier revision: of the one before, or of `--to-revision`.
pub(super) fn undo(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let to = args.number("to-revision")?.unwrap_or(0);
    let cannot = |key: &Key| unimplemented(key, "rollbacker");
    each(session, args, &ROLLED_OUT, cannot, &mut |session, live| {
        if live.annotation(LAST_APPLIED).is_some() {
            session.warn(&managed(&live.key));
        }
        let sets = revisions(session, live)?;
        let set = target(&live.key, &sets, to)?;
        if session.dry_run == DryRun::Client {
            let text = pod_template::describe(&kept_template(set), None);
            session.done(&live.key, &text);
            return Ok(());
        }
        if is_paused(live) {
            return Err(Fault::Usage(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' \
                 and try again"
                    .to_owned(),
            ));
        }
        let is_deployment = live.key.kind == "Deployment";
        let template = match is_deployment {
            true => template_of(set),
            false => kept_template(set),
        };
        if template == *live.spec().get("template") {
            let what = format!("skipped rollback (current template already matches revision {to})");
            session.done(&live.key, &what);
            return Ok(());
        }
        let (how, patch) = match is_deployment {
            true => (PatchType::Json, rollback(live, set, template)),
            // It is kept as a patch.
            false => (PatchType::Strategic, set.value.get("data").clone()),
        };
        session.patch(&live.key, how, patch).map_err(|status| {
            Fault::Usage(format!(
                "failed restoring revision {to}: {}",
                status.message
            ))
        })?;
        session.done(&live.key, "rolled back");
        Ok(())
    })
}

/// What is said when an object that comes of a file is changed past it.
fn managed(key: &Key) -> String {
    let plural = kind_info(&key.kind).map_or("", |info| info.plural);
    format!(
        "Warning: resource {plural}/{} was previously managed with 'kubectl apply'. Rolling back \
         will not update the {LAST_APPLIED} annotation, which may cause unexpected behavior on future \
         'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file \
         instead.\n",
        key.name
    )
}

/// The revision to go back to (`deploymentRevision` and `findHistory` in rollback.go).
fn target<'s>(key: &Key, sets: &'s [(i64, Rc<Object>)], to: i64) -> Result<&'s Rc<Object>, Fault> {
    let found = match to {
        0 => sets.len().checked_sub(2).map(|at| &sets[at]),
        _ => sets.iter().find(|(revision, _)| *revision == to),
    };
    let missing = || match to {
        0 if key.kind != "Deployment" => "no last revision to roll back to".to_owned(),
        0 => format!("no rollout history found for deployment {:?}", key.name),
        _ => format!("unable to find specified revision {to} in history"),
    };
    found
        .map(|(_, set)| set)
        .ok_or_else(|| Fault::Usage(missing()))
}

/// The patch of a rollback (`getDeploymentPatch`): the whole template, and the annotations that the
/// revision had, but for those that belong to the live Deployment.
fn rollback(live: &Object, set: &Object, template: Value) -> Value {
    let mut annotations = Value::Map(kube::Map::new());
    for name in KEPT {
        if let Some(text) = live.annotation(name) {
            annotations.set(name, text);
        }
    }
    let of_set = set.value.at(&["metadata", "annotations"]);
    for (name, text) in of_set.members() {
        if !KEPT.contains(&name.as_str()) {
            annotations.set(name, text.clone());
        }
    }
    let replace = |path: &str, value: Value| {
        map! { "op" => "replace", "path" => path, "value" => value }
    };
    Value::from(vec![
        replace("/spec/template", template),
        replace("/metadata/annotations", annotations),
    ])
}

/// Lists the revisions, and why each was made where somebody noted it; or shows the template of one.
pub(super) fn history(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let asked = args.number("revision")?.unwrap_or(0);
    if asked < 0 {
        return Err(Fault::Usage(format!(
            "revision must be a positive integer: {asked}"
        )));
    }
    let cannot = |key: &Key| unimplemented(key, "history viewer");
    each(session, args, &ROLLED_OUT, cannot, &mut |session, live| {
        // Of two with the same number the later one is seen.
        let mut sets = revisions(session, live)?;
        sets.reverse();
        sets.dedup_by_key(|(revision, _)| *revision);
        sets.reverse();
        if args.last("output").is_some() {
            for (_, set) in sets.iter().filter(|(it, _)| asked == 0 || *it == asked) {
                // Of a revision that is kept as a patch it makes the object as it was.
                let is_patch = set.key.kind == "ControllerRevision";
                session.done(if is_patch { &live.key } else { &set.key }, "");
            }
            return Ok(());
        }
        let text = match (asked, sets.is_empty()) {
            (_, true) => "\nNo rollout history found.".to_owned(),
            (0, _) => format!("\n{}", listed(&sets)),
            _ => {
                let found = sets.iter().find(|(revision, _)| *revision == asked);
                let Some((_, set)) = found else {
                    return Err(Fault::Usage(
                        "unable to find the specified revision".to_owned(),
                    ));
                };
                // The cause is put into the template that a ReplicaSet has.
                let cause = set.annotation(CHANGE_CAUSE);
                let cause = cause.filter(|_| set.key.kind == "ReplicaSet");
                let template = pod_template::describe(&kept_template(set), cause);
                format!("with revision #{asked}\n{template}")
            }
        };
        session.done(&live.key, &text);
        Ok(())
    })
}

/// The revisions as a table.
fn listed(sets: &[(i64, Rc<Object>)]) -> String {
    const HEAD: &str = "REVISION";
    let widest = sets.iter().map(|(revision, _)| revision.to_string().len());
    let width = widest.max().unwrap_or(0).max(HEAD.len()) + 2;
    let mut text = format!("{HEAD:width$}CHANGE-CAUSE\n");
    for (revision, set) in sets {
        let cause = set.annotation(CHANGE_CAUSE).filter(|text| !text.is_empty());
        let cause = cause.unwrap_or("<none>");
        text.push_str(&format!("{revision:<width$}{cause}\n"));
    }
    text
}
