//! Checks on manifests: what is accepted, and a bad idea nevertheless.
//!
//! A check is one line in the [`CHECKS`] table (name, severity, what it finds, how to mend it,
//! documentation) and one function that finds it. The names are kube-linter's where it has the check
//! (github.com/stackrox/kube-linter, docs/generated/checks.md), and so are its annotations that let an
//! object off: `ignore-check.kube-linter.io/NAME` and `kube-linter.io/ignore-all`.

mod access;
mod containers;
mod network;
mod pods;
mod rollout;
mod table;
mod values;

pub use table::CHECKS;

use super::app::App;
use super::plan::{Side, Step};
use super::registry::Reference;
use crate::view::{CheckRow, Severity};
use ecow::EcoString;
use kube::{Key, Store, Value};
use lean::FlatMap;

/// A check.
pub struct Check {
    /// Its name: `latest-tag`.
    pub name: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// Whether it is done unless somebody asks otherwise.
    pub on: bool,
    /// What it finds, and why that matters.
    pub what: &'static str,
    /// What to write instead.
    pub mend: &'static str,
    /// Where the rule is explained.
    pub url: &'static str,
    find: Test,
}

/// What a check looks at, one at a time.
#[derive(Clone, Copy)]
enum Test {
    /// Every container, those that run first and end too.
    Container(fn(&Container<'_>, &mut Found<'_>)),
    /// Every container that runs as long as its pod.
    Serving(fn(&Container<'_>, &mut Found<'_>)),
    /// Every object that makes pods.
    Pods(fn(&Pods<'_>, &mut Found<'_>)),
    /// Every object.
    Object(fn(&Value, &mut Found<'_>)),
    /// The values, all together.
    Values(fn(&mut Found<'_>)),
}

/// All that checks may know.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What was rendered, and where it is written.
    pub side: &'a Side,
    /// The cluster in which it is installed: what is absent is filled in there, and there may be
    /// nodes.
    pub store: &'a Store,
    /// How images behave, by reference: the newest of a name last. Of an image that is named by another
    /// tag, that one is meant.
    pub apps: &'a [(Reference, App)],
    /// References that the delivery makes mean another image than they do.
    pub moved: &'a [EcoString],
    /// What the API server refuses, and what it says.
    pub refused: &'a [(Key, EcoString)],
}

/// An object that makes pods.
struct Pods<'a> {
    object: &'a Value,
    /// Their labels and annotations.
    metadata: &'a Value,
    spec: &'a Value,
    /// Where the spec is.
    path: &'static [&'static str],
}

/// A container of one.
struct Container<'a> {
    pods: &'a Pods<'a>,
    value: &'a Value,
    name: &'a str,
    list: &'static str,
    at: usize,
}

impl Container<'_> {
    /// The path of a field; without one, of the container.
    fn path(&self, field: &[&str]) -> Vec<Step> {
        let mut path = keys(self.pods.path);
        path.extend([Step::Key(self.list.into()), Step::Item(self.at)]);
        path.extend(keys(field));
        path
    }

    /// A field of its security context, or of the pod's, which stands in for it.
    fn security(&self, field: &str) -> &Value {
        match self.value.at(&["securityContext", field]) {
            Value::Null => self.pods.spec.at(&["securityContext", field]),
            own => own,
        }
    }
}

fn keys(path: &[&str]) -> Vec<Step> {
    path.iter().map(|key| Step::Key((*key).into())).collect()
}

/// Kinds that make pods, and where they say what pods. (kube-linter's "deployment-like" objects.)
const MAKERS: [(&str, &[&str]); 8] = [
    (
        "CronJob",
        &["spec", "jobTemplate", "spec", "template", "spec"],
    ),
    ("DaemonSet", TEMPLATE),
    ("Deployment", TEMPLATE),
    ("Job", TEMPLATE),
    ("Pod", &["spec"]),
    ("ReplicaSet", TEMPLATE),
    ("ReplicationController", TEMPLATE),
    ("StatefulSet", TEMPLATE),
];
const TEMPLATE: &[&str] = &["spec", "template", "spec"];

fn pods_of(object: &Value) -> Option<Pods<'_>> {
    let kind = object.get("kind").text();
    let (_, path) = MAKERS.iter().find(|(maker, _)| *maker == kind)?;
    let above = &path[..path.len() - 1];
    Some(Pods {
        object,
        metadata: object.at(above).get("metadata"),
        spec: object.at(path),
        path,
    })
}

