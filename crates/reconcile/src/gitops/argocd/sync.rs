//! The steps of a sync: dry run, phases, waves, hooks, pruning
//! (`gitops-engine/pkg/sync/sync_context.go`).

use super::compare::{Comparison, last_applied};
use super::manifests::Phase;
use super::operation::{Outcome, wait_for_next_wave};
use super::tasks::{self, DeletePolicy, Scope, State, Task};
use super::{Pass, memory, project, spec};
use crate::delivery::git::Oid;
use crate::delivery::plan;
use crate::gitops::LAST_APPLIED;
use crate::gitops::ignore;
use crate::gitops::{Ask, diff, health, health::Code};
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::{DeleteOptions, Propagation, Verb};
use kube::{Key, Status, Value, patch};
use std::rc::Rc;

/// A sync at one moment.
struct Sync<'p, 'c> {
    pass: &'p mut Pass<'c>,
    app: &'p Value,
    commits: &'p [Oid],
    tasks: Vec<Task>,
    /// `operation.sync`
    asked: Value,
}

/// How applying some tasks went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Good,
    /// Something must go before it can be made.
    Waits,
    Bad,
}

/// Takes the next steps.
pub(super) fn go_on(
    pass: &mut Pass<'_>,
    app: &Value,
    comparison: &Comparison,
    commits: &[Oid],
    is_terminating: bool,
) -> Outcome {
    let state = app.at(&["status", "operationState"]);
    let asked = state.at(&["operation", "sync"]).clone();
    let options = asked.get("syncOptions");
    let namespace = spec::text(app, &["spec", "destination", "namespace"]);
    let creates = spec::lists(options, "CreateNamespace=true") && !namespace.is_empty();
    let revision = commits
        .first()
        .map(|oid| eco_format!("{oid}"))
        .unwrap_or_default();
    let scope = Scope {
        only: asked.get("resources"),
        prune_last: spec::lists(options, "PruneLast=true"),
        namespace: creates.then_some(namespace),
        revision: &revision,
        started: state.get("startedAt").text(),
    };
    let results = state.at(&["syncResult", "resources"]);
    let tasks = tasks::all(&pass.trial, comparison, &scope, results);
    let started = !results.items().is_empty();
    let mut sync = Sync {
        pass,
        app,
        commits,
        tasks,
        asked,
    };
    let (state, message) = match is_terminating {
        true => sync.terminate(),
        false => sync.step(started),
    };
    let tried = sync
        .tasks
        .iter()
        .filter(|task| task.state != State::Pending || !task.result.is_empty());
    Outcome {
        state,
        message,
        resources: tried.map(Task::row).collect(),
    }
}

type Told = (State, EcoString);

impl Sync<'_, '_> {
    fn has(&self, option: &str) -> bool {
        spec::lists(self.asked.get("syncOptions"), option)
    }

    fn places(&self, is: impl Fn(&Task) -> bool) -> Vec<usize> {
        (0..self.tasks.len())
            .filter(|at| is(&self.tasks[*at]))
            .collect()
    }

    fn step(&mut self, started: bool) -> Told {
        if !started {
            if self.is_forbidden() {
                let why = "one or more synchronization tasks are not valid";
                return (State::Failed, why.into());
            }
            let is_namespace = |it: &Task| {
                it.key.kind == "Namespace" && it.phase == Phase::PreSync && it.live.is_none()
            };
            if let Some(at) = self.places(is_namespace).first().copied() {
                if self.apply(&[at]) == Run::Bad {
                    return self.fail("the namespace failed to apply");
                }
                // Nothing wakes the controller for it: it bears no mark.
                let soon = self.pass.context.timings.watch;
                self.pass.plan.look_again(soon);
            }
        }
        self.look_at_running();
        let several = self.has_several_steps();
        let running = self.places(|it| it.state == State::Running && (several || it.is_hook()));
        if !running.is_empty() {
            for at in &running {
                let task = &mut self.tasks[*at];
                if task.live.is_none() && self.pass.trial.get(&task.key).is_none() {
                    task.result = "SyncFailed".into();
                    task.state = State::Error;
                    task.message = eco_format!(
                        "Resource {} is missing, it might have been deleted",
                        task.shown()
                    );
                }
            }
            let next = self.pass.context.timings.argocd_requeue;
            self.pass.plan.look_again(next);
            return (State::Running, self.waits_for(&running, false));
        }
        let going = self.places(|it| {
            let is_going = |live: &Rc<kube::Object>| live.meta.deleted.is_some();
            it.result == "Pruned" && it.live.as_ref().is_some_and(is_going)
        });
        if !going.is_empty() {
            let next = self.pass.context.timings.argocd_requeue;
            self.pass.plan.look_again(next);
            return (State::Running, self.waits_for(&going, true));
        }
        if self
            .tasks
            .iter()
            .any(|it| it.phase != Phase::SyncFail && it.is_done() && it.state != State::Succeeded)
        {
            self.delete_hooks(DeletePolicy::HookFailed);
            return self.fail("one or more synchronization tasks completed unsuccessfully");
        }
        self.next_wave()
    }

