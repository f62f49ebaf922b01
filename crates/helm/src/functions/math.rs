//! Numbers. Whole-number functions give `int64`, the others `float64`.

use super::lists::LENGTH_MAX;
use super::{HelmFunction, arg, fault, int, plain, text, variadic};
use gotmpl::Type::{Any, Float, Int, String as Str};
use gotmpl::value::ElementType;
use gotmpl::{Error, List, Value};
use yaml::number::{parse_decimal, parse_float, parse_int, without_underscores};

pub(super) static TABLE: &[HelmFunction] = &[
    variadic("add", &[Any], |_, args| {
        Ok(Value::int64(
            args.iter().map(to_int).fold(0, i64::wrapping_add),
        ))
    }),
    plain("add1", &[Any], |_, args| {
        Ok(Value::int64(to_int(&args[0]).wrapping_add(1)))
    }),
    plain("add1f", &[Any], |_, args| {
        decimal(&[arg(&args, 0), 1.into()], Decimal::add)
    }),
    variadic("addf", &[Any], |_, args| {
        let all: Vec<Value> = std::iter::once(Value::from(0)).chain(args).collect();
        decimal(&all, Decimal::add)
    }),
    plain("atoi", &[Str], |_, args| Ok(atoi(&text(&args, 0)).into())),
    variadic("biggest", &[Any, Any], |_, args| {
        Ok(extreme(&args, i64::max))
    }),
    plain("ceil", &[Any], |_, args| {
        Ok(to_float(&args[0]).ceil().into())
    }),
    plain("div", &[Any, Any], |_, args| {
        divide(&args, i64::wrapping_div)
    }),
    variadic("divf", &[Any, Any], |_, args| {
        if args.iter().skip(1).any(|value| to_float(value) == 0.0) {
            return fault("decimal division by 0");
        }
        decimal(&args, Decimal::div)
    }),
    plain("float64", &[Any], |_, args| Ok(to_float(&args[0]).into())),
    plain("floor", &[Any], |_, args| {
        Ok(to_float(&args[0]).floor().into())
    }),
    plain("int", &[Any], |_, args| Ok(to_int(&args[0]).into())),
    plain("int64", &[Any], |_, args| {
        Ok(Value::int64(to_int(&args[0])))
    }),
    variadic("max", &[Any, Any], |_, args| Ok(extreme(&args, i64::max))),
    variadic("maxf", &[Any, Any], |_, args| {
        Ok(extreme_float(&args, f64::max))
    }),
    variadic("min", &[Any, Any], |_, args| Ok(extreme(&args, i64::min))),
    variadic("minf", &[Any, Any], |_, args| {
        Ok(extreme_float(&args, f64::min))
    }),
    plain("mod", &[Any, Any], |_, args| {
        divide(&args, i64::wrapping_rem)
    }),
    variadic("mul", &[Any, Any], |_, args| {
        Ok(Value::int64(
            args.iter().map(to_int).fold(1, i64::wrapping_mul),
        ))
    }),
    variadic("mulf", &[Any, Any], |_, args| decimal(&args, Decimal::mul)),
    variadic("round", &[Any, Int, Float], |_, args| {
        Ok(round(&args).into())
    }),
    variadic("seq", &[Int], |_, args| seq(&args)),
    plain("sub", &[Any, Any], |_, args| {
        Ok(Value::int64(
            to_int(&args[0]).wrapping_sub(to_int(&args[1])),
        ))
    }),
    variadic("subf", &[Any, Any], |_, args| decimal(&args, Decimal::sub)),
    plain("toDecimal", &[Any], |_, args| {
        let shown = gotmpl::print::to_text(&args[0]);
        let octal = i64::from_str_radix(&shown.to_str(), 8).unwrap_or(0);
        Ok(Value::int64(octal))
    }),
    plain("until", &[Int], |_, args| {
        let count = int(&args, 0);
        Ok(ints(count_up(0, count, if count < 0 { -1 } else { 1 })?))
    }),
    plain("untilStep", &[Int, Int, Int], |_, args| {
        Ok(ints(count_up(int(&args, 0), int(&args, 1), int(&args, 2))?))
    }),
];

