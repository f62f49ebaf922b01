//! Where two states of an object differ.

use ecow::{EcoString, eco_format};
use lean::FlatMap;
use yaml::{Map, Node, Value};

/// How deep differences are looked for; what differs below is one difference.
const DEPTH_MAX: usize = 64;

/// One step of a path into an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A member of a map.
    Key(EcoString),
    /// An item of a list, by its place.
    Item(usize),
    /// An item of a list, by its `name`.
    Named(EcoString),
}

/// A path at which two states differ.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub steps: Vec<Step>,
    /// Null if it was not there.
    pub old: Value,
    /// Null if it is gone.
    pub new: Value,
}

impl Difference {
    /// `spec.template.spec.containers[0].image`
    pub fn path(&self) -> EcoString {
        let mut path = EcoString::new();
        for step in &self.steps {
            path = match step {
                Step::Key(key) if key.contains(['.', '/']) => eco_format!("{path}[{key}]"),
                Step::Key(key) if path.is_empty() => key.clone(),
                Step::Key(key) => eco_format!("{path}.{key}"),
                Step::Item(at) => eco_format!("{path}[{at}]"),
                Step::Named(name) => eco_format!("{path}[{name}]"),
            };
        }
        path
    }

    /// Whether it lies under these members.
    pub fn is_under(&self, keys: &[&str]) -> bool {
        keys.len() <= self.steps.len()
            && keys
                .iter()
                .zip(&self.steps)
                .all(|(key, step)| matches!(step, Step::Key(name) if name == key))
    }

    /// The member at this place of the path; empty if an item is there, or nothing.
    pub fn key(&self, at: usize) -> &str {
        match self.steps.get(at) {
            Some(Step::Key(key)) => key,
            _ => "",
        }
    }
}

/// Collects the differences, in the order of their paths.
pub(super) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut out = Vec::new();
    compare(old, new, &mut Vec::new(), &mut out);
    out
}

fn compare(old: &Value, new: &Value, steps: &mut Vec<Step>, out: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    let found = out.len();
    if steps.len() < DEPTH_MAX {
        match (old, new) {
            (Value::Map(a), Value::Map(b)) => compare_maps(a, b, steps, out),
            (Value::List(a), Value::List(b)) => compare_lists(a, b, steps, out),
            _ => {}
        }
    }
    // Scalars, what comes or goes as a whole, and lists in another order.
    if out.len() == found {
        out.push(Difference {
            steps: steps.clone(),
            old: old.clone(),
            new: new.clone(),
        });
    }
}

fn compare_maps(a: &Map, b: &Map, steps: &mut Vec<Step>, out: &mut Vec<Difference>) {
    let mut keys: Vec<&EcoString> = a.keys().chain(b.keys()).collect();
    lean::sort(&mut keys);
    keys.dedup();
    let of = |map: &Map, key: &str| map.get(key).cloned().unwrap_or_default();
    for key in keys {
        steps.push(Step::Key(key.clone()));
        compare(&of(a, key), &of(b, key), steps, out);
        steps.pop();
    }
}

/// Items that have names belong together by name, others by their place. Containers are told by
/// their place all the same, as the API server does.
fn compare_lists(a: &[Value], b: &[Value], steps: &mut Vec<Step>, out: &mut Vec<Difference>) {
    let is_containers = matches!(
        steps.last(),
        Some(Step::Key(key)) if key.ends_with("ontainers")
    );
    let mut at_place = |step: Step, old: &Value, new: &Value| {
        steps.push(step);
        compare(old, new, steps, out);
        steps.pop();
    };
    let (Some(old), Some(new)) = (by_name(a), by_name(b)) else {
        for at in 0..a.len().max(b.len()) {
            let item = |list: &[Value]| list.get(at).cloned().unwrap_or_default();
            at_place(Step::Item(at), &item(a), &item(b));
        }
        return;
    };
    let mut names: Vec<&str> = old.keys().chain(new.keys()).copied().collect();
    lean::sort(&mut names);
    names.dedup();
    for name in names {
        let (was, is) = (old.get(name), new.get(name));
        let step = match (is_containers, is.or(was)) {
            (true, Some((place, _))) => Step::Item(*place),
            _ => Step::Named(name.into()),
        };
        let value = |side: Option<&(usize, &Value)>| {
            side.map(|(_, value)| (*value).clone()).unwrap_or_default()
        };
        at_place(step, &value(was), &value(is));
    }
}

/// The items of a list by their names; none if one has no name, or two have the same.
fn by_name(items: &[Value]) -> Option<FlatMap<&str, (usize, &Value)>> {
    let named = items
        .iter()
        .enumerate()
        .filter_map(|(at, item)| Some((item.get("name").as_str()?, (at, item))));
    let named: FlatMap<&str, (usize, &Value)> = lean::map(named);
    (named.len() == items.len()).then_some(named)
}

/// The line (from 1) at which a path of a document is written, or the nearest thing above it.
pub(super) fn line_of(document: &Node, steps: &[Step]) -> usize {
    let (mut node, mut line) = (document, document.line());
    for step in steps {
        let next = match step {
            Step::Key(key) => node.entry(key),
            Step::Item(at) => item(node, |place, _| place == *at),
            Step::Named(name) => item(node, |_, item| {
                item.get("name").and_then(Node::text) == Some(name)
            }),
        };
        let Some((at, value)) = next else { break };
        (node, line) = (value, at.line());
    }
    line
}

fn item(list: &Node, is_it: impl Fn(usize, &Node) -> bool) -> Option<(&Node, &Node)> {
    let yaml::Kind::List(items) = &list.target().kind else {
        return None;
    };
    let (_, found) = items.iter().enumerate().find(|(at, it)| is_it(*at, it))?;
    Some((found, found))
}
