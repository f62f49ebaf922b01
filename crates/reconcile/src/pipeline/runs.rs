//! Workflow runs: what starts them, and what they ask of the world.

use super::{Event, MAIN, RunState, git_push, identity, kubectl, releases};
use crate::delivery::actions::answer::Answer;
use crate::delivery::actions::event::{Ask, RunEvent, Spot};
use crate::delivery::actions::run::{Outside, Run, Start};
use crate::delivery::actions::workflow::{self, Workflow};
use crate::delivery::git::{Oid, Repository, Tree};
use crate::delivery::settings::Settings;
use crate::engine::{self, World};
use crate::gitops;
use crate::texts;
use crate::trace::Note;
use crate::view::{Problem, Progress};
use ecow::{EcoString, EcoVec, eco_format};
use std::rc::Rc;

const ACTIONS: &str = "github-actions";

/// The settings of a repository: its file's, and what the lab adds.
pub(crate) fn settings(world: &World, name: &str, files: &Tree) -> Rc<Settings> {
    let mut settings = Settings::read(files);
    let of = |all: &EcoVec<(EcoString, EcoString, EcoString)>| {
        let own = all.iter().filter(|(repository, ..)| repository == name);
        own.map(|(_, name, text)| (name.clone(), text.clone()))
            .collect()
    };
    settings.secrets = of(&world.delivery.secrets);
    settings.variables = of(&world.delivery.variables);
    Rc::new(settings)
}

/// The paths that differ between two commits.
pub(super) fn changed(repository: &Repository, old: Option<Oid>, new: Oid) -> Vec<EcoString> {
    let (old, new) = (
        old.map(|old| repository.files(old)).unwrap_or_default(),
        repository.files(new),
    );
    let paths = lean::set(old.keys().chain(new.keys())).into_iter();
    paths
        .filter(|path| old.get(*path) != new.get(*path))
        .cloned()
        .collect()
}

/// A commit is on a branch: the workflows that this triggers start.
pub(super) fn push(world: &mut World, name: &str, branch: &str, before: Option<Oid>, commit: Oid) {
    let Some(repository) = world.delivery.repositories.get(name).cloned() else {
        return;
    };
    let changed = changed(&repository, before, commit);
    if branch == MAIN {
        tell_schedules(world, name, &repository.files(commit), &changed);
    }
    let event = workflow::Event::push(branch, changed);
    let is_read = branch == MAIN && gitops::pushed(world, name);
    let count = start_all(world, name, &repository, commit, event);
    if count == Some(0) && !is_read {
        let why = texts::delivery::no_workflow_runs(name, branch);
        world.note(ACTIONS, None, Note::nothing("NoWorkflow", why));
    }
}

/// Says of workflows that are new on main, or changed, that nothing starts them by the clock.
fn tell_schedules(world: &mut World, name: &str, files: &Tree, changed: &[EcoString]) {
    for path in changed.iter().filter(|path| workflow::is_workflow(path)) {
        let text = files.get(path).map_or("", EcoString::as_str);
        let workflow = Workflow::parse(&eco_format!("{name}/{path}"), text);
        let triggers = workflow.iter().flat_map(|it| &it.on);
        if triggers.into_iter().any(|it| it.event == "schedule") {
            let why = texts::delivery::schedule_not_simulated(path);
            world.note(ACTIONS, None, Note::nothing("NotSimulated", why));
        }
    }
}

/// Starts the workflows that an event triggers; how many, if all workflows could be read.
pub(super) fn start_all(
    world: &mut World,
    name: &str,
    repository: &Repository,
    commit: Oid,
    event: workflow::Event,
) -> Option<usize> {
    let cause = world.cause();
    let files = repository.files(commit);
    let workflows = match Workflow::triggered(name, &files, &event) {
        Ok(workflows) => workflows,
        Err(problems) => {
            let Problem {
                path,
                line,
                column,
                message,
                ..
            } = problems.first()?;
            let path = path
                .strip_prefix(name)
                .unwrap_or(path)
                .trim_start_matches('/');
            let why = eco_format!(
                "Invalid workflow file: {path} (Line: {line}, Col: {column}): {message}"
            );
            world.note(ACTIONS, None, Note::warning("fail", "InvalidWorkflow", why));
            return None;
        }
    };
    let count = workflows.len();
    for workflow in workflows {
        world.go_on_from(cause);
        start(world, name, repository, commit, event.clone(), workflow);
    }
    Some(count)
}

