//! Delivery in a lab, end to end: what GitHub, CI, Helm and the cluster do about what people do.
//!
//! Each file in `delivery/` is a case: what is another in the built-in lab `order-service`, and what is
//! done to it, step by step. What follows is a snapshot: the turns of the story with their seconds, then
//! what stands on the page.

#![cfg(not(target_family = "wasm"))]
// The cases lie in files.
#![allow(clippy::disallowed_methods)]

mod folders;

use folders::{announce, asked, lay, patch, refused};
use kube::Value;
use reconcile::delivery::labs;
use reconcile::pipeline::{Intent, MergeMethod};
use reconcile::view::{DeploymentRow, Problem, Progress, PullRequestRow, RunRow, Tone};
use reconcile::{Lab, Table};
use std::fmt::Write;

/// Goes to the moment of a step: the end, `after` so many seconds, or `when` an entry says something.
fn go(lab: &mut Lab, step: &Value) {
    let now = lab.now();
    let mut moment = match step.get("when") {
        Value::Null if step.get("after").is_null() => lab.end(),
        Value::Null => now,
        text => {
            let mut later = lab.entries().iter().filter(|entry| entry.t >= now);
            let found = later.find(|entry| entry.message.contains(text.text()));
            found.unwrap_or_else(|| panic!("nobody says {text:?}")).t
        }
    };
    moment += u64::try_from(step.get("after").as_int().unwrap_or(0)).expect("not negative") * 1000;
    lab.seek(moment);
}

fn intent(step: &Value) -> Option<Intent> {
    let number = |of: &Value| {
        of.as_int()
            .and_then(|it| u32::try_from(it).ok())
            .expect("a number")
    };
    let (name, of) = step
        .members()
        .find(|(name, _)| !matches!(name.as_str(), "when" | "after"))?;
    Some(match name.as_str() {
        "merge" => Intent::Merge(match of.text() {
            "merge" => MergeMethod::Merge,
            "squash" => MergeMethod::Squash,
            _ => MergeMethod::Rebase,
        }),
        "approve" => Intent::Approve,
        "revert" => Intent::Revert,
        "cancel" => Intent::Cancel(number(of)),
        "again" => Intent::RunAgain {
            run: number(of.get("run")),
            is_failed_only: of.get("failed").as_bool() == Some(true),
        },
        "review" => Intent::Review {
            run: number(of.get("run")),
            environment: of.get("environment").to_text(),
            is_approved: of.get("approve").as_bool() == Some(true),
        },
        "dispatch" => Intent::Dispatch {
            repository: "order-service".into(),
            workflow: of.get("workflow").to_text(),
            inputs: of
                .get("inputs")
                .members()
                .map(|(name, value)| (name.clone(), value.to_text()))
                .collect(),
        },
        _ => return None,
    })
}

/// Does one step to a lab.
fn act(lab: &mut Lab, step: &Value) -> Result<(), Vec<Problem>> {
    if let Some(intent) = intent(step) {
        return lab.intend(intent);
    }
    let mut files = lab.files();
    if !step.get("commit").is_null() {
        lay(step.get("commit"), &mut files);
        lab.open_pull_request("A change", &files)?;
        return lab.merge();
    }
    if !step.get("open").is_null() {
        lay(step.get("open"), &mut files);
        return lab.open_pull_request("A change", &files);
    }
    if !step.get("close").is_null() {
        lab.close_pull_request();
        return Ok(());
    }
    let change = step.get("patch");
    assert!(!change.is_null(), "{step:?} is no step");
    patch(lab, change)
}

fn told(lab: &Lab, from: usize) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for entry in &lab.entries()[from..] {
        let is_delivery = matches!(
            entry.actor.as_str(),
            "github-actions" | "helm" | "you" | "git"
        );
        let is_shown = is_delivery && entry.tone != Tone::Detail || entry.tone == Tone::Warning;
        let line = format!("{}: {}", entry.reason, entry.message);
        if is_shown && line != last {
            writeln!(text, "{:>5}s {line}", entry.t / 1000).expect("a text takes all");
            last = line;
        }
    }
    text
}

