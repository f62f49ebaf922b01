//! The commands that scripts can call and that only compute: one line each in [`find`].

use super::answer::Answer;
use super::machine::{Machine, Stop};
use super::{git_commands, text_commands as text, tools, yq};
use crate::texts;
use ecow::{EcoString, eco_format};
use std::rc::Rc;

/// What a command does, given all its words and those after its name.
pub type Act = fn(&mut Machine<'_>, &[EcoString], &[EcoString]) -> Result<Answer, Stop>;

/// The command of this name; none if it is not simulated.
#[must_use]
pub fn find(name: &str) -> Option<Act> {
    Some(match name {
        ":" | "true" | "chmod" | "umask" | "trap" | "shopt" | "wait" | "unset" => {
            |_, _, _| Ok(Answer::default())
        }
        "false" => |_, _, _| Ok(Answer::status(1)),
        "set" => |machine, _, args| Ok(set(machine, args)),
        "echo" => |_, _, args| Ok(text::echo(args)),
        "printf" => |_, _, args| Ok(text::printf(args)),
        "cat" => |machine, _, args| Ok(text::cat(machine, args)),
        "tee" => |machine, _, args| Ok(text::tee(machine, args)),
        "grep" => |machine, _, args| Ok(text::grep(machine, args)),
        "sed" => |machine, _, args| Ok(text::sed(machine, args)),
        "head" | "tail" => |machine, words, args| Ok(text::ends(machine, &words[0], args)),
        "cut" => |machine, _, args| Ok(text::cut(machine, args)),
        "tr" => |machine, _, args| Ok(text::tr(machine, args)),
        "wc" => |machine, _, args| Ok(text::wc(machine, args)),
        "sort" => |machine, _, args| Ok(text::sort(machine, args)),
        "envsubst" => |machine, _, _| Ok(text::envsubst(machine)),
        "seq" => |_, _, args| Ok(text::seq(args)),
        "basename" | "dirname" => |_, words, args| Ok(text::path_part(&words[0], args)),
        "date" => |machine, _, args| Ok(text::date(machine, args)),
        "pwd" => |machine, _, _| Ok(Answer::ok(shown(machine, &machine.folder.clone()))),
        "cd" | "pushd" => |machine, _, args| Ok(cd(machine, args)),
        "ls" => |machine, _, args| Ok(ls(machine, args)),
        "mkdir" => |_, _, _| Ok(Answer::default()),
        "touch" => |machine, _, args| Ok(touch(machine, args)),
        "cp" | "mv" => |machine, words, args| Ok(copy(machine, words[0] == "mv", args)),
        "rm" => |machine, _, args| Ok(remove(machine, args)),
        "exit" => |_, _, args| Err(Stop::Exit(exit_status(args))),
        "break" | "continue" => |_, words, _| Err(Stop::Break(words[0] == "continue")),
        "export" | "local" | "declare" | "readonly" => |machine, _, args| Ok(export(machine, args)),
        "env" => |machine, _, _| Ok(env(machine)),
        "git" => git_commands::git,
        "test" => |machine, _, args| Ok(test(machine, args)),
        "[" => |machine, _, args| Ok(bracket(machine, args, "]")),
        "[[" => |machine, _, args| Ok(bracket(machine, args, "]]")),
        "yq" => |machine, _, args| Ok(yq::yq(machine, args)),
        _ if tools::is_tool(name) => |machine, words, _| machine.ask(words, None),
        _ => return None,
    })
}

/// What a command answers that the lab does not simulate in this form.
pub fn not_simulated(program: &str, args: &[EcoString]) -> Answer {
    Answer::not_simulated(&eco_format!("{program} {}", args.join(" ")))
}

/// A path as a program would print it.
fn shown(machine: &Machine<'_>, path: &str) -> EcoString {
    match path {
        "" => machine.value("GITHUB_WORKSPACE").into(),
        path if path.starts_with('/') => path.into(),
        path => eco_format!("{}/{path}", machine.value("GITHUB_WORKSPACE")),
    }
}

/// What a program says of a file that is not there.
pub fn missing(program: &str, path: &str) -> EcoString {
    eco_format!("{program}: {path}: No such file or directory")
}

/// `set -eux`, `set +e`, `set -o pipefail`.
fn set(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    for arg in args {
        if arg == "pipefail" {
            machine.set('p', true);
        }
        let is_on = arg.starts_with('-');
        if is_on || arg.starts_with('+') {
            arg.chars()
                .skip(1)
                .for_each(|letter| machine.set(letter, is_on));
        }
    }
    Answer::default()
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

fn env(machine: &Machine<'_>) -> Answer {
    let lines = machine
        .variables
        .iter()
        .map(|(name, value)| eco_format!("{name}={value}\n"));
    Answer::ok(lines.collect::<Vec<_>>().concat())
}

fn cd(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let path = args.first().map_or("~", EcoString::as_str);
    let folder = machine.path(path);
    if !(folder.starts_with('/') || machine.place.has_folder(&folder)) {
        return Answer::failed(1, eco_format!("cd: {path}: No such file or directory"));
    }
    machine.folder = folder;
    Answer::default()
}

/// `ls [FOLDER]`: the names in it, one a line.
fn ls(machine: &Machine<'_>, args: &[EcoString]) -> Answer {
    let mut words = args.iter().filter(|arg| !arg.starts_with('-'));
    let path = words.next().map_or(".", EcoString::as_str);
    let folder = machine.path(path);
    if machine.file(path).is_some() {
        return Answer::ok(path);
    }
    let mut names: Vec<EcoString> = Vec::new();
    for inside in machine.place.folder(&folder).keys() {
        let name = inside.split('/').next().unwrap_or_default();
        if names.last().is_none_or(|last| last != name) && !name.starts_with('.') {
            names.push(name.into());
        }
    }
    if names.is_empty() && !folder.is_empty() {
        let why = eco_format!("ls: cannot access '{path}': No such file or directory");
        return Answer::failed(2, why);
    }
    Answer::ok(names.join("\n"))
}

fn touch(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    for path in args {
        let text = machine.file(path).cloned().unwrap_or_default();
        machine.write(path, text);
    }
    Answer::default()
}

/// `cp FROM… TO` and `mv`: files only.
fn copy(machine: &mut Machine<'_>, moves: bool, args: &[EcoString]) -> Answer {
    let words: Vec<&EcoString> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let program = if moves { "mv" } else { "cp" };
    let Some((to, from)) = words.split_last().filter(|(_, from)| !from.is_empty()) else {
        return Answer::failed(1, eco_format!("{program}: missing file operand"));
    };
    for path in from {
        let Some(text) = machine.file(path).cloned() else {
            let why = eco_format!("{program}: cannot stat '{path}': No such file or directory");
            return Answer::failed(1, why);
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_folder = to.ends_with('/') || machine.place.has_folder(&machine.path(to));
        let target = if is_folder {
            eco_format!("{to}/{name}")
        } else {
            (*to).clone()
        };
        machine.write(&target, text);
        if moves {
            let path = machine.path(path);
            Rc::make_mut(&mut machine.place.files).remove(&path);
        }
    }
    Answer::default()
}

/// `rm [-rf] PATH…`
fn remove(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let (flags, paths): (Vec<&EcoString>, Vec<&EcoString>) =
        args.iter().partition(|arg| arg.starts_with('-'));
    let has = |letter| flags.iter().any(|flag| flag.contains(letter));
    for path in paths {
        let at = machine.path(path);
        let count = machine.place.files.len();
        let inside = |have: &str| super::workplace::within(&at, have).is_some();
        Rc::make_mut(&mut machine.place.files)
            .retain(|have, _| !(*have == at || (has('r') && !at.is_empty() && inside(have))));
        if machine.place.files.len() == count && !has('f') {
            let why = eco_format!("rm: cannot remove '{path}': No such file or directory");
            return Answer::failed(1, why);
        }
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
        Some(holds) => Answer::status(i32::from(!holds)),
        None => Answer::failed(
            2,
            eco_format!("test: {}", texts::files::not_simulated(&args.join(" "))),
        ),
    }
}

fn holds(machine: &Machine<'_>, args: &[&str]) -> Option<bool> {
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let compared =
        |left, right, is: fn(&i64, &i64) -> bool| Some(is(&number(left)?, &number(right)?));
    let is_folder = |path| machine.place.has_folder(&machine.path(path));
    Some(match args {
        [] => false,
        ["!", rest @ ..] => !holds(machine, rest)?,
        [word] => !word.is_empty(),
        ["-n", word] => !word.is_empty(),
        ["-z", word] => word.is_empty(),
        ["-f" | "-r", path] => machine.file(path).is_some(),
        ["-s", path] => machine.file(path).is_some_and(|text| !text.is_empty()),
        ["-d", path] => is_folder(path),
        ["-e", path] => machine.file(path).is_some() || is_folder(path),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        [left, "-eq", right] => compared(left, right, i64::eq)?,
        [left, "-ne", right] => compared(left, right, i64::ne)?,
        [left, "-lt", right] => compared(left, right, i64::lt)?,
        [left, "-le", right] => compared(left, right, i64::le)?,
        [left, "-gt", right] => compared(left, right, i64::gt)?,
        [left, "-ge", right] => compared(left, right, i64::ge)?,
        [left @ .., "-a", _, _, _] | [left @ .., "-a", _, _] if !left.is_empty() => {
            holds(machine, left)? && holds(machine, &args[left.len() + 1..])?
        }
        [left @ .., "-o", _, _, _] | [left @ .., "-o", _, _] if !left.is_empty() => {
            holds(machine, left)? || holds(machine, &args[left.len() + 1..])?
        }
        _ => return None,
    })
}
