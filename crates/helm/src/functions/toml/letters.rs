//! The letters of a document, and what is made of them alone: strings and words. Errors are told
//! at the line where BurntSushi's lexer (`lex.go`) tells them.

use gotmpl::quote::{quote, quote_char};

/// What is wrong, and in which line.
pub(super) struct Fault {
    pub line: usize,
    pub message: String,
}

pub(super) type Read<T> = Result<T, Fault>;

pub(super) struct Letters<'a> {
    text: &'a str,
    /// What follows the text, if that is not UTF-8.
    bad: Option<u8>,
    at: usize,
    pub line: usize,
    /// Whether the end was the last thing read.
    ended: bool,
}

/// A value that is neither string, list nor table, as it is written.
pub(super) enum Word<'a> {
    Bool(bool),
    Integer(&'a str),
    Float(&'a str),
    Time(&'a str),
}

pub(super) fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// As Go's `%q`; the end is the character 0.
pub(super) fn shown(letter: Option<char>) -> String {
    quote_char(letter.unwrap_or('\0'), false)
}

/// As text; the end is called by its name.
pub(super) fn named(letter: Option<char>) -> String {
    match letter {
        Some(letter) => format!("'{letter}'"),
        None => "end of file".to_owned(),
    }
}

impl<'a> Letters<'a> {
    pub fn new(bytes: &'a [u8]) -> Letters<'a> {
        let (text, bad) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(found) => {
                let (good, rest) = bytes.split_at(found.valid_up_to());
                (
                    std::str::from_utf8(good).unwrap_or_default(),
                    rest.first().copied(),
                )
            }
        };
        Letters {
            text,
            bad,
            at: 0,
            line: 1,
            ended: false,
        }
    }

    pub fn next(&mut self) -> Read<Option<char>> {
        let rest = &self.text[self.at..];
        let Some(letter) = rest.chars().next() else {
            if let Some(bad) = self.bad {
                return self.at_line(self.line, format!("invalid UTF-8 byte: 0x{bad:02x}"));
            }
            self.ended = true;
            return Ok(None);
        };
        self.line += usize::from(letter == '\n');
        let is_allowed = match letter {
            '\r' => rest.starts_with("\r\n"),
            '\t' | '\n' => true,
            letter => !letter.is_ascii_control(),
        };
        if !is_allowed {
            let code = u32::from(letter);
            let message = format!("TOML files cannot contain control characters: '0x{code:02x}'");
            return self.at_line(self.line, message);
        }
        self.at += letter.len_utf8();
        Ok(Some(letter))
    }

    /// Takes the last letter back.
    pub fn back(&mut self) {
        if std::mem::take(&mut self.ended) {
            return;
        }
        if let Some(letter) = self.text[..self.at].chars().next_back() {
            self.at -= letter.len_utf8();
            self.line -= usize::from(letter == '\n');
        }
    }

    pub fn peek(&mut self) -> Read<Option<char>> {
        let letter = self.next()?;
        self.back();
        Ok(letter)
    }

    fn accept(&mut self, wanted: char) -> Read<bool> {
        let accepted = self.next()? == Some(wanted);
        if !accepted {
            self.back();
        }
        Ok(accepted)
    }

    pub fn skip(&mut self, is_skipped: fn(char) -> bool) -> Read<()> {
        while self.next()?.is_some_and(is_skipped) {}
        self.back();
        Ok(())
    }

    /// What follows a `#`, up to the end of the line.
    pub fn comment(&mut self) -> Read<()> {
        self.skip(|letter| !matches!(letter, '\n' | '\r'))
    }

    fn at_line<T>(&self, line: usize, message: String) -> Read<T> {
        Err(Fault { line, message })
    }

    /// An error here; at the end of the text, in the last line that has something.
    pub fn fault<T>(&self, message: impl Into<String>) -> Read<T> {
        let is_past = self.ended && self.text[..self.at].ends_with('\n');
        self.at_line(self.line - usize::from(is_past), message.into())
    }

    /// An error in the line that a line break ended.
    pub fn fault_before<T>(&self, message: impl Into<String>) -> Read<T> {
        self.at_line(self.line - 1, message.into())
    }

    /// A part of a key.
    pub fn name(&mut self) -> Read<String> {
        if let Some(quote @ ('"' | '\'')) = self.peek()? {
            self.next()?;
            return self.string(quote);
        }
        let start = self.at;
        self.skip(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))?;
        Ok(self.text[start..self.at].to_owned())
    }

    /// A string whose opening quote has been read.
    pub fn string_or_long(&mut self, quote: char) -> Read<String> {
        if self.accept(quote)? {
            if self.accept(quote)? {
                return self.long_string(quote);
            }
            self.back();
        }
        self.string(quote)
    }

    fn string(&mut self, quote: char) -> Read<String> {
        let start = self.at;
        loop {
            match self.next()? {
                None if quote == '"' => return self.fault("unexpected EOF; expected '\"'"),
                None => return self.fault("unexpected EOF; expected \"'\""),
                Some('\n' | '\r') => return self.fault_before("strings cannot contain newlines"),
                Some('\\') if quote == '"' => self.escape(start)?,
                Some(letter) if letter == quote => break,
                Some(_) => {}
            }
        }
        let body = &self.text[start..self.at - 1];
        match quote {
            '"' => self.unescaped(body),
            _ => Ok(body.to_owned()),
        }
    }

    fn long_string(&mut self, quote: char) -> Read<String> {
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let other = if quote == '"' { '\'' } else { '"' };
        let start = self.at;
        loop {
            match self.next()? {
                None => {
                    return self.fault(format!("unexpected EOF; expected {other}{triple}{other}"));
                }
                Some('\\') if quote == '"' => {
                    if !matches!(self.next()?, Some('\n' | '\r')) {
                        self.back();
                        self.escape(start)?;
                    }
                }
                Some(letter) if letter == quote && self.accept(quote)? => {
                    if !self.accept(quote)? {
                        self.back();
                        continue;
                    }
                    if self.peek()? != Some(quote) {
                        break;
                    }
                    // Quotes before the closing three belong to the string, two at most.
                    let read = &self.text[start..self.at];
                    let before = read.trim_end_matches(quote);
                    let most = 4 + usize::from(quote == '"' && before.ends_with('\\'));
                    if read.len() - before.len() > most {
                        return self.fault(format!("unexpected {other}{triple}{triple}{other}"));
                    }
                    self.back();
                    self.back();
                }
                Some(_) => {}
            }
        }
        let body = &self.text[start..self.at - 3];
        let body = body
            .strip_prefix('\n')
            .or_else(|| body.strip_prefix("\r\n"))
            .unwrap_or(body);
        match quote {
            '"' => self.unescaped(body),
            _ => Ok(body.to_owned()),
        }
    }

    /// Checks what follows a backslash in the string that begins at `start`.
    fn escape(&mut self, start: usize) -> Read<()> {
        let (count, digits) = match self.next()? {
            Some('e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
            Some('x') => (2, "two hexadecimal digits after '\\x'"),
            Some('u') => (4, "four hexadecimal digits after '\\u'"),
            Some('U') => (8, "eight hexadecimal digits after '\\U'"),
            other => {
                let letter = other.unwrap_or('\0');
                let message = format!("invalid escape in string '\\{letter}'");
                return match other {
                    None => self.fault_before(message),
                    Some(_) => self.fault(message),
                };
            }
        };
        for _ in 0..count {
            if !self
                .next()?
                .is_some_and(|letter| letter.is_ascii_hexdigit())
            {
                let read = quote(&self.text.as_bytes()[start..self.at]);
                return self.fault(format!("expected {digits}, but got {read} instead"));
            }
        }
        Ok(())
    }

    /// A string's text, escapes replaced.
    fn unescaped(&self, body: &str) -> Read<String> {
        let mut out = String::new();
        let mut rest = body;
        while let Some((plain, after)) = rest.split_once('\\') {
            out.push_str(plain);
            let blank = after.len() - after.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if after[..blank].contains('\n') {
                rest = &after[blank..];
                continue;
            }
            let mut letters = after.chars();
            let kind = letters.next().unwrap_or('\\');
            rest = letters.as_str();
            let count = match kind {
                ' ' | '\t' => return self.fault(format!("invalid escape: '\\{kind}'")),
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => {
                    out.push(match kind {
                        'b' => '\x08',
                        't' => '\t',
                        'n' => '\n',
                        'f' => '\x0C',
                        'r' => '\r',
                        'e' => '\x1B',
                        same => same,
                    });
                    continue;
                }
            };
            let (digits, after) = rest.split_at_checked(count).unwrap_or((rest, ""));
            let code = u32::from_str_radix(digits, 16).ok();
            let Some(letter) = code.and_then(char::from_u32) else {
                return self.fault(format!(
                    "Escaped character '\\u{digits}' is not valid UTF-8."
                ));
            };
            out.push(letter);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// A number, a flag or a time, whose first letter has been read.
    pub fn word(&mut self, first: Option<char>) -> Read<Word<'a>> {
        let start = self.at - first.map_or(0, char::len_utf8);
        match first {
            Some(letter) if is_digit(letter) => return self.number(start, letter),
            Some('.') => return self.fault("floats must start with a digit, not '.'"),
            Some('i' | 'n')
                if (self.accept('n')? && self.accept('f')?)
                    || (self.accept('a')? && self.accept('n')?) =>
            {
                return Ok(Word::Float(&self.text[start..self.at]));
            }
            Some('-' | '+') => return self.signed(start),
            _ => {}
        }
        match first {
            Some(letter) if letter.is_alphabetic() => {
                self.back();
                let start = self.at;
                self.skip(char::is_alphabetic)?;
                match &self.text[start..self.at] {
                    "true" => Ok(Word::Bool(true)),
                    "false" => Ok(Word::Bool(false)),
                    other => {
                        let read = quote(other.as_bytes());
                        self.fault(format!("expected value but found {read} instead"))
                    }
                }
            }
            None => self.fault("unexpected EOF; expected value"),
            letter => {
                let message = format!("expected value but found {} instead", shown(letter));
                match letter {
                    Some('\n') => self.fault_before(message),
                    _ => self.fault(message),
                }
            }
        }
    }

    fn signed(&mut self, start: usize) -> Read<Word<'a>> {
        let letter = self.next()?;
        let is_named = match letter {
            Some('i') => self.accept('n')? && self.accept('f')?,
            Some('n') => self.accept('a')? && self.accept('n')?,
            Some('0') => {
                if let Some(base @ ('b' | 'o' | 'x')) = self.peek()? {
                    let read = &self.text[start..self.at];
                    return self.fault(format!(
                        "cannot use sign with non-decimal numbers: '{read}{base}'"
                    ));
                }
                return self.decimal(start);
            }
            Some('.') => return self.fault("floats must start with a digit, not '.'"),
            Some(letter) if is_digit(letter) => return self.decimal(start),
            _ => return self.fault(format!("expected a digit but got {}", shown(letter))),
        };
        let read = &self.text[start..self.at];
        if is_named {
            return Ok(Word::Float(read));
        }
        self.fault(format!("invalid float: '{read}'"))
    }

    fn number(&mut self, start: usize, first: char) -> Read<Word<'a>> {
        if first == '0' {
            let (name, is_in): (_, fn(char) -> bool) = match self.peek()? {
                Some('b') => ("a binary", |letter| matches!(letter, '0' | '1' | '_')),
                Some('o') => ("an octal", |letter| matches!(letter, '0'..='7' | '_')),
                Some('x') => ("a hexadecimal", |l| l.is_ascii_hexdigit() || l == '_'),
                _ => ("", is_digit),
            };
            if !name.is_empty() {
                self.next()?;
                let letter = self.peek()?.unwrap_or('\0');
                if letter == '_' || !is_in(letter) {
                    let read = &self.text[start..self.at];
                    return self.fault(format!("not {name} number: '{read}{letter}'"));
                }
                self.skip(is_in)?;
                return Ok(Word::Integer(&self.text[start..self.at]));
            }
        }
        let is_long = self.peek()?.is_some_and(is_digit);
        self.skip(is_digit)?;
        // A single 0 begins no date.
        if (first != '0' || is_long) && matches!(self.peek()?, Some('-' | ':')) {
            self.skip(|letter| {
                is_digit(letter)
                    || matches!(letter, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+')
            })?;
            return Ok(Word::Time(self.text[start..self.at].trim()));
        }
        self.decimal(start)
    }

    fn decimal(&mut self, start: usize) -> Read<Word<'a>> {
        self.skip(|letter| is_digit(letter) || letter == '_')?;
        if !matches!(self.peek()?, Some('.' | 'e' | 'E')) {
            return Ok(Word::Integer(&self.text[start..self.at]));
        }
        self.skip(|l| is_digit(l) || matches!(l, '_' | '.' | '-' | '+' | 'e' | 'E'))?;
        Ok(Word::Float(&self.text[start..self.at]))
    }
}
