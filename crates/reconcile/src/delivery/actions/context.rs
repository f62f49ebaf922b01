//! What a step sees: the contexts of expressions, and the environment of its script.
//!
//! Rules: "Contexts reference" and "Variables reference" in GitHub's documentation.

use super::expression::{self, Scope};
use super::run::Run;
use super::workflow::{Step, Workflow};
use crate::delivery::app::App;
use crate::delivery::git::{Oid, Repository, Tree};
use crate::view::{Problem, Progress};
use ecow::{EcoString, EcoVec, eco_format};
use std::collections::BTreeMap;

/// What a run reads and never changes.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) number: u32,
    pub(super) workflow: Workflow,
    pub(super) repository: Repository,
    /// The repository's name.
    pub(super) name: EcoString,
    pub(super) branch: EcoString,
    pub(super) commit: Oid,
    pub(super) files: Tree,
    pub(super) app: Result<App, Vec<Problem>>,
}

impl Run {
    /// What expressions in a job see.
    pub(super) fn scope(&self, at: usize, has_failure: bool) -> Scope {
        let (source, state) = (&self.source, &self.jobs[at]);
        let job = &source.workflow.jobs[at];
        let mut scope = Scope {
            names: BTreeMap::new(),
            has_failure,
        };
        for (name, value) in source.facts() {
            scope.names.insert(eco_format!("github.{name}"), value);
        }
        scope.names.insert("runner.os".into(), "Linux".into());
        let status = if has_failure { "failure" } else { "success" };
        scope.names.insert("job.status".into(), status.into());
        for (step, state) in job
            .steps
            .iter()
            .zip(&state.steps)
            .filter(|(step, _)| !step.id.is_empty())
        {
            let prefix = eco_format!("steps.{}", step.id);
            add_result(
                &mut scope,
                &prefix,
                "outcome",
                state.progress,
                &state.outputs,
            );
        }
        for need in &job.needs {
            if let Some(at) = source.workflow.jobs.iter().position(|job| job.id == *need) {
                let state = &self.jobs[at];
                let prefix = eco_format!("needs.{need}");
                add_result(
                    &mut scope,
                    &prefix,
                    "result",
                    state.progress,
                    &state.outputs,
                );
            }
        }
        for (name, value) in self.outer_environment(at, &scope) {
            scope.names.insert(eco_format!("env.{name}"), value);
        }
        for (name, value) in &state.env {
            scope.names.insert(eco_format!("env.{name}"), value.clone());
        }
        scope
    }

    /// The environment of a step's script.
    pub(super) fn environment(
        &self,
        at: usize,
        step: &Step,
        scope: &Scope,
    ) -> BTreeMap<EcoString, EcoString> {
        let mut env: BTreeMap<EcoString, EcoString> = BTreeMap::new();
        for (name, value) in self.source.facts() {
            env.insert(eco_format!("GITHUB_{}", name.to_uppercase()), value);
        }
        for (name, value) in [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("RUNNER_OS", "Linux"),
        ] {
            env.insert(name.into(), value.into());
        }
        env.extend(self.outer_environment(at, scope));
        env.extend(self.jobs[at].env.iter().cloned());
        for (name, value) in &step.env {
            let value = expression::fill(value, scope).unwrap_or_default();
            env.insert(name.clone(), value);
        }
        env
    }

    /// `env:` of the workflow and of the job. Values in there cannot use the `env` context.
    fn outer_environment(&self, at: usize, scope: &Scope) -> Vec<(EcoString, EcoString)> {
        let mut scope = scope.clone();
        scope.names.retain(|name, _| !name.starts_with("env."));
        let workflow = &self.source.workflow;
        let pairs = workflow.env.iter().chain(&workflow.jobs[at].env);
        pairs
            .map(|(name, value)| {
                (
                    name.clone(),
                    expression::fill(value, &scope).unwrap_or_default(),
                )
            })
            .collect()
    }
}

impl Source {
    /// The members of the `github` context, which are also `GITHUB_…` variables.
    fn facts(&self) -> [(&'static str, EcoString); 8] {
        [
            ("sha", eco_format!("{}", self.commit)),
            ("ref", eco_format!("refs/heads/{}", self.branch)),
            ("ref_name", self.branch.clone()),
            ("repository", eco_format!("example/{}", self.name)),
            ("event_name", "push".into()),
            ("actor", "you".into()),
            ("workflow", self.workflow.name.clone()),
            ("run_number", eco_format!("{}", self.number)),
        ]
    }
}

/// `steps.<id>` or `needs.<id>`: the result's word and the outputs.
fn add_result(
    scope: &mut Scope,
    prefix: &str,
    result: &str,
    progress: Progress,
    outputs: &EcoVec<(EcoString, EcoString)>,
) {
    let word = match progress {
        Progress::Done => "success",
        Progress::Failed => "failure",
        Progress::Skipped => "skipped",
        Progress::Waiting | Progress::Active => "",
    };
    scope
        .names
        .insert(eco_format!("{prefix}.{result}"), word.into());
    for (name, value) in outputs {
        scope
            .names
            .insert(eco_format!("{prefix}.outputs.{name}"), value.clone());
    }
}
