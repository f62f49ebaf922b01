//! Plays the steps of a run's jobs.

use super::answer::Answer;
use super::context::TOKEN;
use super::event::{RunEvent, Spot};
use super::expression::{self, Status};
use super::machine::{self, Call, Outcome, Start};
use super::run::{Outside, Run};
use super::tools::{self, Begun, Bench};
use super::uses::{self, Used};
use super::workflow::{Action, Step};
use crate::texts;
use crate::view::{Millis, Progress};
use ecow::{EcoString, EcoVec, eco_format};
use std::rc::Rc;

/// What every step takes at least.
const STEP: Millis = 300;
/// An action (`uses:`): downloading and running it.
const ACTION: Millis = 1_200;
/// The containers of a job: pulling and starting them.
const CONTAINERS: Millis = 15_000;
/// How many calls of programs that take time a step may make: each replays its script.
const CALLS_MAX: usize = 200;

impl Run {
    /// Something is due for a job: its runner, its step's next moment, or the end of its time.
    pub(super) fn wake(
        &mut self,
        at: usize,
        now: Millis,
        outside: &mut Outside<'_>,
        events: &mut Vec<RunEvent>,
    ) {
        let attempt = self.attempt;
        let job = self.job_mut(at);
        let spot = Spot {
            job: at,
            step: job.at,
            attempt,
        };
        if job.progress == Progress::Waiting {
            job.wake = None;
            self.start_job(at, now, events);
            return self.begin_steps(at, now, events);
        }
        job.registry = outside.registry.clone();
        let is_late = |deadline: Option<Millis>| deadline.is_some_and(|deadline| deadline <= now);
        if let Some(is_asking) = job.interrupt.take() {
            return self.stop_step(spot, "The operation was canceled.", is_asking, now, events);
        }
        let is_asking = job.wake.is_none();
        if is_late(job.deadline) {
            job.deadline = None;
            job.reason = "The job has exceeded the maximum execution time".into();
            job.is_cancelled = true;
            return self.stop_step(spot, "The operation was canceled.", is_asking, now, events);
        }
        let Some(step) = job.steps.get(spot.step) else {
            return;
        };
        if is_late(step.deadline) {
            let minutes = now.saturating_sub(step.started) / 60_000;
            let name = &self.step_of(spot).name;
            let why = eco_format!("The action '{name}' has timed out after {minutes} minutes.");
            return self.stop_step(spot, &why, is_asking, now, events);
        }
        let call = step.call.clone();
        job.wake = None;
        match call {
            None => self.play(spot, now, outside, events),
            Some(call) => {
                let answer = self.finish(spot, &call, now, outside, events);
                self.take_answer(spot, answer, now, events);
            }
        }
    }

    pub(super) fn step_of(&self, spot: Spot) -> &Step {
        &self.source.workflow.jobs[self.jobs[spot.job].of].steps[spot.step]
    }

    /// Ends a step before its command has ended.
    fn stop_step(
        &mut self,
        spot: Spot,
        why: &str,
        is_asking: bool,
        now: Millis,
        events: &mut Vec<RunEvent>,
    ) {
        let is_cancelled = self.jobs[spot.job].is_cancelled;
        self.job_mut(spot.job).wake = None;
        let step = self.step_mut(spot);
        step.call = None;
        step.log.push(eco_format!("Error: {why}"));
        if is_asking {
            events.push(RunEvent::Killed { spot });
        }
        let progress = if is_cancelled {
            Progress::Cancelled
        } else {
            Progress::Failed
        };
        self.step_ended(spot, progress, why.into(), now, events);
    }

