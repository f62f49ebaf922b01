//! Pods and pod templates (`pkg/apis/core/validation`, ValidatePodSpec and around it).

use super::{
    Faults, Path, SPEC, Seen, claims, container, meta, names, placement, resources, volumes,
    windows,
};
use crate::Value;
use crate::admission::service_account::{DRAWN, TOKEN_VOLUME};
use ecow::EcoString;
use std::cell::RefCell;

/// What may change of a pod that runs.
const UPDATES: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
    `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
    existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
    previously negative)";

pub(super) fn pod(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    let cost = new
        .at(&["metadata", "annotations"])
        .get("controller.kubernetes.io/pod-deletion-cost");
    if !cost.is_null() && !is_cost(cost.text()) {
        let metadata = Path::root("metadata");
        let at = metadata.child("annotations");
        let at = at.key("controller.kubernetes.io/pod-deletion-cost");
        faults.invalid(&at, cost, "must be a 32bit integer");
    }
    // A thousand pods of one template have the same.
    let is_good = |known: &Value| are_alike(known, spec);
    if !GOOD.with_borrow(|good| good.iter().any(is_good)) {
        let before = faults.len();
        whole_spec(faults, spec);
        if faults.len() == before {
            GOOD.with_borrow_mut(|good| lean::remember(good, spec.clone(), REMEMBERED));
        }
    }
    match old {
        None => {
            if !spec.get("ephemeralContainers").items().is_empty() {
                faults.forbidden(
                    &SPEC.child("ephemeralContainers"),
                    "cannot be set on create",
                );
            }
        }
        Some(old) => update(faults, spec, old.get("spec")),
    }
}

/// How many specs are remembered.
const REMEMBERED: usize = 8;

thread_local! {
    /// The specs of pods that were last found to be without a fault.
    static GOOD: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Whether two specs differ in nothing but what the volume for the token is called, which is drawn anew for
/// each pod: both are good, or none.
fn are_alike(a: &Value, b: &Value) -> bool {
    let [a_token, b_token] = [a, b].map(|spec| {
        let last = spec.get("volumes").items().last();
        last.map_or("", |volume| volume.get("name").text())
    });
    let drawn = |name: &str| name.strip_prefix(TOKEN_VOLUME).unwrap_or_default().len();
    let are_drawn = drawn(a_token) == DRAWN && drawn(b_token) == DRAWN;
    match are_drawn && names::label(b_token).is_empty() {
        true => same_but(a, b, (a_token, b_token)),
        false => a == b,
    }
}

/// Whether two values are the same, if each of these texts stands for the other.
fn same_but(a: &Value, b: &Value, texts: (&str, &str)) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => match lean::is_same(a, texts.0) {
            true => lean::is_same(b, texts.1),
            false => lean::is_same(a, b),
        },
        _ if a.is_identical(b) => true,
        (Value::List(a), Value::List(b)) => {
            let mut pairs = a.iter().zip(b);
            a.len() == b.len() && pairs.all(|(a, b)| same_but(a, b, texts))
        }
        (Value::Map(a), Value::Map(b)) => {
            let mut pairs = a.iter().zip(b.iter());
            let is_same =
                |((name, a), (other, b)): ((&EcoString, &Value), (&EcoString, &Value))| {
                    lean::is_same(name, other) && same_but(a, b, texts)
                };
            a.len() == b.len() && pairs.all(is_same)
        }
        _ => a == b,
    }
}

/// What holds of a pod's spec, old or new.
fn whole_spec(faults: &mut Faults, spec: &Value) {
    pod_spec(faults, &SPEC, spec);
    for list in ["containers", "initContainers"] {
        let at = SPEC.child(list);
        for (index, container) in spec.get(list).items().iter().enumerate() {
            let image = container.get("image").text();
            if image != image.trim() {
                let at = at.index(index);
                let detail = "must not have leading or trailing whitespace";
                faults.invalid_text(&at.child("image"), image, detail);
            }
        }
    }
}

fn is_cost(text: &str) -> bool {
    let padded = text.starts_with('+') || text.starts_with('0') && text.len() > 1;
    !padded && text.parse::<i32>().is_ok()
}

fn update(faults: &mut Faults, new: &Value, old: &Value) {
    let count = |spec: &Value, list: &str| spec.get(list).items().len();
    for list in ["containers", "initContainers"] {
        if count(new, list) != count(old, list) {
            faults.forbidden(
                &SPEC.child(list),
                "pod updates may not add or remove containers",
            );
            return;
        }
    }
    for (index, container) in new.get("containers").items().iter().enumerate() {
        let list = SPEC.child("containers");
        let at = list.index(index);
        image(faults, &at.child("image"), container.get("image"));
    }
    if !deadline(
        faults,
        new.get("activeDeadlineSeconds"),
        old.get("activeDeadlineSeconds"),
    ) {
        return;
    }
    // Of a toleration that is there, only for how long may change.
    let lasting = |toleration: &Value| {
        let mut toleration = toleration.clone();
        toleration.set("tolerationSeconds", Value::Null);
        toleration
    };
    let now: Vec<Value> = new.get("tolerations").items().iter().map(lasting).collect();
    let kept = old.get("tolerations").items();
    let all_kept = kept.iter().all(|it| now.contains(&lasting(it)));
    if !all_kept {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        faults.forbidden(&SPEC.child("tolerations"), detail);
    } else {
        placement::tolerations(faults, &SPEC.child("tolerations"), new.get("tolerations"));
    }
    let gates = SPEC.child("schedulingGates");
    let kept = old.get("schedulingGates").items();
    for (index, gate) in new.get("schedulingGates").items().iter().enumerate() {
        if !kept.contains(gate) {
            let name = gate.get("name").text();
            let at = gates.index(index);
            let detail = ecow::eco_format!(
                "only deletion is allowed, but found new scheduling gate '{name}'"
            );
            faults.forbidden(&at.child("name"), &detail);
        }
    }
    // With what may change put back, nothing else may differ.
    let mut rest = new.clone();
    for list in ["containers", "initContainers"] {
        for at in 0..count(old, list) {
            let image = old.get(list).items()[at].get("image").clone();
            rest.entry(list).items_mut().make_mut()[at].set("image", image);
        }
        if count(old, list) == 0 {
            rest.set(list, Value::Null);
        }
    }
    for field in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        rest.set(field, old.get(field).clone());
    }
    if !kept.is_empty() {
        gated(faults, new, old, &mut rest);
    }
    if old
        .get("terminationGracePeriodSeconds")
        .as_int()
        .is_some_and(|grace| grace < 0)
    {
        rest.set(
            "terminationGracePeriodSeconds",
            old.get("terminationGracePeriodSeconds").clone(),
        );
    }
    if &rest != old {
        let detail = ecow::eco_format!(
            "{UPDATES}\n{}",
            crate::gostruct::diff("PodSpec", old, &rest)
        );
        faults.forbidden(&SPEC, &detail);
    }
}

/// A pod that waits for a gate may still be told where to run, more narrowly.
fn gated(faults: &mut Faults, new: &Value, old: &Value, rest: &mut Value) {
    let (is, was) = (new.get("nodeSelector"), old.get("nodeSelector"));
    if was.members().any(|(key, value)| is.get(key) != value) {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        faults.invalid(&SPEC.child("nodeSelector"), is, detail);
    }
    rest.set("nodeSelector", was.clone());
    let nodes = old.at(&["affinity", "nodeAffinity"]).clone();
    let plain = old.get("affinity").is_null()
        && new
            .get("affinity")
            .members()
            .all(|(name, _)| name == "nodeAffinity");
    match plain {
        true => rest.set("affinity", Value::Null),
        false => rest.entry("affinity").set("nodeAffinity", nodes),
    }
}

/// An image of a pod that is to run: the server asks again of an update.
fn image(faults: &mut Faults, at: &Path<'_>, image: &Value) {
    let text = image.text();
    if text.is_empty() {
        faults.required(at, "");
    } else if text != text.trim() {
        faults.invalid(at, image, "must not have leading or trailing whitespace");
    }
}

/// A deadline may be set or made shorter; if not, the server looks no further.
fn deadline(faults: &mut Faults, new: &Value, old: &Value) -> bool {
    let at = SPEC.child("activeDeadlineSeconds");
    match (new.as_int(), old.as_int()) {
        (Some(new), _) if !(0..=i64::from(i32::MAX)).contains(&new) => {
            faults.in_range(&at, new, 0, i64::from(i32::MAX));
            return false;
        }
        (Some(is), Some(was)) if was < is => {
            faults.invalid(&at, new, "must be less than or equal to previous value");
            return false;
        }
        (None, Some(_)) => faults.invalid(
            &at,
            new,
            "must not update from a positive integer to nil value",
        ),
        _ => {}
    }
    true
}

/// The template of a controller's pods.
pub(super) fn template(faults: &mut Faults, at: &Path<'_>, template: &Value) {
    let metadata = template.get("metadata");
    meta::labels(faults, &at.child("labels"), metadata.get("labels"));
    meta::annotations(
        faults,
        &at.child("annotations"),
        metadata.get("annotations"),
    );
    let spec = template.get("spec");
    pod_spec(faults, &at.child("spec"), spec);
    if !spec.get("ephemeralContainers").items().is_empty() {
        let at = at.child("spec");
        let detail = "ephemeral containers not allowed in pod template";
        faults.forbidden(&at.child("ephemeralContainers"), detail);
    }
}

fn pod_spec(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    let volumes = volumes::volumes(faults, &at.child("volumes"), spec.get("volumes"));
    let claims = spec.get("resourceClaims");
    claims::of_pod(faults, &at.child("resourceClaims"), claims);
    container::containers(faults, at, spec, &volumes);
    if !spec.get("resources").is_null() {
        resources::of_pod(faults, &at.child("resources"), spec.get("resources"));
    }
    host_network(faults, at, spec);
    let policies = &["Always", "OnFailure", "Never"];
    faults.one_of(
        &at.child("restartPolicy"),
        spec.get("restartPolicy"),
        policies,
    );
    let policies = &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    faults.one_of(&at.child("dnsPolicy"), spec.get("dnsPolicy"), policies);
    meta::labels(faults, &at.child("nodeSelector"), spec.get("nodeSelector"));
    security(
        faults,
        &at.child("securityContext"),
        spec.get("securityContext"),
    );
    sharing(faults, at, spec);
    placement::affinity(faults, &at.child("affinity"), spec.get("affinity"));
    dns_config(faults, at, spec);
    let gates = at.child("readinessGates");
    for (index, gate) in spec.get("readinessGates").items().iter().enumerate() {
        let at = gates.index(index);
        faults.named(
            &at.child("conditionType"),
            gate.get("conditionType").text(),
            names::label_key,
        );
    }
    let gates = at.child("schedulingGates");
    let mut seen = Seen::default();
    for (index, gate) in spec.get("schedulingGates").items().iter().enumerate() {
        let name = gate.get("name");
        faults.named(&gates.index(index), name.text(), names::label_key);
        if !seen.insert(name.text()) {
            faults.duplicate(&gates.index(index), name);
        }
    }
    let constraints = spec.get("topologySpreadConstraints");
    placement::topology_spread(faults, &at.child("topologySpreadConstraints"), constraints);
    windows::host_process(faults, at, spec);
    for (field, check) in [
        ("serviceAccountName", names::subdomain as super::Check),
        ("nodeName", names::subdomain),
    ] {
        optional_name(faults, at, spec, field, check);
    }
    if let Some(seconds) = spec.get("activeDeadlineSeconds").as_int() {
        faults.in_range(
            &at.child("activeDeadlineSeconds"),
            seconds,
            1,
            i64::from(i32::MAX),
        );
    }
    optional_name(faults, at, spec, "hostname", names::label);
    optional_name(faults, at, spec, "subdomain", names::label);
    hostname_override(faults, at, spec);
    placement::tolerations(faults, &at.child("tolerations"), spec.get("tolerations"));
    let aliases = at.child("hostAliases");
    for (index, alias) in spec.get("hostAliases").items().iter().enumerate() {
        let at = aliases.index(index);
        faults.address(&at.child("ip"), alias.get("ip").text());
        let names = at.child("hostnames");
        for (index, name) in alias.get("hostnames").items().iter().enumerate() {
            faults.named(&names.index(index), name.text(), names::subdomain);
        }
    }
    optional_name(faults, at, spec, "priorityClassName", names::subdomain);
    optional_name(faults, at, spec, "runtimeClassName", names::subdomain);
    let policy = spec.get("preemptionPolicy");
    let policies = &["PreemptLowerPriority", "Never"];
    if !policy.is_null() {
        faults.one_of(&at.child("preemptionPolicy"), policy, policies);
    }
    let os = at.child("os");
    match spec.at(&["os", "name"]) {
        _ if spec.get("os").is_null() => {}
        name if name.text().is_empty() => faults.required(&os.child("name"), ""),
        name if name.text() == "windows" => windows::pod(faults, at, spec),
        name => faults.choice(&os, name, &["linux", "windows"]),
    }
    file_volumes(faults, at, spec);
}

/// Variables that are keys in files of a volume: it has to be there, and an empty one
/// (`validateFileKeyRefVolumes`).
fn file_volumes(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    windows::each_container(at, spec, &mut |at, container| {
        let list = at.child("env");
        for (index, variable) in container.get("env").items().iter().enumerate() {
            let key = variable.at(&["valueFrom", "fileKeyRef"]);
            if key.is_null() {
                continue;
            }
            let at = list.index(index);
            let at = at.child("valueFrom");
            let at = at.child("fileKeyRef");
            let (at, name) = (at.child("volumeName"), key.get("volumeName"));
            let mut volumes = spec.get("volumes").items().iter().rev();
            match volumes.find(|it| it.get("name").text() == name.text()) {
                None => faults.not_found(&at, name),
                Some(volume) if volume.get("emptyDir").is_null() => {
                    let detail = "referenced volume must be of type emptyDir";
                    faults.invalid_text(&at, name.text(), detail);
                }
                Some(_) => {}
            }
        }
    });
}

fn optional_name(
    faults: &mut Faults,
    at: &Path<'_>,
    spec: &Value,
    field: &str,
    check: super::Check,
) {
    let name = spec.get(field).text();
    if !name.is_empty() {
        faults.named(&at.child(field), name, check);
    }
}

/// On the node's own network, a container's port is the node's port.
fn host_network(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    if spec.get("hostNetwork").as_bool() != Some(true) {
        return;
    }
    let at = at.child("containers");
    for (index, container) in spec.get("containers").items().iter().enumerate() {
        let at = at.index(index);
        let at = at.child("ports");
        for (index, port) in container.get("ports").items().iter().enumerate() {
            let host = port.get("hostPort");
            if !host.is_null() && host != port.get("containerPort") {
                let at = at.index(index);
                let detail = "must match `containerPort` when `hostNetwork` is true";
                faults.invalid(&at.child("hostPort"), host, detail);
            }
        }
    }
}

fn security(faults: &mut Faults, at: &Path<'_>, context: &Value) {
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        if let Some(id) = context.get(field).as_int() {
            faults.in_range(&at.child(field), id, 0, i64::from(i32::MAX));
        }
    }
    let groups = at.child("supplementalGroups");
    for (index, group) in context.get("supplementalGroups").items().iter().enumerate() {
        let at = groups.index(index);
        faults.in_range(&at, group.as_int().unwrap_or(0), 0, i64::from(i32::MAX));
    }
    for (field, known) in [
        ("fsGroupChangePolicy", &["Always", "OnRootMismatch"][..]),
        ("seLinuxChangePolicy", &["Recursive"]),
        ("supplementalGroupsPolicy", &["Merge", "Strict"]),
    ] {
        faults.choice(&at.child(field), context.get(field), known);
    }
    let list = at.child("sysctls");
    let mut seen = Seen::default();
    for (index, setting) in context.get("sysctls").items().iter().enumerate() {
        let name = setting.get("name");
        let at = list.index(index);
        let at = at.child("name");
        match name.text() {
            "" => faults.required(&at, ""),
            text if !names::is_sysctl(text) => {
                let detail = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*\
                              [a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
                faults.invalid(&at, name, detail);
            }
            text if !seen.insert(text) => faults.duplicate(&at, name),
            _ => {}
        }
    }
    container::profiles(faults, at, context);
    let options = context.get("windowsOptions");
    windows::options(faults, &at.child("windowsOptions"), options);
}

/// What a pod shares with its node, and how it is called there.
fn sharing(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    let is = |field: &str| spec.get(field).as_bool() == Some(true);
    if spec.get("hostUsers").as_bool() == Some(false) {
        for (field, shown) in [
            ("hostNetwork", "hostNetwork"),
            ("hostPID", "HostPID"),
            ("hostIPC", "HostIPC"),
        ] {
            if is(field) {
                faults.forbidden(&at.child(shown), "when `hostUsers` is false");
            }
        }
    }
    if is("hostPID") && is("shareProcessNamespace") {
        let at = at.child("securityContext");
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        faults.invalid(
            &at.child("shareProcessNamespace"),
            &Value::Bool(true),
            detail,
        );
    }
}

/// The name that a pod has for itself.
fn hostname_override(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    const MOST: usize = 64;
    let name = spec.get("hostnameOverride");
    if name.is_null() {
        return;
    }
    let at = at.child("hostnameOverride");
    for field in ["setHostnameAsFQDN", "hostNetwork"] {
        if spec.get(field).as_bool() == Some(true) {
            let detail = ecow::eco_format!("may not be specified when {field} is true");
            faults.forbidden(&at, &detail);
        }
    }
    if name.text().len() > MOST {
        faults.too_long(&at, MOST);
    }
    faults.named(&at, name.text(), names::subdomain);
}

fn dns_config(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    let config = spec.get("dnsConfig");
    let servers = config.get("nameservers");
    let at = at.child("dnsConfig");
    let list = at.child("nameservers");
    if spec.get("dnsPolicy").text() == "None" && servers.items().is_empty() {
        if config.is_null() {
            faults.required(&at, "must provide `dnsConfig` when `dnsPolicy` is None");
        } else {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            faults.required(&list, detail);
        }
        return;
    }
    if servers.items().len() > 3 {
        faults.invalid(&list, servers, "must not have more than 3 nameservers");
    }
    for (index, server) in servers.items().iter().enumerate() {
        faults.address(&list.index(index), server.text());
    }
    let searches = config.get("searches");
    if searches.items().len() > 32 {
        let detail = "must not have more than 32 search paths";
        faults.invalid(&at.child("searches"), searches, detail);
    }
    let list = at.child("searches");
    for (index, path) in searches.items().iter().enumerate() {
        let name = path.text();
        let name = name
            .strip_suffix('.')
            .filter(|name| !name.is_empty())
            .unwrap_or(name);
        if path.text() != "." {
            for message in names::search_domain(name) {
                faults.invalid(&list.index(index), path, &message);
            }
        }
    }
    let options = at.child("options");
    for (index, option) in config.get("options").items().iter().enumerate() {
        if option.get("name").text().is_empty() {
            faults.required(&options.index(index), "must not be empty");
        }
    }
}
