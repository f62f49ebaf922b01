//! Ingress: which Service a host and a path mean, and the address that it is reached at
//! (Kubernetes docs, "Ingress": path types, multiple matches, hostname wildcards).
//!
//! The lab has one Ingress controller, which serves every Ingress, whatever its class.

use super::Cause;
use super::address::has_address;
use crate::cluster::{Context, Controller};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Change, Key, Object, Store, Value, map};
use std::cmp::Reverse;
use std::rc::Rc;

/// The address of the controller.
const ADDRESS: &str = "203.0.113.10";
/// How many endpoints the controller for nginx tries (`proxy-next-upstream-tries`); others try one.
const NGINX_TRIES: u32 = 3;

pub(in crate::cluster) const CONTROLLER: Controller = Controller {
    name: "ingress-controller",
    watches,
    reconcile,
    batch: 0,
};

fn watches(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    if change.new.key.kind == "Ingress" {
        keys.push(change.new.key.clone());
    }
}

/// Publishes the address, some time after the Ingress was made.
fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(ingress) = store.get(key).filter(|it| !has_address(it)) else {
        return plan;
    };
    let due = ingress.meta.created + context.timings.ingress_address;
    if context.now < due {
        plan.look_again(due - context.now);
        return plan;
    }
    let mut value = ingress.value.clone();
    let address = vec![map! { "ip" => ADDRESS }];
    value
        .entry_at(&["status", "loadBalancer"])
        .set("ingress", address);
    let why = texts::nodes::is_reached_at(&key.name, ADDRESS);
    plan.update_status(key, value, Note::detail("patch", "Sync", why));
    plan
}

/// The Service that requests go to.
pub(super) struct Found {
    pub service: Rc<Object>,
    /// Its port, by number or name.
    pub port: EcoString,
    /// How many endpoints are tried.
    pub tries: u32,
}

/// What a rule must be better at than others: an exact host, a long path, an exact path, an old Ingress.
type Rank = (bool, usize, bool, Reverse<u64>);

/// Finds the Service that a host and path mean.
///
/// # Errors
/// 404 where no rule matches; 503 where the rule's Service is not there.
pub(super) fn route(store: &Store, host: &str, path: &str) -> Result<Found, Cause> {
    let mut best: Option<(Rank, &Object, &Value)> = None;
    let mut offer = |rank: Rank, ingress, backend| {
        if best.as_ref().is_none_or(|(have, ..)| *have < rank) {
            best = Some((rank, ingress, backend));
        }
    };
    for ingress in store.list("Ingress") {
        let spec = ingress.spec();
        let age = Reverse(ingress.meta.created);
        let default = spec.get("defaultBackend");
        if !default.is_null() {
            offer((false, 0, false, age), ingress, default);
        }
        for rule in spec.get("rules").items() {
            let Some(is_exact_host) = host_matches(rule.get("host").text(), host) else {
                continue;
            };
            for at in rule.at(&["http", "paths"]).items() {
                let (kind, own) = (at.get("pathType").text(), at.get("path").text());
                let is_exact = kind == "Exact";
                if path_matches(is_exact, own, path) {
                    let rank = (is_exact_host, own.len().max(1), is_exact, age);
                    offer(rank, ingress, at.get("backend"));
                }
            }
        }
    }
    let (_, ingress, backend) = best.ok_or(Cause::NotFound)?;
    let name = backend.at(&["service", "name"]).to_text();
    let service = store.get(&ingress.key.sibling("Service", name));
    let port = backend.at(&["service", "port"]);
    let port = match port.get("number").as_int() {
        Some(number) => eco_format!("{number}"),
        None => port.get("name").to_text(),
    };
    let class = ingress.spec().get("ingressClassName").text();
    Ok(Found {
        service: service.cloned().ok_or(Cause::NoEndpoints)?,
        port,
        tries: if class == "nginx" { NGINX_TRIES } else { 1 },
    })
}

/// Whether some rule leads to a Service.
pub(super) fn leads_to(store: &Store, service: &Key) -> bool {
    let own = store.list("Ingress").into_iter();
    let mut own = own.filter(|it| it.key.namespace == service.namespace);
    own.any(|ingress| {
        let spec = ingress.spec();
        let is_meant = |backend: &Value| backend.at(&["service", "name"]).text() == service.name;
        let rules = spec.get("rules").items().iter();
        let mut paths = rules.flat_map(|rule| rule.at(&["http", "paths"]).items());
        is_meant(spec.get("defaultBackend")) || paths.any(|path| is_meant(path.get("backend")))
    })
}

/// Whether a rule's host means a host, and if so, exactly. A wildcard stands for one label.
fn host_matches(rule: &str, host: &str) -> Option<bool> {
    match rule.strip_prefix("*.") {
        _ if rule.is_empty() => Some(false),
        None => (rule == host).then_some(true),
        Some(parent) => {
            let (_, rest) = host.split_once('.')?;
            (rest == parent).then_some(false)
        }
    }
}

fn path_matches(is_exact: bool, own: &str, path: &str) -> bool {
    match is_exact {
        true => own == path,
        false => is_below(path, own),
    }
}

/// Whether a path is another or lies below it, element by element: `/a/b` is below `/a` and `/a/`, and
/// `/ab` is not.
pub(super) fn is_below(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_in_the_table_of_the_documentation() {
        // https://kubernetes.io/docs/concepts/services-networking/ingress/#examples
        let cases = [
            (false, "/", "/any/path", true),
            (true, "/foo", "/foo", true),
            (true, "/foo", "/bar", false),
            (true, "/foo", "/foo/", false),
            (true, "/foo/", "/foo", false),
            (false, "/foo", "/foo/", true),
            (false, "/foo/", "/foo", true),
            (false, "/foo/", "/foo/", true),
            (false, "/aaa/bb", "/aaa/bbb", false),
            (false, "/aaa/bbb", "/aaa/bbb", true),
            (false, "/aaa/bbb/", "/aaa/bbb", true),
            (false, "/aaa/bbb", "/aaa/bbb/", true),
            (false, "/aaa/bbb", "/aaa/bbb/ccc", true),
            (false, "/aaa/bbb", "/aaa/bbbxyz", false),
            (false, "/aaa", "/ccc", false),
        ];
        for (exact, own, path, expected) in cases {
            assert_eq!(path_matches(exact, own, path), expected, "{own} {path}");
        }
        let hosts = [
            ("*.foo.com", "bar.foo.com", Some(false)),
            ("*.foo.com", "baz.bar.foo.com", None),
            ("*.foo.com", "foo.com", None),
            ("foo.com", "foo.com", Some(true)),
            ("", "foo.com", Some(false)),
        ];
        for (rule, host, expected) in hosts {
            assert_eq!(host_matches(rule, host), expected, "{rule} {host}");
        }
    }
}
