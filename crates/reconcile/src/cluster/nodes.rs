//! How full the nodes are: what the scheduler keeps in its cache.

use super::pod::{self, Requests};
use ecow::{EcoString, EcoVec};
use kube::{Change, ChangeKind, Object, quantity};

/// A node, and what the pods on it request.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: EcoString,
    /// What it has for pods.
    pub allocatable: Requests,
    /// How many pods it takes.
    pub pods_max: i64,
    /// Whether new pods may come (`spec.unschedulable` says not).
    pub open: bool,
    /// What its pods request.
    pub requested: Requests,
    /// What its pods request, counting 100m and 200Mi for those that say nothing: what nodes are
    /// compared by (`pkg/scheduler/util/pod_resources.go`).
    pub weight: Requests,
    /// How many pods it has.
    pub pods: i64,
}

/// All nodes, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    list: EcoVec<Node>,
}

impl Nodes {
    /// The nodes, by name.
    #[must_use]
    pub fn list(&self) -> &[Node] {
        &self.list
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.list
            .binary_search_by(|node| node.name.as_str().cmp(name))
    }
}

/// What a pod weighs when nodes are compared.
#[must_use]
pub fn weight(pod: &Object) -> Requests {
    let mut sum = Requests::default();
    for container in pod::containers(pod) {
        let requests = container.at(&["resources", "requests"]);
        let (cpu, memory) = (requests.get("cpu"), requests.get("memory"));
        sum.cpu += if cpu.is_null() {
            100
        } else {
            quantity::milli_of(cpu)
        };
        sum.memory += if memory.is_null() {
            200 << 20
        } else {
            quantity::units_of(memory)
        };
    }
    sum
}

/// Keeps count of a change.
pub(crate) fn observe(nodes: &mut Nodes, change: &Change) {
    match change.new.key.kind.as_str() {
        "Node" => observe_node(nodes, change),
        "Pod" => {
            let gone = change.kind == ChangeKind::Deleted;
            let before = change.old.as_deref().filter(|pod| holds(pod));
            let after = Some(&*change.new).filter(|pod| !gone && holds(pod));
            match (before, after) {
                (None, Some(pod)) => count(nodes, pod, 1),
                (Some(pod), None) => count(nodes, pod, -1),
                _ => {}
            }
        }
        _ => {}
    }
}

/// Whether a pod takes room on a node.
fn holds(pod: &Object) -> bool {
    !pod::node(pod).is_empty() && !pod::has_ended(pod)
}

fn count(nodes: &mut Nodes, pod: &Object, sign: i64) {
    let Ok(at) = nodes.position(pod::node(pod)) else {
        return;
    };
    let (requests, weight) = (pod::requests(pod), weight(pod));
    let node = &mut nodes.list.make_mut()[at];
    node.pods += sign;
    node.requested.cpu += sign * requests.cpu;
    node.requested.memory += sign * requests.memory;
    node.weight.cpu += sign * weight.cpu;
    node.weight.memory += sign * weight.memory;
}

fn observe_node(nodes: &mut Nodes, change: &Change) {
    let object = &change.new;
    let at = nodes.position(&object.key.name);
    if change.kind == ChangeKind::Deleted {
        if let Ok(at) = at {
            nodes.list.remove(at);
        }
        return;
    }
    let allocatable = object.status().get("allocatable");
    let mut node = Node {
        name: object.key.name.clone(),
        allocatable: Requests {
            cpu: quantity::milli_of(allocatable.get("cpu")),
            memory: quantity::units_of(allocatable.get("memory")),
        },
        pods_max: quantity::units_of(allocatable.get("pods")),
        open: object.spec().get("unschedulable").as_bool() != Some(true),
        requested: Requests::default(),
        weight: Requests::default(),
        pods: 0,
    };
    match at {
        Ok(at) => {
            let old = &mut nodes.list.make_mut()[at];
            (node.requested, node.weight, node.pods) = (old.requested, old.weight, old.pods);
            *old = node;
        }
        Err(at) => nodes.list.insert(at, node),
    }
}
