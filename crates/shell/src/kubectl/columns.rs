//! The columns in which the API server shows objects of each kind
//! (`pkg/printers/internalversion/printers.go`; of other kinds, `additionalPrinterColumns` of their
//! definitions).

use super::pod_state::pod_state;
use kube::{Millis, Object, Value, time};

/// A column: its heading, whether only `-o wide` has it, and its cell for an object at a moment.
pub(super) type Column = (&'static str, bool, fn(&Object, Millis) -> String);

const NONE: &str = "<none>";
const UNSET: &str = "<unset>";

const NAME: Column = ("NAME", false, |it, _| it.key.name.to_string());
const AGE: Column = ("AGE", false, |it, now| since(it.meta.created, now));
const CONTAINERS: Column = ("CONTAINERS", true, |it, _| containers(it, "name"));
const IMAGES: Column = ("IMAGES", true, |it, _| containers(it, "image"));
const SELECTOR: Column = ("SELECTOR", true, |it, _| {
    labels(it.spec().at(&["selector", "matchLabels"]))
});
const READY: Column = ("READY", false, |it, _| condition(it, "Ready", "status"));
const STATUS: Column = ("STATUS", false, |it, _| condition(it, "Ready", "message"));

/// What is shown of a kind that has no columns of its own.
const PLAIN: &[Column] = &[NAME, AGE];

const KINDS: &[(&str, &[Column])] = &[
    (
        "Application",
        &[
            NAME,
            ("SYNC STATUS", false, |it, _| {
                text(it.status(), &["sync", "status"])
            }),
            ("HEALTH STATUS", false, |it, _| {
                text(it.status(), &["health", "status"])
            }),
            ("REVISION", true, |it, _| {
                text(it.status(), &["sync", "revision"])
            }),
        ],
    ),
    (
        "ConfigMap",
        &[
            NAME,
            ("DATA", false, |it, _| members(it, &["data", "binaryData"])),
            AGE,
        ],
    ),
    (
        "CronJob",
        &[
            NAME,
            ("SCHEDULE", false, |it, _| text(it.spec(), &["schedule"])),
            ("TIMEZONE", false, |it, _| {
                or(text(it.spec(), &["timeZone"]), NONE)
            }),
            ("SUSPEND", false, |it, _| {
                title(it.spec().get("suspend").as_bool() == Some(true))
            }),
            ("ACTIVE", false, |it, _| {
                it.status().get("active").items().len().to_string()
            }),
            ("LAST SCHEDULE", false, |it, now| {
                ago(it.status().get("lastScheduleTime"), now, NONE)
            }),
            AGE,
        ],
    ),
    (
        "DaemonSet",
        &[
            NAME,
            ("DESIRED", false, |it, _| {
                number(it.status(), "desiredNumberScheduled")
            }),
            ("CURRENT", false, |it, _| {
                number(it.status(), "currentNumberScheduled")
            }),
            ("READY", false, |it, _| number(it.status(), "numberReady")),
            ("UP-TO-DATE", false, |it, _| {
                number(it.status(), "updatedNumberScheduled")
            }),
            ("AVAILABLE", false, |it, _| {
                number(it.status(), "numberAvailable")
            }),
            ("NODE SELECTOR", false, |it, _| {
                labels(it.spec().at(&["template", "spec", "nodeSelector"]))
            }),
            AGE,
            CONTAINERS,
            IMAGES,
            SELECTOR,
        ],
    ),
    (
        "Deployment",
        &[
            NAME,
            ("READY", false, ready_of_wanted),
            ("UP-TO-DATE", false, |it, _| {
                number(it.status(), "updatedReplicas")
            }),
            ("AVAILABLE", false, |it, _| {
                number(it.status(), "availableReplicas")
            }),
            AGE,
            CONTAINERS,
            IMAGES,
            SELECTOR,
        ],
    ),
    (
        "EndpointSlice",
        &[
            NAME,
            ("ADDRESSTYPE", false, |it, _| {
                text(&it.value, &["addressType"])
            }),
            ("PORTS", false, |it, _| {
                let ports = it.value.get("ports").items().iter();
                few(ports.map(|port| text(port, &["port"])), UNSET)
            }),
            ("ENDPOINTS", false, |it, _| {
                let endpoints = it.value.get("endpoints").items().iter();
                let addresses = endpoints.flat_map(|it| it.get("addresses").items());
                few(addresses.map(|it| it.text().to_owned()), UNSET)
            }),
            AGE,
        ],
    ),
    (
        "Event",
        &[
            ("LAST SEEN", false, |it, now| {
                let seen =
                    ["lastTimestamp", "eventTime", "firstTimestamp"].map(|name| it.value.get(name));
                let seen = seen.into_iter().find(|time| !time.is_null());
                ago(seen.unwrap_or(&Value::NULL), now, "<unknown>")
            }),
            ("TYPE", false, |it, _| text(&it.value, &["type"])),
            ("REASON", false, |it, _| text(&it.value, &["reason"])),
            ("OBJECT", false, |it, _| {
                let of = |name: &str| text(&it.value, &["involvedObject", name]);
                format!("{}/{}", of("kind").to_lowercase(), of("name"))
            }),
            ("MESSAGE", false, |it, _| {
                text(&it.value, &["message"]).trim().to_owned()
            }),
        ],
    ),
    (
        "GitRepository",
        &[
            NAME,
            ("URL", false, |it, _| text(it.spec(), &["url"])),
            AGE,
            READY,
            STATUS,
        ],
    ),
    ("HelmRelease", &[NAME, AGE, READY, STATUS]),
    (
        "HorizontalPodAutoscaler",
        &[
            NAME,
            ("REFERENCE", false, |it, _| {
                let of = |name: &str| text(it.spec(), &["scaleTargetRef", name]);
                format!("{}/{}", of("kind"), of("name"))
            }),
            ("TARGETS", false, targets),
            ("MINPODS", false, |it, _| {
                or(text(it.spec(), &["minReplicas"]), UNSET)
            }),
            ("MAXPODS", false, |it, _| text(it.spec(), &["maxReplicas"])),
            ("REPLICAS", false, |it, _| {
                number(it.status(), "currentReplicas")
            }),
            AGE,
        ],
    ),
    (
        "Ingress",
        &[
            NAME,
            ("CLASS", false, |it, _| {
                or(text(it.spec(), &["ingressClassName"]), NONE)
            }),
            ("HOSTS", false, |it, _| {
                let rules = it.spec().get("rules").items().iter();
                few(
                    rules
                        .map(|rule| text(rule, &["host"]))
                        .filter(|host| !host.is_empty()),
                    "*",
                )
            }),
            ("ADDRESS", false, |it, _| balancers(it)),
            ("PORTS", false, |it, _| {
                let has_tls = !it.spec().get("tls").items().is_empty();
                if has_tls { "80, 443" } else { "80" }.to_owned()
            }),
            AGE,
        ],
    ),
    (
        "Job",
        &[
            NAME,
            ("STATUS", false, job_status),
            ("COMPLETIONS", false, completions),
            ("DURATION", false, |it, now| {
                let [start, end] =
                    ["startTime", "completionTime"].map(|name| moment(it.status().get(name)));
                start.map_or_else(String::new, |start| since(start, end.unwrap_or(now)))
            }),
            AGE,
            CONTAINERS,
            IMAGES,
            SELECTOR,
        ],
    ),
    ("Kustomization", &[NAME, AGE, READY, STATUS]),
    (
        "Namespace",
        &[
            NAME,
            ("STATUS", false, |it, _| text(it.status(), &["phase"])),
            AGE,
        ],
    ),
    (
        "Node",
        &[
            NAME,
            ("STATUS", false, node_status),
            ("ROLES", false, |it, _| {
                const ROLE: &str = "node-role.kubernetes.io/";
                let names = it.labels().members().map(|(name, _)| name.as_str());
                or(
                    names
                        .filter_map(|name| name.strip_prefix(ROLE))
                        .collect::<Vec<_>>()
                        .join(","),
                    NONE,
                )
            }),
            AGE,
            ("VERSION", false, |it, _| {
                text(it.status(), &["nodeInfo", "kubeletVersion"])
            }),
            ("INTERNAL-IP", true, |it, _| address(it, "InternalIP")),
            ("EXTERNAL-IP", true, |it, _| address(it, "ExternalIP")),
            ("OS-IMAGE", true, |it, _| node_fact(it, "osImage")),
            ("KERNEL-VERSION", true, |it, _| {
                node_fact(it, "kernelVersion")
            }),
            ("CONTAINER-RUNTIME", true, |it, _| {
                node_fact(it, "containerRuntimeVersion")
            }),
        ],
    ),
    (
        "Pod",
        &[
            NAME,
            ("READY", false, |it, _| {
                let (ready, all) = pod_state(it).ready;
                format!("{ready}/{all}")
            }),
            ("STATUS", false, |it, _| pod_state(it).status.to_string()),
            ("RESTARTS", false, |it, now| {
                let state = pod_state(it);
                match time::parse_rfc3339(&state.restarted) {
                    Some(last) if 0 < state.restarts => {
                        format!("{} ({} ago)", state.restarts, since(last, now))
                    }
                    _ => state.restarts.to_string(),
                }
            }),
            AGE,
            ("IP", true, |it, _| or(text(it.status(), &["podIP"]), NONE)),
            ("NODE", true, |it, _| {
                or(text(it.spec(), &["nodeName"]), NONE)
            }),
            ("NOMINATED NODE", true, |it, _| {
                or(text(it.status(), &["nominatedNodeName"]), NONE)
            }),
            ("READINESS GATES", true, |it, _| {
                let gates = it.spec().get("readinessGates").items();
                let is_met = |gate: &&Value| {
                    let kind = gate.get("conditionType");
                    it.condition(kind.text()).get("status").text() == "True"
                };
                match gates.len() {
                    0 => NONE.to_owned(),
                    all => format!("{}/{all}", gates.iter().filter(is_met).count()),
                }
            }),
        ],
    ),
    (
        "PodDisruptionBudget",
        &[
            NAME,
            ("MIN AVAILABLE", false, |it, _| {
                or(text(it.spec(), &["minAvailable"]), "N/A")
            }),
            ("MAX UNAVAILABLE", false, |it, _| {
                or(text(it.spec(), &["maxUnavailable"]), "N/A")
            }),
            ("ALLOWED DISRUPTIONS", false, |it, _| {
                number(it.status(), "disruptionsAllowed")
            }),
            AGE,
        ],
    ),
    (
        "ReplicaSet",
        &[
            NAME,
            ("DESIRED", false, |it, _| number(it.spec(), "replicas")),
            ("CURRENT", false, |it, _| number(it.status(), "replicas")),
            ("READY", false, |it, _| number(it.status(), "readyReplicas")),
            AGE,
            CONTAINERS,
            IMAGES,
            SELECTOR,
        ],
    ),
    (
        "Secret",
        &[
            NAME,
            ("TYPE", false, |it, _| text(&it.value, &["type"])),
            ("DATA", false, |it, _| members(it, &["data"])),
            AGE,
        ],
    ),
    (
        "Service",
        &[
            NAME,
            ("TYPE", false, |it, _| text(it.spec(), &["type"])),
            ("CLUSTER-IP", false, |it, _| {
                or(text(it.spec(), &["clusterIP"]), NONE)
            }),
            ("EXTERNAL-IP", false, external),
            ("PORT(S)", false, ports),
            AGE,
            ("SELECTOR", true, |it, _| labels(it.spec().get("selector"))),
        ],
    ),
    (
        "StatefulSet",
        &[
            NAME,
            ("READY", false, ready_of_wanted),
            AGE,
            CONTAINERS,
            IMAGES,
        ],
    ),
];

/// The columns of a kind.
pub(super) fn of(kind: &str) -> &'static [Column] {
    let found = KINDS.iter().find(|(name, _)| *name == kind);
    found.map_or(PLAIN, |(_, columns)| *columns)
}

