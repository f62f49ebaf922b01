//! Lists. Functions that begin with `must` fail in Go by an error, the others by a panic; both are
//! errors here.

use super::math::to_int;
use super::types::{deep_equal, is_empty};
use super::{HelmFunction, NIL_POINTER, arg, deep, deep_variadic, fault, int, plain, variadic};
use crate::render::Context;
use gotmpl::Type::{Any, Int};
use gotmpl::value::ElementType;
use gotmpl::{Error, List, Machine, Value};

/// How many elements a list made by counting may have.
pub(super) const LENGTH_MAX: usize = 100_000;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("append", &[Any, Any], |_, args| push(args)),
    plain("chunk", &[Int, Any], |_, args| chunk(&args)),
    plain("compact", &[Any], |_, args| compact(&args)),
    variadic("concat", &[Any], |_, args| concat(&args)),
    plain("first", &[Any], |_, args| first(&args)),
    deep("has", &[Any, Any], |_, args| has(&args)),
    plain("initial", &[Any], |_, args| initial(&args)),
    plain("last", &[Any], |_, args| last(&args)),
    variadic("list", &[Any], |_, args| Ok(Value::list(args))),
    plain("mustAppend", &[Any, Any], |_, args| push(args)),
    plain("mustChunk", &[Int, Any], |_, args| chunk(&args)),
    plain("mustCompact", &[Any], |_, args| compact(&args)),
    plain("mustFirst", &[Any], |_, args| first(&args)),
    deep("mustHas", &[Any, Any], |_, args| has(&args)),
    plain("mustInitial", &[Any], |_, args| initial(&args)),
    plain("mustLast", &[Any], |_, args| last(&args)),
    plain("mustPrepend", &[Any, Any], |_, args| prepend(args)),
    plain("mustPush", &[Any, Any], |_, args| push(args)),
    plain("mustRest", &[Any], |_, args| rest(&args)),
    plain("mustReverse", &[Any], |_, args| reverse(&args)),
    variadic("mustSlice", &[Any, Any], |_, args| slice(&args)),
    deep("mustUniq", &[Any], uniq),
    deep_variadic("mustWithout", &[Any, Any], |_, args| without(&args)),
    plain("prepend", &[Any, Any], |_, args| prepend(args)),
    plain("push", &[Any, Any], |_, args| push(args)),
    plain("rest", &[Any], |_, args| rest(&args)),
    plain("reverse", &[Any], |_, args| reverse(&args)),
    variadic("slice", &[Any, Any], |_, args| slice(&args)),
    variadic("tuple", &[Any], |_, args| Ok(Value::list(args))),
    deep("uniq", &[Any], uniq),
    deep_variadic("without", &[Any, Any], |_, args| without(&args)),
];

/// The elements of a list, or the error `{doing} {kind}`.
fn elements(value: &Value, doing: &str) -> Result<Vec<Value>, Error> {
    match value.elements() {
        Some(elements) => Ok(elements.into_owned()),
        None if value.is_nil() => fault(NIL_POINTER),
        None => fault(format!("{doing} {}", value.kind_name())),
    }
}

fn push(args: Vec<Value>) -> Result<Value, Error> {
    let mut list = elements(&args[0], "Cannot push on type")?;
    list.push(arg(&args, 1));
    Ok(Value::list(list))
}

fn prepend(args: Vec<Value>) -> Result<Value, Error> {
    let mut list = elements(&args[0], "Cannot prepend on type")?;
    list.insert(0, arg(&args, 1));
    Ok(Value::list(list))
}

fn chunk(args: &[Value]) -> Result<Value, Error> {
    let list = elements(&args[1], "Cannot chunk type")?;
    let size = int(args, 0);
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        if list.is_empty() && size != 0 {
            return Ok(Value::List(List::of(ElementType::List, Vec::new())));
        }
        return fault("runtime error: makeslice: len out of range");
    };
    let chunks = list
        .chunks(size)
        .map(|part| Value::list(part.to_vec()))
        .collect();
    Ok(Value::List(List::of(ElementType::List, chunks)))
}

fn compact(args: &[Value]) -> Result<Value, Error> {
    let mut list = elements(&args[0], "Cannot compact on type")?;
    list.retain(|item| !is_empty(item));
    Ok(Value::list(list))
}

fn concat(args: &[Value]) -> Result<Value, Error> {
    let mut all = Vec::new();
    for value in args {
        match value.elements() {
            Some(elements) => all.extend(elements.into_owned()),
            None if value.is_nil() => return fault(NIL_POINTER),
            None => return fault(format!("Cannot concat type {} as list", value.kind_name())),
        }
        if all.len() > LENGTH_MAX {
            return fault(format!("concat makes more than {LENGTH_MAX} elements"));
        }
    }
    Ok(Value::list(all))
}

fn first(args: &[Value]) -> Result<Value, Error> {
    Ok(elements(&args[0], "Cannot find first on type")?
        .first()
        .cloned()
        .unwrap_or_default())
}

fn last(args: &[Value]) -> Result<Value, Error> {
    Ok(elements(&args[0], "Cannot find last on type")?
        .pop()
        .unwrap_or_default())
}

fn rest(args: &[Value]) -> Result<Value, Error> {
    let mut list = elements(&args[0], "Cannot find rest on type")?;
    if !list.is_empty() {
        list.remove(0);
    }
    Ok(Value::list(list))
}

fn initial(args: &[Value]) -> Result<Value, Error> {
    let mut list = elements(&args[0], "Cannot find initial on type")?;
    list.pop();
    Ok(Value::list(list))
}

fn reverse(args: &[Value]) -> Result<Value, Error> {
    let mut list = elements(&args[0], "Cannot find reverse on type")?;
    list.reverse();
    Ok(Value::list(list))
}

fn contains(list: &[Value], value: &Value) -> bool {
    list.iter().any(|item| deep_equal(item, value))
}

fn uniq(machine: &mut Machine<'_, Context>, args: Vec<Value>) -> Result<Value, Error> {
    let mut unique: Vec<Value> = Vec::new();
    for item in elements(&args[0], "Cannot find uniq on type")? {
        machine.charge(unique.len() as u64 / 16)?;
        if !contains(&unique, &item) {
            unique.push(item);
        }
    }
    Ok(Value::list(unique))
}

fn without(args: &[Value]) -> Result<Value, Error> {
    let mut list = elements(&args[0], "Cannot find without on type")?;
    list.retain(|item| !contains(&args[1..], item));
    Ok(Value::list(list))
}

fn has(args: &[Value]) -> Result<Value, Error> {
    if args[1].is_nil() {
        return Ok(false.into());
    }
    let list = elements(&args[1], "Cannot find has on type")?;
    Ok(contains(&list, &args[0]).into())
}

fn slice(args: &[Value]) -> Result<Value, Error> {
    let value = &args[0];
    let list = elements(value, "list should be type of slice or array but")?;
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let start = args.get(1).map_or(0, to_int);
    let end = args.get(2).map_or(list.len() as i64, to_int);
    let bounds = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match bounds.filter(|(start, end)| start <= end && *end <= list.len()) {
        Some((start, end)) => {
            let part = list[start..end].to_vec();
            Ok(match value {
                Value::List(list) => Value::List(List::typed(list.ty, part)),
                Value::Bytes(bytes) => Value::Bytes(bytes.as_bytes()[start..end].into()),
                _ => Value::list(part),
            })
        }
        None => fault("reflect.Value.Slice: slice index out of bounds"),
    }
}
