//! `rollout-lab`: the lab in a terminal. The one crate that reads files and prints.

// The outside may do what the core may not.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod files;
mod git;
mod lesson;
mod lint;
mod plan;
mod run;
mod side;
mod template;

use std::io::{self, Write};
use std::process::ExitCode;

const HELP: &str = "\
Plays what happens after a merge: CI, Helm, and the rolling update.

Usage: rollout-lab run [LAB] [--merge REPOSITORY] [--seed N] [--until DURATION] [--kubectl LINE]… [--trace text|json] [--details]
       rollout-lab plan OLD NEW [flags]
       rollout-lab lint CHART [flags]
       rollout-lab lesson check [DIR…]
       rollout-lab template [NAME] CHART [flags]

Commands:
  run   Play a lab and print its story, one line an entry. LAB is a folder with the lab's
        files (lab.yaml, cluster.yaml, traffic.yaml, and a folder for each repository), or a
        built-in lab: order-service (played if none is named), order-service-gitops, shop,
        monolith. If the lab brings a pull request, it is opened and merged.
  plan  Say what a change of a Helm chart will do to the cluster: which pods roll, and why;
        see rollout-lab plan --help.
  lint  Check what a Helm chart renders for what is accepted and a bad idea nevertheless;
        see rollout-lab lint --help.
  lesson
        Prove lessons by their solutions and wrong answers; see rollout-lab lesson --help.
  template
        Render a Helm chart as `helm template` does; see rollout-lab template --help.

Options of run:
  --merge REPOSITORY merge the lab's pull request of this repository, where it brings several
  --seed N           where random numbers come from, instead of the lab's own seed
  --until DURATION   stop at this moment of virtual time, such as 90s, 2m30s, 1h
  --kubectl LINE     type a line of kubectl when all has come to rest, or at a moment:
                     --kubectl '3m: -n shop scale deployment order-service --replicas=5'
  --trace text|json  text (the story) or json (every entry, an object a line); text if not given
  --details          with text: every entry

Exit codes: 0 the rollout came to a good end (or was stopped by --until), 1 it failed,
2 the command line or the lab's files are wrong.
";

/// Why the program ends without having played.
pub enum Fault {
    /// The command line, or a file, is wrong: the text says how.
    Usage(String),
    /// It could not be done: the text says why.
    Failed(String),
    /// Standard output is gone: whoever read it has seen enough.
    Closed,
}

impl Fault {
    /// What could not be done.
    pub fn failed(text: impl Into<String>) -> Fault {
        Fault::Failed(text.into())
    }
}

/// Prints a text.
///
/// # Errors
/// Nobody reads it.
pub fn print(text: &str) -> Result<ExitCode, Fault> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|_| Fault::Closed)?;
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(Fault::Closed) => ExitCode::SUCCESS,
        Err(Fault::Failed(text)) => {
            eprintln!("Error: {}", text.trim_end());
            ExitCode::FAILURE
        }
        Err(Fault::Usage(text)) => {
            eprintln!("{}", text.trim_end());
            ExitCode::from(2)
        }
    }
}

fn start() -> Result<ExitCode, Fault> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_env();
    match parser.next().map_err(usage)? {
        Some(Value(command)) if command == "run" => {
            memory::reserve();
            run::run(run::Options::read(&mut parser)?)
        }
        Some(Value(command)) if command == "plan" => plan::run(&mut parser),
        Some(Value(command)) if command == "lint" => lint::run(&mut parser),
        Some(Value(command)) if command == "lesson" => {
            memory::reserve();
            lesson::run(&mut parser)
        }
        Some(Value(command)) if command == "template" => {
            let args = parser.raw_args().map_err(usage)?;
            let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
            template::main(&args)
        }
        Some(Value(command)) => {
            let name = command.to_string_lossy();
            Err(Fault::Usage(format!(
                "error: there is no command {name:?}\n\n{HELP}"
            )))
        }
        Some(Short('h') | Long("help")) => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Some(Short('V') | Long("version")) => {
            println!("rollout-lab {}", env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => Err(usage(other.unexpected())),
        None => Err(Fault::Usage(HELP.into())),
    }
}

fn usage(error: lexopt::Error) -> Fault {
    Fault::Usage(format!("error: {error}\n\nSee rollout-lab --help."))
}
