//! Runs pods until enough of them succeed (`pkg/controller/job/job_controller.go`).
//!
//! Each pod carries a finalizer until it is counted. The real controller first notes in the status
//! which pods it is about to count, for it may die in between; here status and finalizers change in
//! one plan.

mod failures;
mod indexes;
mod pods;

use super::{Context, Controller, Memory, owners, pod};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::EcoString;
pub use failures::BackOff;
use failures::{Action, action, fails_index, index, is_failed};
use indexes::Indexes;
use kube::{Change, Key, Millis, Object, Store, Value, map, time};
use std::rc::Rc;

pub(super) const CONTROLLER: Controller = Controller {
    name: "job-controller",
    watches,
    reconcile,
    batch: 1000, // syncJobBatchPeriod
};

/// What `managedBy` says of a Job that is this controller's.
const MYSELF: &str = "kubernetes.io/job-controller";
/// What a pod carries until it is counted.
const FINALIZER: &str = "batch.kubernetes.io/job-tracking";

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    match change.new.key.kind.as_str() {
        "Job" => keys.push(change.new.key.clone()),
        "Pod" if store.has("Job") => owners(change, "Job", keys),
        _ => {}
    }
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(job) = store.get(key) else {
        // Nobody else lets go the pods of a Job that is gone.
        for pod in store.list_in("Pod", &key.namespace) {
            let owner = pod.controller_ref();
            if owner.get("kind").text() == "Job" && owner.get("name").text() == key.name {
                pods::let_go(pod, &mut plan);
            }
        }
        forget(key, context, &mut plan);
        return plan;
    };
    if finished(job).is_some() {
        forget(key, context, &mut plan);
        return plan;
    }
    let managed_by = job.spec().get("managedBy").as_str();
    if managed_by.is_some_and(|name| name != MYSELF) {
        return plan;
    }
    let owned = store.owned_by(&job.meta.uid);
    let pods: Vec<&Rc<Object>> = owned.filter(|it| it.key.kind == "Pod").collect();
    let known = match context.memories.get(key) {
        Some(Memory::Job(known)) => *known,
        _ => BackOff::default(),
    };
    Sync::new(job, pods, known, context.now).run(known, &mut plan);
    plan
}

fn forget(key: &Key, context: &Context<'_>, plan: &mut Plan) {
    if context.memories.contains_key(key) {
        plan.remember(key, None);
    }
}

/// When a Job finished, if it did.
pub(super) fn finished(job: &Object) -> Option<Millis> {
    ["Complete", "Failed"].into_iter().find_map(|kind| {
        let condition = job.condition(kind);
        let since = condition.get("lastTransitionTime").text();
        (condition.get("status").text() == "True").then(|| time::parse_rfc3339(since).unwrap_or(0))
    })
}

/// How a Job ends.
struct Outcome {
    succeeds: bool,
    reason: EcoString,
    message: EcoString,
}

impl Outcome {
    fn failure(reason: &str, message: impl Into<EcoString>) -> Option<Outcome> {
        Some(Outcome {
            succeeds: false,
            reason: reason.into(),
            message: message.into(),
        })
    }

    fn success(reason: &str, message: impl Into<EcoString>) -> Option<Outcome> {
        let failure = Outcome::failure(reason, message)?;
        Some(Outcome {
            succeeds: true,
            ..failure
        })
    }
}

/// One look at a Job: what is counted so far.
struct Sync<'a> {
    job: &'a Rc<Object>,
    pods: Vec<&'a Rc<Object>>,
    now: Millis,
    active: Vec<&'a Rc<Object>>,
    /// How many more are active once the plan is carried out.
    made: i64,
    /// Whether it is too early for the next pods. The status then says that none is active: the real
    /// controller ends its work on pods there, before it has counted them (`manageJob`).
    waits: bool,
    /// The failures that the next pods have to wait for.
    back_off: BackOff,
    /// How many pods are being deleted.
    terminating: i64,
    /// With those that are to be counted.
    succeeded: i64,
    failed: i64,
    /// Of an Indexed Job.
    done: Indexes,
    lost: Indexes,
}

