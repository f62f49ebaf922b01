//! Runs a step's script as `bash -e` would, without a machine.
//!
//! Commands that only compute ([`super::commands`]) act at once. Commands that take time or touch
//! the world ([`super::tools`]) suspend the script: it ends with [`Outcome::Waits`], and once the
//! command has ended the script is run again from its start with one answer more. The script has no
//! other input, so it comes by the same way to the same place; nothing of an interpreter's state has
//! to be kept in a snapshot but the list of answers.

use super::commands;
use super::script::parse;
use super::syntax::{Block, Chain, Command, Form, Join, Kind, Piece, Simple, Target, Word};
use crate::delivery::git::{Oid, Repository, Tree};
use ecow::{EcoString, EcoVec, eco_format};
use std::collections::BTreeMap;

/// The file that `$GITHUB_ENV` names: `NAME=value` lines for the steps that follow.
pub const ENV_FILE: &str = "/github/file_commands/set_env";
/// The file that `$GITHUB_OUTPUT` names: `name=value` lines that become the step's outputs.
pub const OUTPUT_FILE: &str = "/github/file_commands/set_output";
/// The file that `$GITHUB_STEP_SUMMARY` names.
pub const SUMMARY_FILE: &str = "/github/file_commands/step_summary";

/// How many bytes a script may print, and a word or a file may hold.
const TEXT_MAX: usize = 256 * 1024;
/// How many bytes of words and output a script may make on its way in all.
const WORK_MAX: usize = 16 << 20;

/// What a command answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its exit status: 0 is success.
    pub status: i32,
    /// What it printed.
    pub stdout: EcoString,
    /// What it printed as errors.
    pub stderr: EcoString,
}

impl Answer {
    /// Success, with this output. A line end is added to text that has none.
    #[must_use]
    pub fn ok(stdout: impl Into<EcoString>) -> Answer {
        Answer {
            stdout: with_line_end(stdout.into()),
            ..Answer::default()
        }
    }

    /// Failure, with this error output.
    #[must_use]
    pub fn failed(status: i32, stderr: impl Into<EcoString>) -> Answer {
        Answer {
            status,
            stderr: with_line_end(stderr.into()),
            ..Answer::default()
        }
    }
}

fn with_line_end(mut text: EcoString) -> EcoString {
    if !(text.is_empty() || text.ends_with('\n')) {
        text.push('\n');
    }
    text
}

/// How far a script came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To its end, or to the command that failed, with this status.
    Ended(i32),
    /// To a command that needs time or the world: its words.
    Waits(Vec<EcoString>),
}

/// What a script leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Result {
    /// How far it came.
    pub outcome: Outcome,
    /// What it printed so far, line by line.
    pub log: EcoVec<EcoString>,
    /// What it wrote to [`ENV_FILE`].
    pub env: Vec<(EcoString, EcoString)>,
    /// What it wrote to [`OUTPUT_FILE`].
    pub outputs: Vec<(EcoString, EcoString)>,
}

/// Where a script runs.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The commit that is checked out.
    pub commit: Oid,
    /// How many commits of its history are there; all of them if none is given.
    pub depth: Option<usize>,
    /// The files there are: those of the commit if the job has checked out, else none.
    pub files: &'a Tree,
}

/// Runs a script with the answers that its commands have given so far.
#[must_use]
pub fn run(
    script: &str,
    env: &BTreeMap<EcoString, EcoString>,
    place: Place<'_>,
    answers: &[Answer],
) -> Result {
    let mut machine = Machine {
        place,
        variables: env.clone(),
        written: Tree::new(),
        answers,
        printed: String::new(),
        captures: Vec::new(),
        status: 0,
        spent: 0,
    };
    for (name, path) in [
        ("GITHUB_ENV", ENV_FILE),
        ("GITHUB_OUTPUT", OUTPUT_FILE),
        ("GITHUB_STEP_SUMMARY", SUMMARY_FILE),
    ] {
        machine.variables.insert(name.into(), path.into());
    }
    let outcome = match parse(script) {
        Err(error) => {
            machine.printed = format!("line {}: {}\n", error.line, error.message);
            Outcome::Ended(2)
        }
        Ok(block) => match machine.block(&block, true) {
            Ok(()) => Outcome::Ended(machine.status),
            Err(Stop::Exit(status)) => Outcome::Ended(status),
            Err(Stop::Waits(words)) => Outcome::Waits(words),
        },
    };
    let pairs = |path: &str| assignments(machine.written.get(path).map_or("", EcoString::as_str));
    Result {
        env: pairs(ENV_FILE),
        outputs: pairs(OUTPUT_FILE),
        log: machine.printed.lines().map(EcoString::from).collect(),
        outcome,
    }
}

