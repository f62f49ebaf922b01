//! Runs a step's script as `bash -e` would, without a machine.
//!
//! Commands that only compute ([`super::commands`]) act at once. Commands that take time or touch
//! the world ([`super::tools`]) suspend the script: it ends with [`Outcome::Waits`], and once the
//! command has ended the script is run again from its start with one answer more. The script has no
//! other input, so it comes by the same way to the same place; nothing of an interpreter's state has
//! to be kept in a snapshot but the list of answers.

use super::answer::Answer;
use super::commands;
use super::script::parse;
use super::syntax::{Block, Chain, Command, Compound, Input, Join, Kind, Simple, Target};
use super::workplace::{self, Outgoing, Workplace};
use crate::delivery::git::{Repository, Tree};
use crate::texts;
use crate::view::Millis;
use ecow::{EcoString, EcoVec, eco_format};
use lean::FlatMap;
use lean::SharedMap;
use std::rc::Rc;

/// Files that the runner reads when a step ends, and the variables that name them.
const RUNNER_FILES: [(&str, &str); 4] = [
    ("GITHUB_ENV", "/github/file_commands/set_env"),
    ("GITHUB_OUTPUT", "/github/file_commands/set_output"),
    ("GITHUB_PATH", "/github/file_commands/add_path"),
    ("GITHUB_STEP_SUMMARY", "/github/file_commands/step_summary"),
];

/// How many bytes a script may print, and a word or a file may hold.
const TEXT_MAX: usize = 256 * 1024;
/// How many bytes of words and output a script may make on its way in all.
const WORK_MAX: usize = 16 << 20;
/// How many commands it may run.
const COMMANDS_MAX: usize = 20_000;

/// A command that needs time or the world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// Its words.
    pub words: Vec<EcoString>,
    /// What it reads.
    pub stdin: EcoString,
    /// The folder it runs in.
    pub folder: EcoString,
    /// The workspace's path.
    pub workspace: EcoString,
    /// The file that `$KUBECONFIG` names; possibly empty.
    pub kubeconfig: EcoString,
    /// The files there are.
    pub place: Workplace,
    /// What `git push` sends.
    pub outgoing: Option<Outgoing>,
}

impl Call {
    /// A path as the workplace keeps it.
    #[must_use]
    pub fn path(&self, path: &str) -> EcoString {
        workplace::resolved(&self.folder, &self.workspace, path)
    }
}

/// How far a script came.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// To its end, or to the command that failed, with this status.
    Ended(i32),
    /// To a command that needs time or the world.
    Waits(Rc<Call>),
}

/// What a script leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Result {
    /// How far it came.
    pub outcome: Outcome,
    /// What it printed so far, line by line.
    pub log: EcoVec<EcoString>,
    /// What it wrote to `$GITHUB_ENV`.
    pub env: Vec<(EcoString, EcoString)>,
    /// What it wrote to `$GITHUB_OUTPUT`.
    pub outputs: Vec<(EcoString, EcoString)>,
    /// What it wrote to `$GITHUB_STEP_SUMMARY`.
    pub summary: EcoString,
    /// The files and clones as it left them.
    pub place: Workplace,
}

/// Where and how a script runs.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// What the machine has.
    pub place: Workplace,
    /// The folder it begins in.
    pub folder: EcoString,
    /// The moment it began: what it commits is of then.
    pub now: Millis,
    /// `set -o pipefail`, as `shell: bash` has it.
    pub has_pipefail: bool,
    /// The repositories that can be cloned, as they were then.
    pub remotes: SharedMap<EcoString, Repository>,
}

/// Runs a script with the answers that its commands have given so far.
#[must_use]
pub fn run(
    script: &str,
    env: &FlatMap<EcoString, EcoString>,
    start: Start,
    answers: &[Answer],
) -> Result {
    let mut machine = Machine {
        place: start.place,
        folder: start.folder,
        now: start.now,
        variables: env.clone(),
        answers,
        printed: String::new(),
        captures: Vec::new(),
        stdin: None,
        status: 0,
        last: 0,
        spent: 0,
        commands: 0,
        has_pipefail: start.has_pipefail,
        remotes: start.remotes,
        stops: true,
        is_traced: false,
    };
    let mut files = Tree::clone(&machine.place.files);
    for (name, path) in RUNNER_FILES {
        machine.variables.insert(name.into(), path.into());
        files.remove(path);
    }
    machine.place.files = Rc::new(files);
    let outcome = match parse(script) {
        Err(error) => {
            machine.printed = format!("line {}: {}\n", error.line, error.message);
            Outcome::Ended(2)
        }
        Ok(block) => match machine.block(&block, true) {
            Ok(()) | Err(Stop::Break(_)) => Outcome::Ended(machine.status),
            Err(Stop::Exit(status)) => Outcome::Ended(status),
            Err(Stop::Waits(call)) => Outcome::Waits(call),
        },
    };
    let written = |at: usize| {
        machine
            .place
            .files
            .get(RUNNER_FILES[at].1)
            .cloned()
            .unwrap_or_default()
    };
    Result {
        env: assignments(&written(0)),
        outputs: assignments(&written(1)),
        summary: written(3),
        log: machine.printed.lines().map(EcoString::from).collect(),
        outcome,
        place: machine.place,
    }
}

