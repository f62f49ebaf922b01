//! Pods spread over zones, nodes and other parts of the cluster (`plugins/podtopologyspread`).

use super::cycle::{Candidate, Cycle, Refusal};
use super::node_affinity;
use super::node_facts::has_untolerated_taint;
use crate::cluster::nodes::{Group, Node, Nodes, Topology};
use kube::{Object, Store, Value, selector};
use lean::FlatMap;

/// What counts for pods that say nothing (`systemDefaultConstraints`): `topologyKey` and `maxSkew`,
/// never more than a preference.
const SYSTEM_DEFAULTS: [(Topology<'_>, i64); 2] = [(Topology::Hostname, 3), (Topology::Zone, 5)];

/// How the pods on nodes are spread now, for the constraints that must hold.
pub(super) struct Spread<'a>(Vec<(Constraint<'a>, Domains<'a>)>);

/// The pods that a constraint counts, by the value of its topology key.
type Domains<'a> = FlatMap<&'a str, i64>;

struct Constraint<'a> {
    topology: Topology<'a>,
    max_skew: i64,
    min_domains: usize,
    /// Which groups of pods it counts.
    counted: Vec<bool>,
    /// Whether it counts the pod itself.
    counts_self: bool,
    /// Whether it looks only at nodes that the pod asks for, and that it tolerates.
    honor_affinity: bool,
    honor_taints: bool,
}

impl Constraint<'_> {
    fn includes(&self, pod: &Object, node: &Node) -> bool {
        let tolerations = pod.spec().get("tolerations").items();
        (!self.honor_affinity || node_affinity::matches(pod, node))
            && (!self.honor_taints || !has_untolerated_taint(tolerations, node))
    }
}

fn has_all(node: &Node, constraints: &[Constraint<'_>]) -> bool {
    constraints
        .iter()
        .all(|it| !node.domain(it.topology).is_null())
}

impl<'a> Spread<'a> {
    pub fn new(store: &Store, nodes: &'a Nodes, pod: &'a Object) -> Spread<'a> {
        let constraints = constraints(store, nodes, pod, "DoNotSchedule");
        let mut all: Vec<Domains<'a>> = constraints.iter().map(|_| Domains::new()).collect();
        if !constraints.is_empty() {
            for node in nodes.list().iter().filter(|it| has_all(it, &constraints)) {
                for (constraint, domains) in constraints.iter().zip(&mut all) {
                    if constraint.includes(pod, node) {
                        let value = node.domain(constraint.topology).text();
                        *domains.entry(value).or_default() += node.count(&constraint.counted);
                    }
                }
            }
        }
        Spread(constraints.into_iter().zip(all).collect())
    }

    /// Whether no constraint must hold.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A pod may make its part of the cluster at most `maxSkew` pods fuller than the emptiest.
pub(super) fn filter(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    for (constraint, domains) in &cycle.spread.0 {
        let value = node.domain(constraint.topology);
        if value.is_null() {
            return Refusal::of_node(
                "node(s) didn't match pod topology spread constraints (missing required label)",
            );
        }
        let emptiest = domains.values().copied().min().unwrap_or(i64::MAX);
        let emptiest = match domains.len() < constraint.min_domains {
            true => 0,
            false => emptiest,
        };
        let here = domains.get(value.text()).copied().unwrap_or(0);
        let after = here + i64::from(constraint.counts_self);
        if after.saturating_sub(emptiest) > constraint.max_skew {
            return Refusal::of_pods("node(s) didn't match pod topology spread constraints");
        }
    }
    None
}

/// The constraints of a pod that have this `whenUnsatisfiable`.
fn constraints<'a>(
    store: &Store,
    nodes: &'a Nodes,
    pod: &'a Object,
    action: &str,
) -> Vec<Constraint<'a>> {
    let own = pod.spec().get("topologySpreadConstraints").items();
    if own.is_empty() && action == "ScheduleAnyway" {
        return defaults(store, nodes, pod);
    }
    let wanted = own
        .iter()
        .filter(|it| it.get("whenUnsatisfiable").text() == action);
    let is_choosy = node_affinity::is_constrained(pod);
    let constraint = |it: &'a Value| {
        let wanted = it.get("labelSelector");
        let keys = it.get("matchLabelKeys").items();
        let like_self = |labels: &Value| {
            selector::matches(wanted, labels)
                && keys.iter().all(|key| {
                    let own = pod.labels().get(key.text());
                    own.is_null() || labels.get(key.text()) == own
                })
        };
        let number = |field: &str| it.get(field).as_int().unwrap_or(1);
        Constraint {
            topology: Topology::of(it.get("topologyKey").text()),
            max_skew: number("maxSkew"),
            min_domains: usize::try_from(number("minDomains")).unwrap_or(1),
            counted: count(nodes, pod, &like_self),
            counts_self: like_self(pod.labels()),
            honor_affinity: is_choosy && it.get("nodeAffinityPolicy").text() != "Ignore",
            honor_taints: it.get("nodeTaintsPolicy").text() == "Honor",
        }
    };
    wanted.map(constraint).collect()
}

