//! What is said beside go-yaml's own words: what to write instead, and what this crate refuses. A second
//! language is a second folder with the same names; the line below chooses.

mod en;

pub(crate) use en::*;
