//! How full the nodes are: what the scheduler keeps in its cache.

mod sorts;

use super::pod;
use super::requests::{self, Requests};
use super::scheduler::balance;
use ecow::{EcoString, EcoVec};
use kube::{Change, ChangeKind, Object, Store, Value, quantity};
use lean::SharedMap;
use sorts::Sorts;
use std::rc::Rc;

/// By which label a cluster is parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology<'a> {
    /// `kubernetes.io/hostname`
    Hostname,
    /// `topology.kubernetes.io/zone`
    Zone,
    /// Another label.
    Label(&'a str),
}

const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

impl<'a> Topology<'a> {
    /// The one with this `topologyKey`.
    #[must_use]
    pub fn of(key: &'a str) -> Topology<'a> {
        match key {
            HOSTNAME => Topology::Hostname,
            ZONE => Topology::Zone,
            _ => Topology::Label(key),
        }
    }
}

/// A node, and what the pods on it request. What the scheduler asks of every node for every pod is at hand
/// here.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: EcoString,
    /// The object itself: its labels, taints and images.
    pub object: Rc<Object>,
    /// Its label `kubernetes.io/hostname`.
    hostname: Value,
    /// Its label `topology.kubernetes.io/zone`.
    zone: Value,
    /// `spec.unschedulable`
    pub unschedulable: bool,
    /// `spec.taints`
    taints: Value,
    /// `status.images`
    pub images: Value,
    /// What it has for pods.
    pub allocatable: Requests,
    /// How many pods it takes.
    pub pods_max: i64,
    /// What its pods request.
    pub requested: Requests,
    /// What its pods weigh when nodes are compared.
    pub weight: Requests,
    /// How many pods it has.
    pub pods: i64,
    /// How equal the requested shares of its cpu and memory are.
    pub balance: i64,
    /// How many pods of each group it has: a group's place in [`Nodes::groups`], and a number.
    pub groups: EcoVec<(usize, i64)>,
}

impl Node {
    /// A label; null if it is not there.
    #[must_use]
    pub fn label(&self, key: &str) -> &Value {
        self.object.labels().get(key)
    }

    /// Its part of the cluster; null if it is in none.
    #[must_use]
    pub fn domain(&self, topology: Topology<'_>) -> &Value {
        match topology {
            Topology::Hostname => &self.hostname,
            Topology::Zone => &self.zone,
            Topology::Label(key) => self.label(key),
        }
    }

    /// `spec.taints`
    #[must_use]
    pub fn taints(&self) -> &[Value] {
        self.taints.items()
    }

    fn rebalance(&mut self) {
        let (all, used) = (&self.allocatable, &self.requested);
        self.balance = balance((used.cpu, all.cpu), (used.memory, all.memory));
    }

    /// A group has so many pods more here.
    fn join(&mut self, group: usize, pods: i64) {
        match self.groups.iter().position(|(have, _)| *have == group) {
            None => self.groups.push((group, pods)),
            Some(at) if self.groups[at].1 + pods == 0 => {
                self.groups.remove(at);
            }
            Some(at) => self.groups.make_mut()[at].1 += pods,
        }
    }

    /// How many of its pods belong to the groups that are marked.
    #[must_use]
    pub fn count(&self, marked: &[bool]) -> i64 {
        let of = |(group, pods): &(usize, i64)| if marked[*group] { *pods } else { 0 };
        self.groups.iter().map(of).sum()
    }
}

/// Pods on nodes that are alike in all that decides where other pods go. There are few: the pods of
/// one ReplicaSet are one group, so that whoever selects pods looks at their labels once.
#[derive(Clone, Debug)]
pub struct Group {
    /// `metadata.namespace`
    pub namespace: EcoString,
    /// `metadata.labels`
    pub labels: Value,
    /// `spec.affinity`
    pub affinity: Value,
    /// The ports that they take on their node.
    pub ports: EcoVec<HostPort>,
    /// Whether they are being deleted.
    pub terminating: bool,
    /// How many they are on all nodes.
    members: i64,
    /// What they have in common, as one text.
    key: EcoString,
}

/// A port that a container takes on its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: EcoString,
    /// The address; `0.0.0.0` for all.
    pub ip: EcoString,
    /// The number.
    pub port: i64,
}

