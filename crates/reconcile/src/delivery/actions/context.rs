//! What a step sees: the contexts of expressions, and the environment of its script.
//!
//! Rules: "Contexts reference" and "Variables reference" in GitHub's documentation.

use super::expression::{self, Scope, Status, Value};
use super::run::Run;
use super::workflow::{Event, Step, Workflow};
use super::workplace::HOME;
use crate::delivery::app::App;
use crate::delivery::git::{Oid, Repository, Tree};
use crate::delivery::settings::Settings;
use crate::view::{Problem, Progress};
use ecow::{EcoString, EcoVec, eco_format};
use lean::FlatMap;
use std::rc::Rc;

/// Who owns all repositories.
const OWNER: &str = "example";

/// What a run reads and never changes.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) number: u32,
    pub(super) workflow: Workflow,
    pub(super) repository: Repository,
    /// The repository's name.
    pub(super) name: EcoString,
    pub(super) event: Event,
    pub(super) commit: Oid,
    pub(super) files: Tree,
    pub(super) app: Result<App, Vec<Problem>>,
    pub(super) settings: Rc<Settings>,
}

fn map(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(
        pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect(),
    )
}

impl Run {
    /// What expressions in a job see.
    pub(super) fn scope(&self, at: usize, status: Status) -> Scope<'_> {
        let (source, state) = (&self.source, &self.jobs[at]);
        let job = &source.workflow.jobs[state.of];
        let mut scope = self.run_scope(status);
        scope.set("needs", self.needs(&job.needs));
        if state.is_expanded {
            scope.set("matrix", state.matrix.clone());
            scope.set("strategy", state.strategy.clone());
        }
        scope.set(
            "runner",
            map([
                ("os", "Linux".into()),
                ("arch", "X64".into()),
                ("name", "GitHub Actions 1".into()),
                ("temp", "/home/runner/work/_temp".into()),
            ]),
        );
        scope.set("job", map([("status", word_of_status(status).into())]));
        let secrets = source.settings.secrets.iter();
        let mut secrets: Vec<(EcoString, EcoString)> = secrets.cloned().collect();
        secrets.push(("GITHUB_TOKEN".into(), TOKEN.into()));
        scope.set("secrets", Value::texts(&secrets));
        let mut steps = EcoVec::new();
        for (step, state) in job.steps.iter().zip(&state.steps) {
            if !step.id.is_empty() && state.progress != Progress::Waiting {
                let outcome = if state.has_failed {
                    Progress::Failed
                } else {
                    state.progress
                };
                let value = map([
                    ("outputs", Value::texts(&state.outputs)),
                    ("outcome", word(outcome).into()),
                    ("conclusion", word(state.progress).into()),
                ]);
                steps.push((step.id.clone(), value));
            }
        }
        scope.set("steps", Value::Map(steps));
        let mut env = self.outer_environment(at, &scope);
        env.extend(state.env.iter().cloned());
        scope.set("env", Value::texts(&env));
        if state.place.files.is_empty() {
            return scope;
        }
        scope.files = Some(&state.place.files);
        scope
    }

    /// What expressions see before any job.
    pub(super) fn run_scope(&self, status: Status) -> Scope<'_> {
        let source = &self.source;
        let mut github = EcoVec::new();
        for (name, text) in self.facts() {
            github.push((name.into(), Value::Text(text)));
        }
        github.push(("token".into(), TOKEN.into()));
        github.push(("event".into(), source.payload()));
        let mut scope = Scope {
            status,
            ..Scope::default()
        };
        scope.set("github", Value::Map(github));
        scope.set("inputs", Value::texts(&source.inputs()));
        scope.set("vars", Value::texts(&source.settings.variables));
        scope
    }

    /// `needs`: how the jobs ended that a job needs.
    fn needs(&self, needs: &[EcoString]) -> Value {
        let one = |id: &EcoString| {
            let mut outputs: Vec<(EcoString, EcoString)> = Vec::new();
            for state in self.of(id) {
                for (name, value) in &state.outputs {
                    outputs.retain(|(have, _)| have != name);
                    outputs.push((name.clone(), value.clone()));
                }
            }
            let value = map([
                ("result", word(self.result_of(id)).into()),
                ("outputs", Value::texts(&outputs)),
            ]);
            (id.clone(), value)
        };
        Value::Map(needs.iter().map(one).collect())
    }

    /// The environment of a step's script.
    ///
    /// # Errors
    /// An expression in its `env:` that has no value.
    pub(super) fn environment(
        &self,
        at: usize,
        step: &Step,
        scope: &Scope<'_>,
    ) -> Result<FlatMap<EcoString, EcoString>, EcoString> {
        let mut env: FlatMap<EcoString, EcoString> = FlatMap::new();
        for (name, value) in self.facts() {
            env.insert(eco_format!("GITHUB_{}", name.to_uppercase()), value);
        }
        for (name, value) in [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
            ("RUNNER_TEMP", "/home/runner/work/_temp"),
            ("HOME", HOME),
        ] {
            env.insert(name.into(), value.into());
        }
        env.extend(self.outer_environment(at, scope));
        env.extend(self.jobs[at].env.iter().cloned());
        env.extend(pairs(&step.env, scope)?);
        Ok(env)
    }

    /// `env:` of the workflow and of the job. Values in there cannot use the `env` context.
    fn outer_environment(&self, at: usize, scope: &Scope<'_>) -> Vec<(EcoString, EcoString)> {
        let mut scope = scope.clone();
        scope.contexts.retain(|(name, _)| *name != "env");
        let workflow = &self.source.workflow;
        let job = &workflow.jobs[self.jobs[at].of];
        let mut env = Vec::new();
        for template in [&workflow.env, &job.env] {
            for (name, value) in pairs(template, &scope).unwrap_or_default() {
                env.retain(|(have, _)| *have != name);
                env.push((name, value));
            }
        }
        env
    }

    /// The texts of the `github` context, which are also `GITHUB_…` variables.
    pub(super) fn facts(&self) -> Vec<(&'static str, EcoString)> {
        let source = &self.source;
        let (target, head, base) = match &source.event {
            Event::Push { target, .. } => (target.clone(), "", ""),
            Event::PullRequest {
                number, base, head, ..
            } => (
                eco_format!("refs/pull/{number}/merge"),
                head.as_str(),
                base.as_str(),
            ),
            Event::Dispatch { branch, .. } => (eco_format!("refs/heads/{branch}"), "", ""),
        };
        let (kind, short) = match target.strip_prefix("refs/tags/") {
            Some(tag) => ("tag", tag.into()),
            None => (
                "branch",
                EcoString::from(
                    target
                        .trim_start_matches("refs/heads/")
                        .trim_start_matches("refs/pull/"),
                ),
            ),
        };
        vec![
            ("sha", eco_format!("{}", source.commit)),
            ("ref", target),
            ("ref_name", short),
            ("ref_type", kind.into()),
            ("repository", eco_format!("{OWNER}/{}", source.name)),
            ("repository_owner", OWNER.into()),
            ("event_name", source.event.name().into()),
            ("actor", "you".into()),
            ("triggering_actor", "you".into()),
            ("workflow", source.workflow.name.clone()),
            (
                "run_id",
                eco_format!("{}", 4_000_000_000_u64 + u64::from(source.number)),
            ),
            ("run_number", eco_format!("{}", source.number)),
            ("run_attempt", eco_format!("{}", self.attempt)),
            ("head_ref", head.into()),
            ("base_ref", base.into()),
            ("server_url", "https://github.com".into()),
            ("api_url", "https://api.github.com".into()),
            ("workspace", source.workspace()),
        ]
    }
}

