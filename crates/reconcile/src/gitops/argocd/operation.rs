//! A sync from its beginning to its end: it is begun, repeated where it fails, and written down
//! (`controller/appcontroller.go`, processRequestedAppOperation; `controller/sync.go`).

use super::tasks::State;
use super::{Memory, Pass, compare, compared_to, manifests, revisions, spec, sync};
use crate::gitops::Ask;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Millis, Value, time};

/// How many syncs are remembered (`revisionHistoryLimit`).
const HISTORY: i64 = 10;

/// What came of a step of an operation.
pub(super) struct Outcome {
    pub state: State,
    pub message: EcoString,
    pub resources: Vec<Value>,
}

impl Outcome {
    fn error(message: impl Into<EcoString>) -> Outcome {
        Outcome {
            state: State::Error,
            message: message.into(),
            resources: Vec::new(),
        }
    }
}

/// Lets the operation that is asked for go on. Returns whether it has ended.
pub(super) fn go_on(pass: &mut Pass<'_>) -> bool {
    let operation = pass.value.get("operation").clone();
    if operation.is_null() {
        return false;
    }
    let stamp = pass.stamp();
    let mut state = pass.status().get("operationState").clone();
    let is_running = matches!(state.get("phase").text(), "Running" | "Terminating");
    if !is_running {
        state = kube::map! { "operation" => operation, "phase" => "Running", "startedAt" => stamp };
    } else if !state.get("finishedAt").is_null() {
        let again = retry_at(&state);
        if again > pass.context.now {
            pass.plan.look_again(again - pass.context.now);
            return false;
        }
        let tries = state.get("retryCount").as_int().unwrap_or(0);
        state.set("finishedAt", Value::Null);
        state.set("syncResult", Value::Null);
        let why = eco_format!("Retrying operation. Attempt #{tries}");
        let about = pass.found.key.clone();
        pass.plan
            .say(&about, Note::story("retry", "OperationRetried", why));
    }
    let is_terminating = state.get("phase").text() == "Terminating";
    let outcome = advance(pass, &mut state, is_terminating);
    if let Some(result) = Some(outcome.resources).filter(|it| !it.is_empty()) {
        state.entry("syncResult").set("resources", result);
    }
    state.set("message", outcome.message.clone());
    let fails = matches!(outcome.state, State::Failed | State::Error);
    if fails && !is_terminating && begins_again(pass, &mut state, &outcome.message) {
        pass.status_mut().set("operationState", state);
        return false;
    }
    let phase = match outcome.state {
        State::Running if is_terminating => "Terminating",
        state => state.as_str(),
    };
    state.set("phase", phase);
    let ended = outcome.state != State::Running;
    if ended {
        end(pass, &mut state, outcome.state);
    }
    pass.status_mut().set("operationState", state);
    ended
}

fn retry_at(state: &Value) -> Millis {
    let finished = time::parse_rfc3339(state.get("finishedAt").text()).unwrap_or(0);
    let tries = state.get("retryCount").as_int().unwrap_or(0);
    finished + spec::retry_after(state.at(&["operation", "retry"]), tries)
}

/// Puts a failed operation in line again, if it may be tried again.
fn begins_again(pass: &mut Pass<'_>, state: &mut Value, message: &str) -> bool {
    let retry = state.at(&["operation", "retry"]).clone();
    let limit = retry.get("limit").as_int().unwrap_or(0);
    let tries = state.get("retryCount").as_int().unwrap_or(0);
    if 0 <= limit && limit <= tries {
        if tries > 0 {
            state.set("message", eco_format!("{message} (retried {tries} times)."));
        }
        return false;
    }
    let next = tries.saturating_add(1);
    // Announced is the time of the try before; waited is until that of this one, as in the real one.
    let announced = pass.context.now + spec::retry_after(&retry, tries);
    let at = kitchen(announced);
    let why = eco_format!("{message}. Retrying attempt #{next} at {at}.");
    state.set("phase", "Running");
    state.set("finishedAt", pass.stamp());
    state.set("retryCount", next);
    state.set("message", why.clone());
    let about = pass.found.key.clone();
    pass.plan
        .say(&about, Note::warning("fail", "OperationFailed", why));
    pass.plan
        .look_again(retry_at(state).saturating_sub(pass.context.now).max(1));
    true
}

/// A time of day as Go's `time.Kitchen` has it: `3:04PM`.
fn kitchen(t: Millis) -> EcoString {
    let minutes = (time::EPOCH_SECONDS + t / 1000) / 60;
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    eco_format!("{hour}:{minute:02}{half}")
}

