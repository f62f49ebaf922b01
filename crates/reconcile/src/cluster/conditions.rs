//! Conditions in a status, as Kubernetes keeps them.

use kube::{Millis, Value, map, time};

/// A condition that is to be set.
pub(crate) struct Condition {
    /// `Available`, `Progressing`…
    pub kind: &'static str,
    /// `True`, `False` or `Unknown`.
    pub status: &'static str,
    /// A word in CamelCase.
    pub reason: &'static str,
    /// A sentence.
    pub message: ecow::EcoString,
}

/// The condition `kind`; null if it is not there.
pub(crate) fn get<'a>(status: &'a Value, kind: &str) -> &'a Value {
    let conditions = status.get("conditions").items();
    conditions
        .iter()
        .find(|have| have.get("type").text() == kind)
        .unwrap_or(&Value::NULL)
}

/// Takes the condition `kind` away.
pub(crate) fn remove(status: &mut Value, kind: &str) {
    if get(status, kind).is_null() {
        return;
    }
    status
        .entry("conditions")
        .items_mut()
        .retain(|have| have.get("type").text() != kind);
}

/// Sets a condition of a Deployment (`deployment_util.go`, SetDeploymentCondition): one with the
/// same status and reason stays as it is; a changed one goes to the end of the list, and its
/// transition time moves only with its status.
pub(crate) fn set(status: &mut Value, new: Condition, now: Millis) {
    let old = get(status, new.kind);
    let same_status = old.get("status").text() == new.status;
    if same_status && old.get("reason").text() == new.reason {
        return;
    }
    let stamp = time::rfc3339(now);
    let since = if same_status {
        old.get("lastTransitionTime").to_text()
    } else {
        stamp.clone()
    };
    let condition = map! {
        "type" => new.kind,
        "status" => new.status,
        "reason" => new.reason,
        "message" => new.message,
        "lastUpdateTime" => stamp,
        "lastTransitionTime" => since,
    };
    remove(status, new.kind);
    status.entry("conditions").items_mut().push(condition);
}
