//! A pod template in words (`DescribePodTemplate` in `k8s.io/kubectl/pkg/describe/describe.go`), with
//! tabs as they are.

use super::describe::pod as described_pod;
use ecow::{EcoString, eco_format};
use kube::{Object, Value};
use std::fmt::Write;
use yaml::json;

/// Annotations that are not shown.
const HIDDEN: &str = "kubectl.kubernetes.io/last-applied-configuration";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
/// An annotation that is longer, name and all, begins on a line of its own.
const ANNOTATION_MOST: usize = 140;

const PROBES: [(&str, &str); 3] = [
    ("Liveness", "livenessProbe"),
    ("Readiness", "readinessProbe"),
    ("Startup", "startupProbe"),
];

/// What a volume is, by the member that says so, and the members that are shown: their names, where
/// they are, and what stands there if they are not.
type Source = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
);

const SOURCES: &[Source] = &[
    (
        "hostPath",
        "HostPath (bare host directory volume)",
        &[("Path", "path", ""), ("HostPathType", "type", "<none>")],
    ),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[
            ("Medium", "medium", ""),
            ("SizeLimit", "sizeLimit", "<unset>"),
        ],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[
            ("SecretName", "secretName", ""),
            ("Optional", "optional", "false"),
        ],
    ),
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        &[("Name", "name", ""), ("Optional", "optional", "false")],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[
            ("Server", "server", ""),
            ("Path", "path", ""),
            ("ReadOnly", "readOnly", "false"),
        ],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[
            ("ClaimName", "claimName", ""),
            ("ReadOnly", "readOnly", "false"),
        ],
    ),
    (
        "projected",
        "Projected (a volume that contains injected data from multiple sources)",
        &[],
    ),
    (
        "downwardAPI",
        "DownwardAPI (a volume populated by information about the pod)",
        &[],
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[
            ("Driver", "driver", ""),
            ("FSType", "fsType", ""),
            ("ReadOnly", "readOnly", "false"),
        ],
    ),
];

/// Before what a template has.
const MARGIN: &str = "  ";

/// A pod template, with the cause of its revision among its annotations if there is one.
pub(super) fn describe(template: &Value, cause: Option<&str>) -> String {
    let (metadata, spec) = (template.get("metadata"), template.get("spec"));
    let mut out = "Pod Template:\n".to_owned();
    pairs(&mut out, "  Labels", metadata.get("labels"));
    let mut notes = metadata.get("annotations").clone();
    if let Some(cause) = cause.filter(|text| !text.is_empty()) {
        notes.set(CHANGE_CAUSE, cause);
    }
    annotations(&mut out, MARGIN, &notes, false);
    line(
        &mut out,
        "  Service Account",
        spec.get("serviceAccountName"),
    );
    let first = spec.get("initContainers").items();
    if !first.is_empty() {
        containers(&mut out, MARGIN, "Init Containers", first, None);
    }
    let mains = spec.get("containers").items();
    containers(&mut out, MARGIN, "Containers", mains, None);
    volumes(&mut out, MARGIN, spec.get("volumes").items());
    let rules = spec.get("topologySpreadConstraints").items();
    spread(&mut out, MARGIN, rules);
    line(
        &mut out,
        "  Priority Class Name",
        spec.get("priorityClassName"),
    );
    pairs(&mut out, "  Node-Selectors", spec.get("nodeSelector"));
    tolerations(&mut out, MARGIN, spec.get("tolerations").items());
    out
}

/// A text as it is, a number or a truth value in letters.
fn shown(value: &Value) -> EcoString {
    match value {
        Value::String(text) => text.clone(),
        other => json::encode(other, json::COMPACT),
    }
}

/// A line with a text, if there is one.
fn line(out: &mut String, title: &str, text: &Value) {
    if !text.text().is_empty() {
        // A text takes all.
        let _ = writeln!(out, "{title}:\t{}", text.text());
    }
}

/// A title and what follows it, each on a line.
pub(super) fn column(out: &mut String, title: &str, mut lines: Vec<EcoString>) {
    if lines.is_empty() {
        lines.push("<none>\n".into());
    }
    let _ = write!(out, "{title}:\t{}", lines.join("\t"));
}

pub(super) fn pairs(out: &mut String, title: &str, map: &Value) {
    let lines = map.members();
    let lines = lines.map(|(name, value)| eco_format!("{name}={}\n", value.text()));
    column(out, title, lines.collect());
}

