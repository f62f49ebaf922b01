//! Containers (`pkg/apis/core/validation`, validateContainerCommon and those that call it).

use super::{Faults, Path, Seen, claims, names, probe, resources, windows};
use crate::{Value, gostruct};
use ecow::{EcoString, eco_format};

/// All containers of a pod, which has these volumes.
pub(super) fn containers(faults: &mut Faults, at: &Path<'_>, spec: &Value, volumes: &[&Value]) {
    let grace = spec.get("terminationGracePeriodSeconds");
    let main = spec.get("containers").items();
    let list = at.child("containers");
    if main.is_empty() {
        faults.required(&list, "");
    }
    let mut names = Seen::default();
    for (index, container) in main.iter().enumerate() {
        let at = list.index(index);
        common(faults, &at, spec, container, volumes);
        unique_name(faults, &at, container, &mut names);
        probe::container(faults, &at, container, grace);
    }
    host_ports(faults, &list, main, &mut Seen::default());
    let list = at.child("initContainers");
    let mut names = Seen::default();
    for container in main {
        names.insert(container.get("name").text());
    }
    for (index, container) in spec.get("initContainers").items().iter().enumerate() {
        let at = list.index(index);
        common(faults, &at, spec, container, volumes);
        unique_name(faults, &at, container, &mut names);
        // Each by itself, for they do not run together; the server counts each as the first.
        let alone = std::slice::from_ref(container);
        host_ports(faults, &list, alone, &mut Seen::default());
        if container.get("restartPolicy").text() == "Always" {
            probe::container(faults, &at, container, grace);
        } else {
            for field in [
                "lifecycle",
                "livenessProbe",
                "readinessProbe",
                "startupProbe",
            ] {
                if !container.get(field).is_null() {
                    let detail = "may not be set for init containers without restartPolicy=Always";
                    faults.forbidden(&at.child(field), detail);
                }
            }
        }
    }
}

fn unique_name<'a>(
    faults: &mut Faults,
    at: &Path<'_>,
    container: &'a Value,
    names: &mut Seen<&'a str>,
) {
    let name = container.get("name");
    if !names.insert(name.text()) {
        faults.duplicate(&at.child("name"), &name.text().into());
    }
}

/// What holds of every container.
fn common(faults: &mut Faults, at: &Path<'_>, spec: &Value, container: &Value, volumes: &[&Value]) {
    faults.required_named(&at.child("name"), container.get("name"), names::label);
    let image = container.get("image").text();
    if image.is_empty() {
        faults.required(&at.child("image"), "");
    }
    let policy = container.get("terminationMessagePolicy");
    let policies = &["File", "FallbackToLogsOnError"];
    faults.one_of(&at.child("terminationMessagePolicy"), policy, policies);
    ports(faults, &at.child("ports"), container.get("ports"));
    env(faults, &at.child("env"), container.get("env"));
    env_from(faults, &at.child("envFrom"), container.get("envFrom"));
    mounts(faults, &at.child("volumeMounts"), container, volumes);
    let policy = container.get("imagePullPolicy");
    let policies = &["Always", "IfNotPresent", "Never"];
    faults.one_of(&at.child("imagePullPolicy"), policy, policies);
    let policies = &["Always", "Never", "OnFailure"];
    let policy = container.get("restartPolicy");
    faults.choice(&at.child("restartPolicy"), policy, policies);
    resize(
        faults,
        &at.child("resizePolicy"),
        container.get("resizePolicy"),
    );
    let (at_resources, used) = (at.child("resources"), container.get("resources"));
    resources::requirements(faults, &at_resources, used);
    let (list, all) = (at_resources.child("claims"), spec.get("resourceClaims"));
    claims::of_container(faults, &list, used.get("claims"), all);
    security(
        faults,
        &at.child("securityContext"),
        container.get("securityContext"),
        spec.get("hostUsers").as_bool() != Some(false),
    );
    devices(faults, at, container, volumes);
}

/// The server names the list, not the item.
fn resize(faults: &mut Faults, at: &Path<'_>, policies: &Value) {
    let mut seen = Seen::default();
    for (index, policy) in policies.items().iter().enumerate() {
        let name = policy.get("resourceName");
        if !seen.insert(name.text()) {
            faults.duplicate(&at.index(index), name);
        }
        faults.one_of(at, name, &["cpu", "memory"]);
        let known = &["NotRequired", "RestartContainer"];
        faults.one_of(at, policy.get("restartPolicy"), known);
    }
}

