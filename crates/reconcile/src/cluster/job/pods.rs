//! The pods of a Job: how many there should be, and what becomes of them.

use super::failures::{
    INDEX_FAILURES, INDEX_IGNORED, index, index_back_off, index_failures, is_failed,
};
use super::{CONTROLLER, FINALIZER, Sync, count};
use crate::cluster::{Context, pod, replica_set, retry_after};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Key, Millis, Object, Status, Store, Value, map, time};
use std::cmp::Reverse;
use std::rc::Rc;

/// The most pods that one look creates or deletes (`MaxPodCreateDeletePerSync`).
const BURST: usize = 500;
/// The longest name that a suffix is put behind (`apiserver/pkg/storage/names`).
const NAME_MAX: usize = 58;
const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// Whether a pod carries the finalizer, so that it is not counted yet.
pub(super) fn is_uncounted(pod: &Object) -> bool {
    let finalizers = pod.value.at(&["metadata", "finalizers"]).items();
    finalizers.iter().any(|it| it.text() == FINALIZER)
}

/// Takes the finalizer off a pod that is counted.
pub(super) fn let_go(pod: &Object, plan: &mut Plan) {
    if !is_uncounted(pod) {
        return;
    }
    let patch = map! {
        "metadata" => map! {
            "$deleteFromPrimitiveList/finalizers" => vec![Value::from(FINALIZER)],
        },
    };
    let why = texts::cluster::is_counted(&pod.key.name);
    let note = Note::detail("patch", "Counted", why);
    let patch = Verb::Patch(PatchType::Strategic, patch);
    plan.write(pod.key.clone(), "", patch, note);
}

/// Deletes a pod, and says so.
pub(super) fn delete(job: &Rc<Object>, pod: &Object, plan: &mut Plan) {
    let same = DeleteOptions {
        uid: pod.meta.uid.clone(),
        ..DeleteOptions::default()
    };
    let why = texts::cluster::is_not_needed(&pod.key.name);
    let note = Note::detail("delete", "SuccessfulDelete", why);
    plan.delete(&pod.key, same, note).announce = Some((
        job.clone(),
        Note::detail("event", "SuccessfulDelete", "Deleted pod: "),
    ));
}

/// Says that a pod could not be created, and tries again ever more seldom.
fn failed_create(store: &Store, key: &Key, context: &Context<'_>, refusal: &Status) -> Plan {
    let mut plan = Plan::settled();
    let Some(job) = store.get(key) else {
        return plan;
    };
    let why = eco_format!("Error creating: {}", refusal.message);
    plan.event(job, Note::warning("event", "FailedCreate", why.clone()));
    let mut status = job.status().clone();
    if status.get("startTime").is_null() {
        status.set("startTime", time::rfc3339(context.now));
    }
    let active = store
        .owned_by(&job.meta.uid)
        .filter(|it| pod::is_active(it));
    status.set("active", Some(count(active.count())).filter(|it| *it > 0));
    if &status != job.status() {
        let mut value = job.value.clone();
        value.set("status", status);
        plan.update_status(key, value, Note::detail("patch", "Status", why));
    }
    let started = time::parse_rfc3339(job.status().get("startTime").text());
    let failing = context.now.saturating_sub(started.unwrap_or(context.now));
    plan.look_again(retry_after(failing));
    plan
}

