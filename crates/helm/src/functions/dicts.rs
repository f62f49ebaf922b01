//! Dicts: maps that are shared and changed in place.

use super::types::is_empty;
use super::{HelmFunction, arg, deep, deep_variadic, fault, map, plain, string_of, text, variadic};
use crate::json::{deep_copy, deep_copy_map};
use gotmpl::Type::{Any, Map as Dict, String as Str};
use gotmpl::value::Text;
use gotmpl::{Error, Map, Value};

pub(super) static TABLE: &[HelmFunction] = &[
    deep("deepCopy", &[Any], |_, args| copy(&args[0])),
    variadic("dict", &[Any], |_, args| {
        let dict = Map::new();
        for pair in args.chunks(2) {
            let value = pair.get(1).cloned().unwrap_or_else(|| Value::from(""));
            dict.insert(string_of(&pair[0]), value);
        }
        Ok(dict.into())
    }),
    variadic("dig", &[Any], |_, args| dig(&args)),
    plain("get", &[Dict, Str], |_, args| {
        Ok(map(&args, 0)
            .get_text(&key(&args, 1))
            .unwrap_or_else(|| Value::from("")))
    }),
    plain("hasKey", &[Dict, Str], |_, args| {
        Ok(map(&args, 0).contains_key(&key(&args, 1)).into())
    }),
    variadic("keys", &[Dict], |_, args| {
        let keys = (0..args.len()).flat_map(|at| map(&args, at).keys());
        Ok(Value::strings(keys))
    }),
    deep_variadic("merge", &[Dict, Dict], |_, args| merge(&args, false)),
    deep_variadic("mergeOverwrite", &[Dict, Dict], |_, args| {
        merge(&args, true)
    }),
    deep("mustDeepCopy", &[Any], |_, args| copy(&args[0])),
    deep_variadic("mustMerge", &[Dict, Dict], |_, args| merge(&args, false)),
    deep_variadic("mustMergeOverwrite", &[Dict, Dict], |_, args| {
        merge(&args, true)
    }),
    variadic("omit", &[Dict, Str], |_, args| {
        let rest = Map::new();
        let omitted: Vec<Text> = (1..args.len()).map(|at| key(&args, at)).collect();
        for (key, value) in map(&args, 0).snapshot() {
            if !omitted.contains(&key) {
                rest.insert(key, value);
            }
        }
        Ok(rest.into())
    }),
    variadic("pick", &[Dict, Str], |_, args| {
        let (dict, picked) = (map(&args, 0), Map::new());
        for at in 1..args.len() {
            if let Some(value) = dict.get_text(&key(&args, at)) {
                picked.insert(key(&args, at), value);
            }
        }
        Ok(picked.into())
    }),
    variadic("pluck", &[Str, Dict], |_, args| {
        let key = key(&args, 0);
        Ok(Value::list(
            (1..args.len())
                .filter_map(|at| map(&args, at).get_text(&key))
                .collect(),
        ))
    }),
    plain("set", &[Dict, Str, Any], |_, args| {
        let dict = map(&args, 0);
        if dict.is_nil {
            return fault("assignment to entry in nil map");
        }
        dict.insert(key(&args, 1), arg(&args, 2));
        Ok(as_dict(&dict))
    }),
    plain("unset", &[Dict, Str], |_, args| {
        let dict = map(&args, 0);
        dict.remove(&key(&args, 1));
        Ok(as_dict(&dict))
    }),
    plain("values", &[Dict], |_, args| {
        Ok(Value::list(
            map(&args, 0)
                .snapshot()
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
        ))
    }),
];

fn key(args: &[Value], at: usize) -> Text {
    match args.get(at) {
        Some(Value::String(text)) => text.clone(),
        _ => Text::from(text(args, at).as_ref()),
    }
}

/// What a function that takes a `map[string]interface {}` returns: the same map, of that type.
fn as_dict(map: &Map) -> Value {
    Value::Map(map.as_type(&gotmpl::value::ANY_MAP))
}

fn copy(value: &Value) -> Result<Value, Error> {
    match value {
        Value::Nil => fault("reflect: call of reflect.Value.Type on zero Value"),
        value => Ok(deep_copy(value)),
    }
}

/// mergo's rule: what is empty in the destination is taken from the source; with `overwrite`, the
/// source wins.
fn merge(args: &[Value], overwrite: bool) -> Result<Value, Error> {
    let target = map(args, 0);
    for at in 1..args.len() {
        merge_into(&target, &map(args, at), overwrite, 0);
    }
    Ok(as_dict(&target))
}

fn merge_into(target: &Map, source: &Map, overwrite: bool, depth: usize) {
    if depth > crate::json::DEPTH_MAX || target.is_same(source) {
        return;
    }
    for (key, value) in source.snapshot() {
        match (target.get_text(&key), &value) {
            (None, Value::Nil) if !overwrite => {}
            (Some(Value::Map(below)), Value::Map(above)) => {
                merge_into(&below, above, overwrite, depth + 1);
            }
            (Some(_), _) if overwrite => target.insert(key, value),
            (Some(below), _) => {
                if is_empty(&below) {
                    target.insert(key, value);
                }
            }
            // A map that is new is copied where mergo copies it: when it is merged, not assigned.
            (None, Value::Map(above)) if depth > 0 && overwrite => {
                target.insert(key, deep_copy_map(above));
            }
            (None, _) => target.insert(key, value),
        }
    }
}

fn dig(args: &[Value]) -> Result<Value, Error> {
    if args.len() < 3 {
        return fault("dig needs at least three arguments");
    }
    let (default, dict) = (&args[args.len() - 2], &args[args.len() - 1]);
    let mut dict = as_map(dict)?;
    let path = &args[..args.len() - 2];
    let mut names = Vec::new();
    for name in path {
        match name {
            Value::String(name) => names.push(name.clone()),
            other => return fault(conversion(other, "string")),
        }
    }
    for (at, name) in names.iter().enumerate() {
        let Some(step) = dict.get_text(name) else {
            return Ok(default.clone());
        };
        if at + 1 == names.len() {
            return Ok(step);
        }
        dict = as_map(&step)?;
    }
    Ok(default.clone())
}

fn as_map(value: &Value) -> Result<Map, Error> {
    match value {
        Value::Map(map) if map.ty == &gotmpl::value::ANY_MAP => Ok(map.clone()),
        other => fault(conversion(other, "map[string]interface {}")),
    }
}

/// Go's panic when an interface does not hold the type it is taken for.
fn conversion(value: &Value, wanted: &str) -> String {
    let found = if value.is_nil() {
        "nil"
    } else {
        value.type_name()
    };
    format!("interface conversion: interface {{}} is {found}, not {wanted}")
}
