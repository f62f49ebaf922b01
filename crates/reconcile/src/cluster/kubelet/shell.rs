//! What a container's command does: a small shell, in virtual time.
//!
//! It runs what people put into a pod to see what happens: `sleep`, `exit`, `trap`, loops, files,
//! `httpd` and `nc`. Time passes only where a program takes time; the process is moved on when
//! somebody looks at it or when it may end. As process 1 of its container, it gets no signal that it
//! does not trap (`man 2 kill`).
//!
//! Here is what it is in the middle of, and how it goes on; [`commands`] runs what one line says.

mod commands;
mod words;

use super::files::Disk;
use super::programs::{self, Done, FOREVER};
use crate::delivery::actions::script;
use crate::delivery::actions::syntax::{
    Block, Chain, Command, Compound, Join, Kind, Piece, Simple, Word,
};
use ecow::{EcoString, EcoVec};
use kube::Millis;
use lean::FlatMap;
use std::rc::Rc;

/// How many commands run before a shell that never rests is taken to have used up a second.
const COMMANDS_MAX: u32 = 5_000;
/// How much of its output is kept, from the end, in bytes: what a termination message may take
/// from the log (`pkg/kubelet/container/runtime.go`, `MaxContainerTerminationMessageLogLength`).
const LOG_MAX: usize = 2048;
/// How deep `$(…)` and pipes may be nested.
const DEPTH_MAX: u32 = 30;

/// A shell and the programs it has started.
#[derive(Clone, Debug, Default)]
pub(super) struct Shell {
    /// The first is process 1.
    threads: Vec<Thread>,
    variables: FlatMap<EcoString, EcoString>,
    /// What SIGTERM runs.
    trap: Option<Rc<Block>>,
    /// What listens.
    pub(super) servers: EcoVec<Server>,
    /// The end of what it has printed.
    pub(super) log: EcoString,
    /// When how many bytes of that were printed.
    pub(super) printed: EcoVec<(Millis, u32)>,
    /// When what runs now was begun.
    clock: Millis,
    /// The most memory it has needed so far, in bytes.
    pub(super) memory: u64,
    /// SIGTERM has come, and is or will be handled.
    is_terminating: bool,
    budget: u32,
    depth: u32,
}

/// A port that a program listens on.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) port: i64,
    /// The folder that it serves; none if it answers nothing that HTTP knows.
    pub(super) root: Option<EcoString>,
}

#[derive(Clone, Debug, Default)]
struct Thread {
    frames: Vec<Frame>,
    /// When its program ends and it goes on.
    wake: Millis,
    status: i32,
    /// SIGTERM came and is not handled yet.
    is_signalled: bool,
    /// It waits for the other threads.
    waits: bool,
}

/// What a thread is in the middle of.
#[derive(Clone, Debug)]
enum Frame {
    Block(Rc<Block>, usize),
    /// The rest of a chain.
    Rest(Vec<(Join, Command)>, usize),
    Not,
    /// Branches, the one whose condition runs, and the last resort.
    If(Rc<(Vec<(Block, Block)>, Block)>, usize),
    /// Condition, what it must be, body; whether the condition has just run.
    Loop(Rc<Block>, bool, Rc<Block>, bool),
    For(EcoString, Vec<EcoString>, Rc<Block>),
    /// `exec`: the end.
    Exit,
}

/// Whether a shell runs the word after this flag: `-c`, `-ec`.
fn is_script(flag: &str) -> bool {
    flag.starts_with('-') && flag.ends_with('c')
}

impl Shell {
    /// The process of a command line; none if there is no such program.
    pub(super) fn new(
        words: &[EcoString],
        variables: FlatMap<EcoString, EcoString>,
        now: Millis,
    ) -> Shell {
        let first = words.first().map_or("", EcoString::as_str);
        let is_shell = matches!(programs::name(first), "sh" | "ash" | "bash");
        let block = match words.get(1..) {
            Some([flag, text, ..]) if is_shell && is_script(flag) => script::parse_compound(text)
                .unwrap_or_else(|error| vec![plain(&["fail".into(), error.message])]),
            // Without a terminal, a shell finds its input at its end.
            _ if is_shell => Block::new(),
            _ => vec![plain(words)],
        };
        let thread = Thread {
            frames: vec![Frame::Block(Rc::new(block), 0)],
            wake: now,
            ..Thread::default()
        };
        Shell {
            threads: vec![thread],
            variables,
            ..Shell::default()
        }
    }

