//! What a pod's failure means for its Job: `podFailurePolicy`
//! (`pkg/controller/job/pod_failure_policy.go`), failures of an index, and how long to wait
//! (`backoff_utils.go`).

use crate::cluster::pod;
use ecow::{EcoString, eco_format};
use kube::{Millis, Object, Value, time};
use std::rc::Rc;

/// The first wait after a failure, doubling up to [`BACK_OFF_MAX`]
/// (`job_controller.go`, DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff).
const BACK_OFF: Millis = 10_000;
const BACK_OFF_MAX: Millis = 600_000;

const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// How often pods of this index failed before.
pub(super) const INDEX_FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
/// How often they failed so that it did not count.
pub(super) const INDEX_IGNORED: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

/// Whether a pod counts as failed. One that was deleted never says how it ended; it has failed,
/// unless the Job waits for such pods to end.
pub(super) fn is_failed(job: &Object, pod: &Object) -> bool {
    let waits = job.spec().get("podReplacementPolicy").text() == "Failed";
    match pod::phase(pod) {
        "Failed" => true,
        "Succeeded" => false,
        _ => pod.meta.deleted.is_some() && !waits,
    }
}

/// The completion index of a pod of an Indexed Job.
pub(super) fn index(pod: &Object) -> Option<i64> {
    pod.annotation(INDEX)?.parse().ok()
}

/// What a rule of the failure policy says about a failed pod.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// It counts: no rule matches, or one that says so.
    Count,
    /// It does not count.
    Ignore,
    /// Its index has failed.
    FailIndex,
    /// The Job has failed, with this message.
    FailJob(EcoString),
}

/// The action of the first rule that matches a failed pod.
pub(super) fn action(job: &Object, pod: &Object) -> Action {
    let rules = job.spec().at(&["podFailurePolicy", "rules"]).items();
    for (at, rule) in rules.iter().enumerate() {
        let name = rule.get("action").text();
        let codes = rule.get("onExitCodes");
        let what = match codes.is_null() {
            false => exit_code(pod, codes),
            true => condition(pod, rule.get("onPodConditions").items()),
        };
        let Some(what) = what else {
            continue;
        };
        return match name {
            "Ignore" => Action::Ignore,
            "FailIndex" => Action::FailIndex,
            "FailJob" => Action::FailJob(eco_format!("{what} matching FailJob rule at index {at}")),
            _ => Action::Count,
        };
    }
    Action::Count
}

fn exit_code(pod: &Object, wanted: &Value) -> Option<EcoString> {
    let name = wanted.get("containerName");
    let listed = wanted.get("operator").text() == "In";
    let status = pod.status();
    let all = [
        status.get("containerStatuses"),
        status.get("initContainerStatuses"),
    ];
    let mut all = all.into_iter().flat_map(Value::items);
    all.find_map(|container| {
        let code = container.at(&["state", "terminated", "exitCode"]);
        let matches = code.as_int().is_some_and(|code| code != 0)
            && (name.is_null() || container.get("name") == name)
            && wanted.get("values").items().contains(code) == listed;
        matches.then(|| {
            eco_format!(
                "Container {} for pod {}/{} failed with exit code {}",
                container.get("name").text(),
                pod.key.namespace,
                pod.key.name,
                code.as_int().unwrap_or(0)
            )
        })
    })
}

fn condition(pod: &Object, wanted: &[Value]) -> Option<EcoString> {
    let met = pod.status().get("conditions").items().iter().find(|have| {
        let same = |wanted: &Value, field: &str| wanted.get(field) == have.get(field);
        let mut wanted = wanted.iter();
        wanted.any(|wanted| same(wanted, "type") && same(wanted, "status"))
    })?;
    Some(eco_format!(
        "Pod {}/{} has condition {}",
        pod.key.namespace,
        pod.key.name,
        met.get("type").text()
    ))
}

/// How often an index failed, this failed pod included: those that count, and those that do not.
pub(super) fn index_failures(job: &Object, pod: &Object) -> (i64, i64) {
    let number = |name| {
        pod.annotation(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    };
    let (counted, ignored) = (number(INDEX_FAILURES), number(INDEX_IGNORED));
    match action(job, pod) {
        Action::Ignore => (counted, ignored + 1),
        _ => (counted + 1, ignored),
    }
}

/// Whether this failed pod was the last that its index had.
pub(super) fn fails_index(job: &Object, pod: &Object) -> bool {
    let limit = job
        .spec()
        .get("backoffLimitPerIndex")
        .as_int()
        .unwrap_or(i64::MAX);
    action(job, pod) == Action::FailIndex || index_failures(job, pod).0 > limit
}

/// When a pod ended (`getFinishedTime`): when the last of its containers did; if not all have, since
/// when it is not ready, when it was deleted, or when it was made.
fn ended(pod: &Object) -> Millis {
    let containers = pod.status().get("containerStatuses").items().iter();
    let finished = containers.map(|it| it.at(&["state", "terminated", "finishedAt"]).text());
    let finished: Option<Vec<Millis>> = finished.map(time::parse_rfc3339).collect();
    let ready = pod.condition("Ready");
    let unready = Some(ready.get("lastTransitionTime").text())
        .filter(|_| ready.get("status").text() == "False")
        .and_then(time::parse_rfc3339);
    let grace = pod.value.at(&["metadata", "deletionGracePeriodSeconds"]);
    let grace = u64::try_from(grace.as_int().unwrap_or(0)).unwrap_or(0) * 1000;
    let deleted = pod.meta.deleted.map(|at| at.saturating_sub(grace));
    let finished = finished.and_then(|all| all.into_iter().max());
    let known = finished.or(unready).or(deleted);
    known.unwrap_or(pod.meta.created)
}

/// How often pods failed since one succeeded, and when the last one did (`backoffRecord`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BackOff {
    failures: usize,
    last: Option<Millis>,
}

impl BackOff {
    /// With the pods that ended since.
    pub(super) fn with(self, job: &Object, pods: &[&Rc<Object>]) -> BackOff {
        let succeeded = pods.iter().filter(|it| pod::phase(it) == "Succeeded");
        let since = succeeded.map(|it| ended(it)).max();
        let failed = pods.iter().filter(|it| is_failed(job, it));
        let failed = failed.map(|it| ended(it)).filter(|at| Some(*at) > since);
        let before = if since.is_some() {
            BackOff::default()
        } else {
            self
        };
        BackOff {
            failures: before.failures + failed.clone().count(),
            last: failed.max().or(before.last),
        }
    }

    /// How long to wait before the next pod: doubling with every failure.
    pub(super) fn wait(&self, now: Millis) -> Millis {
        wait(self.failures, self.last, now)
    }
}

/// How long to wait before an index gets its next pod.
pub(super) fn index_back_off(job: &Object, last: &Object, now: Millis) -> Millis {
    let (counted, ignored) = index_failures(job, last);
    let failures = usize::try_from(counted + ignored).unwrap_or(0);
    wait(failures, Some(ended(last)), now)
}

fn wait(failures: usize, last: Option<Millis>, now: Millis) -> Millis {
    let Some(last) = last.filter(|_| failures > 0) else {
        return 0;
    };
    let wait = (BACK_OFF << (failures - 1).min(10)).min(BACK_OFF_MAX);
    (last + wait).saturating_sub(now)
}
