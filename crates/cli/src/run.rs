//! `rollout-lab run`: plays a lab, and prints its story.

use crate::{Fault, files, usage};
use reconcile::delivery::labs::{self, Files};
use reconcile::view::protocol::Sample;
use reconcile::view::{DeploymentRow, Problem, Tone};
use reconcile::{Entry, Lab, Millis};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const BUILT_IN: &str = "order-service";

/// What the command line asks for.
pub struct Options {
    lab: Option<PathBuf>,
    merge: Option<String>,
    seed: Option<u64>,
    until: Option<Millis>,
    kubectl: Vec<(Option<Millis>, String)>,
    json: bool,
    details: bool,
}

impl Options {
    /// Reads what follows `run`.
    pub fn read(parser: &mut lexopt::Parser) -> Result<Options, Fault> {
        use lexopt::prelude::*;
        let mut options = Options {
            lab: None,
            merge: None,
            seed: None,
            until: None,
            kubectl: Vec::new(),
            json: false,
            details: false,
        };
        while let Some(arg) = parser.next().map_err(usage)? {
            match arg {
                Long("seed") => {
                    let value = parser.value().map_err(usage)?;
                    options.seed = Some(value.parse().map_err(usage)?);
                }
                Long("until") => {
                    let value = parser.value().map_err(usage)?;
                    options.until = Some(value.parse_with(duration).map_err(usage)?);
                }
                Long("trace") => {
                    let value = parser.value().map_err(usage)?;
                    options.json = value.parse_with(is_json).map_err(usage)?;
                }
                Long("merge") => {
                    let value = parser.value().map_err(usage)?;
                    options.merge = Some(value.parse().map_err(usage)?);
                }
                Long("kubectl") => {
                    let value: String = parser.value().map_err(usage)?.parse().map_err(usage)?;
                    options.kubectl.push(timed(&value));
                }
                Long("details") => options.details = true,
                Value(lab) if options.lab.is_none() => options.lab = Some(lab.into()),
                other => return Err(usage(other.unexpected())),
            }
        }
        Ok(options)
    }
}

fn is_json(text: &str) -> Result<bool, &'static str> {
    match text {
        "json" => Ok(true),
        "text" => Ok(false),
        _ => Err("write text or json"),
    }
}

/// `90s`, `2m30s`, `1h`, `500ms`.
fn duration(text: &str) -> Result<Millis, &'static str> {
    reconcile::delivery::reader::parse_duration(text).ok_or("write a time such as 90s, 2m30s or 1h")
}

/// A line of `kubectl`, possibly with the moment at which it is typed before it: `2m: get pods`.
fn timed(text: &str) -> (Option<Millis>, String) {
    let moment = text
        .split_once(':')
        .and_then(|(time, line)| Some((duration(time.trim()).ok()?, line)));
    match moment {
        Some((t, line)) => (Some(t), line.trim().to_owned()),
        None => (None, text.trim().to_owned()),
    }
}

/// Types lines of `kubectl`, each at its moment, or when the lab has come to rest after what was done
/// before. Returns what each prints, with the newest entry of the story before it.
fn type_lines(lab: &mut Lab, lines: Vec<(Option<Millis>, String)>) -> Vec<(Option<u32>, String)> {
    let mut told = Vec::new();
    for (t, line) in lines {
        lab.seek(t.unwrap_or(lab.end()));
        let newest = lab.scene().newest;
        let line = format!("kubectl {}", line.trim_start_matches("kubectl "));
        let (printed, _) = lab.command(&line);
        let (out, err) = (&printed.stdout, &printed.stderr);
        told.push((newest, format!("$ {line}\n{out}{err}")));
    }
    told
}

/// Plays a lab, and prints its story.
pub fn run(options: Options) -> Result<ExitCode, Fault> {
    let files = lab_files(options.lab.as_deref().unwrap_or(Path::new(BUILT_IN)))?;
    let mut lab = Lab::open(&files, options.seed).map_err(problems)?;
    lab.learn_fields(kube::fields::Table::embedded());
    propose(&mut lab, options.merge.as_deref())?;
    let typed = type_lines(&mut lab, options.kubectl);
    let mut typed = typed.into_iter().filter(|_| !options.json).peekable();
    let until = options.until.unwrap_or(lab.end()).min(lab.end());
    let stopped = until < lab.end();
    lab.seek(until);

    let mut out = BufWriter::new(io::stdout().lock());
    for entry in lab.entries().iter().take_while(|entry| entry.t <= until) {
        while let Some((_, text)) = typed.next_if(|(after, _)| after.is_none_or(|id| id < entry.id))
        {
            write!(out, "{text}").map_err(|_| Fault::Closed)?;
        }
        let line = match options.json {
            true => serde_json::to_string(entry).unwrap_or_default(),
            false if options.details || entry.tone != Tone::Detail => text(entry),
            false => continue,
        };
        writeln!(out, "{line}").map_err(|_| Fault::Closed)?;
    }
    for (_, text) in typed.filter(|_| !stopped) {
        write!(out, "{text}").map_err(|_| Fault::Closed)?;
    }
    if !options.json && !stopped {
        write!(out, "{}", replaced(&lab)).map_err(|_| Fault::Closed)?;
    }
    out.flush().map_err(|_| Fault::Closed)?;
    let failed = !stopped && lab.outcome() == Some(false);
    Ok(ExitCode::from(u8::from(failed)))
}

