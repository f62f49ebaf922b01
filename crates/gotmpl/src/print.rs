//! Go's `fmt`: printing values with verbs, flags, width and precision.

mod format;

use crate::quote::{quote, quote_ascii, quote_char};
use crate::value::{IntType, Struct, Text, Value};
use format::{Flags, parse_number};

/// How deep values are printed. Go would print a map that holds itself until its stack ends.
const DEPTH_MAX: usize = 100;
/// How long one printed text may grow, in bytes.
const SIZE_MAX: usize = 32 << 20;

/// The operands in their default format, with a space between two that are both no strings.
#[must_use]
pub fn sprint(values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    let mut after_string = true;
    for (at, value) in values.iter().enumerate() {
        let is_string = matches!(value, Value::String(_));
        if at > 0 && !is_string && !after_string {
            printer.out.push(b' ');
        }
        printer.print_arg(value, 'v');
        after_string = is_string;
    }
    printer.out
}

/// The operands in their default format, with spaces between and a line break after.
#[must_use]
pub fn sprintln(values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            printer.out.push(b' ');
        }
        printer.print_arg(value, 'v');
    }
    printer.out.push(b'\n');
    printer.out
}

/// One value in its default format.
#[must_use]
pub fn to_text(value: &Value) -> Text {
    match value {
        Value::String(text) => text.clone(),
        _ => Text::from(sprint(std::slice::from_ref(value))),
    }
}

/// The operands as `format` says.
#[must_use]
pub fn sprintf(format: &[u8], values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    printer.printf(format, values);
    printer.out
}

#[derive(Default)]
struct Printer {
    out: Vec<u8>,
    flags: Flags,
    /// Whether a wrong verb is being reported, where `String` methods are not called.
    erroring: bool,
    /// Whether an operand was named by its number.
    reordered: bool,
    good_number: bool,
}

