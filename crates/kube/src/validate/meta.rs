//! Metadata and label selectors (`k8s.io/apimachinery/pkg/api/validation/objectmeta.go`,
//! `pkg/apis/meta/v1/validation`, `pkg/apis/core/validation`).

use super::names::{self, Check};
use super::{Faults, Path};
use crate::{Value, selector};
use ecow::{EcoString, eco_format};

const METADATA: Path<'static> = Path::root("metadata");

/// All annotations together may have this many bytes.
const ANNOTATIONS_MOST: usize = 256 * 1024;

/// The metadata of a new object.
pub(super) fn created(faults: &mut Faults, object: &Value, name_rule: Check) {
    let metadata = object.get("metadata");
    let prefix = metadata.get("generateName").text();
    if !prefix.is_empty() {
        // What is generated comes after it, so that it may end with a hyphen.
        let shown = prefix
            .strip_suffix('-')
            .map(|start| eco_format!("{start}a"));
        for message in name_rule(shown.as_deref().unwrap_or(prefix)) {
            faults.invalid_text(&METADATA.child("generateName"), prefix, &message);
        }
    }
    match metadata.get("name").text() {
        "" => faults.required(&METADATA.child("name"), "name or generateName is required"),
        name => faults.named(&METADATA.child("name"), name, name_rule),
    }
    common(faults, metadata);
    finalizers(faults, object);
}

fn finalizers(faults: &mut Faults, object: &Value) {
    let metadata = object.get("metadata");
    let finalizers = metadata.get("finalizers").items();
    for finalizer in finalizers {
        faults.named(
            &METADATA.child("finalizers"),
            finalizer.text(),
            names::label_key,
        );
    }
    let has = |name: &str| finalizers.iter().any(|one| one.text() == name);
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        faults.invalid(
            &METADATA.child("finalizers"),
            metadata.get("finalizers"),
            detail,
        );
    }
    // Of custom resources it is only a warning (apiextensions-apiserver, `customresource/strategy.go`).
    let version = object.get("apiVersion").text();
    let is_custom = version
        .split_once('/')
        .is_some_and(|(group, _)| group.contains('.') && !group.ends_with(".k8s.io"));
    let strict = finalizers.iter().enumerate().filter(|_| !is_custom);
    for (at, finalizer) in strict {
        let name = finalizer.text();
        let standard = matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
        if !name.contains('/') && !standard {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            faults.invalid(&METADATA.child("finalizers").index(at), finalizer, detail);
        }
    }
}

/// Kinds whose strategy looks at an updated object as at a new one, and then at the update
/// (`pkg/registry/*/*/strategy.go`, ValidateUpdate).
const CHECKED_AGAIN: &[&str] = &[
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Endpoints",
    "Ingress",
    "IngressClass",
    "Job",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "Role",
    "RoleBinding",
    "Secret",
    "ServiceAccount",
    "StorageClass",
];

/// The metadata of an old object's new state: the server looks at it twice for every kind
/// (`rest.BeforeUpdate`), and once or twice more for its own.
pub(super) fn updated(faults: &mut Faults, object: &Value) {
    let kind = object.get("kind").text();
    let times = match kind {
        "PodDisruptionBudget" => 2,
        _ if CHECKED_AGAIN.contains(&kind) => 4,
        _ => 3,
    };
    faults.again(times, |faults| common(faults, object.get("metadata")));
    finalizers(faults, object);
}

fn common(faults: &mut Faults, metadata: &Value) {
    labels(faults, &METADATA.child("labels"), metadata.get("labels"));
    annotations(
        faults,
        &METADATA.child("annotations"),
        metadata.get("annotations"),
    );
    owners(
        faults,
        &METADATA.child("ownerReferences"),
        metadata.get("ownerReferences"),
    );
}

