//! Services (`pkg/apis/core/validation`, ValidateService).

use super::{Faults, Path, SPEC, Seen, meta, names};
use crate::{Value, gostruct};

pub(super) fn service(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    if let Some(old) = old {
        same_address(faults, spec, old.get("spec"));
    }
    let kind = spec.get("type").text();
    let headless = spec.get("clusterIP").text() == "None";
    let ports = spec.get("ports").items();
    if ports.is_empty() && !headless && kind != "ExternalName" {
        faults.required(&SPEC.child("ports"), "");
    }
    by_type(faults, spec, kind, headless);
    let mut port_names = Seen::default();
    let list = SPEC.child("ports");
    for (index, port) in ports.iter().enumerate() {
        service_port(
            faults,
            &list.index(index),
            port,
            ports.len() > 1,
            &mut port_names,
        );
    }
    meta::labels(faults, &SPEC.child("selector"), spec.get("selector"));
    session_affinity(faults, spec);
    if kind != "ExternalName" {
        cluster_ips(faults, spec);
    }
    for (index, ip) in spec.get("externalIPs").items().iter().enumerate() {
        let list = SPEC.child("externalIPs");
        external_ip(faults, &list.index(index), ip.text());
    }
    let types = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    faults.one_of(&SPEC.child("type"), spec.get("type"), types);
    for (index, port) in ports.iter().enumerate() {
        if kind == "ClusterIP" && port.get("nodePort").as_int().unwrap_or(0) != 0 {
            let at = list.index(index);
            let detail = "may not be used when `type` is 'ClusterIP'";
            faults.forbidden(&at.child("nodePort"), detail);
        }
    }
    duplicate_ports(faults, kind, ports);
    balancer_fields(faults, spec, kind);
    for (field, known) in [
        ("externalTrafficPolicy", &["Cluster", "Local"]),
        ("internalTrafficPolicy", &["Cluster", "Local"]),
    ] {
        let policy = spec.get(field);
        let external = field == "externalTrafficPolicy";
        let outside =
            kind == "NodePort" || kind == "LoadBalancer" || !spec.get("externalIPs").is_null();
        if !policy.is_null() && external && !outside {
            let detail = "may only be set for externally-accessible services";
            faults.invalid(&SPEC.child(field), policy, detail);
        } else if !policy.is_null() && !known.contains(&policy.text()) {
            faults.unsupported(&SPEC.child(field), policy, known);
        }
    }
}

fn by_type(faults: &mut Faults, spec: &Value, kind: &str, headless: bool) {
    let ips = SPEC.child("clusterIPs");
    match kind {
        "LoadBalancer" if headless => {
            let detail = "may not be set to 'None' for LoadBalancer services";
            faults.invalid_text(&ips.index(0), "None", detail);
        }
        "NodePort" if headless => {
            let detail = "may not be set to 'None' for NodePort services";
            faults.invalid_text(&ips.index(0), "None", detail);
        }
        "ExternalName" => {
            for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if !spec.get(field).is_null() {
                    let detail = "may not be set for ExternalName services";
                    faults.forbidden(&SPEC.child(field), detail);
                }
            }
            let name = spec.get("externalName").text();
            match name.strip_suffix('.').unwrap_or(name) {
                "" => faults.required(&SPEC.child("externalName"), ""),
                name => faults.named(&SPEC.child("externalName"), name, names::subdomain),
            }
        }
        _ => {}
    }
}

fn service_port<'a>(
    faults: &mut Faults,
    at: &Path<'_>,
    port: &'a Value,
    several: bool,
    taken: &mut Seen<&'a str>,
) {
    let name = port.get("name");
    match name.text() {
        "" if several => faults.required(&at.child("name"), ""),
        "" => {}
        text => {
            faults.named(&at.child("name"), text, names::label);
            if !taken.insert(text) {
                faults.duplicate(&at.child("name"), name);
            }
        }
    }
    faults.port(&at.child("port"), port.get("port"));
    faults.one_of(
        &at.child("protocol"),
        port.get("protocol"),
        &["SCTP", "TCP", "UDP"],
    );
    faults.port_or_name(&at.child("targetPort"), port.get("targetPort"));
    let application = port.get("appProtocol");
    if !application.is_null() {
        faults.named(
            &at.child("appProtocol"),
            application.text(),
            names::label_key,
        );
    }
}

