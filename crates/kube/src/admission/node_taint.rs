//! TaintNodesByCondition: a new node takes no pods until the node controller has seen that it is ready
//! (`plugin/pkg/admission/nodetaint`).

use crate::{Key, Status, Store, Value, map};

const NOT_READY: &str = "node.kubernetes.io/not-ready";

pub(super) fn admit(_: &mut Store, key: &Key, node: &mut Value) -> Result<(), Status> {
    if key.kind != "Node" {
        return Ok(());
    }
    let taints = node.entry("spec").entry("taints").items_mut();
    let is_there = |taint: &Value| {
        taint.get("key").text() == NOT_READY && taint.get("effect").text() == "NoSchedule"
    };
    if !taints.iter().any(is_there) {
        taints.push(map! { "key" => NOT_READY, "effect" => "NoSchedule" });
    }
    Ok(())
}
