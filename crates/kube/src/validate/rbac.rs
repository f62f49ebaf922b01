//! Roles and bindings (`pkg/apis/rbac/validation`).

use super::{Faults, Path, meta, names};
use crate::{Value, gostruct};

const RBAC: &str = "rbac.authorization.k8s.io";

pub(super) fn role(faults: &mut Faults, new: &Value, _: Option<&Value>) {
    let namespaced = new.get("kind").text() == "Role";
    for (at, rule) in new.get("rules").items().iter().enumerate() {
        let rules = Path::root("rules");
        policy_rule(faults, &rules.index(at), rule, namespaced);
    }
    let aggregation = new.get("aggregationRule");
    if aggregation.is_null() {
        return;
    }
    let at = Path::root("aggregationRule");
    let at = at.child("clusterRoleSelectors");
    let selectors = aggregation.get("clusterRoleSelectors").items();
    if selectors.is_empty() {
        faults.required(
            &at,
            "at least one clusterRoleSelector required if aggregationRule is non-nil",
        );
    }
    for (index, selector) in selectors.iter().enumerate() {
        let at = at.index(index);
        if !meta::label_selector(faults, &at, selector) {
            faults.invalid_shown(&at, "null", "invalid label selector.");
        }
    }
}

fn policy_rule(faults: &mut Faults, at: &Path<'_>, rule: &Value, namespaced: bool) {
    let has = |field: &str| !rule.get(field).items().is_empty();
    if !has("verbs") {
        faults.required(&at.child("verbs"), "verbs must contain at least one value");
    }
    if has("nonResourceURLs") {
        let urls = at.child("nonResourceURLs");
        if namespaced {
            let detail = "namespaced rules cannot apply to non-resource URLs";
            faults.invalid(&urls, rule.get("nonResourceURLs"), detail);
        }
        if has("apiGroups") || has("resources") || has("resourceNames") {
            let detail = "rules cannot apply to both regular resources and non-resource URLs";
            faults.invalid(&urls, rule.get("nonResourceURLs"), detail);
        }
        return;
    }
    if !has("apiGroups") {
        faults.required(
            &at.child("apiGroups"),
            "resource rules must supply at least one api group",
        );
    }
    if !has("resources") {
        faults.required(
            &at.child("resources"),
            "resource rules must supply at least one resource",
        );
    }
}

pub(super) fn role_binding(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let role = new.get("roleRef");
    let at = Path::root("roleRef");
    if role.get("apiGroup").text() != RBAC {
        faults.unsupported(&at.child("apiGroup"), role.get("apiGroup"), &[RBAC]);
    }
    let kinds: &[&str] = match new.get("kind").text() {
        "RoleBinding" => &["Role", "ClusterRole"],
        _ => &["ClusterRole"],
    };
    if !kinds.contains(&role.get("kind").text()) {
        faults.unsupported(&at.child("kind"), role.get("kind"), kinds);
    }
    faults.required_named(&at.child("name"), role.get("name"), names::path_segment);
    let subjects = Path::root("subjects");
    for (index, subject) in new.get("subjects").items().iter().enumerate() {
        self::subject(faults, &subjects.index(index), subject, kinds.len() == 2);
    }
    if let Some(old) = old
        && old.get("roleRef") != role
    {
        let shown = gostruct::json("RoleRef", role);
        faults.invalid_shown(&at, &shown, "cannot change roleRef");
    }
}

/// Who gets the role. In a RoleBinding a service account without namespace is one of the binding's.
fn subject(faults: &mut Faults, at: &Path<'_>, subject: &Value, namespaced: bool) {
    if subject.get("name").text().is_empty() {
        faults.required(&at.child("name"), "");
    }
    let group = subject.get("apiGroup");
    match subject.get("kind").text() {
        "ServiceAccount" => {
            let name = subject.get("name").text();
            if !name.is_empty() {
                faults.named(&at.child("name"), name, names::subdomain);
            }
            if !group.text().is_empty() {
                faults.unsupported(&at.child("apiGroup"), group, &[""]);
            }
            if !namespaced && subject.get("namespace").text().is_empty() {
                faults.required(&at.child("namespace"), "");
            }
        }
        "User" | "Group" => {
            if group.text() != RBAC {
                faults.unsupported(&at.child("apiGroup"), group, &[RBAC]);
            }
        }
        _ => faults.unsupported(
            &at.child("kind"),
            subject.get("kind"),
            &["ServiceAccount", "User", "Group"],
        ),
    }
}
