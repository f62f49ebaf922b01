//! A workflow's file, `.github/workflows/*.yaml`.
//!
//! Rules: "Workflow syntax for GitHub Actions" in GitHub's documentation. A key that GitHub knows
//! and the lab does not act on is a problem that says so, unless leaving it out changes nothing that
//! the lab shows (`permissions`, `runs-on`, `concurrency`, time limits).

use super::{expression, script};
use crate::delivery::git::Tree;
use crate::delivery::reader::{Fields, Reader};
use crate::view::Problem;
use ecow::{EcoString, eco_format};
use yaml::Node;

/// How many jobs a workflow may have here.
const JOBS_MAX: usize = 100;

/// A workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Its name; its path if it gives itself none.
    pub name: EcoString,
    /// The branches whose pushes start it; `*` stands for any text. None if no push does.
    pub push_branches: Vec<EcoString>,
    /// Environment of all its steps. Values may hold `${{ }}`.
    pub env: Vec<(EcoString, EcoString)>,
    /// Its jobs, in the order of the file.
    pub jobs: Vec<Job>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its key.
    pub id: EcoString,
    /// Its name; the key if it gives itself none.
    pub name: EcoString,
    /// The jobs that must end well before it starts, by their keys.
    pub needs: Vec<EcoString>,
    /// `if:`
    pub condition: Option<EcoString>,
    /// Environment of its steps.
    pub env: Vec<(EcoString, EcoString)>,
    /// What later jobs see as `needs.<id>.outputs`.
    pub outputs: Vec<(EcoString, EcoString)>,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What `steps.<id>` calls it; possibly empty.
    pub id: EcoString,
    /// Its name; what it runs if it gives itself none.
    pub name: EcoString,
    /// `if:`
    pub condition: Option<EcoString>,
    /// Environment.
    pub env: Vec<(EcoString, EcoString)>,
    /// What an action is given.
    pub with: Vec<(EcoString, EcoString)>,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `uses:` an action.
    Uses(EcoString),
    /// `run:` a script.
    Run(EcoString),
}

impl Workflow {
    /// Reads a workflow. `path` is its path with the repository, for problems.
    pub fn parse(path: &str, text: &str) -> Result<Workflow, Vec<Problem>> {
        let mut workflow = Reader::read(path, text, read)?;
        if workflow.name.is_empty() {
            workflow.name = path.split_once('/').map_or(path, |(_, path)| path).into();
        }
        Ok(workflow)
    }

