//! What a plan claims is what then happens: every case, and random edits of a chart, are planned,
//! carried out in a running cluster, and compared.
//!
//! A case is a folder with `old.yaml`, `new.yaml` and `expected.json`; `UPDATE_EXPECTED=1` writes the
//! last.

#![cfg(not(target_family = "wasm"))]
// Tests may do what the core may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod chart;
mod cluster;

use cluster::{claims, objects};
use kube::Value;
use reconcile::delivery::git::Tree;
use reconcile::delivery::plan::trial::Cluster;
use reconcile::delivery::plan::{Change, Sources, Tool, plan};
use reconcile::view::PlanRow;
use std::fs;
use std::path::Path;

/// The plan from one state to another, in a cluster.
fn plan_in(cluster: &Cluster, old: &[Value], new: &[Value]) -> Vec<PlanRow> {
    let files = Tree::new();
    plan(&Change {
        cluster,
        old_files: &files,
        new_files: &files,
        old,
        old_hooks: &[],
        new,
        new_hooks: &[],
        sources: &Sources::default(),
        tool: Tool::Helm,
    })
}

/// The plan as `rollout-lab plan --json` prints it.
fn json(rows: &[PlanRow]) -> serde_json::Value {
    let changes = rows.iter().flat_map(|row| {
        let whole = [("".into(), row.effect, row.pods, row.sentence.clone())];
        let paths = row.paths.iter();
        let paths = paths.map(|it| (it.change.path.clone(), it.effect, it.pods, it.reason.clone()));
        let told: Vec<_> = match row.paths.is_empty() {
            true => whole.into_iter().collect(),
            false => paths.collect(),
        };
        told.into_iter().map(|(path, effect, pods, reason)| {
            serde_json::json!({
                "object": row.object, "path": path, "effect": effect, "pods": pods, "reason": reason,
            })
        })
    });
    serde_json::Value::Array(changes.collect())
}

#[test]
fn what_is_planned_happens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/cases");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    names.sort();
    let mut wrong = Vec::new();
    for name in &names {
        let folder = folder.join(name);
        let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
        let (old, new) = (objects(&read("old.yaml")), objects(&read("new.yaml")));
        let rows = plan_in(&Cluster::with(&old), &old, &new);
        let text = serde_json::to_string_pretty(&json(&rows)).unwrap() + "\n";
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(folder.join("expected.json"), &text).unwrap();
        } else if read("expected.json") != text {
            wrong.push(format!("{name:?} is planned as\n{text}"));
        }
        if let Err(why) = claims(&old, &new, &rows) {
            wrong.push(format!("{name:?}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
