//! Checks of a pod as a whole.

use super::{Found, Pods, Step, keys};
use ecow::eco_format;
use kube::{Key, Value, selector};

type P<'a> = Pods<'a>;
type F<'a> = Found<'a>;

impl Pods<'_> {
    fn at(&self, field: &[&str]) -> Vec<Step> {
        let mut path = keys(self.path);
        path.extend(keys(field));
        path
    }
}

fn shares(p: &P<'_>, found: &mut F<'_>, field: &str, what: &str) {
    if p.spec.get(field).as_bool() == Some(true) {
        found.at(
            p.at(&[field]),
            eco_format!("the pods share the node's {what}"),
        );
    }
}

pub(super) fn host_ipc(p: &P<'_>, found: &mut F<'_>) {
    shares(p, found, "hostIPC", "memory between processes (IPC)");
}

pub(super) fn host_network(p: &P<'_>, found: &mut F<'_>) {
    shares(p, found, "hostNetwork", "network");
}

pub(super) fn host_pid(p: &P<'_>, found: &mut F<'_>) {
    shares(p, found, "hostPID", "list of processes");
}

/// Calls `look` with each volume from the node that a container mounts: its path there, whether the
/// mount may write, and the volume's place.
fn host_paths(p: &P<'_>, mut look: impl FnMut(&str, bool, Vec<Step>)) {
    for (at, volume) in p.spec.get("volumes").items().iter().enumerate() {
        let path = volume.at(&["hostPath", "path"]);
        if path.is_null() {
            continue;
        }
        let lists = ["initContainers", "containers"];
        let containers = lists.iter().flat_map(|list| p.spec.get(list).items());
        let mounts = containers.flat_map(|container| container.get("volumeMounts").items());
        let mut mounts = mounts
            .filter(|mount| mount.get("name") == volume.get("name"))
            .peekable();
        if mounts.peek().is_some() {
            let writes = mounts.any(|mount| mount.get("readOnly").as_bool() != Some(true));
            let mut place = p.at(&["volumes"]);
            place.push(Step::Item(at));
            look(path.text(), writes, place);
        }
    }
}

const SENSITIVE: [&str; 8] = [
    "/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr",
];

pub(super) fn sensitive_host_mounts(p: &P<'_>, found: &mut F<'_>) {
    host_paths(p, |path, _, place| {
        if SENSITIVE.contains(&path) {
            found.at(place, eco_format!("a container mounts the node's {path}"));
        }
    });
}

pub(super) fn docker_sock(p: &P<'_>, found: &mut F<'_>) {
    host_paths(p, |path, _, place| {
        if path.ends_with("docker.sock") {
            found.at(place, "a container mounts the container runtime's socket");
        }
    });
}

pub(super) fn writable_host_mount(p: &P<'_>, found: &mut F<'_>) {
    host_paths(p, |path, writes, place| {
        if writes {
            found.at(
                place,
                eco_format!("a container may write to the node's {path}"),
            );
        }
    });
}

const UNSAFE_SYSCTLS: [&str; 5] = [
    "kernel.msg",
    "kernel.sem",
    "kernel.shm",
    "fs.mqueue.",
    "net.",
];

pub(super) fn unsafe_sysctls(p: &P<'_>, found: &mut F<'_>) {
    for control in p.spec.at(&["securityContext", "sysctls"]).items() {
        let name = control.get("name").text();
        if UNSAFE_SYSCTLS.iter().any(|prefix| name.starts_with(prefix)) {
            found.at(
                p.at(&["securityContext", "sysctls"]),
                eco_format!("sysctl {name} is not safe to set for one pod"),
            );
        }
    }
}

fn service_account<'a>(p: &P<'a>) -> &'a str {
    match p.spec.get("serviceAccountName").text() {
        "" => p.spec.get("serviceAccount").text(),
        name => name,
    }
}

pub(super) fn non_existent_service_account(p: &P<'_>, found: &mut F<'_>) {
    let (name, key) = (service_account(p), Key::of(p.object));
    let account = key.sibling("ServiceAccount", name);
    if !matches!(name, "" | "default") && found.subject.store.get(&account).is_none() {
        found.at(
            p.at(&["serviceAccountName"]),
            eco_format!("ServiceAccount {name:?} is not there: no pod can be made"),
        );
    }
}

pub(super) fn deprecated_service_account(p: &P<'_>, found: &mut F<'_>) {
    let is_old = !p.spec.get("serviceAccount").is_null();
    if is_old && p.spec.get("serviceAccountName").is_null() {
        found.at(
            p.at(&["serviceAccount"]),
            "`serviceAccount` is deprecated: write `serviceAccountName`",
        );
    }
}

