//! What happens in a run, for the engine to trace and to act on.

use super::helm_calls::HelmCall;
use super::workplace::Outgoing;
use crate::delivery::registry::Pushed;
use crate::view::Progress;
use ecow::EcoString;

/// Where in a run: a job and its step, counted from 0, in one of its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The job.
    pub job: usize,
    /// The step.
    pub step: usize,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// What only the engine can do. Clusters are asked in the name of a user; none: whoever the runner is.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A command of `helm`.
    Helm(Box<HelmCall>, Option<EcoString>),
    /// `kubectl`
    Kubectl {
        /// What stands after its name. Files are asked for as `-`.
        args: Vec<EcoString>,
        /// What it reads.
        stdin: EcoString,
        /// In whose name.
        user: Option<EcoString>,
    },
    /// `git push`
    Push(Outgoing),
}

/// What happened in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// A runner took a job.
    JobStarted {
        /// The job's name.
        job: EcoString,
    },
    /// A job waits for somebody's approval before it goes to an environment.
    ReviewNeeded {
        /// The job's name.
        job: EcoString,
        /// The environment.
        environment: EcoString,
    },
    /// A step began.
    StepStarted {
        /// Where.
        spot: Spot,
        /// The job's name.
        job: EcoString,
        /// The step's name.
        step: EcoString,
    },
    /// A step ended or was skipped.
    StepEnded {
        /// Where.
        spot: Spot,
        /// The job's name.
        job: EcoString,
        /// The step's name.
        step: EcoString,
        /// How.
        progress: Progress,
        /// The line of its log that says what went wrong; empty if nothing did.
        error: EcoString,
    },
    /// An image was pushed.
    Pushed(Pushed),
    /// A script asks for something. The step goes on with [`super::run::Run::answer`].
    Asked {
        /// Where.
        spot: Spot,
        /// What for.
        ask: Ask,
    },
    /// The command that a step waits for is killed, because the run was cancelled.
    Killed {
        /// Where.
        spot: Spot,
    },
    /// A job ended or was skipped.
    JobEnded {
        /// The job's name.
        job: EcoString,
        /// How.
        progress: Progress,
        /// Why, if it has no step that says so.
        reason: EcoString,
    },
    /// The run is over.
    Ended {
        /// How.
        progress: Progress,
    },
}
