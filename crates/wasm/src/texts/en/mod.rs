//! The engine in English.

pub(crate) const UNKNOWN_MESSAGE: &str = "the message is not one that this engine knows";
pub(crate) const NO_SUCH_LAB: &str = "there is no such lab";
pub(crate) const NO_LESSON: &str = "there is no lesson";
pub(crate) const TWO_FUTURES_ALREADY: &str = "there are two futures already";
