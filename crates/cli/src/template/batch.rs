//! `rollout-lab template --batch`: cases as JSON, one a line, answered one a line. The formats are
//! those of recorded conformance cases: a template of its own, `--set` flags, or a whole run.

use super::files::Memory;
use super::{Settings, flags};
use helm::{Chart, KubeVersion, ReleaseOptions, SetKind, Values};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufWriter, Write};
use std::process::ExitCode;

const CHART_FILE: &str = "apiVersion: v2\nname: t\nversion: 0.1.0\n";
/// Noon of the day on which the cases were recorded, in milliseconds since 1970.
const NOW_MS: i64 = 1_795_348_800_000;

/// Answers every line.
pub fn run(input: impl BufRead, output: impl Write) -> io::Result<ExitCode> {
    let mut output = BufWriter::new(output);
    for line in input.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str(&line) {
            Ok(case) => answer(&case),
            Err(error) => json!({"error": format!("this line is no JSON: {error}")}).to_string(),
        };
        writeln!(output, "{answer}")?;
    }
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn answer(case: &Json) -> String {
    let name = &case["name"];
    if case["args"].is_array() {
        return whole_run(case).to_string();
    }
    let result = match case["set"].is_array() {
        true => set(case),
        false => template(case).map(|text| Json::String(text).to_string()),
    };
    match result {
        Ok(output) => format!("{{\"name\":{name},\"output\":{output}}}"),
        Err(error) => json!({"name": name, "error": error}).to_string(),
    }
}

fn text<'j>(case: &'j Json, name: &str) -> &'j str {
    case[name].as_str().unwrap_or_default()
}

/// The files of a case, by path.
fn files(case: &Json) -> BTreeMap<String, String> {
    let files = case["files"].as_object().into_iter().flatten();
    files
        .map(|(path, content)| {
            (
                path.clone(),
                content.as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

/// `{files, args}`: what the command would print in a folder with these files.
fn whole_run(case: &Json) -> Json {
    let files = files(case)
        .into_iter()
        .map(|(path, content)| (path, content.into_bytes()));
    let files = Memory::new(files.collect());
    let args = case["args"].as_array().into_iter().flatten();
    let mut args: Vec<String> = args
        .map(|arg| arg.as_str().unwrap_or_default().to_owned())
        .collect();
    // The name of the command may have flags before it.
    if let Some(command) = args.iter().position(|arg| arg == "template") {
        args.remove(command);
    }
    let outcome = super::run(&flags::parse(&args), &files, &Settings::default());
    json!({
        "name": case["name"],
        "exit": outcome.exit,
        "stdout": outcome.stdout,
        "stderr": outcome.stderr,
    })
}

fn options(case: &Json) -> Result<ReleaseOptions, helm::Error> {
    Ok(ReleaseOptions {
        name: "rel".to_owned(),
        namespace: "demo".to_owned(),
        kube_version: KubeVersion::parse("1.36.2")?,
        is_upgrade: case["upgrade"].as_bool().unwrap_or(false),
        now_ms: NOW_MS,
        ..ReleaseOptions::default()
    })
}

/// `{template, values, files, upgrade}`: the text that the template renders to.
fn template(case: &Json) -> Result<String, String> {
    let mut chart = BTreeMap::from([("Chart.yaml".to_owned(), CHART_FILE.to_owned())]);
    chart.extend(files(case));
    chart.insert("templates/t".to_owned(), text(case, "template").to_owned());
    let render = || {
        let values = Values::parse(text(case, "values"))?;
        helm::render_templates(&Chart::load(&chart)?, &values, &options(case)?)
    };
    let mut files = render().map_err(|error| error.message)?;
    let file = files.remove("t/templates/t").unwrap_or_default();
    Ok(file.text)
}

/// `{set: [[kind, text]], values}`: `.Values` after the flags, as Helm writes it in JSON: a parser
/// might read its numbers (`-0`) as something else.
fn set(case: &Json) -> Result<String, String> {
    const KINDS: [(&str, SetKind); 4] = [
        ("json", SetKind::Json),
        ("set", SetKind::Set),
        ("string", SetKind::String),
        ("literal", SetKind::Literal),
    ];
    let chart = BTreeMap::from([
        ("Chart.yaml".to_owned(), CHART_FILE),
        ("templates/t".to_owned(), "{{ .Values | toJson }}"),
    ]);
    let render = || {
        let values = Values::parse(text(case, "values"))?;
        for (name, kind) in KINDS {
            for flag in case["set"].as_array().into_iter().flatten() {
                if flag[0] == name {
                    values.set(flag[1].as_str().unwrap_or_default(), kind)?;
                }
            }
        }
        helm::render_templates(&Chart::load(&chart)?, &values, &options(case)?)
    };
    let mut files = render().map_err(|error: helm::Error| error.message)?;
    let file = files.remove("t/templates/t").unwrap_or_default();
    Ok(file.text)
}
