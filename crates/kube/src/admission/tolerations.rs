//! DefaultTolerationSeconds: a pod stays five minutes on a node that is lost
//! (`plugin/pkg/admission/defaulttolerationseconds`).

use crate::{Key, Status, Store, Value, map};
use std::sync::LazyLock;

/// Both, for pods that tolerate nothing themselves.
static ALL: LazyLock<Value> =
    LazyLock::new(|| TOLERATIONS.iter().map(|(_, it)| it.clone()).collect());

/// What is tolerated, and how: the same values for all pods, which share them.
static TOLERATIONS: LazyLock<[(&str, Value); 2]> = LazyLock::new(|| {
    [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]
    .map(|taint| {
        let toleration = map! {
            "key" => taint,
            "operator" => "Exists",
            "effect" => "NoExecute",
            "tolerationSeconds" => 300,
        };
        (taint, toleration)
    })
});

pub(super) fn admit(_: &mut Store, key: &Key, pod: &mut Value) -> Result<(), Status> {
    if key.kind != "Pod" {
        return Ok(());
    }
    if pod.get("spec").get("tolerations").items().is_empty() {
        *pod.entry("spec").entry("tolerations") = ALL.clone();
        return Ok(());
    }
    for (taint, toleration) in &*TOLERATIONS {
        let spec = pod.entry("spec");
        let tolerated = spec.get("tolerations").items().iter().any(|toleration| {
            let key = toleration.get("key").text();
            (key.is_empty() || key == *taint)
                && matches!(toleration.get("effect").text(), "" | "NoExecute")
        });
        if !tolerated {
            let tolerations = spec.entry("tolerations").items_mut();
            tolerations.push(toleration.clone());
        }
    }
    Ok(())
}
