//! The command line of `helm template`, read as Helm reads it
//! (github.com/spf13/pflag: flag.go, errors.go).

use gotmpl::quote::{quote, quote_char};
use helm::{Level, Log};
use std::collections::BTreeMap;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// `true` or `false`; `true` if nothing is said.
    Bool,
    /// Text; the last one counts.
    Text,
    /// Texts, with commas between, as in a line of CSV.
    Commas,
    /// Texts, one each time.
    Each,
    /// A whole number.
    Number,
    /// A decimal number.
    Decimal,
    /// A time such as `5m0s`.
    Duration,
    /// `name=value` pairs, with commas between.
    Pairs,
    /// Text, or this if nothing follows the name.
    Optional(&'static str),
}

/// What becomes of a flag.
#[derive(Clone, Copy, PartialEq)]
pub enum Use {
    /// It is acted on.
    Acts,
    /// It says something about a cluster or a repository, which nothing is asked of: it is read and
    /// has no effect, as in Helm.
    Idle,
    /// It asks for what this program does not do; the text says why.
    Refused(&'static str),
}

/// A flag: its name, its letter (or a space), what it takes, and what becomes of it.
pub struct Flag {
    /// Without the dashes.
    pub name: &'static str,
    /// One letter, or a space for none.
    pub letter: char,
    /// What it takes.
    pub kind: Kind,
    /// What becomes of it.
    pub used: Use,
    /// What Helm says of a flag that is on its way out.
    pub deprecated: &'static str,
}

const fn flag(name: &'static str, letter: char, kind: Kind, used: Use) -> Flag {
    Flag {
        name,
        letter,
        kind,
        used,
        deprecated: "",
    }
}

const fn deprecated(name: &'static str, kind: Kind, used: Use, advice: &'static str) -> Flag {
    Flag {
        name,
        letter: ' ',
        kind,
        used,
        deprecated: advice,
    }
}

const CLUSTER: &str = "it asks a cluster, and there is none";
const DOWNLOAD: &str = "charts are read from folders and .tgz files, nothing is downloaded";
const PROGRAM: &str = "no other program is started";
const NO_EFFECT: &str = "this flag has no effect for 'helm template' and will be removed in Helm 5";

/// The flags of `helm template` 4.3, the global and hidden ones too, and this program's own.
pub const FLAGS: &[Flag] = {
    use Kind::*;
    use Use::*;
    &[
        flag("api-versions", 'a', Commas, Acts),
        flag("debug", ' ', Bool, Acts),
        flag("dry-run", ' ', Optional("unset"), Acts),
        flag("generate-name", 'g', Bool, Acts),
        flag("help", 'h', Bool, Acts),
        flag("include-crds", ' ', Bool, Acts),
        flag("is-upgrade", ' ', Bool, Acts),
        flag("kube-version", ' ', Text, Acts),
        flag("name-template", ' ', Text, Acts),
        flag("namespace", 'n', Text, Acts),
        flag("no-hooks", ' ', Bool, Acts),
        flag("output-dir", ' ', Text, Acts),
        flag("release-name", ' ', Bool, Acts),
        flag("set", ' ', Each, Acts),
        flag("set-file", ' ', Each, Acts),
        flag("set-json", ' ', Each, Acts),
        flag("set-literal", ' ', Each, Acts),
        flag("set-string", ' ', Each, Acts),
        flag("show-only", 's', Each, Acts),
        flag("skip-schema-validation", ' ', Bool, Acts),
        flag("skip-tests", ' ', Bool, Acts),
        flag("values", 'f', Commas, Acts),
        flag("dependency-update", ' ', Bool, Refused(DOWNLOAD)),
        flag("post-renderer", ' ', Text, Refused(PROGRAM)),
        flag("post-renderer-args", ' ', Each, Refused(PROGRAM)),
        flag("repo", ' ', Text, Refused(DOWNLOAD)),
        flag("verify", ' ', Bool, Refused("signatures are not checked")),
        deprecated(
            "validate",
            Bool,
            Refused(CLUSTER),
            "use '--dry-run=server' instead",
        ),
        deprecated("atomic", Bool, Idle, "use --rollback-on-failure instead"),
        deprecated("force", Bool, Idle, "use --force-replace instead"),
        deprecated("hide-notes", Bool, Idle, NO_EFFECT),
        deprecated("render-subchart-notes", Bool, Idle, NO_EFFECT),
        flag("burst-limit", ' ', Number, Idle),
        flag("ca-file", ' ', Text, Idle),
        flag("cert-file", ' ', Text, Idle),
        flag("color", ' ', Text, Idle),
        flag("colour", ' ', Text, Idle),
        flag("content-cache", ' ', Text, Idle),
        flag("create-namespace", ' ', Bool, Idle),
        flag("description", ' ', Text, Idle),
        flag("devel", ' ', Bool, Idle),
        flag("disable-openapi-validation", ' ', Bool, Idle),
        flag("enable-dns", ' ', Bool, Idle),
        flag("force-conflicts", ' ', Bool, Idle),
        flag("force-replace", ' ', Bool, Idle),
        flag("insecure-skip-tls-verify", ' ', Bool, Idle),
        flag("key-file", ' ', Text, Idle),
        flag("keyring", ' ', Text, Idle),
        flag("kube-apiserver", ' ', Text, Idle),
        flag("kube-as-group", ' ', Each, Idle),
        flag("kube-as-user", ' ', Text, Idle),
        flag("kube-ca-file", ' ', Text, Idle),
        flag("kube-context", ' ', Text, Idle),
        flag("kube-insecure-skip-tls-verify", ' ', Bool, Idle),
        flag("kube-tls-server-name", ' ', Text, Idle),
        flag("kube-token", ' ', Text, Idle),
        flag("kubeconfig", ' ', Text, Idle),
        flag("labels", 'l', Pairs, Idle),
        flag("pass-credentials", ' ', Bool, Idle),
        flag("password", ' ', Text, Idle),
        flag("plain-http", ' ', Bool, Idle),
        flag("qps", ' ', Decimal, Idle),
        flag("registry-config", ' ', Text, Idle),
        flag("replace", ' ', Bool, Idle),
        flag("repository-cache", ' ', Text, Idle),
        flag("repository-config", ' ', Text, Idle),
        flag("rollback-on-failure", ' ', Bool, Idle),
        flag("server-side", ' ', Bool, Idle),
        flag("skip-crds", ' ', Bool, Idle),
        flag("take-ownership", ' ', Bool, Idle),
        flag("timeout", ' ', Duration, Idle),
        flag("username", ' ', Text, Idle),
        flag("version", ' ', Text, Idle),
        flag("wait", ' ', Optional("watcher"), Idle),
        flag("wait-for-jobs", ' ', Bool, Idle),
        // Those of the library that Helm's Kubernetes client logs with.
        flag("add-dir-header", ' ', Bool, Idle),
        flag("alsologtostderr", ' ', Bool, Idle),
        flag("log-backtrace-at", ' ', Text, Idle),
        flag("log-dir", ' ', Text, Idle),
        flag("log-file", ' ', Text, Idle),
        flag("log-file-max-size", ' ', Number, Idle),
        flag("logtostderr", ' ', Bool, Idle),
        flag("one-output", ' ', Bool, Idle),
        flag("skip-headers", ' ', Bool, Idle),
        flag("skip-log-headers", ' ', Bool, Idle),
        flag("stderrthreshold", ' ', Text, Idle),
        flag("v", 'v', Number, Idle),
        flag("vmodule", ' ', Text, Idle),
        // This program's own.
        flag("batch", ' ', Bool, Acts),
        flag("explain", ' ', Text, Acts),
    ]
};

/// A command line that was read.
#[derive(Default)]
pub struct Parsed {
    /// What is not a flag.
    pub arguments: Vec<String>,
    /// The values of each flag that was given, in their order.
    given: BTreeMap<&'static str, Vec<String>>,
    /// What is said about flags that are on their way out, if nothing is wrong.
    pub notes: String,
    /// What is said in any case.
    pub log: Log,
    /// What is wrong, in the words of Helm's library.
    pub wrong: Option<String>,
}

impl Parsed {
    /// All that a flag was given.
    pub fn all(&self, name: &str) -> &[String] {
        self.given.get(name).map_or(&[], Vec::as_slice)
    }

