//! Scales workloads by the usage of their pods (`pkg/controller/podautoscaler/horizontal.go`).
//!
//! Usage is what the lab's metrics server has measured under load; where nobody calls, it is read from
//! PodMetrics objects, if somebody keeps them. What comes from other metrics APIs is not there, and the
//! autoscaler says so as it does in a cluster without them.

mod behavior;
mod metrics;

pub use behavior::Memory;

use super::{Context, Controller};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use behavior::{Decision, Wish, decide};
use ecow::{EcoString, eco_format};
use kube::api::Verb;
use kube::{Change, ChangeKind, Key, Object, Status, Store, Value, map, selector, time};
use metrics::{Metric, Proposal, Target, Tolerance};
use std::rc::Rc;

pub(crate) const CONTROLLER: Controller = Controller {
    name: "horizontal-pod-autoscaler",
    watches,
    reconcile,
    batch: 0,
};

/// A new or changed autoscaler; after that it looks again by itself.
fn watches(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    let object = &change.new;
    let old = change.old.as_deref();
    if object.key.kind == "HorizontalPodAutoscaler"
        && change.kind != ChangeKind::Deleted
        && old.is_none_or(|old| old.spec() != object.spec())
    {
        keys.push(object.key.clone());
    }
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(scaler) = store.get(key) else {
        plan.remember(key, None);
        return plan;
    };
    let mut look = Look {
        store,
        context,
        scaler,
        status: scaler.status().clone(),
        plan: &mut plan,
    };
    look.run();
    let status = look.status;
    if &status != scaler.status() {
        let mut value = scaler.value.clone();
        value.set("status", status);
        let why = texts::cluster::looked_at_metrics(&key.name);
        plan.update_status(key, value, Note::detail("patch", "Status", why));
    }
    plan.look_again(context.timings.autoscaler_sync);
    plan
}

/// What an autoscaler scales; or why it has no scale that could be read.
fn target_of<'a>(store: &'a Store, scaler: &Object) -> Result<&'a Rc<Object>, EcoString> {
    let wanted = scaler.spec().get("scaleTargetRef");
    let (kind, name) = (wanted.get("kind").text(), wanted.get("name").text());
    let group = |version: &'_ str| EcoString::from(version.rsplit_once('/').map_or("", |it| it.0));
    let wanted = group(wanted.get("apiVersion").text());
    match kube::kind_info(kind) {
        Some(info) if group(info.api_version) == wanted => {
            if !kube::scale::has_scale(kind) {
                return Err(Status::no_such_resource().message);
            }
            let found = store.get(&scaler.key.sibling(kind, name));
            found.ok_or_else(|| Status::not_found(kind, name).message)
        }
        _ => Err(eco_format!(
            "no matches for kind {kind:?} in group {wanted:?}"
        )),
    }
}

/// One look of an autoscaler, with the status that it will have.
struct Look<'a> {
    store: &'a Store,
    context: &'a Context<'a>,
    scaler: &'a Rc<Object>,
    status: Value,
    plan: &'a mut Plan,
}

/// What the metrics ask for, what asked, and how the metrics are shown.
struct Asked {
    replicas: i64,
    by: EcoString,
    shown: Vec<Value>,
}

