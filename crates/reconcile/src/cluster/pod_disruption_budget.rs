//! Says how many pods of a budget may be evicted now (`pkg/controller/disruption`).

use super::{Context, Controller, pod};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
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
        _ if !store.has("PodDisruptionBudget") => {}
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
    let pods = store.pods_selected(&key.namespace, budget.spec().get("selector"));
    let Wanted {
        expected,
        desired,
        unmanaged,
    } = match wanted(store, budget.spec(), &pods) {
        Ok(wanted) => wanted,
        Err(why) => {
            fail(budget, &why, context.now, &mut plan);
            return plan;
        }
    };
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
        let why = texts::cluster::may_be_evicted(key, healthy, desired, allowed);
        plan.update_status(key, value, Note::detail("update", "BudgetCounted", why));
        if pods.is_empty() {
            let note = Note::detail("event", "NoPods", "No matching pods found");
            plan.event(budget, note);
        }
        if unmanaged {
            let wanted = selector::as_go_prints(budget.spec().get("selector"));
            let why = eco_format!(
                "Pods selected by this PodDisruptionBudget (selector: {wanted}) were found to be \
                 unmanaged. As a result, the status of the PDB cannot be calculated correctly, which \
                 may result in undefined behavior. To account for these pods please set \
                 \".spec.minAvailable\" field of the PDB to an integer value."
            );
            plan.event(budget, Note::warning("event", "UnmanagedPods", why));
        }
    }
    if let Some(again) = again {
        plan.look_again(again);
    }
    plan
}

/// Nobody can say how many pods there are to be, so that none may be evicted.
fn fail(budget: &Rc<Object>, why: &str, now: kube::Millis, plan: &mut Plan) {
    let mut value = budget.value.clone();
    eviction::set_failed(value.entry("status"), why, now);
    if value != budget.value {
        let message = eco_format!("Failed to calculate the number of expected pods: {why}");
        let note = Note::warning("event", "CalculateExpectedPodCountFailed", message.clone());
        plan.event(budget, note);
        let note = Note::detail("update", "SyncFailed", message);
        plan.update_status(&budget.key, value, note);
    }
}

/// How many pods there are to be.
#[derive(Default)]
struct Wanted {
    expected: i64,
    /// How many of them are to be healthy.
    desired: i64,
    /// Whether there are pods of no controller, though it is controllers that say how many.
    unmanaged: bool,
}

/// How many pods there are to be, and how many of them healthy; or why nobody knows.
fn wanted(store: &Store, budget: &Value, pods: &[&Rc<Object>]) -> Result<Wanted, EcoString> {
    let (least, most) = (budget.get("minAvailable"), budget.get("maxUnavailable"));
    if let Some(desired) = least.as_int() {
        return Ok(Wanted {
            expected: count(pods.len()),
            desired,
            unmanaged: false,
        });
    }
    if least.is_null() && most.is_null() {
        return Ok(Wanted::default());
    }
    let (expected, unmanaged) = scale(store, pods)?;
    let desired = match least.is_null() {
        false => share(least, expected),
        true => (expected - share(most, expected)).max(0),
    };
    Ok(Wanted {
        expected,
        desired,
        unmanaged,
    })
}

/// A number, or a percentage of another, rounded up.
fn share(value: &Value, whole: i64) -> i64 {
    if let Some(number) = value.as_int() {
        return number;
    }
    let percent: i64 = value.text().trim_end_matches('%').parse().unwrap_or(0);
    (percent.saturating_mul(whole) + 99).div_euclid(100)
}

/// How many pods the controllers of these pods want together, and whether there are pods that have
/// none (`getExpectedScale`).
fn scale(store: &Store, pods: &[&Rc<Object>]) -> Result<(i64, bool), EcoString> {
    let (mut controllers, mut sum, mut unmanaged): (Vec<&Key>, i64, bool) = (Vec::new(), 0, false);
    let mut known: Vec<&Value> = Vec::new();
    for pod in pods {
        // Many pods have one controller.
        if known.contains(&pod.controller_ref()) {
            continue;
        }
        let kind = pod.controller_ref().get("kind").text();
        if kind.is_empty() {
            unmanaged = true;
            continue;
        }
        if !kube::scale::has_scale(kind) {
            let resource = kube::resource(kind);
            return Err(eco_format!(
                "{resource} does not implement the scale subresource"
            ));
        }
        let Some(mut controller) = owner(store, pod) else {
            return Err(eco_format!(
                "found no controllers for pod {:?}",
                pod.key.name
            ));
        };
        // A ReplicaSet's own controller says how many there are to be in all its sets.
        if let Some(above) = owner(store, controller) {
            controller = above;
        }
        if !controllers.contains(&&controller.key) {
            controllers.push(&controller.key);
            sum += controller.spec().get("replicas").as_int().unwrap_or(1);
        }
        known.push(pod.controller_ref());
    }
    Ok((sum, unmanaged))
}

fn owner<'a>(store: &'a Store, object: &Object) -> Option<&'a Rc<Object>> {
    let owner = object.controller_ref();
    let key = object
        .key
        .sibling(owner.get("kind").to_text(), owner.get("name").to_text());
    let same = |it: &&Rc<Object>| it.meta.uid == owner.get("uid").text();
    store.get(&key).filter(same)
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
