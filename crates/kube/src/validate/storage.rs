//! Volumes, claims and storage classes (`pkg/apis/{core,storage}/validation`).

use super::{Faults, Path, SPEC, meta, names, placement, volumes};
use crate::quantity::{self, Quantity};
use crate::{Value, gostruct};
use ecow::eco_format;

const MODES: &[&str] = &[
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];

/// All parameters of a class together may have this many bytes.
const PARAMETERS_MOST: usize = 256 * 1024;

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
    claim_spec(faults, &SPEC, new.get("spec"));
    if let Some(old) = old {
        claim_update(faults, new, old);
    }
}

/// What is claimed: by a claim, or by a template of one.
pub(super) fn claim_spec(faults: &mut Faults, spec_at: &Path<'_>, spec: &Value) {
    if spec.get("accessModes").items().is_empty() {
        faults.required(
            &spec_at.child("accessModes"),
            "at least 1 access mode is required",
        );
    }
    meta::label_selector(faults, &spec_at.child("selector"), spec.get("selector"));
    access_modes(faults, spec_at, spec);
    let size = spec.at(&["resources", "requests", "storage"]);
    let at = spec_at.child("resources");
    if size.is_null() {
        faults.required(&at.key("storage"), "");
    } else if Quantity::of(size).is_some_and(|size| size.nano <= 0) {
        let size = size.to_text();
        faults.invalid_text(&at.key("storage"), &size, "must be greater than zero");
    }
    class_name(faults, spec_at, spec, "storageClassName");
    volume_mode(faults, spec_at, spec);
    // What `dataSourceRef` says is copied to `dataSource`, so that it is said of both; of `dataSource`
    // itself what is no known source is left out (`pkg/registry/core/persistentvolumeclaim`).
    let own = spec.get("dataSource");
    let source = match (own.get("kind").text(), own.get("apiGroup").text()) {
        ("PersistentVolumeClaim", "") | ("VolumeSnapshot", "snapshot.storage.k8s.io") => own,
        _ => spec.get("dataSourceRef"),
    };
    for (field, source) in [("dataSource", source), ("dataSourceRef", source)] {
        if !source.is_null() {
            data_source(faults, &spec_at.child(field), source);
        }
    }
    class_name(faults, spec_at, spec, "volumeAttributesClassName");
}

fn class_name(faults: &mut Faults, spec_at: &Path<'_>, spec: &Value, field: &str) {
    let name = spec.get(field).text();
    if !name.is_empty() {
        faults.named(&spec_at.child(field), name, names::subdomain);
    }
}