    /// Ends a call that took its time.
    fn finish(
        &mut self,
        spot: Spot,
        call: &Call,
        now: Millis,
        outside: &mut Outside<'_>,
        events: &mut Vec<RunEvent>,
    ) -> Answer {
        let source = self.source.clone();
        let mut images = std::mem::take(&mut self.job_mut(spot.job).images);
        let mut bench = Bench {
            commit: source.commit,
            app: &source.app,
            images: &mut images,
            registry: outside.registry,
            pushed: Vec::new(),
            now,
            may_write_packages: self.may_write(spot, "packages"),
            has_login: self.jobs[spot.job].has_login,
        };
        let answer = tools::finish(call, &mut bench);
        let has_login = bench.has_login;
        events.extend(bench.pushed.into_iter().map(RunEvent::Pushed));
        let job = self.job_mut(spot.job);
        job.images = images;
        job.has_login = has_login;
        answer
    }

    pub(super) fn take_answer(
        &mut self,
        spot: Spot,
        answer: Answer,
        now: Millis,
        events: &mut Vec<RunEvent>,
    ) {
        let step = self.step_mut(spot);
        step.call = None;
        step.answers.push(answer);
        self.play_on(spot, now, events);
    }

    /// Begins the step that the job is at, and skips those whose `if:` does not hold.
    pub(super) fn begin_steps(&mut self, at: usize, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let job = &source.workflow.jobs[self.jobs[at].of];
        while let Some(step) = job.steps.get(self.jobs[at].at) {
            let spot = Spot {
                job: at,
                step: self.jobs[at].at,
                attempt: self.attempt,
            };
            let status = self.jobs[at].status();
            let runs = match &step.condition {
                None => Ok(status == Status::Success),
                Some(condition) => expression::holds(condition, &self.scope(at, status)),
            };
            match runs {
                Ok(true) => {}
                Ok(false) => {
                    self.end_step(spot, Progress::Skipped, "".into(), now, events);
                    continue;
                }
                Err(error) => {
                    self.step_mut(spot).started = now;
                    let why = eco_format!("The template is not valid. {error}");
                    self.step_mut(spot).log.push(eco_format!("Error: {why}"));
                    self.end_step(spot, Progress::Failed, why, now, events);
                    continue;
                }
            }
            let (job, name) = (self.jobs[at].name.clone(), step.name.clone());
            events.push(RunEvent::StepStarted {
                spot,
                job,
                step: name,
            });
            let timeout = expression::expand(&step.timeout, &self.scope(at, status));
            let timeout = timeout.ok().and_then(|value| super::jobs::minutes(&value));
            let state = self.step_mut(spot);
            (state.progress, state.started) = (Progress::Active, now);
            state.deadline = timeout.map(|timeout| now.saturating_add(timeout));
            let takes = match step.action {
                Action::Run(_) => STEP,
                Action::Uses(_) => ACTION,
                Action::Containers(_) => CONTAINERS,
            };
            self.job_mut(at).wake = Some(now + takes);
            return;
        }
        self.end_job(at, now, events);
    }

    /// Plays a step from its beginning.
    fn play(
        &mut self,
        spot: Spot,
        now: Millis,
        outside: &mut Outside<'_>,
        events: &mut Vec<RunEvent>,
    ) {
        self.job_mut(spot.job).remotes = outside.repositories.clone();
        self.play_on(spot, now, events);
    }

    /// Plays a step as far as it comes.
    fn play_on(&mut self, spot: Spot, now: Millis, events: &mut Vec<RunEvent>) {
        let action = self.step_of(spot).action.clone();
        let played = match &action {
            Action::Run(script) => self.run_script(spot, script, now, events),
            Action::Uses(action) => self.use_action(spot, action, now, events),
            Action::Containers(images) => {
                let line = |image: &EcoString| texts::files::image_not_simulated(image);
                self.set_log(spot, images.iter().map(line).collect());
                Ok(Some((Progress::Done, EcoString::new())))
            }
        };
        match played {
            Ok(None) => {}
            Ok(Some((progress, error))) => self.step_ended(spot, progress, error, now, events),
            Err(error) => {
                let why = eco_format!("The template is not valid. {error}");
                self.step_mut(spot).log.push(eco_format!("Error: {why}"));
                self.step_ended(spot, Progress::Failed, why, now, events);
            }
        }
    }

