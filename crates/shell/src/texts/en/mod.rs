//! The terminal in English.

/// A line that joins commands by a character.
pub(crate) fn one_command_at_a_time(joint: char) -> String {
    format!("{joint}: the lab's terminal runs one command at a time")
}
