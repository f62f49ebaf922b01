//! What a Deployment says of itself: counts, conditions, and whether it still gets on
//! (`sync.go` calculateStatus, `progress.go`).

use super::sets::{Set, has_deadline};
use super::{REVISION, Subject};
use crate::cluster::conditions::{self, Condition};
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Millis, Value, time};

/// Conditions while the Deployment is paused, and right after (`sync.go`, checkPausedConditions).
pub(super) fn check_paused(subject: &mut Subject<'_>) {
    if !has_deadline(subject) {
        return;
    }
    let reason = conditions::get(&subject.status, "Progressing")
        .get("reason")
        .to_text();
    if reason == "ProgressDeadlineExceeded" {
        return;
    }
    let (status, reason, message) = match (subject.is_paused(), reason == "DeploymentPaused") {
        (true, false) => ("Unknown", "DeploymentPaused", "Deployment is paused"),
        (false, true) => ("Unknown", "DeploymentResumed", "Deployment is resumed"),
        _ => return,
    };
    let condition = Condition {
        kind: "Progressing",
        status,
        reason,
        message: message.into(),
    };
    conditions::set(&mut subject.status, condition, subject.now);
}

/// The counts and the Available condition.
pub(super) fn sync(subject: &mut Subject<'_>, sets: &[Set], newest: Option<usize>) {
    let sum = |name: &str| sets.iter().map(|set| set.count(name)).sum::<i64>();
    let available = sum("availableReplicas");
    // What is missing is missing even where its pod could not be made.
    let wanted: i64 = sets.iter().map(Set::replicas).sum();
    let counts = [
        ("observedGeneration", subject.object.meta.generation, false),
        ("replicas", sum("replicas"), false),
        (
            "updatedReplicas",
            newest.map_or(0, |at| sets[at].count("replicas")),
            false,
        ),
        ("readyReplicas", sum("readyReplicas"), false),
        ("availableReplicas", available, false),
        ("unavailableReplicas", (wanted - available).max(0), false),
        ("terminatingReplicas", sum("terminatingReplicas"), true),
    ];
    for (name, number, even_zero) in counts {
        let shown = number != 0 || even_zero;
        subject.status.set(
            name,
            if shown {
                Value::Int(number)
            } else {
                Value::Null
            },
        );
    }
    let enough = available >= subject.replicas() - subject.fenceposts().unavailable;
    let condition = if enough {
        Condition {
            kind: "Available",
            status: "True",
            reason: "MinimumReplicasAvailable",
            message: "Deployment has minimum availability.".into(),
        }
    } else {
        Condition {
            kind: "Available",
            status: "False",
            reason: "MinimumReplicasUnavailable",
            message: "Deployment does not have minimum availability.".into(),
        }
    };
    conditions::set(&mut subject.status, condition, subject.now);
}

/// The counts, and how the rollout gets on (`progress.go`, syncRolloutStatus).
pub(super) fn sync_rollout(subject: &mut Subject<'_>, sets: &[Set], newest: Option<usize>) {
    let before = subject.object.status().clone();
    let progressing = conditions::get(&subject.status, "Progressing").clone();
    sync(subject, sets, newest);
    if !has_deadline(subject) {
        conditions::remove(&mut subject.status, "Progressing");
    }
    let status = &subject.status;
    let count = |status: &Value, name: &str| status.get(name).as_int().unwrap_or(0);
    let settled = count(status, "replicas") == count(status, "updatedReplicas")
        && progressing.get("reason").text() == "NewReplicaSetAvailable";
    if has_deadline(subject) && !settled {
        let whom = match newest {
            Some(at) => eco_format!("ReplicaSet {:?}", sets[at].key.name),
            None => eco_format!("Deployment {:?}", subject.name()),
        };
        if is_complete(subject, status) {
            say_complete(subject, &whom);
            let message = eco_format!("{whom} has successfully progressed.");
            set_progressing(subject, "True", "NewReplicaSetAvailable", message);
        } else if gets_on(&before, status) {
            refresh_progressing(subject, &progressing, eco_format!("{whom} is progressing."));
        } else if is_late(subject, &progressing) {
            let message = eco_format!("{whom} has timed out progressing.");
            say_late(subject, &message);
            set_progressing(subject, "False", "ProgressDeadlineExceeded", message);
        }
    }
    report_failure(subject, sets, newest);
    look_again_at_deadline(subject);
}

/// What keeps a ReplicaSet from making its pods is said of the Deployment too, the newest set's first
/// (`progress.go`, getReplicaFailures).
fn report_failure(subject: &mut Subject<'_>, sets: &[Set], newest: Option<usize>) {
    const FAILURE: &str = "ReplicaFailure";
    let failure = |set: &Set| conditions::get(set.value.get("status"), FAILURE).clone();
    let first = newest.map(|at| &sets[at]).into_iter();
    let mut all = first.chain(sets).map(failure);
    match all.find(|failure| !failure.is_null()) {
        Some(failure) => {
            let condition = Condition {
                kind: FAILURE,
                status: "True",
                reason: "FailedCreate",
                message: failure.get("message").to_text(),
            };
            conditions::set(&mut subject.status, condition, subject.now);
        }
        None => conditions::remove(&mut subject.status, FAILURE),
    }
}

