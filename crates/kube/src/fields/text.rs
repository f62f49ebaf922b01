//! Strict decoding of a text: the faults of its objects, and where each stands.

use super::{Fault, Table, check};
use ecow::{EcoVec, eco_format};
use yaml::{Duplicates, Error, Kind, Node};

/// A fault, and where in its text it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What is wrong, in the server's words.
    pub fault: Fault,
    /// The line, from 1: of the key if that is unknown or stands twice, else of the value.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Checks the fields of every object in a text, in the order of the text. Besides what [`check`] finds,
/// a field that stands twice: the server says so of a request's body, and never learns it of what
/// kubectl or Helm read first, for they send only the last one.
///
/// # Errors
/// What is no YAML.
pub fn check_text(table: &Table, text: &str) -> Result<EcoVec<Placed>, Error> {
    let mut all = EcoVec::new();
    for node in yaml::parse(text)? {
        all.extend(check_node(table, &node)?);
    }
    Ok(all)
}

/// The same of one object.
///
/// # Errors
/// What has no form as JSON.
pub fn check_node(table: &Table, node: &Node) -> Result<EcoVec<Placed>, Error> {
    let object = yaml::decode_node(node, Duplicates::LastWins)?;
    let root = table.root(object.get("apiVersion").text(), object.get("kind").text());
    let mut placed = EcoVec::new();
    if root.is_some() {
        duplicates(node, "", &mut placed);
        for fault in check(table, &object) {
            let (key, value) = find(node, &fault.path).unwrap_or((node, node));
            let at = if fault.undecodable { value } else { key };
            placed.push(place(fault, at));
        }
        lean::sort_by_key(placed.make_mut(), |it| (it.line, it.column));
    }
    Ok(placed)
}

fn place(fault: Fault, at: &Node) -> Placed {
    Placed {
        fault,
        line: at.line(),
        column: at.column(),
    }
}

/// The key and the value at a fault's path. A key may have dots in it, so that a path can be read in
/// several ways: the first that leads somewhere counts.
fn find<'a>(node: &'a Node, path: &str) -> Option<(&'a Node, &'a Node)> {
    match &node.target().kind {
        Kind::List(items) => {
            let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
            let item = items.get(number.parse::<usize>().ok()?)?;
            go_on(item, item, rest)
        }
        Kind::Map(members) => {
            let path = path.strip_prefix('.').unwrap_or(path);
            members.iter().rev().find_map(|(key, value)| {
                let rest = path.strip_prefix(key.text()?)?;
                let ends = rest.is_empty() || rest.starts_with(['.', '[']);
                go_on(key, value, rest).filter(|_| ends)
            })
        }
        _ => None,
    }
}

fn go_on<'a>(key: &'a Node, value: &'a Node, rest: &str) -> Option<(&'a Node, &'a Node)> {
    match rest {
        "" => Some((key, value)),
        rest => find(value, rest),
    }
}

/// Fields that stand twice. What an alias stands for is looked at where it is written.
fn duplicates(node: &Node, path: &str, placed: &mut EcoVec<Placed>) {
    match &node.kind {
        Kind::List(items) => {
            for (at, item) in items.iter().enumerate() {
                duplicates(item, &eco_format!("{path}[{at}]"), placed);
            }
        }
        Kind::Map(members) => {
            for (at, (key, value)) in members.iter().enumerate() {
                let Some(name) = key.text() else { continue };
                let dot = if path.is_empty() { "" } else { "." };
                let path = eco_format!("{path}{dot}{name}");
                let before = members[..at].iter();
                if name != "<<" && before.clone().any(|(other, _)| other.text() == Some(name)) {
                    let message = eco_format!("duplicate field {path:?}");
                    let fault = Fault {
                        path: path.clone(),
                        message,
                        undecodable: false,
                        hint: None,
                    };
                    placed.push(place(fault, key));
                }
                duplicates(value, &path, placed);
            }
        }
        _ => {}
    }
}

#[cfg(all(test, feature = "embedded-table"))]
mod tests {
    use super::*;

    #[test]
    fn faults_stand_where_they_are_written() {
        let cases: &[(&str, &[&str])] = &[
            (
                "apiVersion: v1\nkind: Pod\nspec:\n  contianers: []\n",
                &["4:3 unknown field \"spec.contianers\" containers"],
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 1\n  replicas: 'two'\n",
                &[
                    "5:3 duplicate field \"spec.replicas\" ",
                    "5:13 json: cannot unmarshal string into Go struct field \
                     DeploymentSpec.spec.replicas of type int32 ",
                ],
            ),
            (
                "kind: ConfigMap\napiVersion: v1\ndata:\n  a.b/c: 8080\n---\nkind: Pod\napiVersion: v1\n\
                 spec:\n  containers:\n  - name: a\n    imagePullpolicy: Always\n",
                &[
                    "4:10 json: cannot unmarshal number into Go struct field ConfigMap.data of type \
                     string ",
                    "11:5 unknown field \"spec.containers[0].imagePullpolicy\" imagePullPolicy",
                ],
            ),
            ("replicaCount: 1\nreplicaCount: 2\n", &[]),
        ];
        for (text, expected) in cases {
            let found = check_text(Table::embedded(), text).expect("it is YAML");
            let shown: Vec<String> = found
                .iter()
                .map(|it| {
                    let (line, column) = (it.line, it.column);
                    format!(
                        "{line}:{column} {} {}",
                        it.fault.message,
                        it.fault.hint.unwrap_or_default()
                    )
                })
                .collect();
            assert_eq!(shown, *expected, "{text}");
        }
    }
}