/// Which Deployments have new pods since the merge, and which kept theirs, where there are several.
fn replaced(lab: &Lab) -> String {
    let merged = lab.entries().iter().rfind(|entry| entry.reason == "Merged");
    let deployments = lab.scene().deployments;
    let (Some(merged), true) = (merged, deployments.len() > 1) else {
        return String::new();
    };
    let told = |rolled: bool| -> Vec<String> {
        let pods = |row: &DeploymentRow| {
            let pods = row.sets.iter().flat_map(|set| &set.pods);
            pods.filter(|pod| (pod.created >= merged.t) == rolled)
                .count()
        };
        let is_rolled = |row: &&DeploymentRow| {
            let mut pods = row.sets.iter().flat_map(|set| &set.pods);
            pods.any(|pod| pod.created >= merged.t) == rolled
        };
        let rows = deployments.iter().filter(is_rolled);
        rows.map(|row| format!("{} ({})", row.name, pods(row)))
            .collect()
    };
    let list = |names: Vec<String>| match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    let (new, old) = (list(told(true)), list(told(false)));
    format!("\nNew pods since the merge: {new}\nKept their pods: {old}\n")
}

/// The files of a lab: a folder, or one that is built in.
fn lab_files(lab: &Path) -> Result<Files, Fault> {
    let built_in = lab.to_str().and_then(labs::built_in);
    match built_in {
        Some(files) if !lab.is_dir() => Ok(files),
        None if !lab.exists() => {
            let (lab, names) = (lab.display(), labs::NAMES.join(", "));
            Err(Fault::Usage(format!(
                "error: there is no folder {lab}, and no lab of that name: built in are {names}"
            )))
        }
        _ => files::read(lab),
    }
}

/// Opens and merges a pull request that the lab brings: the first, or the first of a repository.
fn propose(lab: &mut Lab, repository: Option<&str>) -> Result<(), Fault> {
    let of = |sample: &Sample| -> Vec<String> {
        let first = |path: &String| path.split('/').next().unwrap_or_default().to_owned();
        sample.files.keys().map(first).collect()
    };
    let is_meant =
        |sample: &&Sample| repository.is_none_or(|name| of(sample).iter().any(|own| own == name));
    let Some(sample) = lab.samples().iter().find(is_meant).cloned() else {
        let Some(name) = repository else {
            return Ok(());
        };
        let mut known: Vec<String> = lab.samples().iter().flat_map(of).collect();
        known.dedup();
        let known = known.join(", ");
        return Err(Fault::Usage(format!(
            "error: the lab brings no pull request for {name}, but some for: {known}"
        )));
    };
    let mut draft: Files = lab.files();
    draft.extend(sample.files);
    lab.open_pull_request(&sample.title, &draft)
        .map_err(problems)?;
    lab.merge().map_err(problems)
}

/// `  1:21.640  deployment-controller  …`
fn text(entry: &Entry) -> String {
    let (minutes, seconds, millis) = (entry.t / 60_000, entry.t / 1000 % 60, entry.t % 1000);
    let sign = match entry.tone {
        Tone::Warning => "✗",
        Tone::Nothing => "·",
        Tone::Story => "▸",
        Tone::Detail => " ",
    };
    let time = format!("{minutes}:{seconds:02}.{millis:03}");
    format!("{time:>10}  {sign} {:<22} {}", entry.actor, entry.message)
}

/// Mistakes as compilers print them: file, line, column.
fn problems(problems: Vec<Problem>) -> Fault {
    let mut text = String::new();
    for Problem {
        path,
        line,
        column,
        message,
        hint,
    } in problems
    {
        let place = match (path.as_str(), line, column) {
            ("", ..) => String::new(),
            (path, 0, _) => format!("{path}: "),
            (path, line, 0) => format!("{path}:{line}: "),
            (path, line, column) => format!("{path}:{line}:{column}: "),
        };
        text += &format!("{place}{message}\n");
        if !hint.is_empty() {
            text += &format!("  {hint}\n");
        }
    }
    Fault::Usage(text)
}
