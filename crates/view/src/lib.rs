//! What lies between an engine and whoever shows it: the rows that a viewer draws, the [`Intent`]s
//! of the person in front of it, and the [`protocol`] in which it asks.
//!
//! A row never holds a store. It is made of a lab for one moment, is cheap to compare, and can be
//! drawn by anything: the page, an embed, a terminal. A viewer that knows this crate needs no other:
//! the engine may run in a worker, or not be loaded yet.

mod help;
mod intent;
mod lesson;
mod panel;
pub mod protocol;
mod rows;

pub use help::{
    Adopted, Completion, DeliveredBy, Dropped, Edits, Explanation, Manifest, ManifestLine,
};
pub use intent::{Intent, MergeMethod};
pub use lesson::*;
pub use panel::*;
pub use rows::*;
