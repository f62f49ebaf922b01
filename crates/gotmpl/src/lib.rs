//! Go's `text/template`: the language of Helm charts, with Go's types, words and places.
//!
//! [`parse`] makes [`Tree`]s of text, [`Machine`] executes them with data. The embedder gives its
//! own functions and methods through [`Host`]. A machine that records it ([`Machine::record`]) knows of
//! each line of output the template lines that made it and the values they read ([`LineOrigin`]).
//!
//! Bounded: calls, steps, nesting and output have limits whose errors name themselves.
//! Knows nothing of Helm.
//!
//! ```
//! use gotmpl::{Function, Host, Machine, Trees, Value};
//!
//! struct NoHost;
//! impl Host for NoHost {
//!     fn function(&self, _: &str) -> Option<&'static Function<Self>> { None }
//!     fn method(&self, _: &Value, _: &str) -> Option<&'static Function<Self>> { None }
//! }
//!
//! let mut trees = Trees::new();
//! gotmpl::parse("hello", "Hello {{ .name | printf \"%q\" }}!", &mut trees, &|_| true).unwrap();
//! let data = Value::from(&yaml::map! { "name" => "world" });
//! let mut host = NoHost;
//! let output = Machine::new(trees.into(), &mut host).execute("hello", data, "").unwrap();
//! assert_eq!(output.text, b"Hello \"world\"!");
//! ```

pub mod ast;
mod builtin;
mod error;
mod exec;
mod function;
mod lex;
mod parse;
pub mod print;
mod provenance;
pub mod quote;
pub mod value;

pub use ast::Tree;
pub use error::{Error, Place};
pub use exec::{
    CALLS_MAX, Machine, MissingKey, OUTPUT_MAX, Origin, Output, STEPS_MAX, TextError, is_function,
};
pub use function::{Function, Host, Type};
pub use parse::{DEPTH_MAX, Trees, parse};
pub use provenance::{LineOrigin, Site};
pub use value::{ElementType, IntType, List, Map, Text, UintType, Value};
