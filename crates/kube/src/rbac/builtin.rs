//! The roles and bindings that every cluster has (`plugin/pkg/auth/authorizer/rbac/bootstrappolicy`
//! of Kubernetes 1.36): those for people, the scheduler's, the nodes', and those of the controllers
//! that act in the lab or on whose kinds it will act. Parts that the lab does not run have none.

use crate::{Key, Random, Store, Value, map, time};
use ecow::EcoString;

/// A role begins with `=` and its name. Words may follow: `<X` takes in the roles that are labelled for
/// aggregation to X, `>X` is labelled so itself, `@G` is bound to a group, `~U` to a user. The role of
/// a controller is bound to its service account.
///
/// Then a line a rule: verbs, groups, resources, and names if it is about some objects only; or verbs
/// and paths. Verbs: `R` reads, `W` writes, `RW` does both. Group `core` is the one without a name. A
/// line `E` is the rule by which parts of the cluster write events.
const ROLES: &str = include_str!("../../data/roles.txt");

const GROUP: &str = "rbac.authorization.k8s.io";
const CONTROLLER: &str = "system:controller:";
const EVENTS: &str = "create,patch,update core,events.k8s.io events";
const VERBS: &[(&str, &str)] = &[
    ("R", "get,list,watch"),
    ("W", "create,delete,deletecollection,patch,update"),
    (
        "RW",
        "create,delete,deletecollection,get,list,patch,update,watch",
    ),
];

/// Stores the built-in roles and their bindings, as an API server does when it starts. Draws nothing
/// from the store's random numbers.
pub fn bootstrap(store: &mut Store) {
    // A seed that is nobody's, or a store of the same would give its first objects the same uids.
    let mut random = Random::new(0x7ba7_2b0d_57a9_5eed);
    for role in ROLES.split('=').filter(|role| !role.is_empty()) {
        let mut lines = role.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let name = words.next().unwrap_or_default();
        let mut value = object("ClusterRole", name, &mut random);
        let mut subjects: Vec<Value> = Vec::new();
        if let Some(account) = name.strip_prefix(CONTROLLER) {
            subjects.push(map! {
                "kind" => "ServiceAccount", "name" => account, "namespace" => "kube-system",
            });
        }
        for word in words {
            let (sign, what) = word.split_at(1);
            let aggregate = |to: &str| EcoString::from(format!("{GROUP}/aggregate-to-{to}"));
            let subject = |kind: &str| map! { "apiGroup" => GROUP, "kind" => kind, "name" => what };
            match sign {
                "<" => {
                    let labels = map! { &*aggregate(what) => "true" };
                    let selectors = vec![map! { "matchLabels" => labels }];
                    value.set(
                        "aggregationRule",
                        map! { "clusterRoleSelectors" => selectors },
                    );
                }
                ">" => value
                    .entry_at(&["metadata", "labels"])
                    .set(&aggregate(what), "true"),
                "@" => subjects.push(subject("Group")),
                _ => subjects.push(subject("User")),
            }
        }
        value.set("rules", lines.map(rule).collect::<Value>());
        store.put(Key::new("ClusterRole", "", name), value, 0);
        if !subjects.is_empty() {
            let mut value = object("ClusterRoleBinding", name, &mut random);
            value.set(
                "roleRef",
                map! { "apiGroup" => GROUP, "kind" => "ClusterRole", "name" => name },
            );
            value.set("subjects", subjects);
            store.put(Key::new("ClusterRoleBinding", "", name), value, 0);
        }
    }
}

fn object(kind: &str, name: &str, random: &mut Random) -> Value {
    map! {
        "apiVersion" => "rbac.authorization.k8s.io/v1",
        "kind" => kind,
        "metadata" => map! {
            "name" => name,
            "uid" => random.uuid(),
            "creationTimestamp" => time::rfc3339(0),
            "annotations" => map! { "rbac.authorization.kubernetes.io/autoupdate" => "true" },
            "labels" => map! { "kubernetes.io/bootstrapping" => "rbac-defaults" },
        },
    }
}

/// A rule of a line.
fn rule(line: &str) -> Value {
    let line = if line == "E" { EVENTS } else { line };
    let list = |text: &str| -> Value {
        let items = text.split(',');
        let items = items.map(|item| if item == "core" { "" } else { item });
        items.map(Value::from).collect()
    };
    let mut words = line.split(' ');
    let verbs = words.next().unwrap_or_default();
    let short = VERBS.iter().find(|(short, _)| *short == verbs);
    let mut rule = map! { "verbs" => list(short.map_or(verbs, |(_, verbs)| verbs)) };
    let words: Vec<&str> = words.collect();
    let fields: &[&str] = match words.len() {
        1 => &["nonResourceURLs"],
        _ => &["apiGroups", "resources", "resourceNames"],
    };
    for (field, word) in fields.iter().zip(words) {
        rule.set(field, list(word));
    }
    rule
}