/// How long ago, with the precision that one wants to read
/// (`k8s.io/apimachinery/pkg/util/duration`, `HumanDuration`).
fn since(then: Millis, now: Millis) -> String {
    let seconds = now.saturating_sub(then) / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |number: u64, unit: char, rest: u64, part: char| match rest {
        0 => format!("{number}{unit}"),
        rest => format!("{number}{unit}{rest}{part}"),
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, 'd', hours % 24, 'h'),
        _ => format!("{days}d"),
    }
}

fn moment(time: &Value) -> Option<Millis> {
    time::parse_rfc3339(time.text())
}

fn ago(time: &Value, now: Millis, never: &str) -> String {
    moment(time).map_or_else(|| never.to_owned(), |then| since(then, now))
}

/// A text, or a number as one.
fn text(value: &Value, path: &[&str]) -> String {
    let value = value.at(path);
    match value.as_int() {
        Some(number) => number.to_string(),
        None => value.to_text().into(),
    }
}

fn number(value: &Value, name: &str) -> String {
    value.get(name).as_int().unwrap_or(0).to_string()
}

fn or(text: String, other: &str) -> String {
    if text.is_empty() {
        other.to_owned()
    } else {
        text
    }
}

fn title(is_true: bool) -> String {
    if is_true { "True" } else { "False" }.to_owned()
}

