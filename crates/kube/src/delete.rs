//! Deletion: preconditions, grace periods, finalizers, what becomes of dependents
//! (`k8s.io/apiserver/pkg/registry/rest/delete.go`, `pkg/registry/generic/registry/store.go`).

use crate::admission::namespace_lifecycle;
use crate::api::{Answer, DeleteOptions, Propagation, Response, find, list};
use crate::{Key, Millis, Object, Selection, Status, Store, Value, decimal, time};
use ecow::{EcoString, eco_format};
use std::rc::Rc;

/// Finalizers by which the garbage collector knows what it is to do.
const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Deletes an object, or begins to.
pub(crate) fn delete(
    store: &mut Store,
    now: Millis,
    key: &Key,
    options: &DeleteOptions,
) -> Response {
    namespace_lifecycle::check_deletion(key)?;
    let old = find(store, key)?;
    check_preconditions(&old, options)?;
    let grace = grace_seconds(&old, options);
    let ends = deletion(&old, grace, now);
    if ends.is_none() && grace_period(&old) > 0 {
        // It ends as it was told to before: not even its finalizers change.
        return Ok(Answer::Object(old));
    }
    let finalizers = finalizers(&old, options.propagation);
    if grace == 0 && finalizers.is_empty() && is_empty(&old) {
        store.remove(key);
        return Ok(Answer::Object(old));
    }
    let mut body = old.value.clone();
    let metadata = body.entry("metadata");
    metadata.set("finalizers", none_if_empty(finalizers));
    let ends = ends.filter(|_| old.key.kind != "Namespace" || old.meta.deleted.is_none());
    if let Some(ends) = ends {
        metadata.set("deletionTimestamp", time::rfc3339(ends));
        metadata.set("deletionGracePeriodSeconds", grace);
        if old.meta.generation > 0 && old.meta.deleted.is_none() {
            metadata.set("generation", old.meta.generation + 1);
        }
    }
    if old.key.kind == "Namespace" {
        body.entry("status").set("phase", "Terminating");
    }
    if body == old.value {
        return Ok(Answer::Object(old));
    }
    Ok(Answer::Object(store.put_over(
        Some(old),
        key.clone(),
        body,
        now,
    )))
}

/// Whether a namespace has been emptied, which whoever does it says by taking its mark away
/// (`pkg/registry/core/namespace/storage`). Anything else holds nothing.
fn is_empty(object: &Object) -> bool {
    object.key.kind != "Namespace" || object.spec().get("finalizers").items().is_empty()
}

/// Deletes the selected objects of a kind, each as [`delete`] would.
pub(crate) fn delete_collection(
    store: &mut Store,
    now: Millis,
    key: &Key,
    select: &Selection,
    options: &DeleteOptions,
) -> Response {
    if key.kind == "Namespace" {
        return Err(Status::method_not_allowed());
    }
    let mut gone = Vec::new();
    for object in list(store, key, select)? {
        match delete(store, now, &object.key, options) {
            Ok(Answer::Object(object)) => gone.push(object),
            // Somebody was faster.
            Err(status) if status.code == 404 => {}
            Err(status) => return Err(status),
            Ok(_) => {}
        }
    }
    Ok(Answer::List(gone))
}

pub(crate) fn check_preconditions(old: &Object, options: &DeleteOptions) -> Result<(), Status> {
    if options.uid.is_empty() && options.version.is_empty() {
        return Ok(());
    }
    let version = decimal(old.meta.version);
    let cases = [
        (
            "UID",
            &options.uid,
            &old.meta.uid,
            "deleted and then recreated",
        ),
        ("ResourceVersion", &options.version, &version, "modified"),
    ];
    for (what, wanted, have, fate) in cases {
        if !wanted.is_empty() && wanted != have {
            let why = eco_format!(
                "the {what} in the precondition ({wanted}) does not match the {what} in record ({have}). \
                 The object might have been {fate}"
            );
            return Err(Status::precondition(&old.value, &why));
        }
    }
    Ok(())
}

