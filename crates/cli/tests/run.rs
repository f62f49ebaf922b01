//! The program as its users meet it: what it prints, and how it ends.

// A test of a program starts it, and writes the files that it reads.
#![allow(clippy::disallowed_methods)]

use reconcile::delivery::labs::{Files, built_in};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn rollout_lab(args: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rollout-lab"));
    program.args(args).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it prints UTF-8")
}

/// The built-in lab as a folder, with some text in one of its files replaced.
fn folder(name: &str, path: &str, from: &str, to: &str) -> String {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut files: Files = built_in("order-service").expect("it is built in");
    let file = files.get_mut(path).expect("the lab has this file");
    assert!(file.contains(from), "{path} has {from:?}");
    *file = file.replace(from, to);
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders are made");
        fs::write(path, text).expect("files are written");
    }
    root.to_str().expect("the path is UTF-8").to_owned()
}

#[test]
fn two_runs_print_the_same_bytes_and_a_folder_the_same_as_the_built_in_lab() {
    let folder = folder("same", "lab.yaml", "seed: 1", "seed: 1");
    for trace in ["text", "json"] {
        let first = rollout_lab(&["run", "--trace", trace]);
        assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
        assert_eq!(first.stdout, rollout_lab(&["run", "--trace", trace]).stdout);
        assert_eq!(
            first.stdout,
            rollout_lab(&["run", &folder, "--trace", trace]).stdout
        );
        assert_ne!(
            first.stdout,
            rollout_lab(&["run", "--seed", "2", "--trace", trace]).stdout
        );
    }
}

#[test]
fn json_is_one_entry_a_line_whose_cause_came_before() {
    let output = rollout_lab(&["run", "--trace", "json"]);
    let mut count = 0;
    for line in text(&output.stdout).lines() {
        let entry: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        let names: Vec<&String> = entry.as_object().expect("an object").keys().collect();
        assert_eq!(
            names,
            [
                "actor", "cause", "id", "message", "object", "reason", "t", "verb"
            ]
        );
        assert_eq!(entry["id"], count);
        assert!(entry["cause"].is_null() || entry["cause"].as_u64() < Some(count));
        count += 1;
    }
    assert!(count > 100, "{count} entries");
}

#[test]
fn until_stops_the_story() {
    let output = rollout_lab(&["run", "--until", "40s"]);
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    assert!(
        printed.contains("Job test starts") && !printed.contains("Job test succeeded"),
        "{printed}"
    );
}

#[test]
fn failing_tests_stop_the_delivery_and_the_exit_code_says_so() {
    let path = "changes/longer-timeout/order-service/app.yaml";
    let folder = folder("red", path, "tests: pass", "tests: fail");
    let output = rollout_lab(&["run", &folder]);
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    assert!(printed.contains("the cluster is as it was"), "{printed}");
    assert!(!printed.contains("revision 2"), "{printed}");
}

#[test]
fn a_rollout_that_never_gets_ready_fails() {
    let path = "changes/longer-timeout/order-service/app.yaml";
    let folder = folder("stuck", path, "readiness: /readyz", "readiness: /ready");
    let output = rollout_lab(&["run", &folder]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("Upgrade \"order-service\" failed: resource Deployment/shop/order-service not ready. status: InProgress, message: Updated: 1/3"),
        "{printed}"
    );
    assert!(printed.contains("has timed out progressing"), "{printed}");
}

#[test]
fn mistakes_name_file_line_and_column() {
    let cases = [
        ("cluster.yaml", "cpu: 2", "cpu: two", "cluster.yaml:4:10: "),
        ("lab.yaml", "seed: 1", "sed: 1", "lab.yaml:6:1: "),
        (
            "order-service/app.yaml",
            "version: 1.4.1",
            "version: [",
            "order-service/app.yaml:8:6: ",
        ),
        (
            "order-service/chart/templates/deployment.yaml",
            "{{ .Values.replicaCount }}",
            "{{ .Values.replicaCount | nosuch }}",
            "order-service/chart/templates/deployment.yaml:8:",
        ),
    ];
    for (at, (path, from, to, expected)) in cases.into_iter().enumerate() {
        let output = rollout_lab(&["run", &folder(&format!("wrong-{at}"), path, from, to)]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.starts_with(expected),
            "{said} does not begin with {expected}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_wrong_command_line_says_what_is_wrong() {
    let cases: [(&[&str], &str); 5] = [
        (&[], "Usage: rollout-lab run"),
        (&["play"], "there is no command \"play\""),
        (&["run", "--until", "soon"], "write a time such as 90s"),
        (&["run", "--trace", "xml"], "write text or json"),
        (
            &["run", "no-such-folder"],
            "there is no folder no-such-folder, and no lab of that name",
        ),
    ];
    for (args, expected) in cases {
        let output = rollout_lab(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            text(&output.stderr).contains(expected),
            "{}",
            text(&output.stderr)
        );
    }
}
