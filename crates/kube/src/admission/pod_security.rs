//! Pod Security: what a namespace's label `pod-security.kubernetes.io/enforce` allows its pods
//! (`k8s.io/pod-security-admission`, the policies of version latest).

use crate::{Key, Status, Store, Value};
use ecow::{EcoString, eco_format};

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Capabilities that the baseline level lets a container add.
const BASELINE_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Volumes that the restricted level knows as harmless.
const RESTRICTED_VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

pub(super) fn validate(
    store: &mut Store,
    key: &Key,
    old: Option<&Value>,
    pod: &Value,
) -> Result<(), Status> {
    if key.kind != "Pod" || old.is_some() {
        return Ok(());
    }
    let namespace = store.get(&Key::new("Namespace", "", &*key.namespace));
    let level = namespace.map_or("", |it| it.labels().get(ENFORCE).text());
    let restricted = level == "restricted";
    if !restricted && level != "baseline" {
        return Ok(());
    }
    let broken = broken(pod.get("spec"), restricted);
    if broken.is_empty() {
        return Ok(());
    }
    let why = eco_format!(
        "violates PodSecurity \"{level}:latest\": {}",
        broken.join(", ")
    );
    Err(Status::forbidden(&key.kind, &key.name, &why))
}

/// A pod's containers of all kinds.
fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().flat_map(|list| spec.get(list).items())
}

/// `container "a"`, `containers "a", "b"`
fn shown(names: &[EcoString]) -> EcoString {
    let quoted: Vec<EcoString> = names.iter().map(|name| eco_format!("{name:?}")).collect();
    let s = if names.len() == 1 { "" } else { "s" };
    eco_format!("container{s} {}", quoted.join(", "))
}

/// The containers of which something is true.
fn those(spec: &Value, test: impl Fn(&Value) -> bool) -> Vec<EcoString> {
    containers(spec)
        .filter(|container| test(container.get("securityContext")))
        .map(|container| container.get("name").to_text())
        .collect()
}

fn broken(spec: &Value, restricted: bool) -> Vec<EcoString> {
    let mut broken = Vec::new();
    let pod = spec.get("securityContext");
    let mut say = |names: Vec<EcoString>, what: &str, must: &str| {
        if !names.is_empty() {
            broken.push(eco_format!("{what} ({} {must})", shown(&names)));
        }
    };
    say(
        those(spec, |it| it.get("privileged").as_bool() == Some(true)),
        "privileged",
        "must not set securityContext.privileged=true",
    );
    let added = |it: &Value| it.at(&["capabilities", "add"]).items().to_vec();
    let allowed: &[&str] = if restricted {
        &["NET_BIND_SERVICE"]
    } else {
        BASELINE_CAPABILITIES
    };
    if !restricted {
        say(
            those(spec, |it| {
                added(it).iter().any(|name| !allowed.contains(&name.text()))
            }),
            "non-default capabilities",
            "must not include capabilities in securityContext.capabilities.add beyond the default set",
        );
    }
    if restricted {
        say(
            those(spec, |it| {
                it.get("allowPrivilegeEscalation").as_bool() != Some(false)
            }),
            "allowPrivilegeEscalation != false",
            "must set securityContext.allowPrivilegeEscalation=false",
        );
        let drops = |it: &Value| {
            it.at(&["capabilities", "drop"])
                .items()
                .contains(&"ALL".into())
        };
        say(
            those(spec, |it| {
                !drops(it) || added(it).iter().any(|name| !allowed.contains(&name.text()))
            }),
            "unrestricted capabilities",
            "must set securityContext.capabilities.drop=[\"ALL\"]",
        );
    }
    host(spec, &mut broken);
    if restricted {
        restricted_pod(spec, pod, &mut broken);
    }
    broken
}

/// What a pod may not share with its node.
fn host(spec: &Value, broken: &mut Vec<EcoString>) {
    let shared: Vec<EcoString> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|field| spec.get(field).as_bool() == Some(true))
        .map(|field| eco_format!("{field}=true"))
        .collect();
    if !shared.is_empty() {
        broken.push(eco_format!("host namespaces ({})", shared.join(", ")));
    }
    let paths: Vec<EcoString> = spec
        .get("volumes")
        .items()
        .iter()
        .filter(|volume| !volume.get("hostPath").is_null())
        .map(|volume| eco_format!("{:?}", volume.get("name").text()))
        .collect();
    if !paths.is_empty() {
        let s = if paths.len() == 1 { "" } else { "s" };
        broken.push(eco_format!(
            "hostPath volumes (volume{s} {})",
            paths.join(", ")
        ));
    }
    let ports: Vec<EcoString> = containers(spec)
        .flat_map(|container| container.get("ports").items())
        .filter_map(|port| port.get("hostPort").as_int().filter(|port| *port != 0))
        .map(|port| eco_format!("{port}"))
        .collect();
    if !ports.is_empty() {
        let names: Vec<EcoString> = containers(spec)
            .filter(|it| {
                it.get("ports")
                    .items()
                    .iter()
                    .any(|port| !port.get("hostPort").is_null())
            })
            .map(|it| it.get("name").to_text())
            .collect();
        let s = if ports.len() == 1 { "" } else { "s" };
        broken.push(eco_format!(
            "hostPort ({} uses hostPort{s} {})",
            shown(&names),
            ports.join(", ")
        ));
    }
}

fn restricted_pod(spec: &Value, pod: &Value, broken: &mut Vec<EcoString>) {
    let odd: Vec<&Value> = spec
        .get("volumes")
        .items()
        .iter()
        .filter(|it| {
            it.members()
                .any(|(name, _)| name != "name" && !RESTRICTED_VOLUMES.contains(&name.as_str()))
        })
        .collect();
    if !odd.is_empty() {
        let names: Vec<EcoString> = odd
            .iter()
            .map(|it| eco_format!("{:?}", it.get("name").text()))
            .collect();
        let kinds: Vec<EcoString> = odd
            .iter()
            .flat_map(|it| it.members())
            .filter(|(name, _)| *name != "name")
            .map(|(name, _)| eco_format!("{name:?}"))
            .collect();
        let (s, verb) = if odd.len() == 1 {
            ("", "uses")
        } else {
            ("s", "use")
        };
        broken.push(eco_format!(
            "restricted volume types (volume{s} {} {verb} restricted volume type{s} {})",
            names.join(", "),
            kinds.join(", ")
        ));
    }
    let root = pod.get("runAsNonRoot").as_bool() != Some(true);
    let names = those(spec, |it| match it.get("runAsNonRoot").as_bool() {
        Some(it) => !it,
        None => root,
    });
    if !names.is_empty() {
        broken.push(eco_format!(
            "runAsNonRoot != true (pod or {} must set securityContext.runAsNonRoot=true)",
            shown(&names)
        ));
    }
    let safe = |it: &Value| {
        matches!(
            it.at(&["seccompProfile", "type"]).text(),
            "RuntimeDefault" | "Localhost"
        )
    };
    let names = those(spec, |it| {
        !safe(it) && (!it.get("seccompProfile").is_null() || !safe(pod))
    });
    if !names.is_empty() {
        broken.push(eco_format!(
            "seccompProfile (pod or {} must set securityContext.seccompProfile.type to \
             \"RuntimeDefault\" or \"Localhost\")",
            shown(&names)
        ));
    }
}
