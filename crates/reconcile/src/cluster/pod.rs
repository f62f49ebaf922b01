//! What the lab asks of pods.

use kube::{Millis, Object, Value};

/// Whether a pod has not ended and is not asked to (`controller.IsPodActive`).
#[must_use]
pub fn is_active(pod: &Object) -> bool {
    !has_ended(pod) && pod.meta.deleted.is_none()
}

/// Whether all containers of a pod have ended for good.
#[must_use]
pub fn has_ended(pod: &Object) -> bool {
    is_end(phase(pod))
}

/// Whether all containers of a pod in this phase have ended for good.
#[must_use]
pub fn is_end(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "Failed")
}

/// `status.phase`
#[must_use]
pub fn phase(pod: &Object) -> &str {
    &pod.meta.phase
}

/// Whether a pod is ready: it gets traffic from Services.
#[must_use]
pub fn is_ready(pod: &Object) -> bool {
    pod.meta.ready.is_some()
}

/// Since when a pod is ready.
#[must_use]
pub fn ready_since(pod: &Object) -> Option<Millis> {
    pod.meta.ready
}

/// Whether a pod has been ready for `min_ready` (`podutils.IsPodAvailable`).
#[must_use]
pub fn is_available(pod: &Object, min_ready: Millis, now: Millis) -> bool {
    ready_since(pod).is_some_and(|since| min_ready == 0 || since + min_ready <= now)
}

/// The node a pod is bound to; empty while it is not.
#[must_use]
pub fn node(pod: &Object) -> &str {
    &pod.meta.node
}

/// The containers of a pod, as written.
#[must_use]
pub fn containers(pod: &Object) -> &[Value] {
    pod.spec().get("containers").items()
}

/// How much a pod matters when there is not room for all (`spec.priority`).
#[must_use]
pub fn priority(pod: &Object) -> i64 {
    pod.spec().get("priority").as_int().unwrap_or(0)
}
