//! One object of the cluster, looked at closely.

use crate::Millis;
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
}
