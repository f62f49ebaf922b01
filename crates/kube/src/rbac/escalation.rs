//! Nobody grants more than they hold (`pkg/registry/rbac`, policybased storage and
//! `validation.ConfirmNoEscalation`).

use super::rules::{Rule, quoted};
use super::{Attributes, User, authorize, grants, rules_of};
use crate::{Key, Status, Store, Value};
use ecow::{EcoString, eco_format};

const GROUP: &str = "rbac.authorization.k8s.io";

/// A write of a role or a binding.
struct Grant<'a> {
    store: &'a Store,
    user: &'a User,
    key: &'a Key,
    old: Option<&'a Value>,
    new: &'a Value,
}

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
    let grant = Grant {
        store,
        user,
        key,
        old,
        new,
    };
    match key.kind.as_str() {
        "Role" | "ClusterRole" => grant.role(),
        "RoleBinding" | "ClusterRoleBinding" => grant.binding(),
        _ => Ok(()),
    }
}

impl Grant<'_> {
    fn role(&self) -> Result<(), Status> {
        let (key, new) = (self.key, self.new);
        if self.may("escalate", &key.kind, &key.name) {
            return Ok(());
        }
        if !self.keeps("aggregationRule") && !new.get("aggregationRule").is_null() {
            let everything = Rule::everything();
            if !missing(self.store, self.user, "", &everything).is_empty() {
                let why = "must have cluster-admin privileges to use an aggregationRule";
                return Err(Status::forbidden(&key.kind, &key.name, why));
            }
        }
        if self.keeps("rules") {
            return Ok(());
        }
        self.confirm(&Rule::all(new.get("rules")))
    }

    fn binding(&self) -> Result<(), Status> {
        if self.keeps("roleRef") && self.keeps("subjects") {
            return Ok(());
        }
        let role = self.new.get("roleRef");
        let (kind, name) = (role.get("kind").text(), role.get("name").text());
        if self.may("bind", kind, name) {
            return Ok(());
        }
        match rules_of(self.store, &self.key.namespace, kind, name) {
            Some(rules) => self.confirm(&rules),
            None => Err(Status::not_found(kind, name)),
        }
    }

    /// Whether a field is as it was.
    fn keeps(&self, field: &str) -> bool {
        self.old
            .is_some_and(|old| old.get(field) == self.new.get(field))
    }

    /// Whether the writer may do this to a role, whatever its rules.
    fn may(&self, verb: &str, kind: &str, name: &str) -> bool {
        let resource = match kind {
            "Role" => "roles",
            _ => "clusterroles",
        };
        let wanted = Attributes {
            verb: verb.into(),
            group: GROUP.into(),
            resource: resource.into(),
            namespace: self.key.namespace.clone(),
            name: name.into(),
            ..Attributes::default()
        };
        authorize(self.store, self.user, &wanted).allowed
    }

    fn confirm(&self, rules: &[Rule]) -> Result<(), Status> {
        let (store, user, key) = (self.store, self.user, self.key);
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
