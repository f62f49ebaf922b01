//! A run played ahead: what a workflow will ask of the cluster, before anything is merged.

use super::actions::event::RunEvent;
use super::actions::machine::Answer;
use super::actions::run::{Push, Run};
use super::actions::tools::HelmUpgrade;
use super::actions::workflow::Workflow;
use super::registry::{Registry, Tag};
use crate::view::{Problem, Progress};
use ecow::EcoString;

/// What a run comes to if the cluster takes everything it is asked to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rehearsal {
    /// The `helm upgrade` calls, in order.
    pub upgrades: Vec<HelmUpgrade>,
    /// The tags that were pushed.
    pub pushed: Vec<Tag>,
    /// The step that failed first, if one did.
    pub failure: Option<Failure>,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The job's name.
    pub job: EcoString,
    /// The step's name.
    pub step: EcoString,
    /// The line of its log that says what went wrong.
    pub error: EcoString,
}

/// Plays all workflows that a push starts, one after the other. The registry is changed as they would
/// change it: pass a clone to leave the real one as it is, or the real one to have everything
/// delivered at once.
pub fn rehearse_push(push: &Push<'_>, registry: &mut Registry) -> Result<Rehearsal, Vec<Problem>> {
    let files = push.repository.files(push.commit);
    let mut all = Rehearsal::default();
    for workflow in Workflow::triggered(push.name, &files, push.branch)? {
        let rehearsal = rehearse(Run::start(workflow, push, 0), registry);
        all.upgrades.extend(rehearsal.upgrades);
        all.pushed.extend(rehearsal.pushed);
        all.failure = all.failure.or(rehearsal.failure);
    }
    Ok(all)
}

/// Plays a run to its end, as [`rehearse_push`] does with each.
#[must_use]
pub fn rehearse(mut run: Run, registry: &mut Registry) -> Rehearsal {
    let mut rehearsal = Rehearsal::default();
    while let Some(now) = run.wakes_at() {
        let mut events = run.advance(now, registry);
        while !events.is_empty() {
            let mut answered = Vec::new();
            for event in events {
                match event {
                    RunEvent::HelmUpgrade { spot, upgrade } => {
                        rehearsal.upgrades.push(upgrade);
                        answered.extend(run.answer(spot, Answer::default(), now));
                    }
                    RunEvent::Pushed(pushed) => rehearsal.pushed.push(pushed.tag),
                    RunEvent::StepEnded {
                        job,
                        step,
                        progress: Progress::Failed,
                        error,
                        ..
                    } => {
                        rehearsal
                            .failure
                            .get_or_insert(Failure { job, step, error });
                    }
                    _ => {}
                }
            }
            events = answered;
        }
    }
    rehearsal
}