/// The `name=value` lines of a file that the runner reads, and `name<<END` with the lines up to END.
fn assignments(text: &str) -> Vec<(EcoString, EcoString)> {
    let mut pairs = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let equals = line.find('=').unwrap_or(usize::MAX);
        match line
            .split_once("<<")
            .filter(|(name, _)| name.len() < equals)
        {
            Some((name, end)) => {
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                pairs.push((name.into(), value.join("\n").into()));
            }
            None => pairs.extend(line.split_once('=').map(|(n, v)| (n.into(), v.into()))),
        }
    }
    pairs
}

/// Why a script goes no further.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It ended.
    Exit(i32),
    /// A loop ends, or goes on with its next round.
    Break(bool),
    /// A command needs time or the world.
    Waits(Rc<Call>),
}

/// A running script: what commands see and change.
#[derive(Debug)]
pub struct Machine<'a> {
    /// Its files and clones.
    pub place: Workplace,
    /// The folder it is in.
    pub folder: EcoString,
    /// When it began.
    pub now: Millis,
    /// The repositories that can be cloned.
    pub remotes: SharedMap<EcoString, Repository>,
    /// Its variables. All are passed on to commands.
    pub variables: FlatMap<EcoString, EcoString>,
    answers: &'a [Answer],
    printed: String,
    /// Output that `$(…)` and pipes collect, innermost last.
    pub(super) captures: Vec<String>,
    /// What the command that runs reads; none if it would wait for a terminal.
    stdin: Option<EcoString>,
    status: i32,
    /// `$?`: the status of the command before the one that runs.
    pub(super) last: i32,
    spent: usize,
    commands: usize,
    has_pipefail: bool,
    /// `set -e`
    stops: bool,
    /// `set -x`
    is_traced: bool,
}

pub(super) type Done<T> = std::result::Result<T, Stop>;