/// The grace period that runs for an object; 0 if none does.
fn grace_period(object: &Object) -> i64 {
    let period = object
        .value
        .at(&["metadata", "deletionGracePeriodSeconds"])
        .as_int();
    period
        .filter(|_| object.meta.deleted.is_some())
        .unwrap_or(0)
}

/// When a deletion with this grace period ends; none if it changes nothing: a period that runs already
/// may only be shortened.
fn deletion(old: &Object, grace: i64, now: Millis) -> Option<Millis> {
    let millis = |seconds: i64| u64::try_from(seconds).unwrap_or(0).saturating_mul(1000);
    let Some(ends) = old.meta.deleted else {
        return Some(now.saturating_add(millis(grace)));
    };
    let before = grace_period(old);
    (grace < before).then(|| ends.saturating_sub(millis(before)) + millis(grace))
}

/// How long a deletion waits: only pods that a kubelet may run have a grace period
/// (`pkg/registry/core/pod/strategy.go`, CheckGracefulDelete). Less than none is a second.
fn grace_seconds(old: &Object, options: &DeleteOptions) -> i64 {
    let unassigned = old.spec().get("nodeName").text().is_empty();
    let ended = matches!(old.status().get("phase").text(), "Succeeded" | "Failed");
    if old.key.kind != "Pod" || unassigned || ended {
        return 0;
    }
    let own = old.spec().get("terminationGracePeriodSeconds").as_int();
    match options.grace_seconds.or(own).unwrap_or(0) {
        ..0 => 1,
        seconds => seconds,
    }
}

/// The finalizers of an object that is deleted so (`deletionFinalizersForGarbageCollection`): what is
/// asked for counts, then what the object says itself.
fn finalizers(old: &Object, propagation: Propagation) -> Vec<Value> {
    let own = old.value.at(&["metadata", "finalizers"]).items();
    let wanted = match propagation {
        Propagation::Unsaid => return own.to_vec(),
        Propagation::Background => "",
        Propagation::Foreground => FOREGROUND,
        Propagation::Orphan => ORPHAN,
    };
    let others = own
        .iter()
        .filter(|it| !matches!(it.text(), FOREGROUND | ORPHAN));
    let mut all: Vec<Value> = others.cloned().collect();
    // Events have no dependents.
    if !wanted.is_empty() && old.key.kind != "Event" {
        all.push(wanted.into());
    }
    all
}

fn none_if_empty(finalizers: Vec<Value>) -> Value {
    match finalizers.is_empty() {
        true => Value::Null,
        false => finalizers.into(),
    }
}

/// Removes an object that waited for its last finalizer, once that is gone.
pub(crate) fn finish(store: &mut Store, object: Rc<Object>) -> Rc<Object> {
    let finalizers = || object.value.at(&["metadata", "finalizers"]).items();
    if object.meta.deleted.is_some()
        && finalizers().is_empty()
        && grace_period(&object) <= 0
        && is_empty(&object)
    {
        store.remove(&object.key);
    }
    object
}

/// How an Eviction or a DELETE names a propagation policy.
pub(crate) fn propagation(name: &str) -> Propagation {
    match name {
        "Background" => Propagation::Background,
        "Foreground" => Propagation::Foreground,
        "Orphan" => Propagation::Orphan,
        _ => Propagation::Unsaid,
    }
}

impl DeleteOptions {
    /// `metav1.DeleteOptions` as a request's body has them.
    #[must_use]
    pub fn of(body: &Value) -> DeleteOptions {
        let text = |path: &[&str]| -> EcoString { body.at(path).text().into() };
        DeleteOptions {
            grace_seconds: body.get("gracePeriodSeconds").as_int(),
            propagation: propagation(body.get("propagationPolicy").text()),
            uid: text(&["preconditions", "uid"]),
            version: text(&["preconditions", "resourceVersion"]),
        }
    }
}
