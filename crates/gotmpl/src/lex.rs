//! The lexer: template text to tokens, as Go's `text/template/parse/lex.go` cuts it.

use std::borrow::Cow;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// The text of the token is an error's message.
    Error,
    Bool,
    /// A single printable character that stands for nothing else, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Dot,
    Keyword(Keyword),
}

/// The words that are no functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

#[derive(Clone, Debug)]
pub(crate) struct Token<'a> {
    pub kind: TokenKind,
    pub pos: usize,
    /// A part of the template, or an error's message.
    pub text: Cow<'a, str>,
    /// Line on which it starts, from 1.
    pub line: usize,
}

pub(crate) struct Lexer<'a> {
    input: &'a str,
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    inside_action: bool,
    paren_depth: usize,
    failed: bool,
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_space(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| SPACES.contains(&letter))
}

fn is_alphanumeric(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| match letter.is_ascii() {
        true => letter == '_' || letter.is_ascii_alphanumeric(),
        false => letter.is_alphabetic() || is_digit(letter),
    })
}

/// Go's `unicode.IsDigit`: decimal digits of any script, roughly.
fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit() || (!letter.is_ascii() && letter.is_numeric())
}

fn has_left_trim(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|rest| is_space(rest.chars().next()))
}

fn has_right_trim(text: &str) -> bool {
    is_space(text.chars().next()) && text[1..].starts_with('-')
}

impl<'a> Lexer<'a> {
    pub fn new(input: &'a str) -> Lexer<'a> {
        Lexer {
            input,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
            paren_depth: 0,
            failed: false,
        }
    }

    /// The next token. After the end and after an error it gives the end again and again.
    pub fn next(&mut self) -> Token<'a> {
        if self.failed {
            return self.token_of(TokenKind::Eof, "EOF".into());
        }
        let token = if self.inside_action {
            self.lex_action()
        } else {
            self.lex_text()
        };
        self.failed = token.kind == TokenKind::Error;
        token
    }

