//! `cargo xtask soak`: random labs with random edits and faults, whose invariants are looked at after
//! every step (`crates/reconcile/tests/properties/soak`). A failure names its seed, and
//! `--seeds 1 --from SEED` plays it again.

use crate::step::{run as run_program, step};
use crate::{option, tools};

/// Plays the seeds.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let (mut seeds, mut first) = ("10000", "0");
    for flag in arguments.chunks(2) {
        match flag[0].as_str() {
            "--from" => first = number(flag, "--from")?,
            _ => seeds = number(flag, "--seeds")?,
        }
    }
    step(&format!("soak: {seeds} seeds from {first}"), || {
        run_program(
            tools::cargo()
                .args(["run", "--profile", "soak", "--package", "reconcile"])
                .args(["--example", "soak", "--", seeds, first]),
        )
    })
}

fn number<'a>(flag: &'a [String], name: &str) -> Result<&'a str, String> {
    let value = option(flag, name)?.unwrap_or_default();
    match value.parse::<u64>() {
        Ok(_) => Ok(value),
        Err(_) => Err(format!("{name} takes a whole number, not `{value}`")),
    }
}
