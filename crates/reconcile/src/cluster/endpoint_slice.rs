//! Lists, for each Service, the pods that its traffic may go to, and their ports
//! (`pkg/controller/endpointslice`, `k8s.io/endpointslice/reconciler.go`).
//!
//! Pods that resolve the Service's target ports alike share slices, of up to a hundred each. An
//! endpoint stays in the slice that it is in.

use super::{Context, Controller, pod};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::DeleteOptions;
use kube::{Change, ChangeKind, Key, Object, Store, Value, map, selector};
use std::rc::Rc;

pub(super) const CONTROLLER: Controller = Controller {
    name: "endpointslice-controller",
    watches,
    reconcile,
    batch: 0,
};

/// The label that names a slice's Service.
pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The label that says who keeps a slice.
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
/// The label of slices whose Service has no address of its own.
pub(super) const HEADLESS: &str = "service.kubernetes.io/headless";
/// `--max-endpoints-per-slice`
const PER_SLICE: usize = 100;

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let object = &change.new;
    match object.key.kind.as_str() {
        "Service" => keys.push(object.key.clone()),
        "Pod" if !store.has("Service") => {}
        "Pod" => {
            for service in store.list_in("Service", &object.key.namespace) {
                let wanted = service.spec().get("selector");
                let is_its = |labels| selector::matches_labels(wanted, labels);
                if !wanted.is_null() && change.labels().any(is_its) {
                    keys.push(service.key.clone());
                }
            }
        }
        "EndpointSlice" if change.kind == ChangeKind::Deleted => {
            let service = object.labels().get(SERVICE_NAME).to_text();
            keys.push(object.key.sibling("Service", service));
        }
        _ => {}
    }
}

/// What a slice says of a pod.
struct Facts<'a> {
    pod: &'a Object,
    ready: bool,
    serving: bool,
    terminating: bool,
}

impl Facts<'_> {
    /// A terminating pod keeps serving until it stops, but is sent nothing new while others are ready
    /// (KEP-1672).
    fn of(pod: &Object, ready_or_not: bool) -> Facts<'_> {
        let (serving, terminating) = (pod::is_ready(pod), pod.meta.deleted.is_some());
        Facts {
            pod,
            ready: ready_or_not || serving && !terminating,
            serving,
            terminating,
        }
    }

    fn is(&self, endpoint: &Value) -> bool {
        let conditions = endpoint.get_near(1, "conditions");
        let says =
            |at, name: &str, value: bool| conditions.get_near(at, name).as_bool() == Some(value);
        says(0, "ready", self.ready)
            && says(1, "serving", self.serving)
            && says(2, "terminating", self.terminating)
            && endpoint.get_near(0, "addresses").items().first() == Some(ip(self.pod))
    }

    fn endpoint(&self) -> Value {
        let pod = self.pod;
        map! {
            "addresses" => vec![ip(pod).clone()],
            "conditions" => map! {
                "ready" => self.ready,
                "serving" => self.serving,
                "terminating" => self.terminating,
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
}

/// The address of a pod; null while it has none.
fn ip(pod: &Object) -> &Value {
    // Most pods have six fields before it.
    pod.status().get_near(6, "podIP")
}

/// A slice as it should be.
struct Draft<'a> {
    /// The slice as it is; none for a new one.
    now: Option<&'a Rc<Object>>,
    ports: Value,
    endpoints: Vec<Value>,
    /// Whether it is another than it is now.
    is_new: bool,
}

/// Compares a Service's slices with the pods that its selector matches.
fn reconcile(store: &Store, key: &Key, _: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(service) = store.get(key).filter(|it| it.meta.deleted.is_none()) else {
        return plan;
    };
    let spec = service.spec();
    let wanted = spec.get("selector");
    if wanted.is_null() || spec.get("type").text() == "ExternalName" {
        return plan;
    }
    let mut pods = store.pods_labelled(&key.namespace, wanted);
    pods.retain(|pod| !pod::has_ended(pod) && !ip(pod).is_null());
    let ready_or_not = spec.get("publishNotReadyAddresses").as_bool() == Some(true);
    let ready = pods
        .iter()
        .filter(|pod| Facts::of(pod, false).ready)
        .count();
    let drafts = draft(store, service, &pods, ready_or_not);
    let why = texts::cluster::ready_endpoints(&key.name, ready, pods.len());
    let has_any = drafts.iter().any(|draft| !draft.endpoints.is_empty());
    for (at, draft) in drafts.into_iter().enumerate() {
        let is_placeholder = !has_any && at == 0;
        write(&mut plan, service, draft, is_placeholder, &why);
    }
    plan
}

/// Deals the pods out to slices.
fn draft<'a>(
    store: &'a Store,
    service: &Object,
    pods: &[&'a Rc<Object>],
    ready_or_not: bool,
) -> Vec<Draft<'a>> {
    let slices = store.owned_by(&service.meta.uid);
    let slices = slices.filter(|owned| owned.key.kind == "EndpointSlice");
    let slices: Vec<&Rc<Object>> = slices.collect();
    // What a slice has already is the same in memory, and compared at once.
    let ports = |pod: &Object| {
        let ports = ports(service, pod);
        let mut have = slices.iter().map(|slice| slice.value.get("ports"));
        have.find(|have| **have == ports).cloned().unwrap_or(ports)
    };
    let mut known: Option<(&Value, Value)> = None;
    let mut left = Vec::with_capacity(pods.len());
    for pod in pods {
        // The pods of one template have the same containers, and so the same ports.
        let containers = pod.spec().get("containers");
        let ports = match known {
            Some((same, ports)) if same == containers => ports,
            _ => ports(pod),
        };
        left.push((Facts::of(pod, ready_or_not), ports.clone(), true));
        known = Some((containers, ports));
    }
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    for slice in slices {
        let ports = slice.value.get("ports");
        let (mut endpoints, mut is_new) = (Vec::new(), false);
        for endpoint in slice.value.get("endpoints").items() {
            let target = endpoint.get_near(3, "targetRef");
            let (name, uid) = (target.get_near(1, "name"), target.get_near(3, "uid"));
            let (name, uid) = (name.text(), uid.text());
            // By name, as the pods come; what has its place is crossed out.
            let found = left.binary_search_by(|(it, ..)| it.pod.key.name.as_str().cmp(name));
            let found = found.ok().map(|at| &mut left[at]);
            let is_it = |(facts, own, is_left): &&mut (Facts<'_>, Value, bool)| {
                *is_left && facts.pod.meta.uid == uid && own == ports
            };
            let Some((facts, _, is_left)) = found.filter(is_it) else {
                is_new = true;
                continue;
            };
            *is_left = false;
            let is_same = facts.is(endpoint);
            is_new |= !is_same;
            endpoints.push(match is_same {
                true => endpoint.clone(),
                false => facts.endpoint(),
            });
        }
        drafts.push(Draft {
            now: Some(slice),
            ports: ports.clone(),
            endpoints,
            is_new,
        });
    }
    left.retain(|(_, _, is_left)| *is_left);
    lean::sort_by(&mut left, |(a, ..), (b, ..)| {
        a.pod.meta.uid.cmp(&b.pod.meta.uid)
    });
    for (facts, ports, _) in left {
        let endpoint = facts.endpoint();
        let has_room =
            |draft: &Draft<'_>| draft.ports == ports && draft.endpoints.len() < PER_SLICE;
        // A slice that would be left empty is used again (`finalize`).
        let at = drafts
            .iter()
            .position(has_room)
            .or_else(|| drafts.iter().position(|draft| draft.endpoints.is_empty()));
        let at = at.unwrap_or_else(|| {
            drafts.push(Draft {
                now: None,
                ports: Value::Null,
                endpoints: Vec::new(),
                is_new: true,
            });
            drafts.len() - 1
        });
        let draft = &mut drafts[at];
        draft.endpoints.push(endpoint);
        (draft.ports, draft.is_new) = (ports, true);
    }
    // A Service without pods has one slice without endpoints.
    if drafts.is_empty() {
        drafts.push(Draft {
            now: None,
            ports: Value::List(ecow::EcoVec::new()),
            endpoints: Vec::new(),
            is_new: true,
        });
    }
    drafts
}

