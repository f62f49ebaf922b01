//! Checks of who may do what, and of what the API server lets in.

use super::{Found, Step, keys};
use crate::texts::checks as words;
use ecow::EcoString;
use kube::{Key, Value};

type F<'a> = Found<'a>;

fn is_binding(object: &Value) -> bool {
    matches!(
        object.get("kind").text(),
        "ClusterRoleBinding" | "RoleBinding"
    )
}

/// `ServiceAccount shop/ci, User ada`
fn subjects(object: &Value) -> EcoString {
    let told = object.get("subjects").items().iter().map(|subject| {
        let (kind, name) = (subject.get("kind").text(), subject.get("name").text());
        match subject.get("namespace").text() {
            "" => format!("{kind} {name}"),
            namespace => format!("{kind} {namespace}/{name}"),
        }
    });
    told.collect::<Vec<_>>().join(", ").into()
}

pub(super) fn cluster_admin_role_binding(object: &Value, found: &mut F<'_>) {
    if object.get("kind").text() == "ClusterRoleBinding" && names_admin(object) {
        found.at(keys(&["roleRef"]), words::bound_to(&subjects(object)));
    }
}

fn names_admin(object: &Value) -> bool {
    let role = object.get("roleRef");
    (role.get("kind").text(), role.get("name").text()) == ("ClusterRole", "cluster-admin")
}

/// The rules of the role that a binding names, if it is there.
fn rules(object: &Value, found: &F<'_>) -> Vec<Value> {
    let role = object.get("roleRef");
    let namespace = match role.get("kind").text() {
        "Role" => Key::of(object).namespace,
        _ => EcoString::new(),
    };
    let key = Key::new(role.get("kind").text(), namespace, role.get("name").text());
    let role = found.subject.store.get(&key);
    role.map(|role| role.value.get("rules").items().to_vec())
        .unwrap_or_default()
}

fn lists(rule: &Value, field: &str, wanted: &[&str]) -> bool {
    rule.get(field)
        .items()
        .iter()
        .any(|it| wanted.contains(&it.text()))
}

pub(super) fn cluster_admin_binding(object: &Value, found: &mut F<'_>) {
    if !is_binding(object) {
        return;
    }
    let is_all = |rule: &Value| {
        ["apiGroups", "resources", "verbs"]
            .iter()
            .all(|field| lists(rule, field, &["*"]))
    };
    let is_admin = names_admin(object);
    if !is_admin && !rules(object, found).iter().any(is_all) {
        return;
    }
    let namespace = Key::of(object).namespace;
    found.at(
        keys(&["roleRef"]),
        words::may_do_anything(&subjects(object), is_admin, &namespace),
    );
}

pub(super) fn access_to_secrets(object: &Value, found: &mut F<'_>) {
    const VERBS: [&str; 6] = ["get", "list", "delete", "create", "watch", "*"];
    if is_binding(object) {
        let is_access = |rule: &Value| {
            lists(rule, "resources", &["secrets", "*"]) && lists(rule, "verbs", &VERBS)
        };
        if rules(object, found).iter().any(is_access) {
            found.at(
                keys(&["roleRef"]),
                words::may_read_secrets(&subjects(object)),
            );
        }
    }
}

pub(super) fn access_to_create_pods(object: &Value, found: &mut F<'_>) {
    const MAKERS: [&str; 8] = [
        "pods",
        "deployments",
        "statefulsets",
        "replicasets",
        "cronjobs",
        "jobs",
        "daemonsets",
        "*",
    ];
    if is_binding(object) {
        let is_access = |rule: &Value| {
            lists(rule, "resources", &MAKERS) && lists(rule, "verbs", &["create", "*"])
        };
        if rules(object, found).iter().any(is_access) {
            found.at(
                keys(&["roleRef"]),
                words::may_create_pods(&subjects(object)),
            );
        }
    }
}

pub(super) fn wildcard_in_rules(object: &Value, found: &mut F<'_>) {
    if !matches!(object.get("kind").text(), "ClusterRole" | "Role") {
        return;
    }
    for (at, rule) in object.get("rules").items().iter().enumerate() {
        for field in ["resources", "verbs"] {
            if lists(rule, field, &["*"]) {
                let path = [
                    Step::Key("rules".into()),
                    Step::Item(at),
                    Step::Key(field.into()),
                ];
                found.at(path.to_vec(), words::rule_about_all(field));
            }
        }
    }
}

pub(super) fn refused(object: &Value, found: &mut F<'_>) {
    let key = Key::of(object);
    let mut refused = found.subject.refused.iter();
    if let Some((_, message)) = refused.find(|(other, _)| *other == key) {
        found.at(Vec::new(), message.clone());
    }
}
