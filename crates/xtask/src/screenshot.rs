//! `cargo xtask screenshot`: the README's picture, taken by the end-to-end tests' own machinery.

use crate::step::{run as run_program, step};
use crate::{build, tools};

/// Builds the release site and takes the picture of it.
pub fn run(arguments: &[String]) -> Result<(), String> {
    crate::no_arguments(arguments)?;
    let chromium = tools::chromium()?;
    build::site()?;
    step("docs/screenshot.png", || {
        let mut node = tools::program("node");
        node.arg("tests/e2e/screenshot.mjs")
            .env("CHROME_PATH", chromium);
        run_program(&mut node)
    })
}