/// Volumes that a container gets as devices; none of them also as a folder.
fn devices(faults: &mut Faults, at: &Path<'_>, container: &Value, volumes: &[&Value]) {
    let devices = container.get("volumeDevices").items();
    let mounts = container.get("volumeMounts").items();
    let mut seen = (Seen::default(), Seen::default());
    let list = at.child("volumeDevices");
    for (index, device) in devices.iter().enumerate() {
        let at = list.index(index);
        let (name, path) = (device.get("name").text(), device.get("devicePath").text());
        faults.needs(&at.child("name"), device.get("name"));
        if !seen.0.insert(name) {
            faults.invalid_text(&at.child("name"), name, "must be unique");
        }
        match volumes
            .iter()
            .find(|volume| volume.get("name").text() == name)
        {
            None => faults.not_found(&at.child("name"), device.get("name")),
            Some(volume) => {
                let block = ["persistentVolumeClaim", "ephemeral"];
                if block.iter().all(|kind| volume.get(kind).is_null()) {
                    let detail = "can only use volume source type of PersistentVolumeClaim or \
                                  Ephemeral for block mode";
                    faults.invalid_text(&at.child("name"), name, detail);
                }
            }
        }
        let of_path = at.child("devicePath");
        faults.needs(&of_path, device.get("devicePath"));
        if !path.is_empty() && !seen.1.insert(path) {
            faults.invalid_text(&of_path, path, "must be unique");
        }
        if path.split('/').any(|part| part == "..") {
            let detail = "can not contain backsteps ('..')";
            faults.invalid_text(&of_path, path, detail);
        }
        if mounts.iter().any(|mount| mount.get("name").text() == name) {
            let detail = "must not already exist in volumeMounts";
            faults.invalid_text(&at.child("name"), name, detail);
        }
        let mut taken = mounts.iter().map(|mount| mount.get("mountPath").text());
        if taken.any(|taken| taken == path) {
            let detail = "must not already exist as a path in volumeMounts";
            faults.invalid_text(&of_path, path, detail);
        }
    }
}

fn ports(faults: &mut Faults, list: &Path<'_>, ports: &Value) {
    let mut names = Seen::default();
    for (index, port) in ports.items().iter().enumerate() {
        let at = list.index(index);
        let name = port.get("name");
        if !name.text().is_empty() {
            let bad = names::port(name.text());
            if bad.is_empty() && !names.insert(name.text()) {
                faults.duplicate(&at.child("name"), name);
            }
            for message in bad {
                faults.invalid(&at.child("name"), name, &message);
            }
        }
        match port.get("containerPort").as_int() {
            None | Some(0) => faults.required(&at.child("containerPort"), ""),
            Some(number) => faults.in_range(&at.child("containerPort"), number, 1, 65535),
        }
        if let Some(number) = port.get("hostPort").as_int().filter(|port| *port != 0) {
            faults.in_range(&at.child("hostPort"), number, 1, 65535);
        }
        let protocols = &["SCTP", "TCP", "UDP"];
        faults.one_of(&at.child("protocol"), port.get("protocol"), protocols);
    }
}

/// No two containers may take the same port of the node.
fn host_ports(
    faults: &mut Faults,
    list: &Path<'_>,
    containers: &[Value],
    taken: &mut Seen<EcoString>,
) {
    for (index, container) in containers.iter().enumerate() {
        let at = list.index(index);
        let list = at.child("ports");
        for (index, port) in container.get("ports").items().iter().enumerate() {
            let Some(number) = port.get("hostPort").as_int().filter(|port| *port != 0) else {
                continue;
            };
            let (protocol, ip) = (port.get("protocol").text(), port.get("hostIP").text());
            let key = eco_format!("{protocol}/{ip}/{number}");
            if !taken.insert(key.clone()) {
                let at = list.index(index);
                faults.duplicate(&at.child("hostPort"), &key.into());
            }
        }
    }
}

fn env(faults: &mut Faults, list: &Path<'_>, variables: &Value) {
    for (index, variable) in variables.items().iter().enumerate() {
        let at = list.index(index);
        faults.required_named(&at.child("name"), variable.get("name"), names::variable);
        let from = variable.get("valueFrom");
        if !from.is_null() {
            let given = !variable.get("value").text().is_empty();
            value_from(faults, &at.child("valueFrom"), from, given);
        }
    }
}

