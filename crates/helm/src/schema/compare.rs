//! Values beside one another, as JSON Schema sees them: numbers by what they are worth.

use std::cmp::Ordering;
use yaml::Value;

pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Two numbers; none if one is none.
pub(super) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (a, b) => float(a)?.partial_cmp(&float(b)?),
    }
}

pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            let same = |(name, a): (_, &Value)| b.get(name).is_some_and(|b| equal(a, b));
            a.len() == b.len() && a.iter().map(|(name, a)| (name.as_str(), a)).all(same)
        }
        (a, b) => match compare(a, b) {
            Some(order) => order == Ordering::Equal,
            None => a == b,
        },
    }
}

/// The first two items that are equal, where the second comes first.
pub(super) fn duplicates(items: &[Value]) -> Option<(usize, usize)> {
    let pairs = (0..items.len())
        .flat_map(|first| (first + 1..items.len()).map(move |second| (first, second)));
    pairs
        .take(1_000_000)
        .find(|(first, second)| equal(&items[*first], &items[*second]))
}

/// A number as digits and a power of ten.
pub(super) fn decimal(value: &Value) -> Option<(i128, i32)> {
    let text = match value {
        Value::Int(number) => return Some((i128::from(*number), 0)),
        Value::Float(number) => format!("{number:e}"),
        _ => return None,
    };
    let (digits, exponent) = text.split_once('e')?;
    let decimals = digits
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let exponent: i32 = exponent.parse().ok()?;
    Some((
        digits.replace('.', "").parse().ok()?,
        exponent - decimals as i32,
    ))
}

/// Whether a number is a whole multiple of a unit, in decimals: 0.3 is one of 0.1. None where one of
/// them is no number or the unit is nothing.
pub(super) fn is_multiple(value: &Value, unit: &Value) -> Option<bool> {
    let ((mut value, value_power), (mut unit, unit_power)) = (decimal(value)?, decimal(unit)?);
    let power = value_power.min(unit_power);
    let scale = |power: i32| 10i128.checked_pow(power as u32);
    // Where there are more digits than fit, the smaller one is as good as nothing.
    match (scale(value_power - power), scale(unit_power - power)) {
        (Some(by_value), Some(by_unit)) => {
            value = value.checked_mul(by_value)?;
            unit = unit.checked_mul(by_unit)?;
        }
        _ => return None,
    }
    (unit != 0).then(|| value % unit == 0)
}
