//! Lessons: what a learner is to bring about in a lab, and the proof that it can be done.
//!
//! In the order of a first reading: a [`Lesson`] is read from the files of its folder; a
//! [`predicate`] is a sentence about what happened in a lab, and [`facts`] is the table of all that
//! can be said; a [`Session`] is a learner's way through a lesson; [`prove`](proof::prove) plays a
//! lesson's own solutions and wrong answers and says what is not as it claims; [`share`] is what a link
//! carries of a lab or a lesson.
//!
//! The engine decides everything: which prediction was right, whether a goal is met, what the
//! debrief's numbers are. Knows nothing of pages, terminals and files on disks.

pub mod facts;
mod lesson;
mod markdown;
mod measure;
mod moves;
pub mod predicate;
pub mod proof;
mod record;
mod session;
pub mod share;
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;
mod text;
mod texts;

pub use lesson::Lesson;
pub use session::Session;
