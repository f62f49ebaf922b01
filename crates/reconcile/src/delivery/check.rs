//! Mistakes in one file, as it is typed.

use super::actions::workflow::{Workflow, is_workflow};
use super::app::App;
use super::reader::syntax_problem;
use crate::texts;
use crate::view::Problem;
use ecow::EcoString;
use kube::fields::{self, Fault, Table};

/// What is wrong with a file of a repository that CI or the lab reads: an `app.yaml`, a workflow, or
/// any other YAML. `path` begins with the repository. With the table of all fields, those of Kubernetes
/// objects are looked at too. Templates of charts are not looked at here.
#[must_use]
pub fn check(path: &str, text: &str, table: Option<&Table>) -> Vec<Problem> {
    let (_, inside) = path.split_once('/').unwrap_or(("", path));
    let is_yaml = inside.ends_with(".yaml") || inside.ends_with(".yml");
    let is_template = inside.starts_with("templates/") || inside.contains("/templates/");
    if inside == "app.yaml" {
        App::parse(path, text).err().unwrap_or_default()
    } else if is_workflow(inside) {
        Workflow::parse(path, text).err().unwrap_or_default()
    } else if is_yaml && !is_template {
        let faults = table.map(|table| field_problems(path, text, table));
        let syntax = yaml::decode_all(text).err();
        let syntax = syntax.iter().map(|error| syntax_problem(path, error));
        faults
            .filter(|faults| !faults.is_empty())
            .unwrap_or_else(|| syntax.collect())
    } else {
        Vec::new()
    }
}

/// The fields of a text's objects that are unknown, stand twice, or are of a wrong type.
fn field_problems(path: &str, text: &str, table: &Table) -> Vec<Problem> {
    let placed = fields::check_text(table, text).unwrap_or_default();
    let problems = placed.iter().map(|it| Problem {
        path: path.into(),
        line: it.line as u32,
        column: it.column as u32,
        message: it.fault.message.clone(),
        hint: hint(&it.fault),
    });
    problems.collect()
}

/// What to write instead of a field that is unknown, as a question; empty if nothing is near.
pub(crate) fn hint(fault: &Fault) -> EcoString {
    let near = fault.hint.map(texts::files::did_you_mean);
    near.unwrap_or_default()
}
