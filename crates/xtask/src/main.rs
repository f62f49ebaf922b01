//! The project's own commands: `cargo xtask COMMAND`.
//!
//! Sets up tools, builds, serves, tests and measures. Knows nothing of what the lab does, and uses
//! only the standard library, so that it is compiled in a second on a machine that has nothing yet.
//!
//! One file a command, one line a command in [`COMMANDS`]. The rest is shared: [`tools`] finds or
//! installs what a command needs, [`step`] runs programs and says how long they took, [`tally`]
//! counts tests.

// The core may not touch files, clocks and programs; this crate is there to do just that.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod bench;
mod build;
mod finish;
mod fuzz;
#[cfg(test)]
mod prose;
mod screenshot;
mod serve;
mod setup;
mod soak;
mod step;
mod tally;
mod test;
mod tools;

use std::process::ExitCode;

/// One command of `cargo xtask`.
struct Command {
    /// What is typed.
    name: &'static str,
    /// The arguments it takes, as the help shows them.
    arguments: &'static str,
    /// What it does, in one line.
    about: &'static str,
    /// Does it. An error is one line that says what went wrong and, where there is a way, how to mend it.
    run: fn(&[String]) -> Result<(), String>,
}

/// Every command, in the order in which a newcomer meets them.
const COMMANDS: &[Command] = &[
    Command {
        name: "serve",
        arguments: "[--port N]",
        about: "build the lab, serve it on this machine, rebuild on every change",
        run: serve::run,
    },
    Command {
        name: "build",
        arguments: "",
        about: "build the release site into dist/, to be hosted under any path",
        run: build::run,
    },
    Command {
        name: "test",
        arguments: "[--only lint|rust|wasm|e2e]",
        about: "format, lints, Rust tests, the core in WebAssembly, the site in a browser",
        run: test::run,
    },
    Command {
        name: "bench",
        arguments: "[--only native|template|browser|size|page]",
        about: "measure the engine, the page and the bundle's size",
        run: bench::run,
    },
    Command {
        name: "bench-page",
        arguments: "",
        about: "measure the page alone in Chromium, beside its budgets: start, frames, typing, weight",
        run: bench::run_page,
    },
    Command {
        name: "fuzz",
        arguments: "[--seconds N]",
        about: "look for inputs that break what must hold of all, N seconds a target (60)",
        run: fuzz::run,
    },
    Command {
        name: "soak",
        arguments: "[--seeds N] [--from SEED]",
        about: "play N random labs with faults (10000), and look after every step at what must hold",
        run: soak::run,
    },
    Command {
        name: "screenshot",
        arguments: "",
        about: "take the README's picture again, and those that the end-to-end tests compare the page with",
        run: screenshot::run,
    },
    Command {
        name: "finish",
        arguments: "",
        about: "what a build of the site needs after trunk, which calls it",
        run: finish::run,
    },
    Command {
        name: "setup",
        arguments: "",
        about: "install everything that the other commands would install when first needed",
        run: setup::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("xtask: there is no command `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {name}: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The list of commands, as `cargo xtask` alone prints it.
fn help() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND\n\n");
    for Command {
        name,
        arguments,
        about,
        ..
    } in COMMANDS
    {
        text.push_str(&format!(
            "  {:<36} {about}\n",
            format!("{name} {arguments}")
        ));
    }
    text
}

/// Reads `--flag VALUE` from a command's arguments, the only form of argument that there is.
///
/// Anything else among the arguments is an error that names it.
fn option<'a>(arguments: &'a [String], flag: &str) -> Result<Option<&'a str>, String> {
    match arguments {
        [] => Ok(None),
        [name, value] if name == flag => Ok(Some(value)),
        [name] if name == flag => Err(format!("{flag} needs a value")),
        [first, ..] => Err(format!("does not know `{first}`; see `cargo xtask help`")),
    }
}

/// A part of a command's work, which `--only NAME` can ask for alone.
struct Part<T> {
    /// What is typed after `--only`.
    name: &'static str,
    /// Does it.
    run: fn() -> Result<T, String>,
}

/// The parts that the arguments ask for: all, or the one that `--only` names.
fn chosen<'a, T>(parts: &'a [Part<T>], arguments: &[String]) -> Result<Vec<&'a Part<T>>, String> {
    let Some(only) = option(arguments, "--only")? else {
        return Ok(parts.iter().collect());
    };
    match parts.iter().find(|part| part.name == only) {
        Some(part) => Ok(vec![part]),
        None => {
            let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
            Err(format!("--only takes one of {}", names.join(", ")))
        }
    }
}

/// For commands without arguments: an error that names the first one.
fn no_arguments(arguments: &[String]) -> Result<(), String> {
    match arguments.first() {
        None => Ok(()),
        Some(first) => Err(format!("takes no arguments, but was given `{first}`")),
    }
}
