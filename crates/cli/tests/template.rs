//! `rollout-lab template` beside what the real `helm template` printed.
//!
//! `tests/template/runs.jsonl` holds whole runs recorded from Helm 4.3.1: files, arguments, and what
//! came of them. `tests/template/gaps.txt` names those that differ. A change either way fails.

// A test of a program starts it, and writes the files that it reads.
#![allow(clippy::disallowed_methods)]

use serde_json::{Value as Json, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn rollout_lab(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rollout-lab"))
        .arg("template")
        .args(args)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = program.stdin.take().expect("it has an input");
    let input = input.to_owned();
    // Written beside reading: neither side may wait for the other.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = program.wait_with_output().expect("the program ends");
    writer.join().expect("no panic").expect("the input is read");
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it prints UTF-8")
}

/// A folder of its own for a test, with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("template")
        .join(name);
    let _ = fs::remove_dir_all(&root);
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders are made");
        fs::write(path, content).expect("files are written");
    }
    root
}

/// Answers of `--batch`, in the order of the cases.
fn batch(cases: &[Json]) -> Vec<Json> {
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let output = rollout_lab(Path::new("."), &["--batch"], &lines);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answers = text(&output.stdout).lines();
    answers
        .map(|line| serde_json::from_str(line).expect("each answer is JSON"))
        .collect()
}

#[test]
fn recorded_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/template");
    let recorded = fs::read_to_string(root.join("runs.jsonl")).expect("the runs are there");
    let recorded: Vec<Json> = recorded
        .lines()
        .map(|line| serde_json::from_str(line).expect("each run is JSON"))
        .collect();
    let asked: Vec<Json> = recorded
        .iter()
        .map(|run| json!({"name": run["name"], "files": run["files"], "args": run["args"]}))
        .collect();
    let mut gaps = String::new();
    for (run, got) in recorded.iter().zip(batch(&asked)) {
        // Where Helm fails, what it had printed by then was not recorded.
        let parts = match run["exit"] == 0 {
            true => ["exit", "stdout", "stderr"].as_slice(),
            false => &["exit", "stderr"],
        };
        if parts.iter().any(|part| run[part] != got[part]) {
            let name = run["name"].as_str().unwrap_or_default();
            println!("{name}\n  want {run}\n  got  {got}");
            gaps.push_str(&format!("{name}\n"));
        }
    }
    let listed = root.join("gaps.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&listed, &gaps).expect("the list is written");
    }
    let known = fs::read_to_string(&listed).unwrap_or_default();
    assert_eq!(
        gaps, known,
        "run again with UPDATE=1 if more pass than before"
    );
}

const CHART: &str = "apiVersion: v2\nname: app\nversion: 0.1.0\n";
const SHOWS: &str = "r: {{ .Release.Name }} {{ .Release.Namespace }} {{ .Capabilities.KubeVersion }}\nv: {{ .Values | toJson }}\n";

