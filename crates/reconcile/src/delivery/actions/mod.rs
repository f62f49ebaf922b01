//! GitHub Actions: a workflow's file, and its runs.
//!
//! [`workflow`] reads the file, which [`schema`] has compared with GitHub's; [`run`] plays it: its
//! `jobs`, their `steps`, the actions that they use (`uses`), `${{ }}` ([`expression`]), and their
//! scripts, which [`script`] and `words` read into a tree ([`syntax`]) and [`machine`] runs in a
//! [`workplace`], with the programs of [`commands`] and [`tools`]. A run knows no clock and no cluster:
//! time is passed in, and what must happen elsewhere comes out as an [`event`] that the engine answers.

pub mod answer;
pub mod commands;
mod context;
pub mod docker;
mod dockerfile;
pub mod event;
mod expand;
pub mod expression;
mod flags;
mod git_commands;
mod helm_calls;
mod jobs;
pub mod machine;
pub mod run;
pub mod schema;
pub mod script;
mod steps;
mod suites;
pub mod syntax;
mod text_commands;
pub mod tools;
mod uses;
mod words;
pub mod workflow;
pub mod workplace;
mod yq;
