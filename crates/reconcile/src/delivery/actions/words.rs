//! Reads words: quotes, variables, `$(…)`, and what `${…}` does.

use super::script::{Parser, SyntaxError};
use super::syntax::{Form, Piece, Word};
use ecow::EcoString;

impl Parser<'_> {
    /// A word; none if it holds something the lab does not know.
    pub(super) fn word(&mut self) -> Result<Option<Word>, SyntaxError> {
        let mut word = Word::default();
        loop {
            match self.peek() {
                None | Some(' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | ')' | '>' | '<' | '(') => {
                    return Ok(Some(word));
                }
                Some('`') => match self.backticks(false)? {
                    Some(piece) => word.0.push(piece),
                    None => return Ok(None),
                },
                Some('\'') => {
                    self.at += 1;
                    let rest = self.rest();
                    let end = rest.find('\'').ok_or_else(|| self.unclosed("'"))?;
                    word.push_text(&rest[..end]);
                    self.at += end + 1;
                }
                Some('"') => {
                    self.at += 1;
                    if !self.quoted(&mut word, Some('"'))? {
                        return Ok(None);
                    }
                }
                Some('\\') => {
                    self.at += 1;
                    match self.take() {
                        Some('\n') | None => {}
                        Some(c) => word.push_text(c.encode_utf8(&mut [0; 4])),
                    }
                }
                Some('$') => match self.dollar(false)? {
                    Some(piece) => word.0.push(piece),
                    None => return Ok(None),
                },
                Some(_) => {
                    let rest = self.rest();
                    let special = [
                        ' ', '\t', '\n', '\r', ';', '&', '|', ')', '>', '<', '(', '`', '\'', '"',
                        '\\', '$',
                    ];
                    let end = rest.find(special).unwrap_or(rest.len());
                    word.push_text(&rest[..end]);
                    self.at += end;
                }
            }
        }
    }

    /// The inside of double quotes, the closing one included, or of a here-document, which ends with
    /// the text; false if it holds something unknown.
    pub(super) fn quoted(
        &mut self,
        word: &mut Word,
        closer: Option<char>,
    ) -> Result<bool, SyntaxError> {
        word.push_text("");
        loop {
            match self.peek() {
                None if closer.is_none() => return Ok(true),
                None => return Err(self.unclosed("\"")),
                Some('"') if closer.is_some() => {
                    self.at += 1;
                    return Ok(true);
                }
                Some('"') => {
                    self.at += 1;
                    word.push_text("\"");
                }
                Some('`') => match self.backticks(true)? {
                    Some(piece) => word.0.push(piece),
                    None => return Ok(false),
                },
                Some('\\') => {
                    self.at += 1;
                    match self.take() {
                        Some('\n') | None => {}
                        Some(c @ ('$' | '`' | '"' | '\\')) => {
                            word.push_text(c.encode_utf8(&mut [0; 4]));
                        }
                        Some(c) => word.push_text(&format!("\\{c}")),
                    }
                }
                Some('$') => match self.dollar(true)? {
                    Some(piece) => word.0.push(piece),
                    None => return Ok(false),
                },
                Some(_) => {
                    let rest = self.rest();
                    let end = rest.find(['"', '`', '\\', '$']).unwrap_or(rest.len());
                    word.push_text(&rest[..end]);
                    self.at += end;
                }
            }
        }
    }

    /// `` `…` ``, which is `$(…)`.
    fn backticks(&mut self, is_quoted: bool) -> Result<Option<Piece>, SyntaxError> {
        let rest = &self.rest()[1..];
        let end = rest.find('`').ok_or_else(|| self.unclosed("`"))?;
        let inner = &rest[..end];
        if inner.contains('\\') {
            return Ok(None);
        }
        self.at += end + 2;
        let block = self.inner(inner)?.block(&[])?;
        Ok(Some(Piece::Output { block, is_quoted }))
    }

    /// The inside of `${…}`; none if it does something the lab does not know.
    fn variable(&self, inside: &str, is_quoted: bool) -> Result<Option<Piece>, SyntaxError> {
        let name = name_prefix(inside);
        let tail = &inside[name.len()..];
        if name.is_empty() {
            return Ok(None);
        }
        let form = if tail.is_empty() {
            Some(Form::Plain)
        } else if let Some((sign, text)) =
            tail.split_at_checked(2).filter(|it| it.0.starts_with(':'))
        {
            let mut word = Word::default();
            let mut inner = self.inner(text)?;
            match sign {
                ":-" | ":+" | ":?" if !inner.quoted(&mut word, None)? => None,
                ":-" => Some(Form::Default(unquoted(word))),
                ":+" => Some(Form::Instead(unquoted(word))),
                ":?" => Some(Form::Required(word)),
                _ => slice(&tail[1..]),
            }
        } else if tail == ":" {
            slice("")
        } else if let Some(pattern) = tail.strip_prefix('/') {
            let (is_all, pattern) = match pattern.strip_prefix('/') {
                Some(pattern) => (true, pattern),
                None => (false, pattern),
            };
            let (from, to) = pattern.split_once('/').unwrap_or((pattern, ""));
            let is_plain =
                !from.contains(['*', '?', '[', '$', '#', '%', '\\']) && !to.contains('$');
            is_plain.then(|| Form::Replace {
                from: from.into(),
                to: to.into(),
                is_all,
            })
        } else {
            without(tail)
        };
        Ok(form.map(|form| Piece::Variable {
            name: name.into(),
            form,
            is_quoted,
        }))
    }

    /// What `$` begins; none if the lab does not know it.
    fn dollar(&mut self, is_quoted: bool) -> Result<Option<Piece>, SyntaxError> {
        self.at += 1;
        if self.rest().starts_with("((") {
            return Ok(None);
        }
        if self.skip("(") {
            let block = self.block(&[])?;
            if !self.skip(")") && !self.has_given_up {
                return Err(self.unclosed(")"));
            }
            return Ok(Some(Piece::Output { block, is_quoted }));
        }
        if self.skip("{") {
            let rest = self.rest();
            let end = closing_brace(rest).ok_or_else(|| self.unclosed("}"))?;
            self.at += end + 1;
            return self.variable(&rest[..end], is_quoted);
        }
        if self.skip("?") {
            return Ok(Some(Piece::Variable {
                name: "?".into(),
                form: Form::Plain,
                is_quoted,
            }));
        }
        let name = name_prefix(self.rest());
        self.at += name.len();
        Ok(Some(match name {
            "" => Piece::Text("$".into()),
            name => Piece::Variable {
                name: name.into(),
                form: Form::Plain,
                is_quoted,
            },
        }))
    }
}

