//! Deployments, ReplicaSets, StatefulSets, DaemonSets (`pkg/apis/apps/validation`).

use super::{Faults, Path, SPEC, meta, names, pod};
use crate::{Value, gostruct, map};
use ecow::eco_format;

const TEMPLATE: Path<'static> = SPEC.child("template");

pub(super) fn deployment(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    faults.not_negative(&SPEC.child("replicas"), spec.get("replicas"));
    selector(faults, spec, "deployment");
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
    } else {
        controller(faults, spec);
    }
    fixed_selector(faults, new, old);
}

/// What a ReplicationController selects by is a plain map.
fn controller(faults: &mut Faults, spec: &Value) {
    let selector = spec.get("selector");
    if selector.members().next().is_none() {
        faults.required(&SPEC.child("selector"), "");
    }
    if spec.at(&["template", "spec", "containers"]).is_null() {
        faults.required(&TEMPLATE, "");
        return;
    }
    let labels = spec.at(&["template", "metadata", "labels"]);
    if selector
        .members()
        .any(|(key, value)| labels.get(key) != value)
    {
        let at = TEMPLATE.child("metadata");
        let detail = "`selector` does not match template `labels`";
        faults.invalid(&at.child("labels"), labels, detail);
    }
    long_running(faults, spec, "ReplicationController");
}

pub(super) fn daemon_set(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    fixed_selector(faults, new, old);
    if meta::label_selector(faults, &SPEC.child("selector"), spec.get("selector")) {
        meta::selects_template(faults, &TEMPLATE, spec);
    }
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
        faults.choice(&at.child(field), policy.get(field), &["Retain", "Delete"]);
    }
    let claims = spec.get("volumeClaimTemplates");
    let list = SPEC.child("volumeClaimTemplates");
    for (index, claim) in claims.items().iter().enumerate().filter(|_| old.is_none()) {
        super::storage::claim_spec(faults, &list.index(index).child("spec"), claim.get("spec"));
    }
    faults.not_negative(&SPEC.child("replicas"), spec.get("replicas"));
    faults.not_negative(&SPEC.child("minReadySeconds"), spec.get("minReadySeconds"));
    let at = SPEC.child("ordinals");
    faults.not_negative(&at.child("start"), spec.at(&["ordinals", "start"]));
    let service = spec.get("serviceName").text();
    if old.is_none() && !service.is_empty() {
        faults.named(&SPEC.child("serviceName"), service, names::label);
    }
    selector(faults, &with_claims(spec), "statefulset");
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

/// A StatefulSet's spec as its template is looked at: with the volumes that it claims.
fn with_claims(spec: &Value) -> Value {
    let claims = spec.get("volumeClaimTemplates").items();
    if claims.is_empty() {
        return spec.clone();
    }
    let name_of = |claim: &Value| claim.at(&["metadata", "name"]).clone();
    let volumes = claims.iter().map(|claim| {
        let name = name_of(claim);
        map! { "name" => name.clone(), "persistentVolumeClaim" => map! { "claimName" => name } }
    });
    let own = spec.at(&["template", "spec", "volumes"]).items().iter();
    let own = own.filter(|volume| {
        !claims
            .iter()
            .any(|claim| &name_of(claim) == volume.get("name"))
    });
    let volumes: Value = volumes.chain(own.cloned()).collect();
    let mut spec = spec.clone();
    *spec.entry_at(&["template", "spec", "volumes"]) = volumes;
    spec
}

/// A selector must be there, select something, and mean the pods of the template, which is looked at
/// only if the selector can be read.
fn selector(faults: &mut Faults, spec: &Value, kind: &str) {
    let selector = spec.get("selector");
    let at = SPEC.child("selector");
    let readable = meta::label_selector(faults, &at, selector);
    if selector.is_null() {
        faults.required(&at, "");
    }
    if meta::is_empty_selector(selector) {
        // The server says deployment of a ReplicaSet too.
        let kind = if kind == "replicaset" {
            "deployment"
        } else {
            kind
        };
        let detail = eco_format!("empty selector is invalid for {kind}");
        faults.invalid(&at, selector, &detail);
    }
    if !readable {
        let detail = match kind {
            "deployment" => "invalid label selector",
            _ => "",
        };
        faults.invalid_shown(&at, &meta::selector_json(selector), detail);
    } else {
        meta::selects_template(faults, &TEMPLATE, spec);
        let owner = match kind {
            "statefulset" => "StatefulSet",
            _ => "ReplicaSet",
        };
        long_running(faults, spec, owner);
    }
}

/// A selector may not change: the pods of before would be nobody's.
fn fixed_selector(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    if let Some(old) = old {
        let of = |object: &Value| object.at(&["spec", "selector"]).clone();
        let (new, old) = (of(new), of(old));
        if new != old {
            let shown = meta::selector_json(&new);
            faults.invalid_shown(&SPEC.child("selector"), &shown, "field is immutable");
        }
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
            let shown = gostruct::json("DeploymentStrategy", strategy);
            faults.unsupported_shown(&AT, &shown, known);
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
            let shown = gostruct::json("DaemonSetUpdateStrategy", strategy);
            faults.unsupported_shown(&AT, &shown, known);
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
                let shown = gostruct::json("RollingUpdateStatefulSetStrategy", rolling);
                faults.invalid_shown(&at, &shown, detail);
            }
        }
        "RollingUpdate" => {
            let partition = rolling.get("partition");
            faults.not_negative(&at.child("partition"), partition);
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
    let digits = value.text().strip_suffix('%')?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// A percentage may not be more than all.
pub(super) fn at_most_all(faults: &mut Faults, at: &Path<'_>, value: &Value) {
    if percentage(value).is_some_and(|percent| percent > 100) {
        faults.invalid(at, value, "must not be greater than 100%");
    }
}

/// Whether it means none: a text that is no percentage is read as a number.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(number) => *number == 0,
        Value::Null => true,
        other => percentage(other).or(other.text().parse().ok()).unwrap_or(0) == 0,
    }
}
