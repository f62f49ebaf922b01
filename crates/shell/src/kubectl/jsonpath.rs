//! JSONPath as kubectl has it (`k8s.io/client-go/util/jsonpath`): text with `{…}` in it, `range` and
//! `end`, filters, slices and unions. A key that is not there gives nothing.

use kube::Value;
use yaml::json;

/// A template, read.
pub(super) struct Template {
    /// Each piece of text, and each `{…}`.
    parts: Vec<Path>,
}

/// What is walked from left to right.
type Path = Vec<Step>;

enum Step {
    /// What stands there, whatever came before.
    Text(String),
    Field(String),
    /// From, to (and whether that was left out), step.
    Slice(Option<i64>, Option<i64>, bool, Option<i64>),
    Filter(Path, String, Path),
    Literal(Value),
    Wildcard,
    Recursive,
    Union(Vec<Path>),
    Range,
    End,
    Unknown(String),
}

/// `a.b`, `.a.b`, `{a.b}` and `{.a.b}` as `{.a.b}` (`RelaxedJSONPathExpression`).
///
/// # Errors
/// Braces elsewhere.
pub(super) fn relaxed(text: &str) -> Result<String, String> {
    let inner = text.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
    let inner = inner.unwrap_or(text);
    let inner = inner.strip_prefix('.').unwrap_or(inner);
    match text {
        "" => Ok(String::new()),
        _ if inner.is_empty() || inner.contains(['{', '}']) => Err(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
             '{.name1.name2}'"
                .to_owned(),
        ),
        _ => Ok(format!("{{.{inner}}}")),
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong, in the words of client-go.
    pub fn read(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, action)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(vec![Step::Text(before.to_owned())]);
            }
            let (path, after) = action_of(action)?;
            parts.push(path);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(vec![Step::Text(rest.to_owned())]);
        }
        Ok(Template { parts })
    }

    /// What each part finds in a value, those in a range once for each of its values.
    ///
    /// # Errors
    /// An index out of bounds, a filter of what is no list.
    pub fn find(&self, value: &Value) -> Result<Vec<Vec<Value>>, String> {
        let mut found = Vec::new();
        self.block(0, Some(value), false, &mut found)?;
        Ok(found)
    }

    /// What it writes of a value.
    ///
    /// # Errors
    /// As [`Template::find`].
    pub fn print(&self, value: &Value) -> Result<String, String> {
        let found = self.find(value)?;
        let lines = found.iter().map(|values| {
            let texts: Vec<String> = values.iter().map(text_of).collect();
            texts.join(" ")
        });
        Ok(lines.collect())
    }

    /// Walks the parts from one on, until the range that they are in ends. Gives the part behind.
    fn block(
        &self,
        from: usize,
        value: Option<&Value>,
        is_range: bool,
        found: &mut Vec<Vec<Value>>,
    ) -> Result<usize, String> {
        let mut at = from;
        while let Some(path) = self.parts.get(at) {
            at += 1;
            if path.iter().any(|step| matches!(step, Step::End)) {
                match is_range {
                    true => return Ok(at),
                    false => return Err("not in range, nothing to end".to_owned()),
                }
            }
            let values = match value {
                Some(value) => walk(path, vec![value.clone()])?,
                None => Vec::new(),
            };
            if path.iter().any(|step| matches!(step, Step::Range)) {
                let mut end = None;
                for value in &values {
                    end = Some(self.block(at, Some(value), true, found)?);
                }
                at = match end {
                    Some(end) => end,
                    None => self.block(at, None, true, &mut Vec::new())?,
                };
            } else {
                found.push(values);
            }
        }
        Ok(at)
    }
}

/// A value as Go prints it, maps and lists as JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::Map(_) | Value::List(_) => json::encode(value, json::COMPACT).into(),
        Value::Null => "null".to_owned(),
        scalar => shown(scalar),
    }
}

/// A value as Go's `fmt.Sprint` writes it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::List(items) => {
            let all: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", all.join(" "))
        }
        Value::Map(members) => {
            let all = members.iter();
            let all: Vec<String> = all
                .map(|(name, it)| format!("{name}:{}", shown(it)))
                .collect();
            format!("map[{}]", all.join(" "))
        }
        Value::String(text) => text.to_string(),
        number => json::encode(number, json::COMPACT).into(),
    }
}

