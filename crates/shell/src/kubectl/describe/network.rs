//! Services and Ingresses in words.

use super::{head, line, members, notes, number};
use crate::kubectl::cells::{NONE, UNSET, balancers, labels, or, text};
use crate::kubectl::jsonpath::shown;
use crate::kubectl::pod_template::{annotations, pairs};
use crate::kubectl::session::Session;
use ecow::EcoString;
use kube::{Key, Object, Selection, Value};
use std::fmt::Write as _;
use std::rc::Rc;

pub(super) fn service(session: &mut Session, it: &Object, out: &mut String) {
    let spec = it.spec();
    let list = |name: &str| {
        let all = spec.get(name).items().iter().map(Value::text);
        all.collect::<Vec<_>>().join(",")
    };
    head(out, it);
    notes(out, it);
    line(out, "Selector", labels(spec.get("selector")));
    members(
        out,
        spec,
        &[
            ("Type", &["type"]),
            ("IP Family Policy", &["ipFamilyPolicy"]),
        ],
    );
    line(out, "IP Families", or(list("ipFamilies"), NONE));
    line(out, "IP", spec.get("clusterIP").text());
    line(out, "IPs", or(list("clusterIPs"), NONE));
    let outside = list("externalIPs");
    if !outside.is_empty() {
        line(out, "External IPs", outside);
    }
    members(
        out,
        spec,
        &[
            ("Desired LoadBalancer IP", &["loadBalancerIP"]),
            ("External Name", &["externalName"]),
        ],
    );
    let given = balancers(it);
    if !given.is_empty() {
        line(out, "LoadBalancer Ingress", format!("{given} (VIP)"));
    }
    let slices = slices_of(session, &it.key);
    for port in spec.get("ports").items() {
        let of = |name: &str| shown(port.get(name));
        let (name, protocol) = (port.get("name").text(), of("protocol"));
        let title = if name.is_empty() { UNSET } else { name };
        line(out, "Port", format!("{title}\t{}/{protocol}", of("port")));
        line(
            out,
            "TargetPort",
            format!("{}/{protocol}", of("targetPort")),
        );
        members(out, port, &[("AppProtocol", &["appProtocol"])]);
        if number(port, "nodePort") != 0 {
            line(
                out,
                "NodePort",
                format!("{title}\t{}/{protocol}", of("nodePort")),
            );
        }
        line(out, "Endpoints", endpoints(&slices, name));
    }
    members(
        out,
        spec,
        &[
            ("Session Affinity", &["sessionAffinity"]),
            ("External Traffic Policy", &["externalTrafficPolicy"]),
            ("Internal Traffic Policy", &["internalTrafficPolicy"]),
            ("HealthCheck NodePort", &["healthCheckNodePort"]),
            ("Traffic Distribution", &["trafficDistribution"]),
        ],
    );
}

fn slices_of(session: &mut Session, service: &Key) -> Vec<Rc<Object>> {
    let select = Selection {
        labels: format!("kubernetes.io/service-name={}", service.name).into(),
        ..Selection::default()
    };
    let found = session.select("EndpointSlice", service.namespace.clone(), select);
    found.unwrap_or_default()
}

/// The first three ready endpoints of a port, and how many there are beside them.
fn endpoints(slices: &[Rc<Object>], port: &str) -> String {
    const MOST: usize = 3;
    if slices.is_empty() {
        return NONE.to_owned();
    }
    let mut all = Vec::new();
    for slice in slices {
        let ready = slice.value.get("endpoints").items().iter().filter(|it| {
            let ready = it.at(&["conditions", "ready"]).as_bool();
            ready != Some(false)
        });
        let address = |it: &Value| it.get("addresses").items().first().map(Value::to_text);
        let addresses: Vec<EcoString> = ready.filter_map(address).collect();
        let ports = slice.value.get("ports").items();
        if ports.is_empty() {
            all.extend(addresses.iter().map(EcoString::to_string));
        }
        for it in ports.iter().filter(|it| it.get("name").text() == port) {
            let number = shown(it.get("port"));
            all.extend(
                addresses
                    .iter()
                    .map(|address| format!("{address}:{number}")),
            );
        }
    }
    match all.len() {
        0..=MOST => all.join(","),
        count => format!("{} + {} more...", all[..MOST].join(","), count - MOST),
    }
}

pub(super) fn ingress(session: &mut Session, it: &Object, out: &mut String) {
    let spec = it.spec();
    line(out, "Name", &it.key.name);
    pairs(out, "Labels", it.labels());
    line(out, "Namespace", &it.key.namespace);
    line(out, "Address", balancers(it));
    line(
        out,
        "Ingress Class",
        or(text(spec, &["ingressClassName"]), NONE),
    );
    let default = spec.get("defaultBackend");
    let default = match default.is_null() {
        true => "<default>".to_owned(),
        false => backend(session, &it.key.namespace, default),
    };
    line(out, "Default backend", &default);
    let tls = spec.get("tls").items();
    if !tls.is_empty() {
        out.push_str("TLS:\n");
    }
    for one in tls {
        let hosts: Vec<&str> = one.get("hosts").items().iter().map(Value::text).collect();
        let hosts = hosts.join(",");
        let _ = match one.get("secretName").text() {
            "" => writeln!(out, "  SNI routes {hosts}"),
            name => writeln!(out, "  {name} terminates {hosts}"),
        };
    }
    out.push_str("Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------\n");
    let rules = spec.get("rules").items().iter();
    let mut is_empty = true;
    for rule in rules.filter(|rule| !rule.get("http").is_null()) {
        is_empty = false;
        let _ = writeln!(out, "  {}\t", or(text(rule, &["host"]), "*"));
        for path in rule.at(&["http", "paths"]).items() {
            let to = backend(session, &it.key.namespace, path.get("backend"));
            let _ = writeln!(out, "    \t{} \t{to}", path.get("path").text());
        }
    }
    if is_empty {
        let _ = writeln!(out, "  *\t*\t{default}");
    }
    annotations(out, "", it.value.at(&["metadata", "annotations"]), true);
}

/// `web:80 (10.244.0.2:8080)`
fn backend(session: &mut Session, namespace: &EcoString, of: &Value) -> String {
    let to = of.get("service");
    if to.is_null() {
        let part = |name: &str| or(text(of, &["resource", name]), NONE);
        let (group, kind, name) = (part("apiGroup"), part("kind"), part("name"));
        return format!("APIGroup: {group}, Kind: {kind}, Name: {name}");
    }
    let (number, name) = (to.at(&["port", "number"]), to.at(&["port", "name"]).text());
    let key = Key::new("Service", namespace.clone(), to.get("name").to_text());
    let port = if number.is_null() {
        name.to_owned()
    } else {
        shown(number)
    };
    let title = format!("{}:{port}", key.name);
    let slices = slices_of(session, &key);
    match session.get(&key) {
        Err(status) => format!("{title} (<error: {}>)", status.message),
        Ok(service) => {
            let ports = service.spec().get("ports").items().iter();
            let mut ports = ports.filter(|it| match number.is_null() {
                true => it.get("name").text() == name,
                false => it.get("port") == number,
            });
            let name = ports.next_back().map_or("", |it| it.get("name").text());
            format!("{title} ({})", endpoints(&slices, name))
        }
    }
}
