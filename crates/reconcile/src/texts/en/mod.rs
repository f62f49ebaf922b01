//! The lab in English.

pub(crate) mod checks;
pub(crate) mod cluster;
pub(crate) mod delivery;
pub(crate) mod files;
pub(crate) mod lab;
pub(crate) mod nodes;
pub(crate) mod plan;
pub(crate) mod stage;

use ecow::{EcoString, eco_format};
use std::fmt::Display;

/// `1 pod`, `3 pods`.
fn counted<N: Display + PartialEq + From<u8>>(n: N, one: &str, many: &str) -> EcoString {
    let word = if n == N::from(1) { one } else { many };
    eco_format!("{n} {word}")
}
