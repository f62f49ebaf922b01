//! Objects: a value tree with its metadata decoded.

use crate::{Millis, Value, decimal, kind_info};
use ecow::{EcoString, eco_format};
use lean::{Bytes, Keyed, SortKey};
use std::cmp::Ordering;
use std::fmt;

/// The name of an object: what it is, where, and what it is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Key {
    /// `Pod`, `Deployment`…
    pub kind: EcoString,
    /// Empty for objects of the cluster.
    pub namespace: EcoString,
    /// The name; unique for its kind and namespace.
    pub name: EcoString,
}

impl Key {
    /// The key of an object.
    pub fn new(
        kind: impl Into<EcoString>,
        namespace: impl Into<EcoString>,
        name: impl Into<EcoString>,
    ) -> Key {
        Key {
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The key of another object in the same namespace.
    pub fn sibling(&self, kind: impl Into<EcoString>, name: impl Into<EcoString>) -> Key {
        Key {
            kind: kind.into(),
            namespace: self.namespace.clone(),
            name: name.into(),
        }
    }

    /// The key that an object's own fields give it.
    #[must_use]
    pub fn of(value: &Value) -> Key {
        let kind = value.get("kind").to_text();
        let namespaced = kind_info(&kind).is_none_or(|info| info.namespaced);
        let metadata = value.get("metadata");
        let namespace = match metadata.get("namespace").text() {
            _ if !namespaced => EcoString::new(),
            "" => "default".into(),
            name => name.into(),
        };
        Key {
            kind,
            namespace,
            name: metadata.get("name").to_text(),
        }
    }

    /// Its name with its kind and namespace: `Deployment/shop/order-service`, or `Namespace/shop`.
    #[must_use]
    pub fn path(&self) -> EcoString {
        match self.namespace.as_str() {
            "" => eco_format!("{self}"),
            namespace => eco_format!("{}/{namespace}/{}", self.kind, self.name),
        }
    }
}

impl Ord for Key {
    /// By kind, namespace and name.
    fn cmp(&self, other: &Key) -> Ordering {
        lean::compare(&self.kind, &other.kind)
            .then_with(|| lean::compare(&self.namespace, &other.namespace))
            .then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By kind, namespace and name.
impl SortKey for Key {
    fn append_to(&self, bytes: &mut Bytes) {
        for part in [&self.kind, &self.namespace, &self.name] {
            part.append_to(bytes);
        }
    }
}

impl fmt::Display for Key {
    /// `Deployment/order-service`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// What the lab asks of an object again and again, decoded once a write.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// `metadata.uid`
    pub uid: EcoString,
    /// `metadata.resourceVersion`
    pub version: u64,
    /// `metadata.generation`; 0 where it is not counted.
    pub generation: i64,
    /// When it was created, to the millisecond. (The timestamp in the object has whole seconds.)
    pub created: Millis,
    /// `metadata.deletionTimestamp`: when its grace period ends. None while nobody deleted it.
    pub deleted: Option<Millis>,
    /// The uid of the owner that is its controller; empty if it has none.
    pub controller: EcoString,
    /// The reference to that owner; null if it has none.
    pub owner: Value,
    /// `spec.nodeName`: the node that a pod is bound to.
    pub node: EcoString,
    /// `metadata.labels`
    pub labels: Value,
    /// `status.phase`, where there is one.
    pub phase: EcoString,
    /// Since when its condition Ready is True.
    pub ready: Option<Millis>,
    /// Whether its condition PodScheduled is False: no node has room for it.
    pub unschedulable: bool,
    /// The annotation `controller.kubernetes.io/pod-deletion-cost`; 0 where it is no number.
    pub deletion_cost: i32,
}

/// An object as it is stored. The value holds every field that it was given, known or not.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its name.
    pub key: Key,
    /// Its decoded metadata.
    pub meta: Meta,
    /// All of it.
    pub value: Value,
}

impl Keyed for Object {
    type Key = Key;

    fn key(&self) -> &Key {
        &self.key
    }
}

impl Object {
    /// `spec`
    #[must_use]
    pub fn spec(&self) -> &Value {
        // Most objects have apiVersion, kind and metadata before it, and the status after it.
        self.value.get_near(3, "spec")
    }

    /// `status`
    #[must_use]
    pub fn status(&self) -> &Value {
        self.value.get_near(4, "status")
    }

    /// `metadata.labels`
    #[must_use]
    pub fn labels(&self) -> &Value {
        &self.meta.labels
    }

    /// The text of an annotation; none if it is not there.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.value
            .at(&["metadata", "annotations"])
            .get(name)
            .as_str()
    }

    /// The condition `kind` in `status.conditions`; null if it is not there.
    #[must_use]
    pub fn condition(&self, kind: &str) -> &Value {
        condition(self.status(), kind)
    }

    /// The owner that is its controller; null if it has none.
    #[must_use]
    pub fn controller_ref(&self) -> &Value {
        &self.meta.owner
    }

    /// The reference by which this object owns another as its controller.
    #[must_use]
    pub fn as_controller(&self) -> Value {
        crate::map! {
            "apiVersion" => self.value.get("apiVersion").clone(),
            "kind" => &self.key.kind,
            "name" => &self.key.name,
            "uid" => &self.meta.uid,
            "controller" => true,
            "blockOwnerDeletion" => true,
        }
    }

    /// The reference by which an Event is about this object, or about a part of it
    /// (`spec.containers{main}`) if one is named.
    #[must_use]
    pub fn as_involved(&self, part: &str) -> Value {
        let (key, some) = (&self.key, |text: &str| !text.is_empty());
        Value::NULL.with(&mut [
            ("apiVersion", self.value.get("apiVersion").clone()),
            ("fieldPath", Some(part).filter(|part| some(part)).into()),
            ("kind", (&key.kind).into()),
            ("name", (&key.name).into()),
            (
                "namespace",
                Some(&key.namespace).filter(|it| some(it)).into(),
            ),
            ("resourceVersion", decimal(self.meta.version).into()),
            ("uid", (&self.meta.uid).into()),
        ])
    }
}

/// The condition `kind` in a status; null if it is not there.
pub(crate) fn condition<'a>(status: &'a Value, kind: &str) -> &'a Value {
    status
        .get("conditions")
        .items()
        .iter()
        .find(|condition| condition.get("type").text() == kind)
        .unwrap_or(&Value::NULL)
}

/// The one of an object's owner references whose `controller` is true.
pub(crate) fn controller(owners: &Value) -> &Value {
    owners
        .items()
        .iter()
        .find(|owner| owner.get("controller").as_bool() == Some(true))
        .unwrap_or(&Value::NULL)
}
