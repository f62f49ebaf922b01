//! Gives Services of type LoadBalancer their address, as a cloud does
//! (`k8s.io/cloud-provider/controllers/service/controller.go`).

use super::address::has_address;
use crate::cluster::{Context, Controller};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Change, ChangeKind, Key, Object, Store, Value, map};
use std::rc::Rc;

pub(in crate::cluster) const CONTROLLER: Controller = Controller {
    name: "service-controller",
    watches,
    reconcile,
    batch: 0,
};

fn watches(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    let is_news = || wants(&change.new) != has_address(&change.new);
    if change.new.key.kind == "Service" && change.kind != ChangeKind::Deleted && is_news() {
        keys.push(change.new.key.clone());
    }
}

/// Whether a Service is to have a load balancer of the cloud's.
fn wants(service: &Object) -> bool {
    let spec = service.spec();
    spec.get("type").text() == "LoadBalancer" && spec.get("loadBalancerClass").is_null()
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(service) = store.get(key) else {
        return plan;
    };
    match (wants(service), has_address(service)) {
        (true, false) => ensure(store, service, context, &mut plan),
        (false, true) => {
            let mut value = service.value.clone();
            *value.entry_at(&["status", "loadBalancer"]) = map! {};
            let why = texts::nodes::no_load_balancer(&key.name);
            plan.update_status(
                key,
                value,
                Note::detail("patch", "DeletedLoadBalancer", why),
            );
        }
        _ => {}
    }
    plan
}

/// Asks the cloud for a load balancer, and waits until there is one.
fn ensure(store: &Store, service: &Rc<Object>, context: &Context<'_>, plan: &mut Plan) {
    let due = service.meta.created + context.timings.load_balancer;
    if context.now < due {
        let ensuring = Note::detail("event", "EnsuringLoadBalancer", "Ensuring load balancer");
        plan.event(service, ensuring);
        plan.look_again(due - context.now);
        return;
    }
    let ip = free_address(store);
    let mut value = service.value.clone();
    let address = vec![map! { "ip" => &ip, "ipMode" => "VIP" }];
    value
        .entry_at(&["status", "loadBalancer"])
        .set("ingress", address);
    let name = &service.key.name;
    let why = texts::nodes::load_balancer_made(name, &ip);
    let note = Note::story("patch", "EnsuredLoadBalancer", why);
    plan.update_status(&service.key, value, note);
    let ensured = Note::detail("event", "EnsuredLoadBalancer", "Ensured load balancer");
    plan.event(service, ensured);
}

/// The first address that no load balancer has, of those that are set aside for documentation (RFC
/// 5737).
fn free_address(store: &Store) -> EcoString {
    let services = store.list("Service");
    let given = |ip: &str| {
        let of = |service: &&Rc<Object>| -> bool {
            let all = service.status().at(&["loadBalancer", "ingress"]).items();
            all.iter()
                .map(|it: &Value| it.get("ip").text())
                .any(|it| it == ip)
        };
        services.iter().any(of)
    };
    let all = (20..=255).map(|last| eco_format!("203.0.113.{last}"));
    let all = all.chain((1..=255).map(|last| eco_format!("198.51.100.{last}")));
    let mut free = all.filter(|ip| !given(ip));
    free.next().unwrap_or_else(|| "192.0.2.1".into())
}
