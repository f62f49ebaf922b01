//! A workflow's file, `.github/workflows/*.yaml`.
//!
//! [`schema`] says what may stand where; here it is read, and what the schema cannot say is checked.
//! Rules: "Workflow syntax for GitHub Actions" in GitHub's documentation, and the converters in
//! `workflow-parser/src/model` of actions/languageservices. What needs more than one file is not
//! simulated (workflows that call others); of what needs a machine (containers, services) only the time.

mod read;

use super::expression::Value;
use super::schema;
use crate::delivery::git::Tree;
use crate::delivery::pattern::{chooses, matches};
use crate::delivery::reader::Reader;
use crate::view::{InputRow, Problem};
use ecow::{EcoString, EcoVec, eco_format};

/// A workflow. Values may hold `${{ }}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    /// Its name; its path if it gives itself none.
    pub name: EcoString,
    /// What starts it.
    pub on: Vec<Trigger>,
    /// Environment of all its steps.
    pub env: Value,
    /// `defaults:`
    pub defaults: Value,
    /// `concurrency:`, a group or an object.
    pub concurrency: Value,
    /// `permissions:`
    pub permissions: Value,
    /// Its jobs, in the order of the file.
    pub jobs: Vec<Job>,
}

/// An event that starts a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// `push`, `pull_request`, `workflow_dispatch`…
    pub event: EcoString,
    /// Filters by name: `branches`, `paths-ignore`, `types`…
    filters: Vec<(EcoString, Vec<EcoString>)>,
    /// The inputs of `workflow_dispatch`, as the file describes them.
    pub inputs: Value,
}

/// Something that happened in a repository.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Commits came to a branch (`refs/heads/…`) or a tag (`refs/tags/…`).
    Push {
        /// Where to.
        target: EcoString,
        /// The files that differ from before.
        changed: Vec<EcoString>,
    },
    /// A pull request was opened or got new commits.
    PullRequest {
        /// Its number.
        number: u32,
        /// `opened`, `synchronize`, `reopened`…
        action: &'static str,
        /// The branch it is to be merged into.
        base: EcoString,
        /// The branch it comes from.
        head: EcoString,
        /// The files that it changes.
        changed: Vec<EcoString>,
    },
    /// Somebody pressed "Run workflow".
    Dispatch {
        /// The branch.
        branch: EcoString,
        /// What they filled in.
        inputs: Vec<(EcoString, EcoString)>,
    },
}

impl Event {
    /// A push to a branch.
    #[must_use]
    pub fn push(branch: &str, changed: Vec<EcoString>) -> Event {
        Event::Push {
            target: eco_format!("refs/heads/{branch}"),
            changed,
        }
    }

    /// What workflows call it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Event::Push { .. } => "push",
            Event::PullRequest { .. } => "pull_request",
            Event::Dispatch { .. } => "workflow_dispatch",
        }
    }
}

/// A job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    /// Its key.
    pub id: EcoString,
    /// Its name, as the file gives it; the key if it gives none.
    pub name: EcoString,
    /// The jobs that must end well before it starts, by their keys.
    pub needs: Vec<EcoString>,
    /// `if:`
    pub condition: Option<EcoString>,
    /// Environment of its steps.
    pub env: Value,
    /// What later jobs see as `needs.<id>.outputs`.
    pub outputs: Value,
    /// `strategy:`
    pub strategy: Value,
    /// `concurrency:`
    pub concurrency: Value,
    /// `environment:`
    pub environment: Value,
    /// `defaults:`
    pub defaults: Value,
    /// `permissions:`
    pub permissions: Value,
    /// `timeout-minutes:`
    pub timeout: Value,
    /// `continue-on-error:`
    pub continues: Value,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What `steps.<id>` calls it; possibly empty.
    pub id: EcoString,
    /// Its name; what it runs if it gives itself none.
    pub name: EcoString,
    /// `if:`
    pub condition: Option<EcoString>,
    /// Environment.
    pub env: Value,
    /// What an action is given.
    pub with: Value,
    /// `timeout-minutes:`
    pub timeout: Value,
    /// `continue-on-error:`
    pub continues: Value,
    /// `shell:`; empty for that of `defaults:`.
    pub shell: EcoString,
    /// `working-directory:`; empty for that of `defaults:`.
    pub folder: EcoString,
    /// What it does.
    pub action: Action,
    /// The line of the file that its `run:` or `uses:` stands on, from 1.
    pub line: u32,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `uses:` an action.
    Uses(EcoString),
    /// `run:` a script.
    Run(EcoString),
    /// Starts the job's `container` and `services`: these images.
    Containers(EcoVec<EcoString>),
}

