//! Arguments as `pflag` reads them: flags anywhere, `--flag=value` and `--flag value`, `-n value`.

use super::session::Fault;
use kube::Millis;

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
/// What becomes of fields that the server does not know.
pub(super) const VALIDATE: Flag = switch("validate", None);
/// The manifest to read.
pub(super) const FILENAME: Flag = value("filename", Some('f'));

/// What all commands take.
const COMMON: &[Flag] = &[
    value("as", None),
    value("as-group", None),
    value("namespace", Some('n')),
];

/// The arguments of one command.
#[derive(Default)]
pub(super) struct Args {
    command: String,
    own: &'static [Flag],
    /// What is no flag, in order.
    pub words: Vec<String>,
    flags: Vec<(&'static str, String)>,
}

impl Args {
    /// Reads the arguments that follow a command's name.
    pub fn read(command: &str, own: &'static [Flag], args: &[&str]) -> Result<Args, Fault> {
        let mut read = Args {
            command: command.to_owned(),
            own,
            ..Args::default()
        };
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let (shown, inline, found) = if *arg == "-" {
                (*arg, None, None)
            } else if let Some(long) = arg.strip_prefix("--") {
                let (name, inline) = match long.split_once('=') {
                    Some((name, inline)) => (name, Some(inline)),
                    None => (long, None),
                };
                let found = own.iter().chain(COMMON).find(|flag| flag.name == name);
                (*arg, inline, Some(found))
            } else if let Some(short) = arg.strip_prefix('-') {
                let mut letters = short.chars();
                let first = letters.next();
                let inline = letters.as_str();
                let inline = inline.strip_prefix('=').unwrap_or(inline);
                let found = own.iter().chain(COMMON).find(|flag| flag.short == first);
                (*arg, (!inline.is_empty()).then_some(inline), Some(found))
            } else {
                (*arg, None, None)
            };
            let Some(found) = found else {
                read.words.push((*arg).to_owned());
                continue;
            };
            let Some(flag) = found else {
                let name = shown.split('=').next().unwrap_or_default();
                return Err(Fault::Usage(format!(
                    "unknown flag: {name}\nSee '{command} --help' for usage."
                )));
            };
            let value = match inline {
                Some(value) => value,
                None if flag.is_switch => "true",
                None => rest.next().copied().ok_or_else(|| {
                    Fault::Usage(format!(
                        "flag needs an argument: {shown}\nSee '{command} --help' for usage."
                    ))
                })?,
            };
            read.flags.push((flag.name, value.to_owned()));
        }
        Ok(read)
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

    /// The value of a flag that is a whole number.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Fault> {
        let Some(text) = self.last(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            Fault::Usage(format!(
                "invalid argument {text:?} for \"--{name}\" flag: strconv.ParseInt: parsing {text:?}: invalid syntax\nSee '{} --help' for usage.",
                self.command
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