/// Any value as a whole number, as sprig's cast makes it: text may have a base prefix, what is no
/// number is 0.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Bool(flag) => i64::from(*flag),
        Value::Int(_, number) => *number,
        Value::Uint(_, number) => *number as i64,
        Value::Float(number) => float_to_int(*number),
        Value::String(text) => string_to_int(&text.to_str()),
        _ => 0,
    }
}

/// `strconv.Atoi`, of which sprig ignores the error: what is too large is the largest.
fn atoi(text: &str) -> i64 {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(match text.starts_with('-') {
        true => i64::MIN,
        false => i64::MAX,
    })
}

/// What a processor makes of a float that no int64 holds: the smallest one.
fn float_to_int(number: f64) -> i64 {
    let limit = 9_223_372_036_854_775_808.0;
    if number.is_nan() || number >= limit || number < -limit {
        i64::MIN
    } else {
        number as i64
    }
}

fn string_to_int(text: &str) -> i64 {
    let text = without_zero_decimals(text);
    without_underscores(text)
        .and_then(|text| parse_int(&text))
        .and_then(|number| i64::try_from(number).ok())
        .unwrap_or(0)
}

/// `1.00` means 1; `1.50` is left as it is.
fn without_zero_decimals(text: &str) -> &str {
    let trimmed = text.trim_end_matches('0');
    match trimmed.strip_suffix('.') {
        Some(whole) if trimmed.len() < text.len() => whole,
        _ => text,
    }
}

/// Any value as a float; what is no number is 0.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Int(_, number) => *number as f64,
        Value::Uint(_, number) => *number as f64,
        Value::Float(number) => *number,
        Value::String(text) => without_underscores(&text.to_str())
            .and_then(|text| parse_float(&text))
            .unwrap_or(0.0),
        _ => 0.0,
    }
}

fn extreme(args: &[Value], choose: fn(i64, i64) -> i64) -> Value {
    Value::int64(args.iter().map(to_int).reduce(choose).unwrap_or(0))
}

fn extreme_float(args: &[Value], choose: fn(f64, f64) -> f64) -> Value {
    Value::from(args.iter().map(to_float).reduce(choose).unwrap_or(0.0))
}

fn divide(args: &[Value], operation: fn(i64, i64) -> i64) -> Result<Value, Error> {
    match to_int(&args[1]) {
        0 => fault("runtime error: integer divide by zero"),
        divisor => Ok(Value::int64(operation(to_int(&args[0]), divisor))),
    }
}

/// `round VALUE PLACES`: half goes up, towards positive infinity.
fn round(args: &[Value]) -> f64 {
    let value = to_float(&args[0]);
    let places = to_float(&args[1]);
    let half = args.get(2).map_or(0.5, to_float);
    let power = 10f64.powf(places);
    let digit = power * value;
    let rounded = if digit.fract() >= half {
        digit.ceil()
    } else {
        digit.floor()
    };
    rounded / power
}

fn count_up(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Error> {
    let mut numbers = Vec::new();
    if step == 0 || (step > 0) != (start < stop) {
        return Ok(numbers);
    }
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        if numbers.len() >= LENGTH_MAX {
            return fault(format!("until makes more than {LENGTH_MAX} elements"));
        }
        numbers.push(at);
        at = at.wrapping_add(step);
    }
    Ok(numbers)
}

fn ints(numbers: Vec<i64>) -> Value {
    Value::List(List::of(
        ElementType::Int,
        numbers.into_iter().map(Value::from).collect(),
    ))
}

