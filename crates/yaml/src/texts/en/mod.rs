//! Advice in English.

// What to write instead of what go-yaml refuses

pub(crate) const QUOTE_OR_INDENT: &str =
    "quote a text that holds `: `, or check the indentation of this line and the one before";
pub(crate) const NO_TABS_AND_QUOTE: &str =
    "indent with spaces, not tabs, and quote a text that begins with @, ` or %";
pub(crate) const NO_TABS: &str = "indent with spaces, not tabs";
pub(crate) const LINE_UP_KEYS: &str = "line this up with the other keys of its mapping";
pub(crate) const LINE_UP_ITEMS: &str = "line this up with the other `- ` items of its list";
pub(crate) const KEY_NEEDS_COLON: &str = "a key needs a colon and a space after it";
pub(crate) const LIST_BELOW_KEY: &str = "put the list on lines of its own below its key";
pub(crate) const QUOTE_EXPRESSION: &str =
    "quote a template expression that begins a value, as in \"{{ … }}\"";
pub(crate) const CLOSE_THE_QUOTE: &str = "close the quote";
pub(crate) const SINGLE_QUOTES: &str = "use single quotes for a text with backslashes";
pub(crate) const KEEP_ONE: &str = "keep one of the two";

// Changing one value

pub(crate) const EDIT_BY_HAND: &str =
    "edit the text by hand: this value is written in a way that others depend on";
pub(crate) const NAME_A_PATH: &str = "name a path of mapping keys, or the number of an item";

pub(crate) fn cannot_be_changed(path: &str) -> String {
    format!("{path} cannot be changed here alone")
}

pub(crate) fn no_mapping(key: &str) -> String {
    format!("there is no {key:?} here: this is no mapping")
}
