//! The functions every template has.

mod compare;
mod escape;

use crate::error::Error;
use crate::exec::Operand;
use crate::print::{sprint, sprintf, sprintln};
use crate::value::{Kind, List, Text, Value, byte_value};

/// A builtin function. It sees whether a value is in an interface, as Go's see reflection values.
pub(crate) struct Builtin {
    name: &'static str,
    /// How many arguments it must get.
    pub params: usize,
    /// Whether it takes more.
    pub variadic: bool,
    pub first_is_string: bool,
    /// Whether it looks at everything inside its arguments.
    pub deep: bool,
    pub call: Call,
}

type Call = fn(&[Operand]) -> Result<Operand, Error>;

const fn builtin(name: &'static str, params: usize, variadic: bool, call: Call) -> Builtin {
    Builtin {
        name,
        params,
        variadic,
        first_is_string: false,
        deep: false,
        call,
    }
}

/// A function that looks at everything inside its arguments.
const fn deep(name: &'static str, params: usize, variadic: bool, call: Call) -> Builtin {
    Builtin {
        deep: true,
        ..builtin(name, params, variadic, call)
    }
}

/// All of them. `and`, `or` and `call` have rules of their own in the executor.
static BUILTINS: &[Builtin] = &[
    builtin("and", 1, true, first),
    builtin("call", 1, true, first),
    deep("eq", 1, true, compare::eq),
    builtin("ge", 2, false, compare::ge),
    builtin("gt", 2, false, compare::gt),
    deep("html", 0, true, escape::html),
    builtin("index", 1, true, index),
    deep("js", 0, true, escape::js),
    builtin("le", 2, false, compare::le),
    builtin("len", 1, false, len),
    builtin("lt", 2, false, compare::lt),
    deep("ne", 2, false, compare::ne),
    builtin("not", 1, false, not),
    builtin("or", 1, true, first),
    deep("print", 0, true, print),
    Builtin {
        first_is_string: true,
        ..deep("printf", 1, true, printf)
    },
    deep("println", 0, true, println),
    builtin("slice", 1, true, slice),
    deep("urlquery", 0, true, escape::urlquery),
];

/// The builtin function of that name.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

fn ok(value: impl Into<Value>) -> Result<Operand, Error> {
    Ok(Operand::plain(value.into()))
}

fn fault<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::new(message))
}

pub(crate) fn values(operands: &[Operand]) -> Vec<Value> {
    operands
        .iter()
        .map(|operand| operand.value.clone())
        .collect()
}

fn first(operands: &[Operand]) -> Result<Operand, Error> {
    Ok(operands.first().cloned().unwrap_or_default())
}

/// Templates have no function values here, so a call always fails.
pub(crate) fn call(name: &str, function: Option<&Operand>) -> Error {
    match function {
        Some(operand) if !operand.value.is_nil() => Error::new(format!(
            "non-function {name} of type {}",
            operand.value.type_name()
        )),
        _ => Error::new("call of nil"),
    }
}

fn not(operands: &[Operand]) -> Result<Operand, Error> {
    ok(!operands[0].value.truth())
}

fn print(operands: &[Operand]) -> Result<Operand, Error> {
    ok(Text::from(sprint(&values(operands))))
}

fn println(operands: &[Operand]) -> Result<Operand, Error> {
    ok(Text::from(sprintln(&values(operands))))
}

fn printf(operands: &[Operand]) -> Result<Operand, Error> {
    let values = values(operands);
    let Value::String(format) = &values[0] else {
        return fault("wrong type for value; expected string");
    };
    ok(Text::from(sprintf(format.as_bytes(), &values[1..])))
}

fn len(operands: &[Operand]) -> Result<Operand, Error> {
    let operand = &operands[0];
    let length = match &operand.value {
        Value::Nil if operand.boxed => return fault("len of nil pointer"),
        Value::Nil => return fault("reflect: call of reflect.Value.Type on zero Value"),
        Value::String(text) | Value::Bytes(text) => text.as_bytes().len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        value => return fault(format!("len of type {}", value.type_name())),
    };
    ok(length as i64)
}

