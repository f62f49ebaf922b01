//! Services, callers, and what they got of each other, second by second.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::{Millis, Tint};

/// A Service and the load on it at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceRow {
    /// Its namespace.
    pub namespace: EcoString,
    /// Its name.
    pub name: EcoString,
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    pub kind: EcoString,
    /// Where it is reached: its address inside of the cluster, and after a comma the one outside.
    pub address: EcoString,
    /// Requests per second at this moment.
    pub per_second: u32,
    /// Requests that were answered, and that failed, since the beginning.
    pub total: (u64, u64),
    /// Why requests failed in the last second, in a client's words, and how many.
    pub causes: Vec<(EcoString, u32)>,
    /// The median, the 95th and the 99th percentile of the answers' latencies in the last second, in
    /// milliseconds.
    pub latency: [u32; 3],
    /// Its endpoints, as its EndpointSlices have them.
    pub endpoints: Vec<EndpointRow>,
    /// Who sends its requests to them.
    pub senders: Vec<SenderRow>,
}

/// An endpoint of a Service: what the API server has of it, and who acts on that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointRow {
    /// The pod's uid; empty for one that is no pod.
    pub pod: EcoString,
    /// Its address.
    pub address: EcoString,
    /// Its conditions `ready`, `serving` and `terminating`.
    pub ready: bool,
    /// It still answers, if it is asked to stop.
    pub serving: bool,
    /// It is asked to stop.
    pub terminating: bool,
    /// Who sends requests there at this moment: the bit of each of [`ServiceRow::senders`], by its place.
    pub sent_by: u16,
}

/// Who sends a Service's requests to its endpoints: a node's kube-proxy, the Ingress controller, DNS. Each
/// hears of a change in its own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderRow {
    /// `node-a`, `ingress controller`, `cluster DNS`.
    pub name: EcoString,
    /// Whether it knows all that the API server has.
    pub is_current: bool,
}

/// Somebody outside of the pods who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerRow {
    /// Whom: a Service, or a host of an Ingress, with the path.
    pub target: EcoString,
    /// Requests per second at this moment.
    pub per_second: u32,
    /// Requests that were answered, and that failed, since the beginning.
    pub total: (u64, u64),
    /// The share that is to be answered, in ten-thousandths: the service level objective.
    pub objective: u32,
    /// How much of the failures that the objective allows were used up so far, in hundredths.
    pub budget_used: u32,
}

/// One second of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSecond {
    /// Its name.
    pub name: EcoString,
    /// Requests that were answered, by the commit whose pods answered; in commit order.
    pub answered: Vec<(Tint, u32)>,
    /// Requests that failed.
    pub failed: u32,
    /// The median, the 95th and the 99th percentile of the answers' latencies, in milliseconds.
    pub latency: [u32; 3],
    /// What the containers use that its requests reach, those of each commit together.
    pub usage: Vec<UsageSecond>,
}

/// What the containers of one commit that a Service's requests reach use at the end of a second.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageSecond {
    /// The commit.
    pub tint: Tint,
    /// How many containers.
    pub containers: u32,
    /// CPU, in thousandths of a core.
    pub cpu: Gauge,
    /// Memory, in MiB, rounded up.
    pub memory: Gauge,
}

/// What several containers use of something, and may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauge {
    /// Of all together, divided by their number.
    pub mean: u32,
    /// Of the one that uses most.
    pub most: u32,
    /// What one of them requests; 0 if nothing.
    pub request: u32,
    /// What one of them may use at most; 0 if it is not limited.
    pub limit: u32,
}

/// One second of traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// The end of that second.
    pub t: Millis,
    /// Requests that were answered, by the commit whose pods answered; in commit order.
    pub answered: Vec<(Tint, u32)>,
    /// Requests that failed.
    pub failed: u32,
    /// Why, in a client's words, and how many each.
    pub causes: Vec<(EcoString, u32)>,
    /// The median, the 95th and the 99th percentile of the answers' latencies, in milliseconds.
    pub latency: [u32; 3],
    /// Each Service that got requests, from outside or from other pods.
    pub services: Vec<ServiceSecond>,
    /// Of the wanted pods, how many were ready at its end: (ready, wanted).
    pub ready: (u32, u32),
}
