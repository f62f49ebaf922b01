//! Who may do what: the RBAC authorizer (`plugin/pkg/auth/authorizer/rbac`), with Kubernetes' own
//! roles, and the check that nobody grants more than they hold.

mod builtin;
mod escalation;
mod rules;

pub(crate) use escalation::check as check_escalation;

use crate::{Key, Status, Store, Value, selector};
use ecow::{EcoString, EcoVec, eco_format};
use rules::Rule;

/// The group whose members may do anything, whatever the roles say.
pub const MASTERS: &str = "system:masters";

/// Somebody who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `ada`, `system:serviceaccount:build:ci`
    pub name: EcoString,
    /// The groups that they are in, `system:authenticated` among them.
    pub groups: EcoVec<EcoString>,
}

impl User {
    /// A person, or the service account that the name is one of, with the groups that authentication
    /// gives them.
    #[must_use]
    pub fn named(name: &str) -> User {
        let mut groups = EcoVec::new();
        if let Some(account) = name.strip_prefix("system:serviceaccount:") {
            let namespace = account.split(':').next().unwrap_or_default();
            groups.push("system:serviceaccounts".into());
            groups.push(eco_format!("system:serviceaccounts:{namespace}"));
        }
        groups.push("system:authenticated".into());
        User {
            name: name.into(),
            groups,
        }
    }

    /// A part of the control plane, which nothing is refused.
    #[must_use]
    pub fn master(name: impl Into<EcoString>) -> User {
        User {
            name: name.into(),
            groups: [EcoString::from(MASTERS)].into_iter().collect(),
        }
    }

    pub(crate) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }
}

/// What somebody wants to do (`k8s.io/apiserver/pkg/authorization/authorizer`, Attributes).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or another
    /// verb that roles know, such as `bind`.
    pub verb: EcoString,
    /// `apps`; empty for the core group.
    pub group: EcoString,
    /// `deployments`
    pub resource: EcoString,
    /// `scale`; mostly empty.
    pub subresource: EcoString,
    /// Empty at the cluster scope.
    pub namespace: EcoString,
    /// Of one object; empty for all, and for one to be created.
    pub name: EcoString,
    /// A path that is no resource, such as `/metrics`. Then the fields of a resource are empty.
    pub path: EcoString,
}

/// What the authorizer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether they may.
    pub allowed: bool,
    /// Why, or what kept the authorizer from finding out. May be empty.
    pub reason: EcoString,
}

/// A binding that is about a user.
struct Grant {
    /// `RoleBinding "ada-pods/shop" of Role "pod-reader" to User "ada"`
    described: EcoString,
    rules: Vec<Rule>,
}

/// Decides whether a user may do something.
#[must_use]
pub fn authorize(store: &Store, user: &User, wanted: &Attributes) -> Decision {
    if user.is_master() {
        return Decision {
            allowed: true,
            reason: EcoString::new(),
        };
    }
    let (grants, missing) = grants(store, user, &wanted.namespace);
    let granted = grants
        .iter()
        .find(|grant| grant.rules.iter().any(|rule| rule.allows(wanted)));
    let reason = match (granted, missing.as_slice()) {
        (Some(grant), _) => eco_format!("RBAC: allowed by {}", grant.described),
        (None, []) => EcoString::new(),
        (None, [one]) => eco_format!("RBAC: {one}"),
        (None, more) => eco_format!("RBAC: [{}]", more.join(", ")),
    };
    Decision {
        allowed: granted.is_some(),
        reason,
    }
}

/// Refuses what a user may not do.
///
/// # Errors
/// 403, in the server's words.
pub fn check(store: &Store, user: &User, wanted: &Attributes) -> Result<(), Status> {
    let decision = authorize(store, user, wanted);
    if decision.allowed {
        return Ok(());
    }
    let (verb, name) = (&wanted.verb, &user.name);
    let mut message = if wanted.path.is_empty() {
        let dot = if wanted.group.is_empty() { "" } else { "." };
        let resource = eco_format!("{}{dot}{}", wanted.resource, wanted.group);
        let object = match wanted.name.as_str() {
            "" => resource,
            object => eco_format!("{resource} {object:?}"),
        };
        let slash = if wanted.subresource.is_empty() {
            ""
        } else {
            "/"
        };
        let part = eco_format!("{}{slash}{}", wanted.resource, wanted.subresource);
        let place = match wanted.namespace.as_str() {
            "" => "at the cluster scope".into(),
            namespace => eco_format!("in the namespace {namespace:?}"),
        };
        let group = &wanted.group;
        eco_format!(
            "{object} is forbidden: User {name:?} cannot {verb} resource {part:?} in API group {group:?} {place}"
        )
    } else {
        let path = &wanted.path;
        eco_format!("forbidden: User {name:?} cannot {verb} path {path:?}")
    };
    if !decision.reason.is_empty() {
        message.push_str(": ");
        message.push_str(&decision.reason);
    }
    Err(Status::forbidden_because(message))
}

