//! GitOps in a lab: what Argo CD and Flux do about commits, and about changes by hand.
//!
//! Each file in `gitops/` is a case: what is another in the lab of `gitops/base`, and what is done to
//! it, step by step. What follows is a snapshot: the events and turns of the story with their seconds,
//! and how the tool's object is at the end.

#![cfg(not(target_family = "wasm"))]
// The cases lie in files.
#![allow(clippy::disallowed_methods)]

mod folders;

use folders::{announce, asked, folder, key, lay, patch, refused};
use kube::Value;
use kube::api::{DeleteOptions, Verb};
use reconcile::Lab;
use reconcile::delivery::labs::Files;
use reconcile::view::{ApplicationRow, Problem, Tone};
use reconcile::view::{Intent, ObjectRef};
use std::fmt::Write;
use std::fs;

/// Does one step to a lab.
fn act(lab: &mut Lab, step: &Value) -> Result<(), Vec<Problem>> {
    if let Some(seconds) = step.get("after").as_int() {
        lab.seek(lab.now() + u64::try_from(seconds).expect("not negative") * 1000);
    } else {
        lab.seek(lab.end());
    }
    let of = |name: &str| step.get(name);
    if !of("commit").is_null() {
        let mut files = lab.files();
        lay(of("commit"), &mut files);
        lab.open_pull_request("A change", &files)?;
        return lab.merge();
    }
    if !of("propose").is_null() {
        let mut files = lab.files();
        lay(of("propose"), &mut files);
        return lab.open_pull_request("A change", &files);
    }
    if !of("patch").is_null() {
        return patch(lab, of("patch"));
    }
    if !of("delete").is_null() {
        return lab.write(
            key(of("delete")),
            "",
            Verb::Delete(DeleteOptions::default()),
        );
    }
    let application = ObjectRef {
        kind: "Application".into(),
        namespace: "argocd".into(),
        name: "web".into(),
    };
    if let Some(is_pruning) = of("sync").as_bool() {
        return lab.intend(Intent::Sync {
            application,
            is_pruning,
        });
    }
    if let Some(id) = of("rollback").as_int() {
        return lab.intend(Intent::Rollback { application, id });
    }
    assert!(!of("refresh").is_null(), "{step:?} is no step");
    lab.intend(Intent::Refresh(application))
}

/// A text in which long ids of commits are cut as people cut them.
fn without_commits(text: &str) -> String {
    let is_id = |word: &str| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let cut = words.map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        match is_id(bare) {
            true => format!("{}{}", &bare[..7], &word[40..]),
            false => word.to_owned(),
        }
    });
    cut.collect()
}

fn told(lab: &Lab, from: usize) -> String {
    let mut text = String::new();
    for entry in &lab.entries()[from..] {
        let about = entry.object.as_ref().map_or("", |key| key.kind.as_str());
        let is_tool = matches!(
            about,
            "Application" | "ApplicationSet" | "GitRepository" | "HelmRelease" | "Kustomization"
        );
        let is_event = is_tool && entry.verb == "event";
        let acts = entry.actor.starts_with("argocd")
            || entry.actor.ends_with("-controller") && is_tool
            || entry.actor == "helm"
            || entry.actor == "you"
            || entry.actor == "webhook"
            || entry.actor == "git";
        if is_event || acts && entry.tone != Tone::Detail {
            let seconds = entry.t / 1000;
            let reason = &entry.reason;
            let message = without_commits(&entry.message);
            writeln!(text, "{seconds:>5}s {reason}: {message}").expect("a text takes all");
        }
    }
    text
}

fn row(row: &ApplicationRow) -> String {
    let ApplicationRow {
        kind,
        name,
        sync,
        health,
        operation,
        message,
        ..
    } = row;
    let mut text = format!("{kind}/{name}: {sync}, {health}; {operation}: {message}\n");
    for condition in &row.conditions {
        writeln!(text, "  ! {condition}").expect("a text takes all");
    }
    for it in &row.resources {
        let (object, sync, health, message) = (&it.object, &it.sync, &it.health, &it.message);
        writeln!(text, "  {object}: {sync} {health} {message}").expect("a text takes all");
        for change in &it.differences {
            writeln!(
                text,
                "    {}: {} -> {}",
                change.path, change.old, change.new
            )
            .expect("a text takes all");
        }
    }
    text
}

