//! `--set` and its kin: `a.b[0].c=1,d={x,y}`.

use crate::error::Error;
use crate::json::decode_prefix;
use gotmpl::{List, Map, Value};

/// The highest index that may be set.
const INDEX_MAX: i64 = 65536;
/// How many names may be joined by dots.
const NAMES_MAX: usize = 30;

/// Which flag a text was given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// `--set`: numbers, `true`, `false` and `null` are read as such.
    Set,
    /// `--set-string`: every value is text.
    String,
    /// `--set-json`: every value is JSON.
    Json,
    /// `--set-literal`: everything after the `=` is text, commas and backslashes too.
    Literal,
}

/// Reads the file that `--set-file` names; an error is the text of what went wrong.
pub type ReadFile<'r> = &'r mut dyn FnMut(&str) -> Result<String, String>;

/// Sets what `text` says in `values`.
///
/// # Errors
/// What cannot be read, in Helm's words.
pub fn set(values: &Map, text: &str, kind: SetKind) -> Result<(), Error> {
    if kind == SetKind::Json && text.trim_start().starts_with('{') {
        return set_object(values, text);
    }
    parse(values, text, kind, None).map_err(|message| {
        Error::new(match kind {
            SetKind::Set => format!("failed parsing --set data: {message}"),
            SetKind::String => format!("failed parsing --set-string data: {message}"),
            SetKind::Json => format!("failed parsing --set-json data {text}"),
            SetKind::Literal => format!("failed parsing --set-literal data: {message}"),
        })
    })
}

/// Sets what `text` says in `values`, each value being the text of the file of that name.
///
/// # Errors
/// What cannot be read, in Helm's words.
pub fn set_file(values: &Map, text: &str, read: ReadFile<'_>) -> Result<(), Error> {
    parse(values, text, SetKind::String, Some(read))
        .map_err(|message| Error::new(format!("failed parsing --set-file data: {message}")))
}

fn parse(
    values: &Map,
    text: &str,
    kind: SetKind,
    read: Option<ReadFile<'_>>,
) -> Result<(), String> {
    let mut parser = Parser {
        rest: text.chars().collect::<Vec<char>>().into(),
        kind,
        read,
    };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Fault(message)) => return Err(message),
        }
    }
}

/// `--set-json '{"a": 1}'` merges a whole object.
fn set_object(values: &Map, text: &str) -> Result<(), Error> {
    match crate::json::decode(text.as_bytes()) {
        Ok(Value::Map(object)) => {
            crate::values::merge_maps(values, &object);
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(_) => Err(Error::new(format!(
            "failed parsing --set-json data JSON: {text}"
        ))),
    }
}

/// Why reading stopped.
enum Stop {
    /// The text ended where it may.
    End,
    Fault(String),
}

fn fault<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Fault(message.into()))
}

struct Parser<'r> {
    rest: std::collections::VecDeque<char>,
    kind: SetKind,
    /// What a value stands for, when it is the name of a file.
    read: Option<ReadFile<'r>>,
}

/// Text, and the letter that ended it; none at the end.
type Until = (String, Option<char>);

fn put(map: &Map, key: &str, value: Value) {
    if !key.is_empty() {
        map.insert(key, value);
    }
}

fn quoted(text: &str) -> String {
    gotmpl::quote::quote(text.as_bytes())
}

