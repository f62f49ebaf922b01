//! The parser: tokens to a tree, one document at a time.

use crate::error::{Error, Mark, Stage};
use crate::node::{Kind, Node};
use crate::scan::{Scanner, Style, Token, TokenKind};
use std::collections::BTreeMap;
use std::rc::Rc;

/// All documents of `text`. A text with nothing in it has none.
///
/// # Errors
/// The first mistake.
pub fn parse(text: &str) -> Result<Vec<Node>, Error> {
    let mut documents = Documents::new(text)?;
    let mut nodes = Vec::new();
    while let Some(node) = documents.next()? {
        nodes.push(node);
    }
    Ok(nodes)
}

/// The first document of `text`; what follows it is not read, so mistakes there do not count.
/// This is what go-yaml's `Unmarshal` does.
///
/// # Errors
/// The first mistake in that document.
pub fn parse_first(text: &str) -> Result<Option<Node>, Error> {
    Documents::new(text)?.next()
}

type Parse<T> = Result<T, Error>;

/// Reads a stream document by document.
struct Documents<'a> {
    scanner: Scanner<'a>,
    tag_prefixes: BTreeMap<String, String>,
    /// The nodes with a name; none while the node is being read.
    anchors: BTreeMap<String, Option<Rc<Node>>>,
    first: bool,
}