    /// Runs a step's script; how it ended, if it has.
    fn run_script(
        &mut self,
        spot: Spot,
        script: &str,
        now: Millis,
        events: &mut Vec<RunEvent>,
    ) -> Result<Option<(Progress, EcoString)>, EcoString> {
        let source = self.source.clone();
        let step = self.step_of(spot).clone();
        let script = EcoString::from(script);
        let job = &source.workflow.jobs[self.jobs[spot.job].of];
        let scope = self.scope(spot.job, self.jobs[spot.job].status());
        let env = self.environment(spot.job, &step, &scope)?;
        let script = expression::fill(&script, &scope)?;
        let default = |own: &str, name: &str| {
            let templates = [&job.defaults, &source.workflow.defaults];
            let found = templates.iter().find_map(|it| it.get("run")?.get(name));
            let text = match (own, found) {
                ("", None) => return Ok(EcoString::new()),
                ("", Some(value)) => value.to_text(),
                (own, _) => own.into(),
            };
            expression::fill(&text, &scope)
        };
        let shell = default(&step.shell, "shell")?;
        let folder = default(&step.folder, "working-directory")?;
        drop(scope);
        let state = &self.jobs[spot.job];
        let answers = state.steps[spot.step].answers.clone();
        let is_bash = matches!(shell.as_str(), "" | "sh") || shell.starts_with("bash");
        let result = if is_bash {
            let start = Start {
                place: state.place.clone(),
                folder: super::workplace::resolved("", &source.workspace(), &folder),
                now: state.steps[spot.step].started,
                has_pipefail: shell.starts_with("bash"),
                remotes: state.remotes.clone(),
            };
            Some(machine::run(&script, &env, start, &answers))
        } else {
            None
        };
        let mut log: EcoVec<EcoString> = shown_script(&script).collect();
        let Some(result) = result else {
            log.push(texts::files::not_simulated(&eco_format!("shell: {shell}")));
            self.set_log(spot, log);
            return Ok(Some((Progress::Done, EcoString::new())));
        };
        log.extend(result.log.iter().cloned());
        let error = last_words(&result.log);
        self.set_log(spot, log);
        Ok(match result.outcome {
            Outcome::Waits(_) if answers.len() >= CALLS_MAX => {
                let error = texts::files::calls_max(CALLS_MAX);
                self.step_mut(spot).log.push(error.clone());
                Some((Progress::Failed, error))
            }
            Outcome::Waits(call) => {
                self.begin_call(spot, call, now, events);
                None
            }
            Outcome::Ended(status) => {
                let state = self.job_mut(spot.job);
                for (name, value) in result.env {
                    state.env.retain(|(have, _)| *have != name);
                    state.env.push((name, value));
                }
                state.place = result.place;
                self.step_mut(spot).outputs = result.outputs.into();
                if status == 0 {
                    return Ok(Some((Progress::Done, EcoString::new())));
                }
                let ending = eco_format!("Error: Process completed with exit code {status}.");
                let error = if error.is_empty() {
                    ending.clone()
                } else {
                    error
                };
                self.step_mut(spot).log.push(ending);
                Some((Progress::Failed, error))
            }
        })
    }

    /// Sets the log, without the values of secrets.
    fn set_log(&mut self, spot: Spot, mut log: EcoVec<EcoString>) {
        let secrets = self.source.settings.secrets.clone();
        let secrets = secrets.iter().map(|(_, secret)| secret.as_str());
        let lines = secrets.chain([TOKEN]).flat_map(str::lines);
        let hidden: Vec<&str> = lines.map(str::trim).filter(|line| line.len() > 3).collect();
        for line in log.make_mut() {
            for secret in &hidden {
                if line.contains(secret) {
                    *line = line.replace(secret, "***");
                }
            }
        }
        self.step_mut(spot).log = log;
    }

