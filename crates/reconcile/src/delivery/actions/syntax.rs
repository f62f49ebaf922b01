//! What a script says: commands, words and what is in them.

use ecow::EcoString;

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
    /// A command made of commands.
    Compound(Box<Compound>),
    /// Something bash knows and the lab does not: its text.
    NotSimulated(EcoString),
}

/// Commands made of commands.
#[derive(Clone, Debug, PartialEq)]
pub enum Compound {
    /// `while` and `until`: the condition, what it must be to go on, and what is repeated.
    Loop(Block, bool, Block),
    /// `for`: the variable, its values, and what is repeated.
    For(EcoString, Vec<Word>, Block),
    /// `{ … }`
    Group(Block),
    /// `( … )`: what it sets and where it goes is its own.
    Subshell(Block),
    /// `a | b`
    Pipe(Vec<Command>),
    /// `… &`: only the shells of containers read it.
    Background(Block),
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
    /// What it reads.
    pub input: Option<Input>,
    /// The command as it was typed.
    pub text: EcoString,
}

/// What a command reads as its standard input.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// `<< END` and `<<< word`
    Text(Word),
    /// `< word`
    File(Word),
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
    Default(Word),
    /// `:+`: other text unless it is unset or empty.
    Instead(Word),
    /// `:?`: the script ends with this message if it is unset or empty.
    Required(Word),
    /// `:offset:length`
    Slice(usize, Option<usize>),
    /// `#text`, `%text`: without this at its start, or at its end. `*` stands for any text.
    Without {
        /// What goes.
        pattern: EcoString,
        /// `%`
        is_end: bool,
        /// `##`, `%%`: as much as can go.
        is_longest: bool,
    },
    /// `/text/other`: other text in its place.
    Replace {
        /// What goes.
        from: EcoString,
        /// What comes.
        to: EcoString,
        /// `//`: everywhere.
        is_all: bool,
    },
}

impl Form {
    /// What becomes of a value by what needs no other words.
    #[must_use]
    pub fn applied(&self, value: EcoString) -> EcoString {
        match self {
            Form::Slice(offset, length) => {
                let length = length.unwrap_or(usize::MAX);
                value.chars().skip(*offset).take(length).collect()
            }
            Form::Without {
                pattern,
                is_end,
                is_longest,
            } => without(&value, pattern, *is_end, *is_longest).into(),
            Form::Replace { from, .. } if from.is_empty() => value,
            Form::Replace { from, to, is_all } => {
                let most = if *is_all { usize::MAX } else { 1 };
                value.replacen(from.as_str(), to, most)
            }
            _ => value,
        }
    }
}

/// A text without what a pattern matches at one of its ends. A `*` may stand at the pattern's start
/// or end.
fn without<'v>(value: &'v str, pattern: &str, is_end: bool, is_longest: bool) -> &'v str {
    let (head, tail) = pattern.split_once('*').unwrap_or((pattern, ""));
    if !pattern.contains('*') {
        let rest = if is_end {
            value.strip_suffix(pattern)
        } else {
            value.strip_prefix(pattern)
        };
        return rest.unwrap_or(value);
    }
    let rest = match (is_end, is_longest) {
        (false, false) => value
            .strip_prefix(head)
            .and_then(|rest| rest.split_once(tail)),
        (false, true) => value
            .strip_prefix(head)
            .and_then(|rest| rest.rsplit_once(tail)),
        (true, false) => value
            .strip_suffix(tail)
            .and_then(|rest| rest.rsplit_once(head)),
        (true, true) => value
            .strip_suffix(tail)
            .and_then(|rest| rest.split_once(head)),
    };
    match rest {
        Some((before, _)) if is_end => before,
        Some((_, after)) => after,
        None => value,
    }
}

impl Word {
    /// Adds text as it stands.
    pub fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            _ => self.0.push(Piece::Text(text.into())),
        }
    }

    /// Makes it one word whatever its variables hold, as all words inside `[[ ]]` are.
    pub fn quote(&mut self) {
        for piece in &mut self.0 {
            if let Piece::Variable { is_quoted, .. } | Piece::Output { is_quoted, .. } = piece {
                *is_quoted = true;
            }
        }
    }
}
