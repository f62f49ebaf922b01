//! Quantities: `250m`, `128Mi`, `1.5`, as `k8s.io/apimachinery/pkg/api/resource` reads them.

use crate::Value;
use ecow::{EcoString, eco_format};

/// A quantity as it was written: an amount, and the kind of suffix to write it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The amount in thousand-millionths, which is as fine as quantities are.
    pub nano: i128,
    /// How it is written.
    pub format: Format,
}

/// How a quantity is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `100m`, `1`, `2k`
    Decimal,
    /// `1e3`
    Exponent,
    /// `1Ki`
    Binary,
}

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// The quantity that a text names; none if it names none. What is finer than a
    /// thousand-millionth is rounded up, away from zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Quantity> {
        let (digits, parts, suffix) = split(text)?;
        let (times, per) = scale(suffix)?;
        let parts = parts.checked_mul(per)?;
        let amount = digits.checked_mul(times)?.checked_mul(NANO)?;
        let up = if amount > 0 { parts - 1 } else { 0 };
        let format = match suffix.as_bytes() {
            [_, b'i'] => Format::Binary,
            [b'e' | b'E', _, ..] => Format::Exponent,
            _ => Format::Decimal,
        };
        let nano = (amount + up).div_euclid(parts);
        Some(Quantity { nano, format })
    }

    /// The quantity of a field, whether it was written as text or as a number.
    #[must_use]
    pub fn of(value: &Value) -> Option<Quantity> {
        match value {
            Value::String(text) => Quantity::parse(text),
            Value::Int(number) => Some(Quantity {
                nano: i128::from(*number) * NANO,
                format: Format::Decimal,
            }),
            Value::Float(number) => Quantity::parse(&number.to_string()),
            _ => None,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn whole(number: i64) -> Quantity {
        Quantity {
            nano: i128::from(number) * NANO,
            format: Format::Decimal,
        }
    }

    /// The sum of two, written as the first; nothing is written as what is added to it.
    #[must_use]
    pub fn plus(self, other: Quantity) -> Quantity {
        Quantity {
            nano: self.nano.saturating_add(other.nano),
            format: if self.nano == 0 {
                other.format
            } else {
                self.format
            },
        }
    }

    /// Whether it is a whole number.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.nano % NANO == 0
    }

    /// The canonical text: no fraction, the largest suffix that leaves none.
    #[must_use]
    pub fn to_text(&self) -> EcoString {
        // A binary suffix would have to round what is small or has parts, so that is written as a
        // decimal.
        if self.format == Format::Binary && self.nano.abs() >= 1024 * NANO && self.is_whole() {
            let mut number = self.nano / NANO;
            let mut power = 0;
            while number % 1024 == 0 && power < 6 {
                number /= 1024;
                power += 1;
            }
            let suffix = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power];
            return eco_format!("{number}{suffix}");
        }
        let (mut number, mut exponent) = (self.nano, -9);
        if number == 0 {
            return "0".into();
        }
        while number % 1000 == 0 && exponent < 18 {
            number /= 1000;
            exponent += 3;
        }
        if self.format == Format::Exponent && exponent != 0 {
            return eco_format!("{number}e{exponent}");
        }
        let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
        let suffix = usize::try_from((exponent + 9) / 3).map_or("", |at| suffixes[at]);
        eco_format!("{number}{suffix}")
    }

    /// The text after it was stored and read again: a binary quantity that no suffix shows to be one
    /// is a decimal then.
    #[must_use]
    pub fn stored_text(&self) -> EcoString {
        let text = self.to_text();
        Quantity::parse(&text).map_or(text, |read| read.to_text())
    }
}

/// A text as digits, by what to divide them for the decimal point, and a suffix.
fn split(text: &str) -> Option<(i128, i128, &str)> {
    let at = text
        .find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-'))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(at);
    let (negative, number) = match number.as_bytes().first()? {
        b'-' => (true, &number[1..]),
        b'+' => (false, &number[1..]),
        _ => (false, number),
    };
    let (mut digits, mut parts, mut count, mut in_fraction) = (0_i128, 1_i128, 0, false);
    for byte in number.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits = digits
                    .checked_mul(10)?
                    .checked_add(i128::from(byte - b'0'))?;
                count += 1;
                if in_fraction {
                    parts = parts.checked_mul(10)?;
                }
            }
            b'.' if !in_fraction => in_fraction = true,
            _ => return None,
        }
    }
    if count == 0 {
        return None;
    }
    Some((if negative { -digits } else { digits }, parts, suffix))
}

