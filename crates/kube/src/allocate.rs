//! Addresses and ports of Services (`pkg/registry/core/service/storage/alloc.go`), out of the ranges
//! that a cluster has by default.

use crate::{Store, Value};
use ecow::{EcoString, eco_format};

/// `--service-node-port-range`
pub(crate) const NODE_PORTS: std::ops::RangeInclusive<i64> = 30000..=32767;

/// `--service-cluster-ip-range`: 10.96.0.0/16.
const CLUSTER_IPS: (u8, u8) = (10, 96);

/// Gives a Service the addresses and ports that its type needs and it does not ask for by number.
pub(crate) fn service(store: &mut Store, object: &mut Value) {
    let spec = object.get("spec");
    let kind = spec.get("type").to_text();
    if kind == "ExternalName" {
        return;
    }
    let headless = spec.get("clusterIP").text() == "None";
    let selects = !spec.get("selector").is_null();
    // Who follows a headless Service without a selector may find addresses of either family.
    let (policy, families) = match (headless, selects) {
        (true, false) => ("RequireDualStack", vec!["IPv4", "IPv6"]),
        _ => ("SingleStack", vec!["IPv4"]),
    };
    if spec.get("clusterIP").is_null() {
        let ip = match spec.get("clusterIPs").items() {
            [given, ..] => given.to_text(),
            [] => free_ip(store),
        };
        object.entry("spec").set("clusterIP", ip);
    }
    let spec = object.entry("spec");
    if spec.get("clusterIPs").is_null() {
        let ip = spec.get("clusterIP").clone();
        spec.set("clusterIPs", vec![ip]);
    }
    for (field, value) in [
        ("ipFamilyPolicy", Value::from(policy)),
        ("ipFamilies", families.into_iter().collect()),
    ] {
        if spec.get(field).is_null() {
            spec.set(field, value);
        }
    }
    let wanted = spec.get("allocateLoadBalancerNodePorts").as_bool() != Some(false);
    if kind == "NodePort" || kind == "LoadBalancer" && wanted {
        for at in 0..spec.get("ports").items().len() {
            if spec.get("ports").items()[at].get("nodePort").is_null() {
                let port = free_port(store, spec);
                spec.entry("ports").items_mut().make_mut()[at].set("nodePort", port);
            }
        }
    }
    let local = spec.get("externalTrafficPolicy").text() == "Local";
    if kind == "LoadBalancer" && local && spec.get("healthCheckNodePort").is_null() {
        let port = free_port(store, spec);
        spec.set("healthCheckNodePort", port);
    }
}

/// An address that no Service has.
fn free_ip(store: &mut Store) -> EcoString {
    let mut at = store.random.below(65534);
    loop {
        at = at % 65534 + 1;
        let ip = eco_format!(
            "{}.{}.{}.{}",
            CLUSTER_IPS.0,
            CLUSTER_IPS.1,
            at >> 8,
            at & 255
        );
        let used = store
            .list("Service")
            .iter()
            .any(|it| it.spec().get("clusterIP").text() == ip);
        if !used {
            return ip;
        }
    }
}

/// A node port that neither another Service has nor this one; the first of the range when there is
/// none left.
fn free_port(store: &mut Store, spec: &Value) -> i64 {
    let has = |spec: &Value, port: i64| {
        spec.get("healthCheckNodePort").as_int() == Some(port)
            || spec
                .get("ports")
                .items()
                .iter()
                .any(|it| it.get("nodePort").as_int() == Some(port))
    };
    let count = NODE_PORTS.end() - NODE_PORTS.start() + 1;
    let first = store.random.below(count.unsigned_abs()).cast_signed();
    (0..count)
        .map(|step| NODE_PORTS.start() + (first + step) % count)
        .find(|port| {
            !has(spec, *port) && !store.list("Service").iter().any(|it| has(it.spec(), *port))
        })
        .unwrap_or(*NODE_PORTS.start())
}
