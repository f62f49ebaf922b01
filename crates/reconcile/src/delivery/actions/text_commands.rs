//! The commands that read text and write text.

use super::answer::Answer;
use super::commands::{missing, not_simulated};
use super::machine::Machine;
use ecow::{EcoString, eco_format};
use kube::time;

/// `echo [-n] [-e] WORD…`
pub fn echo(args: &[EcoString]) -> Answer {
    let is_flag = |arg: &&EcoString| matches!(arg.as_str(), "-n" | "-e" | "-ne" | "-en");
    let flags = args.iter().take_while(is_flag).count();
    let has = |letter| args[..flags].iter().any(|flag| flag.contains(letter));
    let mut text: EcoString = args[flags..].join(" ").into();
    if has('e') {
        text = unescaped(&text);
    }
    if !has('n') {
        text.push('\n');
    }
    Answer {
        stdout: text,
        ..Answer::default()
    }
}

/// Backslashes as `echo -e` and `printf` read them.
fn unescaped(text: &str) -> EcoString {
    let mut out = EcoString::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('\\') => out.push('\\'),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

/// `printf FORMAT WORD…`, with `%s`, `%d` and `%%`. The format is used until the words are.
pub fn printf(args: &[EcoString]) -> Answer {
    let Some((format, mut words)) = args.split_first() else {
        return Answer::failed(2, "printf: usage: printf [-v var] format [arguments]");
    };
    let format = unescaped(format);
    let mut out = EcoString::new();
    loop {
        let before = words.len();
        let mut rest = format.as_str();
        while let Some((plain, tail)) = rest.split_once('%') {
            out.push_str(plain);
            let letter = tail.chars().next();
            match letter {
                Some('%') => out.push('%'),
                Some('s' | 'd') => {
                    let word = words.split_first();
                    out.push_str(word.map_or("", |(word, _)| word));
                    words = word.map_or(words, |(_, rest)| rest);
                }
                _ => return not_simulated("printf", args),
            }
            rest = &tail[letter.map_or(0, char::len_utf8)..];
        }
        out.push_str(rest);
        if words.is_empty() || words.len() == before {
            break;
        }
    }
    Answer {
        stdout: out,
        ..Answer::default()
    }
}

/// The text of files, or of the standard input if none is named.
fn input(
    machine: &mut Machine<'_>,
    program: &str,
    files: &[&EcoString],
) -> Result<EcoString, Answer> {
    if files.is_empty() {
        return Ok(machine.read());
    }
    let mut all = EcoString::new();
    for path in files {
        if *path == "-" {
            all.push_str(&machine.read());
            continue;
        }
        match machine.file(path) {
            Some(text) => all.push_str(text),
            None => return Err(Answer::failed(1, missing(program, path))),
        }
    }
    Ok(all)
}

/// The words that are no flags, and the letters of those that are.
fn split(args: &[EcoString]) -> (Vec<char>, Vec<&EcoString>) {
    let is_flag = |arg: &&EcoString| arg.starts_with('-') && arg.len() > 1;
    let letters = args
        .iter()
        .filter(is_flag)
        .flat_map(|flag| flag[1..].chars())
        .collect();
    (letters, args.iter().filter(|arg| !is_flag(arg)).collect())
}

/// `cat FILE…`
pub fn cat(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let (_, files) = split(args);
    match input(machine, "cat", &files) {
        Ok(stdout) => Answer {
            stdout,
            ..Answer::default()
        },
        Err(answer) => answer,
    }
}

/// `tee [-a] FILE…`
pub fn tee(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let (flags, files) = split(args);
    let text = machine.read();
    for path in files {
        let before = machine.file(path).filter(|_| flags.contains(&'a')).cloned();
        machine.write(path, before.unwrap_or_default() + text.as_str());
    }
    Answer {
        stdout: text,
        ..Answer::default()
    }
}

/// `grep [-qvicEF] PATTERN FILE…`
pub fn grep(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let (flags, words) = split(args);
    let has = |letter| flags.contains(&letter);
    let Some((pattern, files)) = words.split_first() else {
        return Answer::failed(2, "Usage: grep [OPTION]... PATTERNS [FILE]...");
    };
    if flags.iter().any(|flag| !"qviceEFn".contains(*flag)) {
        return not_simulated("grep", args);
    }
    let text = match input(machine, "grep", files) {
        Ok(text) => text,
        Err(answer) => {
            return Answer {
                status: 2,
                ..answer
            };
        }
    };
    let mut regexp = if has('F') {
        quoted(pattern)
    } else {
        extended(pattern, has('E'))
    };
    if has('i') {
        regexp = format!("(?i){regexp}");
    }
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        match helm::regexp::is_match(&regexp, line) {
            Ok(is_match) if is_match != has('v') => found.push(match has('n') {
                true => eco_format!("{}:{line}\n", at + 1),
                false => eco_format!("{line}\n"),
            }),
            Ok(_) => {}
            Err(why) => return Answer::failed(2, eco_format!("grep: {why}")),
        }
    }
    let stdout = match (has('q'), has('c')) {
        (true, _) => EcoString::new(),
        (_, true) => eco_format!("{}\n", found.len()),
        _ => found.concat().into(),
    };
    Answer {
        status: i32::from(found.is_empty()),
        stdout,
        ..Answer::default()
    }
}