/// Whether the server keeps a decimal as it was written, so that `1.500`, `+1` and `1E3` stay: one of
/// at most 18 digits, whose digits without the point neither begin with 0 nor end in three of them,
/// and that a suffix could be written for without a point (`ParseQuantity`, where it reuses the text).
#[must_use]
pub fn is_kept(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let unsigned = unsigned.trim_start_matches('0');
    let at = unsigned.find(|c: char| !matches!(c, '0'..='9' | '.'));
    let (number, suffix) = unsigned.split_at(at.unwrap_or(unsigned.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let power: i32 = match suffix {
        "" => 0,
        suffix => match "num kMGTPE".find(suffix) {
            Some(at) => i32::try_from(at).unwrap_or(0) * 3 - 9,
            None => match suffix.strip_prefix(['e', 'E']).map(str::parse) {
                Some(Ok(power)) => power,
                _ => return false,
            },
        },
    };
    let digits = whole.len() + fraction.len();
    let last = i32::try_from(fraction.len()).map_or(0, |parts| power - parts);
    let zeros = match fraction.len() {
        0 => whole.ends_with("000"),
        1 => fraction == "0" && whole.ends_with("00"),
        2 => fraction == "00" && whole.ends_with('0'),
        _ => fraction.ends_with("000"),
    };
    !whole.is_empty() && digits <= 18 && last % 3 == 0 && last >= -9 && !zeros
}

/// Whether a text has the form of a quantity: a number, letters that occur in suffixes, and the digits
/// of an exponent.
#[must_use]
pub fn has_form(text: &str) -> bool {
    let digits = |text: &'_ str| -> usize { text.bytes().take_while(u8::is_ascii_digit).count() };
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut rest = &text[digits(text)..];
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = &fraction[digits(fraction)..];
    }
    let rest = rest.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    !text.is_empty() && digits(rest) == rest.len()
}

/// The amount in thousandths (`100m` of CPU is 100), rounded up; none for text that is no quantity
/// or beyond what 64 bits hold.
#[must_use]
pub fn milli(text: &str) -> Option<i64> {
    let (digits, parts, suffix) = split(text)?;
    let (times, per) = scale(suffix)?;
    let parts = parts.checked_mul(per)?;
    let amount = digits.checked_mul(times)?.checked_mul(1000)?;
    // Away from zero.
    let up = if amount > 0 { parts - 1 } else { 0 };
    i64::try_from((amount + up).div_euclid(parts)).ok()
}

/// A suffix as a fraction: how many units it stands for.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let ten = 10_i128.checked_pow(power.unsigned_abs())?;
            if power < 0 { (1, ten) } else { (ten, 1) }
        }
    })
}

/// The amount of a field in thousandths, whether it was written as text or as a number; 0 if it is
/// absent or no quantity.
#[must_use]
pub fn milli_of(value: &Value) -> i64 {
    match value {
        Value::String(text) => milli(text).unwrap_or(0),
        Value::Int(number) => number.saturating_mul(1000),
        Value::Float(number) => milli(&number.to_string()).unwrap_or(0),
        _ => 0,
    }
}

/// The amount of a field in whole units, rounded up.
#[must_use]
pub fn units_of(value: &Value) -> i64 {
    let milli = milli_of(value);
    milli.div_euclid(1000) + i64::from(milli.rem_euclid(1000) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read() {
        let cases = [
            ("100m", Some(100)),
            ("1", Some(1000)),
            ("1.5", Some(1500)),
            (".5", Some(500)),
            ("-2", Some(-2000)),
            ("0.0001", Some(1)),
            ("128Mi", Some(128 * 1024 * 1024 * 1000)),
            ("1e3", Some(1_000_000)),
            ("1E", None),
            ("2k", Some(2_000_000)),
            ("", None),
            ("Mi", None),
            ("1.2.3", None),
            ("1 Gi", None),
            ("1mi", None),
            ("99999999999999999999999999999999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(milli(text), expected, "{text}");
        }
        let canonical = [
            ("0.5", "500m"),
            ("1.5Gi", "1536Mi"),
            ("2048Mi", "2Gi"),
            ("1e3", "1e3"),
            ("1000k", "1M"),
            ("1G", "1G"),
            ("0.0001", "100u"),
            ("1000m", "1"),
            ("0.5Ki", "512"),
            ("100Ki", "100Ki"),
            ("0", "0"),
            ("-1", "-1"),
            ("12345678901", "12345678901"),
            ("1500", "1500"),
            ("0.1Mi", "104857600m"),
        ];
        for (text, expected) in canonical {
            let quantity = Quantity::parse(text).map(|quantity| quantity.to_text());
            assert_eq!(quantity.as_deref(), Some(expected), "{text}");
        }
        let kept = [
            ("+1", true),
            ("05", true),
            ("1.", true),
            ("1E3", true),
            ("1.500", true),
            ("1.234", true),
            ("250m", true),
            ("0.125", false),
            ("1.5", false),
            ("1.000", false),
            ("1000m", false),
            ("1e1", false),
            ("1.5Gi", false),
            ("0", false),
            ("", false),
        ];
        for (text, expected) in kept {
            assert_eq!(is_kept(text), expected, "{text}");
        }
        assert_eq!(units_of(&"1500m".into()), 2);
        assert_eq!(units_of(&Value::Int(3)), 3);
    }
}