    /// Runs a command with a container's variables, to its end: its output, its status and how long it
    /// took. An error is what it had printed when `timeout` passed.
    pub(super) fn exec(
        words: &[EcoString],
        variables: &FlatMap<EcoString, EcoString>,
        disk: &mut Disk<'_>,
        now: Millis,
        timeout: Millis,
    ) -> Result<(EcoString, i32, Millis), EcoString> {
        let mut shell = Shell::new(words, variables.clone(), now);
        loop {
            let at = shell.next();
            if at == FOREVER || at > now + timeout {
                return Err(shell.log);
            }
            if let Some((status, at)) = shell.advance(disk, at) {
                return Ok((shell.log, status, at - now));
            }
        }
    }

    /// When something happens next without help; [`FOREVER`] if nothing does.
    pub(super) fn next(&self) -> Millis {
        let wakes = self.threads.iter().map(|thread| thread.wake);
        wakes.min().unwrap_or(FOREVER)
    }

    /// Whether it may end by itself.
    pub(super) fn may_end(&self) -> bool {
        let endless = |frame: &Frame| match frame {
            Frame::Loop(condition, wanted, body, _) => {
                *wanted && is_true(condition) && !mentions_end(body)
            }
            _ => false,
        };
        self.is_terminating
            || self
                .threads
                .first()
                .is_some_and(|main| main.wake != FOREVER && !main.frames.iter().any(endless))
    }

    /// Runs up to a moment. Gives the exit code and the time of the end, once it has ended.
    pub(super) fn advance(&mut self, disk: &mut Disk<'_>, now: Millis) -> Option<(i32, Millis)> {
        self.budget = COMMANDS_MAX;
        loop {
            let wakes = self.threads.iter().enumerate();
            let (at, wake) = wakes
                .map(|(at, thread)| (at, thread.wake))
                .min_by_key(|(_, wake)| *wake)?;
            if wake > now {
                return None;
            }
            if self.budget == 0 {
                self.threads[at].wake += 1000;
                return None;
            }
            self.budget -= 1;
            let mut thread = std::mem::take(&mut self.threads[at]);
            self.clock = wake;
            let goes_on = self.step(&mut thread, disk);
            let (status, wake) = (thread.status, thread.wake);
            self.threads[at] = thread;
            if goes_on {
                continue;
            }
            if at == 0 {
                return Some((status, wake));
            }
            self.threads.remove(at);
            let is_last = self.threads.len() == 1;
            if let Some(main) = self
                .threads
                .first_mut()
                .filter(|main| is_last && main.waits)
            {
                (main.waits, main.wake) = (false, wake);
            }
        }
    }

    /// SIGTERM.
    pub(super) fn terminate(&mut self, now: Millis) {
        let Some(main) = self.threads.first_mut().filter(|_| self.trap.is_some()) else {
            return;
        };
        main.is_signalled = true;
        self.is_terminating = true;
        if main.waits {
            (main.waits, main.wake) = (false, now);
        }
    }