    /// The workflows of a repository that a push to `branch` starts, in the order of their files.
    pub fn triggered(
        repository: &str,
        files: &Tree,
        branch: &str,
    ) -> Result<Vec<Workflow>, Vec<Problem>> {
        let (mut workflows, mut problems) = (Vec::new(), Vec::new());
        for (path, text) in files.iter().filter(|(path, _)| is_workflow(path)) {
            match Workflow::parse(&eco_format!("{repository}/{path}"), text) {
                Ok(workflow) if workflow.runs_on_push(branch) => workflows.push(workflow),
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

    /// Whether a push to this branch starts it.
    #[must_use]
    pub fn runs_on_push(&self, branch: &str) -> bool {
        self.push_branches
            .iter()
            .any(|pattern| match pattern.split_once('*') {
                None => pattern == branch,
                Some((head, tail)) => {
                    let tail = tail.trim_start_matches('*');
                    branch.len() >= head.len() + tail.len()
                        && branch.starts_with(head)
                        && branch.ends_with(tail)
                }
            })
    }
}

/// Whether a path in a repository is a workflow's.
#[must_use]
pub fn is_workflow(path: &str) -> bool {
    path.strip_prefix(".github/workflows/").is_some_and(|name| {
        !name.contains('/') && (name.ends_with(".yaml") || name.ends_with(".yml"))
    })
}

/// Keys that the lab reads or may leave unread, and keys that it does not simulate.
struct Keys {
    what: &'static str,
    known: &'static [&'static str],
    not_simulated: &'static [&'static str],
}

const WORKFLOW: Keys = Keys {
    what: "a workflow",
    known: &[
        "name",
        "on",
        "env",
        "jobs",
        "permissions",
        "concurrency",
        "run-name",
    ],
    not_simulated: &["defaults"],
};
const JOB: Keys = Keys {
    what: "a job",
    known: &[
        "name",
        "needs",
        "if",
        "env",
        "outputs",
        "steps",
        "runs-on",
        "permissions",
        "concurrency",
        "environment",
        "timeout-minutes",
    ],
    not_simulated: &[
        "strategy",
        "container",
        "services",
        "uses",
        "with",
        "secrets",
        "defaults",
        "continue-on-error",
    ],
};
const STEP: Keys = Keys {
    what: "a step",
    known: &[
        "id",
        "name",
        "if",
        "env",
        "uses",
        "with",
        "run",
        "timeout-minutes",
    ],
    not_simulated: &["shell", "working-directory", "continue-on-error"],
};

fn fields<'n>(reader: &mut Reader<'_>, node: &'n Node, keys: &Keys) -> Fields<'n> {
    let all = [keys.known, keys.not_simulated].concat();
    let fields = reader.fields(node, keys.what, &all);
    for name in keys.not_simulated {
        if let Some((key, _)) = node.entry(name) {
            reader.problem(
                key,
                eco_format!("the lab does not simulate `{name}`"),
                "leave it out",
            );
        }
    }
    fields
}

fn read(reader: &mut Reader<'_>, root: &Node) -> Workflow {
    let fields = fields(reader, root, &WORKFLOW);
    let name = fields
        .get("name")
        .map(|node| reader.text(node))
        .unwrap_or_default();
    let push_branches = reader
        .required(fields, "on")
        .map(|node| push_branches(reader, node))
        .unwrap_or_default();
    let env = pairs(reader, fields.get("env"));
    let members = reader
        .required(fields, "jobs")
        .map_or(&[][..], |node| reader.members(node));
    let jobs: Vec<Job> = members
        .iter()
        .map(|(key, node)| job(reader, key, node))
        .collect();
    if jobs.len() > JOBS_MAX {
        reader.problem(
            root,
            eco_format!("the lab plays at most {JOBS_MAX} jobs"),
            "",
        );
    } else {
        check_needs(reader, members, &jobs);
    }
    Workflow {
        name,
        push_branches,
        env,
        jobs,
    }
}

/// `on: push`, `on: [push]`, or `on:` with `push:` and its `branches:`. Other events start nothing
/// in the lab.
fn push_branches(reader: &mut Reader<'_>, node: &Node) -> Vec<EcoString> {
    let all = || vec!["*".into()];
    if node.text().is_some() || matches!(node.target().kind, yaml::Kind::List(_)) {
        let names = texts(reader, node);
        return if names.iter().any(|name| name == "push") {
            all()
        } else {
            Vec::new()
        };
    }
    let Some((_, push)) = node.entry("push") else {
        return Vec::new();
    };
    if !matches!(push.target().kind, yaml::Kind::Map(_)) {
        return all();
    }
    let fields = reader.fields(push, "push", &["branches"]);
    fields
        .get("branches")
        .map_or_else(all, |node| texts(reader, node))
}

/// One text, or a list of them.
fn texts(reader: &mut Reader<'_>, node: &Node) -> Vec<EcoString> {
    if node.text().is_some() {
        return vec![reader.text(node)];
    }
    reader
        .items(node)
        .iter()
        .map(|item| reader.text(item))
        .collect()
}

/// A text whose `${{ }}` can be read.
fn expressions(reader: &mut Reader<'_>, node: &Node) -> EcoString {
    let text = reader.text(node);
    if let Err(error) = expression::check(&text) {
        reader.problem(node, eco_format!("The template is not valid: {error}"), "");
    }
    text
}

/// An `if:`.
fn condition(reader: &mut Reader<'_>, fields: Fields<'_>) -> Option<EcoString> {
    let node = fields.get("if")?;
    let text = reader.text(node);
    if let Err(error) = expression::check_condition(&text) {
        reader.problem(node, eco_format!("The template is not valid: {error}"), "");
    }
    Some(text)
}

/// A `run:` script that bash can read.
fn shell_script(reader: &mut Reader<'_>, node: &Node) -> EcoString {
    let text = expressions(reader, node);
    if let Err(error) = script::parse(&expression::masked(&text)) {
        let message = eco_format!("line {} of the script: {}", error.line, error.message);
        reader.problem(node, message, "");
    }
    text
}

fn pairs(reader: &mut Reader<'_>, node: Option<&Node>) -> Vec<(EcoString, EcoString)> {
    let members = node.map_or(&[][..], |node| reader.members(node));
    members
        .iter()
        .map(|(key, value)| (reader.text(key), expressions(reader, value)))
        .collect()
}

fn job(reader: &mut Reader<'_>, key: &Node, node: &Node) -> Job {
    let id = reader.text(key);
    let fields = fields(reader, node, &JOB);
    let name = fields
        .get("name")
        .map_or_else(|| id.clone(), |node| reader.text(node));
    let needs = fields
        .get("needs")
        .map(|node| texts(reader, node))
        .unwrap_or_default();
    let condition = condition(reader, fields);
    let env = pairs(reader, fields.get("env"));
    let outputs = pairs(reader, fields.get("outputs"));
    let _ = reader.required(fields, "runs-on");
    let items = reader
        .required(fields, "steps")
        .map_or(&[][..], |node| reader.items(node));
    let steps = items.iter().map(|item| step(reader, item)).collect();
    Job {
        id,
        name,
        needs,
        condition,
        env,
        outputs,
        steps,
    }
}

fn step(reader: &mut Reader<'_>, node: &Node) -> Step {
    let fields = fields(reader, node, &STEP);
    let id = fields
        .get("id")
        .map(|node| reader.text(node))
        .unwrap_or_default();
    let name = fields.get("name").map(|node| reader.text(node));
    let condition = condition(reader, fields);
    let uses = fields.get("uses").map(|node| reader.text(node));
    let run = fields.get("run").map(|node| shell_script(reader, node));
    let action = match (uses, run) {
        (Some(action), None) => Action::Uses(action),
        (None, Some(script)) => Action::Run(script),
        (both, _) => {
            let message = match both {
                Some(_) => "a step cannot have both the `uses` and `run` keys",
                None => "every step must define a `uses` or `run` key",
            };
            reader.problem(node, message, "");
            Action::Run(EcoString::new())
        }
    };
    // What GitHub shows for a step without a name.
    let name = name.unwrap_or_else(|| match &action {
        Action::Uses(action) => eco_format!("Run {action}"),
        Action::Run(script) => eco_format!("Run {}", script.lines().next().unwrap_or_default()),
    });
    Step {
        id,
        name,
        condition,
        env: pairs(reader, fields.get("env")),
        with: pairs(reader, fields.get("with")),
        action,
    }
}

/// Every job needs only jobs that there are, and none waits for itself.
fn check_needs(reader: &mut Reader<'_>, members: &[(Node, Node)], jobs: &[Job]) {
    for ((_, node), job) in members.iter().zip(jobs) {
        let place = node.get("needs").unwrap_or(node);
        for need in job
            .needs
            .iter()
            .filter(|need| jobs.iter().all(|job| job.id != **need))
        {
            let message = eco_format!("Job '{}' depends on unknown job '{need}'.", job.id);
            reader.problem(place, message, "");
        }
    }
    // Take away, again and again, the jobs that wait for none of the others.
    let mut waiting: Vec<usize> = (0..jobs.len()).collect();
    loop {
        let waits = |at: &usize| {
            jobs[*at]
                .needs
                .iter()
                .any(|need| waiting.iter().any(|other| jobs[*other].id == *need))
        };
        let rest: Vec<usize> = waiting.iter().copied().filter(waits).collect();
        if rest.len() == waiting.len() {
            break;
        }
        waiting = rest;
    }
    if let Some(at) = waiting.first() {
        let message = eco_format!("Job '{}' waits for itself through its needs.", jobs[*at].id);
        reader.problem(
            &members[*at].0,
            message,
            "a job may need only jobs that do not need it",
        );
    }
}
