//! Flags, padding, integers and floats.

use super::{Printer, char_starts};
use crate::value::Value;
use yaml::number::{exponent_of, format_e, format_g, parse_decimal};

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

    fn pad_without_zeros(&mut self, text: &[u8]) {
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
            (8, 'O') => "0o",
            _ if !flags.sharp => "",
            (2, _) => "0b",
            (8, _) if !digits.starts_with('0') => "0",
            (16, 'X') => "0X",
            (16, _) => "0x",
            _ => "",
        };
        let sign = match (negative, flags.plus, flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        self.pad_without_zeros(format!("{sign}{prefix}{digits}").as_bytes());
    }

    pub(super) fn format_float(&mut self, value: &Value, number: f64, verb: char) {
        let precision = self.flags.precision;
        let text = match verb {
            'v' | 'g' | 'G' => general(number, precision),
            'e' | 'E' => scientific(number, precision.unwrap_or(6)),
            'f' | 'F' => fixed(number, precision.unwrap_or(6)),
            'x' | 'X' if number.is_finite() && precision.is_none() => hexadecimal(number, verb),
            _ => return self.bad_verb(verb, value),
        };
        let text = if matches!(verb, 'G' | 'E') {
            text.to_uppercase()
        } else {
            text
        };
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
        let body = if self.flags.sharp {
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

/// `%x`: `0x1.8p+01`, the digits that the float has.
fn hexadecimal(number: f64, verb: char) -> String {
    let bits = number.to_bits();
    let (mut exponent, mut fraction) = ((bits >> 52 & 0x7FF) as i64 - 1023, bits & ((1 << 52) - 1));
    let mut whole = 1;
    if number == 0.0 {
        (whole, exponent) = (0, 0);
    } else if exponent == -1023 {
        // A subnormal float: Go shows it with a leading 1 like all others.
        let shift = fraction.leading_zeros() - 11;
        fraction = fraction << shift & ((1 << 52) - 1);
        exponent = -1022 - i64::from(shift);
    }
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if bits >> 63 == 1 { "-" } else { "" };
    let side = if exponent < 0 { '-' } else { '+' };
    let text = format!("{sign}0x{whole}{point}{digits}p{side}{:02}", exponent.abs());
    if verb == 'X' {
        text.to_uppercase()
    } else {
        text
    }
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
    let digits = precision.clamp(1, 1000);
    let decimals = digits - 1;
    let rounded = format!("{number:.decimals$e}");
    let rounded = parse_decimal(&rounded).unwrap_or(number);
    let exponent = exponent_of(rounded);
    // Go looks at the digits that are left after trailing zeros are gone.
    let shortest = format!("{rounded:e}");
    let left = shortest
        .split('e')
        .next()
        .unwrap_or("")
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    let point = exponent + 1;
    let limit = match i32::try_from(left) {
        Ok(left) if digits as i32 > left && left >= point => left,
        _ => digits as i32,
    };
    if rounded != 0.0 && (exponent < -4 || exponent >= limit) {
        return format_e(rounded);
    }
    format!("{rounded}")
}

/// `%#g` and kin keep the point and, for `g`, trailing zeros.
fn sharp_float(body: &str, verb: char, precision: Option<usize>) -> String {
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => body.split_at(at),
        None => (body, ""),
    };
    let mut mantissa = mantissa.to_owned();
    let has_point = mantissa.contains('.');
    if !has_point {
        mantissa.push('.');
    }
    if matches!(verb, 'g' | 'G' | 'v') {
        let wanted = precision.unwrap_or(6);
        let significant = mantissa
            .bytes()
            .filter(u8::is_ascii_digit)
            .skip_while(|digit| *digit == b'0')
            .count()
            .max(usize::from(
                mantissa.starts_with("0.") && mantissa.len() == 2,
            ));
        for _ in significant..wanted {
            mantissa.push('0');
        }
    }
    mantissa + exponent
}
