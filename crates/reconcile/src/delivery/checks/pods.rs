//! Checks of a pod as a whole.

use super::{Found, Pods, Step, keys};
use crate::texts::checks as words;
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
        found.at(p.at(&[field]), what);
    }
}

pub(super) fn host_ipc(p: &P<'_>, found: &mut F<'_>) {
    shares(p, found, "hostIPC", words::SHARES_IPC);
}

pub(super) fn host_network(p: &P<'_>, found: &mut F<'_>) {
    shares(p, found, "hostNetwork", words::SHARES_NETWORK);
}

pub(super) fn host_pid(p: &P<'_>, found: &mut F<'_>) {
    shares(p, found, "hostPID", words::SHARES_PROCESSES);
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
            found.at(place, words::mounts(path));
        }
    });
}

pub(super) fn docker_sock(p: &P<'_>, found: &mut F<'_>) {
    host_paths(p, |path, _, place| {
        if path.ends_with("docker.sock") {
            found.at(place, words::MOUNTS_SOCKET);
        }
    });
}

pub(super) fn writable_host_mount(p: &P<'_>, found: &mut F<'_>) {
    host_paths(p, |path, writes, place| {
        if writes {
            found.at(place, words::may_write_to(path));
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
                words::sysctl_not_safe(name),
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
        found.at(p.at(&["serviceAccountName"]), words::no_such_account(name));
    }
}

pub(super) fn deprecated_service_account(p: &P<'_>, found: &mut F<'_>) {
    let is_old = !p.spec.get("serviceAccount").is_null();
    if is_old && p.spec.get("serviceAccountName").is_null() {
        found.at(p.at(&["serviceAccount"]), words::OLD_ACCOUNT_FIELD);
    }
}

pub(super) fn default_service_account(p: &P<'_>, found: &mut F<'_>) {
    let is_mounted = p.spec.get("automountServiceAccountToken").as_bool() != Some(false);
    if is_mounted && matches!(service_account(p), "" | "default") {
        found.at(p.at(&["serviceAccountName"]), words::DEFAULT_ACCOUNT);
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
        found.at(p.at(&["affinity"]), words::may_be_on_one_node(replicas));
    }
}

pub(super) fn minimum_three_replicas(p: &P<'_>, found: &mut F<'_>) {
    if let Some(replicas @ ..3) = replicas(p) {
        found.at(keys(&["spec", "replicas"]), words::at_least_three(replicas));
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
        found.at(keys(&["spec", "selector"]), words::WITHOUT_SELECTOR);
    } else if !selector::matches(wanted, p.metadata.get("labels")) {
        found.at(keys(&["spec", "selector"]), words::SELECTOR_MISMATCH);
    }
}

pub(super) fn no_rolling_update(p: &P<'_>, found: &mut F<'_>) {
    for field in ["strategy", "updateStrategy"] {
        let kind = p.object.at(&["spec", field, "type"]).text();
        if !matches!(kind, "" | "RollingUpdate") {
            found.at(keys(&["spec", field, "type"]), words::does_not_roll(kind));
        }
    }
}

pub(super) fn job_ttl(object: &Value, found: &mut F<'_>) {
    let field = "ttlSecondsAfterFinished";
    match object.get("kind").text() {
        "Job" if object.at(&["spec", field]).is_null() => {
            found.at(keys(&["spec"]), words::JOB_STAYS);
        }
        "CronJob" if !object.at(&["spec", "jobTemplate", "spec", field]).is_null() => {
            found.at(
                keys(&["spec", "jobTemplate", "spec", field]),
                words::TWO_RULES,
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
        found.at(keys(&["spec"]), words::NOT_ISOLATED);
    }
}