impl Printer {
    fn write(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn printf(&mut self, format: &[u8], values: &[Value]) {
        let mut next = 0;
        let mut at = 0;
        while at < format.len() && self.out.len() <= SIZE_MAX {
            let percent = format[at..].iter().position(|byte| *byte == b'%');
            let text_end = percent.map_or(format.len(), |found| at + found);
            self.out.extend_from_slice(&format[at..text_end]);
            at = text_end + 1;
            if percent.is_none() {
                break;
            }
            self.good_number = true;
            self.flags = Flags::default();
            at += self.flags.parse(&format[at..]);
            let verb = self.parse_directive(format, &mut at, values, &mut next);
            match verb {
                None => {
                    self.write("%!(NOVERB)");
                    break;
                }
                Some('%') => self.out.push(b'%'),
                Some(verb) if !self.good_number => self.write(&format!("%!{verb}(BADINDEX)")),
                Some(verb) if next >= values.len() => self.write(&format!("%!{verb}(MISSING)")),
                Some(verb) => {
                    if matches!(verb, 'v' | 'w') {
                        self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
                        self.flags.plus_v = std::mem::take(&mut self.flags.plus);
                    }
                    self.print_arg(&values[next], verb);
                    next += 1;
                }
            }
        }
        if !self.reordered && next < values.len() {
            self.extra(&values[next..]);
        }
    }

    fn extra(&mut self, values: &[Value]) {
        self.flags = Flags::default();
        self.write("%!(EXTRA ");
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.write(", ");
            }
            if value.is_nil() {
                self.write("<nil>");
            } else {
                self.write(value.type_name());
                self.out.push(b'=');
                self.print_arg(value, 'v');
            }
        }
        self.out.push(b')');
    }

    /// Index, width and precision, then the verb; none at the end of the format.
    fn parse_directive(
        &mut self,
        format: &[u8],
        at: &mut usize,
        values: &[Value],
        next: &mut usize,
    ) -> Option<char> {
        let mut indexed = self.parse_index(format, at, values.len(), next);
        if format.get(*at) == Some(&b'*') {
            *at += 1;
            match int_operand(values, next) {
                Some(width) => {
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                    self.flags.width = Some(width.unsigned_abs() as usize);
                }
                None => self.write("%!(BADWIDTH)"),
            }
            indexed = false;
        } else {
            self.flags.width = parse_number(format, at);
            if indexed && self.flags.width.is_some() {
                self.good_number = false;
            }
        }
        if format.get(*at) == Some(&b'.') && *at + 1 < format.len() {
            *at += 1;
            if indexed {
                self.good_number = false;
            }
            indexed = self.parse_index(format, at, values.len(), next);
            if format.get(*at) == Some(&b'*') {
                *at += 1;
                match int_operand(values, next) {
                    Some(precision) => {
                        self.flags.precision = usize::try_from(precision).ok();
                        if precision < 0 {
                            self.write("%!(BADPREC)");
                        }
                    }
                    None => self.write("%!(BADPREC)"),
                }
                indexed = false;
            } else {
                self.flags.precision = Some(parse_number(format, at).unwrap_or(0));
            }
        }
        if !indexed {
            self.parse_index(format, at, values.len(), next);
        }
        let rest = format.get(*at..).unwrap_or_default();
        // No letter is longer, and there may be many directives to come.
        let chunk = rest[..rest.len().min(4)].utf8_chunks().next()?;
        match chunk.valid().chars().next() {
            Some(verb) => {
                *at += verb.len_utf8();
                Some(verb)
            }
            None => {
                *at += 1;
                Some('\u{FFFD}')
            }
        }
    }

    /// `[2]`: the number of the operand to use, from 1.
    fn parse_index(
        &mut self,
        format: &[u8],
        at: &mut usize,
        count: usize,
        next: &mut usize,
    ) -> bool {
        if format.get(*at) != Some(&b'[') {
            return false;
        }
        self.reordered = true;
        let Some(length) = format[*at..].iter().position(|byte| *byte == b']') else {
            self.good_number = false;
            *at += 1;
            return false;
        };
        let close = *at + length;
        let mut inner = *at + 1;
        let number = parse_number(format, &mut inner);
        *at = close + 1;
        match number {
            Some(number) if inner == close && (1..=count).contains(&number) => {
                *next = number - 1;
                true
            }
            _ => {
                self.good_number = false;
                inner == close && number.is_some()
            }
        }
    }

    // ── values ──────────────────────────────────────────────────────────────────────────────────

    fn print_arg(&mut self, value: &Value, verb: char) {
        match (verb, value) {
            ('T' | 'v', Value::Nil) => self.pad("<nil>".as_bytes()),
            ('T', _) => self.format_string(value.type_name().as_bytes(), 's'),
            // `%w` is for errors, `%p` for pointers.
            (_, Value::Nil) | ('p' | 'w', _) => self.bad_verb(verb, value),
            _ => self.print_value(value, verb, 0),
        }
    }

    fn bad_verb(&mut self, verb: char, value: &Value) {
        self.erroring = true;
        self.write(&format!("%!{verb}("));
        if value.is_nil() {
            self.write("<nil>");
        } else {
            self.write(value.type_name());
            self.out.push(b'=');
            self.print_value(value, 'v', 0);
        }
        self.out.push(b')');
        self.erroring = false;
    }

    fn print_value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > DEPTH_MAX || self.out.len() > SIZE_MAX {
            return self.write("…");
        }
        if let Some(text) = self.string_method(value, verb) {
            return self.format_string(&text, verb);
        }
        match value {
            Value::Nil => match verb {
                'v' if self.flags.sharp_v => self.write("interface {}(nil)"),
                _ => self.write("<nil>"),
            },
            Value::Bool(flag) => match verb {
                't' | 'v' => self.pad(if *flag { b"true" } else { b"false" }),
                _ => self.bad_verb(verb, value),
            },
            Value::Int(_, number) => {
                self.format_integer(value, number.unsigned_abs(), *number < 0, true, verb);
            }
            Value::Uint(_, number) => self.format_integer(value, *number, false, false, verb),
            Value::Float(number) => self.format_float(value, *number, verb),
            Value::String(text) => match verb {
                'v' if self.flags.sharp_v => self.format_string(text.as_bytes(), 'q'),
                'v' | 's' | 'x' | 'X' | 'q' => self.format_string(text.as_bytes(), verb),
                _ => self.bad_verb(verb, value),
            },
            Value::Bytes(bytes) if matches!(verb, 's' | 'q' | 'x' | 'X') => {
                self.format_string(bytes.as_bytes(), verb);
            }
            Value::Bytes(_) | Value::List(_) => self.print_list(value, verb, depth),
            Value::Map(map) => {
                let open = if self.flags.sharp_v {
                    map.ty.name
                } else {
                    "map"
                };
                self.write(open);
                self.out.push(if self.flags.sharp_v { b'{' } else { b'[' });
                for (at, (key, value)) in map.snapshot().into_iter().enumerate() {
                    self.separator(at);
                    self.print_value(&Value::String(key), verb, depth + 1);
                    self.out.push(b':');
                    self.print_value(&value, verb, depth + 1);
                }
                self.out.push(if self.flags.sharp_v { b'}' } else { b']' });
            }
            Value::Struct(of) => self.print_struct(of, verb, depth),
        }
    }

    fn separator(&mut self, at: usize) {
        if at > 0 {
            self.write(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    fn print_list(&mut self, value: &Value, verb: char, depth: usize) {
        let sharp = self.flags.sharp_v;
        if sharp {
            let name = value.type_name();
            self.write(if name == "[]uint8" { "[]byte" } else { name });
        }
        self.out.push(if sharp { b'{' } else { b'[' });
        for (at, item) in value.elements().unwrap_or_default().iter().enumerate() {
            self.separator(at);
            self.print_value(item, verb, depth + 1);
        }
        self.out.push(if sharp { b'}' } else { b']' });
    }

    fn print_struct(&mut self, of: &Struct, verb: char, depth: usize) {
        if of.ty.is_pointer() {
            if depth > 0 {
                return self.write("0xc000012345");
            }
            self.out.push(b'&');
        }
        if self.flags.sharp_v {
            self.write(of.ty.name.trim_start_matches('*'));
        }
        self.out.push(b'{');
        for (at, (name, value)) in of.fields.iter().enumerate() {
            self.separator(at);
            if self.flags.plus_v || self.flags.sharp_v {
                self.write(name);
                self.out.push(b':');
            }
            self.print_value(value, verb, depth + 1);
        }
        self.out.push(b'}');
    }

    /// What the value's `String` method gives, for the verbs that call it.
    fn string_method(&self, value: &Value, verb: char) -> Option<Vec<u8>> {
        if self.erroring || self.flags.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return None;
        }
        match value {
            Value::Int(IntType::Duration, nanos) => Some(duration(*nanos).into_bytes()),
            Value::Int(IntType::Month, number) => name_of(&MONTHS, *number - 1),
            Value::Int(IntType::Weekday, number) => name_of(&WEEKDAYS, *number),
            Value::Struct(of) => of.text.as_ref().map(|text| text.as_bytes().to_vec()),
            _ => None,
        }
    }

    fn format_string(&mut self, text: &[u8], verb: char) {
        match verb {
            'x' | 'X' => self.format_hex(text, verb == 'X'),
            'q' => {
                let text = self.truncated(text).to_vec();
                let quoted = match std::str::from_utf8(&text) {
                    Ok(plain) if self.flags.sharp && can_backquote(plain) => format!("`{plain}`"),
                    _ if self.flags.plus => quote_ascii(&text),
                    _ => quote(&text),
                };
                self.pad(quoted.as_bytes());
            }
            _ => {
                let text = self.truncated(text).to_vec();
                self.pad(&text);
            }
        }
    }

    /// As many characters as the precision says.
    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        match self.flags.precision {
            Some(precision) => {
                let end = char_starts(text).nth(precision).unwrap_or(text.len());
                &text[..end]
            }
            None => text,
        }
    }

    fn format_hex(&mut self, bytes: &[u8], upper: bool) {
        let count = self
            .flags
            .precision
            .map_or(bytes.len(), |most| most.min(bytes.len()));
        let prefix = match (self.flags.sharp, upper) {
            (false, _) => "",
            (true, false) => "0x",
            (true, true) => "0X",
        };
        let mut text = String::new();
        for (at, byte) in bytes[..count].iter().enumerate() {
            if self.flags.space && at > 0 {
                text.push(' ');
            }
            if at == 0 || self.flags.space {
                text.push_str(prefix);
            }
            text.push_str(&if upper {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            });
        }
        self.pad(text.as_bytes());
    }

    fn format_integer(
        &mut self,
        value: &Value,
        magnitude: u64,
        negative: bool,
        signed: bool,
        verb: char,
    ) {
        let as_char = || u32::try_from(magnitude).ok().filter(|_| !negative);
        let text = match verb {
            'v' if self.flags.sharp_v && !signed => {
                self.flags.sharp = true;
                self.pad_integer(magnitude, false, 16, 'x');
                self.flags.sharp = false;
                return;
            }
            'v' | 'd' => return self.pad_integer(magnitude, negative, 10, verb),
            'b' => return self.pad_integer(magnitude, negative, 2, verb),
            'o' | 'O' => return self.pad_integer(magnitude, negative, 8, verb),
            'x' | 'X' => return self.pad_integer(magnitude, negative, 16, verb),
            'c' => letter_of(as_char()).to_string(),
            'q' => quote_char(letter_of(as_char()), self.flags.plus),
            'U' => {
                let digits = self.flags.precision.unwrap_or(4).max(4);
                let number = if negative {
                    magnitude.wrapping_neg()
                } else {
                    magnitude
                };
                let mut code = format!("U+{number:0digits$X}");
                if let Some(letter) = as_char().and_then(char::from_u32)
                    && self.flags.sharp
                    && crate::quote::is_print(letter)
                {
                    code.push_str(&format!(" '{letter}'"));
                }
                return self.pad_without_zeros(code.as_bytes());
            }
            _ => return self.bad_verb(verb, value),
        };
        self.pad(text.as_bytes());
    }
}