/// All nodes, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    list: EcoVec<Rc<Node>>,
    sorts: Sorts,
    groups: EcoVec<Group>,
    /// The place of each group that has members, by what its members have in common.
    places: SharedMap<EcoString, usize>,
    bound: usize,
}

impl Nodes {
    /// The nodes, by name.
    #[must_use]
    pub fn list(&self) -> &[Rc<Node>] {
        &self.list
    }

    /// The sort of each node of the list, by a number. Nodes of one sort differ in their names and labels
    /// alone, and in no label by which all pods are spread.
    #[must_use]
    pub fn sorts(&self) -> &[u32] {
        self.sorts.of()
    }

    /// How many numbers there are for sorts: each is less.
    #[must_use]
    pub fn sort_numbers(&self) -> usize {
        self.sorts.len()
    }

    /// One node of each sort, and how many they are.
    pub fn alike(&self) -> impl Iterator<Item = (&Node, usize)> {
        self.sorts.iter()
    }

    /// The groups of pods. Some may have no members left.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many pods were put on nodes so far.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.bound
    }

    /// Which groups a test picks; those without members are not asked.
    pub fn mark(&self, test: &dyn Fn(&Group) -> bool) -> Vec<bool> {
        let groups = self.groups.iter();
        groups
            .map(|group| group.members > 0 && test(group))
            .collect()
    }

    /// The place of a node in the list.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.search(name).ok()
    }

    fn search(&self, name: &str) -> Result<usize, usize> {
        self.list
            .binary_search_by(|node| node.name.as_str().cmp(name))
    }

    /// Counts a pod on a node as come (`sign` 1) or gone (-1).
    pub fn count(&mut self, at: usize, pod: &Object, sign: i64) {
        let group = self.group(pod, sign);
        let (requests, weight) = requests::requests_and_weight(pod);
        self.change(at, |node| {
            node.pods += sign;
            node.requested.add(&requests, sign);
            node.weight.add(&weight, sign);
            node.rebalance();
            node.join(group, sign);
        });
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Node)) {
        self.sorts.leave(at);
        let node = &mut self.list.make_mut()[at];
        change(Rc::make_mut(node));
        self.sorts.join(at, node);
    }

    /// A pod that stays on its node goes from one group to another: it asks for what it did before.
    fn regroup(&mut self, at: usize, before: &Object, after: &Object) {
        let changes = [(before, -1), (after, 1)].map(|(pod, sign)| (self.group(pod, sign), sign));
        self.change(at, |node| {
            for (group, sign) in changes {
                node.join(group, sign);
            }
        });
    }

    /// The group of a pod, with one member more or less.
    fn group(&mut self, pod: &Object, sign: i64) -> usize {
        let key = group_key(pod);
        let found = self.places.get(&key).copied();
        let at = found.unwrap_or_else(|| {
            let group = Group {
                namespace: pod.key.namespace.clone(),
                labels: pod.labels().clone(),
                affinity: pod.spec().get("affinity").clone(),
                ports: host_ports(pod),
                terminating: pod.meta.deleted.is_some(),
                members: 0,
                key: key.clone(),
            };
            let at = match self.groups.iter().position(|group| group.members == 0) {
                Some(at) => {
                    self.groups.make_mut()[at] = group;
                    at
                }
                None => {
                    self.groups.push(group);
                    self.groups.len() - 1
                }
            };
            self.places.insert(key, at);
            at
        });
        self.join(at, sign);
        at
    }

    /// A group gets so many members more.
    fn join(&mut self, at: usize, members: i64) {
        let group = &mut self.groups.make_mut()[at];
        group.members += members;
        if group.members == 0 {
            self.places.remove(&group.key);
        }
    }
}

/// The ports that a pod takes on its node.
#[must_use]
pub fn host_ports(pod: &Object) -> EcoVec<HostPort> {
    let sidecars = pod.spec().get("initContainers").items().iter();
    let sidecars = sidecars.filter(|it| it.get("restartPolicy").text() == "Always");
    let mut ports = EcoVec::new();
    for container in pod::containers(pod).iter().chain(sidecars) {
        for port in container.get("ports").items() {
            let number = port.get("hostPort").as_int().unwrap_or(0);
            if number <= 0 {
                continue;
            }
            let or = |text: &Value, default: &str| match text.text() {
                "" => default.into(),
                _ => text.to_text(),
            };
            ports.push(HostPort {
                protocol: or(port.get("protocol"), "TCP"),
                ip: or(port.get("hostIP"), "0.0.0.0"),
                port: number,
            });
        }
    }
    ports
}

