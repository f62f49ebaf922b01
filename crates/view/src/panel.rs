//! One object of the cluster, looked at closely.

use crate::{Millis, Progress};
use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// The name of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectRef {
    /// `Deployment`
    pub kind: EcoString,
    /// Empty for objects of the cluster.
    pub namespace: EcoString,
    /// Its name.
    pub name: EcoString,
}

impl ObjectRef {
    /// The object of a kind that is called so.
    #[must_use]
    pub fn new(kind: &str, namespace: &EcoString, name: &EcoString) -> Self {
        Self {
            kind: kind.into(),
            namespace: namespace.clone(),
            name: name.clone(),
        }
    }
}

/// What there is to know of an object at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectPanel {
    /// The object.
    pub object: ObjectRef,
    /// The moment.
    pub now: Millis,
    /// The object as `kubectl get -o yaml` prints it; empty if it does not exist at this moment.
    pub yaml: EcoString,
    /// What owns it, the nearest first: a pod's ReplicaSet, then its Deployment.
    pub owners: Vec<ObjectRef>,
    /// What it owns, the oldest first.
    pub owned: Vec<ObjectRef>,
    /// The entries about it up to this moment, the oldest first.
    pub entries: Vec<u32>,
    /// Of a pod: its containers, in the order in which they start.
    pub containers: Vec<ContainerRow>,
}

/// What a container is to its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContainerRole {
    /// One of `containers`.
    Main,
    /// One of `initContainers`, which runs to its end before the others start.
    Init,
    /// One of `initContainers` with `restartPolicy: Always`, which keeps running beside the others.
    Sidecar,
}

/// A container of a pod, as the pod's status has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContainerRow {
    /// Its name.
    pub name: EcoString,
    /// What it is to its pod.
    pub role: ContainerRole,
    /// How it does: done is one that is ready, or has ended as it should.
    pub progress: Progress,
    /// `Waiting`, `Running` or `Terminated`, as `kubectl describe` writes it.
    pub state: EcoString,
    /// Why it waits or has ended: `CrashLoopBackOff`, `Completed`; possibly empty.
    pub reason: EcoString,
    /// What is said beside the reason; possibly empty.
    pub message: EcoString,
    /// Since when it runs.
    pub since: Option<Millis>,
    /// How it ended, if it did.
    pub ended: Option<EndRow>,
    /// How the life before this one ended.
    pub last: Option<EndRow>,
    /// Whether it counts as ready.
    pub ready: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// The image, as written.
    pub image: EcoString,
    /// `sha256:…`, whole: what really runs; empty until it is pulled.
    pub digest: EcoString,
    /// CPU, in thousandths of a core.
    pub cpu: AmountRow,
    /// Memory, in bytes.
    pub memory: AmountRow,
    /// Its probes.
    pub probes: Vec<ProbeRow>,
}

/// How a life of a container ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndRow {
    /// `Completed`, `Error`, `OOMKilled`…
    pub reason: EcoString,
    /// The exit code of its process.
    pub exit: i64,
    /// When, to the second.
    pub at: Millis,
}

/// What a container uses of something, asks for, and may use at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountRow {
    /// At this moment.
    pub used: u64,
    /// `resources.requests`; 0 if nothing is asked for.
    pub request: u64,
    /// `resources.limits`; 0 if it is not limited.
    pub limit: u64,
}

/// A probe of a container, and what the kubelet has found by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRow {
    /// `Startup`, `Readiness` or `Liveness`.
    pub kind: EcoString,
    /// Whom it asks, as `kubectl describe` writes it: `http-get http://:8080/ready`.
    pub target: EcoString,
    /// When, and how often it takes: `delay=0s timeout=1s period=10s #success=1 #failure=3`.
    pub rhythm: EcoString,
    /// What it has found.
    pub standing: ProbeStanding,
    /// How often in a row the last answer came, and how often it must to count.
    pub in_a_row: (u32, u32),
}

/// How a probe stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProbeStanding {
    /// Nobody was asked yet.
    Waiting,
    /// It begins once the startup probe has succeeded.
    AwaitsStartup,
    /// It succeeded as often as it must.
    Passed,
    /// It succeeds, but not often enough yet.
    Passing,
    /// It fails, but not often enough yet.
    Failing,
    /// It failed so often that it counts.
    Failed,
}
