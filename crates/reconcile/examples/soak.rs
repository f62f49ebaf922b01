//! Plays random labs with random edits and faults, and says which seeds break what must hold:
//! `soak COUNT FIRST`. `cargo xtask soak` calls it.

use std::process::ExitCode;

#[path = "../tests/properties/soak/mod.rs"]
mod soak;

/// How many seeds pass between two signs of life.
const SIGN: u64 = 1_000;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Some(Ok(count)), Some(Ok(first))) = (numbers.next(), numbers.next()) else {
        eprintln!("usage: soak COUNT FIRST");
        return ExitCode::FAILURE;
    };
    let mut failures = 0;
    for done in 0..count {
        let seed = first.wrapping_add(done);
        if let Err(why) = soak::run(seed) {
            failures += 1;
            println!("seed {seed}: {why}");
        }
        if (done + 1) % SIGN == 0 {
            println!("{} seeds, {failures} of them failed", done + 1);
        }
    }
    println!("{count} seeds from {first}, {failures} of them failed");
    ExitCode::from(u8::from(failures > 0))
}
