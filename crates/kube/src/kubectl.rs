//! What `kubectl create` and `kubectl apply` say of one object: what they check before they ask, and
//! how they put the server's answers (`k8s.io/kubectl/pkg/cmd/create`, `pkg/cmd/util/helpers.go`,
//! `k8s.io/cli-runtime/pkg/resource`).
//!
//! Knows nothing of files and terminals: the caller reads the manifest and asks the server.

use crate::fields::{self, Table};
use crate::validate::names;
use crate::{Key, Status, Value};
use ecow::{EcoString, eco_format};

/// What a command refuses to send, in kubectl's words: after `error: `.
///
/// # Errors
/// The reason not to ask the server: the manifest is no object, its kind is unknown, its metadata
/// cannot be read, or it belongs elsewhere than in `namespace`.
pub fn check(
    table: &Table,
    manifest: &Value,
    namespace: &str,
    source: &str,
) -> Result<(), EcoString> {
    let invalid = |why: &str| {
        Err(eco_format!(
            "error validating {source:?}: error validating data: {why}; if you choose to ignore these \
             errors, turn validation off with --validate=false"
        ))
    };
    if !matches!(manifest, Value::Map(_)) {
        return invalid("invalid object to validate");
    }
    let (version, kind) = (
        manifest.get("apiVersion").text(),
        manifest.get("kind").text(),
    );
    match (version, kind) {
        ("", "") => return invalid("[apiVersion not set, kind not set]"),
        ("", _) => return invalid("apiVersion not set"),
        (_, "") => return invalid("kind not set"),
        _ => {}
    }
    // Of the object itself kubectl reads only the metadata.
    let faults = fields::check(table, &metadata_of(manifest));
    if let Some(fault) = faults.iter().find(|fault| fault.undecodable) {
        return Err(eco_format!(
            "unable to decode {source:?}: {}",
            fault.message
        ));
    }
    let Some(resource) = resource(table, version, kind) else {
        let metadata = manifest.get("metadata");
        let (name, of) = (
            metadata.get("name").text(),
            metadata.get("namespace").text(),
        );
        return Err(eco_format!(
            "resource mapping not found for name: {name:?} namespace: {of:?} from {source:?}: no matches \
             for kind {kind:?} in version {version:?}\nensure CRDs are installed first"
        ));
    };
    let of = manifest.at(&["metadata", "namespace"]).text();
    if resource.namespaced && !of.is_empty() && of != namespace {
        return Err(eco_format!(
            "the namespace from the provided object {of:?} does not match the namespace {namespace:?}. \
             You must pass '--namespace={of}' to perform this operation."
        ));
    }
    Ok(())
}

/// A manifest without what is not metadata.
fn metadata_of(manifest: &Value) -> Value {
    crate::map! {
        "apiVersion" => "v1",
        "kind" => "PodTemplate",
        "metadata" => manifest.get("metadata").clone(),
    }
}

/// The resource of a kind, which kubectl finds in either case.
fn resource(table: &Table, version: &str, kind: &str) -> Option<fields::Resource> {
    table
        .resource(version, kind)
        .or_else(|| table.resource(version, table.kind_in_any_case(version, kind)?))
}

/// How kubectl says that the server refused: while `creating` an object, or `applying` a patch to it.
#[must_use]
pub fn refusal(status: &Status, doing: &str, source: &str, kind: &str, name: &str) -> EcoString {
    if let Some(words) = invalid(status, kind, name) {
        return words;
    }
    let (reason, message) = (status.reason, &status.message);
    eco_format!("Error from server ({reason}): error when {doing} {source:?}: {message}\n")
}

/// How kubectl says that the server refused something that no file says.
#[must_use]
pub fn answer(status: &Status) -> EcoString {
    let (about, reason) = (&status.about, status.reason);
    invalid(status, &about.kind, &about.name).unwrap_or_else(|| match reason {
        "" => eco_format!("Error from server: {}\n", status.message),
        _ => eco_format!("Error from server ({reason}): {}\n", status.message),
    })
}

/// What is wrong with an object, if that is the answer.
fn invalid(status: &Status, kind: &str, name: &str) -> Option<EcoString> {
    if status.reason != "Invalid" {
        return None;
    }
    let whose = match (kind, name) {
        ("", "") => EcoString::from("The request is invalid"),
        _ => eco_format!("The {kind} {name:?} is invalid"),
    };
    let list = match status.causes.is_empty() {
        true => status.message.clone(),
        false => causes(status),
    };
    Some(eco_format!("{whose}: {list}\n"))
}

/// What is wrong, each thing once.
fn causes(status: &Status) -> EcoString {
    let mut said: Vec<EcoString> = Vec::new();
    for cause in &status.causes {
        let line = eco_format!("{}: {}", cause.field, cause.message);
        if !said.contains(&line) {
            said.push(line);
        }
    }
    match said.as_slice() {
        [one] => one.clone(),
        more => more
            .iter()
            .map(|line| eco_format!("\n* {line}"))
            .collect::<Vec<_>>()
            .concat()
            .into(),
    }
}

/// What is wrong with the value of a label.
#[must_use]
pub fn label_value(text: &str) -> Option<EcoString> {
    let faults = names::label_value(text);
    (!faults.is_empty()).then(|| faults.join(";").into())
}

/// What is wrong with the name of a label, which is that of a taint too.
#[must_use]
pub fn label_name(text: &str) -> Option<EcoString> {
    let faults = names::label_key(text);
    (!faults.is_empty()).then(|| faults.join("; ").into())
}

/// How a command names an object: `deployment.apps/x`.
#[must_use]
pub fn shown_name(table: &Table, version: &str, key: &Key) -> EcoString {
    let kind = key.kind.to_lowercase();
    let dot = match table
        .resource(version, &key.kind)
        .and_then(|it| it.api_version.split_once('/'))
    {
        Some((group, _)) => eco_format!(".{group}"),
        None => EcoString::new(),
    };
    eco_format!("{kind}{dot}/{}", key.name)
}
