//! The nouns of Kubernetes: objects, the store that keeps them, and the API server in front of it.
//!
//! Read in this order: an [`Object`] is a value tree with its metadata decoded; the [`Store`] keeps
//! objects by [`Key`] under one version counter; [`api::serve`] is the only way to change it.
//!
//! This crate knows nothing of time passing (the moment is an argument), of controllers, or of
//! anything that acts.

// Decisions are made in whole numbers, so that they are the same everywhere.
#![deny(clippy::float_arithmetic)]

pub mod admission;
mod allocate;
pub mod api;
mod defaults;
mod delete;
pub mod eviction;
pub mod fields;
mod gostruct;
mod hash;
mod kind;
pub mod kubectl;
mod label_selector;
mod object;
mod paging;
pub mod patch;
pub mod quantity;
mod query;
mod random;
pub mod rbac;
mod record;
mod references;
pub mod scale;
pub mod selector;
mod status;
mod store;
mod strategy;
pub mod time;
mod validate;
pub mod warnings;

pub use defaults::{from_base64, qos_class, to_base64};
pub use hash::pod_template_hash;
pub use kind::{KINDS, KindInfo, kind_info};
pub use object::{Key, Meta, Object};
pub use paging::{Page, Part};
pub use query::Selection;
pub use random::{Random, decimal, hex};
pub use record::record;
pub use status::{About, Cause, Status, resource};
pub use store::{Change, ChangeKind, Class, Store};
pub use time::Millis;
pub use yaml::{Map, Value, map};
