//! Questions to the authorizer, and who one is, asked as objects that nobody stores
//! (`pkg/registry/authorization/*`, `pkg/registry/authentication/selfsubjectreview`).

use super::{Attributes, Grants, User, authorize, grants};
use crate::api::{Answer, Response};
use crate::{Key, Meta, Object, Store, Value, map};
use ecow::EcoString;
use std::rc::Rc;

const KINDS: &[&str] = &[
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
];

/// Whether an object of this kind is such a question.
pub(crate) fn is_question(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Answers: gives the object back with its status.
pub(crate) fn answer(store: &Store, user: &User, key: &Key, mut body: Value) -> Response {
    let spec = body.get("spec");
    let status = match key.kind.as_str() {
        "SelfSubjectRulesReview" => rules(&grants(store, user, spec.get("namespace").text())),
        "SelfSubjectAccessReview" => access(store, user, spec),
        "SelfSubjectReview" => {
            let groups = user.groups.iter().map(Value::from).collect::<Vec<Value>>();
            map! { "userInfo" => map! { "groups" => groups, "username" => &user.name } }
        }
        _ => {
            let groups = spec.get("groups").items().iter().map(Value::to_text);
            let subject = User {
                name: spec.get("user").to_text(),
                groups: groups.collect(),
            };
            access(store, &subject, spec)
        }
    };
    body.set("status", status);
    Ok(Answer::Object(Rc::new(Object {
        key: key.clone(),
        meta: Meta::default(),
        value: body,
    })))
}

fn access(store: &Store, user: &User, spec: &Value) -> Value {
    let (resource, path) = (
        spec.get("resourceAttributes"),
        spec.get("nonResourceAttributes"),
    );
    let text = |field: &str| resource.get(field).to_text();
    let wanted = match path.is_null() {
        true => Attributes {
            verb: text("verb"),
            group: text("group"),
            resource: text("resource"),
            subresource: text("subresource"),
            namespace: text("namespace"),
            name: text("name"),
            fields: resource.at(&["fieldSelector", "rawSelector"]).to_text(),
            path: EcoString::new(),
        },
        false => Attributes {
            verb: path.get("verb").to_text(),
            path: path.get("path").to_text(),
            ..Attributes::default()
        },
    };
    let decision = authorize(store, user, &wanted);
    let mut status = map! { "allowed" => decision.allowed };
    if !decision.reason.is_empty() {
        status.set("reason", decision.reason);
    }
    status
}

/// All rules that somebody has, in the order of their bindings.
fn rules(grants: &Grants) -> Value {
    let list = |items: &[EcoString]| items.iter().map(Value::from).collect::<Value>();
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    for rule in grants.held.iter().flat_map(|grant| &grant.rules) {
        let mut shown = map! { "verbs" => list(&rule.verbs) };
        if !rule.paths.is_empty() {
            shown.set("nonResourceURLs", list(&rule.paths));
            paths.push(shown);
            continue;
        }
        shown.set("apiGroups", list(&rule.groups));
        shown.set("resources", list(&rule.resources));
        if !rule.names.is_empty() {
            shown.set("resourceNames", list(&rule.names));
        }
        resources.push(shown);
    }
    let mut status = map! {
        "resourceRules" => resources,
        "nonResourceRules" => paths,
        "incomplete" => !grants.missing.is_empty(),
    };
    if !grants.missing.is_empty() {
        status.set("evaluationError", grants.missing.join(", "));
    }
    status
}