fn is_end(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

/// The length of a field's name, up to what ends it and is not escaped.
fn field_end(text: &str) -> usize {
    let mut is_escaped = false;
    let ends = |letter: char| {
        let ends = !is_escaped && is_end(letter);
        is_escaped = !is_escaped && letter == '\\';
        ends
    };
    text.find(ends).unwrap_or(text.len())
}

/// What stands between braces, of which the first is read, and what follows the second.
fn action_of(text: &str) -> Result<(Path, &str), String> {
    let (mut path, mut rest) = (Path::new(), text);
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((path, after));
        }
        if let Some(filter) = rest.strip_prefix("[?(") {
            let (step, after) = filter_of(filter)?;
            path.push(step);
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("..") {
            if matches!(path.last(), Some(Step::Recursive)) {
                return Err("invalid multiple recursive descent".to_owned());
            }
            path.push(Step::Recursive);
            rest = after;
            if rest.starts_with(|it: char| it == '_' || it.is_alphanumeric()) {
                rest = field(rest, &mut path);
            }
            continue;
        }
        let Some(letter) = rest.chars().next().filter(|it| !matches!(it, '\r' | '\n')) else {
            return Err("unclosed action".to_owned());
        };
        let after = &rest[letter.len_utf8()..];
        rest = match letter {
            ' ' | '@' | '$' => after,
            '.' => field(after, &mut path),
            '[' => {
                let end = after
                    .find([']', '\n'])
                    .filter(|at| after[*at..].starts_with(']'));
                let end = end.ok_or("unterminated array")?;
                elements(&after[..end], &mut path)?;
                &after[end + 1..]
            }
            '"' | '\'' => {
                let (text, after) = quoted(after, letter)?;
                path.push(Step::Text(text));
                after
            }
            '+' | '-' | '0'..='9' => {
                let end = after.find(|it: char| it != '.' && !it.is_ascii_digit());
                let (number, after) = rest.split_at(1 + end.unwrap_or(after.len()));
                let value = match (number.parse::<i64>(), number.parse::<f64>()) {
                    (Ok(whole), _) => Value::from(whole),
                    (_, Ok(float)) => Value::Float(float),
                    _ => return Err(format!("cannot parse number {number}")),
                };
                path.push(Step::Literal(value));
                after
            }
            it if it == '_' || it.is_alphanumeric() => {
                let (word, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
                path.push(match word {
                    "true" | "false" => Step::Literal((word == "true").into()),
                    "range" => Step::Range,
                    "end" => Step::End,
                    other => Step::Unknown(other.to_owned()),
                });
                after
            }
            other => {
                let code = u32::from(other);
                return Err(format!(
                    "unrecognized character in action: U+{code:04X} '{other}'"
                ));
            }
        };
    }
}

fn field<'t>(text: &'t str, path: &mut Path) -> &'t str {
    let (name, after) = text.split_at(field_end(text));
    path.push(match name {
        "*" => Step::Wildcard,
        name => Step::Field(name.replace('\\', "")),
    });
    after
}

/// What stands in quotes, of which the first is read, and what follows the last.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let (mut out, mut letters) = (String::new(), text.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\n' => break,
            '\\' => out.push(match letters.next().map_or('\\', |(_, it)| it) {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            end if end == quote => return Ok((out, &text[at + 1..])),
            other => out.push(other),
        }
    }
    Err("unterminated quoted string".to_owned())
}

/// A path that stands alone.
fn lone(text: &str) -> Result<Path, String> {
    action_of(&format!("{text}}}")).map(|(path, _)| path)
}