/// `seq END`, `seq START END`, `seq START STEP END`: the numbers with spaces between, as in a shell.
fn seq(args: &[Value]) -> Result<Value, Error> {
    let (start, step, end) = match args.len() {
        1 => (1, None, int(args, 0)),
        2 => (int(args, 0), None, int(args, 1)),
        3 => (int(args, 0), Some(int(args, 1)), int(args, 2)),
        _ => return Ok("".into()),
    };
    let direction = if end < start { -1 } else { 1 };
    if end < start && step.is_some_and(|step| step > 0) {
        return Ok("".into());
    }
    let numbers = count_up(
        start,
        end.wrapping_add(direction),
        step.unwrap_or(direction),
    )?;
    let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(words.join(" ").into())
}

/// A decimal number: `digits × 10^exponent`. Sums of decimals are exact, as with Go's decimal
/// package; what does not fit falls back to floats.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

/// Digits after the point that a quotient gets.
const QUOTIENT_DIGITS: i32 = 16;

impl Decimal {
    fn new(number: f64) -> Option<Decimal> {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? - fraction.len() as i32;
        Some(Decimal { digits, exponent })
    }

    /// The same number with a smaller exponent.
    fn scaled(self, exponent: i32) -> Option<i128> {
        let power = u32::try_from(self.exponent - exponent).ok()?;
        self.digits.checked_mul(10i128.checked_pow(power)?)
    }

    fn add(self, other: Decimal) -> Option<Decimal> {
        let exponent = self.exponent.min(other.exponent);
        let digits = self
            .scaled(exponent)?
            .checked_add(other.scaled(exponent)?)?;
        Some(Decimal { digits, exponent })
    }

    fn sub(self, other: Decimal) -> Option<Decimal> {
        self.add(Decimal {
            digits: -other.digits,
            ..other
        })
    }

    fn mul(self, other: Decimal) -> Option<Decimal> {
        Some(Decimal {
            digits: self.digits.checked_mul(other.digits)?,
            exponent: self.exponent + other.exponent,
        })
    }

    /// Rounded half away from zero at 16 digits after the point.
    fn div(self, other: Decimal) -> Option<Decimal> {
        let shift = self.exponent - other.exponent + QUOTIENT_DIGITS;
        let (mut dividend, mut divisor) = (self.digits, other.digits);
        let power = 10i128.checked_pow(shift.unsigned_abs())?;
        if shift >= 0 {
            dividend = dividend.checked_mul(power)?;
        } else {
            divisor = divisor.checked_mul(power)?;
        }
        let (mut digits, rest) = (dividend.checked_div(divisor)?, dividend % divisor);
        if rest.checked_abs()?.checked_mul(2)? >= divisor.checked_abs()? {
            digits += if (dividend < 0) == (divisor < 0) {
                1
            } else {
                -1
            };
        }
        Some(Decimal {
            digits,
            exponent: -QUOTIENT_DIGITS,
        })
    }

    fn to_float(self) -> f64 {
        parse_decimal(&format!("{}e{}", self.digits, self.exponent)).unwrap_or(0.0)
    }
}

fn decimal(
    args: &[Value],
    operation: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<Value, Error> {
    let numbers: Vec<f64> = args.iter().map(to_float).collect();
    if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
        let shown = yaml::number::format_g(*number);
        return fault(format!("Cannot create a Decimal from {shown}"));
    }
    let exact = || {
        let mut numbers = numbers.iter().map(|number| Decimal::new(*number));
        let first = numbers.next()??;
        numbers
            .try_fold(first, |sum, number| operation(sum, number?))
            .map(Decimal::to_float)
    };
    Ok(Value::from(exact().unwrap_or(f64::NAN)))
}

/// A float as Go prints it, for tests of what a function gives.
#[cfg(test)]
fn shown(value: &Value) -> String {
    match value {
        Value::Float(number) => yaml::number::format_g(*number),
        other => gotmpl::print::to_text(other).to_str().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let sum = decimal(&[0.1.into(), 0.2.into()], Decimal::add).unwrap();
        assert_eq!(shown(&sum), "0.3");
        let third = decimal(&[1.into(), 3.into()], Decimal::div).unwrap();
        assert_eq!(shown(&third), "0.3333333333333333");
    }
}
