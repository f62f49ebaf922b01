//! `${{ … }}`: GitHub Actions' expressions.
//!
//! [`parse`] reads one into a tree, [`value`] says what values are, [`functions`] lists what can be
//! called. What may stand where is told by [`Sees`]: the contexts and functions of a key (GitHub's
//! `workflow-v1.0.json`). Knows nothing of workflows, jobs or steps.

mod functions;
mod parse;
mod value;

pub use value::Value;

use crate::delivery::git::Tree;
use crate::texts;
use ecow::{EcoString, EcoVec};
use functions::Function;
use parse::{Expr, parse};

/// How long a text may become by filling in.
const LENGTH_MAX: usize = 256 * 1024;

/// The contexts there are.
pub const CONTEXTS: [&str; 11] = [
    "github", "inputs", "vars", "needs", "strategy", "matrix", "secrets", "steps", "job", "runner",
    "env",
];

/// What an expression at some place of a workflow may use: a bit for each of [`CONTEXTS`], one for
/// `hashFiles` and one for the status functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sees(u16);

const HASH_FILES: u16 = 1 << 14;
const STATUS: u16 = 1 << 15;

impl Sees {
    /// No expression at all.
    pub const NOTHING: Sees = Sees(0);
    /// What is known before a run begins: `github`, `inputs`, `vars`.
    pub const RUN: Sees = Sees(0b111);
    /// Also `secrets`: `env:` of a workflow.
    pub const RUN_ENV: Sees = Sees(0b100_0111);
    /// Also `needs`: an `if:` of a job, its strategy.
    pub const NEEDS: Sees = Sees(0b1111);
    /// Also `strategy` and `matrix`: most of a job.
    pub const JOB: Sees = Sees(0b11_1111);
    /// Also `secrets`: `env:` of a job.
    pub const JOB_ENV: Sees = Sees(0b111_1111);
    /// `env:` beside a job's contexts, for its `defaults:`.
    pub const JOB_DEFAULTS: Sees = Sees(0b100_0011_1111);
    /// All but functions: the outputs of a job.
    pub const OUTPUTS: Sees = Sees(0b111_1111_1111);
    /// All but `secrets`: the address of an environment.
    pub const NO_SECRETS: Sees = Sees(0b111_1011_1111);
    /// All: what a step has.
    pub const STEP: Sees = Sees(0b111_1111_1111 | HASH_FILES);
    /// An `if:` of a job.
    pub const JOB_IF: Sees = Sees(0b1111 | STATUS);
    /// An `if:` of a step.
    pub const STEP_IF: Sees = Sees(0b111_1011_1111 | HASH_FILES | STATUS);
    /// Whatever there is.
    pub const ALL: Sees = Sees(u16::MAX);

    fn context(self, at: usize) -> bool {
        self.0 & (1 << at) != 0
    }

    fn function(self, function: &Function) -> bool {
        let bit = match function.name {
            "hashFiles" => HASH_FILES,
            _ if function.is_status() => STATUS,
            _ => return true,
        };
        self.0 & bit != 0
    }
}

/// How what was before ended: what the status functions ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Well.
    #[default]
    Success,
    /// Something failed.
    Failure,
    /// The run was cancelled.
    Cancelled,
    /// A job before it was skipped: neither well nor badly.
    Skipped,
}

/// What an expression can see.
#[derive(Clone, Debug, Default)]
pub struct Scope<'a> {
    /// Contexts with their values. One that is missing is null.
    pub contexts: Vec<(&'static str, Value)>,
    /// For the status functions.
    pub status: Status,
    /// For `hashFiles`.
    pub files: Option<&'a Tree>,
}

impl Scope<'_> {
    /// Sets a context.
    pub fn set(&mut self, name: &'static str, value: Value) {
        self.contexts.retain(|(have, _)| *have != name);
        self.contexts.push((name, value));
    }
}

fn limit(length: usize) -> Result<(), EcoString> {
    if length <= LENGTH_MAX {
        return Ok(());
    }
    Err(texts::files::text_max(LENGTH_MAX))
}

