//! Finds the programs that the commands need, and installs those that are missing.
//!
//! Nothing outside the checkout is changed, but for two things that cannot live inside it: rustup's
//! WebAssembly target, and (as root on Debian only) the Chromium package. Cargo-installed programs lie in
//! `target/tools/bin`, npm packages in `tests/node_modules`. What is on PATH in the right version is used.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{output, run, step};

/// The WebAssembly target of the page.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The newest trunk that Rust 1.95 compiles.
const TRUNK_VERSION: &str = "0.21.14";

/// What runs the fuzz targets.
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// The oldest Node whose test runner and `fetch` do what the end-to-end tests ask of them.
const NODE_MAJOR_MIN: u32 = 20;

/// The checkout's top folder.
pub fn root() -> PathBuf {
    // Cargo sets the variable for `cargo run` too; then a binary in a shared target folder works for
    // whichever checkout it is run from.
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask
        .ancestors()
        .nth(2)
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The folder that cargo builds into.
pub fn target() -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(folder)
}

/// A program to be run in the checkout's top folder, with the project's own tools before those on PATH.
pub fn program(name: &str) -> Command {
    let root = root();
    let own = [
        root.join("target/tools/bin"),
        root.join("tests/node_modules/.bin"),
    ];
    let others = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(own.into_iter().chain(env::split_paths(&others)));

    let mut command = Command::new(name);
    command
        .current_dir(root)
        .env("PATH", path.unwrap_or(others))
        // Trunk: no look for a newer version, no downloads of its own.
        .env("TRUNK_OFFLINE", "true")
        .env("TRUNK_SKIP_VERSION_CHECK", "true");
    if env::var_os("NO_COLOR").is_some() {
        // Trunk takes the variable for a boolean and dies of the usual `1`.
        command.env("NO_COLOR", "true");
    }
    command
}

/// Cargo, the same one that runs this.
pub fn cargo() -> Command {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    program(&cargo)
}

/// Whether cargo-nextest is there; it runs tests in parallel and reports them better than libtest.
pub fn has_nextest() -> bool {
    output(cargo().args(["nextest", "--version"])).is_some()
}

/// rustfmt and clippy, which rustup's minimal profile leaves out.
pub fn lint_components() -> Result<(), String> {
    for component in ["rustfmt", "clippy"] {
        let subcommand = component.trim_start_matches("rust");
        if output(cargo().args([subcommand, "--version"])).is_none() {
            step(&format!("rustup component add {component}"), || {
                run(program("rustup").args(["component", "add", component]))
            })?;
        }
    }
    Ok(())
}

/// The standard library for WebAssembly.
pub fn wasm_target() -> Result<(), String> {
    // Without rustup (a distribution's Rust), the sysroot tells whether the target is there.
    let sysroot = output(program("rustc").args(["--print", "sysroot"]))
        .ok_or("rustc is missing: install Rust with rustup, https://rustup.rs")?;
    let library = Path::new(&sysroot).join("lib/rustlib").join(WASM_TARGET);
    if library.is_dir() {
        return Ok(());
    }
    step(&format!("rustup target add {WASM_TARGET}"), || {
        run(program("rustup").args(["target", "add", WASM_TARGET])).map_err(|error| {
            format!("{error}; Rust's {WASM_TARGET} target is needed: install Rust with rustup, https://rustup.rs")
        })
    })
}

/// trunk, which builds and serves the page, and what it calls: wasm-bindgen.
pub fn site_builders() -> Result<(), String> {
    wasm_target()?;
    // Trunk's default features are TLS and a look for newer versions: nothing that a local server needs.
    cargo_install("trunk", TRUNK_VERSION, "trunk", &["--no-default-features"])?;
    wasm_bindgen()
}

/// wasm-bindgen and its test runner, in the version that Cargo.lock has: another one would refuse the module.
pub fn wasm_bindgen() -> Result<(), String> {
    let lock = fs::read_to_string(root().join("Cargo.lock"))
        .map_err(|error| format!("cannot read Cargo.lock: {error}"))?;
    let version = locked_version(&lock, "wasm-bindgen")
        .ok_or("Cargo.lock has no wasm-bindgen, so there is nothing to run in a browser")?;
    cargo_install("wasm-bindgen-cli", version, "wasm-bindgen", &[])
}

/// The version of a package in a Cargo.lock.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

