//! Flags, padding, integers and floats.

use super::{Printer, char_starts};
use crate::value::Value;
use yaml::number::format_g;

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    /// `%+v`
    pub plus_v: bool,
    /// `%#v`
    pub sharp_v: bool,
}

impl Flags {
    /// Reads the flags at the start of `format` and returns how many bytes they have.
    pub fn parse(&mut self, format: &[u8]) -> usize {
        for (at, byte) in format.iter().enumerate() {
            match byte {
                b'#' => self.sharp = true,
                b'0' => self.zero = true,
                b'+' => self.plus = true,
                b'-' => self.minus = true,
                b' ' => self.space = true,
                _ => return at,
            }
        }
        format.len()
    }
}

/// Reads digits; none if there are none or they mean more than a million.
pub(super) fn parse_number(format: &[u8], at: &mut usize) -> Option<usize> {
    let digits = format[(*at).min(format.len())..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let text: String = digits.map(|byte| char::from(*byte)).collect();
    *at += text.len();
    text.parse().ok().filter(|number| *number <= 1_000_000)
}

impl Printer {
    fn padding(&mut self, count: usize, zero: bool) {
        self.out
            .extend(std::iter::repeat_n(if zero { b'0' } else { b' ' }, count));
    }

    /// Writes the text in the width that is asked for.
    pub(super) fn pad(&mut self, text: &[u8]) {
        let missing = match self.flags.width {
            Some(width) => width.saturating_sub(char_starts(text).count()),
            None => 0,
        };
        // Zeros go to the left only.
        let zero = self.flags.zero && !self.flags.minus;
        if !self.flags.minus {
            self.padding(missing, zero);
        }
        self.out.extend_from_slice(text);
        if self.flags.minus {
            self.padding(missing, false);
        }
    }

    pub(super) fn pad_without_zeros(&mut self, text: &[u8]) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }

    pub(super) fn pad_integer(&mut self, magnitude: u64, negative: bool, base: u32, verb: char) {
        let flags = self.flags;
        let signed = negative || flags.plus || flags.space;
        let least = match (flags.precision, flags.width) {
            (Some(0), _) if magnitude == 0 => {
                return self.pad_without_zeros(b"");
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if flags.zero && !flags.minus => {
                width - usize::from(signed).min(width)
            }
            _ => 0,
        };
        let digits = match (base, verb) {
            (2, _) => format!("{magnitude:b}"),
            (8, _) => format!("{magnitude:o}"),
            (16, 'X') => format!("{magnitude:X}"),
            (16, _) => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let digits = format!("{digits:0>least$}");
        let prefix = match (base, verb) {
            (2, _) if flags.sharp => "0b",
            (8, _) if flags.sharp && !digits.starts_with('0') => "0",
            (16, 'X') if flags.sharp => "0X",
            (16, _) if flags.sharp => "0x",
            _ => "",
        };
        let mark = if verb == 'O' { "0o" } else { "" };
        let sign = match (negative, flags.plus, flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        self.pad_without_zeros(format!("{sign}{mark}{prefix}{digits}").as_bytes());
    }

    pub(super) fn format_float(&mut self, value: &Value, number: f64, verb: char) {
        let precision = self.flags.precision;
        let mut text = match verb {
            'v' | 'g' | 'G' => general(number, precision),
            'e' | 'E' => scientific(number, precision.unwrap_or(6)),
            'f' | 'F' => fixed(number, precision.unwrap_or(6)),
            'x' | 'X' => hexadecimal(number, precision),
            'b' => binary(number),
            _ => return self.bad_verb(verb, value),
        };
        if matches!(verb, 'G' | 'E' | 'X') && number.is_finite() {
            text.make_ascii_uppercase();
        }
        let (sign, body) = match text.strip_prefix(['-', '+']) {
            Some(body) => (if text.starts_with('-') { "-" } else { "+" }, body),
            None => ("+", text.as_str()),
        };
        let sign = match sign {
            "+" if self.flags.plus => "+",
            "+" if self.flags.space => " ",
            "+" if body.eq_ignore_ascii_case("inf") => "+",
            "+" => "",
            sign => sign,
        };
        if !number.is_finite() {
            let sign = if number.is_nan() && !self.flags.plus && !self.flags.space {
                ""
            } else {
                sign
            };
            return self.pad_without_zeros(format!("{sign}{body}").as_bytes());
        }
        let body = if self.flags.sharp && verb != 'b' {
            sharp_float(body, verb, precision)
        } else {
            body.to_owned()
        };
        let width = self.flags.width.unwrap_or(0);
        let length = sign.len() + body.len();
        if self.flags.zero && !self.flags.minus && !sign.is_empty() && width > length {
            self.out.extend_from_slice(sign.as_bytes());
            self.padding(width - length, true);
            self.out.extend_from_slice(body.as_bytes());
            return;
        }
        self.pad(format!("{sign}{body}").as_bytes());
    }
}

fn fixed(number: f64, precision: usize) -> String {
    match number {
        _ if number.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => format!("{number:.precision$}"),
    }
}

const FRACTION_BITS: u32 = 52;

/// The whole mantissa and the binary exponent of its last bit: `4503599627370496p-52` is 1.
fn binary(number: f64) -> String {
    if !number.is_finite() {
        return fixed(number, 0);
    }
    let bits = number.to_bits();
    let (exponent, fraction) = (
        bits >> FRACTION_BITS & 0x7FF,
        bits & ((1 << FRACTION_BITS) - 1),
    );
    let mantissa = match exponent {
        0 => fraction,
        _ => fraction | 1 << FRACTION_BITS,
    };
    let sign = if bits >> 63 == 1 { "-" } else { "" };
    format!("{sign}{mantissa}p{:+}", exponent.max(1) as i64 - 1075)
}

/// `%x`: `0x1.8p+01`, the digits that the float has, or so many.
fn hexadecimal(number: f64, precision: Option<usize>) -> String {
    if !number.is_finite() {
        return fixed(number, 0);
    }
    let bits = number.to_bits();
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let mut exponent = (bits >> FRACTION_BITS & 0x7FF) as i64 - 1023;
    let mut mantissa = fraction | 1 << FRACTION_BITS;
    if number == 0.0 {
        (mantissa, exponent) = (0, 0);
    } else if exponent == -1023 {
        // A subnormal float: Go shows it with a leading 1 like all others.
        let shift = fraction.leading_zeros() - 11;
        (mantissa, exponent) = (fraction << shift, -1022 - i64::from(shift));
    }
    if let Some(digits) = precision.filter(|digits| *digits < 13) {
        let unit = 1u64 << (FRACTION_BITS - 4 * digits as u32);
        let (rest, half) = (mantissa & (unit - 1), unit >> 1);
        mantissa -= rest;
        if rest > half || (rest == half && mantissa & unit != 0) {
            mantissa += unit;
        }
        if mantissa >> FRACTION_BITS > 1 {
            (mantissa, exponent) = (mantissa >> 1, exponent + 1);
        }
    }
    let whole = mantissa >> FRACTION_BITS;
    let mut digits = format!("{:013x}", mantissa & ((1 << FRACTION_BITS) - 1));
    match precision {
        Some(precision) => {
            digits.truncate(precision);
            digits = format!("{digits:0<precision$}");
        }
        None => digits.truncate(digits.trim_end_matches('0').len()),
    }
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if bits >> 63 == 1 { "-" } else { "" };
    let side = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{whole}{point}{digits}p{side}{:02}", exponent.abs())
}

fn scientific(number: f64, precision: usize) -> String {
    if !number.is_finite() {
        return fixed(number, 0);
    }
    with_exponent(&format!("{number:.precision$e}"))
}

/// Rust's `1.5e7` as Go's `1.5e+07`.
fn with_exponent(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// `%g`: as short as can be, or with so many significant digits.
fn general(number: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision.filter(|_| number.is_finite()) else {
        return format_g(number);
    };
    let precision = precision.clamp(1, 1000);
    let rounded = format!("{:.*e}", precision - 1, number.abs());
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Trailing zeros are gone before Go looks how many digits there are.
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let (count, point) = (digits.len() as i32, exponent + 1);
    let limit = match precision as i32 {
        precision if precision > count && count >= point => count,
        precision => precision,
    };
    if number != 0.0 && (exponent < -4 || exponent >= limit) {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        return with_exponent(&format!("{sign}{first}{dot}{rest}e{exponent}"));
    }
    let decimals = usize::try_from(count - point).unwrap_or(0);
    let shown: f64 = number.abs();
    match number == 0.0 {
        true => format!("{sign}0"),
        false => format!("{sign}{shown:.decimals$}"),
    }
}

/// `%#g` and kin keep the point and, for `g`, trailing zeros.
fn sharp_float(body: &str, verb: char, precision: Option<usize>) -> String {
    let ends_mantissa: &[char] = match verb {
        'x' | 'X' => &['p', 'P'],
        _ => &['e', 'E'],
    };
    let (mantissa, exponent) = match body.find(ends_mantissa) {
        Some(at) => body.split_at(at),
        None => (body, ""),
    };
    let mut mantissa = mantissa.to_owned();
    if !mantissa.contains('.') {
        mantissa.push('.');
    }
    if matches!(verb, 'g' | 'G' | 'v' | 'x') {
        let wanted = precision.unwrap_or(6);
        // Go counts the `x` of `0x1` too.
        let significant = mantissa
            .bytes()
            .filter(|byte| *byte != b'.')
            .skip_while(|digit| *digit == b'0')
            .count()
            .max(usize::from(mantissa == "0."));
        for _ in significant..wanted {
            mantissa.push('0');
        }
    }
    mantissa + exponent
}
