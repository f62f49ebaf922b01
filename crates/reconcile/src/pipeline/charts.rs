//! Charts as Helm renders them: the one place where the lab meets the renderer.

use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::git::Tree;
use crate::view::Problem;
use ecow::EcoString;
use kube::{Millis, Value};

/// Where a chart lies.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub repository: &'a str,
    pub files: &'a Tree,
    pub now: Millis,
}

/// A rendered release.
pub(crate) struct Rendered {
    /// Chart and version.
    pub chart: EcoString,
    /// The objects in the order of their installation.
    pub objects: Vec<Value>,
}

/// Renders the chart that an upgrade names, with its values.
pub(crate) fn render(
    place: Place<'_>,
    upgrade: &HelmUpgrade,
    revision: u32,
) -> Result<Rendered, Vec<Problem>> {
    todo!()
}
