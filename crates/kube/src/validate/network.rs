//! Ingresses and NetworkPolicies (`pkg/apis/networking/validation`).

use super::{Faults, Path, SPEC, meta, names};
use crate::Value;
use ecow::eco_format;
use std::net::IpAddr;

pub(super) fn ingress(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    let class = new
        .at(&["metadata", "annotations"])
        .get("kubernetes.io/ingress.class");
    let name = spec.get("ingressClassName");
    if old.is_none() && !class.is_null() && !name.is_null() && name != class {
        let at = Path::root("annotations");
        let detail = "must match `ingressClassName` when both are specified";
        faults.invalid(&at.child("kubernetes.io/ingress.class"), class, detail);
    }
    let (rules, backend) = (spec.get("rules"), spec.get("defaultBackend"));
    if rules.items().is_empty() && backend.is_null() {
        let detail = "either `defaultBackend` or `rules` must be specified";
        faults.invalid(&SPEC, rules, detail);
    }
    if !backend.is_null() {
        ingress_backend(faults, &SPEC.child("defaultBackend"), backend);
    }
    let list = SPEC.child("rules");
    for (index, rule) in rules.items().iter().enumerate() {
        let at = list.index(index);
        ingress_host(faults, &at.child("host"), rule.get("host").text());
        let http = rule.get("http");
        let at = at.child("http");
        if !http.is_null() {
            ingress_paths(faults, &at.child("paths"), http.get("paths"));
        }
    }
    let list = SPEC.child("tls");
    for (index, tls) in spec.get("tls").items().iter().enumerate() {
        let at = list.index(index);
        let hosts = at.child("hosts");
        for (index, host) in tls.get("hosts").items().iter().enumerate() {
            let check = if host.text().contains('*') {
                names::wildcard
            } else {
                names::subdomain
            };
            faults.named(&hosts.index(index), host.text(), check);
        }
        let secret = tls.get("secretName").text();
        if !secret.is_empty() {
            faults.named(&at.child("secretName"), secret, names::subdomain);
        }
    }
    if let Some(class) = spec.get("ingressClassName").as_str() {
        faults.named(&SPEC.child("ingressClassName"), class, names::subdomain);
    }
}

fn ingress_host(faults: &mut Faults, at: &Path<'_>, host: &str) {
    if host.is_empty() {
        return;
    }
    if host.parse::<IpAddr>().is_ok() {
        faults.invalid_text(at, host, "must be a DNS name, not an IP address");
    }
    let check = if host.contains('*') {
        names::wildcard
    } else {
        names::subdomain
    };
    faults.named(at, host, check);
}

fn ingress_paths(faults: &mut Faults, list: &Path<'_>, paths: &Value) {
    if paths.items().is_empty() {
        faults.required(list, "");
    }
    for (index, path) in paths.items().iter().enumerate() {
        let at = list.index(index);
        let kind = path.get("pathType");
        let text = path.get("path").text();
        match kind.text() {
            "Exact" | "Prefix" => {
                if !text.starts_with('/') {
                    faults.invalid_text(&at.child("path"), text, "must be an absolute path");
                }
                for part in ["//", "/./", "/../", "%2f", "%2F"] {
                    if text.contains(part) {
                        let detail = eco_format!("must not contain '{part}'");
                        faults.invalid_text(&at.child("path"), text, &detail);
                    }
                }
                for end in ["/..", "/."] {
                    if text.ends_with(end) {
                        let detail = eco_format!("cannot end with '{end}'");
                        faults.invalid_text(&at.child("path"), text, &detail);
                    }
                }
            }
            "ImplementationSpecific" => {
                if !text.is_empty() && !text.starts_with('/') {
                    faults.invalid_text(&at.child("path"), text, "must be an absolute path");
                }
            }
            _ if kind.is_null() => {
                faults.required(&at.child("pathType"), "pathType must be specified");
            }
            _ => {
                let known = &["Exact", "ImplementationSpecific", "Prefix"];
                faults.unsupported(&at.child("pathType"), kind, known);
            }
        }
        ingress_backend(faults, &at.child("backend"), path.get("backend"));
    }
}

fn ingress_backend(faults: &mut Faults, at: &Path<'_>, backend: &Value) {
    let (resource, service) = (backend.get("resource"), backend.get("service"));
    if !resource.is_null() && !service.is_null() {
        faults.invalid_text(at, "", "cannot set both resource and service backends");
    } else if !resource.is_null() {
        let at = at.child("resource");
        let group = resource.get("apiGroup");
        if !group.is_null() {
            faults.named(&at.child("apiGroup"), group.text(), names::subdomain);
        }
        for field in ["kind", "name"] {
            faults.required_named(&at.child(field), resource.get(field), names::path_segment);
        }
    } else if service.is_null() {
        faults.invalid_text(at, "", "resource or service backend is required");
    } else {
        let of = at.child("service");
        faults.required_named(&of.child("name"), service.get("name"), names::label);
        let (name, number) = (
            service.at(&["port", "name"]),
            service.at(&["port", "number"]),
        );
        let port = of.child("port");
        match (name.text(), number.as_int().unwrap_or(0)) {
            ("", 0) => faults.required(at, "port name or number is required"),
            ("", _) => faults.port(&port.child("number"), number),
            (name, 0) => faults.named(&port.child("name"), name, names::port),
            _ => faults.invalid_text(at, "", "cannot set both port name & port number"),
        }
    }
}