impl<'a> Documents<'a> {
    fn new(text: &'a str) -> Parse<Documents<'a>> {
        if let Some(at) = text.find(is_forbidden) {
            let message = "control characters are not allowed";
            return Err(Error::new(Stage::Decoder, mark_at(text, at), message));
        }
        Ok(Documents {
            scanner: Scanner::new(text),
            tag_prefixes: BTreeMap::new(),
            anchors: BTreeMap::new(),
            first: true,
        })
    }

    fn next(&mut self) -> Parse<Option<Node>> {
        if !self.first {
            while self.scanner.peek()?.kind == TokenKind::DocumentEnd {
                self.scanner.take()?;
            }
        }
        let implicit = std::mem::take(&mut self.first);
        self.anchors.clear();
        self.tag_prefixes.clear();
        let token = self.scanner.peek()?;
        let starts = matches!(
            token.kind,
            TokenKind::Version(..) | TokenKind::TagDirective { .. } | TokenKind::DocumentStart
        );
        let node = if token.kind == TokenKind::StreamEnd {
            return Ok(None);
        } else if implicit && !starts {
            self.node(true, false)?
        } else {
            self.directives()?;
            let token = self.scanner.take()?;
            if token.kind != TokenKind::DocumentStart {
                let message = "did not find expected <document start>";
                return Err(Error::new(Stage::Parser, token.start, message));
            }
            let next = self.scanner.peek()?;
            match next.kind {
                TokenKind::Version(..)
                | TokenKind::TagDirective { .. }
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd => empty(next.start),
                _ => self.node(true, false)?,
            }
        };
        if self.scanner.peek()?.kind == TokenKind::DocumentEnd {
            self.scanner.take()?;
        }
        Ok(Some(node))
    }

    fn directives(&mut self) -> Parse<()> {
        let mut versioned = false;
        loop {
            let start = self.scanner.peek()?.start;
            let fault = |message: &str| Err(Error::new(Stage::Parser, start, message));
            match self.scanner.peek()?.kind.clone() {
                TokenKind::Version(..) if versioned => {
                    return fault("found duplicate %YAML directive");
                }
                TokenKind::Version(1, 1) => versioned = true,
                TokenKind::Version(..) => return fault("found incompatible YAML document"),
                TokenKind::TagDirective { handle, prefix } => {
                    if self.tag_prefixes.insert(handle, prefix).is_some() {
                        return fault("found duplicate %TAG directive");
                    }
                }
                _ => return Ok(()),
            }
            self.scanner.take()?;
        }
    }

    /// One node with its anchor and tag. `block`: block collections may begin here.
    /// `indentless`: so may a list at the indentation of its key.
    fn node(&mut self, block: bool, indentless: bool) -> Parse<Node> {
        let start = self.scanner.peek()?.start;
        if matches!(self.scanner.peek()?.kind, TokenKind::Alias(_)) {
            let token = self.scanner.take()?;
            return self.alias(&token);
        }
        let (anchor, tag) = self.properties(start)?;
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), None);
        }
        let token = self.scanner.peek()?;
        let start = token.start;
        let mut node = match token.kind {
            TokenKind::BlockEntry if indentless => self.indentless_list(start)?,
            TokenKind::Scalar { .. } => match self.scanner.take()? {
                Token {
                    kind: TokenKind::Scalar { value, style },
                    end,
                    ..
                } => scalar(&value, style, start, end.offset),
                _ => empty(start),
            },
            TokenKind::FlowSequenceStart => self.flow_list()?,
            TokenKind::FlowMappingStart => self.flow_map()?,
            TokenKind::BlockSequenceStart if block => self.block_list()?,
            TokenKind::BlockMappingStart if block => self.block_map()?,
            _ if anchor.is_some() || tag.is_some() => empty(start),
            _ => {
                let message = "did not find expected node content";
                return Err(Error::new(Stage::Parser, start, message));
            }
        };
        node.tag = tag;
        if let Some(name) = anchor {
            self.anchors.insert(name, Some(Rc::new(node.clone())));
        }
        Ok(node)
    }

    fn alias(&mut self, token: &Token) -> Parse<Node> {
        let TokenKind::Alias(name) = &token.kind else {
            return Ok(empty(token.start));
        };
        let kind = match self.anchors.get(name) {
            Some(Some(target)) => Kind::Alias(name.as_str().into(), target.clone()),
            Some(None) => Kind::Cycle(name.as_str().into()),
            None => {
                let message = format!("unknown anchor '{name}' referenced");
                return Err(Error::new(Stage::Decoder, token.start, message));
            }
        };
        Ok(node(kind, token.start, token.end.offset))
    }

    fn properties(&mut self, start: Mark) -> Parse<(Option<String>, Option<Rc<str>>)> {
        let (mut anchor, mut tag) = (None, None);
        for _ in 0..2 {
            let is_property = matches!(
                self.scanner.peek()?.kind,
                TokenKind::Anchor(_) | TokenKind::Tag { .. }
            );
            if !is_property {
                break;
            }
            let token = self.scanner.peek()?.clone();
            match token.kind {
                TokenKind::Anchor(name) if anchor.is_none() => anchor = Some(name),
                TokenKind::Tag { handle, suffix } if tag.is_none() => {
                    tag = Some(self.long_tag(&handle, &suffix, start)?);
                }
                _ => break,
            }
            self.scanner.take()?;
        }
        // `!` alone says "not resolved", which a plain scalar is not anyway.
        Ok((anchor, tag.filter(|tag| !tag.is_empty()).map(Into::into)))
    }

    fn long_tag(&self, handle: &str, suffix: &str, at: Mark) -> Parse<String> {
        let prefix = match (handle, self.tag_prefixes.get(handle)) {
            ("", _) => "",
            (_, Some(prefix)) => prefix,
            ("!", None) => "!",
            ("!!", None) => "tag:yaml.org,2002:",
            _ => {
                let message = "found undefined tag handle";
                return Err(Error::new(Stage::Parser, at, message));
            }
        };
        Ok(format!("{prefix}{suffix}"))
    }

    fn next_is(&mut self, kinds: &[TokenKind]) -> Parse<bool> {
        let token = self.scanner.peek()?;
        Ok(kinds.contains(&token.kind))
    }

    fn unexpected(&mut self, message: &str) -> Error {
        match self.scanner.peek() {
            Ok(token) => Error::new(Stage::Parser, token.start, message),
            Err(error) => error,
        }
    }

    fn block_list(&mut self) -> Parse<Node> {
        let start = self.scanner.take()?.start;
        let mut items = Vec::new();
        loop {
            let token = self.scanner.peek()?.clone();
            match token.kind {
                TokenKind::BlockEntry => {
                    self.scanner.take()?;
                    let none = [TokenKind::BlockEntry, TokenKind::BlockEnd];
                    items.push(self.item_or_empty(&none, false, token.end)?);
                }
                TokenKind::BlockEnd => {
                    self.scanner.take()?;
                    return Ok(list(items, start));
                }
                _ => return Err(self.unexpected("did not find expected '-' indicator")),
            }
        }
    }

    fn indentless_list(&mut self, start: Mark) -> Parse<Node> {
        let mut items = Vec::new();
        while self.next_is(&[TokenKind::BlockEntry])? {
            let end = self.scanner.take()?.end;
            let none = [
                TokenKind::BlockEntry,
                TokenKind::Key,
                TokenKind::Value,
                TokenKind::BlockEnd,
            ];
            items.push(self.item_or_empty(&none, false, end)?);
        }
        Ok(list(items, start))
    }

    fn item_or_empty(&mut self, none: &[TokenKind], indentless: bool, at: Mark) -> Parse<Node> {
        if self.next_is(none)? {
            Ok(empty(at))
        } else {
            self.node(true, indentless)
        }
    }

    fn block_map(&mut self) -> Parse<Node> {
        let start = self.scanner.take()?.start;
        let none = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
        let mut members = Vec::new();
        loop {
            let token = self.scanner.peek()?.clone();
            match token.kind {
                TokenKind::Key => {
                    self.scanner.take()?;
                    let key = self.item_or_empty(&none, true, token.end)?;
                    let value = if self.next_is(&[TokenKind::Value])? {
                        let end = self.scanner.take()?.end;
                        self.item_or_empty(&none, true, end)?
                    } else {
                        empty(self.scanner.peek()?.start)
                    };
                    members.push((key, value));
                }
                TokenKind::BlockEnd => {
                    self.scanner.take()?;
                    return Ok(map(members, start, None));
                }
                _ => return Err(self.unexpected("did not find expected key")),
            }
        }
    }

    fn flow_list(&mut self) -> Parse<Node> {
        let start = self.scanner.take()?.start;
        let mut items = Vec::new();
        while !self.next_is(&[TokenKind::FlowSequenceEnd])? {
            if !items.is_empty() {
                if !self.next_is(&[TokenKind::FlowEntry])? {
                    return Err(self.unexpected("did not find expected ',' or ']'"));
                }
                self.scanner.take()?;
            }
            if self.next_is(&[TokenKind::Key])? {
                items.push(self.flow_pair()?);
            } else if !self.next_is(&[TokenKind::FlowSequenceEnd])? {
                items.push(self.node(false, false)?);
            } else {
                break;
            }
        }
        let end = self.scanner.take()?.end;
        Ok(Node {
            span: start.offset..end.offset,
            ..list(items, start)
        })
    }

    /// `key: value` inside `[…]`: a mapping of one member.
    fn flow_pair(&mut self) -> Parse<Node> {
        let start = self.scanner.take()?.start;
        let none = [
            TokenKind::Value,
            TokenKind::FlowEntry,
            TokenKind::FlowSequenceEnd,
        ];
        let token = self.scanner.peek()?.clone();
        let key = if none.contains(&token.kind) {
            // As go-yaml: the token that shows the key to be absent is used up by it.
            self.scanner.take()?;
            empty(token.end)
        } else {
            self.node(false, false)?
        };
        let mut value = empty(self.scanner.peek()?.start);
        if self.next_is(&[TokenKind::Value])? {
            self.scanner.take()?;
            if !self.next_is(&[TokenKind::FlowEntry, TokenKind::FlowSequenceEnd])? {
                value = self.node(false, false)?;
            }
        }
        Ok(map(vec![(key, value)], start, None))
    }

    fn flow_map(&mut self) -> Parse<Node> {
        let start = self.scanner.take()?.start;
        let none = [TokenKind::FlowEntry, TokenKind::FlowMappingEnd];
        let mut members: Vec<(Node, Node)> = Vec::new();
        while !self.next_is(&[TokenKind::FlowMappingEnd])? {
            if !members.is_empty() {
                if !self.next_is(&[TokenKind::FlowEntry])? {
                    return Err(self.unexpected("did not find expected ',' or '}'"));
                }
                self.scanner.take()?;
            }
            if self.next_is(&[TokenKind::Key])? {
                self.scanner.take()?;
                let absent = [
                    TokenKind::Value,
                    TokenKind::FlowEntry,
                    TokenKind::FlowMappingEnd,
                ];
                let key = if self.next_is(&absent)? {
                    empty(self.scanner.peek()?.start)
                } else {
                    self.node(false, false)?
                };
                let mut value = empty(self.scanner.peek()?.start);
                if self.next_is(&[TokenKind::Value])? {
                    self.scanner.take()?;
                    if !self.next_is(&none)? {
                        value = self.node(false, false)?;
                    }
                }
                members.push((key, value));
            } else if !self.next_is(&[TokenKind::FlowMappingEnd])? {
                let key = self.node(false, false)?;
                let value = empty(self.scanner.peek()?.start);
                members.push((key, value));
            } else {
                break;
            }
        }
        let end = self.scanner.take()?.end;
        Ok(map(members, start, Some(end)))
    }
}

