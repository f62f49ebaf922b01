//! Gives every pod a node (`pkg/scheduler`). Which nodes can take it, and which is best, is up to the
//! plugins that [`cycle`] lists, one file a group.
//!
//! A pod that no node could take is tried again as soon as something has changed that it may have
//! waited for: a scheduler that has nothing else to do does not let it wait for its back-off
//! (`backend/queue/active_queue.go`, pop; `SchedulerPopFromBackoffQ`, on since Kubernetes 1.33).

mod cycle;
mod image_locality;
mod inter_pod_affinity;
mod node_affinity;
mod node_facts;
mod node_ports;
mod node_resources;
mod pod_topology_spread;
mod preemption;
mod volume_binding;

use super::nodes::{Node, Nodes};
use super::{Context, Controller, pod};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use cycle::{Candidate, Cycle, Refusal};
use ecow::{EcoString, eco_format};
pub(super) use node_facts::tolerates;
pub(super) use node_resources::balance;

use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Change, ChangeKind, Key, Object, Store, Value, map, time};
use lean::FlatMap;
use preemption::Victims;
use std::borrow::Cow;
use std::rc::Rc;

/// The name that the scheduler goes by.
pub(crate) const NAME: &str = "default-scheduler";

pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    watches,
    reconcile,
    batch: 0,
};

/// A pod that is new or was changed; and those that no node could take, when something has changed
/// that they may have waited for.
fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let object = &change.new;
    let old = change.old.as_deref();
    let gone = change.kind == ChangeKind::Deleted;
    let same = |part: fn(&Object) -> &Value| old.is_some_and(|old| part(old) == part(object));
    let wakes: fn(&Object) -> bool = match object.key.kind.as_str() {
        "Pod" if gone || pod::has_ended(object) => |_| true,
        "Pod" if same(Object::spec) && same(Object::labels) => return,
        "Pod" if pod::node(object).is_empty() => {
            keys.push(object.key.clone());
            return;
        }
        "Pod" => |waiting| {
            pod_topology_spread::is_constrained(waiting)
                || inter_pod_affinity::is_constrained(waiting)
        },
        // A heartbeat is no reason to look again.
        "Node" if same(Object::spec) && same(Object::labels) && same(allocatable) => return,
        "Node" => |_| true,
        "PersistentVolumeClaim" | "PersistentVolume" | "StorageClass" => |waiting| {
            let volumes = waiting.spec().get("volumes").items();
            volumes.iter().any(|it| {
                !it.get("persistentVolumeClaim").is_null() || !it.get("ephemeral").is_null()
            })
        },
        _ => return,
    };
    let waiting = store.unschedulable().filter(|pod| wakes(pod));
    keys.extend(waiting.map(|pod| pod.key.clone()));
}

fn allocatable(node: &Object) -> &Value {
    node.status().get("allocatable")
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(pod) = store.get(key).filter(|pod| pod.meta.deleted.is_none()) else {
        return plan;
    };
    let spec = pod.spec();
    let scheduler = spec.get("schedulerName").text();
    if !pod::node(pod).is_empty()
        || !matches!(scheduler, "" | NAME)
        || !spec.get("schedulingGates").items().is_empty()
    {
        return plan;
    }
    match choose(store, context.nodes, pod) {
        Ok(node) => bind(pod, node, &mut plan),
        Err(failure) => fail(pod, failure, context, &mut plan),
    }
    plan
}

/// Why a pod stays without a node.
struct Failure<'a> {
    /// The message of FailedScheduling.
    message: EcoString,
    /// What goes to make room for it.
    victims: Option<Victims<'a>>,
    /// Whether what it was promised before still holds.
    waits: bool,
}

