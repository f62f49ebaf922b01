//! A pattern as a program, run for all ways to match at once (Pike's machine), as RE2 does.

use super::Groups;
use super::class::{Class, is_word, same_folded};
use super::parse::{Assertion, Node, Pattern};
use std::cell::Cell;

/// How many instructions a pattern may become.
const SIZE_MAX: usize = 20_000;

#[derive(Debug)]
enum Step {
    Letter {
        letter: char,
        folds: bool,
    },
    Class(Class),
    Any {
        line_breaks: bool,
    },
    Assert(Assertion),
    /// Remembers the place under the number.
    Save(usize),
    /// Both ways, the first one rather.
    Split(usize, usize),
    Jump(usize),
    Match,
}

/// A search looks at no more threads than this, about two seconds' work.
pub(crate) const WORK_MAX: u64 = 20_000_000;

#[derive(Debug)]
pub(super) struct Program {
    /// How many threads were looked at since it was set to 0.
    pub work: Cell<u64>,
    steps: Vec<Step>,
    /// The names of the groups.
    pub names: Vec<String>,
}

/// The character at a place and how many bytes it has; a byte that belongs to none is U+FFFD.
pub(super) fn decode(text: &[u8], at: usize) -> Option<(char, usize)> {
    let first = *text.get(at)?;
    if first.is_ascii() {
        return Some((char::from(first), 1));
    }
    let most = (at + 4).min(text.len());
    let chunk = text[at..most].utf8_chunks().next()?;
    Some(match chunk.valid().chars().next() {
        Some(letter) => (letter, letter.len_utf8()),
        None => (char::REPLACEMENT_CHARACTER, 1),
    })
}

impl Program {
    /// None if it would be too large.
    pub fn new(pattern: &Pattern) -> Option<Program> {
        let mut program = Program {
            work: Cell::new(0),
            steps: Vec::new(),
            names: pattern.names.clone(),
        };
        program.push(Step::Save(0))?;
        program.add(&pattern.node)?;
        program.push(Step::Save(1))?;
        program.push(Step::Match)?;
        Some(program)
    }

    fn push(&mut self, step: Step) -> Option<usize> {
        self.steps.push(step);
        (self.steps.len() <= SIZE_MAX).then_some(self.steps.len() - 1)
    }

