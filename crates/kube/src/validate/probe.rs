//! Probes and lifecycle hooks (`pkg/apis/core/validation`, validateProbe and validateHandler).

use super::{Faults, Path, names};
use crate::Value;
use ecow::eco_format;

/// A container's probes and hooks. `grace` is the pod's termination grace period.
pub(super) fn container(faults: &mut Faults, at: &Path<'_>, container: &Value, grace: &Value) {
    for hook in ["postStart", "preStop"] {
        let handler = container.at(&["lifecycle", hook]);
        if !handler.is_null() {
            let at = at.child("lifecycle");
            self::handler(faults, &at.child(hook), handler, grace);
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if !container.get(name).is_null() {
            probe(
                faults,
                &at.child(name),
                container.get(name),
                name == "readinessProbe",
                grace,
            );
        }
    }
}

fn probe(faults: &mut Faults, at: &Path<'_>, probe: &Value, readiness: bool, grace: &Value) {
    handler(faults, at, probe, grace);
    for field in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        faults.not_negative(&at.child(field), probe.get(field));
    }
    let own_grace = probe.get("terminationGracePeriodSeconds");
    let at_grace = at.child("terminationGracePeriodSeconds");
    if own_grace.as_int().is_some_and(|seconds| seconds <= 0) {
        faults.invalid(&at_grace, own_grace, "must be greater than 0");
    }
    let successes = probe.get("successThreshold");
    if readiness {
        if !own_grace.is_null() {
            faults.invalid(&at_grace, own_grace, "must not be set for readinessProbes");
        }
    } else if successes.as_int() != Some(1) {
        faults.invalid(&at.child("successThreshold"), successes, "must be 1");
    }
}

fn handler(faults: &mut Faults, at: &Path<'_>, handler: &Value, grace: &Value) {
    let mut found = 0;
    for kind in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let action = handler.get(kind);
        if action.is_null() {
            continue;
        }
        let at = at.child(kind);
        found += 1;
        if found > 1 {
            faults.forbidden(&at, "may not specify more than 1 handler type");
            continue;
        }
        match kind {
            "exec" => {
                if action.get("command").items().is_empty() {
                    faults.required(&at.child("command"), "");
                }
            }
            "httpGet" => http_get(faults, &at, action),
            "sleep" => sleep(faults, &at, action.get("seconds"), grace),
            _ => faults.port_or_name(&at.child("port"), action.get("port")),
        }
    }
    if found == 0 {
        faults.required(at, "must specify a handler type");
    }
}

fn http_get(faults: &mut Faults, at: &Path<'_>, action: &Value) {
    if action.get("path").text().is_empty() {
        faults.required(&at.child("path"), "");
    }
    faults.port_or_name(&at.child("port"), action.get("port"));
    let scheme = action.get("scheme");
    if !matches!(scheme.text(), "HTTP" | "HTTPS") {
        faults.unsupported(&at.child("scheme"), scheme, &["HTTP", "HTTPS"]);
    }
    for header in action.get("httpHeaders").items() {
        faults.named(
            &at.child("httpHeaders"),
            header.get("name").text(),
            names::header,
        );
    }
}

fn sleep(faults: &mut Faults, at: &Path<'_>, seconds: &Value, grace: &Value) {
    let (Some(grace), seconds) = (grace.as_int(), seconds.as_int().unwrap_or(0)) else {
        return;
    };
    if seconds < 0 || seconds > grace {
        let detail = eco_format!(
            "must be non-negative and less than terminationGracePeriodSeconds ({grace})"
        );
        faults.invalid(at, &Value::Int(seconds), &detail);
    }
}
