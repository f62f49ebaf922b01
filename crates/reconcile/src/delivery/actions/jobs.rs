//! Which jobs of a run run: their needs, matrices, concurrency groups and environments; and how a run
//! is cancelled, or run again.

use super::event::RunEvent;
use super::expression::{self, Scope, Status, Value};
use super::run::{Claim, Group, Hold, JobState, Run};
use crate::view::{Millis, Progress};
use ecow::{EcoString, EcoVec, eco_format};

/// From the moment a job could run until a hosted runner has it.
const PICK_UP: Millis = 2_000;
/// How many minutes a job may take ("timeout-minutes" in GitHub's documentation).
const TIMEOUT: u64 = 360;
/// How long a command has to end by itself when a run is cancelled: 7.5 s after an interrupt, 2.5 s
/// after a termination ("Workflow cancellation reference" in GitHub's documentation).
const GRACE: Millis = 10_000;
/// How many jobs a matrix may make.
const COMBINATIONS_MAX: usize = 256;

/// The group that `concurrency:` names, if it names one.
pub(super) fn group_of(template: &Value, scope: &Scope<'_>) -> Option<Group> {
    let value = expression::expand(template, scope).ok()?;
    let name = match &value {
        Value::Map(_) => value.get("group")?.to_text(),
        value => value.to_text(),
    };
    let cancels = value
        .get("cancel-in-progress")
        .is_some_and(Value::is_truthy);
    (!name.is_empty()).then_some(Group { name, cancels })
}

/// Minutes of a `timeout-minutes:` in milliseconds.
pub(super) fn minutes(value: &Value) -> Option<Millis> {
    let text = value.to_text();
    let (whole, tenths) = text.split_once('.').unwrap_or((&text, "0"));
    let tenths: u64 = tenths.get(..1)?.parse().ok()?;
    Some(whole.parse::<u64>().ok()?.saturating_mul(60_000) + tenths * 6_000)
}

impl Run {
    /// The instances of a job.
    pub(super) fn of<'s>(&'s self, id: &'s str) -> impl Iterator<Item = &'s JobState> {
        let jobs = &self.source.workflow.jobs;
        self.jobs
            .iter()
            .filter(move |state| jobs[state.of].id == id)
    }

    /// How all instances of a job together ended.
    pub(super) fn result_of(&self, id: &str) -> Progress {
        let counted = |state: &JobState| match state.progress {
            Progress::Failed if state.is_forgiven => Progress::Done,
            progress => progress,
        };
        let any = |progress| self.of(id).any(|state| counted(state) == progress);
        let order = [
            Progress::Active,
            Progress::Waiting,
            Progress::Failed,
            Progress::Cancelled,
            Progress::Done,
        ];
        order
            .into_iter()
            .find(|progress| any(*progress))
            .unwrap_or(Progress::Skipped)
    }

    /// What a job's `if:` is told of the jobs before it: failures count however far back they are.
    fn status_before(&self, of: usize) -> Status {
        let jobs = &self.source.workflow.jobs;
        let mut before: Vec<&EcoString> = jobs[of].needs.iter().collect();
        let mut at = 0;
        while let Some(id) = before.get(at).copied() {
            let needs = jobs
                .iter()
                .filter(|job| job.id == *id)
                .flat_map(|job| &job.needs);
            for need in needs {
                if !before.contains(&need) {
                    before.push(need);
                }
            }
            at += 1;
        }
        let any = |progress| before.iter().any(|id| self.result_of(id) == progress);
        if self.is_cancelled {
            Status::Cancelled
        } else if any(Progress::Failed) {
            Status::Failure
        } else if any(Progress::Cancelled) {
            Status::Cancelled
        } else if jobs[of]
            .needs
            .iter()
            .any(|id| self.result_of(id) == Progress::Skipped)
        {
            Status::Skipped
        } else {
            Status::Success
        }
    }

    /// Starts or skips the jobs that need nothing more. One that is skipped lets others be skipped.
    pub(super) fn begin_jobs(&mut self, now: Millis, events: &mut Vec<RunEvent>) {
        let waits = |state: &JobState| state.progress == Progress::Waiting && !state.is_expanded;
        loop {
            let ready = (0..self.jobs.len()).find(|at| {
                let state = &self.jobs[*at];
                let needs = &self.source.workflow.jobs[state.of].needs;
                let is_over = |id: &EcoString| {
                    !matches!(self.result_of(id), Progress::Waiting | Progress::Active)
                };
                waits(state) && needs.iter().all(is_over)
            });
            match ready {
                Some(at) => self.ready(at, now, events),
                None => break,
            }
        }
        self.admit_others(now, events);
        if !self.is_over && self.jobs.iter().all(JobState::is_over) {
            self.is_over = true;
            events.push(RunEvent::Ended {
                progress: self.progress(),
            });
        }
    }

