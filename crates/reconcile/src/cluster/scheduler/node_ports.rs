//! Ports that pods take on their node (`plugins/nodeports`, `HostPortInfo.CheckConflict`).

use super::cycle::{Cycle, Refusal};
use crate::cluster::nodes::{HostPort, Node};

const ANY: &str = "0.0.0.0";

/// Two pods cannot have one port of a node.
pub(super) fn filter(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    let groups = node.groups.iter();
    let mut taken = groups.flat_map(|(group, _)| &cycle.nodes.groups()[*group].ports);
    match taken.any(|have| cycle.ports.iter().any(|want| conflict(have, want))) {
        true => Refusal::of_pods("node(s) didn't have free ports for the requested pod ports"),
        false => None,
    }
}

fn conflict(have: &HostPort, want: &HostPort) -> bool {
    have.port == want.port
        && have.protocol == want.protocol
        && (have.ip == want.ip || have.ip == ANY || want.ip == ANY)
}
