//! Volumes, claims and storage classes (`pkg/apis/core/v1/defaults.go`,
//! `pkg/apis/storage/v1/defaults.go`).

use super::{default, default_zero, inside, within};
use crate::Value;

pub(super) fn claim(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "volumeMode", "Filesystem")
    });
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