/// What a new volume is filled with.
fn data_source(faults: &mut Faults, at: &Path<'_>, source: &Value) {
    faults.needs(&at.child("name"), source.get("name"));
    faults.needs(&at.child("kind"), source.get("kind"));
    let group = source.get("apiGroup").text();
    let kind = source.get("kind");
    if group.is_empty() && kind.text() != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        faults.invalid_text(at, kind.text(), detail);
    }
    if !group.is_empty() {
        faults.named(&at.child("apiGroup"), group, names::subdomain);
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

pub(super) fn volume(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    // At an update the server looks at all of it again.
    faults.again(1 + usize::from(old.is_some()), |faults| {
        volume_spec(faults, spec)
    });
    let Some(old) = old.map(|old| old.get("spec")) else {
        return;
    };
    let source = |spec: &Value| {
        let mut source = spec.clone();
        NOT_SOURCES
            .iter()
            .for_each(|field| source.set(field, Value::Null));
        source
    };
    let (is, was) = (source(spec), source(old));
    if is != was {
        let diff = gostruct::diff("PersistentVolumeSource", &was, &is);
        let detail = eco_format!("spec.persistentvolumesource is immutable after creation\n{diff}");
        faults.forbidden(&SPEC.child("persistentvolumesource"), &detail);
    }
    let mode = |spec: &Value| spec.get("volumeMode").clone();
    faults.immutable(&Path::root("volumeMode"), &mode(spec), &mode(old));
}

fn volume_spec(faults: &mut Faults, spec: &Value) {
    if spec.get("accessModes").items().is_empty() {
        faults.required(&SPEC.child("accessModes"), "");
    }
    access_modes(faults, &SPEC, spec);
    let capacity = SPEC.child("capacity");
    let amounts = spec.get("capacity");
    if amounts.members().next().is_none() {
        faults.required(&capacity, "");
    }
    if amounts.get("storage").is_null() || amounts.members().count() > 1 {
        faults.unsupported_shown(&capacity, &super::json(amounts), &["storage"]);
    }
    for (name, amount) in spec.get("capacity").members() {
        let at = capacity.key(name);
        let Some(size) = Quantity::of(amount).filter(|size| size.nano <= 0) else {
            continue;
        };
        if size.nano < 0 {
            let units = quantity::units_of(amount);
            faults.invalid(&at, &units.into(), "must be a valid resource quantity");
        }
        faults.invalid_text(&at, &size.to_text(), "must be greater than zero");
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
        Some((name, source)) => {
            volumes::of_kind(faults, &SPEC.child(name), name, source);
            let handle = source.get("volumeHandle");
            if name == "csi" {
                faults.needs(&SPEC.child(name).child("volumeHandle"), handle);
            }
        }
    }
    let affinity = spec.get("nodeAffinity");
    let at = SPEC.child("nodeAffinity");
    let required = affinity.get("required");
    if !required.is_null() {
        placement::node_selector(faults, &at.child("required"), required);
    } else if !affinity.is_null() {
        let detail = "must specify required node constraints";
        faults.required(&at.child("required"), detail);
    } else if !spec.get("local").is_null() {
        faults.required(&at, "Local volume requires node affinity");
    }
    if let Some((name, _)) = sources.next() {
        faults.forbidden(&SPEC.child(name), "may not specify more than 1 volume type");
    }
    let class = spec.get("storageClassName").text();
    if !class.is_empty() {
        faults.named(&SPEC.child("storageClassName"), class, names::subdomain);
    }
    volume_mode(faults, &SPEC, spec);
    let whole = spec.at(&["hostPath", "path"]).text() == "/";
    if whole && policy.text() == "Recycle" {
        let detail = "may not be 'recycle' for a hostPath mount of '/'";
        faults.forbidden(&SPEC.child("persistentVolumeReclaimPolicy"), detail);
    }
}

pub(super) fn class(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    if let Some(old) = old {
        for field in [
            "parameters",
            "provisioner",
            "reclaimPolicy",
            "volumeBindingMode",
        ] {
            faults.immutable(&Path::root(field), new.get(field), old.get(field));
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
    let parameters = new.get("parameters");
    let size: usize = parameters
        .members()
        .map(|(key, value)| key.len() + value.text().len())
        .sum();
    if size > PARAMETERS_MOST {
        faults.too_long(&Path::root("parameters"), PARAMETERS_MOST);
    }
    if !parameters.get("").is_null() {
        faults.invalid_text(&Path::root("parameters"), "", "field can not be empty.");
    }
    let policy = new.get("reclaimPolicy");
    let policies = ["", "Delete", "Retain"];
    if !policies.contains(&policy.text()) {
        faults.unsupported(&Path::root("reclaimPolicy"), policy, &policies[1..]);
    }
    let mode = new.get("volumeBindingMode");
    let modes = &["Immediate", "WaitForFirstConsumer"];
    if !modes.contains(&mode.text()) {
        faults.unsupported(&Path::root("volumeBindingMode"), mode, modes);
    }
    topologies(faults, new.get("allowedTopologies"));
}

/// Where a class makes its volumes (`validateAllowedTopologies`).
fn topologies(faults: &mut Faults, terms: &Value) {
    let list = Path::root("allowedTopologies");
    // The server compares each with as many empty ones too.
    let mut seen = vec![Value::Map(crate::Map::new()); terms.items().len()];
    for (index, term) in terms.items().iter().enumerate() {
        let at = list.index(index);
        let at = at.child("matchLabelExpressions");
        let mut term_is = crate::map! {};
        let rules = term.get("matchLabelExpressions").items();
        for (index, rule) in rules.iter().enumerate() {
            let at = at.index(index);
            let (of_values, values) = (at.child("values"), rule.get("values").items());
            if values.is_empty() {
                faults.required(&of_values, "");
            }
            let mut set = crate::map! {};
            for (index, value) in values.iter().enumerate() {
                if !set.get(value.text()).is_null() {
                    faults.duplicate(&of_values.index(index), value);
                }
                set.set(value.text(), true);
            }
            let key = rule.get("key");
            faults.named(&at.child("key"), key.text(), names::label_key);
            if !term_is.get(key.text()).is_null() {
                faults.duplicate(&at.child("key"), key);
            }
            term_is.set(key.text(), set);
        }
        for _ in seen.iter().filter(|other| **other == term_is) {
            faults.duplicate(&at, &"".into());
        }
        seen.push(term_is);
    }
}

fn access_modes(faults: &mut Faults, spec_at: &Path<'_>, spec: &Value) {
    let modes = spec.get("accessModes").items();
    let at = spec_at.child("accessModes");
    for mode in modes.iter().filter(|mode| !MODES.contains(&mode.text())) {
        faults.unsupported(&at, mode, MODES);
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode.text() == "ReadWriteOncePod") {
        let detail = "may not use ReadWriteOncePod with other access modes";
        faults.forbidden(&at, detail);
    }
}

fn volume_mode(faults: &mut Faults, spec_at: &Path<'_>, spec: &Value) {
    let modes = &["Block", "Filesystem"];
    faults.choice(&spec_at.child("volumeMode"), spec.get("volumeMode"), modes);
}
