//! The commands `plan` and `lint`, on folders and on a git repository.

// A test of a program starts it, and writes the files that it reads.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const VALUES: &str = "replicas: 3\nimage:\n  tag: v1\nmemory: 64Mi\n";
const TEMPLATE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:{{ .Values.image.tag }}
          resources:
            limits:
              memory: {{ .Values.memory }}
";

/// A folder of a test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run left.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn write_chart(folder: &Path, values: &str) {
    fs::create_dir_all(folder.join("templates")).unwrap();
    fs::write(
        folder.join("Chart.yaml"),
        "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    )
    .unwrap();
    fs::write(folder.join("values.yaml"), values).unwrap();
    fs::write(folder.join("templates/web.yaml"), TEMPLATE).unwrap();
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollout-lab"));
    command.current_dir(folder).args(args).output().unwrap()
}

/// Exit code, standard output, standard error.
/// A command line, its exit code, and a text that it says.
type Case<'a> = (&'a [&'a str], i32, &'a str);

fn check(folder: &Path, (args, code, expected): Case<'_>) {
    let (exit, out, err) = told(folder, args);
    assert_eq!(exit, code, "{args:?}\n{out}{err}");
    assert!(
        format!("{out}{err}").contains(expected),
        "{args:?}\n{out}{err}"
    );
}

