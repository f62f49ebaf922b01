//! `kubectl events` (`k8s.io/kubectl/pkg/cmd/events`).

use super::args::{ALL_NAMESPACES, Args, Flag, switch, value};
use super::cells::text;
use super::describe::interval;
use super::get;
use super::session::{Fault, Session, resource, unknown_kind};
use super::table::{self, Widths};
use super::watch::Watch;
use ecow::{EcoString, eco_format};
use kube::{Object, Selection};
use std::rc::Rc;

pub(super) const FLAGS: &[Flag] = &[
    ALL_NAMESPACES,
    value("chunk-size", None),
    value("for", None),
    switch("no-headers", None),
    value("output", Some('o')),
    value("types", None),
    switch("watch", Some('w')),
];

/// Prints what was told of objects, the oldest first.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let types: Vec<String> = args
        .all("types")
        .flat_map(|all| all.split(','))
        .map(str::to_lowercase)
        .collect();
    if !types.iter().all(|it| it == "normal" || it == "warning") {
        return Err(Fault::Usage(
            "valid --types are Normal or Warning".to_owned(),
        ));
    }
    let select = Selection {
        fields: about(args.last("for"))?,
        ..Selection::default()
    };
    let is_everywhere = args.is_on("all-namespaces");
    let namespace = match is_everywhere {
        true => EcoString::new(),
        false => session.namespace.clone(),
    };
    let mut events = session.select("Event", namespace.clone(), select.clone())?;
    let seen = events.clone();
    let is_asked = |it: &Object| {
        let kind = it.value.get("type").text().to_lowercase();
        types.is_empty() || types.contains(&kind)
    };
    events.retain(|it| is_asked(it));
    lean::sort_by(&mut events, |a, b| last_told(a).cmp(&last_told(b)));
    if args.is_on("watch") {
        let mut watch = Watch {
            kind: "Event",
            namespace,
            select,
            seen,
        };
        let mut widths = Widths::default();
        let mut has_headings = !args.is_on("no-headers");
        loop {
            if !events.is_empty() {
                let has_headings = std::mem::take(&mut has_headings);
                let text = widths.lines(&rows(session, args, &events, has_headings));
                session.output.stdout.push_str(&text);
            }
            // Events end after an hour; that is not printed.
            match watch.next(session)? {
                Some(changes) => events = changes.changed,
                None => return Ok(()),
            }
            events.retain(|it| is_asked(it));
        }
    }
    if events.is_empty() {
        let words = match is_everywhere {
            true => "No events found.\n".to_owned(),
            false => format!("No events found in {} namespace.\n", session.namespace),
        };
        session.warn(&words);
        return Ok(());
    }
    let list = || get::list("EventList", events.iter().map(|it| it.value.clone()));
    let table = || table::lines(&rows(session, args, &events, !args.is_on("no-headers")));
    let text = get::table_or_value(args, &table, &list)?;
    session.output.stdout.push_str(&text);
    Ok(())
}

/// The field selector for the events about `TYPE/NAME`.
fn about(object: Option<&str>) -> Result<EcoString, Fault> {
    let wrong = |why: &str| Err(Fault::Usage(why.to_owned()));
    let Some(object) = object.filter(|it| !it.is_empty()) else {
        return Ok(EcoString::new());
    };
    let parts: Vec<&str> = object.split('/').collect();
    let [kind, name] = parts.as_slice() else {
        return wrong(match parts.len() {
            1 => "--for must be in resource/name form",
            _ => "arguments in resource/name form may not have more than one slash",
        });
    };
    match resource(kind) {
        Some(info) => Ok(eco_format!(
            "involvedObject.kind={},involvedObject.name={name}",
            info.kind
        )),
        None => wrong(&unknown_kind(kind)),
    }
}

/// When it was told last.
fn last_told(event: &Object) -> EcoString {
    let of = |path: &[&str]| event.value.at(path).to_text();
    let times = [
        of(&["series", "lastObservedTime"]),
        of(&["lastTimestamp"]),
        of(&["eventTime"]),
    ];
    let found = times.into_iter().find(|time| !time.is_empty());
    // What has no parts of a second happened at its beginning.
    found.unwrap_or_default().trim_end_matches('Z').into()
}

fn rows(
    session: &Session,
    args: &Args,
    events: &[Rc<Object>],
    has_headings: bool,
) -> Vec<Vec<String>> {
    let now = session.now();
    let is_everywhere = args.is_on("all-namespaces");
    let mut rows: Vec<Vec<String>> = Vec::new();
    if has_headings {
        let names = [
            "NAMESPACE",
            "LAST SEEN",
            "TYPE",
            "REASON",
            "OBJECT",
            "MESSAGE",
        ];
        let names = &names[usize::from(!is_everywhere)..];
        rows.push(names.iter().map(|it| (*it).to_owned()).collect());
    }
    for event in events {
        let of = |path: &[&str]| text(&event.value, path);
        let object = format!(
            "{}/{}",
            of(&["involvedObject", "kind"]),
            of(&["involvedObject", "name"])
        );
        let mut row = vec![
            event.key.namespace.to_string(),
            interval(&event.value, now),
            of(&["type"]),
            of(&["reason"]),
            object,
            of(&["message"]).trim().to_owned(),
        ];
        row.drain(..usize::from(!is_everywhere));
        rows.push(row);
    }
    rows
}
