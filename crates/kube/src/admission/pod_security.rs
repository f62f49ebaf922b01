//! Pod Security: what a namespace's labels `pod-security.kubernetes.io/enforce` and `/warn` say of its
//! pods (`k8s.io/pod-security-admission`). The checks are those of version latest, whatever version the
//! namespace asks for; what `/audit` finds would stand in an audit log, which nobody keeps here.

use crate::{Key, Status, Store, Value, warnings};
use ecow::{EcoString, eco_format};

/// A mode's label, and that of its version.
type Mode = (&'static str, &'static str);
const ENFORCE: Mode = (
    "pod-security.kubernetes.io/enforce",
    "pod-security.kubernetes.io/enforce-version",
);
const WARN: Mode = (
    "pod-security.kubernetes.io/warn",
    "pod-security.kubernetes.io/warn-version",
);

/// What a pod breaks: in a word or two, and how.
type Broken = Option<(&'static str, EcoString)>;

/// A check of a pod. An overlapping one is not asked at the restricted level, which has a stricter one.
struct Check {
    overlaps: bool,
    run: fn(&Value) -> Broken,
}

const fn check(run: fn(&Value) -> Broken) -> Check {
    Check {
        overlaps: false,
        run,
    }
}

const fn overlapping(run: fn(&Value) -> Broken) -> Check {
    Check {
        overlaps: true,
        run,
    }
}

/// The checks of the baseline level, in the order of their ids.
const BASELINE: &[Check] = &[
    check(app_armor_profile),
    overlapping(capabilities_baseline),
    check(host_namespaces),
    overlapping(host_path_volumes),
    check(host_ports),
    check(host_probes),
    check(privileged),
    check(proc_mount),
    check(se_linux_options),
    overlapping(seccomp_baseline),
    check(sysctls),
    check(windows_host_process),
];

/// Those that the restricted level has besides.
const RESTRICTED: &[Check] = &[
    check(allow_privilege_escalation),
    check(capabilities_restricted),
    check(restricted_volumes),
    check(run_as_non_root),
    check(run_as_user),
    check(seccomp_restricted),
];

pub(super) fn validate(
    store: &mut Store,
    key: &Key,
    old: Option<&Value>,
    pod: &Value,
) -> Result<(), Status> {
    if key.kind != "Pod" || old.is_some_and(|old| images(old) == images(pod)) {
        return Ok(());
    }
    let namespace = store.get(&Key::new("Namespace", "", &*key.namespace));
    let labels = namespace.map_or(&Value::NULL, |it| it.labels());
    match violation(labels, ENFORCE, pod) {
        None => Ok(()),
        Some(how) => {
            let why = eco_format!("violates {how}");
            Err(Status::forbidden(&key.kind, &key.name, &why))
        }
    }
}

/// What the images of all containers are: an update of a pod that leaves them changes nothing here
/// (`isSignificantPodUpdate`).
fn images(pod: &Value) -> Vec<&str> {
    containers(pod).map(|it| it.get("image").text()).collect()
}

/// The level and version that a namespace has for a mode: `restricted:latest`.
fn level(labels: &Value, (level, version): Mode) -> (&str, EcoString) {
    let text = |name: &str| labels.get(name).text();
    let version = match text(version) {
        "" => "latest",
        version => version,
    };
    let level = text(level);
    (level, eco_format!("{level}:{version}"))
}

/// How a pod violates a namespace's level; none if it does not.
fn violation(labels: &Value, mode: Mode, pod: &Value) -> Option<EcoString> {
    let (level, shown) = level(labels, mode);
    let broken = broken(level, pod);
    (!broken.is_empty()).then(|| eco_format!("PodSecurity {shown:?}: {}", broken.join(", ")))
}

/// What is said of a pod or of a template of pods, and of the pods of a namespace whose level rises.
pub(crate) fn warnings(store: &Store, key: &Key, old: &Value, new: &Value) -> Vec<EcoString> {
    let pod = match warnings::template_path(&key.kind) {
        Some(path) if key.kind != "PodTemplate" || !new.get("template").is_null() => new.at(path),
        _ if key.kind == "Pod" && (old.is_null() || images(old) != images(new)) => new,
        _ if key.kind == "Namespace" && !old.is_null() => {
            return of_namespace(store, key, old, new);
        }
        _ => return Vec::new(),
    };
    let namespace = store.get(&Key::new("Namespace", "", &*key.namespace));
    let labels = namespace.map_or(&Value::NULL, |it| it.labels());
    let found = violation(labels, WARN, pod);
    let found = found.map(|how| eco_format!("would violate {how}"));
    found.into_iter().collect()
}

/// The pods of a namespace that its new level would not let in (`EvaluatePodsInNamespace`).
fn of_namespace(store: &Store, key: &Key, old: &Value, new: &Value) -> Vec<EcoString> {
    let labels = |namespace: &Value| namespace.at(&["metadata", "labels"]).clone();
    let (before, after) = (labels(old), labels(new));
    let ((was, was_shown), (is, shown)) = (level(&before, ENFORCE), level(&after, ENFORCE));
    let rank = |level: &str| match level {
        "restricted" => 2,
        "baseline" => 1,
        _ => 0,
    };
    let same_version = was_shown.split(':').nth(1) == shown.split(':').nth(1);
    if was_shown == shown || rank(is) == 0 || same_version && rank(is) <= rank(was) {
        return Vec::new();
    }
    // What is broken, by whom first, and by how many.
    let mut found: Vec<(EcoString, &str, usize)> = Vec::new();
    for pod in store.list_in("Pod", &key.name) {
        let what = reasons(is, &pod.value);
        if what.is_empty() {
            continue;
        }
        match found.iter_mut().find(|(have, ..)| *have == what) {
            Some((.., count)) => *count += 1,
            None => found.push((what, &pod.key.name, 1)),
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<EcoString> = found
        .iter()
        .map(|(what, first, count)| match count {
            1 => eco_format!("{first}: {what}"),
            2 => eco_format!("{first} (and 1 other pod): {what}"),
            more => eco_format!("{first} (and {} other pods): {what}", more - 1),
        })
        .collect();
    lean::sort(&mut lines);
    let name = &key.name;
    let first = eco_format!(
        "existing pods in namespace {name:?} violate the new PodSecurity enforce level {shown:?}"
    );
    lines.insert(0, first);
    lines
}

/// What a pod breaks of a level, in a word or two each.
fn reasons(level: &str, pod: &Value) -> EcoString {
    let words: Vec<&str> = all_broken(level, pod)
        .iter()
        .map(|(what, _)| *what)
        .collect();
    words.join(", ").into()
}

/// What a pod breaks of a level, in words.
fn broken(level: &str, pod: &Value) -> Vec<EcoString> {
    let found = all_broken(level, pod);
    let found = found.iter();
    found
        .map(|(what, how)| eco_format!("{what} ({how})"))
        .collect()
}

/// What a pod breaks of a level. A level of another name allows everything.
fn all_broken(level: &str, pod: &Value) -> Vec<(&'static str, EcoString)> {
    let restricted = level == "restricted";
    let more = if restricted { RESTRICTED } else { &[] };
    let baseline = match restricted || level == "baseline" {
        true => BASELINE,
        false => &[],
    };
    let checks = baseline
        .iter()
        .filter(|check| !(restricted && check.overlaps))
        .chain(more);
    checks.filter_map(|check| (check.run)(pod)).collect()
}

/// A pod's containers of all kinds.
fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    let spec = pod.get("spec");
    lists.into_iter().flat_map(|list| spec.get(list).items())
}

/// The names of the containers of whose security context something is true.
fn those(pod: &Value, test: impl Fn(&Value) -> bool) -> Vec<EcoString> {
    let bad = containers(pod).filter(|it| test(it.get("securityContext")));
    bad.map(|it| it.get("name").to_text()).collect()
}

fn pod_context(pod: &Value) -> &Value {
    pod.at(&["spec", "securityContext"])
}

/// `"a", "b"`
fn quoted(names: &[EcoString]) -> EcoString {
    let quoted: Vec<EcoString> = names.iter().map(|name| eco_format!("{name:?}")).collect();
    quoted.join(", ").into()
}

/// One word for one thing, the other for several.
fn plural<'a>(one: &'a str, many: &'a str, count: usize) -> &'a str {
    if count == 1 { one } else { many }
}

/// `container "a"`, `containers "a", "b"`
fn named(names: &[EcoString]) -> EcoString {
    let word = plural("container", "containers", names.len());
    eco_format!("{word} {}", quoted(names))
}

/// Each once, by name.
fn distinct(mut names: Vec<EcoString>) -> Vec<EcoString> {
    lean::sort(&mut names);
    names.dedup();
    names
}

/// `pod and container "a"`: who sets something; none if nobody does.
fn setters(pod: bool, names: &[EcoString]) -> Option<EcoString> {
    match (pod, names) {
        (false, []) => None,
        (true, []) => Some("pod".into()),
        (false, names) => Some(named(names)),
        (true, names) => Some(eco_format!("pod and {}", named(names))),
    }
}

/// What the containers must do, if any do not.
fn must(names: &[EcoString], what: &'static str, must: &str) -> Broken {
    (!names.is_empty()).then(|| (what, eco_format!("{} {must}", named(names))))
}

/// A pod with user namespaces is not root outside (KEP 127).
fn has_own_users(pod: &Value) -> bool {
    pod.at(&["spec", "hostUsers"]).as_bool() == Some(false)
}

fn is_windows(pod: &Value) -> bool {
    pod.at(&["spec", "os", "name"]).text() == "windows"
}

fn app_armor_profile(pod: &Value) -> Broken {
    const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
    let bad = |context: &Value| {
        let profile = context.at(&["appArmorProfile", "type"]).text();
        !matches!(profile, "" | "RuntimeDefault" | "Localhost")
    };
    let is_bad_note = |name: &str, value: &str| {
        let allowed = matches!(value, "" | "runtime/default") || value.starts_with("localhost/");
        name.starts_with(ANNOTATION) && !allowed
    };
    let notes = pod.at(&["metadata", "annotations"]).members();
    let notes: Vec<_> = notes
        .filter(|(name, value)| is_bad_note(name, value.text()))
        .collect();
    let contexts = containers(pod).map(|it| it.get("securityContext"));
    let contexts = std::iter::once(pod_context(pod)).chain(contexts);
    let types = contexts.filter(|it| bad(it));
    let types = types.map(|it| it.at(&["appArmorProfile", "type"]).to_text());
    let values = distinct(
        types
            .chain(notes.iter().map(|(_, value)| value.to_text()))
            .collect(),
    );
    let mut who: Vec<EcoString> = setters(bad(pod_context(pod)), &those(pod, bad))
        .into_iter()
        .collect();
    if !notes.is_empty() {
        let names: Vec<EcoString> = notes.iter().map(|(name, _)| (*name).clone()).collect();
        let word = plural("annotation", "annotations", names.len());
        who.push(eco_format!("{word} {}", quoted(&names)));
    }
    let what = plural(
        "forbidden AppArmor profile",
        "forbidden AppArmor profiles",
        values.len(),
    );
    let how = || {
        eco_format!(
            "{} must not set AppArmor profile type to {}",
            who.join(" and "),
            quoted(&values)
        )
    };
    (!values.is_empty()).then(|| (what, how()))
}

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

/// Who adds capabilities besides the allowed ones, and which.
fn added(pod: &Value, allowed: &[&str]) -> Option<EcoString> {
    let more = |context: &Value| -> Vec<EcoString> {
        let all = context.at(&["capabilities", "add"]).items().iter();
        all.filter(|it| !allowed.contains(&it.text()))
            .map(Value::to_text)
            .collect()
    };
    let names = those(pod, |it| !more(it).is_empty());
    let all = containers(pod).flat_map(|it| more(it.get("securityContext")));
    let capabilities = quoted(&distinct(all.collect()));
    let who = (!names.is_empty()).then(|| named(&names))?;
    Some(eco_format!(
        "{who} must not include {capabilities} in securityContext.capabilities.add"
    ))
}

fn capabilities_baseline(pod: &Value) -> Broken {
    added(pod, BASELINE_CAPABILITIES).map(|how| ("non-default capabilities", how))
}

fn capabilities_restricted(pod: &Value) -> Broken {
    if is_windows(pod) {
        return None;
    }
    let drops = |it: &Value| {
        let dropped = it.at(&["capabilities", "drop"]).items();
        dropped.contains(&"ALL".into())
    };
    let keep = those(pod, |it| !drops(it));
    let drop = must(
        &keep,
        "",
        "must set securityContext.capabilities.drop=[\"ALL\"]",
    );
    let parts = [drop.map(|(_, how)| how), added(pod, &["NET_BIND_SERVICE"])];
    let how: Vec<EcoString> = parts.into_iter().flatten().collect();
    (!how.is_empty()).then(|| ("unrestricted capabilities", how.join("; ").into()))
}

fn host_namespaces(pod: &Value) -> Broken {
    let shared: Vec<EcoString> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|field| pod.at(&["spec", field]).as_bool() == Some(true))
        .map(|field| eco_format!("{field}=true"))
        .collect();
    (!shared.is_empty()).then(|| ("host namespaces", shared.join(", ").into()))
}

fn host_path_volumes(pod: &Value) -> Broken {
    let volumes = pod.at(&["spec", "volumes"]).items().iter();
    let bad = volumes.filter(|it| !it.get("hostPath").is_null());
    let names: Vec<EcoString> = bad.map(|it| it.get("name").to_text()).collect();
    let word = plural("volume", "volumes", names.len());
    let how = eco_format!("{word} {}", quoted(&names));
    (!names.is_empty()).then_some(("hostPath volumes", how))
}

/// Who uses several of something, and of what.
fn uses(
    pod: &Value,
    of: impl Fn(&Value) -> Vec<EcoString>,
    what: &'static str,
    many: &str,
) -> Broken {
    let bad = containers(pod).filter(|it| !of(it).is_empty());
    let names: Vec<EcoString> = bad.map(|it| it.get("name").to_text()).collect();
    let used = distinct(containers(pod).flat_map(&of).collect());
    let how = eco_format!(
        "{} {} {} {}",
        named(&names),
        plural("uses", "use", names.len()),
        plural(what, many, used.len()),
        used.join(", ")
    );
    (!names.is_empty()).then_some((what, how))
}

fn host_ports(pod: &Value) -> Broken {
    let ports = |container: &Value| {
        let ports = container.get("ports").items().iter();
        let used = ports.filter_map(|port| port.get("hostPort").as_int().filter(|it| *it != 0));
        used.map(|port| eco_format!("{port}")).collect()
    };
    uses(pod, ports, "hostPort", "hostPorts")
}

fn host_probes(pod: &Value) -> Broken {
    const HANDLERS: &[&[&str]] = &[
        &["livenessProbe"],
        &["readinessProbe"],
        &["startupProbe"],
        &["lifecycle", "postStart"],
        &["lifecycle", "preStop"],
    ];
    let hosts = |container: &Value| {
        let handlers = HANDLERS.iter().map(|path| container.at(path));
        let named = handlers
            .flat_map(|it| [it.at(&["httpGet", "host"]), it.at(&["tcpSocket", "host"])])
            .filter(|host| !host.text().is_empty());
        named.map(Value::to_text).collect()
    };
    uses(
        pod,
        hosts,
        "probe or lifecycle host",
        "probe or lifecycle hosts",
    )
}

fn privileged(pod: &Value) -> Broken {
    let bad = those(pod, |it| it.get("privileged").as_bool() == Some(true));
    must(
        &bad,
        "privileged",
        "must not set securityContext.privileged=true",
    )
}

fn proc_mount(pod: &Value) -> Broken {
    let kind = |it: &Value| it.get("procMount").to_text();
    let is_bad = |it: &Value| !matches!(kind(it).as_str(), "" | "Default");
    let bad = those(pod, is_bad);
    let contexts = containers(pod).map(|it| it.get("securityContext"));
    let kinds = distinct(contexts.filter(|it| is_bad(it)).map(kind).collect());
    let how = eco_format!(
        "must not set securityContext.procMount to {}",
        quoted(&kinds)
    );
    must(&bad, "procMount", &how).filter(|_| !has_own_users(pod))
}

fn se_linux_options(pod: &Value) -> Broken {
    const TYPES: &[&str] = &[
        "",
        "container_t",
        "container_init_t",
        "container_kvm_t",
        "container_engine_t",
    ];
    let field = |it: &Value, name: &str| it.at(&["seLinuxOptions", name]).to_text();
    let sets = |it: &Value, name: &str| !field(it, name).is_empty();
    let bad_type = |it: &Value| !TYPES.contains(&field(it, "type").as_str());
    let bad = |it: &Value| bad_type(it) || sets(it, "user") || sets(it, "role");
    let contexts = || {
        let own = containers(pod).map(|it| it.get("securityContext"));
        std::iter::once(pod_context(pod)).chain(own)
    };
    let who = setters(bad(pod_context(pod)), &those(pod, bad))?;
    let types = contexts()
        .filter(|it| bad_type(it))
        .map(|it| field(it, "type"));
    let types = distinct(types.collect());
    let mut what: Vec<EcoString> = Vec::new();
    if !types.is_empty() {
        let word = plural("type", "types", types.len());
        what.push(eco_format!("{word} {}", quoted(&types)));
    }
    for name in ["user", "role"] {
        if contexts().any(|it| sets(it, name)) {
            what.push(eco_format!("{name} may not be set"));
        }
    }
    let what = what.join("; ");
    let how = eco_format!("{who} set forbidden securityContext.seLinuxOptions: {what}");
    Some(("seLinuxOptions", how))
}

fn seccomp(context: &Value) -> &str {
    context.at(&["seccompProfile", "type"]).text()
}

fn is_confined(context: &Value) -> bool {
    matches!(seccomp(context), "RuntimeDefault" | "Localhost")
}

fn seccomp_baseline(pod: &Value) -> Broken {
    let bad = |it: &Value| !it.get("seccompProfile").is_null() && !is_confined(it);
    let contexts = containers(pod).map(|it| it.get("securityContext"));
    let contexts = std::iter::once(pod_context(pod)).chain(contexts);
    let types = contexts
        .filter(|it| bad(it))
        .map(|it| seccomp(it).into())
        .collect();
    let who = setters(bad(pod_context(pod)), &those(pod, bad))?;
    let types = quoted(&distinct(types));
    let how = eco_format!("{who} must not set securityContext.seccompProfile.type to {types}");
    Some(("seccompProfile", how))
}

fn seccomp_restricted(pod: &Value) -> Broken {
    if is_windows(pod) {
        return None;
    }
    let explicit = seccomp_baseline(pod);
    if explicit.is_some() || is_confined(pod_context(pod)) {
        return explicit;
    }
    let bad = those(pod, |it| it.get("seccompProfile").is_null());
    let how = eco_format!(
        "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
        named(&bad)
    );
    (!bad.is_empty()).then_some(("seccompProfile", how))
}

fn sysctls(pod: &Value) -> Broken {
    const SAFE: &[&str] = &[
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    ];
    let all = pod_context(pod).get("sysctls").items().iter();
    let names = all.map(|it| it.get("name").text());
    let bad: Vec<&str> = names.filter(|name| !SAFE.contains(name)).collect();
    (!bad.is_empty()).then(|| ("forbidden sysctls", bad.join(", ").into()))
}

fn windows_host_process(pod: &Value) -> Broken {
    let bad = |it: &Value| it.at(&["windowsOptions", "hostProcess"]).as_bool() == Some(true);
    let who = setters(bad(pod_context(pod)), &those(pod, bad))?;
    let how = eco_format!("{who} must not set securityContext.windowsOptions.hostProcess=true");
    Some(("hostProcess", how))
}

fn allow_privilege_escalation(pod: &Value) -> Broken {
    let may = |it: &Value| it.get("allowPrivilegeEscalation").as_bool() != Some(false);
    must(
        &those(pod, may),
        "allowPrivilegeEscalation != false",
        "must set securityContext.allowPrivilegeEscalation=false",
    )
    .filter(|_| !is_windows(pod))
}

fn restricted_volumes(pod: &Value) -> Broken {
    const ALLOWED: &[&str] = &[
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
    let kind = |volume: &Value| -> EcoString {
        let mut members = volume.members().filter(|(name, _)| *name != "name");
        members
            .next()
            .map_or("unknown".into(), |(name, _)| name.clone())
    };
    let volumes = pod.at(&["spec", "volumes"]).items().iter();
    let bad = volumes.filter(|it| !ALLOWED.contains(&kind(it).as_str()));
    let bad: Vec<&Value> = bad.collect();
    let names: Vec<EcoString> = bad.iter().map(|it| it.get("name").to_text()).collect();
    let kinds = distinct(bad.iter().map(|it| kind(it)).collect());
    let how = eco_format!(
        "{} {} {} {} {}",
        plural("volume", "volumes", names.len()),
        quoted(&names),
        plural("uses", "use", names.len()),
        plural(
            "restricted volume type",
            "restricted volume types",
            kinds.len()
        ),
        quoted(&kinds)
    );
    (!names.is_empty()).then_some(("restricted volume types", how))
}

fn run_as_non_root(pod: &Value) -> Broken {
    const WHAT: &str = "runAsNonRoot != true";
    let says = |it: &Value| it.get("runAsNonRoot").as_bool();
    let root = |it: &Value| says(it) == Some(false);
    if has_own_users(pod) {
        return None;
    }
    if let Some(who) = setters(root(pod_context(pod)), &those(pod, root)) {
        let how = eco_format!("{who} must not set securityContext.runAsNonRoot=false");
        return Some((WHAT, how));
    }
    if says(pod_context(pod)) == Some(true) {
        return None;
    }
    let bad = those(pod, |it| says(it).is_none());
    let how = eco_format!(
        "pod or {} must set securityContext.runAsNonRoot=true",
        named(&bad)
    );
    (!bad.is_empty()).then_some((WHAT, how))
}

fn run_as_user(pod: &Value) -> Broken {
    let root = |it: &Value| it.get("runAsUser").as_int() == Some(0);
    let who = setters(root(pod_context(pod)), &those(pod, root))?;
    let how = eco_format!("{who} must not set runAsUser=0");
    Some(("runAsUser=0", how)).filter(|_| !has_own_users(pod))
}

#[cfg(test)]
mod tests;