fn letter_of(code: Option<u32>) -> char {
    code.and_then(char::from_u32).unwrap_or('\u{FFFD}')
}

fn can_backquote(text: &str) -> bool {
    !text.chars().any(|letter| {
        (letter < ' ' && letter != '\t') || matches!(letter, '`' | '\x7F' | '\u{FEFF}')
    })
}

/// Byte offsets at which characters begin; a byte that belongs to none counts as one.
pub(crate) fn char_starts(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    text.utf8_chunks().flat_map(move |chunk| {
        let start = at;
        at += chunk.valid().len() + chunk.invalid().len();
        let invalid = start + chunk.valid().len();
        let starts: Vec<usize> = chunk
            .valid()
            .char_indices()
            .map(|(offset, _)| start + offset)
            .chain((0..chunk.invalid().len()).map(|offset| invalid + offset))
            .collect();
        starts
    })
}

/// The operand as a width or precision.
fn int_operand(values: &[Value], next: &mut usize) -> Option<i64> {
    let value = values.get(*next)?;
    *next += 1;
    let number = match value {
        Value::Int(_, number) => *number,
        Value::Uint(_, number) => i64::try_from(*number).ok()?,
        _ => return None,
    };
    (-1_000_000..=1_000_000).contains(&number).then_some(number)
}

