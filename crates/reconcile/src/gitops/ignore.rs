//! Paths of objects that git does not decide: Argo CD's `spec.ignoreDifferences`, and Flux's
//! `spec.driftDetection.ignore` put in the same form.

use super::diff::group_of;
use ecow::EcoString;
use kube::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// A member of a map, or the place in a list.
    Member(EcoString),
    /// `[]`: every item of a list.
    Each,
    /// `| select(.name == "app")`, by the name of the field and its text.
    Where(EcoString, EcoString),
}

type Path = Vec<Step>;

/// The paths that an Application ignores in an object. An expression that is not understood ignores
/// nothing.
fn paths(spec: &Value, object: &Value) -> Vec<Path> {
    let metadata = object.get("metadata");
    let fits = |rule: &&Value| {
        let free = |field: &str, is: &str| {
            matches!(rule.get(field).text(), "" | "*") || rule.get(field).text() == is
        };
        rule.get("kind").text() == "*"
            || rule.get("kind").text() == object.get("kind").text()
                && matches!(rule.get("group").text(), group if group == group_of(object) || group == "*")
                && free("name", metadata.get("name").text())
                && free("namespace", metadata.get("namespace").text())
    };
    let rules = spec.get("ignoreDifferences").items().iter().filter(fits);
    rules
        .flat_map(|rule| {
            let of = |field: &str| rule.get(field).items().iter();
            let pointers = of("jsonPointers").filter_map(|it| pointer(it.text()));
            pointers
                .chain(of("jqPathExpressions").filter_map(|it| expression(it.text())))
                .collect::<Vec<Path>>()
        })
        .collect()
}

/// `/spec/template/metadata/annotations/example.com~1at` (RFC 6901).
fn pointer(text: &str) -> Option<Path> {
    let unescaped = |part: &str| Step::Member(part.replace("~1", "/").replace("~0", "~").into());
    Some(text.strip_prefix('/')?.split('/').map(unescaped).collect())
}

/// `.spec.containers[] | select(.name == "app") | .image`: the part of jq that paths are written in.
fn expression(text: &str) -> Option<Path> {
    let mut path = Path::new();
    for part in text.split('|').map(str::trim) {
        match part
            .strip_prefix("select(")
            .and_then(|it| it.strip_suffix(')'))
        {
            Some(test) => {
                let (field, wanted) = test.split_once("==")?;
                let field = field.trim().strip_prefix('.')?;
                let wanted = wanted.trim().strip_prefix('"')?.strip_suffix('"')?;
                path.push(Step::Where(field.into(), wanted.into()));
            }
            None => steps(part, &mut path)?,
        }
    }
    Some(path)
}

fn steps(mut rest: &str, path: &mut Path) -> Option<()> {
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[').or_else(|| rest.strip_prefix(".[")) {
            let (place, after) = inner.split_once(']')?;
            let quoted = place.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            path.push(match (place, quoted) {
                ("", _) => Step::Each,
                (_, Some(name)) => Step::Member(name.into()),
                (number, None) => Step::Member(number.parse::<u32>().ok().map(|_| number.into())?),
            });
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('.')?;
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        if !name.is_empty() {
            path.push(Step::Member(name.into()));
        }
        rest = after;
    }
    Some(())
}

/// Both objects without what is ignored.
pub(super) fn without(spec: &Value, git: &mut Value, live: &mut Value) {
    for path in paths(spec, live) {
        set(git, &path, &Value::NULL);
        set(live, &path, &Value::NULL);
    }
}

/// Git's object with the live values at the paths that are ignored
/// (`RespectIgnoreDifferences=true`).
pub(super) fn respected(spec: &Value, git: &Value, live: &Value) -> Value {
    let mut git = git.clone();
    for path in paths(spec, live) {
        set(&mut git, &path, live);
    }
    git
}

/// Gives what lies at a path the value that lies there in `from`; removes it where that is null.
fn set(value: &mut Value, path: &[Step], from: &Value) {
    let Some((step, rest)) = path.split_first() else {
        *value = from.clone();
        return;
    };
    match step {
        Step::Where(field, wanted) => {
            if value.get(field).text() == wanted {
                set(value, rest, from);
            }
        }
        Step::Each => {
            if let Value::List(items) = value {
                for (at, item) in items.make_mut().iter_mut().enumerate() {
                    set(item, rest, from.items().get(at).unwrap_or(&Value::NULL));
                }
            }
        }
        Step::Member(name) => match value {
            Value::List(items) => {
                let at = name.parse::<usize>().ok().filter(|at| *at < items.len());
                if let Some(at) = at {
                    let from = from.items().get(at).unwrap_or(&Value::NULL);
                    match rest.is_empty() && from.is_null() {
                        true => _ = items.remove(at),
                        false => set(&mut items.make_mut()[at], rest, from),
                    }
                }
            }
            Value::Map(map) if map.contains_key(name) || !from.get(name).is_null() => {
                match rest.is_empty() && from.get(name).is_null() {
                    true => _ = map.remove(name),
                    false => set(map.entry(name), rest, from.get(name)),
                }
            }
            _ => {}
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_taken_out() {
        let object = yaml::decode(
            "{kind: Deployment, spec: {replicas: 3, a/b: 1, c: [{name: app, image: x}, {name: log, image: y}]}}",
        )
        .unwrap();
        for (how, path, left) in [
            (
                "jsonPointers",
                "/spec/replicas",
                "{a/b: 1, c: [{name: app, image: x}, {name: log, image: y}]}",
            ),
            (
                "jsonPointers",
                "/spec/a~1b",
                "{replicas: 3, c: [{name: app, image: x}, {name: log, image: y}]}",
            ),
            (
                "jsonPointers",
                "/spec/c/1",
                "{replicas: 3, a/b: 1, c: [{name: app, image: x}]}",
            ),
            (
                "jsonPointers",
                "/spec/none/deeper",
                "{replicas: 3, a/b: 1, c: [{name: app, image: x}, {name: log, image: y}]}",
            ),
            (
                "jqPathExpressions",
                ".spec.c[].image",
                "{replicas: 3, a/b: 1, c: [{name: app}, {name: log}]}",
            ),
            (
                "jqPathExpressions",
                ".spec[\"a/b\"]",
                "{replicas: 3, c: [{name: app, image: x}, {name: log, image: y}]}",
            ),
            (
                "jqPathExpressions",
                ".spec.c[] | select(.name == \"log\") | .image",
                "{replicas: 3, a/b: 1, c: [{name: app, image: x}, {name: log}]}",
            ),
            (
                "jqPathExpressions",
                ".spec.c[0].image",
                "{replicas: 3, a/b: 1, c: [{name: app}, {name: log, image: y}]}",
            ),
            (
                "jqPathExpressions",
                "nonsense",
                "{replicas: 3, a/b: 1, c: [{name: app, image: x}, {name: log, image: y}]}",
            ),
        ] {
            let mut rule = kube::map! { "kind" => "Deployment" };
            rule.set(how, vec![Value::from(path)]);
            let spec = kube::map! { "ignoreDifferences" => vec![rule] };
            let (mut git, mut live) = (object.clone(), object.clone());
            without(&spec, &mut git, &mut live);
            assert_eq!(git, live);
            assert_eq!(live.get("spec"), &yaml::decode(left).unwrap(), "{path}");
        }
    }
}
