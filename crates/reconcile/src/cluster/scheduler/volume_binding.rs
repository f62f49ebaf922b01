//! Claims for volumes (`plugins/volumebinding`). The lab binds none: a pod with a claim that nobody
//! bound waits, unless its class leaves that to the moment when a node is chosen.

use super::cycle::{Cycle, Refusal};
use super::node_affinity;
use crate::cluster::nodes::Node;
use ecow::{EcoString, eco_format};
use kube::{Key, Object};
use std::rc::Rc;

/// The claims of a pod: each by its name, and what there is.
fn claims<'a>(cycle: &Cycle<'a>) -> impl Iterator<Item = (EcoString, Option<&'a Rc<Object>>)> {
    let (store, key) = (cycle.store, &cycle.pod.key);
    let volumes = cycle.pod.spec().get("volumes").items().iter();
    volumes.filter_map(move |volume| {
        let name = match volume.at(&["persistentVolumeClaim", "claimName"]).text() {
            // An ephemeral volume's claim is named after pod and volume.
            "" if volume.get("ephemeral").is_null() => return None,
            "" => eco_format!("{}-{}", key.name, volume.get("name").text()),
            name => name.into(),
        };
        let claim = store.get(&key.sibling("PersistentVolumeClaim", name.clone()));
        Some((name, claim))
    })
}

/// Whether the pod has claims.
pub(super) fn concerns(cycle: &Cycle<'_>) -> bool {
    claims(cycle).next().is_some()
}

/// All claims must be there, and bound if they are to be bound at once.
pub(super) fn pre_filter(cycle: &Cycle<'_>) -> Option<EcoString> {
    let mut waiting = false;
    for (name, claim) in claims(cycle) {
        let Some(claim) = claim else {
            return Some(eco_format!("persistentvolumeclaim {name:?} not found"));
        };
        if claim.meta.deleted.is_some() {
            return Some(eco_format!(
                "persistentvolumeclaim {name:?} is being deleted"
            ));
        }
        if claim.status().get("phase").text() == "Lost" {
            return Some(eco_format!(
                "persistentvolumeclaim {name:?} bound to non-existent persistentvolume {:?}",
                claim.spec().get("volumeName").text()
            ));
        }
        let class = claim.spec().get("storageClassName").to_text();
        let class = cycle.store.get(&Key::new("StorageClass", "", class));
        let later = class.is_some_and(|class| {
            class.value.get("volumeBindingMode").text() == "WaitForFirstConsumer"
        });
        waiting |= claim.spec().get("volumeName").text().is_empty() && !later;
    }
    waiting.then(|| "pod has unbound immediate PersistentVolumeClaims".into())
}

/// Of this class nobody makes volumes: they must be there (`NotSupportedProvisioner`).
const NOT_MADE: &str = "kubernetes.io/no-provisioner";

/// A bound volume may be within reach of some nodes only, and one that nobody makes must be there.
pub(super) fn filter(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    for (_, claim) in claims(cycle) {
        let name = claim.map(|it| it.spec().get("volumeName").to_text());
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            let class = claim.map(|it| it.spec().get("storageClassName").to_text())?;
            let made_by = cycle
                .store
                .get(&Key::new("StorageClass", "", class.clone()));
            let mut volumes = cycle.store.list("PersistentVolume").into_iter();
            if made_by.is_some_and(|it| it.value.get("provisioner").text() == NOT_MADE)
                && !volumes.any(|volume| volume.spec().get("storageClassName").text() == class)
            {
                let reason = "node(s) didn't find available persistent volumes to bind";
                return Refusal::of_node(reason);
            }
            continue;
        };
        let Some(volume) = cycle.store.get(&Key::new("PersistentVolume", "", name)) else {
            return Refusal::of_node(
                "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
            );
        };
        let required = volume.spec().at(&["nodeAffinity", "required"]);
        if !required.is_null() && !node_affinity::any_term_matches(required, node) {
            return Refusal::of_node("node(s) didn't match PersistentVolume's node affinity");
        }
    }
    None
}
