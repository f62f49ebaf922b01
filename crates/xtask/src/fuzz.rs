//! `cargo xtask fuzz`: random inputs for the readers of YAML, templates, `--set` and values.
//!
//! Needs a nightly compiler and cargo-fuzz, and installs them when they are missing. An input that
//! breaks a property is kept by cargo-fuzz in `fuzz/artifacts`; once mended, it belongs into
//! `fuzz/found`, where the tests try it for ever.

use std::fs;

use crate::step::{run as run_program, step};
use crate::{option, tools};

/// The targets, each a file in `fuzz/fuzz_targets`.
const TARGETS: [&str; 4] = ["yaml", "template", "set", "values"];

/// Fuzzes every target in turn.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let seconds = option(arguments, "--seconds")?.unwrap_or("60");
    if seconds.parse::<u32>().is_err() {
        return Err(format!("--seconds takes a whole number, not `{seconds}`"));
    }
    tools::nightly()?;
    tools::cargo_fuzz()?;
    for target in TARGETS {
        let corpus = tools::root().join("fuzz/corpus").join(target);
        fs::create_dir_all(&corpus)
            .map_err(|error| format!("cannot make {}: {error}", corpus.display()))?;
        step(&format!("{target}, {seconds} s"), || {
            // The lab has no unsafe code, so there is nothing for a memory sanitizer to find.
            run_program(
                tools::program("cargo")
                    .args(["+nightly", "fuzz", "run", "--sanitizer", "none", target])
                    .args([
                        &format!("fuzz/corpus/{target}"),
                        &format!("fuzz/seeds/{target}"),
                    ])
                    .args(["--", "-max_len=1200", "-timeout=20", "-rss_limit_mb=3000"])
                    .arg(format!("-max_total_time={seconds}"))
                    .env_remove("RUSTUP_TOOLCHAIN"),
            )
        })?;
    }
    Ok(())
}