    /// The last that a flag was given.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.all(name).last().map(String::as_str)
    }

    /// Whether a flag is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.last(name) == Some("true")
    }

    /// Whether flags were given that go against each other
    /// (github.com/spf13/cobra/flag_groups.go).
    ///
    /// # Errors
    /// They were.
    pub fn check_groups(&self) -> Result<(), String> {
        let is_given = |name: &&str| self.given.contains_key(name);
        match GROUPS.iter().find(|group| group.iter().all(is_given)) {
            None => Ok(()),
            Some(group) => {
                let mut given = group.to_vec();
                given.sort_unstable();
                Err(format!(
                    "if any flags in the group [{}] are set none of the others can be; [{}] were all set",
                    group.join(" "),
                    given.join(" ")
                ))
            }
        }
    }

    /// The first flag given that this program refuses, and why.
    pub fn refused(&self) -> Option<(&'static str, &'static str)> {
        FLAGS.iter().find_map(|flag| match flag.used {
            Use::Refused(why) if self.given.contains_key(flag.name) => {
                let off = flag.kind == Kind::Bool && !self.is_on(flag.name);
                (!off).then_some((flag.name, why))
            }
            _ => None,
        })
    }
}

/// Flags of which only one may be given.
const GROUPS: [[&str; 2]; 3] = [
    ["force", "force-conflicts"],
    ["force-replace", "force-conflicts"],
    ["validate", "dry-run"],
];

