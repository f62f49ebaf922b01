//! `${{ … }}`: GitHub Actions' expressions, the part that workflows like the lab's use.
//!
//! Literals, dotted names, `==`, `!=`, `&&`, `||`, `!`, parentheses, and the functions in [`call`].
//! Rules: "Evaluate expressions in workflows and actions" in GitHub's documentation.

use ecow::{EcoString, eco_format};
use std::collections::BTreeMap;

/// How deep parentheses and `!` may be nested.
const DEPTH_MAX: usize = 50;

/// How long a text may become by filling in.
const LENGTH_MAX: usize = 256 * 1024;

/// A value of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What a name has that leads nowhere.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(EcoString),
}

impl Value {
    /// As it is put into a line of text.
    #[must_use]
    pub fn to_text(&self) -> EcoString {
        match self {
            Value::Null => EcoString::new(),
            Value::Bool(flag) => eco_format!("{flag}"),
            Value::Number(number) => eco_format!("{number}"),
            Value::Text(text) => text.clone(),
        }
    }

    /// Whether an `if:` with this value holds.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Number(number) => *number != 0,
            Value::Text(text) => !text.is_empty(),
        }
    }

    /// The number that a comparison of unequal kinds takes it for; none is NaN.
    fn as_number(&self) -> Option<i64> {
        match self {
            Value::Null => Some(0),
            Value::Bool(flag) => Some(i64::from(*flag)),
            Value::Number(number) => Some(*number),
            Value::Text(text) if text.trim().is_empty() => Some(0),
            Value::Text(text) => text.trim().parse().ok(),
        }
    }

    /// `==`: texts are compared without regard to case, unequal kinds as numbers.
    fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Text(a), Value::Text(b)) => a.to_lowercase() == b.to_lowercase(),
            _ => self
                .as_number()
                .is_some_and(|number| other.as_number() == Some(number)),
        }
    }
}

/// What an expression can see.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Values by dotted name: `github.sha`, `steps.tag.outputs.tag`.
    pub names: BTreeMap<EcoString, EcoString>,
    /// Whether something before it failed, for `success()` and `failure()`.
    pub has_failure: bool,
}

/// What is wrong with the `${{ … }}` of a text, if something is. A workflow's texts are checked when
/// it is read, so that [`fill`] and [`holds`] cannot fail.
pub fn check(text: &str) -> Result<(), EcoString> {
    fill(text, &Scope::default()).map(|_| ())
}

/// What is wrong with an `if:`, which may leave out its `${{ }}`.
pub fn check_condition(condition: &str) -> Result<(), EcoString> {
    evaluate(bare(condition), &Scope::default()).map(|_| ())
}

/// Puts the values of all `${{ … }}` into a text that [`check`] has passed. It fails only if the
/// result is longer than the lab allows.
pub fn fill(text: &str, scope: &Scope) -> Result<EcoString, EcoString> {
    replaced(text, |inner| Ok(evaluate(inner, scope)?.to_text()))
}

/// A text with a word in place of each `${{ … }}`: what a script looks like before it runs.
#[must_use]
pub fn masked(text: &str) -> EcoString {
    replaced(text, |_| Ok("x".into())).unwrap_or_default()
}