    /// One step of a thread. False if it has ended.
    fn step(&mut self, thread: &mut Thread, disk: &mut Disk<'_>) -> bool {
        if thread.is_signalled
            && let Some(trap) = &self.trap
        {
            thread.is_signalled = false;
            thread.frames.push(Frame::Block(trap.clone(), 0));
        }
        let Some(frame) = thread.frames.pop() else {
            return false;
        };
        match frame {
            Frame::Block(block, at) => {
                if let Some(chain) = block.get(at).cloned() {
                    thread.frames.push(Frame::Block(block, at + 1));
                    if !chain.rest.is_empty() {
                        thread.frames.push(Frame::Rest(chain.rest, 0));
                    }
                    self.command(thread, chain.first, disk);
                }
            }
            Frame::Rest(rest, at) => {
                if let Some((join, command)) = rest.get(at).cloned() {
                    thread.frames.push(Frame::Rest(rest, at + 1));
                    if (join == Join::And) == (thread.status == 0) {
                        self.command(thread, command, disk);
                    }
                }
            }
            Frame::Not => thread.status = i32::from(thread.status == 0),
            Frame::If(parts, at) => {
                let body = if thread.status == 0 {
                    parts.0[at].1.clone()
                } else if let Some((condition, _)) = parts.0.get(at + 1) {
                    let condition = Rc::new(condition.clone());
                    thread.frames.push(Frame::If(parts, at + 1));
                    thread.frames.push(Frame::Block(condition, 0));
                    return true;
                } else {
                    thread.status = 0;
                    parts.1.clone()
                };
                thread.frames.push(Frame::Block(Rc::new(body), 0));
            }
            Frame::Loop(condition, wanted, body, is_tested) => {
                let next = if !is_tested {
                    condition.clone()
                } else if (thread.status == 0) == wanted {
                    body.clone()
                } else {
                    thread.status = 0;
                    return true;
                };
                thread
                    .frames
                    .push(Frame::Loop(condition, wanted, body, !is_tested));
                thread.frames.push(Frame::Block(next, 0));
            }
            Frame::For(name, mut values, body) => {
                if let Some(value) = values.pop() {
                    self.variables.insert(name.clone(), value);
                    thread.frames.push(Frame::For(name, values, body.clone()));
                    thread.frames.push(Frame::Block(body, 0));
                }
            }
            Frame::Exit => thread.frames.clear(),
        }
        true
    }

    fn command(&mut self, thread: &mut Thread, command: Command, disk: &mut Disk<'_>) {
        if command.is_negated {
            thread.frames.push(Frame::Not);
        }
        match command.kind {
            Kind::Simple(simple) => {
                self.run(thread, &simple, &Done::default(), disk, true);
            }
            Kind::If(branches, otherwise) => {
                let condition = Rc::new(branches[0].0.clone());
                thread
                    .frames
                    .push(Frame::If(Rc::new((branches, otherwise)), 0));
                thread.frames.push(Frame::Block(condition, 0));
            }
            Kind::NotSimulated(_) => thread.status = 0,
            Kind::Compound(compound) => match *compound {
                Compound::Group(block) | Compound::Subshell(block) => {
                    thread.frames.push(Frame::Block(Rc::new(block), 0))
                }
                Compound::Loop(condition, wanted, body) => {
                    let frame = Frame::Loop(Rc::new(condition), wanted, Rc::new(body), false);
                    thread.frames.push(frame);
                }
                Compound::For(name, words, body) => {
                    let mut values = self.words(thread, &words, disk);
                    values.reverse();
                    thread.frames.push(Frame::For(name, values, Rc::new(body)));
                }
                Compound::Background(block) => self.threads.push(Thread {
                    frames: vec![Frame::Block(Rc::new(block), 0)],
                    wake: thread.wake,
                    ..Thread::default()
                }),
                Compound::Pipe(commands) => self.pipe(thread, commands, disk),
            },
        }
    }

    /// Each command of a pipe gets what the one before printed.
    fn pipe(&mut self, thread: &mut Thread, commands: Vec<Command>, disk: &mut Disk<'_>) {
        let mut input = Done::default();
        let last = commands.len().saturating_sub(1);
        for (at, command) in commands.into_iter().enumerate() {
            match command.kind {
                Kind::Simple(simple) if at == last => {
                    self.run(thread, &simple, &input, disk, true);
                    return;
                }
                Kind::Simple(simple) => input = self.run(thread, &simple, &input, disk, false),
                kind => {
                    let chain = Chain {
                        first: Command {
                            is_negated: false,
                            kind,
                        },
                        rest: Vec::new(),
                    };
                    input = self.capture(thread, vec![chain], disk);
                }
            }
        }
        self.print(&input.out);
    }