impl Parser<'_> {
    /// Reads to one of `stops`. A backslash makes the next letter stand for itself.
    fn until(&mut self, stops: &[char]) -> Until {
        let mut text = String::new();
        while let Some(letter) = self.rest.pop_front() {
            if stops.contains(&letter) {
                return (text, Some(letter));
            }
            if letter == '\\' && self.kind != SetKind::Literal {
                match self.rest.pop_front() {
                    Some(next) => text.push(next),
                    None => return (text, None),
                }
            } else {
                text.push(letter);
            }
        }
        (text, None)
    }

    fn typed(&mut self, text: String) -> Result<Value, Stop> {
        if let Some(read) = &mut self.read {
            return read(&text).map(Value::from).map_err(Stop::Fault);
        }
        if self.kind != SetKind::Set {
            return Ok(Value::from(text));
        }
        match text.to_lowercase().as_str() {
            "true" => return Ok(Value::Bool(true)),
            "false" => return Ok(Value::Bool(false)),
            "null" => return Ok(Value::Nil),
            "0" => return Ok(Value::int64(0)),
            _ => {}
        }
        match text.parse::<i64>() {
            Ok(number) if !text.starts_with('0') => Ok(Value::int64(number)),
            _ => Ok(Value::from(text)),
        }
    }

    fn key(&mut self, data: &Map, level: usize) -> Result<(), Stop> {
        let stops: &[char] = match self.kind {
            SetKind::Literal => &['=', '[', '.'],
            _ => &['=', '[', ',', '.'],
        };
        let (key, last) = self.until(stops);
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => fault(format!("key {} has no value", quoted(&key))),
            Some('[') => {
                let index = self.index()?;
                let list = match data.get(&key) {
                    None => Vec::new(),
                    Some(value) => existing_list(value)?,
                };
                let mut list = list;
                let result = self.item(&mut list, index, level);
                let failed_early = matches!(&result, Err(Stop::Fault(_))) && list.is_empty();
                if !failed_early {
                    put(data, &key, Value::list(list));
                }
                result
            }
            Some('=') => self.assigned(data, &key),
            Some('.') => self.nested(data, &key, level + 1),
            Some(_) => {
                put(data, &key, Value::from(""));
                fault(format!(
                    "key {} has no value (cannot end with ,)",
                    quoted(&key)
                ))
            }
        }
    }

    fn nested(&mut self, data: &Map, key: &str, level: usize) -> Result<(), Stop> {
        if level > NAMES_MAX {
            return fault(format!(
                "value name nested level is greater than maximum supported nested level of {NAMES_MAX}"
            ));
        }
        let inner = match data.get(key) {
            None => Map::new(),
            Some(Value::Map(inner)) => inner,
            Some(value) => {
                return fault(format!(
                    "unable to parse key: {}",
                    conversion(&value, "map[string]interface {}")
                ));
            }
        };
        let result = self.key(&inner, level);
        if result.is_ok() && inner.is_empty() {
            return fault(format!("key map {} has no value", quoted(key)));
        }
        if !inner.is_empty() {
            put(data, key, Value::Map(inner));
        }
        result
    }

    fn assigned(&mut self, data: &Map, key: &str) -> Result<(), Stop> {
        if self.kind == SetKind::Literal {
            let value: String = self.rest.drain(..).collect();
            put(data, key, Value::from(value));
            return Ok(());
        }
        let (value, ended) = self.value()?;
        put(data, key, value);
        if ended { Err(Stop::End) } else { Ok(()) }
    }

    /// A value, and whether the text ended right where it should begin.
    fn value(&mut self) -> Result<(Value, bool), Stop> {
        if self.kind == SetKind::Json {
            return self.json().map(|value| (value, false));
        }
        match self.rest.front() {
            None => Ok((Value::from(""), true)),
            Some('{') => {
                self.rest.pop_front();
                self.braces().map(|value| (value, false))
            }
            Some(_) => {
                let (text, _) = self.until(&[',']);
                Ok((self.typed(text)?, false))
            }
        }
    }

    fn braces(&mut self) -> Result<Value, Stop> {
        let mut items = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            match last {
                None => return fault("list must terminate with '}'"),
                Some(letter) => {
                    items.push(self.typed(text)?);
                    if letter == '}' {
                        if self.rest.front() == Some(&',') {
                            self.rest.pop_front();
                        }
                        return Ok(Value::list(items));
                    }
                }
            }
        }
    }

    /// Skips space and one comma; true if there is nothing before it.
    fn is_empty_value(&mut self) -> bool {
        loop {
            match self.rest.front() {
                None => return true,
                Some(',') => {
                    self.rest.pop_front();
                    return true;
                }
                Some(letter) if letter.is_whitespace() => {
                    self.rest.pop_front();
                }
                Some(_) => return false,
            }
        }
    }

    fn json(&mut self) -> Result<Value, Stop> {
        if self.is_empty_value() {
            return Ok(Value::Nil);
        }
        let text: String = self.rest.iter().collect();
        match decode_prefix(text.as_bytes()) {
            Ok((value, end, None)) => {
                let letters = text[..end].chars().count();
                self.rest.drain(..letters);
                self.is_empty_value();
                Ok(value)
            }
            Ok((_, _, Some(message))) => fault(message),
            // A decoder of a stream calls the end by another name.
            Err(found) if found.message == "unexpected end of JSON input" => {
                fault("unexpected EOF")
            }
            Err(found) => fault(found.message),
        }
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until(&[']']);
        if last.is_none() {
            return Err(Stop::End);
        }
        let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
        let end = digits.find(|letter: char| !letter.is_ascii_digit());
        // Go sees that a number is too large before it sees what follows.
        let fits = |digits: &str| digits.is_empty() || digits.parse::<u64>().is_ok();
        if digits.is_empty() || end.is_some_and(|end| fits(&digits[..end])) {
            return fault(format!(
                "error parsing index: strconv.Atoi: parsing {}: invalid syntax",
                quoted(&text)
            ));
        }
        match text.parse::<i64>() {
            Ok(index) => Ok(index),
            Err(_) => fault(format!(
                "error parsing index: strconv.Atoi: parsing {}: value out of range",
                quoted(&text)
            )),
        }
    }

    fn item(&mut self, list: &mut Vec<Value>, index: i64, level: usize) -> Result<(), Stop> {
        if index < 0 {
            return fault(format!("negative {index} index not allowed"));
        }
        let (text, last) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            let letters: Vec<String> = text
                .chars()
                .map(|letter| gotmpl::quote::quote_char(letter, false))
                .collect();
            let letters = letters.join(" ");
            return fault(format!(
                "unexpected data at end of array index: [{letters}]"
            ));
        }
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        match last {
            None => Err(Stop::End),
            Some('=') if self.kind == SetKind::Literal => {
                let value: String = self.rest.drain(..).collect();
                set_index(list, index, Value::from(value))
            }
            Some('=') => {
                let (value, _) = self.value()?;
                set_index(list, index, value)
            }
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get(at) {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(value) => existing_list(value.clone())?,
                };
                if level >= NAMES_MAX {
                    return fault(format!("lists are nested more than {NAMES_MAX} deep"));
                }
                self.item(&mut inner, next, level + 1)?;
                set_index(list, index, Value::list(inner))
            }
            Some(_) => {
                let inner = match list.get(at) {
                    Some(Value::Map(inner)) => inner.clone(),
                    Some(_) => {
                        let inner = Map::new();
                        list[at] = Value::Map(inner.clone());
                        inner
                    }
                    None => Map::new(),
                };
                self.key(&inner, level)?;
                set_index(list, index, Value::Map(inner))
            }
        }
    }
}

fn existing_list(value: Value) -> Result<Vec<Value>, Stop> {
    match value {
        Value::List(list) => Ok(items(&list)),
        value => fault(format!(
            "unable to parse key: {}",
            conversion(&value, "[]interface {}")
        )),
    }
}

fn items(list: &List) -> Vec<Value> {
    list.to_vec()
}

/// Go's panic when a value is not of the type it is taken for.
fn conversion(value: &Value, wanted: &str) -> String {
    match value {
        Value::Nil => format!("interface conversion: interface {{}} is nil, not {wanted}"),
        value => format!(
            "interface conversion: interface {{}} is {}, not {wanted}",
            value.type_name()
        ),
    }
}

fn set_index(list: &mut Vec<Value>, index: i64, value: Value) -> Result<(), Stop> {
    if index > INDEX_MAX {
        return fault(format!(
            "index of {index} is greater than maximum supported index of {INDEX_MAX}"
        ));
    }
    let at = usize::try_from(index).unwrap_or(0);
    if list.len() <= at {
        list.resize(at + 1, Value::Nil);
    }
    list[at] = value;
    Ok(())
}