impl Look<'_> {
    fn spec(&self, field: &str) -> &Value {
        self.scaler.spec().get(field)
    }

    fn warn(&mut self, reason: &str, message: impl Into<EcoString>) {
        let note = Note::warning("event", reason, message);
        self.plan.event(self.scaler, note);
    }

    fn set_condition(&mut self, kind: &str, holds: bool, reason: &str, message: &str) {
        let value = if holds { "True" } else { "False" };
        let conditions = self.status.entry("conditions").items_mut();
        let at = conditions
            .iter()
            .position(|it| it.get("type").text() == kind)
            .unwrap_or_else(|| {
                conditions.push(map! { "type" => kind });
                conditions.len() - 1
            });
        let condition = &mut conditions.make_mut()[at];
        if condition.get("status").text() != value {
            condition.set("lastTransitionTime", time::rfc3339(self.context.now));
        }
        for (field, text) in [("status", value), ("reason", reason), ("message", message)] {
            condition.set(field, text);
        }
    }

    fn run(&mut self) {
        let target = target_of(self.store, self.scaler);
        let target = match target {
            Ok(target) => target,
            Err(why) => {
                self.warn("FailedGetScale", why.clone());
                let why = eco_format!(
                    "the HPA controller was unable to get the target's current scale: {why}"
                );
                self.set_condition("AbleToScale", false, "FailedGetScale", &why);
                return;
            }
        };
        let why = "the HPA controller was able to get the target's current scale";
        self.set_condition("AbleToScale", true, "SucceededGetScale", why);
        let current = target.spec().get("replicas").as_int().unwrap_or(1);
        let known = self.context.memories.get(&self.scaler.key);
        let mut memory = match known {
            Some(super::Memory::Autoscaler(memory)) => memory.clone(),
            _ => Memory::default(),
        };
        memory.begin(current, self.context.now);
        self.scale(target, current, &mut memory);
        let memory = super::Memory::Autoscaler(memory);
        self.plan.remember(&self.scaler.key, Some(memory));
    }

    fn scale(&mut self, target: &Object, current: i64, memory: &mut Memory) {
        let min = self.spec("minReplicas").as_int().unwrap_or(1);
        let max = self.spec("maxReplicas").as_int().unwrap_or(i64::MAX);
        let mut shown = None;
        let (desired, why) = if current == 0 && min != 0 {
            let why = "scaling is disabled since the replica count of the target is zero";
            self.set_condition("ScalingActive", false, "ScalingDisabled", why);
            (0, EcoString::new())
        } else if current > max {
            (
                max,
                "Current number of replicas above Spec.MaxReplicas".into(),
            )
        } else if current < min {
            (
                min,
                "Current number of replicas below Spec.MinReplicas".into(),
            )
        } else {
            let Some(asked) = self.ask(target, current) else {
                return;
            };
            shown = Some(asked.shown);
            let why = match asked.replicas > current {
                true => eco_format!("{} above target", asked.by),
                false => "All metrics below target".into(),
            };
            let wish = Wish {
                current,
                desired: asked.replicas,
                min,
                max,
                behavior: self.scaler.spec().get("behavior"),
                down_window: self.context.timings.autoscaler_down_window,
                now: self.context.now,
            };
            let Decision {
                replicas,
                able,
                limited,
                limit,
            } = decide(&wish, memory);
            self.set_condition("AbleToScale", true, able.0, able.1);
            self.set_condition("ScalingLimited", limited, limit.0, limit.1);
            (replicas, why)
        };
        if desired != current {
            memory.scaled(desired - current, self.context.now);
            let note = Note::story("scale", "SuccessfulRescale", why.clone());
            let change = map! { "spec" => map! { "replicas" => desired } };
            let scale = Verb::Update(change);
            self.plan.write(target.key.clone(), "scale", scale, note);
            let able =
                eco_format!("the HPA controller was able to update the target scale to {desired}");
            self.set_condition("AbleToScale", true, "SucceededRescale", &able);
            let message = eco_format!("New size: {desired}; reason: {why}");
            let note = Note::detail("event", "SuccessfulRescale", message);
            self.plan.event(self.scaler, note);
            let now = time::rfc3339(self.context.now);
            self.status.set("lastScaleTime", now);
        }
        self.status.set("desiredReplicas", desired);
        self.show(current, shown);
    }

    fn show(&mut self, current: i64, metrics: Option<Vec<Value>>) {
        let replicas = Some(current).filter(|replicas| *replicas != 0);
        self.status.set("currentReplicas", replicas);
        // Said even where there are none.
        *self.status.entry("currentMetrics") = metrics.into();
    }

    /// The most that a metric asks for. If none can be read, or not all and the others ask for less
    /// than there is, nothing is done.
    fn ask(&mut self, target: &Object, current: i64) -> Option<Asked> {
        let (store, scaler) = (self.store, self.scaler);
        let target = Target {
            store,
            context: self.context,
            namespace: &scaler.key.namespace,
            selector: target.spec().get("selector"),
            replicas: current,
            tolerance: Tolerance::of(scaler.spec().get("behavior")),
        };
        let rivals = rivals(store, &scaler.key, &target);
        if rivals.len() > 1 {
            let why = eco_format!(
                "pods by selector {} are controlled by multiple HPAs: [{}]",
                selector_text(target.selector),
                rivals.join(" ")
            );
            self.warn("AmbiguousSelector", why.clone());
            self.set_condition("ScalingActive", false, "AmbiguousSelector", &why);
            self.show(current, None);
            self.warn("FailedComputeMetricsReplicas", why);
            return None;
        }
        let specs = scaler.spec().get("metrics").items();
        let mut asked = Asked {
            replicas: 0,
            by: EcoString::new(),
            shown: Vec::new(),
        };
        let mut failures = Vec::new();
        for spec in specs {
            match read(&target, spec) {
                Ok((proposal, by, shown)) => {
                    asked.shown.push(shown);
                    if asked.replicas == 0 || proposal > asked.replicas {
                        (asked.replicas, asked.by) = (proposal, by);
                    }
                }
                Err(failure) => {
                    asked.shown.push(map! { "type" => "" });
                    self.warn(failure.reason, failure.why.clone());
                    failures.push(failure);
                }
            }
        }
        let all_failed = failures.len() >= specs.len();
        if let Some(first) = failures.first() {
            let why = eco_format!(
                "invalid metrics ({} invalid out of {}), first error is: {}: {}",
                failures.len(),
                specs.len(),
                first.context,
                first.why
            );
            if all_failed || asked.replicas < current {
                let message = eco_format!(
                    "the HPA was unable to compute the replica count: {}",
                    first.why
                );
                self.set_condition("ScalingActive", false, first.reason, &message);
                self.show(current, Some(asked.shown));
                self.warn("FailedComputeMetricsReplicas", why);
                return None;
            }
        }
        let why = eco_format!(
            "the HPA was able to successfully calculate a replica count from {}",
            asked.by
        );
        self.set_condition("ScalingActive", true, "ValidMetricFound", &why);
        Some(asked)
    }
}

