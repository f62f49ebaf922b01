//! Patches: what the API server does with one, and how a client makes one.
//!
//! [`apply`] is the server's half, for the three kinds of patches that a request can carry: JSON patch
//! (RFC 6902), JSON merge patch (RFC 7386), and strategic merge patch. [`three_way`] is the client's
//! half as `kubectl apply` and Helm have it: what to send so that a live object follows the change
//! from the last manifest to the next, and keeps what others wrote.

mod diff;
mod fault;
mod json;
mod merge;
mod schema;
mod strategic;

pub use diff::three_way as three_way_strategic;
pub use fault::Fault;
pub(crate) use fault::Go;
pub use merge::{difference, merge, three_way as three_way_merge};
pub use schema::is_strategic;
pub use strategic::strategic;

use crate::api::MODIFIED;
use crate::status::Cause;
use crate::{Status, Value};
use ecow::eco_format;

/// The kinds of patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    /// `application/json-patch+json`
    Json,
    /// `application/merge-patch+json`
    Merge,
    /// `application/strategic-merge-patch+json`
    Strategic,
}

/// What an object is after a patch.
///
/// # Errors
/// The API server's refusal of the patch itself
/// (`k8s.io/apiserver/pkg/endpoints/handlers/patch.go`); whether the result is a good object is
/// not looked at.
pub fn apply(how: PatchType, object: &Value, patch: &Value) -> Result<Value, Status> {
    let patched = match how {
        PatchType::Json => json::apply(object, patch)?,
        PatchType::Merge => {
            check_shape("error decoding patch: ", patch)?;
            let mut patched = object.clone();
            merge(&mut patched, patch);
            patched
        }
        PatchType::Strategic if !is_strategic(object) => return Err(Status::unsupported_patch()),
        PatchType::Strategic if patch.is_null() => object.clone(),
        PatchType::Strategic => {
            check_shape("", patch)?;
            let mut patched = strategic(object, patch)?;
            // It is made on what has been decoded, so that the object stays of its kind.
            for field in ["apiVersion", "kind"] {
                patched.set(field, object.get(field).clone());
            }
            patched
        }
    };
    check_names(object, &patched)?;
    Ok(patched)
}

/// A patch that merges is an object itself.
fn check_shape(doing: &str, patch: &Value) -> Result<(), Status> {
    match patch {
        Value::Map(_) => Ok(()),
        Value::Null => Err(Status::bad_request("Invalid JSON Patch")),
        other => Err(Status::bad_request(eco_format!(
            "{doing}json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            other.kind()
        ))),
    }
}

/// A patch cannot move an object (`checkName` in `handlers/rest.go`), nor change another version than
/// the one that it names.
fn check_names(before: &Value, after: &Value) -> Result<(), Status> {
    let name = before.at(&["metadata", "name"]).text();
    if !name.is_empty() && after.at(&["metadata", "name"]).text().is_empty() {
        return Err(Status::bad_request(eco_format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )));
    }
    let differ = |field: &str| {
        let of = |object: &Value| object.at(&["metadata", field]).to_text();
        let (before, after) = (of(before), of(after));
        (before != after && !after.is_empty()).then_some((before, after))
    };
    if let Some((before, after)) = differ("name") {
        return Err(Status::bad_request(eco_format!(
            "the name of the object ({after}) does not match the name on the URL ({before})"
        )));
    }
    // What is of the cluster has none, and what is written there counts for nothing.
    if differ("namespace").is_some_and(|(before, _)| !before.is_empty()) {
        let why =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(why));
    }
    if let Some((_, uid)) = differ("uid") {
        // Who decodes and who validates both look.
        let cause = Cause {
            reason: "FieldValueInvalid",
            field: "metadata.uid".into(),
            message: eco_format!("Invalid value: {uid:?}: field is immutable"),
        };
        let causes = [cause.clone(), cause].into_iter().collect();
        return Err(Status::invalid(before, causes));
    }
    if differ("resourceVersion").is_some() {
        return Err(Status::conflict(before.get("kind").text(), name, MODIFIED));
    }
    Ok(())
}

/// The patch that a client sends to bring a live object from the last manifest to the next, and the
/// kind that it is: a strategic merge patch for what Kubernetes itself defines, else a JSON merge
/// patch. Fields that neither manifest names stay as they are; fields that the last one named and
/// the next one does not are removed; everything that the next one names is as it says. An empty
/// patch (`{}`) means that nothing is to be done.
///
/// # Errors
/// A list whose items lack the field they are merged by.
pub fn three_way(last: &Value, next: &Value, live: &Value) -> Result<(PatchType, Value), Fault> {
    match is_strategic(next) {
        true => Ok((PatchType::Strategic, three_way_strategic(last, next, live)?)),
        false => Ok((PatchType::Merge, three_way_merge(last, next, live))),
    }
}
