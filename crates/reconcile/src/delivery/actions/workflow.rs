//! A workflow's file, `.github/workflows/*.yaml`.
//!
//! [`schema`] says what may stand where; here it is read, and what the schema cannot say is checked.
//! Rules: "Workflow syntax for GitHub Actions" in GitHub's documentation, and the converters in
//! `workflow-parser/src/model` of actions/languageservices. What needs more than one file is not
//! simulated (workflows that call others); of what needs a machine (containers, services) only the time.

use super::expression::Value;
use super::schema;
use crate::delivery::git::Tree;
use crate::delivery::pattern::{chooses, matches};
use crate::delivery::reader::Reader;
use crate::texts;
use crate::view::{InputRow, Problem};
use ecow::{EcoString, EcoVec, eco_format};
use yaml::{Kind, Node};

/// How many jobs a workflow may have here.
const JOBS_MAX: usize = 100;

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
            read(reader, root)
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

fn read(reader: &mut Reader<'_>, root: &Node) -> Workflow {
    let members = root.get("jobs").map_or(&[][..], members);
    let jobs: Vec<Job> = members
        .iter()
        .map(|(key, node)| job(reader, key, node))
        .collect();
    if jobs.len() > JOBS_MAX {
        reader.problem(root, texts::files::jobs_max(JOBS_MAX), "");
    } else if let Some(node) = root.get("jobs") {
        check_needs(reader, node, members, &jobs);
    }
    Workflow {
        name: text(root, "name"),
        on: root
            .get("on")
            .map(|node| triggers(reader, node))
            .unwrap_or_default(),
        env: value(root, "env"),
        defaults: value(root, "defaults"),
        concurrency: value(root, "concurrency"),
        permissions: value(root, "permissions"),
        jobs,
    }
}

fn members(node: &Node) -> &[(Node, Node)] {
    match &node.target().kind {
        Kind::Map(members) => members,
        _ => &[],
    }
}

fn text(node: &Node, key: &str) -> EcoString {
    let value = node.get(key).filter(|node| !schema::is_null(node));
    value.and_then(Node::text).unwrap_or_default().into()
}

fn value(node: &Node, key: &str) -> Value {
    node.get(key).map(Value::of_node).unwrap_or_default()
}

/// One text, or a list of them.
fn texts(node: &Node) -> Vec<EcoString> {
    match &node.target().kind {
        Kind::List(items) => items.iter().flat_map(texts).collect(),
        _ => node.text().map(EcoString::from).into_iter().collect(),
    }
}

/// `on: push`, `on: [push]`, or `on:` with a mapping.
fn triggers(reader: &mut Reader<'_>, node: &Node) -> Vec<Trigger> {
    let bare = |event: EcoString| Trigger {
        event,
        filters: Vec::new(),
        inputs: Value::Null,
    };
    let Kind::Map(events) = &node.target().kind else {
        return texts(node).into_iter().map(bare).collect();
    };
    let read = |(key, node): &(Node, Node)| {
        for kind in ["branches", "tags", "paths"] {
            let ignored = eco_format!("{kind}-ignore");
            if let (Some(_), Some((key, _))) = (node.get(kind), node.entry(&ignored)) {
                let why = eco_format!(
                    "you may only define one of `{kind}` and `{ignored}` for a single event"
                );
                reader.problem(key, why, texts::files::PATTERN_LEAVES_OUT);
            }
        }
        let filters = members(node).iter();
        Trigger {
            filters: filters
                .filter_map(|(key, value)| Some((key.text()?.into(), texts(value))))
                .collect(),
            inputs: value(node, "inputs"),
            ..bare(key.text().unwrap_or_default().into())
        }
    };
    events.iter().map(read).collect()
}

fn job(reader: &mut Reader<'_>, key: &Node, node: &Node) -> Job {
    let id = EcoString::from(key.text().unwrap_or_default());
    if let Some(why) = wrong_id(&id) {
        reader.problem(key, why, "");
    }
    if let Some((key, _)) = node.entry("uses") {
        let why = texts::files::NO_CALLED_WORKFLOW;
        reader.problem(key, why, texts::files::LEAVE_IT_OUT);
    }
    let vectors = node.at(&["strategy", "matrix"]).map_or(&[][..], members);
    for (key, values) in vectors {
        if matches!(&values.target().kind, Kind::List(items) if items.is_empty()) {
            let name = key.text().unwrap_or_default();
            let why = eco_format!("Matrix vector '{name}' does not contain any values");
            reader.problem(key, why, "");
        }
    }
    let name = match text(node, "name") {
        name if name.is_empty() => id.clone(),
        name => name,
    };
    let mut ids = Vec::new();
    let mut steps: Vec<Step> = containers(node).into_iter().collect();
    if let Some(Kind::List(items)) = node.get("steps").map(|node| &node.target().kind) {
        steps.extend(items.iter().map(|item| step(reader, item, &mut ids)));
    }
    Job {
        id,
        name,
        needs: node.get("needs").map(texts).unwrap_or_default(),
        condition: condition(node),
        env: value(node, "env"),
        outputs: value(node, "outputs"),
        strategy: value(node, "strategy"),
        concurrency: value(node, "concurrency"),
        environment: value(node, "environment"),
        defaults: value(node, "defaults"),
        permissions: value(node, "permissions"),
        timeout: value(node, "timeout-minutes"),
        continues: value(node, "continue-on-error"),
        steps,
    }
}

