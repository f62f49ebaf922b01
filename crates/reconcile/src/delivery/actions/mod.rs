//! GitHub Actions: a workflow's file, and its runs.
//!
//! [`workflow`] reads the file, [`run`] plays it: jobs, steps, `${{ }}` ([`expression`]), and their
//! scripts, which [`script`] reads into a tree ([`syntax`]) and [`machine`] runs with the programs of
//! [`commands`] and [`tools`]. A run knows no clock and no cluster: time is passed in, and what must
//! happen in the cluster comes out as an [`event`] that the engine answers.

pub mod commands;
mod context;
pub mod event;
pub mod expression;
pub mod machine;
pub mod run;
pub mod script;
pub mod syntax;
pub mod tools;
pub mod workflow;
