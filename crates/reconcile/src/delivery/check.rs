//! Mistakes in one file, as it is typed.

use super::actions::workflow::{Workflow, is_workflow};
use super::app::App;
use super::reader::syntax_problem;
use crate::view::Problem;

/// What is wrong with a file of a repository that CI or the lab reads: an `app.yaml`, a workflow, or
/// any other YAML. `path` begins with the repository. Templates of charts are not looked at here.
#[must_use]
pub fn check(path: &str, text: &str) -> Vec<Problem> {
    let (_, inside) = path.split_once('/').unwrap_or(("", path));
    let is_yaml = inside.ends_with(".yaml") || inside.ends_with(".yml");
    let is_template = inside.starts_with("templates/") || inside.contains("/templates/");
    if inside == "app.yaml" {
        App::parse(path, text).err().unwrap_or_default()
    } else if is_workflow(inside) {
        Workflow::parse(path, text).err().unwrap_or_default()
    } else if is_yaml && !is_template {
        yaml::decode_all(text)
            .err()
            .iter()
            .map(|error| syntax_problem(path, error))
            .collect()
    } else {
        Vec::new()
    }
}
