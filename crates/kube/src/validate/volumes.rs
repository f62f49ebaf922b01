//! Volumes of a pod (`pkg/apis/core/validation`, ValidateVolumes).

use super::container::{descending_path, field_ref, resource_field_ref};
use super::{Faults, Path, Seen, names};
use crate::Value;
use crate::quantity::Quantity;

/// The kinds of volumes, in the order in which the server looks for them.
const SOURCES: &[&str] = &[
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

/// Checks the volumes of a pod. Those without faults: containers can use no other.
pub(super) fn volumes<'a>(
    faults: &mut Faults,
    list: &Path<'_>,
    volumes: &'a Value,
) -> Vec<&'a Value> {
    let mut good = Vec::new();
    let mut names = Seen::default();
    for (index, volume) in volumes.items().iter().enumerate() {
        let at = list.index(index);
        let before = faults.len();
        source(faults, &at, volume);
        let name = volume.get("name");
        faults.required_named(&at.child("name"), name, names::label);
        if !name.text().is_empty() && !names.insert(name.text()) {
            faults.duplicate(&at.child("name"), name);
        }
        if faults.len() == before {
            good.push(volume);
        }
    }
    good
}

fn source(faults: &mut Faults, at: &Path<'_>, volume: &Value) {
    let mut found = 0;
    for kind in SOURCES {
        let source = volume.get(kind);
        if source.is_null() {
            continue;
        }
        found += 1;
        // The server calls this one by another name.
        let at = at.child(match *kind {
            "gcePersistentDisk" => "persistentDisk",
            kind => kind,
        });
        if found > 1 {
            faults.forbidden(&at, "may not specify more than 1 volume type");
            continue;
        }
        of_kind(faults, &at, kind, source);
    }
    if found == 0 {
        faults.required(at, "must specify a volume type");
    }
}

