//! The reader.

use super::super::date::{Time, parse as parse_time};
use gotmpl::value::Text;
use gotmpl::{Map, Value};
use yaml::number::{parse_float, parse_int};

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The key that is being read, which errors name.
    last_key: String,
    /// Arrays of tables nest like everything else.
    depth: usize,
}

type Read<T> = Result<T, String>;

/// How deep values may nest.
const DEPTH_MAX: usize = 100;

/// The table that a text stands for.
pub(super) fn decode(text: &str) -> Result<Map, String> {
    let mut reader = Reader {
        text,
        at: 0,
        last_key: String::new(),
        depth: 0,
    };
    let root = Map::new();
    let mut table = root.clone();
    loop {
        reader.skip_lines();
        match reader.peek() {
            None => return Ok(root),
            Some('[') => table = reader.header(&root)?,
            Some(_) => {
                reader.member(&table)?;
                reader.end_of_line()?;
            }
        }
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn error<T>(&self, message: impl AsRef<str>) -> Read<T> {
        let line = 1 + self.text[..self.at]
            .trim_end_matches('\n')
            .matches('\n')
            .count();
        let key = match self.last_key.as_str() {
            "" => String::new(),
            key => format!(" (last key {})", gotmpl::quote::quote(key.as_bytes())),
        };
        Err(format!("toml: line {line}{key}: {}", message.as_ref()))
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) {
        self.skip_blanks();
        if self.peek() == Some('#') {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn skip_lines(&mut self) {
        loop {
            self.skip_comment();
            match self.peek() {
                Some('\n' | '\r') => self.at += 1,
                _ => return,
            }
        }
    }

    fn end_of_line(&mut self) -> Read<()> {
        self.skip_comment();
        match self.peek() {
            None | Some('\n' | '\r') => Ok(()),
            Some(letter) => self.error(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got '{letter}' instead"
            )),
        }
    }

    /// `[a.b]` or `[[a.b]]`: the table that what follows belongs to.
    fn header(&mut self, root: &Map) -> Read<Map> {
        self.at += 1;
        let is_array = self.peek() == Some('[');
        self.at += usize::from(is_array);
        let path = self.key_path()?;
        for _ in 0..=usize::from(is_array) {
            self.skip_blanks();
            if self.take() != Some(']') {
                return self.error("expected end of table name delimiter ']'");
            }
        }
        self.end_of_line()?;
        let Some((name, above)) = path.split_last() else {
            return Ok(root.clone());
        };
        let parent = self.descend(root, above)?;
        if is_array {
            let mut items = match parent.get_text(name) {
                Some(Value::List(items)) => items.to_vec(),
                _ => Vec::new(),
            };
            let item = Map::new();
            items.push(item.clone().into());
            parent.insert(name.clone(), Value::list(items));
            return Ok(item);
        }
        self.descend(&parent, std::slice::from_ref(name))
    }

    /// The table under a path, made where it is missing; of an array the last one.
    fn descend(&self, table: &Map, path: &[Text]) -> Read<Map> {
        let mut table = table.clone();
        for name in path {
            let next = match table.get_text(name) {
                None => {
                    let inner = Map::new();
                    table.insert(name.clone(), inner.clone());
                    inner
                }
                Some(Value::Map(inner)) => inner,
                Some(Value::List(items)) => match items.last() {
                    Some(Value::Map(inner)) => inner.clone(),
                    _ => return self.defined(name),
                },
                Some(_) => return self.defined(name),
            };
            table = next;
        }
        Ok(table)
    }

    fn defined<T>(&self, name: &Text) -> Read<T> {
        self.error(format!("Key '{}' has already been defined.", name.to_str()))
    }

    fn key_path(&mut self) -> Read<Vec<Text>> {
        let mut path = vec![self.key()?];
        loop {
            self.skip_blanks();
            if self.peek() != Some('.') {
                let names: Vec<String> =
                    path.iter().map(|name| name.to_str().into_owned()).collect();
                self.last_key = names.join(".");
                return Ok(path);
            }
            self.at += 1;
            path.push(self.key()?);
        }
    }

    fn key(&mut self) -> Read<Text> {
        self.skip_blanks();
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote),
            _ => {
                let bare = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
                let end = self
                    .rest()
                    .find(|letter| !bare(letter))
                    .unwrap_or(self.rest().len());
                let name = &self.rest()[..end];
                if name.is_empty() {
                    return match self.peek() {
                        Some(letter) => {
                            self.error(format!("expected a key but got '{letter}' instead"))
                        }
                        None => self.error("unexpected EOF"),
                    };
                }
                self.at += end;
                Ok(Text::from(name))
            }
        }
    }

    fn member(&mut self, table: &Map) -> Read<()> {
        let before = std::mem::take(&mut self.last_key);
        let path = self.key_path()?;
        let named = std::mem::replace(&mut self.last_key, before);
        self.skip_blanks();
        match self.peek() {
            Some('=') => self.at += 1,
            None | Some('\n') => {
                return self.error("unexpected EOF; expected key separator '='");
            }
            Some(letter) => {
                return self.error(format!("expected '.' or '=', but got '{letter}' instead"));
            }
        }
        self.last_key = named;
        let value = self.value()?;
        let Some((name, above)) = path.split_last() else {
            return Ok(());
        };
        let table = self.descend(table, above)?;
        if table.contains_key(name) {
            return self.defined(name);
        }
        table.insert(name.clone(), value);
        Ok(())
    }

    fn value(&mut self) -> Read<Value> {
        self.skip_blanks();
        match self.peek() {
            None | Some('\n' | '\r') => self.error("unexpected EOF; expected value"),
            Some(quote @ ('"' | '\'')) => self.string(quote).map(Value::String),
            Some(open @ ('[' | '{')) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return self.error("nested too deep");
                }
                let value = if open == '[' {
                    self.array()
                } else {
                    self.inline_table()
                };
                self.depth -= 1;
                value
            }
            Some(_) => self.word(),
        }
    }

    fn array(&mut self) -> Read<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_lines();
            if self.peek() == Some(']') {
                self.at += 1;
                return Ok(Value::list(items));
            }
            items.push(self.value()?);
            self.skip_lines();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => {}
                Some(letter) => {
                    return self.error(format!(
                        "expected a comma (',') or array terminator (']'), but got '{letter}'"
                    ));
                }
                None => {
                    return self
                        .error("unexpected EOF; expected a comma (',') or array terminator (']')");
                }
            }
        }
    }

    fn inline_table(&mut self) -> Read<Value> {
        self.at += 1;
        let map = Map::new();
        loop {
            self.skip_lines();
            if self.peek() == Some('}') {
                self.at += 1;
                return Ok(map.into());
            }
            self.member(&map)?;
            self.skip_lines();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => {}
                _ => {
                    return self.error("expected a comma or an inline table terminator '}'");
                }
            }
        }
    }

    /// A number, a flag or a time.
    fn word(&mut self) -> Read<Value> {
        let ends =
            |letter: char| matches!(letter, ',' | ']' | '}' | '#' | '\n' | '\r' | ' ' | '\t');
        let mut end = self.rest().find(ends).unwrap_or(self.rest().len());
        // `2020-01-01 10:00:00` has a space in it.
        let after = self.rest().get(end + 1..).unwrap_or_default();
        if self.rest()[end..].starts_with(' ')
            && is_date(&self.rest()[..end])
            && after.starts_with(|letter: char| letter.is_ascii_digit())
        {
            end += 1 + after.find(ends).unwrap_or(after.len());
        }
        let word = &self.rest()[..end];
        self.at += end;
        let plain = word.replace('_', "");
        match word {
            "true" => return Ok(true.into()),
            "false" => return Ok(false.into()),
            "inf" | "+inf" | "-inf" | "nan" | "+nan" | "-nan" => {
                return Ok(parse_float(word).unwrap_or(f64::NAN).into());
            }
            _ => {}
        }
        if !word.starts_with(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter)) {
            let shown = gotmpl::quote::quote(word.as_bytes());
            return self.error(format!("expected value but found {shown} instead"));
        }
        if is_date(word.get(..10).unwrap_or(word)) || word.get(2..3) == Some(":") {
            if let Some(time) = date(word) {
                return Ok(time.to_value());
            }
        } else if let Some(number) = parse_int(&plain).and_then(|n| i64::try_from(n).ok()) {
            return Ok(Value::int64(number));
        } else if let Some(number) = parse_float(&plain) {
            return Ok(number.into());
        }
        let shown = gotmpl::quote::quote(word.as_bytes());
        self.error(format!("Invalid TOML value: {shown}"))
    }

    fn string(&mut self, quote: char) -> Read<Text> {
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let is_long = self.rest().starts_with(&triple);
        self.at += if is_long { 3 } else { 1 };
        if is_long {
            let rest = self.rest();
            self.at += if rest.starts_with("\r\n") {
                2
            } else {
                usize::from(rest.starts_with('\n'))
            };
        }
        let mut out = String::new();
        loop {
            if is_long && self.rest().starts_with(&triple) {
                self.at += 3;
                return Ok(Text::from(out));
            }
            match self.take() {
                None => {
                    let name = if is_long { "\"\"\"" } else { "'\"'" };
                    return self.error(format!("unexpected EOF; expected {name}"));
                }
                Some('\n') if !is_long => {
                    self.at -= 1;
                    return self.error("strings cannot contain newlines");
                }
                Some(letter) if letter == quote && !is_long => return Ok(Text::from(out)),
                Some('\\') if quote == '"' => self.escape(&mut out)?,
                Some(letter) => out.push(letter),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Read<()> {
        let letter = match self.take() {
            Some('b') => '\x08',
            Some('t') => '\t',
            Some('n') => '\n',
            Some('f') => '\x0C',
            Some('r') => '\r',
            Some('e') => '\x1B',
            Some(same @ ('"' | '\\')) => same,
            Some(kind @ ('u' | 'U' | 'x')) => {
                let count = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code = self
                    .rest()
                    .get(..count)
                    .and_then(|c| u32::from_str_radix(c, 16).ok());
                let Some(letter) = code.and_then(char::from_u32) else {
                    return self.error("invalid escape");
                };
                self.at += count;
                letter
            }
            Some(' ' | '\t' | '\n' | '\r') => {
                self.at += self.rest().len() - self.rest().trim_start().len();
                return Ok(());
            }
            Some(other) => return self.error(format!("invalid escape character '{other}'")),
            None => return self.error("unexpected EOF"),
        };
        out.push(letter);
        Ok(())
    }
}

fn is_date(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-'
}

fn date(word: &str) -> Option<Time> {
    let layouts = [
        "2006-01-02T15:04:05.999999999Z07:00",
        "2006-01-02 15:04:05.999999999Z07:00",
        "2006-01-02T15:04:05.999999999",
        "2006-01-02 15:04:05.999999999",
        "2006-01-02",
        "15:04:05.999999999",
    ];
    layouts
        .iter()
        .find_map(|layout| parse_time(layout, &word.replace('t', "T")).ok())
}