/// Reads a command line, up to where it is wrong.
pub fn parse(args: &[String]) -> Parsed {
    let mut parsed = Parsed::default();
    parsed.wrong = read(args, &mut parsed).err();
    parsed
}

/// A flag's value as Go's `strconv.ParseBool` reads it.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn read(args: &[String], parsed: &mut Parsed) -> Result<(), String> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.strip_prefix('-') {
            None | Some("") => parsed.arguments.push(arg.clone()),
            Some("-") => {
                parsed.arguments.extend(args.cloned());
                return Ok(());
            }
            Some(rest) => match rest.strip_prefix('-') {
                Some(name) => read_long(arg, name, &mut args, parsed)?,
                None => read_short(rest, &mut args, parsed)?,
            },
        }
    }
    Ok(())
}

type Args<'a> = std::slice::Iter<'a, String>;

/// `--name`, `--name=value` or `--name value`.
fn read_long(
    arg: &str,
    rest: &str,
    args: &mut Args<'_>,
    parsed: &mut Parsed,
) -> Result<(), String> {
    if rest.starts_with(['-', '=']) {
        return Err(format!("bad flag syntax: {arg}"));
    }
    let (name, value) = match rest.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (rest, None),
    };
    let Some(flag) = FLAGS.iter().find(|flag| flag.name == name) else {
        return Err(format!("unknown flag: --{name}"));
    };
    let value = match (value, flag.kind) {
        (Some(value), _) => value,
        (None, Kind::Bool) => "true",
        (None, Kind::Optional(default)) => default,
        (None, _) => match args.next() {
            Some(value) => value,
            None => return Err(format!("flag needs an argument: --{name}")),
        },
    };
    set(flag, value, parsed)
}

/// `-n value`, `-nvalue`, `-n=value`, and letters of switches in a row.
fn read_short(rest: &str, args: &mut Args<'_>, parsed: &mut Parsed) -> Result<(), String> {
    let mut rest = rest;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        let Some(flag) = FLAGS.iter().find(|flag| flag.letter == letter) else {
            // The library takes the first byte for the letter.
            let byte = rest.bytes().next().map_or(' ', char::from);
            let shown = quote_char(byte, false);
            return Err(format!("unknown shorthand flag: {shown} in -{rest}"));
        };
        let value = match (after.strip_prefix('='), flag.kind) {
            (Some(value), _) if !value.is_empty() => value,
            (_, Kind::Bool) => {
                set(flag, "true", parsed)?;
                rest = after;
                continue;
            }
            (_, Kind::Optional(default)) => default,
            _ if !after.is_empty() => after,
            _ => match args.next() {
                Some(value) => value,
                None => return Err(format!("flag needs an argument: '{letter}' in -{rest}")),
            },
        };
        return set(flag, value, parsed);
    }
    Ok(())
}

/// Takes a value for a flag, if it is one.
fn set(flag: &'static Flag, value: &str, parsed: &mut Parsed) -> Result<(), String> {
    let values = values(flag, value).map_err(|cause| {
        let name = match flag.letter {
            ' ' => format!("--{}", flag.name),
            letter => format!("-{letter}, --{}", flag.name),
        };
        format!(
            "invalid argument {} for {} flag: {cause}",
            quote(value.as_bytes()),
            quote(name.as_bytes())
        )
    })?;
    parsed.given.entry(flag.name).or_default().extend(values);
    if !flag.deprecated.is_empty() {
        let note = format!(
            "Flag --{} has been deprecated, {}\n",
            flag.name, flag.deprecated
        );
        parsed.notes.push_str(&note);
    }
    if flag.name == "wait"
        && let Some(flag) = parse_bool(value)
    {
        let strategy = if flag { "watcher" } else { "hookOnly" };
        let text = format!(
            "--wait={value} is deprecated (boolean value) and can be replaced with --wait={strategy}"
        );
        parsed.log.add(Level::Warn, text, Vec::new());
    }
    Ok(())
}

