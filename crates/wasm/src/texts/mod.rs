//! What the engine itself refuses, in words. The rest of what it tells is said in `reconcile` and
//! `lessons`, which have such tables, too; the line below chooses the language.

mod en;

pub(crate) use en::*;
