//! Numbers as Go reads and writes them.

pub use crate::decimal::parse_decimal;

/// A float as Go's `strconv.FormatFloat(f, 'g', -1, 64)`, which `%v` uses too: the shortest digits
/// that read back the same, with an exponent below 1e-4 and from 1e6 on (`1e+06`, `0.5`, `+Inf`).
#[must_use]
pub fn format_g(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if number != 0.0 && !(-4..6).contains(&exponent_of(number)) {
        return format_e(number);
    }
    format!("{number}")
}

/// The same with 32 bits (`strconv.FormatFloat(f, 'g', -1, 32)`), as YAML's numbers are printed where
/// Go wants text.
#[must_use]
pub fn format_single(number: f64) -> String {
    let single = number as f32;
    if single.is_finite() {
        // The shortest digits that give the same 32 bits.
        let digits = format!("{single:e}");
        return format_g(parse_decimal(&digits).unwrap_or(number));
    }
    format_g(number)
}

/// The decimal exponent of a finite float: 0 for 1 ≤ |x| < 10.
#[must_use]
pub fn exponent_of(number: f64) -> i32 {
    let text = format!("{number:e}");
    text.split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0)
}

/// A finite float with shortest digits and an exponent of at least two digits: `1e-07`.
#[must_use]
pub fn format_e(number: f64) -> String {
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// A finite float as `encoding/json` writes it: plain digits from 1e-6 to 1e21, else `1e+21`, `1e-7`.
#[must_use]
pub fn format_json(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format_e(number);
        // Go cleans e-09 to e-9.
        return match text.rsplit_once("e-0") {
            Some((digits, exponent)) => format!("{digits}e-{exponent}"),
            None => text,
        };
    }
    format!("{number}")
}

/// A number's text without its underscores; none if one stands where Go's syntax has none: they go
/// between digits, or between a base prefix such as `0x` and a digit.
#[must_use]
pub fn without_underscores(text: &str) -> Option<String> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let prefix = body.get(..2).map(str::to_ascii_lowercase);
    let has_prefix = matches!(prefix.as_deref(), Some("0x" | "0o" | "0b"));
    let is_hex = prefix.as_deref() == Some("0x");
    let digits = if has_prefix { &body[2..] } else { body };
    let is_digit = |byte: u8| byte.is_ascii_digit() || is_hex && byte.is_ascii_hexdigit();
    let mut before = if has_prefix { b'0' } else { b'!' };
    for byte in digits.bytes().chain([b'!']) {
        if byte == b'_' && !is_digit(before) || before == b'_' && !is_digit(byte) {
            return None;
        }
        before = byte;
    }
    Some(text.replace('_', ""))
}

/// Reads a whole number as Go's `strconv.ParseInt(text, 0, 64)` does: sign, `0x`, `0o`, `0b`, a
/// leading 0 for octal. Underscores must be taken out before.
#[must_use]
pub fn parse_int(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some(_) if digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || digits.len() > 64 || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let number = u64::from_str_radix(digits, radix).ok()?;
    Some(if negative {
        -i128::from(number)
    } else {
        i128::from(number)
    })
}

/// Reads a float as Go's `strconv.ParseFloat(text, 64)` does: decimal or hexadecimal digits,
/// underscores only as Go allows them, `inf` and `nan` in any case. Out of range is none.
#[must_use]
pub fn parse_float(text: &str) -> Option<f64> {
    let (sign, body) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let lower = body.to_ascii_lowercase();
    match lower.as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    if let Some(hex) = lower.strip_prefix("0x") {
        return parse_hex_float(hex).map(|number| sign * number);
    }
    if lower.starts_with(['-', '+'])
        || !lower
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'))
    {
        return None;
    }
    let number = parse_decimal(&lower)?;
    number.is_finite().then_some(sign * number)
}

/// `1.8p-3`, without its `0x`: hexadecimal digits times a power of two.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut number = 0.0f64;
    for digit in whole.chars().chain(fraction.chars()) {
        number = number * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let shift = exponent.checked_sub(4 * fraction.len() as i32)?;
    let number = number * 2.0f64.powi(shift);
    number.is_finite().then_some(number)
}
