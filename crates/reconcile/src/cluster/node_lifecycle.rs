//! Notices that a node is silent, says so, and taints it (`pkg/controller/nodelifecycle`).
//!
//! A kubelet renews its lease every ten seconds. Here no lease is written: when a kubelet is silent,
//! its last renewal and the moment at which the controller gives it up are computed.

use super::{Context, Controller, conditions};
use crate::engine::World;
use crate::plan::Plan;
use crate::texts;
use crate::timings::Timings;
use crate::trace::Note;
use ecow::eco_format;
use kube::api::{PatchType, Verb};
use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value, map, time};
use std::rc::Rc;

pub(super) const CONTROLLER: Controller = Controller {
    name: "node-controller",
    watches,
    reconcile,
    batch: 0,
};

/// Where the leases of nodes are.
const LEASES: &str = "kube-node-lease";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// The condition, and the state of it, that keeps new pods away, and the taint that does
/// (`nodeConditionToTaintKeyStatusMap`).
const TAINTS: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    (
        "MemoryPressure",
        "True",
        "node.kubernetes.io/memory-pressure",
    ),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    (
        "NetworkUnavailable",
        "True",
        "node.kubernetes.io/network-unavailable",
    ),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// A node whose spec or conditions have changed. For a silent one, time passes.
fn watches(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    let node = &change.new;
    if node.key.kind != "Node" || change.kind == ChangeKind::Deleted {
        return;
    }
    let conditions = |node: &Object| node.status().get("conditions").clone();
    let is_same =
        |old: &Rc<Object>| old.spec() == node.spec() && conditions(old) == conditions(node);
    if !change.old.as_ref().is_some_and(is_same) {
        keys.push(node.key.clone());
    }
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(node) = store.get(key) else {
        return plan;
    };
    let silence = context.silent.get(&key.name);
    let lost = silence.map(|it| lost_at(&key.name, it.since, context.timings));
    match lost {
        Some(lost) if context.now < lost => plan.look_again(lost - context.now),
        Some(_) if state(node, "Ready") != "Unknown" => {
            give_up(store, node, context.now, &mut plan);
            return plan;
        }
        _ => {}
    }
    taint(store, node, context, &mut plan);
    plan
}

/// `True`, `False`, `Unknown`, or nothing.
pub(super) fn state<'a>(node: &'a Object, kind: &str) -> &'a str {
    node.condition(kind).get("status").text()
}

/// When the controller gives a silent node up: it looks every few seconds, and the last renewal that
/// it saw must be older than the grace period.
fn lost_at(name: &str, since: Millis, timings: &Timings) -> Millis {
    let seen = renewed(name, since, timings).next_multiple_of(timings.node_monitor);
    next_look(seen + timings.node_grace, timings)
}

/// When a kubelet renewed its lease last, up to a moment.
fn renewed(name: &str, until: Millis, timings: &Timings) -> Millis {
    let renew = timings.lease_renewal;
    let phase = name
        .bytes()
        .fold(0, |sum, byte| (sum * 31 + u64::from(byte)) % renew);
    until
        .checked_sub(phase)
        .map_or(0, |t| t / renew * renew + phase)
}

fn seconds(time: Millis) -> i64 {
    i64::try_from(time / 1_000).unwrap_or(i64::MAX)
}

/// The leases of all nodes as they are now, for who reads them: nothing is written to renew one.
pub(crate) fn leases(world: &World) -> Vec<(Key, Value)> {
    let timings = &world.settings.timings;
    let nodes = world.store.list("Node");
    let lease = |node: &Rc<Object>| {
        let (name, created) = (&node.key.name, node.meta.created);
        let silent = world.pods.silent.get(name).map(|it| it.since);
        let renewed = renewed(name, silent.unwrap_or(world.now), timings).max(created);
        let lease = map! {
            "apiVersion" => "coordination.k8s.io/v1",
            "kind" => "Lease",
            "metadata" => map! {
                "creationTimestamp" => time::rfc3339(created),
                "name" => name,
                "namespace" => LEASES,
            },
            "spec" => map! {
                "holderIdentity" => name,
                "leaseDurationSeconds" => seconds(timings.lease_renewal.saturating_mul(4)),
                "renewTime" => time::rfc3339_micro(renewed),
            },
        };
        (Key::new("Lease", LEASES, name.clone()), lease)
    };
    nodes.into_iter().map(lease).collect()
}

