//! Flow collections, anchors, tags and directives.

use super::{Scan, Scanner, SimpleKey, TokenKind};
use crate::error::Mark;
use std::borrow::Cow;

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl<'a> Scanner<'a> {
    pub(super) fn fetch_flow_start(&mut self, kind: TokenKind) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_keys.push(SimpleKey::default());
        self.flow_level += 1;
        self.check_depth()?;
        self.simple_key_allowed = true;
        self.indicator(kind);
        Ok(())
    }

    pub(super) fn fetch_flow_end(&mut self, kind: TokenKind) -> Scan<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.indicator(kind);
        Ok(())
    }

    pub(super) fn fetch_flow_entry(&mut self) -> Scan<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.indicator(TokenKind::FlowEntry);
        Ok(())
    }

    fn read_word(&mut self) -> &'a str {
        let start = self.mark.offset;
        self.skip_while(is_word);
        &self.source[start..self.mark.offset]
    }

    pub(super) fn fetch_anchor(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        let is_alias = self.byte(0) == b'*';
        self.skip();
        let name = self.read_word();
        let ends = self.is_blank_or_end(0)
            || matches!(
                self.byte(0),
                b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
            );
        if name.is_empty() || !ends {
            return Err(self.error("did not find expected alphabetic or numeric character"));
        }
        let kind = if is_alias {
            TokenKind::Alias
        } else {
            TokenKind::Anchor
        };
        self.push_text(kind, Cow::Borrowed(name), start, self.mark);
        Ok(())
    }

    pub(super) fn fetch_tag(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        let (mut handle, mut suffix);
        if self.byte(1) == b'<' {
            self.skip();
            self.skip();
            handle = String::new();
            suffix = self.read_tag_uri("")?;
            if self.byte(0) != b'>' {
                return Err(self.error("did not find the expected '>'"));
            }
            self.skip();
        } else {
            handle = self.read_tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                suffix = self.read_tag_uri("")?;
            } else {
                suffix = self.read_tag_uri(&handle)?;
                handle = "!".to_owned();
                if suffix.is_empty() {
                    std::mem::swap(&mut handle, &mut suffix);
                }
            }
        }
        if !self.is_blank_or_end(0) {
            return Err(self.error("did not find expected whitespace or line break"));
        }
        self.push_text(TokenKind::Tag, handle.into(), start, self.mark);
        self.add_second(suffix);
        Ok(())
    }

    fn add_second(&mut self, text: String) {
        if let Some(token) = self.tokens.back_mut() {
            token.second = text.into();
        }
    }

    fn read_tag_handle(&mut self, directive: bool) -> Scan<String> {
        if self.byte(0) != b'!' {
            return Err(self.error("did not find expected '!'"));
        }
        self.skip();
        let mut handle = format!("!{}", self.read_word());
        if self.byte(0) == b'!' {
            self.skip();
            handle.push('!');
        } else if directive && handle != "!" {
            return Err(self.error("did not find expected '!'"));
        }
        Ok(handle)
    }

    /// The rest of a tag. `head` is a handle that turned out to be the beginning of it.
    fn read_tag_uri(&mut self, head: &str) -> Scan<String> {
        let mut uri = head.as_bytes().get(1..).unwrap_or_default().to_vec();
        let mut found = !head.is_empty();
        loop {
            match self.byte(0) {
                b'%' => uri.push(self.read_uri_escape()?),
                byte if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    self.read(&mut uri);
                }
                _ => break,
            }
            found = true;
        }
        if !found {
            return Err(self.error("did not find expected tag URI"));
        }
        String::from_utf8(uri).map_err(|_| self.error("found an incorrect trailing UTF-8 octet"))
    }

    fn read_uri_escape(&mut self) -> Scan<u8> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(self.byte(1)), digit(self.byte(2))) else {
            return Err(self.error("did not find URI escaped octet"));
        };
        for _ in 0..3 {
            self.skip();
        }
        Ok((high * 16 + low) as u8)
    }

    pub(super) fn fetch_directive(&mut self) -> Scan<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        self.skip();
        let name = self.read_word();
        if name.is_empty() {
            return Err(self.error("could not find expected directive name"));
        }
        if !self.is_blank_or_end(0) {
            return Err(self.error("found unexpected non-alphabetical character"));
        }
        self.skip_blanks();
        match name {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return Err(self.error("found unknown directive name")),
        }
        self.skip_blanks();
        self.skip_comment();
        if !self.is_break_or_end(0) {
            return Err(self.error("did not find expected comment or line break"));
        }
        self.skip_line();
        Ok(())
    }

    fn scan_version(&mut self, start: Mark) -> Scan<()> {
        let major = self.scan_version_number()?;
        if self.byte(0) != b'.' {
            return Err(self.error("did not find expected digit or '.' character"));
        }
        self.skip();
        let minor = self.scan_version_number()?;
        self.push(TokenKind::Version(major, minor), start);
        Ok(())
    }

    fn scan_version_number(&mut self) -> Scan<u8> {
        let mut digits = 0;
        let mut number = 0;
        while let Some(digit) = char::from(self.byte(0)).to_digit(10) {
            digits += 1;
            if digits > 2 {
                return Err(self.error("found extremely long version number"));
            }
            number = number * 10 + digit as u8;
            self.skip();
        }
        if digits == 0 {
            return Err(self.error("did not find expected version number"));
        }
        Ok(number)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Scan<()> {
        let handle = self.read_tag_handle(true)?;
        if !self.is_blank(0) {
            return Err(self.error("did not find expected whitespace"));
        }
        self.skip_blanks();
        let prefix = self.read_tag_uri("")?;
        if !self.is_blank_or_end(0) {
            return Err(self.error("did not find expected whitespace or line break"));
        }
        self.push_text(TokenKind::TagDirective, handle.into(), start, self.mark);
        self.add_second(prefix);
        Ok(())
    }
}
