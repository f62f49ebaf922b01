//! A run of a workflow: a state that time moves on.
//!
//! The engine calls [`Run::advance`] at [`Run::wakes_at`], carries out what the events ask for, and
//! gives the answer with [`Run::answer`]. What a job waits for that is not in the run (a place in a
//! concurrency group, an approval) stands in [`Run::claims`] and [`Run::reviews`]. [`super::jobs`] says
//! which jobs run, [`super::steps`] plays their steps. Clones share everything.

use super::answer::Answer;
use super::context::Source;
use super::event::{RunEvent, Spot};
use super::expression::{Status, Value};
use super::machine::Call;
use super::workflow::{Event, Step, Workflow};
use super::workplace::Workplace;
use crate::delivery::app::App;
use crate::delivery::git::{Oid, Repository};
use crate::delivery::registry::{Image, Registry};
use crate::delivery::settings::Settings;
use crate::texts;
use crate::view::{JobRow, Millis, Progress, RunRow, StepRow, Tint};
use ecow::{EcoString, EcoVec, eco_format};
use lean::SharedMap;
use std::rc::Rc;

/// A workflow's run for one commit.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it runs on.
    pub(super) source: Rc<Source>,
    /// When it began.
    started: Millis,
    /// From 1; one more for each time that it was run again.
    pub(super) attempt: u32,
    pub(super) jobs: EcoVec<JobState>,
    /// The concurrency group that it waits for, and whether it cancels who is in it.
    pub(super) waits_for: Option<Group>,
    /// The group that it is in.
    pub(super) group: Option<Group>,
    pub(super) is_cancelled: bool,
    pub(super) is_over: bool,
}

/// A concurrency group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: EcoString,
    /// `cancel-in-progress`
    pub cancels: bool,
}

/// A run or one of its jobs that is in a concurrency group, or waits to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The job; none for the run itself.
    pub job: Option<usize>,
    /// The group.
    pub group: Group,
    /// Whether it waits.
    pub is_waiting: bool,
}

/// What started a run.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// The run's number, from 1.
    pub number: u32,
    /// The repository's name, such as `order-service`.
    pub name: &'a str,
    /// The repository, the commit included.
    pub repository: &'a Repository,
    /// The commit that it runs for.
    pub commit: Oid,
    /// What happened.
    pub event: Event,
    /// The repository's settings.
    pub settings: Rc<Settings>,
}

/// What runs reach outside of themselves.
#[derive(Debug)]
pub struct Outside<'a> {
    /// The registry.
    pub registry: &'a mut Registry,
    /// The repositories that can be cloned.
    pub repositories: SharedMap<EcoString, Repository>,
}

/// What a job waits for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Hold {
    /// The jobs that it needs.
    #[default]
    Needs,
    /// A place in a concurrency group.
    Group,
    /// Others of its matrix (`max-parallel`).
    Others,
    /// Somebody's approval to go to its environment.
    Review,
    /// Nothing but time.
    Nothing,
}

/// A job; of a job with a matrix there is one for each combination.
#[derive(Clone, Debug, Default)]
pub(super) struct JobState {
    /// Its place in the workflow.
    pub(super) of: usize,
    pub(super) name: EcoString,
    /// Whether its needs are over, so that its matrix is known.
    pub(super) is_expanded: bool,
    pub(super) matrix: Value,
    /// `strategy`: `job-index`, `job-total`, `fail-fast`, `max-parallel`.
    pub(super) strategy: Value,
    pub(super) progress: Progress,
    pub(super) hold: Hold,
    pub(super) group: Option<Group>,
    pub(super) environment: EcoString,
    /// When it goes on by itself.
    pub(super) wake: Option<Millis>,
    /// When it must be over.
    pub(super) deadline: Option<Millis>,
    pub(super) is_cancelled: bool,
    /// Whether its failure does not count (`continue-on-error`).
    pub(super) is_forgiven: bool,
    /// The step it is at.
    pub(super) at: usize,
    pub(super) steps: EcoVec<StepState>,
    /// What its steps wrote to `$GITHUB_ENV`.
    pub(super) env: EcoVec<(EcoString, EcoString)>,
    /// Images on its machine.
    pub(super) images: EcoVec<(EcoString, Rc<Image>)>,
    /// Whether it has logged in to GitHub's registry with another token than its own.
    pub(super) has_login: bool,
    /// Files on its machine.
    pub(super) place: Workplace,
    /// The repositories as they were when its step began.
    pub(super) remotes: SharedMap<EcoString, Repository>,
    /// The registry as it was when something happened last.
    pub(super) registry: Registry,
    /// Whether its step is told to stop, and whether it waits for the engine.
    pub(super) interrupt: Option<bool>,
    pub(super) outputs: EcoVec<(EcoString, EcoString)>,
    /// Why it ended as it did, if no step says so.
    pub(super) reason: EcoString,
}