/// The `name=value` lines of a file that the runner reads.
fn assignments(text: &str) -> Vec<(EcoString, EcoString)> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// Why a script goes no further.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It ended.
    Exit(i32),
    /// A command needs time or the world.
    Waits(Vec<EcoString>),
}

/// A running script: what commands see and change.
#[derive(Debug)]
pub struct Machine<'a> {
    /// Where it runs.
    pub place: Place<'a>,
    /// Its variables. All are passed on to commands.
    pub variables: BTreeMap<EcoString, EcoString>,
    /// Files that it wrote, over those of the commit.
    written: Tree,
    answers: &'a [Answer],
    printed: String,
    /// Output that `$(…)` collects, innermost last.
    captures: Vec<String>,
    status: i32,
    spent: usize,
}

type Done<T> = std::result::Result<T, Stop>;

impl Machine<'_> {
    /// The text of a file, relative to the repository's root.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&EcoString> {
        let path = path.trim_start_matches("./");
        self.written
            .get(path)
            .or_else(|| self.place.files.get(path))
    }

    /// The next answer of a command that needs time or the world.
    pub fn ask(&mut self, words: &[EcoString]) -> Done<Answer> {
        match self.answers.split_first() {
            Some((answer, rest)) => {
                self.answers = rest;
                Ok(answer.clone())
            }
            None => Err(Stop::Waits(words.to_vec())),
        }
    }

    fn block(&mut self, block: &Block, stops_at_failure: bool) -> Done<()> {
        for chain in block {
            self.chain(chain, stops_at_failure)?;
        }
        Ok(())
    }

    /// Runs a chain. With `stops_at_failure`, a failure of its last command ends the script
    /// (`set -e` in bash's manual: not inside conditions, after `!`, or before `&&` and `||`).
    fn chain(&mut self, chain: &Chain, stops_at_failure: bool) -> Done<()> {
        let mut last = &chain.first;
        self.command(last, stops_at_failure && chain.rest.is_empty())?;
        for (at, (join, command)) in chain.rest.iter().enumerate() {
            if (*join == Join::And) == (self.status == 0) {
                last = command;
                let is_last = at + 1 == chain.rest.len();
                self.command(command, stops_at_failure && is_last)?;
            }
        }
        let is_end = chain
            .rest
            .last()
            .is_none_or(|(_, command)| std::ptr::eq(command, last));
        if stops_at_failure && self.status != 0 && is_end && !last.is_negated {
            return Err(Stop::Exit(self.status));
        }
        Ok(())
    }

    fn command(&mut self, command: &Command, stops_at_failure: bool) -> Done<()> {
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple)?,
            Kind::If(branches, otherwise) => {
                self.branches(branches, otherwise, stops_at_failure && !command.is_negated)?;
            }
            Kind::NotSimulated(text) => self.not_simulated(text)?,
            // The reader of CI's scripts gives none of these.
            Kind::Compound(_) => {}
        }
        if command.is_negated {
            self.status = i32::from(self.status == 0);
        }
        Ok(())
    }

    fn branches(
        &mut self,
        branches: &[(Block, Block)],
        otherwise: &Block,
        stops_at_failure: bool,
    ) -> Done<()> {
        for (condition, body) in branches {
            self.block(condition, false)?;
            if self.status == 0 {
                return self.block(body, stops_at_failure);
            }
        }
        self.status = 0;
        self.block(otherwise, stops_at_failure)
    }

    fn simple(&mut self, simple: &Simple) -> Done<()> {
        self.status = 0;
        let words = self.fields(&simple.words)?;
        let mut values = Vec::new();
        for (name, word) in &simple.assignments {
            values.push((name.clone(), self.text(word)?));
        }
        let Some((program, args)) = words.split_first() else {
            // Assignments alone keep the status of the last `$(…)` in them.
            self.variables.extend(values);
            return Ok(());
        };
        let before = (!values.is_empty()).then(|| self.variables.clone());
        self.variables.extend(values);
        let answer = match commands::find(program) {
            Some(command) => command(self, &words, args)?,
            None => {
                self.not_simulated(&simple.text)?;
                Answer::default()
            }
        };
        if let Some(before) = before {
            self.variables = before;
        }
        self.status = answer.status;
        self.send(simple, &answer)
    }

    /// Sends a command's output where its redirects say, later ones last.
    fn send(&mut self, simple: &Simple, answer: &Answer) -> Done<()> {
        let (mut stdout, mut stderr) = (Sink::Stdout, Sink::Stderr);
        for redirect in &simple.redirects {
            let sink = match &redirect.to {
                Target::Stdout => stdout.clone(),
                Target::Stderr => stderr.clone(),
                Target::Append(word) => Sink::File(self.text(word)?),
                Target::File(word) => {
                    let path = self.text(word)?;
                    self.written.insert(path.clone(), EcoString::new());
                    Sink::File(path)
                }
            };
            if redirect.is_stdout {
                stdout = sink.clone();
            }
            if redirect.is_stderr {
                stderr = sink;
            }
        }
        for (sink, text) in [(stdout, &answer.stdout), (stderr, &answer.stderr)] {
            match sink {
                Sink::Stdout => self.print(text)?,
                Sink::Stderr => self.print_error(text)?,
                Sink::File(path) if path == "/dev/null" => {}
                Sink::File(path) => {
                    let path = path.trim_start_matches("./");
                    let before = self.file(path).cloned().unwrap_or_default();
                    self.spend(before.len() + text.len(), text.len())?;
                    self.written.insert(path.into(), before + text.as_str());
                }
            }
        }
        Ok(())
    }

    fn print(&mut self, text: &str) -> Done<()> {
        let have = self.captures.last().unwrap_or(&self.printed).len();
        self.spend(have + text.len(), text.len())?;
        self.captures
            .last_mut()
            .unwrap_or(&mut self.printed)
            .push_str(text);
        Ok(())
    }

    fn print_error(&mut self, text: &str) -> Done<()> {
        self.spend(self.printed.len() + text.len(), text.len())?;
        self.printed.push_str(text);
        Ok(())
    }

    fn not_simulated(&mut self, text: &str) -> Done<()> {
        self.status = 0;
        self.print_error(&format!("not simulated: {text}\n"))
    }

    /// Keeps the limits: a text that becomes `length` bytes long, `more` of which are new.
    fn spend(&mut self, length: usize, more: usize) -> Done<()> {
        self.spent += more;
        if length <= TEXT_MAX && self.spent <= WORK_MAX {
            return Ok(());
        }
        let limit = if length > TEXT_MAX {
            TEXT_MAX
        } else {
            WORK_MAX
        };
        self.printed += &format!("the lab's limit: a script handles at most {limit} bytes\n");
        Err(Stop::Exit(1))
    }

    /// Words as a command gets them: unquoted variables and outputs are split at blanks, and vanish
    /// if they are empty. (File names are not expanded.)
    fn fields(&mut self, words: &[Word]) -> Done<Vec<EcoString>> {
        let mut fields = Vec::new();
        for word in words {
            let mut field: Option<EcoString> = None;
            for piece in &word.0 {
                let (text, splits) = self.piece(piece)?;
                let have = field.as_ref().map_or(0, EcoString::len);
                self.spend(have + text.len(), text.len())?;
                if !splits {
                    field.get_or_insert_default().push_str(&text);
                    continue;
                }
                for (at, part) in text.split(char::is_whitespace).enumerate() {
                    if at > 0 {
                        fields.extend(field.take());
                    }
                    if !part.is_empty() {
                        field.get_or_insert_default().push_str(part);
                    }
                }
            }
            fields.extend(field);
        }
        Ok(fields)
    }

    /// A word as one text, without splitting.
    fn text(&mut self, word: &Word) -> Done<EcoString> {
        let mut text = EcoString::new();
        for piece in &word.0 {
            let more = self.piece(piece)?.0;
            self.spend(text.len() + more.len(), more.len())?;
            text.push_str(&more);
        }
        Ok(text)
    }

    /// The text of a piece, and whether it is split at blanks.
    fn piece(&mut self, piece: &Piece) -> Done<(EcoString, bool)> {
        Ok(match piece {
            Piece::Text(text) => (text.clone(), false),
            Piece::Variable {
                name,
                form,
                is_quoted,
            } => (self.variable(name, form), !is_quoted),
            Piece::Output { block, is_quoted } => {
                self.captures.push(String::new());
                let done = self.block(block, false);
                let output = self.captures.pop().unwrap_or_default();
                done?;
                (output.trim_end_matches('\n').into(), !is_quoted)
            }
        })
    }

    fn variable(&self, name: &str, form: &Form) -> EcoString {
        let value = match name {
            "?" => eco_format!("{}", self.status),
            _ => self.variables.get(name).cloned().unwrap_or_default(),
        };
        match form {
            Form::Plain => value,
            Form::Default(default) if value.is_empty() => default.clone(),
            Form::Default(_) => value,
            Form::Slice(offset, length) => value
                .chars()
                .skip(*offset)
                .take(length.unwrap_or(usize::MAX))
                .collect(),
        }
    }
}

#[derive(Clone)]
enum Sink {
    Stdout,
    Stderr,
    File(EcoString),
}
