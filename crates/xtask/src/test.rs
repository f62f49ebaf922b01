//! `cargo xtask test`: every check of the project, and at the end one line `N passed, N failed`.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::step::{duration, run as run_program, run_tests, step};
use crate::tally::Tally;
use crate::{Part, build, tools};

/// The stages, quickest to tell of a mistake first.
const STAGES: &[Part<Tally>] = &[
    Part {
        name: "lint",
        run: lint,
    },
    Part {
        name: "rust",
        run: rust,
    },
    Part {
        name: "wasm",
        run: wasm,
    },
    Part {
        name: "e2e",
        run: end_to_end,
    },
];

/// Where proptest takes its seed from.
const PROPTEST_SEED: &str = "PROPTEST_RNG_SEED";

/// The tests that run in WebAssembly as well as natively: package, then test target.
const WASM_TESTS: &[(&str, &str)] = &[("reconcile", "trace")];

/// Runs all stages, or one. A stage that fails does not keep the next from running: one run tells everything.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let stages = crate::chosen(STAGES, arguments)?;
    let start = Instant::now();
    let mut total = Tally::default();
    let mut summary = String::new();
    for stage in stages {
        let stage_start = Instant::now();
        let tally = (stage.run)().unwrap_or_else(|error| {
            eprintln!("xtask test: {}: {error}", stage.name);
            Tally {
                passed: 0,
                failed: 1,
            }
        });
        summary.push_str(&format!(
            "    {:<6} {tally}, {}\n",
            stage.name,
            duration(stage_start.elapsed())
        ));
        total += tally;
    }
    print!(
        "==> all in {}\n{summary}{total}\n",
        duration(start.elapsed())
    );
    if total.failed == 0 {
        Ok(())
    } else {
        Err("not everything passed".into())
    }
}

/// Formatting and lints. They are no tests: only their failures count.
fn lint() -> Result<Tally, String> {
    tools::lint_components()?;
    tools::wasm_target()?;
    let clippy = |arguments: &[&str]| {
        let mut clippy = tools::cargo();
        clippy.arg("clippy").args(arguments);
        run_program(clippy.args(["--", "--deny", "warnings"]))
    };
    let results = [
        step("cargo fmt --check", || {
            run_program(tools::cargo().args(["fmt", "--all", "--check"]))
        }),
        step("cargo clippy", || clippy(&["--workspace", "--all-targets"])),
        step("cargo clippy for WebAssembly", || {
            clippy(&["--package", "web", "--target", tools::WASM_TARGET])
        }),
    ];
    let mut tally = Tally::default();
    for error in results.into_iter().filter_map(Result::err) {
        eprintln!("xtask test: lint: {error}");
        tally.failed += 1;
    }
    Ok(tally)
}

/// All Rust tests on this machine, those in documentation included.
fn rust() -> Result<Tally, String> {
    let nextest = tools::has_nextest();
    let mut tally = step("Rust tests", || {
        let mut tests = tools::cargo();
        if nextest {
            tests.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
        } else {
            tests.args(["test", "--workspace", "--all-targets", "--no-fail-fast"]);
        }
        // A check says the same of the same code: other seeds are for whoever looks for trouble.
        if env::var_os(PROPTEST_SEED).is_none() {
            tests.env(PROPTEST_SEED, "1");
        }
        run_tests(&mut tests)
    })?;
    tally += step("documentation tests", || {
        run_tests(tools::cargo().args(["test", "--workspace", "--doc", "--no-fail-fast"]))
    })?;
    Ok(tally)
}

/// The core compiled to WebAssembly, under Node.
fn wasm() -> Result<Tally, String> {
    tools::node()?;
    tools::wasm_target()?;
    tools::wasm_bindgen()?;
    let mut tally = Tally::default();
    for (package, test) in WASM_TESTS {
        tally += step(&format!("{package}'s test `{test}` in WebAssembly"), || {
            let mut cargo = tools::cargo();
            cargo
                .args(["test", "--target", tools::WASM_TARGET])
                .args(["--package", package, "--test", test])
                .env(
                    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                    "wasm-bindgen-test-runner",
                )
                // Seconds. The runner's own 20 are short for a debug build on a busy machine.
                .env("WASM_BINDGEN_TEST_TIMEOUT", "300");
            run_tests(&mut cargo)
        })?;
    }
    Ok(tally)
}

/// The release site in a real browser.
fn end_to_end() -> Result<Tally, String> {
    let chromium = tools::chromium()?;
    build::site()?;
    build::made_up()?;
    let files = end_to_end_files()?;
    step("end-to-end tests in headless Chromium", || {
        let mut node = tools::program("node");
        node.args(["--test", "--test-reporter=spec"])
            .args(files)
            .env("CHROME_PATH", chromium);
        run_tests(&mut node)
    })
}

/// `tests/e2e/*.test.mjs`, in order of name.
fn end_to_end_files() -> Result<Vec<PathBuf>, String> {
    let folder = tools::root().join("tests/e2e");
    let entries = fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let name = path.file_name().and_then(OsStr::to_str);
            name.is_some_and(|name| name.ends_with(".test.mjs"))
        })
        .collect();
    files.sort();
    Ok(files)
}