#[derive(Clone, Debug, Default)]
pub(super) struct StepState {
    pub(super) progress: Progress,
    /// Whether it failed and the job went on (`continue-on-error`).
    pub(super) has_failed: bool,
    pub(super) started: Millis,
    pub(super) ended: Millis,
    /// When it must be over.
    pub(super) deadline: Option<Millis>,
    /// The call that it waits for.
    pub(super) call: Option<Rc<Call>>,
    pub(super) answers: EcoVec<Answer>,
    pub(super) log: EcoVec<EcoString>,
    pub(super) outputs: EcoVec<(EcoString, EcoString)>,
}

impl Run {
    /// Starts a run at `now`.
    #[must_use]
    pub fn start(workflow: Workflow, start: &Start<'_>, now: Millis) -> Run {
        let files = start.repository.files(start.commit);
        let path = eco_format!("{}/app.yaml", start.name);
        let app = App::parse(&path, files.get("app.yaml").map_or("", EcoString::as_str));
        let jobs = (0..workflow.jobs.len()).map(|of| JobState::new(&workflow, of));
        let mut run = Run {
            started: now,
            attempt: 1,
            jobs: jobs.collect(),
            waits_for: None,
            group: None,
            is_cancelled: false,
            is_over: false,
            source: Rc::new(Source {
                number: start.number,
                repository: start.repository.clone(),
                name: start.name.into(),
                event: start.event.clone(),
                commit: start.commit,
                workflow,
                files,
                app,
                settings: start.settings.clone(),
            }),
        };
        let scope = run.run_scope(Status::Success);
        run.waits_for = super::jobs::group_of(&run.source.workflow.concurrency, &scope);
        if run.waits_for.is_none() {
            // No job can end here: nothing has begun.
            run.begin_jobs(now, &mut Vec::new());
        }
        run
    }

    /// The commit it runs for.
    #[must_use]
    pub fn commit(&self) -> Oid {
        self.source.commit
    }