/// The annotations; if there are none, what is said of that, where anything `is_said`.
pub(super) fn annotations(out: &mut String, margin: &str, map: &Value, is_said: bool) {
    let mut lines = Vec::new();
    for (name, value) in map.members().filter(|(name, _)| *name != HIDDEN) {
        let value = value.text();
        let value = value.strip_suffix('\n').unwrap_or(value);
        if name.len() + value.len() + 2 <= ANNOTATION_MOST && !value.contains('\n') {
            lines.push(eco_format!("{name}: {value}\n"));
            continue;
        }
        let mut text = eco_format!("{name}:\n");
        for part in value.split('\n') {
            let most = ANNOTATION_MOST - 2;
            match part.char_indices().nth(most) {
                Some((end, _)) => _ = writeln!(text, "\t  {}...", &part[..end]),
                None => _ = writeln!(text, "\t  {part}"),
            }
        }
        lines.push(text);
    }
    if is_said || map.members().next().is_some() {
        column(out, &format!("{margin}Annotations"), lines);
    }
}

/// Containers of a template, or of a pod with what became of them: a list of their statuses.
pub(super) fn containers(
    out: &mut String,
    margin: &str,
    title: &str,
    list: &[Value],
    of: Option<(&Object, &Value)>,
) {
    let none = if list.is_empty() { " <none>" } else { "" };
    let _ = writeln!(out, "{margin}{title}:{none}");
    let indent = if margin.is_empty() { "" } else { " " };
    for container in list {
        let name = container.get("name").text();
        let mut statuses = of.map_or(&[][..], |(_, list)| list.items()).iter();
        let status = statuses.find(|it| it.get("name").text() == name);
        let _ = writeln!(out, "  {indent}{name}:");
        if let Some(status) = status {
            let id = status.get("containerID").text();
            let _ = writeln!(out, "    Container ID:\t{id}");
        }
        let _ = writeln!(out, "    Image:\t{}", container.get("image").text());
        if let Some(status) = status {
            let _ = writeln!(out, "    Image ID:\t{}", status.get("imageID").text());
        }
        let ports = container.get("ports").items();
        port(out, "Port", ports, "containerPort");
        port(out, "Host Port", ports, "hostPort");
        let profile = container.at(&["securityContext", "seccompProfile"]);
        line(out, "    SeccompProfile", profile.get("type"));
        line(
            out,
            "      LocalhostProfile",
            profile.get("localhostProfile"),
        );
        words(out, "Command", container.get("command").items());
        words(out, "Args", container.get("args").items());
        if let Some(status) = status {
            described_pod::state(out, status);
        }
        let resources = container.get("resources");
        amounts(out, "    ", "Limits", resources.get("limits"));
        amounts(out, "    ", "Requests", resources.get("requests"));
        for (title, member) in PROBES {
            let probe = container.get(member);
            if !probe.is_null() {
                let (target, rhythm) = probe_words(probe);
                let _ = writeln!(out, "    {title}:\t{target} {rhythm}");
            }
        }
        env_from(out, container.get("envFrom").items());
        env(out, container, of.map(|(pod, _)| pod));
        mounts(out, container);
    }
}

fn port(out: &mut String, title: &str, ports: &[Value], member: &str) {
    let text = |port: &Value| {
        let number = port.get(member).as_int().unwrap_or(0);
        let protocol = port.get("protocol").text();
        match port.get("name").text() {
            "" => eco_format!("{number}/{protocol}"),
            name => eco_format!("{number}/{protocol} ({name})"),
        }
    };
    let texts: Vec<EcoString> = ports.iter().map(text).collect();
    let _ = match texts.as_slice() {
        [] => writeln!(out, "    {title}:\t<none>"),
        [one] => writeln!(out, "    {title}:\t{one}"),
        all => writeln!(out, "    {title}s:\t{}", all.join(", ")),
    };
}

fn words(out: &mut String, title: &str, list: &[Value]) {
    if !list.is_empty() {
        let _ = writeln!(out, "    {title}:");
    }
    for part in list.iter().flat_map(|word| word.text().split('\n')) {
        let _ = writeln!(out, "      {part}");
    }
}

pub(super) fn amounts(out: &mut String, margin: &str, title: &str, map: &Value) {
    if map.members().next().is_some() {
        let _ = writeln!(out, "{margin}{title}:");
    }
    for (name, amount) in map.members() {
        let _ = writeln!(out, "{margin}  {name}:\t{}", shown(amount));
    }
}