pub(super) fn network_policy(faults: &mut Faults, new: &Value, _: Option<&Value>) {
    let spec = new.get("spec");
    meta::label_selector(faults, &SPEC.child("podSelector"), spec.get("podSelector"));
    for (direction, other) in [("ingress", "from"), ("egress", "to")] {
        let list = SPEC.child(direction);
        for (index, rule) in spec.get(direction).items().iter().enumerate() {
            let at = list.index(index);
            let ports = at.child("ports");
            for (index, port) in rule.get("ports").items().iter().enumerate() {
                policy_port(faults, &ports.index(index), port);
            }
            let peers = at.child(other);
            for (index, peer) in rule.get(other).items().iter().enumerate() {
                policy_peer(faults, &peers.index(index), peer);
            }
        }
    }
    let types = spec.get("policyTypes");
    let list = SPEC.child("policyTypes");
    if types.items().len() > 2 {
        faults.invalid(&list, types, "may not specify more than two policyTypes");
        return;
    }
    for (index, kind) in types.items().iter().enumerate() {
        if !matches!(kind.text(), "Ingress" | "Egress") {
            faults.unsupported(&list.index(index), kind, &["Ingress", "Egress"]);
        }
    }
}

fn policy_port(faults: &mut Faults, at: &Path<'_>, port: &Value) {
    let protocol = port.get("protocol");
    let known = &["TCP", "UDP", "SCTP"];
    if !protocol.is_null() && !known.contains(&protocol.text()) {
        faults.unsupported(&at.child("protocol"), protocol, known);
    }
    let (number, end) = (port.get("port"), port.get("endPort"));
    match number {
        Value::Null => {
            if !end.is_null() {
                let detail = "may not be specified when `port` is not specified";
                faults.invalid(&at.child("endPort"), end, detail);
            }
        }
        Value::Int(first) => {
            if let Some(last) = end.as_int() {
                if last < *first {
                    // The server shows the port here, not its end.
                    let detail = "must be greater than or equal to `port`";
                    faults.invalid(&at.child("endPort"), number, detail);
                }
                faults.port(&at.child("endPort"), end);
            }
            faults.port(&at.child("port"), number);
        }
        name => {
            if !end.is_null() {
                let detail = "may not be specified when `port` is non-numeric";
                faults.invalid(&at.child("endPort"), end, detail);
            }
            faults.named(&at.child("port"), name.text(), names::port);
        }
    }
}

fn policy_peer(faults: &mut Faults, at: &Path<'_>, peer: &Value) {
    let mut found = 0;
    for field in ["podSelector", "namespaceSelector"] {
        if !peer.get(field).is_null() {
            found += 1;
            meta::label_selector(faults, &at.child(field), peer.get(field));
        }
    }
    let block = peer.get("ipBlock");
    if !block.is_null() {
        found += 1;
        ip_block(faults, &at.child("ipBlock"), block);
    }
    if found == 0 {
        faults.required(at, "must specify a peer");
    } else if found > 1 && !block.is_null() {
        faults.forbidden(at, "may not specify both ipBlock and another peer");
    }
}

fn ip_block(faults: &mut Faults, at: &Path<'_>, block: &Value) {
    let cidr = block.get("cidr").text();
    if cidr.is_empty() {
        faults.required(&at.child("cidr"), "");
        return;
    }
    let whole = parse_cidr(cidr);
    faults.network(&at.child("cidr"), cidr);
    let list = at.child("except");
    for (index, except) in block.get("except").items().iter().enumerate() {
        let at = list.index(index);
        let Some(part) = parse_cidr(except.text()) else {
            faults.network(&at, except.text());
            continue;
        };
        let inside = |(base, length): (u128, u32)| {
            let keep = 128 - length;
            length < part.1 && part.0.checked_shr(keep) == base.checked_shr(keep)
        };
        if whole.is_some_and(|whole| !inside(whole)) {
            faults.invalid(&at, except, "must be a strict subset of `cidr`");
        }
    }
}

/// A network as its address in 128 bits and how many of them are fixed.
pub(super) fn parse_cidr(text: &str) -> Option<(u128, u32)> {
    let (address, length) = text.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(ip) if length <= 32 => Some((u128::from(ip.to_bits()), 96 + length)),
        IpAddr::V6(ip) if length <= 128 => Some((ip.to_bits(), length)),
        _ => None,
    }
}

/// Whether an address of a network says more than the network has bits for.
pub(super) fn has_bits_beyond(text: &str) -> bool {
    parse_cidr(text).is_some_and(|(address, length)| {
        let beyond = u128::MAX.checked_shr(length).unwrap_or(0);
        address & beyond != 0
    })
}

pub(super) fn ingress_class(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    const MOST: usize = 250;
    let spec = new.get("spec");
    let at = SPEC.child("controller");
    let controller = spec.get("controller");
    if let Some(old) = old {
        faults.immutable(&at, controller, old.at(&["spec", "controller"]));
        return;
    }
    if controller.text().len() > MOST {
        faults.too_long(&at, MOST);
    }
    match controller.text() {
        "" => faults.required(&at, ""),
        text => faults.prefixed_path(&at, text),
    }
    let parameters = spec.get("parameters");
    if parameters.is_null() {
        return;
    }
    let at = SPEC.child("parameters");
    for field in ["kind", "name"] {
        faults.required_named(&at.child(field), parameters.get(field), names::path_segment);
    }
    let namespace = parameters.get("namespace");
    let of_namespace = at.child("namespace");
    match parameters.get("scope").text() {
        "" => faults.required(&at.child("scope"), ""),
        "Cluster" if !namespace.is_null() => {
            faults.forbidden(&of_namespace, "`parameters.scope` is set to 'Cluster'");
        }
        "Namespace" if namespace.is_null() => {
            faults.required(&of_namespace, "`parameters.scope` is set to 'Namespace'");
        }
        "Cluster" => {}
        "Namespace" => faults.named(&of_namespace, namespace.text(), names::label),
        _ => {
            let known = &["Cluster", "Namespace"];
            faults.unsupported(&at.child("scope"), parameters.get("scope"), known);
        }
    }
}
