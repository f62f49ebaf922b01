//! What a page loads that renders charts and does nothing else: `cargo xtask bench --only size`
//! compiles it as the page is compiled,
//! and weighs it.

use helm::{Chart, ReleaseOptions, Values};
use std::collections::BTreeMap;
use wasm_bindgen::prelude::wasm_bindgen;

/// Renders a chart: its files as a YAML mapping of paths to texts, and a values file. Returns the
/// manifests, or what is wrong.
#[wasm_bindgen]
#[must_use]
pub fn render(files: &str, values: &str) -> String {
    render_chart(files, values).unwrap_or_else(|error| error.to_string())
}

fn render_chart(files: &str, values: &str) -> Result<String, helm::Error> {
    let files = yaml::decode(files).unwrap_or_default();
    let mut texts = BTreeMap::new();
    for (path, text) in files.members() {
        texts.insert(path.to_string(), text.to_text());
    }
    let chart = Chart::load(&texts)?;
    let rendered = helm::render(&chart, &Values::parse(values)?, &ReleaseOptions::default())?;
    Ok(rendered.manifest())
}

fn main() {}
