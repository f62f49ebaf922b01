//! A run played ahead: what a workflow will ask of the cluster, before anything is merged.

use super::actions::answer::Answer;
use super::actions::event::{Ask, RunEvent};
use super::actions::run::{Outside, Run, Start};
use super::actions::tools::{HelmCall, HelmUpgrade};
use super::actions::workflow::Workflow;
use super::actions::workplace::Outgoing;
use super::git::Repository;
use super::registry::{Image, Pushed, Reference, Registry};
use crate::view::{Millis, Problem, Progress};
use ecow::EcoString;
use lean::SharedMap;
use std::rc::Rc;

/// What a run comes to if the cluster takes everything it is asked to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rehearsal {
    /// The `helm upgrade` calls, in order.
    pub upgrades: Vec<HelmUpgrade>,
    /// The images that it pushes, with their tags, in order.
    pub pushed: Vec<(Reference, Rc<Image>)>,
    /// The commits that it pushes with git, in order.
    pub sent: Vec<Outgoing>,
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
            // What is refused was refused in the run, too.
            let _ = registry.push(reference, image.clone(), now);
        }
    }
}

/// Plays all workflows that an event starts, one after the other. The registry stays as it is.
///
/// # Errors
/// What is wrong with its workflows.
pub fn rehearse_all(
    start: &Start<'_>,
    registry: &Registry,
    repositories: &SharedMap<EcoString, Repository>,
) -> Result<Rehearsal, Vec<Problem>> {
    let files = start.repository.files(start.commit);
    let (mut all, mut registry) = (Rehearsal::default(), registry.clone());
    for workflow in Workflow::triggered(start.name, &files, &start.event)? {
        let run = Run::start(workflow, start, 0);
        let rehearsal = rehearse(run, &registry, repositories);
        rehearsal.push_all(&mut registry, 0);
        all.upgrades.extend(rehearsal.upgrades);
        all.pushed.extend(rehearsal.pushed);
        all.sent.extend(rehearsal.sent);
        all.failure = all.failure.or(rehearsal.failure);
    }
    Ok(all)
}

/// Plays a run to its end, from wherever it is, as if all were approved. The registry stays as it is.
#[must_use]
pub fn rehearse(
    mut run: Run,
    registry: &Registry,
    repositories: &SharedMap<EcoString, Repository>,
) -> Rehearsal {
    let (mut rehearsal, mut registry) = (Rehearsal::default(), registry.clone());
    let mut now = 0;
    loop {
        let mut events = match run.wakes_at() {
            Some(due) => {
                now = due;
                let repositories = repositories.clone();
                let registry = &mut registry;
                run.advance(
                    now,
                    &mut Outside {
                        registry,
                        repositories,
                    },
                )
            }
            None => admitted(&mut run, now),
        };
        if events.is_empty() && run.wakes_at().is_none() {
            return rehearsal;
        }
        while !events.is_empty() {
            let mut answered = Vec::new();
            for event in events {
                match event {
                    RunEvent::Asked { spot, ask, .. } => {
                        let mut answer = Answer::default();
                        match ask {
                            Ask::Helm(call, _) => {
                                if let HelmCall::Upgrade(upgrade) = *call {
                                    rehearsal.upgrades.push(upgrade);
                                }
                            }
                            Ask::Push(outgoing) => match outgoing.refusal() {
                                Some(refusal) => answer = refusal,
                                None => rehearsal.sent.push(outgoing),
                            },
                            Ask::Kubectl { .. } => {}
                        }
                        answered.extend(run.answer(spot, answer, now));
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
}

/// Lets a run pass one of the things that it waits for.
fn admitted(run: &mut Run, now: Millis) -> Vec<RunEvent> {
    if let Some(claim) = run.claims().into_iter().find(|claim| claim.is_waiting) {
        return run.admit(claim.job, now);
    }
    match run.reviews().first() {
        Some(environment) => run.review(environment, true, now),
        None => Vec::new(),
    }
}
