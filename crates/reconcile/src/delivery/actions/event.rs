//! What happens in a run, for the engine to trace and to act on.

use super::tools::HelmUpgrade;
use crate::delivery::registry::Pushed;
use crate::view::Progress;
use ecow::EcoString;

/// Where in a run: a job and its step, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The job.
    pub job: usize,
    /// The step.
    pub step: usize,
}

/// What happened in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// A runner took a job.
    JobStarted {
        /// The job's name.
        job: EcoString,
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
        /// [`Progress::Done`], [`Progress::Failed`] or [`Progress::Skipped`].
        progress: Progress,
        /// The line of its log that says what went wrong; empty if nothing did.
        error: EcoString,
    },
    /// An image was pushed.
    Pushed(Pushed),
    /// A script called `helm upgrade`. The step goes on with [`Run::answer`].
    HelmUpgrade {
        /// Where.
        spot: Spot,
        /// What was asked for.
        upgrade: HelmUpgrade,
    },
    /// A job ended or was skipped.
    JobEnded {
        /// The job's name.
        job: EcoString,
        /// [`Progress::Done`], [`Progress::Failed`] or [`Progress::Skipped`].
        progress: Progress,
    },
    /// The run is over.
    Ended {
        /// [`Progress::Done`] or [`Progress::Failed`].
        progress: Progress,
    },
}