impl Machine<'_> {
    /// A variable's value; empty if it is not set.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", EcoString::as_str)
    }

    /// A path as the workplace keeps it.
    #[must_use]
    pub fn path(&self, path: &str) -> EcoString {
        workplace::resolved(&self.folder, self.value("GITHUB_WORKSPACE"), path)
    }

    /// The text of a file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&EcoString> {
        self.place.files.get(&self.path(path))
    }

    /// Writes a file.
    pub fn write(&mut self, path: &str, text: EcoString) {
        let path = self.path(path);
        Rc::make_mut(&mut self.place.files).insert(path, text);
    }

    /// Takes what the command reads from its standard input.
    pub fn read(&mut self) -> EcoString {
        self.stdin.take().unwrap_or_default()
    }

    /// `set -e`, `set +e`, `-o pipefail`, `-x`.
    pub fn set(&mut self, letter: char, is_on: bool) {
        match letter {
            'e' => self.stops = is_on,
            'x' => self.is_traced = is_on,
            'p' => self.has_pipefail = is_on,
            _ => {}
        }
    }

    /// The next answer of a command that needs time or the world.
    pub fn ask(&mut self, words: &[EcoString], outgoing: Option<Outgoing>) -> Done<Answer> {
        if let Some((answer, rest)) = self.answers.split_first() {
            self.answers = rest;
            return Ok(answer.clone());
        }
        Err(Stop::Waits(Rc::new(Call {
            words: words.to_vec(),
            stdin: self.read(),
            folder: self.folder.clone(),
            workspace: self.value("GITHUB_WORKSPACE").into(),
            kubeconfig: self.value("KUBECONFIG").into(),
            place: self.place.clone(),
            outgoing,
        })))
    }

    pub(super) fn block(&mut self, block: &Block, stops_at_failure: bool) -> Done<()> {
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
        if self.stops && stops_at_failure && self.status != 0 && is_end && !last.is_negated {
            return Err(Stop::Exit(self.status));
        }
        Ok(())
    }

    fn command(&mut self, command: &Command, stops_at_failure: bool) -> Done<()> {
        self.commands += 1;
        if self.commands > COMMANDS_MAX {
            return self.beyond(&texts::files::commands_max(COMMANDS_MAX));
        }
        let stops = stops_at_failure && !command.is_negated;
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple)?,
            Kind::If(branches, otherwise) => self.branches(branches, otherwise, stops)?,
            Kind::NotSimulated(text) => self.not_simulated(text)?,
            Kind::Compound(compound) => self.compound(compound, stops)?,
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

    fn compound(&mut self, compound: &Compound, stops: bool) -> Done<()> {
        match compound {
            Compound::Group(block) => self.block(block, stops),
            Compound::Subshell(block) => {
                let before = (self.variables.clone(), self.folder.clone());
                let done = self.block(block, stops);
                (self.variables, self.folder) = before;
                self.caught(done)
            }
            Compound::Loop(condition, wanted, body) => {
                let mut status = 0;
                loop {
                    self.block(condition, false)?;
                    if (self.status == 0) != *wanted || !self.round(body, stops)? {
                        break;
                    }
                    status = self.status;
                }
                self.status = status;
                Ok(())
            }
            Compound::For(name, words, body) => {
                self.status = 0;
                for value in self.fields(words)? {
                    self.variables.insert(name.clone(), value);
                    if !self.round(body, stops)? {
                        break;
                    }
                }
                Ok(())
            }
            Compound::Pipe(commands) => self.pipe(commands),
            // The reader of CI's scripts gives none.
            Compound::Background(_) => Ok(()),
        }
    }

    /// One round of a loop; false if it was the last.
    fn round(&mut self, body: &Block, stops: bool) -> Done<bool> {
        match self.block(body, stops) {
            Err(Stop::Break(goes_on)) => Ok(goes_on),
            done => done.map(|()| true),
        }
    }

    /// What ends in a shell of its own (a pipe, `$(…)`, `( … )`) ends only that.
    pub(super) fn caught(&mut self, done: Done<()>) -> Done<()> {
        match done {
            Err(Stop::Exit(status)) if !self.is_beyond() => {
                self.status = status;
                Ok(())
            }
            done => done,
        }
    }

    fn pipe(&mut self, commands: &[Command]) -> Done<()> {
        let before = self.stdin.take();
        let mut failure = 0;
        for (at, command) in commands.iter().enumerate() {
            let is_last = at + 1 == commands.len();
            let done = if is_last {
                self.command(command, false)
            } else {
                self.captures.push(String::new());
                let done = self.command(command, false);
                self.stdin = self.captures.pop().map(EcoString::from);
                done
            };
            self.caught(done)?;
            if self.status != 0 {
                failure = self.status;
            }
        }
        self.stdin = before;
        if self.has_pipefail {
            self.status = failure;
        }
        Ok(())
    }

    fn simple(&mut self, simple: &Simple) -> Done<()> {
        (self.last, self.status) = (self.status, 0);
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
        if self.is_traced {
            self.print_error(&format!("+ {}\n", words.join(" ")))?;
        }
        match &simple.input {
            Some(Input::Text(word)) => self.stdin = Some(self.text(word)?),
            Some(Input::File(word)) => {
                let path = self.text(word)?;
                let Some(text) = self.file(&path).cloned() else {
                    self.status = 1;
                    return self.print_error(&format!("{path}: No such file or directory\n"));
                };
                self.stdin = Some(text);
            }
            None => {}
        }
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
                    self.write(&path, EcoString::new());
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
                    let before = self.file(&path).cloned().unwrap_or_default();
                    self.spend(before.len() + text.len(), text.len())?;
                    self.write(&path, before + text.as_str());
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

    pub(super) fn print_error(&mut self, text: &str) -> Done<()> {
        self.spend(self.printed.len() + text.len(), text.len())?;
        self.printed.push_str(text);
        Ok(())
    }

    fn not_simulated(&mut self, text: &str) -> Done<()> {
        self.status = 0;
        self.print_error(&eco_format!("{}\n", texts::files::not_simulated(text)))
    }

    /// Keeps the limits: a text that becomes `length` bytes long, `more` of which are new.
    pub(super) fn spend(&mut self, length: usize, more: usize) -> Done<()> {
        self.spent += more;
        if length <= TEXT_MAX && self.spent <= WORK_MAX {
            return Ok(());
        }
        let limit = if length > TEXT_MAX {
            TEXT_MAX
        } else {
            WORK_MAX
        };
        self.beyond(&texts::files::bytes_max(limit))
    }

    /// Ends the script at a limit.
    fn beyond(&mut self, limit: &str) -> Done<()> {
        self.commands = usize::MAX / 2;
        self.printed += &eco_format!("{}\n", texts::files::limit(limit));
        Err(Stop::Exit(1))
    }

    fn is_beyond(&self) -> bool {
        self.commands > COMMANDS_MAX
    }
}

#[derive(Clone)]
enum Sink {
    Stdout,
    Stderr,
    File(EcoString),
}
