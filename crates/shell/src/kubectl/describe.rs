//! `kubectl describe` (`k8s.io/kubectl/pkg/cmd/describe`, `pkg/describe/describe.go`).
//!
//! A description is written with a tab behind each cell and aligned at the end.

mod namespaced;
mod network;
mod node;
pub(super) mod pod;
mod workloads;

use super::args::{ALL_NAMESPACES, Args, Flag, SELECTOR, value};
use super::cells::{NONE, or, since, text};
use super::jsonpath::shown;
use super::pod_template::{annotations, pairs};
use super::session::{Fault, Session, kind};
use super::table;
use kube::{Key, Millis, Object, Selection, Value, time};
use std::fmt::Write as _;
use std::rc::Rc;

pub(super) const FLAGS: &[Flag] = &[ALL_NAMESPACES, SELECTOR, value("show-events", None)];

/// Writes what there is to say of an object.
type Describer = fn(&mut Session, &Object, &mut String);

/// How objects of a kind are described, and whether Events about them follow.
const DESCRIBERS: &[(&str, Describer, bool)] = &[
    ("ClusterRole", namespaced::role, false),
    ("ClusterRoleBinding", namespaced::binding, false),
    ("ConfigMap", namespaced::config_map, true),
    ("CronJob", workloads::cron_job, true),
    ("DaemonSet", workloads::daemon_set, true),
    ("Deployment", workloads::deployment, true),
    ("HorizontalPodAutoscaler", workloads::autoscaler, true),
    ("Ingress", network::ingress, true),
    ("Job", workloads::job, true),
    ("LimitRange", namespaced::limit_range, false),
    ("Namespace", namespaced::namespace, false),
    ("Node", node::describe, true),
    ("PersistentVolumeClaim", namespaced::claim, true),
    ("Pod", pod::describe, true),
    ("PodDisruptionBudget", workloads::budget, true),
    ("ReplicaSet", workloads::replica_set, true),
    ("ResourceQuota", namespaced::quota, false),
    ("Role", namespaced::role, false),
    ("RoleBinding", namespaced::binding, false),
    ("Secret", namespaced::secret, false),
    ("Service", network::service, true),
    ("ServiceAccount", namespaced::account, true),
    ("StatefulSet", workloads::stateful_set, true),
];

/// Describes objects that are named, whose names begin with a text, or that are selected.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let Some(first) = args.words.first() else {
        return Err(Fault::Usage(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a \
             complete list of supported resources."
                .to_owned(),
        ));
    };
    let (keys, mut faults) = match args.words.len() == 1 && !first.contains('/') {
        true => (listed(session, args, first)?, Vec::new()),
        false => named(session, &session.targets(&args.words)?),
    };
    if keys.is_empty() && faults.is_empty() {
        session.nothing_found(!args.is_on("all-namespaces") && kind(first)?.namespaced);
    }
    let has_events = args.last("show-events") != Some("false");
    let mut texts = Vec::new();
    for key in &keys {
        match session.get(key) {
            Ok(object) => texts.push(describe(session, &object, has_events)),
            Err(status) => faults.push(status.into()),
        }
    }
    session.output.stdout.push_str(&texts.join("\n\n"));
    Fault::all(faults)
}

/// All of a kind, or those that are selected.
fn listed(session: &mut Session, args: &Args, name: &str) -> Result<Vec<Key>, Fault> {
    let found = session.selected(args, kind(name)?)?;
    Ok(found.iter().map(|it| it.key.clone()).collect())
}

/// Those of the names, and of a name that there is not, those that begin with it.
fn named(session: &mut Session, names: &[Key]) -> (Vec<Key>, Vec<Fault>) {
    let (mut keys, mut faults) = (Vec::new(), Vec::new());
    for key in names {
        let Err(status) = session.get(key) else {
            keys.push(key.clone());
            continue;
        };
        let all = session.select(&key.kind, key.namespace.clone(), Selection::default());
        let all = all.unwrap_or_default();
        let near = all
            .iter()
            .filter(|it| it.key.name.starts_with(key.name.as_str()));
        let near: Vec<Key> = near.map(|it| it.key.clone()).collect();
        if near.is_empty() || status.code != 404 {
            faults.push(status.into());
        }
        keys.extend(near);
    }
    (keys, faults)
}

