//! The values of expressions, and how they become texts, numbers and truth.
//!
//! Rules: "Evaluate expressions in workflows and actions" in GitHub's documentation, and
//! `expressions/src` of actions/languageservices.

use ecow::{EcoString, EcoVec, eco_format};
use std::cmp::Ordering;
use yaml::Kind;
use yaml::json::quote;

/// How deep JSON may be nested.
const DEPTH_MAX: usize = 50;

/// A value. Numbers are JavaScript's; members keep the order they were given in.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// What a name has that leads nowhere.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number. It is compared and printed, and nothing is computed with it.
    Number(f64),
    /// Text.
    Text(EcoString),
    /// An array.
    List(EcoVec<Value>),
    /// An object.
    Map(EcoVec<(EcoString, Value)>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.into())
    }
}

impl Value {
    /// An object of texts.
    pub fn texts<'a>(pairs: impl IntoIterator<Item = &'a (EcoString, EcoString)>) -> Value {
        let pairs = pairs.into_iter();
        Value::Map(
            pairs
                .map(|(name, text)| (name.clone(), Value::Text(text.clone())))
                .collect(),
        )
    }

    /// A value as a workflow's file writes it.
    #[must_use]
    pub fn of_node(node: &yaml::Node) -> Value {
        match &node.target().kind {
            Kind::List(items) => Value::List(items.iter().map(Value::of_node).collect()),
            Kind::Map(members) => Value::Map(
                members
                    .iter()
                    .map(|(key, value)| {
                        (key.text().unwrap_or_default().into(), Value::of_node(value))
                    })
                    .collect(),
            ),
            _ => Value::of_plain(
                &yaml::decode_node(node, yaml::Duplicates::LastWins).unwrap_or_default(),
            ),
        }
    }

    fn of_plain(value: &yaml::Value) -> Value {
        match value {
            yaml::Value::Bool(flag) => Value::Bool(*flag),
            yaml::Value::String(text) => Value::Text(text.clone()),
            yaml::Value::Int(number) => Value::Number(*number as f64),
            yaml::Value::Float(number) => Value::Number(*number),
            _ => Value::Null,
        }
    }

    /// The member of an object, whatever the case of its letters.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let Value::Map(members) = self else {
            return None;
        };
        let found = members
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// As it is put into a line of text.
    #[must_use]
    pub fn to_text(&self) -> EcoString {
        match self {
            Value::Null => EcoString::new(),
            Value::Bool(flag) => eco_format!("{flag}"),
            Value::Number(number) => number_text(*number),
            Value::Text(text) => text.clone(),
            Value::List(_) => "Array".into(),
            Value::Map(_) => "Object".into(),
        }
    }

    /// Whether an `if:` with this value holds.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Number(number) => !(number.is_nan() || *number == 0.0),
            Value::Text(text) => !text.is_empty(),
            Value::List(_) | Value::Map(_) => true,
        }
    }

    /// Whether it is neither an array nor an object.
    #[must_use]
    pub fn is_primitive(&self) -> bool {
        !matches!(self, Value::List(_) | Value::Map(_))
    }

    /// The number that a comparison of unequal kinds takes it for.
    #[must_use]
    pub fn to_number(&self) -> f64 {
        match self {
            Value::Null => 0.0,
            Value::Bool(flag) => f64::from(u8::from(*flag)),
            Value::Number(number) => *number,
            Value::Text(text) => parse_number(text),
            Value::List(_) | Value::Map(_) => f64::NAN,
        }
    }

    /// How two values compare; none if they do not, as NaN does not with itself. Texts are compared
    /// without regard to case, unequal kinds as numbers; arrays and objects equal only themselves.
    #[must_use]
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Null, Value::Null) => Some(Ordering::Equal),
            (Value::Text(a), Value::Text(b)) => Some(folded(a).cmp(&folded(b))),
            (Value::List(a), Value::List(b)) => is_one(a.as_ptr(), b.as_ptr(), a.len(), b.len()),
            (Value::Map(a), Value::Map(b)) => is_one(a.as_ptr(), b.as_ptr(), a.len(), b.len()),
            (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => None,
            _ => self.to_number().partial_cmp(&other.to_number()),
        }
    }

    /// As `toJSON` prints it: two spaces a level.
    #[must_use]
    pub fn to_json(&self) -> EcoString {
        let mut out = EcoString::new();
        self.write_json("\n", &mut out);
        out
    }

    fn write_json(&self, line: &str, out: &mut EcoString) {
        let deeper = eco_format!("{line}  ");
        let mut before = deeper.clone();
        match self {
            Value::Null => out.push_str("null"),
            Value::Number(number) if !number.is_finite() => out.push_str("null"),
            Value::Text(text) => quote(text, false, out),
            Value::List(items) if !items.is_empty() => {
                out.push('[');
                for item in items {
                    out.push_str(&before);
                    item.write_json(&deeper, out);
                    before = eco_format!(",{deeper}");
                }
                out.push_str(line);
                out.push(']');
            }
            Value::Map(members) if !members.is_empty() => {
                out.push('{');
                for (name, value) in members {
                    out.push_str(&before);
                    quote(name, false, out);
                    out.push_str(": ");
                    value.write_json(&deeper, out);
                    before = eco_format!(",{deeper}");
                }
                out.push_str(line);
                out.push('}');
            }
            Value::List(_) => out.push_str("[]"),
            Value::Map(_) => out.push_str("{}"),
            Value::Bool(_) | Value::Number(_) => out.push_str(&self.to_text()),
        }
    }

    /// Reads JSON; none if it is none.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Value> {
        let mut reader = Json {
            rest: text,
            depth: 0,
        };
        let value = reader.value()?;
        reader.blanks();
        reader.rest.is_empty().then_some(value)
    }
}

