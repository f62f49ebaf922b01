//! Arguments as `pflag` reads them: flags anywhere, `--flag=value` and `--flag value`, `-n value`.

use super::session::Fault;
use kube::{Millis, Selection};

/// The units of a time, in milliseconds.
const UNITS: [(&str, Millis); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// A flag that takes a value, or (`is_switch`) may stand alone.
pub(super) struct Flag {
    pub name: &'static str,
    pub short: Option<char>,
    pub is_switch: bool,
}

/// A flag with a value.
pub(super) const fn value(name: &'static str, short: Option<char>) -> Flag {
    Flag {
        name,
        short,
        is_switch: false,
    }
}

/// A flag that may stand alone.
pub(super) const fn switch(name: &'static str, short: Option<char>) -> Flag {
    Flag {
        name,
        short,
        is_switch: true,
    }
}

/// Whether a change is only tried. Alone it means `client`.
pub(super) const DRY_RUN: Flag = switch("dry-run", None);
/// What is printed of an object that was changed.
pub(super) const OUTPUT: Flag = value("output", Some('o'));
/// All objects of a kind.
pub(super) const ALL: Flag = switch("all", None);
/// The objects of a kind that have certain labels.
pub(super) const SELECTOR: Flag = value("selector", Some('l'));
/// The objects that have certain values in some fields.
pub(super) const FIELD_SELECTOR: Flag = value("field-selector", None);
/// Objects of all namespaces.
pub(super) const ALL_NAMESPACES: Flag = switch("all-namespaces", Some('A'));
/// What becomes of fields that the server does not know.
pub(super) const VALIDATE: Flag = switch("validate", None);
/// The manifest to read.
pub(super) const FILENAME: Flag = value("filename", Some('f'));

/// What all commands take, also before their name (`genericclioptions.ConfigFlags`).
const COMMON: &[Flag] = &[
    value("as", None),
    value("as-group", None),
    value("namespace", Some('n')),
    value("request-timeout", None),
];

/// Where the words of a line lie that name the command: the first ones that are neither flags nor the
/// values of flags (`Find` in cobra). What follows a flag of no command is taken for its value.
pub(super) fn names(args: &[&str], most: usize) -> Vec<usize> {
    let (mut found, mut is_value) = (Vec::new(), false);
    for (at, arg) in args.iter().enumerate() {
        match *arg {
            _ if is_value => is_value = false,
            _ if found.len() == most => break,
            "--" => break,
            arg if arg.starts_with('-') && arg != "-" => {
                let is_short = !arg.starts_with("--");
                is_value = !arg.contains('=') && (!is_short || arg.len() == 2);
            }
            _ => found.push(at),
        }
    }
    found
}

/// The arguments of one command.
#[derive(Default)]
pub(super) struct Args {
    command: String,
    own: &'static [Flag],
    /// What is no flag, in order.
    pub words: Vec<String>,
    /// How many of the words stand before `--`; none if it does not.
    dash: Option<usize>,
    flags: Vec<(&'static str, String)>,
}

impl Args {
    /// Reads the arguments beside a command's name.
    pub fn read(command: &str, own: &'static [Flag], args: &[&str]) -> Result<Args, Fault> {
        let mut read = Args {
            command: command.to_owned(),
            own,
            ..Args::default()
        };
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let is_flag = read.dash.is_none() && arg.starts_with('-') && *arg != "-";
            if !is_flag {
                read.words.push((*arg).to_owned());
            } else if *arg == "--" {
                read.dash = Some(read.words.len());
            } else if let Some(long) = arg.strip_prefix("--") {
                let (name, inline) = match long.split_once('=') {
                    Some((name, inline)) => (name, Some(inline)),
                    None => (long, None),
                };
                let flag = read.flag(|flag| flag.name == name);
                let flag = flag.ok_or_else(|| read.usage(&format!("unknown flag: --{name}")))?;
                let inline = inline.or(flag.is_switch.then_some("true"));
                let value = inline.or_else(|| rest.next().copied());
                read.set(flag, value, arg)?;
            } else {
                // `-Aowide`: switches, and at last a flag with its value.
                let mut letters = arg[1..].chars();
                while let Some(letter) = letters.next() {
                    let flag = read.flag(|flag| flag.short == Some(letter));
                    let words =
                        || read.usage(&format!("unknown shorthand flag: '{letter}' in {arg}"));
                    let flag = flag.ok_or_else(words)?;
                    let after = letters.as_str();
                    let value = match after.strip_prefix('=') {
                        Some(value) => Some(value),
                        None if flag.is_switch => {
                            read.set(flag, Some("true"), arg)?;
                            continue;
                        }
                        None if after.is_empty() => rest.next().copied(),
                        None => Some(after),
                    };
                    let shown = format!("'{letter}' in {arg}");
                    read.set(flag, value, &shown)?;
                    break;
                }
            }
        }
        Ok(read)
    }

    fn flag(&self, is: impl Fn(&Flag) -> bool) -> Option<&'static Flag> {
        self.own.iter().chain(COMMON).find(|flag| is(flag))
    }

    fn set(&mut self, flag: &'static Flag, value: Option<&str>, shown: &str) -> Result<(), Fault> {
        let missing = || self.usage(&format!("flag needs an argument: {shown}"));
        let value = value.ok_or_else(missing)?.to_owned();
        self.flags.push((flag.name, value));
        Ok(())
    }

    /// A complaint about the command line, with where to find help.
    fn usage(&self, why: &str) -> Fault {
        Fault::Usage(format!("{why}\nSee '{} --help' for usage.", self.command))
    }

    /// The words that stand before `--`.
    pub fn before_dash(&self) -> &[String] {
        &self.words[..self.dash.unwrap_or(self.words.len())]
    }

    /// Whether there is a `--`.
    pub fn has_dash(&self) -> bool {
        self.dash.is_some()
    }

    /// The words that stand behind `--`.
    pub fn after_dash(&self) -> &[String] {
        self.dash.map_or(&[], |at| &self.words[at..])
    }

    /// Whether the command has a flag, given or not.
    pub fn takes(&self, flag: &Flag) -> bool {
        self.own.iter().any(|own| own.name == flag.name)
    }

    /// The value of a flag; the last one, if it stands more than once.
    pub fn last(&self, name: &str) -> Option<&str> {
        let mut all = self.flags.iter().rev();
        all.find(|(have, _)| *have == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a flag, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let flags = self.flags.iter().filter(move |(have, _)| *have == name);
        flags.map(|(_, value)| value.as_str())
    }

    /// Whether a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.last(name).is_some_and(|value| value != "false")
    }

    /// What `-l` and `--field-selector` select.
    pub fn selection(&self) -> Selection {
        let [labels, fields] = [SELECTOR, FIELD_SELECTOR].map(|flag| self.last(flag.name));
        Selection {
            labels: labels.unwrap_or("").into(),
            fields: fields.unwrap_or("").into(),
        }
    }

    /// The value of a flag that is a whole number.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Fault> {
        let Some(text) = self.last(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            self.usage(&format!(
                "invalid argument {text:?} for \"--{name}\" flag: strconv.ParseInt: parsing {text:?}: \
                 invalid syntax"
            ))
        })
    }

    /// The value of a flag that is a time such as `90s` or `1m30s`, in milliseconds.
    pub fn duration(&self, name: &str) -> Result<Option<Millis>, Fault> {
        let Some(text) = self.last(name) else {
            return Ok(None);
        };
        let mut sum: Millis = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
            let (number, after) = rest.split_at(digits);
            let letters = after.find(|c: char| c.is_ascii_digit());
            let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
            let unit = UNITS.iter().find(|(name, _)| *name == unit);
            let time = number.parse::<Millis>().ok().zip(unit);
            let Some(time) = time.and_then(|(number, unit)| number.checked_mul(unit.1)) else {
                return Err(Fault::Usage(format!(
                    "invalid argument {text:?} for \"--{name}\" flag: time: invalid duration {text:?}"
                )));
            };
            (sum, rest) = (sum.saturating_add(time), after);
        }
        Ok(Some(sum))
    }
}
