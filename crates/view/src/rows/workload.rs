//! Deployments with their ReplicaSets and pods, and the nodes they are on.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::{Millis, Tint};

/// A Deployment: what is wanted beside what is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentRow {
    /// Its namespace.
    pub namespace: EcoString,
    /// Its name.
    pub name: EcoString,
    /// `spec.replicas`: how many pods are wanted.
    pub desired: u32,
    /// Pods there are.
    pub current: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// How many pods there may be at most during an update.
    pub most: u32,
    /// How many must stay available during an update.
    pub least: u32,
    /// `RollingUpdate` or `Recreate`.
    pub strategy: EcoString,
    /// What is being worked off, in one sentence: `1 pod of the new template to go`; empty when
    /// current state equals desired state.
    pub difference: EcoString,
    /// Conditions as `kubectl describe` lists them.
    pub conditions: Vec<ConditionRow>,
    /// Its ReplicaSets by revision, oldest first; those without pods included.
    pub sets: Vec<ReplicaSetRow>,
}

/// A condition of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConditionRow {
    /// `Available`, `Progressing`…
    pub kind: EcoString,
    /// `True`, `False` or `Unknown`.
    pub status: EcoString,
    /// `NewReplicaSetAvailable`…
    pub reason: EcoString,
    /// The sentence Kubernetes gives.
    pub message: EcoString,
}

/// A ReplicaSet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicaSetRow {
    /// Its name.
    pub name: EcoString,
    /// The pod-template hash, the end of its name.
    pub hash: EcoString,
    /// The Deployment's revision it belongs to.
    pub revision: u32,
    /// Whether its template is the Deployment's of this moment.
    pub newest: bool,
    /// The image of its first container.
    pub image: EcoString,
    /// The commit that image was built from, or that changed the template.
    pub tint: Option<Tint>,
    /// `spec.replicas`
    pub desired: u32,
    /// Pods there are, terminating ones not counted.
    pub current: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Its pods, oldest first, terminating ones included.
    pub pods: Vec<PodRow>,
}

/// What a pod looks like: its form is its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PodForm {
    /// No node yet.
    Pending,
    /// On a node; the image is being pulled or the container created.
    Creating,
    /// The container runs, but is not ready.
    Running,
    /// Ready: gets traffic.
    Ready,
    /// Was asked to stop and is finishing.
    Terminating,
    /// Crashed, killed, or cannot start.
    Failed,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PodRow {
    /// Its uid: the same shape on the page as long as this is the same.
    pub uid: EcoString,
    /// Its name.
    pub name: EcoString,
    /// What it looks like.
    pub form: PodForm,
    /// The STATUS column of `kubectl get pods`: `Running`, `ContainerCreating`, `OOMKilled`…
    pub status: EcoString,
    /// The READY column: `1/1`.
    pub ready: EcoString,
    /// How often its containers were started again.
    pub restarts: u32,
    /// Its node; empty while it has none.
    pub node: EcoString,
    /// Its address; empty while it has none.
    pub ip: EcoString,
    /// When it was created.
    pub created: Millis,
    /// CPU that its containers use, and may use, in thousandths of a core; 0 if that is not limited.
    pub cpu: (u64, u64),
    /// Memory that its containers use, and may use, in bytes; 0 if that is not limited.
    pub memory: (u64, u64),
    /// The commit of the image that really runs in it (its digest decides, not its tag).
    pub tint: Option<Tint>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    /// Its name.
    pub name: EcoString,
    /// CPU there is for pods, in thousandths of a core.
    pub cpu_allocatable: u64,
    /// CPU that its pods request.
    pub cpu_requested: u64,
    /// Memory there is for pods, in MiB.
    pub memory_allocatable: u64,
    /// Memory that its pods request.
    pub memory_requested: u64,
    /// The uids of its pods, oldest first.
    pub pods: Vec<EcoString>,
}
