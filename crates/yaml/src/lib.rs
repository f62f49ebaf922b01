//! YAML as Kubernetes and Helm read and write it, and the plain value tree that the whole lab shares.

mod value;

pub use value::{Map, Value};