/// The groups in the pod's namespace whose labels match, without those that are on their way out.
fn count(nodes: &Nodes, pod: &Object, matches: &dyn Fn(&Value) -> bool) -> Vec<bool> {
    nodes.mark(&|group: &Group| {
        !group.terminating && group.namespace == pod.key.namespace && matches(&group.labels)
    })
}

/// The constraints of a pod that has none: it is spread from the pods of its Services and of its
/// ReplicaSet or the like (`plugins/helper/spread.go`, DefaultSelector).
fn defaults<'a>(store: &Store, nodes: &'a Nodes, pod: &Object) -> Vec<Constraint<'a>> {
    let services = store.list_in("Service", &pod.key.namespace);
    let mut of_services: Vec<&Value> = services
        .iter()
        .map(|service| service.spec().get("selector"))
        .collect();
    of_services.retain(|it| !it.is_null() && selector::matches_labels(it, pod.labels()));
    let owner = pod.controller_ref();
    let kind = owner.get("kind").text();
    let spreads = matches!(kind, "ReplicaSet" | "StatefulSet");
    let owner = spreads
        .then(|| store.get(&pod.key.sibling(kind, owner.get("name").to_text())))
        .flatten();
    let of_owner = owner.map_or(&Value::NULL, |owner| owner.spec().get("selector"));
    if of_services.is_empty() && of_owner.is_null() {
        return Vec::new();
    }
    let matches = |labels: &Value| {
        of_services
            .iter()
            .all(|it| selector::matches_labels(it, labels))
            && (of_owner.is_null() || selector::matches(of_owner, labels))
    };
    let counted = count(nodes, pod, &matches);
    let is_choosy = node_affinity::is_constrained(pod);
    let constraint = |(topology, max_skew)| Constraint {
        topology,
        max_skew,
        min_domains: 1,
        counted: counted.clone(),
        counts_self: true,
        honor_affinity: is_choosy,
        honor_taints: false,
    };
    SYSTEM_DEFAULTS.map(constraint).into()
}

/// Emptier parts of the cluster are better; with fewer parts, each pod weighs less.
pub(super) fn score(cycle: &Cycle<'_>, nodes: &[Candidate<'_>]) -> Option<Vec<i64>> {
    let constraints = constraints(cycle.store, cycle.nodes, cycle.pod, "ScheduleAnyway");
    if constraints.is_empty() {
        return None;
    }
    // A node without a zone can still spread its pods from other nodes', unless the pod itself
    // names what it is to be spread over.
    let own = cycle.pod.spec().get("topologySpreadConstraints");
    let need_all = !own.items().is_empty();
    let scored = |node: &Node| !need_all || has_all(node, &constraints);
    let sizes: Vec<Tally<'_>> = constraints
        .iter()
        .map(|constraint| {
            let candidates = nodes.iter().filter(|it| scored(it.node));
            tally(cycle, constraint, candidates, &scored)
        })
        .collect();
    let raw = |Candidate { node, .. }: &Candidate<'_>| {
        if !scored(node) {
            return None;
        }
        let mut sum = 0;
        for (constraint, tally) in constraints.iter().zip(&sizes) {
            let value = node.domain(constraint.topology);
            if value.is_null() {
                continue;
            }
            let pods = match constraint.topology {
                Topology::Hostname => node.count(&constraint.counted),
                _ => tally.pods.get(value.text()).copied().unwrap_or(0),
            };
            sum += pods * tally.weight;
            sum = sum.saturating_add((constraint.max_skew - 1).saturating_mul(ONE));
        }
        // To the nearest whole number.
        Some(sum.saturating_add(ONE / 2) / ONE)
    };
    let raw: Vec<Option<i64>> = nodes.iter().map(raw).collect();
    let max = raw.iter().flatten().copied().max().unwrap_or(0);
    let min = raw.iter().flatten().copied().min().unwrap_or(0);
    let normal = |raw: Option<i64>| match raw {
        None => 0,
        Some(_) if max == 0 => 100,
        Some(raw) => 100 * (max + min - raw) / max,
    };
    Some(raw.into_iter().map(normal).collect())
}

