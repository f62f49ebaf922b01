//! Reads the part of bash that `run:` steps are written in.
//!
//! Simple commands, quotes, `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME:offset:length}`, `$(…)`,
//! assignments, `>`, `>>`, `2>`, `2>&1`, `&&`, `||`, `!` and `if … elif … else … fi`. Whatever else
//! bash knows (loops, pipes, functions, here-documents, arithmetic) is read over and marked, so that
//! the log can say that it was not simulated. For the shells of containers, loops, groups, pipes and
//! `&` are read too. Knows nothing of what commands do.

use super::syntax::{
    Block, Chain, Command, Compound, Form, Join, Kind, Piece, Redirect, Simple, Target, Word,
};
use ecow::EcoString;

/// How deep `if` and `$(…)` may be nested.
const DEPTH_MAX: usize = 30;

/// A script that bash would not run, in bash's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: EcoString,
}

/// Reads the script of a step.
pub fn parse(text: &str) -> Result<Block, SyntaxError> {
    read(text, false)
}

/// Reads what a container's shell is to run: loops, groups, pipes and `&` too.
pub fn parse_compound(text: &str) -> Result<Block, SyntaxError> {
    read(text, true)
}

fn read(text: &str, reads_compound: bool) -> Result<Block, SyntaxError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        has_given_up: false,
        reads_compound,
    };
    let block = parser.block(&[])?;
    match parser.rest().chars().next() {
        None => Ok(block),
        Some(c) => Err(parser.error(&format!("syntax error near unexpected token `{c}'"))),
    }
}