fn set_progressing(
    subject: &mut Subject<'_>,
    status: &'static str,
    reason: &'static str,
    message: EcoString,
) {
    let condition = Condition {
        kind: "Progressing",
        status,
        reason,
        message,
    };
    conditions::set(&mut subject.status, condition, subject.now);
}

/// Progress moves the update time each time, and so the deadline; the transition time stays.
fn refresh_progressing(subject: &mut Subject<'_>, before: &Value, message: EcoString) {
    conditions::remove(&mut subject.status, "Progressing");
    set_progressing(subject, "True", "ReplicaSetUpdated", message);
    if before.get("status").text() == "True" {
        let since = before.get("lastTransitionTime").clone();
        let list = subject.status.entry("conditions").items_mut();
        if let Some(last) = list.make_mut().last_mut() {
            last.set("lastTransitionTime", since);
        }
    }
}

/// Whether all pods are of the newest template, available, and no others are left
/// (`DeploymentComplete`).
pub(super) fn is_complete(subject: &Subject<'_>, status: &Value) -> bool {
    let is = |name: &str| status.get(name).as_int().unwrap_or(0) == subject.replicas();
    is("updatedReplicas")
        && is("replicas")
        && is("availableReplicas")
        && status.get("observedGeneration").as_int().unwrap_or(0) >= subject.object.meta.generation
}

/// Whether a status shows progress over the one before (`DeploymentProgressing`).
fn gets_on(before: &Value, now: &Value) -> bool {
    let count = |status: &Value, name: &str| status.get(name).as_int().unwrap_or(0);
    let old = |status: &Value| count(status, "replicas") - count(status, "updatedReplicas");
    let more = |name: &str| count(now, name) > count(before, name);
    more("updatedReplicas")
        || old(now) < old(before)
        || more("readyReplicas")
        || more("availableReplicas")
}

/// When the progress deadline ends.
fn deadline(subject: &Subject<'_>, progressing: &Value) -> Option<Millis> {
    let seconds = subject.spec().get("progressDeadlineSeconds").as_int()?;
    let since = time::parse_rfc3339(progressing.get("lastUpdateTime").text())?;
    Some(since + u64::try_from(seconds).ok()? * 1000)
}

/// Whether the rollout did not get on for too long (`DeploymentTimedOut`).
fn is_late(subject: &Subject<'_>, progressing: &Value) -> bool {
    match progressing.get("reason").text() {
        "NewReplicaSetAvailable" => false,
        "ProgressDeadlineExceeded" => true,
        _ => deadline(subject, progressing).is_some_and(|end| end < subject.now),
    }
}

/// Nothing may change before the deadline, so somebody must look then (`requeueStuckDeployment`). What is
/// known to be late, or was complete, is not measured again: such a look would see nothing.
fn look_again_at_deadline(subject: &mut Subject<'_>) {
    let progressing = conditions::get(&subject.status, "Progressing");
    let reason = progressing.get("reason").text();
    let ended = matches!(
        reason,
        "ProgressDeadlineExceeded" | "NewReplicaSetAvailable"
    );
    if !has_deadline(subject) || ended || is_complete(subject, &subject.status) {
        return;
    }
    if let Some(end) = deadline(subject, progressing) {
        let delay = end.saturating_sub(subject.now) + 1000;
        subject.plan.look_again(delay);
    }
}

fn say_complete(subject: &mut Subject<'_>, whom: &str) {
    let key = subject.object.key.clone();
    let before = conditions::get(subject.object.status(), "Progressing")
        .get("reason")
        .text();
    if before == "NewReplicaSetAvailable" || subject.replicas() == 0 {
        return;
    }
    let message = texts::cluster::complete(whom, subject.replicas());
    subject.plan.say(
        &key,
        Note::story("complete", "NewReplicaSetAvailable", message),
    );
}

fn say_late(subject: &mut Subject<'_>, message: &str) {
    let before = conditions::get(subject.object.status(), "Progressing")
        .get("reason")
        .text();
    if before == "ProgressDeadlineExceeded" {
        return;
    }
    let key = subject.object.key.clone();
    let why = texts::cluster::deadline_exceeded(message);
    subject
        .plan
        .say(&key, Note::warning("fail", "ProgressDeadlineExceeded", why));
}

/// Writes the status and the revision, if this look changed them.
pub(super) fn write(subject: &mut Subject<'_>) {
    let revision = subject.revision.as_deref();
    let same_revision = subject.object.annotation(REVISION) == revision;
    if same_revision && &subject.status == subject.object.status() {
        return;
    }
    let mut value = subject.object.value.clone();
    if let Some(revision) = revision.filter(|_| !same_revision) {
        value
            .entry_at(&["metadata", "annotations"])
            .set(REVISION, revision);
    }
    value.set("status", subject.status.clone());
    let count = |name: &str| subject.status.get(name).as_int().unwrap_or(0);
    let (updated, available) = (count("updatedReplicas"), count("availableReplicas"));
    let why = texts::cluster::pods_updated(subject.name(), updated, subject.replicas(), available);
    let key = subject.object.key.clone();
    subject
        .plan
        .update_status(&key, value, Note::detail("patch", "Status", why));
}