/// Starts a workflow.
pub(super) fn start(
    world: &mut World,
    name: &str,
    repository: &Repository,
    commit: Oid,
    event: workflow::Event,
    workflow: Workflow,
) {
    let number = u32::try_from(world.delivery.runs.len()).unwrap_or(u32::MAX - 1) + 1;
    let title = workflow.name.clone();
    let sha = commit.short();
    let why = match &event {
        workflow::Event::Push { target, .. } => {
            let branch = target.rsplit('/').next().unwrap_or_default();
            texts::delivery::push_starts(branch, &title, &sha)
        }
        workflow::Event::PullRequest { number, .. } => {
            texts::delivery::pull_request_starts(*number, &title, &sha)
        }
        workflow::Event::Dispatch { .. } => texts::delivery::you_start(&title, &sha),
    };
    let start = Start {
        number,
        name,
        repository,
        commit,
        event,
        settings: settings(world, name, &repository.files(commit)),
    };
    let run = Run::start(workflow, &start, world.now);
    let cause = world.note(ACTIONS, None, Note::story("start", "WorkflowStarted", why));
    world.delivery.runs.push(RunState { run, cause });
    world.because(cause);
    wake(world, world.delivery.runs.len() - 1);
    admit(world);
}

/// Puts the run's next step in line.
fn wake(world: &mut World, at: usize) {
    if let Some(t) = world.delivery.runs[at].run.wakes_at() {
        world.after(
            t.saturating_sub(world.now),
            engine::Event::Delivery(Event::Run(at)),
        );
    }
}

/// Lets a run go on up to this moment.
pub(super) fn advance(world: &mut World, at: usize) {
    let now = world.now;
    act(world, at, |run, outside| run.advance(now, outside));
}

/// Gives a step the answer that it waits for.
pub(super) fn answer(world: &mut World, (at, spot): (usize, Spot), answer: Answer) {
    let now = world.now;
    act(world, at, |run, _| run.answer(spot, answer, now));
}

