//! `rollout-lab run`: plays a lab, and prints its story.

use crate::{Fault, files, usage};
use reconcile::delivery::labs::{self, Files};
use reconcile::view::{Problem, Tone};
use reconcile::{Entry, Lab, Millis};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const BUILT_IN: &str = "order-service";

/// What the command line asks for.
pub struct Options {
    folder: Option<PathBuf>,
    seed: Option<u64>,
    until: Option<Millis>,
    json: bool,
    details: bool,
}

impl Options {
    /// Reads what follows `run`.
    pub fn read(parser: &mut lexopt::Parser) -> Result<Options, Fault> {
        use lexopt::prelude::*;
        let mut options = Options {
            folder: None,
            seed: None,
            until: None,
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
                Long("details") => options.details = true,
                Value(folder) if options.folder.is_none() => options.folder = Some(folder.into()),
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

/// Plays a lab, and prints its story.
pub fn run(options: Options) -> Result<ExitCode, Fault> {
    let files = match &options.folder {
        Some(folder) => files::read(folder)?,
        None => labs::built_in(BUILT_IN).unwrap_or_default(),
    };
    let mut lab = Lab::open(&files, options.seed).map_err(problems)?;
    lab.learn_fields(kube::fields::Table::embedded());
    propose(&mut lab)?;
    let until = options.until.unwrap_or(lab.end()).min(lab.end());
    let stopped = until < lab.end();
    lab.seek(until);

    let mut out = BufWriter::new(io::stdout().lock());
    for entry in lab.entries().iter().take_while(|entry| entry.t <= until) {
        let line = match options.json {
            true => serde_json::to_string(entry).unwrap_or_default(),
            false if options.details || entry.tone != Tone::Detail => text(entry),
            false => continue,
        };
        writeln!(out, "{line}").map_err(|_| Fault::Closed)?;
    }
    out.flush().map_err(|_| Fault::Closed)?;
    let failed = !stopped && lab.outcome() == Some(false);
    Ok(ExitCode::from(u8::from(failed)))
}

/// Opens and merges the pull request that the lab brings.
fn propose(lab: &mut Lab) -> Result<(), Fault> {
    let Some(sample) = lab.sample().cloned() else {
        return Ok(());
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