/// Words that begin what is read over.
const NOT_SIMULATED: [&str; 7] = ["for", "while", "until", "case", "select", "function", "{"];

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Whether it has read over the rest of the script: what would close is not missed.
    has_given_up: bool,
    /// Whether it reads [`Compound`] commands.
    reads_compound: bool,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let is_there = self.rest().starts_with(prefix);
        if is_there {
            self.at += prefix.len();
        }
        is_there
    }

    fn error(&self, message: &str) -> SyntaxError {
        let line = self.text[..self.at].matches('\n').count() as u32 + 1;
        SyntaxError {
            line,
            message: message.into(),
        }
    }

    fn unclosed(&self, closer: &str) -> SyntaxError {
        self.error(&format!(
            "unexpected EOF while looking for matching `{closer}'"
        ))
    }

    /// Blanks and line continuations.
    fn blanks(&mut self) {
        while self.skip(" ") || self.skip("\t") || self.skip("\\\n") || self.skip("\r") {}
        if self.peek() == Some('#') {
            self.line();
        }
    }

    /// The rest of the line, its end not included.
    fn line(&mut self) -> &'a str {
        let rest = self.rest();
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        self.at += line.len();
        line
    }

    fn separators(&mut self) {
        loop {
            self.blanks();
            if !(self.skip("\n") || (!self.rest().starts_with(";;") && self.skip(";"))) {
                return;
            }
        }
    }

    /// The keyword that stands here, if it is one of `words`.
    fn keyword(&self, words: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest();
        let ends = |tail: &str| tail.is_empty() || tail.starts_with([' ', '\t', '\n', ';', '\r']);
        words
            .iter()
            .copied()
            .find(|word| rest.strip_prefix(word).is_some_and(ends))
    }

    fn expect(&mut self, word: &'static str) -> Result<(), SyntaxError> {
        if self.keyword(&[word]).is_some() {
            self.at += word.len();
            return Ok(());
        }
        if self.has_given_up {
            return Ok(());
        }
        Err(match self.peek() {
            None => self.error("syntax error: unexpected end of file"),
            Some(c) => self.error(&format!("syntax error near unexpected token `{c}'")),
        })
    }

    /// Commands up to one of `stops`, a closing parenthesis or the end.
    fn block(&mut self, stops: &[&'static str]) -> Result<Block, SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error(&format!("nested deeper than {DEPTH_MAX} levels")));
        }
        let mut block = Block::new();
        loop {
            self.separators();
            if matches!(self.peek(), None | Some(')')) || self.keyword(stops).is_some() {
                self.depth -= 1;
                return Ok(block);
            }
            let chain = self.chain()?;
            self.blanks();
            let is_background = self.reads_compound && !self.rest().starts_with("&&");
            block.push(if is_background && self.skip("&") {
                compound(Compound::Background(vec![chain]))
            } else {
                chain
            });
        }
    }

    fn chain(&mut self) -> Result<Chain, SyntaxError> {
        let first = self.pipe()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let join = if self.skip("&&") {
                Join::And
            } else if self.skip("||") {
                Join::Or
            } else {
                return Ok(Chain { first, rest });
            };
            self.separators();
            rest.push((join, self.pipe()?));
        }
    }

    fn pipe(&mut self) -> Result<Command, SyntaxError> {
        let first = self.command()?;
        let mut all = vec![first];
        loop {
            self.blanks();
            let rest = self.rest();
            let goes_on = self.reads_compound && rest.starts_with('|') && !rest.starts_with("||");
            if !goes_on {
                break;
            }
            self.at += 1;
            self.separators();
            all.push(self.command()?);
        }
        match <[Command; 1]>::try_from(all) {
            Ok([only]) => Ok(only),
            Err(all) => Ok(compound(Compound::Pipe(all)).first),
        }
    }

    fn compound_if_read(&mut self) -> Result<Option<Kind>, SyntaxError> {
        if self.reads_compound {
            self.compound()
        } else {
            Ok(None)
        }
    }

    /// A loop or a group, if one begins here.
    fn compound(&mut self) -> Result<Option<Kind>, SyntaxError> {
        let Some(word) = self.keyword(&["while", "until", "for", "{"]) else {
            if !self.skip("(") {
                return Ok(None);
            }
            let block = self.block(&[])?;
            if !self.skip(")") {
                return Err(self.unclosed(")"));
            }
            return Ok(Some(Kind::Compound(Box::new(Compound::Group(block)))));
        };
        self.expect(word)?;
        let compound = match word {
            "{" => {
                let block = self.block(&["}"])?;
                self.expect("}")?;
                Compound::Group(block)
            }
            "for" => {
                self.blanks();
                let name = name_prefix(self.rest());
                self.at += name.len();
                self.blanks();
                let mut words = Vec::new();
                self.expect("in")?;
                loop {
                    self.blanks();
                    match self.word()? {
                        Some(word) if !word.0.is_empty() => words.push(word),
                        _ => break,
                    }
                }
                self.separators();
                Compound::For(name.into(), words, self.body()?)
            }
            _ => {
                let condition = self.block(&["do"])?;
                Compound::Loop(condition, word == "while", self.body()?)
            }
        };
        Ok(Some(Kind::Compound(Box::new(compound))))
    }

    /// `do … done`
    fn body(&mut self) -> Result<Block, SyntaxError> {
        self.expect("do")?;
        let body = self.block(&["done"])?;
        self.expect("done")?;
        Ok(body)
    }

    fn command(&mut self) -> Result<Command, SyntaxError> {
        self.blanks();
        let mut is_negated = false;
        while self.keyword(&["!"]).is_some() {
            self.at += 1;
            self.blanks();
            is_negated = !is_negated;
        }
        let kind = if self.keyword(&["if"]).is_some() {
            self.branches()?
        } else if let Some(kind) = self.compound_if_read()? {
            kind
        } else if self.keyword(&NOT_SIMULATED).is_some() {
            self.give_up()
        } else if self.keyword(&["[["]).is_some() {
            self.double_bracket()?
        } else {
            self.simple()?
        };
        Ok(Command { is_negated, kind })
    }

    fn branches(&mut self) -> Result<Kind, SyntaxError> {
        let mut branches = Vec::new();
        self.expect("if")?;
        loop {
            let condition = self.block(&["then"])?;
            self.expect("then")?;
            let body = self.block(&["elif", "else", "fi"])?;
            branches.push((condition, body));
            if self.keyword(&["elif"]).is_none() {
                break;
            }
            self.expect("elif")?;
        }
        let mut otherwise = Block::new();
        if self.keyword(&["else"]).is_some() {
            self.expect("else")?;
            otherwise = self.block(&["fi"])?;
        }
        self.expect("fi")?;
        Ok(Kind::If(branches, otherwise))
    }

    /// Reads over a loop or function, and all that follows: where it ends is not known without
    /// reading it.
    fn give_up(&mut self) -> Kind {
        let line = self.line().trim_end();
        self.at = self.text.len();
        self.has_given_up = true;
        Kind::NotSimulated(line.into())
    }

    /// `[[ … ]]`: as `[ … ]`, unless it holds what only `[[` knows.
    fn double_bracket(&mut self) -> Result<Kind, SyntaxError> {
        let rest = self.rest();
        let end = rest.find(" ]]").ok_or_else(|| self.unclosed("]]"))?;
        let inside = &rest[..end];
        if ["&&", "||", "=~", "<", ">", "(", "*", "\n"]
            .iter()
            .any(|mark| inside.contains(mark))
        {
            self.at += end + 3;
            return Ok(Kind::NotSimulated(rest[..end + 3].into()));
        }
        let mut kind = self.simple()?;
        if let Kind::Simple(simple) = &mut kind {
            simple.words.iter_mut().for_each(Word::quote);
        }
        Ok(kind)
    }

    /// Reads over one command from its start: to a separator outside quotes and parentheses, with
    /// the here-documents that it begins.
    fn not_simulated(&mut self, from: usize) -> Kind {
        self.at = from;
        let (mut parentheses, mut quote) = (0_usize, None);
        while let Some(c) = self.peek() {
            let rest = self.rest();
            match (c, quote) {
                (_, Some(open)) if c == open => quote = None,
                (_, Some(_)) => {}
                ('\\', None) => {
                    self.at += 1;
                }
                ('\'' | '"' | '`', None) => quote = Some(c),
                ('(', None) => parentheses += 1,
                (')', None) if parentheses > 0 => parentheses -= 1,
                (')' | ';' | '\n', None) if parentheses == 0 => break,
                ('&' | '|', None) if parentheses == 0 && rest.starts_with(&format!("{c}{c}")) => {
                    break;
                }
                _ => {}
            }
            self.take();
        }
        let text = self.text[from..self.at.min(self.text.len())].trim_end();
        if let Some((_, after)) = text.split_once("<<") {
            let word = after
                .trim_start_matches('-')
                .split_whitespace()
                .next()
                .unwrap_or_default();
            let word = word.trim_matches(['\'', '"']);
            self.line();
            while self.skip("\n") && self.line().trim() != word {}
        }
        Kind::NotSimulated(text.into())
    }

    fn simple(&mut self) -> Result<Kind, SyntaxError> {
        let from = self.at;
        let mut simple = Simple::default();
        loop {
            self.blanks();
            let rest = self.rest();
            let is_end = rest.is_empty() || rest.starts_with(['\n', ';', ')']);
            let is_joined = rest.starts_with(['&', '|']) && !rest.starts_with("&>");
            if is_end || (is_joined && self.reads_compound) {
                break;
            }
            if rest.starts_with("&&") || rest.starts_with("||") {
                break;
            }
            if rest.starts_with(['|', '(', '`', '<'])
                || (rest.starts_with('&') && !rest.starts_with("&>"))
            {
                return Ok(self.not_simulated(from));
            }
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
                continue;
            }
            let start = self.at;
            let Some(word) = self.word()? else {
                return Ok(self.not_simulated(from));
            };
            match assignment(&self.text[start..self.at], &word) {
                Some(assignment) if simple.words.is_empty() => simple.assignments.push(assignment),
                _ => simple.words.push(word),
            }
        }
        simple.text = self.text[from..self.at]
            .trim_end()
            .replace("\\\n", "")
            .into();
        if simple.text.is_empty() {
            let token = self.peek().unwrap_or('\n');
            return Err(self.error(&format!("syntax error near unexpected token `{token}'")));
        }
        Ok(Kind::Simple(simple))
    }

    fn redirect(&mut self) -> Result<Option<Redirect>, SyntaxError> {
        let (is_stdout, is_stderr) = if self.skip("&>") {
            (true, true)
        } else if self.skip("2>") {
            (false, true)
        } else if self.skip("1>") || self.skip(">") {
            (true, false)
        } else {
            return Ok(None);
        };
        let to = if self.skip("&1") {
            Target::Stdout
        } else if self.skip("&2") {
            Target::Stderr
        } else {
            let is_append = self.skip(">");
            self.blanks();
            let word = self.word()?.filter(|word| !word.0.is_empty());
            let word =
                word.ok_or_else(|| self.error("syntax error near unexpected token `newline'"))?;
            if is_append {
                Target::Append(word)
            } else {
                Target::File(word)
            }
        };
        Ok(Some(Redirect {
            is_stdout,
            is_stderr,
            to,
        }))
    }

    /// A word; none if it holds something the lab does not know.
    fn word(&mut self) -> Result<Option<Word>, SyntaxError> {
        let mut word = Word::default();
        loop {
            match self.peek() {
                None | Some(' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | ')' | '>' | '<' | '(') => {
                    return Ok(Some(word));
                }
                Some('`') => return Ok(None),
                Some('\'') => {
                    self.at += 1;
                    let rest = self.rest();
                    let end = rest.find('\'').ok_or_else(|| self.unclosed("'"))?;
                    word.push_text(&rest[..end]);
                    self.at += end + 1;
                }
                Some('"') => {
                    self.at += 1;
                    if !self.quoted(&mut word)? {
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

    /// The inside of double quotes, closing one included; false if it holds something unknown.
    fn quoted(&mut self, word: &mut Word) -> Result<bool, SyntaxError> {
        word.push_text("");
        loop {
            match self.peek() {
                None => return Err(self.unclosed("\"")),
                Some('"') => {
                    self.at += 1;
                    return Ok(true);
                }
                Some('`') => return Ok(false),
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
            let end = rest.find('}').ok_or_else(|| self.unclosed("}"))?;
            self.at += end + 1;
            return Ok(variable(&rest[..end], is_quoted));
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

/// A compound command as a chain of its own.
fn compound(compound: Compound) -> Chain {
    Chain {
        first: Command {
            is_negated: false,
            kind: Kind::Compound(Box::new(compound)),
        },
        rest: Vec::new(),
    }
}

fn name_prefix(text: &str) -> &str {
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

/// The inside of `${…}`.
fn variable(inside: &str, is_quoted: bool) -> Option<Piece> {
    let name = name_prefix(inside);
    let tail = &inside[name.len()..];
    if name.is_empty() {
        return None;
    }
    let form = if tail.is_empty() {
        Form::Plain
    } else if let Some(default) = tail.strip_prefix(":-") {
        Form::Default(default.into())
    } else {
        let (offset, length) = match tail.strip_prefix(':')?.split_once(':') {
            Some((offset, length)) => (offset, Some(length)),
            None => (&tail[1..], None),
        };
        // An empty number is 0 to bash.
        let number = |text: &str| match text.trim() {
            "" => Some(0),
            digits => digits.parse().ok(),
        };
        Form::Slice(
            number(offset)?,
            length.map(number).map_or(Some(None), |n| n.map(Some))?,
        )
    };
    Some(Piece::Variable {
        name: name.into(),
        form,
        is_quoted,
    })
}

/// `NAME=value`, if the word is one: the name must be there unquoted.
fn assignment(source: &str, word: &Word) -> Option<(EcoString, Word)> {
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
