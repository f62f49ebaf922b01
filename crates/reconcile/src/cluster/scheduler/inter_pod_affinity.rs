//! Pods that want to be near other pods, or away from them (`plugins/interpodaffinity`).

use super::cycle::{Candidate, Cycle, Refusal};
use crate::cluster::nodes::{Group, Node, Nodes};
use kube::{Key, Object, Store, Value, selector};
use lean::FlatMap;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
/// What it counts that a pod there requires to be near such pods as this one
/// (`hardPodAffinityWeight`).
const HARD_WEIGHT: i64 = 1;

/// Numbers for parts of the cluster: a topology key, and the value of that label.
type Parts<'a> = FlatMap<(&'a str, &'a str), i64>;

/// Whose term it is: what a term does not say, it takes from its pod.
struct Owner<'a> {
    namespace: &'a str,
    labels: &'a Value,
}

impl<'a> Owner<'a> {
    fn pod(pod: &'a Object) -> Owner<'a> {
        Owner {
            namespace: &pod.key.namespace,
            labels: pod.labels(),
        }
    }

    fn group(group: &'a Group) -> Owner<'a> {
        Owner {
            namespace: &group.namespace,
            labels: &group.labels,
        }
    }
}

/// Whether a `PodAffinityTerm` means a pod.
fn means(store: &Store, term: &Value, owner: &Owner<'_>, pod: &Owner<'_>) -> bool {
    let (names, of_labels) = (
        term.get("namespaces").items(),
        term.get("namespaceSelector"),
    );
    let in_namespace = match (names.is_empty(), of_labels.is_null()) {
        (true, true) => owner.namespace == pod.namespace,
        _ => {
            names.iter().any(|name| name.text() == pod.namespace)
                || (!of_labels.is_null() && {
                    let namespace = store.get(&Key::new("Namespace", "", pod.namespace));
                    selector::matches(of_labels, namespace.map_or(&Value::NULL, |it| it.labels()))
                })
        }
    };
    let same = |keys: &str, wanted: bool| {
        term.get(keys).items().iter().all(|key| {
            let own = owner.labels.get(key.text());
            own.is_null() || (pod.labels.get(key.text()) == own) == wanted
        })
    };
    in_namespace
        && selector::matches(term.get("labelSelector"), pod.labels)
        && same("matchLabelKeys", true)
        && same("mismatchLabelKeys", false)
}

fn terms<'a>(affinity: &'a Value, kind: &str, when: &str) -> &'a [Value] {
    affinity.get(kind).get(when).items()
}

/// Adds `weight` for each marked pod to the part of the cluster where it is.
fn tally<'a>(
    parts: &mut Parts<'a>,
    nodes: &'a Nodes,
    marked: &[bool],
    topology: &'a str,
    weight: i64,
) {
    if !marked.contains(&true) {
        return;
    }
    for node in nodes.list() {
        let (pods, value) = (node.count(marked), node.label(topology));
        if pods > 0 && !value.is_null() {
            *parts.entry((topology, value.text())).or_default() += weight * pods;
        }
    }
}

/// Marks one group.
fn only(nodes: &Nodes, group: usize) -> Vec<bool> {
    (0..nodes.groups().len()).map(|at| at == group).collect()
}

/// Where the pods are that must be near, or must not be.
pub(super) struct Neighbours<'a> {
    /// What the pod requires to be near to, and where there are such pods.
    near: &'a [Value],
    wanted: Parts<'a>,
    /// Whether it is itself what it requires to be near to.
    near_itself: bool,
    /// What it requires to be away from, and where there are such pods.
    away: &'a [Value],
    avoided: Parts<'a>,
    /// Where there are pods that require to be away from it.
    closed: Parts<'a>,
}

impl<'a> Neighbours<'a> {
    pub fn new(store: &Store, nodes: &'a Nodes, pod: &'a Object) -> Neighbours<'a> {
        let affinity = pod.spec().get("affinity");
        let owner = Owner::pod(pod);
        let mut all = Neighbours {
            near: terms(affinity, "podAffinity", REQUIRED),
            away: terms(affinity, "podAntiAffinity", REQUIRED),
            wanted: Parts::new(),
            avoided: Parts::new(),
            closed: Parts::new(),
            near_itself: false,
        };
        let means_all =
            |other: &Owner<'_>| all.near.iter().all(|it| means(store, it, &owner, other));
        if !all.near.is_empty() {
            all.near_itself = means_all(&owner);
            let marked = nodes.mark(&|group| means_all(&Owner::group(group)));
            for term in all.near {
                let topology = term.get("topologyKey").text();
                tally(&mut all.wanted, nodes, &marked, topology, 1);
            }
        }
        for term in all.away {
            let marked = nodes.mark(&|group| means(store, term, &owner, &Owner::group(group)));
            let topology = term.get("topologyKey").text();
            tally(&mut all.avoided, nodes, &marked, topology, 1);
        }
        for (at, group) in nodes.groups().iter().enumerate() {
            for term in terms(&group.affinity, "podAntiAffinity", REQUIRED) {
                if means(store, term, &Owner::group(group), &owner) {
                    let topology = term.get("topologyKey").text();
                    tally(&mut all.closed, nodes, &only(nodes, at), topology, 1);
                }
            }
        }
        all
    }

    /// Whether it does not matter which pods are where.
    pub fn is_empty(&self) -> bool {
        self.near.is_empty() && self.avoided.is_empty() && self.closed.is_empty()
    }

    fn near_enough(&self, node: &Node) -> bool {
        let label = |term: &Value| node.label(term.get("topologyKey").text()).text();
        let there = |term: &Value| !node.label(term.get("topologyKey").text()).is_null();
        if !self.near.iter().all(there) {
            return false;
        }
        let has = |term: &Value| {
            let part = (term.get("topologyKey").text(), label(term));
            self.wanted.get(&part).is_some_and(|pods| *pods > 0)
        };
        // The first of several pods that want to be near each other has to begin somewhere.
        self.near.iter().all(has) || (self.wanted.is_empty() && self.near_itself)
    }

    fn far_enough(&self, node: &Node) -> bool {
        !self.away.iter().any(|term| {
            let topology = term.get("topologyKey").text();
            let part = (topology, node.label(topology).text());
            self.avoided.get(&part).is_some_and(|pods| *pods > 0)
        })
    }

    fn is_open(&self, node: &Node) -> bool {
        self.closed.is_empty()
            || !node
                .object
                .labels()
                .members()
                .any(|(key, value)| self.closed.contains_key(&(key.as_str(), value.text())))
    }
}

