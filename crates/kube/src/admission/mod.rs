//! Admission: what other objects of the cluster say about a new one
//! (`plugin/pkg/admission` of Kubernetes, the plugins that are on by default).
//!
//! A plugin changes an object that is about to be created, or refuses it. Those that only look come
//! after validation, so that an object that breaks its kind's rules is refused for that.

mod priority;
mod service_account;
mod storage;
mod tolerations;

pub(crate) use priority::SYSTEM_CLASSES;

use crate::{Key, Status, Store, Value};

/// Changes a new object, or refuses it.
type Mutator = fn(&mut Store, &Key, &mut Value) -> Result<(), Status>;

/// The plugins that change objects, in their order (`pkg/kubeapiserver/options/plugins.go`).
const MUTATORS: &[Mutator] = &[
    service_account::admit,
    tolerations::admit,
    priority::admit,
    storage::admit,
];

/// Lets every plugin change a new object.
pub(crate) fn mutate(store: &mut Store, key: &Key, object: &mut Value) -> Result<(), Status> {
    MUTATORS
        .iter()
        .try_for_each(|admit| admit(store, key, object))
}