/// What kinds of volumes must say.
const NEEDED: &[(&str, &[&str])] = &[
    ("awsElasticBlockStore", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("azureFile", &["secretName", "shareName"]),
    ("cephfs", &["monitors"]),
    ("cinder", &["volumeID"]),
    ("gcePersistentDisk", &["pdName"]),
    ("glusterfs", &["endpoints", "path"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("local", &["path"]),
    ("nfs", &["server", "path"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("rbd", &["monitors", "image"]),
    ("persistentVolumeClaim", &["claimName"]),
    ("csi", &["driver"]),
    ("vsphereVolume", &["volumePath"]),
];

/// What a volume is, of one kind.
pub(super) fn of_kind(faults: &mut Faults, at: &Path<'_>, kind: &str, source: &Value) {
    let needed = NEEDED.iter().filter(|(name, _)| *name == kind);
    for field in needed.flat_map(|(_, fields)| *fields) {
        if source.get(field).items().is_empty() {
            faults.needs(&at.child(field), source.get(field));
        }
    }
    match kind {
        "emptyDir" if Quantity::of(source.get("sizeLimit")).is_some_and(|it| it.nano < 0) => {
            let detail = "SizeLimit field must be a valid resource quantity";
            faults.forbidden(&at.child("sizeLimit"), detail);
        }
        "hostPath" => host_path(faults, at, source),
        "secret" => files(faults, at, source, "secretName"),
        "configMap" => files(faults, at, source, "name"),
        "nfs" => {
            let path = source.get("path").text();
            if !path.starts_with('/') {
                faults.invalid_text(&at.child("path"), path, "must be an absolute path");
            }
        }
        "awsElasticBlockStore" | "gcePersistentDisk" => {
            let part = source.get("partition");
            if part
                .as_int()
                .is_some_and(|number| !(0..=255).contains(&number))
            {
                let detail = "must be between 1 and 255, inclusive";
                faults.invalid(&at.child("partition"), part, detail);
            }
        }
        "fc" => fibre_channel(faults, at, source),
        "downwardAPI" => downward(faults, at, source),
        "projected" => projected(faults, at, source),
        "csi" => {
            let driver = source.get("driver").text();
            if !driver.is_empty() {
                faults.named(
                    &at.child("driver"),
                    &driver.to_lowercase(),
                    names::subdomain,
                );
            }
        }
        "image" => {
            let policies = &["Always", "IfNotPresent", "Never"];
            faults.choice(&at.child("pullPolicy"), source.get("pullPolicy"), policies);
        }
        "ephemeral" => {
            let (at, claim) = (
                at.child("volumeClaimTemplate"),
                source.get("volumeClaimTemplate"),
            );
            if claim.is_null() {
                faults.required(&at, "");
            } else {
                super::storage::claim_spec(faults, &at.child("spec"), claim.get("spec"));
            }
        }
        _ => {}
    }
}

fn fibre_channel(faults: &mut Faults, at: &Path<'_>, source: &Value) {
    let (targets, unit) = (source.get("targetWWNs"), source.get("lun"));
    let (of_targets, of_unit) = (at.child("targetWWNs"), at.child("lun"));
    let is_named = !targets.items().is_empty();
    match (is_named, !source.get("wwids").items().is_empty()) {
        (false, false) => {
            let detail = "must specify either targetWWNs or wwids, but not both";
            faults.required(&of_targets, detail);
        }
        (true, true) => {
            let detail = "targetWWNs and wwids can not be specified simultaneously";
            faults.invalid(&of_targets, targets, detail);
        }
        _ => {}
    }
    match unit.as_int() {
        None if is_named => faults.required(&of_unit, "lun is required if targetWWNs is specified"),
        Some(number) if is_named => faults.in_range(&of_unit, number, 0, 255),
        _ => {}
    }
}

/// A folder of the node; also what a PersistentVolume can be.
fn host_path(faults: &mut Faults, at: &Path<'_>, source: &Value) {
    const KINDS: &[&str] = &[
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ];
    let path = source.get("path").text();
    if path.is_empty() {
        faults.required(&at.child("path"), "");
    } else if path.split('/').any(|part| part == "..") {
        faults.invalid_text(&at.child("path"), path, "must not contain '..'");
    }
    let kind = source.get("type");
    if !KINDS.contains(&kind.text()) {
        faults.unsupported(&at.child("type"), kind, KINDS);
    }
}

fn mode(faults: &mut Faults, at: &Path<'_>, mode: &Value) {
    if mode
        .as_int()
        .is_some_and(|mode| !(0..=0o777).contains(&mode))
    {
        let detail = "must be a number between 0 and 0777 (octal), both inclusive";
        faults.invalid(at, mode, detail);
    }
}

fn files(faults: &mut Faults, at: &Path<'_>, source: &Value, name: &str) {
    if source.get(name).text().is_empty() {
        faults.required(&at.child(name), "");
    }
    mode(faults, &at.child("defaultMode"), source.get("defaultMode"));
    items(faults, at, source);
}

fn items(faults: &mut Faults, at: &Path<'_>, source: &Value) {
    let list = at.child("items");
    for (index, item) in source.get("items").items().iter().enumerate() {
        let at = list.index(index);
        if item.get("key").text().is_empty() {
            faults.required(&at.child("key"), "");
        }
        file_path(faults, &at.child("path"), item.get("path").text());
        mode(faults, &at.child("mode"), item.get("mode"));
    }
}

fn file_path(faults: &mut Faults, at: &Path<'_>, path: &str) {
    if path.is_empty() {
        faults.required(at, "");
    } else {
        descending_path(faults, at, path);
        if path.starts_with("..") && !path.starts_with("../") {
            faults.invalid_text(at, path, "must not start with '..'");
        }
    }
}

fn downward(faults: &mut Faults, at: &Path<'_>, source: &Value) {
    const FIELDS: &[&str] = &[
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
    ];
    mode(faults, &at.child("defaultMode"), source.get("defaultMode"));
    for item in source.get("items").items() {
        // The server names the list, not the item.
        file_path(faults, &at.child("path"), item.get("path").text());
        let (field, resource) = (item.get("fieldRef"), item.get("resourceFieldRef"));
        if !field.is_null() {
            field_ref(faults, &at.child("fieldRef"), field, FIELDS);
            if !resource.is_null() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                faults.invalid(at, &"resource".into(), detail);
            }
        } else if resource.is_null() {
            faults.required(at, "one of fieldRef and resourceFieldRef is required");
        } else {
            let at = at.child("resourceFieldRef");
            match resource.get("containerName").text() {
                "" => faults.required(&at.child("containerName"), ""),
                _ => resource_field_ref(faults, &at, resource),
            }
        }
        mode(faults, &at.child("mode"), item.get("mode"));
    }
}

fn projected(faults: &mut Faults, outer: &Path<'_>, source: &Value) {
    mode(
        faults,
        &outer.child("defaultMode"),
        source.get("defaultMode"),
    );
    let list = outer.child("sources");
    let mut paths = Seen::default();
    for (index, source) in source.get("sources").items().iter().enumerate() {
        let at = list.index(index);
        let mut found = 0;
        for kind in [
            "secret",
            "configMap",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
        ] {
            let part = source.get(kind);
            if part.is_null() {
                continue;
            }
            found += 1;
            if found > 1 {
                let detail = "may not specify more than 1 volume type per source";
                faults.forbidden(&at, detail);
                continue;
            }
            let at = at.child(kind);
            match kind {
                "secret" | "configMap" => {
                    if part.get("name").text().is_empty() {
                        faults.required(&at.child("name"), "");
                    }
                    items(faults, &at, part);
                }
                "downwardAPI" => downward(faults, &at, part),
                "serviceAccountToken" => token(faults, outer, &at, part),
                _ => {}
            }
            // No two sources may write one file; what is named in the answer is the source, if it has
            // a name.
            let own = match kind {
                "serviceAccountToken" => std::slice::from_ref(part),
                _ => part.get("items").items(),
            };
            for path in own.iter().map(|item| item.get("path").text()) {
                if !path.is_empty() && !paths.insert(path) {
                    let shown = match kind {
                        "secret" | "configMap" => part.get("name").text(),
                        _ => path,
                    };
                    faults.invalid_text(outer, shown, "conflicting duplicate paths");
                }
            }
        }
    }
}

/// The server says of the volume, not of its source, what is wrong with a token's path.
fn token(faults: &mut Faults, outer: &Path<'_>, at: &Path<'_>, token: &Value) {
    let seconds = token.get("expirationSeconds");
    if seconds.as_int().is_some_and(|seconds| seconds < 600) {
        let detail = "may not specify a duration less than 10 minutes";
        faults.invalid(&at.child("expirationSeconds"), seconds, detail);
    }
    if seconds.as_int().is_some_and(|seconds| seconds > 1 << 32) {
        let detail = "may not specify a duration larger than 2^32 seconds";
        faults.invalid(&at.child("expirationSeconds"), seconds, detail);
    }
    file_path(faults, &outer.child("path"), token.get("path").text());
}
