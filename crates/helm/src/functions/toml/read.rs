//! The reader, with the rules of BurntSushi's `parse.go`.

use super::super::date::{Time, parse as parse_time};
use super::key;
use super::letters::{Fault, Letters, Read, Word, is_blank, named, shown};
use gotmpl::quote::quote;
use gotmpl::value::{ElementType, List, Text};
use gotmpl::{Map, Value};
use yaml::number::{parse_float, parse_int};

struct Reader<'a> {
    letters: Letters<'a>,
    root: Map,
    /// The table that is being filled.
    context: Vec<Text>,
    /// The last part of the key whose value is being read.
    current: Text,
    /// The line of that key, which errors about tables name.
    key_line: usize,
    /// Tables that no line has defined: one may. Keys are whole keys.
    implicit: Map,
    /// Keys whose value is a list in brackets.
    arrays: Map,
    depth: usize,
}

/// How deep values may nest, and how many parts a key may have.
const DEPTH_MAX: usize = 100;

/// The table that a text stands for.
pub(super) fn decode(bytes: &[u8]) -> Result<Map, String> {
    let marks: [&[u8]; 3] = [b"\xFF\xFE", b"\xFE\xFF", b"\xEF\xBB\xBF"];
    let bytes = marks
        .iter()
        .find_map(|mark| bytes.strip_prefix(*mark))
        .unwrap_or(bytes);
    if bytes.iter().take(6).any(|byte| *byte == 0) {
        return Err(
            "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; \
                    TOML files must be UTF-8"
                .to_owned(),
        );
    }
    let mut reader = Reader {
        letters: Letters::new(bytes),
        root: Map::new(),
        context: Vec::new(),
        current: Text::default(),
        key_line: 1,
        implicit: Map::new(),
        arrays: Map::new(),
        depth: 0,
    };
    match reader.document() {
        Ok(()) => Ok(reader.root),
        Err(Fault { line, message }) => Err(match reader.last_key().as_str() {
            "" => format!("toml: line {line}: {message}"),
            last => {
                let last = quote(last.as_bytes());
                format!("toml: line {line} (last key {last}): {message}")
            }
        }),
    }
}

fn joined(path: &[Text]) -> String {
    let parts: Vec<String> = path.iter().map(key).collect();
    parts.join(".")
}

fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r')
}

fn is_space(letter: char) -> bool {
    is_blank(letter) || is_break(letter)
}

/// A path with one name more.
fn below(path: &[Text], name: &Text) -> Vec<Text> {
    let mut path = path.to_vec();
    path.push(name.clone());
    path
}

