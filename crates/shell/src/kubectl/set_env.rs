//! `kubectl set env` (`k8s.io/kubectl/pkg/cmd/set/set_env.go`).

use super::args::{ALL, Args, DRY_RUN, Flag, OUTPUT, SELECTOR, switch, value};
use super::session::{Fault, Session};
use super::set::{objects, of_kind, send, split, with_containers};
use kube::{Value, map};
use std::fmt::Write;

pub(super) const FLAGS: &[Flag] = &[
    value("containers", Some('c')),
    value("env", Some('e')),
    value("from", None),
    value("keys", None),
    switch("list", None),
    switch("overwrite", None),
    value("prefix", None),
    ALL,
    DRY_RUN,
    OUTPUT,
    SELECTOR,
];

/// What a command line says of variables.
#[derive(Default)]
struct Changes {
    set: Vec<Value>,
    removed: Vec<String>,
}

/// Sets variables of the containers (`NAME=VALUE`, or those of `--from`), takes them away (`NAME-`), or
/// lists them.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let is_setting = |word: &str| word.find('=').is_some_and(|at| at > 0) || word.ends_with('-');
    let (words, settings) = split(&args.words, is_setting).map_err(|_| {
        Fault::Usage(format!(
            "all resources must be specified before environment changes: {}",
            args.words.join(" ")
        ))
    })?;
    if words.is_empty() {
        return Err(Fault::Usage(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>"
                .to_owned(),
        ));
    }
    if args.last("keys").is_some() && args.last("from").is_none() {
        return Err(Fault::Usage(
            "when specifying --keys, a configmap or secret must be provided with --from".to_owned(),
        ));
    }
    let texts = args.all("env").chain(settings.iter().map(String::as_str));
    let mut changes = read(texts)?;
    if let Some(from) = args.last("from") {
        import(session, args, from, &mut changes.set)?;
    }
    if let Some(prefix) = args.last("prefix") {
        for variable in &mut changes.set {
            let name = format!("{prefix}{}", variable.get("name").text());
            variable.set("name", name);
        }
    }
    let of = args.last("containers").unwrap_or("*");
    for live in objects(session, args, words)? {
        let (kind, name) = (&live.key.kind, &live.key.name);
        let mut listing = String::new();
        let (next, count) = with_containers(&live, of, &mut |container| {
            let have = container.get("env").items();
            if args.last("overwrite") == Some("false") {
                check_same(have, &changes.set)
                    .map_err(|why| Fault::Usage(format!("{} {why}", of_kind(&live))))?;
            }
            let env = changed(have, &changes);
            // A text takes all.
            let _ = writeln!(
                listing,
                "# {kind} {name}, container {}",
                container.get("name").text()
            );
            list(&env, &mut listing);
            if env != have {
                let env = Some(Value::from(env)).filter(|it| !it.items().is_empty());
                container.set("env", env);
            }
            Ok(())
        })?;
        if count == 0 {
            session.warn(&format!(
                "Warning: {kind}/{name} does not have any containers matching {of:?}\n"
            ));
        }
        if args.is_on("list") {
            session.output.stdout.push_str(&listing);
            continue;
        }
        let failed = "failed to patch env update to pod template:";
        send(session, &live, &next, "env updated", failed)?;
    }
    Ok(())
}

/// Reads `NAME=VALUE` and `NAME-` (`envutil.ParseEnv`).
fn read<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Changes, Fault> {
    let mut changes = Changes::default();
    for text in texts {
        let Some((name, value)) = text.split_once('=') else {
            match text.strip_suffix('-') {
                Some(name) => changes.removed.push(name.to_owned()),
                None => {
                    return Err(Fault::Usage(format!(
                        "unknown environment variable: {text}"
                    )));
                }
            }
            continue;
        };
        if !is_name(name) {
            return Err(Fault::Usage(format!(
                "{name:?} is not a valid key name: {NAME}"
            )));
        }
        changes.set.push(map! { "name" => name, "value" => value });
    }
    let is_removed = |one: &Value| {
        changes
            .removed
            .iter()
            .any(|it| *it == one.get("name").text())
    };
    match changes.set.iter().any(is_removed) {
        true => Err(Fault::Usage(
            "can not both modify and remove the same environment variable in the same command"
                .to_owned(),
        )),
        false => Ok(changes),
    }
}

