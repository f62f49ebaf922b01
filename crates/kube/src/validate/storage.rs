//! Volumes, claims and storage classes (`pkg/apis/{core,storage}/validation`).

use super::{Faults, Path, SPEC, meta, names, resources, volumes};
use crate::quantity::Quantity;
use crate::{Value, gostruct};
use ecow::eco_format;

const MODES: &[&str] = &[
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];

/// What a volume is called that is no kind of volume.
const NOT_SOURCES: &[&str] = &[
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

pub(super) fn claim(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    if spec.get("accessModes").items().is_empty() {
        faults.required(
            &SPEC.child("accessModes"),
            "at least 1 access mode is required",
        );
    }
    meta::label_selector(faults, &SPEC.child("selector"), spec.get("selector"));
    access_modes(faults, spec);
    let size = spec.at(&["resources", "requests", "storage"]);
    let at = SPEC.child("resources");
    if size.is_null() {
        faults.required(&at.key("storage"), "");
    } else {
        storage_size(faults, &at.key("storage"), size);
    }
    if let Some(class) = spec
        .get("storageClassName")
        .as_str()
        .filter(|class| !class.is_empty())
    {
        faults.named(&SPEC.child("storageClassName"), class, names::subdomain);
    }
    volume_mode(faults, spec);
    if let Some(old) = old {
        claim_update(faults, new, old);
    }
}

/// Only a bound claim may change, and only grow.
fn claim_update(faults: &mut Faults, new: &Value, old: &Value) {
    let (is, was) = (new.get("spec"), old.get("spec"));
    let bound = old.at(&["status", "phase"]).text() == "Bound";
    let mut rest = is.clone();
    if was.get("volumeName").is_null() {
        rest.set("volumeName", Value::Null);
    }
    if bound {
        for field in ["resources", "volumeAttributesClassName"] {
            rest.set(field, was.get(field).clone());
        }
    }
    if &rest != was {
        let diff = gostruct::diff("PersistentVolumeClaimSpec", was, &rest);
        let detail = eco_format!(
            "spec is immutable after creation except resources.requests and \
             volumeAttributesClassName for bound claims\n{diff}"
        );
        faults.forbidden(&SPEC, &detail);
    }
    let size = |value: &Value| Quantity::of(value).map_or(0, |size| size.nano);
    let request = |spec: &Value| size(spec.at(&["resources", "requests", "storage"]));
    let given = size(old.at(&["status", "capacity", "storage"]));
    if request(is) < request(was) && request(is) <= given {
        let at = SPEC.child("resources");
        let at = at.child("requests");
        faults.forbidden(
            &at.child("storage"),
            "field can not be less than status.capacity",
        );
    }
    faults.immutable(
        &Path::root("volumeMode"),
        is.get("volumeMode"),
        was.get("volumeMode"),
    );
}

pub(super) fn volume(faults: &mut Faults, new: &Value, _: Option<&Value>) {
    let spec = new.get("spec");
    if spec.get("accessModes").items().is_empty() {
        faults.required(&SPEC.child("accessModes"), "");
    }
    access_modes(faults, spec);
    let capacity = SPEC.child("capacity");
    if spec.get("capacity").members().next().is_none() {
        faults.required(&capacity, "");
    } else if spec.at(&["capacity", "storage"]).is_null() {
        faults.unsupported(&capacity, spec.get("capacity"), &["storage"]);
    }
    for (name, amount) in spec.get("capacity").members() {
        storage_size(faults, &capacity.key(name), amount);
    }
    let policy = spec.get("persistentVolumeReclaimPolicy");
    let policies = &["Delete", "Recycle", "Retain"];
    if !policies.contains(&policy.text()) {
        faults.unsupported(
            &SPEC.child("persistentVolumeReclaimPolicy"),
            policy,
            policies,
        );
    }
    let mut sources = spec
        .members()
        .filter(|(name, _)| !NOT_SOURCES.contains(&name.as_str()));
    match sources.next() {
        None => faults.required(&SPEC, "must specify a volume type"),
        Some((name, source)) if name == "hostPath" => {
            volumes::host_path(faults, &SPEC.child("hostPath"), source);
        }
        Some(_) => {}
    }
    if let Some((name, _)) = sources.next() {
        faults.forbidden(&SPEC.child(name), "may not specify more than 1 volume type");
    }
    let class = spec.get("storageClassName").text();
    if !class.is_empty() {
        faults.named(&SPEC.child("storageClassName"), class, names::subdomain);
    }
    volume_mode(faults, spec);
}

pub(super) fn class(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    if let Some(old) = old {
        for field in [
            "parameters",
            "provisioner",
            "reclaimPolicy",
            "volumeBindingMode",
        ] {
            if new.get(field) == old.get(field) {
                continue;
            }
            match field {
                "parameters" => {
                    faults.forbidden(&Path::root(field), "updates to parameters are forbidden.");
                }
                "provisioner" => {
                    faults.immutable(&Path::root(field), new.get(field), old.get(field));
                }
                _ => faults.immutable(&Path::root(field), new.get(field), old.get(field)),
            }
        }
        return;
    }
    let provisioner = new.get("provisioner").text();
    match provisioner {
        "" => faults.required(&Path::root("provisioner"), ""),
        text => faults.named(
            &Path::root("provisioner"),
            &text.to_lowercase(),
            names::label_key,
        ),
    }
    let policy = new.get("reclaimPolicy");
    if !matches!(policy.text(), "Delete" | "Retain") {
        faults.unsupported(&Path::root("reclaimPolicy"), policy, &["Delete", "Retain"]);
    }
    let mode = new.get("volumeBindingMode");
    let modes = &["Immediate", "WaitForFirstConsumer"];
    if !modes.contains(&mode.text()) {
        faults.unsupported(&Path::root("volumeBindingMode"), mode, modes);
    }
}

fn access_modes(faults: &mut Faults, spec: &Value) {
    let modes = spec.get("accessModes").items();
    let at = SPEC.child("accessModes");
    for mode in modes.iter().filter(|mode| !MODES.contains(&mode.text())) {
        faults.unsupported(&at, mode, MODES);
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode.text() == "ReadWriteOncePod") {
        let detail = "may not use ReadWriteOncePod with other access modes";
        faults.forbidden(&at, detail);
    }
}

fn storage_size(faults: &mut Faults, at: &Path<'_>, size: &Value) {
    if let Some(size) = Quantity::of(size).filter(|size| size.nano <= 0) {
        faults.invalid_text(at, &size.to_text(), "must be greater than zero");
    }
    resources::quantity(faults, at, "storage", size);
}

fn volume_mode(faults: &mut Faults, spec: &Value) {
    let mode = spec.get("volumeMode");
    if !mode.is_null() && !matches!(mode.text(), "Block" | "Filesystem") {
        faults.unsupported(&SPEC.child("volumeMode"), mode, &["Block", "Filesystem"]);
    }
}
