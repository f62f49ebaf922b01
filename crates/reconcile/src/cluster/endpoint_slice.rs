//! Lists, for each Service, the pods that its traffic may go to
//! (`pkg/controller/endpointslice`).

use super::{Context, Controller, pod};
use crate::plan::Plan;
use crate::trace::Note;
use ecow::eco_format;
use kube::{Change, Key, Object, Store, Value, map, selector};

pub(super) const CONTROLLER: Controller = Controller {
    name: "endpointslice-controller",
    watches,
    reconcile,
    batch: 0,
};

/// The label that names a slice's Service.
pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let object = &change.new;
    match object.key.kind.as_str() {
        "Service" => keys.push(object.key.clone()),
        "Pod" => {
            for service in store.list_in("Service", &object.key.namespace) {
                let wanted = service.spec().get("selector");
                let is_its = |labels| selector::matches_labels(wanted, labels);
                if !wanted.is_null() && change.labels().any(is_its) {
                    keys.push(service.key.clone());
                }
            }
        }
        _ => {}
    }
}

/// Compares a Service's slice with the pods that its selector matches.
fn reconcile(store: &Store, key: &Key, _: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(service) = store.get(key) else {
        return plan;
    };
    let wanted = service.spec().get("selector");
    if wanted.is_null() {
        return plan;
    }
    let mut pods = store.pods_labelled(&key.namespace, wanted);
    pods.retain(|pod| !pod::has_ended(pod) && !pod.status().get("podIP").is_null());
    let endpoints: Value = pods.iter().map(|pod| endpoint(pod)).collect();
    let ready = pods
        .iter()
        .filter(|pod| pod::is_ready(pod) && pod.meta.deleted.is_none())
        .count();

    let slice = store
        .owned_by(&service.meta.uid)
        .find(|owned| owned.key.kind == "EndpointSlice");
    let why = eco_format!(
        "Service {} has {ready} ready endpoints of {}.",
        key.name,
        pods.len()
    );
    match slice {
        Some(slice) if slice.value.get("endpoints") == &endpoints => {}
        Some(slice) => {
            let mut value = slice.value.clone();
            *value.entry("endpoints") = endpoints;
            plan.update(
                &slice.key,
                value,
                Note::detail("patch", "EndpointsChanged", why),
            );
        }
        None => {
            let mut prefix = key.name.clone();
            prefix.push('-');
            let object = map! {
                "apiVersion" => "discovery.k8s.io/v1",
                "kind" => "EndpointSlice",
                "metadata" => map! {
                    "generateName" => prefix,
                    "namespace" => &key.namespace,
                    "labels" => map! { SERVICE_NAME => &key.name },
                    "ownerReferences" => vec![service.as_controller()],
                },
                "addressType" => "IPv4",
                "endpoints" => endpoints,
                "ports" => service.spec().get("ports").clone(),
            };
            plan.create(object, Note::detail("create", "EndpointsChanged", why));
        }
    }
    plan
}

/// A pod as an endpoint: ready gets traffic; a terminating one keeps serving until it stops, but is
/// sent nothing new while others are ready (KEP-1672).
fn endpoint(pod: &Object) -> Value {
    let (serving, terminating) = (pod::is_ready(pod), pod.meta.deleted.is_some());
    map! {
        "addresses" => vec![pod.status().get("podIP").clone()],
        "conditions" => map! {
            "ready" => serving && !terminating,
            "serving" => serving,
            "terminating" => terminating,
        },
        "nodeName" => pod::node(pod),
        "targetRef" => map! {
            "kind" => "Pod",
            "name" => &pod.key.name,
            "namespace" => &pod.key.namespace,
            "uid" => &pod.meta.uid,
        },
    }
}