    /// What a block prints, run to its end at once; the time it took passes for the thread.
    fn capture(&mut self, thread: &mut Thread, block: Block, disk: &mut Disk<'_>) -> Done {
        if self.depth >= DEPTH_MAX {
            return Done::failed("sh: nested too deep\n", 2);
        }
        let log = std::mem::take(&mut self.log);
        self.depth += 1;
        let mut inner = Thread {
            frames: vec![Frame::Block(Rc::new(block), 0)],
            wake: thread.wake,
            ..Thread::default()
        };
        let before = self.memory;
        self.memory = 0;
        while inner.wake != FOREVER && self.budget > 0 && self.step(&mut inner, disk) {
            self.budget -= 1;
        }
        self.depth -= 1;
        thread.wake = inner.wake;
        thread.status = inner.status;
        let out = std::mem::replace(&mut self.log, log);
        let size = self.memory.max(out.len() as u64);
        self.memory = before.max(size);
        Done {
            out,
            size,
            ..Done::default()
        }
    }

    fn print(&mut self, text: &str) {
        self.log.push_str(text);
        if self.depth > 0 || text.is_empty() {
            return;
        }
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let last = self.printed.make_mut().last_mut();
        match last.filter(|(at, _)| *at == self.clock) {
            Some((_, sum)) => *sum = sum.saturating_add(size),
            None => self.printed.push((self.clock, size)),
        }
        if self.log.len() > LOG_MAX {
            let from = self.log.len() - LOG_MAX;
            let from = (from..self.log.len()).find(|at| self.log.is_char_boundary(*at));
            self.forget(from.unwrap_or(0));
        }
    }

    /// The beginning of the log is not kept.
    fn forget(&mut self, bytes: usize) {
        self.log = self.log[bytes..].into();
        let mut rest = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.printed.retain(|(_, size)| {
            let part = rest.min(*size);
            (rest, *size) = (rest - part, *size - part);
            0 < *size
        });
    }
}

/// A command line as a chain.
fn plain(words: &[EcoString]) -> Chain {
    let words = words
        .iter()
        .map(|word| Word(vec![Piece::Text(word.clone())]));
    Chain {
        first: Command {
            is_negated: false,
            kind: Kind::Simple(Simple {
                words: words.collect(),
                ..Simple::default()
            }),
        },
        rest: Vec::new(),
    }
}

/// Whether a condition is `true` or `:`.
fn is_true(block: &Block) -> bool {
    let text = |chain: &Chain| match &chain.first.kind {
        Kind::Simple(simple) => simple.text == "true" || simple.text == ":",
        _ => false,
    };
    block.len() == 1 && block.iter().all(text)
}

/// Whether something in a block could leave a loop around it. What cannot be seen through might.
fn mentions_end(block: &Block) -> bool {
    let command = |command: &Command| match &command.kind {
        Kind::Simple(simple) => {
            let first = simple.words.first().and_then(|word| word.0.first());
            !matches!(first, Some(Piece::Text(name)) if !matches!(name.as_str(), "exit" | "break" | "return" | "exec" | "fail"))
                && !simple.words.is_empty()
        }
        Kind::If(branches, otherwise) => {
            branches.iter().any(|(_, body)| mentions_end(body)) || mentions_end(otherwise)
        }
        Kind::NotSimulated(_) => false,
        Kind::Compound(_) => true,
    };
    block
        .iter()
        .any(|chain| command(&chain.first) || chain.rest.iter().any(|(_, other)| command(other)))
}

#[cfg(test)]
mod tests {
    use super::super::files::{Disk, Files};
    use super::*;

    /// Runs `sh -c TEXT` with a volume at /v that holds a file `f`, and SIGTERM after 10 s. Gives
    /// when and how it ends, what it printed and which files it left.
    fn played(text: &str) -> String {
        let words = ["sh".into(), "-c".into(), text.into()];
        let mut files = Files::default();
        files.insert("v/vol/f".into(), "one\n".into());
        let mounts = [(EcoString::from("/v"), EcoString::from("vol"))];
        let mut disk = Disk {
            files: &mut files,
            container: "c",
            mounts: &mounts,
        };
        let mut shell = Shell::new(&words, FlatMap::new(), 0);
        let mut end = shell.advance(&mut disk, 10_000);
        if end.is_none() {
            shell.terminate(10_000);
            end = shell.advance(&mut disk, 20_000);
        }
        let end = match end {
            Some((code, at)) => format!("{code} at {at}"),
            None => "runs".into(),
        };
        let left: Vec<&str> = files.keys().map(EcoString::as_str).collect();
        format!("{end} {:?} {}", shell.log, left.join(" "))
    }

