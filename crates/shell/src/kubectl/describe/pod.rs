//! A pod in words (`describePod` in `k8s.io/kubectl/pkg/describe/describe.go`).

use super::{controller, head, line, members, moment, notes};
use crate::kubectl::cells::since;
use crate::kubectl::pod_template::{self, amounts, pairs};
use crate::kubectl::session::Session;
use kube::{Object, Value};
use std::fmt::Write as _;

pub(super) fn describe(session: &mut Session, pod: &Object, out: &mut String) {
    let (spec, status) = (pod.spec(), pod.status());
    let now = session.now();
    head(out, pod);
    members(
        out,
        spec,
        &[
            ("Priority", &["priority"]),
            ("Priority Class Name", &["priorityClassName"]),
            ("Runtime Class Name", &["runtimeClassName"]),
            ("Service Account", &["serviceAccountName"]),
        ],
    );
    match spec.get("nodeName").text() {
        "" => line(out, "Node", "<none>"),
        node => line(
            out,
            "Node",
            format!("{node}/{}", status.get("hostIP").text()),
        ),
    }
    let start = status.get("startTime");
    if !start.is_null() {
        line(out, "Start Time", moment(start));
    }
    notes(out, pod);
    let phase = status.get("phase").text();
    match pod
        .meta
        .deleted
        .filter(|_| !matches!(phase, "Failed" | "Succeeded"))
    {
        Some(then) => {
            line(
                out,
                "Status",
                format!("Terminating (lasts {})", since(then, now)),
            );
            let grace = pod.value.at(&["metadata", "deletionGracePeriodSeconds"]);
            let grace = grace.as_int().unwrap_or(0);
            line(out, "Termination Grace Period", format!("{grace}s"));
        }
        None => line(out, "Status", phase),
    }
    members(
        out,
        status,
        &[("Reason", &["reason"]), ("Message", &["message"])],
    );
    members(
        out,
        spec.at(&["securityContext", "seccompProfile"]),
        &[
            ("SeccompProfile", &["type"]),
            ("LocalhostProfile", &["localhostProfile"]),
        ],
    );
    line(out, "IP", status.get("podIP").text());
    let addresses = status.get("podIPs").items();
    let none = if addresses.is_empty() { "\t<none>" } else { "" };
    let _ = writeln!(out, "IPs:{none}");
    for address in addresses {
        line(out, "  IP", address.get("ip").text());
    }
    controller(out, pod);
    members(
        out,
        status,
        &[("NominatedNodeName", &["nominatedNodeName"])],
    );
    let resources = spec.get("resources");
    if !resources.is_null() {
        out.push_str("Resources:\n");
        amounts(out, "  ", "Limits", resources.get("limits"));
        amounts(out, "  ", "Requests", resources.get("requests"));
    }
    for (title, list, states) in [
        ("Init Containers", "initContainers", "initContainerStatuses"),
        ("Containers", "containers", "containerStatuses"),
        (
            "Ephemeral Containers",
            "ephemeralContainers",
            "ephemeralContainerStatuses",
        ),
    ] {
        let all = spec.get(list).items();
        if list == "containers" || !all.is_empty() {
            pod_template::containers(out, "", title, all, Some((pod, status.get(states))));
        }
    }
    let gates = spec.get("readinessGates").items();
    if !gates.is_empty() {
        out.push_str("Readiness Gates:\n  Type\tStatus\n");
    }
    for gate in gates {
        let kind = gate.get("conditionType").text();
        let state = pod.condition(kind).get("status").text();
        let state = if state.is_empty() { "<none>" } else { state };
        let _ = writeln!(out, "  {kind} \t{state} ");
    }
    let conditions = status.get("conditions").items();
    if !conditions.is_empty() {
        out.push_str("Conditions:\n  Type\tStatus\n");
    }
    for it in conditions {
        let (kind, state) = (it.get("type").text(), it.get("status").text());
        let _ = writeln!(out, "  {kind} \t{state} ");
    }
    pod_template::volumes(out, "", spec.get("volumes").items());
    let class = match status.get("qosClass").text() {
        "" => kube::qos_class(spec),
        class => class,
    };
    line(out, "QoS Class", class);
    pairs(out, "Node-Selectors", spec.get("nodeSelector"));
    pod_template::tolerations(out, "", spec.get("tolerations").items());
    pod_template::spread(out, "", spec.get("topologySpreadConstraints").items());
}

/// What became of a container (`describeContainerState`).
pub(in crate::kubectl) fn state(out: &mut String, status: &Value) {
    one_state(out, "State", status.get("state"));
    let last = status.get("lastState");
    if !last.get("terminated").is_null() {
        one_state(out, "Last State", last);
    }
    let ready = status.get("ready").as_bool() == Some(true);
    line(out, "    Ready", if ready { "True" } else { "False" });
    let restarts = status.get("restartCount").as_int().unwrap_or(0);
    line(out, "    Restart Count", restarts);
}

fn one_state(out: &mut String, title: &str, state: &Value) {
    let title = format!("    {title}");
    let (running, ended) = (state.get("running"), state.get("terminated"));
    if !running.is_null() {
        line(out, &title, "Running");
        line(out, "      Started", moment(running.get("startedAt")));
    } else if ended.is_null() {
        line(out, &title, "Waiting");
        members(out, state.get("waiting"), &[("      Reason", &["reason"])]);
    } else {
        line(out, &title, "Terminated");
        members(
            out,
            ended,
            &[
                ("      Reason", &["reason"]),
                ("      Message", &["message"]),
            ],
        );
        line(
            out,
            "      Exit Code",
            ended.get("exitCode").as_int().unwrap_or(0),
        );
        members(out, ended, &[("      Signal", &["signal"])]);
        line(out, "      Started", moment(ended.get("startedAt")));
        line(out, "      Finished", moment(ended.get("finishedAt")));
    }
}
