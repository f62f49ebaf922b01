//! What the real Helm does, as data (`../shared/conformance/helm` beside the repository). Where the
//! data is missing, nothing is tested.
//!
//! `tests/conformance/functions.jsonl` has further cases in the same form, with the answers of Helm
//! 4.3.1; `names.txt` has the names of all functions that it knows.
//!
//! `tests/conformance/gaps.txt` lists the groups with wrong cases and how many cases of each pass.
//! Fewer fail the test; so do more, until the list says so.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use helm::{Chart, KubeVersion, ReleaseOptions, SetKind, Values};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/helm");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is missing", folder.display());
    None
}

fn text<'j>(case: &'j Json, name: &str) -> &'j str {
    case[name].as_str().unwrap_or_default()
}

fn options() -> ReleaseOptions {
    ReleaseOptions {
        name: "rel".to_owned(),
        namespace: "demo".to_owned(),
        kube_version: KubeVersion::parse("1.36.2").unwrap(),
        // Noon of the day on which the cases were recorded.
        now_ms: 1795348800000,
        ..ReleaseOptions::default()
    }
}

/// The text that the template renders to, or Helm's error.
fn template(case: &Json) -> Result<String, String> {
    let mut files = BTreeMap::from([(
        "Chart.yaml".to_owned(),
        "apiVersion: v2\nname: t\nversion: 0.1.0\n".to_owned(),
    )]);
    for (path, content) in case["files"].as_object().into_iter().flatten() {
        files.insert(
            path.clone(),
            content.as_str().unwrap_or_default().to_owned(),
        );
    }
    files.insert("templates/t".to_owned(), text(case, "template").to_owned());
    let is_upgrade = case["upgrade"].as_bool().unwrap_or(false);
    let options = ReleaseOptions {
        is_upgrade,
        ..options()
    };
    let run = || {
        let values = Values::parse(text(case, "values"))?;
        let chart = Chart::load(&files)?;
        helm::render_templates(&chart, &values, &options)
    };
    let files = run().map_err(|error| error.message)?;
    Ok(files
        .get("t/templates/t")
        .map(|file| file.text.clone())
        .unwrap_or_default())
}

/// `.Values` as JSON after the flags, or Helm's error.
fn set(case: &Json) -> Result<Json, String> {
    let values = Values::parse(text(case, "values")).map_err(|error| error.message)?;
    let kinds = [
        ("json", SetKind::Json),
        ("set", SetKind::Set),
        ("string", SetKind::String),
        ("literal", SetKind::Literal),
    ];
    for (name, kind) in kinds {
        for flag in case["set"].as_array().into_iter().flatten() {
            if flag[0] == name {
                let flag = flag[1].as_str().unwrap_or_default();
                values.set(flag, kind).map_err(|error| error.message)?;
            }
        }
    }
    let chart = BTreeMap::from([
        (
            "Chart.yaml".to_owned(),
            "apiVersion: v2\nname: t\nversion: 0.1.0\n",
        ),
        ("templates/t".to_owned(), "{{ .Values | toJson }}"),
    ]);
    let chart = Chart::load(&chart).map_err(|error| error.message)?;
    let files =
        helm::render_templates(&chart, &values, &options()).map_err(|error| error.message)?;
    // What recorded the cases took -0 for the whole number.
    let text = files["t/templates/t"].text.replace(":-0}", ":0}");
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn is_right(case: &Json, got: &Result<Json, String>) -> bool {
    match (got, &case["output"], &case["error"]) {
        (Ok(got), wanted, Json::Null) => got == wanted,
        (Err(got), _, Json::String(wanted)) => got == wanted,
        _ => false,
    }
}

/// Passed and all cases of each group. `SHOW=group` prints what is wrong in it.
fn run(file: &Path, answer: fn(&Json) -> Result<Json, String>) -> BTreeMap<String, (usize, usize)> {
    let show = std::env::var_os("SHOW").map(|show| show.to_string_lossy().into_owned());
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let name = text(&case, "name");
        let group = name.split('/').next().unwrap_or_default();
        let got = answer(&case);
        let right = is_right(&case, &got);
        let counts = groups.entry(group.to_owned()).or_default();
        counts.0 += usize::from(right);
        counts.1 += 1;
        let shown = show.as_deref().is_some_and(|show| name.starts_with(show));
        if shown && !right {
            let wanted = if case["error"].is_null() {
                &case["output"]
            } else {
                &case["error"]
            };
            println!(
                "{name}: {} {}\n  want {wanted}\n  got  {got:?}",
                case["template"], case["set"]
            );
        }
    }
    groups
}

#[test]
fn cases_pass_as_listed() {
    let Some(folder) = data() else {
        return;
    };
    let mut groups = run(&folder.join("templates.jsonl"), |case| {
        template(case).map(Json::String)
    });
    groups.extend(run(&folder.join("set.jsonl"), set));
    let passed: usize = groups.values().map(|(passed, _)| passed).sum();
    let all: usize = groups.values().map(|(_, all)| all).sum();
    let gaps: String = groups
        .iter()
        .filter(|(_, (passed, all))| passed < all)
        .map(|(group, (passed, all))| format!("{group} {passed}/{all}\n"))
        .collect();
    println!("{gaps}passed {passed} of {all}");
    let listed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/gaps.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&listed, &gaps).unwrap();
    }
    let known = fs::read_to_string(&listed).unwrap_or_default();
    assert_eq!(
        gaps, known,
        "run again with UPDATE=1 if more pass than before"
    );
}

fn own(file: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    folder.join(file)
}

#[test]
fn functions_answer_as_helm_does() {
    let groups = run(&own("functions.jsonl"), |case| {
        template(case).map(Json::String)
    });
    for (group, (passed, all)) in groups {
        assert_eq!(passed, all, "{group}: SHOW={group} prints what is wrong");
    }
}

#[test]
fn every_function_is_known() {
    let names = fs::read_to_string(own("names.txt")).unwrap();
    for name in names.lines() {
        let text = format!("{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}");
        let case = serde_json::json!({ "template": text });
        assert_eq!(template(&case), Ok(String::new()), "{name}");
    }
}