fn condition(object: &Object, kind: &str, field: &str) -> String {
    text(object.condition(kind), &[field])
}

fn members(object: &Object, names: &[&str]) -> String {
    let counts = names
        .iter()
        .map(|name| object.value.get(name).members().count());
    counts.sum::<usize>().to_string()
}

fn containers(object: &Object, field: &str) -> String {
    let all = object
        .spec()
        .at(&["template", "spec", "containers"])
        .items();
    let each: Vec<&str> = all.iter().map(|it| it.get(field).text()).collect();
    each.join(",")
}

fn labels(labels: &Value) -> String {
    let pairs = labels
        .members()
        .map(|(name, value)| format!("{name}={}", value.text()));
    or(pairs.collect::<Vec<_>>().join(","), NONE)
}

/// Up to three, and how many more there are.
fn few(all: impl Iterator<Item = String>, none: &str) -> String {
    let all: Vec<String> = all.collect();
    match all.len() {
        0 => none.to_owned(),
        1..=3 => all.join(","),
        count => format!("{} + {} more...", all[..3].join(","), count - 3),
    }
}

fn ready_of_wanted(object: &Object, _: Millis) -> String {
    let ready = number(object.status(), "readyReplicas");
    format!("{ready}/{}", number(object.spec(), "replicas"))
}

