//! The verbs: everything that happens after somebody edits a file, in virtual time.
//!
//! In the order of a first reading: a [`World`] is all there is at one moment, and its `step` lets
//! the next event act; [`cluster`] holds the controllers, nodes and traffic; [`delivery`] holds git,
//! CI and the registry, and [`pipeline`] lets them act in a world, as `gitops` does for Argo CD and
//! Flux; a [`Timeline`] remembers a world's
//! moments and goes to any of them; a [`Lab`] is what a page or a program holds, and [`view`] is what
//! it shows.
//!
//! This crate knows nothing of a clock, of files, or of how anything is drawn.

// Decisions are made in whole numbers, so that they are the same everywhere.
#![deny(clippy::float_arithmetic)]

mod audit;
pub mod cluster;
mod compare;
pub mod delivery;
mod engine;
mod events;
mod faults;
mod gitops;
mod lab;
mod outcome;
pub mod pipeline;
pub mod plan;
pub mod queue;
mod scene;
mod stations;
mod terminal;
mod texts;
mod timeline;
mod timings;
pub mod trace;

pub use compare::compare;
pub use engine::{Event, Output, Settings, World};
pub use kube::Millis;
pub use kube::fields::{Descriptions, Table};
pub use lab::{Deed, Differences, Done, Lab, differences, lay};
pub use shell::{Output as Printed, asks_for_schema};
pub use timeline::{Act, Timeline};
pub use timings::Timings;
pub use trace::Entry;
/// What a viewer gets of a lab.
pub use view;
