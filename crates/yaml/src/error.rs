//! What can be wrong with a YAML text, and where.

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
        (
            "mapping values are not allowed",
            "quote a text that holds `: `, or check the indentation of this line and the one before",
        ),
        (
            "cannot start any token",
            "indent with spaces, not tabs, and quote a text that begins with @, ` or %",
        ),
        ("violates indentation", "indent with spaces, not tabs"),
        (
            "tab character where an indentation",
            "indent with spaces, not tabs",
        ),
        (
            "did not find expected key",
            "line this up with the other keys of its mapping",
        ),
        (
            "did not find expected '-'",
            "line this up with the other `- ` items of its list",
        ),
        (
            "could not find expected ':'",
            "a key needs a colon and a space after it",
        ),
        (
            "block sequence entries are not allowed",
            "put the list on lines of its own below its key",
        ),
        (
            "did not find expected ',' or '}'",
            "quote a template expression that begins a value, as in \"{{ … }}\"",
        ),
        ("found unexpected end of stream", "close the quote"),
        (
            "found unknown escape character",
            "use single quotes for a text with backslashes",
        ),
        ("already set in map", "keep one of the two"),
    ];
    advice
        .iter()
        .find(|(part, _)| message.contains(part))
        .map(|(_, text)| *text)
}