/// The names of the months, as Go writes them.
pub static MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// The names of the days of a week, from Sunday on.
pub static WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

fn name_of(names: &[&str], number: i64) -> Option<Vec<u8>> {
    let name = names.get(usize::try_from(number).ok()?)?;
    Some(name.as_bytes().to_vec())
}

/// A duration as Go writes it: `1h2m3.5s`, `1.5ms`, `0s`.
#[must_use]
pub fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let (whole, fraction, digits, unit) = match nanos {
        0 => return "0s".to_owned(),
        1..=999 => (nanos, 0, 0, "ns"),
        1_000..=999_999 => (nanos / 1_000, nanos % 1_000, 3, "µs"),
        1_000_000..=999_999_999 => (nanos / 1_000_000, nanos % 1_000_000, 6, "ms"),
        _ => (nanos / 1_000_000_000, nanos % 1_000_000_000, 9, "s"),
    };
    let decimals = match fraction {
        0 => String::new(),
        _ => format!(".{fraction:0digits$}")
            .trim_end_matches('0')
            .to_owned(),
    };
    if unit != "s" {
        return format!("{sign}{whole}{decimals}{unit}");
    }
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}{decimals}s"),
        (0, _) => format!("{sign}{minutes}m{seconds}{decimals}s"),
        _ => format!("{sign}{hours}h{minutes}m{seconds}{decimals}s"),
    }
}