    /// A job's needs are over: it is skipped, or there is one for each combination of its matrix.
    fn ready(&mut self, at: usize, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let of = self.jobs[at].of;
        let job = &source.workflow.jobs[of];
        let status = self.status_before(of);
        let scope = self.scope(at, status);
        let runs = match &job.condition {
            None => Ok(status == Status::Success),
            Some(condition) => expression::holds(condition, &scope),
        };
        let planned = runs.and_then(|runs| Ok((runs, expression::expand(&job.strategy, &scope)?)));
        let planned =
            planned.and_then(|(runs, strategy)| Ok((runs, combinations(&strategy)?, strategy)));
        let ended = match planned {
            Ok((true, combinations, strategy)) => {
                self.job_mut(at).is_expanded = true;
                return self.expand(at, &combinations, &strategy, now, events);
            }
            Ok((false, ..)) if status == Status::Cancelled => Progress::Cancelled,
            Ok((false, ..)) => Progress::Skipped,
            Err(error) => {
                let why = eco_format!("The template is not valid. {error}");
                return self.end_early(at, Progress::Failed, why, events);
            }
        };
        self.end_early(at, ended, EcoString::new(), events);
    }

    /// Ends a job that has no runner.
    fn end_early(
        &mut self,
        at: usize,
        progress: Progress,
        reason: EcoString,
        events: &mut Vec<RunEvent>,
    ) {
        let state = self.job_mut(at);
        state.is_expanded = true;
        (state.progress, state.wake, state.deadline) = (progress, None, None);
        state.reason = reason.clone();
        for step in state.steps.make_mut() {
            step.progress = Progress::Skipped;
        }
        let job = state.name.clone();
        events.push(RunEvent::JobEnded {
            job,
            progress,
            reason,
        });
    }

    fn expand(
        &mut self,
        first: usize,
        combinations: &[Value],
        strategy: &Value,
        now: Millis,
        events: &mut Vec<RunEvent>,
    ) {
        let total = combinations.len();
        let number = |count: usize| Value::Number(u32::try_from(count).map_or(0.0, f64::from));
        let blank = self.jobs[first].clone();
        let mut places = vec![first];
        for _ in 1..total {
            places.push(self.jobs.len());
            self.jobs.push(blank.clone());
        }
        let member = |name: &str, default: Value| strategy.get(name).cloned().unwrap_or(default);
        for (index, (at, matrix)) in places.iter().copied().zip(combinations).enumerate() {
            let state = self.job_mut(at);
            state.matrix = matrix.clone();
            state.strategy = Value::Map(
                [
                    ("fail-fast".into(), member("fail-fast", Value::Bool(true))),
                    ("job-index".into(), number(index)),
                    ("job-total".into(), number(total)),
                    ("max-parallel".into(), member("max-parallel", number(total))),
                ]
                .into_iter()
                .collect(),
            );
            self.name_instance(at);
            self.gate(at, Hold::Needs, now, events);
        }
    }

    /// Names a job after its combination: `test (linux, 1.2)`.
    fn name_instance(&mut self, at: usize) {
        let source = self.source.clone();
        let job = &source.workflow.jobs[self.jobs[at].of];
        let scope = self.scope(at, Status::Success);
        let name = expression::fill(&job.name, &scope).unwrap_or_else(|_| job.name.clone());
        let mut values = Vec::new();
        if let (Value::Map(members), false) =
            (&self.jobs[at].matrix, expression::is_template(&job.name))
        {
            members
                .iter()
                .for_each(|(_, value)| leaves(value, &mut values));
        }
        self.job_mut(at).name = match values.as_slice() {
            [] => name,
            values => eco_format!("{name} ({})", values.join(", ")),
        };
    }