/// Whether something is a token of somebody's own, and neither nothing nor the job's.
pub(super) fn is_own_token(text: &str) -> bool {
    !matches!(text, "" | TOKEN)
}

/// What `GITHUB_TOKEN` is.
pub(super) const TOKEN: &str = "ghs_000000000000000000000000000000000000";

/// A mapping's members as texts.
pub(super) fn pairs(
    template: &Value,
    scope: &Scope<'_>,
) -> Result<Vec<(EcoString, EcoString)>, EcoString> {
    Ok(match expression::expand(template, scope)? {
        Value::Map(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), value.to_text()))
            .collect(),
        _ => Vec::new(),
    })
}

impl Source {
    /// The folder that jobs begin in.
    pub(super) fn workspace(&self) -> EcoString {
        eco_format!("{HOME}/work/{0}/{0}", self.name)
    }

    /// What was filled in for `workflow_dispatch`, with the defaults of what was not.
    fn inputs(&self) -> Vec<(EcoString, EcoString)> {
        let Event::Dispatch { inputs, .. } = &self.event else {
            return Vec::new();
        };
        let mut all = inputs.clone();
        for trigger in self
            .workflow
            .on
            .iter()
            .filter(|it| it.event == "workflow_dispatch")
        {
            let Value::Map(described) = &trigger.inputs else {
                continue;
            };
            for (name, input) in described {
                if !all.iter().any(|(have, _)| have == name) {
                    let default = input.get("default").map(Value::to_text);
                    all.push((name.clone(), default.unwrap_or_default()));
                }
            }
        }
        all
    }

    /// `github.event`, as far as workflows look at it.
    fn payload(&self) -> Value {
        let sha = || Value::Text(eco_format!("{}", self.commit));
        let commit = self.repository.commit(self.commit);
        let message = commit
            .map(|commit| commit.message.trim_end().into())
            .unwrap_or_default();
        let author = commit
            .map(|commit| commit.author.name.clone())
            .unwrap_or_default();
        let repository = map([
            ("name", Value::Text(self.name.clone())),
            (
                "full_name",
                Value::Text(eco_format!("{OWNER}/{}", self.name)),
            ),
            ("default_branch", "main".into()),
        ]);
        let own = match &self.event {
            Event::Push { target, .. } => vec![
                ("ref", Value::Text(target.clone())),
                ("after", sha()),
                (
                    "head_commit",
                    map([
                        ("id", sha()),
                        ("message", Value::Text(message)),
                        ("author", map([("name", Value::Text(author))])),
                    ]),
                ),
            ],
            Event::PullRequest {
                number,
                action,
                base,
                head,
                ..
            } => {
                let side = |name: &EcoString| map([("ref", Value::Text(name.clone()))]);
                let number = || Value::Number(f64::from(*number));
                vec![
                    ("action", (*action).into()),
                    ("number", number()),
                    (
                        "pull_request",
                        map([
                            ("number", number()),
                            ("draft", Value::Bool(false)),
                            ("head", side(head)),
                            ("base", side(base)),
                        ]),
                    ),
                ]
            }
            Event::Dispatch { .. } => vec![("inputs", Value::texts(&self.inputs()))],
        };
        map(own.into_iter().chain([("repository", repository)]))
    }
}

/// How something ended, in the word that workflows use.
pub(super) fn word(progress: Progress) -> &'static str {
    match progress {
        Progress::Done => "success",
        Progress::Failed => "failure",
        Progress::Skipped => "skipped",
        Progress::Cancelled => "cancelled",
        Progress::Waiting | Progress::Active => "",
    }
}

fn word_of_status(status: Status) -> &'static str {
    match status {
        Status::Success | Status::Skipped => "success",
        Status::Failure => "failure",
        Status::Cancelled => "cancelled",
    }
}