    #[test]
    fn commands_do_what_they_do_in_a_container() {
        let cases = [
            ("exit 3", r#"3 at 0 "" v/vol/f"#),
            ("sleep 1.5; exit 0", r#"0 at 1500 "" v/vol/f"#),
            ("sleep 100000", r#"runs "" v/vol/f"#),
            (
                "trap 'exit 7' TERM; while true; do sleep 3; done",
                r#"7 at 12000 "" v/vol/f"#,
            ),
            (
                "trap 'sleep 2; exit 0' TERM; sleep 60 & wait",
                r#"0 at 12000 "" v/vol/f"#,
            ),
            (
                "trap '' TERM; while :; do sleep 1; done",
                r#"runs "" v/vol/f"#,
            ),
            (
                "touch /tmp/a; sleep 1; rm /tmp/a; cat /tmp/a",
                "1 at 1000 \"cat: can't open '/tmp/a': No such file or directory\\n\" v/vol/f",
            ),
            (
                "(sleep 2; touch /tmp/ok) & sleep 5; ls /tmp/ok",
                r#"0 at 5000 "/tmp/ok\n" c/c/tmp/ok v/vol/f"#,
            ),
            (
                "if [ \"$(cat /v/f)\" = one ]; then echo yes; else echo no; fi",
                r#"0 at 0 "yes\n" v/vol/f"#,
            ),
            (
                "for i in 1 2 3; do echo $i; done | grep 2",
                r#"0 at 0 "2\n" v/vol/f"#,
            ),
            (
                "until test -f /tmp/x; do sleep 1; touch /tmp/x; done && echo there",
                r#"0 at 1000 "there\n" c/c/tmp/x v/vol/f"#,
            ),
            (
                "echo a > /v/g; echo b >> /v/g; cat /v/g",
                r#"0 at 0 "a\nb\n" v/vol/f v/vol/g"#,
            ),
            (
                "! false && nosuch || exit 9",
                r#"9 at 0 "sh: nosuch: not found\n" v/vol/f"#,
            ),
            ("while true; do :; done", r#"runs "" v/vol/f"#),
            ("exec sleep 2", r#"0 at 2000 "" v/vol/f"#),
            (
                "A=1; env A=2 B=3 | grep =; echo $A$B",
                r#"0 at 0 "A=2\nB=3\n1\n" v/vol/f"#,
            ),
            (
                "export A=1 B=2; /usr/bin/env -u A; env -i /bin/printenv; unset B; env env C=3",
                r#"0 at 0 "B=2\nA=1\nC=3\n" v/vol/f"#,
            ),
            ("env A=x sh -c 'echo $A'", r#"0 at 0 "x\n" v/vol/f"#),
            (
                "env A=x sh -ec 'echo $A; exit 3'",
                r#"3 at 0 "x\n" v/vol/f"#,
            ),
            ("env sleep 2", r#"0 at 2000 "" v/vol/f"#),
            (
                "env exit 3",
                "127 at 0 \"env: can't execute 'exit': No such file or directory\\n\" v/vol/f",
            ),
            ("/usr/bin/printenv A", r#"1 at 0 "" v/vol/f"#),
            (
                "cp /v/f /tmp/g; bash; /opt/true",
                r#"127 at 0 "sh: /opt/true: not found\n" c/c/tmp/g v/vol/f"#,
            ),
            (
                "for i in $(seq 3) $(seq 5 -2 1); do printf $i; done; seq x",
                r#"1 at 0 "123531seq: invalid number 'x'\n" v/vol/f"#,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(played(text), expected, "{text}");
        }
    }
}
