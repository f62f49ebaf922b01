//! The columns in which the API server shows objects of each kind
//! (`pkg/printers/internalversion/printers.go`; of other kinds, `additionalPrinterColumns` of their
//! definitions).

use super::cells::{
    NONE, UNSET, access_modes, address, ago, balancers, completions, condition, containers,
    external, few, is_bound, job_status, labels, members, moment, node_fact, node_status, number,
    or, ports, quotas, ready_of_wanted, roles, since, subjects, targets, text, title,
};
use super::pod_state::pod_state;
use kube::{Millis, Object, Value, time};

/// A column: its heading, whether only `-o wide` has it, and its cell for an object at a moment.
pub(super) type Column = (&'static str, bool, fn(&Object, Millis) -> String);

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

/// What is shown of a kind of Kubernetes' own that has none (`rest.NewDefaultTableConvertor`).
const CREATED: &[Column] = &[
    NAME,
    ("CREATED AT", false, |it, _| {
        text(&it.value, &["metadata", "creationTimestamp"])
    }),
];

const BINDING: &[Column] = &[
    NAME,
    ("ROLE", false, |it, _| {
        let of = |name: &str| text(&it.value, &["roleRef", name]);
        format!("{}/{}", of("kind"), of("name"))
    }),
    AGE,
    ("USERS", true, |it, _| subjects(it, "User")),
    ("GROUPS", true, |it, _| subjects(it, "Group")),
    ("SERVICEACCOUNTS", true, |it, _| {
        subjects(it, "ServiceAccount")
    }),
];

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
    ("ClusterRole", CREATED),
    ("ClusterRoleBinding", BINDING),
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
        "Lease",
        &[
            NAME,
            ("HOLDER", false, |it, _| {
                text(it.spec(), &["holderIdentity"])
            }),
            AGE,
        ],
    ),
    ("LimitRange", CREATED),
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
            ("ROLES", false, |it, _| roles(it)),
            AGE,
            ("VERSION", false, |it, _| {
                text(it.status(), &["nodeInfo", "kubeletVersion"])
            }),
            ("INTERNAL-IP", true, |it, _| address(it, "InternalIP")),
            ("EXTERNAL-IP", true, |it, _| address(it, "ExternalIP")),
            ("OS-IMAGE", true, |it, _| node_fact(it, "osImage")),
            ("KERNEL-VERSION", true, |it, _| {
                let machine = text(it.status(), &["nodeInfo", "architecture"]);
                match (node_fact(it, "kernelVersion"), machine.as_str()) {
                    (kernel, "") => kernel,
                    (kernel, machine) => format!("{kernel} ({machine})"),
                }
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
        "PersistentVolumeClaim",
        &[
            NAME,
            ("STATUS", false, |it, _| match it.meta.deleted {
                Some(_) => "Terminating".to_owned(),
                None => text(it.status(), &["phase"]),
            }),
            ("VOLUME", false, |it, _| text(it.spec(), &["volumeName"])),
            ("CAPACITY", false, |it, _| match is_bound(it) {
                true => text(it.status(), &["capacity", "storage"]),
                false => String::new(),
            }),
            ("ACCESS MODES", false, |it, _| match is_bound(it) {
                true => access_modes(it.status()),
                false => String::new(),
            }),
            ("STORAGECLASS", false, |it, _| {
                text(it.spec(), &["storageClassName"])
            }),
            ("VOLUMEATTRIBUTESCLASS", false, |it, _| {
                or(text(it.spec(), &["volumeAttributesClassName"]), UNSET)
            }),
            AGE,
            ("VOLUMEMODE", true, |it, _| {
                or(text(it.spec(), &["volumeMode"]), UNSET)
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
        "PriorityClass",
        &[
            NAME,
            ("VALUE", false, |it, _| number(&it.value, "value")),
            ("GLOBAL-DEFAULT", false, |it, _| {
                let is_default = it.value.get("globalDefault").as_bool();
                is_default.unwrap_or(false).to_string()
            }),
            AGE,
            ("PREEMPTIONPOLICY", true, |it, _| {
                text(&it.value, &["preemptionPolicy"])
            }),
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
        "ResourceQuota",
        &[
            NAME,
            ("REQUEST", false, |it, _| quotas(it, false)),
            ("LIMIT", false, |it, _| quotas(it, true)),
            AGE,
        ],
    ),
    ("Role", CREATED),
    ("RoleBinding", BINDING),
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
