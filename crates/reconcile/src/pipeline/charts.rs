//! Charts as Helm renders them: the one place where the lab meets the renderer.

use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::git::Tree;
use crate::delivery::plan::Side;
use crate::delivery::plan::trial::lookup;
use crate::view::Problem;
use ecow::{EcoString, eco_format};
use helm::release::{self, Cluster, Operation};
use helm::{Chart, Giver, Prepared, ReleaseOptions, SetKind, Values};
use kube::{Millis, Store, time};
use std::collections::BTreeMap;

/// Where a chart lies.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The repository's name.
    pub repository: &'a str,
    /// Its files.
    pub files: &'a Tree,
    /// When it is rendered.
    pub now: Millis,
    /// What `lookup` sees.
    pub store: &'a Store,
}

/// The chart that an upgrade names, with its values.
fn inputs(
    place: Place<'_>,
    upgrade: &HelmUpgrade,
) -> Result<(Chart, Values, ReleaseOptions), Vec<Problem>> {
    let chart =
        Chart::load(&chart_files(place, upgrade)).map_err(|e| problem(place, upgrade, e))?;
    let values = values(place, upgrade)?;
    let options = ReleaseOptions {
        name: upgrade.release.to_string(),
        namespace: upgrade.namespace.to_string(),
        now_ms: epoch_ms(place.now),
        lookup: Some(lookup(place.store.clone())),
        ..ReleaseOptions::default()
    };
    Ok((chart, values, options))
}

/// Renders the chart that an upgrade names, with its values, and sets out to install it.
///
/// # Errors
/// What Helm says, at its place in the repository where it names one.
pub(crate) fn begin(
    cluster: &dyn Cluster,
    place: Place<'_>,
    upgrade: &HelmUpgrade,
) -> Result<Operation, Vec<Problem>> {
    let (chart, values, options) = inputs(place, upgrade)?;
    let begun = match upgrade.is_install {
        true => release::install(cluster, &chart, &values, &options, &upgrade.options),
        false => release::upgrade(cluster, &chart, &values, &options, &upgrade.options),
    };
    begun.map_err(|e| problem(place, upgrade, e))
}

/// What the chart renders: `helm template`.
///
/// # Errors
/// As [`begin`].
pub(crate) fn manifests(
    place: Place<'_>,
    upgrade: &HelmUpgrade,
) -> Result<EcoString, Vec<Problem>> {
    let fail = |error| problem(place, upgrade, error);
    let (chart, values, options) = inputs(place, upgrade)?;
    let prepared = Prepared::new(chart, &values, &options).map_err(fail)?;
    Ok(prepared.render(&options).map_err(fail)?.manifest().into())
}

/// Everything that an upgrade renders, without where it is written.
///
/// # Errors
/// As [`begin`].
pub(crate) fn rendered(place: Place<'_>, upgrade: &HelmUpgrade) -> Result<Side, Vec<Problem>> {
    side(place, upgrade, None)
}

/// Where everything that an upgrade renders is written. `own` gives values that stand in neither a file
/// nor a flag, the strongest first.
///
/// # Errors
/// As [`begin`].
pub(crate) fn written(
    place: Place<'_>,
    upgrade: &HelmUpgrade,
    own: &[Giver],
) -> Result<Side, Vec<Problem>> {
    side(place, upgrade, Some(own))
}

fn side(
    place: Place<'_>,
    upgrade: &HelmUpgrade,
    own: Option<&[Giver]>,
) -> Result<Side, Vec<Problem>> {
    let fail = |error| problem(place, upgrade, error);
    let (chart, values, options) = inputs(place, upgrade)?;
    let options = ReleaseOptions {
        is_upgrade: !upgrade.is_install,
        provenance: own.is_some(),
        ..options
    };
    let mut read = |path: &str| place.files.get(path).map(EcoString::to_string);
    let mut givers = own.map(<[Giver]>::to_vec).unwrap_or_default();
    for (flag, texts, kind) in [
        ("--set-string", &upgrade.set_string, SetKind::String),
        ("--set", &upgrade.set, SetKind::Set),
    ] {
        let texts = texts.iter().rev();
        givers.extend(texts.map(|text| Giver::flag(flag, text, Some(kind))));
    }
    for path in upgrade.values.iter().rev() {
        givers.extend(read(path).map(|text| Giver::file(path, text)));
    }
    givers.extend(Giver::defaults(&chart, &upgrade.chart, &mut read));
    let prepared = Prepared::new(chart, &values, &options).map_err(fail)?;
    let rendered = prepared.render(&options).map_err(fail)?;
    Side::new(
        &upgrade.chart,
        rendered,
        &options,
        givers,
        prepared.values(),
    )
    .map_err(|error| problem(place, upgrade, helm::Error::new(error)))
}

/// A moment as Helm counts it: milliseconds since 1970.
pub(crate) fn epoch_ms(t: Millis) -> i64 {
    i64::try_from(time::EPOCH_SECONDS * 1000 + t).unwrap_or(i64::MAX)
}

/// The chart's files by their paths in the chart.
fn chart_files(place: Place<'_>, upgrade: &HelmUpgrade) -> BTreeMap<String, String> {
    let inside = |path: &str| -> Option<String> {
        match upgrade.chart.as_str() {
            "" => Some(path.into()),
            folder => Some(path.strip_prefix(folder)?.strip_prefix('/')?.into()),
        }
    };
    let files = place.files.iter();
    lean::map(files.filter_map(|(path, text)| Some((inside(path)?, text.to_string()))))
}

/// The values that files and flags give, later ones over earlier ones.
fn values(place: Place<'_>, upgrade: &HelmUpgrade) -> Result<Values, Vec<Problem>> {
    let values = Values::new();
    for path in &upgrade.values {
        let in_repository = eco_format!("{}/{path}", place.repository);
        let Some(text) = place.files.get(path) else {
            let message = eco_format!("open {path}: no such file or directory");
            return Err(vec![Problem::whole(in_repository, message)]);
        };
        let parsed = Values::parse(text).map_err(|error| {
            let message = eco_format!("failed to parse {path}: {error}");
            let mut found = from_helm(error, in_repository.clone());
            found.message = message;
            vec![found]
        })?;
        values.merge(&parsed);
    }
    let flags = [
        (&upgrade.set, SetKind::Set),
        (&upgrade.set_string, SetKind::String),
    ];
    for (texts, kind) in flags {
        for text in texts {
            values
                .set(text, kind)
                .map_err(|error| vec![from_helm(error, EcoString::new())])?;
        }
    }
    Ok(values)
}

/// A mistake that Helm finds: its file is a path that begins with the chart's name.
fn problem(place: Place<'_>, upgrade: &HelmUpgrade, error: helm::Error) -> Vec<Problem> {
    let inside = error
        .file
        .as_deref()
        .map(|file| file.split_once('/').map_or(file, |(_, path)| path));
    let path = match (inside, upgrade.chart.as_str()) {
        (None, _) => EcoString::new(),
        (Some(path), "") => eco_format!("{}/{path}", place.repository),
        (Some(path), folder) => eco_format!("{}/{folder}/{path}", place.repository),
    };
    vec![from_helm(error, path)]
}

fn from_helm(error: helm::Error, path: EcoString) -> Problem {
    let number = |place: Option<usize>| place.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Problem {
        path,
        line: number(error.line),
        column: number(error.column),
        message: error.message.into(),
        hint: error.hint.unwrap_or_default().into(),
    }
}
