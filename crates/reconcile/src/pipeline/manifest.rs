//! What the chart around an edited file renders, before anything is proposed.

use super::{MAIN, charts, runs};
use crate::delivery::actions::run::Start;
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::actions::workflow::Event;
use crate::delivery::git::{Person, Tree};
use crate::delivery::rehearsal;
use crate::engine::World;
use crate::view::{Manifest, Problem};
use ecow::EcoString;
use std::rc::Rc;

/// The file that makes a folder a chart.
const CHART_FILE: &str = "Chart.yaml";

/// What the chart around a file of a repository renders from these files, line by line; none if there
/// is no chart around it.
pub(crate) fn render(world: &World, name: &str, files: &Tree, path: &str) -> Option<Manifest> {
    let (upgrade, is_delivered) = installed_by(world, name, files, path)?;
    let written = charts::written(place(world, name, files), &upgrade);
    let mut manifest = Manifest {
        repository: name.into(),
        chart: upgrade.chart.clone(),
        release: upgrade.release.clone(),
        is_delivered,
        ..Manifest::default()
    };
    match written {
        Ok(side) => manifest.lines = side.lines(),
        Err(problems) => manifest.problems = problems,
    }
    Some(manifest)
}

/// Why the chart around a file does not render.
pub(crate) fn problems(world: &World, name: &str, files: &Tree, path: &str) -> Vec<Problem> {
    let Some((upgrade, _)) = installed_by(world, name, files, path) else {
        return Vec::new();
    };
    let rendered = charts::manifests(place(world, name, files), &upgrade);
    rendered.err().unwrap_or_default()
}

fn place<'a>(world: &'a World, repository: &'a str, files: &'a Tree) -> charts::Place<'a> {
    charts::Place {
        repository,
        files,
        now: world.now,
        store: &world.store,
    }
}

/// How the chart around a file is installed, and whether a workflow does it: played ahead on these
/// files, it says with which flags. Where none does, the chart is rendered as it is.
fn installed_by(
    world: &World,
    name: &str,
    files: &Tree,
    path: &str,
) -> Option<(HelmUpgrade, bool)> {
    let chart = chart_of(files, path);
    let is_it = |upgrade: &HelmUpgrade| {
        upgrade.values.iter().any(|file| file == path) || chart == Some(&upgrade.chart)
    };
    let found = upgrades(world, name, files).into_iter().find(is_it);
    if let Some(upgrade) = found {
        return Some((upgrade, true));
    }
    let chart = chart?;
    let release = match chart.rsplit('/').next() {
        None | Some("" | "chart") => name,
        Some(folder) => folder,
    };
    let upgrade = HelmUpgrade {
        release: release.into(),
        chart: chart.into(),
        namespace: "default".into(),
        ..HelmUpgrade::default()
    };
    Some((upgrade, false))
}

/// What the workflows of a repository would install if main were these files.
fn upgrades(world: &World, name: &str, files: &Tree) -> Vec<HelmUpgrade> {
    let delivery = &world.delivery;
    let mut repository = delivery.repositories.get(name).cloned().unwrap_or_default();
    let parents: Vec<_> = repository.branch(MAIN).into_iter().collect();
    let Ok(commit) = repository.commit_files(files, &parents, Person::you(), world.now, "Edit")
    else {
        return Vec::new();
    };
    let start = Start {
        number: 0,
        name,
        repository: &repository,
        commit,
        event: Event::push(MAIN, files.keys().cloned().collect()),
        settings: runs::settings(world, name, files),
    };
    let played = rehearsal::rehearse_all(&start, &delivery.registry, &delivery.repositories);
    let mut upgrades = played.map(|it| it.upgrades).unwrap_or_default();
    for upgrade in &mut upgrades {
        upgrade.files = Rc::default();
    }
    upgrades
}

/// The folder of the chart that a file belongs to: of those within each other the outermost, for it is
/// the one that is installed.
fn chart_of<'a>(files: &Tree, path: &'a str) -> Option<&'a str> {
    let ends = path.match_indices('/').map(|(at, _)| at);
    let mut folders = std::iter::once("").chain(ends.map(|at| &path[..at]));
    folders.find(|folder| {
        let file: EcoString = match *folder {
            "" => CHART_FILE.into(),
            folder => ecow::eco_format!("{folder}/{CHART_FILE}"),
        };
        files.contains_key(&file)
    })
}