pub(super) fn default_service_account(p: &P<'_>, found: &mut F<'_>) {
    let is_mounted = p.spec.get("automountServiceAccountToken").as_bool() != Some(false);
    if is_mounted && matches!(service_account(p), "" | "default") {
        found.at(
            p.at(&["serviceAccountName"]),
            "the pods run as the default ServiceAccount",
        );
    }
}

fn replicas(p: &P<'_>) -> Option<i64> {
    let kinds = [
        "Deployment",
        "ReplicaSet",
        "ReplicationController",
        "StatefulSet",
    ];
    let is_many = kinds.contains(&p.object.get("kind").text());
    is_many.then(|| p.object.at(&["spec", "replicas"]).as_int().unwrap_or(1))
}

pub(super) fn no_anti_affinity(p: &P<'_>, found: &mut F<'_>) {
    let Some(replicas @ 2..) = replicas(p) else {
        return;
    };
    let anti = p.spec.at(&["affinity", "podAntiAffinity"]);
    let required = anti
        .get("requiredDuringSchedulingIgnoredDuringExecution")
        .items()
        .iter();
    let preferred = anti
        .get("preferredDuringSchedulingIgnoredDuringExecution")
        .items()
        .iter();
    let preferred = preferred.map(|term| term.get("podAffinityTerm"));
    let labels = p.metadata.get("labels");
    let mut terms = required.chain(preferred);
    let is_spread = terms.any(|term| selector::matches(term.get("labelSelector"), labels))
        || !p.spec.get("topologySpreadConstraints").items().is_empty();
    if !is_spread {
        found.at(
            p.at(&["affinity"]),
            eco_format!("nothing keeps the {replicas} pods from being on one node"),
        );
    }
}

pub(super) fn minimum_three_replicas(p: &P<'_>, found: &mut F<'_>) {
    if let Some(replicas @ ..3) = replicas(p) {
        found.at(
            keys(&["spec", "replicas"]),
            eco_format!("{replicas} of at least 3 replicas"),
        );
    }
}

pub(super) fn mismatching_selector(p: &P<'_>, found: &mut F<'_>) {
    let kind = p.object.get("kind").text();
    if matches!(kind, "Pod" | "Job" | "CronJob" | "ReplicationController") {
        return;
    }
    let wanted = p.object.at(&["spec", "selector"]);
    let is_empty = wanted
        .members()
        .all(|(_, part)| part.items().is_empty() && part.members().next().is_none());
    if is_empty {
        found.at(keys(&["spec", "selector"]), "there is no selector");
    } else if !selector::matches(wanted, p.metadata.get("labels")) {
        found.at(
            keys(&["spec", "selector"]),
            "the selector does not match the labels of the pods: the API server refuses it",
        );
    }
}

pub(super) fn no_rolling_update(p: &P<'_>, found: &mut F<'_>) {
    for field in ["strategy", "updateStrategy"] {
        let kind = p.object.at(&["spec", field, "type"]).text();
        if !matches!(kind, "" | "RollingUpdate") {
            found.at(
                keys(&["spec", field, "type"]),
                eco_format!("an update does not roll: its type is {kind}"),
            );
        }
    }
}

pub(super) fn job_ttl(object: &Value, found: &mut F<'_>) {
    let field = "ttlSecondsAfterFinished";
    match object.get("kind").text() {
        "Job" if object.at(&["spec", field]).is_null() => {
            found.at(
                keys(&["spec"]),
                "the Job stays when it is done: ttlSecondsAfterFinished is not set",
            );
        }
        "CronJob" if !object.at(&["spec", "jobTemplate", "spec", field]).is_null() => {
            found.at(
                keys(&["spec", "jobTemplate", "spec", field]),
                "ttlSecondsAfterFinished goes against the CronJob's own history limits",
            );
        }
        _ => {}
    }
}

pub(super) fn non_isolated_pod(p: &P<'_>, found: &mut F<'_>) {
    let policies = found.others("NetworkPolicy", &Key::of(p.object).namespace);
    let labels = p.metadata.get("labels");
    let is_isolated = policies
        .iter()
        .any(|policy| selector::matches(policy.at(&["spec", "podSelector"]), labels));
    if !is_isolated {
        found.at(keys(&["spec"]), "no NetworkPolicy selects the pods");
    }
}
