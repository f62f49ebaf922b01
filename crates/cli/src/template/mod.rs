//! `rollout-lab template`: renders a chart, with the flags, output, errors and exit codes of
//! `helm template` (helm.sh/helm/v4/cmd/helm/helm.go, pkg/cmd/root.go, pkg/cmd/template.go).

mod batch;
pub mod chart;
pub mod command;
pub mod explain;
pub mod files;
pub mod flags;

use self::files::{Disk, Files};
use self::flags::Parsed;
use crate::Fault;
use helm::{Level, Log};
use std::io::{self, Write};
use std::process::ExitCode;

const HELP: &str = include_str!("help.txt");

/// What a run prints, and how it ends.
#[derive(Default)]
pub struct Outcome {
    /// 0, or 1 after an error.
    pub exit: u8,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// What the environment says.
#[derive(Default)]
pub struct Settings {
    /// `HELM_NAMESPACE`
    pub namespace: String,
    /// `HELM_DEBUG`
    pub debug: bool,
}

impl Settings {
    /// What it says here.
    pub fn of_environment() -> Settings {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        Settings {
            namespace: variable("HELM_NAMESPACE"),
            debug: flags::parse_bool(&variable("HELM_DEBUG")) == Some(true),
        }
    }
}

/// Runs the command with the arguments that follow its name.
pub fn main(args: &[String]) -> Result<ExitCode, Fault> {
    let closed = |_: io::Error| Fault::Closed;
    let outcome = match flags::parse(args) {
        parsed if parsed.is_on("help") && parsed.wrong.is_none() => Outcome {
            stdout: HELP.to_owned(),
            ..Outcome::default()
        },
        parsed if parsed.is_on("batch") && parsed.wrong.is_none() => {
            return batch::run(io::stdin().lock(), io::stdout().lock()).map_err(closed);
        }
        parsed => run(&parsed, &Disk, &Settings::of_environment()),
    };
    let mut stdout = io::stdout().lock();
    io::stderr()
        .write_all(outcome.stderr.as_bytes())
        .map_err(closed)?;
    stdout
        .write_all(outcome.stdout.as_bytes())
        .map_err(closed)?;
    stdout.flush().map_err(closed)?;
    Ok(ExitCode::from(outcome.exit))
}

/// Runs a command line.
pub fn run(flags: &Parsed, files: &dyn Files, settings: &Settings) -> Outcome {
    let mut outcome = Outcome::default();
    // Colours are settled before all else, though nothing here has any.
    for mode in [flags.last("color"), flags.last("colour")]
        .into_iter()
        .flatten()
    {
        if !["never", "auto", "always"].contains(&mode) {
            let shown = gotmpl::quote::quote(mode.as_bytes());
            let why = format!("invalid color mode {shown}: must be one of: never, auto, always");
            let log = Log::default();
            log.add(Level::Warn, "command failed", vec![("error", why)]);
            outcome.exit = 1;
            outcome.note(&log, false);
            return outcome;
        }
    }
    let is_debug = match flags.last("debug") {
        Some(_) => flags.is_on("debug"),
        None => settings.debug,
    };
    outcome.note(&flags.log, is_debug);
    let result = match &flags.wrong {
        Some(wrong) => Err(wrong.clone()),
        None => {
            outcome.stderr.push_str(&flags.notes);
            let log = Log::default();
            let result =
                command::template(flags, files, settings, is_debug, &log, &mut outcome.stdout);
            outcome.note(&log, is_debug);
            result
        }
    };
    if let Err(error) = result {
        outcome.exit = 1;
        outcome.stderr.push_str(&format!("Error: {error}\n"));
    }
    outcome
}

impl Outcome {
    /// Prints what was noticed.
    fn note(&mut self, log: &Log, is_debug: bool) {
        for notice in log.take() {
            if is_debug || notice.level > Level::Debug {
                self.stderr.push_str(&format!("{notice}\n"));
            }
        }
    }
}
