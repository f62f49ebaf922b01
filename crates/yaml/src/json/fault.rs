//! What keeps a text from being JSON, in the words of Go's `encoding/json`.

use ecow::{EcoString, eco_format};

/// How deep values may lie in one another.
const DEPTH_MAX: usize = 10_000;

/// What is wrong with a text that should be one JSON value; nothing if all is well.
#[must_use]
pub fn fault(text: &str) -> Option<EcoString> {
    Scan { rest: text }.whole().err()
}

struct Scan<'t> {
    rest: &'t str,
}

impl Scan<'_> {
    /// One value and nothing behind it.
    fn whole(&mut self) -> Result<(), EcoString> {
        // What is open: objects and lists.
        let mut open: Vec<char> = Vec::new();
        loop {
            let mut is_inside = false;
            if let Some(outer) = self.value()? {
                if open.len() == DEPTH_MAX {
                    return Err("exceeded max depth".into());
                }
                open.push(outer);
                is_inside = true;
            }
            // What ends here, and whether another value follows.
            loop {
                let (close, place) = match open.last() {
                    None => return self.end(),
                    Some('{') => ('}', "after object key:value pair"),
                    Some(_) => (']', "after array element"),
                };
                if self.take(close) {
                    open.pop();
                    is_inside = false;
                    continue;
                }
                if !is_inside && !self.take(',') {
                    return Err(self.invalid(place));
                }
                if close == '}' {
                    self.key()?;
                }
                break;
            }
        }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn take(&mut self, letter: char) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(letter);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// What stands here does not belong here.
    fn invalid(&self, place: &str) -> EcoString {
        match self.rest.chars().next() {
            None => "unexpected end of JSON input".into(),
            Some('\'') => eco_format!("invalid character '\\'' {place}"),
            Some('"') => eco_format!("invalid character '\"' {place}"),
            Some(letter) => {
                let shown = letter.escape_debug();
                eco_format!("invalid character '{shown}' {place}")
            }
        }
    }

    fn end(&mut self) -> Result<(), EcoString> {
        self.skip_space();
        match self.rest {
            "" => Ok(()),
            _ => Err(self.invalid("after top-level value")),
        }
    }

    /// A value, or what it opens.
    fn value(&mut self) -> Result<Option<char>, EcoString> {
        self.skip_space();
        match self.rest.chars().next() {
            Some(open @ ('{' | '[')) => {
                self.rest = &self.rest[1..];
                return Ok(Some(open));
            }
            Some('"') => self.string()?,
            Some('-' | '0'..='9') => self.number()?,
            Some('t') => self.literal("true")?,
            Some('f') => self.literal("false")?,
            Some('n') => self.literal("null")?,
            _ => return Err(self.invalid("looking for beginning of value")),
        }
        Ok(None)
    }

    fn key(&mut self) -> Result<(), EcoString> {
        self.skip_space();
        if !self.rest.starts_with('"') {
            return Err(self.invalid("looking for beginning of object key string"));
        }
        self.string()?;
        match self.take(':') {
            true => Ok(()),
            false => Err(self.invalid("after object key")),
        }
    }

    fn string(&mut self) -> Result<(), EcoString> {
        self.rest = &self.rest[1..];
        loop {
            let mut letters = self.rest.chars();
            match letters.next() {
                Some('"') => {
                    self.rest = letters.as_str();
                    return Ok(());
                }
                Some('\\') => {
                    self.rest = letters.as_str();
                    let escape = letters.next();
                    if !escape.is_some_and(|it| "bfnrt\\/\"u".contains(it)) {
                        return Err(self.invalid("in string escape code"));
                    }
                    self.rest = letters.as_str();
                    for _ in 0..if escape == Some('u') { 4 } else { 0 } {
                        if !self.rest.starts_with(|it: char| it.is_ascii_hexdigit()) {
                            return Err(self.invalid("in \\u hexadecimal character escape"));
                        }
                        self.rest = &self.rest[1..];
                    }
                }
                Some(letter) if letter >= ' ' => self.rest = letters.as_str(),
                _ => return Err(self.invalid("in string literal")),
            }
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), EcoString> {
        for letter in word.chars() {
            match self.rest.strip_prefix(letter) {
                Some(rest) => self.rest = rest,
                None => {
                    return Err(
                        self.invalid(&eco_format!("in literal {word} (expecting '{letter}')"))
                    );
                }
            }
        }
        Ok(())
    }

    fn digits(&mut self, place: &str) -> Result<(), EcoString> {
        if !self.rest.starts_with(|it: char| it.is_ascii_digit()) {
            return Err(self.invalid(place));
        }
        self.rest = self.rest.trim_start_matches(|it: char| it.is_ascii_digit());
        Ok(())
    }

    fn number(&mut self) -> Result<(), EcoString> {
        self.rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
        match self.rest.strip_prefix('0') {
            Some(rest) => self.rest = rest,
            None => self.digits("in numeric literal")?,
        }
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(rest) = self.rest.strip_prefix(['e', 'E']) {
            self.rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn faults_are_those_of_go() {
        for text in [
            "{}",
            " [1, -2.5e3, \"a\\u00e9\", {\"a\": null}] ",
            "0",
            "\"\"",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        let cases = [
            ("", "unexpected end of JSON input"),
            ("{\"spec\":", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            (
                "{a: 1}",
                "invalid character 'a' looking for beginning of object key string",
            ),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            (
                "{\"a\": 1 \"b\"}",
                "invalid character '\"' after object key:value pair",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            (
                "[1,]",
                "invalid character ']' looking for beginning of value",
            ),
            ("{} x", "invalid character 'x' after top-level value"),
            ("nul", "unexpected end of JSON input"),
            (
                "nulx",
                "invalid character 'x' in literal null (expecting 'l')",
            ),
            ("-x", "invalid character 'x' in numeric literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
        ];
        for (text, why) in cases {
            assert_eq!(fault(text).as_deref(), Some(why), "{text}");
        }
    }
}
