//! Errors of templates as Helm shows them: the way to the place, line by line
//! (helm.sh/helm/v4/pkg/engine/engine.go).

use super::{WARN_END, WARN_START};
use crate::error::Error;

/// A file that is no template.
pub(super) fn parse_error(file: &str, error: &gotmpl::Error) -> Error {
    let parts: Vec<&str> = error.message.split(": ").collect();
    let message = match parts.as_slice() {
        [_] | [] => format!("parse error in ({file}): {}", error.message),
        [_, location, .., last] => format!("parse error at ({location}): {last}"),
        [_, location] => format!("parse error at ({location}): {location}"),
    };
    Error::template(message, error)
}

/// A template that failed.
pub(super) fn execution_error(file: &str, error: &gotmpl::Error) -> Error {
    Error::template(execution_message(file, error), error)
}

fn execution_message(file: &str, error: &gotmpl::Error) -> String {
    if !error.is_exec {
        return error.message.clone();
    }
    let parts: Vec<&str> = error.message.splitn(3, ": ").collect();
    let [_, location, rest] = parts.as_slice() else {
        return format!("execution error in ({file}): {}", error.message);
    };
    if let Some(warning) = warning(rest) {
        return format!("execution error at ({location}): {warning}");
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut current = Some(error);
    while let Some(error) = current {
        let Some(step) = Step::read(&error.message) else {
            return parts.join(": ");
        };
        if steps.last() != Some(&step) {
            steps.push(step);
        }
        current = error.cause.as_deref();
    }
    let shown: String = steps.iter().map(Step::show).collect();
    shown.trim().to_owned()
}

/// The text that `fail` or `required` was given.
fn warning(message: &str) -> Option<&str> {
    let start = message.find(WARN_START)? + WARN_START.len();
    let end = message.rfind(WARN_END)?;
    message.get(start..end)
}

/// One template on the way to the error.
#[derive(PartialEq)]
struct Step<'e> {
    location: &'e str,
    function: String,
    message: &'e str,
}

impl<'e> Step<'e> {
    fn read(text: &'e str) -> Option<Step<'e>> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Step {
                location: "",
                function: String::new(),
                message: text,
            });
        }
        if let Some(step) = Step::read_executing(rest) {
            return Some(step);
        }
        let (location, message) = rest.rsplit_once(": ")?;
        Some(Step {
            location,
            function: String::new(),
            message: cut_chain(message),
        })
    }

    /// `file:1:2: executing "name" at <node>: message`
    fn read_executing(rest: &'e str) -> Option<Step<'e>> {
        let (location, after) = rest.split_once(": executing ")?;
        let (name, after) = after.strip_prefix('"')?.split_once('"')?;
        let (node, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
        Some(Step {
            location,
            function: format!("executing \"{name}\" at <{node}>:"),
            message: cut_chain(message),
        })
    }

    fn show(&self) -> String {
        let mut out = String::new();
        for (part, after) in [
            (self.location, "\n  "),
            (&self.function, "\n    "),
            (self.message, "\n"),
        ] {
            if !part.is_empty() {
                out.push_str(part);
                out.push_str(after);
            }
        }
        out
    }
}

/// The message up to the error that it wraps.
fn cut_chain(message: &str) -> &str {
    message
        .find(" template:")
        .map_or(message, |at| &message[..at])
}