/// The fields of a pod that an environment variable can have.
const ENV_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn value_from(faults: &mut Faults, at: &Path<'_>, from: &Value, given: bool) {
    let mut sources = 0;
    for source in [
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
        "fileKeyRef",
    ] {
        let value = from.get(source);
        if value.is_null() {
            continue;
        }
        sources += 1;
        let at = at.child(source);
        match source {
            "fieldRef" => field_ref(faults, &at, value, ENV_FIELDS),
            "resourceFieldRef" => resource_field_ref(faults, &at, value),
            "configMapKeyRef" | "secretKeyRef" => {
                faults.named(
                    &at.child("name"),
                    value.get("name").text(),
                    names::subdomain,
                );
                faults.required_named(&at.child("key"), value.get("key"), names::config_key);
            }
            _ => file_key(faults, &at, value),
        }
    }
    match sources {
        0 => faults.invalid_text(
            at,
            "",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` \
             or `fileKeyRef`",
        ),
        _ if given => {
            faults.invalid_text(at, "", "may not be specified when `value` is not empty");
        }
        1 => {}
        _ => faults.invalid_text(at, "", "may not have more than one field specified at a time"),
    }
}

/// A key in a file of a volume.
fn file_key(faults: &mut Faults, at: &Path<'_>, value: &Value) {
    faults.required_named(&at.child("key"), value.get("key"), names::variable);
    for field in ["volumeName", "path"] {
        faults.needs(&at.child(field), value.get(field));
    }
    let path = value.get("path").text();
    if !path.is_empty() {
        descending_path(faults, &at.child("path"), path);
    }
}

/// A reference to a field of the pod: one that exists, and that may be used here.
pub(super) fn field_ref(faults: &mut Faults, at: &Path<'_>, field: &Value, supported: &[&str]) {
    if field.get("apiVersion").text().is_empty() {
        faults.required(&at.child("apiVersion"), "");
        return;
    }
    let of_path = at.child("fieldPath");
    let path = field.get("fieldPath").text();
    if path.is_empty() {
        faults.required(&of_path, "");
        return;
    }
    let version = field.get("apiVersion").text();
    if version != "v1" {
        let detail = eco_format!("error converting fieldPath: unsupported pod version: {version}");
        faults.invalid_text(&of_path, path, &detail);
        return;
    }
    let cannot = |why: &str| eco_format!("error converting fieldPath: field label {why}: {path}");
    let subscript = path
        .strip_suffix("']")
        .and_then(|path| path.split_once("['"));
    match subscript {
        Some(("metadata.annotations", key)) => {
            for message in names::label_key(&key.to_lowercase()) {
                faults.invalid_text(at, &key.to_lowercase(), &message);
            }
        }
        Some(("metadata.labels", key)) => faults.named(at, key, names::label_key),
        Some(_) => faults.invalid_text(&of_path, path, &cannot("does not support subscript")),
        None if supported.contains(&path) => {}
        None if POD_FIELDS.contains(&path) || ENV_FIELDS.contains(&path) => {
            faults.unsupported(&of_path, &path.into(), supported);
        }
        None => faults.invalid_text(&of_path, path, &cannot("not supported")),
    }
}

/// Fields of a pod that can be named, besides [`ENV_FIELDS`]; where is another question
/// (`pkg/apis/core/pods/helpers.go`, ConvertDownwardAPIFieldLabel).
const POD_FIELDS: &[&str] = &[
    "metadata.annotations",
    "metadata.labels",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
];

/// A reference to what a container asks for or is limited to.
pub(super) fn resource_field_ref(faults: &mut Faults, at: &Path<'_>, field: &Value) {
    const SUPPORTED: &[&str] = &[
        "limits.cpu",
        "limits.ephemeral-storage",
        "limits.memory",
        "requests.cpu",
        "requests.ephemeral-storage",
        "requests.memory",
    ];
    let resource = field.get("resource").text();
    let huge = ["limits.hugepages-", "requests.hugepages-"];
    if resource.is_empty() {
        faults.required(&at.child("resource"), "");
    } else if !SUPPORTED.contains(&resource) && !huge.iter().any(|it| resource.starts_with(it)) {
        faults.unsupported(&at.child("resource"), field.get("resource"), SUPPORTED);
    }
    divisor(
        faults,
        &at.child("divisor"),
        resource,
        field.get("divisor").text(),
    );
}

fn divisor(faults: &mut Faults, at: &Path<'_>, resource: &str, divisor: &str) {
    const BYTES: &[&str] = &[
        "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
    ];
    if matches!(divisor, "" | "0") {
        return;
    }
    let (allowed, shown, what) = match resource.split_once('.').map(|(_, name)| name) {
        Some("cpu") => (&["1m", "1"][..], "1m and 1", "cpu"),
        Some("memory") => (BYTES, "", "memory"),
        Some("ephemeral-storage") => (BYTES, "", "local ephemeral storage"),
        Some(name) if name.starts_with("hugepages-") => (BYTES, "", "hugepages"),
        _ => return,
    };
    if !allowed.contains(&divisor) {
        let list = if shown.is_empty() {
            allowed.join(", ")
        } else {
            shown.into()
        };
        let detail =
            eco_format!("only divisor's values {list} are supported with the {what} resource");
        faults.invalid_text(at, resource, &detail);
    }
}

fn env_from(faults: &mut Faults, list: &Path<'_>, sources: &Value) {
    for (index, source) in sources.items().iter().enumerate() {
        let at = list.index(index);
        let prefix = source.get("prefix").text();
        if !prefix.is_empty() {
            faults.named(&at.child("prefix"), prefix, names::variable);
        }
        let mut found = 0;
        for kind in ["configMapRef", "secretRef"] {
            let reference = source.get(kind);
            if !reference.is_null() {
                found += 1;
                let at = at.child(kind);
                faults.required_named(&at.child("name"), reference.get("name"), names::subdomain);
            }
        }
        match found {
            0 => faults.invalid_text(
                list,
                "",
                "must specify one of: `configMapRef` or `secretRef`",
            ),
            1 => {}
            _ => faults.invalid_text(
                list,
                "",
                "may not have more than one field specified at a time",
            ),
        }
    }
}

fn mounts(faults: &mut Faults, list: &Path<'_>, container: &Value, volumes: &[&Value]) {
    let mounts = container.get("volumeMounts");
    let devices = container.get("volumeDevices").items();
    let privileged = container.at(&["securityContext", "privileged"]).as_bool() == Some(true);
    let mut paths = Seen::default();
    for (index, mount) in mounts.items().iter().enumerate() {
        let at = list.index(index);
        let (name, path) = (mount.get("name"), mount.get("mountPath"));
        if name.text().is_empty() {
            faults.required(&at.child("name"), "");
        }
        if !volumes
            .iter()
            .any(|volume| volume.get("name").text() == name.text())
        {
            faults.not_found(&at.child("name"), name);
        }
        let device = |field: &str, text: &str| {
            devices
                .iter()
                .any(|device| device.get(field).text() == text)
        };
        if device("name", name.text()) {
            let detail = "must not already exist in volumeDevices";
            faults.invalid(&at.child("name"), name, detail);
        }
        if path.text().is_empty() {
            faults.required(&at.child("mountPath"), "");
        }
        if !paths.insert(path.text()) {
            faults.invalid(&at.child("mountPath"), path, "must be unique");
        }
        if device("devicePath", path.text()) {
            let detail = "must not already exist as a path in volumeDevices";
            faults.invalid(&at.child("mountPath"), path, detail);
        }
        // The server leaves the index out here.
        for field in ["subPath", "subPathExpr"] {
            descending_path(faults, &list.child(field), mount.get(field).text());
        }
        if !mount.get("subPath").is_null() && !mount.get("subPathExpr").is_null() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            faults.invalid(&at.child("subPathExpr"), mount.get("subPathExpr"), detail);
        }
        let how = mount.get("mountPropagation");
        let known = &["Bidirectional", "HostToContainer", "None"];
        let at = list.child("mountPropagation");
        if how.text() == "Bidirectional" && !privileged {
            let detail =
                "Bidirectional mount propagation is available only to privileged containers";
            faults.forbidden(&at, detail);
        }
        faults.choice(&at, how, known);
        recursive(faults, &list.child("recursiveReadOnly"), mount);
    }
}

/// Whether what is mounted below a mount is read-only too.
fn recursive(faults: &mut Faults, at: &Path<'_>, mount: &Value) {
    let how = mount.get("recursiveReadOnly");
    if matches!(how.text(), "Enabled" | "IfPossible") {
        if mount.get("readOnly").as_bool() != Some(true) {
            faults.forbidden(at, "may only be specified when readOnly is true");
        }
        if !matches!(mount.get("mountPropagation").text(), "" | "None") {
            let detail = "may only be specified when mountPropagation is None or not specified";
            faults.forbidden(at, detail);
        }
    }
    faults.choice(at, how, &["Disabled", "Enabled", "IfPossible"]);
}

/// A path that stays below where it begins.
pub(super) fn descending_path(faults: &mut Faults, at: &Path<'_>, path: &str) {
    if path.starts_with('/') {
        faults.invalid_text(at, path, "must be a relative path");
    }
    if path.split('/').any(|part| part == "..") {
        faults.invalid_text(at, path, "must not contain '..'");
    }
}

fn security(faults: &mut Faults, at: &Path<'_>, context: &Value, has_host_users: bool) {
    for field in ["runAsUser", "runAsGroup"] {
        if let Some(id) = context.get(field).as_int() {
            faults.in_range(&at.child(field), id, 0, i64::from(i32::MAX));
        }
    }
    let mounts = &["Default", "Unmasked"];
    let proc = context.get("procMount");
    faults.choice(&at.child("procMount"), proc, mounts);
    if has_host_users && proc.text() == "Unmasked" {
        let detail = "`hostUsers` must be false to use `Unmasked`";
        faults.invalid(&at.child("procMount"), proc, detail);
    }
    profiles(faults, at, context);
    let flag = |field: &str| context.get(field).as_bool();
    if flag("allowPrivilegeEscalation") == Some(false) {
        if flag("privileged") == Some(true) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            faults.invalid_shown(at, &gostruct::json("SecurityContext", context), detail);
        }
        let added = context.at(&["capabilities", "add"]).items();
        if added.iter().any(|it| it.text() == "CAP_SYS_ADMIN") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            faults.invalid_shown(at, &gostruct::json("SecurityContext", context), detail);
        }
    }
    windows::options(
        faults,
        &at.child("windowsOptions"),
        context.get("windowsOptions"),
    );
}

/// The profiles of seccomp and AppArmor.
pub(super) fn profiles(faults: &mut Faults, at: &Path<'_>, context: &Value) {
    seccomp(
        faults,
        &at.child("seccompProfile"),
        context.get("seccompProfile"),
    );
    app_armor(
        faults,
        &at.child("appArmorProfile"),
        context.get("appArmorProfile"),
    );
}

fn app_armor(faults: &mut Faults, at: &Path<'_>, profile: &Value) {
    let local = profile.get("localhostProfile");
    let of_local = at.child("localhostProfile");
    match profile.get("type").text() {
        _ if profile.is_null() => {}
        "Localhost" if local.is_null() => {
            faults.required(&of_local, "must be set when AppArmor type is Localhost");
        }
        "Localhost" if local.text().trim().is_empty() => {
            faults.required(&of_local, "must be set when AppArmor type is Localhost");
        }
        "Localhost" if local.text() != local.text().trim() => {
            faults.invalid(&of_local, local, "must not be padded with whitespace");
        }
        "Localhost" => {}
        "RuntimeDefault" | "Unconfined" => {
            if !local.is_null() {
                let detail = "can only be set when AppArmor type is Localhost";
                faults.invalid(&of_local, local, detail);
            }
        }
        "" => faults.required(
            &at.child("type"),
            "type is required when appArmorProfile is set",
        ),
        _ => {
            let known = &["Localhost", "RuntimeDefault", "Unconfined"];
            faults.unsupported(&at.child("type"), profile.get("type"), known);
        }
    }
}

/// A seccomp profile; none is fine.
fn seccomp(faults: &mut Faults, at: &Path<'_>, profile: &Value) {
    let local = profile.get("localhostProfile");
    match profile.get("type").text() {
        _ if profile.is_null() => {}
        "Localhost" if local.is_null() => {
            faults.required(
                &at.child("localhostProfile"),
                "must be set when seccomp type is Localhost",
            );
        }
        "Localhost" => descending_path(faults, &at.child("localhostProfile"), local.text()),
        "RuntimeDefault" | "Unconfined" => {
            if !local.is_null() {
                let detail = "can only be set when seccomp type is Localhost";
                let shown = gostruct::json("SeccompProfile", profile);
                faults.invalid_shown(&at.child("localhostProfile"), &shown, detail);
            }
        }
        "" => faults.required(
            &at.child("type"),
            "type is required when seccompProfile is set",
        ),
        _ => {
            let known = &["Localhost", "RuntimeDefault", "Unconfined"];
            faults.unsupported(&at.child("type"), profile.get("type"), known);
        }
    }
}
