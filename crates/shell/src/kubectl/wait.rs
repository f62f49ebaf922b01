//! `kubectl wait` (`k8s.io/kubectl/pkg/cmd/wait`).

use super::args::{ALL, ALL_NAMESPACES, Args, FIELD_SELECTOR, Flag, OUTPUT, SELECTOR, value};
use super::jsonpath::{self, Template};
use super::session::{Fault, Session};
use kube::{Key, Millis, Object, kind_info};

pub(super) const FLAGS: &[Flag] = &[
    ALL,
    ALL_NAMESPACES,
    FIELD_SELECTOR,
    value("for", None),
    OUTPUT,
    SELECTOR,
    value("timeout", None),
];

/// How often it looks. (The real one watches.)
const POLL: Millis = 1_000;
/// `--timeout`
const PATIENCE: Millis = 30_000;
/// What a timeout below zero means.
const WEEK: Millis = 168 * 3_600_000;

/// What is waited for.
enum Condition {
    Deleted,
    Created,
    Is(String, String),
    Path(Template, Option<String>),
}

/// Waits until objects are as one wants them.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let conditions: Result<Vec<_>, _> = args.all("for").map(condition).collect();
    let conditions = conditions.map_err(Fault::Usage)?;
    if conditions.is_empty() {
        return Err(Fault::Usage("unrecognized condition: []".to_owned()));
    }
    let patience = match args.last("timeout") {
        Some(text) if text.starts_with('-') => WEEK,
        _ => args.duration("timeout")?.unwrap_or(PATIENCE),
    };
    let end = session.now().saturating_add(patience);
    let is_for_end = conditions.iter().any(|it| matches!(it, Condition::Deleted));
    if conditions.iter().any(|it| matches!(it, Condition::Created)) {
        let is_there = &mut |session: &mut Session| {
            let keys = session.chosen(args, &args.words, args.is_on("all"))?;
            Ok(keys.iter().any(|key| session.get(key).is_ok()))
        };
        if !until(session, end, patience, is_there)? {
            return Err(Fault::Usage(
                "timed out waiting for the condition".to_owned(),
            ));
        }
    }
    let keys = session.chosen(args, &args.words, args.is_on("all"))?;
    if keys.is_empty() && !is_for_end {
        return Err(Fault::Usage("no matching resources found".to_owned()));
    }
    session.each(&keys, &mut |session, key| {
        // Of what is not there, nothing is said.
        match session.get(key) {
            Err(status) if status.code == 404 && is_for_end => return Ok(()),
            Err(status) => return Err(status.into()),
            Ok(_) => {}
        }
        for condition in &conditions {
            let is_met = &mut |session: &mut Session| condition.is_met(session, key);
            if !until(session, end, patience, is_met)? {
                let plural = kind_info(&key.kind).map_or("", |info| info.plural);
                let name = &key.name;
                return Err(Fault::Usage(match patience {
                    0 => format!("condition not met for {plural}/{name}"),
                    _ => format!("timed out waiting for the condition on {plural}/{name}"),
                }));
            }
            session.said(key, "condition met");
        }
        Ok(())
    })
}

/// Looks again and again until something is so. False: it is not, and it is too late.
fn until(
    session: &mut Session,
    end: Millis,
    patience: Millis,
    is_so: &mut dyn FnMut(&mut Session) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    loop {
        if is_so(session)? {
            return Ok(true);
        }
        let left = end.saturating_sub(session.now());
        if patience == 0 || left == 0 || !session.wait(left.min(POLL)) {
            return Ok(false);
        }
    }
}

/// `delete`, `create`, `condition=NAME[=VALUE]`, `jsonpath=PATH[=VALUE]`
fn condition(text: &str) -> Result<Condition, String> {
    let unknown = || format!("unrecognized condition: {text:?}");
    match text.split_once('=') {
        None if text.eq_ignore_ascii_case("delete") => Ok(Condition::Deleted),
        None if text.eq_ignore_ascii_case("create") => Ok(Condition::Created),
        Some(("condition", what)) => {
            let (name, value) = what.split_once('=').unwrap_or((what, "true"));
            Ok(Condition::Is(name.to_owned(), value.to_owned()))
        }
        Some(("jsonpath", what)) => {
            // `==` is part of a filter.
            let at = what.char_indices().find(|(at, letter)| {
                let is_alone = |other: Option<&u8>| other != Some(&b'=');
                *letter == '='
                    && is_alone(what.as_bytes().get(at + 1))
                    && is_alone(at.checked_sub(1).and_then(|at| what.as_bytes().get(at)))
            });
            let (path, value) = match at {
                Some((at, _)) => (&what[..at], Some(what[at + 1..].trim_matches(['\'', '"']))),
                None => (what, None),
            };
            if value == Some("") {
                return Err("jsonpath wait has to have a value after equal sign, like \
                            --for=jsonpath='{.status.readyReplicas}'=3"
                    .to_owned());
            }
            let path = jsonpath::relaxed(path)?;
            if path.is_empty() {
                return Err("jsonpath expression cannot be empty".to_owned());
            }
            Ok(Condition::Path(
                Template::read(&path)?,
                value.map(str::to_owned),
            ))
        }
        _ => Err(unknown()),
    }
}

impl Condition {
    fn is_met(&self, session: &mut Session, key: &Key) -> Result<bool, Fault> {
        let object = match (self, session.get(key)) {
            (Condition::Deleted, Err(status)) if status.code == 404 => return Ok(true),
            (_, object) => object?,
        };
        match self {
            Condition::Deleted => Ok(false),
            Condition::Created => Ok(true),
            Condition::Is(name, value) => Ok(has(&object, name, value)),
            Condition::Path(template, value) => {
                let found = template.find(&object.value).map_err(Fault::Usage)?;
                let mut found = found.iter().flatten();
                Ok(match (found.next(), found.next(), value) {
                    (Some(_), _, None) => true,
                    (Some(one), None, Some(value)) => jsonpath::shown(one) == *value,
                    _ => false,
                })
            }
        }
    }
}

/// Whether a condition has a value, and has been looked at since the object last changed.
fn has(object: &Object, name: &str, value: &str) -> bool {
    let mut all = object.status().get("conditions").items().iter();
    let found = all.find(|it| it.get("type").text().eq_ignore_ascii_case(name));
    let Some(condition) = found else {
        return false;
    };
    let seen = condition.get("observedGeneration").as_int();
    let seen = seen.or(object.status().get("observedGeneration").as_int());
    let generation = object.value.at(&["metadata", "generation"]).as_int();
    let is_stale = seen.zip(generation).is_some_and(|(seen, now)| seen < now);
    !is_stale && condition.get("status").text().eq_ignore_ascii_case(value)
}
