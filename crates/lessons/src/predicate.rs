//! Sentences about what happened in a lab, as lessons write them.
//!
//! ```yaml
//! failed-requests: 0                       # a fact, and exactly this number
//! happened: {reason: OOMKilled, at-least: 2}   # the same with its fields written out
//! throughout: {ready: {at-least: 3}}       # at every moment since the step began
//! any: [{run: failed}, {not: {complete: order-service}}]
//! ```
//!
//! A mapping with several members, and a list, mean all of them. `any`, `not`, `throughout` (at every
//! moment since the step began) and `ever` (at one of them at least) put sentences together; every
//! other word is a line of the table in [`crate::facts`].

use crate::facts::{self, Answer, Args, Fact, Find, Gives};
use crate::record::Record;
use crate::texts;
use ecow::EcoString;
use reconcile::delivery::reader::{Reader, did_you_mean};
use reconcile::{Millis, World};
use yaml::{Kind, Node};

/// A sentence that is true of a lab's history, or not.
#[derive(Clone, Debug)]
pub enum Predicate {
    /// All of them; true if there are none.
    All(Vec<Predicate>),
    /// One of them at least.
    Any(Vec<Predicate>),
    /// Not this.
    Not(Box<Predicate>),
    /// At every moment since the step began.
    Throughout(Box<Predicate>),
    /// At one moment since the step began at least.
    Ever(Box<Predicate>),
    /// A fact, and what it has to be.
    Fact(&'static Fact, Args, Wanted),
}

/// What a fact has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A number in these bounds.
    Number {
        /// `at-least`
        least: u64,
        /// `at-most`
        most: u64,
    },
    /// This word.
    Word(EcoString),
    /// True.
    True,
}

/// Whether a sentence is true, and what shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is.
    pub holds: bool,
    /// What there is, in words: `failed requests: 12`.
    pub evidence: EcoString,
    /// The moment that decided it, if there is one.
    pub at: Option<Millis>,
}

/// The fields of a fact that gives a number.
const BOUNDS: [&str; 3] = ["exactly", "at-least", "at-most"];
const TOGETHER: [&str; 5] = ["all", "any", "not", "throughout", "ever"];
/// Sentences in sentences: more is a mistake.
const DEPTH_MAX: u32 = 16;

impl Predicate {
    /// Reads a sentence; mistakes become the reader's problems.
    pub fn read(reader: &mut Reader<'_>, node: &Node) -> Predicate {
        read(reader, node, DEPTH_MAX, false)
    }

    /// Whether it is true of what happened.
    #[must_use]
    pub fn judge(&self, record: &Record) -> Verdict {
        match self {
            Predicate::Throughout(inner) => {
                let mut last = Verdict::default();
                let broken = record.find(&mut |world| {
                    last = inner.judge_moment(world);
                    !last.holds
                });
                let decided = broken.or(last.at);
                Verdict {
                    at: decided,
                    ..last
                }
            }
            Predicate::Ever(inner) => {
                let mut last = Verdict::default();
                let at = record.find(&mut |world| {
                    last = inner.judge_moment(world);
                    last.holds
                });
                Verdict { at, ..last }
            }
            Predicate::Fact(fact, args, wanted) => match fact.find {
                Find::Moment(find) => fact.judge(&find(args, record.world()), wanted),
                Find::History(find) => fact.judge(&find(args, record), wanted),
            },
            _ => self.join(&mut |inner| inner.judge(record)),
        }
    }

    /// Whether it is true of one moment. Reading lets nothing else in than what can be asked of one.
    fn judge_moment(&self, world: &World) -> Verdict {
        match self {
            Predicate::Fact(fact, args, wanted) => match fact.find {
                Find::Moment(find) => fact.judge(&find(args, world), wanted),
                Find::History(_) => Verdict::default(),
            },
            _ => self.join(&mut |inner| inner.judge_moment(world)),
        }
    }

    /// Puts the verdicts of its parts together: of several, the one that decides speaks.
    fn join(&self, judge: &mut dyn FnMut(&Predicate) -> Verdict) -> Verdict {
        let (parts, decisive) = match self {
            Predicate::All(parts) => (parts, false),
            Predicate::Any(parts) => (parts, true),
            Predicate::Not(inner) => {
                let verdict = judge(inner);
                let holds = !verdict.holds;
                return Verdict { holds, ..verdict };
            }
            _ => return Verdict::default(),
        };
        let mut all = Verdict {
            holds: !decisive,
            ..Verdict::default()
        };
        for part in parts {
            let verdict = judge(part);
            if verdict.holds == decisive {
                return verdict;
            }
            if !all.evidence.is_empty() {
                all.evidence.push_str("; ");
            }
            all.evidence.push_str(&verdict.evidence);
            all.at = all.at.max(verdict.at);
        }
        all
    }
}

impl Fact {
    fn judge(&self, answer: &Answer, wanted: &Wanted) -> Verdict {
        let holds = match (answer, wanted) {
            (Answer::Number(number, _), Wanted::Number { least, most }) => {
                (least..=most).contains(&number)
            }
            (Answer::Word(word), Wanted::Word(wanted)) => word == wanted,
            (Answer::Truth(truth, _), Wanted::True) => *truth,
            _ => false,
        };
        let evidence = texts::evidence(self.noun, &answer.words());
        let at = answer.at();
        Verdict {
            holds,
            evidence,
            at,
        }
    }
}