/// Takes the next steps of a sync.
fn advance(pass: &mut Pass<'_>, state: &mut Value, is_terminating: bool) -> Outcome {
    let asked = state.at(&["operation", "sync"]).clone();
    if asked.is_null() {
        return Outcome::error("Invalid operation request: no operation specified");
    }
    let mut spec = pass.spec().clone();
    for field in ["source", "sources"] {
        if !asked.get(field).is_null() {
            spec.set(field, asked.get(field).clone());
        }
    }
    if state.get("syncResult").is_null() {
        let compared = compared_to(&spec);
        state.set(
            "syncResult",
            kube::map! {
                "revision" => asked.get("revision").clone(),
                "revisions" => asked.get("revisions").clone(),
                "source" => compared.get("source").clone(),
                "sources" => compared.get("sources").clone(),
            },
        );
    }
    if let Some(fault) = spec::fault(&pass.trial, &pass.found.key, &spec) {
        return Outcome::error(eco_format!("InvalidSpecError: {fault}"));
    }
    let wanted = revisions(state.get("syncResult"));
    let generated = generate(pass, &spec, &wanted);
    let (commits, targets) = match generated.map(|it| (it.revisions, it.targets)) {
        Ok((commits, Ok(targets))) => (commits, targets),
        Ok((_, Err(why))) | Err(why) => {
            return Outcome::error(eco_format!(
                "ComparisonError: Failed to load target state: {why}"
            ));
        }
    };
    let result = state.entry("syncResult");
    let several = !spec.get("sources").items().is_empty();
    let all: Vec<EcoString> = commits.iter().map(|oid| eco_format!("{oid}")).collect();
    match several {
        true => result.set("revisions", all.iter().cloned().collect::<Value>()),
        false => result.set("revision", all.first().cloned()),
    }
    let mut app = pass.value.clone();
    app.set("spec", spec);
    app.entry("status").set("operationState", state.clone());
    let comparison = compare::compare(&pass.trial, pass.context.now, &app, &targets);
    sync::go_on(pass, &app, &comparison, &commits, is_terminating)
}

/// What the sources of a sync render to: what was compared last, or another revision.
fn generate(
    pass: &mut Pass<'_>,
    spec: &Value,
    wanted: &[EcoString],
) -> Result<manifests::Generated, EcoString> {
    if compared_to(spec) == compared_to(pass.spec()) {
        return super::generate(pass, wanted);
    }
    let repositories = &pass.context.delivery.repositories;
    manifests::generate(
        repositories,
        &pass.found.key,
        spec,
        wanted,
        pass.context.now,
    )
}

/// Writes down how an operation ended.
fn end(pass: &mut Pass<'_>, state: &mut Value, outcome: State) {
    let stamp = pass.stamp();
    state.set("finishedAt", stamp);
    pass.value.set("operation", Value::Null);
    let partial = !state
        .at(&["operation", "sync", "resources"])
        .items()
        .is_empty();
    let mut told = EcoString::from(if partial {
        "Partial sync operation"
    } else {
        "Sync operation"
    });
    if !state.get("syncResult").is_null() {
        let revision = state.at(&["syncResult", "revision"]).text();
        told = eco_format!("{told} to {revision}");
    }
    let succeeded = outcome == State::Succeeded;
    let note = match succeeded {
        true => Note::story(
            "event",
            "OperationCompleted",
            eco_format!("{told} succeeded"),
        ),
        false => {
            let why = state.get("message").text();
            Note::warning(
                "event",
                "OperationCompleted",
                eco_format!("{told} failed: {why}"),
            )
        }
    };
    pass.event(note);
    if succeeded && !partial {
        remember(pass, state);
    }
}

/// Adds a sync to the history.
fn remember(pass: &mut Pass<'_>, state: &Value) {
    let limit = pass
        .spec()
        .get("revisionHistoryLimit")
        .as_int()
        .unwrap_or(HISTORY);
    let limit = usize::try_from(limit).unwrap_or(0);
    let result = state.get("syncResult");
    let mut history = pass.status().get("history").items().to_vec();
    let next = history
        .last()
        .and_then(|it| it.get("id").as_int())
        .map_or(0, |id| id.saturating_add(1));
    history.push(kube::map! {
        "id" => next,
        "revision" => result.get("revision").clone(),
        "revisions" => result.get("revisions").clone(),
        "source" => result.get("source").clone(),
        "sources" => result.get("sources").clone(),
        "deployedAt" => state.get("finishedAt").clone(),
        "deployStartedAt" => state.get("startedAt").clone(),
        "initiatedBy" => state.at(&["operation", "initiatedBy"]).clone(),
    });
    let surplus = history.len().saturating_sub(limit);
    history.drain(..surplus);
    pass.status_mut().set("history", history);
}

/// Waits before the next wave, so that other controllers have seen this one.
pub(super) fn wait_for_next_wave(pass: &mut Pass<'_>) {
    let wait = pass.context.timings.argocd_wave;
    if let Some(kept) = super::memory(pass) {
        let memory = Memory {
            next_wave: pass.context.now + wait,
            ..Memory::clone(&kept)
        };
        let key = pass.found.key.clone();
        pass.ask(Ask::Application(key, Some(memory.into())));
    }
    pass.plan.look_again(wait);
}
