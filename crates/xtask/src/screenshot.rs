//! `cargo xtask screenshot`: the README's picture, and those that the end-to-end tests compare the page with,
//! taken by their own machinery.

use crate::step::{run as run_program, step};
use crate::{build, tools};

/// Builds the release site and takes the pictures of it.
pub fn run(arguments: &[String]) -> Result<(), String> {
    crate::no_arguments(arguments)?;
    let chromium = tools::chromium()?;
    build::site()?;
    step("docs/screenshot.png", || {
        let mut node = tools::program("node");
        node.arg("tests/e2e/screenshot.mjs")
            .env("CHROME_PATH", &chromium);
        run_program(&mut node)
    })?;
    step("tests/e2e/screens/", || {
        let mut node = tools::program("node");
        node.args(["--test", "tests/e2e/screens.test.mjs"])
            .env("CHROME_PATH", &chromium)
            .env("UPDATE_SCREENS", "1");
        run_program(&mut node)
    })
}