    /// Lets a job pass what it waited for, up to the next thing that it waits for.
    fn gate(&mut self, at: usize, passed: Hold, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let job = &source.workflow.jobs[self.jobs[at].of];
        let scope = self.scope(at, Status::Success);
        let (group, environment) = match passed {
            Hold::Needs | Hold::Others => {
                let value = expression::expand(&job.environment, &scope).unwrap_or_default();
                let name = value.get("name").unwrap_or(&value).to_text();
                (group_of(&job.concurrency, &scope), name)
            }
            _ => (
                self.jobs[at].group.clone(),
                self.jobs[at].environment.clone(),
            ),
        };
        if passed == Hold::Needs && !self.has_room(at) {
            self.job_mut(at).hold = Hold::Others;
            return;
        }
        let rules = source
            .settings
            .environments
            .iter()
            .find(|it| it.name == environment);
        let state = self.job_mut(at);
        (state.group, state.environment) = (group, environment);
        if state.group.is_some() && matches!(passed, Hold::Needs | Hold::Others) {
            state.hold = Hold::Group;
            return;
        }
        if rules.is_some_and(|rules| rules.has_reviewers) && passed != Hold::Review {
            state.hold = Hold::Review;
            let (job, environment) = (state.name.clone(), state.environment.clone());
            events.push(RunEvent::ReviewNeeded { job, environment });
            return;
        }
        state.hold = Hold::Nothing;
        state.wake = Some(now + PICK_UP + rules.map_or(0, |rules| rules.wait));
    }

    /// Whether `max-parallel` lets one more of a job's matrix run.
    fn has_room(&self, at: usize) -> bool {
        let state = &self.jobs[at];
        let most = state
            .strategy
            .get("max-parallel")
            .map_or(f64::MAX, Value::to_number);
        let runs = |other: &&JobState| {
            let is_held = matches!(other.hold, Hold::Needs | Hold::Others);
            other.of == state.of && !other.is_over() && !is_held
        };
        let count = self.jobs.iter().filter(runs).count();
        u32::try_from(count).is_ok_and(|count| f64::from(count) < most.max(1.0))
    }

    /// Lets those of a matrix run that waited for others to end.
    fn admit_others(&mut self, now: Millis, events: &mut Vec<RunEvent>) {
        for at in 0..self.jobs.len() {
            let state = &self.jobs[at];
            let waits = state.progress == Progress::Waiting && state.hold == Hold::Others;
            if waits && self.has_room(at) {
                self.gate(at, Hold::Others, now, events);
            }
        }
    }

    /// A job has a runner: the time that it may take begins.
    pub(super) fn start_job(&mut self, at: usize, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let job = &source.workflow.jobs[self.jobs[at].of];
        let scope = self.scope(at, Status::Success);
        let value = |template: &Value| expression::expand(template, &scope).unwrap_or_default();
        let timeout = minutes(&value(&job.timeout)).unwrap_or(TIMEOUT * 60_000);
        let is_forgiven = value(&job.continues).is_truthy();
        let state = self.job_mut(at);
        state.progress = Progress::Active;
        state.deadline = Some(now.saturating_add(timeout));
        state.is_forgiven = is_forgiven;
        let job = state.name.clone();
        events.push(RunEvent::JobStarted { job });
    }

    pub(super) fn end_job(&mut self, at: usize, now: Millis, events: &mut Vec<RunEvent>) {
        let source = self.source.clone();
        let status = self.jobs[at].status();
        let job = &source.workflow.jobs[self.jobs[at].of];
        let scope = self.scope(at, status);
        let outputs = super::context::pairs(&job.outputs, &scope).unwrap_or_default();
        let progress = match status {
            Status::Success | Status::Skipped => Progress::Done,
            Status::Failure => Progress::Failed,
            Status::Cancelled => Progress::Cancelled,
        };
        let state = self.job_mut(at);
        (state.progress, state.outputs) = (progress, outputs.into());
        (state.wake, state.deadline) = (None, None);
        state.is_forgiven &= progress == Progress::Failed;
        let (job, reason) = (state.name.clone(), state.reason.clone());
        let fails_fast = progress == Progress::Failed
            && !state.is_forgiven
            && state
                .strategy
                .get("fail-fast")
                .is_some_and(Value::is_truthy);
        let of = state.of;
        events.push(RunEvent::JobEnded {
            job,
            progress,
            reason,
        });
        if fails_fast {
            for other in 0..self.jobs.len() {
                if self.jobs[other].of == of {
                    let why = "The strategy configuration was canceled because another of its jobs failed";
                    self.cancel_job(other, why, now, events);
                }
            }
        }
        self.begin_jobs(now, events);
    }