    /// The repository it belongs to.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.source.name
    }

    /// What started it.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.source.event
    }

    /// The workflow's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.source.workflow.name
    }

    /// When it began.
    #[must_use]
    pub fn started(&self) -> Millis {
        self.started
    }

    /// When it goes on by itself; none if it is over or waits for something.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Millis> {
        self.jobs.iter().filter_map(JobState::due).min()
    }

    /// How far the run is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let any = |progress| {
            let mut jobs = self.jobs.iter();
            jobs.any(|job| job.progress == progress && !job.is_forgiven)
        };
        match self.is_over {
            false if self.waits_for.is_some() => Progress::Waiting,
            false => Progress::Active,
            true if any(Progress::Failed) => Progress::Failed,
            true if any(Progress::Cancelled) => Progress::Cancelled,
            true => Progress::Done,
        }
    }

    /// Does what is due up to `now`, earliest first.
    pub fn advance(&mut self, now: Millis, outside: &mut Outside<'_>) -> Vec<RunEvent> {
        let mut events = Vec::new();
        while let Some((due, at)) = self
            .jobs
            .iter()
            .enumerate()
            .filter_map(|(at, job)| Some((job.due()?, at)))
            .min()
            .filter(|(due, _)| *due <= now)
        {
            self.wake(at, due, outside, &mut events);
        }
        events
    }

    /// Gives a step the answer of the call that it waits for. A spot that waits for none is left as
    /// it is.
    pub fn answer(&mut self, spot: Spot, answer: Answer, now: Millis) -> Vec<RunEvent> {
        let mut events = Vec::new();
        let job = self
            .jobs
            .get(spot.job)
            .filter(|job| job.wake.is_none() && job.at == spot.step);
        let step = job.and_then(|job| job.steps.get(spot.step));
        if spot.attempt == self.attempt && step.is_some_and(|step| step.call.is_some()) {
            self.take_answer(spot, answer, now, &mut events);
        }
        events
    }

    /// Whether it, or one of its jobs, was told to stop already.
    #[must_use]
    pub fn is_stopping(&self, job: Option<usize>) -> bool {
        match job {
            None => self.is_cancelled,
            Some(at) => self.jobs.get(at).is_none_or(|job| job.is_cancelled),
        }
    }

    pub(super) fn job_mut(&mut self, job: usize) -> &mut JobState {
        &mut self.jobs.make_mut()[job]
    }

    pub(super) fn step_mut(&mut self, spot: Spot) -> &mut StepState {
        &mut self.job_mut(spot.job).steps.make_mut()[spot.step]
    }

    /// What a page shows of it at `now`, which must not lie before what it was advanced to.
    #[must_use]
    pub fn row(&self, now: Millis, tint: Tint) -> RunRow {
        let mut order: Vec<usize> = (0..self.jobs.len()).collect();
        lean::sort_by_key(&mut order, |at| self.jobs[*at].of);
        let jobs = order.into_iter().map(|at| {
            let state = &self.jobs[at];
            let job = &self.source.workflow.jobs[state.of];
            JobRow {
                name: state.name.clone(),
                progress: state.progress,
                needs: job.needs.clone(),
                waiting: self.waiting(state),
                steps: job
                    .steps
                    .iter()
                    .zip(&state.steps)
                    .map(|(step, state)| state.row(step, now))
                    .collect(),
            }
        });
        let trigger = match &self.source.event {
            Event::Push { target, .. } => {
                let name = target.rsplit('/').next().unwrap_or_default();
                texts::files::push_to(name)
            }
            Event::PullRequest { number, .. } => texts::files::pull_request(*number),
            Event::Dispatch { branch, .. } => texts::files::run_by_hand(branch),
        };
        RunRow {
            number: self.source.number,
            attempt: self.attempt,
            name: self.source.workflow.name.clone(),
            trigger,
            tint,
            progress: self.progress(),
            jobs: jobs.collect(),
            reviews: self.reviews(),
        }
    }

    /// What a job waits for or why it ended, in GitHub's words; empty if there is nothing to say.
    fn waiting(&self, job: &JobState) -> EcoString {
        match (job.progress, &job.hold, &self.waits_for) {
            (Progress::Waiting, _, Some(group)) => {
                eco_format!(
                    "Waiting for a pending run in concurrency group {}",
                    group.name
                )
            }
            (Progress::Waiting, Hold::Group, None) => {
                let name = job.group.as_ref().map_or("", |group| group.name.as_str());
                eco_format!("Waiting for a pending job in concurrency group {name}")
            }
            (Progress::Waiting, Hold::Review, None) => {
                eco_format!(
                    "Waiting for review: {} needs approval to start deploying changes.",
                    job.environment
                )
            }
            _ => job.reason.clone(),
        }
    }
}

impl JobState {
    /// A job that waits for those that it needs.
    pub(super) fn new(workflow: &Workflow, of: usize) -> JobState {
        let job = &workflow.jobs[of];
        JobState {
            of,
            name: job.name.clone(),
            steps: job.steps.iter().map(|_| StepState::default()).collect(),
            ..JobState::default()
        }
    }

    /// When something happens to it by itself.
    fn due(&self) -> Option<Millis> {
        let step = self.steps.get(self.at).and_then(|step| step.deadline);
        [self.wake, self.deadline, step].into_iter().flatten().min()
    }

    pub(super) fn is_over(&self) -> bool {
        !matches!(self.progress, Progress::Waiting | Progress::Active)
    }

    pub(super) fn status(&self) -> Status {
        let has_failed = |step: &StepState| step.progress == Progress::Failed;
        if self.is_cancelled {
            Status::Cancelled
        } else if self.steps.iter().any(has_failed) {
            Status::Failure
        } else {
            Status::Success
        }
    }
}

impl StepState {
    fn row(&self, step: &Step, now: Millis) -> StepRow {
        let took = match self.progress {
            Progress::Waiting | Progress::Skipped => 0,
            Progress::Active => now.saturating_sub(self.started),
            Progress::Done | Progress::Failed | Progress::Cancelled => {
                self.ended.saturating_sub(self.started)
            }
        };
        let log = self.log.iter().cloned().collect();
        StepRow {
            name: step.name.clone(),
            progress: self.progress,
            took,
            log,
        }
    }
}
