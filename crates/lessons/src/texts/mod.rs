//! What lessons say beside their own texts, in one table: a goal's evidence, refusals, and what is wrong
//! with a lesson's files or a link. A lesson's own texts are files of its folder.
//!
//! A second language is a second folder with the same names; the line below chooses.

mod en;

pub(crate) use en::*;