fn told(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = run(folder, args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap_or(-1),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Each way to print, to the letter.
#[test]
fn a_plan_is_printed_in_three_ways() {
    let folder = folder("plan-forms");
    write_chart(&folder.join("old"), VALUES);
    write_chart(
        &folder.join("new"),
        &VALUES.replace("v1", "v2").replace(": 3", ": 4"),
    );
    let reason = "Replaces all 4 pods, because the image changes in `.spec.template`, and scales from 3 to 4.";
    let scales = "Scales from 3 to 4: adds 1 pod. That alone replaces no pod, for it is no part of `.spec.template`.";
    let (code, json, _) = told(&folder, &["plan", "old", "new", "--json", "-n", "shop"]);
    assert_eq!(code, 3);
    let expected = serde_json::json!({
        "changes": [
            {
                "object": "Deployment/shop/web",
                "path": "spec.replicas",
                "effect": "scales",
                "pods": 1,
                "reason": scales,
                "source": "new/values.yaml:1",
            },
            {
                "object": "Deployment/shop/web",
                "path": "spec.template.spec.containers[0].image",
                "effect": "rolls",
                "pods": 4,
                "reason": reason,
                "source": "new/values.yaml:3",
            },
        ],
        "rolls": ["Deployment/shop/web"],
    });
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&json).unwrap(),
        expected
    );

    let (code, text, _) = told(&folder, &["plan", "old", "new"]);
    assert_eq!(code, 3);
    assert_eq!(
        text,
        format!(
            "↻ rolls Deployment/default/web  (new/templates/web.yaml:1)\n  {reason}\n    spec.replicas  scales  (new/values.yaml:1)\n      - 3\n      + 4\n    spec.template.spec.containers[0].image  (new/values.yaml:3)\n      - \"registry.example/web:v1\"\n      + \"registry.example/web:v2\"\n\n1 rolls (4 pods)\n"
        )
    );

    let (code, markdown, _) = told(&folder, &["plan", "old", "new", "--markdown"]);
    assert_eq!(code, 3);
    assert!(
        markdown.starts_with("### 🔄 4 pods roll: `web`\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains("@@ spec.replicas (scales) @@  # new/values.yaml:1\n- 3\n+ 4\n"),
        "{markdown}"
    );
}

#[test]
fn what_a_command_line_comes_to() {
    let folder = folder("plan-lines");
    write_chart(&folder.join("old"), VALUES);
    write_chart(&folder.join("same"), &format!("# The same.\n{VALUES}"));
    write_chart(&folder.join("more"), &VALUES.replace(": 3", ": 5"));
    write_chart(&folder.join("wrong"), &VALUES.replace(": 3", ": -3"));
    write_chart(&folder.join("broken"), VALUES);
    fs::write(folder.join("broken/templates/web.yaml"), "{{ .Values.").unwrap();
    fs::write(folder.join("same/app.values.yaml"), "image: {tag: v1}\n").unwrap();
    fs::write(folder.join("old/app.values.yaml"), "image: {tag: v1}\n").unwrap();
    fs::write(folder.join("more/app.values.yaml"), "image: {tag: v7}\n").unwrap();
    let cases: [Case<'_>; 16] = [
        (&["plan", "old", "old"], 0, "no file differs"),
        (
            &["plan", "old", "same"],
            0,
            "only comments or formatting differ",
        ),
        (&["plan", "old", "more"], 0, "Scales from 3 to 5"),
        (
            &["plan", "old", "more", "-f", "app.values.yaml"],
            3,
            "web:v7",
        ),
        (
            &["plan", "old", "more", "--set", "replicas=2,image.tag=x"],
            0,
            "render",
        ),
        (
            &["plan", "old", "wrong"],
            0,
            "must be greater than or equal to 0",
        ),
        (&["plan", "old", "broken"], 1, "broken: "),
        (&["plan", "old", "nowhere"], 1, "path \"nowhere\" not found"),
        (&["plan", "old"], 2, "takes two charts"),
        (&["plan", "old", "more", "--colour"], 2, "--colour"),
        (&["plan", "--help"], 0, "Usage: rollout-lab plan"),
        (
            &["lint", "old"],
            1,
            "old/templates/web.yaml:12: warning: Deployment/default/web: container \"web\" has no readiness probe [no-readiness-probe]",
        ),
        (
            &["lint", "old", "--only", "latest-tag"],
            0,
            "nothing was found",
        ),
        (
            &[
                "lint",
                "old",
                "--only",
                "latest-tag",
                "--set",
                "image.tag=latest",
            ],
            1,
            "--set image.tag=latest: warning",
        ),
        (
            &["lint", "old", "--disable", "nonsense"],
            2,
            "there is no check \"nonsense\"",
        ),
        (&["lint", "--list"], 0, "latest-tag (warning)"),
    ];
    for case in cases {
        check(&folder, case);
    }
}

#[test]
fn revisions_of_a_repository_are_compared() {
    let folder = folder("plan-git");
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let mut command = Command::new("git");
        let output = command
            .current_dir(&folder)
            .args(identity)
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
    write_chart(&folder.join("deploy/chart"), VALUES);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "chart"]);
    write_chart(&folder.join("deploy/chart"), &VALUES.replace("v1", "v2"));
    fs::write(folder.join("prod.yaml"), "replicas: 9\n").unwrap();
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "image"]);
    // What lies there now is no revision.
    write_chart(&folder.join("deploy/chart"), &VALUES.replace("v1", "v3"));
    fs::remove_file(folder.join("prod.yaml")).unwrap();

    let cases: [Case<'_>; 7] = [
        (
            &["plan", "HEAD~1:deploy/chart", "HEAD:deploy/chart"],
            3,
            "(deploy/chart/values.yaml:3)",
        ),
        (
            &[
                "plan",
                "--repo",
                ".",
                "HEAD~1",
                "HEAD",
                "--chart",
                "deploy/chart",
            ],
            3,
            "Replaces all 3 pods",
        ),
        (&["plan", "HEAD:deploy/chart", "deploy/chart"], 3, "web:v3"),
        (
            &[
                "plan",
                "HEAD~2",
                "HEAD",
                "--chart",
                "deploy/chart",
                "-f",
                "prod.yaml",
            ],
            0,
            "with 9 pods",
        ),
        (
            &["plan", "HEAD", "HEAD", "--chart", "nowhere"],
            1,
            "neither side has a chart",
        ),
        (
            &["plan", "never", "HEAD", "--chart", "deploy/chart"],
            1,
            "\"never\" is no revision",
        ),
        (
            &[
                "lint",
                "HEAD:deploy/chart",
                "--only",
                "unset-cpu-requirements",
            ],
            1,
            "[unset-cpu-requirements]",
        ),
    ];
    for case in cases {
        check(&folder, case);
    }
}
