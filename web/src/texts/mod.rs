//! Every word of the page, in one table.
//!
//! A text is a constant; one with arguments is a function, so that they are typed and a language puts
//! them where it needs them, with its own plurals. A text around something that is drawn says `{0}`
//! where that stands. A second language is a second folder with the same names, and the line below
//! chooses: a site is built for one language, so that nobody loads two. The compiler refuses a name that
//! is missing and one that nobody uses; a test of `xtask` refuses prose anywhere else in the page.
//!
//! Not in this table: what the engine says, which has tables of its own (`src/texts` of `yaml`,
//! `reconcile`, `shell`, `lessons` and `wasm`), and lessons, whose texts lie in `web/lessons/*/text.en.md`.

#[cfg(not(made_up))]
mod en;
// For a test: build.rs.
#[cfg(made_up)]
mod en {
    include!(concat!(env!("OUT_DIR"), "/made_up.rs"));
}
#[cfg(test)]
mod tests;

pub use en::*;
