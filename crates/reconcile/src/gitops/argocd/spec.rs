//! What an Application's spec asks for.

use super::project;
use crate::delivery::reader::parse_duration;
use ecow::{EcoString, eco_format};
use kube::{Key, Millis, Store, Value};

/// The only cluster there is, as a URL and by name.
pub(super) const SERVER: &str = "https://kubernetes.default.svc";
pub(super) const IN_CLUSTER: &str = "in-cluster";

/// No wait is longer: a thousand hours.
const LONGEST: Millis = 3_600_000_000;

/// A text at a path; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    value.at(path).text()
}

/// The sources: several, or one.
pub(super) fn sources(spec: &Value) -> Vec<&Value> {
    match spec.get("sources").items() {
        [] => vec![spec.get("source")],
        several => several.iter().collect(),
    }
}

/// Whether the Application syncs by itself.
pub(super) fn is_automated(spec: &Value) -> bool {
    let automated = spec.at(&["syncPolicy", "automated"]);
    !automated.is_null() && automated.get("enabled").as_bool() != Some(false)
}

/// A switch of `syncPolicy.automated`: `prune`, `selfHeal`, `allowEmpty`. All are off by default.
pub(super) fn automated(spec: &Value, switch: &str) -> bool {
    is_automated(spec) && spec.at(&["syncPolicy", "automated", switch]).as_bool() == Some(true)
}

/// Whether an option such as `PruneLast=true` is in a list.
pub(super) fn lists(options: &Value, option: &str) -> bool {
    options.items().iter().any(|it| it.text() == option)
}

/// The project of an Application, if it names one that does not exist.
pub(super) fn missing_project<'a>(store: &Store, app: &Key, spec: &'a Value) -> Option<&'a str> {
    let project = text(spec, &["project"]);
    let key = Key::new("AppProject", app.namespace.clone(), project);
    let is_there = matches!(project, "" | "default") || store.get(&key).is_some();
    (!is_there).then_some(project)
}

/// What is wrong with where an Application is to go (`GetDestinationCluster`).
pub(super) fn wrong_destination(spec: &Value) -> Option<EcoString> {
    let destination = |field| text(spec, &["destination", field]);
    match (destination("name"), destination("server")) {
        ("", SERVER) | (IN_CLUSTER, "") => None,
        ("", "") => Some("Destination server missing from app spec".into()),
        ("", server) => Some(eco_format!(
            "error getting cluster by server \"{server}\": cluster \"{server}\" not found"
        )),
        (name, "") => Some(eco_format!("there are no clusters with this name: {name}")),
        (name, server) => Some(eco_format!(
            "application destination can't have both name and server defined: {name} {server}"
        )),
    }
}

/// What keeps an Application from being looked at (`ValidatePermissions`).
pub(super) fn fault(store: &Store, app: &Key, spec: &Value) -> Option<EcoString> {
    if let Some(project) = missing_project(store, app, spec) {
        return Some(eco_format!(
            "Application referencing project {project} which does not exist"
        ));
    }
    for source in sources(spec) {
        let of = |field: &str| source.get(field).text();
        let has_files = !(of("path").is_empty() && of("chart").is_empty() && of("ref").is_empty());
        if of("repoURL").is_empty() || !has_files {
            return Some(
                "spec.source.repoURL and either spec.source.path or spec.source.chart are required"
                    .into(),
            );
        }
    }
    wrong_destination(spec).or_else(|| project::forbids(store, app, spec))
}

/// When an operation that failed is tried again, from its end (`RetryStrategy.NextRetryAt`): 5 s,
/// doubled with every try, at most 3 min.
pub(super) fn retry_after(retry: &Value, tries: i64) -> Millis {
    let backoff = retry.get("backoff");
    let time = |field: &str, default: Millis| match backoff.get(field) {
        Value::Int(seconds) => u64::try_from(*seconds).unwrap_or(0).saturating_mul(1000),
        value => {
            let given = value.text();
            // A bare number means seconds.
            let seconds = || given.parse::<u64>().ok().map(|it| it.saturating_mul(1000));
            parse_duration(given).or_else(seconds).unwrap_or(default)
        }
    };
    let (first, longest) = (time("duration", 5_000), time("maxDuration", 180_000));
    let factor = backoff.get("factor").as_int().unwrap_or(2);
    let factor = u64::try_from(factor).unwrap_or(1);
    let tries = u32::try_from(tries).unwrap_or(0);
    let wait = first.saturating_mul(factor.saturating_pow(tries));
    match longest {
        0 => wait.min(LONGEST),
        longest => wait.min(longest).min(LONGEST),
    }
}
