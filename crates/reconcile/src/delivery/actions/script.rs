//! The part of bash that `run:` steps are written in, as a tree.
//!
//! Simple commands, quotes, `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME:offset:length}`, `$(…)`,
//! assignments, `>`, `>>`, `2>`, `2>&1`, `&&`, `||`, `!` and `if … elif … else … fi`. Whatever else
//! bash knows (loops, pipes, functions, here-documents, arithmetic) is read over and marked, so that
//! the log can say that it was not simulated. Knows nothing of what commands do.

use ecow::EcoString;

/// How deep `if` and `$(…)` may be nested.
const DEPTH_MAX: usize = 30;

/// Commands that run one after the other.
pub type Block = Vec<Chain>;

/// Commands joined by `&&` and `||`.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The one that runs in any case.
    pub first: Command,
    /// The others, each with what joins it to those before.
    pub rest: Vec<(Join, Command)>,
}

/// What joins a command to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// `&&`: runs if what was before ended well.
    And,
    /// `||`: runs if it did not.
    Or,
}

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Whether `!` turns its status around.
    pub is_negated: bool,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of commands.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A program with its arguments, or only assignments.
    Simple(Simple),
    /// `if`: conditions with what follows each of them, and what follows if none holds.
    If(Vec<(Block, Block)>, Block),
    /// Something bash knows and the lab does not: its text.
    NotSimulated(EcoString),
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Simple {
    /// `NAME=word` before the program's name.
    pub assignments: Vec<(EcoString, Word)>,
    /// The program's name and its arguments.
    pub words: Vec<Word>,
    /// Where its output goes.
    pub redirects: Vec<Redirect>,
    /// The command as it was typed.
    pub text: EcoString,
}

/// Where output goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// Standard output.
    pub is_stdout: bool,
    /// Standard error.
    pub is_stderr: bool,
    /// Where to.
    pub to: Target,
}

/// What output is sent to.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// `> word`
    File(Word),
    /// `>> word`
    Append(Word),
    /// `>&1`
    Stdout,
    /// `>&2`
    Stderr,
}

/// A word: pieces that are joined once they are expanded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word(pub Vec<Piece>);

/// A piece of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text as it stands.
    Text(EcoString),
    /// A variable.
    Variable {
        /// Its name; `?` for the last status.
        name: EcoString,
        /// What `${…}` does with it.
        form: Form,
        /// Inside double quotes: not split at blanks.
        is_quoted: bool,
    },
    /// `$(…)`
    Output {
        /// The commands.
        block: Block,
        /// Inside double quotes: not split at blanks.
        is_quoted: bool,
    },
}

/// What `${…}` does with a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Its value.
    Plain,
    /// `:-`: other text if it is unset or empty.
    Default(EcoString),
    /// `:offset:length`
    Slice(usize, Option<usize>),
}

/// A script that bash would not run, in bash's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: EcoString,
}

/// Reads a script.
pub fn parse(text: &str) -> Result<Block, SyntaxError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let block = parser.block(&[])?;
    match parser.rest().chars().next() {
        None => Ok(block),
        Some(c) => Err(parser.error(&format!("syntax error near unexpected token `{c}'"))),
    }
}

/// Words that begin what is read over.
const NOT_SIMULATED: [&str; 10] = [
    "for", "while", "until", "case", "select", "function", "{", "(", "((", "[[",
];

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
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
            block.push(self.chain()?);
        }
    }

    fn chain(&mut self) -> Result<Chain, SyntaxError> {
        let first = self.command()?;
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
            rest.push((join, self.command()?));
        }
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
        } else if self.keyword(&NOT_SIMULATED).is_some() || self.rest().starts_with('(') {
            self.not_simulated(self.at)
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

    /// Reads over what the lab does not know: a loop or function to the end of the script, for where
    /// it ends is not known without reading it; anything else to the end of its line.
    fn not_simulated(&mut self, from: usize) -> Kind {
        self.at = from;
        let is_compound = self
            .keyword(&NOT_SIMULATED)
            .is_some_and(|word| word != "[[");
        let text = self.line().trim_end();
        if is_compound {
            self.at = self.text.len();
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
            if is_end || rest.starts_with("&&") || rest.starts_with("||") {
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
            if !self.skip(")") {
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

impl Word {
    fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            _ => self.0.push(Piece::Text(text.into())),
        }
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
