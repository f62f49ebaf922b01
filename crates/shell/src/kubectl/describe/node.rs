//! A node in words (`describeNode` in `k8s.io/kubectl/pkg/describe/describe.go`).

use super::{line, members, moment, notes};
use crate::kubectl::cells::{NONE, UNSET, or, since, text};
use crate::kubectl::session::Session;
use kube::quantity::{Format, Quantity};
use kube::{Key, Object, Selection, Value};
use std::fmt::Write as _;
use std::rc::Rc;

const HEADINGS: [&str; 2] = [
    "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge",
    "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---",
];

pub(super) fn describe(session: &mut Session, node: &Object, out: &mut String) {
    let (spec, status) = (node.spec(), node.status());
    line(out, "Name", &node.key.name);
    line(out, "Roles", crate::kubectl::cells::roles(node));
    notes(out, node);
    let made = node.value.at(&["metadata", "creationTimestamp"]);
    line(out, "CreationTimestamp", moment(made));
    line(out, "Taints", taints(spec.get("taints").items()));
    let is_cordoned = spec.get("unschedulable").as_bool() == Some(true);
    line(out, "Unschedulable", is_cordoned);
    lease(session, node, out);
    let conditions = status.get("conditions").items();
    if !conditions.is_empty() {
        out.push_str(
            "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n",
        );
        out.push_str("  ----\t------\t-----------------\t------------------\t------\t-------\n");
    }
    for it in conditions {
        let of = |name: &str| it.get(name).text();
        let [beat, since] =
            ["lastHeartbeatTime", "lastTransitionTime"].map(|at| moment(it.get(at)));
        let (kind, state, reason) = (of("type"), of("status"), of("reason"));
        let _ = writeln!(
            out,
            "  {kind} \t{state} \t{beat} \t{since} \t{reason} \t{}",
            of("message")
        );
    }
    out.push_str("Addresses:\n");
    for address in status.get("addresses").items() {
        let (kind, at) = (address.get("type").text(), address.get("address").text());
        let _ = writeln!(out, "  {kind}:\t{at}");
    }
    for (title, list) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        let list = status.get(list);
        if list.members().next().is_some() {
            let _ = writeln!(out, "{title}:");
        }
        for (name, amount) in list.members() {
            let _ = writeln!(out, "  {name}:\t{}", text(amount, &[]));
        }
    }
    out.push_str("System Info:\n");
    for (title, name) in [
        ("  Machine ID", "machineID"),
        ("  System UUID", "systemUUID"),
        ("  Boot ID", "bootID"),
        ("  Kernel Version", "kernelVersion"),
        ("  OS Image", "osImage"),
        ("  Operating System", "operatingSystem"),
        ("  Architecture", "architecture"),
        ("  Container Runtime Version", "containerRuntimeVersion"),
        ("  Kubelet Version", "kubeletVersion"),
    ] {
        line(out, title, text(status, &["nodeInfo", name]));
    }
    members(out, spec, &[("PodCIDR", &["podCIDR"])]);
    let ranges = spec.get("podCIDRs").items().iter().map(Value::text);
    let ranges = ranges.collect::<Vec<_>>().join(",");
    if !ranges.is_empty() {
        line(out, "PodCIDRs", ranges);
    }
    members(out, spec, &[("ProviderID", &["providerID"])]);
    let select = Selection {
        fields: format!("spec.nodeName={}", node.key.name).into(),
        ..Selection::default()
    };
    match session.select("Pod", "".into(), select) {
        Err(_) => line(out, "Pods", "not authorized"),
        Ok(mut pods) => {
            pods.retain(|pod| !matches!(pod.status().get("phase").text(), "Succeeded" | "Failed"));
            allocated(session, node, &pods, out);
        }
    }
}

/// `key=value:Effect`, each on a line.
fn taints(list: &[Value]) -> String {
    let mut each: Vec<(String, String)> = Vec::new();
    for taint in list {
        let of = |name: &str| taint.get(name).text();
        let (key, value, effect) = (of("key"), of("value"), of("effect"));
        let shown = match (value, effect) {
            ("", "") => key.to_owned(),
            ("", effect) => format!("{key}:{effect}"),
            (value, "") => format!("{key}={value}:"),
            (value, effect) => format!("{key}={value}:{effect}"),
        };
        each.push((format!("{effect},{key}"), shown));
    }
    lean::sort(&mut each);
    let shown: Vec<String> = each.into_iter().map(|(_, shown)| shown).collect();
    or(shown.join("\n\t"), NONE)
}