/// All that bindings give a user: everywhere, then in a namespace; and the roles that bindings name
/// but are not there.
fn grants(store: &Store, user: &User, namespace: &str) -> (Vec<Grant>, Vec<EcoString>) {
    let (mut grants, mut missing) = (Vec::new(), Vec::new());
    for (name, role, groups) in builtin::BINDINGS {
        if let Some(group) = user
            .groups
            .iter()
            .find(|group| groups.contains(&group.as_str()))
        {
            let described = eco_format!(
                "ClusterRoleBinding {name:?} of ClusterRole {role:?} to Group {group:?}"
            );
            let rules = rules_of(store, "", "ClusterRole", role).unwrap_or_default();
            grants.push(Grant { described, rules });
        }
    }
    let mut bindings = store.list("ClusterRoleBinding");
    if !namespace.is_empty() {
        bindings.extend(store.list_in("RoleBinding", namespace));
    }
    for binding in bindings {
        let own = &binding.key.namespace;
        let subjects = binding.value.get("subjects").items();
        let Some(subject) = subjects.iter().find(|subject| is_about(subject, user, own)) else {
            continue;
        };
        let role = binding.value.get("roleRef");
        let (kind, role) = (role.get("kind").text(), role.get("name").text());
        match rules_of(store, own, kind, role) {
            Some(rules) => {
                let slash = if own.is_empty() { "" } else { "/" };
                let name = eco_format!("{}{slash}{own}", binding.key.name);
                let described = eco_format!(
                    "{} {name:?} of {kind} {role:?} to {}",
                    binding.key.kind,
                    describe(subject, own)
                );
                grants.push(Grant { described, rules });
            }
            None => missing.push(eco_format!(
                "{}.rbac.authorization.k8s.io {role:?} not found",
                kind.to_lowercase()
            )),
        }
    }
    (grants, missing)
}

fn is_about(subject: &Value, user: &User, namespace: &str) -> bool {
    let name = subject.get("name").text();
    match subject.get("kind").text() {
        "User" => user.name == name,
        "Group" => user.groups.iter().any(|group| group == name),
        "ServiceAccount" => {
            let account = user.name.strip_prefix("system:serviceaccount:");
            account.and_then(|it| it.split_once(':'))
                == Some((namespace_of(subject, namespace), name))
        }
        _ => false,
    }
}

/// The namespace of a service account: its own, or its binding's.
fn namespace_of<'a>(subject: &'a Value, namespace: &'a str) -> &'a str {
    match subject.get("namespace").text() {
        "" => namespace,
        own => own,
    }
}

fn describe(subject: &Value, namespace: &str) -> EcoString {
    let (kind, name) = (subject.get("kind").text(), subject.get("name").text());
    match kind {
        "ServiceAccount" => {
            let name = eco_format!("{name}/{}", namespace_of(subject, namespace));
            eco_format!("{kind} {name:?}")
        }
        _ => eco_format!("{kind} {name:?}"),
    }
}

/// The rules of a role, those of roles that it aggregates included; none if there is no such role.
fn rules_of(store: &Store, namespace: &str, kind: &str, name: &str) -> Option<Vec<Rule>> {
    let namespace = if kind == "Role" { namespace } else { "" };
    let stored = store.get(&Key::new(kind, namespace, name));
    let own = builtin::rules(name).filter(|_| kind == "ClusterRole" && stored.is_none());
    let aggregated = |selectors: &Value| {
        let roles = store.list("ClusterRole").into_iter();
        let chosen = roles.filter(|role| {
            role.key.name != name
                && selectors
                    .items()
                    .iter()
                    .any(|it| selector::matches(it, role.labels()))
        });
        chosen
            .flat_map(|role| Rule::all(role.value.get("rules")))
            .collect::<Vec<_>>()
    };
    match (stored, own) {
        (Some(role), _) => {
            let mut rules = Rule::all(role.value.get("rules"));
            rules.extend(aggregated(
                role.value.at(&["aggregationRule", "clusterRoleSelectors"]),
            ));
            Some(rules)
        }
        (None, Some(mut rules)) => {
            // `admin`, `edit` and `view` take in what is labelled for them.
            let label = eco_format!("rbac.authorization.k8s.io/aggregate-to-{name}");
            let selector = crate::map! { "matchLabels" => crate::map! { &*label => "true" } };
            rules.extend(aggregated(&vec![selector].into()));
            Some(rules)
        }
        (None, None) => None,
    }
}
