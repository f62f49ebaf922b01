//! Quantities: `250m`, `128Mi`, `1.5`, as `k8s.io/apimachinery/pkg/api/resource` reads them.

use crate::Value;

/// The amount in thousandths (`100m` of CPU is 100), rounded up; none for text that is no quantity
/// or beyond what 64 bits hold.
#[must_use]
pub fn milli(text: &str) -> Option<i64> {
    let at = text
        .find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-'))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(at);
    let (negative, number) = match number.as_bytes().first()? {
        b'-' => (true, &number[1..]),
        b'+' => (false, &number[1..]),
        _ => (false, number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (times, parts) = scale(suffix)?;
    let parts = parts.checked_mul(10_i128.checked_pow(fraction.len().try_into().ok()?)?)?;
    let amount = digits.checked_mul(times)?.checked_mul(1000)?;
    let milli = (amount + parts - 1).div_euclid(parts);
    i64::try_from(if negative { -milli } else { milli }).ok()
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
        assert_eq!(units_of(&"1500m".into()), 2);
        assert_eq!(units_of(&Value::Int(3)), 3);
    }
}
