//! Errors in Go's words, with their place.

use std::fmt;

/// A place in a template file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name, as given to the parser.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes as Go counts it: from 0 on the first line and after.
    pub column: usize,
}

/// Why a template could not be parsed or executed. `Display` gives Go's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The whole text, that of its cause included.
    pub message: String,
    /// Where it happened: the innermost place known.
    pub place: Option<Place>,
    /// The error that this one wraps, as Go's `errors.Unwrap` gives it.
    pub cause: Option<Box<Error>>,
    /// Whether it comes from executing a template rather than from a function or the parser.
    pub is_exec: bool,
}

impl Error {
    /// An error of a function: a text without a place.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
            place: None,
            cause: None,
            is_exec: false,
        }
    }

    /// The same error with `before` in front of it, which wraps it.
    #[must_use]
    pub fn wrap(self, before: &str) -> Error {
        Error {
            message: format!("{before}{}", self.message),
            place: self.place.clone(),
            cause: Some(Box::new(self)),
            is_exec: false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
