//! The subresource `scale`: how many replicas something is to have, in one form for all kinds
//! (`pkg/registry/apps/deployment/storage`, ScaleREST).

use crate::api::{PatchType, Response, Verb, find, write};
use crate::status::Cause;
use crate::{Key, Meta, Millis, Object, Status, Store, Value, map, patch, selector};
use ecow::eco_format;
use std::rc::Rc;

/// The kinds that have a scale.
const SCALED: &[&str] = &[
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

/// Whether objects of a kind have a scale.
#[must_use]
pub fn has_scale(kind: &str) -> bool {
    SCALED.contains(&kind)
}

/// Answers a request for the scale of an object.
pub(crate) fn serve(store: &mut Store, now: Millis, key: &Key, verb: Verb) -> Response {
    if !has_scale(&key.kind) {
        return Err(Status::no_such_resource());
    }
    let old = find(store, key)?;
    let scale = match verb {
        Verb::Get => return Ok(answer(&old)),
        Verb::Update(scale) => scale,
        Verb::Patch(how, change) => patch_scale(how, &view(&old), &change)?,
        _ => {
            return Err(Status::method_not_allowed());
        }
    };
    let replicas = scale.at(&["spec", "replicas"]);
    let number = replicas.as_int().unwrap_or(0);
    if number < 0 {
        let cause = Cause {
            reason: "FieldValueInvalid",
            field: "spec.replicas".into(),
            message: eco_format!("Invalid value: {number}: must be greater than or equal to 0"),
        };
        return Err(Status::invalid(&view(&old), [cause].into_iter().collect()));
    }
    let mut body = old.value.clone();
    body.entry("spec").set("replicas", number);
    let version = scale.at(&["metadata", "resourceVersion"]).clone();
    body.entry("metadata").set("resourceVersion", version);
    write(store, now, &old, body, "")?;
    find(store, key).map(|new| answer(&new))
}

/// A Scale merges as plain JSON does: it has no lists.
fn patch_scale(how: PatchType, scale: &Value, change: &Value) -> Result<Value, Status> {
    let how = if how == PatchType::Strategic {
        PatchType::Merge
    } else {
        how
    };
    patch::apply(how, scale, change)
}

fn answer(object: &Object) -> crate::api::Answer {
    let key = object.key.sibling("Scale", object.key.name.clone());
    crate::api::Answer::Object(Rc::new(Object {
        key,
        meta: Meta::default(),
        value: view(object),
    }))
}

/// An object as an `autoscaling/v1` Scale.
fn view(object: &Object) -> Value {
    let metadata = object.value.get("metadata");
    let mut shown = map! {};
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ] {
        shown.set(field, metadata.get(field).clone());
    }
    map! {
        "apiVersion" => "autoscaling/v1",
        "kind" => "Scale",
        "metadata" => shown,
        "spec" => map! { "replicas" => object.spec().get("replicas").clone() },
        "status" => map! {
            "replicas" => object.status().get("replicas").as_int().unwrap_or(0),
            "selector" => selector::text(object.spec().get("selector")),
        },
    }
}
