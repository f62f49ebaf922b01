//! `cargo xtask build`: the release site in `dist/`, with relative addresses only.

use std::env;
use std::fs::{self, File};
use std::path::PathBuf;

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
    opening()?;
    editor()?;
    step("release site into dist/", || {
        let mut trunk = tools::program("trunk");
        trunk.args(["build", "--release", "--cargo-profile", PROFILE]);
        run_program(trunk.env("CARGO_ENCODED_RUSTFLAGS", flags()?))
    })
}

/// Builds a site in a made-up language into `target/made-up/`, for the test that looks for words that are
/// not in the table of texts (`web/build.rs`). It is no release: nothing but the page is made anew.
pub fn made_up() -> Result<(), String> {
    step("site in a made-up language", || {
        let mut trunk = tools::program("trunk");
        trunk.args(["build", "--cargo-profile", PROFILE]);
        trunk.args(["--dist", "target/made-up"]);
        trunk.env("TEXTS", "made-up");
        run_program(trunk.env("CARGO_ENCODED_RUSTFLAGS", flags()?))
    })
}

/// Records what the page shows before its engine is loaded, packs the lessons, and draws what embeds show
/// before they run; `index.html` takes them from there.
pub fn opening() -> Result<(), String> {
    let folder = tools::root().join("target/site");
    let file = folder.join("opening.bin");
    step(
        "recording of the opening, lessons, and pictures of all",
        || {
            let failed = |error| format!("{}: {error}", file.display());
            fs::create_dir_all(&folder).map_err(failed)?;
            let mut cargo = tools::program("cargo");
            cargo.args(["run", "--quiet", "-p", "engine", "--example", "opening"]);
            run_program(cargo.stdout(File::create(&file).map_err(failed)?))?;
            let mut cargo = tools::program("cargo");
            cargo.args([
                "run",
                "--quiet",
                "-p",
                "engine",
                "--example",
                "lessons",
                "--",
            ]);
            cargo.arg(tools::root().join("web/lessons"));
            run_program(cargo.arg(folder.join("lessons")))
        },
    )
}

/// Bundles the editor, where `index.html` takes it from.
pub fn editor() -> Result<(), String> {
    step("editor", || {
        let mut node = tools::program("node");
        run_program(node.arg(tools::root().join("tests/bundle.mjs")))
    })
}

/// The compiler's flags for what a browser loads, in cargo's encoded form, which allows spaces.
///
/// The folders of this machine are left out of the module: they are of no use to whoever reads a
/// panic's place, they differ from machine to machine, and they weigh. SHA-2 keeps its rounds as
/// loops: unrolled, they are 16 KB.
pub fn flags() -> Result<String, String> {
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .ok_or("cannot tell where cargo keeps its packages")?;
    let sources = cargo_home.join("registry/src");
    let mut folders = vec![tools::root(), sources.clone()];
    let registries = fs::read_dir(&sources).into_iter().flatten().flatten();
    folders.extend(registries.map(|entry| entry.path()));
    let mut flags: Vec<String> = folders
        .iter()
        .map(|folder| format!("--remap-path-prefix={}=", folder.display()))
        .collect();
    flags.push("--cfg=sha2_backend_soft=\"compact\"".to_owned());
    Ok(flags.join("\u{1f}"))
}