/// The name of a variable that a text begins with, possibly empty.
pub(super) fn name_prefix(text: &str) -> &str {
    let is_name = |(at, byte): (usize, u8)| {
        byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit())
    };
    let end = text
        .bytes()
        .enumerate()
        .position(|at| !is_name(at))
        .unwrap_or(text.len());
    &text[..end]
}

/// Where the `}` is that closes a `${` before the text.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The word after `:-`, in which quotes quote nothing more once they are gone.
fn unquoted(mut word: Word) -> Word {
    for piece in &mut word.0 {
        if let Piece::Text(text) = piece {
            *text = text.replace("\"", "");
        }
    }
    word
}

/// `offset:length`. An empty number is 0 to bash.
fn slice(tail: &str) -> Option<Form> {
    let (offset, length) = match tail.split_once(':') {
        Some((offset, length)) => (offset, Some(length)),
        None => (tail, None),
    };
    let number = |text: &str| match text.trim() {
        "" => Some(0),
        digits => digits.parse().ok(),
    };
    let length = length.map(number).map_or(Some(None), |n| n.map(Some))?;
    Some(Form::Slice(number(offset)?, length))
}

/// `#pattern`, `##pattern`, `%pattern`, `%%pattern`, with one `*` at most.
fn without(tail: &str) -> Option<Form> {
    let is_end = tail.starts_with('%');
    let sign = if is_end { '%' } else { '#' };
    let pattern = tail.strip_prefix(sign)?;
    let is_longest = pattern.starts_with(sign);
    let pattern = pattern.strip_prefix(sign).unwrap_or(pattern);
    let is_known = !pattern.contains(['?', '[', '$', '\\']) && pattern.matches('*').count() <= 1;
    is_known.then(|| Form::Without {
        pattern: pattern.into(),
        is_end,
        is_longest,
    })
}

/// `NAME=value`, if the word is one: the name must be there unquoted.
pub(super) fn assignment(source: &str, word: &Word) -> Option<(EcoString, Word)> {
    let name = name_prefix(source);
    if name.is_empty() || !source[name.len()..].starts_with('=') {
        return None;
    }
    let mut value = word.clone();
    if let Some(Piece::Text(text)) = value.0.first_mut() {
        *text = text.get(name.len() + 1..)?.into();
    }
    Some((name.into(), value))
}
