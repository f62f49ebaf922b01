//! Delivery: how an edit of a file becomes a change of the cluster.
//!
//! In the order of a first reading: [`labs`], [`definition`] and [`traffic`] say what there is at the start;
//! [`git`] keeps it as commits, [`diff`] shows what a pull request changes; [`actions`] plays the
//! workflow that a push to main starts, which builds the image of an [`app`] into the [`registry`]
//! and asks for a `helm upgrade`; [`rehearsal`] plays it ahead, and [`plan`] says what the manifests
//! that come of it will do to the cluster; [`checks`] says what of them is a bad idea.
//!
//! Everything here is a value: cheap to clone, without clock or I/O. Knows nothing of the engine,
//! of controllers, or of how a chart is rendered.

pub mod actions;
pub mod adopt;
pub mod app;
pub mod check;
pub mod checks;
pub mod definition;
pub mod diff;
pub mod git;
pub mod help;
pub mod labs;
pub mod pattern;
pub mod plan;
pub mod reader;
pub mod registry;
pub mod rehearsal;
pub mod settings;
pub mod traffic;

// The oracle tests call real programs, and proptest does not compile for WebAssembly.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;
