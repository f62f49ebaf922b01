//! The functions of expressions, one line each in [`FUNCTIONS`].

use super::value::{Value, folded};
use super::{Scope, Status};
use crate::delivery::pattern;
use ecow::{EcoString, eco_format};
use sha2::{Digest, Sha256};

/// What a function answers, or why it cannot.
type Answer = Result<Value, EcoString>;

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its name; the case of its letters does not matter.
    pub name: &'static str,
    /// How many arguments it takes: at least, at most.
    pub args: (usize, usize),
    /// What it does.
    pub call: fn(&[Value], &Scope<'_>) -> Answer,
}

impl Function {
    /// Whether it asks for the state of the job, which only an `if:` may.
    #[must_use]
    pub fn is_status(&self) -> bool {
        matches!(self.name, "success" | "failure" | "always" | "cancelled")
    }
}

const fn function(
    name: &'static str,
    args: (usize, usize),
    call: fn(&[Value], &Scope<'_>) -> Answer,
) -> Function {
    Function { name, args, call }
}

/// All of them.
pub static FUNCTIONS: [Function; 13] = [
    function("always", (0, 0), |_, _| Ok(Value::Bool(true))),
    function("cancelled", (0, 0), |_, scope| is(scope, Status::Cancelled)),
    function("case", (3, usize::MAX), |args, _| case(args)),
    function("contains", (2, 2), |args, _| contains(args)),
    function("endsWith", (2, 2), |args, _| {
        ends(args, |text, end| text.ends_with(end))
    }),
    function("failure", (0, 255), |_, scope| is(scope, Status::Failure)),
    function("format", (1, 255), |args, _| format(args)),
    function("fromJSON", (1, 1), |args, _| from_json(&args[0])),
    function("hashFiles", (1, 255), |args, scope| {
        Ok(hash_files(args, scope))
    }),
    function("join", (1, 2), |args, _| Ok(join(args))),
    function("startsWith", (2, 2), |args, _| {
        ends(args, |text, start| text.starts_with(start))
    }),
    function("success", (0, 255), |_, scope| is(scope, Status::Success)),
    function("toJSON", (1, 1), |args, _| {
        Ok(Value::Text(args[0].to_json()))
    }),
];

fn is(scope: &Scope<'_>, status: Status) -> Answer {
    Ok(Value::Bool(scope.status == status))
}

/// `case(PREDICATE, VALUE, …, DEFAULT)`: the value of the first predicate that is true.
fn case(args: &[Value]) -> Answer {
    for pair in args.chunks(2) {
        match pair {
            [Value::Bool(true), value] | [value] => return Ok(value.clone()),
            [Value::Bool(false), _] => {}
            _ => return Err("case predicate must evaluate to a boolean value".into()),
        }
    }
    Ok(Value::Null)
}

/// `contains(SEARCH, ITEM)`: a text in a text, or a value in an array.
fn contains(args: &[Value]) -> Answer {
    let is_found = match (&args[0], &args[1]) {
        (Value::List(items), item) => items
            .iter()
            .any(|have| have.compare(item).is_some_and(|order| order.is_eq())),
        (text, part) if text.is_primitive() && part.is_primitive() => text
            .to_text()
            .to_lowercase()
            .contains(part.to_text().to_lowercase().as_str()),
        _ => false,
    };
    Ok(Value::Bool(is_found))
}

fn ends(args: &[Value], has: fn(&str, &str) -> bool) -> Answer {
    let are_texts = args.iter().all(Value::is_primitive);
    let folded = |at: usize| folded(&args[at].to_text());
    Ok(Value::Bool(are_texts && has(&folded(0), &folded(1))))
}

/// `format(TEXT, VALUE…)`: `{0}` stands for the first value, `{{` for a brace.
fn format(args: &[Value]) -> Answer {
    let text = args[0].to_text();
    let invalid = || eco_format!("The following format string is invalid: {text}");
    let mut out = EcoString::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(after) = after.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let end = after
            .find('}')
            .filter(|_| brace == "{" && digits > 0)
            .ok_or_else(invalid)?;
        let number: Option<usize> = after[..digits].parse().ok();
        let Some(value) = number.and_then(|number| args.get(1 + number)) else {
            return Err(eco_format!(
                "The following format string references more arguments than were supplied: {text}"
            ));
        };
        out.push_str(&value.to_text());
        super::limit(out.len())?;
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(Value::Text(out))
}

fn from_json(value: &Value) -> Answer {
    let text = value.to_text();
    if text.trim().is_empty() {
        return Err("empty input".into());
    }
    Value::from_json(&text).ok_or_else(|| "Error parsing JSON when evaluating fromJson".into())
}

fn join(args: &[Value]) -> Value {
    let items = match &args[0] {
        Value::List(items) => items,
        Value::Map(_) => return Value::Text(EcoString::new()),
        other => return Value::Text(other.to_text()),
    };
    let separator = args.get(1).filter(|it| it.is_primitive());
    let separator = separator.map_or(",".into(), Value::to_text);
    let texts: Vec<EcoString> = items.iter().map(Value::to_text).collect();
    Value::Text(texts.join(&separator).into())
}

/// `hashFiles(PATTERN…)`: the SHA-256 of the SHA-256 of each file that a pattern names, in the order
/// of their paths; nothing if there is none (`src/Misc/expressionFunc/hashFiles` of actions/runner).
fn hash_files(args: &[Value], scope: &Scope<'_>) -> Value {
    let texts: Vec<EcoString> = args
        .iter()
        .flat_map(|arg| {
            let lines = arg.to_text();
            lines.lines().map(EcoString::from).collect::<Vec<_>>()
        })
        .collect();
    let mut all = Sha256::new();
    let mut is_any = false;
    for (path, text) in scope.files.iter().flat_map(|files| files.iter()) {
        if pattern::chooses(&texts, path) {
            all.update(Sha256::digest(text.as_bytes()));
            is_any = true;
        }
    }
    if !is_any {
        return Value::Text(EcoString::new());
    }
    let hex = all
        .finalize()
        .iter()
        .map(|byte| eco_format!("{byte:02x}"))
        .collect::<Vec<_>>();
    Value::Text(hex.concat().into())
}