fn describe(session: &mut Session, object: &Rc<Object>, wants_events: bool) -> String {
    let known = DESCRIBERS.iter().find(|it| it.0 == object.key.kind);
    let mut out = String::new();
    let has_events = match known {
        Some((_, write, has_events)) => {
            write(session, object, &mut out);
            *has_events
        }
        None => {
            head(&mut out, object);
            notes(&mut out, object);
            fields(&mut out, 0, &object.value, "");
            true
        }
    };
    if !has_events || !wants_events {
        return table::aligned(&out);
    }
    match events(session, object) {
        // What follows is aligned by itself.
        Some(table) => table::aligned(&out) + &table::aligned(&table),
        None => {
            line(&mut out, "Events", NONE);
            table::aligned(&out)
        }
    }
}

/// The Events about an object, the latest last; none if there are none.
fn events(session: &mut Session, object: &Object) -> Option<String> {
    let Key {
        name, namespace, ..
    } = &object.key;
    let select = Selection {
        fields: format!("involvedObject.name={name},involvedObject.namespace={namespace}").into(),
        ..Selection::default()
    };
    let mut found = session.select("Event", namespace.clone(), select).ok()?;
    let uid = &object.meta.uid;
    found.retain(|event| {
        let about = event.value.at(&["involvedObject", "uid"]).text();
        // A kubelet names its node, not the object.
        about == *uid || about == *name
    });
    if found.is_empty() {
        return None;
    }
    lean::sort_by(&mut found, |a, b| {
        let last = |it: &Object| it.value.get("lastTimestamp").to_text();
        last(a).cmp(&last(b))
    });
    let now = session.now();
    let mut out = "Events:\n  Type\tReason\tAge\tFrom\tMessage\n".to_owned();
    out.push_str("  ----\t------\t----\t----\t-------\n");
    for event in &found {
        let of = |name: &str| text(&event.value, &[name]);
        let component = text(&event.value, &["source", "component"]);
        let from = or(component, &of("reportingComponent"));
        let place = text(&event.value, &["involvedObject", "fieldPath"]);
        let place = if place.is_empty() {
            place
        } else {
            place + ": "
        };
        let _ = writeln!(
            out,
            "  {}\t{}\t{}\t{from}\t{place}{}",
            of("type"),
            of("reason"),
            interval(&event.value, now),
            of("message").trim()
        );
    }
    Some(out)
}

/// `2m (x5 over 10m)`
pub(super) fn interval(event: &Value, now: Millis) -> String {
    let ago = |time: &Value| {
        let then = time::parse_rfc3339(time.text());
        then.map_or_else(|| "<unknown>".to_owned(), |then| since(then, now))
    };
    let first = ["eventTime", "firstTimestamp"].map(|name| event.get(name));
    let first = first.into_iter().find(|time| !time.is_null());
    let first = ago(first.unwrap_or(&Value::NULL));
    let series = event.get("series");
    let (last, count) = match series.is_null() {
        true => (event.get("lastTimestamp"), event.get("count")),
        false => (series.get("lastObservedTime"), series.get("count")),
    };
    match count.as_int() {
        Some(count) if 1 < count || !series.is_null() => {
            format!("{} (x{count} over {first})", ago(last))
        }
        _ => first,
    }
}

/// `Sun, 22 Nov 2026 20:03:20 +0000` (`time.RFC1123Z`)
fn moment(value: &Value) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    // Each month's days before it, by Tomohiko Sakamoto.
    const SHIFTS: [usize; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    // What is not there is the first moment that Go knows.
    let text = match value.text() {
        "" => "0001-01-01T00:00:00Z",
        text => text,
    };
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let number = |range: std::ops::Range<usize>| part(range).parse::<usize>().unwrap_or(1);
    let (year, month, day) = (number(0..4), number(5..7).clamp(1, 12), number(8..10));
    let shifted = year - usize::from(month < 3).min(year);
    let leaps = shifted / 4 + shifted / 400 - shifted / 100;
    let weekday = DAYS[(shifted + leaps + SHIFTS[month - 1] + day) % 7];
    let month = &MONTHS[month * 3 - 3..month * 3];
    let clock = part(11..19);
    format!("{weekday}, {day:02} {month} {year:04} {clock} +0000")
}

pub(super) fn line(out: &mut String, title: &str, text: impl std::fmt::Display) {
    let _ = writeln!(out, "{title}:\t{text}");
}