impl<'a> Sync<'a> {
    /// Brings the number of active pods to the one that is wanted (`manageJob`).
    pub fn manage(&mut self, plan: &mut Plan) {
        let wanted = self.wanted();
        let mut surplus = self.surplus(wanted);
        if !surplus.is_empty() {
            surplus.truncate(BURST);
            for pod in &surplus {
                // Not counted: it did not fail.
                let_go(pod, plan);
                delete(self.job, pod, plan);
            }
            self.terminating += count(surplus.len());
            let gone = |it: &&Rc<Object>| surplus.iter().any(|gone| gone.key == it.key);
            self.active.retain(|it| !gone(it));
            return;
        }
        let waits = self.job.spec().get("podReplacementPolicy").text() == "Failed";
        let leaving = if waits { self.terminating } else { 0 };
        let missing = wanted - leaving - count(self.active.len());
        let missing = usize::try_from(missing).unwrap_or(0).min(BURST);
        if missing == 0 {
            return;
        }
        let mut wait = match self.per_index() {
            true => 0,
            false => self.back_off.wait(self.now),
        };
        let mut indexes = vec![None; missing];
        if self.is_indexed() {
            let (now, later) = self.pending(missing);
            wait = wait.max(later);
            indexes = now.into_iter().map(Some).collect();
        }
        if wait > 0 {
            plan.look_again(wait.max(CONTROLLER.batch));
            self.waits = true;
            return;
        }
        for index in indexes {
            let why = texts::cluster::wants_active(&self.job.key.name, wanted);
            let note = Note::detail("create", "SuccessfulCreate", why);
            let write = plan.create(self.new_pod(index), note);
            write.announce = Some((
                self.job.clone(),
                Note::detail("event", "SuccessfulCreate", "Created pod: "),
            ));
            write.refused = Some(failed_create);
            self.made += 1;
        }
    }

    fn per_index(&self) -> bool {
        self.spec("backoffLimitPerIndex").is_some()
    }

    fn wanted(&self) -> i64 {
        if self.is_suspended() {
            return 0;
        }
        let parallel = self.spec("parallelism").unwrap_or(1);
        match self.spec("completions") {
            None if self.succeeded > 0 => count(self.active.len()),
            None => parallel,
            Some(all) => (all - self.succeeded).clamp(0, parallel),
        }
    }

