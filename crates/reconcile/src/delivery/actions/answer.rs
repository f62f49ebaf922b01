//! What commands answer.

use crate::texts;
use ecow::{EcoString, eco_format};

/// What a command answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its exit status: 0 is success.
    pub status: i32,
    /// What it printed.
    pub stdout: EcoString,
    /// What it printed as errors.
    pub stderr: EcoString,
}

impl Answer {
    /// Success, with this output. A line end is added to text that has none.
    #[must_use]
    pub fn ok(stdout: impl Into<EcoString>) -> Answer {
        Answer {
            stdout: with_line_end(stdout.into()),
            ..Answer::default()
        }
    }

    /// Failure, with this error output.
    #[must_use]
    pub fn failed(status: i32, stderr: impl Into<EcoString>) -> Answer {
        Answer {
            status,
            stderr: with_line_end(stderr.into()),
            ..Answer::default()
        }
    }

    /// Nothing but a status.
    #[must_use]
    pub fn status(status: i32) -> Answer {
        Answer {
            status,
            ..Answer::default()
        }
    }

    /// What a command answers that the lab does not simulate: it does nothing, and that is well.
    #[must_use]
    pub fn not_simulated(command: &str) -> Answer {
        Answer {
            stderr: eco_format!("{}\n", texts::files::not_simulated(command)),
            ..Answer::default()
        }
    }
}

fn with_line_end(mut text: EcoString) -> EcoString {
    if !(text.is_empty() || text.ends_with('\n')) {
        text.push('\n');
    }
    text
}
