//! Runs programs, and says what is being done and how long it took.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::tally::{self, Tally};

/// Announces a piece of work, does it, and says how long it took.
pub fn step<T>(title: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    println!("==> {title}");
    let start = Instant::now();
    let result = work();
    let how = if result.is_ok() {
        "done in"
    } else {
        "failed after"
    };
    println!("    {how} {}", duration(start.elapsed()));
    result
}

/// Runs a program with this one's output as its output. An error names the program and its exit status.
pub fn run(command: &mut Command) -> Result<(), String> {
    flush();
    let status = command.status().map_err(|error| missing(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} ended with {status}", name(command)))
    }
}

/// Runs a program that runs tests: shows all it prints, and counts the tests in it.
///
/// A failure that no test accounts for (a crate that does not compile, say) counts as one failed test,
/// so that the total can never look right when something is wrong.
pub fn run_tests(command: &mut Command) -> Result<Tally, String> {
    flush();
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| missing(command, &error))?;

    // Test runners report on either stream, so both are read at once.
    let errors = child.stderr.take();
    let errors = thread::spawn(move || errors.map_or(Tally::default(), |pipe| show(pipe, true)));
    let mut tally = child
        .stdout
        .take()
        .map_or(Tally::default(), |pipe| show(pipe, false));
    tally += errors
        .join()
        .map_err(|_| "lost the output of a test runner")?;

    let status = child
        .wait()
        .map_err(|error| format!("lost {}: {error}", name(command)))?;
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// What a program prints, without the white space around it; `None` if it is not there or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Copies lines to standard output or standard error as they come, and counts the tests they report.
fn show(pipe: impl Read, to_stderr: bool) -> Tally {
    let mut tally = Tally::default();
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        let text = String::from_utf8_lossy(&line);
        if to_stderr {
            eprint!("{text}");
        } else {
            print!("{text}");
        }
        tally += tally::of_line(&text);
        line.clear();
    }
    tally
}

/// Our own lines must come before those of the program that is started next.
fn flush() {
    // A closed standard output is the reader's wish, not an error of the work.
    let _ = std::io::stdout().flush();
}

/// The program's name, without its folder.
fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// Why a program could not be started.
fn missing(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start {}: {error}", name(command))
}

/// A span of time as people say it: `0.4 s`, `31 s`, `5 min 12 s`.
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", span.as_secs_f32()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (millis, expected) in [
            (40, "0.0 s"),
            (9_400, "9.4 s"),
            (31_900, "31 s"),
            (312_000, "5 min 12 s"),
            (3_605_000, "60 min 05 s"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), expected);
        }
    }
}
