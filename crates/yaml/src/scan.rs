//! The scanner: bytes to tokens, with the rules of YAML 1.1 as libyaml and its Go descendant apply
//! them (simple keys, indentation as tokens). Lazy: a mistake after the part that is read is not seen.

mod flow;
mod scalar;

use crate::error::{Error, Mark, Stage};
use std::borrow::Cow;
use std::collections::VecDeque;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    StreamEnd,
    Version(u8, u8),
    /// Its text is the handle, its second text the prefix.
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    /// Its text is the handle, its second text the suffix.
    Tag,
    Scalar(Style),
}

#[derive(Clone, Debug)]
pub(crate) struct Token<'a> {
    pub kind: TokenKind,
    /// The value of a scalar or the name of an anchor: a part of the document where it stands there
    /// as it is meant, which most do.
    pub text: Cow<'a, str>,
    /// What a tag or its directive says beside its text.
    pub second: Box<str>,
    pub start: Mark,
    pub end: Mark,
}

/// A place where a `key:` without `?` may have begun.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token_number: usize,
    mark: Mark,
}

/// How deep collections may nest.
pub(crate) const DEPTH_MAX: usize = 200;
/// How far after its start the colon of a simple key may be, in bytes.
const SIMPLE_KEY_MAX: usize = 1024;

pub(crate) struct Scanner<'a> {
    source: &'a str,
    text: &'a [u8],
    mark: Mark,
    tokens: VecDeque<Token<'a>>,
    tokens_parsed: usize,
    ended: bool,
    /// Column of the current block collection; -1 outside any.
    indent: isize,
    indents: Vec<isize>,
    flow_level: usize,
    simple_key_allowed: bool,
    /// One for each flow level.
    simple_keys: Vec<SimpleKey>,
}

type Scan<T> = Result<T, Error>;