/// The best node for a pod.
fn choose<'a>(
    store: &'a Store,
    nodes: &'a Nodes,
    pod: &'a Rc<Object>,
) -> Result<&'a Node, Failure<'a>> {
    let all = nodes.list().len();
    let fail = |message| Failure {
        message,
        victims: None,
        waits: false,
    };
    if all == 0 {
        return Err(fail("no nodes available to schedule pods".into()));
    }
    let cycle = Cycle::new(store, nodes, pod);
    if let Some(why) = cycle.rejection() {
        // The first plugin that is asked what would help was never told about this pod.
        let message = eco_format!("0/{all} nodes are available: {why}. not found");
        return Err(fail(message));
    }
    let nominated = with_nominated(store, nodes, pod);
    let crowded = nominated.as_ref().map(|it| Cycle::new(store, it, pod));
    let (places, refusals) = feasible(&cycle, crowded.as_ref());
    if let Some(node) = cycle.best(&places) {
        return Ok(node);
    }
    let mut reasons = FlatMap::new();
    for reason in refusals.iter().flat_map(|(_, refusal)| &refusal.reasons) {
        *reasons.entry(reason.clone()).or_default() += 1;
    }
    let mut message = eco_format!("0/{all} nodes are available: {}.", histogram(&reasons));
    match preemption::find(&cycle, &refusals) {
        Ok(victims) => Err(Failure {
            message,
            victims: Some(victims),
            waits: false,
        }),
        Err(helpless) => {
            message.push_str(" no new claims to deallocate, preemption: ");
            message.push_str(&helpless.why);
            Err(Failure {
                waits: helpless.waits,
                ..fail(message)
            })
        }
    }
}

/// The nodes as they will be when the pods that matter as much have got what others make room for.
fn with_nominated(store: &Store, nodes: &Nodes, pod: &Object) -> Option<Nodes> {
    let mut crowded = None;
    for other in store.unschedulable() {
        let node = other.status().get("nominatedNodeName").text();
        if !node.is_empty()
            && other.key != pod.key
            && pod::priority(other) >= pod::priority(pod)
            && let Some(at) = nodes.position(node)
        {
            let crowded: &mut Nodes = crowded.get_or_insert_with(|| nodes.clone());
            crowded.count(at, other, 1);
        }
    }
    crowded
}

/// What is known of nodes that are alike.
#[derive(Clone)]
enum Verdict {
    /// They can take the pod, and are the candidate at this place.
    Takes(usize),
    Refuses(Rc<Refusal>),
}

/// The nodes that cannot take a pod, by their places, and why.
type Refusals = Vec<(usize, Rc<Refusal>)>;

/// The nodes that can take a pod, and why the others cannot. In a large cluster it is enough to find
/// some (`numFeasibleNodesToFind`), beginning where the last pod stopped looking. Nodes that are alike are
/// looked at once, unless more pods are to come to some of them.
fn feasible<'a>(cycle: &Cycle<'a>, crowded: Option<&Cycle<'_>>) -> (Vec<Candidate<'a>>, Refusals) {
    const FEW: usize = 100;
    let nodes = cycle.nodes;
    let all = nodes.list().len();
    let percent = 50_usize.saturating_sub(all / 125).max(5);
    let enough = match all {
        ..FEW => all,
        _ => (all * percent / 100).max(FEW),
    };
    let refusal = |at| {
        let crowded = crowded.and_then(|cycle| cycle.refusal(at));
        crowded.or_else(|| cycle.refusal(at))
    };
    let sorts = match crowded {
        Some(_) => Cow::Owned(cycle.places()),
        None => cycle.sorts(),
    };
    let numbers = match &sorts {
        Cow::Owned(places) => places.len(),
        Cow::Borrowed(_) => nodes.sort_numbers(),
    };
    let mut known = vec![None; numbers];
    // As if all pods so far had found nodes at once; most do.
    let first = nodes.bound() * enough % all;
    let (mut found, mut places, mut refusals) = (0, Vec::new(), Refusals::new());
    for at in (first..all).chain(0..first) {
        let verdict = known[sorts[at] as usize].get_or_insert_with(|| match refusal(at) {
            Some(refusal) => Verdict::Refuses(Rc::new(refusal)),
            None => {
                let node = &*nodes.list()[at];
                places.push(Candidate { node, number: 0 });
                Verdict::Takes(places.len() - 1)
            }
        });
        match verdict {
            Verdict::Refuses(why) => refusals.push((at, why.clone())),
            Verdict::Takes(place) => {
                places[*place].number += 1;
                found += 1;
            }
        }
        if found == enough {
            break;
        }
    }
    (places, refusals)
}