    /// Whether the project does not permit some of the objects, which are marked then.
    fn is_forbidden(&mut self) -> bool {
        let key = &self.pass.found.key;
        let Some(project) = project::of(&self.pass.trial, key, self.app.get("spec")) else {
            return false;
        };
        let mut any = false;
        for task in &mut self.tasks {
            let object = task.target.as_ref().map(|target| &target.object);
            let why = object.and_then(|it| project::forbids_object(project, &task.key, it));
            if let Some(why) = why {
                task.result = "SyncFailed".into();
                task.state = State::Failed;
                task.message = why;
                any = true;
            }
        }
        any
    }

    /// Applies the tasks of the next phase and wave.
    fn next_wave(&mut self) -> Told {
        let until = memory(self.pass).map_or(0, |it| it.next_wave);
        if until > self.pass.context.now {
            self.pass.plan.look_again(until - self.pass.context.now);
            return (State::Running, "one or more tasks are running".into());
        }
        let only_differing = self.has("ApplyOutOfSyncOnly=true");
        let pending = self.places(|it| {
            let wanted = !only_differing || it.is_hook() || it.modified;
            it.phase != Phase::SyncFail
                && it.state == State::Pending
                && it.result.is_empty()
                && wanted
        });
        let Some(first) = pending
            .first()
            .map(|at| (self.tasks[*at].phase, self.tasks[*at].wave))
        else {
            self.delete_hooks(DeletePolicy::HookSucceeded);
            return (
                State::Succeeded,
                "successfully synced (no more tasks)".into(),
            );
        };
        let is_now = |at: &&usize| (self.tasks[**at].phase, self.tasks[**at].wave) == first;
        let now: Vec<usize> = pending.iter().filter(is_now).copied().collect();
        let is_last = now.len() == pending.len();
        match self.apply(&now) {
            Run::Bad => {
                let hooks = self.places(|it| it.state == State::Running && it.is_hook());
                match hooks.is_empty() {
                    true => self.fail("one or more objects failed to apply"),
                    false => (State::Running, self.waits_for(&hooks, false)),
                }
            }
            Run::Waits => (State::Running, self.waits_for(&now, true)),
            Run::Good if is_last && !now.iter().any(|at| self.tasks[*at].is_hook()) => {
                self.delete_hooks(DeletePolicy::HookSucceeded);
                (
                    State::Succeeded,
                    "successfully synced (all tasks run)".into(),
                )
            }
            Run::Good => {
                match is_last {
                    true => self.pass.plan.look_again(self.pass.context.timings.watch),
                    false => wait_for_next_wave(self.pass),
                }
                (State::Running, self.waits_for(&now, false))
            }
        }
    }

    /// Whether there are more phases or waves than one.
    fn has_several_steps(&self) -> bool {
        let step = |task: &Task| (task.phase, task.wave);
        self.tasks.first().map(step) != self.tasks.last().map(step)
    }

    /// Takes note of how what runs is.
    fn look_at_running(&mut self) {
        for task in &mut self.tasks {
            let Some(live) = task.live.clone().filter(|_| task.state == State::Running) else {
                continue;
            };
            let (state, message) = match (task.is_hook(), health::of(&live)) {
                (true, _) => tasks::hook_state(&live),
                (false, None) => (State::Succeeded, EcoString::new()),
                (false, Some((Code::Healthy, why))) => (State::Succeeded, why),
                (false, Some((Code::Degraded, why))) => (State::Failed, why),
                (false, Some(_)) => continue,
            };
            task.state = state;
            if !message.is_empty() {
                task.message = message;
            }
        }
    }

