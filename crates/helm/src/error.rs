//! Errors in Helm's words, with the place as data.

use std::fmt;

/// What went wrong. `Display` gives what Helm prints after `Error: `.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Error {
    /// Helm's text.
    pub message: String,
    /// The file it is about, as a path inside the chart (`order-service/templates/service.yaml`).
    pub file: Option<String>,
    /// The line there, from 1.
    pub line: Option<usize>,
    /// The column there, from 1.
    pub column: Option<usize>,
    /// What to write instead, where that is known.
    pub hint: Option<String>,
}

impl Error {
    /// An error without a place.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
            ..Error::default()
        }
    }

    /// An error about a file.
    #[must_use]
    pub(crate) fn in_file(file: &str, message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
            file: Some(file.to_owned()),
            ..Error::default()
        }
    }

    /// A mistake in a YAML file; `before` is what Helm puts in front.
    pub(crate) fn yaml(file: &str, before: &str, error: &yaml::Error) -> Error {
        Error {
            message: format!("{before}{error}"),
            file: Some(file.to_owned()),
            line: Some(error.line),
            column: Some(error.column),
            hint: error.hint.map(str::to_owned),
        }
    }

    /// An error of a template.
    pub(crate) fn template(message: String, error: &gotmpl::Error) -> Error {
        let place = error.place.as_ref();
        Error {
            message,
            file: place.map(|place| place.file.clone()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column + 1),
            hint: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
