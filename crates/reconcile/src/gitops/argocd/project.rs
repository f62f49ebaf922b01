//! What an AppProject lets its Applications do: from where, to where, and with which kinds
//! (`pkg/apis/application/v1alpha1/types.go`, `controller/sync.go`).

use super::spec::{sources, text};
use crate::gitops::diff::group_of;
use ecow::{EcoString, eco_format};
use kube::{Key, Object, Store, Value};
use std::rc::Rc;

/// The project of an Application. One that is called `default` need not be there: then it permits all.
pub(super) fn of<'s>(store: &'s Store, app: &Key, spec: &Value) -> Option<&'s Rc<Object>> {
    let name = match text(spec, &["project"]) {
        "" => "default",
        name => name,
    };
    store.get(&Key::new("AppProject", app.namespace.clone(), name))
}

/// What the project has against an Application's sources or destination (`ValidatePermissions`).
pub(super) fn forbids(store: &Store, app: &Key, spec: &Value) -> Option<EcoString> {
    let project = of(store, app, spec)?;
    let name = &project.key.name;
    for source in sources(spec) {
        let url = source.get("repoURL").text();
        if !permits_source(project, url) {
            return Some(eco_format!(
                "application repo {url} is not permitted in project '{name}'"
            ));
        }
    }
    let destination = spec.get("destination");
    let namespace = destination.get("namespace").text();
    if permits_destination(project, namespace) {
        return None;
    }
    Some(eco_format!(
        "application destination server '{}' and namespace '{namespace}' do not match any of the allowed \
         destinations in project '{name}'",
        super::spec::SERVER
    ))
}

/// What the project has against an object of a sync.
pub(super) fn forbids_object(project: &Object, key: &Key, object: &Value) -> Option<EcoString> {
    let (group, name) = (group_of(object), &project.key.name);
    let is_namespaced = !key.namespace.is_empty();
    if !permits_kind(project, group, &key.kind, is_namespaced) {
        return Some(eco_format!(
            "resource {group}:{} is not permitted in project {name}",
            key.kind
        ));
    }
    let namespace = &key.namespace;
    (is_namespaced && !permits_destination(project, namespace))
        .then(|| eco_format!("namespace {namespace} is not permitted in project '{name}'"))
}

/// Of patterns, at least one must match, and none that begins with `!`.
fn matches_any<'p>(patterns: impl Iterator<Item = &'p str> + Clone, text: &str) -> bool {
    let denied = patterns.clone().filter_map(|it| it.strip_prefix('!'));
    let allowed = patterns.filter(|it| !it.starts_with('!'));
    allowed.into_iter().any(|it| matches(it, text))
        && !denied.into_iter().any(|it| matches(it, text))
}

fn permits_source(project: &Object, url: &str) -> bool {
    let plain = |url: &str| EcoString::from(url.trim_end_matches(".git"));
    let patterns: Vec<EcoString> = project
        .spec()
        .get("sourceRepos")
        .items()
        .iter()
        .map(|it| plain(it.text()))
        .collect();
    matches_any(patterns.iter().map(EcoString::as_str), &plain(url))
}

/// Whether objects may go to a namespace of the one cluster there is.
fn permits_destination(project: &Object, namespace: &str) -> bool {
    let rules = project.spec().get("destinations").items().iter();
    let server = |rule: &&Value| {
        let of = |field: &str| rule.get(field).text();
        match (of("server"), of("name")) {
            ("", "") => false,
            ("", name) => matches(name, super::spec::IN_CLUSTER),
            (server, _) => matches(server, super::spec::SERVER),
        }
    };
    let patterns: Vec<&str> = rules
        .filter(server)
        .map(|rule| rule.get("namespace").text())
        .collect();
    matches_any(patterns.iter().copied(), namespace)
}

/// Kinds in no namespace must be on a list; those in one may not be on the other
/// (`IsGroupKindPermitted`).
fn permits_kind(project: &Object, group: &str, kind: &str, is_namespaced: bool) -> bool {
    let (white, black) = match is_namespaced {
        true => ("namespaceResourceWhitelist", "namespaceResourceBlacklist"),
        false => ("clusterResourceWhitelist", "clusterResourceBlacklist"),
    };
    let list = |name: &str| project.spec().get(name).clone();
    let is_on = |list: &Value| {
        let mut rules = list.items().iter();
        rules.any(|it| {
            matches(it.get("group").text(), group) && matches(it.get("kind").text(), kind)
        })
    };
    let is_white = is_on(&list(white)) || is_namespaced && list(white).is_null();
    is_white && !is_on(&list(black))
}

/// Whether a pattern with `*` and `?` matches all of a text.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // Where to go back to: the place after the last `*`, and how far it reached.
    let (mut at, mut from, mut retry) = (0, 0, None);
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                at += 1;
                retry = Some((at, from));
            }
            Some(letter) if *letter == '?' || *letter == text[from] => {
                (at, from) = (at + 1, from + 1)
            }
            _ => match retry {
                Some((after, reached)) => {
                    (at, from) = (after, reached + 1);
                    retry = Some((after, reached + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("shop-*", "shop-prod", true),
            ("shop-*", "shop", false),
            (
                "https://github.com/shop/*",
                "https://github.com/shop/a/b",
                true,
            ),
            ("*-prod-?", "a-prod-prod-1", true),
            ("a?c", "ac", false),
            ("a*b*c", "aXbYbZ", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