fn lease(session: &mut Session, node: &Object, out: &mut String) {
    let key = Key::new("Lease", "kube-node-lease", node.key.name.clone());
    match session.get(&key) {
        Err(status) => line(
            out,
            "Lease",
            format!("Failed to get lease: {}", status.message),
        ),
        Ok(lease) => {
            let spec = lease.spec();
            let time = |name: &str| match spec.get(name) {
                Value::Null => UNSET.to_owned(),
                time => moment(time),
            };
            out.push_str("Lease:\n");
            let holder = or(text(spec, &["holderIdentity"]), UNSET);
            line(out, "  HolderIdentity", holder);
            line(out, "  AcquireTime", time("acquireTime"));
            line(out, "  RenewTime", time("renewTime"));
        }
    }
}

/// What a pod asks for of a resource, or may use at most (`PodRequests` in
/// `k8s.io/component-helpers/resource`): its containers together, or an init container if that needs
/// more beside the sidecars before it.
fn of_pod(pod: &Object, list: &str, name: &str) -> Quantity {
    let of = |container: &Value| {
        let amount = Quantity::of(container.at(&["resources", list, name]));
        amount.unwrap_or_else(zero)
    };
    let spec = pod.spec();
    let plus = |sum: Quantity, container: &Value| sum.plus(of(container));
    let mains = spec.get("containers").items().iter();
    let mains = mains.fold(zero(), plus);
    let (mut sidecars, mut most) = (zero(), zero());
    for container in spec.get("initContainers").items() {
        let need = match container.get("restartPolicy").text() {
            "Always" => {
                sidecars = plus(sidecars, container);
                sidecars
            }
            _ => plus(sidecars, container),
        };
        most = if most.nano < need.nano { need } else { most };
    }
    let running = mains.plus(sidecars);
    if running.nano < most.nano {
        most
    } else {
        running
    }
}

/// No amount: it has the form of what is added to it.
fn zero() -> Quantity {
    Quantity {
        nano: 0,
        format: Format::Decimal,
    }
}

fn allocated(session: &Session, node: &Object, pods: &[Rc<Object>], out: &mut String) {
    let allocatable = node.status().get("allocatable");
    let allocatable = match allocatable.members().next() {
        None => node.status().get("capacity"),
        Some(_) => allocatable,
    };
    let share = |amount: Quantity, name: &str| {
        let all = Quantity::of(allocatable.get(name)).map_or(0, |all| all.nano);
        let part = (amount.nano * 100).checked_div(all).unwrap_or(0);
        format!("{} ({part}%)", amount.to_text())
    };
    const SUMS: [(&str, &str); 4] = [
        ("requests", "cpu"),
        ("limits", "cpu"),
        ("requests", "memory"),
        ("limits", "memory"),
    ];
    let total = format!("({} in total)", pods.len());
    line(out, "Non-terminated Pods", total);
    HEADINGS.iter().for_each(|it| _ = writeln!(out, "{it}"));
    for pod in pods {
        let cells = SUMS.map(|(list, name)| share(of_pod(pod, list, name), name));
        let age = since(pod.meta.created, session.now());
        let (namespace, name) = (&pod.key.namespace, &pod.key.name);
        let _ = writeln!(out, "  {namespace}\t{name}\t\t{}\t{age}", cells.join("\t"));
    }
    out.push_str(
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n",
    );
    out.push_str("  Resource\tRequests\tLimits\n  --------\t--------\t------\n");
    let names = || allocatable.members().map(|(name, _)| name.as_str());
    let is_huge = |name: &&str| name.starts_with("hugepages-");
    let is_other = |name: &&str| name.contains('/');
    let first = ["cpu", "memory", "ephemeral-storage"].into_iter();
    let all = first
        .chain(names().filter(is_huge))
        .chain(names().filter(is_other));
    for name in all {
        let [asked, most] = ["requests", "limits"].map(|list| {
            let sum = |sum: Quantity, pod: &Rc<Object>| sum.plus(of_pod(pod, list, name));
            pods.iter().fold(zero(), sum)
        });
        let cells = match is_other(&name) {
            true => [asked, most].map(|it| it.to_text().to_string()),
            false => [asked, most].map(|it| share(it, name)),
        };
        let _ = writeln!(out, "  {name}\t{}", cells.join("\t"));
    }
}