impl Reader<'_> {
    fn last_key(&self) -> String {
        let context = joined(&self.context);
        match self.current.to_str() {
            current if current.is_empty() => context,
            current if context.is_empty() => current.into_owned(),
            current => format!("{context}.{current}"),
        }
    }

    /// An error in the line of the key.
    fn fault<T>(&self, message: String) -> Read<T> {
        Err(Fault {
            line: self.key_line,
            message,
        })
    }

    fn defined<T>(&self, path: &[Text]) -> Read<T> {
        let path = joined(path);
        self.fault(format!("Key '{path}' has already been defined."))
    }

    fn document(&mut self) -> Read<()> {
        loop {
            match self.letters.next()? {
                None => return Ok(()),
                Some(letter) if is_space(letter) => continue,
                Some('#') => {
                    self.letters.comment()?;
                    continue;
                }
                Some('[') => self.header()?,
                Some(_) => {
                    self.letters.back();
                    let outer = self.context.clone();
                    self.member()?;
                    self.context = outer;
                    self.current = Text::default();
                }
            }
            self.end_of_line()?;
        }
    }

    fn end_of_line(&mut self) -> Read<()> {
        self.letters.skip(is_blank)?;
        match self.letters.next()? {
            None => Ok(()),
            Some('#') => self.letters.comment(),
            Some(letter) if is_break(letter) => Ok(()),
            letter => self.letters.fault(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                shown(letter)
            )),
        }
    }

    /// `[a.b]` or `[[a.b]]`: the table that what follows belongs to.
    fn header(&mut self) -> Read<()> {
        let is_array = self.letters.peek()? == Some('[');
        if is_array {
            self.letters.next()?;
        }
        let mut path = Vec::new();
        loop {
            self.letters.skip(is_blank)?;
            let what = match self.letters.peek()? {
                None | Some(']') => Some("end of table name"),
                Some('.') => Some("table separator"),
                _ => None,
            };
            if let Some(what) = what {
                let message = format!("unexpected {what} (table names cannot be empty)");
                return self.letters.fault(message);
            }
            self.part(&mut path)?;
            match self.letters.next()? {
                Some('.') => {}
                Some(']') => break,
                letter => {
                    return self.letters.fault(format!(
                        "expected '.' or ']' to end table name, but got {} instead",
                        shown(letter)
                    ));
                }
            }
        }
        if is_array {
            let letter = self.letters.next()?;
            if letter != Some(']') {
                return self.letters.fault(format!(
                    "expected end of table array name delimiter ']', but got {} instead",
                    shown(letter)
                ));
            }
        }
        self.enter(&path, is_array)?;
        self.note(&Text::default(), false);
        Ok(())
    }

    /// One part of a key, and the blanks after it.
    fn part(&mut self, path: &mut Vec<Text>) -> Read<()> {
        let name = self.letters.name()?;
        if path.is_empty() {
            self.key_line = self.letters.line;
        }
        if self.context.len() + path.len() > DEPTH_MAX {
            return self.letters.fault("nested too deep");
        }
        path.push(Text::from(name));
        self.letters.skip(is_blank)
    }

    /// `a.b =`
    fn key_path(&mut self) -> Read<Vec<Text>> {
        self.letters.skip(is_blank)?;
        match self.letters.peek()? {
            None | Some('=') => {
                return self.letters.fault("unexpected '=': key name appears blank");
            }
            Some('.') => {
                return self
                    .letters
                    .fault("unexpected '.': keys cannot start with a '.'");
            }
            Some(_) => {}
        }
        let mut path = Vec::new();
        loop {
            self.part(&mut path)?;
            match self.letters.next()? {
                Some('=') => return Ok(path),
                Some('.') => {}
                None => {
                    return self
                        .letters
                        .fault("unexpected EOF; expected key separator '='");
                }
                letter => {
                    let message = format!("expected '.' or '=', but got {} instead", shown(letter));
                    return match letter {
                        Some('\n') => self.letters.fault_before(message),
                        _ => self.letters.fault(message),
                    };
                }
            }
            self.letters.skip(is_blank)?;
            match self.letters.peek()? {
                None | Some('=') => return self.letters.fault("unexpected '='"),
                Some('.') => return self.letters.fault("unexpected '.'"),
                Some(_) => {}
            }
        }
    }

    /// `a.b = value`, into the table of the context; the key, and the value.
    fn member(&mut self) -> Read<(Vec<Text>, Value)> {
        let path = self.key_path()?;
        let Some((name, above)) = path.split_last() else {
            return self.letters.fault("unexpected '='");
        };
        self.current = name.clone();
        for part in above {
            let inner = below(&self.context, part);
            self.implicit.insert(joined(&inner), true);
            self.enter(&inner, false)?;
        }
        let value = self.value(false)?;
        self.set(name, value.clone())?;
        self.note(name, matches!(value, Value::List(_)));
        Ok((path, value))
    }

    /// Makes a table the context, and the tables above it where they are missing.
    fn enter(&mut self, path: &[Text], is_array: bool) -> Read<()> {
        let Some((name, above)) = path.split_last() else {
            return Ok(());
        };
        let mut table = self.root.clone();
        for (at, part) in above.iter().enumerate() {
            if !table.contains_key(part) {
                self.implicit.insert(joined(&above[..=at]), true);
                table.insert(part.clone(), Map::new());
            }
            table = match inner(&table, part) {
                Some(inner) => inner,
                None => {
                    let path = joined(&above[..=at]);
                    return self.fault(format!("Key '{path}' was already created as a hash."));
                }
            };
        }
        self.context = above.to_vec();
        if is_array {
            let mut tables = match table.remove(name) {
                None => List::of(ElementType::Map, Vec::new()),
                Some(Value::List(tables)) if tables.ty.of == ElementType::Map => tables,
                Some(_) => {
                    let path = joined(path);
                    return self.fault(format!(
                        "Key '{path}' was already created and cannot be used as an array."
                    ));
                }
            };
            tables.push(Map::new().into());
            table.insert(name.clone(), Value::List(tables));
        } else {
            self.set(name, Map::new().into())?;
        }
        self.context.push(name.clone());
        Ok(())
    }

    /// Sets a member of the context. What is there already stays if no line has defined it.
    fn set(&mut self, name: &Text, value: Value) -> Read<()> {
        let mut table = self.root.clone();
        for (at, part) in self.context.iter().enumerate() {
            table = match inner(&table, part) {
                Some(inner) => inner,
                None => return self.defined(&self.context[..=at]),
            };
        }
        let path = below(&self.context, name);
        let whole = Text::from(joined(&path));
        if !table.contains_key(name) {
            table.insert(name.clone(), value);
            return Ok(());
        }
        if self.implicit.remove(&whole).is_none() {
            return self.defined(&path);
        }
        if self.arrays.contains_key(&whole) {
            table.insert(name.clone(), value);
        }
        Ok(())
    }

    /// Notes whether a member of the context, or the context itself, is a list in brackets.
    fn note(&mut self, name: &Text, is_array: bool) {
        let whole = Text::from(match name.as_bytes() {
            b"" => joined(&self.context),
            _ => joined(&below(&self.context, name)),
        });
        if is_array {
            self.arrays.insert(whole, true);
        } else {
            self.arrays.remove(&whole);
        }
    }

    fn value(&mut self, is_element: bool) -> Read<Value> {
        self.letters.skip(is_blank)?;
        let first = self.letters.next()?;
        if let Some(quote @ ('"' | '\'')) = first {
            return self.letters.string_or_long(quote).map(Value::from);
        }
        if !matches!(first, Some('[' | '{')) {
            let word = self.letters.word(first)?;
            return self.plain(&word);
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.letters.fault("nested too deep");
        }
        let value = match first {
            Some('[') => self.array(),
            _ => self.inline_table(is_element),
        };
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Read<Value> {
        let name = self.current.clone();
        self.note(&name, true);
        let mut items = Vec::new();
        loop {
            match self.letters.next()? {
                Some(letter) if is_space(letter) => continue,
                Some('#') => {
                    self.letters.comment()?;
                    continue;
                }
                Some(',') => return self.letters.fault("unexpected comma"),
                Some(']') => return Ok(Value::list(items)),
                _ => self.letters.back(),
            }
            items.push(self.value(true)?);
            loop {
                match self.letters.next()? {
                    Some(letter) if is_space(letter) => {}
                    Some('#') => self.letters.comment()?,
                    Some(',') => break,
                    Some(']') => return Ok(Value::list(items)),
                    letter => {
                        return self.letters.fault(format!(
                            "expected a comma (',') or array terminator (']'), but got {}",
                            named(letter)
                        ));
                    }
                }
            }
        }
    }

    fn inline_table(&mut self, is_element: bool) -> Read<Value> {
        let outer = self.context.clone();
        let name = std::mem::take(&mut self.current);
        let own = below(&outer, &name);
        self.context.clone_from(&own);
        self.implicit.insert(joined(&own), true);
        self.enter(&own, is_element)?;
        let table = Map::new();
        while self.has_member()? {
            let (path, value) = self.member()?;
            let mut within = table.clone();
            for (at, part) in path.iter().enumerate() {
                if at + 1 == path.len() {
                    within.insert(part.clone(), value.clone());
                    break;
                }
                if !within.contains_key(part) {
                    within.insert(part.clone(), Map::new());
                }
                within = match inner(&within, part) {
                    Some(inner) => inner,
                    None => return self.defined(&below(&own, part)),
                };
            }
            self.context.clone_from(&own);
            if !self.has_comma()? {
                break;
            }
        }
        self.context = outer;
        self.current = name;
        Ok(table.into())
    }

    /// Whether a member of an inline table follows; its end is read.
    fn has_member(&mut self) -> Read<bool> {
        loop {
            match self.letters.next()? {
                Some(letter) if is_space(letter) => {}
                Some('#') => self.letters.comment()?,
                Some(',') => return self.letters.fault("unexpected comma"),
                Some('}') => return Ok(false),
                _ => {
                    self.letters.back();
                    return Ok(true);
                }
            }
        }
    }

    /// Whether a comma follows a member of an inline table; if not, its end is read.
    fn has_comma(&mut self) -> Read<bool> {
        loop {
            match self.letters.next()? {
                Some(letter) if is_space(letter) => {}
                Some('#') => self.letters.comment()?,
                Some(',') => return Ok(true),
                Some('}') => return Ok(false),
                letter => {
                    return self.letters.fault(format!(
                        "expected a comma or an inline table terminator '}}', but got {} instead",
                        named(letter)
                    ));
                }
            }
        }
    }

    fn plain(&self, word: &Word<'_>) -> Read<Value> {
        match word {
            Word::Bool(flag) => Ok((*flag).into()),
            Word::Integer(word) => self.integer(word),
            Word::Float(word) => self.float(word),
            Word::Time(word) => {
                let word = word.replace('z', "Z").replace(['t', ' '], "T");
                match time(&word) {
                    Some(time) => Ok(time.to_value()),
                    None => {
                        let word = quote(word.as_bytes());
                        self.letters.fault(format!("invalid datetime: {word}"))
                    }
                }
            }
        }
    }

    fn integer(&self, word: &str) -> Read<Value> {
        let shown = quote(word.as_bytes());
        if !has_good_underscores(word) {
            return self.letters.fault(format!(
                "Invalid integer {shown}: underscores must be surrounded by digits"
            ));
        }
        if has_leading_zero(word) {
            return self.letters.fault(format!(
                "Invalid integer {shown}: cannot have leading zeroes"
            ));
        }
        let number = parse_int(&word.replace('_', "")).and_then(|n| i64::try_from(n).ok());
        match number {
            Some(number) => Ok(Value::int64(number)),
            None => self
                .letters
                .fault(format!("{word} is out of range for int64")),
        }
    }

    fn float(&self, word: &str) -> Read<Value> {
        let shown = quote(word.as_bytes());
        let mut parts = word.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
        let mut wrong = None;
        if !parts.clone().all(has_good_underscores) {
            wrong = Some("underscores must be surrounded by digits");
        } else if parts.next().is_some_and(has_leading_zero) {
            wrong = Some("cannot have leading zeroes");
        } else if word
            .split('.')
            .skip(1)
            .any(|after| !after.starts_with(|letter: char| letter.is_ascii_digit()))
        {
            wrong = Some("'.' must be followed by one or more digits");
        }
        if let Some(wrong) = wrong {
            return self
                .letters
                .fault(format!("Invalid float {shown}: {wrong}"));
        }
        let plain = word.replace('_', "");
        match parse_float(&plain) {
            Some(number) if plain == "-nan" => Ok((-number).into()),
            Some(number) => Ok(number.into()),
            None if plain.parse::<f64>().is_ok() => self
                .letters
                .fault(format!("{word} is out of range for float64")),
            None => self.letters.fault(format!("Invalid float value: {shown}")),
        }
    }
}