/// What is wrong with the `${{ … }}` of a text, if something is.
///
/// # Errors
/// GitHub's words.
pub fn check(text: &str, sees: Sees) -> Result<(), EcoString> {
    replaced(text, |inner| {
        if sees == Sees::NOTHING {
            return Err("A template expression is not allowed in this context".into());
        }
        parse(inner, sees).map(|_| EcoString::new())
    })
    .map(drop)
}

/// What is wrong with an `if:`, which may leave out its `${{ }}`.
///
/// # Errors
/// GitHub's words.
pub fn check_condition(condition: &str, sees: Sees) -> Result<(), EcoString> {
    match bare(condition) {
        Some(inner) => parse(inner, sees).map(drop),
        None => check(condition, sees),
    }
}

/// Puts the values of all `${{ … }}` into a text.
///
/// # Errors
/// What is wrong with an expression, or with what it was given.
pub fn fill(text: &str, scope: &Scope<'_>) -> Result<EcoString, EcoString> {
    replaced(text, |inner| Ok(evaluate(inner, scope)?.to_text()))
}

/// The value of a text: that of its expression if it is nothing else, what it becomes if it is more.
///
/// # Errors
/// As for [`fill`].
pub fn value(text: &str, scope: &Scope<'_>) -> Result<Value, EcoString> {
    match whole(text) {
        Some(inner) => evaluate(inner, scope),
        None => fill(text, scope).map(Value::Text),
    }
}

/// A value in which all `${{ … }}` are filled in, those in its items and members too.
///
/// # Errors
/// As for [`fill`].
pub fn expand(template: &Value, scope: &Scope<'_>) -> Result<Value, EcoString> {
    Ok(match template {
        Value::Text(text) => value(text, scope)?,
        Value::List(items) => {
            let items: Result<EcoVec<Value>, EcoString> =
                items.iter().map(|item| expand(item, scope)).collect();
            Value::List(items?)
        }
        Value::Map(members) => {
            let mut filled = EcoVec::new();
            for (name, value) in members {
                filled.push((fill(name, scope)?, expand(value, scope)?));
            }
            Value::Map(filled)
        }
        plain => plain.clone(),
    })
}

/// A text with a word in place of each `${{ … }}`: what a script looks like before it runs.
#[must_use]
pub fn masked(text: &str) -> EcoString {
    replaced(text, |_| Ok("x".into())).unwrap_or_default()
}

/// Whether a text is a number as expressions know them.
#[must_use]
pub fn is_number(text: &str) -> bool {
    !value::parse_number(text).is_nan()
}

/// Whether a text holds an expression.
#[must_use]
pub fn is_template(text: &str) -> bool {
    text.contains("${{")
}

/// How long the inside of `${{ … }}` is at the start of `text`: `}}` in quotes does not end it.
fn inside(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    text.char_indices().find_map(|(at, c)| {
        is_quoted ^= c == '\'';
        (!is_quoted && text[at..].starts_with("}}")).then_some(at)
    })
}

/// The inside of a text that is one `${{ … }}` and nothing else.
fn whole(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("${{")?;
    let end = inside(inner)?;
    (end + 2 == inner.len()).then(|| inner[..end].trim())
}

