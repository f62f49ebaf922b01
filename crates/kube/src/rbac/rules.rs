//! Rules of roles (`pkg/apis/rbac/v1/evaluation_helpers.go`, `k8s.io/component-helpers/auth/rbac`).

use super::Attributes;
use crate::Value;
use ecow::{EcoString, eco_format};

/// One rule of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    pub verbs: Vec<EcoString>,
    pub groups: Vec<EcoString>,
    pub resources: Vec<EcoString>,
    pub names: Vec<EcoString>,
    pub paths: Vec<EcoString>,
}

fn has(list: &[EcoString], item: &str) -> bool {
    list.iter().any(|it| it == item)
}

/// Whether a list has an item, or everything.
fn has_or_all(list: &[EcoString], item: &str) -> bool {
    has(list, "*") || has(list, item)
}

impl Rule {
    /// The rules of a role's `rules`.
    pub fn all(rules: &Value) -> Vec<Rule> {
        let texts = |rule: &Value, field: &str| {
            rule.get(field).items().iter().map(Value::to_text).collect()
        };
        rules
            .items()
            .iter()
            .map(|rule| Rule {
                verbs: texts(rule, "verbs"),
                groups: texts(rule, "apiGroups"),
                resources: texts(rule, "resources"),
                names: texts(rule, "resourceNames"),
                paths: texts(rule, "nonResourceURLs"),
            })
            .collect()
    }

    /// The rules that allow everything.
    pub fn everything() -> [Rule; 2] {
        let all = || vec![EcoString::from("*")];
        let resources = Rule {
            verbs: all(),
            groups: all(),
            resources: all(),
            ..Rule::default()
        };
        let paths = Rule {
            verbs: all(),
            paths: all(),
            ..Rule::default()
        };
        [resources, paths]
    }

    /// Whether it allows what somebody wants.
    pub fn allows(&self, wanted: &Attributes) -> bool {
        if !has_or_all(&self.verbs, &wanted.verb) {
            return false;
        }
        if !wanted.path.is_empty() {
            return self
                .paths
                .iter()
                .any(|path| covers_path(path, &wanted.path));
        }
        // `*` is every resource with its subresources, `*/scale` that subresource of every one.
        let is_wanted = |own: &EcoString| match own.split_once('/') {
            None => own == "*" || *own == wanted.resource && wanted.subresource.is_empty(),
            Some((of, part)) => part == wanted.subresource && (of == "*" || of == wanted.resource),
        };
        has_or_all(&self.groups, &wanted.group)
            && self.resources.iter().any(is_wanted)
            && (self.names.is_empty() || has(&self.names, &wanted.name))
    }

    /// `*` is every resource with its subresources, `*/scale` that subresource of every one.
    fn covers_resource(&self, resource: &str) -> bool {
        has_or_all(&self.resources, resource)
            || resource
                .split_once('/')
                .is_some_and(|(_, part)| has(&self.resources, &eco_format!("*/{part}")))
    }

    /// The rule in parts of one verb on one resource each.
    pub fn parts(&self) -> Vec<Rule> {
        let one = |item: &EcoString| vec![item.clone()];
        let mut parts = Vec::new();
        for group in &self.groups {
            for resource in &self.resources {
                for verb in &self.verbs {
                    let part = Rule {
                        verbs: one(verb),
                        groups: one(group),
                        resources: one(resource),
                        ..Rule::default()
                    };
                    if self.names.is_empty() {
                        parts.push(part);
                    } else {
                        let named = self.names.iter().map(|name| Rule {
                            names: one(name),
                            ..part.clone()
                        });
                        parts.extend(named);
                    }
                }
            }
        }
        for path in &self.paths {
            for verb in &self.verbs {
                parts.push(Rule {
                    verbs: one(verb),
                    paths: one(path),
                    ..Rule::default()
                });
            }
        }
        parts
    }

    /// Whether it allows all that another rule's part does.
    pub fn covers(&self, part: &Rule) -> bool {
        let all = |own: &[EcoString], theirs: &[EcoString]| {
            theirs.iter().all(|item| has_or_all(own, item))
        };
        all(&self.verbs, &part.verbs)
            && all(&self.groups, &part.groups)
            && part.resources.iter().all(|it| self.covers_resource(it))
            && part
                .paths
                .iter()
                .all(|path| self.paths.iter().any(|own| covers_path(own, path)))
            && (self.names.is_empty()
                || !part.names.is_empty() && part.names.iter().all(|name| has(&self.names, name)))
    }

    /// The rule as a message shows it.
    pub fn shown(&self) -> EcoString {
        let lists = [
            ("APIGroups", &self.groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.paths),
            ("ResourceNames", &self.names),
            ("Verbs", &self.verbs),
        ];
        let parts: Vec<EcoString> = lists
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| eco_format!("{name}:{}", quoted(list)))
            .collect();
        eco_format!("{{{}}}", parts.join(", "))
    }
}

/// A list as Go prints one with `%q`.
pub(super) fn quoted(list: &[EcoString]) -> EcoString {
    let items: Vec<EcoString> = list.iter().map(|item| eco_format!("{item:?}")).collect();
    eco_format!("[{}]", items.join(" "))
}

/// A path, or with a star at its end all that begin with it.
fn covers_path(rule: &str, path: &str) -> bool {
    rule == path
        || rule
            .strip_suffix('*')
            .is_some_and(|start| path.starts_with(start))
}