/// The values that a text stands for.
fn values(flag: &Flag, text: &str) -> Result<Vec<String>, String> {
    let wrong = |function: &str, why: &str| {
        let shown = quote(text.as_bytes());
        Err(format!("strconv.{function}: parsing {shown}: {why}"))
    };
    let is_word = |words: &[&str]| words.contains(&text);
    match flag.kind {
        Kind::Bool => match parse_bool(text) {
            Some(flag) => return Ok(vec![flag.to_string()]),
            None => return wrong("ParseBool", "invalid syntax"),
        },
        Kind::Commas => return csv_line(text),
        Kind::Number => {
            let digits = text.trim_start_matches(['-', '+']);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return wrong("ParseInt", "invalid syntax");
            }
            if text.parse::<i64>().is_err() {
                return wrong("ParseInt", "value out of range");
            }
        }
        Kind::Decimal => match text.parse::<f32>() {
            Err(_) => return wrong("ParseFloat", "invalid syntax"),
            Ok(number) if number.is_infinite() => {
                return wrong("ParseFloat", "value out of range");
            }
            Ok(_) => {}
        },
        Kind::Duration => drop(helm::parse_duration(text)?),
        Kind::Pairs => return pairs(text),
        Kind::Optional(_) if flag.name == "wait" => {
            if !is_word(&["watcher", "hookOnly", "legacy", "true", "false"]) {
                let shown = quote(text.as_bytes());
                return Err(format!(
                    "invalid wait input {shown}. Valid inputs are watcher, hookOnly, and legacy"
                ));
            }
        }
        Kind::Text | Kind::Each | Kind::Optional(_) => {}
    }
    Ok(vec![text.to_owned()])
}

/// `name=value` pairs: one, or several with commas between.
fn pairs(text: &str) -> Result<Vec<String>, String> {
    let pairs = match text.matches('=').count() {
        0 | 1 => vec![text.trim_matches('"').to_owned()],
        _ => csv_line(text)?,
    };
    match pairs.iter().find(|pair| !pair.contains('=')) {
        Some(pair) => Err(format!("{pair} must be formatted as key=value")),
        None => Ok(pairs),
    }
}

/// The first line of a CSV text (Go's encoding/csv): a field in quotes may hold commas, line ends,
/// and quotes written twice.
fn csv_line(text: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = text.trim_start_matches(['\n', '\r']);
    if rest.is_empty() {
        return match text.is_empty() {
            true => Ok(fields),
            false => Err("EOF".to_owned()),
        };
    }
    let column = |rest: &str| text.len() - rest.len() + 1;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let line = rest.split('\n').next().unwrap_or(rest);
            let line = line.strip_suffix('\r').unwrap_or(line);
            let (field, after) = match line.split_once(',') {
                Some((field, _)) => (field, Some(&rest[field.len() + 1..])),
                None => (line, None),
            };
            if let Some(at) = field.find('"') {
                let column = column(rest) + at;
                return Err(format!(
                    "parse error on line 1, column {column}: bare \" in non-quoted-field"
                ));
            }
            fields.push(field.to_owned());
            match after {
                Some(after) => rest = after,
                None => return Ok(fields),
            }
            continue;
        };
        let mut field = String::new();
        let mut inside = quoted;
        loop {
            let Some((before, after)) = inside.split_once('"') else {
                let column = text.len() + 1;
                return Err(format!(
                    "parse error on line 1, column {column}: extraneous or missing \" in quoted-field"
                ));
            };
            field.push_str(before);
            match after.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    inside = more;
                }
                None => {
                    inside = after;
                    break;
                }
            }
        }
        fields.push(field);
        match inside.strip_prefix(',') {
            Some(after) => rest = after,
            None if inside.is_empty() || inside.starts_with(['\n', '\r']) => return Ok(fields),
            None => {
                let column = column(inside) - 1;
                return Err(format!(
                    "parse error on line 1, column {column}: extraneous or missing \" in quoted-field"
                ));
            }
        }
    }
}