/// The first time after `t` at which the controller looks at all nodes.
fn next_look(t: Millis, timings: &Timings) -> Millis {
    (t / timings.node_monitor + 1) * timings.node_monitor
}

/// Nobody knows how a node is any more (`tryUpdateNodeHealth`, `MarkPodsNotReady`).
fn give_up(store: &Store, node: &Rc<Object>, now: Millis, plan: &mut Plan) {
    let mut value = node.value.clone();
    let status = value.entry("status");
    for kind in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
        let (reason, message) = match conditions::get(status, kind).is_null() {
            true => (
                "NodeStatusNeverUpdated",
                "Kubelet never posted node status.",
            ),
            false => ("NodeStatusUnknown", "Kubelet stopped posting node status."),
        };
        set_condition(status, kind, "Unknown", reason, message, now);
    }
    let name = &node.key.name;
    let why = texts::cluster::lease_not_renewed(name);
    let note = Note::warning("patch", "NodeStatusUnknown", why);
    plan.update_status(&node.key, value, note);
    let message = eco_format!("Node {name} status is now: NodeNotReady");
    plan.event(node, Note::detail("event", "NodeNotReady", message));
    for pod in store.pods_on(name).filter(|pod| super::pod::is_ready(pod)) {
        let condition = map! {
            "type" => "Ready",
            "status" => "False",
            "lastTransitionTime" => time::rfc3339(now),
        };
        let why = texts::cluster::gets_no_traffic(&pod.key.name, name);
        let note = Note::detail("patch", "NodeNotReady", why);
        patch_condition(&pod.key, condition, note, plan);
        plan.event(
            pod,
            Note::warning("event", "NodeNotReady", "Node is not ready"),
        );
    }
}

/// Sets a condition of a pod.
pub(super) fn patch_condition(pod: &Key, condition: Value, note: Note, plan: &mut Plan) {
    let status = map! { "conditions" => vec![condition] };
    let change = Verb::Patch(PatchType::Strategic, map! { "status" => status });
    plan.write(pod.clone(), "status", change, note);
}

/// Sets a condition of a node where it stands, or at the end.
pub(super) fn set_condition(
    status: &mut Value,
    kind: &str,
    state: &str,
    reason: &str,
    message: &str,
    now: Millis,
) {
    let stamp = time::rfc3339(now);
    let conditions = status.entry("conditions").items_mut();
    let found = conditions
        .iter()
        .position(|it| it.get("type").text() == kind);
    let at = found.unwrap_or_else(|| {
        conditions.push(map! { "type" => kind });
        conditions.len() - 1
    });
    let condition = &mut conditions.make_mut()[at];
    let is_new = condition.get("status").text() != state;
    condition.set("status", state);
    condition.set("lastHeartbeatTime", &stamp);
    if is_new || condition.get("lastTransitionTime").is_null() {
        condition.set("lastTransitionTime", stamp);
    }
    condition.set("reason", reason);
    condition.set("message", message);
}

