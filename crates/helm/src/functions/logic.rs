//! Defaults and choices.

use super::types::is_empty;
use super::{HelmFunction, arg, plain, variadic};
use gotmpl::Type::{Any, Bool};
use gotmpl::Value;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("hello", &[], |_, _| Ok("Hello!".into())),
    variadic("all", &[Any], |_, args| {
        Ok(args.iter().all(|value| !is_empty(value)).into())
    }),
    variadic("any", &[Any], |_, args| {
        Ok(args.iter().any(|value| !is_empty(value)).into())
    }),
    variadic("coalesce", &[Any], |_, args| {
        Ok(args
            .into_iter()
            .find(|value| !is_empty(value))
            .unwrap_or_default())
    }),
    variadic("default", &[Any, Any], |_, args| match args.get(1) {
        Some(given) if !is_empty(given) => Ok(given.clone()),
        _ => Ok(arg(&args, 0)),
    }),
    plain("empty", &[Any], |_, args| Ok(is_empty(&args[0]).into())),
    plain("ternary", &[Any, Any, Bool], |_, args| {
        let choice = usize::from(!matches!(args[2], Value::Bool(true)));
        Ok(arg(&args, choice))
    }),
];