fn pull(row: &PullRequestRow) -> String {
    let mut text = format!(
        "#{} {} {}: {}\n",
        row.number, row.title, row.state, row.merge_state
    );
    for line in &row.merge_lines {
        writeln!(text, "  | {line}").expect("a text takes all");
    }
    for file in &row.files {
        for it in &file.values {
            let (path, old, new) = (&it.path, &it.old, &it.new);
            writeln!(text, "  {}: {path}: {old} -> {new}", file.path).expect("a text takes all");
        }
    }
    for it in &row.statuses {
        writeln!(text, "  {:?} {}", it.progress, it.name).expect("a text takes all");
    }
    for it in &row.plan {
        writeln!(text, "  plan: {} {:?} {}", it.object, it.effect, it.pods)
            .expect("a text takes all");
    }
    for it in &row.problems {
        writeln!(text, "  problem: {}:{} {}", it.path, it.line, it.message)
            .expect("a text takes all");
    }
    for it in &row.checks {
        writeln!(text, "  check: {} {}", it.name, it.message).expect("a text takes all");
    }
    text
}

fn run(row: &RunRow) -> String {
    let RunRow {
        number,
        attempt,
        name,
        trigger,
        progress,
        ..
    } = row;
    let mut text = format!("run {number}.{attempt} {name} ({trigger}): {progress:?}\n");
    for job in &row.jobs {
        writeln!(text, "  {:?} {} {}", job.progress, job.name, job.waiting)
            .expect("a text takes all");
        for step in job
            .steps
            .iter()
            .filter(|step| step.progress == Progress::Failed)
        {
            writeln!(text, "    {} fails:", step.name).expect("a text takes all");
            for line in &step.log {
                writeln!(text, "      {line}").expect("a text takes all");
            }
        }
    }
    text
}

fn deployment(row: &DeploymentRow) -> String {
    let mut text = format!(
        "{} {}/{} ready, {} updated:",
        row.name, row.ready, row.desired, row.updated
    );
    for set in row.sets.iter().filter(|set| !set.pods.is_empty()) {
        write!(text, " {} x{}", set.name, set.pods.len()).expect("a text takes all");
    }
    text + "\n"
}

fn shown(lab: &Lab) -> String {
    let scene = lab.scene();
    let mut text = String::new();
    text.extend(scene.pull_request.iter().map(pull));
    text.extend(scene.run.iter().map(run));
    for it in &scene.releases {
        writeln!(
            text,
            "{} {} {}: {}",
            it.name, it.revision, it.status, it.description
        )
        .expect("a text takes all");
    }
    text.extend(scene.deployments.iter().map(deployment));
    text
}

fn story(case: &Value) -> String {
    let mut files = labs::built_in("order-service").expect("it is built in");
    lay(case.get("files"), &mut files);
    let mut lab = match Lab::open(&files, None) {
        Ok(lab) => lab,
        Err(problems) => return format!("{problems:#?}"),
    };
    lab.learn_fields(Table::embedded());
    let mut text = String::new();
    for step in case.get("steps").items() {
        announce(&mut text, step);
        go(&mut lab, step);
        let now = lab.now();
        let from = lab.entries().partition_point(|entry| entry.t <= now);
        if !step.get("asked").is_null() {
            text += &asked(&lab);
            continue;
        }
        if !step.get("see").is_null() {
            text += &shown(&lab);
            continue;
        }
        match act(&mut lab, step) {
            Ok(()) => text += &told(&lab, from.min(lab.entries().len())),
            Err(problems) => refused(&mut text, problems),
        }
        let mut end = lab.fork();
        end.seek(end.end());
        text += &shown(&end);
    }
    text
}

#[test]
fn cases() {
    folders::each("delivery", |name, case| {
        insta::assert_snapshot!(name, story(case), "story(&case)");
    });
}
