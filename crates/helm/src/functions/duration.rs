//! Lengths of time.

use super::math::to_float;
use super::{HelmFunction, arg, fault, plain};
use gotmpl::Type::Any;
use gotmpl::{Error, IntType, Value};

pub(super) static TABLE: &[HelmFunction] = &[
    plain("duration", &[Any], |_, args| {
        let seconds = match arg(&args, 0) {
            Value::String(text) => text.to_str().parse::<i64>().unwrap_or(0),
            Value::Int(IntType::Int64, number) => number,
            _ => 0,
        };
        Ok(gotmpl::print::duration(seconds.wrapping_mul(SECOND)).into())
    }),
    plain("durationDays", &[Any], |_, args| {
        Ok(Value::from(hours(&args) / 24.0))
    }),
    plain("durationHours", &[Any], |_, args| Ok(hours(&args).into())),
    plain("durationMicroseconds", &[Any], |_, args| {
        Ok(Value::int64(nanos(&args) / 1_000))
    }),
    plain("durationMilliseconds", &[Any], |_, args| {
        Ok(Value::int64(nanos(&args) / 1_000_000))
    }),
    plain("durationMinutes", &[Any], |_, args| {
        Ok(in_units(&args, 60 * SECOND).into())
    }),
    plain("durationNanoseconds", &[Any], |_, args| {
        Ok(Value::int64(nanos(&args)))
    }),
    plain("durationRound", &[Any], |machine, args| {
        let length = match super::date::Time::from_value(&args[0]) {
            Some(then) => super::date::now(machine).since(then),
            None => whole_nanos(&args[0]),
        };
        Ok(round(length).into())
    }),
    plain("durationRoundTo", &[Any, Any], |_, args| {
        let (length, unit) = (nanos(&args), nanos(&args[1..]));
        Ok(Value::Int(IntType::Duration, round_to(length, unit)))
    }),
    plain("durationSeconds", &[Any], |_, args| {
        Ok(in_units(&args, SECOND).into())
    }),
    plain("durationTruncateTo", &[Any, Any], |_, args| {
        let (length, unit) = (nanos(&args), nanos(&args[1..]));
        let rest = if unit > 0 { length % unit } else { 0 };
        Ok(Value::Int(IntType::Duration, length - rest))
    }),
    plain("durationWeeks", &[Any], |_, args| {
        Ok(Value::from(hours(&args) / 24.0 / 7.0))
    }),
    plain("mustToDuration", &[Any], |_, args| {
        match as_nanos(&args[0]) {
            Ok(nanos) => Ok(Value::Int(IntType::Duration, nanos)),
            Err(error) => Err(error),
        }
    }),
];

const SECOND: i64 = 1_000_000_000;

fn nanos(args: &[Value]) -> i64 {
    as_nanos(&arg(args, 0)).unwrap_or(0)
}

/// A duration, a text such as `1h30m`, or a number of seconds.
fn as_nanos(value: &Value) -> Result<i64, Error> {
    match value {
        Value::Nil => fault("invalid duration"),
        Value::Int(IntType::Duration, nanos) => Ok(*nanos),
        Value::Int(_, seconds) => match seconds.checked_mul(SECOND) {
            Some(nanos) => Ok(nanos),
            None => fault(format!("duration seconds overflow: {seconds}")),
        },
        Value::Uint(_, seconds) => {
            match i64::try_from(*seconds)
                .ok()
                .and_then(|n| n.checked_mul(SECOND))
            {
                Some(nanos) => Ok(nanos),
                None => fault(format!("duration seconds overflow: {seconds}")),
            }
        }
        Value::Float(seconds) => from_float(*seconds),
        Value::String(original) => {
            let text = original.to_str();
            let trimmed = text.trim();
            if trimmed.is_empty() {
                return fault("empty duration");
            }
            if let Ok(nanos) = parse_duration(trimmed) {
                return Ok(nanos);
            }
            match yaml::number::parse_float(trimmed) {
                Some(_) => from_float(to_float(&Value::from(trimmed))),
                None => {
                    let shown = gotmpl::quote::quote(original.as_bytes());
                    fault(format!("could not parse duration {shown}"))
                }
            }
        }
        value => fault(format!("unsupported duration type {}", value.type_name())),
    }
}

