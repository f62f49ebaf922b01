//! Reads a workflow's file, and checks what its schema cannot say.

use super::super::expression::Value;
use super::super::schema;
use super::{Action, Job, Step, Trigger, Workflow};
use crate::delivery::reader::Reader;
use crate::texts;
use ecow::{EcoString, EcoVec, eco_format};
use yaml::{Kind, Node};

/// How many jobs a workflow may have here.
const JOBS_MAX: usize = 100;

/// A workflow from its file's tree, as far as it can be read; what is wrong is told to `reader`.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node) -> Workflow {
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