/// Does something to a run, and what follows from it.
pub(super) fn act(
    world: &mut World,
    at: usize,
    doing: impl FnOnce(&mut Run, &mut Outside<'_>) -> Vec<RunEvent>,
) {
    let state = &mut world.delivery;
    let repositories = state.repositories.clone();
    let registry = &mut state.registry;
    let Some(run) = state.runs.make_mut().get_mut(at) else {
        return;
    };
    let events = doing(
        &mut run.run,
        &mut Outside {
            registry,
            repositories,
        },
    );
    carry_out(world, at, events);
    wake(world, at);
}

/// Lets runs and jobs into the concurrency groups that they wait for, and cancels those that others
/// push out ("Control the concurrency of workflows and jobs" in GitHub's documentation): in a group one
/// runs and one waits.
fn admit(world: &mut World) {
    let now = world.now;
    loop {
        let runs = world.delivery.runs.iter().enumerate();
        let all: Vec<_> = runs
            .flat_map(|(at, state)| {
                let name = EcoString::from(state.run.repository());
                state
                    .run
                    .claims()
                    .into_iter()
                    .map(move |claim| (at, name.clone(), claim))
            })
            .collect();
        let same = |a: &(usize, EcoString, _), b: &(usize, EcoString, _)| {
            let (a, b): (
                &(_, _, crate::delivery::actions::run::Claim),
                &(_, _, crate::delivery::actions::run::Claim),
            ) = (a, b);
            a.1 == b.1 && a.2.group.name.eq_ignore_ascii_case(&b.2.group.name)
        };
        let mut next = None;
        for waiting in all.iter().filter(|it| it.2.is_waiting) {
            let rivals = || all.iter().filter(|it| same(it, waiting) && *it != waiting);
            let newer = rivals().rfind(|it| it.2.is_waiting && it.0 > waiting.0);
            let active = rivals().find(|it| !it.2.is_waiting);
            next = match (newer, active) {
                (Some(_), _) => Some((waiting.clone(), true)),
                (None, Some(active)) if waiting.2.group.cancels => {
                    let is_told = world.delivery.runs[active.0].run.is_stopping(active.2.job);
                    (!is_told).then(|| (active.clone(), true))
                }
                (None, Some(_)) => None,
                (None, None) => Some((waiting.clone(), false)),
            };
            if next.is_some() {
                break;
            }
        }
        let Some(((at, _, claim), is_cancelled)) = next else {
            return;
        };
        let before = world.cause();
        match (is_cancelled, claim.job) {
            (false, job) => act(world, at, |run, _| run.admit(job, now)),
            (true, job) => {
                let why = eco_format!(
                    "Canceling since a higher priority waiting request for '{}' exists",
                    claim.group.name
                );
                act(world, at, |run, _| match job {
                    None => run.cancel(&why, now),
                    Some(job) => run.cancel_claim(job, &why, now),
                });
            }
        }
        world.go_on_from(before);
    }
}

/// Enters what happened in a run into the trace, and does what it asks of the cluster.
fn carry_out(world: &mut World, at: usize, events: Vec<RunEvent>) {
    let mut frees = false;
    for event in events {
        world.because(world.delivery.runs[at].cause);
        let commit = world.delivery.runs[at].run.commit();
        match event {
            RunEvent::Asked { spot, ask } => {
                asked(world, (at, spot), commit, ask);
                continue;
            }
            RunEvent::Killed { spot } => {
                releases::kill(world, (at, spot));
                kubectl::kill(&mut world.delivery.watching, (at, spot));
                continue;
            }
            _ => {}
        }
        frees |= matches!(event, RunEvent::JobEnded { .. } | RunEvent::Ended { .. });
        let Some((about, note)) = told(world, commit, event) else {
            continue;
        };
        let entry = world.note(ACTIONS, None, note);
        if about {
            world.delivery.runs.make_mut()[at].cause = entry;
        }
    }
    let waits = |state: &RunState| state.run.claims().iter().any(|claim| claim.is_waiting);
    if frees || world.delivery.runs.get(at).is_some_and(waits) {
        admit(world);
    }
}

/// Does what a step asks for.
fn asked(world: &mut World, waits: (usize, Spot), commit: Oid, ask: Ask) {
    match ask {
        Ask::Helm(call, user) => {
            let user = identity::of(world, user.as_deref(), releases::HELM);
            let cause = releases::helm(world, waits, commit, *call, user);
            world.delivery.runs.make_mut()[waits.0].cause = cause;
        }
        Ask::Kubectl { args, stdin, user } => {
            kubectl::run(world, waits, &args, &stdin, user.as_deref());
        }
        Ask::Push(outgoing) => {
            let own = EcoString::from(world.delivery.runs[waits.0].run.repository());
            let said = git_push::push(world, (&own, commit), &outgoing);
            answer(world, waits, said);
        }
    }
}

/// What the trace says of an event, and whether what follows is led to by it.
fn told(world: &World, commit: Oid, event: RunEvent) -> Option<(bool, Note)> {
    let name = |progress| match progress {
        Progress::Done => "success",
        Progress::Failed => "failure",
        Progress::Skipped => "skipped",
        Progress::Cancelled => "cancelled",
        _ => "in_progress",
    };
    Some(match event {
        RunEvent::JobStarted { job } => (
            true,
            Note::story("start", "JobStarted", texts::delivery::job_starts(&job)),
        ),
        RunEvent::StepStarted { job, step, .. } => (
            false,
            Note::detail("start", "StepStarted", eco_format!("{job}: {step}")),
        ),
        RunEvent::StepEnded {
            job,
            step,
            progress: Progress::Failed,
            error,
            ..
        } => {
            let why = texts::delivery::step_fails(&step, &job, error.trim());
            (true, Note::warning("fail", "StepFailed", why))
        }
        RunEvent::StepEnded {
            job,
            step,
            progress,
            ..
        } => {
            let why = eco_format!("{job}: {step}: {}", name(progress));
            (false, Note::detail("end", "StepEnded", why))
        }
        RunEvent::Pushed(pushed) => {
            let digest: EcoString = pushed.tag.digest.chars().take(19).collect();
            let reference = &pushed.tag.reference;
            let why = match &pushed.before {
                Some(before) if *before != pushed.tag.digest => {
                    let before: EcoString = before.chars().take(19).collect();
                    texts::delivery::tag_moves(reference, &before, &digest)
                }
                _ => texts::delivery::image_pushed(reference, &digest),
            };
            (true, Note::story("push", "ImagePushed", why))
        }
        RunEvent::ReviewNeeded { job, environment } => {
            let why = texts::delivery::needs_approval(&job, &environment);
            (true, Note::story("wait", "ReviewNeeded", why))
        }
        RunEvent::JobEnded {
            job,
            progress: Progress::Done,
            ..
        } => (
            true,
            Note::story("end", "JobSucceeded", texts::delivery::job_succeeded(&job)),
        ),
        RunEvent::JobEnded {
            job,
            progress: Progress::Skipped,
            ..
        } => {
            let why = texts::delivery::job_skipped(&job);
            (false, Note::nothing("JobSkipped", why))
        }
        RunEvent::JobEnded {
            job,
            progress,
            reason,
        } => {
            let reason = reason.trim_end_matches('.');
            let why = texts::delivery::job_ended(&job, name(progress), reason);
            (true, Note::warning("end", "JobFailed", why))
        }
        RunEvent::Ended {
            progress: Progress::Failed,
        } => {
            let reached = match world
                .delivery
                .releases
                .iter()
                .any(|release| release.commit == commit)
            {
                true => texts::delivery::WORKFLOW_FAILED,
                false => texts::delivery::FAILED_BEFORE_DEPLOYING,
            };
            (true, Note::warning("end", "WorkflowFailed", reached))
        }
        RunEvent::Ended {
            progress: Progress::Cancelled,
        } => (
            true,
            Note::warning(
                "end",
                "WorkflowCancelled",
                texts::delivery::WORKFLOW_CANCELLED,
            ),
        ),
        RunEvent::Ended { .. } => (
            true,
            Note::story(
                "end",
                "WorkflowSucceeded",
                texts::delivery::WORKFLOW_SUCCEEDED,
            ),
        ),
        RunEvent::Asked { .. } | RunEvent::Killed { .. } => return None,
    })
}
