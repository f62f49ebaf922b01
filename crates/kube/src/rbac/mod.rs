//! Who may do what: the RBAC authorizer (`plugin/pkg/auth/authorizer/rbac`), with Kubernetes' own
//! roles, and the check that nobody grants more than they hold.

mod builtin;
mod escalation;
mod node;
mod review;
mod rules;

pub use builtin::bootstrap;
pub(crate) use escalation::check as check_escalation;
pub(crate) use review::{answer as answer_question, is_question};

use crate::status::About;
use crate::{Key, Object, Status, Store, Value, selector};
use ecow::{EcoString, EcoVec, eco_format};
use lean::SharedMap;
use rules::Rule;
use std::rc::Rc;

/// The group of all who say who they are.
const AUTHENTICATED: &str = "system:authenticated";
/// The group whose members may do anything, whatever the roles say.
pub const MASTERS: &str = "system:masters";

/// What the names of nodes begin with, and the group that they are in
/// (`plugin/pkg/auth/authorizer/node`).
const NODE: &str = "system:node:";
const NODES: &str = "system:nodes";

/// What the names of service accounts begin with.
const ACCOUNT: &str = "system:serviceaccount:";

/// Somebody who asks for something.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct User {
    /// `ada`, `system:serviceaccount:build:ci`
    pub name: EcoString,
    /// The groups that they are in, `system:authenticated` among them.
    pub groups: EcoVec<EcoString>,
}

impl User {
    /// A person, or the service account or node (`system:node:a`) that the name is one of, with the
    /// groups that authentication gives them.
    #[must_use]
    pub fn named(name: &str) -> User {
        let mut groups = EcoVec::new();
        if let Some(account) = name.strip_prefix(ACCOUNT) {
            let namespace = account.split(':').next().unwrap_or_default();
            groups.push("system:serviceaccounts".into());
            groups.push(eco_format!("system:serviceaccounts:{namespace}"));
        }
        if name.starts_with(NODE) {
            groups.push(NODES.into());
        }
        groups.push(AUTHENTICATED.into());
        User {
            name: name.into(),
            groups,
        }
    }

    /// A service account of a namespace.
    #[must_use]
    pub fn service_account(namespace: &str, name: &str) -> User {
        User::named(&eco_format!("system:serviceaccount:{namespace}:{name}"))
    }

    /// A part of the control plane, which nothing is refused.
    #[must_use]
    pub fn master(name: impl Into<EcoString>) -> User {
        User {
            name: name.into(),
            groups: [MASTERS, AUTHENTICATED].map(EcoString::from).into(),
        }
    }

    /// The node whose kubelet it is, if it is one (`pkg/auth/nodeidentifier`).
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        let node = self.name.strip_prefix(NODE)?;
        self.groups
            .iter()
            .any(|group| group == NODES)
            .then_some(node)
    }

    /// Whether nothing is refused them.
    #[must_use]
    pub fn is_master(&self) -> bool {
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
    /// Of several: `spec.nodeName=a`, the fields by which they are selected.
    pub fields: EcoString,
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
#[derive(Debug)]
struct Grant {
    /// `RBAC: allowed by RoleBinding "ada-pods/shop" of Role "pod-reader" to User "ada"`
    described: EcoString,
    rules: Vec<Rule>,
}

/// All that a user was given in a namespace.
#[derive(Debug)]
pub(crate) struct Grants {
    held: Vec<Grant>,
    /// What kept the authorizer from finding out more: roles that bindings name and nobody made.
    missing: Vec<EcoString>,
}

/// What users were found to be given, by their names. It holds until a role or a binding is written.
pub(crate) type Known = SharedMap<EcoString, EcoVec<Found>>;

/// What a user was found to be given in a namespace.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    groups: EcoVec<EcoString>,
    namespace: EcoString,
    grants: Rc<Grants>,
    /// What they asked for and may do, whatever the object is called: verb, kind and subresource.
    allowed: EcoVec<(&'static str, EcoString, &'static str)>,
}