    /// `waiting for healthy state of apps/Deployment/x and 2 more resources`
    fn waits_for(&self, places: &[usize], goes: bool) -> EcoString {
        let hook = places.iter().find(|at| self.tasks[**at].is_hook());
        let all_hooks = places.iter().all(|at| self.tasks[*at].is_hook());
        let Some(first) = hook.or(places.first()) else {
            return EcoString::new();
        };
        let reason = match (goes, hook.is_some()) {
            (true, true) => "deletion of hook",
            (true, false) => "deletion of",
            (false, true) => "completion of hook",
            (false, false) => "healthy state of",
        };
        let shown = self.tasks[*first].shown();
        let what = if all_hooks { "hooks" } else { "resources" };
        match places.len() - 1 {
            0 => eco_format!("waiting for {reason} {shown}"),
            more => eco_format!("waiting for {reason} {shown} and {more} more {what}"),
        }
    }

    /// What a failure comes to: hooks for that case, then the end.
    fn fail(&mut self, message: &str) -> Told {
        let failed = |phase: bool| {
            let of = self.tasks.iter().filter(move |it| {
                (it.phase == Phase::SyncFail) == phase && it.result == "SyncFailed"
            });
            of.map(|it| it.message.as_str())
                .collect::<Vec<_>>()
                .join(",")
        };
        let told = |message: &str, reasons: String| match reasons.as_str() {
            "" => EcoString::from(message),
            reasons => eco_format!("{message}, reason: {reasons}"),
        };
        let (why, of_hooks) = (told(message, failed(false)), failed(true));
        let hooks = self.places(|it| it.phase == Phase::SyncFail);
        let pending: Vec<usize> = hooks
            .iter()
            .filter(|at| self.tasks[**at].state == State::Pending)
            .copied()
            .collect();
        if !pending.is_empty() && of_hooks.is_empty() {
            self.apply(&pending);
            return (State::Running, self.waits_for(&pending, false));
        }
        match of_hooks.as_str() {
            "" => (State::Failed, why),
            reasons => (
                State::Failed,
                eco_format!("{why}\none or more SyncFail hooks failed, reason: {reasons}"),
            ),
        }
    }

    /// Stops what runs.
    fn terminate(&mut self) -> Told {
        for at in self.places(|it| it.is_hook() && it.state == State::Running) {
            let is_running = self.tasks[at]
                .live
                .as_ref()
                .is_some_and(|live| tasks::hook_state(live).0 == State::Running);
            if is_running {
                let _ = self.delete(at, "Terminated", "The sync is terminated");
            }
            self.tasks[at].state = State::Failed;
            self.tasks[at].message = "Terminated".into();
        }
        (State::Failed, "Operation terminated".into())
    }

    fn delete_hooks(&mut self, policy: DeletePolicy) {
        for at in
            self.places(|it| it.is_hook() && it.state != State::Running && it.is_deleted(policy))
        {
            if self.pass.trial.get(&self.tasks[at].key).is_some() {
                let _ = self.delete(at, "HookDeleted", texts::delivery::HOOK_IS_DONE);
            }
        }
    }

    fn delete(&mut self, at: usize, reason: &str, why: &str) -> Result<(), Status> {
        let policy = |option: &str| self.has(&format!("PrunePropagationPolicy={option}"));
        let options = DeleteOptions {
            propagation: match (policy("background"), policy("orphan")) {
                (true, _) => Propagation::Background,
                (_, true) => Propagation::Orphan,
                _ => Propagation::Foreground,
            },
            ..DeleteOptions::default()
        };
        let key = self.tasks[at].key.clone();
        let note = Note::story(
            "delete",
            reason,
            texts::delivery::argo_cd_deletes(why, &key),
        );
        self.pass.write(&key, Verb::Delete(options), note).map(drop)
    }

    /// Prunes and applies some tasks.
    fn apply(&mut self, places: &[usize]) -> Run {
        let mut run = Run::Good;
        for at in places
            .iter()
            .copied()
            .filter(|at| self.tasks[*at].is_prune())
            .collect::<Vec<_>>()
        {
            let (result, message) = self.prune(at);
            let bad = result == "SyncFailed";
            self.set(
                at,
                result,
                message,
                if bad { State::Failed } else { State::Succeeded },
            );
            run = if bad { Run::Bad } else { run };
        }
        if run != Run::Good {
            return run;
        }
        let made: Vec<usize> = places
            .iter()
            .copied()
            .filter(|at| !self.tasks[*at].is_prune())
            .collect();
        for at in made.clone() {
            let task = &self.tasks[at];
            let is_there = task.is_hook() && self.pass.trial.get(&task.key).is_some();
            if is_there && task.is_deleted(DeletePolicy::BeforeHookCreation) {
                let gone = self
                    .delete(at, "HookDeleted", texts::delivery::HOOK_IS_MADE_ANEW)
                    .is_ok();
                let waits = gone && self.pass.trial.get(&self.tasks[at].key).is_some();
                run = if waits { Run::Waits } else { run };
            }
        }
        if run != Run::Good {
            return run;
        }
        let mut changed = Vec::new();
        for at in made {
            match self.apply_one(at, &mut changed) {
                Ok(message) => self.set(at, "Synced", message, State::Running),
                Err(status) => {
                    run = Run::Bad;
                    self.set(at, "SyncFailed", status.message, State::Failed);
                }
            }
        }
        if let Some(commit) = self.commits.first().filter(|_| !changed.is_empty()) {
            // Before the writes that it is about, so that what they lead to has its colour.
            let deliver = crate::plan::Step::GitOps(Ask::Deliver(*commit, changed));
            self.pass.plan.steps.insert(0, deliver);
        }
        run
    }