/// What a probe asks and when, as `kubectl describe` writes it: `http-get http://:80/ready` and
/// `delay=0s timeout=1s period=10s #success=1 #failure=3` (`DescribeProbe`).
#[must_use]
pub fn probe_words(probe: &Value) -> (EcoString, EcoString) {
    let number = |name: &str| probe.get(name).as_int().unwrap_or(0);
    let (exec, http) = (probe.get("exec"), probe.get("httpGet"));
    let (tcp, grpc) = (probe.get("tcpSocket"), probe.get("grpc"));
    let what = if !exec.is_null() {
        let words: Vec<&str> = exec
            .get("command")
            .items()
            .iter()
            .map(Value::text)
            .collect();
        eco_format!("exec [{}]", words.join(" "))
    } else if !http.is_null() {
        let scheme = http.get("scheme").text().to_lowercase();
        let (host, port) = (http.get("host").text(), shown(http.get("port")));
        let path = http.get("path").text();
        let slash = if path.is_empty() || path.starts_with('/') {
            ""
        } else {
            "/"
        };
        eco_format!("http-get {scheme}://{host}:{port}{slash}{path}")
    } else if !tcp.is_null() {
        let (host, port) = (tcp.get("host").text(), shown(tcp.get("port")));
        eco_format!("tcp-socket {host}:{port}")
    } else if !grpc.is_null() {
        let (port, service) = (shown(grpc.get("port")), grpc.get("service").text());
        eco_format!("grpc <pod>:{port} {service}")
    } else {
        "unknown".into()
    };
    let rhythm = eco_format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds"),
        number("timeoutSeconds"),
        number("periodSeconds"),
        number("successThreshold"),
        number("failureThreshold"),
    );
    (what, rhythm)
}

fn is_optional(reference: &Value) -> bool {
    reference.get("optional").as_bool() == Some(true)
}

fn env_from(out: &mut String, list: &[Value]) {
    if !list.is_empty() {
        out.push_str("    Environment Variables from:\n");
    }
    for source in list {
        let (kind, reference) = match source.get("configMapRef") {
            Value::Null => ("Secret", source.get("secretRef")),
            reference => ("ConfigMap", reference),
        };
        let prefix = match source.get("prefix").text() {
            "" => EcoString::new(),
            prefix => eco_format!(" with prefix '{prefix}'"),
        };
        let (name, optional) = (reference.get("name").text(), is_optional(reference));
        let _ = writeln!(out, "      {name}\t{kind}{prefix}\tOptional: {optional}");
    }
}

fn env(out: &mut String, container: &Value, pod: Option<&Object>) {
    let list = container.get("env").items();
    let none = if list.is_empty() { "\t<none>" } else { "" };
    let _ = writeln!(out, "    Environment:{none}");
    for variable in list {
        let name = variable.get("name").text();
        let from = variable.get("valueFrom");
        let Some((how, reference)) = from.members().next() else {
            let value = variable.get("value").text().replace('\n', "\n      \t");
            let _ = writeln!(out, "      {name}:\t{value}");
            continue;
        };
        let key = |of: &str| {
            let (key, whose) = (reference.get("key").text(), reference.get("name").text());
            let optional = is_optional(reference);
            eco_format!("<set to the key '{key}' {of} '{whose}'>\tOptional: {optional}")
        };
        let words = match how.as_str() {
            "fieldRef" => {
                let version = reference.get("apiVersion").text();
                let path = reference.get("fieldPath").text();
                let value = pod.map_or(EcoString::new(), |pod| field(pod, path));
                eco_format!("{value} ({version}:{path})")
            }
            "resourceFieldRef" => {
                let resource = reference.get("resource").text();
                eco_format!(
                    "{} ({resource})",
                    resource_value(container, resource, reference)
                )
            }
            "secretKeyRef" => key("in secret"),
            _ => key("of config map"),
        };
        let _ = writeln!(out, "      {name}:\t{words}");
    }
}

/// What a variable has that is a field of the pod (`pkg/fieldpath`).
fn field(pod: &Object, path: &str) -> EcoString {
    let (path, key) = path.split_once("['").unwrap_or((path, ""));
    let names: Vec<&str> = path.split('.').collect();
    let found = pod.value.at(&names);
    match key.strip_suffix("']") {
        Some(key) => found.get(key).to_text(),
        None => found.to_text(),
    }
}

/// What a variable of a container's own resources has, in units of its divisor, rounded up
/// (`ExtractContainerResourceValue`).
fn resource_value(container: &Value, resource: &str, reference: &Value) -> EcoString {
    let (list, name) = resource.split_once('.').unwrap_or_default();
    let amount = kube::quantity::Quantity::of(container.at(&["resources", list, name]));
    let nano = amount.map_or(0, |amount| amount.nano);
    let unit = kube::quantity::Quantity::of(reference.get("divisor"));
    let unit = unit.map_or(0, |unit| unit.nano);
    let unit = if unit > 0 { unit } else { 1_000_000_000 };
    let count = (nano + unit - 1) / unit;
    match (count, resource) {
        (0, "limits.cpu" | "limits.memory") => "node allocatable".into(),
        _ => eco_format!("{count}"),
    }
}