/// What the last line or two of a run say: of standard output if it ends well, of the error if not.
#[test]
fn command_lines() {
    let files = json!({
        "chart/Chart.yaml": CHART,
        "chart/templates/a.yaml": SHOWS,
        "v.yaml": "a: 1\n",
        "a,b.yaml": "c: 3\n",
        "t.txt": "hey\n",
    });
    let good = |name: &str, namespace: &str, values: &str| {
        format!("---\n# Source: app/templates/a.yaml\nr: {name} {namespace} v1.37.0\nv: {values}\n")
    };
    let bad = |message: &str| format!("Error: {message}\n");
    let plain = good("rel", "default", "{}");
    let cases: Vec<(&[&str], String)> = vec![
        (&["chart"], good("release-name", "default", "{}")),
        (&["-g", "chart"], good("release-name", "default", "{}")),
        (
            &["--name-template", "{{ upper \"X\" | lower }}", "chart"],
            good("x", "default", "{}"),
        ),
        (&["rel", "chart", "-n", "demo"], good("rel", "demo", "{}")),
        (&["rel", "-ndemo", "chart"], good("rel", "demo", "{}")),
        (
            &["--namespace=demo", "rel", "--", "chart"],
            good("rel", "demo", "{}"),
        ),
        (
            &["rel", "chart", "-f", "v.yaml", "--set", "b=2"],
            good("rel", "default", r#"{"a":1,"b":2}"#),
        ),
        (
            &["rel", "chart", "-f", "\"a,b.yaml\""],
            good("rel", "default", r#"{"c":3}"#),
        ),
        (
            &["rel", "chart", "--set-file", "x=t.txt"],
            good("rel", "default", r#"{"x":"hey\n"}"#),
        ),
        (
            &["rel", "chart", "--set-literal", "x=a,b"],
            good("rel", "default", r#"{"x":"a,b"}"#),
        ),
        (
            &[
                "rel",
                "chart",
                "--timeout",
                "5m",
                "--wait",
                "--labels",
                "a=b",
            ],
            plain.clone(),
        ),
        (
            &["rel", "chart", "--output-dir", "out"],
            "wrote out/app/templates/a.yaml\n\n".to_owned(),
        ),
        (
            &["rel", "chart", "--output-dir", "out", "--release-name"],
            "wrote out/rel/app/templates/a.yaml\n\n".to_owned(),
        ),
        (
            &[],
            bad(
                "\"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]",
            ),
        ),
        (
            &["a", "chart", "c"],
            bad("expected at most two arguments, unexpected arguments: c"),
        ),
        (
            &["-g", "rel", "chart"],
            bad("cannot set --generate-name and also specify a name"),
        ),
        (&["rel", "chart", "--nope"], bad("unknown flag: --nope")),
        (
            &["rel", "chart", "-x"],
            bad("unknown shorthand flag: 'x' in -x"),
        ),
        (
            &["rel", "chart", "--set"],
            bad("flag needs an argument: --set"),
        ),
        (
            &["rel", "chart", "-n"],
            bad("flag needs an argument: 'n' in -n"),
        ),
        (
            &["rel", "chart", "--is-upgrade=x"],
            bad(
                "invalid argument \"x\" for \"--is-upgrade\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
            ),
        ),
        (
            &["rel", "chart", "--timeout", "5"],
            bad(
                "invalid argument \"5\" for \"--timeout\" flag: time: missing unit in duration \"5\"",
            ),
        ),
        (
            &["rel", "chart", "--force", "--force-conflicts"],
            "Flag --force has been deprecated, use --force-replace instead\n".to_owned()
                + &bad(
                    "if any flags in the group [force force-conflicts] are set none of the others can be; [force force-conflicts] were all set",
                ),
        ),
        (
            &["rel", "chart", "--kube-version", "x"],
            bad("invalid kube version 'x': could not parse \"x\" as version"),
        ),
        (
            &["rel", "nope"],
            bad("non-absolute URLs should be in form of repo_name/path_to_chart, got: nope"),
        ),
        (&["rel", "stable/nope"], bad("repo stable not found")),
        (&["rel", "./nope"], bad("path \"./nope\" not found")),
        (
            &["rel", "v.yaml"],
            bad("file 'v.yaml' seems to be a YAML file, but expected a gzipped archive"),
        ),
        (
            &["rel", "chart", "-f", "nope.yaml"],
            bad("open nope.yaml: no such file or directory"),
        ),
        (
            &["rel", "chart", "-f", "chart"],
            bad("read chart: is a directory"),
        ),
        (
            &["rel", "chart", "-s", "templates/b.yaml"],
            bad("could not find template templates/b.yaml in chart"),
        ),
        (
            &["rel", "chart", "--verify"],
            bad("--verify is not possible here: signatures are not checked"),
        ),
        (
            &["rel", "oci://registry.example/app"],
            bad("oci://registry.example/app is not read: nothing is downloaded by this program"),
        ),
    ];
    let asked = |(at, (args, _)): (usize, &(&[&str], String))| {
        let args: Vec<&str> = ["template"].iter().chain(*args).copied().collect();
        json!({"name": at.to_string(), "files": files, "args": args})
    };
    let asked: Vec<Json> = cases.iter().enumerate().map(asked).collect();
    for ((args, expected), got) in cases.iter().zip(batch(&asked)) {
        let is_error = expected.contains("Error: ");
        let shown = if is_error { "stderr" } else { "stdout" };
        assert_eq!(got[shown], **expected, "{args:?}: {got}");
        assert_eq!(got["exit"], i32::from(is_error), "{args:?}");
    }
}

#[test]
fn a_folder_on_disk() {
    let root = folder(
        "disk",
        &[
            ("chart/Chart.yaml", CHART),
            ("chart/templates/a.yaml", SHOWS),
            ("chart/.helmignore", "tests/\n"),
            ("chart/tests/broken.yaml", "{{"),
            ("elsewhere/shared.yaml", "linked: {{ .Release.Name }}\n"),
        ],
    );
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        "../../elsewhere/shared.yaml",
        root.join("chart/templates/b.yaml"),
    )
    .expect("a link is made");
    let output = rollout_lab(&root, &["rel", "chart", "-f", "-"], "from: stdin\n");
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(printed.contains("v: {\"from\":\"stdin\"}"), "{printed}");
    if cfg!(unix) {
        assert!(printed.contains("linked: rel"), "{printed}");
        let noticed = text(&output.stderr);
        let found = "level=INFO msg=\"found symbolic link in path. Contents of linked file included and used\" path=";
        assert!(noticed.starts_with(found), "{noticed}");
    }

    let output = rollout_lab(&root, &["rel", "chart", "--output-dir", "out"], "");
    assert_eq!(output.status.code(), Some(0));
    let written = fs::read_to_string(root.join("out/app/templates/a.yaml")).expect("it is there");
    assert!(written.starts_with("---\n# Source: app/templates/a.yaml\nr: rel"));
}

/// Files as `helm package` packs them: a tar of ustar headers, compressed.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, content) in files {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u32 = header.iter().copied().map(u32::from).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&tar).expect("memory takes all");
    gzip.finish().expect("memory takes all")
}

#[test]
fn packed_charts() {
    let db = packed(&[
        (
            "db/Chart.yaml",
            b"apiVersion: v2\nname: db\nversion: 1.2.3\n",
        ),
        ("db/templates/o.yaml", b"db: {{ .Chart.Version }}\n"),
    ]);
    let app = packed(&[
        ("app/Chart.yaml", CHART.as_bytes()),
        ("app/.helmignore", b"templates/\n"),
        ("app/templates/a.yaml", SHOWS.as_bytes()),
        ("app/charts/db-1.2.3.tgz", &db),
    ]);
    let outside = packed(&[("app/Chart.yaml", CHART.as_bytes()), ("app/../../x", b"x")]);
    let root = folder(
        "packed",
        &[
            ("broken.tgz", "\x1F\x08"),
            ("folder/chart/Chart.yaml", CHART),
        ],
    );
    for (name, bytes) in [
        ("app.tgz", &app),
        ("cut.tgz", &app[..app.len() / 2].to_vec()),
        ("outside.tgz", &outside),
        ("folder/chart/charts/db.tgz", &db),
        ("folder/chart/charts/cut.tgz", &db[..30].to_vec()),
    ] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders are made");
        fs::write(path, bytes).expect("files are written");
    }
    // What is packed is not asked what it ignores.
    let output = rollout_lab(&root, &["rel", "app.tgz"], "");
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        printed.contains("# Source: app/templates/a.yaml\nr: rel"),
        "{printed}"
    );
    assert!(
        printed.contains("# Source: app/charts/db/templates/o.yaml\ndb: 1.2.3"),
        "{printed}"
    );

    for (chart, message) in [
        ("cut.tgz", "unable to load chart archive"),
        ("outside.tgz", "unable to load chart archive"),
        (
            "folder/chart",
            "error unpacking subchart cut.tgz in app: unexpected EOF",
        ),
    ] {
        let output = rollout_lab(&root, &["rel", chart], "");
        assert_eq!(text(&output.stderr), format!("Error: {message}\n"));
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn explained_lines() {
    let root = folder(
        "explain",
        &[
            ("chart/Chart.yaml", CHART),
            (
                "chart/values.yaml",
                "enabled: true\nimage:\n  name: web\n  tag: v1\nhosts:\n- name: a\n- name: b\n",
            ),
            (
                "chart/templates/_h.tpl",
                "{{ define \"image\" -}}\n{{ .Values.image.name }}:{{ .Values.image.tag }}\n{{- end }}",
            ),
            (
                "chart/templates/a.yaml",
                "kind: A\n{{- if .Values.enabled }}\nimage: {{ include \"image\" . }}\n{{- end }}\nhosts:\n{{- range .Values.hosts }}\n- {{ .name }}\n{{- end }}\n",
            ),
            (
                "chart/charts/db/Chart.yaml",
                "apiVersion: v2\nname: db\nversion: 1.0.0\n",
            ),
            ("chart/charts/db/values.yaml", "port: 1\n"),
            (
                "chart/charts/db/templates/o.yaml",
                "kind: B\nport: {{ .Values.port }}\nglobal: {{ .Values.global.region }}\n",
            ),
            ("prod.yaml", "image: {tag: v2}\nglobal:\n  region: eu\n"),
        ],
    );
    let flags = [
        "rel",
        "chart",
        "-f",
        "prod.yaml",
        "--set",
        "hosts[0].name=c",
    ];
    let explain = |line: &str| {
        let args: Vec<&str> = flags.iter().copied().chain(["--explain", line]).collect();
        let output = rollout_lab(&root, &args, "");
        match output.status.code() {
            Some(0) => text(&output.stdout).to_owned(),
            _ => text(&output.stderr).to_owned(),
        }
    };
    let printed = rollout_lab(&root, &flags, "");
    let cases = [
        (
            "image: web:v2",
            "  made by app/templates/a.yaml:3\n  which calls app/templates/_h.tpl:2\n  from .Values.image.name  chart/values.yaml:3\n  from .Values.image.tag  prod.yaml:1\n  decided by .Values.enabled  chart/values.yaml:1\n",
        ),
        (
            "- c",
            "  made by app/templates/a.yaml:7\n  from .Values.hosts[0].name  --set hosts[0].name=c\n  decided by .Values.hosts  --set hosts[0].name=c\n",
        ),
        (
            "port: 1",
            "  made by app/charts/db/templates/o.yaml:2\n  from .Values.db.port  chart/charts/db/values.yaml:1\n",
        ),
        (
            "global: eu",
            "  made by app/charts/db/templates/o.yaml:3\n  from .Values.global.region  prod.yaml:3\n",
        ),
        ("kind: A", "  made by app/templates/a.yaml:1\n"),
    ];
    for (line, expected) in cases {
        let number = text(&printed.stdout).lines().position(|one| one == line);
        let number = number.expect("the line is printed") + 1;
        assert_eq!(
            explain(&number.to_string()),
            format!("{number}: {line}\n{expected}")
        );
    }
    for (line, message) in [
        (
            "2",
            "line 2 is of no template: # Source: app/templates/a.yaml",
        ),
        ("0", "--explain: write a line of the output, from 1 to 12"),
        ("x", "--explain: write a line of the output, from 1 to 12"),
    ] {
        assert_eq!(explain(line), format!("Error: {message}\n"));
    }
}
