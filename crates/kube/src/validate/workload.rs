//! Deployments, ReplicaSets, StatefulSets, DaemonSets (`pkg/apis/apps/validation`).

use super::{Faults, Path, SPEC, meta, names, pod};
use crate::{Value, gostruct, map};
use ecow::eco_format;

const TEMPLATE: Path<'static> = SPEC.child("template");

pub(super) fn deployment(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    faults.not_negative(&SPEC.child("replicas"), spec.get("replicas"));
    selector(faults, spec, "deployment");
    meta::selects_template(faults, &TEMPLATE, spec);
    long_running(faults, spec, "ReplicaSet");
    strategy(faults, spec.get("strategy"));
    let ready = spec.get("minReadySeconds");
    faults.not_negative(&SPEC.child("minReadySeconds"), ready);
    faults.not_negative(
        &SPEC.child("revisionHistoryLimit"),
        spec.get("revisionHistoryLimit"),
    );
    let deadline = spec.get("progressDeadlineSeconds");
    let at = SPEC.child("progressDeadlineSeconds");
    faults.not_negative(&at, deadline);
    if deadline
        .as_int()
        .is_some_and(|deadline| deadline <= ready.as_int().unwrap_or(0))
    {
        faults.invalid(&at, deadline, "must be greater than minReadySeconds");
    }
    fixed_selector(faults, new, old);
}

pub(super) fn replica_set(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    faults.not_negative(&SPEC.child("replicas"), spec.get("replicas"));
    faults.not_negative(&SPEC.child("minReadySeconds"), spec.get("minReadySeconds"));
    if new.get("kind").text() == "ReplicaSet" {
        selector(faults, spec, "replicaset");
        meta::selects_template(faults, &TEMPLATE, spec);
    }
    long_running(faults, spec, "ReplicaSet");
    fixed_selector(faults, new, old);
}

pub(super) fn daemon_set(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    meta::label_selector(faults, &SPEC.child("selector"), spec.get("selector"));
    meta::selects_template(faults, &TEMPLATE, spec);
    if meta::is_empty_selector(spec.get("selector")) {
        let detail = "empty selector is invalid for daemonset";
        faults.invalid(&SPEC.child("selector"), spec.get("selector"), detail);
    }
    long_running(faults, spec, "DaemonSet");
    faults.not_negative(&SPEC.child("minReadySeconds"), spec.get("minReadySeconds"));
    daemon_strategy(faults, spec.get("updateStrategy"));
    faults.not_negative(
        &SPEC.child("revisionHistoryLimit"),
        spec.get("revisionHistoryLimit"),
    );
    fixed_selector(faults, new, old);
}

pub(super) fn stateful_set(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    match spec.get("podManagementPolicy").text() {
        "" => faults.required(&SPEC.child("podManagementPolicy"), ""),
        "OrderedReady" | "Parallel" => {}
        other => {
            let detail = "must be 'OrderedReady' or 'Parallel'";
            faults.invalid_text(&SPEC.child("podManagementPolicy"), other, detail);
        }
    }
    stateful_strategy(faults, spec.get("updateStrategy"));
    let policy = spec.get("persistentVolumeClaimRetentionPolicy");
    let at = SPEC.child("persistentVolumeClaimRetentionPolicy");
    for field in ["whenDeleted", "whenScaled"] {
        let choice = policy.get(field);
        if !matches!(choice.text(), "Retain" | "Delete") {
            faults.unsupported(&at.child(field), choice, &["Delete", "Retain"]);
        }
    }
    faults.not_negative(&SPEC.child("replicas"), spec.get("replicas"));
    faults.not_negative(&SPEC.child("minReadySeconds"), spec.get("minReadySeconds"));
    let at = SPEC.child("ordinals");
    faults.not_negative(&at.child("start"), spec.at(&["ordinals", "start"]));
    let service = spec.get("serviceName").text();
    if old.is_none() && !service.is_empty() {
        faults.named(&SPEC.child("serviceName"), service, names::label);
    }
    selector(faults, spec, "statefulset");
    meta::selects_template(faults, &TEMPLATE, spec);
    long_running(faults, spec, "StatefulSet");
    if let Some(old) = old {
        const FREE: &[&str] = &[
            "replicas",
            "template",
            "updateStrategy",
            "minReadySeconds",
            "ordinals",
            "persistentVolumeClaimRetentionPolicy",
            "revisionHistoryLimit",
        ];
        let rest = |object: &Value| {
            let mut spec = object.get("spec").clone();
            FREE.iter().for_each(|field| spec.set(field, Value::Null));
            spec
        };
        if rest(new) != rest(old) {
            let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', \
                          'template', 'updateStrategy', 'revisionHistoryLimit', \
                          'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
            faults.forbidden(&SPEC, detail);
        }
    }
}

/// A selector must be there, and select something.
fn selector(faults: &mut Faults, spec: &Value, kind: &str) {
    let selector = spec.get("selector");
    if selector.is_null() {
        faults.required(&SPEC.child("selector"), "");
        return;
    }
    meta::label_selector(faults, &SPEC.child("selector"), selector);
    if meta::is_empty_selector(selector) {
        let detail = eco_format!("empty selector is invalid for {kind}");
        faults.invalid(&SPEC.child("selector"), selector, &detail);
    }
}

