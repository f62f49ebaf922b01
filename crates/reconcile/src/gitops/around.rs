//! What Argo CD and Flux would ask of Helm if files were as somebody edits them.

use super::source::Repositories;
use super::{argocd, diff, flux};
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::git::Tree;
use crate::delivery::plan::trial::Cluster;
use crate::pipeline::MAIN;
use crate::view::DeliveredBy;
use ecow::{EcoString, eco_format};
use helm::Giver;
use kube::{Key, Store, Value};
use yaml::Duplicates;

/// The file that Helm is given the values in that an object of a tool holds itself.
pub(crate) const OWN_VALUES: &str = "spec.values";

/// The kinds that decide what Helm is asked for.
const DECIDING: [&str; 3] = ["Application", "GitRepository", "HelmRelease"];

/// What an object of a tool asks of Helm.
pub(crate) struct Asked {
    /// The chart's repository.
    pub repository: EcoString,
    /// Its files, and beside them values files from elsewhere.
    pub files: Tree,
    /// The chart, its values and its name.
    pub upgrade: HelmUpgrade,
    /// Values that the object holds itself: where it does (`spec`, `source`, `helm`…), the strongest first.
    pub own: Vec<(Vec<String>, Value)>,
}

/// A release that an object of a tool asks for.
pub(crate) struct Around {
    /// The object.
    pub by: DeliveredBy,
    /// The file that it is written in, by its path with the repository; empty if there is none.
    pub manifest: EcoString,
    /// The chart's repository.
    pub repository: EcoString,
    /// Its files, and beside them values files from elsewhere.
    pub files: Tree,
    /// The chart, its values and its name.
    pub upgrade: HelmUpgrade,
    /// Who gives the values that the object holds itself, the strongest first.
    pub own: Vec<Giver>,
}

/// An object of a tool in a repository.
struct Written {
    key: Key,
    /// The file, by its path with the repository.
    path: EcoString,
    /// The object's text, on the lines that it has in the file.
    text: String,
}

/// The releases that a file is part of: of its chart, its values, or of the object that asks for them,
/// which counts as the repositories have it.
///
/// Beside them, what the tools say of objects in this file that ask for what is not there.
pub(crate) fn around(
    cluster: &Cluster,
    repositories: &Repositories,
    file: &str,
) -> (Vec<Around>, Vec<EcoString>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    let before = &cluster.store;
    let mut cluster = cluster.clone();
    let written = written(&mut cluster, repositories);
    let argocd = argocd::releases_asked(&cluster.store, repositories, cluster.now);
    let argocd = argocd.into_iter().map(|(key, asked)| {
        let by = DeliveredBy::Application(key.name.clone());
        (key, by, asked)
    });
    let flux = flux::releases_asked(&cluster.store, repositories);
    let flux = flux.into_iter().map(|(key, asked)| {
        let by = DeliveredBy::HelmRelease(key.name.clone());
        (key, by, asked)
    });
    for (key, by, asked) in argocd.chain(flux) {
        let place = written.iter().find(|it| it.key == key);
        let is_it = place.is_some_and(|it| it.path == file);
        // What was written and never applied asks for nothing.
        let is_there = before.get(&key).is_some();
        match asked {
            Ok(asked) if is_it || is_there && concerns(&asked, file) => {
                found.push(Around::of(by, asked, &key, place));
            }
            Err(why) if is_it => wrong.push(why),
            _ => {}
        }
    }
    (found, wrong)
}

/// The namespace that a tool puts a plain manifest into; none if no tool reads it.
pub(crate) fn namespace_for(store: &Store, repository: &str, path: &str) -> Option<EcoString> {
    let found = argocd::namespace_for(store, repository, path);
    let found = found.or_else(|| flux::namespace_for(store, repository, path));
    found.filter(|namespace| !namespace.is_empty())
}

/// Whether a file is of the chart, or one of its values files.
fn concerns(asked: &Asked, file: &str) -> bool {
    let upgrade = &asked.upgrade;
    let is_given = |path: &EcoString| match path.strip_prefix("../") {
        Some(elsewhere) => elsewhere == file,
        None => eco_format!("{}/{path}", asked.repository) == file,
    };
    let folder = eco_format!("{}/{}", asked.repository, upgrade.chart);
    super::render::is_below(file, &folder) || upgrade.values.iter().any(is_given)
}

/// Finds the objects that decide, and brings the cluster to them.
fn written(cluster: &mut Cluster, repositories: &Repositories) -> Vec<Written> {
    let (mut found, mut objects) = (Vec::new(), Vec::new());
    for (name, repository) in repositories.iter() {
        let files = repository.branch(MAIN).map(|main| repository.files(main));
        for (path, text) in files.iter().flat_map(|files| files.iter()) {
            let decides = |kind: &&str| text.contains(&*eco_format!("kind: {kind}"));
            if !DECIDING.iter().any(decides) {
                continue;
            }
            for document in yaml::parse(text).unwrap_or_default() {
                let object = yaml::decode_node(&document, Duplicates::default());
                let Some(mut object) = object.ok() else {
                    continue;
                };
                if DECIDING.contains(&object.get("kind").text()) {
                    let before = text.get(..document.span.start).unwrap_or_default();
                    let own = text.get(document.span.clone()).unwrap_or_default();
                    found.push(Written {
                        key: diff::place(&mut object, "default"),
                        path: eco_format!("{name}/{path}"),
                        text: "\n".repeat(before.matches('\n').count()) + own,
                    });
                    objects.push(object);
                }
            }
        }
    }
    // What is refused stays as it is.
    cluster.refused(&[], &objects);
    found
}

impl Around {
    fn of(by: DeliveredBy, asked: Asked, key: &Key, place: Option<&Written>) -> Around {
        let name = match place {
            None => eco_format!("{} {}", key.kind, key.name),
            Some(it) => match it.path.split_once('/') {
                Some((repository, path)) if *repository == *asked.repository => path.into(),
                _ => eco_format!("../{}", it.path),
            },
        };
        let text = place.map_or("", |it| &it.text);
        let own = asked.own.into_iter();
        Around {
            by,
            manifest: place.map(|it| it.path.clone()).unwrap_or_default(),
            own: own
                .map(|(under, values)| {
                    // What stands nowhere in the object has no line in it.
                    let text = if under.is_empty() { "" } else { text };
                    Giver::inside(&name, text, &under, values)
                })
                .collect(),
            repository: asked.repository,
            files: asked.files,
            upgrade: asked.upgrade,
        }
    }
}