fn read(reader: &mut Reader<'_>, node: &Node, depth: u32, is_moment: bool) -> Predicate {
    if depth == 0 {
        reader.problem(node, texts::TOO_DEEP, "");
        return Predicate::All(Vec::new());
    }
    match &node.target().kind {
        Kind::List(items) => {
            let parts = items
                .iter()
                .map(|item| read(reader, item, depth - 1, is_moment));
            Predicate::All(parts.collect())
        }
        Kind::Map(members) => {
            let mut parts: Vec<Predicate> = members
                .iter()
                .map(|(key, value)| read_member(reader, key, value, depth - 1, is_moment))
                .collect();
            match parts.len() {
                1 => parts.remove(0),
                _ => Predicate::All(parts),
            }
        }
        _ => {
            reader.problem(node, texts::MUST_BE_A_SENTENCE, texts::WRITE_A_MAPPING);
            Predicate::All(Vec::new())
        }
    }
}

fn read_member(
    reader: &mut Reader<'_>,
    key: &Node,
    value: &Node,
    depth: u32,
    is_moment: bool,
) -> Predicate {
    let word = key.text().unwrap_or_default();
    if (word == "throughout" || word == "ever") && is_moment {
        let why = texts::about_all_moments(word);
        reader.problem(key, why, "");
    }
    let mut inner = |is_moment| read(reader, value, depth, is_moment);
    match word {
        "all" => inner(is_moment),
        "any" => match inner(is_moment) {
            Predicate::All(parts) => Predicate::Any(parts),
            one => one,
        },
        "not" => Predicate::Not(Box::new(inner(is_moment))),
        "throughout" => Predicate::Throughout(Box::new(inner(true))),
        "ever" => Predicate::Ever(Box::new(inner(true))),
        _ => match facts::named(word) {
            Some(fact) => {
                if is_moment && matches!(fact.find, Find::History(_)) {
                    let why = texts::about_the_history(word);
                    reader.problem(key, why, texts::WRITE_IT_OUTSIDE);
                }
                let (args, wanted) = read_fact(reader, fact, value);
                Predicate::Fact(fact, args, wanted)
            }
            None => {
                let mut known: Vec<&str> = TOGETHER.to_vec();
                known.extend(facts::FACTS.iter().map(|fact| fact.name));
                let hint = did_you_mean(word, &known);
                reader.problem(key, texts::no_fact(word), hint);
                Predicate::All(Vec::new())
            }
        },
    }
}

fn read_fact(reader: &mut Reader<'_>, fact: &'static Fact, node: &Node) -> (Args, Wanted) {
    let bounds: &[&str] = match fact.gives {
        Gives::Number => &BOUNDS,
        Gives::Word(_) => &["is"],
        Gives::Truth => &[],
    };
    let mut wanted = match fact.gives {
        Gives::Number => Wanted::Number {
            least: 1,
            most: u64::MAX,
        },
        Gives::Word(_) => Wanted::Word(EcoString::new()),
        Gives::Truth => Wanted::True,
    };
    let mut args = Args::default();
    if let Some(text) = node.text() {
        // What is written short: a number, a word, or the first of the fact's fields.
        match fact.gives {
            Gives::Number if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let number = reader.int(node, 0..=u64::MAX);
                wanted = Wanted::Number {
                    least: number,
                    most: number,
                };
            }
            Gives::Word(words) => wanted = Wanted::Word(word(reader, node, words)),
            _ => match fact.fields.first() {
                Some(field) => args.set(field, text.into()),
                None => reader.problem(node, texts::MUST_BE_WHOLE, ""),
            },
        }
    } else {
        let known: Vec<&str> = fact.fields.iter().chain(bounds).copied().collect();
        let fields = reader.fields(node, texts::A_FACT, &known);
        for name in fact.fields {
            if let Some(node) = fields.get(name) {
                args.set(name, reader.text(node));
            }
        }
        wanted = match wanted {
            Wanted::Number { .. } => {
                let mut bound = |name: &str| {
                    let node = fields.get(name)?;
                    Some(reader.int(node, 0..=u64::MAX))
                };
                let [exactly, least, most] = BOUNDS.map(&mut bound);
                // Said nothing: there is one at least.
                let unsaid = u64::from(exactly.is_none() && most.is_none());
                Wanted::Number {
                    least: exactly.or(least).unwrap_or(unsaid),
                    most: exactly.or(most).unwrap_or(u64::MAX),
                }
            }
            Wanted::Word(_) => {
                let words = match fact.gives {
                    Gives::Word(words) => words,
                    _ => &[],
                };
                let node = reader.required(fields, "is");
                Wanted::Word(node.map_or_else(EcoString::new, |node| word(reader, node, words)))
            }
            Wanted::True => Wanted::True,
        };
    }
    for field in fact.needs() {
        if args.get(field).is_empty() {
            let why = texts::needs_field(fact.name, field);
            reader.problem(node, why, "");
        }
    }
    (args, wanted)
}

/// One of some words; any text, if there are none to choose from.
fn word(reader: &mut Reader<'_>, node: &Node, words: &[&'static str]) -> EcoString {
    match words {
        [] => reader.text(node),
        words => reader.one_of(node, words).unwrap_or_default().into(),
    }
}
