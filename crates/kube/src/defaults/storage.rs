//! Volumes, claims and storage classes (`pkg/apis/core/v1/defaults.go`,
//! `pkg/apis/storage/v1/defaults.go`).

use super::{default, default_zero, inside, within};
use crate::Value;

pub(super) fn claim(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "volumeMode", "Filesystem");
        source(spec);
    });
}

/// What a claim is filled from: another claim or a snapshot, said in both fields; any other is
/// dropped (`pkg/registry/core/persistentvolumeclaim/strategy.go`, `NormalizeDataSources`).
fn source(spec: &mut Value) {
    let source = spec.get("dataSource");
    let known = matches!(
        (source.get("apiGroup").text(), source.get("kind").text()),
        ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
    );
    if !known {
        spec.set("dataSource", Value::Null);
        return;
    }
    inside(spec, "dataSource", |source| {
        if source.get("apiGroup").is_null() {
            *source.entry("apiGroup") = Value::Null;
        }
    });
    let source = spec.get("dataSource").clone();
    default(spec, "dataSourceRef", source);
}

pub(super) fn volume(object: &mut Value) {
    within(object, "spec", |spec| {
        default_zero(spec, "persistentVolumeReclaimPolicy", "Retain");
        default(spec, "volumeMode", "Filesystem");
        inside(spec, "hostPath", |path| default(path, "type", ""));
    });
}

pub(super) fn class(object: &mut Value) {
    default(object, "reclaimPolicy", "Delete");
    default(object, "volumeBindingMode", "Immediate");
}