fn replaced(
    text: &str,
    value: impl Fn(&str) -> Result<EcoString, EcoString>,
) -> Result<EcoString, EcoString> {
    let mut out = EcoString::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${{") {
        out.push_str(before);
        let end = tail.find("}}").ok_or("`${{` without `}}`")?;
        out.push_str(&value(&tail[..end])?);
        if out.len() > LENGTH_MAX {
            return Err(eco_format!(
                "the lab's limit: a text has at most {LENGTH_MAX} bytes"
            ));
        }
        rest = &tail[end + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether a step or job with this `if:` runs. One that asks for no status means `success() && …`.
#[must_use]
pub fn holds(condition: &str, scope: &Scope) -> bool {
    let inner = bare(condition);
    let asks_status = ["success()", "failure()", "always()", "cancelled()"];
    if scope.has_failure && !asks_status.iter().any(|status| inner.contains(status)) {
        return false;
    }
    evaluate(inner, scope).is_ok_and(|value| value.is_truthy())
}

/// A condition without its `${{ }}`.
fn bare(condition: &str) -> &str {
    let inner = condition.trim();
    inner
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .unwrap_or(inner)
}

/// The value of one expression, without its `${{ }}`.
fn evaluate(text: &str, scope: &Scope) -> Result<Value, EcoString> {
    let mut parser = Parser {
        rest: text,
        scope,
        depth: 0,
    };
    let value = parser.or()?;
    match parser.rest.trim_start() {
        "" => Ok(value),
        rest => Err(eco_format!("Unexpected symbol: '{}'", first_word(rest))),
    }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

struct Parser<'a> {
    rest: &'a str,
    scope: &'a Scope,
    depth: usize,
}

impl Parser<'_> {
    fn skip(&mut self, token: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let after = trimmed.strip_prefix(token);
        self.rest = after.unwrap_or(trimmed);
        after.is_some()
    }

    fn or(&mut self) -> Result<Value, EcoString> {
        let mut value = self.and()?;
        while self.skip("||") {
            let right = self.and()?;
            value = if value.is_truthy() { value } else { right };
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<Value, EcoString> {
        let mut value = self.comparison()?;
        while self.skip("&&") {
            let right = self.comparison()?;
            value = if value.is_truthy() { right } else { value };
        }
        Ok(value)
    }

    fn comparison(&mut self) -> Result<Value, EcoString> {
        let left = self.operand()?;
        if self.skip("==") {
            return Ok(Value::Bool(left.equals(&self.operand()?)));
        }
        if self.skip("!=") {
            return Ok(Value::Bool(!left.equals(&self.operand()?)));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Value, EcoString> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(eco_format!("Exceeded max expression depth {DEPTH_MAX}"));
        }
        let value = self.operand_inside();
        self.depth -= 1;
        value
    }

    fn operand_inside(&mut self) -> Result<Value, EcoString> {
        if self.skip("(") {
            let value = self.or()?;
            return if self.skip(")") {
                Ok(value)
            } else {
                Err("Expected ')'".into())
            };
        }
        if self.skip("'") {
            return self.text();
        }
        if !self.rest.starts_with("!=") && self.skip("!") {
            return Ok(Value::Bool(!self.operand()?.is_truthy()));
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if self.skip("(") {
            return self.function(name);
        }
        match name {
            "" => Err(eco_format!(
                "Unexpected symbol: '{}'",
                first_word(self.rest)
            )),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            _ if name.starts_with(|c: char| c.is_ascii_digit() || c == '-') => name
                .parse()
                .map(Value::Number)
                .map_err(|_| eco_format!("Unexpected symbol: '{name}'")),
            _ => Ok(self
                .scope
                .names
                .get(name)
                .map_or(Value::Null, |text| Value::Text(text.clone()))),
        }
    }

    /// The inside of single quotes; two of them stand for one.
    fn text(&mut self) -> Result<Value, EcoString> {
        let mut text = EcoString::new();
        loop {
            let end = self.rest.find('\'').ok_or("a text is not closed by '")?;
            text.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            match self.rest.strip_prefix('\'') {
                Some(rest) => self.rest = rest,
                None => return Ok(Value::Text(text)),
            }
            text.push('\'');
        }
    }

    fn function(&mut self, name: &str) -> Result<Value, EcoString> {
        let mut args = Vec::new();
        if !self.skip(")") {
            loop {
                args.push(self.or()?);
                if self.skip(")") {
                    break;
                }
                if !self.skip(",") {
                    return Err("Expected ')'".into());
                }
            }
        }
        call(name, &args, self.scope)
    }
}

/// The functions there are.
fn call(name: &str, args: &[Value], scope: &Scope) -> Result<Value, EcoString> {
    let text = |at: usize| {
        args.get(at)
            .map(|arg| arg.to_text().to_lowercase())
            .unwrap_or_default()
    };
    Ok(Value::Bool(match (name, args.len()) {
        ("success", 0) => !scope.has_failure,
        ("failure", 0) => scope.has_failure,
        ("always", 0) => true,
        ("cancelled", 0) => false,
        ("contains", 2) => text(0).contains(text(1).as_str()),
        ("startsWith", 2) => text(0).starts_with(text(1).as_str()),
        ("endsWith", 2) => text(0).ends_with(text(1).as_str()),
        _ => return Err(eco_format!("Unrecognized function: '{name}'")),
    }))
}