    /// The active pods that are too many: of an index that has one, or beyond the last; then those
    /// that do the least.
    fn surplus(&self, wanted: i64) -> Vec<&'a Rc<Object>> {
        let mut kept = self.active.clone();
        lean::sort_by_key(&mut kept, |it| removal_rank(it));
        let mut surplus = Vec::new();
        if self.is_indexed() {
            let below = self.completions();
            let mut seen = Vec::new();
            // Those that do the most are kept.
            for pod in kept.split_off(0).into_iter().rev() {
                match index(pod).filter(|at| *at < below && !seen.contains(at)) {
                    Some(at) => {
                        seen.push(at);
                        kept.insert(0, pod);
                    }
                    None => surplus.push(pod),
                }
            }
        }
        let more = count(self.active.len()) - wanted - count(surplus.len());
        let more = usize::try_from(more).unwrap_or(0).min(kept.len());
        surplus.extend(kept.drain(..more));
        surplus
    }

    /// Those of the first indexes that need a pod which need not wait for it; or if all have to, how
    /// long the first one has to wait (`firstPendingIndexes`, `getPodCreationInfoForIndependentIndexes`).
    fn pending(&self, most: usize) -> (Vec<i64>, Millis) {
        let waits = self.job.spec().get("podReplacementPolicy").text() == "Failed";
        let busy = self.pods.iter().filter(|it| {
            pod::is_active(it) || (waits && it.meta.deleted.is_some() && !pod::has_ended(it))
        });
        let busy: Vec<i64> = busy.filter_map(|it| index(it)).collect();
        let free = |at: &i64| !self.done.has(*at) && !self.lost.has(*at) && !busy.contains(at);
        let (mut now, mut later) = (Vec::new(), Millis::MAX);
        for at in (0..self.completions()).filter(free).take(most) {
            let last = self.last_failed(at).filter(|_| self.per_index());
            match last.map_or(0, |last| index_back_off(self.job, last, self.now)) {
                0 => now.push(at),
                wait => later = later.min(wait),
            }
        }
        match now.is_empty() && later < Millis::MAX {
            true => (now, later),
            false => (now, 0),
        }
    }

    /// The pod of an index that failed last and is kept to tell how often it did.
    fn last_failed(&self, at: i64) -> Option<&'a Rc<Object>> {
        let pods = self.pods.iter().copied();
        let failed =
            pods.filter(|it| index(it) == Some(at) && is_uncounted(it) && is_failed(self.job, it));
        failed.max_by_key(|it| index_failures(self.job, it))
    }

    /// Lets go all pods that are counted now. Returns those that ended and are kept, to be counted
    /// when their index has its next pod (`getPodsWithDelayedDeletionPerIndex`).
    pub fn let_go(&self, finished: bool, plan: &mut Plan) -> Vec<&'a Rc<Object>> {
        let mut kept = Vec::new();
        for pod in self.pods.iter().copied().filter(|it| is_uncounted(it)) {
            let failed = is_failed(self.job, pod);
            let all = finished || self.job.meta.deleted.is_some();
            if !all && self.is_only_trace(pod, failed) {
                kept.push(pod);
            } else if all || failed || pod::phase(pod) == "Succeeded" {
                let_go(pod, plan);
            }
        }
        kept
    }

    fn is_only_trace(&self, pod: &Object, failed: bool) -> bool {
        let Some(at) = index(pod).filter(|_| failed && self.per_index()) else {
            return false;
        };
        let active = self.active.iter().any(|it| index(it) == Some(at));
        !active
            && !self.done.has(at)
            && !self.lost.has(at)
            && at < self.completions()
            && self.last_failed(at).is_some_and(|last| last.key == pod.key)
    }

    fn new_pod(&self, at: Option<i64>) -> Value {
        let (job, template) = (self.job, self.job.spec().get("template"));
        let mut metadata = replica_set::metadata_of_pods(job);
        let mut spec = template.get("spec").clone();
        let mut prefix = job.key.name.clone();
        if let Some(at) = at {
            let text = eco_format!("{at}");
            let tail = eco_format!("-{at}");
            prefix = cut(&prefix, NAME_MAX - tail.len() - 1);
            prefix.push_str(&tail);
            metadata.entry("annotations").set(INDEX, &text);
            metadata.entry("labels").set(INDEX, &text);
            if self.per_index() {
                let last = self.last_failed(at);
                let (failures, ignored) = last.map_or((0, 0), |last| index_failures(job, last));
                let annotations = metadata.entry("annotations");
                annotations.set(INDEX_FAILURES, eco_format!("{failures}"));
                if ignored > 0 {
                    annotations.set(INDEX_IGNORED, eco_format!("{ignored}"));
                }
            }
            spec.set("hostname", eco_format!("{}-{at}", job.key.name));
            tell_index(&mut spec);
        }
        prefix.push('-');
        metadata.set("generateName", prefix);
        let finalizers = metadata.entry("finalizers").items_mut();
        finalizers.push(FINALIZER.into());
        map! {
            "apiVersion" => "v1",
            "kind" => "Pod",
            "metadata" => metadata,
            "spec" => spec,
        }
    }
}

/// What decides which pods are deleted first: those that do the least, then the latest
/// (`controller_utils.go`, ActivePods).
fn removal_rank(pod: &Object) -> impl Ord {
    (
        replica_set::use_of(pod),
        pod::ready_since(pod).map(Reverse),
        Reverse(replica_set::restarts(pod)),
        Reverse(pod.meta.created),
    )
}

/// The beginning of a text, at most so many bytes of it.
fn cut(text: &str, most: usize) -> EcoString {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text[..end.unwrap_or(0)].into()
}

/// Gives every container its index as `JOB_COMPLETION_INDEX`.
fn tell_index(spec: &mut Value) {
    const NAME: &str = "JOB_COMPLETION_INDEX";
    let path = eco_format!("metadata.labels['{INDEX}']");
    let variable = map! {
        "name" => NAME,
        "valueFrom" => map! {
            "fieldRef" => map! { "apiVersion" => "v1", "fieldPath" => path },
        },
    };
    for kind in ["initContainers", "containers"] {
        if spec.get(kind).is_null() {
            continue;
        }
        for container in spec.entry(kind).items_mut().make_mut() {
            let variables = container.entry("env").items_mut();
            if !variables.iter().any(|it| it.get("name").text() == NAME) {
                variables.push(variable.clone());
            }
        }
    }
}
