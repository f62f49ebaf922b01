//! Where an object differs from what git says: what a GitOps tool shows, and what it decides by.

use crate::delivery::plan::json;
use crate::view::PathChange;
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

/// The paths at which a live object is not what git says, each with git's value and the live one.
pub(crate) fn differences(git: &Value, live: &Value) -> Vec<PathChange> {
    let mut found = Vec::new();
    collect(git, live, &EcoString::new(), &mut found);
    found
}

fn collect(git: &Value, live: &Value, path: &EcoString, found: &mut Vec<PathChange>) {
    if git == live {
        return;
    }
    match (git, live) {
        (Value::Map(a), Value::Map(b)) => {
            let mut names: Vec<&EcoString> = a.keys().chain(b.keys()).collect();
            lean::sort(&mut names);
            names.dedup();
            for name in names {
                let inner = match path.as_str() {
                    "" => name.clone(),
                    path => eco_format!("{path}.{name}"),
                };
                collect(git.get(name), live.get(name), &inner, found);
            }
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                collect(a, b, &eco_format!("{path}[{at}]"), found);
            }
        }
        _ => {
            found.push(PathChange {
                path: path.clone(),
                old: json(git),
                new: json(live),
            });
        }
    }
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