fn replaced(
    text: &str,
    value: impl Fn(&str) -> Result<EcoString, EcoString>,
) -> Result<EcoString, EcoString> {
    let mut out = EcoString::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${{") {
        out.push_str(before);
        let end = inside(tail).ok_or(
            "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} \
             sequence was not found.",
        )?;
        let inner = tail[..end].trim();
        if inner.is_empty() {
            return Err("An expression was expected".into());
        }
        out.push_str(&value(inner)?);
        limit(out.len())?;
        rest = &tail[end + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

/// A condition's expression; none if it is a text with expressions in it, which is always true.
fn bare(condition: &str) -> Option<&str> {
    let condition = condition.trim();
    match whole(condition) {
        None if is_template(condition) => None,
        None => Some(condition),
        inner => inner,
    }
}

/// Whether a step or job with this `if:` runs. One that asks for no status means `success() && …`.
///
/// # Errors
/// As for [`fill`].
pub fn holds(condition: &str, scope: &Scope<'_>) -> Result<bool, EcoString> {
    let is_well = scope.status == Status::Success;
    let Some(inner) = bare(condition) else {
        return Ok(is_well && !fill(condition, scope)?.is_empty());
    };
    if inner.is_empty() {
        return Ok(is_well);
    }
    let expr = parse(inner, Sees::ALL)?;
    if !is_well && !expr.asks_status() {
        return Ok(false);
    }
    Ok(evaluated(&expr, scope)?.is_truthy())
}

/// The value of one expression, without its `${{ }}`.
///
/// # Errors
/// As for [`fill`].
pub fn evaluate(text: &str, scope: &Scope<'_>) -> Result<Value, EcoString> {
    evaluated(&parse(text, Sees::ALL)?, scope)
}

fn evaluated(expr: &Expr, scope: &Scope<'_>) -> Result<Value, EcoString> {
    match expr {
        Expr::Literal(value) => Ok(value.clone()),
        Expr::Context(at) => {
            let mut contexts = scope.contexts.iter();
            let found = contexts.find(|(name, _)| *name == CONTEXTS[*at]);
            Ok(found.map(|(_, value)| value.clone()).unwrap_or_default())
        }
        Expr::Index(..) => reached(expr, scope).map(|(value, _)| value),
        Expr::Call(function, args) => {
            let args: Result<Vec<Value>, EcoString> =
                args.iter().map(|arg| evaluated(arg, scope)).collect();
            (function.call)(&args?, scope)
        }
        Expr::Not(inner) => Ok(Value::Bool(!evaluated(inner, scope)?.is_truthy())),
        Expr::Compare(symbol, left, right) => {
            let (left, right) = (evaluated(left, scope)?, evaluated(right, scope)?);
            let order = left.compare(&right);
            let is = |holds: fn(std::cmp::Ordering) -> bool| order.is_some_and(holds);
            Ok(Value::Bool(match *symbol {
                "==" => is(std::cmp::Ordering::is_eq),
                "!=" => !is(std::cmp::Ordering::is_eq),
                "<" => is(std::cmp::Ordering::is_lt),
                "<=" => is(std::cmp::Ordering::is_le),
                ">" => is(std::cmp::Ordering::is_gt),
                _ => is(std::cmp::Ordering::is_ge),
            }))
        }
        Expr::And(all) => first_with(all, scope, false),
        Expr::Or(all) => first_with(all, scope, true),
    }
}

/// The first value that is this true, else the last.
fn first_with(all: &[Expr], scope: &Scope<'_>, truth: bool) -> Result<Value, EcoString> {
    let mut value = Value::Null;
    for expr in all {
        value = evaluated(expr, scope)?;
        if value.is_truthy() == truth {
            break;
        }
    }
    Ok(value)
}

/// What an index leads to, and whether it came by a `*`: then the next index is that of each item.
fn reached(expr: &Expr, scope: &Scope<'_>) -> Result<(Value, bool), EcoString> {
    let Expr::Index(of, at) = expr else {
        return Ok((evaluated(expr, scope)?, false));
    };
    let (of, is_filtered) = reached(of, scope)?;
    let Some(at) = at else {
        let items = match (&of, is_filtered) {
            (Value::List(items), true) => items.iter().flat_map(all_of).collect(),
            (of, _) => all_of(of),
        };
        return Ok((Value::List(items), true));
    };
    let at = evaluated(at, scope)?;
    Ok(match &of {
        Value::List(items) if is_filtered => {
            let found = items.iter().filter_map(|item| member(item, &at));
            (Value::List(found.collect()), true)
        }
        of => (member(of, &at).unwrap_or_default(), false),
    })
}

fn all_of(value: &Value) -> EcoVec<Value> {
    match value {
        Value::List(items) => items.clone(),
        Value::Map(members) => members.iter().map(|(_, value)| value.clone()).collect(),
        _ => EcoVec::new(),
    }
}

fn member(of: &Value, at: &Value) -> Option<Value> {
    match of {
        Value::List(items) => {
            let number = at.to_number();
            let is_index = number.is_finite() && number >= 0.0;
            let index = is_index.then_some(number as u32)?;
            items.get(usize::try_from(index).ok()?).cloned()
        }
        Value::Map(_) if at.is_primitive() => of.get(&at.to_text()).cloned(),
        _ => None,
    }
}