fn from_float(seconds: f64) -> Result<i64, Error> {
    let shown = yaml::number::format_g(seconds);
    if !seconds.is_finite() {
        return fault(format!("invalid duration seconds: {shown}"));
    }
    if seconds.abs() > 9_223_372_036.854_775 {
        return fault(format!("duration seconds overflow: {shown}"));
    }
    Ok((seconds * SECOND as f64) as i64)
}

/// The length in a unit, whole part and fraction apart as Go divides them.
fn in_units(args: &[Value], unit: i64) -> f64 {
    let nanos = nanos(args);
    (nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64
}

fn hours(args: &[Value]) -> f64 {
    in_units(args, 3600 * SECOND)
}

/// To the nearest multiple, halves away from zero.
fn round_to(length: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return length;
    }
    let rest = (length % unit).abs();
    let down = length - length % unit;
    if rest.saturating_mul(2) < unit {
        return down;
    }
    let up = if length < 0 {
        down.checked_sub(unit)
    } else {
        down.checked_add(unit)
    };
    up.unwrap_or(if length < 0 { i64::MIN } else { i64::MAX })
}

/// A duration's text, or an `int64` of nanoseconds; of anything else nothing.
fn whole_nanos(value: &Value) -> i64 {
    match value {
        Value::String(text) => parse_duration(&text.to_str()).unwrap_or(0),
        Value::Int(IntType::Int64, nanos) => *nanos,
        _ => 0,
    }
}

/// `2h10m` as `2h`: the largest unit only.
fn round(nanos: i64) -> String {
    let hour = 3600 * SECOND as u64;
    let length = nanos.unsigned_abs();
    let units = [
        (365 * 24 * hour, "y"),
        (30 * 24 * hour, "mo"),
        (24 * hour, "d"),
        (hour, "h"),
        (hour / 60, "m"),
        (SECOND as u64, "s"),
    ];
    match units.iter().find(|(unit, _)| length > *unit) {
        Some((unit, name)) => format!("{}{name}", length / unit),
        None => "0s".to_owned(),
    }
}

/// Reads `1h15m30.5s` as nanoseconds (Go's `time.ParseDuration`).
///
/// # Errors
/// Go's, for what is no duration.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let shown = gotmpl::quote::quote(text.as_bytes());
    let invalid = || format!("time: invalid duration {shown}");
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1 } else { 1 };
    if body == "0" {
        return Ok(0);
    }
    if body.is_empty() {
        return Err(invalid());
    }
    let (mut rest, mut total) = (body, 0i128);
    while !rest.is_empty() {
        let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i128 = match &rest[..whole] {
            "" => 0,
            digits => digits.parse().map_err(|_| invalid())?,
        };
        rest = &rest[whole..];
        let mut fraction = "";
        if let Some(after) = rest.strip_prefix('.') {
            let count = after.bytes().take_while(u8::is_ascii_digit).count();
            (fraction, rest) = after.split_at(count);
        }
        if whole == 0 && fraction.is_empty() {
            return Err(invalid());
        }
        let end = rest.find(|letter: char| letter == '.' || letter.is_ascii_digit());
        let (unit, after) = rest.split_at(end.unwrap_or(rest.len()));
        let nanos: i128 = match unit {
            "" => return Err(format!("time: missing unit in duration {shown}")),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => {
                let unit = gotmpl::quote::quote(unit.as_bytes());
                return Err(format!("time: unknown unit {unit} in duration {shown}"));
            }
        };
        rest = after;
        let digits: String = fraction.chars().take(15).collect();
        let part = match digits.parse::<i128>() {
            Ok(value) => value * nanos / 10i128.pow(digits.len() as u32),
            Err(_) => 0,
        };
        total = number
            .checked_mul(nanos)
            .and_then(|n| n.checked_add(part + total))
            .ok_or_else(invalid)?;
        if total > i128::from(i64::MAX) + 1 {
            return Err(invalid());
        }
    }
    i64::try_from(sign * total).map_err(|_| invalid())
}
