//! The engine in English.

use ecow::{EcoString, eco_format};

pub(crate) const UNKNOWN_MESSAGE: &str = "the message is not one that this engine knows";
pub(crate) const NO_SUCH_LAB: &str = "there is no such lab";
pub(crate) const NO_LESSON: &str = "there is no lesson";
pub(crate) const TWO_FUTURES_ALREADY: &str = "there are two futures already";

// The picture of a moment

/// How many pods are ready, and how much is asked of them a second.
pub(crate) fn serving(ready: u32, desired: u32, calls: u32) -> EcoString {
    eco_format!("{ready} of {desired} pods ready, {calls} requests a second")
}

/// The line under the name of a Deployment.
pub(crate) fn deployment(ready: u32, desired: u32) -> EcoString {
    eco_format!("Deployment · {ready} of {desired} ready")
}
