//! Lessons in English.

mod facts;
mod files;

pub(crate) use facts::*;
pub(crate) use files::*;
