//! Reads an expression into a tree.
//!
//! Rules and words: the lexer and parser in `expressions/src` of actions/languageservices.

use super::functions::{FUNCTIONS, Function};
use super::value::{Value, parse_number};
use super::{CONTEXTS, Sees};
use ecow::{EcoString, eco_format};

/// How deep an expression may be nested.
const DEPTH_MAX: usize = 50;
/// How many characters it may have.
const LENGTH_MAX: usize = 21_000;

/// An expression.
#[derive(Debug)]
pub enum Expr {
    /// A literal.
    Literal(Value),
    /// A context, by its place in [`CONTEXTS`].
    Context(usize),
    /// `x[y]` and `x.y`; without `y`, `x.*`.
    Index(Box<Expr>, Option<Box<Expr>>),
    /// A function with its arguments.
    Call(&'static Function, Vec<Expr>),
    /// `!x`
    Not(Box<Expr>),
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`
    Compare(&'static str, Box<Expr>, Box<Expr>),
    /// `&&`: the first that is false, else the last.
    And(Vec<Expr>),
    /// `||`: the first that is true, else the last.
    Or(Vec<Expr>),
}

impl Expr {
    /// Whether it asks for a status (`success()`, `failure()`, …) anywhere.
    pub fn asks_status(&self) -> bool {
        match self {
            Expr::Literal(_) | Expr::Context(_) => false,
            Expr::Index(of, at) => {
                of.asks_status() || at.as_ref().is_some_and(|at| at.asks_status())
            }
            Expr::Call(function, args) => {
                function.is_status() || args.iter().any(Expr::asks_status)
            }
            Expr::Not(inner) => inner.asks_status(),
            Expr::Compare(_, left, right) => left.asks_status() || right.asks_status(),
            Expr::And(all) | Expr::Or(all) => all.iter().any(Expr::asks_status),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Symbol(&'static str),
    Literal(Value),
    Name,
    End,
}

#[derive(Clone, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    /// Where it begins, in bytes.
    at: usize,
}

/// Reads an expression without its `${{ }}`. Nothing is [`Value::Null`].
///
/// # Errors
/// What is wrong, in GitHub's words.
pub fn parse(text: &str, sees: Sees) -> Result<Expr, EcoString> {
    if text.len() > LENGTH_MAX {
        return Err(eco_format!("Exceeded max expression length {LENGTH_MAX}"));
    }
    let mut parser = Parser {
        text,
        tokens: lex(text)?,
        next: 0,
        depth: 0,
        sees,
    };
    if parser.peek().kind == Kind::End {
        return Ok(Expr::Literal(Value::Null));
    }
    let expr = parser.expression()?;
    match parser.peek().kind {
        Kind::End => Ok(expr),
        _ => Err(parser.unexpected()),
    }
}

fn located(what: &str, token: &str, at: usize, text: &str) -> EcoString {
    let position = text[..at].chars().count() + 1;
    eco_format!("{what}: '{token}'. Located at position {position} within expression: {text}")
}

const SYMBOLS: [&str; 16] = [
    "==", "!=", "<=", ">=", "&&", "||", "(", ")", "[", "]", ",", ".", "!", "<", ">", "*",
];

fn lex(text: &str) -> Result<Vec<Token<'_>>, EcoString> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let blanks = rest.len() - rest.trim_start().len();
        at += blanks;
        let rest = &rest[blanks..];
        let Some(first) = rest.chars().next() else {
            tokens.push(Token {
                kind: Kind::End,
                text: "",
                at,
            });
            return Ok(tokens);
        };
        let before = tokens.last().map(|token| &token.kind);
        // A dot after something that has members reaches into it; any other begins a number.
        let has_members = matches!(before, Some(Kind::Name | Kind::Symbol("]" | ")" | "*")));
        let is_number =
            first.is_ascii_digit() || "+-".contains(first) || (first == '.' && !has_members);
        let symbol = SYMBOLS
            .iter()
            .copied()
            .find(|symbol| rest.starts_with(symbol));
        let (kind, length) = if is_number {
            let length = word_end(rest, true);
            let number = parse_number(&rest[..length]);
            if number.is_nan() {
                return Err(located("Unexpected symbol", &rest[..length], at, text));
            }
            (Kind::Literal(Value::Number(number)), length)
        } else if first == '\'' {
            let (value, length) =
                quoted(rest).ok_or_else(|| located("Unexpected symbol", rest, at, text))?;
            (Kind::Literal(Value::Text(value)), length)
        } else if let Some(symbol) = symbol {
            (Kind::Symbol(symbol), symbol.len())
        } else {
            let length = word_end(rest, false);
            let word = &rest[..length];
            if !is_name(word) {
                return Err(located("Unexpected symbol", word, at, text));
            }
            let literal = match word {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                "null" => Some(Value::Null),
                "NaN" => Some(Value::Number(f64::NAN)),
                "Infinity" => Some(Value::Number(f64::INFINITY)),
                _ => None,
            };
            let literal = literal.filter(|_| before != Some(&Kind::Symbol(".")));
            (literal.map_or(Kind::Name, Kind::Literal), length)
        };
        tokens.push(Token {
            kind,
            text: &rest[..length],
            at,
        });
        at += length;
    }
}

/// Where a word ends: at a blank or a symbol after its first character.
fn word_end(text: &str, holds_dots: bool) -> usize {
    let is_end =
        |c: char| c.is_whitespace() || ("([)],.!><=&|".contains(c) && !(holds_dots && c == '.'));
    let first = text.chars().next().map_or(0, char::len_utf8);
    text[first..]
        .find(is_end)
        .map_or(text.len(), |end| first + end)
}

fn is_name(word: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && word.chars().all(is_inside)
}

/// A text in single quotes, in which two of them stand for one; and how long it is with them.
fn quoted(text: &str) -> Option<(EcoString, usize)> {
    let mut value = EcoString::new();
    let mut at = 1;
    loop {
        let end = at + text[at..].find('\'')?;
        value.push_str(&text[at..end]);
        at = end + 1;
        if !text[at..].starts_with('\'') {
            return Some((value, at));
        }
        value.push('\'');
        at += 1;
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
    sees: Sees,
}

type Parsed = Result<Expr, EcoString>;

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token<'a> {
        // The last token is the end, which is never taken.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn skip(&mut self, symbol: &'static str) -> bool {
        let is_there = self.peek().kind == Kind::Symbol(symbol);
        self.next += usize::from(is_there);
        is_there
    }

    fn error(&self, what: &str, token: &Token<'_>) -> EcoString {
        located(what, token.text, token.at, self.text)
    }

    fn unexpected(&self) -> EcoString {
        let token = self.peek();
        if token.kind == Kind::End {
            let last = &self.tokens[self.tokens.len().saturating_sub(2)];
            return self.error("Unexpected end of expression", last);
        }
        self.error("Unexpected symbol", token)
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), EcoString> {
        if self.skip(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn deeper(&mut self) -> Result<(), EcoString> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(eco_format!("Exceeded max expression depth {DEPTH_MAX}"));
        }
        Ok(())
    }

    fn expression(&mut self) -> Parsed {
        self.deeper()?;
        let expr = self.chain("||", Expr::Or, |parser| {
            parser.chain("&&", Expr::And, |parser| {
                parser.comparison(&["==", "!="], |parser| {
                    parser.comparison(&["<", "<=", ">", ">="], Self::unary)
                })
            })
        })?;
        self.depth -= 1;
        Ok(expr)
    }

    fn chain(
        &mut self,
        symbol: &'static str,
        join: fn(Vec<Expr>) -> Expr,
        operand: impl Fn(&mut Self) -> Parsed,
    ) -> Parsed {
        let first = operand(self)?;
        if self.peek().kind != Kind::Symbol(symbol) {
            return Ok(first);
        }
        self.deeper()?;
        let mut all = vec![first];
        while self.skip(symbol) {
            all.push(operand(self)?);
        }
        self.depth -= 1;
        Ok(join(all))
    }

    fn comparison(
        &mut self,
        symbols: &[&'static str],
        operand: impl Fn(&mut Self) -> Parsed,
    ) -> Parsed {
        let mut left = operand(self)?;
        while let Some(symbol) = symbols.iter().copied().find(|symbol| self.skip(symbol)) {
            let right = operand(self)?;
            left = Expr::Compare(symbol, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        if !self.skip("!") {
            return self.indexed();
        }
        self.deeper()?;
        let inner = self.unary()?;
        self.depth -= 1;
        Ok(Expr::Not(Box::new(inner)))
    }

    /// Something, and what is reached in it by `[…]` and `.name`.
    fn indexed(&mut self) -> Parsed {
        let has_members = !matches!(self.peek().kind, Kind::Literal(_));
        let mut expr = self.primary()?;
        if !has_members {
            return Ok(expr);
        }
        let before = self.depth;
        loop {
            let at = if self.skip("[") {
                let at = if self.skip("*") {
                    None
                } else {
                    Some(self.expression()?)
                };
                self.expect("]")?;
                at
            } else if self.skip(".") {
                if self.skip("*") {
                    None
                } else if self.peek().kind == Kind::Name {
                    self.next += 1;
                    Some(Expr::Literal(self.tokens[self.next - 1].text.into()))
                } else {
                    return Err(self.unexpected());
                }
            } else {
                break;
            };
            self.deeper()?;
            expr = Expr::Index(Box::new(expr), at.map(Box::new));
        }
        self.depth = before;
        Ok(expr)
    }

    fn primary(&mut self) -> Parsed {
        let token = self.peek().clone();
        match token.kind {
            Kind::Literal(value) => {
                self.next += 1;
                Ok(Expr::Literal(value))
            }
            Kind::Symbol("(") => {
                self.next += 1;
                let expr = self.expression()?;
                self.expect(")")?;
                Ok(expr)
            }
            Kind::Name => {
                self.next += 1;
                if self.skip("(") {
                    return self.call(&token);
                }
                let is_this = |name: &&str| name.eq_ignore_ascii_case(token.text);
                let context = CONTEXTS.iter().position(is_this);
                let context = context.filter(|at| self.sees.context(*at));
                context
                    .map(Expr::Context)
                    .ok_or_else(|| self.error("Unrecognized named-value", &token))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn call(&mut self, name: &Token<'_>) -> Parsed {
        let mut args = Vec::new();
        while !self.skip(")") {
            args.push(self.expression()?);
            if self.peek().kind != Kind::Symbol(")") {
                self.expect(",")?;
            }
        }
        let is_this = |function: &&Function| function.name.eq_ignore_ascii_case(name.text);
        let function = FUNCTIONS
            .iter()
            .find(is_this)
            .filter(|function| self.sees.function(function));
        let Some(function) = function else {
            return Err(self.error("Unrecognized function", name));
        };
        let count = args.len();
        let wrong = if count < function.args.0 {
            "Too few parameters supplied"
        } else if count > function.args.1 {
            "Too many parameters supplied"
        } else if function.name == "case" && count % 2 == 0 {
            "Even number of parameters supplied, requires an odd number of parameters"
        } else {
            return Ok(Expr::Call(function, args));
        };
        Err(self.error(wrong, name))
    }
}
