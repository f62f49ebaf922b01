//! A run played ahead: what a workflow will ask of the cluster, before anything is merged.

use super::actions::event::RunEvent;
use super::actions::machine::Answer;
use super::actions::run::{Push, Run};
use super::actions::tools::HelmUpgrade;
use super::actions::workflow::Workflow;
use super::registry::{Image, Pushed, Reference, Registry};
use crate::view::{Millis, Problem, Progress};
use ecow::EcoString;
use std::rc::Rc;

/// What a run comes to if the cluster takes everything it is asked to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rehearsal {
    /// The `helm upgrade` calls, in order.
    pub upgrades: Vec<HelmUpgrade>,
    /// The images that it pushes, with their tags, in order.
    pub pushed: Vec<(Reference, Rc<Image>)>,
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

impl Rehearsal {
    /// Pushes what it pushes, at `now`: for what was delivered before the lab opens.
    pub fn push_all(&self, registry: &mut Registry, now: Millis) {
        for (reference, image) in &self.pushed {
            registry.push(reference, image.clone(), now);
        }
    }
}

/// Plays all workflows that a push starts, one after the other. The registry stays as it is.
pub fn rehearse_push(push: &Push<'_>, registry: &Registry) -> Result<Rehearsal, Vec<Problem>> {
    let files = push.repository.files(push.commit);
    let (mut all, mut registry) = (Rehearsal::default(), registry.clone());
    for workflow in Workflow::triggered(push.name, &files, push.branch)? {
        let rehearsal = rehearse(Run::start(workflow, push, 0), &registry);
        rehearsal.push_all(&mut registry, 0);
        all.upgrades.extend(rehearsal.upgrades);
        all.pushed.extend(rehearsal.pushed);
        all.failure = all.failure.or(rehearsal.failure);
    }
    Ok(all)
}

/// Plays a run to its end, from wherever it is. The registry stays as it is.
#[must_use]
pub fn rehearse(mut run: Run, registry: &Registry) -> Rehearsal {
    let (mut rehearsal, mut registry) = (Rehearsal::default(), registry.clone());
    while let Some(now) = run.wakes_at() {
        let mut events = run.advance(now, &mut registry);
        while !events.is_empty() {
            let mut answered = Vec::new();
            for event in events {
                match event {
                    RunEvent::HelmUpgrade { spot, upgrade } => {
                        rehearsal.upgrades.push(upgrade);
                        answered.extend(run.answer(spot, Answer::default(), now));
                    }
                    RunEvent::Pushed(Pushed { tag, .. }) => {
                        let reference = Reference::parse(&tag.reference);
                        let image = registry.image(&tag.digest).cloned();
                        rehearsal.pushed.extend(reference.zip(image));
                    }
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
