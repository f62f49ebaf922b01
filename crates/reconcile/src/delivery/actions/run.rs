//! A run of a workflow: a state that time moves on.
//!
//! The engine calls [`Run::advance`] at [`Run::wakes_at`], carries out what the events ask for, and
//! gives the answer with [`Run::answer`]. Clones share everything.

use super::context::Source;
use super::event::{RunEvent, Spot};
use super::expression;
use super::machine::{self, Answer, Outcome, Place};
use super::tools::{self, Begun, Bench};
use super::workflow::{Action, Step, Workflow};
use crate::delivery::app::App;
use crate::delivery::git::{Oid, Repository, Tree};
use crate::delivery::registry::{Image, Registry};
use crate::view::{JobRow, Millis, Progress, RunRow, StepRow, Tint};
use ecow::{EcoString, EcoVec, eco_format};
use std::rc::Rc;

/// From the moment a job could run until a hosted runner has it.
const PICK_UP: Millis = 2_000;
/// What every step takes at least.
const STEP: Millis = 300;
/// An action (`uses:`): downloading and running it.
const ACTION: Millis = 1_200;

/// How many calls of programs that take time a step may make: each replays its script.
const CALLS_MAX: usize = 200;

/// A workflow's run for one commit.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it runs on.
    pub(super) source: Rc<Source>,
    /// When it began.
    started: Millis,
    pub(super) jobs: EcoVec<JobState>,
    is_over: bool,
}

/// What started a run.
#[derive(Clone, Debug)]
pub struct Push<'a> {
    /// The run's number, from 1.
    pub number: u32,
    /// The repository's name, such as `order-service`.
    pub name: &'a str,
    /// The repository, the commit included.
    pub repository: &'a Repository,
    /// The branch pushed to.
    pub branch: &'a str,
    /// Its new commit.
    pub commit: Oid,
}

#[derive(Clone, Debug, Default)]
pub(super) struct JobState {
    pub(super) progress: Progress,
    /// When it goes on by itself.
    wake: Option<Millis>,
    /// The step it is at.
    at: usize,
    pub(super) steps: EcoVec<StepState>,
    /// What its steps wrote to `$GITHUB_ENV`.
    pub(super) env: EcoVec<(EcoString, EcoString)>,
    /// Images on its machine.
    images: EcoVec<(EcoString, Rc<Image>)>,
    /// Whether the files are there.
    has_files: bool,
    /// How many commits of history are there; all of them if none is given.
    depth: Option<usize>,
    pub(super) outputs: EcoVec<(EcoString, EcoString)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct StepState {
    pub(super) progress: Progress,
    started: Millis,
    ended: Millis,
    /// The call that it waits for.
    call: EcoVec<EcoString>,
    answers: EcoVec<Answer>,
    log: EcoVec<EcoString>,
    pub(super) outputs: EcoVec<(EcoString, EcoString)>,
}

impl Run {
    /// Starts a run at `now`.
    #[must_use]
    pub fn start(workflow: Workflow, push: &Push<'_>, now: Millis) -> Run {
        let files = push.repository.files(push.commit);
        let path = eco_format!("{}/app.yaml", push.name);
        let app = App::parse(&path, files.get("app.yaml").map_or("", EcoString::as_str));
        let jobs = workflow.jobs.iter().map(|job| JobState {
            wake: job.needs.is_empty().then_some(now + PICK_UP),
            steps: job.steps.iter().map(|_| StepState::default()).collect(),
            ..JobState::default()
        });
        Run {
            started: now,
            jobs: jobs.collect(),
            is_over: false,
            source: Rc::new(Source {
                number: push.number,
                repository: push.repository.clone(),
                name: push.name.into(),
                branch: push.branch.into(),
                commit: push.commit,
                workflow,
                files,
                app,
            }),
        }
    }

    /// The commit it runs for.
    #[must_use]
    pub fn commit(&self) -> Oid {
        self.source.commit
    }

    /// The repository that was pushed to.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.source.name
    }

    /// When it began.
    #[must_use]
    pub fn started(&self) -> Millis {
        self.started
    }

