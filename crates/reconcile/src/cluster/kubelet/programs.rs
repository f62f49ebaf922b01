//! The programs of an image with a shell: those of busybox, as far as they matter to a kubelet.
//!
//! Messages and exit codes are busybox's.

use super::files::Disk;
use super::shell::Server;
use ecow::{EcoString, eco_format};
use kube::Millis;

/// Never.
pub(super) const FOREVER: Millis = Millis::MAX;

/// How many numbers `seq` prints at most.
const SEQ_MAX: usize = 10_000;

/// What a program did.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    /// What it printed, or the beginning of it.
    pub(super) out: EcoString,
    /// How many bytes it printed.
    pub(super) size: u64,
    /// What it printed on standard error.
    pub(super) error: EcoString,
    pub(super) status: i32,
    /// How long it took.
    pub(super) takes: Millis,
    /// How much memory it needed, in bytes.
    pub(super) memory: u64,
    /// What listens from now on.
    pub(super) server: Option<Server>,
}

impl Done {
    pub(super) fn print(out: impl Into<EcoString>) -> Done {
        let out = out.into();
        Done {
            size: out.len() as u64,
            out,
            ..Done::default()
        }
    }

    pub(super) fn failed(error: &str, status: i32) -> Done {
        Done {
            error: error.into(),
            status,
            ..Done::default()
        }
    }

    fn takes(takes: Millis) -> Done {
        Done {
            takes,
            ..Done::default()
        }
    }

    fn is(holds: bool) -> Done {
        Done {
            status: i32::from(!holds),
            ..Done::default()
        }
    }
}

/// The programs there are.
const PROGRAMS: [&str; 39] = [
    "[", "ash", "awk", "bash", "cat", "chmod", "cp", "cut", "date", "dd", "echo", "env", "expr",
    "false", "grep", "head", "hostname", "httpd", "kill", "ls", "mkdir", "mv", "nc", "nslookup",
    "printenv", "printf", "ps", "rm", "sed", "seq", "sh", "sleep", "sync", "tail", "tee", "test",
    "touch", "true", "yes",
];

/// The name of a program that may be named with its path.
pub(super) fn name(command: &str) -> &str {
    ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"]
        .iter()
        .find_map(|folder| command.strip_prefix(folder))
        .unwrap_or(command)
}

/// Whether an image with a shell has a program of that name, or at that path.
pub(super) fn has(command: &str) -> bool {
    PROGRAMS.contains(&name(command))
}

/// Runs a program.
pub(super) fn run(words: &[EcoString], input: &Done, disk: &mut Disk<'_>) -> Done {
    let arguments = &words[1..];
    let paths = || arguments.iter().filter(|word| !word.starts_with('-'));
    match name(&words[0]) {
        "true" | ":" | "chmod" | "mkdir" | "sync" | "kill" | "date" | "ps" => Done::default(),
        // A shell without a command finds its input at its end.
        "sh" | "ash" | "bash" => Done::default(),
        "false" => Done::is(false),
        "sleep" => sleep(arguments),
        "echo" => echo(arguments),
        "printf" => Done::print(
            arguments
                .first()
                .map_or("", |word| word)
                .replace("\\n", "\n"),
        ),
        "hostname" => Done::print("localhost\n"),
        "cat" if arguments.is_empty() => input.clone(),
        "cat" => each(paths(), |path| match disk.read(path) {
            Some(text) => Done::print(text),
            None => missing("cat: can't open", path),
        }),
        "ls" => each(paths(), |path| match disk.has(path) {
            true => Done::print(eco_format!("{path}\n")),
            false => Done::failed(&eco_format!("ls: {path}: No such file or directory\n"), 1),
        }),
        "touch" => each(paths(), |path| {
            let text = disk.read(path).unwrap_or_default();
            disk.write(path, text);
            Done::default()
        }),
        "rm" => {
            let is_forced = arguments
                .iter()
                .any(|word| word.starts_with('-') && word.contains('f'));
            each(paths(), |path| match disk.remove(path) || is_forced {
                true => Done::default(),
                false => missing("rm: can't remove", path),
            })
        }
        "cp" => copy(arguments, false, disk),
        "mv" => copy(arguments, true, disk),
        "tee" => {
            for path in paths() {
                disk.write(path, input.out.clone());
            }
            input.clone()
        }
        "grep" => grep(arguments, input, disk),
        "[" | "test" => test(arguments, disk),
        "head" => head(arguments, input),
        "yes" => Done {
            size: u64::MAX,
            ..Done::print("y\n")
        },
        // What they would do to the text is not simulated.
        "awk" | "sed" | "cut" | "expr" | "nslookup" => input.clone(),
        "seq" => seq(arguments),
        "tail" => tail(arguments, input),
        "dd" => dd(arguments),
        "httpd" => httpd(arguments),
        "nc" => nc(arguments),
        _ => Done::failed(&eco_format!("sh: {}: not found\n", words[0]), 127),
    }
}