fn balancers(object: &Object) -> String {
    let points = object
        .status()
        .at(&["loadBalancer", "ingress"])
        .items()
        .iter();
    let each = points.map(|it| or(text(it, &["ip"]), it.get("hostname").text()));
    each.collect::<Vec<_>>().join(",")
}

fn external(service: &Object, _: Millis) -> String {
    let outside = service.spec().get("externalIPs").items().iter();
    let outside = outside
        .map(|it| it.text().to_owned())
        .collect::<Vec<_>>()
        .join(",");
    match service.spec().get("type").text() {
        "ExternalName" => text(service.spec(), &["externalName"]),
        "LoadBalancer" => {
            let all = [balancers(service), outside];
            let all: Vec<String> = all.into_iter().filter(|it| !it.is_empty()).collect();
            or(all.join(","), "<pending>")
        }
        _ => or(outside, NONE),
    }
}

fn ports(service: &Object, _: Millis) -> String {
    let each = service.spec().get("ports").items().iter().map(|port| {
        let of = |name: &str| text(port, &[name]);
        match port.get("nodePort").as_int().filter(|node| *node > 0) {
            Some(node) => format!("{}:{node}/{}", of("port"), of("protocol")),
            None => format!("{}/{}", of("port"), of("protocol")),
        }
    });
    or(each.collect::<Vec<_>>().join(","), NONE)
}