/// A selector may not change: the pods of before would be nobody's.
fn fixed_selector(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    if let Some(old) = old {
        let of = |object: &Value| object.at(&["spec", "selector"]).clone();
        faults.immutable(&SPEC.child("selector"), &of(new), &of(old));
    }
}

/// A template of pods that are to run for good.
fn long_running(faults: &mut Faults, spec: &Value, kind: &str) {
    let template = spec.get("template");
    pod::template(faults, &TEMPLATE, template);
    let at = TEMPLATE.child("spec");
    let policy = template.at(&["spec", "restartPolicy"]);
    if policy.text() != "Always" {
        faults.unsupported(&at.child("restartPolicy"), policy, &["Always"]);
    }
    if !template.at(&["spec", "activeDeadlineSeconds"]).is_null() {
        let detail = eco_format!("activeDeadlineSeconds in {kind} is not Supported");
        faults.forbidden(&at.child("activeDeadlineSeconds"), &detail);
    }
}

fn strategy(faults: &mut Faults, strategy: &Value) {
    const AT: Path<'static> = SPEC.child("strategy");
    let rolling = strategy.get("rollingUpdate");
    let at = AT.child("rollingUpdate");
    match strategy.get("type").text() {
        "Recreate" => {
            if !rolling.is_null() {
                let detail = "may not be specified when strategy `type` is 'Recreate'";
                faults.forbidden(&at, detail);
            }
        }
        "RollingUpdate" => {
            let (most, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
            count_or_percent(faults, &at.child("maxUnavailable"), most);
            count_or_percent(faults, &at.child("maxSurge"), surge);
            if is_zero(most) && is_zero(surge) {
                let detail = "may not be 0 when `maxSurge` is 0";
                faults.invalid(&at.child("maxUnavailable"), most, detail);
            }
            at_most_all(faults, &at.child("maxUnavailable"), most);
        }
        _ => {
            let known = &["Recreate", "RollingUpdate"];
            faults.unsupported(&AT.child("type"), strategy.get("type"), known);
        }
    }
}

fn daemon_strategy(faults: &mut Faults, strategy: &Value) {
    const AT: Path<'static> = SPEC.child("updateStrategy");
    let rolling = strategy.get("rollingUpdate");
    let at = AT.child("rollingUpdate");
    match strategy.get("type").text() {
        "OnDelete" => {}
        "RollingUpdate" => {
            let (most, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
            count_or_percent(faults, &at.child("maxUnavailable"), most);
            count_or_percent(faults, &at.child("maxSurge"), surge);
            at_most_all(faults, &at.child("maxUnavailable"), most);
            at_most_all(faults, &at.child("maxSurge"), surge);
            match (is_zero(most), is_zero(surge)) {
                (true, true) => {
                    faults.required(
                        &at.child("maxUnavailable"),
                        "cannot be 0 when maxSurge is 0",
                    );
                }
                (false, false) => {
                    let detail = "may not be set when maxUnavailable is non-zero";
                    faults.invalid(&at.child("maxSurge"), surge, detail);
                }
                _ => {}
            }
        }
        _ => {
            let known = &["RollingUpdate", "OnDelete"];
            faults.unsupported(&AT.child("type"), strategy.get("type"), known);
        }
    }
}

fn stateful_strategy(faults: &mut Faults, strategy: &Value) {
    const AT: Path<'static> = SPEC.child("updateStrategy");
    let rolling = strategy.get("rollingUpdate");
    let at = AT.child("rollingUpdate");
    match strategy.get("type").text() {
        "" => faults.required(&AT, ""),
        "OnDelete" => {
            if !rolling.is_null() {
                let detail = "only allowed for updateStrategy 'RollingUpdate'";
                faults.invalid(&at, rolling, detail);
            }
        }
        "RollingUpdate" => {
            let partition = rolling.get("partition");
            faults.not_negative(&at.child("partition"), partition);
            let most = rolling.get("maxUnavailable");
            if !most.is_null() {
                count_or_percent(faults, &at.child("maxUnavailable"), most);
                if is_zero(most) {
                    faults.invalid(&at.child("maxUnavailable"), most, "cannot be 0");
                }
                at_most_all(faults, &at.child("maxUnavailable"), most);
            }
        }
        kind => {
            let shown = map! { "type" => kind, "rollingUpdate" => rolling.clone() };
            let shown = gostruct::json("StatefulSetUpdateStrategy", &shown);
            faults.invalid_shown(&AT, &shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// A number of pods, or a percentage of them.
pub(super) fn count_or_percent(faults: &mut Faults, at: &Path<'_>, value: &Value) {
    match value.as_str() {
        Some(text) => faults.named(at, text, names::percent),
        None => faults.not_negative(at, value),
    }
}

/// The percentage that a text says, if it is one.
fn percentage(value: &Value) -> Option<i64> {
    value.text().strip_suffix('%')?.parse().ok()
}

/// A percentage may not be more than all.
pub(super) fn at_most_all(faults: &mut Faults, at: &Path<'_>, value: &Value) {
    if percentage(value).is_some_and(|percent| percent > 100) {
        faults.invalid(at, value, "must not be greater than 100%");
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(number) => *number == 0,
        Value::Null => true,
        other => percentage(other).unwrap_or(0) == 0,
    }
}
