//! Templates within templates, and giving up.

use super::{HelmFunction, arg, fault, plain, text};
use crate::render::{Context, NO_VALUE};
use gotmpl::Type::{Any, String as Str};
use gotmpl::value::Text;
use gotmpl::{Error, Machine, TextError, Value};

/// How often a template may include itself in Helm. Here the depth of calls ends sooner.
const INCLUDES_MAX: usize = 1000;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("fail", &[Str], |_, args| fault(warning(&text(&args, 0)))),
    plain("include", &[Str, Any], include),
    plain("lookup", &[Str, Str, Str, Str], |machine, args| {
        let (version, kind) = (text(&args, 0), text(&args, 1));
        let found = machine
            .host
            .lookup(&version, &kind, &text(&args, 2), &text(&args, 3));
        Ok(match Value::from(&found) {
            Value::Nil => gotmpl::Map::new().into(),
            found => found,
        })
    }),
    plain("required", &[Str, Any], |_, args| {
        let value = arg(&args, 1);
        let missing = match &value {
            Value::Nil => true,
            Value::String(text) => text.as_bytes().is_empty(),
            _ => false,
        };
        if missing {
            fault(warning(&text(&args, 0)))
        } else {
            Ok(value)
        }
    }),
    plain("tpl", &[Str, Any], tpl),
];

/// Marks a message that is shown to the user without the way to it.
fn warning(message: &str) -> String {
    format!(
        "{}{message}{}",
        crate::render::WARN_START,
        crate::render::WARN_END
    )
}

fn include(machine: &mut Machine<'_, Context>, args: Vec<Value>) -> Result<Value, Error> {
    let name = text(&args, 0).into_owned();
    let count = machine.host.includes.entry(name.clone()).or_default();
    if *count > INCLUDES_MAX {
        return fault(format!(
            "rendering template has a nested reference name: {name}: unable to execute template"
        ));
    }
    *count += 1;
    let result = machine.execute(&name, arg(&args, 1), crate::render::ROOT);
    if let Some(count) = machine.host.includes.get_mut(&name) {
        *count -= 1;
    }
    result.map(|output| Text::from(output.text).into())
}

fn tpl(machine: &mut Machine<'_, Context>, args: Vec<Value>) -> Result<Value, Error> {
    let source = text(&args, 0).into_owned();
    let shown = || gotmpl::quote::quote(source.as_bytes());
    match machine.execute_text(crate::render::ROOT, &source, arg(&args, 1)) {
        Ok(mut output) => {
            output.remove(NO_VALUE);
            Ok(Text::from(output.text).into())
        }
        Err(TextError::Parse(error)) => {
            Err(error.wrap(&format!("cannot parse template {}: ", shown())))
        }
        Err(TextError::Execute(error)) => Err(error.wrap(&format!(
            "error during tpl function execution for {}: ",
            shown()
        ))),
    }
}
