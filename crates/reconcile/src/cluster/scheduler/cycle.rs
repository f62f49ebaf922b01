//! One look at one pod: which nodes can take it, and which of them is best
//! (`pkg/scheduler/schedule_one.go`).

use super::inter_pod_affinity::Neighbours;
use super::pod_topology_spread::Spread;
use super::{
    image_locality, inter_pod_affinity, node_affinity, node_facts, node_ports, node_resources,
    pod_topology_spread, volume_binding,
};
use crate::cluster::nodes::{HostPort, Node, Nodes, host_ports};
use crate::cluster::requests::{self, Requests};
use ecow::{EcoString, EcoVec};
use kube::{Object, Store, Value};
use std::borrow::Cow;

/// What a plugin may know: the pod, everything else, and what was worked out about both once for all
/// nodes.
pub(super) struct Cycle<'a> {
    pub store: &'a Store,
    pub nodes: &'a Nodes,
    pub pod: &'a Object,
    /// Its `spec.tolerations`.
    pub tolerations: &'a [Value],
    /// What it requests.
    pub requests: Requests,
    /// What it weighs when nodes are compared.
    pub weight: Requests,
    /// How many pods like it there may be where.
    pub spread: Spread<'a>,
    /// Which pods it must be near to, and from which it must keep away.
    pub neighbours: Neighbours<'a>,
    /// The ports that it takes on its node.
    pub ports: EcoVec<HostPort>,
    /// The filters that may refuse it a node.
    filters: Vec<Filter>,
    /// Whether nodes of one sort may differ to it.
    is_particular: bool,
}

/// Nodes that can take a pod and are alike to it.
pub(super) struct Candidate<'a> {
    /// The first of them.
    pub node: &'a Node,
    /// How many they are.
    pub number: usize,
}

/// Why a node cannot take a pod.
pub(super) struct Refusal {
    /// In the scheduler's words.
    pub reasons: Vec<EcoString>,
    /// Whether it might take it if other pods were gone.
    pub resolvable: bool,
}

impl Refusal {
    /// One that pods on the node may have to do with (`Unschedulable`).
    pub fn of_pods(reason: &str) -> Option<Refusal> {
        Some(Refusal {
            reasons: vec![reason.into()],
            resolvable: true,
        })
    }

    /// One that lies in the node (`UnschedulableAndUnresolvable`).
    pub fn of_node(reason: &str) -> Option<Refusal> {
        Some(Refusal {
            reasons: vec![reason.into()],
            resolvable: false,
        })
    }
}

