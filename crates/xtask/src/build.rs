//! `cargo xtask build`: the release site in `dist/`, with relative addresses only.

use crate::step::{run as run_program, step};
use crate::tools;

/// The cargo profile of what a browser loads: small before fast.
pub const PROFILE: &str = "web";

/// Sets up what is missing and builds the release site.
pub fn run(arguments: &[String]) -> Result<(), String> {
    crate::no_arguments(arguments)?;
    site()
}

/// Builds the release site into `dist/`.
pub fn site() -> Result<(), String> {
    tools::site_builders()?;
    // Trunk finds binaryen's wasm-opt among them.
    tools::npm_packages()?;
    step("release site into dist/", || {
        let mut trunk = tools::program("trunk");
        run_program(trunk.args(["build", "--release", "--cargo-profile", PROFILE]))
    })
}
