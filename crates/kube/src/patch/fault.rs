//! What is wrong with a patch, in the words of `k8s.io/apimachinery/pkg/util/mergepatch`.

use crate::{Status, Value};
use ecow::{EcoString, eco_format};
use std::fmt;

/// A patch that cannot be made or applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What the API server answers with: 400, 422 or 500.
    code: u16,
    message: EcoString,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Status {
        match fault.code {
            400 => Status::bad_request(fault.message),
            422 => Status::unprocessable(),
            _ => Status::internal(fault.message),
        }
    }
}

impl Fault {
    /// A directive whose value has the wrong shape.
    pub(super) fn format(of: &str) -> Fault {
        Fault {
            code: 400,
            message: eco_format!("invalid patch format of {of}"),
        }
    }

    /// What the merge itself cannot do; the server calls such an internal error.
    pub(super) fn other(message: EcoString) -> Fault {
        Fault { code: 500, message }
    }

    /// A list in a list.
    pub(super) fn list_of_lists() -> Fault {
        Fault {
            code: 422,
            message: "lists of lists are not supported".into(),
        }
    }

    /// An item without the field that its list is merged by.
    pub(super) fn no_merge_key(item: &Value, key: &str) -> Fault {
        Fault::other(eco_format!(
            "map: {} does not contain declared merge key: {key}",
            Go(item)
        ))
    }

    /// A `$patch` that says something unknown.
    pub(super) fn directive(said: &Value, map: &Value) -> Fault {
        Fault::other(eco_format!(
            "unknown patch type: {} in map: {}",
            Go(said),
            Go(map)
        ))
    }

    /// A value of another type than is needed there.
    pub(super) fn arg_type(expected: &'static str, actual: &Value) -> Fault {
        let actual = match actual {
            Value::Null => "%!s(<nil>)",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int64",
            Value::Float(_) => "float64",
            Value::String(_) => "string",
            Value::List(_) => LIST,
            Value::Map(_) => MAP,
        };
        Fault::other(eco_format!(
            "expected a {expected}, but received a {actual}"
        ))
    }
}

/// How Go calls a list of anything.
pub(super) const LIST: &str = "[]interface {}";
/// How Go calls a map of anything.
pub(super) const MAP: &str = "map[string]interface {}";

/// A value as Go's `%v` prints it.
pub(crate) struct Go<'a>(pub &'a Value);

impl fmt::Display for Go<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("<nil>"),
            Value::Bool(flag) => flag.fmt(f),
            Value::Int(number) => number.fmt(f),
            Value::Float(number) => f.write_str(&yaml::number::format_g(*number)),
            Value::String(text) => f.write_str(text),
            Value::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    let gap = if at == 0 { "" } else { " " };
                    write!(f, "{gap}{}", Go(item))?;
                }
                f.write_str("]")
            }
            Value::Map(map) => {
                f.write_str("map[")?;
                for (at, (key, value)) in map.iter().enumerate() {
                    let gap = if at == 0 { "" } else { " " };
                    write!(f, "{gap}{key}:{}", Go(value))?;
                }
                f.write_str("]")
            }
        }
    }
}
