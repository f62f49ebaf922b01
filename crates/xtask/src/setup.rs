//! `cargo xtask setup`: installs what the other commands need, all at once.

use crate::step::step;
use crate::tools;

/// Installs everything that is missing.
pub fn run(arguments: &[String]) -> Result<(), String> {
    crate::no_arguments(arguments)?;
    step("everything that the project needs", || {
        tools::lint_components()?;
        tools::site_builders()?;
        tools::npm_packages()?;
        tools::chromium().map(|_| ())
    })
}
