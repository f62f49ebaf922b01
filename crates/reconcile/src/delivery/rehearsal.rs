//! A run played ahead: what a workflow will ask of the cluster, before anything is merged.

use super::actions::event::RunEvent;
use super::actions::machine::Answer;
use super::actions::run::Run;
use super::actions::tools::HelmUpgrade;
use super::registry::{Registry, Tag};
use crate::view::Progress;
use ecow::EcoString;

/// What a run comes to if the cluster takes everything it is asked to.
#[derive(Clone, Debug, PartialEq)]
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

/// Plays a run to its end. The registry is changed as the run would change it: pass a clone to leave
/// the real one as it is, or the real one to have everything delivered at once.
#[must_use]
pub fn rehearse(mut run: Run, registry: &mut Registry) -> Rehearsal {
    let mut rehearsal = Rehearsal {
        upgrades: Vec::new(),
        pushed: Vec::new(),
        failure: None,
    };
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
