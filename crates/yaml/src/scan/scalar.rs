//! Scalars: plain, quoted, and the two block styles.

use super::{Scan, Scanner, Style, TokenKind, begins_break};
use crate::error::Mark;
use std::borrow::Cow;

/// White space inside a scalar, collected until it is known what becomes of it.
#[derive(Default)]
struct Gap {
    blanks: Vec<u8>,
    first_break: Vec<u8>,
    more_breaks: Vec<u8>,
    /// Whether a line ended in it.
    broken: bool,
}

impl Gap {
    /// Writes the gap as line folding reads it: one break is a space, more are one fewer.
    fn fold_into(&mut self, value: &mut Vec<u8>) {
        if !self.broken {
            value.append(&mut self.blanks);
            return;
        }
        if self.first_break.first() == Some(&b'\n') {
            if self.more_breaks.is_empty() {
                value.push(b' ');
            }
        } else {
            value.append(&mut self.first_break);
        }
        value.append(&mut self.more_breaks);
        self.first_break.clear();
        self.blanks.clear();
        self.broken = false;
    }
}

fn text<'a>(bytes: Vec<u8>) -> Cow<'a, str> {
    match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => String::from_utf8_lossy(error.as_bytes())
            .into_owned()
            .into(),
    }
}

impl Scanner<'_> {
    pub(super) fn fetch_plain(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        let mut end = start;
        let indent = self.indent + 1;
        // On one line the value is what stands there; only line breaks are folded.
        let mut folded: Option<Vec<u8>> = None;
        let mut gap = Gap::default();
        loop {
            let at_document = self.is_document_indicator(b'-') || self.is_document_indicator(b'.');
            if at_document || self.byte(0) == b'#' {
                break;
            }
            let from = self.mark.offset;
            if !self.is_blank_or_end(0) && !self.ends_plain() {
                if gap.broken {
                    let line = &self.text[start.offset..end.offset];
                    folded.get_or_insert_with(|| line.to_vec());
                }
                self.skip_plain_word();
                end = self.mark;
                match &mut folded {
                    Some(value) => {
                        gap.fold_into(value);
                        value.extend_from_slice(self.since(from));
                    }
                    None => gap.blanks.clear(),
                }
            }
            if !(self.is_blank(0) || self.is_break()) {
                break;
            }
            self.scan_gap(&mut gap, indent)?;
            if self.flow_level == 0 && (self.mark.column as isize) < indent {
                break;
            }
        }
        if gap.broken {
            self.simple_key_allowed = true;
        }
        let value = match folded {
            Some(value) => text(value),
            None => Cow::Borrowed(&self.source[start.offset..end.offset]),
        };
        self.push_text(TokenKind::Scalar(Style::Plain), value, start, end);
        Ok(())
    }

    /// Steps over what a plain scalar has up to a blank, a line break or its end.
    fn skip_plain_word(&mut self) {
        let in_flow = self.flow_level > 0;
        while !self.is_blank_or_end(0) && !self.ends_plain() {
            // The first byte belongs to it; of those that follow, some have to be looked at.
            self.skip();
            self.skip_while(|byte| match byte {
                b' ' | b'\t' | b':' => false,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' => !in_flow,
                byte => !begins_break(byte),
            });
        }
    }

    fn ends_plain(&self) -> bool {
        match self.byte(0) {
            b':' => self.is_blank_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }

    fn scan_gap(&mut self, gap: &mut Gap, indent: isize) -> Scan<()> {
        loop {
            if self.is_blank(0) {
                let shallow = (self.mark.column as isize) < indent;
                if gap.broken && shallow && self.byte(0) == b'\t' {
                    return Err(self.error("found a tab character that violates indentation"));
                }
                if gap.broken {
                    self.skip();
                } else {
                    self.read(&mut gap.blanks);
                }
            } else if self.is_break() {
                if gap.broken {
                    self.read_line(&mut gap.more_breaks);
                } else {
                    gap.blanks.clear();
                    self.read_line(&mut gap.first_break);
                    gap.broken = true;
                }
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn fetch_quoted(&mut self, style: Style) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        let quote = self.byte(0);
        self.skip();
        let mut value = Vec::new();
        loop {
            if self.is_document_indicator(b'-') || self.is_document_indicator(b'.') {
                return Err(self.error("found unexpected document indicator"));
            }
            if self.is_end() {
                return Err(self.error("found unexpected end of stream"));
            }
            let mut gap = Gap::default();
            while !self.is_blank_or_end(0) && (self.byte(0) != quote || self.doubled(style)) {
                if self.doubled(style) {
                    value.push(b'\'');
                    self.skip();
                    self.skip();
                } else if style == Style::Double && self.byte(0) == b'\\' {
                    if self.break_width(1) > 0 {
                        self.skip();
                        self.skip_line();
                        gap.broken = true;
                        break;
                    }
                    self.scan_escape(&mut value)?;
                } else {
                    let from = self.mark.offset;
                    self.skip();
                    self.skip_while(|byte| {
                        !matches!(byte, b' ' | b'\t' | b'\\' | b'\'' | b'"') && !begins_break(byte)
                    });
                    value.extend_from_slice(self.since(from));
                }
            }
            if self.byte(0) == quote && !self.is_end() {
                break;
            }
            // An escaped line break leaves `broken` with no break to fold.
            let escaped = gap.broken;
            self.scan_gap(&mut gap, isize::MIN)?;
            if escaped {
                value.append(&mut gap.more_breaks);
            } else {
                gap.fold_into(&mut value);
            }
        }
        self.skip();
        let value = text(value);
        self.push_text(TokenKind::Scalar(style), value, start, self.mark);
        Ok(())
    }

    /// Whether a `''` inside single quotes is here.
    fn doubled(&self, style: Style) -> bool {
        style == Style::Single && self.byte(0) == b'\'' && self.byte(1) == b'\''
    }

    fn scan_escape(&mut self, value: &mut Vec<u8>) -> Scan<()> {
        let (simple, digits) = match self.byte(1) {
            b'0' => ("\0", 0),
            b'a' => ("\x07", 0),
            b'b' => ("\x08", 0),
            b't' | b'\t' => ("\t", 0),
            b'n' => ("\n", 0),
            b'v' => ("\x0B", 0),
            b'f' => ("\x0C", 0),
            b'r' => ("\r", 0),
            b'e' => ("\x1B", 0),
            b' ' => (" ", 0),
            b'"' => ("\"", 0),
            b'\'' => ("'", 0),
            b'\\' => ("\\", 0),
            b'N' => ("\u{85}", 0),
            b'_' => ("\u{A0}", 0),
            b'L' => ("\u{2028}", 0),
            b'P' => ("\u{2029}", 0),
            b'x' => ("", 2),
            b'u' => ("", 4),
            b'U' => ("", 8),
            _ => return Err(self.error("found unknown escape character")),
        };
        self.skip();
        self.skip();
        value.extend_from_slice(simple.as_bytes());
        if digits > 0 {
            let mut code = 0u32;
            for at in 0..digits {
                let Some(digit) = char::from(self.byte(at)).to_digit(16) else {
                    return Err(self.error("did not find expected hexdecimal number"));
                };
                code = code.wrapping_mul(16).wrapping_add(digit);
            }
            let Some(letter) = char::from_u32(code) else {
                return Err(self.error("found invalid Unicode character escape code"));
            };
            value.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            for _ in 0..digits {
                self.skip();
            }
        }
        Ok(())
    }

    pub(super) fn fetch_block_scalar(&mut self, style: Style) -> Scan<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let start = self.mark;
        self.skip();
        let (keep, increment) = self.scan_block_header()?;
        self.skip_blanks();
        self.skip_comment();
        if !self.is_break_or_end(0) {
            return Err(self.error("did not find expected comment or line break"));
        }
        self.skip_line();

        let mut end = self.mark;
        let mut indent = match increment {
            0 => 0,
            _ => self.indent.max(0) as usize + increment,
        };
        let (mut value, mut leading, mut trailing) = (Vec::new(), Vec::new(), Vec::new());
        self.scan_block_breaks(&mut indent, &mut trailing, &mut end)?;
        let mut after_blank = false;
        while self.mark.column == indent && !self.is_end() {
            let blank = self.is_blank(0);
            let folds = style == Style::Folded && !after_blank && !blank;
            if folds && leading.first() == Some(&b'\n') {
                if trailing.is_empty() {
                    value.push(b' ');
                }
                leading.clear();
            } else {
                value.append(&mut leading);
            }
            value.append(&mut trailing);
            after_blank = blank;
            let from = self.mark.offset;
            self.skip_rest_of_line();
            value.extend_from_slice(self.since(from));
            self.read_line(&mut leading);
            self.scan_block_breaks(&mut indent, &mut trailing, &mut end)?;
        }
        if keep != Some(false) {
            value.append(&mut leading);
        }
        if keep == Some(true) {
            value.append(&mut trailing);
        }
        self.push_text(TokenKind::Scalar(style), text(value), start, end);
        Ok(())
    }

    /// The `+`/`-` (keep or strip final breaks) and the digit after `|` or `>`, in either order.
    fn scan_block_header(&mut self) -> Scan<(Option<bool>, usize)> {
        let (mut keep, mut increment) = (None, 0);
        for _ in 0..2 {
            match self.byte(0) {
                sign @ (b'+' | b'-') if keep.is_none() => keep = Some(sign == b'+'),
                b'0' if increment == 0 => {
                    return Err(self.error("found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = usize::from(digit - b'0'),
                _ => break,
            }
            self.skip();
        }
        Ok((keep, increment))
    }

    /// Reads empty lines and, where `indent` is 0 (not known yet), finds it.
    fn scan_block_breaks(
        &mut self,
        indent: &mut usize,
        breaks: &mut Vec<u8>,
        end: &mut Mark,
    ) -> Scan<()> {
        *end = self.mark;
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.mark.column < *indent) && self.byte(0) == b' ' {
                self.mark.offset += 1;
                self.mark.column += 1;
            }
            deepest = deepest.max(self.mark.column);
            if (*indent == 0 || self.mark.column < *indent) && self.byte(0) == b'\t' {
                let message = "found a tab character where an indentation space is expected";
                return Err(self.error(message));
            }
            if !self.is_break() {
                break;
            }
            self.read_line(breaks);
            *end = self.mark;
        }
        if *indent == 0 {
            *indent = deepest.max((self.indent + 1).max(1) as usize);
        }
        Ok(())
    }
}
