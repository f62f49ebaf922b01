//! `kubectl rollout` (`k8s.io/kubectl/pkg/cmd/rollout`; `pkg/polymorphichelpers` has what is done to
//! each kind).

use super::args::{Args, Flag, value};
use super::session::{Fault, Session, blamed, shown};
use ecow::EcoString;
use kube::api::PatchType;
use kube::{Key, Object, Value, map, time};
use std::rc::Rc;

const REVISION: &str = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
const HASH: &str = "pod-template-hash";

/// Annotations that belong to the live Deployment, or are its controller's, and so do not come back
/// with an old revision (`annotationsToSkip` in rollback.go).
const KEPT: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

pub(super) const UNDO_FLAGS: &[Flag] = &[value("to-revision", None)];
pub(super) const HISTORY_FLAGS: &[Flag] = &[value("revision", None)];

/// The Deployments that a command names.
fn deployments(session: &mut Session, args: &Args, cannot: &str) -> Result<Vec<Rc<Object>>, Fault> {
    let mut found = Vec::new();
    for key in session.targets(&args.words)? {
        let live = session.get(&key)?;
        if key.kind != "Deployment" {
            return Err(Fault::Usage(format!("{} {cannot}", blamed(&key))));
        }
        found.push(live);
    }
    Ok(found)
}

/// Whether the controller is told to leave the Deployment as it is.
fn is_paused(deployment: &Object) -> bool {
    deployment.spec().get("paused").as_bool() == Some(true)
}

/// Marks Deployments as paused.
pub(super) fn pause(session: &mut Session, args: &Args) -> Result<(), Fault> {
    for live in deployments(session, args, "pausing is not supported")? {
        if is_paused(&live) {
            let message = format!("{} is already paused", blamed(&live.key));
            return Err(Fault::Usage(message));
        }
        set_paused(session, &live.key, true.into())?;
        session.done(&live.key, "paused");
    }
    Ok(())
}

/// Takes the mark away.
pub(super) fn resume(session: &mut Session, args: &Args) -> Result<(), Fault> {
    for live in deployments(session, args, "resuming is not supported")? {
        if !is_paused(&live) {
            return Err(Fault::Usage(format!("{} is not paused", blamed(&live.key))));
        }
        set_paused(session, &live.key, Value::Null)?;
        session.done(&live.key, "resumed");
    }
    Ok(())
}

fn set_paused(session: &mut Session, key: &Key, paused: Value) -> Result<(), Fault> {
    let spec = [("paused", paused)].into_iter().collect();
    let patch = map! { "spec" => Value::Map(spec) };
    Ok(session.patch(key, PatchType::Strategic, patch)?)
}

/// Changes an annotation of the pods' template, so that all pods are replaced.
pub(super) fn restart(session: &mut Session, args: &Args) -> Result<(), Fault> {
    for live in deployments(session, args, "restarting is not supported")? {
        if is_paused(&live) {
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
    }
    Ok(())
}

/// The ReplicaSets of a Deployment by revision, oldest first; of two with the same, the later one.
fn revisions(session: &mut Session, deployment: &Object) -> Result<Vec<(i64, Rc<Object>)>, Fault> {
    let mut sets: Vec<(i64, Rc<Object>)> = Vec::new();
    for set in session.list("ReplicaSet")? {
        let owner = set.controller_ref().get("uid").text();
        if owner != deployment.meta.uid.as_str() {
            continue;
        }
        // One that was adopted has no number yet, which counts as 0.
        let revision = set
            .annotation(REVISION)
            .map_or(Some(0), |text| text.parse().ok());
        if let Some(revision) = revision {
            sets.push((revision, set));
        }
    }
    lean::sort_by(&mut sets, |a, b| a.0.cmp(&b.0));
    Ok(sets)
}

/// The template that a ReplicaSet makes its pods of, as the Deployment wrote it.
fn template_of(set: &Object) -> Value {
    let mut template = set.spec().get("template").clone();
    if let Value::Map(labels) = template.entry_at(&["metadata", "labels"]) {
        labels.remove(HASH);
    }
    template
}

/// Brings back the template of an earlier revision: of the one before, or of `--to-revision`.
pub(super) fn undo(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let to = args.number("to-revision")?.unwrap_or(0);
    for live in deployments(session, args, "no rollbacker has been implemented")? {
        let sets = revisions(session, &live)?;
        let set = target(&live.key.name, &sets, to)?;
        if is_paused(&live) {
            return Err(Fault::Usage(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' \
                 and try again"
                    .to_owned(),
            ));
        }
        let template = template_of(set);
        if template == *live.spec().get("template") {
            let what = format!("skipped rollback (current template already matches revision {to})");
            session.done(&live.key, &what);
            continue;
        }
        session.patch(&live.key, PatchType::Json, rollback(&live, set, template))?;
        session.done(&live.key, "rolled back");
    }
    Ok(())
}

/// The ReplicaSet to go back to (`deploymentRevision` in rollback.go).
fn target<'s>(
    name: &EcoString,
    sets: &'s [(i64, Rc<Object>)],
    to: i64,
) -> Result<&'s Rc<Object>, Fault> {
    let found = match to {
        0 => sets.len().checked_sub(2).map(|at| &sets[at]),
        _ => sets.iter().find(|(revision, _)| *revision == to),
    };
    let missing = || match to {
        0 => format!("no rollout history found for deployment {name:?}"),
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

/// Lists the revisions, and why each was made where somebody noted it.
pub(super) fn history(session: &mut Session, args: &Args) -> Result<(), Fault> {
    if args.last("revision").is_some() {
        return Err(Fault::Usage("--revision is not simulated".to_owned()));
    }
    for live in deployments(session, args, "no history viewer has been implemented")? {
        let sets = revisions(session, &live)?;
        let rows: Vec<(String, &str)> = sets
            .iter()
            .map(|(revision, set)| {
                let cause = set.annotation(CHANGE_CAUSE).filter(|text| !text.is_empty());
                (revision.to_string(), cause.unwrap_or("<none>"))
            })
            .collect();
        let out = &mut session.output.stdout;
        out.push_str(&format!("{} \n", shown(&live.key)));
        const HEAD: &str = "REVISION";
        let width = rows.iter().map(|(revision, _)| revision.len()).max();
        let width = width.unwrap_or(0).max(HEAD.len()) + 2;
        out.push_str(&format!("{HEAD:width$}CHANGE-CAUSE\n"));
        for (revision, cause) in rows {
            out.push_str(&format!("{revision:width$}{cause}\n"));
        }
        out.push('\n');
    }
    Ok(())
}
