//! The parser: tokens to a tree, one document at a time.

use crate::error::{Error, Mark, Stage};
use crate::node::{Kind, Node};
use crate::scan::{Scanner, Style, Token, TokenKind};
use lean::FlatMap;
use std::borrow::Cow;
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
    tag_prefixes: FlatMap<String, String>,
    /// The nodes with a name; none while the node is being read.
    anchors: FlatMap<String, Option<Rc<Node>>>,
    first: bool,
    /// What is read without being kept, if that is wanted.
    skim: Option<Skim<'a>>,
}

/// Reading a mapping for a few of its members.
struct Skim<'a> {
    /// The members that are kept.
    wanted: &'a [&'a str],
    /// How many mappings are around what is being read.
    depth: usize,
    /// Whether that belongs to another member.
    passing: bool,
    /// Whether what was passed over has a value for sure: no tags, no aliases, no odd keys.
    is_plain: bool,
}

/// The first document of `text`, but of the mapping that it is only the members in `wanted`: what
/// others hold is not kept. None where what they hold has to be decoded to know whether it can be.
///
/// # Errors
/// The first mistake in that document.
pub(crate) fn parse_members(text: &str, wanted: &[&str]) -> Result<Option<Option<Node>>, Error> {
    let mut documents = Documents::new(text)?;
    documents.skim = Some(Skim {
        wanted,
        depth: 0,
        passing: false,
        is_plain: true,
    });
    let node = documents.next()?;
    let is_plain = documents.skim.is_some_and(|skim| skim.is_plain);
    Ok(is_plain.then_some(node))
}