/// What stands in brackets: `*`, an index, a slice, a key in quotes, or several of them.
fn elements(text: &str, path: &mut Path) -> Result<(), String> {
    if text.contains(',') {
        let each = text
            .split(',')
            .map(|one| lone(&format!("[{}]", one.trim())));
        path.push(Step::Union(each.collect::<Result<_, _>>()?));
        return Ok(());
    }
    let key = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
    if let Some(key) = key.filter(|key| !key.contains('\'')) {
        path.extend(lone(&format!(".{key}"))?);
        return Ok(());
    }
    let parts: Vec<&str> = if text == "*" {
        vec!["", ""]
    } else {
        text.split(':').collect()
    };
    let bad = || format!("invalid array index {text}");
    let number = |at: usize| match parts.get(at) {
        None | Some(&"") => Ok(None),
        Some(number) => number.parse::<i64>().map(Some).map_err(|_| bad()),
    };
    let (from, to, step) = (number(0)?, number(1)?, number(2)?);
    let is_one = parts.len() == 1;
    if 3 < parts.len() || is_one && from.is_none() {
        return Err(bad());
    }
    let to = if is_one { from.map(|at| at + 1) } else { to };
    path.push(Step::Slice(from, to, is_one, step));
    Ok(())
}

/// `@.a=="b")]`, behind `[?(`, and what follows.
fn filter_of(text: &str) -> Result<(Step, &str), String> {
    let mut quote = None;
    let end = text.find(|letter: char| match (quote, letter) {
        (None, '"' | '\'') => {
            quote = Some(letter);
            false
        }
        (Some(open), letter) => {
            if open == letter {
                quote = None;
            }
            false
        }
        (None, letter) => matches!(letter, ')' | '\n'),
    });
    let end = end.filter(|at| text[*at..].starts_with(')'));
    let (inner, after) = text.split_at(end.ok_or("unterminated filter")?);
    let after = after[1..]
        .strip_prefix(']')
        .ok_or("unclosed array expect ]")?;
    let is_sign = |letter: char| matches!(letter, '!' | '<' | '>' | '=');
    let step = match inner.find(is_sign).filter(|at| *at > 0) {
        None => Step::Filter(lone(inner)?, "exists".to_owned(), Path::new()),
        Some(at) => {
            let (left, rest) = inner.split_at(at);
            let (sign, right) = rest.split_at(rest.find(|it| !is_sign(it)).unwrap_or(rest.len()));
            Step::Filter(lone(left)?, sign.to_owned(), lone(right)?)
        }
    };
    Ok((step, after))
}

/// What lies under some values.
fn walk(path: &Path, values: Vec<Value>) -> Result<Vec<Value>, String> {
    let mut values = values;
    for step in path {
        values = match step {
            Step::Text(text) => vec![text.as_str().into()],
            Step::Literal(value) => vec![value.clone(); values.len()],
            Step::Field(name) => {
                let found = values.iter().filter_map(Value::as_map);
                found.filter_map(|it| it.get(name)).cloned().collect()
            }
            Step::Wildcard => values.iter().flat_map(parts_of).collect(),
            Step::Recursive => {
                let mut all = Vec::new();
                values.iter().for_each(|value| descend(value, &mut all));
                all
            }
            Step::Union(paths) => {
                let mut all = Vec::new();
                for path in paths {
                    all.extend(walk(path, values.clone())?);
                }
                all
            }
            Step::Slice(from, to, is_one, step) => {
                let mut all = Vec::new();
                for list in values.iter().filter(|it| !it.is_null()) {
                    slice(list, *from, *to, *is_one, *step, &mut all)?;
                }
                all
            }
            Step::Filter(left, sign, right) => {
                let mut all = Vec::new();
                for list in &values {
                    let Value::List(items) = list else {
                        let what = shown(list);
                        return Err(format!(
                            "{what} is not array or slice and cannot be filtered"
                        ));
                    };
                    for item in items {
                        if is_kept(item, left, sign, right)? {
                            all.push(item.clone());
                        }
                    }
                }
                all
            }
            Step::Range | Step::End => values,
            Step::Unknown(word) => return Err(format!("unrecognized identifier {word}")),
        };
    }
    Ok(values)
}

fn parts_of(value: &Value) -> Vec<Value> {
    let members = value.members().map(|(_, value)| value);
    members.chain(value.items()).cloned().collect()
}

/// A value and all in it that has parts.
fn descend(value: &Value, all: &mut Vec<Value>) {
    let parts = parts_of(value);
    if !parts.is_empty() {
        all.push(value.clone());
        parts.iter().for_each(|part| descend(part, all));
    }
}