/// A number to index with, at most `most`.
fn index_number(value: &Value, most: usize) -> Result<usize, Error> {
    let number = match value {
        Value::Int(_, number) => *number,
        Value::Uint(_, number) => i64::try_from(*number).unwrap_or(-1),
        Value::Nil => return fault("cannot index slice/array with nil"),
        value => {
            let name = value.type_name();
            return fault(format!("cannot index slice/array with type {name}"));
        }
    };
    match usize::try_from(number) {
        Ok(index) if index <= most => Ok(index),
        _ => fault(format!("index out of range: {number}")),
    }
}

fn index(operands: &[Operand]) -> Result<Operand, Error> {
    let Some((item, indexes)) = operands.split_first() else {
        return fault("index of untyped nil");
    };
    if item.value.is_nil() {
        return fault("index of untyped nil");
    }
    let mut item = item.clone();
    for index in indexes {
        item = match &item.value {
            Value::Nil => return fault("index of nil pointer"),
            Value::String(text) => {
                let bytes = text.as_bytes();
                match bytes.get(index_number(&index.value, bytes.len())?) {
                    Some(byte) => Operand::plain(byte_value(*byte)),
                    None => return fault("reflect: string index out of range"),
                }
            }
            Value::Map(map) => {
                let Value::String(key) = &index.value else {
                    return fault(match index.value.is_nil() {
                        true => "value is nil; should be of type string".to_owned(),
                        false => {
                            let name = index.value.type_name();
                            format!("value has type {name}; should be string")
                        }
                    });
                };
                let of = map.ty.of;
                Operand::element(of, map.get_text(key).unwrap_or_else(|| of.zero()))
            }
            value => match value.elements() {
                Some(elements) => match elements.get(index_number(&index.value, elements.len())?) {
                    Some(element) => Operand::boxed(element.clone()),
                    None => return fault("reflect: slice index out of range"),
                },
                None => {
                    let name = value.type_name().trim_start_matches('*');
                    return fault(format!("can't index item of type {name}"));
                }
            },
        };
    }
    Ok(item)
}

fn slice(operands: &[Operand]) -> Result<Operand, Error> {
    let Some((item, indexes)) = operands.split_first() else {
        return fault("slice of untyped nil");
    };
    let item = &item.value;
    if indexes.len() > 3 {
        return fault(format!("too many slice indexes: {}", indexes.len()));
    }
    let (length, capacity) = match item {
        Value::Nil => return fault("slice of untyped nil"),
        Value::String(_) if indexes.len() == 3 => return fault("cannot 3-index slice a string"),
        Value::String(text) | Value::Bytes(text) => (text.as_bytes().len(), text.as_bytes().len()),
        Value::List(list) => (list.len(), capacity(list)),
        value => return fault(format!("can't slice item of type {}", value.type_name())),
    };
    let mut bounds = [0, length, capacity];
    for (at, index) in indexes.iter().enumerate() {
        bounds[at] = index_number(&index.value, capacity)?;
    }
    let [from, to, cap] = bounds;
    if from > to {
        return fault(format!("invalid slice index: {from} > {to}"));
    }
    if to > cap {
        return fault(format!("invalid slice index: {to} > {cap}"));
    }
    if to > length {
        return fault("reflect.Value.Slice: slice index out of bounds");
    }
    ok(match item {
        Value::String(text) => Value::String(text.as_bytes()[from..to].into()),
        Value::Bytes(text) => Value::Bytes(text.as_bytes()[from..to].into()),
        Value::List(list) => Value::List(List::typed(list.ty, list[from..to].to_vec())),
        _ => Value::Nil,
    })
}

/// How far Go's slice could grow in place. Lists here have no room to spare.
fn capacity(list: &List) -> usize {
    list.len()
}

/// Whether a kind can be told equal by Go's `==`.
fn is_comparable(value: &Value) -> bool {
    !matches!(value.kind(), Kind::Slice | Kind::Map)
}
