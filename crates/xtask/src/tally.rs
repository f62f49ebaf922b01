//! Counts tests in what the runners print: nextest, libtest (doc tests, wasm-bindgen's runner) and Node's.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The tests that one line of a runner's output reports; none, unless it is a summary line.
///
/// The three forms:
/// - nextest: `Summary [   1.2s] 9 tests run: 7 passed, 1 failed, 1 timed out, 3 skipped`
/// - libtest: `test result: ok. 7 passed; 0 failed; 1 ignored; …`
/// - Node's `spec` reporter: `ℹ pass 7`, `ℹ fail 0` and `ℹ cancelled 0`, on lines of their own
pub fn of_line(line: &str) -> Tally {
    let line = plain(line);
    let line = line.trim();
    if let Some((_, counts)) = line
        .strip_prefix("Summary [")
        .and_then(|rest| rest.split_once(':'))
    {
        return of_counts(counts.split(','));
    }
    if let Some((_, counts)) = line
        .strip_prefix("test result: ")
        .and_then(|rest| rest.split_once(". "))
    {
        return of_counts(counts.split(';'));
    }
    let mut words = line.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some("ℹ"), Some(word), Some(number), None) => of_node(word, number),
        _ => Tally::default(),
    }
}

/// Adds up parts like `7 passed`, `1 timed out`.
fn of_counts<'a>(parts: impl Iterator<Item = &'a str>) -> Tally {
    let mut tally = Tally::default();
    for part in parts {
        let Some((number, word)) = part.trim().split_once(' ') else {
            continue;
        };
        let number = number.parse().unwrap_or(0);
        // nextest puts remarks in brackets after a word: `7 passed (1 slow)`.
        match word.split(" (").next().unwrap_or(word) {
            "passed" => tally.passed += number,
            "failed" | "timed out" | "exec failed" => tally.failed += number,
            _ => {}
        }
    }
    tally
}

/// One of the lines at the end of Node's report. A cancelled test is one whose parent failed or timed out.
fn of_node(word: &str, number: &str) -> Tally {
    let number = number.parse().unwrap_or(0);
    match word {
        "pass" => Tally {
            passed: number,
            failed: 0,
        },
        "fail" | "cancelled" => Tally {
            passed: 0,
            failed: number,
        },
        _ => Tally::default(),
    }
}

/// The line without the escape sequences that colour it.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // `ESC [ … letter`
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runner_is_understood() {
        for (line, passed, failed) in [
            (
                "     Summary [   0.012s] 5 tests run: 5 passed, 0 skipped\n",
                5,
                0,
            ),
            (
                "Summary [ 3.1s] 9/12 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 3 skipped",
                6,
                3,
            ),
            (
                "\u{1b}[32;1m     Summary\u{1b}[0m [   0.5s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped",
                2,
                0,
            ),
            (
                "test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
                7,
                0,
            ),
            ("test result: FAILED. 1 passed; 2 failed; 0 ignored", 1, 2),
            ("ℹ pass 12", 12, 0),
            ("\u{1b}[34mℹ fail 3\u{1b}[39m", 0, 3),
            ("ℹ cancelled 1", 0, 1),
            ("ℹ tests 15", 0, 0),
            ("ℹ duration_ms 812.5", 0, 0),
            ("running 3 tests", 0, 0),
            ("pass 3 of the salt", 0, 0),
            ("", 0, 0),
        ] {
            assert_eq!(of_line(line), Tally { passed, failed }, "{line}");
        }
    }
}
