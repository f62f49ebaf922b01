//! The commands that scripts can call: one line each in [`find`].

use super::machine::{Answer, Machine, Stop};
use super::tools;
use ecow::{EcoString, eco_format};

/// What a command does, given all its words and those after its name.
pub type Act = fn(&mut Machine<'_>, &[EcoString], &[EcoString]) -> Result<Answer, Stop>;

/// The command of this name; none if it is not simulated.
#[must_use]
pub fn find(name: &str) -> Option<Act> {
    Some(match name {
        ":" | "true" => |_, _, _| Ok(Answer::default()),
        "false" => |_, _, _| {
            Ok(Answer {
                status: 1,
                ..Answer::default()
            })
        },
        "set" => |_, _, _| Ok(Answer::default()),
        "echo" => |_, _, args| Ok(echo(args)),
        "cat" => |machine, _, args| Ok(cat(machine, args)),
        "exit" => |_, _, args| Err(Stop::Exit(exit_status(args))),
        "export" => |machine, _, args| Ok(export(machine, args)),
        "git" => |machine, _, args| Ok(git(machine, args)),
        "test" => |machine, _, args| Ok(test(machine, args)),
        "[" => |machine, _, args| Ok(bracket(machine, args, "]")),
        "[[" => |machine, _, args| Ok(bracket(machine, args, "]]")),
        "yq" => |machine, _, args| Ok(yq(machine, args)),
        _ if tools::is_tool(name) => |machine, words, _| machine.ask(words),
        _ => return None,
    })
}

/// `echo [-n] WORD…`
fn echo(args: &[EcoString]) -> Answer {
    match args.split_first() {
        Some((option, rest)) if option == "-n" => Answer {
            stdout: rest.join(" ").into(),
            ..Answer::default()
        },
        _ => Answer {
            stdout: eco_format!("{}\n", args.join(" ")),
            ..Answer::default()
        },
    }
}

/// `cat FILE…`
fn cat(machine: &Machine<'_>, args: &[EcoString]) -> Answer {
    let mut answer = Answer::default();
    for path in args {
        match machine.file(path) {
            Some(text) => answer.stdout.push_str(text),
            None => return Answer::failed(1, missing("cat", path)),
        }
    }
    answer
}

fn missing(program: &str, path: &str) -> EcoString {
    eco_format!("{program}: {path}: No such file or directory")
}

fn exit_status(args: &[EcoString]) -> i32 {
    args.first().map_or(0, |status| {
        status.parse::<i32>().map_or(2, |status| status & 0xff)
    })
}

/// `export NAME[=VALUE]…`: all variables are passed on anyway.
fn export(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    for (name, value) in args.iter().filter_map(|arg| arg.split_once('=')) {
        machine.variables.insert(name.into(), value.into());
    }
    Answer::default()
}

/// `[ … ]` and `[[ … ]]`
fn bracket(machine: &Machine<'_>, args: &[EcoString], closer: &str) -> Answer {
    match args.split_last() {
        Some((last, args)) if last == closer => test(machine, args),
        _ => Answer::failed(2, eco_format!("[: missing `{closer}'")),
    }
}

/// `test EXPRESSION`
fn test(machine: &Machine<'_>, args: &[EcoString]) -> Answer {
    let args: Vec<&str> = args.iter().map(EcoString::as_str).collect();
    match holds(machine, &args) {
        Some(holds) => Answer {
            status: i32::from(!holds),
            ..Answer::default()
        },
        None => Answer::failed(2, eco_format!("test: not simulated: {}", args.join(" "))),
    }
}

fn holds(machine: &Machine<'_>, args: &[&str]) -> Option<bool> {
    Some(match args {
        [] => false,
        ["!", rest @ ..] => !holds(machine, rest)?,
        [word] => !word.is_empty(),
        ["-n", word] => !word.is_empty(),
        ["-z", word] => word.is_empty(),
        ["-f" | "-e" | "-s", path] => machine.file(path).is_some(),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        _ => return None,
    })
}

/// `git log -1 --format=%H [REV] [-- PATH…]` and `git rev-parse [--short] HEAD`.
fn git(machine: &Machine<'_>, args: &[EcoString]) -> Answer {
    let split = args.iter().position(|arg| arg == "--");
    let (options, paths) = args.split_at(split.unwrap_or(args.len()));
    let paths = paths.get(1..).unwrap_or_default();
    let options: Vec<&str> = options.iter().map(EcoString::as_str).collect();
    let place = machine.place;
    if place.files.is_empty() {
        return Answer::failed(
            128,
            "fatal: not a git repository (or any of the parent directories): .git",
        );
    }
    match options.as_slice() {
        ["rev-parse", "HEAD"] => Answer::ok(eco_format!("{}", place.commit)),
        ["rev-parse", "--short" | "--short=7", "HEAD"] => Answer::ok(place.commit.short()),
        ["log", options @ ..] => {
            let format = options.iter().find_map(|option| {
                option
                    .strip_prefix("--format=")
                    .or_else(|| option.strip_prefix("--pretty=format:"))
            });
            let is_known = options.iter().all(|option| {
                matches!(*option, "-1" | "-n1" | "HEAD")
                    || format.is_some_and(|f| option.ends_with(f))
            });
            let is_one = options.iter().any(|option| matches!(*option, "-1" | "-n1"));
            match format {
                Some(format) if is_known && is_one => log(machine, format, paths),
                _ => not_simulated("git", args),
            }
        }
        _ => not_simulated("git", args),
    }
}

fn log(machine: &Machine<'_>, format: &str, paths: &[EcoString]) -> Answer {
    let repository = machine.place.repository;
    let Some(oid) = repository.last_change(machine.place.commit, paths, machine.place.depth) else {
        return Answer::default();
    };
    let Some(commit) = repository.commit(oid) else {
        return Answer::default();
    };
    Answer::ok(
        format
            .replace("%H", &oid.to_string())
            .replace("%h", &oid.short())
            .replace("%an", &commit.author.name)
            .replace("%s", commit.subject()),
    )
}

fn not_simulated(program: &str, args: &[EcoString]) -> Answer {
    let stderr = eco_format!("not simulated: {program} {}\n", args.join(" "));
    Answer {
        stderr,
        ..Answer::default()
    }
}

/// `yq [-r] .PATH FILE`: prints one value of a YAML file.
fn yq(machine: &Machine<'_>, args: &[EcoString]) -> Answer {
    let words: Vec<&EcoString> = args
        .iter()
        .filter(|arg| !matches!(arg.as_str(), "-r" | "e" | "eval"))
        .collect();
    let [path, file] = words.as_slice() else {
        return not_simulated("yq", args);
    };
    let Some(keys) = path.strip_prefix('.') else {
        return not_simulated("yq", args);
    };
    if keys.contains(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))) {
        return not_simulated("yq", args);
    }
    let Some(text) = machine.file(file) else {
        return Answer::failed(
            1,
            eco_format!("Error: open {file}: no such file or directory"),
        );
    };
    let value = match yaml::decode(text) {
        Ok(value) => value,
        Err(error) => {
            return Answer::failed(
                1,
                eco_format!(
                    "Error: bad file '{file}': yaml: line {}: {}",
                    error.line,
                    error.message
                ),
            );
        }
    };
    let keys: Vec<&str> = keys.split('.').filter(|key| !key.is_empty()).collect();
    match value.at(&keys) {
        yaml::Value::String(text) => Answer::ok(text.clone()),
        yaml::Value::Null => Answer::ok("null"),
        other => Answer::ok(yaml::encode(other)),
    }
}