/// A rule of the scheduler.
struct Plugin {
    /// Why no node at all can take the pod.
    pre_filter: Option<fn(&Cycle<'_>) -> Option<EcoString>>,
    /// Whether the filter has anything to ask for this pod. One that has not is left out for all nodes
    /// (PreFilter's status Skip).
    concerns: fn(&Cycle<'_>) -> bool,
    /// Whether it tells nodes of one sort apart for this pod, by their names or labels.
    particular: fn(&Cycle<'_>) -> bool,
    /// Why a node cannot take it.
    filter: Option<Filter>,
    /// How good each node is, from 0 to 100, and how much that counts; none where it makes no
    /// difference.
    score: Option<(i64, Score)>,
}

type Filter = fn(&Cycle<'_>, &Node) -> Option<Refusal>;
type Score = fn(&Cycle<'_>, &[Candidate<'_>]) -> Option<Vec<i64>>;

const NONE: Plugin = Plugin {
    pre_filter: None,
    concerns: |_| true,
    particular: |_| false,
    filter: None,
    score: None,
};

/// The plugins that every scheduler has, in its order and with its weights
/// (`pkg/scheduler/apis/config/v1/default_plugins.go`).
const PLUGINS: &[Plugin] = &[
    // NodeAffinity's PreFilter
    Plugin {
        concerns: |cycle| node_affinity::named(cycle.pod).is_some(),
        filter: Some(node_affinity::filter_named),
        ..NONE
    },
    // NodeUnschedulable
    Plugin {
        filter: Some(node_facts::unschedulable),
        ..NONE
    },
    // TaintToleration
    Plugin {
        filter: Some(node_facts::taints),
        score: Some((3, node_facts::score_taints)),
        ..NONE
    },
    // NodeAffinity
    Plugin {
        concerns: |cycle| node_affinity::is_constrained(cycle.pod),
        particular: |cycle| node_affinity::is_asked(cycle.pod),
        filter: Some(node_affinity::filter),
        score: Some((2, node_affinity::score)),
        ..NONE
    },
    // NodePorts
    Plugin {
        concerns: |cycle| !cycle.ports.is_empty(),
        filter: Some(node_ports::filter),
        ..NONE
    },
    // NodeResourcesFit
    Plugin {
        filter: Some(node_resources::fit),
        score: Some((1, node_resources::least_allocated)),
        ..NONE
    },
    // VolumeBinding
    Plugin {
        pre_filter: Some(volume_binding::pre_filter),
        concerns: volume_binding::concerns,
        particular: volume_binding::concerns,
        filter: Some(volume_binding::filter),
        ..NONE
    },
    // PodTopologySpread
    Plugin {
        concerns: |cycle| !cycle.spread.is_empty(),
        particular: |cycle| pod_topology_spread::is_asked(cycle.pod),
        filter: Some(pod_topology_spread::filter),
        score: Some((2, pod_topology_spread::score)),
        ..NONE
    },
    // InterPodAffinity
    Plugin {
        concerns: |cycle| !cycle.neighbours.is_empty(),
        particular: |cycle| inter_pod_affinity::is_asked(cycle.pod, cycle.nodes),
        filter: Some(inter_pod_affinity::filter),
        score: Some((2, inter_pod_affinity::score)),
        ..NONE
    },
    // NodeResourcesBalancedAllocation
    Plugin {
        score: Some((1, node_resources::balanced_allocation)),
        ..NONE
    },
    // ImageLocality
    Plugin {
        score: Some((1, image_locality::score)),
        ..NONE
    },
];

impl<'a> Cycle<'a> {
    /// Looks at a pod that has no node, among these nodes.
    pub fn new(store: &'a Store, nodes: &'a Nodes, pod: &'a Object) -> Cycle<'a> {
        let (requests, weight) = requests::requests_and_weight(pod);
        let mut cycle = Cycle {
            store,
            nodes,
            pod,
            tolerations: pod.spec().get("tolerations").items(),
            requests,
            weight,
            spread: Spread::new(store, nodes, pod),
            neighbours: Neighbours::new(store, nodes, pod),
            ports: host_ports(pod),
            filters: Vec::new(),
            is_particular: false,
        };
        let plugins = PLUGINS.iter().filter(|plugin| (plugin.concerns)(&cycle));
        cycle.filters = plugins.filter_map(|plugin| plugin.filter).collect();
        cycle.is_particular = PLUGINS.iter().any(|plugin| (plugin.particular)(&cycle));
        cycle
    }

    /// Why no node at all can take the pod.
    pub fn rejection(&self) -> Option<EcoString> {
        let mut checks = PLUGINS.iter().filter_map(|plugin| plugin.pre_filter);
        checks.find_map(|check| check(self))
    }

    /// Why the node at a place of the list cannot take the pod: the first plugin that says so.
    pub fn refusal(&self, at: usize) -> Option<Refusal> {
        let node = &self.nodes.list()[at];
        self.filters.iter().find_map(|filter| filter(self, node))
    }

    /// A number for each node of the list, which is the same for nodes that are alike to this pod.
    pub fn sorts(&self) -> Cow<'a, [u32]> {
        match self.is_particular {
            true => Cow::Owned(self.places()),
            false => Cow::Borrowed(self.nodes.sorts()),
        }
    }

    /// The same where each node is looked at by itself.
    pub fn places(&self) -> Vec<u32> {
        (0..).take(self.nodes.list().len()).collect()
    }

    /// All nodes, those that are alike to the pod as one.
    pub fn all(&self) -> Vec<Candidate<'a>> {
        let candidate = |(node, number)| Candidate { node, number };
        match self.is_particular {
            true => {
                let nodes = self.nodes.list().iter();
                nodes.map(|node| candidate((&**node, 1))).collect()
            }
            false => self.nodes.alike().map(candidate).collect(),
        }
    }

    /// The best of several nodes; of equal ones the first.
    pub fn best(&self, nodes: &[Candidate<'a>]) -> Option<&'a Node> {
        if let [one] = nodes {
            return Some(one.node);
        }
        let mut totals = vec![0; nodes.len()];
        for (weight, score) in PLUGINS.iter().filter_map(|plugin| plugin.score) {
            let scores = score(self, nodes).unwrap_or_default();
            for (total, score) in totals.iter_mut().zip(scores) {
                *total += weight * score;
            }
        }
        let best = totals.iter().copied().max()?;
        let at = totals.iter().position(|total| *total == best)?;
        Some(nodes[at].node)
    }
}

/// Scores as parts of the greatest one, from 0 to 100; the other way round where little is good
/// (`plugins/helper/normalize_score.go`, DefaultNormalizeScore).
pub(super) fn normalize(mut scores: Vec<i64>, reverse: bool) -> Vec<i64> {
    let max = scores.iter().copied().max().unwrap_or(0);
    for score in &mut scores {
        *score = match (max, reverse) {
            (0, true) => 100,
            (0, false) => 0,
            (_, true) => 100 - 100 * *score / max,
            (_, false) => 100 * *score / max,
        };
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::feasible;
    use crate::trace::Note;
    use crate::{Settings, World};
    use kube::api::Verb;
    use kube::{Key, map};

    fn create(world: &mut World, object: Value) {
        let key = Key::of(&object);
        let made = world.request(
            "test",
            key,
            "",
            Verb::Create(object),
            Note::detail("", "", ""),
        );
        assert!(made.is_ok(), "{made:?}");
    }

    /// Nodes of a few sizes in two zones, of which some would rather have no pods.
    fn node(number: usize) -> Value {
        let zone = ["a", "b"][number % 2];
        let labels = map! {
            "kubernetes.io/hostname" => format!("n{number}"),
            "topology.kubernetes.io/zone" => zone,
        };
        let taint = map! { "key" => "old", "effect" => "PreferNoSchedule" };
        let taints = vec![taint; usize::from(number.is_multiple_of(7))];
        let image = map! { "names" => vec![Value::from("shop:1")], "sizeBytes" => 400 << 20 };
        let images = vec![image; usize::from(number.is_multiple_of(5))];
        map! {
            "apiVersion" => "v1",
            "kind" => "Node",
            "metadata" => map! { "name" => format!("n{number}"), "labels" => labels },
            "spec" => map! { "taints" => taints, "unschedulable" => number == 3 },
            "status" => map! {
                "allocatable" => map! { "cpu" => format!("{}", 1 + number % 3), "memory" => "4Gi", "pods" => 8 },
                "images" => images,
            },
        }
    }

    fn pod(number: usize) -> Value {
        let requests = map! { "cpu" => format!("{}m", 100 * (number % 4)), "memory" => "128Mi" };
        let port = map! { "containerPort" => 80, "hostPort" => 80 };
        let ports = vec![port; usize::from(number.is_multiple_of(9))];
        let container = map! {
            "name" => "main",
            "image" => "shop:1",
            "ports" => ports,
            "resources" => map! { "requests" => requests },
        };
        map! {
            "apiVersion" => "v1",
            "kind" => "Pod",
            "metadata" => map! {
                "name" => format!("p{number}"),
                "namespace" => "default",
                "labels" => map! { "app" => ["shop", "cart"][number % 2] },
            },
            "spec" => map! { "containers" => vec![container] },
        }
    }

    /// A cluster fills up until pods find no node; at each step the sorts give what all nodes would, looked
    /// at one by one.
    #[test]
    fn sorts_of_nodes_say_the_same_as_the_nodes() {
        let settings = Settings {
            kubelets: false,
            ..Settings::default()
        };
        let mut world = World::new(1, settings);
        (0..120).for_each(|number| create(&mut world, node(number)));
        create(
            &mut world,
            map! {
                "apiVersion" => "v1",
                "kind" => "Service",
                "metadata" => map! { "name" => "shop", "namespace" => "default" },
                "spec" => map! {
                    "selector" => map! { "app" => "shop" },
                    "ports" => vec![map! { "port" => 80 }],
                },
            },
        );
        let mut refused = 0;
        for number in 0..1_100 {
            create(&mut world, pod(number));
            if number % 50 > 3 {
                world.run_until(world.now() + 100);
                continue;
            }
            let key = Key::new("Pod", "default", format!("p{number}"));
            let pod = world.store.get(&key).cloned().unwrap();
            let [one, other] = [false, true].map(|is_particular| {
                let mut cycle = Cycle::new(&world.store, &world.nodes, &pod);
                assert!(!cycle.is_particular);
                cycle.is_particular = is_particular;
                let (places, refusals) = feasible(&cycle, None);
                let number: usize = places.iter().map(|it| it.number).sum();
                let refusals = refusals
                    .into_iter()
                    .map(|(at, it)| (at, it.reasons.clone()));
                let best = cycle.best(&places).map(|node| node.name.clone());
                (best, number, refusals.collect::<Vec<_>>())
            });
            assert_eq!(one, other, "{key}");
            refused += usize::from(one.0.is_none());
            world.run_until(world.now() + 100);
        }
        assert!(refused > 0, "it never was full");
    }
}
