//! Services and NetworkPolicies (`pkg/apis/core/v1/defaults.go`, `pkg/apis/networking/v1/defaults.go`).
//! Addresses and node ports are allocated, not filled in: see the module `allocate`.

use super::{default, default_zero, each, inside, within};
use crate::Value;

pub(super) fn service(object: &mut Value) {
    within(object, "spec", |spec| {
        default_zero(spec, "type", "ClusterIP");
        default_zero(spec, "sessionAffinity", "None");
        if spec.get("selector").members().next().is_none() {
            spec.set("selector", Value::Null);
        }
        if spec.get("sessionAffinity").text() == "ClientIP" {
            within(spec, "sessionAffinityConfig", |config| {
                within(config, "clientIP", |client| {
                    default(client, "timeoutSeconds", 10800);
                });
            });
        }
        each(spec, "ports", |port| {
            default_zero(port, "protocol", "TCP");
            let same = port.get("port").clone();
            let target = port.get("targetPort");
            if matches!(target, Value::Int(0)) || target.as_str() == Some("") {
                port.set("targetPort", Value::Null);
            }
            // A missing port is as good as 0 here; validation will say so.
            default(
                port,
                "targetPort",
                if same.is_null() { Value::Int(0) } else { same },
            );
        });
        let kind = spec.get("type").to_text();
        let external = !spec.get("externalIPs").items().is_empty();
        match kind.as_str() {
            "NodePort" | "LoadBalancer" => default_zero(spec, "externalTrafficPolicy", "Cluster"),
            "ClusterIP" if external => default_zero(spec, "externalTrafficPolicy", "Cluster"),
            _ => {}
        }
        if kind == "LoadBalancer" {
            default(spec, "allocateLoadBalancerNodePorts", true);
        }
        if kind != "ExternalName" {
            default(spec, "internalTrafficPolicy", "Cluster");
        }
    });
}

pub(super) fn network_policy(object: &mut Value) {
    within(object, "spec", |spec| {
        for direction in ["ingress", "egress"] {
            each(spec, direction, |rule| {
                each(rule, "ports", |port| default(port, "protocol", "TCP"));
            });
        }
        if spec.get("policyTypes").is_null() {
            let mut types = vec![Value::from("Ingress")];
            if !spec.get("egress").items().is_empty() {
                types.push("Egress".into());
            }
            spec.set("policyTypes", types);
        }
        default(spec, "podSelector", crate::map! {});
    });
}

pub(super) fn ingress_class(object: &mut Value) {
    inside(object, "spec", |spec| {
        inside(spec, "parameters", |parameters| {
            default(parameters, "scope", "Cluster")
        });
    });
}