fn node(kind: Kind, start: Mark, end: usize) -> Node {
    Node {
        span: start.offset..end.max(start.offset),
        mark: start,
        tag: None,
        kind,
    }
}

fn scalar(text: &str, style: Style, start: Mark, end: usize) -> Node {
    let text = text.into();
    node(Kind::Scalar { text, style }, start, end)
}

/// The null of a value that was left out.
fn empty(at: Mark) -> Node {
    scalar("", Style::Plain, at, at.offset)
}

fn list(items: Vec<Node>, start: Mark) -> Node {
    let end = items.last().map_or(start.offset, |item| item.span.end);
    node(Kind::List(items.into()), start, end)
}

fn map(members: Vec<(Node, Node)>, start: Mark, end: Option<Mark>) -> Node {
    let last = members.last().map_or(start.offset, |(key, value)| {
        value.span.end.max(key.span.end)
    });
    node(
        Kind::Map(members.into()),
        start,
        end.map_or(last, |end| end.offset),
    )
}

/// Whether YAML 1.1 forbids the character in a text.
fn is_forbidden(letter: char) -> bool {
    !matches!(letter,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}'
        | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// Line and column of a byte offset.
#[must_use]
pub fn mark_at(text: &str, offset: usize) -> Mark {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Mark {
        offset: before.len(),
        line: before.matches('\n').count(),
        column: before[line_start..].chars().count(),
    }
}
