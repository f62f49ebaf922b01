//! DefaultTolerationSeconds: a pod stays five minutes on a node that is lost
//! (`plugin/pkg/admission/defaulttolerationseconds`).

use crate::{Key, Status, Store, Value, map};

pub(super) fn admit(_: &mut Store, key: &Key, pod: &mut Value) -> Result<(), Status> {
    if key.kind != "Pod" {
        return Ok(());
    }
    for taint in [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ] {
        let spec = pod.entry("spec");
        let tolerated = spec.get("tolerations").items().iter().any(|toleration| {
            let key = toleration.get("key").text();
            (key.is_empty() || key == taint)
                && matches!(toleration.get("effect").text(), "" | "NoExecute")
        });
        if !tolerated {
            spec.entry("tolerations").items_mut().push(map! {
                "key" => taint,
                "operator" => "Exists",
                "effect" => "NoExecute",
                "tolerationSeconds" => 300,
            });
        }
    }
    Ok(())
}
