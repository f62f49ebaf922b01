//! Nobody grants more than they hold (`pkg/registry/rbac`, policybased storage and
//! `validation.ConfirmNoEscalation`).

use super::rules::{Rule, quoted};
use super::{Attributes, User, authorize, grants, rules_of};
use crate::{Key, Status, Store, Value};
use ecow::{EcoString, eco_format};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Refuses a role with rules that its writer does not have, and a binding to one.
pub(crate) fn check(
    store: &Store,
    user: &User,
    key: &Key,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Status> {
    if user.is_master() {
        return Ok(());
    }
    match key.kind.as_str() {
        "Role" | "ClusterRole" => role(store, user, key, old, new),
        "RoleBinding" | "ClusterRoleBinding" => binding(store, user, key, old, new),
        _ => Ok(()),
    }
}

fn may(
    store: &Store,
    user: &User,
    verb: &str,
    resource: &str,
    namespace: &str,
    name: &str,
) -> bool {
    let wanted = Attributes {
        verb: verb.into(),
        group: GROUP.into(),
        resource: resource.into(),
        namespace: namespace.into(),
        name: name.into(),
        ..Attributes::default()
    };
    authorize(store, user, &wanted).allowed
}

fn role(
    store: &Store,
    user: &User,
    key: &Key,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Status> {
    let resource = if key.kind == "Role" {
        "roles"
    } else {
        "clusterroles"
    };
    if may(store, user, "escalate", resource, &key.namespace, &key.name) {
        return Ok(());
    }
    let same = |field: &str| old.is_some_and(|old| old.get(field) == new.get(field));
    if !same("aggregationRule") && !new.get("aggregationRule").is_null() {
        let everything = Rule::everything();
        if !missing(store, user, "", &everything).is_empty() {
            let why = "must have cluster-admin privileges to use an aggregationRule";
            return Err(Status::forbidden(&key.kind, &key.name, why));
        }
    }
    if same("rules") {
        return Ok(());
    }
    confirm(store, user, key, &Rule::all(new.get("rules")))
}

fn binding(
    store: &Store,
    user: &User,
    key: &Key,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Status> {
    let same = |field: &str| old.is_some_and(|old| old.get(field) == new.get(field));
    if same("roleRef") && same("subjects") {
        return Ok(());
    }
    let role = new.get("roleRef");
    let (kind, name) = (role.get("kind").text(), role.get("name").text());
    let resource = if kind == "Role" {
        "roles"
    } else {
        "clusterroles"
    };
    if may(store, user, "bind", resource, &key.namespace, name) {
        return Ok(());
    }
    match rules_of(store, &key.namespace, kind, name) {
        Some(rules) => confirm(store, user, key, &rules),
        None => Err(Status::not_found(kind, name)),
    }
}

/// The parts of rules that a user's own rules in a namespace do not cover.
fn missing(store: &Store, user: &User, namespace: &str, rules: &[Rule]) -> Vec<Rule> {
    let grants = grants(store, user, namespace);
    let held = |part: &Rule| {
        grants
            .held
            .iter()
            .flat_map(|grant| &grant.rules)
            .any(|own| own.covers(part))
    };
    let parts = rules.iter().flat_map(Rule::parts);
    parts.filter(|part| !held(part)).collect()
}

fn confirm(store: &Store, user: &User, key: &Key, rules: &[Rule]) -> Result<(), Status> {
    let missing = missing(store, user, &key.namespace, rules);
    if missing.is_empty() {
        return Ok(());
    }
    let mut shown: Vec<EcoString> = compact(missing).iter().map(Rule::shown).collect();
    lean::sort(&mut shown);
    shown.dedup();
    let (name, groups) = (&user.name, quoted(&user.groups));
    let mut why = eco_format!(
        "user {name:?} (groups={groups}) is attempting to grant RBAC permissions not currently held:\n{}",
        shown.join("\n")
    );
    let unresolved = grants(store, user, &key.namespace).missing;
    if !unresolved.is_empty() {
        why.push_str(&eco_format!(
            "; resolution errors: [{}]",
            unresolved.join(", ")
        ));
    }
    Err(Status::forbidden(&key.kind, &key.name, &why))
}

/// Puts the verbs on one resource together again.
fn compact(parts: Vec<Rule>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for part in parts {
        let same = |rule: &&mut Rule| {
            part.paths.is_empty()
                && rule.paths.is_empty()
                && (&rule.groups, &rule.resources, &rule.names)
                    == (&part.groups, &part.resources, &part.names)
        };
        match rules.iter_mut().find(same) {
            Some(rule) => rule.verbs.extend(part.verbs),
            None => rules.push(part),
        }
    }
    rules
}
