//! Checks of one container.

use super::{Container, Found};
use crate::texts::checks as words;
use yaml::Value;

type C<'a> = Container<'a>;
type F<'a> = Found<'a>;

fn is(value: &Value, wanted: bool) -> bool {
    value.as_bool() == Some(wanted)
}

/// The tag of an image reference: none if it has none, or is by digest.
fn tag(image: &str) -> Option<&str> {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map(|(_, tag)| tag)
}

pub(super) fn latest_tag(c: &C<'_>, found: &mut F<'_>) {
    let image = c.value.get("image").text();
    let tag = tag(image);
    if image.is_empty() || image.contains('@') || tag.is_some_and(|tag| tag != "latest") {
        return;
    }
    found.at(
        c.path(&["image"]),
        words::is_latest(c.name, image, tag.is_some()),
    );
}

/// Words for what is newest now, and another thing tomorrow.
const MOVING: [&str; 18] = [
    "canary",
    "current",
    "dev",
    "develop",
    "devel",
    "edge",
    "head",
    "lts",
    "main",
    "mainline",
    "master",
    "next",
    "nightly",
    "prod",
    "production",
    "stable",
    "staging",
    "test",
];

pub(super) fn mutable_tag_reuse(c: &C<'_>, found: &mut F<'_>) {
    let image = c.value.get("image").text();
    if image.contains('@') {
        return;
    }
    let is_moved = found.subject.moved.iter().any(|moved| moved == image);
    let tag = tag(image).unwrap_or_default();
    if is_moved {
        let why = words::pushed_again(c.name, image);
        found.at(c.path(&["image"]), why);
    } else if MOVING.contains(&tag) {
        let why = words::moving_tag(c.name, tag, image);
        found.at(c.path(&["image"]), why);
    }
}

fn unset(c: &C<'_>, found: &mut F<'_>, what: &str, resource: &str) {
    // A limit stands for a request that is not there.
    let resources = c.value.get("resources");
    let given = match resources.at(&[what, resource]) {
        Value::Null if what == "requests" => resources.at(&["limits", resource]),
        given => given,
    };
    if kube::quantity::milli_of(given) == 0 {
        let what = what.trim_end_matches('s');
        let why = words::has_no_amount(c.name, resource, what);
        found.at(c.path(&["resources"]), why);
    }
}

pub(super) fn unset_cpu(c: &C<'_>, found: &mut F<'_>) {
    unset(c, found, "requests", "cpu");
}

pub(super) fn unset_memory(c: &C<'_>, found: &mut F<'_>) {
    unset(c, found, "limits", "memory");
}

fn probed(c: &C<'_>, found: &mut F<'_>, probe: &str, word: &str) {
    let is_job = matches!(c.pods.object.get("kind").text(), "Job" | "CronJob");
    if c.value.get(probe).is_null() && !is_job {
        found.at(c.path(&[]), words::has_no_probe(c.name, word));
    }
}

pub(super) fn no_liveness_probe(c: &C<'_>, found: &mut F<'_>) {
    probed(c, found, "livenessProbe", "liveness");
}

pub(super) fn no_readiness_probe(c: &C<'_>, found: &mut F<'_>) {
    probed(c, found, "readinessProbe", "readiness");
}

fn port_of(c: &C<'_>, found: &mut F<'_>, probe: &str) {
    let ports = c.value.get("ports").items();
    let tcp = |port: &&Value| matches!(port.get("protocol").text(), "" | "TCP");
    for (how, word) in [("httpGet", "HTTP"), ("tcpSocket", "TCP"), ("grpc", "gRPC")] {
        let wanted = c.value.at(&[probe, how, "port"]);
        let mut tcp = ports.iter().filter(tcp);
        let is_there = tcp.any(|port| {
            port.get("containerPort") == wanted
                || wanted
                    .as_str()
                    .is_some_and(|name| port.get("name").text() == name)
        });
        if !wanted.is_null() && !is_there {
            let why = words::asks_no_port(c.name, probe, &wanted.to_text(), word);
            found.at(c.path(&[probe, how, "port"]), why);
        }
    }
}

pub(super) fn liveness_port(c: &C<'_>, found: &mut F<'_>) {
    port_of(c, found, "livenessProbe");
}

pub(super) fn readiness_port(c: &C<'_>, found: &mut F<'_>) {
    port_of(c, found, "readinessProbe");
}

pub(super) fn startup_port(c: &C<'_>, found: &mut F<'_>) {
    port_of(c, found, "startupProbe");
}

pub(super) fn env_var_secret(c: &C<'_>, found: &mut F<'_>) {
    for (at, variable) in c.value.get("env").items().iter().enumerate() {
        let name = variable.get("name").text();
        if name.to_lowercase().contains("secret") && !variable.get("value").to_text().is_empty() {
            let mut path = c.path(&["env"]);
            path.push(super::Step::Item(at));
            found.at(path, words::plain_secret(c.name, name));
        }
    }
}