fn owners(faults: &mut Faults, at: &Path<'_>, owners: &Value) {
    let mut controller = None;
    for owner in owners.items() {
        let version = owner.get("apiVersion").text();
        if version.matches('/').count() > 1 || version.is_empty() || version.ends_with('/') {
            faults.invalid_text(
                &at.child("apiVersion"),
                version,
                "version must not be empty",
            );
        }
        for field in ["kind", "name", "uid"] {
            if owner.get(field).text().is_empty() {
                faults.invalid_text(&at.child(field), "", "must not be empty");
            }
        }
        if owner.get("kind").text() == "Event" && matches!(version, "v1" | "events.k8s.io/v1") {
            let group = version.strip_suffix("v1").unwrap_or_default();
            let group = if group.is_empty() { "/" } else { group };
            let detail = eco_format!("{group}v1, Kind=Event is disallowed from being an owner");
            faults.invalid_shown(at, &crate::gostruct::json("OwnerReference", owner), &detail);
        }
        if owner.get("controller").as_bool() == Some(true) {
            let this = eco_format!("{}/{}", owner.get("kind").text(), owner.get("name").text());
            match &controller {
                None => controller = Some(this),
                Some(first) => {
                    let detail = eco_format!(
                        "Only one reference can have Controller set to true. Found \"true\" in \
                         references for {first} and {this}"
                    );
                    faults.invalid_shown(
                        at,
                        &crate::gostruct::json("OwnerReference", owners),
                        &detail,
                    );
                }
            }
        }
    }
}

/// Keys and values of labels.
pub(super) fn labels(faults: &mut Faults, at: &Path<'_>, labels: &Value) {
    for (key, value) in labels.members() {
        faults.named(at, key, names::label_key);
        faults.named(at, value.text(), names::label_value);
    }
}

/// Keys of annotations, and that they are not too much together.
pub(super) fn annotations(faults: &mut Faults, at: &Path<'_>, annotations: &Value) {
    let mut size = 0;
    for (key, value) in annotations.members() {
        size += key.len() + value.text().len();
        for message in names::label_key(&key.to_lowercase()) {
            faults.invalid_text(at, key, &message);
        }
    }
    if size > ANNOTATIONS_MOST {
        faults.too_long(at, ANNOTATIONS_MOST);
    }
}

/// A selector as Go writes it: what is empty is left out.
pub(super) fn selector_json(selector: &Value) -> EcoString {
    match selector {
        Value::Null => "null".into(),
        selector => crate::gostruct::json("LabelSelector", selector),
    }
}

/// A `metav1.LabelSelector`; none is fine. Whether it can be read.
pub(super) fn label_selector(faults: &mut Faults, at: &Path<'_>, selector: &Value) -> bool {
    let before = faults.len();
    labels(
        faults,
        &at.child("matchLabels"),
        selector.get("matchLabels"),
    );
    let rules = at.child("matchExpressions");
    for (index, rule) in selector.get("matchExpressions").items().iter().enumerate() {
        let at = rules.index(index);
        let values = rule.get("values").items();
        match rule.get("operator").text() {
            "In" | "NotIn" if values.is_empty() => {
                faults.required(
                    &at.child("values"),
                    "must be specified when `operator` is 'In' or 'NotIn'",
                );
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                faults.forbidden(
                    &at.child("values"),
                    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                );
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            operator => {
                faults.invalid_text(
                    &at.child("operator"),
                    operator,
                    "not a valid selector operator",
                );
            }
        }
        faults.named(&at.child("key"), rule.get("key").text(), names::label_key);
        for (index, value) in values.iter().enumerate() {
            faults.named(
                &at.child("values").index(index),
                value.text(),
                names::label_value,
            );
        }
    }
    faults.len() == before
}

/// Whether a selector is there and selects nothing by itself: it would mean every pod.
pub(super) fn is_empty_selector(selector: &Value) -> bool {
    !selector.is_null()
        && selector.get("matchLabels").members().next().is_none()
        && selector.get("matchExpressions").items().is_empty()
}

/// That a selector means the pods of the template beside it.
pub(super) fn selects_template(faults: &mut Faults, template: &Path<'_>, spec: &Value) {
    let labels = spec.at(&["template", "metadata", "labels"]);
    if !selector::matches(spec.get("selector"), labels) {
        let at = template.child("metadata");
        faults.invalid(
            &at.child("labels"),
            labels,
            "`selector` does not match template `labels`",
        );
    }
}
