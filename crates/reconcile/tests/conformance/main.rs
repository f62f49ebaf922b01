//! What the real Kubernetes does, as data, and whether the lab does the same.
//!
//! The recordings lie beside the repository, in `../shared/conformance/kubernetes`, or where
//! `ROLLOUT_LAB_CONFORMANCE` says; where there are none, the test says so and passes. It prints
//! `family: passed/total` and fails on a miss that `known_gaps.txt` does not list, and on a listed
//! gap that has closed. More recordings in the same form, of rules that those do not show, are in
//! `recorded/`.

#![cfg(not(target_family = "wasm"))]
// A test may read the files it is about.
#![allow(clippy::disallowed_methods)]

mod compare;
mod defaults;
mod hpa;
mod job;
mod kubectl;
mod kubelet;
mod limitrange;
mod patches;
mod pdb;
mod quota;
mod rbac;
mod rollouts;
mod scheduling;
mod server;
mod validation;
mod words;

use ecow::EcoString;
use kube::api::{Propagation, Verb};
use kube::fields::Table;
use kube::{Key, Value, map};
use reconcile::trace::Note;
use reconcile::{Entry, Settings, World};
use std::collections::BTreeSet;
use std::path::PathBuf;

const KNOWN_GAPS: &str = include_str!("known_gaps.txt");

/// Creates an object, as the driver of the recordings did. The error is the server's message.
fn create(world: &mut World, object: Value) -> Result<(), String> {
    let (key, note) = (Key::of(&object), Note::detail("create", "Created", ""));
    let outcome = world.request("driver", key, "", Verb::Create(object), note);
    outcome
        .map(|_| ())
        .map_err(|status| status.message.to_string())
}

/// An object that says nothing but what it is.
fn object(version: &str, kind: &str, name: &str) -> Value {
    map! { "apiVersion" => version, "kind" => kind, "metadata" => map! { "name" => name } }
}

/// A control plane whose kubelet is the driver, with one node that has room for all.
fn control_plane() -> World {
    let settings = Settings {
        kubelets: false,
        fields: Some(Table::embedded()),
        ..Settings::default()
    };
    let mut world = World::new(1, settings);
    let node = map! {
        "apiVersion" => "v1",
        "kind" => "Node",
        "metadata" => map! { "name" => "node" },
        "status" => map! {
            "allocatable" => map! { "cpu" => "1000", "memory" => "1000Gi", "pods" => "10000" },
        },
    };
    create(&mut world, node).expect("a node is accepted");
    world
}

/// The Events in what happened, as type, reason and message. The recorder unfolded what was combined.
fn events(entries: &[Entry], is_about: impl Fn(&Key) -> bool) -> Vec<[EcoString; 3]> {
    let told = entries.iter().filter(|entry| entry.verb == "event");
    let told = told.filter(|entry| entry.object.as_ref().is_some_and(&is_about));
    told.map(|entry| {
        let kind = match entry.tone {
            view::Tone::Warning => "Warning",
            _ => "Normal",
        };
        let message = entry.message.as_str();
        let message = message
            .strip_prefix("(combined from similar events): ")
            .unwrap_or(message);
        [kind.into(), entry.reason.clone(), message.into()]
    })
    .collect()
}

/// What becomes of what a deleted object owns.
fn propagation(op: &Value) -> Propagation {
    match op.get("propagation").text() {
        "Orphan" => Propagation::Orphan,
        "Foreground" => Propagation::Foreground,
        _ => Propagation::Background,
    }
}

/// The folder with the recordings, and whether somebody named it.
fn folder() -> (PathBuf, bool) {
    match std::env::var("ROLLOUT_LAB_CONFORMANCE") {
        Ok(path) => (path.into(), true),
        Err(_) => {
            let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
            (root.join("../shared/conformance/kubernetes"), false)
        }
    }
}

/// Recordings of a family that lie in the repository.
fn check_recorded(family: &str, run: fn(&Value) -> Result<(), String>) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/recorded");
    let path = folder.join(format!("{family}.json"));
    let text = std::fs::read_to_string(path).expect("the recordings are there");
    check_cases(family, &text, |_, case| run(case));
}

/// Runs every case of a family: `run` gives nothing if the case passes, else what differs.
fn check_family(family: &str, run: fn(&Value) -> Result<(), String>) {
    check_family_with(family, |_, case| run(case));
}

/// The same for cases that share something: `run` also gets the whole file.
fn check_family_with(family: &str, run: impl Fn(&Value, &Value) -> Result<(), String>) {
    let (folder, named) = folder();
    let path = folder.join(format!("{family}.json"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(!named, "no recordings at {}", path.display());
        println!(
            "{family}: skipped, for there are no recordings at {}",
            path.display()
        );
        return;
    };
    check_cases(family, &text, run);
}

fn check_cases(family: &str, text: &str, run: impl Fn(&Value, &Value) -> Result<(), String>) {
    let file: Value = serde_json::from_str(text).expect("recordings are JSON");
    let gaps: BTreeSet<&str> = KNOWN_GAPS
        .lines()
        .filter_map(|line| {
            line.split('#')
                .next()?
                .trim()
                .strip_prefix(family)?
                .strip_prefix('/')
        })
        .collect();
    let (mut passed, mut missed, mut closed) = (0, Vec::new(), Vec::new());
    let cases = file.get("cases").items();
    for case in cases {
        let name = case.get("name").text();
        match (run(&file, case), gaps.contains(name)) {
            (Ok(()), known) => {
                passed += 1;
                if known {
                    closed.push(name);
                }
            }
            (Err(_), true) => {}
            (Err(difference), false) => missed.push(format!("{family}/{name}: {difference}")),
        }
    }
    println!("{family}: {passed}/{}", cases.len());
    assert!(
        missed.is_empty(),
        "{} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
    assert!(
        closed.is_empty(),
        "no longer a gap, so take it off the list: {closed:?}"
    );
}

#[test]
fn defaults() {
    check_family("defaults", defaults::run);
}

#[test]
fn kubelet() {
    check_family("kubelet", kubelet::run);
}

#[test]
fn kubectl() {
    check_family_with("kubectl", kubectl::run);
}

#[test]
fn rollouts() {
    check_family("rollouts", rollouts::run);
}

#[test]
fn patches() {
    check_family("patches", patches::run);
}

#[test]
fn validation() {
    check_family("validation", validation::run);
}

#[test]
fn rbac() {
    check_family_with("rbac", rbac::run);
}

#[test]
fn limitrange() {
    check_family("limitrange", limitrange::run);
}

#[test]
fn quota() {
    check_family("quota", quota::run);
}

#[test]
fn pdb() {
    check_family("pdb", pdb::run);
}

#[test]
fn scheduling() {
    check_family("scheduling", scheduling::run);
}

#[test]
fn job() {
    check_family("job", job::run);
}

#[test]
fn recorded_rollouts() {
    check_recorded("rollouts", rollouts::run);
}

#[test]
fn recorded_jobs() {
    check_recorded("job", job::run);
}

#[test]
fn recorded_quotas() {
    check_recorded("quota", quota::run);
}

#[test]
fn recorded_budgets() {
    check_recorded("pdb", pdb::run);
}

#[test]
fn recorded_autoscalers() {
    check_recorded("hpa", hpa::run);
}

#[test]
fn hpa() {
    check_family("hpa", hpa::run);
}
