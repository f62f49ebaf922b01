//! `kubectl diff -f -` (`k8s.io/kubectl/pkg/cmd/diff`): what `apply` would change.

use super::apply;
use super::args::{Args, FILENAME, Flag, switch};
use super::session::{DryRun, Fault, Session, group};
use kube::api::Verb;
use kube::patch::three_way;
use kube::{Key, Object, Value, time};

pub(super) const FLAGS: &[Flag] = &[
    FILENAME,
    switch("show-managed-fields", None),
    switch("show-secrets", None),
];

/// Prints what the live objects and those of the manifests differ in, as `diff -u -N` does. Exit code 1
/// if they do.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let outcome = differences(session, args);
    // 1 says that there are some.
    session.output.exit = match &outcome {
        Ok(has_any) => u8::from(*has_any),
        Err(_) => 2,
    };
    match outcome? {
        true => Err(Fault::Said("".into())),
        false => Ok(()),
    }
}

fn differences(session: &mut Session, args: &Args) -> Result<bool, Fault> {
    let missing = "must specify one of -f and -k";
    let mut found: Vec<(String, String)> = Vec::new();
    for (key, manifest) in apply::manifests(session, args, missing, "diff")? {
        let live = match session.get(&key) {
            Ok(live) => Some(live),
            Err(status) if status.code == 404 => None,
            Err(status) => return Err(status.into()),
        };
        session.dry_run = DryRun::Server;
        let merged = merged(session, &key, &manifest, live.as_deref())?;
        let live = live.map_or(Value::Null, |it| it.value.clone());
        let (live, merged) = match key.kind == "Secret" && !args.is_on("show-secrets") {
            true => masked(live, merged),
            false => (live, merged),
        };
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            value => yaml::encode(value),
        };
        let hunks = unified::hunks(&text(&live), &text(&merged));
        if !hunks.is_empty() {
            found.push((file_name(&key, &manifest), unified::print(&hunks)));
        }
    }
    lean::sort(&mut found);
    let at = time::rfc3339_micro(session.now());
    let (day, clock) = at.split_once('T').unwrap_or_default();
    let clock = clock.trim_end_matches('Z');
    for (name, hunks) in &found {
        let [live, merged] = ["LIVE", "MERGED"].map(|folder| format!("/tmp/{folder}/{name}"));
        session.output.stdout.push_str(&format!(
            "diff -u -N {live} {merged}\n--- {live}\t{day} {clock}000 +0000\n+++ {merged}\t{day} \
             {clock}000 +0000\n{hunks}"
        ));
    }
    Ok(!found.is_empty())
}

/// The object as it would be.
fn merged(
    session: &mut Session,
    key: &Key,
    manifest: &Value,
    live: Option<&Object>,
) -> Result<Value, Fault> {
    let verb = match live {
        None => Verb::Create(manifest.clone()),
        Some(live) => {
            let (how, patch) = three_way(
                &apply::last_applied(live),
                &apply::annotated(manifest),
                &live.value,
            )
            .map_err(|fault| Fault::Usage(fault.to_string()))?;
            Verb::Patch(how, patch)
        }
    };
    let made = session.ask(key, verb)?.object();
    let mut made = made.map_or(Value::Null, |it| it.value.clone());
    // Nothing is stored, so there is no other version.
    let version = live.map(|it| it.value.at(&["metadata", "resourceVersion"]).clone());
    made.entry("metadata")
        .set("resourceVersion", version.unwrap_or_default());
    Ok(made)
}

/// `apps.v1.Deployment.shop.web`
fn file_name(key: &Key, manifest: &Value) -> String {
    let version = manifest.get("apiVersion").text();
    let version = version.rsplit('/').next().unwrap_or_default();
    let group = group(&key.kind).map_or_else(String::new, |group| format!("{group}."));
    format!(
        "{group}{version}.{}.{}.{}",
        key.kind, key.namespace, key.name
    )
}

/// A Secret's two states without what is secret, but so that one sees what differs.
fn masked(mut live: Value, mut merged: Value) -> (Value, Value) {
    const MASK: &str = "***";
    let old = live.get("data").clone();
    let new = merged.get("data").clone();
    let mask = |value: &Value, other: &Value, differs: &str| match other {
        Value::Null => MASK.to_owned(),
        other if other == value => MASK.to_owned(),
        _ => format!("{MASK} ({differs})"),
    };
    for (name, value) in old.members() {
        let text = mask(value, new.get(name), "before");
        live.entry("data").set(name, text);
    }
    for (name, value) in new.members() {
        let text = mask(value, old.get(name), "after");
        merged.entry("data").set(name, text);
    }
    (live, merged)
}
