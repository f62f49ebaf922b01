//! YAML as Kubernetes and Helm read and write it, and the plain value tree that the whole lab shares.
//!
//! Reading has three steps: [`scan`](scan) makes tokens of bytes, [`parse`] makes a tree in which
//! every node knows the bytes it came from, [`decode`] makes plain values of it. Writing goes
//! straight from values to text ([`encode`]); [`edit`] changes one value of a text and keeps the rest.
//!
//! The rules are YAML 1.1 with the habits of go-yaml v2, which Helm and the API server use: `on` is
//! true, `0644` is octal, and error texts are the ones users know. Knows nothing of Kubernetes.

mod decimal;
mod decode;
pub mod edit;
mod encode;
mod error;
pub mod json;
mod node;
pub mod number;
mod parse;
mod resolve;
mod scan;
mod texts;
mod value;

pub use decode::{Duplicates, decode, decode_all, decode_members, decode_node, decode_with};
pub use encode::{encode, encode_indented, natural_order};
pub use error::{Error, Mark};
pub use node::{Kind, Node};
pub use parse::{mark_at, parse, parse_first};
pub use scan::Style;
pub use value::{Map, Value, key};