pub(super) fn read_secret_from_env_var(c: &C<'_>, found: &mut F<'_>) {
    for (at, variable) in c.value.get("env").items().iter().enumerate() {
        if !variable.at(&["valueFrom", "secretKeyRef"]).is_null() {
            let mut path = c.path(&["env"]);
            path.push(super::Step::Item(at));
            let name = variable.get("name").text();
            found.at(path, words::secret_variable(c.name, name));
        }
    }
}

pub(super) fn duplicate_env_var(c: &C<'_>, found: &mut F<'_>) {
    let env = c.value.get("env").items();
    for (at, variable) in env.iter().enumerate() {
        let name = variable.get("name");
        let before = env[..at].iter().filter(|other| other.get("name") == name);
        if before.count() == 1 {
            let mut path = c.path(&["env"]);
            path.push(super::Step::Item(at));
            found.at(path, words::set_twice(c.name, &name.to_text()));
        }
    }
}

pub(super) fn run_as_non_root(c: &C<'_>, found: &mut F<'_>) {
    let (user, group) = (
        c.security("runAsUser").as_int(),
        c.security("runAsGroup").as_int(),
    );
    let non_root = is(c.security("runAsNonRoot"), true);
    if group == Some(0) {
        let why = words::root_group(c.name);
        found.at(c.path(&["securityContext", "runAsGroup"]), why);
    }
    if user.is_some_and(|user| user > 0) || non_root && user != Some(0) {
        return;
    }
    found.at(
        c.path(&["securityContext"]),
        words::runs_as_root(c.name, user.is_some(), non_root),
    );
}

pub(super) fn privileged(c: &C<'_>, found: &mut F<'_>) {
    if is(c.value.at(&["securityContext", "privileged"]), true) {
        found.at(
            c.path(&["securityContext", "privileged"]),
            words::is_privileged(c.name),
        );
    }
}

pub(super) fn privilege_escalation(c: &C<'_>, found: &mut F<'_>) {
    let context = c.value.get("securityContext");
    let adds = context.at(&["capabilities", "add"]).items();
    let (field, why) = if is(context.get("allowPrivilegeEscalation"), true) {
        ("allowPrivilegeEscalation", words::ALLOWS_IT)
    } else if is(context.get("privileged"), true) {
        ("privileged", words::IS_PRIVILEGED)
    } else if adds
        .iter()
        .any(|it| matches!(it.text(), "SYS_ADMIN" | "CAP_SYS_ADMIN"))
    {
        ("capabilities", words::HAS_SYS_ADMIN)
    } else {
        return;
    };
    found.at(
        c.path(&["securityContext", field]),
        words::can_gain_privileges(c.name, why),
    );
}

pub(super) fn read_only_root_fs(c: &C<'_>, found: &mut F<'_>) {
    if !is(
        c.value.at(&["securityContext", "readOnlyRootFilesystem"]),
        true,
    ) {
        found.at(c.path(&["securityContext"]), words::can_write(c.name));
    }
}

pub(super) fn drop_net_raw(c: &C<'_>, found: &mut F<'_>) {
    let capabilities = c.value.at(&["securityContext", "capabilities"]);
    let lists = |what: &str| {
        let items = capabilities.get(what).items().iter();
        items
            .map(|it| it.text().to_uppercase())
            .any(|it| matches!(it.trim_start_matches("CAP_"), "NET_RAW" | "ALL"))
    };
    // As kube-linter: what says nothing about capabilities is left to other checks.
    if capabilities.is_null() {
        return;
    }
    if lists("add") {
        found.at(
            c.path(&["securityContext", "capabilities"]),
            words::adds_net_raw(c.name),
        );
    } else if !lists("drop") {
        found.at(
            c.path(&["securityContext", "capabilities"]),
            words::does_not_drop_net_raw(c.name),
        );
    }
}

pub(super) fn ssh_port(c: &C<'_>, found: &mut F<'_>) {
    for (at, port) in c.value.get("ports").items().iter().enumerate() {
        let is_tcp = matches!(port.get("protocol").text(), "" | "TCP");
        if is_tcp && port.get("containerPort").as_int() == Some(22) {
            let mut path = c.path(&["ports"]);
            path.push(super::Step::Item(at));
            found.at(path, words::declares_ssh(c.name));
        }
    }
}

pub(super) fn privileged_ports(c: &C<'_>, found: &mut F<'_>) {
    for (at, port) in c.value.get("ports").items().iter().enumerate() {
        if let Some(number @ 1..1024) = port.get("containerPort").as_int() {
            let mut path = c.path(&["ports"]);
            path.push(super::Step::Item(at));
            let why = words::declares_low_port(c.name, number);
            found.at(path, why);
        }
    }
}

pub(super) fn unsafe_proc_mount(c: &C<'_>, found: &mut F<'_>) {
    if c.value
        .at(&["securityContext", "procMount"])
        .text()
        .eq_ignore_ascii_case("unmasked")
    {
        found.at(
            c.path(&["securityContext", "procMount"]),
            words::sees_all_of_proc(c.name),
        );
    }
}