/// What the members of a group have in common, as one text.
fn group_key(pod: &Object) -> EcoString {
    let mut key = pod.key.namespace.clone();
    key.push(if pod.meta.deleted.is_some() { '-' } else { '+' });
    for (name, value) in pod.labels().members() {
        for part in [name.as_str(), "=", value.text(), ","] {
            key.push_str(part);
        }
    }
    for port in host_ports(pod) {
        key.push_str(&ecow::eco_format!(
            "{}:{}:{},",
            port.protocol,
            port.ip,
            port.port
        ));
    }
    let affinity = pod.spec().get("affinity");
    if !affinity.is_null() {
        key.push_str(&yaml::encode(affinity));
    }
    key
}

/// Keeps count of a change.
pub(crate) fn observe(nodes: &mut Nodes, store: &Store, change: &Change) {
    match change.new.key.kind.as_str() {
        "Node" => observe_node(nodes, store, change),
        "Pod" => {
            let gone = change.kind == ChangeKind::Deleted;
            let before = change.old.as_deref().filter(|pod| holds(pod));
            let after = Some(&*change.new).filter(|pod| !gone && holds(pod));
            if let (Some(before), Some(after)) = (before, after)
                && before.spec() == after.spec()
            {
                let is_same_group = before.labels() == after.labels()
                    && before.meta.deleted.is_some() == after.meta.deleted.is_some();
                if !is_same_group && let Some(at) = nodes.position(pod::node(after)) {
                    nodes.regroup(at, before, after);
                }
                return;
            }
            for (pod, sign) in [(before, -1), (after, 1)] {
                if let Some(pod) = pod
                    && let Some(at) = nodes.position(pod::node(pod))
                {
                    nodes.count(at, pod, sign);
                }
            }
            nodes.bound += usize::from(before.is_none() && after.is_some());
        }
        _ => {}
    }
}

/// Whether a pod takes room on a node.
fn holds(pod: &Object) -> bool {
    !pod::node(pod).is_empty() && !pod::has_ended(pod)
}

fn observe_node(nodes: &mut Nodes, store: &Store, change: &Change) {
    let object = &change.new;
    let at = nodes.search(&object.key.name);
    if change.kind == ChangeKind::Deleted {
        if let Ok(at) = at {
            let gone = nodes.list.remove(at);
            nodes.sorts.remove(at);
            for (group, pods) in gone.groups.clone() {
                nodes.join(group, -pods);
            }
        }
        return;
    }
    let allocatable = object.status().get("allocatable");
    let mut node = Node {
        name: object.key.name.clone(),
        object: object.clone(),
        hostname: object.labels().get(HOSTNAME).clone(),
        zone: object.labels().get(ZONE).clone(),
        unschedulable: object.spec().get("unschedulable").as_bool() == Some(true),
        taints: object.spec().get("taints").clone(),
        images: object.status().get("images").clone(),
        allocatable: Requests::of(allocatable),
        pods_max: quantity::units_of(allocatable.get("pods")),
        requested: Requests::default(),
        weight: Requests::default(),
        pods: 0,
        balance: 0,
        groups: EcoVec::new(),
    };
    match at {
        Ok(at) => {
            let old = &mut nodes.list.make_mut()[at];
            (node.requested, node.weight) = (old.requested.clone(), old.weight.clone());
            (node.pods, node.groups) = (old.pods, old.groups.clone());
            node.rebalance();
            *old = Rc::new(node);
            nodes.sorts.leave(at);
            nodes.sorts.join(at, old);
        }
        Err(at) => {
            node.rebalance();
            let node = Rc::new(node);
            nodes.sorts.insert(at, &node);
            nodes.list.insert(at, node);
            // Pods may have been bound to it before it was there.
            for pod in store.pods_on(&object.key.name).filter(|pod| holds(pod)) {
                nodes.count(at, pod, 1);
            }
        }
    }
}
