//! Helm: charts and values become manifests.
//!
//! [`Chart::load`] reads a chart from its files, [`Values`] collects what a user gives, [`render`]
//! makes manifests of both, in the words and to the byte as Helm 4 does. [`Release`] keeps what was
//! installed. Time, chance and the cluster ([`ReleaseOptions`]) are passed in, so the same inputs
//! give the same text.
//!
//! Knows nothing of clusters: `lookup` asks whoever calls.
//!
//! ```
//! use std::collections::BTreeMap;
//! let files = BTreeMap::from([
//!     ("Chart.yaml".to_owned(), "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
//!     ("values.yaml".to_owned(), "replicas: 2\n"),
//!     ("templates/d.yaml".to_owned(), "kind: Deployment\nspec:\n  replicas: {{ .Values.replicas }}\n"),
//! ]);
//! let chart = helm::Chart::load(&files).unwrap();
//! let values = helm::Values::new();
//! values.set("replicas=3", helm::SetKind::Set).unwrap();
//! let rendered = helm::render(&chart, &values, &helm::ReleaseOptions::default()).unwrap();
//! assert!(rendered.manifests[0].content.contains("replicas: 3"));
//! ```

mod archive;
mod capabilities;
mod chart;
mod dependencies;
mod error;
mod functions;
mod givers;
mod glob;
mod ignore;
mod json;
mod log;
mod manifest;
mod path_match;
pub mod regexp;
pub mod release;
mod release_name;
mod render;
mod schema;
mod set;
mod shape;
mod values;

pub use capabilities::{HELM_VERSION, KubeVersion};
#[cfg(feature = "archive")]
pub use chart::unpack_chart;
pub use chart::{Chart, Dependency, Metadata};
pub use error::Error;
pub use functions::{check_url, parse_duration};
pub use givers::{Giver, giver_of, value_at};
pub use gotmpl::{LineOrigin, Site};
pub use ignore::IgnoreRules;
pub use log::{Level, Log, Notice};
pub use manifest::{Hook, INSTALL_ORDER, Manifest, split_manifests};
pub use path_match::PathPattern;
pub use release::{Release, Status};
pub use render::{
    File, Lookup, Prepared, Printer, ReleaseOptions, Rendered, effective_values, render,
    render_name, render_templates, render_text,
};
pub use set::{ReadFile, SetKind};
pub use values::{Values, line_of_value};
