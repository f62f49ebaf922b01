//! Reads the part of bash that `run:` steps are written in.
//!
//! Simple commands, quotes, variables and what `${…}` does with them ([`super::words`]), `$(…)`,
//! assignments, `<`, `<<`, `>`, `>>`, `2>`, `2>&1`, pipes, `&&`, `||`, `!`, `if`, `for`, `while`,
//! `until` and groups. Whatever else bash knows (functions, `case`, arithmetic, jobs in the
//! background) is read over and marked, so that the log can say that it was not simulated. The shells
//! of containers read `&`, and no input. Knows nothing of what commands do.

use super::syntax::{
    Block, Chain, Command, Compound, Input, Join, Kind, Redirect, Simple, Target, Word,
};
use super::words::{assignment, name_prefix};
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
///
/// # Errors
/// What bash says.
pub fn parse(text: &str) -> Result<Block, SyntaxError> {
    read(text, false)
}

/// Reads what a container's shell is to run.
///
/// # Errors
/// What a shell says.
pub fn parse_compound(text: &str) -> Result<Block, SyntaxError> {
    read(text, true)
}

fn read(text: &str, is_container: bool) -> Result<Block, SyntaxError> {
    let mut parser = Parser::new(text, is_container);
    let block = parser.block(&[])?;
    match parser.rest().chars().next() {
        None => Ok(block),
        Some(c) => Err(parser.error(&format!("syntax error near unexpected token `{c}'"))),
    }
}

/// Words that begin what is read over.
const NOT_SIMULATED: [&str; 7] = ["for", "while", "until", "case", "select", "function", "{"];