/// The table of that name; of a list of tables, the last.
fn inner(table: &Map, name: &Text) -> Option<Map> {
    match table.get_text(name)? {
        Value::Map(inner) => Some(inner),
        Value::List(tables) if tables.ty.of == ElementType::Map => match tables.last() {
            Some(Value::Map(inner)) => Some(inner.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether every underscore follows a digit, and something does at the end.
fn has_good_underscores(word: &str) -> bool {
    if matches!(word.trim_start_matches(['+', '-']), "nan" | "inf") {
        return true;
    }
    let mut accepts = false;
    for letter in word.chars() {
        if letter == '_' && !accepts {
            return false;
        }
        accepts = letter.is_ascii_hexdigit();
    }
    accepts
}

fn has_leading_zero(word: &str) -> bool {
    match word.as_bytes() {
        [b'0', next, ..] => !matches!(next, b'b' | b'o' | b'x'),
        [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}

/// A time; one without an offset is in a zone that says what it lacks.
fn time(word: &str) -> Option<Time> {
    let layouts = [
        ("2006-01-02T15:04:05.999999999Z07:00", ""),
        ("2006-01-02T15:04:05.999999999", "datetime-local"),
        ("2006-01-02", "date-local"),
        ("15:04:05.999999999", "time-local"),
        ("2006-01-02T15:04Z07:00", ""),
        ("2006-01-02T15:04", "datetime-local"),
        ("15:04", "time-local"),
    ];
    let (layout, zone, time) = layouts
        .iter()
        .find_map(|(layout, zone)| Some((layout, zone, parse_time(layout, word).ok()?)))?;
    // Numbers of one digit put the signs after them elsewhere.
    let signs = layout
        .bytes()
        .zip(word.bytes())
        .take_while(|(sign, _)| !matches!(sign, b'.' | b'Z'));
    let mut signs = signs.filter(|(sign, _)| !sign.is_ascii_digit());
    if !signs.all(|(sign, have)| sign == have) {
        return None;
    }
    Some(match *zone {
        "" => time,
        zone => Time { zone, ..time },
    })
}