fn is_one<T>(a: *const T, b: *const T, a_len: usize, b_len: usize) -> Option<Ordering> {
    (std::ptr::eq(a, b) && a_len == b_len && a_len > 0).then_some(Ordering::Equal)
}

/// In capitals, but for the dotless ı, whose capital is that of another letter.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ı' => out.push(c),
            _ if c.is_ascii() => out.push(c.to_ascii_uppercase()),
            _ => out.extend(c.to_uppercase()),
        }
    }
    out
}

/// A number as .NET's format `G15` prints it.
fn number_text(number: f64) -> EcoString {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .into();
    }
    if number == 0.0 {
        return "0".into();
    }
    let scientific = format!("{number:.14e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-5..15).contains(&exponent) {
        return eco_format!("{}", scientific.parse::<f64>().unwrap_or(number));
    }
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    let sign = if exponent < 0 { '-' } else { '+' };
    eco_format!("{digits}E{sign}{:02}", exponent.unsigned_abs())
}

/// The number that a text is; NaN if it is none. Blanks around it do not count; nothing is 0.
pub fn parse_number(text: &str) -> f64 {
    let text = text.trim();
    let radix = |digits: &str, radix| {
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        let number = is_number
            .then(|| i64::from_str_radix(digits, radix).ok())
            .flatten();
        number.map_or(f64::NAN, |number| number as f64)
    };
    match text {
        "" => 0.0,
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ if text.starts_with("0x") => radix(&text[2..], 16),
        _ if text.starts_with("0o") => radix(&text[2..], 8),
        _ if text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) =>
        {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}

/// A reading of JSON (RFC 8259).
struct Json<'a> {
    rest: &'a str,
    depth: usize,
}

impl Json<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Whether this comes next, after blanks; takes it.
    fn skip(&mut self, token: &str) -> bool {
        self.blanks();
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn value(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        let value = if self.skip("{") {
            let mut members = EcoVec::new();
            self.members("}", |reader| {
                let name = reader.skip("\"").then(|| reader.text()).flatten()?;
                let value = reader.skip(":").then(|| reader.value()).flatten()?;
                members.push((name, value));
                Some(())
            })?;
            Value::Map(members)
        } else if self.skip("[") {
            let mut items = EcoVec::new();
            self.members("]", |reader| {
                items.push(reader.value()?);
                Some(())
            })?;
            Value::List(items)
        } else if self.skip("\"") {
            Value::Text(self.text()?)
        } else {
            self.word()?
        };
        self.depth -= 1;
        Some(value)
    }

    /// What stands between an opening bracket and its closer, with commas between.
    fn members(
        &mut self,
        closer: &str,
        mut member: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if self.skip(closer) {
            return Some(());
        }
        loop {
            member(self)?;
            if !self.skip(",") {
                return self.skip(closer).then_some(());
            }
        }
    }

    /// The inside of a text, closing quote included.
    fn text(&mut self) -> Option<EcoString> {
        let mut text = EcoString::new();
        loop {
            let end = self.rest.find(['"', '\\'])?;
            let (plain, rest) = self.rest.split_at(end);
            if plain.bytes().any(|byte| byte < b' ') {
                return None;
            }
            text.push_str(plain);
            let mut chars = rest.chars();
            if chars.next() == Some('"') {
                self.rest = chars.as_str();
                return Some(text);
            }
            let c = match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                c @ ('"' | '\\' | '/') => c,
                'u' => {
                    let code = u32::from_str_radix(chars.as_str().get(..4)?, 16).ok()?;
                    chars = chars.as_str()[4..].chars();
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                _ => return None,
            };
            text.push(c);
            self.rest = chars.as_str();
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<Value> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        let digits = word.strip_prefix('-').unwrap_or(word);
        let has_lead = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        match word {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            _ if !digits.starts_with(|c: char| c.is_ascii_digit()) || has_lead => None,
            _ => Some(parse_number(word))
                .filter(|n| !n.is_nan())
                .map(Value::Number),
        }
    }
}