fn slice(
    list: &Value,
    from: Option<i64>,
    to: Option<i64>,
    is_one: bool,
    step: Option<i64>,
    all: &mut Vec<Value>,
) -> Result<(), String> {
    let Value::List(items) = list else {
        return Err("value is not array or slice".to_owned());
    };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from = from.unwrap_or(0);
    let from = if from < 0 { from + length } else { from };
    let to = to.unwrap_or(length);
    let to = if to < 0 || is_one && to == 0 {
        to + length
    } else {
        to
    };
    let bounds = |at: i64| {
        Err(format!(
            "array index out of bounds: index {at}, length {length}"
        ))
    };
    match () {
        () if from == to => return Ok(()),
        () if !(0..length).contains(&from) => return bounds(from),
        () if !(0..=length).contains(&to) => return bounds(to - 1),
        () if from > to => {
            return Err(format!(
                "starting index {from} is greater than ending index {to}"
            ));
        }
        () => {}
    }
    let step = step.unwrap_or(1);
    let Some(step) = usize::try_from(step).ok().filter(|step| *step > 0) else {
        return Err("step must be > 0".to_owned());
    };
    let place = |at: i64| usize::try_from(at).unwrap_or(0);
    let chosen = &items[place(from)..place(to)];
    all.extend(chosen.iter().step_by(step).cloned());
    Ok(())
}

/// Whether a filter keeps an item of a list.
fn is_kept(item: &Value, left: &Path, sign: &str, right: &Path) -> Result<bool, String> {
    let one = |path: &Path| {
        let found = walk(path, vec![item.clone()])?;
        match found.len() {
            0 | 1 => Ok(found.into_iter().next()),
            _ => Err("can only compare one element at a time".to_owned()),
        }
    };
    if sign == "exists" {
        return Ok(!walk(left, vec![item.clone()])
            .unwrap_or_default()
            .is_empty());
    }
    let (Some(left), Some(right)) = (one(left)?, one(right)?) else {
        return Ok(false);
    };
    let order = match (&left, &right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) if matches!(sign, "==" | "!=") => left.cmp(right),
        _ => return Err("incompatible types for comparison".to_owned()),
    };
    Ok(match sign {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        other => return Err(format!("unrecognized filter operator {other}")),
    })
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn templates_write_what_they_find() {
        let value = yaml::decode(
            "{kind: List, items: [{name: a, size: 1, tags: [u, v]}, {name: b, size: 2, 'a.b/c': d}]}",
        );
        let value = value.expect("it is YAML");
        let cases = [
            ("{.kind}", "List"),
            ("{.ghost}", ""),
            ("{.items[*].name}", "a b"),
            ("{.items[0].name}-{.items[-1:].name}", "a-b"),
            ("{.items[0].tags}", r#"["u","v"]"#),
            ("{.items[1].a\\.b/c}", "d"),
            ("{.items[1]['a\\.b/c']}", "d"),
            ("{.items[?(@.size>1)].name}", "b"),
            ("{.items[?(@.tags)].name}", "a"),
            ("{.items[?(@.name==\"a\")].size}", "1"),
            ("{..name}", "a b"),
            ("{.items[0]['name','size']}", "a 1"),
            (
                "{range .items[*]}{.name}{\"\\t\"}{range .tags[*]}{@},{end}{end}.",
                "a\tu,v,b\t.",
            ),
        ];
        for (text, expected) in cases {
            let template = Template::read(text).expect(text);
            assert_eq!(template.print(&value).as_deref(), Ok(expected), "{text}");
        }
        for (text, why) in [
            ("{.spec", "unclosed action"),
            ("{.a[}", "unterminated array"),
            ("{.a[x]}", "invalid array index x"),
            ("{\"a}", "unterminated quoted string"),
            ("{!}", "unrecognized character in action: U+0021 '!'"),
        ] {
            assert_eq!(Template::read(text).err().as_deref(), Some(why), "{text}");
        }
        let run = |text| Template::read(text).and_then(|it: Template| it.print(&value));
        assert_eq!(
            run("{.items[5]}"),
            Err("array index out of bounds: index 5, length 2".to_owned())
        );
        assert_eq!(run("{end}"), Err("not in range, nothing to end".to_owned()));
    }
}