/// The step that GitHub puts before the others of a job with containers.
fn containers(node: &Node) -> Option<Step> {
    let image = |node: &Node| match node.get("image") {
        Some(image) => image.text().map(EcoString::from),
        None => node.text().map(EcoString::from),
    };
    let services = node.get("services").map_or(&[][..], members).iter();
    let services = services.map(|(_, service)| service);
    let images: EcoVec<EcoString> = node
        .get("container")
        .into_iter()
        .chain(services)
        .filter_map(image)
        .collect();
    (!images.is_empty()).then(|| Step {
        id: EcoString::new(),
        name: "Initialize containers".into(),
        condition: None,
        env: Value::Null,
        with: Value::Null,
        timeout: Value::Null,
        continues: Value::Null,
        shell: EcoString::new(),
        folder: EcoString::new(),
        action: Action::Containers(images),
        line: u32::try_from(node.line()).unwrap_or_default(),
    })
}

fn condition(node: &Node) -> Option<EcoString> {
    node.get("if").and_then(Node::text).map(EcoString::from)
}

fn step(reader: &mut Reader<'_>, node: &Node, ids: &mut Vec<EcoString>) -> Step {
    let id = text(node, "id");
    if let Some(place) = node.get("id") {
        let why = wrong_id(&id).or_else(|| {
            ids.iter().any(|have| have.eq_ignore_ascii_case(&id)).then(|| {
                eco_format!("The identifier '{id}' may not be used more than once within the same scope.")
            })
        });
        match why {
            Some(why) => reader.problem(place, why, ""),
            None => ids.push(id.clone()),
        }
    }
    let (action, place) = match node.get("uses") {
        Some(place) => {
            let uses = EcoString::from(place.text().unwrap_or_default());
            if !is_action(&uses) {
                let why =
                    eco_format!("Expected format {{org}}/{{repo}}[/path]@ref. Actual '{uses}'");
                reader.problem(place, why, "");
            }
            (Action::Uses(uses), place)
        }
        None => (
            Action::Run(text(node, "run")),
            node.get("run").unwrap_or(node),
        ),
    };
    // What GitHub shows for a step without a name.
    let name = match (text(node, "name"), &action) {
        (name, Action::Uses(uses)) if name.is_empty() => eco_format!("Run {uses}"),
        (name, Action::Run(script)) if name.is_empty() => {
            eco_format!("Run {}", script.lines().next().unwrap_or_default())
        }
        (name, _) => name,
    };
    Step {
        id,
        name,
        condition: condition(node),
        env: value(node, "env"),
        with: value(node, "with"),
        timeout: value(node, "timeout-minutes"),
        continues: value(node, "continue-on-error"),
        shell: text(node, "shell"),
        folder: text(node, "working-directory"),
        action,
        line: u32::try_from(place.line()).unwrap_or_default(),
    }
}

/// `owner/name[/path]@ref`, `./path` or `docker://image`.
fn is_action(uses: &str) -> bool {
    if uses.starts_with("./") || uses.starts_with("docker://") {
        return true;
    }
    let is_name = |part: &str| {
        let is_inside = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        !part.is_empty() && part.chars().all(is_inside)
    };
    uses.split_once('@').is_some_and(|(path, version)| {
        let parts: Vec<&str> = path.split('/').collect();
        parts.len() >= 2 && is_name(parts[0]) && is_name(parts[1]) && !version.is_empty()
    })
}

fn wrong_id(id: &str) -> Option<EcoString> {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let begins = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins || !id.chars().all(is_inside) || id.len() >= 100 {
        return Some(eco_format!(
            "The identifier '{id}' is invalid. IDs may only contain alphanumeric characters, '_', and '-'. IDs must start with a letter or '_' and and must be less than 100 characters."
        ));
    }
    id.starts_with("__").then(|| {
        eco_format!("The identifier '{id}' is invalid. IDs starting with '__' are reserved.")
    })
}

/// Every job needs only jobs that there are, and none waits for itself.
fn check_needs(reader: &mut Reader<'_>, node: &Node, members: &[(Node, Node)], jobs: &[Job]) {
    if jobs.iter().all(|job| !job.needs.is_empty()) {
        let why = "The workflow must contain at least one job with no dependencies.";
        return reader.problem(node, why, "");
    }
    // Take away, again and again, the jobs that wait for none of the others.
    let mut waiting: Vec<usize> = (0..jobs.len()).collect();
    loop {
        let is_done = |need: &EcoString| {
            jobs.iter()
                .position(|job| job.id == *need)
                .is_some_and(|at| !waiting.contains(&at))
        };
        let waits = |at: &usize| !jobs[*at].needs.iter().all(is_done);
        let rest: Vec<usize> = waiting.iter().copied().filter(waits).collect();
        if rest.len() == waiting.len() {
            break;
        }
        waiting = rest;
    }
    for &at in &waiting {
        let (id, place) = (&jobs[at].id, members[at].1.get("needs"));
        for (number, need) in jobs[at].needs.iter().enumerate() {
            let found = jobs.iter().position(|job| job.id == *need);
            let why = match found {
                None => eco_format!("Job '{id}' depends on unknown job '{need}'."),
                Some(on) if waiting.contains(&on) => eco_format!(
                    "Job '{id}' depends on job '{need}' which creates a cycle in the dependency graph."
                ),
                Some(_) => continue,
            };
            let item = place.and_then(|place| match &place.target().kind {
                Kind::List(items) => items.get(number),
                _ => Some(place),
            });
            reader.problem(item.unwrap_or(&members[at].1), why, "");
        }
    }
}
