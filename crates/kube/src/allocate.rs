//! Addresses and ports of Services (`pkg/registry/core/service/storage/alloc.go`), out of the ranges
//! that a cluster has by default.

use crate::status::Cause;
use crate::{Key, Status, Store, Value};
use ecow::{EcoString, eco_format};

/// `--service-node-port-range`
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30000..=32767;

/// `--service-cluster-ip-range`, which is 10.0.0.0/24 unless one is given.
const NETWORK: &str = "10.0.0.";

/// Gives a Service the addresses and ports that its type needs, those that it asks for by number if
/// they are to be had. A dry run does not look whether ports are in range.
pub(crate) fn service(
    store: &mut Store,
    own: &Key,
    object: &mut Value,
    dry_run: bool,
) -> Result<(), Status> {
    asked_for(store, own, object, dry_run)?;
    let spec = object.get("spec");
    let kind = spec.get("type").to_text();
    if kind == "ExternalName" {
        return Ok(());
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
            [] => match free_ip(store, own) {
                Some(ip) => ip,
                None => {
                    return Err(Status::internal(
                        "failed to allocate a serviceIP: range is full",
                    ));
                }
            },
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
                let shared = shared_port(spec.get("ports").items(), at);
                let port = shared.or_else(|| free_port(store, own, spec));
                let port = port.ok_or_else(no_port)?;
                spec.entry("ports").items_mut().make_mut()[at].set("nodePort", port);
            }
        }
    }
    let local = spec.get("externalTrafficPolicy").text() == "Local";
    if kind == "LoadBalancer" && local && spec.get("healthCheckNodePort").is_null() {
        let port = free_port(store, own, spec).ok_or_else(no_port)?;
        spec.set("healthCheckNodePort", port);
    }
    Ok(())
}

/// Whether the address and the ports that a Service names are in range, and nobody else's.
fn asked_for(store: &Store, own: &Key, object: &Value, dry_run: bool) -> Result<(), Status> {
    let spec = object.get("spec");
    let refuse = |field: EcoString, shown: EcoString, detail: EcoString| {
        let message = eco_format!("Invalid value: {shown}: {detail}");
        let cause = Cause {
            reason: "FieldValueInvalid",
            field,
            message,
        };
        Err(Status::invalid(object, [cause].into_iter().collect()))
    };
    let ip = spec.get("clusterIP").text();
    let kind = spec.get("type").text();
    // Who follows a headless Service without a selector may use addresses of either family.
    let any_family = kind == "ExternalName" || ip == "None" && spec.get("selector").is_null();
    if !any_family {
        if ip.contains(':') {
            let detail = "IPv6 is not configured on this cluster".into();
            return refuse("spec.clusterIPs[0]".into(), eco_format!("[{ip:?}]"), detail);
        }
        let policy = spec.get("ipFamilyPolicy").text();
        if policy == "RequireDualStack" {
            let detail = "this cluster is not configured for dual-stack services".into();
            return refuse(
                "spec.ipFamilyPolicy".into(),
                eco_format!("{policy:?}"),
                detail,
            );
        }
        let families = spec.get("ipFamilies").items();
        if let Some(at) = families.iter().position(|family| family.text() == "IPv6") {
            let detail = "not configured on this cluster".into();
            return refuse(
                eco_format!("spec.ipFamilies[{at}]"),
                "\"IPv6\"".into(),
                detail,
            );
        }
    }
    if !matches!(ip, "" | "None") {
        let detail = if !ip.starts_with(NETWORK) {
            match dry_run {
                true => eco_format!(
                    "the provided IP ({ip}) is not in the valid range. The range of valid IPs is \
                     {NETWORK}0/24"
                ),
                false => "the provided network does not match the current range".into(),
            }
        } else if has_ip(store, own, ip) {
            "provided IP is already allocated".into()
        } else {
            EcoString::new()
        };
        if !detail.is_empty() {
            let detail = eco_format!("failed to allocate IP {ip}: {detail}");
            return refuse("spec.clusterIPs".into(), eco_format!("[{ip:?}]"), detail);
        }
    }
    let ports = spec.get("ports").items();
    for (at, port) in ports.iter().enumerate() {
        let field = eco_format!("spec.ports[{at}].nodePort");
        let Some(node) = port.get("nodePort").as_int() else {
            continue;
        };
        let is_taken = |other: &Value| {
            other.get("nodePort") == port.get("nodePort") && other.get("port") != port.get("port")
        };
        if !dry_run && !NODE_PORTS.contains(&node) {
            let (low, high) = (NODE_PORTS.start(), NODE_PORTS.end());
            let detail = eco_format!(
                "provided port is not in the valid range. The range of valid ports is {low}-{high}"
            );
            return refuse(field, eco_format!("{node}"), detail);
        }
        if ports[..at].iter().any(is_taken) || others(store, own).any(|spec| has_port(spec, node)) {
            let detail = "provided port is already allocated".into();
            return refuse(field, eco_format!("{node}"), detail);
        }
    }
    Ok(())
}

/// The node port of another port with the same number: one for all protocols.
fn shared_port(ports: &[Value], at: usize) -> Option<i64> {
    let number = ports[at].get("port");
    let same = ports.iter().filter(|port| port.get("port") == number);
    { same }.find_map(|port| port.get("nodePort").as_int())
}

/// The other Services.
fn others<'a>(store: &'a Store, own: &'a Key) -> impl Iterator<Item = &'a Value> {
    let services = store.list("Service").into_iter();
    services
        .filter(move |it| it.key != *own)
        .map(|it| it.spec())
}

fn has_ip(store: &Store, own: &Key, ip: &str) -> bool {
    others(store, own).any(|spec| spec.get("clusterIP").text() == ip)
}

fn has_port(spec: &Value, port: i64) -> bool {
    let ports = spec.get("ports").items();
    spec.get("healthCheckNodePort").as_int() == Some(port)
        || ports
            .iter()
            .any(|it| it.get("nodePort").as_int() == Some(port))
}

fn no_port() -> Status {
    Status::internal("failed to allocate a nodePort: range is full")
}

/// An address that no Service has; none when all are taken.
fn free_ip(store: &mut Store, own: &Key) -> Option<EcoString> {
    let first = store.random.below(254);
    let mut all = (0..254).map(|step| eco_format!("{NETWORK}{}", (first + step) % 254 + 1));
    all.find(|ip| !has_ip(store, own, ip))
}

/// A node port that neither another Service has nor this one; none when all are taken.
fn free_port(store: &mut Store, own: &Key, spec: &Value) -> Option<i64> {
    let count = NODE_PORTS.end() - NODE_PORTS.start() + 1;
    let first = store.random.below(count.unsigned_abs()).cast_signed();
    let mut all = (0..count).map(|step| NODE_PORTS.start() + (first + step) % count);
    all.find(|port| {
        let taken = others(store, own).any(|spec| has_port(spec, *port));
        !taken && !has_port(spec, *port)
    })
}