/// What is asked of the authorizer again and again.
pub(crate) struct Question<'a> {
    pub user: &'a User,
    pub namespace: &'a EcoString,
    pub verb: &'static str,
    pub kind: &'a EcoString,
    pub subresource: &'static str,
}

impl Question<'_> {
    fn is_about(&self, found: &Found) -> bool {
        found.namespace == *self.namespace
            && (found.groups.as_ptr() == self.user.groups.as_ptr()
                || found.groups == self.user.groups)
    }

    /// Whether the answer is known to be yes.
    fn is_answered(&self, known: &[Found]) -> bool {
        let mut about = known.iter().filter(|found| self.is_about(found));
        about.any(|found| {
            found.allowed.iter().any(|(verb, kind, part)| {
                lean::is_same(kind, self.kind)
                    && lean::is_same(verb, self.verb)
                    && lean::is_same(part, self.subresource)
            })
        })
    }
}

/// Whether a write to an object of this kind may give or take rights.
pub(crate) fn decides(kind: &str) -> bool {
    matches!(
        kind,
        "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding"
    )
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
    decide(store, user, &grants(store, user, &wanted.namespace), wanted)
}

impl Grants {
    /// The first rule that allows what is wanted, and whose it is.
    fn rule(&self, wanted: &Attributes) -> Option<(&Grant, &Rule)> {
        let all = self.held.iter().flat_map(|grant| {
            let rules = grant.rules.iter();
            rules.map(move |rule| (grant, rule))
        });
        all.into_iter().find(|(_, rule)| rule.allows(wanted))
    }
}

fn decide(store: &Store, user: &User, grants: &Grants, wanted: &Attributes) -> Decision {
    let granted = grants.rule(wanted);
    let of_node = user.node().filter(|_| granted.is_none());
    let of_node = of_node.map(|node| node::check(store, node, wanted));
    if let Some(Ok(())) = of_node {
        return Decision {
            allowed: true,
            reason: EcoString::new(),
        };
    }
    let reason = match (granted, grants.missing.as_slice()) {
        (Some((grant, _)), _) => grant.described.clone(),
        (None, []) => EcoString::new(),
        (None, [one]) => eco_format!("RBAC: {one}"),
        (None, more) => eco_format!("RBAC: [{}]", more.join(", ")),
    };
    // Each authorizer says why (`k8s.io/apiserver/pkg/authorization/union`).
    let reason = match of_node {
        Some(Err(why)) if !why.is_empty() && !reason.is_empty() => eco_format!("{why}\n{reason}"),
        Some(Err(why)) if reason.is_empty() => why,
        _ => reason,
    };
    Decision {
        allowed: granted.is_some(),
        reason,
    }
}

/// Refuses what a user may not do, remembering in the store what the user may. `wanted` says it in full,
/// which most requests do without.
///
/// # Errors
/// 403, in the server's words.
pub(crate) fn check_known(
    store: &mut Store,
    question: &Question<'_>,
    wanted: &dyn Fn() -> Attributes,
) -> Result<(), Status> {
    let user = question.user;
    let known = store.grants.get(&user.name);
    if known.is_some_and(|known| question.is_answered(known)) {
        return Ok(());
    }
    let mut known = known.cloned().unwrap_or_default();
    let at = match known.iter().position(|found| question.is_about(found)) {
        Some(at) => at,
        None => {
            known.push(Found {
                groups: user.groups.clone(),
                namespace: question.namespace.clone(),
                grants: Rc::new(grants(store, user, question.namespace)),
                allowed: EcoVec::new(),
            });
            known.len() - 1
        }
    };
    let (wanted, found) = (wanted(), &mut known.make_mut()[at]);
    let rule = found.grants.rule(&wanted);
    if rule.is_some_and(|(_, rule)| rule.names.is_empty()) {
        let asked = (question.verb, question.kind.clone(), question.subresource);
        found.allowed.push(asked);
    }
    let answer = answer(user, &wanted, &decide(store, user, &found.grants, &wanted));
    store.grants.insert(user.name.clone(), known);
    answer
}

/// Refuses what a user may not do.
///
/// # Errors
/// 403, in the server's words.
pub fn check(store: &Store, user: &User, wanted: &Attributes) -> Result<(), Status> {
    answer(user, wanted, &authorize(store, user, wanted))
}