/// Reasons with how many nodes gave them, as `FitError` writes them.
fn histogram(reasons: &FlatMap<EcoString, usize>) -> String {
    let counts = reasons.iter();
    let mut counts: Vec<String> = counts
        .map(|(why, nodes)| format!("{nodes} {why}"))
        .collect();
    lean::sort(&mut counts);
    counts.join(", ")
}

fn bind(pod: &Rc<Object>, node: &Node, plan: &mut Plan) {
    let key = &pod.key;
    let message = eco_format!(
        "Successfully assigned {}/{} to {}",
        key.namespace,
        key.name,
        node.name
    );
    let binding = map! {
        "apiVersion" => "v1",
        "kind" => "Binding",
        "target" => map! { "kind" => "Node", "name" => &node.name },
    };
    let why = texts::nodes::scheduled(&key.name, &node.name);
    let note = Note::detail("bind", "Scheduled", why);
    plan.write(key.clone(), "binding", Verb::Create(binding), note);
    plan.event(pod, Note::detail("event", "Scheduled", message));
}

fn fail(pod: &Rc<Object>, failure: Failure<'_>, context: &Context<'_>, plan: &mut Plan) {
    let Failure {
        message,
        victims,
        waits,
    } = failure;
    let node = victims
        .as_ref()
        .map(|victims| &context.nodes.list()[victims.node].name);
    // Who waits for others to go keeps the node that it was promised.
    let promised = pod.status().get("nominatedNodeName");
    let promise = match (node, waits) {
        (Some(node), _) => node.into(),
        (None, true) => promised.clone(),
        (None, false) => Value::Null,
    };
    let before = pod.condition("PodScheduled").get("message").text();
    if before == message && promised == &promise {
        return;
    }
    let mut status = map! { "conditions" => vec![condition(pod, &message, context)] };
    // Null takes away what was there.
    *status.entry("nominatedNodeName") = promise;
    let why = texts::nodes::unschedulable(&pod.key.name);
    let note = Note::warning("patch", "Unschedulable", why);
    patch_status(&pod.key, status, note, plan);
    plan.event(pod, Note::warning("event", "FailedScheduling", message));
    if let (Some(victims), Some(node)) = (victims, node) {
        for victim in victims.pods {
            preempt(pod, victim, node, context, plan);
        }
    }
}

fn patch_status(pod: &Key, status: Value, note: Note, plan: &mut Plan) {
    let change = Verb::Patch(PatchType::Strategic, map! { "status" => status });
    plan.write(pod.clone(), "status", change, note);
}

/// The condition of a pod that has no node, with the time since when.
fn condition(pod: &Object, message: &EcoString, context: &Context<'_>) -> Value {
    let before = pod.condition("PodScheduled");
    let since = match before.get("status").text() {
        "False" => before.get("lastTransitionTime").to_text(),
        _ => time::rfc3339(context.now),
    };
    map! {
        "type" => "PodScheduled",
        "status" => "False",
        "reason" => "Unschedulable",
        "message" => message,
        "lastTransitionTime" => since,
    }
}

/// Has a pod go for another one (`preemption.go`, PreemptPod).
fn preempt(pod: &Object, victim: &Rc<Object>, node: &str, context: &Context<'_>, plan: &mut Plan) {
    let condition = map! {
        "type" => "DisruptionTarget",
        "status" => "True",
        "reason" => "PreemptionByScheduler",
        "message" => "default-scheduler: preempting to accommodate a higher priority pod",
        "lastTransitionTime" => time::rfc3339(context.now),
    };
    let status = map! { "conditions" => vec![condition] };
    let why = texts::nodes::preempted(&victim.key.name, node, &pod.key.name);
    let note = Note::warning("patch", "PreemptionByScheduler", why.clone());
    patch_status(&victim.key, status, note, plan);
    let same = DeleteOptions {
        uid: victim.meta.uid.clone(),
        ..DeleteOptions::default()
    };
    plan.delete(&victim.key, same, Note::detail("delete", "Preempted", why));
    let message = eco_format!("Preempted by pod {} on node {node}", pod.meta.uid);
    plan.event(victim, Note::detail("event", "Preempted", message));
}
