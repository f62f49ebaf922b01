//! Comparison, which in Go wants both sides to be of one kind.

use super::{fault, is_comparable, ok};
use crate::error::Error;
use crate::exec::Operand;
use crate::print::sprintf;
use crate::value::{Kind, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// A value as Go's message shows it: with `%s`, wrong as that is for numbers.
fn shown(value: &Value) -> String {
    String::from_utf8_lossy(&sprintf(b"%s", std::slice::from_ref(value))).into_owned()
}

const BAD_TYPE: &str = "invalid type for comparison";

/// Equal to any of the others.
pub(super) fn eq(operands: &[Operand]) -> Result<Operand, Error> {
    let Some((first, others)) = operands.split_first() else {
        return fault("missing argument for comparison");
    };
    if others.is_empty() {
        return fault("missing argument for comparison");
    }
    for other in others {
        if equal(&first.value, &other.value)? {
            return ok(true);
        }
    }
    ok(false)
}

fn is_basic(value: &Value) -> bool {
    matches!(
        value.kind(),
        Kind::Bool | Kind::Int | Kind::Uint | Kind::Float | Kind::String
    )
}

fn equal(a: &Value, b: &Value) -> Result<bool, Error> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => return Ok(a == b),
        (Value::Int(_, a), Value::Int(_, b)) => return Ok(a == b),
        (Value::Uint(_, a), Value::Uint(_, b)) => return Ok(a == b),
        (Value::Int(_, a), Value::Uint(_, b)) | (Value::Uint(_, b), Value::Int(_, a)) => {
            return Ok(u64::try_from(*a) == Ok(*b));
        }
        (Value::Float(a), Value::Float(b)) => return Ok(a == b),
        (Value::String(a), Value::String(b)) => return Ok(a == b),
        _ => {}
    }
    if a.is_nil() || b.is_nil() {
        return Ok(a.is_nil() && b.is_nil());
    }
    if is_basic(a) || is_basic(b) {
        return fault(format!(
            "incompatible types for comparison: {} and {}",
            a.type_name(),
            b.type_name()
        ));
    }
    if a.kind() != b.kind() {
        return fault(format!(
            "non-comparable types {}: {}, {}: {}",
            shown(a),
            a.type_name(),
            b.type_name(),
            crate::print::to_text(b).to_str()
        ));
    }
    if !is_comparable(b) {
        return fault(format!(
            "non-comparable type {}: {}",
            shown(b),
            b.type_name()
        ));
    }
    Ok(match (a, b) {
        (Value::Struct(a), Value::Struct(b)) => Rc::ptr_eq(a, b),
        _ => false,
    })
}

/// Not equal.
pub(super) fn ne(operands: &[Operand]) -> Result<Operand, Error> {
    ok(!equal(&operands[0].value, &operands[1].value)?)
}

fn order(operands: &[Operand]) -> Result<Option<Ordering>, Error> {
    let (a, b) = (&operands[0].value, &operands[1].value);
    match (a, b) {
        (Value::Int(_, a), Value::Int(_, b)) => Ok(Some(a.cmp(b))),
        (Value::Uint(_, a), Value::Uint(_, b)) => Ok(Some(a.cmp(b))),
        (Value::Int(_, a), Value::Uint(_, b)) => Ok(Some(i128::from(*a).cmp(&i128::from(*b)))),
        (Value::Uint(_, a), Value::Int(_, b)) => Ok(Some(i128::from(*a).cmp(&i128::from(*b)))),
        (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(b)),
        (Value::String(a), Value::String(b)) => Ok(Some(a.cmp(b))),
        (Value::Bool(_), Value::Bool(_)) => fault(BAD_TYPE),
        _ if !is_basic(a) || !is_basic(b) => fault(BAD_TYPE),
        _ => fault(format!(
            "incompatible types for comparison: {} and {}",
            a.type_name(),
            b.type_name()
        )),
    }
}

/// Less.
pub(super) fn lt(operands: &[Operand]) -> Result<Operand, Error> {
    ok(order(operands)? == Some(Ordering::Less))
}

/// Less or equal.
pub(super) fn le(operands: &[Operand]) -> Result<Operand, Error> {
    ok(matches!(
        order(operands)?,
        Some(Ordering::Less | Ordering::Equal)
    ))
}

/// Greater: what is not less or equal, NaN included.
pub(super) fn gt(operands: &[Operand]) -> Result<Operand, Error> {
    ok(!matches!(
        order(operands)?,
        Some(Ordering::Less | Ordering::Equal)
    ))
}

/// Greater or equal: what is not less, NaN included.
pub(super) fn ge(operands: &[Operand]) -> Result<Operand, Error> {
    ok(order(operands)? != Some(Ordering::Less))
}
