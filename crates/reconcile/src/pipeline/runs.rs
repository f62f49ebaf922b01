//! Workflow runs: what a push to main starts, and what it asks of the world.

use super::{Event, MAIN, RunState, releases};
use crate::delivery::actions::event::RunEvent;
use crate::delivery::actions::event::Spot;
use crate::delivery::actions::machine::Answer;
use crate::delivery::actions::run::{Push, Run};
use crate::delivery::actions::workflow::Workflow;
use crate::delivery::git::Oid;
use crate::engine::{self, World};
use crate::gitops;
use crate::trace::Note;
use crate::view::Progress;
use ecow::{EcoString, eco_format};

const ACTIONS: &str = "github-actions";
/// A commit is on main: the workflows that this triggers start.
pub(super) fn push(world: &mut World, name: &str, commit: Oid) {
    let Some(repository) = world.delivery.repositories.get(name).cloned() else {
        return;
    };
    let merged = world.cause();
    let workflows = match Workflow::triggered(name, &repository.files(commit), MAIN) {
        Ok(workflows) => workflows,
        Err(problems) => {
            let what = problems
                .first()
                .map(|problem| problem.message.clone())
                .unwrap_or_default();
            let why = eco_format!("Invalid workflow file: {what}");
            world.note(ACTIONS, None, Note::warning("fail", "InvalidWorkflow", why));
            return;
        }
    };
    let is_read = gitops::pushed(world, name);
    if workflows.is_empty() && !is_read {
        let why = eco_format!(
            "No workflow of {name} runs on a push to {MAIN}: the commit is in git, and nothing more happens."
        );
        world.note(ACTIONS, None, Note::nothing("NoWorkflow", why));
    }
    for workflow in workflows {
        let number = u32::try_from(world.delivery.runs.len()).unwrap_or(u32::MAX - 1) + 1;
        let title = workflow.name.clone();
        let push = Push {
            number,
            name,
            repository: &repository,
            branch: MAIN,
            commit,
        };
        let run = Run::start(workflow, &push, world.now);
        let why = eco_format!(
            "The push to {MAIN} starts the workflow \"{title}\" for commit {}.",
            commit.short()
        );
        world.go_on_from(merged);
        let cause = world.note(ACTIONS, None, Note::story("start", "WorkflowStarted", why));
        world.delivery.runs.push(RunState { run, cause });
        world.because(cause);
        wake(world, world.delivery.runs.len() - 1);
    }
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
    let state = &mut world.delivery;
    let events = state.runs.make_mut()[at]
        .run
        .advance(now, &mut state.registry);
    carry_out(world, at, events);
    wake(world, at);
}

/// Gives a step the answer that it waits for.
pub(super) fn answer(world: &mut World, (at, spot): (usize, Spot), answer: Answer) {
    let now = world.now;
    let events = world.delivery.runs.make_mut()[at]
        .run
        .answer(spot, answer, now);
    carry_out(world, at, events);
    wake(world, at);
}

/// Enters what happened in a run into the trace, and does what it asks of the cluster.
fn carry_out(world: &mut World, at: usize, events: Vec<RunEvent>) {
    for event in events {
        world.because(world.delivery.runs[at].cause);
        let commit = world.delivery.runs[at].run.commit();
        if let RunEvent::HelmUpgrade { spot, upgrade } = event {
            let cause = releases::upgrade(world, at, spot, commit, &upgrade);
            world.delivery.runs.make_mut()[at].cause = cause;
            continue;
        }
        let Some((about, note)) = told(world, commit, event) else {
            continue;
        };
        let entry = world.note(ACTIONS, None, note);
        if about {
            world.delivery.runs.make_mut()[at].cause = entry;
        }
    }
}

/// What the trace says of an event, and whether what follows is led to by it.
fn told(world: &World, commit: Oid, event: RunEvent) -> Option<(bool, Note)> {
    let name = |progress| match progress {
        Progress::Done => "success",
        Progress::Failed => "failure",
        Progress::Skipped => "skipped",
        _ => "in_progress",
    };
    Some(match event {
        RunEvent::JobStarted { job } => (
            true,
            Note::story(
                "start",
                "JobStarted",
                eco_format!("Job {job} starts on a runner."),
            ),
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
            let why = eco_format!("Step \"{step}\" of job {job} fails: {}", error.trim());
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
                    eco_format!("The tag {reference} moves from {before} to {digest}.")
                }
                _ => eco_format!("The image is in the registry: {reference} means {digest} now."),
            };
            (true, Note::story("push", "ImagePushed", why))
        }
        RunEvent::JobEnded {
            job,
            progress: Progress::Done,
        } => (
            true,
            Note::story("end", "JobSucceeded", eco_format!("Job {job} succeeded.")),
        ),
        RunEvent::JobEnded {
            job,
            progress: Progress::Skipped,
        } => {
            let why = eco_format!("Job {job} is skipped: a job that it needs did not succeed.");
            (false, Note::nothing("JobSkipped", why))
        }
        RunEvent::JobEnded { job, progress } => {
            let why = eco_format!("Job {job}: {}.", name(progress));
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
                true => "The workflow failed.",
                false => {
                    "The workflow failed before it deployed anything: the cluster is as it was."
                }
            };
            (true, Note::warning("end", "WorkflowFailed", reached))
        }
        RunEvent::Ended { .. } => (
            true,
            Note::story(
                "end",
                "WorkflowSucceeded",
                "The workflow succeeded: all its jobs are green.",
            ),
        ),
        RunEvent::HelmUpgrade { .. } => return None,
    })
}