/// Installs a package's programs into `target/tools`, unless `program_name --version` already says `version`.
fn cargo_install(
    package: &str,
    version: &str,
    program_name: &str,
    options: &[&str],
) -> Result<(), String> {
    let installed = output(program(program_name).arg("--version"));
    if installed.is_some_and(|text| text.split(' ').any(|word| word == version)) {
        return Ok(());
    }
    let tools = root().join("target/tools");
    let spec = format!("{package}@{version}");
    if output(cargo().args(["binstall", "-V"])).is_some() {
        let title = format!("cargo binstall {spec}");
        let installed = step(&title, || {
            run(cargo()
                .args(["binstall", "--no-confirm", "--root"])
                .arg(&tools)
                .arg(&spec))
        });
        if installed.is_ok() {
            return Ok(());
        }
    }
    step(
        &format!("cargo install {spec} into target/tools (once, takes minutes)"),
        || {
            let install = |lock: &[&str]| {
                run(cargo()
                    .args(["install", "--quiet", "--root"])
                    .arg(&tools)
                    .arg("--target-dir")
                    .arg(tools.join("build"))
                    .args(lock)
                    .args(options)
                    .arg(&spec)
                    // These programs run for seconds; compiling them takes minutes. So little is optimised.
                    .envs([
                        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
                        ("CARGO_PROFILE_RELEASE_LTO", "off"),
                        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
                        ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
                    ]))
            };
            // A mirror of the registry can lag behind the newest versions that a lock file names.
            install(&["--locked"]).or_else(|_| {
                println!("    again, without the package's own lock file");
                install(&[])
            })?;
            // Only the programs are kept; the build takes a gigabyte.
            fs::remove_dir_all(tools.join("build"))
                .map_err(|error| format!("cannot remove target/tools/build: {error}"))
        },
    )
}

/// A nightly compiler, which coverage-guided fuzzing needs.
pub fn nightly() -> Result<(), String> {
    let rustup = |arguments: &[&str]| {
        let mut rustup = program("rustup");
        rustup.args(arguments);
        rustup
    };
    if output(&mut rustup(&["run", "nightly", "rustc", "--version"])).is_some() {
        return Ok(());
    }
    step("rustup toolchain install nightly", || {
        run(&mut rustup(&[
            "toolchain",
            "install",
            "nightly",
            "--profile",
            "minimal",
        ]))
    })
}

/// cargo-fuzz.
pub fn cargo_fuzz() -> Result<(), String> {
    cargo_install("cargo-fuzz", CARGO_FUZZ_VERSION, "cargo-fuzz", &[])
}

/// Node, new enough.
pub fn node() -> Result<(), String> {
    let advice = format!("install Node.js {NODE_MAJOR_MIN} or newer, https://nodejs.org");
    let version = output(program("node").arg("--version"))
        .ok_or_else(|| format!("node is missing: {advice}"))?;
    let major = version.trim_start_matches('v').split('.').next();
    if major.and_then(|major| major.parse().ok()) < Some(NODE_MAJOR_MIN) {
        return Err(format!("node is {version}, which is too old: {advice}"));
    }
    Ok(())
}

/// The npm packages of tests/package.json: binaryen (wasm-opt), the editor and esbuild, which
/// bundles it, playwright-core, axe-core.
pub fn npm_packages() -> Result<(), String> {
    node()?;
    let tests = root().join("tests");
    let wanted = fs::read(tests.join("package-lock.json"))
        .map_err(|error| format!("cannot read tests/package-lock.json: {error}"))?;
    // A copy of the lock file beside the packages tells for which one they were installed.
    let stamp = tests.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("npm ci in tests/", || {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        run(program(npm).current_dir(&tests).args([
            "ci",
            "--loglevel=error",
            "--no-audit",
            "--no-fund",
        ]))?;
        fs::write(&stamp, wanted)
            .map_err(|error| format!("cannot write {}: {error}", stamp.display()))
    })
}

/// A Chromium or Chrome, as the path of its program. `CHROME_PATH` in the environment overrides the search.
pub fn chromium() -> Result<OsString, String> {
    if let Some(path) = env::var_os("CHROME_PATH") {
        return Ok(path);
    }
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    let root_on_debian = Path::new("/etc/debian_version").exists()
        && output(Command::new("id").arg("-u")).as_deref() == Some("0");
    if root_on_debian {
        step("apt-get install chromium", || {
            let apt = || {
                let mut apt = program("apt-get");
                apt.arg("-qq").env("DEBIAN_FRONTEND", "noninteractive");
                apt
            };
            run(apt().arg("update"))?;
            run(apt().args([
                "install",
                "--yes",
                "--no-install-recommends",
                "chromium",
                "fonts-liberation",
            ]))
        })?;
    }
    find_chromium().ok_or_else(|| {
        "Chromium is missing: install Chromium or Chrome, or set CHROME_PATH to its program".into()
    })
}

/// Looks for a browser by the names and places that it has on Linux and macOS.
fn find_chromium() -> Option<OsString> {
    const NAMES: [&str; 5] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
    ];
    const PLACES: [&str; 2] = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ];
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let on_path = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    on_path
        .chain(PLACES.iter().map(PathBuf::from))
        .find(|candidate| candidate.is_file())
        .map(PathBuf::into_os_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.2.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"registry\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "yew"), None);
        assert_eq!(
            locked_version("name = \"wasm-bindgen\"", "wasm-bindgen"),
            None
        );
    }
}