fn session_affinity(faults: &mut Faults, spec: &Value) {
    let affinity = spec.get("sessionAffinity");
    faults.one_of(
        &SPEC.child("sessionAffinity"),
        affinity,
        &["ClientIP", "None"],
    );
    let config = spec.get("sessionAffinityConfig");
    let at = SPEC.child("sessionAffinityConfig");
    let seconds = config.at(&["clientIP", "timeoutSeconds"]);
    match affinity.text() {
        "ClientIP"
            if seconds
                .as_int()
                .is_some_and(|seconds| !(1..=86400).contains(&seconds)) =>
        {
            let at = at.child("clientIP");
            let detail = "must be greater than 0 and less than 86400";
            faults.invalid(&at.child("timeoutSeconds"), seconds, detail);
        }
        "None" if !config.is_null() => {
            faults.forbidden(&at, "must not be set when session affinity is None");
        }
        _ => {}
    }
}

/// An address outside of the cluster, which nobody has for himself.
fn external_ip(faults: &mut Faults, at: &Path<'_>, text: &str) {
    faults.address(at, text);
    let Ok(std::net::IpAddr::V4(ip)) = text.parse() else {
        return;
    };
    let detail = if ip.is_unspecified() {
        "may not be unspecified (0.0.0.0)"
    } else if ip.is_loopback() {
        "may not be in the loopback range (127.0.0.0/8, ::1/128)"
    } else if ip.is_link_local() {
        "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
    } else if ip.octets().starts_with(&[224, 0, 0]) {
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
    } else {
        return;
    };
    faults.invalid_text(at, text, detail);
}

/// Addresses and their families; a cluster here has addresses of version 4 only.
fn cluster_ips(faults: &mut Faults, spec: &Value) {
    let list = SPEC.child("clusterIPs");
    let (ips, ip) = (spec.get("clusterIPs"), spec.get("clusterIP").text());
    match ips.items().first() {
        Some(_) if ip.is_empty() => {
            let detail = "must be empty when `clusterIP` is not specified";
            faults.invalid(&list, ips, detail);
        }
        Some(first) if first.text() != ip => {
            faults.invalid(&list, ips, "first value must match `clusterIP`");
        }
        _ => {}
    }
    let families = spec.get("ipFamilies");
    let at = SPEC.child("ipFamilies");
    let mut seen = Seen::default();
    for (index, family) in families.items().iter().enumerate() {
        faults.choice(&at.index(index), family, &["IPv4", "IPv6"]);
        if !seen.insert(family.text()) {
            faults.duplicate(&at.index(index), family);
        }
    }
    let policies = &["PreferDualStack", "RequireDualStack", "SingleStack"];
    let policy = spec.get("ipFamilyPolicy");
    faults.choice(&SPEC.child("ipFamilyPolicy"), policy, policies);
    let before = faults.len();
    for (index, ip) in ips.items().iter().enumerate() {
        if index == 0 && ip.text() == "None" {
            if ips.items().len() > 1 {
                faults.invalid(&list, ips, "'None' must be the first and only value");
            }
        } else {
            faults.address(&list.index(index), ip.text());
        }
    }
    for (index, ip) in ips
        .items()
        .iter()
        .enumerate()
        .filter(|(_, ip)| ip.text() != "None")
    {
        let family = families.items().get(index).map_or("", Value::text);
        let other = match (family, ip.text().contains(':')) {
            ("IPv4", true) | ("IPv6", false) => family,
            _ => continue,
        };
        let detail =
            ecow::eco_format!("expected an {other} value as indicated by `ipFamilies[{index}]`");
        faults.invalid(&list.index(index), ip, &detail);
    }
    if ips.items().len() > 2 {
        faults.invalid(&list, ips, "may only hold up to 2 values");
    }
    let new = |ip: &&Value| ip.text().contains(':');
    let six = ips.items().iter().filter(new).count();
    if faults.len() == before && ips.items().len() == 2 && six != 1 {
        faults.invalid(
            &list,
            ips,
            "may specify no more than one IP for each IP family",
        );
    }
}

