//! What a link carries of a lab or a lesson: what was done, what lies in the editor, and the moment.
//!
//! It is one JSON object. Its form is for good: what was ever written is read for ever, and what is added
//! later is left out where it is not needed (`docs/links.md` describes it, `tests/links/` keeps old ones).
//! How the text becomes a part of an address is the page's matter.
//!
//! A link carries no results. The lab is opened anew and everything is done again, each thing at its
//! moment: the engine is deterministic, so the same comes out. Where it is a newer engine that decides
//! otherwise, what cannot be done any more is left out, and said.

mod read;
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;
mod write;

use crate::lesson::Lesson;
use crate::session::Session;
use crate::texts;
use ecow::EcoString;
use reconcile::delivery::labs::{self, Files};
use reconcile::delivery::reader::did_you_mean;
use reconcile::view::Problem;
use reconcile::{Deed, Differences, Lab, Millis, Table, lay};
use std::rc::Rc;
use view::protocol::LessonIntent;

/// The form in which links are written.
pub const VERSION: i64 = 1;

/// Where a link begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The built-in lab.
    pub lab: EcoString,
    /// The folder of the lesson that it was opened for.
    pub lesson: Option<EcoString>,
    /// Where its random numbers come from, if not from where the lab or the lesson says.
    pub seed: Option<u64>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// To the lab, and when.
    Lab(Millis, Deed),
    /// In the lesson.
    Lesson(LessonIntent),
}

/// What a link carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Where it begins.
    pub start: Start,
    /// What was done, in order.
    pub acts: Vec<Act>,
    /// What lies in the editor and differs from main.
    pub files: Differences,
    /// The moment that is looked at; the end, if nothing is said.
    pub at: Option<Millis>,
    /// The other future of the lab, if there are two. Of a lesson, one is carried.
    pub other: Option<Other>,
}

/// The future of a lab that is not the one that is worked in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Other {
    /// The moment from which on the two differ.
    pub since: Millis,
    /// Whether this is the one that was forked off.
    pub is_fork: bool,
    /// What was done in it, in order, from the beginning.
    pub acts: Vec<Act>,
    /// What lies in its editor and differs from its main.
    pub files: Differences,
}

/// A link that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The lab, at the link's moment.
    pub lab: Lab,
    /// The way through the lesson.
    pub session: Option<Session>,
    /// The other future, at its end.
    pub other: Option<Lab>,
    /// All files as the editor shows them.
    pub files: Files,
    /// What could not be done any more, and why.
    pub refused: Vec<Problem>,
}

impl Link {
    /// What is to be shared: a lab, the way through its lesson, and all files as an editor shows them.
    #[must_use]
    pub fn of(start: Start, lab: &Lab, session: Option<&Session>, files: &Files) -> Link {
        let log = session.map_or(&[][..], Session::log);
        let mut learnt = log.iter().peekable();
        let mut acts = Vec::new();
        for (done, (t, deed)) in lab.deeds().iter().enumerate() {
            while let Some((_, intent)) = learnt.next_if(|(after, _)| *after <= done) {
                acts.push(Act::Lesson(*intent));
            }
            acts.push(Act::Lab(*t, deed.clone()));
        }
        acts.extend(learnt.map(|(_, intent)| Act::Lesson(*intent)));
        Link {
            start,
            acts,
            files: reconcile::differences(files, &lab.files()),
            at: Some(lab.now()),
            other: None,
        }
    }

    /// Opens it: does everything again and goes to its moment. `lesson` is the one that it names;
    /// `fields` the table by which the API server knows fields that do not exist.
    ///
    /// # Errors
    /// There is no such lab or lesson.
    pub fn open(
        &self,
        lesson: Option<Rc<Lesson>>,
        fields: Option<&'static Table>,
    ) -> Result<Opened, Vec<Problem>> {
        let seed = self.start.seed;
        let (mut session, mut lab) = match (lesson, &self.start.lesson) {
            (Some(lesson), _) => {
                let seed = seed.unwrap_or(lesson.seed);
                let (session, lab) = Session::begin(lesson, seed)?;
                (Some(session), lab)
            }
            (None, Some(name)) => {
                return Err(refused(texts::no_such_lesson(name)));
            }
            (None, None) => (None, self.open_lab()?),
        };
        let mut problems = redo_all(&self.acts, &mut lab, session.as_mut(), fields);
        let other = match (&self.other, &session) {
            (Some(beside), None) => {
                let mut other = self.open_lab()?;
                problems.extend(redo_all(&beside.acts, &mut other, None, fields));
                Some(other)
            }
            _ => None,
        };
        lab.seek(self.at.unwrap_or(lab.end()));
        let mut files = lab.files();
        lay(&mut files, &self.files);
        Ok(Opened {
            lab,
            session,
            other,
            files,
            refused: problems,
        })
    }

    fn open_lab(&self) -> Result<Lab, Vec<Problem>> {
        let name = &self.start.lab;
        let Some(files) = labs::built_in(name) else {
            let why = texts::no_lab(name);
            let hint = did_you_mean(name, &labs::NAMES);
            return Err(vec![Problem {
                hint,
                ..Problem::whole(LINK, why)
            }]);
        };
        let mut lab = Lab::open(&files, self.start.seed)?;
        lab.seek(lab.end());
        Ok(lab)
    }
}

/// Does everything again. Gives what could not be done any more.
fn redo_all(
    acts: &[Act],
    lab: &mut Lab,
    mut session: Option<&mut Session>,
    fields: Option<&'static Table>,
) -> Vec<Problem> {
    if let Some(table) = fields {
        lab.learn_fields(table);
    }
    let mut problems = Vec::new();
    for act in acts {
        if let Err(refused) = redo(act, lab, session.as_deref_mut()) {
            problems.extend(refused);
        }
    }
    problems
}

fn redo(act: &Act, lab: &mut Lab, session: Option<&mut Session>) -> Result<(), Vec<Problem>> {
    match act {
        Act::Lab(t, deed) => {
            lab.seek(*t);
            lab.redo(deed)
        }
        Act::Lesson(intent) => match session {
            Some(session) => session.learn(lab, *intent).map_err(refused),
            None => Err(refused(texts::NO_LESSON.into())),
        },
    }
}

/// What a link's own mistakes are said to be in.
const LINK: &str = "link";

fn refused(why: EcoString) -> Vec<Problem> {
    vec![Problem::whole(LINK, why)]
}