    fn set(&mut self, at: usize, result: &str, message: EcoString, state: State) {
        let task = &mut self.tasks[at];
        task.result = result.into();
        task.message = message;
        task.state = state;
    }

    fn prune(&mut self, at: usize) -> (&'static str, EcoString) {
        let task = &self.tasks[at];
        if self.asked.get("prune").as_bool() != Some(true) {
            return ("PruneSkipped", "ignored (requires pruning)".into());
        }
        if task.has_option("Prune=false") {
            return ("PruneSkipped", "ignored (no prune)".into());
        }
        let is_going = task
            .live
            .as_ref()
            .is_some_and(|live| live.meta.deleted.is_some());
        if is_going {
            return ("Pruned", "pruned".into());
        }
        match self.delete(at, "Pruned", texts::delivery::NO_LONGER_IN_GIT) {
            Ok(()) => ("Pruned", "pruned".into()),
            Err(status) => ("SyncFailed", status.message),
        }
    }

    /// Applies one object as `kubectl apply` does: made, patched three ways, or left as it is. The
    /// answer is what kubectl prints.
    fn apply_one(&mut self, at: usize, changed: &mut Vec<Key>) -> Result<EcoString, Status> {
        let task = self.tasks[at].clone();
        let Some(target) = task.target.clone() else {
            return Ok(EcoString::new());
        };
        let shown = diff::kubectl_name(&target.object);
        let key = &task.key;
        let mut object = target.object.clone();
        if !target.applied.is_empty() {
            object
                .entry_at(&["metadata", "annotations"])
                .set(LAST_APPLIED, target.applied.clone());
        }
        let Some(live) = self.pass.trial.get(key).cloned() else {
            let why = match target.applied.is_empty() {
                true => texts::delivery::creates_namespace(key),
                false => texts::delivery::argo_cd_creates(key),
            };
            let note = Note::story("create", "Created", why);
            self.pass.write(key, Verb::Create(object), note)?;
            changed.push(key.clone());
            return Ok(eco_format!("{shown} created"));
        };
        if self.has("RespectIgnoreDifferences=true") {
            object = ignore::respected(self.app.get("spec"), &object, &live.value);
        }
        if self.has("Replace=true") || task.has_option("Replace=true") {
            let note = Note::story("update", "Replaced", texts::delivery::argo_cd_replaces(key));
            self.pass.write(key, Verb::Update(object), note)?;
            changed.push(key.clone());
            return Ok(eco_format!("{shown} replaced"));
        }
        let last = last_applied(&live, &target);
        let (how, change) = patch::three_way(&last, &object, &live.value)
            .map_err(|fault| Status::bad_request(&eco_format!("{fault}")))?;
        if change == kube::map! {} {
            return Ok(eco_format!("{shown} unchanged"));
        }
        let patched = patch::apply(how, &live.value, &change).unwrap_or_default();
        let paths: Vec<EcoString> = plan::changes(&patched, &live.value)
            .into_iter()
            .map(|it| it.path)
            .filter(|path| !path.contains(LAST_APPLIED))
            .collect();
        let note = match paths.as_slice() {
            [] => Note::detail(
                "patch",
                "Applied",
                texts::delivery::notes_what_git_says(key),
            ),
            paths => {
                let named = paths
                    .iter()
                    .take(3)
                    .map(EcoString::as_str)
                    .collect::<Vec<_>>()
                    .join(", ");
                Note::story(
                    "patch",
                    "Applied",
                    texts::delivery::argo_cd_patches(key, &named),
                )
            }
        };
        if !paths.is_empty() {
            changed.push(key.clone());
        }
        self.pass.write(key, Verb::Patch(how, change), note)?;
        Ok(eco_format!("{shown} configured"))
    }
}
