//! NamespaceLifecycle: nothing is created in a namespace that is not there or that goes, and some
//! namespaces never go (`plugin/pkg/admission/namespace/lifecycle`).

use crate::status::Cause;
use crate::{Key, Status, Store, Value, kind_info};
use ecow::eco_format;

/// Namespaces that nobody can delete.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];
/// Namespaces that the API server makes itself when it starts, so that they are there whether or not
/// they are stored (`pkg/controlplane/controller/systemnamespaces`).
const SYSTEM: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

pub(super) fn admit(store: &mut Store, key: &Key, _: &mut Value) -> Result<(), Status> {
    check(store, key)
}

/// Whether a namespace takes an object of this name.
///
/// # Errors
/// 404 if the namespace is not there, 403 if it is about to go.
pub(crate) fn check(store: &Store, key: &Key) -> Result<(), Status> {
    let space = key.namespace.as_str();
    if space.is_empty() || kind_info(&key.kind).is_some_and(|info| !info.namespaced) {
        return Ok(());
    }
    let Some(namespace) = store.get(&Key::new("Namespace", "", space)) else {
        return match SYSTEM.contains(&space) {
            true => Ok(()),
            false => Err(Status::not_found("Namespace", space)),
        };
    };
    if namespace.meta.deleted.is_none() {
        return Ok(());
    }
    let why = eco_format!(
        "unable to create new content in namespace {space} because it is being terminated"
    );
    let mut status = Status::forbidden(&key.kind, &key.name, &why);
    status.causes.push(Cause {
        reason: Status::NAMESPACE_TERMINATING,
        field: "metadata.namespace".into(),
        message: eco_format!("namespace {space} is being terminated"),
    });
    Err(status)
}

/// Refuses the deletion of a namespace that every cluster must have.
pub(crate) fn check_deletion(key: &Key) -> Result<(), Status> {
    if key.kind == "Namespace" && IMMORTAL.contains(&key.name.as_str()) {
        let why = "this namespace may not be deleted";
        return Err(Status::forbidden(&key.kind, &key.name, why));
    }
    Ok(())
}