    fn add(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Letter { letter, folds } => {
                let (letter, folds) = (*letter, *folds);
                self.push(Step::Letter { letter, folds })?;
            }
            Node::Class(class) => {
                self.push(Step::Class(class.clone()))?;
            }
            Node::Any { line_breaks } => {
                let line_breaks = *line_breaks;
                self.push(Step::Any { line_breaks })?;
            }
            Node::Assert(assertion) => {
                self.push(Step::Assert(*assertion))?;
            }
            Node::Group(number, node) => {
                self.push(Step::Save(number * 2))?;
                self.add(node)?;
                self.push(Step::Save(number * 2 + 1))?;
            }
            Node::All(nodes) => nodes.iter().try_for_each(|node| self.add(node))?,
            Node::Either(nodes) => self.add_either(nodes)?,
            Node::Repeat {
                node,
                least,
                most,
                greedy,
            } => {
                let plus = most.is_none() && *least > 0;
                for _ in 0..least - u32::from(plus) {
                    self.add(node)?;
                }
                match most {
                    None if plus => self.add_plus(node, *greedy)?,
                    None if can_be_empty(node) => {
                        self.add_optional(*greedy, |program| program.add_plus(node, *greedy))?;
                    }
                    None => {
                        let split = self.add_optional(*greedy, |program| {
                            program.add(node)?;
                            program.push(Step::Jump(0)).map(|_| ())
                        })?;
                        let last = self.steps.len() - 1;
                        self.steps[last] = Step::Jump(split);
                    }
                    Some(most) => self.add_up_to(node, most - least, *greedy)?,
                }
            }
        }
        Some(())
    }

    /// One or more.
    fn add_plus(&mut self, node: &Node, greedy: bool) -> Option<()> {
        let start = self.steps.len();
        self.add(node)?;
        let split = self.push(Step::Match)?;
        self.steps[split] = split_to(start, split + 1, greedy);
        Some(())
    }

    /// What `body` adds, or nothing. Gives the place of the choice.
    fn add_optional(
        &mut self,
        greedy: bool,
        body: impl FnOnce(&mut Program) -> Option<()>,
    ) -> Option<usize> {
        let split = self.push(Step::Match)?;
        body(self)?;
        self.steps[split] = split_to(split + 1, self.steps.len(), greedy);
        Some(split)
    }

    /// So many at most: `(x(x(x)?)?)?`.
    fn add_up_to(&mut self, node: &Node, most: u32, greedy: bool) -> Option<()> {
        let mut splits = Vec::new();
        for _ in 0..most {
            splits.push(self.push(Step::Match)?);
            self.add(node)?;
        }
        for split in splits {
            self.steps[split] = split_to(split + 1, self.steps.len(), greedy);
        }
        Some(())
    }

    fn add_either(&mut self, nodes: &[Node]) -> Option<()> {
        let mut jumps = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            if at + 1 == nodes.len() {
                self.add(node)?;
                break;
            }
            let split = self.push(Step::Match)?;
            self.add(node)?;
            jumps.push(self.push(Step::Match)?);
            self.steps[split] = Step::Split(split + 1, self.steps.len());
        }
        for jump in jumps {
            self.steps[jump] = Step::Jump(self.steps.len());
        }
        Some(())
    }

    /// The first match that begins at or after `from`.
    pub fn find(&self, text: &[u8], from: usize) -> Option<Groups> {
        let (mut now, mut next) = (Threads::new(self), Threads::new(self));
        let mut best: Option<Groups> = None;
        let mut at = from;
        let mut before = last_before(text, from);
        loop {
            let here = decode(text, at);
            let place = Place {
                at,
                before,
                after: here.map(|(letter, _)| letter),
            };
            if self.work.get() > WORK_MAX {
                return None;
            }
            if best.is_none() {
                self.follow(&mut now, 0, &place, vec![None; self.names.len() * 2]);
            }
            if now.list.is_empty() && best.is_some() {
                return best;
            }
            for (step, groups) in now.list.drain(..) {
                let takes = match (&self.steps[step], place.after) {
                    (Step::Match, _) => {
                        // Those that come after it are worth less.
                        best = Some(groups);
                        break;
                    }
                    (_, None) => false,
                    (Step::Letter { letter, folds }, Some(found)) => {
                        *letter == found || *folds && same_folded(*letter, found)
                    }
                    (Step::Class(class), Some(found)) => class.contains(found),
                    (Step::Any { line_breaks }, Some(found)) => *line_breaks || found != '\n',
                    _ => false,
                };
                if takes && let Some((letter, length)) = here {
                    let end = at + length;
                    let place = Place {
                        at: end,
                        before: Some(letter),
                        after: decode(text, end).map(|(letter, _)| letter),
                    };
                    self.follow(&mut next, step + 1, &place, groups);
                }
            }
            let Some((letter, length)) = here else {
                return best;
            };
            (at, before) = (at + length, Some(letter));
            now.clear();
            std::mem::swap(&mut now, &mut next);
        }
    }

    /// Adds a thread at `step`, and those that it becomes without taking a character.
    fn follow(&self, threads: &mut Threads, step: usize, place: &Place, groups: Groups) {
        let mut todo = vec![(step, groups)];
        while let Some((step, mut groups)) = todo.pop() {
            self.work.set(self.work.get() + 1);
            if std::mem::replace(&mut threads.seen[step], true) {
                continue;
            }
            match &self.steps[step] {
                Step::Jump(to) => todo.push((*to, groups)),
                Step::Split(first, second) => {
                    todo.push((*second, groups.clone()));
                    todo.push((*first, groups));
                }
                Step::Save(number) => {
                    groups[*number] = Some(place.at);
                    todo.push((step + 1, groups));
                }
                Step::Assert(assertion) => {
                    if place.holds(*assertion) {
                        todo.push((step + 1, groups));
                    }
                }
                _ => threads.list.push((step, groups)),
            }
        }
    }
}

fn split_to(body: usize, after: usize, greedy: bool) -> Step {
    match greedy {
        true => Step::Split(body, after),
        false => Step::Split(after, body),
    }
}

fn can_be_empty(node: &Node) -> bool {
    match node {
        Node::Letter { .. } | Node::Class(_) | Node::Any { .. } => false,
        Node::Assert(_) => true,
        Node::Group(_, node) => can_be_empty(node),
        Node::All(nodes) => nodes.iter().all(can_be_empty),
        Node::Either(nodes) => nodes.iter().any(can_be_empty),
        Node::Repeat { node, least, .. } => *least == 0 || can_be_empty(node),
    }
}

fn last_before(text: &[u8], at: usize) -> Option<char> {
    let head = text.get(..at)?;
    let start = (1..=4.min(at)).find(|back| head[at - back] & 0xC0 != 0x80)?;
    decode(head, at - start).map(|(letter, _)| letter)
}

/// The ways to match that are still open, the best first.
struct Threads {
    list: Vec<(usize, Groups)>,
    seen: Vec<bool>,
}

impl Threads {
    fn new(program: &Program) -> Threads {
        Threads {
            list: Vec::new(),
            seen: vec![false; program.steps.len()],
        }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.seen.fill(false);
    }
}

/// A place between two characters.
struct Place {
    at: usize,
    before: Option<char>,
    after: Option<char>,
}

impl Place {
    fn holds(&self, assertion: Assertion) -> bool {
        let at_word = |letter: Option<char>| letter.is_some_and(is_word);
        let boundary = at_word(self.before) != at_word(self.after);
        match assertion {
            Assertion::TextStart => self.before.is_none(),
            Assertion::TextEnd => self.after.is_none(),
            Assertion::LineStart => matches!(self.before, None | Some('\n')),
            Assertion::LineEnd => matches!(self.after, None | Some('\n')),
            Assertion::WordBoundary => boundary,
            Assertion::NoWordBoundary => !boundary,
        }
    }
}