/// The plan of the pull request that is open.
fn foreseen(lab: &Lab) -> String {
    let mut text = String::new();
    let row = lab.scene().pull_request.expect("it was opened");
    for it in row.plan {
        let (effect, pods) = (it.effect.as_str(), it.pods);
        let source = if it.source.is_empty() { "" } else { " at " };
        let place = format!("{}{source}{}", it.object, it.source);
        writeln!(text, "  {effect} {pods} {place}: {}", it.sentence).expect("a text takes all");
        for path in it.paths {
            let (change, effect) = (path.change, path.effect.as_str());
            writeln!(
                text,
                "    {effect} {}: {} -> {} ({})",
                change.path, change.old, change.new, path.source
            )
            .expect("a text takes all");
        }
    }
    for check in row.checks {
        writeln!(text, "  check {} at {}", check.name, check.source).expect("a text takes all");
    }
    for problem in row.problems {
        writeln!(text, "  wrong: {}: {}", problem.path, problem.message).expect("a text takes all");
    }
    text
}

fn opened(case: &Value) -> Result<Lab, Vec<Problem>> {
    let mut files = Files::new();
    folders::read(&folder("gitops/base"), "", &mut files);
    lay(case.get("files"), &mut files);
    Lab::open(&files, None)
}

fn story(case: &Value) -> String {
    let mut lab = match opened(case) {
        Ok(lab) => lab,
        Err(problems) => return format!("{problems:#?}"),
    };
    let mut text = told(&lab, 0);
    let rows = |lab: &mut Lab| {
        lab.seek(lab.end());
        lab.scene().applications.iter().map(row).collect::<String>()
    };
    text += &rows(&mut lab);
    for step in case.get("steps").items() {
        announce(&mut text, step);
        lab.seek(lab.end());
        if !step.get("asked").is_null() {
            // So many seconds after the newest merge, or at the end.
            if let Some(seconds) = step.get("asked").as_int() {
                let mut entries = lab.entries().iter();
                let merge = entries.rfind(|it| it.reason == "Merged");
                let seconds = u64::try_from(seconds).expect("not negative");
                lab.seek(merge.expect("there is one").t + seconds * 1000);
            }
            text += &asked(&lab);
            continue;
        }
        let from = lab.entries().len();
        match act(&mut lab, step) {
            Ok(()) if !step.get("propose").is_null() => {
                text += &foreseen(&lab);
                continue;
            }
            Ok(()) => text += &told(&lab, from),
            Err(problems) => refused(&mut text, problems),
        }
        text += &rows(&mut lab);
    }
    text
}

/// Whoever asks why a pod is replaced comes, entry by entry, to the merge that asked for it, though the
/// tool found the commit by itself.
#[test]
fn what_git_brings_about_is_led_to_by_its_merge() {
    for (name, done) in [
        ("sync", "Applied"),
        ("flux-kustomization", "Applied"),
        ("flux-helm", "Applied"),
    ] {
        let text = fs::read_to_string(folder("gitops").join(format!("{name}.yaml")));
        let case = yaml::decode(&text.expect("it is text")).expect("it is YAML");
        let mut lab = opened(&case).expect("it opens");
        let change = match name {
            "flux-kustomization" => "{config/plain/a.yaml: {', y: \"1\"': ''}}",
            _ => {
                "{config/chart/values.yaml: {info: debug}, config/chart/Chart.yaml: {0.1.0: 0.2.0}}"
            }
        };
        let change = yaml::decode(change).expect("it is YAML");
        lab.seek(lab.end());
        let from = lab.entries().len();
        let mut files = lab.files();
        lay(&change, &mut files);
        lab.open_pull_request("A change", &files).expect("it opens");
        lab.merge().expect("it can be merged");
        let entries = lab.entries();
        let mut at = entries[from..].iter().find(|entry| entry.reason == done);
        let mut reasons = Vec::new();
        while let Some(entry) = at {
            reasons.push(entry.reason.to_string());
            at = entry.cause.map(|cause| &entries[cause as usize]);
        }
        assert!(
            reasons.contains(&"Merged".to_owned()),
            "{name}: {reasons:?}"
        );
    }
}

#[test]
fn cases() {
    folders::each("gitops", |name, case| {
        insta::assert_snapshot!(name, story(case), "story(&case)");
    });
}