/// A text as a pattern that matches itself.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A basic regular expression of POSIX in Go's syntax: there `+`, `?`, `|` and brackets are special
/// only after a backslash. An extended one is as it is.
fn extended(pattern: &str, is_extended: bool) -> String {
    if is_extended {
        return pattern.into();
    }
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(special @ ('(' | ')' | '{' | '}' | '+' | '?' | '|')) => out.push(special),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '+' | '?' | '|' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// `s/PATTERN/TEXT/FLAGS`, and the lines that it is for.
struct Substitution {
    line: Option<String>,
    pattern: String,
    template: String,
    is_all: bool,
}

/// `sed [-i] [-E] [-e] 's/PATTERN/TEXT/g' FILE…`
pub fn sed(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let mut is_in_place = false;
    let mut is_extended = false;
    let (mut scripts, mut words): (Vec<&EcoString>, Vec<&EcoString>) = (Vec::new(), Vec::new());
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "-E" | "-r" => is_extended = true,
            "-e" => scripts.extend(rest.next()),
            "--in-place" => is_in_place = true,
            flag if flag.starts_with("-i") => is_in_place = true,
            flag if flag.starts_with('-') && flag.len() > 1 => return not_simulated("sed", args),
            _ => words.push(arg),
        }
    }
    if scripts.is_empty() && !words.is_empty() {
        scripts.push(words.remove(0));
    }
    let commands = scripts.iter().flat_map(|script| script.split([';', '\n']));
    let commands = commands
        .map(str::trim)
        .filter(|command| !command.is_empty());
    let Some(commands) = commands
        .map(|command| substitution(command, is_extended))
        .collect::<Option<Vec<Substitution>>>()
    else {
        return not_simulated("sed", args);
    };
    if !is_in_place {
        return match input(machine, "sed", &words).map(|text| substituted(&commands, &text)) {
            Ok(Ok(stdout)) => Answer {
                stdout,
                ..Answer::default()
            },
            Ok(Err(why)) => Answer::failed(1, eco_format!("sed: {why}")),
            Err(answer) => answer,
        };
    }
    for path in words {
        let Some(text) = machine.file(path).cloned() else {
            let why = eco_format!("sed: can't read {path}: No such file or directory");
            return Answer::failed(2, why);
        };
        match substituted(&commands, &text) {
            Ok(text) => machine.write(path, text),
            Err(why) => return Answer::failed(1, eco_format!("sed: {why}")),
        }
    }
    Answer::default()
}

fn substitution(command: &str, is_extended: bool) -> Option<Substitution> {
    let (line, command) = match command.strip_prefix('/') {
        Some(rest) => {
            let (line, rest) = rest.split_once('/')?;
            (Some(extended(line, is_extended)), rest.trim_start())
        }
        None => (None, command),
    };
    let rest = command.strip_prefix('s')?;
    let delimiter = rest.chars().next().filter(|c| !c.is_alphanumeric())?;
    let parts = split_at_delimiter(&rest[delimiter.len_utf8()..], delimiter);
    let [pattern, text, flags] = parts.as_slice() else {
        return None;
    };
    if !flags.chars().all(|flag| "gI".contains(flag)) {
        return None;
    }
    let case = if flags.contains('I') { "(?i)" } else { "" };
    Some(Substitution {
        line,
        pattern: format!("{case}{}", extended(pattern, is_extended)),
        template: template(text),
        is_all: flags.contains('g'),
    })
}