/// The address of a kind that a node has.
fn address(node: &Object, kind: &str) -> String {
    let addresses = node.status().get("addresses").items();
    let found = addresses.iter().find(|it| it.get("type").text() == kind);
    or(
        found.map_or(String::new(), |it| text(it, &["address"])),
        NONE,
    )
}

/// What a node says of its machine.
fn node_fact(node: &Object, field: &str) -> String {
    or(text(node.status(), &["nodeInfo", field]), "<unknown>")
}

fn node_status(node: &Object, _: Millis) -> String {
    let ready = match node.condition("Ready").get("status").text() {
        "True" => "Ready",
        "" => "Unknown",
        _ => "NotReady",
    };
    match node.spec().get("unschedulable").as_bool() {
        Some(true) => format!("{ready},SchedulingDisabled"),
        _ => ready.to_owned(),
    }
}

fn job_status(job: &Object, _: Millis) -> String {
    let has = |kind: &str| job.condition(kind).get("status").text() == "True";
    match () {
        () if has("Complete") => "Complete",
        () if has("Failed") => "Failed",
        () if job.meta.deleted.is_some() => "Terminating",
        () if has("Suspended") => "Suspended",
        () if has("FailureTarget") => "FailureTarget",
        () if has("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
    .to_owned()
}

fn completions(job: &Object, _: Millis) -> String {
    let done = number(job.status(), "succeeded");
    let parallelism = job.spec().get("parallelism").as_int().unwrap_or(0);
    match job.spec().get("completions").as_int() {
        Some(wanted) => format!("{done}/{wanted}"),
        None if parallelism > 1 => format!("{done}/1 of {parallelism}"),
        None => format!("{done}/1"),
    }
}

/// Current and wanted values of an autoscaler's metrics (`formatHPAMetrics`).
fn targets(autoscaler: &Object, _: Millis) -> String {
    let current = autoscaler.status().get("currentMetrics").items();
    let specs = autoscaler.spec().get("metrics").items().iter();
    let each: Vec<String> = specs
        .enumerate()
        .map(|(at, spec)| {
            let kind = spec.get("type").text();
            let is_resource = matches!(kind, "Resource" | "ContainerResource");
            let mut letters = kind.chars();
            let field: String = letters
                .next()
                .into_iter()
                .flat_map(char::to_lowercase)
                .chain(letters)
                .collect();
            let of = |value: &Value, side: &str| {
                let value = value.at(&[&field, side]);
                let percent = value.get("averageUtilization");
                match percent.as_int() {
                    Some(percent) => format!("{percent}%"),
                    None => ["averageValue", "value"]
                        .into_iter()
                        .map(|name| text(value, &[name]))
                        .find(|it| !it.is_empty())
                        .unwrap_or_default(),
                }
            };
            let now = current
                .get(at)
                .map_or_else(String::new, |it| of(it, "current"));
            let name = if is_resource {
                text(spec, &[&field, "name"]) + ": "
            } else {
                String::new()
            };
            format!("{name}{}/{}", or(now, "<unknown>"), of(spec, "target"))
        })
        .collect();
    match each.len() {
        0 => NONE.to_owned(),
        1..=2 => each.join(", "),
        count => format!("{} + {} more...", each[..2].join(", "), count - 2),
    }
}

#[cfg(test)]
mod tests {
    use super::since;

    #[test]
    fn ages_have_the_precision_that_one_reads() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (599, "9m59s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_100, "3h5m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (864_000, "10d"),
        ] {
            assert_eq!(since(0, seconds * 1000), text);
        }
    }
}
