//! Numbers in texts: `{failed-requests|request}` in a debrief becomes `12 requests`.
//!
//! In braces stands a fact, then the first of its fields if it needs one (`{happened OOMKilled}`).
//! Before a fact about moments, `fewest` and `most` take its extremes since the step began. After a
//! bar stands what is counted; `{new-pods|was|were}` is only the word that fits the number.

use crate::facts::{self, Answer, Args, Fact, Find};
use crate::record::Record;
use crate::texts;
use ecow::EcoString;

struct Measure<'t> {
    extreme: Option<Extreme>,
    fact: &'static Fact,
    args: Args,
    nouns: Vec<&'t str>,
}

#[derive(Clone, Copy)]
enum Extreme {
    Fewest,
    Most,
}

/// Whether all numbers of a text are known.
///
/// # Errors
/// The first that is not.
pub fn check(text: &str) -> Result<(), EcoString> {
    let (_, braces) = parts(text);
    braces
        .into_iter()
        .try_for_each(|(inside, _)| read(inside).map(|_| ()))
}

/// The text with its numbers.
pub fn fill(text: &str, record: &Record) -> EcoString {
    let (first, braces) = parts(text);
    let mut filled = EcoString::from(first);
    for (inside, after) in braces {
        match read(inside) {
            Ok(measure) => filled.push_str(&measure.words(record)),
            Err(_) => filled.push_str(inside),
        }
        filled.push_str(after);
    }
    filled
}

/// What stands before the first brace; then each inside with what follows it.
fn parts(text: &str) -> (&str, Vec<(&str, &str)>) {
    let mut pieces = text.split('{');
    let first = pieces.next().unwrap_or_default();
    let braces = pieces.map(|piece| piece.split_once('}').unwrap_or((piece, "")));
    (first, braces.collect())
}

fn read(inside: &str) -> Result<Measure<'_>, EcoString> {
    let mut nouns = inside.split('|');
    let mut words = nouns.next().unwrap_or_default().split(' ');
    let mut word = words.next().unwrap_or_default();
    let extreme = match word {
        "fewest" => Some(Extreme::Fewest),
        "most" => Some(Extreme::Most),
        _ => None,
    };
    if extreme.is_some() {
        word = words.next().unwrap_or_default();
    }
    let fact = facts::named(word).ok_or_else(|| texts::no_fact(word))?;
    if extreme.is_some() && matches!(fact.find, Find::History(_)) {
        return Err(texts::about_the_history(word));
    }
    let mut args = Args::default();
    for (field, word) in fact.fields.iter().zip(words) {
        args.set(field, word.into());
    }
    if let Some(field) = fact.needs().iter().find(|field| args.get(field).is_empty()) {
        return Err(texts::needs_field(word, field));
    }
    Ok(Measure {
        extreme,
        fact,
        args,
        nouns: nouns.collect(),
    })
}

impl Measure<'_> {
    fn words(&self, record: &Record) -> EcoString {
        let answer = match (self.fact.find, self.extreme) {
            (Find::History(find), _) => find(&self.args, record),
            (Find::Moment(find), None) => find(&self.args, record.world()),
            (Find::Moment(find), Some(extreme)) => {
                let mut found: Option<u64> = None;
                record.find(&mut |world| {
                    if let Answer::Number(number, _) = find(&self.args, world) {
                        found = Some(match (found, extreme) {
                            (None, _) => number,
                            (Some(last), Extreme::Fewest) => last.min(number),
                            (Some(last), Extreme::Most) => last.max(number),
                        });
                    }
                    false
                });
                Answer::Number(found.unwrap_or(0), None)
            }
        };
        let is_one = answer == Answer::Number(1, answer.at());
        match self.nouns.as_slice() {
            [one, many] => EcoString::from(if is_one { *one } else { *many }),
            [noun] => texts::counted(&answer.words(), is_one, noun),
            _ => answer.words(),
        }
    }
}