/// The parts of a text between delimiters; one after a backslash stands for itself.
fn split_at_delimiter(text: &str, delimiter: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let last = parts.len() - 1;
        match c {
            '\\' => match chars.next() {
                Some(next) if next == delimiter => parts[last].push(next),
                next => {
                    parts[last].push('\\');
                    parts[last].extend(next);
                }
            },
            c if c == delimiter => parts.push(String::new()),
            c => parts[last].push(c),
        }
    }
    parts
}

/// What a match becomes, in Go's syntax: `&` is all of it, `\1` its first group.
fn template(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '$' => out.push_str("$$"),
            '&' => out.push_str("${0}"),
            '\\' => match chars.next() {
                Some(digit) if digit.is_ascii_digit() => out += &format!("${{{digit}}}"),
                Some('n') => out.push('\n'),
                other => out.extend(other),
            },
            c => out.push(c),
        }
    }
    out
}

fn substituted(commands: &[Substitution], text: &str) -> Result<EcoString, String> {
    let mut out = EcoString::new();
    for whole in text.split_inclusive('\n') {
        let (line, end) = match whole.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (whole, ""),
        };
        let mut line = line.to_owned();
        for command in commands {
            let is_meant = match &command.line {
                Some(pattern) => helm::regexp::is_match(pattern, &line)?,
                None => true,
            };
            if is_meant {
                line = helm::regexp::replace(
                    &command.pattern,
                    &line,
                    &command.template,
                    command.is_all,
                )?;
            }
        }
        out.push_str(&line);
        out.push_str(end);
    }
    Ok(out)
}

/// `head [-n N | -N] FILE` and `tail`.
pub fn ends(machine: &mut Machine<'_>, program: &str, args: &[EcoString]) -> Answer {
    let mut count = Some(10_usize);
    let mut files = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.strip_prefix('-') {
            Some("n" | "c") => count = rest.next().and_then(|n| n.parse().ok()),
            Some(flag) => count = flag.trim_start_matches(['n', 'c']).parse().ok(),
            None => files.push(arg),
        }
    }
    let is_bytes = args.iter().any(|arg| arg.starts_with("-c"));
    let (Some(count), Ok(text)) = (count, input(machine, program, &files)) else {
        return not_simulated(program, args);
    };
    if is_bytes {
        let head: EcoString = text.chars().take(count).collect();
        return Answer {
            stdout: head,
            ..Answer::default()
        };
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let part = match program {
        "head" => &lines[..count.min(lines.len())],
        _ => &lines[lines.len().saturating_sub(count)..],
    };
    Answer::ok(part.concat())
}

/// `cut -d CHARACTER -f N`, `cut -c FROM-TO`
pub fn cut(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let flag = |letter: &str| {
        let at = args.iter().position(|arg| arg.starts_with(letter))?;
        let inline = &args[at][letter.len()..];
        Some(if inline.is_empty() {
            args.get(at + 1)?.as_str()
        } else {
            inline
        })
    };
    let text = machine.read();
    let part: Box<dyn Fn(&str) -> EcoString> = match (flag("-f"), flag("-c")) {
        (Some(field), _) => {
            let delimiter = flag("-d").unwrap_or("\t").to_owned();
            let Some(at) = field.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) else {
                return not_simulated("cut", args);
            };
            Box::new(move |line| match line.contains(&delimiter) {
                true => line.split(&delimiter).nth(at).unwrap_or_default().into(),
                false => line.into(),
            })
        }
        (None, Some(range)) => {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let from = from.parse::<usize>().unwrap_or(1).max(1);
            let to = to.parse::<usize>().unwrap_or(usize::MAX);
            Box::new(move |line| line.chars().take(to).skip(from - 1).collect())
        }
        _ => return not_simulated("cut", args),
    };
    let lines = text.lines().map(|line| eco_format!("{}\n", part(line)));
    Answer::ok(lines.collect::<Vec<_>>().concat())
}

/// `tr FROM TO`, `tr -d CHARACTERS`
pub fn tr(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let set = |text: &str| -> Vec<char> {
        let text = unescaped(text)
            .replace("[:upper:]", "A-Z")
            .replace("[:lower:]", "a-z");
        let all: Vec<char> = text.chars().collect();
        let mut out = Vec::new();
        let mut at = 0;
        while at < all.len() {
            match all[at..] {
                [low, '-', high, ..] => {
                    out.extend(low..=high);
                    at += 3;
                }
                _ => {
                    out.push(all[at]);
                    at += 1;
                }
            }
        }
        out
    };
    let text = machine.read();
    let stdout = match args {
        [flag, gone] if flag == "-d" => {
            let gone = set(gone);
            text.chars().filter(|c| !gone.contains(c)).collect()
        }
        [from, to] if !from.starts_with('-') => {
            let (from, to) = (set(from), set(to));
            let moved = |c: char| match from.iter().position(|have| *have == c) {
                Some(at) => to.get(at).or(to.last()).copied().unwrap_or(c),
                None => c,
            };
            text.chars().map(moved).collect()
        }
        _ => return not_simulated("tr", args),
    };
    Answer {
        stdout,
        ..Answer::default()
    }
}