/// Why a metric could not be read.
struct Failure {
    reason: &'static str,
    why: EcoString,
    /// What was being done.
    context: EcoString,
}

/// Reads one metric: the replicas that it asks for, its name, and how it is shown.
fn read(target: &Target<'_>, spec: &Value) -> Result<(i64, EcoString, Value), Failure> {
    let kind = spec.get("type").text();
    let (field, container, reason) = match kind {
        "Resource" => ("resource", "", "FailedGetResourceMetric"),
        "ContainerResource" => (
            "containerResource",
            "container ",
            "FailedGetContainerResourceMetric",
        ),
        _ => return Err(unreadable(target, spec, kind)),
    };
    let source = spec.get(field);
    let metric = Metric {
        resource: source.get("name").text(),
        container: source.get("container").text(),
        target: source.get("target"),
    };
    let name = metric.resource;
    let Proposal { replicas, current } = target.propose(&metric).map_err(|why| Failure {
        reason,
        why,
        context: match container.is_empty() {
            true => eco_format!("failed to get {name} resource metric value"),
            false => eco_format!("failed to get {} container metric value", metric.container),
        },
    })?;
    let by = match metric.target.get("averageValue").is_null() {
        true => eco_format!("{name} {container}resource utilization (percentage of request)"),
        false => eco_format!("{name} resource"),
    };
    let mut shown = map! { "name" => name, "current" => current };
    shown.set("container", source.get("container").clone());
    let mut status = map! { "type" => kind };
    status.set(field, shown);
    Ok((replicas, by, status))
}