fn token<'a>(kind: TokenKind, start: Mark, end: Mark) -> Token<'a> {
    Token {
        kind,
        text: Cow::Borrowed(""),
        second: Box::default(),
        start,
        end,
    }
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Scanner<'a> {
        Scanner {
            source: text,
            text: text.as_bytes(),
            mark: Mark::default(),
            tokens: VecDeque::new(),
            tokens_parsed: 0,
            ended: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
        }
    }

    /// The next token, which stays.
    pub fn peek(&mut self) -> Scan<&Token<'a>> {
        self.fetch_more()?;
        Ok(&self.tokens[0])
    }

    /// The next token, taken. The end of the stream is given again and again.
    pub fn take(&mut self) -> Scan<Token<'a>> {
        self.fetch_more()?;
        if self.tokens.len() == 1 && self.tokens[0].kind == TokenKind::StreamEnd {
            return Ok(self.tokens[0].clone());
        }
        self.tokens_parsed += 1;
        // `fetch_more` left at least one.
        self.tokens
            .pop_front()
            .ok_or_else(|| self.error("unexpected end of stream"))
    }

    fn error(&self, message: &str) -> Error {
        Error::new(Stage::Scanner, self.mark, message)
    }

    // ── the text ────────────────────────────────────────────────────────────────────────────────

    /// The byte `ahead` of here; 0 past the end, which stands for itself since no text may hold it.
    fn byte(&self, ahead: usize) -> u8 {
        self.text
            .get(self.mark.offset + ahead)
            .copied()
            .unwrap_or(0)
    }

    fn is_end(&self) -> bool {
        self.mark.offset >= self.text.len()
    }

    /// How many bytes the line break at `ahead` has; 0 if there is none.
    fn break_width(&self, ahead: usize) -> usize {
        match (self.byte(ahead), self.byte(ahead + 1), self.byte(ahead + 2)) {
            (b'\r', b'\n', _) => 2,
            (b'\r' | b'\n', ..) => 1,
            (0xC2, 0x85, _) => 2,
            (0xE2, 0x80, 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    fn is_break(&self) -> bool {
        self.break_width(0) > 0
    }

    fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    fn is_break_or_end(&self, ahead: usize) -> bool {
        self.mark.offset + ahead >= self.text.len() || self.break_width(ahead) > 0
    }

    fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    fn is_document_indicator(&self, sign: u8) -> bool {
        self.mark.column == 0 && (0..3).all(|at| self.byte(at) == sign) && self.is_blank_or_end(3)
    }

    fn char_width(&self) -> usize {
        match self.byte(0) {
            0x00..=0x7F => 1,
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            _ => 4,
        }
    }

    /// Steps over the bytes, none of which is a line break, as long as `belongs` takes them.
    fn skip_while(&mut self, belongs: impl Fn(u8) -> bool) {
        let rest = &self.text[self.mark.offset..];
        let width = rest.iter().take_while(|byte| belongs(**byte)).count();
        self.mark.offset += width;
        self.mark.column += characters(&rest[..width]);
    }

    /// Steps over what is left of the line.
    fn skip_rest_of_line(&mut self) {
        while !self.is_break_or_end(0) {
            self.skip_while(|byte| !begins_break(byte));
            // A byte that may begin a line break and does not.
            if !self.is_break_or_end(0) {
                self.skip();
            }
        }
    }

    /// The document from `start` to here.
    fn since(&self, start: usize) -> &'a [u8] {
        &self.text[start..self.mark.offset]
    }

    /// Steps over one character that is no line break.
    fn skip(&mut self) {
        self.mark.offset = (self.mark.offset + self.char_width()).min(self.text.len());
        self.mark.column += 1;
    }

    /// Copies one character that is no line break.
    fn read(&mut self, into: &mut Vec<u8>) {
        let start = self.mark.offset;
        self.skip();
        into.extend_from_slice(&self.text[start..self.mark.offset]);
    }

    fn skip_line(&mut self) {
        let width = self.break_width(0);
        if width > 0 {
            self.mark = Mark {
                offset: self.mark.offset + width,
                line: self.mark.line + 1,
                column: 0,
            };
        }
    }

    /// Copies a line break; all but Unicode's separators become `\n`.
    fn read_line(&mut self, into: &mut Vec<u8>) {
        match self.break_width(0) {
            0 => {}
            3 => into.extend_from_slice(&self.text[self.mark.offset..self.mark.offset + 3]),
            _ => into.push(b'\n'),
        }
        self.skip_line();
    }

    fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip();
        }
    }

    fn skip_comment(&mut self) {
        if self.byte(0) == b'#' {
            self.skip_rest_of_line();
        }
    }

    // ── the token queue ─────────────────────────────────────────────────────────────────────────

    fn push(&mut self, kind: TokenKind, start: Mark) {
        self.push_text(kind, Cow::Borrowed(""), start, self.mark);
    }

    fn push_text(&mut self, kind: TokenKind, text: Cow<'a, str>, start: Mark, end: Mark) {
        let token = Token {
            text,
            ..token(kind, start, end)
        };
        self.tokens.push_back(token);
    }

    /// Reads on until the first token in the queue is certain: a possible key may still put a
    /// `BlockMappingStart` and a `Key` before it.
    fn fetch_more(&mut self) -> Scan<()> {
        loop {
            if !self.tokens.is_empty() {
                let mut undecided = false;
                for at in 0..self.simple_keys.len() {
                    let key = self.simple_keys[at];
                    if key.possible && key.token_number == self.tokens_parsed {
                        undecided = self.check_simple_key(at)?;
                    }
                }
                if !undecided {
                    return Ok(());
                }
            }
            if self.ended {
                return Ok(());
            }
            self.fetch_next()?;
        }
    }

    /// Whether the possible key of flow level `at` can still be one.
    fn check_simple_key(&mut self, at: usize) -> Scan<bool> {
        let key = self.simple_keys[at];
        if !key.possible {
            return Ok(false);
        }
        let stale =
            key.mark.line < self.mark.line || key.mark.offset + SIMPLE_KEY_MAX < self.mark.offset;
        if stale {
            if key.required {
                return Err(self.error("could not find expected ':'"));
            }
            self.simple_keys[at].possible = false;
        }
        Ok(!stale)
    }

    fn save_simple_key(&mut self) -> Scan<()> {
        if self.simple_key_allowed {
            self.remove_simple_key()?;
            let level = self.simple_keys.len() - 1;
            self.simple_keys[level] = SimpleKey {
                possible: true,
                required: self.flow_level == 0 && self.indent == self.mark.column as isize,
                token_number: self.tokens_parsed + self.tokens.len(),
                mark: self.mark,
            };
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Scan<()> {
        let level = self.simple_keys.len() - 1;
        let key = &mut self.simple_keys[level];
        if key.possible && key.required {
            return Err(self.error("could not find expected ':'"));
        }
        key.possible = false;
        Ok(())
    }

    /// Opens a block collection if the column is deeper than the current one. `number` is the token
    /// it goes before; none puts it last.
    fn roll_indent(
        &mut self,
        column: usize,
        number: Option<usize>,
        kind: TokenKind,
        mark: Mark,
    ) -> Scan<()> {
        if self.flow_level > 0 || self.indent >= column as isize {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column as isize;
        self.check_depth()?;
        let token = token(kind, mark, mark);
        match number {
            Some(number) => self.tokens.insert(number - self.tokens_parsed, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    fn check_depth(&self) -> Scan<()> {
        if self.indents.len() + self.flow_level > DEPTH_MAX {
            return Err(self.error(&format!("exceeded max depth of {DEPTH_MAX}")));
        }
        Ok(())
    }

    fn unroll_indent(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    // ── the tokens ──────────────────────────────────────────────────────────────────────────────

    fn fetch_next(&mut self) -> Scan<()> {
        self.skip_to_next_token();
        self.unroll_indent(self.mark.column as isize);
        if self.is_end() {
            return self.fetch_stream_end();
        }
        if self.mark.column == 0 && self.byte(0) == b'%' {
            return self.fetch_directive();
        }
        if self.is_document_indicator(b'-') {
            return self.fetch_document_indicator(TokenKind::DocumentStart);
        }
        if self.is_document_indicator(b'.') {
            return self.fetch_document_indicator(TokenKind::DocumentEnd);
        }
        let blank_next = self.is_blank_or_end(1);
        let in_flow = self.flow_level > 0;
        match self.byte(0) {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if blank_next => self.fetch_block_entry(),
            b'?' if in_flow || blank_next => self.fetch_key(),
            b':' if in_flow || blank_next => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(),
            b'!' => self.fetch_tag(),
            b'|' if !in_flow => self.fetch_block_scalar(Style::Literal),
            b'>' if !in_flow => self.fetch_block_scalar(Style::Folded),
            b'\'' => self.fetch_quoted(Style::Single),
            b'"' => self.fetch_quoted(Style::Double),
            b'-' | b'?' | b':' => self.fetch_plain(),
            b'|' | b'>' | b'#' | b'%' | b'@' | b'`' | b'\t' => {
                Err(self.error("found character that cannot start any token"))
            }
            _ => self.fetch_plain(),
        }
    }

    fn skip_to_next_token(&mut self) {
        loop {
            if self.mark.column == 0 && self.text[self.mark.offset..].starts_with(b"\xEF\xBB\xBF") {
                self.skip();
            }
            let tab_is_space = self.flow_level > 0 || !self.simple_key_allowed;
            self.skip_while(|byte| byte == b' ' || (tab_is_space && byte == b'\t'));
            self.skip_comment();
            if !self.is_break() {
                return;
            }
            self.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn fetch_stream_end(&mut self) -> Scan<()> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.ended = true;
        self.push(TokenKind::StreamEnd, self.mark);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Scan<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        for _ in 0..3 {
            self.skip();
        }
        self.push(kind, start);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Scan<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error("block sequence entries are not allowed in this context"));
            }
            let kind = TokenKind::BlockSequenceStart;
            self.roll_indent(self.mark.column, None, kind, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.indicator(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scan<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error("mapping keys are not allowed in this context"));
            }
            let kind = TokenKind::BlockMappingStart;
            self.roll_indent(self.mark.column, None, kind, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.indicator(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scan<()> {
        let level = self.simple_keys.len() - 1;
        if self.check_simple_key(level)? {
            let key = self.simple_keys[level];
            let token = token(TokenKind::Key, key.mark, key.mark);
            self.tokens
                .insert(key.token_number - self.tokens_parsed, token);
            let kind = TokenKind::BlockMappingStart;
            self.roll_indent(key.mark.column, Some(key.token_number), kind, key.mark)?;
            self.simple_keys[level].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.error("mapping values are not allowed in this context"));
                }
                let kind = TokenKind::BlockMappingStart;
                self.roll_indent(self.mark.column, None, kind, self.mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.indicator(TokenKind::Value);
        Ok(())
    }

    /// A token of one character.
    fn indicator(&mut self, kind: TokenKind) {
        let start = self.mark;
        self.skip();
        self.push(kind, start);
    }
}

/// How many characters UTF-8 has there: every byte but those that continue one.
fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Whether a line break may begin with the byte.
fn begins_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2)
}