impl Workflow {
    /// Reads a workflow. `path` is its path with the repository, for problems.
    ///
    /// # Errors
    /// What GitHub would say of the file, at its place.
    pub fn parse(path: &str, text: &str) -> Result<Workflow, Vec<Problem>> {
        let mut workflow = Reader::read(path, text, |reader, root| {
            schema::check(reader, root);
            read::read(reader, root)
        })?;
        if workflow.name.is_empty() {
            workflow.name = path.split_once('/').map_or(path, |(_, path)| path).into();
        }
        Ok(workflow)
    }

    /// The workflows of a repository that an event starts, in the order of their files.
    ///
    /// # Errors
    /// What is wrong in any of its workflows.
    pub fn triggered(
        repository: &str,
        files: &Tree,
        event: &Event,
    ) -> Result<Vec<Workflow>, Vec<Problem>> {
        let (mut workflows, mut problems) = (Vec::new(), Vec::new());
        for (path, text) in files.iter().filter(|(path, _)| is_workflow(path)) {
            match Workflow::parse(&eco_format!("{repository}/{path}"), text) {
                Ok(workflow) if workflow.runs_on(event) => workflows.push(workflow),
                Ok(_) => {}
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() {
            Ok(workflows)
        } else {
            Err(problems)
        }
    }

    /// Whether what was filled in is what `workflow_dispatch` asks for.
    ///
    /// # Errors
    /// GitHub's words.
    pub fn check_inputs(&self, inputs: &[(EcoString, EcoString)]) -> Result<(), EcoString> {
        let mut triggers = self.on.iter();
        let trigger = triggers.find(|trigger| trigger.event == "workflow_dispatch");
        let described = trigger.map_or(&Value::Null, |trigger| &trigger.inputs);
        if let Some((name, _)) = inputs
            .iter()
            .find(|(name, _)| described.get(name).is_none())
        {
            return Err(eco_format!("Unexpected inputs provided: [\"{name}\"]"));
        }
        let Value::Map(described) = described else {
            return Ok(());
        };
        for (name, input) in described {
            let given = inputs
                .iter()
                .find(|(have, _)| have == name)
                .map(|(_, text)| text);
            let is_required = input.get("required").is_some_and(Value::is_truthy);
            if is_required
                && given.is_none_or(|text| text.is_empty())
                && input.get("default").is_none()
            {
                return Err(eco_format!("Required input '{name}' not provided"));
            }
            if let (Some(Value::List(options)), Some(given)) = (input.get("options"), given)
                && !options.iter().any(|option| option.to_text() == *given)
            {
                return Err(eco_format!(
                    "Provided value '{given}' for input '{name}' not in the list of allowed values"
                ));
            }
        }
        Ok(())
    }

    /// What somebody who starts it by hand is asked for; none if it cannot be started so.
    #[must_use]
    pub fn asks_for(&self) -> Option<Vec<InputRow>> {
        let mut triggers = self.on.iter();
        let trigger = triggers.find(|trigger| trigger.event == "workflow_dispatch")?;
        let Value::Map(inputs) = &trigger.inputs else {
            return Some(Vec::new());
        };
        let rows = inputs.iter().map(|(name, input)| {
            let text = |key: &str| input.get(key).map(Value::to_text).unwrap_or_default();
            let options = match (text("type").as_str(), input.get("options")) {
                ("boolean", _) => vec!["false".into(), "true".into()],
                (_, Some(Value::List(options))) => options.iter().map(Value::to_text).collect(),
                _ => Vec::new(),
            };
            InputRow {
                name: name.clone(),
                description: text("description"),
                is_required: input.get("required").is_some_and(Value::is_truthy),
                default: text("default"),
                options,
            }
        });
        Some(rows.collect())
    }

    /// Whether the token of a job may write something of its repository: `contents`, `packages`,
    /// `id-token`. Where neither the job nor the workflow says so, it may, but for `id-token` ("Modifying
    /// the permissions for the GITHUB_TOKEN" in GitHub's documentation).
    #[must_use]
    pub fn may_write(&self, job: &Job, what: &str) -> bool {
        match [&job.permissions, &self.permissions]
            .into_iter()
            .find(|it| **it != Value::Null)
        {
            None => what != "id-token",
            Some(Value::Text(all)) => all == "write-all",
            Some(each) => each.get(what).is_some_and(|it| it.to_text() == "write"),
        }
    }

    /// Whether an event starts it.
    #[must_use]
    pub fn runs_on(&self, event: &Event) -> bool {
        let mut triggers = self.on.iter();
        let trigger = triggers.find(|trigger| trigger.event == event.name());
        trigger.is_some_and(|trigger| trigger.takes(event))
    }
}

impl Trigger {
    fn filter(&self, name: &str) -> Option<&[EcoString]> {
        let mut filters = self.filters.iter();
        let found = filters.find(|(have, _)| have == name)?;
        Some(&found.1)
    }

    fn takes(&self, event: &Event) -> bool {
        match event {
            Event::Push { target, changed } => {
                let (kind, other, name) = match target.strip_prefix("refs/tags/") {
                    Some(tag) => ("tags", "branches", tag),
                    None => (
                        "branches",
                        "tags",
                        target.strip_prefix("refs/heads/").unwrap_or(target),
                    ),
                };
                let is_filtered = |kind: &str| {
                    self.filter(kind).is_some()
                        || self.filter(&eco_format!("{kind}-ignore")).is_some()
                };
                // Who filters by only one of branches and tags wants none of the other.
                (is_filtered(kind) || !is_filtered(other))
                    && self.lets(kind, name)
                    && (kind == "tags" || self.lets_paths(changed))
            }
            Event::PullRequest {
                action,
                base,
                changed,
                ..
            } => {
                let is_type = match self.filter("types") {
                    Some(types) => types.iter().any(|name| name == action),
                    None => matches!(*action, "opened" | "synchronize" | "reopened"),
                };
                is_type && self.lets("branches", base) && self.lets_paths(changed)
            }
            Event::Dispatch { .. } => true,
        }
    }

    /// Whether the filters of a kind (`branches`, and `branches-ignore`) let a name through.
    fn lets(&self, kind: &str, name: &str) -> bool {
        let ignored = self
            .filter(&eco_format!("{kind}-ignore"))
            .unwrap_or_default();
        self.filter(kind)
            .is_none_or(|patterns| chooses(patterns, name))
            && !ignored.iter().any(|pattern| matches(pattern, name))
    }

    /// Whether one of the changed files is not filtered out. Without filters none has to be there.
    fn lets_paths(&self, changed: &[EcoString]) -> bool {
        let has_none = self.filter("paths").is_none() && self.filter("paths-ignore").is_none();
        has_none || changed.iter().any(|path| self.lets("paths", path))
    }
}

/// Whether a path in a repository is a workflow's.
#[must_use]
pub fn is_workflow(path: &str) -> bool {
    path.strip_prefix(".github/workflows/").is_some_and(|name| {
        !name.contains('/') && (name.ends_with(".yaml") || name.ends_with(".yml"))
    })
}
