//! Admission: what other objects of the cluster say about a new one
//! (`plugin/pkg/admission` of Kubernetes, the plugins that are on by default).
//!
//! A plugin changes an object that is about to be created, or refuses it. Those that only look come
//! after validation, so that an object that breaks its kind's rules is refused for that.

mod amounts;
mod limit_ranger;
pub(crate) mod namespace_lifecycle;
pub(crate) mod node_restriction;
mod node_taint;
pub(crate) mod pod_security;
mod priority;
pub mod quota;
mod runtime_class;
pub(crate) mod service_account;
mod storage;
mod tolerations;

pub(crate) use priority::SYSTEM_CLASSES;

use crate::{Key, Status, Store, Value};

/// Changes a new object, or refuses it.
type Mutator = fn(&mut Store, &Key, &mut Value) -> Result<(), Status>;

/// The plugins that change objects, in their order (`pkg/kubeapiserver/options/plugins.go`).
const MUTATORS: &[Mutator] = &[
    namespace_lifecycle::admit,
    service_account::admit,
    node_taint::admit,
    tolerations::admit,
    priority::admit,
    storage::admit,
    runtime_class::admit,
    limit_ranger::admit,
];

/// Looks at an object that is to be stored: a new one, or the new state of an old one.
type Validator = fn(&mut Store, &Key, Option<&Value>, &Value) -> Result<(), Status>;

/// The plugins that only look, in their order. A quota comes last: what it counts is stored.
const VALIDATORS: &[Validator] = &[
    limit_ranger::validate,
    pod_security::validate,
    quota::validate,
];

/// Lets every plugin change a new object.
pub(crate) fn mutate(store: &mut Store, key: &Key, object: &mut Value) -> Result<(), Status> {
    MUTATORS
        .iter()
        .try_for_each(|admit| admit(store, key, object))
}

/// Lets the plugins that look at updates too change the new state of an old object.
pub(crate) fn mutate_update(
    store: &mut Store,
    key: &Key,
    object: &mut Value,
) -> Result<(), Status> {
    tolerations::admit(store, key, object)
}

/// Asks every plugin that only looks.
pub(crate) fn validate(
    store: &mut Store,
    key: &Key,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Status> {
    VALIDATORS
        .iter()
        .try_for_each(|validate| validate(store, key, old, new))
}