/// Keeps a node's taints as its conditions want them: at once those that keep new pods away, at the
/// next look those that drive pods away.
fn taint(store: &Store, node: &Rc<Object>, context: &Context<'_>, plan: &mut Plan) {
    let timings = context.timings;
    let have = node.spec().get("taints").items();
    let mut wanted: Vec<(&str, &str)> = TAINTS
        .iter()
        .filter(|(kind, when, _)| state(node, kind) == *when)
        .map(|(.., taint)| (*taint, "NoSchedule"))
        .collect();
    if node.spec().get("unschedulable").as_bool() == Some(true) {
        wanted.push((UNSCHEDULABLE, "NoSchedule"));
    }
    let drives = match state(node, "Ready") {
        "False" => Some(NOT_READY),
        "Unknown" => Some(UNREACHABLE),
        _ => None,
    };
    let driven = have.iter().find(|taint| drives_away(taint));
    let driven = driven.map(|taint| taint.get("key").text());
    let mut driving = driven;
    if driven != drives {
        let at_look = context.now.is_multiple_of(timings.node_monitor);
        let wait = match at_look {
            false => next_look(context.now, timings) - context.now,
            true if drives.is_none() || driven.is_some() => 0,
            true => wait_to_evict(store, node, context.now, timings),
        };
        match wait {
            0 => driving = drives,
            Millis::MAX => plan.look_again(timings.node_monitor),
            wait => plan.look_again(wait),
        }
    }
    wanted.extend(driving.map(|key| (key, "NoExecute")));
    let is_wanted = |taint: &Value| {
        wanted
            .iter()
            .any(|(key, effect)| is_taint(taint, key, effect))
    };
    let mut taints: Vec<Value> = have
        .iter()
        .filter(|taint| !is_ours(taint) || is_wanted(taint))
        .cloned()
        .collect();
    let kept = taints.len();
    for (key, effect) in &wanted {
        if !have.iter().any(|taint| is_taint(taint, key, effect)) {
            let added = time::rfc3339(context.now);
            taints.push(map! { "key" => *key, "effect" => *effect, "timeAdded" => added });
        }
    }
    if kept == have.len() && taints.len() == kept {
        return;
    }
    let words: Vec<&str> = taints.iter().map(|taint| taint.get("key").text()).collect();
    let why = match words.is_empty() {
        true => texts::cluster::taints_go(&node.key.name),
        false => texts::cluster::is_tainted(&node.key.name, &words.join(", ")),
    };
    // A new node is tainted until it is ready.
    let is_news = !words.is_empty() || driven.is_some();
    let tell = if is_news { Note::story } else { Note::detail };
    let mut value = node.value.clone();
    let taints = Some(taints).filter(|taints| !taints.is_empty());
    value.entry("spec").set("taints", taints);
    plan.update(&node.key, value, tell("patch", "Tainted", why));
}

fn is_taint(taint: &Value, key: &str, effect: &str) -> bool {
    taint.get("key").text() == key && taint.get("effect").text() == effect
}

/// Whether the controller looks after a taint.
fn is_ours(taint: &Value) -> bool {
    let key = taint.get("key").text();
    let known = TAINTS.iter().any(|(.., ours)| *ours == key) || key == UNSCHEDULABLE;
    drives_away(taint) || known && taint.get("effect").text() == "NoSchedule"
}

/// Whether a taint is the controller's own that drives pods away.
fn drives_away(taint: &Value) -> bool {
    let key = taint.get("key").text();
    matches!(key, NOT_READY | UNREACHABLE) && taint.get("effect").text() == "NoExecute"
}

/// How long it takes until a node's pods may be driven away: nodes are given up one after the other,
/// and none where so much is lost that rather the network must be broken. Then it is
/// [`Millis::MAX`] (`handleDisruption`, `ComputeZoneState`).
fn wait_to_evict(store: &Store, node: &Object, now: Millis, timings: &Timings) -> Millis {
    /// `large-cluster-size-threshold`
    const LARGE: usize = 50;
    /// `unhealthy-zone-threshold`, in percent.
    const UNHEALTHY: usize = 55;
    let zone = |node: &Object| {
        ["region", "zone"].map(|part| {
            let label = eco_format!("topology.kubernetes.io/{part}");
            node.labels().get(&label).to_text()
        })
    };
    let nodes = store.list("Node");
    let (mut all, mut lost) = (0, 0);
    for other in nodes.iter().filter(|other| zone(other) == zone(node)) {
        all += 1;
        lost += usize::from(state(other, "Ready") != "True");
    }
    let is_all_lost = !nodes.iter().any(|other| state(other, "Ready") == "True");
    if is_all_lost
        || lost < all && lost > 2 && lost * 100 >= all * UNHEALTHY && nodes.len() <= LARGE
    {
        return Millis::MAX;
    }
    let taints = nodes
        .iter()
        .flat_map(|other| other.spec().get("taints").items());
    let added = taints
        .filter(|taint| drives_away(taint))
        .filter_map(|taint| time::parse_rfc3339(taint.get("timeAdded").text()));
    let next = added.max().map_or(0, |last| last + timings.node_eviction);
    next.saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_lost_after_its_grace_period() {
        let timings = Timings::default();
        for since in (0..60_000).step_by(777) {
            let lost = lost_at("node-a", since, &timings);
            assert!(lost.is_multiple_of(5_000), "{lost}");
            let waited = lost - since;
            assert!((40_000..=60_000).contains(&waited), "{since}: {waited}");
        }
    }
}