fn answer(user: &User, wanted: &Attributes, decision: &Decision) -> Result<(), Status> {
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
    let about = About {
        group: wanted.group.clone(),
        kind: wanted.resource.clone(),
        name: wanted.name.clone(),
    };
    Err(Status::forbidden_because(message, about))
}

/// Refuses to let somebody act as somebody else without the right to
/// (`k8s.io/apiserver/pkg/endpoints/filters/impersonation`).
pub(crate) fn check_impersonation(store: &Store, user: &User, other: &User) -> Result<(), Status> {
    let account = other.name.strip_prefix(ACCOUNT);
    let named = match account.and_then(|it| it.split_once(':')) {
        Some((namespace, name)) => ("serviceaccounts", namespace, name),
        None => ("users", "", other.name.as_str()),
    };
    let given = User::named(&other.name).groups;
    let groups = other.groups.iter().filter(|it| !given.contains(it));
    let groups = groups.map(|group| ("groups", "", group.as_str()));
    for (resource, namespace, name) in std::iter::once(named).chain(groups) {
        let wanted = Attributes {
            verb: "impersonate".into(),
            resource: resource.into(),
            namespace: namespace.into(),
            name: name.into(),
            ..Attributes::default()
        };
        check(store, user, &wanted)?;
    }
    Ok(())
}

/// All that bindings give a user: everywhere, then in a namespace; and what the node authorizer gives a
/// node.
fn grants(store: &Store, user: &User, namespace: &str) -> Grants {
    let (mut held, mut missing) = (Vec::new(), Vec::new());
    if user.node().is_some() {
        held.push(Grant {
            described: EcoString::new(),
            rules: node_rules(store),
        });
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
                    "RBAC: allowed by {} {name:?} of {kind} {role:?} to {}",
                    binding.key.kind,
                    describe(subject, own)
                );
                held.push(Grant { described, rules });
            }
            None => missing.push(eco_format!(
                "{}.rbac.authorization.k8s.io {role:?} not found",
                kind.to_lowercase()
            )),
        }
    }
    Grants { held, missing }
}

/// What every node may do, whatever bindings say and whichever object it is about. What it writes of
/// nodes and pods is for NodeRestriction to judge.
fn node_rules(store: &Store) -> Vec<Rule> {
    let mut rules = rules_of(store, "", "ClusterRole", "system:node").unwrap_or_default();
    rules.retain(|rule| {
        let reads = rule.verbs.iter().any(|verb| verb == "get");
        !rule.resources.iter().any(|resource| {
            let name = resource.split('/').next().unwrap_or_default();
            let is_written = matches!(name, "nodes" | "pods") && !reads;
            node::is_divided(name) && !is_written
        })
    });
    rules
}

fn is_about(subject: &Value, user: &User, namespace: &str) -> bool {
    let name = subject.get("name").text();
    match subject.get("kind").text() {
        "User" => user.name == name,
        "Group" => user.groups.iter().any(|group| group == name),
        "ServiceAccount" => {
            let account = user.name.strip_prefix(ACCOUNT);
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
    let role = store.get(&Key::new(kind, namespace, name))?;
    let (mut rules, mut seen) = (Vec::new(), Vec::new());
    collect(store, role, &mut seen, &mut rules);
    Some(rules)
}

/// A role's own rules, and of those that it aggregates (`clusterrole-aggregation-controller`), each
/// once.
fn collect<'a>(store: &'a Store, role: &'a Object, seen: &mut Vec<&'a Key>, rules: &mut Vec<Rule>) {
    if seen.contains(&&role.key) {
        return;
    }
    seen.push(&role.key);
    rules.extend(Rule::all(role.value.get("rules")));
    let selectors = role.value.at(&["aggregationRule", "clusterRoleSelectors"]);
    if selectors.items().is_empty() {
        return;
    }
    for other in store.list("ClusterRole") {
        let chosen = |selector| selector::matches(selector, other.labels());
        if selectors.items().iter().any(chosen) {
            collect(store, other, seen, rules);
        }
    }
}
