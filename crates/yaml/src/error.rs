//! What can be wrong with a YAML text, and where.

use crate::texts;
use std::fmt;

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Byte offset.
    pub offset: usize,
    /// Line, from 0.
    pub line: usize,
    /// Column in characters, from 0.
    pub column: usize,
}

/// A text that is not the YAML it should be.
///
/// `Display` gives the words of Go's YAML library, which users know from Helm and kubectl; its line
/// number is the one that library prints (for some errors the line before). `line` and `column` are
/// where the mistake really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, in the words of go-yaml, without its `yaml: line N: `.
    pub message: String,
    /// What to write instead, where that is known.
    pub hint: Option<&'static str>,
    /// The line that go-yaml names; 0 where it names none.
    pub(crate) go_line: usize,
    /// Whether it is of the step that makes JSON of YAML, which names itself otherwise.
    pub(crate) is_json: bool,
}

/// Which half of the reader found the mistake: go-yaml counts their lines differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Scanner,
    Parser,
    Decoder,
    Json,
}

impl Error {
    pub(crate) fn new(stage: Stage, at: Mark, message: impl Into<String>) -> Error {
        let message = message.into();
        let go_line = match stage {
            Stage::Scanner if at.line > 0 => at.line + 1,
            Stage::Parser => at.line,
            _ => 0,
        };
        Error {
            line: at.line + 1,
            column: at.column + 1,
            hint: hint(&message),
            message,
            go_line,
            is_json: stage == Stage::Json,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.go_line {
            0 if self.is_json => f.write_str(&self.message),
            0 => write!(f, "yaml: {}", self.message),
            line => write!(f, "yaml: line {line}: {}", self.message),
        }
    }
}

impl std::error::Error for Error {}

/// Advice for the mistakes that people make in manifests.
fn hint(message: &str) -> Option<&'static str> {
    let advice = [
        ("mapping values are not allowed", texts::QUOTE_OR_INDENT),
        ("cannot start any token", texts::NO_TABS_AND_QUOTE),
        ("violates indentation", texts::NO_TABS),
        ("tab character where an indentation", texts::NO_TABS),
        ("did not find expected key", texts::LINE_UP_KEYS),
        ("did not find expected '-'", texts::LINE_UP_ITEMS),
        ("could not find expected ':'", texts::KEY_NEEDS_COLON),
        (
            "block sequence entries are not allowed",
            texts::LIST_BELOW_KEY,
        ),
        ("did not find expected ',' or '}'", texts::QUOTE_EXPRESSION),
        ("found unexpected end of stream", texts::CLOSE_THE_QUOTE),
        ("found unknown escape character", texts::SINGLE_QUOTES),
        ("already set in map", texts::KEEP_ONE),
    ];
    advice
        .iter()
        .find(|(part, _)| message.contains(part))
        .map(|(_, text)| *text)
}
