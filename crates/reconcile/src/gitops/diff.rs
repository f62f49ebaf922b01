//! Where an object differs from what git says: what a GitOps tool shows, and what it decides by.

use ecow::{EcoString, eco_format};
use kube::api::{self, Request, Verb};
use kube::{Key, Millis, Object, Store, Value, patch};

/// What a live object would be if it followed its manifest: the three-way merge of the manifest it
/// was made from, the one there is now and the object itself, with the server's defaults. Argo CD
/// computes it on its own, Flux asks the server; both mean this.
pub(crate) fn predict(
    store: &Store,
    now: Millis,
    live: &Object,
    last: &Value,
    next: &Value,
) -> Value {
    let Ok((how, change)) = patch::three_way(last, next, &live.value) else {
        return next.clone();
    };
    if change == kube::map! {} {
        return live.value.clone();
    }
    let Ok(predicted) = patch::apply(how, &live.value, &change) else {
        return next.clone();
    };
    if predicted == live.value {
        return predicted;
    }
    // What the server would refuse differs nevertheless.
    let verb = Verb::Patch(how, change);
    let request = Request::new("dry-run", live.key.clone(), verb);
    match api::serve(&mut store.clone(), now, request) {
        Ok(answer) => answer
            .object()
            .map_or(predicted, |object| of_interest(&object.value, &live.value)),
        Err(_) => predicted,
    }
}

/// A value whose bookkeeping is that of another: versions are no difference.
fn of_interest(value: &Value, live: &Value) -> Value {
    let mut value = value.clone();
    for field in ["resourceVersion", "generation"] {
        let kept = live.at(&["metadata", field]).clone();
        value.entry("metadata").set(field, kept);
    }
    value
}

/// An object's kind with its group: what GitOps tools call a resource by.
pub(crate) fn group_of(object: &Value) -> &str {
    let version = object.get("apiVersion").text();
    version.split_once('/').map_or("", |(group, _)| group)
}

/// `deployment.apps/order-service`, as kubectl names an object.
pub(crate) fn kubectl_name(object: &Value) -> EcoString {
    let kind = object.get("kind").text().to_lowercase();
    let name = object.at(&["metadata", "name"]).text();
    match group_of(object) {
        "" => eco_format!("{kind}/{name}"),
        group => eco_format!("{kind}.{group}/{name}"),
    }
}

/// The key of a manifest in a namespace, which is written into it if it names none and its kind has
/// one.
pub(crate) fn place(object: &mut Value, namespace: &str) -> Key {
    let kind = object.get("kind").text();
    let namespaced = kube::kind_info(kind).is_none_or(|info| info.namespaced);
    if namespaced && object.at(&["metadata", "namespace"]).text().is_empty() {
        object.entry("metadata").set("namespace", namespace);
    }
    Key::of(object)
}
