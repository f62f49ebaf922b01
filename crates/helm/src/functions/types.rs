//! Asking values for their type and their emptiness.

use super::{HelmFunction, arg, deep, plain, text};
use gotmpl::Type::{Any, String as Str};
use gotmpl::Value;

pub(super) static TABLE: &[HelmFunction] = &[
    deep("deepEqual", &[Any, Any], |_, args| {
        Ok(deep_equal(&args[0], &args[1]).into())
    }),
    plain("kindIs", &[Str, Any], |_, args| {
        Ok((text(&args, 0) == arg(&args, 1).kind_name()).into())
    }),
    plain("kindOf", &[Any], |_, args| Ok(args[0].kind_name().into())),
    plain("typeIs", &[Str, Any], |_, args| {
        Ok((text(&args, 0) == type_of(&args[1])).into())
    }),
    plain("typeIsLike", &[Str, Any], |_, args| {
        let (wanted, found) = (text(&args, 0), type_of(&args[1]));
        Ok((wanted == found || format!("*{wanted}") == found).into())
    }),
    plain("typeOf", &[Any], |_, args| Ok(type_of(&args[0]).into())),
];

/// The Go name of the type.
fn type_of(value: &Value) -> &'static str {
    if value.is_nil() {
        "<nil>"
    } else {
        value.type_name()
    }
}

/// sprig's idea of nothing: nil, zero, false, and what has no elements.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.truth()
}

/// Go's `reflect.DeepEqual`: same type, same content.
pub(super) fn deep_equal(a: &Value, b: &Value) -> bool {
    deep_equal_at(a, b, 0)
}

fn deep_equal_at(a: &Value, b: &Value, depth: usize) -> bool {
    if depth > crate::json::DEPTH_MAX {
        return true;
    }
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(ta, a), Value::Int(tb, b)) => ta == tb && a == b,
        (Value::Uint(ta, a), Value::Uint(tb, b)) => ta == tb && a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::String(a), Value::String(b)) | (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.ty == b.ty
                && a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|(a, b)| deep_equal_at(a, b, depth + 1))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.ty == b.ty
                && (a.is_same(b)
                    || (a.len() == b.len()
                        && a.snapshot()
                            .iter()
                            .zip(b.snapshot())
                            .all(|((ka, va), (kb, vb))| {
                                *ka == kb && deep_equal_at(va, &vb, depth + 1)
                            })))
        }
        (Value::Struct(a), Value::Struct(b)) => {
            std::ptr::eq(a.ty, b.ty)
                && a.fields.len() == b.fields.len()
                && a.fields
                    .iter()
                    .zip(&b.fields)
                    .all(|((_, a), (_, b))| deep_equal_at(a, b, depth + 1))
        }
        _ => false,
    }
}