/// An address may not change once it is set, except to and from a name.
fn same_address(faults: &mut Faults, new: &Value, old: &Value) {
    let named = |spec: &Value| spec.get("type").text() == "ExternalName";
    if named(old) || named(new) {
        return;
    }
    let balanced = |spec: &Value| spec.get("type").text() == "LoadBalancer";
    let class = new.get("loadBalancerClass");
    if balanced(old) && balanced(new) && class != old.get("loadBalancerClass") {
        faults.invalid(
            &SPEC.child("loadBalancerClass"),
            class,
            "may not change once set",
        );
    }
    let list = SPEC.child("clusterIPs");
    let ips = new.get("clusterIPs");
    let (is, was) = (ips.items().first(), old.get("clusterIPs").items().first());
    if was.is_some() && is != was {
        faults.invalid(&list.index(0), ips, "may not change once set");
    }
}

/// What only a load balancer has.
fn balancer_fields(faults: &mut Faults, spec: &Value, kind: &str) {
    const ONLY: &str = "may only be used when `type` is 'LoadBalancer'";
    let ranges = spec.get("loadBalancerSourceRanges").items();
    // The server writes this one with a capital.
    let list = SPEC.child("LoadBalancerSourceRanges");
    if kind != "LoadBalancer" && !ranges.is_empty() {
        faults.forbidden(&list, ONLY);
    }
    for (index, range) in ranges.iter().enumerate() {
        faults.network(&list.index(index), range.text().trim());
    }
    let class = spec.get("loadBalancerClass");
    if kind == "LoadBalancer" && !class.is_null() {
        let at = SPEC.child("loadBalancerClass");
        faults.named(&at, class.text(), names::label_key);
    }
    let check = spec.get("healthCheckNodePort");
    let local = kind == "LoadBalancer" && spec.get("externalTrafficPolicy").text() == "Local";
    if check.as_int().unwrap_or(0) != 0 && !local {
        let detail =
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        faults.invalid(&SPEC.child("healthCheckNodePort"), check, detail);
    }
    let near = &["PreferClose", "PreferSameZone", "PreferSameNode"];
    let distribution = spec.get("trafficDistribution");
    faults.choice(&SPEC.child("trafficDistribution"), distribution, near);
    for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        if kind != "LoadBalancer" && !spec.get(field).is_null() {
            faults.forbidden(&SPEC.child(field), ONLY);
        }
    }
}

fn duplicate_ports(faults: &mut Faults, kind: &str, ports: &[Value]) {
    let list = SPEC.child("ports");
    let (mut taken, mut nodes) = (Seen::default(), Seen::default());
    for (index, port) in ports.iter().enumerate() {
        let protocol = port.get("protocol").text();
        let [number, node] = ["port", "nodePort"].map(|name| port.get(name).as_int().unwrap_or(0));
        let at = list.index(index);
        // That two ports of different numbers want one is found when it is allocated, if it is.
        let number = match kind {
            "LoadBalancer" | "NodePort" => number,
            _ => 0,
        };
        if node != 0 && !nodes.insert((protocol, number, node)) {
            faults.duplicate(&at.child("nodePort"), &Value::Int(node));
        }
    }
    for (index, port) in ports.iter().enumerate() {
        let key = (
            port.get("protocol").text(),
            port.get("port").as_int().unwrap_or(0),
        );
        if !taken.insert(key) {
            let shown = crate::map! { "protocol" => key.0, "port" => key.1, "targetPort" => 0 };
            faults.duplicate_shown(&list.index(index), &gostruct::json("ServicePort", &shown));
        }
    }
}