/// Where findings go.
struct Found<'a> {
    subject: Subject<'a>,
    check: &'static Check,
    object: &'a Value,
    rows: Vec<CheckRow>,
}

impl Found<'_> {
    /// Something was found at a path of the object.
    fn at(&mut self, path: Vec<Step>, message: impl Into<EcoString>) {
        let key = Key::of(self.object);
        let source = self.subject.side.written(&key, &path);
        self.add(super::plan::name_of(&key), source, message.into());
    }

    /// Something was found at a value.
    fn at_value(&mut self, path: &str, message: impl Into<EcoString>) {
        let source = self.subject.side.given(path);
        self.add(EcoString::new(), source, message.into());
    }

    fn add(&mut self, object: EcoString, source: EcoString, message: EcoString) {
        let Check {
            name,
            severity,
            mend,
            url,
            ..
        } = self.check;
        self.rows.push(CheckRow {
            name: (*name).into(),
            severity: *severity,
            object,
            message,
            mend: (*mend).into(),
            url: (*url).into(),
            source,
        });
    }

    /// The objects of the release and of the cluster that have a kind, in a namespace.
    fn others(&self, kind: &str, namespace: &str) -> Vec<&Value> {
        let objects = self.subject.store.list_in(kind, namespace);
        objects.into_iter().map(|object| &object.value).collect()
    }

    /// The object as it is stored, with all that is filled in.
    fn stored(&self) -> &Value {
        let object = self.subject.store.get(&Key::of(self.object));
        object.map_or(self.object, |object| &object.value)
    }
}

/// The names of all checks that are done if nobody asks otherwise.
#[must_use]
pub fn defaults() -> Vec<&'static str> {
    let on = CHECKS.iter().filter(|check| check.on);
    on.map(|check| check.name).collect()
}

/// Does the checks of these names. What is gravest comes first.
#[must_use]
pub fn check(subject: Subject<'_>, names: &[&str]) -> Vec<CheckRow> {
    let wanted = CHECKS.iter().filter(|check| names.contains(&check.name));
    let mut rows: Vec<CheckRow> = wanted.flat_map(|check| run(check, subject)).collect();
    lean::sort_by(&mut rows, |a, b| {
        (a.severity, &a.name, &a.object, &a.source)
            .cmp(&(b.severity, &b.name, &b.object, &b.source))
    });
    rows.dedup();
    rows
}

fn run(check: &'static Check, subject: Subject<'_>) -> Vec<CheckRow> {
    let mut found = Found {
        subject,
        check,
        object: &Value::NULL,
        rows: Vec::new(),
    };
    if let Test::Values(find) = check.find {
        find(&mut found);
        return found.rows;
    }
    for object in &subject.side.objects {
        if is_let_off(object, check.name) {
            continue;
        }
        found.object = object;
        match (check.find, pods_of(object)) {
            (Test::Object(find), _) => find(object, &mut found),
            (Test::Pods(find), Some(pods)) => find(&pods, &mut found),
            (Test::Container(find), Some(pods)) => {
                each_container(&pods, true, |container| find(container, &mut found));
            }
            (Test::Serving(find), Some(pods)) => {
                each_container(&pods, false, |container| find(container, &mut found));
            }
            _ => {}
        }
    }
    found.rows
}

fn each_container(pods: &Pods<'_>, all: bool, mut look: impl FnMut(&Container<'_>)) {
    for list in ["initContainers", "containers"] {
        if list == "initContainers" && !all {
            continue;
        }
        for (at, value) in pods.spec.get(list).items().iter().enumerate() {
            look(&Container {
                pods,
                value,
                name: value.get("name").text(),
                list,
                at,
            });
        }
    }
}

/// Whether an annotation says that a check is not for an object.
fn is_let_off(object: &Value, check: &str) -> bool {
    let annotations = object.at(&["metadata", "annotations"]);
    annotations.members().any(|(name, _)| {
        name == "kube-linter.io/ignore-all"
            || name.strip_prefix("ignore-check.kube-linter.io/") == Some(check)
    })
}

/// Labels by name, of what selects.
fn labels(selector: &Value) -> FlatMap<EcoString, EcoString> {
    lean::map(
        selector
            .members()
            .map(|(name, value)| (name.clone(), value.to_text())),
    )
}