/// A reading of a script.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    depth: usize,
    /// Whether it has read over the rest of the script: what would close is not missed.
    pub(super) has_given_up: bool,
    /// Whether it reads for the shell of a container.
    is_container: bool,
    /// Where the texts of here-documents begin and end that belong to the line being read.
    documents: Option<(usize, usize)>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, is_container: bool) -> Parser<'a> {
        Parser {
            text,
            at: 0,
            depth: 0,
            has_given_up: false,
            is_container,
            documents: None,
        }
    }

    /// A reading of a text inside the one being read.
    pub(super) fn inner<'t>(&self, text: &'t str) -> Result<Parser<'t>, SyntaxError> {
        let mut inner = Parser::new(text, false);
        inner.depth = self.depth;
        inner.deeper()?;
        Ok(inner)
    }

    fn deeper(&mut self) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error(&format!("nested deeper than {DEPTH_MAX} levels")));
        }
        Ok(())
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn skip(&mut self, prefix: &str) -> bool {
        let is_there = self.rest().starts_with(prefix);
        if is_there {
            self.at += prefix.len();
        }
        is_there
    }

    pub(super) fn error(&self, message: &str) -> SyntaxError {
        let line = self.text[..self.at].matches('\n').count() as u32 + 1;
        SyntaxError {
            line,
            message: message.into(),
        }
    }

    pub(super) fn unclosed(&self, closer: &str) -> SyntaxError {
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
            if let Some((_, end)) = self.documents.filter(|(start, _)| *start == self.at) {
                (self.at, self.documents) = (end, None);
                continue;
            }
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
    pub(super) fn block(&mut self, stops: &[&'static str]) -> Result<Block, SyntaxError> {
        self.deeper()?;
        let mut block = Block::new();
        loop {
            self.separators();
            if matches!(self.peek(), None | Some(')')) || self.keyword(stops).is_some() {
                self.depth -= 1;
                return Ok(block);
            }
            let chain = self.chain()?;
            self.blanks();
            let is_background = self.is_container && !self.rest().starts_with("&&");
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
            let goes_on = rest.starts_with('|') && !rest.starts_with("||");
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

    /// A loop or a group, if one begins here.
    fn compound(&mut self) -> Result<Option<Kind>, SyntaxError> {
        let Some(word) = self.keyword(&["while", "until", "for", "{"]) else {
            if self.rest().starts_with("((") || !self.skip("(") {
                return Ok(None);
            }
            let block = self.block(&[])?;
            if !self.skip(")") {
                return Err(self.unclosed(")"));
            }
            return Ok(Some(Kind::Compound(Box::new(Compound::Subshell(block)))));
        };
        self.expect(word)?;
        let compound = match word {
            "{" => {
                let block = self.block(&["}"])?;
                self.expect("}")?;
                Compound::Group(block)
            }
            "for" => {
                let from = self.at;
                self.blanks();
                let name = name_prefix(self.rest());
                self.at += name.len();
                self.blanks();
                if self.keyword(&["in"]).is_none() {
                    self.at = from - word.len();
                    return Ok(Some(self.give_up()));
                }
                self.expect("in")?;
                let mut words = Vec::new();
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
        } else if let Some(kind) = self.compound()? {
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
        Kind::NotSimulated(text.into())
    }

    fn simple(&mut self) -> Result<Kind, SyntaxError> {
        let from = self.at;
        let mut simple = Simple::default();
        loop {
            self.blanks();
            let rest = self.rest();
            let is_end = rest.is_empty() || rest.starts_with(['\n', ';', ')', '|']);
            let is_joined = rest.starts_with('&') && !rest.starts_with("&>");
            if is_end || (is_joined && (self.is_container || rest.starts_with("&&"))) {
                break;
            }
            if rest.starts_with("()") && simple.words.len() == 1 {
                self.at = from;
                return Ok(self.give_up());
            }
            if is_joined || rest.starts_with('(') || (self.is_container && rest.starts_with('<')) {
                return Ok(self.not_simulated(from));
            }
            if rest.starts_with('<') {
                match self.input()? {
                    Some(input) => simple.input = Some(input),
                    None => return Ok(self.not_simulated(from)),
                }
                continue;
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

    /// What `<` begins; none if the lab does not know it.
    fn input(&mut self) -> Result<Option<Input>, SyntaxError> {
        if self.skip("<<<") {
            self.blanks();
            return Ok(self.word()?.map(|mut word| {
                word.quote();
                word.push_text("\n");
                Input::Text(word)
            }));
        }
        if self.skip("<<") {
            let is_dedented = self.skip("-");
            self.blanks();
            return Ok(self.document(is_dedented)?.map(Input::Text));
        }
        self.at += 1;
        if self.rest().starts_with(['(', '&']) {
            return Ok(None);
        }
        self.blanks();
        Ok(self
            .word()?
            .filter(|word| !word.0.is_empty())
            .map(Input::File))
    }

    /// The text of a here-document, whose closing word stands here.
    fn document(&mut self, is_dedented: bool) -> Result<Option<Word>, SyntaxError> {
        let rest = self.rest();
        let length = rest
            .find([' ', '\t', '\n', ';', '|', '&', ')', '>'])
            .unwrap_or(rest.len());
        let closer = &rest[..length];
        let plain = closer.trim_matches(['\'', '"', '\\']);
        self.at += length;
        let line = self
            .rest()
            .find('\n')
            .map_or(self.text.len(), |end| self.at + end);
        let (start, mut end) = self
            .documents
            .unwrap_or((line, (line + 1).min(self.text.len())));
        let mut body = String::new();
        for line in self.text[end..].split_inclusive('\n') {
            end += line.len();
            let shown = if is_dedented {
                line.trim_start_matches('\t')
            } else {
                line
            };
            if shown.trim_end_matches(['\n', '\r']) == plain {
                break;
            }
            body.push_str(shown);
        }
        self.documents = Some((start, end));
        if plain != closer {
            let mut word = Word::default();
            word.push_text(&body);
            return Ok(Some(word));
        }
        let mut word = Word::default();
        let mut inner = self.inner(&body)?;
        let is_known = inner.quoted(&mut word, None)?;
        Ok(is_known.then_some(word))
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