    /// When it goes on by itself; none if it is over or waits for an answer.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Millis> {
        self.jobs.iter().filter_map(|job| job.wake).min()
    }

    /// How far the run is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let any = |progress| self.jobs.iter().any(|job| job.progress == progress);
        match self.is_over {
            false => Progress::Active,
            true if any(Progress::Failed) => Progress::Failed,
            true => Progress::Done,
        }
    }

    /// Does what is due up to `now`, earliest first.
    pub fn advance(&mut self, now: Millis, registry: &mut Registry) -> Vec<RunEvent> {
        let mut events = Vec::new();
        while let Some(due) = self.wakes_at().filter(|due| *due <= now) {
            if let Some(job) = self.jobs.iter().position(|job| job.wake == Some(due)) {
                self.wake(job, due, registry, &mut events);
            }
        }
        if self.jobs.is_empty() && !self.is_over {
            self.end(&mut events);
        }
        events
    }

    /// Gives a step the answer of the call that it waits for. A spot that waits for none is left as
    /// it is.
    pub fn answer(&mut self, spot: Spot, answer: Answer, now: Millis) -> Vec<RunEvent> {
        let mut events = Vec::new();
        let step = self
            .jobs
            .get(spot.job)
            .and_then(|job| job.steps.get(spot.step));
        let waits = step.is_some_and(|step| !step.call.is_empty());
        if waits && self.jobs[spot.job].wake.is_none() {
            self.take_answer(spot, answer, now, &mut events);
        }
        events
    }

    fn job_mut(&mut self, job: usize) -> &mut JobState {
        &mut self.jobs.make_mut()[job]
    }

    fn step_mut(&mut self, spot: Spot) -> &mut StepState {
        &mut self.job_mut(spot.job).steps.make_mut()[spot.step]
    }

    fn wake(
        &mut self,
        at: usize,
        now: Millis,
        registry: &mut Registry,
        events: &mut Vec<RunEvent>,
    ) {
        let job = self.job_mut(at);
        job.wake = None;
        let spot = Spot {
            job: at,
            step: job.at,
        };
        if job.progress == Progress::Waiting {
            job.progress = Progress::Active;
            let job = self.source.workflow.jobs[at].name.clone();
            events.push(RunEvent::JobStarted { job });
            return self.begin_steps(at, now, events);
        }
        let Some(step) = job.steps.get(spot.step) else {
            return;
        };
        if step.call.is_empty() {
            return self.play(spot, now, events);
        }
        let (call, source) = (step.call.clone(), self.source.clone());
        let mut images = std::mem::take(&mut self.job_mut(at).images);
        let no_files = Tree::new();
        let mut bench = Bench {
            commit: source.commit,
            files: if self.jobs[at].has_files {
                &source.files
            } else {
                &no_files
            },
            app: &source.app,
            images: &mut images,
            registry,
            pushed: None,
            now,
        };
        let answer = tools::finish(&call, &mut bench);
        events.extend(bench.pushed.map(RunEvent::Pushed));
        self.job_mut(at).images = images;
        self.take_answer(spot, answer, now, events);
    }

    fn take_answer(&mut self, spot: Spot, answer: Answer, now: Millis, events: &mut Vec<RunEvent>) {
        let step = self.step_mut(spot);
        step.call = EcoVec::new();
        step.answers.push(answer);
        self.play(spot, now, events);
    }

    /// Begins the step that the job is at, and skips those whose `if:` does not hold.
    fn begin_steps(&mut self, at: usize, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let job = &source.workflow.jobs[at];
        while let Some(step) = job.steps.get(self.jobs[at].at) {
            let spot = Spot {
                job: at,
                step: self.jobs[at].at,
            };
            let (job, name) = (job.name.clone(), step.name.clone());
            let has_failure = self.has_failed_step(at);
            let runs = match &step.condition {
                None => !has_failure,
                Some(condition) => expression::holds(condition, &self.scope(at, has_failure)),
            };
            if !runs {
                self.end_step(spot, Progress::Skipped, "".into(), now, events);
                continue;
            }
            events.push(RunEvent::StepStarted {
                spot,
                job,
                step: name,
            });
            let state = self.step_mut(spot);
            (state.progress, state.started) = (Progress::Active, now);
            let is_action = matches!(step.action, Action::Uses(_));
            self.job_mut(at).wake = Some(now + if is_action { ACTION } else { STEP });
            return;
        }
        self.end_job(at, now, events);
    }

    /// Plays a step as far as it comes.
    fn play(&mut self, spot: Spot, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let step = &source.workflow.jobs[spot.job].steps[spot.step];
        let script = match &step.action {
            Action::Run(script) => script,
            Action::Uses(action) => {
                self.use_action(spot, action, &step.with);
                return self.step_ended(spot, Progress::Done, "".into(), now, events);
            }
        };
        let has_failure = self.has_failed_step(spot.job);
        let scope = self.scope(spot.job, has_failure);
        let env = self.environment(spot.job, step, &scope);
        let script = match expression::fill(script, &scope) {
            Ok(script) => script,
            Err(error) => {
                self.step_mut(spot).log.push(error.clone());
                return self.step_ended(spot, Progress::Failed, error, now, events);
            }
        };
        let no_files = Tree::new();
        let files = if self.jobs[spot.job].has_files {
            &source.files
        } else {
            &no_files
        };
        let place = Place {
            repository: &source.repository,
            commit: source.commit,
            depth: self.jobs[spot.job].depth,
            files,
        };
        let answers = self.jobs[spot.job].steps[spot.step].answers.clone();
        let result = machine::run(&script, &env, place, &answers);

        let mut log: EcoVec<EcoString> = shown_script(&script).collect();
        log.extend(result.log.iter().cloned());
        let error = last_words(&result.log);
        self.step_mut(spot).log = log;
        match result.outcome {
            Outcome::Waits(_) if answers.len() >= CALLS_MAX => {
                let error = eco_format!("the lab's limit: a step makes at most {CALLS_MAX} calls");
                self.step_mut(spot).log.push(error.clone());
                self.step_ended(spot, Progress::Failed, error, now, events);
            }
            Outcome::Waits(words) => match tools::begin(&words, files, &source.app) {
                Begun::Takes(time) => {
                    self.step_mut(spot).call = words.into();
                    self.job_mut(spot.job).wake = Some(now.saturating_add(time));
                }
                Begun::Asks(upgrade) => {
                    self.step_mut(spot).call = words.into();
                    events.push(RunEvent::HelmUpgrade { spot, upgrade });
                }
            },
            Outcome::Ended(status) => {
                self.job_mut(spot.job).env.extend(result.env);
                self.step_mut(spot).outputs = result.outputs.into();
                if status == 0 {
                    return self.step_ended(spot, Progress::Done, "".into(), now, events);
                }
                let ending = eco_format!("Error: Process completed with exit code {status}.");
                let error = if error.is_empty() {
                    ending.clone()
                } else {
                    error
                };
                self.step_mut(spot).log.push(ending);
                self.step_ended(spot, Progress::Failed, error, now, events);
            }
        }
    }

    /// `uses:`: a checkout brings the files; what else an action does is not simulated.
    fn use_action(&mut self, spot: Spot, action: &str, with: &[(EcoString, EcoString)]) {
        let commit = self.source.commit;
        let lines = if action.starts_with("actions/checkout@") {
            // One commit unless `fetch-depth` says otherwise; 0 is all (the action's README).
            let depth = with.iter().find(|(name, _)| name == "fetch-depth");
            let depth = depth.and_then(|(_, depth)| depth.parse().ok()).unwrap_or(1);
            let job = self.job_mut(spot.job);
            (job.has_files, job.depth) = (true, Some(depth).filter(|depth| *depth > 0));
            [
                eco_format!("Run {action}"),
                eco_format!("HEAD is now at {}", commit.short()),
            ]
        } else {
            [
                eco_format!("Run {action}"),
                eco_format!("not simulated: uses: {action}"),
            ]
        };
        self.step_mut(spot).log.extend(lines);
    }

    /// Ends the step and goes on with the next.
    fn step_ended(
        &mut self,
        spot: Spot,
        progress: Progress,
        error: EcoString,
        now: Millis,
        events: &mut Vec<RunEvent>,
    ) {
        self.end_step(spot, progress, error, now, events);
        self.begin_steps(spot.job, now, events);
    }

    fn end_step(
        &mut self,
        spot: Spot,
        progress: Progress,
        error: EcoString,
        now: Millis,
        events: &mut Vec<RunEvent>,
    ) {
        let state = self.step_mut(spot);
        if progress == Progress::Skipped {
            state.started = now;
        }
        (state.progress, state.ended) = (progress, now);
        self.job_mut(spot.job).at = spot.step + 1;
        let job = &self.source.workflow.jobs[spot.job];
        let (job, step) = (job.name.clone(), job.steps[spot.step].name.clone());
        events.push(RunEvent::StepEnded {
            spot,
            job,
            step,
            progress,
            error,
        });
    }

    fn end_job(&mut self, at: usize, now: Millis, events: &mut Vec<RunEvent>) {
        let has_failure = self.has_failed_step(at);
        let scope = self.scope(at, has_failure);
        let job = &self.source.workflow.jobs[at];
        let outputs = job.outputs.iter().map(|(name, value)| {
            (
                name.clone(),
                expression::fill(value, &scope).unwrap_or_default(),
            )
        });
        let outputs = outputs.collect();
        let progress = if has_failure {
            Progress::Failed
        } else {
            Progress::Done
        };
        events.push(RunEvent::JobEnded {
            job: job.name.clone(),
            progress,
        });
        let state = self.job_mut(at);
        (state.outputs, state.progress) = (outputs, progress);
        self.begin_jobs(now, events);
    }

    /// Starts or skips the jobs that need nothing more. One that is skipped lets others be skipped.
    fn begin_jobs(&mut self, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let mut is_changed = true;
        while is_changed {
            is_changed = false;
            for (at, job) in source.workflow.jobs.iter().enumerate() {
                let state = &self.jobs[at];
                if state.progress != Progress::Waiting || state.wake.is_some() {
                    continue;
                }
                let needs: Vec<Progress> = job
                    .needs
                    .iter()
                    .filter_map(|need| self.progress_of(need))
                    .collect();
                if needs
                    .iter()
                    .any(|p| matches!(p, Progress::Waiting | Progress::Active))
                {
                    continue;
                }
                is_changed = true;
                let has_failure = needs.iter().any(|progress| *progress != Progress::Done);
                let runs = match &job.condition {
                    None => !has_failure,
                    Some(condition) => expression::holds(condition, &self.scope(at, has_failure)),
                };
                if runs {
                    self.job_mut(at).wake = Some(now + PICK_UP);
                    continue;
                }
                let state = self.job_mut(at);
                state.progress = Progress::Skipped;
                for step in state.steps.make_mut() {
                    step.progress = Progress::Skipped;
                }
                let progress = Progress::Skipped;
                events.push(RunEvent::JobEnded {
                    job: job.name.clone(),
                    progress,
                });
            }
        }
        let is_open = |job: &JobState| matches!(job.progress, Progress::Waiting | Progress::Active);
        if !self.jobs.iter().any(is_open) {
            self.end(events);
        }
    }

    fn end(&mut self, events: &mut Vec<RunEvent>) {
        self.is_over = true;
        events.push(RunEvent::Ended {
            progress: self.progress(),
        });
    }

    fn progress_of(&self, id: &str) -> Option<Progress> {
        let at = self
            .source
            .workflow
            .jobs
            .iter()
            .position(|job| job.id == id)?;
        Some(self.jobs[at].progress)
    }

    fn has_failed_step(&self, job: usize) -> bool {
        self.jobs[job]
            .steps
            .iter()
            .any(|step| step.progress == Progress::Failed)
    }

    /// What a page shows of it at `now`, which must not lie before what it was advanced to.
    #[must_use]
    pub fn row(&self, now: Millis, tint: Tint) -> RunRow {
        let workflow = &self.source.workflow;
        let jobs = workflow
            .jobs
            .iter()
            .zip(&self.jobs)
            .map(|(job, state)| JobRow {
                name: job.name.clone(),
                progress: state.progress,
                needs: job.needs.clone(),
                steps: job
                    .steps
                    .iter()
                    .zip(&state.steps)
                    .map(|(step, state)| state.row(step, now))
                    .collect(),
            });
        RunRow {
            name: workflow.name.clone(),
            trigger: eco_format!("push to {}", self.source.branch),
            tint,
            progress: self.progress(),
            jobs: jobs.collect(),
        }
    }
}

impl StepState {
    fn row(&self, step: &Step, now: Millis) -> StepRow {
        let took = match self.progress {
            Progress::Waiting | Progress::Skipped => 0,
            Progress::Active => now.saturating_sub(self.started),
            Progress::Done | Progress::Failed => self.ended.saturating_sub(self.started),
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

/// A script as the log begins with it.
fn shown_script(script: &str) -> impl Iterator<Item = EcoString> {
    let lines = script.trim_end().lines().enumerate();
    lines.map(|(at, line)| {
        if at == 0 {
            eco_format!("Run {line}")
        } else {
            eco_format!("  {line}")
        }
    })
}

/// The line of a log that says what went wrong: the last, but for make's note that something did.
fn last_words(log: &[EcoString]) -> EcoString {
    let mut lines = log
        .iter()
        .rev()
        .filter(|line| !line.starts_with("make: *** ["));
    lines.next().cloned().unwrap_or_default()
}