/// What a preference sees of the whole cluster.
struct Tally<'a> {
    /// The pods in each part of the cluster that has a candidate.
    pods: Domains<'a>,
    /// How much a pod weighs, in parts of [`ONE`].
    weight: i64,
}

fn tally<'a>(
    cycle: &Cycle<'_>,
    constraint: &Constraint<'_>,
    candidates: impl Iterator<Item = &'a Candidate<'a>>,
    scored: &dyn Fn(&Node) -> bool,
) -> Tally<'a> {
    if constraint.topology == Topology::Hostname {
        return Tally {
            pods: Domains::new(),
            weight: log(candidates.map(|it| it.number).sum::<usize>() + 2),
        };
    }
    let (mut pods, mut without) = (Domains::new(), false);
    for it in candidates {
        match it.node.domain(constraint.topology) {
            Value::Null => without = true,
            value => {
                pods.entry(value.text()).or_default();
            }
        }
    }
    let weight = log(pods.len() + usize::from(without) + 2);
    if !pods.is_empty() {
        for Candidate { node, number } in cycle.all() {
            if scored(node)
                && constraint.includes(cycle.pod, node)
                && let Some(pods) = pods.get_mut(node.domain(constraint.topology).text())
            {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                *pods += number * node.count(&constraint.counted);
            }
        }
    }
    Tally { pods, weight }
}

/// One, in the numbers with which logarithms are written.
const ONE: i64 = 1 << 32;

/// The natural logarithm of a number of at least 1, in parts of [`ONE`]. The real scheduler uses
/// floats for it; whole numbers give the same everywhere, and differ from them in the tenth digit.
fn log(number: usize) -> i64 {
    const LN_2: i128 = 2_977_044_472; // × 2⁻³²
    let whole = number.max(1).ilog2();
    // Squaring what is left, between 1 and 2, gives the binary logarithm bit by bit.
    let mut rest = ((number as u128) << 32) >> whole;
    let mut log = i64::from(whole) << 32;
    for bit in (0..32).rev() {
        rest = (rest * rest) >> 32;
        if rest >= 2 << 32 {
            rest >>= 1;
            log += 1 << bit;
        }
    }
    i64::try_from((i128::from(log) * LN_2) >> 32).unwrap_or(i64::MAX)
}

/// Whether a pod says itself what it is to be spread over.
pub(super) fn is_asked(pod: &Object) -> bool {
    let own = pod.spec().get("topologySpreadConstraints");
    !own.items().is_empty()
}

/// Whether it matters to a pod where other pods go.
pub(super) fn is_constrained(pod: &Object) -> bool {
    let own = pod.spec().get("topologySpreadConstraints").items();
    own.iter()
        .any(|it| it.get("whenUnsatisfiable").text() == "DoNotSchedule")
}

#[cfg(test)]
mod tests {
    use super::{ONE, log};

    #[test]
    fn logarithms_are_right_to_six_digits() {
        for (number, millionths) in [(1, 0), (2, 693_147), (3, 1_098_612), (102, 4_624_972)] {
            assert_eq!(log(number) * 1_000_000 / ONE, millionths, "{number}");
        }
    }
}
