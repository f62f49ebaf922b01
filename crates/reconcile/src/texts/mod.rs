//! What the lab itself says, in one table: the story of a merge, what stands at the stations, plans,
//! checks, and what is wrong with the files of a lab.
//!
//! A text is a constant; one with holes is a function, so that they are typed and a language puts them
//! where it needs them, with its own plurals. A second language is a second folder with the same names,
//! and the line below chooses (as in the page's table, `web/src/texts`). The compiler refuses a name
//! that is missing and one that nobody uses; a test of `xtask` refuses prose anywhere else.
//!
//! Not in the table: the words of real programs, which are facts. They stand where the program is that
//! says them: Kubernetes' messages, conditions and Events, Helm's and git's output, GitHub's and Argo
//! CD's words, the log of a workflow.

mod en;

pub(crate) use en::*;
