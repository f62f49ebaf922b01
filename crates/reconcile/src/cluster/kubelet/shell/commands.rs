//! Simple commands: a program or a builtin with its words, redirected.

use super::{Done, FOREVER, Frame, Shell, Thread, is_script};
use crate::cluster::kubelet::files::Disk;
use crate::cluster::kubelet::programs;
use crate::delivery::actions::script;
use crate::delivery::actions::syntax::{Redirect, Simple, Target};
use ecow::{EcoString, eco_format};
use std::rc::Rc;

impl Shell {
    /// Runs a simple command. What it prints goes where it is redirected, or, if `prints`, into the log.
    pub(super) fn run(
        &mut self,
        thread: &mut Thread,
        simple: &Simple,
        input: &Done,
        disk: &mut Disk<'_>,
        prints: bool,
    ) -> Done {
        for (name, word) in &simple.assignments {
            let value = self.word(thread, word, disk);
            self.variables.insert(name.clone(), value);
        }
        let mut words = self.words(thread, &simple.words, disk);
        if words.first().is_some_and(|word| word == "exec") && words.len() > 1 {
            words.remove(0);
            thread.frames.clear();
            thread.frames.push(Frame::Exit);
        }
        if words.is_empty() {
            return Done::default();
        }
        let mut done = match self.builtin(thread, &words) {
            Some(done) => done,
            None => self.program(thread, &words, input, disk),
        };
        thread.status = done.status;
        thread.wake = thread.wake.saturating_add(done.takes);
        self.memory = self.memory.max(done.memory);
        self.servers.extend(done.server.take());
        for redirect in &simple.redirects {
            self.redirect(thread, redirect, &mut done, disk);
        }
        self.print(&std::mem::take(&mut done.error));
        if prints {
            self.memory = self.memory.max(if self.depth > 0 { done.size } else { 0 });
            self.print(&std::mem::take(&mut done.out));
        }
        done
    }

    /// What was printed goes elsewhere.
    fn redirect(
        &mut self,
        thread: &mut Thread,
        redirect: &Redirect,
        done: &mut Done,
        disk: &mut Disk<'_>,
    ) {
        let (word, is_append) = match &redirect.to {
            Target::File(word) => (word, false),
            Target::Append(word) => (word, true),
            Target::Stdout => {
                let error = std::mem::take(&mut done.error);
                done.out.push_str(&error);
                return;
            }
            Target::Stderr => {
                let out = std::mem::take(&mut done.out);
                done.error.push_str(&out);
                return;
            }
        };
        let path = self.word(thread, word, disk);
        let mut text = if is_append {
            disk.read(&path).unwrap_or_default()
        } else {
            EcoString::new()
        };
        if redirect.is_stdout {
            text.push_str(&std::mem::take(&mut done.out));
        }
        if redirect.is_stderr {
            text.push_str(&std::mem::take(&mut done.error));
        }
        disk.write(&path, text);
    }

    /// Runs a program. Those that need the shell's variables, or a shell, are here; the others are
    /// [`programs`].
    fn program(
        &mut self,
        thread: &mut Thread,
        words: &[EcoString],
        input: &Done,
        disk: &mut Disk<'_>,
    ) -> Done {
        match (programs::name(&words[0]), &words[1..]) {
            ("sh" | "ash" | "bash", [flag, text, ..]) if is_script(flag) => {
                match script::parse_compound(text) {
                    Ok(block) => {
                        let done = self.capture(thread, block, disk);
                        Done {
                            status: thread.status,
                            ..done
                        }
                    }
                    Err(error) => Done::failed(&error.message, 2),
                }
            }
            ("env", rest) => self.env(thread, rest, input, disk),
            ("printenv", []) => self.environment(),
            ("printenv", [name, ..]) => match self.variables.get(name) {
                Some(value) => Done::print(eco_format!("{value}\n")),
                None => Done::failed("", 1),
            },
            _ => programs::run(words, input, disk),
        }
    }

    fn environment(&self) -> Done {
        let lines = self.variables.iter();
        let lines = lines.map(|(name, value)| eco_format!("{name}={value}\n"));
        Done::print(lines.collect::<EcoString>())
    }

    /// `env [-i] [-u NAME] [NAME=VALUE]… [PROGRAM ARGUMENT…]`: a program with other variables; without one it
    /// prints them.
    fn env(
        &mut self,
        thread: &mut Thread,
        mut words: &[EcoString],
        input: &Done,
        disk: &mut Disk<'_>,
    ) -> Done {
        let own = self.variables.clone();
        while let [word, rest @ ..] = words {
            words = match (word.as_str(), word.split_once('='), rest) {
                _ if programs::name(word) == "env" => rest,
                ("-i" | "-", ..) => {
                    self.variables.clear();
                    rest
                }
                ("-u", _, [name, rest @ ..]) => {
                    self.variables.remove(name);
                    rest
                }
                (_, Some((name, value)), _) => {
                    self.variables.insert(name.into(), value.into());
                    rest
                }
                _ => break,
            };
        }
        let done = match words.first() {
            None => self.environment(),
            Some(first) if programs::has(first) => self.program(thread, words, input, disk),
            Some(first) => Done::failed(
                &eco_format!("env: can't execute '{first}': No such file or directory\n"),
                127,
            ),
        };
        self.variables = own;
        done
    }

    /// What only the shell itself can do.
    fn builtin(&mut self, thread: &mut Thread, words: &[EcoString]) -> Option<Done> {
        let argument = words.get(1).map_or("", EcoString::as_str);
        match words[0].as_str() {
            "exit" | "return" => {
                thread.frames.clear();
                let status = argument.parse().unwrap_or(thread.status);
                return Some(Done {
                    status,
                    ..Done::default()
                });
            }
            "fail" => {
                thread.frames.clear();
                return Some(Done::failed(&eco_format!("sh: {argument}\n"), 2));
            }
            "break" | "continue" => {
                while let Some(frame) = thread.frames.pop() {
                    if matches!(frame, Frame::Loop(..) | Frame::For(..)) {
                        if words[0] == "continue" {
                            thread.frames.push(frame);
                        }
                        break;
                    }
                }
            }
            "trap" => {
                let is_for_term = words
                    .iter()
                    .skip(2)
                    .any(|word| matches!(word.trim_start_matches("SIG"), "TERM" | "15"));
                if is_for_term {
                    let block = script::parse_compound(argument).unwrap_or_default();
                    self.trap = (argument != "-").then(|| Rc::new(block));
                }
            }
            "export" | "readonly" | "local" => {
                for word in &words[1..] {
                    if let Some((name, value)) = word.split_once('=') {
                        self.variables.insert(name.into(), value.into());
                    }
                }
            }
            "wait" if self.threads.len() > 1 => {
                thread.waits = true;
                return Some(Done {
                    takes: FOREVER,
                    ..Done::default()
                });
            }
            "unset" => {
                for name in &words[1..] {
                    self.variables.remove(name);
                }
            }
            "wait" | "set" | "umask" | "cd" | "shift" => {}
            _ => return None,
        }
        Some(Done::default())
    }
}