    /// Lets a step wait for a command.
    fn begin_call(&mut self, spot: Spot, call: Rc<Call>, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let may_write_packages = self.may_write(spot, "packages");
        let state = self.job_mut(spot.job);
        let mut images = state.images.clone();
        let mut registry = state.registry.clone();
        let bench = Bench {
            commit: source.commit,
            app: &source.app,
            images: &mut images,
            registry: &mut registry,
            pushed: Vec::new(),
            now,
            may_write_packages,
            has_login: state.has_login,
        };
        match tools::begin(&call, &bench) {
            Begun::Takes(time) => state.wake = Some(now.saturating_add(time)),
            Begun::Asks(ask) => events.push(RunEvent::Asked { spot, ask }),
        }
        self.step_mut(spot).call = Some(call);
    }

    /// Whether the token of a step's job may write something.
    pub(super) fn may_write(&self, spot: Spot, what: &str) -> bool {
        let workflow = &self.source.workflow;
        workflow.may_write(&workflow.jobs[self.jobs[spot.job].of], what)
    }

    /// `uses:`: what the lab knows of the action is done; of others the log says that they are not
    /// simulated.
    fn use_action(
        &mut self,
        spot: Spot,
        action: &str,
        now: Millis,
        events: &mut Vec<RunEvent>,
    ) -> Result<Option<(Progress, EcoString)>, EcoString> {
        let action = EcoString::from(action);
        let step = self.step_of(spot).clone();
        let scope = self.scope(spot.job, self.jobs[spot.job].status());
        let with = super::context::pairs(&step.with, &scope)?;
        let env = self.environment(spot.job, &step, &scope)?;
        drop(scope);
        let used = uses::run(self, spot, &action, &with, &env);
        let mut log: EcoVec<EcoString> = [eco_format!("Run {action}")].into();
        let answer = self.jobs[spot.job].steps[spot.step]
            .answers
            .first()
            .cloned();
        Ok(match (used, answer) {
            (Used::Calls(call, outputs), None) => {
                self.set_log(spot, log);
                self.step_mut(spot).outputs = outputs.into();
                self.begin_call(spot, call, now, events);
                None
            }
            (Used::Calls(..), Some(answer)) => {
                log.extend(
                    answer
                        .stdout
                        .lines()
                        .chain(answer.stderr.lines())
                        .map(EcoString::from),
                );
                let error = if answer.status == 0 {
                    EcoString::new()
                } else {
                    last_words(&log)
                };
                self.set_log(spot, log);
                let progress = if answer.status == 0 {
                    Progress::Done
                } else {
                    Progress::Failed
                };
                Some((progress, error))
            }
            (Used::Done(lines, outputs), _) => {
                log.extend(lines);
                self.set_log(spot, log);
                self.step_mut(spot).outputs = outputs.into();
                Some((Progress::Done, EcoString::new()))
            }
            (Used::Failed(error), _) => {
                log.push(eco_format!("Error: {error}"));
                self.set_log(spot, log);
                Some((Progress::Failed, error))
            }
        })
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
        let scope = self.scope(spot.job, self.jobs[spot.job].status());
        let continues = expression::expand(&self.step_of(spot).continues, &scope);
        let continues = continues.is_ok_and(|value| value.is_truthy());
        drop(scope);
        let has_failed = progress == Progress::Failed && continues;
        let progress = if has_failed { Progress::Done } else { progress };
        let state = self.step_mut(spot);
        if progress == Progress::Skipped {
            state.started = now;
        }
        (state.progress, state.ended, state.has_failed) = (progress, now, has_failed);
        state.deadline = None;
        self.job_mut(spot.job).at = spot.step + 1;
        let (job, step) = (
            self.jobs[spot.job].name.clone(),
            self.step_of(spot).name.clone(),
        );
        events.push(RunEvent::StepEnded {
            spot,
            job,
            step,
            progress,
            error,
        });
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
    // An error of several lines begins with its name; what follows after a blank line is advice.
    if let Some(at) = log.iter().rposition(|line| line.starts_with("Error: ")) {
        let lines = log[at..].iter().map(|line| line.trim());
        let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
        return lines.join(" ").into();
    }
    let mut lines = log
        .iter()
        .rev()
        .filter(|line| !line.starts_with("make: *** ["));
    lines.next().cloned().unwrap_or_default()
}
