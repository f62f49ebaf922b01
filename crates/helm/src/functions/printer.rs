//! The functions that kubectl's printer adds to Go's own (`k8s.io/cli-runtime/pkg/printers/template.go`).
//! Charts have none of them.

use super::encoding::base64_decode_or;
use super::{HelmFunction, bytes, fault, plain, variadic};
use gotmpl::Type::{Any, String as Str};
use gotmpl::Value;
use gotmpl::value::Text;

pub(crate) static PRINTER: &[HelmFunction] = &[
    plain("base64decode", &[Str], |_, args| {
        match base64_decode_or(bytes(&args, 0)) {
            Ok(bytes) => Ok(Text::from(bytes).into()),
            Err(why) => fault(format!("base64 decode failed: {why}")),
        }
    }),
    variadic("exists", &[Any, Any], |_, args| Ok(exists(&args).into())),
];

/// Whether `index` of the same arguments finds something. Any value by itself is there, nil too.
fn exists(args: &[Value]) -> bool {
    let Some((value, indexes)) = args.split_first() else {
        return true;
    };
    let mut found = Some(value.clone());
    for index in indexes {
        let at = match index {
            Value::Int(_, at) => usize::try_from(*at).ok(),
            _ => None,
        };
        found = match (found, index) {
            (Some(Value::Map(map)), Value::String(key)) => map.get_text(key),
            (Some(Value::String(text)), _) => {
                let byte = at.and_then(|at| text.as_bytes().get(at).copied());
                byte.map(gotmpl::value::byte_value)
            }
            (Some(value), _) => at
                .zip(value.elements())
                .and_then(|(at, all)| all.get(at).cloned()),
            (None, _) => None,
        };
    }
    indexes.is_empty() || found.is_some_and(|value| !value.is_nil())
}