/// What is said of a name that is none. (The server takes more.)
const NAME: &str = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', \
    or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', \
    regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";

fn is_name(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    text.chars().all(plain)
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && !text.is_empty()
}

/// A variable for each key of a ConfigMap or Secret.
fn import(
    session: &mut Session,
    args: &Args,
    from: &str,
    set: &mut Vec<Value>,
) -> Result<(), Fault> {
    let keys: Option<Vec<&str>> = args.last("keys").map(|keys| keys.split(',').collect());
    for key in session.targets(&[from.to_owned()])? {
        let source = session.get(&key)?;
        let reference = match key.kind.as_str() {
            "ConfigMap" => "configMapKeyRef",
            "Secret" => "secretKeyRef",
            _ => {
                return Err(Fault::Usage(
                    "unsupported resource specified in --from".to_owned(),
                ));
            }
        };
        for (entry, _) in source.value.get("data").members() {
            if keys
                .as_ref()
                .is_some_and(|keys| !keys.contains(&entry.as_str()))
            {
                continue;
            }
            let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let name = entry.as_str().replace(|letter| !plain(letter), "_");
            let name = name.to_uppercase();
            if name != entry.as_str() {
                session.warn(&format!("Warning: key {entry} transferred to {name}\n"));
            }
            let place = map! { "name" => &key.name, "key" => entry };
            set.push(map! { "name" => name, "valueFrom" => map! { reference => place } });
        }
    }
    Ok(())
}

fn find<'v>(variables: &'v [Value], name: &str) -> Option<&'v Value> {
    variables.iter().find(|one| one.get("name").text() == name)
}

/// With `--overwrite=false` no variable gets another value.
fn check_same(have: &[Value], set: &[Value]) -> Result<(), String> {
    for one in set {
        let name = one.get("name").text();
        let other = find(have, name).filter(|it| it.get("value").text() != one.get("value").text());
        if let Some(other) = other {
            return Err(format!(
                "'{name}' already has a value ({}), and --overwrite is false",
                other.get("value").text()
            ));
        }
    }
    Ok(())
}

/// The variables after a change, in their order, with new ones at the end (`updateEnv`).
fn changed(have: &[Value], changes: &Changes) -> Vec<Value> {
    let mut done: Vec<&str> = changes.removed.iter().map(String::as_str).collect();
    let mut env = Vec::new();
    for one in have {
        let name = one.get("name").text();
        if done.contains(&name) {
            continue;
        }
        let newer = find(&changes.set, name);
        done.extend(newer.map(|_| name));
        env.push(newer.unwrap_or(one).clone());
    }
    for one in &changes.set {
        let name = one.get("name").text();
        if !done.contains(&name) {
            done.push(name);
            env.push(one.clone());
        }
    }
    env
}

/// `NAME=VALUE`, or where a value comes from (`envutil.GetEnvVarRefString`).
fn list(env: &[Value], out: &mut String) {
    for one in env {
        let name = one.get("name").text();
        let from = one.get("valueFrom");
        let part = |reference: &str, member: &str| from.get(reference).get(member).to_text();
        let place = match from
            .members()
            .next()
            .map(|(reference, _)| reference.as_str())
        {
            None => {
                let _ = writeln!(out, "{name}={}", one.get("value").text());
                continue;
            }
            Some(it @ "configMapKeyRef") => {
                format!("configmap {}, key {}", part(it, "name"), part(it, "key"))
            }
            Some(it @ "secretKeyRef") => {
                format!("secret {}, key {}", part(it, "name"), part(it, "key"))
            }
            Some(it @ "fieldRef") => format!("field path {}", part(it, "fieldPath")),
            Some(it @ "resourceFieldRef") => match part(it, "containerName").as_str() {
                "" => format!("resource field {}", part(it, "resource")),
                container => format!("resource field {container}/{}", part(it, "resource")),
            },
            Some(_) => "invalid valueFrom".to_owned(),
        };
        let _ = writeln!(out, "# {name} from {place}");
    }
}