    /// Cancels what has not ended. Steps and jobs that ask for it (`always()`, `cancelled()`) still run.
    pub fn cancel(&mut self, reason: &str, now: Millis) -> Vec<RunEvent> {
        let mut events = Vec::new();
        if self.is_over {
            return events;
        }
        self.is_cancelled = true;
        self.waits_for = None;
        for at in 0..self.jobs.len() {
            self.cancel_job(at, reason, now, &mut events);
        }
        self.begin_jobs(now, &mut events);
        events
    }

    /// Cancels one job, by its place in [`Run::claims`].
    pub fn cancel_claim(&mut self, job: usize, reason: &str, now: Millis) -> Vec<RunEvent> {
        let mut events = Vec::new();
        if job < self.jobs.len() {
            self.cancel_job(job, reason, now, &mut events);
            self.begin_jobs(now, &mut events);
        }
        events
    }

    pub(super) fn cancel_job(
        &mut self,
        at: usize,
        reason: &str,
        now: Millis,
        events: &mut Vec<RunEvent>,
    ) {
        let state = self.job_mut(at);
        if state.is_over() || state.is_cancelled || !state.is_expanded {
            return;
        }
        state.is_cancelled = true;
        state.reason = reason.into();
        if state.progress == Progress::Waiting {
            return self.end_early(at, Progress::Cancelled, reason.into(), events);
        }
        // What the engine does for it is not stopped by an interrupt to the shell; it is killed later.
        let is_asking = state.wake.is_none();
        state.interrupt = Some(is_asking);
        state.wake = Some(if is_asking { now + GRACE } else { now });
    }

    /// Runs it again: all jobs, or those that did not end well with all that need them.
    pub fn run_again(&mut self, is_failed_only: bool, now: Millis) -> Vec<RunEvent> {
        let mut events = Vec::new();
        if !self.is_over {
            return events;
        }
        let source = self.source.clone();
        let jobs = &source.workflow.jobs;
        let mut again: Vec<usize> = Vec::new();
        // A job stands after what it needs, or is found in a later round.
        for _ in jobs {
            for (of, job) in jobs.iter().enumerate() {
                let is_bad = self.result_of(&job.id) != Progress::Done;
                let needs_one = again.iter().any(|at| job.needs.contains(&jobs[*at].id));
                if (!is_failed_only || is_bad || needs_one) && !again.contains(&of) {
                    again.push(of);
                }
            }
        }
        let mut kept: EcoVec<JobState> = EcoVec::new();
        for of in 0..jobs.len() {
            if again.contains(&of) {
                kept.push(JobState::new(&source.workflow, of));
            } else {
                kept.extend(self.jobs.iter().filter(|state| state.of == of).cloned());
            }
        }
        self.jobs = kept;
        self.attempt += 1;
        (self.is_over, self.is_cancelled) = (false, false);
        self.waits_for = self.group.take();
        if self.waits_for.is_none() {
            self.begin_jobs(now, &mut events);
        }
        events
    }

    /// The concurrency groups that it and its jobs are in or wait for.
    #[must_use]
    pub fn claims(&self) -> Vec<Claim> {
        if self.is_over {
            return Vec::new();
        }
        let own = self
            .waits_for
            .as_ref()
            .or(self.group.as_ref())
            .map(|group| Claim {
                job: None,
                group: group.clone(),
                is_waiting: self.waits_for.is_some(),
            });
        let jobs = self
            .jobs
            .iter()
            .enumerate()
            .filter(|(_, state)| !state.is_over());
        let of_jobs = jobs.filter_map(|(at, state)| {
            Some(Claim {
                job: Some(at),
                group: state.group.clone()?,
                is_waiting: state.hold == Hold::Group,
            })
        });
        own.into_iter().chain(of_jobs).collect()
    }

    /// Lets it, or one of its jobs, into the group that it waits for.
    pub fn admit(&mut self, job: Option<usize>, now: Millis) -> Vec<RunEvent> {
        let mut events = Vec::new();
        match job {
            None => {
                self.group = self.waits_for.take();
                self.begin_jobs(now, &mut events);
            }
            Some(at)
                if self
                    .jobs
                    .get(at)
                    .is_some_and(|state| state.hold == Hold::Group) =>
            {
                self.gate(at, Hold::Group, now, &mut events);
            }
            Some(_) => {}
        }
        events
    }

    /// The environments that wait for somebody's approval.
    #[must_use]
    pub fn reviews(&self) -> Vec<EcoString> {
        let waits = |state: &&JobState| !state.is_over() && state.hold == Hold::Review;
        let names = self
            .jobs
            .iter()
            .filter(waits)
            .map(|state| state.environment.clone());
        lean::set(names).into_iter().collect()
    }