fn write(
    plan: &mut Plan,
    service: &Rc<Object>,
    draft: Draft<'_>,
    is_placeholder: bool,
    why: &EcoString,
) {
    let note = |verb| Note::detail(verb, "EndpointsChanged", why.clone());
    let endpoints = Value::from(draft.endpoints);
    let Some(slice) = draft.now else {
        let mut labels = map! {
            MANAGED_BY => "endpointslice-controller.k8s.io",
            SERVICE_NAME => &service.key.name,
        };
        if service.spec().get("clusterIP").text() == "None" {
            labels.set(HEADLESS, "");
        }
        let object = map! {
            "apiVersion" => "discovery.k8s.io/v1",
            "kind" => "EndpointSlice",
            "metadata" => map! {
                "generateName" => eco_format!("{}-", service.key.name),
                "namespace" => &service.key.namespace,
                "labels" => labels,
                "ownerReferences" => vec![service.as_controller()],
            },
            "addressType" => "IPv4",
            "endpoints" => endpoints,
            "ports" => draft.ports,
        };
        plan.create(object, note("create"));
        return;
    };
    if endpoints.items().is_empty() && !is_placeholder {
        plan.delete(&slice.key, DeleteOptions::default(), note("delete"));
    } else if draft.is_new {
        let mut value = slice.value.clone();
        value.set("ports", draft.ports);
        value.set("endpoints", endpoints);
        plan.update(&slice.key, value, note("patch"));
    }
}

/// A Service's ports as a pod has them: a target port by name is the port that a container of the pod
/// gives that name. One that no container has is left out (`getEndpointPorts`).
fn ports(service: &Object, pod: &Object) -> Value {
    let ports = service.spec().get("ports").items().iter();
    let resolved = ports.filter_map(|port| {
        let target = port.get("targetPort");
        let protocol = port.get("protocol");
        let number = match (target.as_int(), target.text()) {
            (Some(number), _) => Some(number),
            (None, "") => port.get("port").as_int(),
            (None, name) => find_port(pod, name, protocol.text()),
        };
        let mut port = map! {
            "name" => port.get("name").to_text(),
            "port" => number?,
            "protocol" => protocol.clone(),
        };
        if protocol.is_null() {
            port.set("protocol", "TCP");
        }
        Some(port)
    });
    resolved.collect()
}

/// The number of a container's port with this name (`pkg/api/v1/pod/util.go`, FindPort). Sidecars
/// have ports too.
fn find_port(pod: &Object, name: &str, protocol: &str) -> Option<i64> {
    let init = pod.spec().get("initContainers").items().iter();
    let sidecars = init.filter(|it| it.get("restartPolicy").text() == "Always");
    let of = |text: &'static str, given: &str| match given {
        "" => EcoString::from(text),
        given => given.into(),
    };
    let is = |port: &&Value| {
        port.get("name").text() == name
            && of("TCP", port.get("protocol").text()) == of("TCP", protocol)
    };
    let mut all = pod::containers(pod).iter().chain(sidecars);
    all.find_map(|container| container.get("ports").items().iter().find(is))
        .and_then(|port| port.get("containerPort").as_int())
}
