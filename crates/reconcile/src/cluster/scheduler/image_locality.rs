//! Nodes that have a pod's images already (`plugins/imagelocality`).

use super::cycle::{Candidate, Cycle};
use crate::cluster::nodes::Node;
use crate::cluster::pod;
use ecow::EcoString;
use kube::Value;

const MB: i64 = 1 << 20;
/// Less than this on a node counts as nothing.
const MIN: i64 = 23 * MB;
/// For each container, more than this counts as all.
const MAX: i64 = 1000 * MB;

/// The size of the images that a node has, each scaled by how many of all nodes have it, so that not
/// all pods go to the one node that has their image.
pub(super) fn score(cycle: &Cycle<'_>, nodes: &[Candidate<'_>]) -> Option<Vec<i64>> {
    if nodes.iter().all(|it| images(it.node).is_empty()) {
        return None;
    }
    let init = cycle.pod.spec().get("initContainers").items().iter();
    let containers = pod::containers(cycle.pod).iter().chain(init);
    let wanted: Vec<EcoString> = containers.map(|it| full_name(it.get("image"))).collect();
    let total = i64::try_from(cycle.nodes.list().len()).unwrap_or(i64::MAX);
    let count = |image: &EcoString| -> usize {
        let having = cycle
            .nodes
            .alike()
            .filter(|(node, _)| size(node, image) > 0);
        having.map(|(_, number)| number).sum()
    };
    let spread: Vec<i64> = wanted
        .iter()
        .map(|image| i64::try_from(count(image)).unwrap_or(0))
        .collect();
    let max = MAX * i64::try_from(wanted.len()).unwrap_or(1).max(1);
    let score = |it: &Candidate<'_>| {
        let parts = wanted.iter().zip(&spread);
        let sum: i64 = parts
            .map(|(image, nodes)| size(it.node, image).saturating_mul(*nodes) / total)
            .sum();
        100 * (sum.clamp(MIN, max) - MIN) / (max - MIN)
    };
    Some(nodes.iter().map(score).collect())
}

fn images(node: &Node) -> &[Value] {
    node.images.items()
}

/// The size of an image on a node; 0 if it is not there.
fn size(node: &Node, image: &EcoString) -> i64 {
    let named = |have: &&Value| {
        have.get("names")
            .items()
            .iter()
            .any(|name| name.text() == image)
    };
    let found = images(node).iter().find(named);
    found
        .and_then(|it| it.get("sizeBytes").as_int())
        .unwrap_or(0)
}

/// An image's name with its tag.
fn full_name(image: &Value) -> EcoString {
    let mut name = image.to_text();
    if name.rfind(':') <= name.rfind('/') {
        name.push_str(":latest");
    }
    name
}