    /// Somebody approves an environment's deployments, or rejects them.
    pub fn review(&mut self, environment: &str, is_approved: bool, now: Millis) -> Vec<RunEvent> {
        let mut events = Vec::new();
        for at in 0..self.jobs.len() {
            let state = &self.jobs[at];
            let waits = !state.is_over() && state.hold == Hold::Review;
            if !waits || state.environment != environment {
                continue;
            }
            if is_approved {
                self.gate(at, Hold::Review, now, &mut events);
            } else {
                let why = eco_format!("Deployment to {environment} was rejected");
                self.end_early(at, Progress::Failed, why, &mut events);
            }
        }
        self.begin_jobs(now, &mut events);
        events
    }
}

/// The texts in a value of a matrix, for the job's name.
fn leaves(value: &Value, out: &mut Vec<EcoString>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| leaves(item, out)),
        Value::Map(members) => members.iter().for_each(|(_, value)| leaves(value, out)),
        value => out.push(value.to_text()),
    }
}

/// The combinations of a matrix ("Running variations of jobs in a workflow" in GitHub's
/// documentation): all of its vectors, without those that `exclude` names, with what `include` adds.
///
/// # Errors
/// A matrix that makes none, or too many.
pub(super) fn combinations(strategy: &Value) -> Result<Vec<Value>, EcoString> {
    let Some(matrix) = strategy.get("matrix") else {
        return Ok(vec![Value::Null]);
    };
    let Value::Map(members) = matrix else {
        return Err("A mapping was expected for 'matrix'".into());
    };
    let list = |name: &str| match matrix.get(name) {
        Some(Value::List(items)) => items.clone(),
        _ => EcoVec::new(),
    };
    let is_vector = |name: &str| name != "include" && name != "exclude";
    let mut all: Vec<EcoVec<(EcoString, Value)>> = Vec::new();
    for (name, values) in members.iter().filter(|(name, _)| is_vector(name)) {
        let Value::List(values) = values else {
            return Err(eco_format!("A sequence was expected for 'matrix.{name}'"));
        };
        if values.is_empty() {
            return Err(eco_format!(
                "Matrix vector '{name}' does not contain any values"
            ));
        }
        if all.is_empty() {
            all.push(EcoVec::new());
        }
        let mut next = Vec::new();
        for combination in &all {
            for value in values {
                let mut one = combination.clone();
                one.push((name.clone(), value.clone()));
                next.push(one);
            }
        }
        all = next;
        if all.len() > COMBINATIONS_MAX {
            return Err(eco_format!(
                "Strategy produces more than {COMBINATIONS_MAX} jobs"
            ));
        }
    }
    let has = |one: &[(EcoString, Value)], name: &str, value: &Value| {
        one.iter()
            .any(|(have, own)| have == name && is_part(own, value))
    };
    for filter in list("exclude") {
        if let Value::Map(filter) = filter {
            all.retain(|one| !filter.iter().all(|(name, value)| has(one, name, value)));
        }
    }
    let originals = all.clone();
    for extra in list("include") {
        let Value::Map(extra) = extra else {
            continue;
        };
        let mut is_added = false;
        for (at, one) in originals.iter().enumerate() {
            // It may add to a combination, and not change what the vectors gave.
            let fits = extra.iter().all(|(name, value)| {
                one.iter()
                    .find(|(have, _)| have == name)
                    .is_none_or(|(_, own)| own == value)
            });
            if !fits {
                continue;
            }
            is_added = true;
            for (name, value) in &extra {
                all[at].retain(|(have, _)| have != name || one.iter().any(|(own, _)| own == name));
                if !all[at].iter().any(|(have, _)| have == name) {
                    all[at].push((name.clone(), value.clone()));
                }
            }
        }
        if !is_added {
            all.push(extra);
        }
    }
    if all.is_empty() {
        return Err("Matrix must define at least one vector".into());
    }
    if all.len() > COMBINATIONS_MAX {
        return Err(eco_format!(
            "Strategy produces more than {COMBINATIONS_MAX} jobs"
        ));
    }
    Ok(all.into_iter().map(Value::Map).collect())
}

/// Whether a value has all that a filter asks for.
fn is_part(own: &Value, filter: &Value) -> bool {
    match (own, filter) {
        (Value::Map(own), Value::Map(filter)) => filter.iter().all(|(name, value)| {
            own.iter()
                .any(|(have, own)| have == name && is_part(own, value))
        }),
        (own, filter) => own == filter,
    }
}