impl<'a> Documents<'a> {
    fn new(text: &'a str) -> Parse<Documents<'a>> {
        if let Some(at) = find_forbidden(text) {
            let message = "control characters are not allowed";
            return Err(Error::new(Stage::Decoder, mark_at(text, at), message));
        }
        Ok(Documents {
            scanner: Scanner::new(text),
            tag_prefixes: FlatMap::new(),
            anchors: FlatMap::new(),
            first: true,
            skim: None,
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
            TokenKind::Version(..) | TokenKind::TagDirective | TokenKind::DocumentStart
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
                | TokenKind::TagDirective
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
            match self.scanner.peek()?.kind {
                TokenKind::Version(..) if versioned => {
                    return fault("found duplicate %YAML directive");
                }
                TokenKind::Version(1, 1) => versioned = true,
                TokenKind::Version(..) => return fault("found incompatible YAML document"),
                TokenKind::TagDirective => {}
                _ => return Ok(()),
            }
            let token = self.scanner.take()?;
            if token.kind == TokenKind::TagDirective {
                let (handle, prefix) = (token.text.into_owned(), token.second.into());
                if self.tag_prefixes.insert(handle, prefix).is_some() {
                    return fault("found duplicate %TAG directive");
                }
            }
        }
    }

    /// One node with its anchor and tag. `block`: block collections may begin here.
    /// `indentless`: so may a list at the indentation of its key.
    fn node(&mut self, block: bool, indentless: bool) -> Parse<Node> {
        let token = self.scanner.peek()?;
        let start = token.start;
        let (mut anchor, mut tag) = (None, None);
        match token.kind {
            TokenKind::Alias => {
                let token = self.scanner.take()?;
                return self.alias(&token);
            }
            TokenKind::Anchor | TokenKind::Tag => {
                (anchor, tag) = self.properties(start)?;
                self.is_odd();
            }
            _ => {}
        }
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), None);
        }
        let token = self.scanner.peek()?;
        let start = token.start;
        let mut node = match token.kind {
            TokenKind::BlockEntry if indentless => self.indentless_list(start)?,
            TokenKind::Scalar(style) => {
                let token = self.scanner.take()?;
                let mut text = token.text;
                if self.is_passing() {
                    // What may be an infinity or no number at all has no form as JSON.
                    if style == Style::Plain && may_be_no_number(&text) {
                        self.is_odd();
                    }
                    text = Cow::Borrowed("");
                }
                scalar(&text, style, start, token.end.offset)
            }
            TokenKind::FlowSequenceStart => self.flow_list()?,
            TokenKind::FlowMappingStart => self.deeper(Self::flow_map)?,
            TokenKind::BlockSequenceStart if block => self.block_list()?,
            TokenKind::BlockMappingStart if block => self.deeper(Self::block_map)?,
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

    fn alias(&mut self, token: &Token<'_>) -> Parse<Node> {
        self.is_odd();
        let name = &*token.text;
        let kind = match self.anchors.get(name) {
            Some(Some(target)) => Kind::Alias(name.into(), target.clone()),
            Some(None) => Kind::Cycle(name.into()),
            None => {
                let message = format!("unknown anchor '{name}' referenced");
                return Err(Error::new(Stage::Decoder, token.start, message));
            }
        };
        Ok(node(kind, token.start, token.end.offset))
    }

    fn properties(&mut self, start: Mark) -> Parse<(Option<String>, Option<Rc<str>>)> {
        let (mut anchor, mut tag): (Option<String>, Option<String>) = (None, None);
        for _ in 0..2 {
            match self.scanner.peek()?.kind {
                TokenKind::Anchor if anchor.is_none() => {
                    anchor = Some(self.scanner.take()?.text.into_owned());
                }
                TokenKind::Tag if tag.is_none() => {
                    let token = self.scanner.take()?;
                    tag = Some(self.long_tag(&token.text, &token.second, start)?);
                }
                _ => break,
            }
        }
        // `!` alone says "not resolved", which a plain scalar is not anyway.
        Ok((anchor, tag.filter(|tag| !tag.is_empty()).map(Into::into)))
    }

    // ── skimming ────────────────────────────────────────────────────────────────────────────────

    fn is_passing(&self) -> bool {
        self.skim.as_ref().is_some_and(|skim| skim.passing)
    }

    /// Something is here whose value depends on more than itself.
    fn is_odd(&mut self) {
        if let Some(skim) = &mut self.skim {
            skim.is_plain = false;
        }
    }

    /// Before a member of a mapping. Gives what [`Documents::member`] wants back.
    fn before_key(&mut self) -> bool {
        match &mut self.skim {
            Some(skim) => std::mem::take(&mut skim.passing),
            None => false,
        }
    }

    /// Between the key and the value of a member: decides whether it is kept.
    fn after_key(&mut self, key: &Node, passing: bool) {
        let Some(skim) = &mut self.skim else {
            return;
        };
        let text = match &key.kind {
            Kind::Scalar { text, .. } => &**text,
            _ => "",
        };
        // Merges, and keys that are null or no text at all.
        skim.is_plain &= !matches!(text, "" | "<<" | "~" | "null" | "Null" | "NULL");
        let is_wanted = |name: &&str| name.eq_ignore_ascii_case(text) || !text.is_ascii();
        skim.passing = passing || (skim.depth == 1 && !skim.wanted.iter().any(is_wanted));
    }

    /// After a member of a mapping.
    fn member(&mut self, members: &mut Vec<(Node, Node)>, key: Node, value: Node, passing: bool) {
        let is_kept = !self.is_passing();
        self.restore(passing);
        if is_kept {
            members.push((key, value));
        }
    }

    fn restore(&mut self, passing: bool) {
        if let Some(skim) = &mut self.skim {
            skim.passing = passing;
        }
    }

    fn item(&mut self, items: &mut Vec<Node>, item: Node) {
        if !self.is_passing() {
            items.push(item);
        }
    }

    /// Reads a mapping, inside which the depth is one more.
    fn deeper(&mut self, read: fn(&mut Self) -> Parse<Node>) -> Parse<Node> {
        if let Some(skim) = &mut self.skim {
            skim.depth += 1;
        }
        let node = read(self)?;
        if let Some(skim) = &mut self.skim {
            skim.depth -= 1;
        }
        Ok(node)
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
            match self.scanner.peek()?.kind {
                TokenKind::BlockEntry => {
                    let end = self.scanner.take()?.end;
                    let none = [TokenKind::BlockEntry, TokenKind::BlockEnd];
                    let item = self.item_or_empty(&none, false, end)?;
                    self.item(&mut items, item);
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
            let item = self.item_or_empty(&none, false, end)?;
            self.item(&mut items, item);
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
            match self.scanner.peek()?.kind {
                TokenKind::Key => {
                    let end = self.scanner.take()?.end;
                    let passing = self.before_key();
                    let key = self.item_or_empty(&none, true, end)?;
                    self.after_key(&key, passing);
                    let value = if self.next_is(&[TokenKind::Value])? {
                        let end = self.scanner.take()?.end;
                        self.item_or_empty(&none, true, end)?
                    } else {
                        empty(self.scanner.peek()?.start)
                    };
                    self.member(&mut members, key, value, passing);
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
        let mut is_first = true;
        while !self.next_is(&[TokenKind::FlowSequenceEnd])? {
            if !is_first {
                if !self.next_is(&[TokenKind::FlowEntry])? {
                    return Err(self.unexpected("did not find expected ',' or ']'"));
                }
                self.scanner.take()?;
            }
            is_first = false;
            let item = match self.scanner.peek()?.kind {
                TokenKind::Key => self.deeper(Self::flow_pair)?,
                TokenKind::FlowSequenceEnd => break,
                _ => self.node(false, false)?,
            };
            self.item(&mut items, item);
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
        let passing = self.before_key();
        let key = if self.next_is(&none)? {
            // As go-yaml: the token that shows the key to be absent is used up by it.
            empty(self.scanner.take()?.end)
        } else {
            self.node(false, false)?
        };
        self.after_key(&key, passing);
        let value = self.flow_value(&[TokenKind::FlowEntry, TokenKind::FlowSequenceEnd])?;
        let mut members = Vec::new();
        self.member(&mut members, key, value, passing);
        Ok(map(members, start, None))
    }

    /// What follows a key in a flow collection, up to one of `ends`.
    fn flow_value(&mut self, ends: &[TokenKind]) -> Parse<Node> {
        let start = self.scanner.peek()?.start;
        if self.next_is(&[TokenKind::Value])? {
            self.scanner.take()?;
            if !self.next_is(ends)? {
                return self.node(false, false);
            }
        }
        Ok(empty(start))
    }

    fn flow_map(&mut self) -> Parse<Node> {
        let start = self.scanner.take()?.start;
        let ends = [TokenKind::FlowEntry, TokenKind::FlowMappingEnd];
        let mut members: Vec<(Node, Node)> = Vec::new();
        let mut is_first = true;
        while !self.next_is(&[TokenKind::FlowMappingEnd])? {
            if !is_first {
                if !self.next_is(&[TokenKind::FlowEntry])? {
                    return Err(self.unexpected("did not find expected ',' or '}'"));
                }
                self.scanner.take()?;
            }
            is_first = false;
            let passing = self.before_key();
            let (key, value);
            match self.scanner.peek()?.kind {
                TokenKind::Key => {
                    self.scanner.take()?;
                    let absent = [
                        TokenKind::Value,
                        TokenKind::FlowEntry,
                        TokenKind::FlowMappingEnd,
                    ];
                    key = if self.next_is(&absent)? {
                        empty(self.scanner.peek()?.start)
                    } else {
                        self.node(false, false)?
                    };
                    self.after_key(&key, passing);
                    value = self.flow_value(&ends)?;
                }
                TokenKind::FlowMappingEnd => {
                    // A comma after the last member.
                    self.restore(passing);
                    break;
                }
                _ => {
                    key = self.node(false, false)?;
                    self.after_key(&key, passing);
                    value = empty(self.scanner.peek()?.start);
                }
            }
            self.member(&mut members, key, value, passing);
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

/// Whether a plain scalar may be `.inf` or `.nan`, in any case and with any sign.
fn may_be_no_number(text: &str) -> bool {
    text.len() < 6 && text.contains('.') && text.ends_with(['f', 'F', 'n', 'N'])
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

/// Where the first forbidden character is. Most texts are plain ASCII, byte for byte.
fn find_forbidden(text: &str) -> Option<usize> {
    let is_plain = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let start = text.as_bytes().iter().position(|byte| !is_plain(byte))?;
    // All before it are one byte each, so a character begins here.
    text[start..].find(is_forbidden).map(|at| start + at)
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