/// `wc -l`, `-w`, `-c`
pub fn wc(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let (flags, files) = split(args);
    match (input(machine, "wc", &files), flags.as_slice()) {
        (Ok(text), ['l']) => Answer::ok(eco_format!("{}", text.matches('\n').count())),
        (Ok(text), ['w']) => Answer::ok(eco_format!("{}", text.split_whitespace().count())),
        (Ok(text), ['c']) => Answer::ok(eco_format!("{}", text.len())),
        (Ok(_), _) => not_simulated("wc", args),
        (Err(answer), _) => answer,
    }
}

/// `sort [-u] [-r]`
pub fn sort(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let (flags, files) = split(args);
    let text = match input(machine, "sort", &files) {
        Ok(text) => text,
        Err(answer) => return answer,
    };
    let mut lines: Vec<&str> = text.lines().collect();
    lean::sort(&mut lines);
    if flags.contains(&'u') {
        lines.dedup();
    }
    if flags.contains(&'r') {
        lines.reverse();
    }
    Answer::ok(lines.join("\n"))
}

/// `envsubst`: `$NAME` and `${NAME}` become values.
pub fn envsubst(machine: &mut Machine<'_>) -> Answer {
    let text = machine.read();
    let mut out = EcoString::new();
    let mut rest = text.as_str();
    while let Some((plain, tail)) = rest.split_once('$') {
        out.push_str(plain);
        let inner = tail.strip_prefix('{');
        let name = super::words::name_prefix(inner.unwrap_or(tail));
        rest = match inner {
            Some(inner) if inner[name.len()..].starts_with('}') => &inner[name.len() + 1..],
            None if !name.is_empty() => &tail[name.len()..],
            _ => {
                out.push('$');
                rest = tail;
                continue;
            }
        };
        out.push_str(machine.value(name));
    }
    out.push_str(rest);
    Answer {
        stdout: out,
        ..Answer::default()
    }
}

/// `seq [FIRST] LAST`
pub fn seq(args: &[EcoString]) -> Answer {
    let number = |at: usize| args.get(at).and_then(|arg| arg.parse::<i64>().ok());
    let (first, last) = match args.len() {
        1 => (Some(1), number(0)),
        _ => (number(0), number(1)),
    };
    let (Some(first), Some(last)) = (first, last) else {
        return not_simulated("seq", args);
    };
    let last = last.min(first.saturating_add(10_000));
    let lines: Vec<EcoString> = (first..=last).map(|n| eco_format!("{n}\n")).collect();
    Answer::ok(lines.concat())
}

/// `basename PATH`, `dirname PATH`
pub fn path_part(program: &str, args: &[EcoString]) -> Answer {
    let path = args
        .first()
        .map_or("", EcoString::as_str)
        .trim_end_matches('/');
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    match (program, args.get(1)) {
        ("basename", Some(end)) => Answer::ok(name.strip_suffix(end.as_str()).unwrap_or(name)),
        ("basename", None) => Answer::ok(name),
        _ => Answer::ok(folder),
    }
}

/// `date [-u] [+FORMAT]` at the moment that the step began.
pub fn date(machine: &Machine<'_>, args: &[EcoString]) -> Answer {
    let now = time::rfc3339(machine.now);
    let part = |from: usize, to: usize| now.get(from..to).unwrap_or_default();
    let seconds = time::EPOCH_SECONDS + machine.now / 1000;
    let format = args.iter().find_map(|arg| arg.strip_prefix('+'));
    let text = format
        .unwrap_or("%F %T UTC")
        .replace("%F", "%Y-%m-%d")
        .replace("%T", "%H:%M:%S")
        .replace("%s", &seconds.to_string())
        .replace("%Y", part(0, 4))
        .replace("%m", part(5, 7))
        .replace("%d", part(8, 10))
        .replace("%H", part(11, 13))
        .replace("%M", part(14, 16))
        .replace("%S", part(17, 19));
    Answer::ok(text)
}
