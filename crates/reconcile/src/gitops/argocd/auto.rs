//! Whether an Application syncs by itself now (`controller/appcontroller.go`, autoSync).

use super::compare::{Comparison, Managed};
use super::{Pass, compared_to, revisions, spec};
use crate::gitops::diff::group_of;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Millis, Value, time};

/// Go prints a list of texts like this.
fn shown(commits: &[EcoString]) -> EcoString {
    eco_format!("[{}]", commits.join(" "))
}

/// Begins a sync if there is reason to, and says what kept it from beginning.
pub(super) fn sync(
    pass: &mut Pass<'_>,
    status: &str,
    commits: &[EcoString],
    comparison: &Comparison,
) -> Option<EcoString> {
    let spec = pass.spec().clone();
    let is_busy = !pass.value.get("operation").is_null();
    if !spec::is_automated(&spec) || is_busy || status != "OutOfSync" {
        return None;
    }
    let prunes = spec::automated(&spec, "prune");
    let differing: Vec<&Managed> = comparison
        .managed
        .iter()
        .filter(|it| it.is_out_of_sync())
        .collect();
    let must_go = |it: &&Managed| it.target.is_none();
    if !prunes && differing.iter().all(must_go) {
        let why = texts::delivery::prune_disabled(&pass.found.key);
        say_once(pass, "PruneDisabled", why);
        return None;
    }
    let mut sync = kube::map! {
        "revision" => commits.first().filter(|_| spec.get("sources").items().is_empty()).cloned(),
        "revisions" => Some(commits).filter(|_| !spec.get("sources").items().is_empty()).map(|all| all.iter().cloned().collect::<Value>()),
        "prune" => prunes.then_some(true),
        "syncOptions" => spec.at(&["syncPolicy", "syncOptions"]).clone(),
    };
    let state = pass.status().get("operationState").clone();
    if is_attempted(&state, &spec, commits) {
        let phase = state.get("phase").text();
        if phase != "Succeeded" {
            let (last, message) = (
                revisions(state.get("syncResult")),
                state.get("message").text(),
            );
            return Some(eco_format!(
                "Failed last sync attempt to {}: {message}",
                shown(&last)
            ));
        }
        if !spec::automated(&spec, "selfHeal") {
            let why = texts::delivery::self_heal_disabled(&pass.found.key);
            say_once(pass, "SelfHealDisabled", why);
            return None;
        }
        let wait = heals_in(pass, &state);
        if wait > 0 {
            pass.plan.look_again(wait);
            return None;
        }
        let tries = state.at(&["operation", "sync", "autoHealAttemptsCount"]);
        sync.set(
            "autoHealAttemptsCount",
            tries.as_int().unwrap_or(0).saturating_add(1),
        );
        let only = differing.iter().map(|it| {
            kube::map! { "group" => group_of(it.object()), "kind" => &it.key.kind, "name" => &it.key.name }
        });
        sync.set("resources", only.collect::<Value>());
    }
    if prunes
        && !spec::automated(&spec, "allowEmpty")
        && comparison.managed.iter().all(|it| it.target.is_none())
    {
        return Some(eco_format!(
            "Skipping sync attempt to {}: auto-sync will wipe out all resources",
            shown(commits)
        ));
    }
    let retry = match spec.at(&["syncPolicy", "retry"]) {
        Value::Null => kube::map! { "limit" => 5 },
        given => given.clone(),
    };
    pass.value.set(
        "operation",
        kube::map! {
            "sync" => sync,
            "initiatedBy" => kube::map! { "automated" => true },
            "retry" => retry,
        },
    );
    let message = eco_format!("Initiated automated sync to '{}'", commits.join(", "));
    pass.event(Note::story("event", "OperationStarted", message));
    None
}

/// Says why nothing happens when it becomes so, not at every look.
fn say_once(pass: &mut Pass<'_>, reason: &str, why: EcoString) {
    if pass.status().at(&["sync", "status"]).text() != "OutOfSync" {
        let about = pass.found.key.clone();
        pass.plan.say(&about, Note::nothing(reason, why));
    }
}

/// Whether the last sync was to these commits of these sources (`alreadyAttemptedSync`).
fn is_attempted(state: &Value, spec: &Value, commits: &[EcoString]) -> bool {
    let result = state.get("syncResult");
    if state.is_null() {
        return false;
    }
    if result.is_null() {
        return matches!(state.get("phase").text(), "Succeeded" | "Failed" | "Error");
    }
    let compared = compared_to(spec);
    revisions(result) == commits
        && result.get("source") == compared.get("source")
        && result.get("sources") == compared.get("sources")
}

/// How long a sync that heals has to wait after the one before.
fn heals_in(pass: &Pass<'_>, state: &Value) -> Millis {
    let finished = time::parse_rfc3339(state.get("finishedAt").text());
    let until = finished.unwrap_or(pass.context.now) + pass.context.timings.argocd_self_heal;
    until.saturating_sub(pass.context.now)
}
