//! What Helm says on standard error while it goes on, collected.

use std::cell::RefCell;
use std::fmt::{self, Display, Write};
use std::rc::Rc;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Shown with `--debug` only.
    Debug,
    /// Worth knowing.
    Info,
    /// Probably not what was meant.
    Warn,
    /// Why an error comes.
    Error,
}

/// One notice. `Display` gives the line that Helm prints, without its end
/// (Go's log/slog/text_handler.go).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// What is said.
    pub message: String,
    /// What it is about: names and values.
    pub attributes: Vec<(&'static str, String)>,
}

/// Notices in the order in which they came. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Log(Rc<RefCell<Vec<Notice>>>);

impl Log {
    /// Adds a notice.
    pub fn add(
        &self,
        level: Level,
        message: impl Into<String>,
        attributes: Vec<(&'static str, String)>,
    ) {
        self.0.borrow_mut().push(Notice {
            level,
            message: message.into(),
            attributes,
        });
    }

    /// Removes and returns what was collected.
    #[must_use]
    pub fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

impl Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("level=")?;
        f.write_str(match self.level {
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        })?;
        f.write_str(" msg=")?;
        write_text(f, &self.message)?;
        for (name, value) in &self.attributes {
            f.write_char(' ')?;
            f.write_str(name)?;
            f.write_char('=')?;
            write_text(f, value)?;
        }
        Ok(())
    }
}

/// Text in quotes if a reader could not tell otherwise where it ends. A backslash needs none.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let is_plain = |letter: char| {
        letter == '\\' || !" =\"\u{FFFD}".contains(letter) && gotmpl::quote::is_print(letter)
    };
    match text.is_empty() || !text.chars().all(is_plain) {
        true => f.write_str(&gotmpl::quote::quote(text.as_bytes())),
        false => f.write_str(text),
    }
}
