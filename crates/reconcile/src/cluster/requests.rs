//! What pods ask of their nodes, and what nodes have: amounts of cpu, memory and other resources.

use super::pod;
use ecow::{EcoString, EcoVec};
use kube::{Object, Value, quantity};

/// An amount of each resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// CPU, in thousandths of a core.
    pub cpu: i64,
    /// Memory, in bytes.
    pub memory: i64,
    /// `ephemeral-storage`, in bytes.
    pub storage: i64,
    /// Devices, huge pages and whatever else a node offers, by name, in whole units.
    pub others: EcoVec<(EcoString, i64)>,
}

impl Requests {
    /// A resource list, such as a node's `allocatable`.
    #[must_use]
    pub fn of(list: &Value) -> Requests {
        let mut amounts = Requests::default();
        for (name, amount) in list.members() {
            amounts.put(name, amount);
        }
        amounts
    }

    fn put(&mut self, name: &EcoString, amount: &Value) {
        match name.as_str() {
            "cpu" => self.cpu = quantity::milli_of(amount),
            "memory" => self.memory = quantity::units_of(amount),
            "ephemeral-storage" => self.storage = quantity::units_of(amount),
            // How many pods it takes is not an amount that they ask for.
            "pods" => {}
            _ => *self.other_mut(name) = quantity::units_of(amount),
        }
    }

    /// The amount of a resource that has no field of its own.
    #[must_use]
    pub fn other(&self, name: &str) -> i64 {
        let found = self.others.iter().find(|(have, _)| have == name);
        found.map_or(0, |(_, amount)| *amount)
    }

    fn other_mut(&mut self, name: &EcoString) -> &mut i64 {
        let at = match self.others.iter().position(|(have, _)| have == name) {
            Some(at) => at,
            None => {
                self.others.push((name.clone(), 0));
                self.others.len() - 1
            }
        };
        &mut self.others.make_mut()[at].1
    }

    /// Adds `sign` times as much of each resource.
    pub fn add(&mut self, more: &Requests, sign: i64) {
        self.cpu += sign * more.cpu;
        self.memory += sign * more.memory;
        self.storage += sign * more.storage;
        for (name, amount) in &more.others {
            *self.other_mut(name) += sign * amount;
        }
    }

    /// Takes of each resource the greater amount.
    fn raise(&mut self, other: &Requests) {
        self.cpu = self.cpu.max(other.cpu);
        self.memory = self.memory.max(other.memory);
        self.storage = self.storage.max(other.storage);
        for (name, amount) in &other.others {
            let have = self.other_mut(name);
            *have = (*have).max(*amount);
        }
    }
}

/// What a pod requests.
#[must_use]
pub fn requests(pod: &Object) -> Requests {
    total(pod, false)
}

/// What a pod weighs when nodes are compared: what it requests, counting 100m of CPU and 200Mi of
/// memory for each container that says nothing (`pkg/scheduler/util/pod_resources.go`).
fn weight(pod: &Object) -> Requests {
    total(pod, true)
}

/// What a pod requests, and what it weighs.
#[must_use]
pub fn requests_and_weight(pod: &Object) -> (Requests, Requests) {
    let requests = requests(pod);
    let init = pod.spec().get("initContainers").items();
    let says = |container: &Value| {
        let list = container.at(&["resources", "requests"]);
        !list.get("cpu").is_null() && !list.get("memory").is_null()
    };
    // Most say both.
    let weight = match pod::containers(pod).iter().chain(init).all(says) {
        true => requests.clone(),
        false => weight(pod),
    };
    (requests, weight)
}

/// The containers run together, and beside them the sidecars; each init container runs alone, beside
/// the sidecars that were started before it (`k8s.io/component-helpers/resource`, PodRequests).
fn total(pod: &Object, assume: bool) -> Requests {
    let mut sum = Requests::default();
    for container in pod::containers(pod) {
        sum.add(&of_container(container, assume), 1);
    }
    let (mut sidecars, mut peak) = (Requests::default(), Requests::default());
    for container in pod.spec().get("initContainers").items() {
        let mut own = of_container(container, assume);
        if container.get("restartPolicy").text() == "Always" {
            sum.add(&own, 1);
            sidecars.add(&own, 1);
            peak.raise(&sidecars);
        } else {
            own.add(&sidecars, 1);
            peak.raise(&own);
        }
    }
    sum.raise(&peak);
    // What the pod says as a whole counts instead.
    let whole = pod.spec().at(&["resources", "requests"]);
    for (name, amount) in whole.members() {
        sum.put(name, amount);
    }
    sum.add(&Requests::of(pod.spec().get("overhead")), 1);
    sum
}

fn of_container(container: &Value, assume: bool) -> Requests {
    let list = container.at(&["resources", "requests"]);
    let mut requests = Requests::of(list);
    if assume && list.get("cpu").is_null() {
        requests.cpu = 100;
    }
    if assume && list.get("memory").is_null() {
        requests.memory = 200 << 20;
    }
    requests
}
