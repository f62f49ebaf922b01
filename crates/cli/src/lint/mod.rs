//! `rollout-lab lint`: checks on what a chart renders.

use crate::git::Repository;
use crate::plan::{helm_flags, take_helm_flag};
use crate::side::{Rendered, Source};
use crate::template::flags::Parsed;
use crate::{Fault, usage};
use reconcile::delivery::app::App;
use reconcile::delivery::checks::{self, CHECKS, Subject};
use reconcile::delivery::plan::Side;
use reconcile::delivery::plan::trial::Cluster;
use reconcile::delivery::registry::Reference;
use reconcile::view::{CheckRow, Severity};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const HELP: &str = include_str!("help.txt");

/// What the command line asks for.
struct Options {
    chart: String,
    release: String,
    json: bool,
    names: Vec<&'static str>,
    /// The flags that are Helm's.
    helm: Parsed,
}

/// What a command line comes to.
enum Asked {
    Help,
    List,
    Lint(Options),
}

fn read(parser: &mut lexopt::Parser) -> Result<Asked, Fault> {
    use lexopt::prelude::*;
    let (mut chart, mut release, mut json, mut helm) = (None, String::new(), false, Vec::new());
    let mut names = checks::defaults();
    while let Some(arg) = parser.next().map_err(usage)? {
        if take_helm_flag(&arg, &mut helm).is_some() {
            helm.push(text_of(parser)?);
            continue;
        }
        match arg {
            Long("help") | Short('h') => return Ok(Asked::Help),
            Long("list") => return Ok(Asked::List),
            Long("json") => json = true,
            Long("release") => release = text_of(parser)?,
            Long("disable") => {
                let gone = known(&text_of(parser)?)?;
                names.retain(|name| !gone.contains(name));
            }
            Long("enable") => names.extend(known(&text_of(parser)?)?),
            Long("only") => names = known(&text_of(parser)?)?,
            Value(path) if chart.is_none() => chart = Some(path.to_string_lossy().into_owned()),
            other => return Err(usage(other.unexpected())),
        }
    }
    let Some(chart) = chart else {
        let why = "error: lint takes a chart\n\nSee rollout-lab lint --help.";
        return Err(Fault::Usage(why.to_owned()));
    };
    Ok(Asked::Lint(Options {
        chart,
        release,
        json,
        names,
        helm: helm_flags(&helm)?,
    }))
}

fn text_of(parser: &mut lexopt::Parser) -> Result<String, Fault> {
    let value = parser.value().map_err(usage)?;
    Ok(value.to_string_lossy().into_owned())
}

/// The checks of a list of names.
fn known(list: &str) -> Result<Vec<&'static str>, Fault> {
    let names = list.split(',').filter(|name| !name.is_empty());
    let find = |name: &str| {
        let found = CHECKS.iter().find(|check| check.name == name);
        found.map(|check| check.name).ok_or_else(|| {
            Fault::Usage(format!(
                "error: there is no check {name:?}\n\nSee rollout-lab lint --list."
            ))
        })
    };
    names.map(find).collect()
}

/// Runs the command.
pub fn run(parser: &mut lexopt::Parser) -> Result<ExitCode, Fault> {
    let options = match read(parser)? {
        Asked::Help => return crate::print(HELP),
        Asked::List => return crate::print(&list()),
        Asked::Lint(options) => options,
    };
    let rows = found(&options)?;
    crate::print(&match options.json {
        // Texts can always be written.
        true => serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n",
        false => text(&rows),
    })?;
    let is_grave = rows.iter().any(|row| row.severity != Severity::Info);
    Ok(match is_grave {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

fn list() -> String {
    let told = CHECKS.iter().map(|check| {
        let on = if check.on { "" } else { ", off" };
        format!(
            "{} ({}{on})\n  {}\n  {}\n  {}\n",
            check.name,
            check.severity.as_str(),
            check.what,
            check.mend,
            check.url
        )
    });
    told.collect()
}

fn found(options: &Options) -> Result<Vec<CheckRow>, Fault> {
    let chart = options.chart.as_str();
    let source = match chart.split_once(':') {
        Some((revision, path)) if !Path::new(chart).exists() => {
            let repository = Repository::at(".".into());
            Source::of_revision(repository, revision, path)?
        }
        _ => Some(Source::of_disk(chart)?),
    };
    let Some(source) = source else {
        return Err(Fault::failed(format!("there is no chart at {chart:?}")));
    };
    let Rendered { side, .. } = source.render(&options.helm, &options.release, None)?;
    let (cluster, refused) = Cluster::install(&side.objects);
    let subject = Subject {
        side: &side,
        store: &cluster.store,
        apps: &apps(chart, &side),
        moved: &[],
        refused: &refused,
    };
    Ok(checks::check(subject, &options.names))
}

/// The program that the `app.yaml` beside a chart is about: that of the images that are called as its
/// folder is. One that cannot be read is none.
fn apps(chart: &str, side: &Side) -> Vec<(Reference, App)> {
    let Ok(chart) = fs::canonicalize(chart) else {
        return Vec::new();
    };
    let Some(folder) = chart.parent() else {
        return Vec::new();
    };
    let text = fs::read_to_string(folder.join("app.yaml")).unwrap_or_default();
    let Ok(app) = App::parse("app.yaml", &text) else {
        return Vec::new();
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let is_its = |image: &Reference| image.name.rsplit('/').next() == Some(&*name);
    let images = side.images().filter_map(Reference::parse).filter(is_its);
    images.map(|image| (image, app.clone())).collect()
}

/// As compilers print them, the gravest first, then how many there are.
fn text(rows: &[CheckRow]) -> String {
    let mut out = String::new();
    for row in rows {
        let place = match row.source.as_str() {
            "" => String::new(),
            source => format!("{source}: "),
        };
        let object = match row.object.as_str() {
            "" => String::new(),
            object => format!("{object}: "),
        };
        out.push_str(&format!(
            "{place}{}: {object}{} [{}]\n  {}\n",
            row.severity.as_str(),
            row.message,
            row.name,
            row.mend
        ));
    }
    let of = |severity| rows.iter().filter(|row| row.severity == severity).count();
    let told = match rows {
        [] => "nothing was found\n".to_owned(),
        _ => format!(
            "{} errors, {} warnings, {} that could be better\n",
            of(Severity::Error),
            of(Severity::Warning),
            of(Severity::Info)
        ),
    };
    out + &told
}