    fn rest(&self) -> &'a str {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        match self.input.as_bytes().get(self.pos) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.rest().chars().next(),
        }
    }

    fn advance(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.pos += letter.len_utf8();
        if letter == '\n' {
            self.line += 1;
        }
        Some(letter)
    }

    fn back_up(&mut self, letter: Option<char>) {
        if let Some(letter) = letter {
            self.pos -= letter.len_utf8();
            if letter == '\n' {
                self.line -= 1;
            }
        }
    }

    fn token_of(&self, kind: TokenKind, text: Cow<'a, str>) -> Token<'a> {
        Token {
            kind,
            pos: self.start,
            text,
            line: self.start_line,
        }
    }

    fn emit(&mut self, kind: TokenKind) -> Token<'a> {
        let text = match kind {
            TokenKind::Eof => "EOF",
            _ => &self.input[self.start..self.pos],
        };
        let token = self.token_of(kind, text.into());
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    fn ignore(&mut self) {
        self.line += self.input[self.start..self.pos].matches('\n').count();
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn error(&self, message: impl Into<String>) -> Token<'a> {
        self.token_of(TokenKind::Error, Cow::Owned(message.into()))
    }

    /// Text up to the next action, or the action's left delimiter, or the end.
    fn lex_text(&mut self) -> Token<'a> {
        loop {
            let Some(found) = self.rest().find(LEFT) else {
                self.line += self.rest().matches('\n').count();
                self.pos = self.input.len();
                let kind = if self.pos > self.start {
                    TokenKind::Text
                } else {
                    TokenKind::Eof
                };
                return self.emit(kind);
            };
            if found > 0 {
                let delim = self.pos + found;
                let text = &self.input[self.start..delim];
                let kept = match has_left_trim(&self.input[delim + LEFT.len()..]) {
                    true => text.trim_end_matches(SPACES).len(),
                    false => text.len(),
                };
                self.pos = self.start + kept;
                self.line += self.input[self.start..self.pos].matches('\n').count();
                let token = self.emit(TokenKind::Text);
                self.pos = delim;
                self.ignore();
                if !token.text.is_empty() {
                    return token;
                }
            }
            if let Some(token) = self.lex_left_delim() {
                return token;
            }
        }
    }

    /// The `{{`; none if it begins a comment, which is skipped.
    fn lex_left_delim(&mut self) -> Option<Token<'a>> {
        self.pos += LEFT.len();
        let marker = if has_left_trim(self.rest()) { 2 } else { 0 };
        if self.input[self.pos + marker..].starts_with("/*") {
            self.pos += marker;
            self.ignore();
            return self.skip_comment().err();
        }
        let token = self.emit(TokenKind::LeftDelim);
        self.inside_action = true;
        self.pos += marker;
        self.ignore();
        self.paren_depth = 0;
        Some(token)
    }

    fn skip_comment(&mut self) -> Result<(), Token<'a>> {
        let Some(end) = self.rest()[2..].find("*/") else {
            return Err(self.error("unclosed comment"));
        };
        self.pos += 2 + end + 2;
        let Some(trims) = self.at_right_delim() else {
            return Err(self.error("comment ends before closing delimiter"));
        };
        self.pos += if trims { 2 } else { 0 } + RIGHT.len();
        if trims {
            self.pos += self.rest().len() - self.rest().trim_start_matches(SPACES).len();
        }
        self.ignore();
        Ok(())
    }

    /// Whether a `}}` is here, and whether it trims what follows.
    fn at_right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_trim(rest) && rest[2..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn lex_right_delim(&mut self, trims: bool) -> Token<'a> {
        if trims {
            self.pos += 2;
            self.ignore();
        }
        self.pos += RIGHT.len();
        let token = self.emit(TokenKind::RightDelim);
        if trims {
            self.pos += self.rest().len() - self.rest().trim_start_matches(SPACES).len();
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn lex_action(&mut self) -> Token<'a> {
        if let Some(trims) = self.at_right_delim() {
            if self.paren_depth == 0 {
                return self.lex_right_delim(trims);
            }
            return self.error("unclosed left paren");
        }
        let Some(letter) = self.advance() else {
            return self.error("unclosed action");
        };
        match letter {
            _ if is_space(Some(letter)) => {
                self.back_up(Some(letter));
                self.lex_space()
            }
            '=' => self.emit(TokenKind::Assign),
            ':' => match self.advance() {
                Some('=') => self.emit(TokenKind::Declare),
                _ => self.error("expected :="),
            },
            '|' => self.emit(TokenKind::Pipe),
            '"' => self.lex_quoted('"', TokenKind::String, "unterminated quoted string"),
            '`' => self.lex_raw(),
            '\'' => self.lex_quoted(
                '\'',
                TokenKind::CharConstant,
                "unterminated character constant",
            ),
            '$' => self.lex_field_or_variable(TokenKind::Variable),
            '.' if !self.peek().is_some_and(|next| next.is_ascii_digit())
                && self.peek().is_some() =>
            {
                self.lex_field_or_variable(TokenKind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.back_up(Some(letter));
                self.lex_number()
            }
            _ if is_alphanumeric(Some(letter)) => self.lex_identifier(),
            '(' => {
                self.paren_depth += 1;
                self.emit(TokenKind::LeftParen)
            }
            ')' => {
                if self.paren_depth == 0 {
                    return self.error("unexpected right paren");
                }
                self.paren_depth -= 1;
                self.emit(TokenKind::RightParen)
            }
            '!'..='~' => self.emit(TokenKind::Char),
            _ => self.error(format!(
                "unrecognized character in action: {}",
                unicode(Some(letter))
            )),
        }
    }

    fn lex_space(&mut self) -> Token<'a> {
        let mut count = 0;
        while is_space(self.peek()) {
            self.advance();
            count += 1;
        }
        // The last space may belong to ` -}}`.
        let last = &self.input[self.pos - 1..];
        if has_right_trim(last) && last[2..].starts_with(RIGHT) {
            self.back_up(last.chars().next());
            if count == 1 {
                return self.lex_right_delim(true);
            }
        }
        self.emit(TokenKind::Space)
    }

    fn lex_identifier(&mut self) -> Token<'a> {
        while is_alphanumeric(self.peek()) {
            self.advance();
        }
        if !self.at_terminator() {
            return self.error(format!("bad character {}", unicode(self.peek())));
        }
        let word = &self.input[self.start..self.pos];
        let kind = match keyword(word) {
            Some(keyword) => TokenKind::Keyword(keyword),
            None if word == "true" || word == "false" => TokenKind::Bool,
            None => TokenKind::Identifier,
        };
        self.emit(kind)
    }

    /// What follows a `.` or a `$`.
    fn lex_field_or_variable(&mut self, kind: TokenKind) -> Token<'a> {
        if self.at_terminator() {
            let alone = if kind == TokenKind::Field {
                TokenKind::Dot
            } else {
                kind
            };
            return self.emit(alone);
        }
        while is_alphanumeric(self.peek()) {
            self.advance();
        }
        if !self.at_terminator() {
            return self.error(format!("bad character {}", unicode(self.peek())));
        }
        self.emit(kind)
    }

    fn at_terminator(&self) -> bool {
        is_space(self.peek())
            || self.peek().is_none_or(|letter| ".,|:)(".contains(letter))
            || self.rest().starts_with(RIGHT)
    }

    fn lex_quoted(&mut self, quote: char, kind: TokenKind, unterminated: &str) -> Token<'a> {
        loop {
            match self.advance() {
                Some('\\') if !matches!(self.advance(), None | Some('\n')) => {}
                Some('\\' | '\n') | None => return self.error(unterminated),
                Some(letter) if letter == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn lex_raw(&mut self) -> Token<'a> {
        loop {
            match self.advance() {
                None => return self.error("unterminated raw quoted string"),
                Some('`') => return self.emit(TokenKind::RawString),
                Some(_) => {}
            }
        }
    }

    fn lex_number(&mut self) -> Token<'a> {
        let bad = |lexer: &Lexer<'a>| {
            let text = &lexer.input[lexer.start..lexer.pos];
            lexer.error(format!(
                "bad number syntax: {}",
                crate::quote::quote(text.as_bytes())
            ))
        };
        if !self.scan_number() {
            return bad(self);
        }
        if matches!(self.peek(), Some('+' | '-')) {
            if !self.scan_number() || !self.input[..self.pos].ends_with('i') {
                return bad(self);
            }
            return self.emit(TokenKind::Complex);
        }
        self.emit(TokenKind::Number)
    }

    fn accept(&mut self, valid: &str) -> bool {
        let found = self.peek().is_some_and(|letter| valid.contains(letter));
        if found {
            self.advance();
        }
        found
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if is_alphanumeric(self.peek()) {
            self.advance();
            return false;
        }
        true
    }
}

fn keyword(word: &str) -> Option<Keyword> {
    Some(match word {
        "block" => Keyword::Block,
        "break" => Keyword::Break,
        "continue" => Keyword::Continue,
        "define" => Keyword::Define,
        "else" => Keyword::Else,
        "end" => Keyword::End,
        "if" => Keyword::If,
        "nil" => Keyword::Nil,
        "range" => Keyword::Range,
        "template" => Keyword::Template,
        "with" => Keyword::With,
        _ => return None,
    })
}

/// Go's `%#U`: `U+0025 '%'`; of the end of text, the number -1 that stands for it.
fn unicode(letter: Option<char>) -> String {
    match letter {
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
        Some(letter) if crate::quote::is_print(letter) => {
            format!("U+{:04X} '{letter}'", u32::from(letter))
        }
        Some(letter) => format!("U+{:04X}", u32::from(letter)),
    }
}