impl<'a> Sync<'a> {
    fn new(
        job: &'a Rc<Object>,
        pods: Vec<&'a Rc<Object>>,
        known: BackOff,
        now: Millis,
    ) -> Sync<'a> {
        let active = pods
            .iter()
            .copied()
            .filter(|it| pod::is_active(it))
            .collect();
        let terminating = pods
            .iter()
            .filter(|it| it.meta.deleted.is_some() && !pod::has_ended(it));
        let mut sync = Sync {
            job,
            active,
            made: 0,
            waits: false,
            back_off: known,
            terminating: count(terminating.count()),
            pods,
            now,
            succeeded: 0,
            failed: 0,
            done: Indexes::default(),
            lost: Indexes::default(),
        };
        sync.count();
        sync
    }

    fn spec(&self, field: &str) -> Option<i64> {
        self.job.spec().get(field).as_int()
    }

    fn is_indexed(&self) -> bool {
        self.job.spec().get("completionMode").text() == "Indexed"
    }

    fn active_count(&self) -> i64 {
        match self.waits {
            true => 0,
            false => count(self.active.len()) + self.made,
        }
    }

    fn is_suspended(&self) -> bool {
        self.job.spec().get("suspend").as_bool() == Some(true)
    }

    fn completions(&self) -> i64 {
        self.spec("completions").unwrap_or(i64::MAX)
    }

    /// Counts the pods that have ended and still carry the finalizer.
    fn count(&mut self) {
        let status = self.job.status();
        let number = |field: &str| status.get(field).as_int().unwrap_or(0);
        (self.succeeded, self.failed) = (number("succeeded"), number("failed"));
        let below = self.completions();
        let per_index = self.spec("backoffLimitPerIndex").is_some();
        self.done = Indexes::parse(status.get("completedIndexes").text(), below);
        self.lost = Indexes::parse(status.get("failedIndexes").text(), below);
        let uncounted = self.pods.iter().copied();
        let mut uncounted: Vec<_> = uncounted.filter(|it| pods::is_uncounted(it)).collect();
        if self.is_indexed() {
            uncounted.retain(|it| index(it).is_some_and(|index| index < below));
        }
        self.back_off = self.back_off.with(self.job, &uncounted);
        for pod in uncounted {
            let index = index(pod).filter(|_| self.is_indexed());
            if pod::phase(pod) == "Succeeded" {
                self.succeeded += 1;
                if let Some(index) = index {
                    self.done.insert(index);
                }
            } else if is_failed(self.job, pod) && action(self.job, pod) != Action::Ignore {
                self.failed += 1;
                if let Some(index) = index.filter(|_| per_index && fails_index(self.job, pod)) {
                    self.lost.insert(index);
                }
            }
        }
        if self.is_indexed() {
            self.succeeded = self.done.count();
        }
    }

    fn run(mut self, known: BackOff, plan: &mut Plan) {
        let job = self.job;
        let mut status = job.status().clone();
        if status.get("startTime").is_null() && !self.is_suspended() {
            status.set("startTime", time::rfc3339(self.now));
        }
        let mut outcome = self.outcome(&status, plan);
        let mut lost = Vec::new();
        if let Some(outcome) = &outcome {
            // All that still run have to go; they have failed, unless the Job succeeded without.
            let active = std::mem::take(&mut self.active);
            for pod in &active {
                pods::delete(job, pod, plan);
            }
            self.terminating += count(active.len());
            if !outcome.succeeds {
                lost = active;
            }
        } else if job.meta.deleted.is_none() {
            self.manage(plan);
            outcome = self.completion();
            if outcome.is_none() {
                self.suspension(&mut status, plan);
            }
        }
        if self.back_off != known {
            plan.remember(&job.key, Some(Memory::Job(self.back_off)));
        }
        let kept = self.let_go(outcome.is_some(), plan);
        let kept = kept.iter().filter(|it| action(job, it) != Action::Ignore);
        self.failed += count(lost.len()) - count(kept.count());
        self.report(&mut status);
        let finished = outcome.and_then(|outcome| self.finish(&mut status, outcome));
        if &status != job.status() {
            let mut value = job.value.clone();
            value.set("status", status);
            let why = {
                let name = &job.key.name;
                texts::cluster::job_counts(name, self.active_count(), self.succeeded, self.failed)
            };
            plan.update_status(&job.key, value, Note::detail("patch", "Status", why));
        }
        let Some(note) = finished else {
            return;
        };
        if !note.is_warning && self.succeeded > self.completions() {
            let message = "Too many succeeded pods running after completion count reached";
            plan.event(job, Note::warning("event", "TooManySucceededPods", message));
        }
        plan.event(job, note);
    }

    /// Why the Job ends, before it is seen whether enough pods succeeded.
    fn outcome(&self, status: &Value, plan: &mut Plan) -> Option<Outcome> {
        for kind in ["FailureTarget", "SuccessCriteriaMet"] {
            let condition = self.job.condition(kind);
            if condition.get("status").text() == "True" {
                let text = |field: &str| condition.get(field).to_text();
                return Some(Outcome {
                    succeeds: kind == "SuccessCriteriaMet",
                    reason: text("reason"),
                    message: text("message"),
                });
            }
        }
        let failed = self.pods.iter().filter(|it| is_failed(self.job, it));
        for pod in failed {
            if let Action::FailJob(message) = action(self.job, pod) {
                return Outcome::failure("PodFailurePolicy", message);
            }
        }
        if self.failed > self.spec("backoffLimit").unwrap_or(i64::MAX) || self.restarted_too_often()
        {
            let message = "Job has reached the specified backoff limit";
            return Outcome::failure("BackoffLimitExceeded", message);
        }
        if let Some(seconds) = self
            .spec("activeDeadlineSeconds")
            .filter(|_| !self.is_suspended())
        {
            let since = time::parse_rfc3339(status.get("startTime").text()).unwrap_or(self.now);
            let end =
                since.saturating_add(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000));
            if self.now >= end {
                let message = "Job was active longer than specified deadline";
                return Outcome::failure("DeadlineExceeded", message);
            }
            plan.look_again(end - self.now);
        }
        if !self.is_indexed() {
            return None;
        }
        let lost = self.lost.count();
        if lost > self.spec("maxFailedIndexes").unwrap_or(i64::MAX) {
            let message = "Job has exceeded the specified maximal number of failed indexes";
            return Outcome::failure("MaxFailedIndexesExceeded", message);
        }
        if lost > 0 && lost + self.done.count() >= self.completions() {
            return Outcome::failure("FailedIndexes", "Job has failed indexes");
        }
        self.success_policy()
    }

    /// A container that restarts in its pod has failed, too.
    fn restarted_too_often(&self) -> bool {
        let spec = self.job.spec();
        if spec.at(&["template", "spec", "restartPolicy"]).text() != "OnFailure" {
            return false;
        }
        let pods = self.pods.iter();
        let alive = pods.filter(|it| matches!(pod::phase(it), "Running" | "Pending"));
        let kinds = ["initContainerStatuses", "containerStatuses"];
        let containers = alive.flat_map(|pod| {
            kinds
                .into_iter()
                .flat_map(|kind| pod.status().get(kind).items())
        });
        let restarts: i64 = containers
            .filter_map(|it| it.get("restartCount").as_int())
            .sum();
        match self.spec("backoffLimit") {
            Some(0) => restarts > 0,
            limit => restarts >= limit.unwrap_or(i64::MAX),
        }
    }

    /// A rule of the `successPolicy` that is met (`success_policy.go`).
    fn success_policy(&self) -> Option<Outcome> {
        let rules = self.job.spec().at(&["successPolicy", "rules"]).items();
        let met = rules.iter().position(|rule| {
            let (named, wanted) = (
                rule.get("succeededIndexes").as_str(),
                rule.get("succeededCount").as_int(),
            );
            let named = named.map(|text| Indexes::parse(text, self.completions()));
            let met = named.as_ref().map(|named| named.common(&self.done));
            match (met, wanted) {
                (Some(met), wanted) => {
                    let all = named.map_or(0, |named| named.count());
                    met > 0 && (met == all || wanted.is_some_and(|wanted| met >= wanted))
                }
                (None, Some(wanted)) => self.done.count() >= wanted,
                (None, None) => false,
            }
        })?;
        Outcome::success(
            "SuccessPolicy",
            ecow::eco_format!("Matched rules at index {met}"),
        )
    }

    /// Whether enough pods succeeded.
    fn completion(&self) -> Option<Outcome> {
        let complete = match self.spec("completions") {
            Some(wanted) => self.succeeded >= wanted,
            None => self.succeeded > 0 && self.active_count() == 0,
        };
        let message = "Reached expected number of succeeded pods";
        complete
            .then(|| Outcome::success("CompletionsReached", message))
            .flatten()
    }

    fn suspension(&self, status: &mut Value, plan: &mut Plan) {
        let suspended = self.is_suspended();
        let (value, reason, message) = match suspended {
            true => ("True", "JobSuspended", "Job suspended"),
            false => ("False", "JobResumed", "Job resumed"),
        };
        if !self.set_condition(status, "Suspended", value, reason, message) {
            return;
        }
        // Its deadline counts from when it goes on.
        let started = (!suspended).then(|| time::rfc3339(self.now));
        status.set("startTime", started);
        let event = if suspended { "Suspended" } else { "Resumed" };
        plan.event(self.job, Note::detail("event", event, message));
    }

    fn report(&self, status: &mut Value) {
        let shown = |number: i64| Some(number).filter(|number| *number != 0);
        let ready = self.active.iter().filter(|it| pod::is_ready(it)).count();
        status.set("active", shown(self.active_count()));
        status.set("ready", count(ready));
        status.set("terminating", self.terminating);
        status.set("succeeded", shown(self.succeeded));
        status.set("failed", shown(self.failed));
        status.set("uncountedTerminatedPods", map! {});
        if self.is_indexed() {
            let done = Some(self.done.text()).filter(|text| !text.is_empty());
            status.set("completedIndexes", done);
        }
        if self.spec("backoffLimitPerIndex").is_some() {
            status.set("failedIndexes", self.lost.text());
        }
    }

    /// Notes how the Job ends, and that it has ended once no pod is left on its way out. Returns the
    /// event of that.
    fn finish(&self, status: &mut Value, outcome: Outcome) -> Option<Note> {
        let Outcome {
            succeeds,
            reason,
            message,
        } = outcome;
        let (target, end) = match succeeds {
            true => ("SuccessCriteriaMet", "Complete"),
            false => ("FailureTarget", "Failed"),
        };
        self.set_condition(status, target, "True", &reason, &message);
        if self.terminating > 0 {
            return None;
        }
        self.set_condition(status, end, "True", &reason, &message);
        if succeeds {
            status.set("completionTime", time::rfc3339(self.now));
            return Some(Note::detail("event", "Completed", "Job completed"));
        }
        Some(Note::warning("event", &reason, message))
    }

    /// Sets a condition where it differs; one that was never true is not made to say so
    /// (`ensureJobConditionStatus`).
    fn set_condition(
        &self,
        status: &mut Value,
        kind: &str,
        value: &str,
        reason: &str,
        message: &str,
    ) -> bool {
        let stamp = time::rfc3339(self.now);
        let new = map! {
            "type" => kind,
            "status" => value,
            "lastProbeTime" => &stamp,
            "lastTransitionTime" => &stamp,
            "reason" => reason,
            "message" => message,
        };
        let conditions = status.entry("conditions").items_mut();
        match conditions
            .iter()
            .position(|it| it.get("type").text() == kind)
        {
            Some(at) => {
                let same = |field: &str| conditions[at].get(field) == new.get(field);
                if same("status") && same("reason") && same("message") {
                    return false;
                }
                conditions.make_mut()[at] = new;
                true
            }
            None if value == "False" => {
                if conditions.is_empty() {
                    status.set("conditions", Value::Null);
                }
                false
            }
            None => {
                conditions.push(new);
                true
            }
        }
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