fn missing(what: &str, path: &str) -> Done {
    Done::failed(
        &eco_format!("{what} '{path}': No such file or directory\n"),
        1,
    )
}

/// Does something with each path. The last failure counts.
fn each<'a>(paths: impl Iterator<Item = &'a EcoString>, mut act: impl FnMut(&str) -> Done) -> Done {
    let mut all = Done::default();
    for path in paths {
        let one = act(path);
        all.out.push_str(&one.out);
        all.error.push_str(&one.error);
        all.size = all.size.saturating_add(one.size);
        all.status = if one.status == 0 {
            all.status
        } else {
            one.status
        };
    }
    all
}

fn sleep(arguments: &[EcoString]) -> Done {
    match arguments.first().map(|word| duration(word)) {
        Some(Some(time)) => Done::takes(time),
        Some(None) => Done::failed(
            &eco_format!("sleep: invalid number '{}'\n", arguments[0]),
            1,
        ),
        None => Done::failed("BusyBox\nUsage: sleep [N]...\n", 1),
    }
}

/// `0.5`, `3`, `2m`, `inf`
fn duration(text: &str) -> Option<Millis> {
    if text.starts_with("inf") {
        return Some(FOREVER);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut thousandths = 0;
    for at in 0..3 {
        let digit = part
            .as_bytes()
            .get(at)
            .map_or(Some(0), |byte| char::from(*byte).to_digit(10));
        thousandths = thousandths * 10 + u64::from(digit?);
    }
    Some(
        whole
            .saturating_mul(unit)
            .saturating_add(thousandths * unit / 1000),
    )
}

fn echo(arguments: &[EcoString]) -> Done {
    let options = arguments
        .iter()
        .take_while(|word| matches!(word.as_str(), "-n" | "-e" | "-ne"));
    let options: Vec<&str> = options.map(EcoString::as_str).collect();
    let mut text = EcoString::new();
    for (at, word) in arguments[options.len()..].iter().enumerate() {
        text.push_str(if at == 0 { "" } else { " " });
        text.push_str(word);
    }
    if options.iter().any(|option| option.contains('e')) {
        text = text.replace("\\r", "\r").replace("\\n", "\n");
    }
    if !options.iter().any(|option| option.contains('n')) {
        text.push('\n');
    }
    Done::print(text)
}

fn copy(arguments: &[EcoString], is_moved: bool, disk: &mut Disk<'_>) -> Done {
    let [from, to] = arguments else {
        return Done::is(false);
    };
    let Some(text) = disk.read(from) else {
        return missing(
            if is_moved {
                "mv: can't rename"
            } else {
                "cp: can't stat"
            },
            from,
        );
    };
    disk.write(to, text);
    if is_moved {
        disk.remove(from);
    }
    Done::default()
}

/// `grep [-q] TEXT [FILE]`: plain text only.
fn grep(arguments: &[EcoString], input: &Done, disk: &Disk<'_>) -> Done {
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    let pattern = words.next().cloned().unwrap_or_default();
    let text = match words.next() {
        Some(path) => match disk.read(path) {
            Some(text) => text,
            None => {
                let error = eco_format!("grep: {path}: No such file or directory\n");
                return Done::failed(&error, 2);
            }
        },
        None => input.out.clone(),
    };
    let is_quiet = arguments
        .iter()
        .any(|word| word.starts_with('-') && word.contains('q'));
    let mut found = EcoString::new();
    for line in text
        .lines()
        .filter(|line| line.contains(pattern.trim_matches(['^', '$'])))
    {
        found.push_str(line);
        found.push('\n');
    }
    let status = i32::from(found.is_empty());
    Done {
        status,
        ..Done::print(if is_quiet { EcoString::new() } else { found })
    }
}

fn test(arguments: &[EcoString], disk: &Disk<'_>) -> Done {
    let words: Vec<&str> = arguments.iter().map(EcoString::as_str).collect();
    let words = words.strip_suffix(&["]"]).unwrap_or(&words);
    let (words, wanted) = match words {
        ["!", rest @ ..] => (rest, false),
        all => (all, true),
    };
    let number = |text: &str| text.trim().parse::<i64>().unwrap_or(0);
    let holds = match words {
        [] => false,
        ["-e" | "-d", path] => disk.has(path),
        ["-f" | "-r" | "-x" | "-w", path] => disk.read(path).is_some(),
        ["-s", path] => disk.read(path).is_some_and(|text| !text.is_empty()),
        ["-n", text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        [one] => !one.is_empty(),
        [a, "=" | "==", b] => a == b,
        [a, "!=", b] => a != b,
        [a, "-eq", b] => number(a) == number(b),
        [a, "-ne", b] => number(a) != number(b),
        [a, "-lt", b] => number(a) < number(b),
        [a, "-le", b] => number(a) <= number(b),
        [a, "-gt", b] => number(a) > number(b),
        [a, "-ge", b] => number(a) >= number(b),
        _ => return Done::failed("sh: bad test\n", 2),
    };
    Done::is(holds == wanted)
}

/// `seq [FIRST [STEP]] LAST`: numbers, each on its line.
fn seq(arguments: &[EcoString]) -> Done {
    let mut numbers = Vec::new();
    for word in arguments {
        let Ok(number) = word.parse::<i64>() else {
            return Done::failed(&eco_format!("seq: invalid number '{word}'\n"), 1);
        };
        numbers.push(number);
    }
    let (first, step, last) = match numbers[..] {
        [last] => (1, 1, last),
        [first, last] => (first, 1, last),
        [first, step, last] => (first, step, last),
        _ => return Done::failed("BusyBox\nUsage: seq [-w] [-s SEP] [FIRST [INC]] LAST\n", 1),
    };
    let next = |number: &i64| number.checked_add(step);
    let all = std::iter::successors(Some(first), next).take(SEQ_MAX);
    let is_within = |number: &i64| {
        if step < 0 {
            last <= *number
        } else {
            *number <= last
        }
    };
    let lines = all
        .take_while(is_within)
        .map(|number| eco_format!("{number}\n"));
    Done::print(lines.collect::<EcoString>())
}

/// A number of bytes: `200000000`, `20M`, `64k`.
fn bytes(text: &str) -> u64 {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].chars().next() {
        Some('k' | 'K') => 10,
        Some('m' | 'M') => 20,
        Some('g' | 'G') => 30,
        _ => 0,
    };
    digits
        .parse::<u64>()
        .unwrap_or(0)
        .saturating_mul(1 << shift)
}

fn head(arguments: &[EcoString], input: &Done) -> Done {
    let mut words = arguments.iter();
    let limit = words.find_map(|word| word.strip_prefix("-c").map(EcoString::from));
    let limit = match limit {
        Some(inline) if inline.is_empty() => words.next().map_or(0, |word| bytes(word)),
        Some(inline) => bytes(&inline),
        None => u64::MAX,
    };
    let endless = words.any(|path| path == "/dev/zero" || path == "/dev/urandom");
    let size = if endless {
        limit
    } else {
        input.size.min(limit)
    };
    let end = usize::try_from(size)
        .unwrap_or(usize::MAX)
        .min(input.out.len());
    let end = (0..=end)
        .rev()
        .find(|at| input.out.is_char_boundary(*at))
        .unwrap_or(0);
    Done {
        size,
        ..Done::print(&input.out[..end])
    }
}

/// `tail` keeps what it reads; with `-f` it never ends.
fn tail(arguments: &[EcoString], input: &Done) -> Done {
    if arguments.iter().any(|word| word == "/dev/zero") {
        return Done {
            memory: u64::MAX,
            status: 137,
            ..Done::takes(500)
        };
    }
    if arguments
        .iter()
        .any(|word| word.starts_with('-') && word.to_lowercase().contains('f'))
    {
        return Done::takes(FOREVER);
    }
    Done {
        memory: input.size,
        ..input.clone()
    }
}

/// `dd bs=… count=…`: its buffer takes memory, and so does what it writes to a file system in memory.
fn dd(arguments: &[EcoString]) -> Done {
    let value = |name: &str| {
        let found = arguments
            .iter()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.map(EcoString::from)
    };
    let size = value("bs").map_or(512, |text| bytes(&text));
    let count = value("count").map_or(u64::MAX, |text| bytes(&text));
    let to = value("of").unwrap_or_default();
    let stays = to.starts_with("/dev/shm");
    Done {
        memory: if stays {
            size.saturating_mul(count)
        } else {
            size
        },
        takes: 200,
        ..Done::default()
    }
}

/// The value of an option: `-p 80` or `-p80`.
fn option(arguments: &[EcoString], name: &str) -> Option<EcoString> {
    let at = arguments.iter().position(|word| word.starts_with(name))?;
    let inline = &arguments[at][name.len()..];
    if inline.is_empty() {
        arguments.get(at + 1).cloned()
    } else {
        Some(inline.into())
    }
}

fn port(text: &str) -> i64 {
    text.rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or(0)
}

fn httpd(arguments: &[EcoString]) -> Done {
    let server = Server {
        port: option(arguments, "-p").map_or(80, |text| port(&text)),
        root: Some(option(arguments, "-h").unwrap_or_default()),
    };
    let stays = arguments.iter().any(|word| word == "-f" || word == "-fv");
    Done {
        server: Some(server),
        takes: if stays { FOREVER } else { 0 },
        ..Done::default()
    }
}

/// `nc -l`: listens, and answers nothing that HTTP knows. As a client it reaches nobody.
fn nc(arguments: &[EcoString]) -> Done {
    let listens = arguments
        .iter()
        .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('l'));
    if !listens {
        return Done::failed("nc: can't connect to remote host: Connection refused\n", 1);
    }
    let number = option(arguments, "-p").or_else(|| arguments.last().cloned());
    Done {
        server: Some(Server {
            port: number.map_or(0, |text| port(&text)),
            root: None,
        }),
        ..Done::takes(FOREVER)
    }
}
