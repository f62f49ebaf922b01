//! What the lab's terminal says beside the words of bash and kubectl. A second language is a second
//! folder with the same names; the line below chooses.

mod en;

pub(crate) use en::*;
