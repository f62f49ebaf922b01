//! Nodes by their labels (`plugins/nodeaffinity`,
//! `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`).

use super::cycle::{Candidate, Cycle, Refusal, normalize};
use crate::cluster::nodes::Node;
use kube::{Object, Value, selector};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// A pod goes only to nodes that its `nodeSelector` and its required affinity name.
pub(super) fn filter(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    match matches(cycle.pod, node) {
        true => None,
        false => Refusal::of_node("node(s) didn't match Pod's node affinity/selector"),
    }
}

/// The nodes that a pod names one by one, as a DaemonSet's pods do; none if it may go to others too
/// (`plugins/nodeaffinity`, PreFilter).
pub(super) fn named(pod: &Object) -> Option<Vec<&Value>> {
    let required = pod.spec().at(&["affinity", "nodeAffinity", REQUIRED]);
    let terms = required.get("nodeSelectorTerms").items();
    let mut all = Vec::new();
    for term in terms {
        let mut rules = term.get("matchFields").items().iter();
        let rule = rules.find(|rule| rule.get("operator").text() == "In")?;
        all.extend(rule.get("values").items());
    }
    (!terms.is_empty()).then_some(all)
}

/// A pod that names its nodes is not even tried on others, whatever else is the matter with them.
pub(super) fn filter_named(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    let names = named(cycle.pod)?;
    match names.iter().any(|name| name.text() == node.name) {
        true => None,
        false => Refusal::of_node("node(s) didn't satisfy plugin(s) [NodeAffinity]"),
    }
}

/// Whether a pod asks for certain nodes.
pub(super) fn is_constrained(pod: &Object) -> bool {
    let spec = pod.spec();
    !spec.get("nodeSelector").is_null()
        || !spec.at(&["affinity", "nodeAffinity", REQUIRED]).is_null()
}

/// Whether a pod asks for certain nodes, or would rather have them.
pub(super) fn is_asked(pod: &Object) -> bool {
    let spec = pod.spec();
    !spec.get("nodeSelector").is_null() || !spec.at(&["affinity", "nodeAffinity"]).is_null()
}

/// Whether a node is one of those that a pod asks for.
pub(super) fn matches(pod: &Object, node: &Node) -> bool {
    let spec = pod.spec();
    let required = spec.at(&["affinity", "nodeAffinity", REQUIRED]);
    selector::matches_labels(spec.get("nodeSelector"), node.object.labels())
        && (required.is_null() || any_term_matches(required, node))
}

/// Whether a node meets one of the terms of a `NodeSelector`.
pub(super) fn any_term_matches(selector: &Value, node: &Node) -> bool {
    let terms = selector.get("nodeSelectorTerms").items();
    terms.iter().any(|term| term_matches(term, node))
}

/// The sum of the weights of the preferences that a node meets.
pub(super) fn score(cycle: &Cycle<'_>, nodes: &[Candidate<'_>]) -> Option<Vec<i64>> {
    let preferred = cycle
        .pod
        .spec()
        .at(&["affinity", "nodeAffinity", PREFERRED])
        .items();
    if preferred.is_empty() {
        return None;
    }
    let sum = |it: &Candidate<'_>| {
        let met = preferred
            .iter()
            .filter(|term| term_matches(term.get("preference"), it.node));
        met.filter_map(|term| term.get("weight").as_int()).sum()
    };
    Some(normalize(nodes.iter().map(sum).collect(), false))
}

/// Whether a node meets all of a term; none meets an empty one.
fn term_matches(term: &Value, node: &Node) -> bool {
    let (labels, fields) = (
        term.get("matchExpressions").items(),
        term.get("matchFields").items(),
    );
    let name = Value::from(&node.name);
    !(labels.is_empty() && fields.is_empty())
        && labels
            .iter()
            .all(|rule| meets(rule, node.label(rule.get("key").text())))
        && fields.iter().all(|rule| meets(rule, &name))
}

fn meets(rule: &Value, have: &Value) -> bool {
    let values = rule.get("values").items();
    let number = |value: Option<&Value>| value.and_then(|it| it.text().parse::<i64>().ok());
    match rule.get("operator").text() {
        "In" => values.contains(have),
        "NotIn" => !values.contains(have),
        "Exists" => !have.is_null(),
        "DoesNotExist" => have.is_null(),
        // A label that is no number is neither more nor less.
        operator @ ("Gt" | "Lt") => match (number(Some(have)), number(values.first())) {
            (Some(have), Some(than)) if operator == "Gt" => have > than,
            (Some(have), Some(than)) => have < than,
            _ => false,
        },
        _ => false,
    }
}