fn mounts(out: &mut String, container: &Value) {
    let mut list: Vec<&Value> = container.get("volumeMounts").items().iter().collect();
    lean::sort_by(&mut list, |a, b| {
        a.get("mountPath").text().cmp(b.get("mountPath").text())
    });
    let none = if list.is_empty() { "\t<none>" } else { "" };
    let _ = writeln!(out, "    Mounts:{none}");
    for mount in list {
        let how = match mount.get("readOnly").as_bool() {
            Some(true) => "ro",
            _ => "rw",
        };
        let part = match mount.get("subPath").text() {
            "" => EcoString::new(),
            part => eco_format!(",path={part:?}"),
        };
        let (path, name) = (mount.get("mountPath").text(), mount.get("name").text());
        let _ = writeln!(out, "      {path} from {name} ({how}{part})");
    }
}

pub(super) fn volumes(out: &mut String, margin: &str, list: &[Value]) {
    let none = if list.is_empty() { "\t<none>" } else { "" };
    let _ = writeln!(out, "{margin}Volumes:{none}");
    let indent = if margin.is_empty() { "" } else { " " };
    for volume in list {
        let _ = writeln!(out, "  {indent}{}:", volume.get("name").text());
        let known = SOURCES.iter().find(|it| !volume.get(it.0).is_null());
        let Some((member, what, rows)) = known else {
            out.push_str("  <unknown>\n");
            continue;
        };
        let source = volume.get(member);
        let _ = writeln!(out, "    Type:\t{what}");
        for (title, member, none) in *rows {
            let text = match source.get(member) {
                Value::Null => (*none).into(),
                value => shown(value),
            };
            let _ = writeln!(out, "    {title}:\t{text}");
        }
        for part in source.get("sources").items() {
            projected(out, part);
        }
        if *member == "downwardAPI" {
            out.push_str("    Items:\n");
        }
        for item in source
            .get("items")
            .items()
            .iter()
            .filter(|_| *member == "downwardAPI")
        {
            let from = match item.get("fieldRef") {
                Value::Null => item.at(&["resourceFieldRef", "resource"]),
                field => field.get("fieldPath"),
            };
            let _ = writeln!(out, "      {} -> {}", from.text(), item.get("path").text());
        }
    }
}

fn projected(out: &mut String, part: &Value) {
    let Some((kind, source)) = part.members().next() else {
        return;
    };
    let title = match kind.as_str() {
        "secret" => "SecretName",
        "configMap" => "ConfigMapName",
        "downwardAPI" => {
            out.push_str("    DownwardAPI:\ttrue\n");
            return;
        }
        "serviceAccountToken" => {
            let seconds = shown(source.get("expirationSeconds"));
            let _ = writeln!(out, "    TokenExpirationSeconds:\t{seconds}");
            return;
        }
        _ => return,
    };
    let (name, optional) = (source.get("name").text(), is_optional(source));
    let _ = writeln!(out, "    {title}:\t{name}\n    Optional:\t{optional}");
}

pub(super) fn spread(out: &mut String, margin: &str, list: &[Value]) {
    let mut list: Vec<&Value> = list.iter().collect();
    lean::sort_by(&mut list, |a, b| {
        a.get("topologyKey").text().cmp(b.get("topologyKey").text())
    });
    let lines = list.iter().map(|one| {
        let (key, how) = (
            one.get("topologyKey").text(),
            one.get("whenUnsatisfiable").text(),
        );
        let skew = one.get("maxSkew").as_int().unwrap_or(0);
        let whose = match one.get("labelSelector") {
            Value::Null => EcoString::new(),
            selector => match kube::selector::text(selector).as_str() {
                "" => " for selector <none>".into(),
                text => eco_format!(" for selector {text}"),
            },
        };
        eco_format!("{key}:{how} when max skew {skew} is exceeded{whose}\n")
    });
    let lines: Vec<EcoString> = lines.collect();
    if !lines.is_empty() {
        let _ = write!(
            out,
            "{margin}Topology Spread Constraints:\t{}",
            lines.join(&format!("{margin}\t"))
        );
    }
}

pub(super) fn tolerations(out: &mut String, margin: &str, list: &[Value]) {
    let mut list: Vec<&Value> = list.iter().collect();
    lean::sort_by(&mut list, |a, b| {
        a.get("key").text().cmp(b.get("key").text())
    });
    let lines = list.iter().map(|one| {
        let mut text = one.get("key").to_text();
        let (value, effect) = (one.get("value").text(), one.get("effect").text());
        for (mark, part) in [("=", value), (":", effect)] {
            if !part.is_empty() {
                text.push_str(mark);
                text.push_str(part);
            }
        }
        if one.get("operator").text() == "Exists" && value.is_empty() {
            let space = if text.is_empty() { "" } else { " " };
            text.push_str(space);
            text.push_str("op=Exists");
        }
        if let Some(seconds) = one.get("tolerationSeconds").as_int() {
            _ = write!(text, " for {seconds}s");
        }
        text.push('\n');
        text
    });
    let lines = lines.collect();
    column(out, &format!("{margin}Tolerations"), lines);
}
