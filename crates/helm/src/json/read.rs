//! The reader, with the errors of Go 1.26's `encoding/json`.

use super::DEPTH_MAX;
use gotmpl::quote::{is_print, quote, quote_char};
use gotmpl::value::Text;
use gotmpl::{Map, Value};

/// What reading gave: Go keeps the value even where a number does not fit.
pub(crate) struct Found {
    pub message: String,
    /// What was read in spite of the error; none if it was no JSON at all.
    pub value: Option<Value>,
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// The first number that no float holds.
    overflow: Option<String>,
    /// What leads to the value that is being read.
    path: Vec<Step>,
}

enum Step {
    Key(Text),
    Index(usize),
}

type Read<T> = Result<T, String>;

/// The one value of a text.
pub(crate) fn decode(text: &[u8]) -> Result<Value, Found> {
    let (value, end, overflow) = decode_prefix(text)?;
    let mut reader = Reader {
        text,
        at: end,
        overflow: None,
        path: Vec::new(),
    };
    reader.skip_space();
    if reader.at < text.len() {
        let message = reader.invalid("after top-level value");
        return Err(Found {
            message,
            value: None,
        });
    }
    match overflow {
        Some(message) => Err(Found {
            message,
            value: Some(value),
        }),
        None => Ok(value),
    }
}

/// The first value of a text, where it ends, and the error of a number that does not fit.
pub(crate) fn decode_prefix(text: &[u8]) -> Result<(Value, usize, Option<String>), Found> {
    let mut reader = Reader {
        text,
        at: 0,
        overflow: None,
        path: Vec::new(),
    };
    match reader.value(0) {
        Ok(value) => Ok((value, reader.at, reader.overflow)),
        Err(message) => Err(Found {
            message,
            value: None,
        }),
    }
}

const END: &str = "unexpected end of JSON input";

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The error of the character that is here.
    fn invalid(&self, context: &str) -> String {
        let Some(chunk) = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.utf8_chunks().next())
        else {
            return END.to_owned();
        };
        let letter = match chunk.valid().chars().next() {
            Some('\'') => "'\\''".to_owned(),
            Some('"') => "'\"'".to_owned(),
            Some(letter) => quote_char(letter, false),
            None => match self.peek() {
                Some(byte) => format!("'\\x{byte:02x}'"),
                None => return END.to_owned(),
            },
        };
        format!("invalid character {letter} {context}")
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        if depth > DEPTH_MAX {
            return Err("exceeded max depth".to_owned());
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Nil),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.invalid("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                let expected = char::from(expected);
                return Err(self.invalid(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return Err(self.invalid("in numeric literal"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.invalid("in numeric literal"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.invalid("in numeric literal"));
            }
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]).into_owned();
        match yaml::number::parse_decimal(&text) {
            Some(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => {
                if self.overflow.is_none() {
                    let target = self.target();
                    self.overflow = Some(format!(
                        "json: cannot unmarshal number {text} into {target} of type float64"
                    ));
                }
                Ok(Value::Float(0.0))
            }
        }
    }

    /// What the value stands in, as Go calls it: the steps of a JSON pointer, joined by dots.
    fn target(&self) -> String {
        let mut steps = String::new();
        for step in &self.path {
            steps.push('.');
            match step {
                Step::Key(key) => {
                    steps.push_str(&key.to_str().replace('~', "~0").replace('/', "~1"));
                }
                Step::Index(index) => steps.push_str(&index.to_string()),
            }
        }
        match self.path.last() {
            _ if steps.len() <= 1 => "Go value".to_owned(),
            Some(Step::Key(_)) => format!("Go struct field {steps}"),
            _ => steps,
        }
    }

    fn string(&mut self) -> Read<Text> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.peek() {
                None => return Err(END.to_owned()),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text::from(String::from_utf8_lossy(&out).into_owned()));
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                Some(0..=0x1F) => return Err(self.invalid("in string")),
                Some(byte) => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// The error of the escape that begins at `start` and has up to `count` bytes.
    fn bad_escape(&self, start: usize, count: usize) -> String {
        let end = self.text.len().min(start + count);
        let bytes = &self.text[start..end];
        let is_plain = |letter: char| {
            letter != '`' && letter != '\u{FFFD}' && !letter.is_whitespace() && is_print(letter)
        };
        let shown = match std::str::from_utf8(bytes) {
            Ok(text) if text.chars().all(is_plain) => format!("`{text}`"),
            _ => quote(bytes),
        };
        format!("invalid escape sequence {shown} in string")
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Read<()> {
        let byte = match self.peek() {
            None => return Err(END.to_owned()),
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let letter = self.unicode()?;
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            Some(_) => return Err(self.bad_escape(self.at - 1, 2)),
        };
        out.push(byte);
        self.at += 1;
        Ok(())
    }

    /// Four digits after a `\u`.
    fn hex4(&mut self) -> Read<u32> {
        let start = self.at;
        let mut code = 0;
        for _ in 0..4 {
            let Some(byte) = self.peek() else {
                return Err(END.to_owned());
            };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(self.bad_escape(start - 2, 6));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn unicode(&mut self) -> Read<char> {
        let high = self.hex4()?;
        if !(0xD800..0xDC00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or('\u{FFFD}'));
        }
        let after = self.at;
        if self.text[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let low = self.hex4()?;
            if (0xDC00..0xE000).contains(&low) {
                let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or('\u{FFFD}'));
            }
            self.at = after;
        }
        Ok('\u{FFFD}')
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            self.path.push(Step::Index(items.len()));
            items.push(self.value(depth + 1)?);
            self.path.pop();
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                _ => return Err(self.invalid("after array element")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let map = Map::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(map));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.invalid("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.invalid("after object key"));
            }
            self.at += 1;
            self.path.push(Step::Key(key.clone()));
            let value = self.value(depth + 1)?;
            self.path.pop();
            map.insert(key, value);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Map(map));
                }
                _ => return Err(self.invalid("after object key:value pair")),
            }
        }
    }
}
