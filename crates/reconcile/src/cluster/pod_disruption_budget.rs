//! Says how many pods of a budget may be evicted now (`pkg/controller/disruption`).

use super::{Context, Controller, pod};
use crate::plan::Plan;
use crate::trace::Note;
use ecow::eco_format;
use kube::{Change, Key, Object, Store, Value, eviction, selector, time};
use std::rc::Rc;

pub(super) const CONTROLLER: Controller = Controller {
    name: "disruption-controller",
    watches,
    reconcile,
    batch: 0,
};

/// How long an evicted pod is waited for that does not go.
const DISRUPTED: kube::Millis = 2 * 60 * 1000;

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let object = &change.new;
    match object.key.kind.as_str() {
        "PodDisruptionBudget" => keys.push(object.key.clone()),
        "Pod" => {
            for budget in store.list_in("PodDisruptionBudget", &object.key.namespace) {
                let wanted = budget.spec().get("selector");
                if change.labels().any(|it| selector::matches(wanted, it)) {
                    keys.push(budget.key.clone());
                }
            }
        }
        // How many pods there are to be.
        "ReplicaSet" | "Deployment" | "StatefulSet" => {
            let budgets = store.list_in("PodDisruptionBudget", &object.key.namespace);
            keys.extend(budgets.into_iter().map(|budget| budget.key.clone()));
        }
        _ => {}
    }
}

/// Compares a budget's status with its pods.
fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(budget) = store.get(key) else {
        return plan;
    };
    let pods: Vec<&Rc<Object>> = store
        .list_in("Pod", &key.namespace)
        .into_iter()
        .filter(|pod| selector::matches(budget.spec().get("selector"), pod.labels()))
        .collect();
    let (expected, desired) = wanted(store, budget.spec(), &pods);
    let (disrupted, again) = disrupted(budget, &pods, context.now);
    let healthy = pods
        .iter()
        .filter(|pod| pod.meta.deleted.is_none() && pod::is_ready(pod))
        .filter(|pod| disrupted.get(&pod.key.name).is_null())
        .count();
    let healthy = count(healthy);
    let allowed = if expected > 0 {
        (healthy - desired).max(0)
    } else {
        0
    };

    let mut value = budget.value.clone();
    let status = value.entry("status");
    for (field, number) in [
        ("currentHealthy", healthy),
        ("desiredHealthy", desired),
        ("disruptionsAllowed", allowed),
        ("expectedPods", expected),
        ("observedGeneration", budget.meta.generation),
    ] {
        status.set(field, number);
    }
    status.set(
        "disruptedPods",
        Some(disrupted).filter(|pods| pods.members().next().is_some()),
    );
    eviction::set_allowed(status, allowed > 0, budget.meta.generation, context.now);
    if value != budget.value {
        let why = eco_format!(
            "{key} has {healthy} healthy pods and needs {desired}: {allowed} may be evicted."
        );
        plan.update_status(key, value, Note::detail("update", "BudgetCounted", why));
    }
    if let Some(again) = again {
        plan.look_again(again);
    }
    plan
}

/// How many pods there are to be, and how many of them healthy.
fn wanted(store: &Store, budget: &Value, pods: &[&Rc<Object>]) -> (i64, i64) {
    let (least, most) = (budget.get("minAvailable"), budget.get("maxUnavailable"));
    if let Some(least) = least.as_int() {
        return (count(pods.len()), least);
    }
    if least.is_null() && most.is_null() {
        return (0, 0);
    }
    let expected = scale(store, pods);
    match least.is_null() {
        false => (expected, share(least, expected)),
        true => (expected, (expected - share(most, expected)).max(0)),
    }
}

/// A number, or a percentage of another, rounded up.
fn share(value: &Value, whole: i64) -> i64 {
    if let Some(number) = value.as_int() {
        return number;
    }
    let percent: i64 = value.text().trim_end_matches('%').parse().unwrap_or(0);
    (percent.saturating_mul(whole) + 99).div_euclid(100)
}

/// How many pods the controllers of these pods want together.
fn scale(store: &Store, pods: &[&Rc<Object>]) -> i64 {
    let (mut controllers, mut sum): (Vec<&Key>, i64) = (Vec::new(), 0);
    for pod in pods {
        let mut object: &Rc<Object> = pod;
        // A ReplicaSet's own controller says how many there are to be in all its sets.
        while let Some(owner) = owner(store, object) {
            object = owner;
        }
        if object.key.kind != "Pod" && !controllers.contains(&&object.key) {
            controllers.push(&object.key);
            sum += object.spec().get("replicas").as_int().unwrap_or(1);
        }
    }
    sum
}

fn owner<'a>(store: &'a Store, object: &Object) -> Option<&'a Rc<Object>> {
    let owner = object.controller_ref();
    store.get(
        &object
            .key
            .sibling(owner.get("kind").to_text(), owner.get("name").to_text()),
    )
}

/// The evicted pods that are still there and not yet being deleted, and when to look again for them.
fn disrupted(
    budget: &Object,
    pods: &[&Rc<Object>],
    now: kube::Millis,
) -> (Value, Option<kube::Millis>) {
    let mut kept = kube::map! {};
    let mut again: Option<kube::Millis> = None;
    for (name, since) in budget.status().get("disruptedPods").members() {
        let pod = pods.iter().find(|pod| pod.key.name == *name);
        let until = time::parse_rfc3339(since.text()).unwrap_or(0) + DISRUPTED;
        if pod.is_some_and(|pod| pod.meta.deleted.is_none()) && now < until {
            kept.set(name, since.clone());
            again = Some(again.map_or(until - now, |before| before.min(until - now)));
        }
    }
    (kept, again)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