/// Lines for those of some members that are there: title, path.
pub(super) fn members(out: &mut String, of: &Value, rows: &[(&str, &[&str])]) {
    for (title, path) in rows {
        let value = of.at(path);
        if !value.is_null() && value.as_str() != Some("") {
            line(out, title, shown(value));
        }
    }
}

/// Name and namespace.
pub(super) fn head(out: &mut String, object: &Object) {
    line(out, "Name", &object.key.name);
    line(out, "Namespace", &object.key.namespace);
}

/// Labels and annotations.
pub(super) fn notes(out: &mut String, object: &Object) {
    pairs(out, "Labels", object.labels());
    annotations(out, "", object.value.at(&["metadata", "annotations"]), true);
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).as_int().unwrap_or(0)
}

fn created(out: &mut String, object: &Object) {
    let at = object.value.at(&["metadata", "creationTimestamp"]);
    line(out, "CreationTimestamp", moment(at));
}

pub(super) fn controller(out: &mut String, object: &Object) {
    let owner = object.controller_ref();
    if !owner.is_null() {
        let of = |name: &str| owner.get(name).text();
        line(
            out,
            "Controlled By",
            format!("{}/{}", of("kind"), of("name")),
        );
    }
}

fn selector(out: &mut String, object: &Object) {
    let text = kube::selector::text(object.spec().get("selector"));
    line(out, "Selector", or(text.into(), NONE));
}

/// Metadata that stands at the top.
const SAID: [&str; 5] = [
    ".metadata.annotations",
    ".metadata.labels",
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
];

/// All fields of an object of which nothing more is known (`printUnstructuredContent`).
fn fields(out: &mut String, level: usize, value: &Value, path: &str) {
    let margin = "  ".repeat(level);
    for (name, value) in value.members() {
        let path = format!("{path}.{name}");
        if SAID.contains(&path.as_str()) {
            continue;
        }
        let title = label(name);
        match value {
            Value::Map(_) => {
                let _ = writeln!(out, "{margin}{title}:");
                fields(out, level + 1, value, &path);
            }
            Value::List(items) => {
                let _ = writeln!(out, "{margin}{title}:");
                for item in items {
                    match item {
                        Value::Map(_) => fields(out, level + 1, item, &path),
                        plain => _ = writeln!(out, "{margin}  {}", shown(plain)),
                    }
                }
            }
            plain => _ = writeln!(out, "{margin}{title}:\t{}", shown(plain)),
        }
    }
}

/// `Last Transition Time` for `lastTransitionTime` (`smartLabelFor`).
fn label(name: &str) -> String {
    if !name
        .chars()
        .all(|letter| letter.is_alphabetic() || letter == '-')
    {
        return name.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let begins = match before {
            None => true,
            Some(before) if letter.is_uppercase() => {
                !before.is_uppercase() || after.is_some_and(|it| it.is_lowercase())
            }
            Some(before) => (*letter == '-') != (before == '-'),
        };
        match words.last_mut().filter(|_| !begins) {
            Some(word) => word.push(*letter),
            None => words.push(letter.to_string()),
        }
    }
    for word in &mut words {
        let upper = word.to_uppercase();
        if ["API", "URL", "UID", "GUID"].contains(&upper.as_str()) {
            *word = upper;
        } else if word.chars().all(|letter| !letter.is_uppercase()) {
            *word = upper[..1].to_owned() + &word[1..];
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{label, moment};

    #[test]
    fn moments_are_written_as_go_writes_them() {
        for (text, expected) in [
            ("2026-11-22T20:03:20Z", "Sun, 22 Nov 2026 20:03:20 +0000"),
            ("2028-02-29T09:00:00Z", "Tue, 29 Feb 2028 09:00:00 +0000"),
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
            (
                "2026-01-05T09:00:01.250000Z",
                "Mon, 05 Jan 2026 09:00:01 +0000",
            ),
            ("", "Mon, 01 Jan 0001 00:00:00 +0000"),
        ] {
            assert_eq!(moment(&text.into()), expected);
        }
    }

    #[test]
    fn fields_have_titles() {
        for (name, title) in [
            ("lastTransitionTime", "Last Transition Time"),
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("clusterIPs", "Cluster I Ps"),
            ("app.kubernetes.io/name", "app.kubernetes.io/name"),
        ] {
            assert_eq!(label(name), title);
        }
    }
}
