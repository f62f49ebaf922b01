//! Eviction: deleting a pod if no disruption budget is against it
//! (`pkg/registry/core/pod/storage/eviction.go`).

use crate::api::{DeleteOptions, Response, find};
use crate::delete::{check_preconditions, delete};
use crate::object::condition;
use crate::status::Cause;
use crate::{Key, Millis, Object, Status, Store, Value, map, patch, selector, time};
use ecow::eco_format;
use std::rc::Rc;

/// What a budget is told before its controller has seen it.
const UNSEEN: &str = "still being processed by the server.";

/// The reason of a budget whose controller cannot say how many pods there are to be.
const SYNC_FAILED: &str = "SyncFailed";

/// Evicts a pod; the body is an `Eviction` with its `deleteOptions`.
pub(crate) fn evict(store: &mut Store, now: Millis, key: &Key, body: &Value) -> Response {
    let name = body.at(&["metadata", "name"]).text();
    if !name.is_empty() && name != key.name {
        return Err(Status::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    let pod = find(store, key)?;
    let phase = pod.status().get("phase").text();
    // It does no work, so that nothing is disturbed.
    let idle = matches!(phase, "Succeeded" | "Failed" | "Pending") || pod.meta.deleted.is_some();
    let budgets: Vec<Rc<Object>> = store
        .list_in("PodDisruptionBudget", &key.namespace)
        .into_iter()
        .filter(|budget| selector::matches(budget.spec().get("selector"), pod.labels()))
        .cloned()
        .collect();
    match budgets.as_slice() {
        _ if idle => {}
        [] => {}
        [budget] => {
            if !may_go_unready(budget, &pod) {
                charge(store, now, budget, &pod)?;
            }
        }
        _ => {
            return Err(Status::internal(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does \
                 not support.",
            ));
        }
    }
    let mut options = DeleteOptions::of(body.get("deleteOptions"));
    check_preconditions(&pod, &options)?;
    mark(store, now, &pod, &mut options)?;
    delete(store, now, key, &options)
}

/// Whether a pod that is not ready may go without being counted: always, or while enough others are
/// healthy.
fn may_go_unready(budget: &Object, pod: &Object) -> bool {
    let count = |field: &str| budget.status().get(field).as_int().unwrap_or(0);
    let always = budget.spec().get("unhealthyPodEvictionPolicy").text() == "AlwaysAllow";
    let (healthy, desired) = (count("currentHealthy"), count("desiredHealthy"));
    pod.meta.ready.is_none() && (always || desired > 0 && healthy >= desired)
}

/// Takes one disruption from a budget.
fn charge(store: &mut Store, now: Millis, budget: &Object, pod: &Object) -> Result<(), Status> {
    const VIOLATES: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
    let name = &budget.key.name;
    let count = |field: &str| budget.status().get(field).as_int().unwrap_or(0);
    let refuse = |message, retry_after| {
        let cause = Cause {
            reason: "DisruptionBudget",
            field: "".into(),
            message,
        };
        Err(Status::too_many_requests(VIOLATES, cause, retry_after))
    };
    if count("observedGeneration") < budget.meta.generation {
        return refuse(eco_format!("The disruption budget {name} is {UNSEEN}"), 10);
    }
    let allowed = count("disruptionsAllowed");
    if allowed <= 0 {
        let (desired, healthy) = (count("desiredHealthy"), count("currentHealthy"));
        let condition = condition(budget.status(), "DisruptionAllowed");
        let (why, reason) = (
            condition.get("message").text(),
            condition.get("reason").text(),
        );
        let says_why = condition.get("status").text() == "False" && !why.is_empty();
        let held =
            eco_format!("The disruption budget {name} does not allow evicting pods currently");
        let needs = match () {
            () if says_why && reason == SYNC_FAILED => {
                eco_format!("{held} because it failed sync: {why}")
            }
            () if healthy <= desired => eco_format!(
                "The disruption budget {name} needs {desired} healthy pods and has {healthy} \
                 currently"
            ),
            () if says_why => eco_format!("{held} ({reason}): {why}"),
            () => held,
        };
        return refuse(needs, 0);
    }
    let mut value = budget.value.clone();
    let status = value.entry("status");
    status.set("disruptionsAllowed", allowed - 1);
    status
        .entry("disruptedPods")
        .set(&pod.key.name, time::rfc3339(now));
    if allowed == 1 {
        set_allowed(status, false, budget.meta.generation, now);
    }
    store.put(budget.key.clone(), value, now);
    Ok(())
}

/// Sets a budget's condition DisruptionAllowed (`k8s.io/component-helpers/apps/poddisruptionbudget`).
pub fn set_allowed(status: &mut Value, allowed: bool, generation: i64, now: Millis) {
    let (state, reason) = match allowed {
        true => ("True", "SufficientPods"),
        false => ("False", "InsufficientPods"),
    };
    set_condition(status, (state, reason, ""), generation, now);
}

/// Takes it that no pod of a budget may be evicted, because its controller failed for a reason
/// (`failSafe` in `pkg/controller/disruption`).
pub fn set_failed(status: &mut Value, why: &str, now: Millis) {
    status.set("disruptionsAllowed", 0);
    let seen = status.get("observedGeneration").as_int().unwrap_or(0);
    set_condition(status, ("False", SYNC_FAILED, why), seen, now);
}

/// The condition with its state, reason and message.
fn set_condition(status: &mut Value, to: (&str, &str, &str), generation: i64, now: Millis) {
    let old = condition(status, "DisruptionAllowed");
    let since = match old.get("status").text() == to.0 {
        true => old.get("lastTransitionTime").clone(),
        false => time::rfc3339(now).into(),
    };
    let mut new = map! {
        "type" => "DisruptionAllowed",
        "status" => to.0,
        "observedGeneration" => Some(generation).filter(|it| *it != 0),
        "lastTransitionTime" => since,
        "reason" => to.1,
    };
    *new.entry("message") = to.2.into();
    let conditions = status.entry("conditions").items_mut();
    conditions.retain(|it| it.get("type").text() != "DisruptionAllowed");
    conditions.push(new);
}

/// Says on a pod why it goes (`addConditionAndDeletePod`).
fn mark(
    store: &mut Store,
    now: Millis,
    pod: &Object,
    options: &mut DeleteOptions,
) -> Result<(), Status> {
    let condition = map! {
        "type" => "DisruptionTarget",
        "status" => "True",
        "reason" => "EvictionByEvictionAPI",
        "message" => "Eviction API: evicting",
        "lastTransitionTime" => time::rfc3339(now),
    };
    let change = map! { "status" => map! { "conditions" => vec![condition] } };
    let body = patch::strategic(&pod.value, &change)?;
    let marked = store.put(pod.key.clone(), body, now);
    if !options.version.is_empty() {
        options.version = eco_format!("{}", marked.meta.version);
    }
    Ok(())
}
