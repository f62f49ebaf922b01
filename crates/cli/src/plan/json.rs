//! A plan as JSON, for programs.

use reconcile::view::{Effect, PlanRow};
use serde::Serialize;

/// The whole of it.
#[derive(Serialize)]
struct Plan<'a> {
    changes: Vec<Change<'a>>,
    /// The objects whose pods will be replaced.
    rolls: Vec<&'a str>,
    /// What the API server warns of; left out if that is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning<'a>>,
}

/// What the API server warns of when an object is written.
#[derive(Serialize)]
struct Warning<'a> {
    object: &'a str,
    message: &'a str,
}

/// One changed path; what comes or goes as a whole has an empty one.
#[derive(Serialize)]
struct Change<'a> {
    object: &'a str,
    path: &'a str,
    effect: Effect,
    pods: u32,
    reason: &'a str,
    source: &'a str,
}

/// The plan, with a line end.
pub fn write(rows: &[PlanRow]) -> String {
    let rolls = rows.iter().filter(|row| row.effect == Effect::Rolls);
    let plan = Plan {
        changes: rows.iter().flat_map(changes).collect(),
        rolls: rolls.map(|row| row.object.as_str()).collect(),
        warnings: rows.iter().flat_map(warnings).collect(),
    };
    // Texts and numbers can always be written.
    serde_json::to_string_pretty(&plan).unwrap_or_default() + "\n"
}

fn warnings(row: &PlanRow) -> impl Iterator<Item = Warning<'_>> {
    let warnings = row.warnings.iter();
    warnings.map(|message| Warning {
        object: &row.object,
        message,
    })
}

fn changes(row: &PlanRow) -> Vec<Change<'_>> {
    if row.paths.is_empty() {
        return vec![Change {
            object: &row.object,
            path: "",
            effect: row.effect,
            pods: row.pods,
            reason: &row.sentence,
            source: &row.source,
        }];
    }
    let paths = row.paths.iter();
    let told = paths.map(|path| Change {
        object: &row.object,
        path: &path.change.path,
        effect: path.effect,
        pods: path.pods,
        reason: &path.reason,
        source: &path.source,
    });
    told.collect()
}
