//! What a node says about itself: that no new pods may come (`plugins/nodeunschedulable`), and its
//! taints (`plugins/tainttoleration`).

use super::cycle::{Candidate, Cycle, Refusal, normalize};
use crate::cluster::nodes::Node;
use kube::{Value, map};

/// A cordoned node takes no pods but those that tolerate it.
pub(super) fn unschedulable(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    if !node.unschedulable {
        return None;
    }
    let taint = map! { "key" => "node.kubernetes.io/unschedulable", "effect" => "NoSchedule" };
    if cycle.tolerations.iter().any(|it| tolerates(it, &taint)) {
        return None;
    }
    Refusal::of_node("node(s) were unschedulable")
}

/// A pod must tolerate every taint that keeps pods away.
pub(super) fn taints(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    match has_untolerated_taint(cycle.tolerations, node) {
        true => Refusal::of_node("node(s) had untolerated taint(s)"),
        false => None,
    }
}

/// Fewer taints that would rather have no pods are better.
pub(super) fn score_taints(cycle: &Cycle<'_>, nodes: &[Candidate<'_>]) -> Option<Vec<i64>> {
    let prefers = |taint: &&Value| taint.get("effect").text() == "PreferNoSchedule";
    if !nodes
        .iter()
        .any(|it| it.node.taints().iter().any(|taint| prefers(&taint)))
    {
        return None;
    }
    let count = |it: &Candidate<'_>| {
        let taints = it.node.taints().iter().filter(prefers);
        let intolerable =
            taints.filter(|taint| !cycle.tolerations.iter().any(|it| tolerates(it, taint)));
        i64::try_from(intolerable.count()).unwrap_or(i64::MAX)
    };
    Some(normalize(nodes.iter().map(count).collect(), true))
}

/// Whether a node has a taint that keeps away pods with these tolerations.
pub(super) fn has_untolerated_taint(tolerations: &[Value], node: &Node) -> bool {
    node.taints().iter().any(|taint| {
        matches!(taint.get("effect").text(), "NoSchedule" | "NoExecute")
            && !tolerations.iter().any(|it| tolerates(it, taint))
    })
}

/// `k8s.io/api/core/v1/toleration.go`, ToleratesTaint.
pub(in crate::cluster) fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let unset_or_same = |field: &str| {
        let want = toleration.get(field).text();
        want.is_empty() || want == taint.get(field).text()
    };
    unset_or_same("effect")
        && unset_or_same("key")
        && match toleration.get("operator").text() {
            "" | "Equal" => toleration.get("value").text() == taint.get("value").text(),
            "Exists" => true,
            _ => false,
        }
}