/// All that must be near is near, and nothing that must not be.
pub(super) fn filter(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    let neighbours = &cycle.neighbours;
    if !neighbours.near_enough(node) {
        return Refusal::of_node("node(s) didn't match pod affinity rules");
    }
    if !neighbours.far_enough(node) {
        return Refusal::of_pods("node(s) didn't match pod anti-affinity rules");
    }
    if !neighbours.is_open(node) {
        return Refusal::of_pods("node(s) didn't satisfy existing pods anti-affinity rules");
    }
    None
}

/// The sum of the weights of all preferences that concern a node: the pod's own, and those of the
/// pods there.
pub(super) fn score(cycle: &Cycle<'_>, nodes: &[Candidate<'_>]) -> Option<Vec<i64>> {
    let (store, all) = (cycle.store, cycle.nodes);
    let pod = Owner::pod(cycle.pod);
    let mut parts = Parts::new();
    let own = cycle.pod.spec().get("affinity");
    for (kind, sign) in [("podAffinity", 1), ("podAntiAffinity", -1)] {
        for (weight, term) in weighted(own, kind) {
            let marked = all.mark(&|group| means(store, term, &pod, &Owner::group(group)));
            let topology = term.get("topologyKey").text();
            tally(&mut parts, all, &marked, topology, sign * weight);
        }
    }
    for (at, group) in all.groups().iter().enumerate() {
        let affinity = &group.affinity;
        if affinity.is_null() {
            continue;
        }
        let hard = terms(affinity, "podAffinity", REQUIRED);
        let hard = hard.iter().map(|term| (HARD_WEIGHT, term));
        let near = weighted(affinity, "podAffinity");
        let away = weighted(affinity, "podAntiAffinity").map(|(weight, term)| (-weight, term));
        for (weight, term) in hard.chain(near).chain(away) {
            if means(store, term, &Owner::group(group), &pod) {
                let topology = term.get("topologyKey").text();
                tally(&mut parts, all, &only(all, at), topology, weight);
            }
        }
    }
    if parts.is_empty() {
        return None;
    }
    let sum = |it: &Candidate<'_>| -> i64 {
        let labels = it.node.object.labels().members();
        labels
            .filter_map(|(key, value)| parts.get(&(key.as_str(), value.text())))
            .sum()
    };
    let sums: Vec<i64> = nodes.iter().map(sum).collect();
    let max = sums.iter().copied().max().unwrap_or(0);
    let min = sums.iter().copied().min().unwrap_or(0);
    let span = (max - min).max(1);
    Some(
        sums.into_iter()
            .map(|sum| 100 * (sum - min) / span)
            .collect(),
    )
}

fn weighted<'a>(
    affinity: &'a Value,
    kind: &str,
) -> impl Iterator<Item = (i64, &'a Value)> + use<'a> {
    terms(affinity, kind, PREFERRED).iter().map(|it| {
        let weight = it.get("weight").as_int().unwrap_or(0);
        (weight, it.get("podAffinityTerm"))
    })
}

/// Whether it matters to a pod where others are, or to others where it is.
pub(super) fn is_asked(pod: &Object, nodes: &Nodes) -> bool {
    let has_terms = |affinity: &Value| {
        let kinds = ["podAffinity", "podAntiAffinity"];
        kinds.iter().any(|kind| !affinity.get(kind).is_null())
    };
    let mut groups = nodes.groups().iter();
    has_terms(pod.spec().get("affinity")) || groups.any(|group| has_terms(&group.affinity))
}

/// Whether it matters to a pod where other pods go.
pub(super) fn is_constrained(pod: &Object) -> bool {
    let affinity = pod.spec().get("affinity");
    !terms(affinity, "podAffinity", REQUIRED).is_empty()
}