/// Metrics from APIs that this cluster does not have.
fn unreadable(target: &Target<'_>, spec: &Value, kind: &str) -> Failure {
    const CUSTOM: &str = "unable to fetch metrics from custom metrics API: no custom metrics API \
                          (custom.metrics.k8s.io) registered";
    let named = |field: &str| spec.at(&[field, "metric", "name"]).to_text();
    let averaged = |field: &str| !spec.at(&[field, "target", "averageValue"]).is_null();
    match kind {
        "External" => {
            let name = named("external");
            let step = match averaged("external") {
                true => eco_format!("failed to get {name} external metric"),
                false => eco_format!("failed to get external metric {name}"),
            };
            let labels = match spec.at(&["external", "metric", "selector"]) {
                Value::Null => "nil".into(),
                labels => selector::as_go_prints(labels),
            };
            let why = eco_format!(
                "unable to get external metric {}/{name}/{labels}: unable to fetch metrics from \
                 external metrics API: the server could not find the requested resource (get \
                 {name}.external.metrics.k8s.io)",
                target.namespace
            );
            Failure {
                reason: "FailedGetExternalMetric",
                why,
                context: eco_format!("failed to get {name} external metric value: {step}"),
            }
        }
        "Pods" => Failure {
            reason: "FailedGetPodsMetric",
            why: eco_format!("unable to get metric {}: {CUSTOM}", named("pods")),
            context: "failed to get pods metric value".into(),
        },
        "Object" => {
            let object = spec.at(&["object", "describedObject"]);
            let name = named("object");
            let step = match averaged("object") {
                true => eco_format!(": failed to get {name} object metric"),
                false => EcoString::new(),
            };
            Failure {
                reason: "FailedGetObjectMetric",
                why: eco_format!(
                    "unable to get metric {name}: {} on {} {}/{CUSTOM}",
                    object.get("kind").text(),
                    target.namespace,
                    object.get("name").text()
                ),
                context: eco_format!("failed to get object metric value{step}"),
            }
        }
        other => Failure {
            reason: "InvalidMetricSourceType",
            why: eco_format!("unknown metric source type {other:?}"),
            context: "failed to get metric".into(),
        },
    }
}

/// All autoscalers whose targets select one of these pods: this one, and those that have looked
/// before.
fn rivals(store: &Store, own: &Key, target: &Target<'_>) -> Vec<EcoString> {
    let pods = target.pods();
    let mut rivals = Vec::new();
    for scaler in store.list_in("HorizontalPodAutoscaler", target.namespace) {
        if &scaler.key != own && !target.context.memories.contains_key(&scaler.key) {
            continue;
        }
        let Ok(theirs) = target_of(store, scaler) else {
            continue;
        };
        let theirs = theirs.spec().get("selector");
        if pods
            .iter()
            .any(|pod| selector::matches(theirs, pod.labels()))
        {
            rivals.push(eco_format!("{}/{}", scaler.key.namespace, scaler.key.name));
        }
    }
    rivals
}

/// A label selector as one line (`labels.Selector`, String).
fn selector_text(selector: &Value) -> String {
    let labels = selector.get("matchLabels").members();
    let mut rules: Vec<(EcoString, String)> = labels
        .map(|(key, value)| (key.clone(), format!("{key}={}", value.text())))
        .collect();
    for rule in selector.get("matchExpressions").items() {
        let key = rule.get("key").text();
        let values = rule.get("values").items().iter();
        let mut values: Vec<&str> = values.map(Value::text).collect();
        lean::sort(&mut values);
        let values = values.join(",");
        let text = match rule.get("operator").text() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.into(),
        };
        rules.push((key.into(), text));
    }
    lean::sort_by_key(&mut rules, |(key, _)| key.clone());
    let rules: Vec<String> = rules.into_iter().map(|(_, text)| text).collect();
    rules.join(",")
}
