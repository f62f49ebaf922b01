//! What comes of an edited file before anything is proposed: what the chart around it renders, and what
//! Helm and the API server would say of it.

use super::{MAIN, charts, releases, runs};
use crate::delivery::actions::run::Start;
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::actions::workflow::Event;
use crate::delivery::check::hint;
use crate::delivery::git::{Person, Tree};
use crate::delivery::plan::trial::{Cluster, Refusal};
use crate::delivery::plan::{Side, place_objects};
use crate::delivery::rehearsal;
use crate::engine::World;
use crate::gitops::argocd;
use crate::gitops::around::{self, Around};
use crate::gitops::source::Repositories;
use crate::view::{DeliveredBy, Edits, Manifest, Problem};
use ecow::{EcoString, eco_format};
use kube::rbac::User;
use kube::{Key, Value, fields};
use std::rc::Rc;

/// The file that makes a folder a chart.
const CHART_FILE: &str = "Chart.yaml";
/// The group of files that kustomize reads and no API server gets.
const KUSTOMIZE: &str = "kustomize.config.k8s.io/";

/// All repositories as they are edited.
pub(crate) struct Edited<'a> {
    world: &'a World,
    repositories: Repositories,
    /// By which the API server decodes.
    fields: Option<&'static fields::Table>,
}

impl<'a> Edited<'a> {
    pub(crate) fn new(
        world: &'a World,
        edits: &Edits,
        fields: Option<&'static fields::Table>,
    ) -> Edited<'a> {
        let mut repositories = world.delivery.repositories.clone();
        let paths = edits.changed.keys().chain(&edits.removed);
        let names = paths.filter_map(|path| Some(path.split_once('/')?.0));
        for name in lean::set(names) {
            let files = edited(world, name, edits);
            let mut repository = repositories.get(name).cloned().unwrap_or_default();
            let parents: Vec<_> = repository.branch(MAIN).into_iter().collect();
            let commit =
                repository.commit_files(&files, &parents, Person::you(), world.now, "Edit");
            // What git does not take is refused when it is proposed.
            if let Ok(commit) = commit {
                repository.set_branch(MAIN, commit);
                repositories.insert(name.into(), repository);
            }
        }
        Edited {
            world,
            repositories,
            fields,
        }
    }

    fn files(&self, name: &str) -> Tree {
        let repository = self.repositories.get(name);
        let files = repository.and_then(|it| Some(it.files(it.branch(MAIN)?)));
        files.unwrap_or_default()
    }

    fn cluster(&self) -> Cluster {
        Cluster {
            store: self.world.store.clone(),
            now: self.world.now,
            user: User::master(releases::HELM),
            fields: self.fields,
        }
    }

    /// What the chart around a file renders, line by line; none if there is no chart around it.
    pub(crate) fn render(&self, path: &str) -> Option<Manifest> {
        let (releases, _) = self.releases(path);
        let release = releases.into_iter().next()?;
        let written = charts::written(self.place(&release), &release.upgrade, &release.own);
        let (lines, problems) = match written {
            Ok(side) => (side.lines(), Vec::new()),
            Err(problems) => (Vec::new(), problems),
        };
        Some(Manifest {
            chart: release.upgrade.chart,
            release: release.upgrade.release,
            by: release.by,
            repository: release.repository,
            lines,
            problems,
        })
    }

    /// What Helm and the API server say of what comes of a file.
    pub(crate) fn problems(&self, path: &str) -> Vec<Problem> {
        let (releases, wrong) = self.releases(path);
        let wrong = wrong.into_iter().map(|why| Problem::whole(path, why));
        let mut problems: Vec<Problem> = wrong.collect();
        match releases.is_empty() {
            true => problems.extend(self.of_manifest(path)),
            false => problems.extend(releases.iter().flat_map(|it| self.of_release(it))),
        }
        // The same chart for several environments has the same mistakes.
        let mut seen: Vec<Problem> = Vec::new();
        for problem in problems {
            if !seen.contains(&problem) {
                seen.push(problem);
            }
        }
        seen
    }

    fn place<'p>(&'p self, release: &'p Around) -> charts::Place<'p> {
        charts::Place {
            repository: &release.repository,
            files: &release.files,
            now: self.world.now,
            store: &self.world.store,
        }
    }

    /// What is said of a release: by Helm, else by the API server.
    fn of_release(&self, release: &Around) -> Vec<Problem> {
        let (place, upgrade) = (self.place(release), &release.upgrade);
        // Where lines come from costs time, and is asked only if something is wrong.
        let side = match charts::rendered(place, upgrade) {
            Err(problems) => return problems,
            Ok(side) => side,
        };
        let last = match release.by {
            DeliveredBy::Application(_) => None,
            _ => releases::deployed(self.world, &upgrade.namespace, &upgrade.release),
        };
        let last = last.map_or(&[][..], |last| &last.objects);
        if self.refusals(last, &side).is_empty() {
            return Vec::new();
        }
        match charts::written(place, upgrade, &release.own) {
            Err(problems) => problems,
            Ok(side) => {
                let refusals = self.refusals(last, &side);
                refusals
                    .into_iter()
                    .map(|it| it.at(&release.repository))
                    .collect()
            }
        }
    }

    /// What is said of a manifest that is applied as it is.
    fn of_manifest(&self, path: &str) -> Vec<Problem> {
        let (name, inside) = path.split_once('/').unwrap_or(("", path));
        let is_manifest = inside.ends_with(".yaml") || inside.ends_with(".yml");
        let files = self.files(name);
        let Some(text) = files.get(inside).filter(|_| is_manifest) else {
            return Vec::new();
        };
        let namespace = around::namespace_for(&self.world.store, name, inside);
        let namespace = namespace.unwrap_or_else(|| "default".into());
        let mut side = place_objects(inside, text, &namespace);
        side.objects.retain(|it| {
            let version = it.get("apiVersion").text();
            !version.is_empty() && !version.starts_with(KUSTOMIZE)
        });
        let refusals = self.refusals(&[], &side);
        refusals.into_iter().map(|it| it.at(name)).collect()
    }

    /// What the API server would say of objects: first of each field, then of each object whose fields
    /// it can read.
    fn refusals(&self, last: &[Value], side: &Side) -> Vec<Said> {
        let table = self.fields;
        let (mut said, mut kept, mut hooks) = (Vec::new(), Vec::new(), Vec::new());
        let of_helm = side.hooks.iter().map(|hook| (&hook.object, true));
        let objects = side.objects.iter().map(|it| (it, argocd::is_hook(it)));
        for (object, is_hook) in objects.chain(of_helm) {
            let key = Key::of(object);
            let faults = table.map(|table| fields::check(table, object));
            let faults = faults.unwrap_or_default();
            match (faults.is_empty(), is_hook) {
                (true, true) => hooks.push(object),
                (true, false) => kept.push(object.clone()),
                (false, _) => {}
            }
            said.extend(faults.iter().map(|fault| Said {
                place: match fault.undecodable {
                    true => side.written_at(&key, &fault.path),
                    false => side.named_at(&key, &fault.path),
                },
                message: fault.message.clone(),
                hint: hint(fault),
            }));
        }
        let mut cluster = self.cluster();
        let mut refused = cluster.refused(last, &kept);
        for hook in hooks {
            let refusal = cluster.try_hook(hook).err();
            refused.extend(refusal.map(|it| (Key::of(hook), it)));
        }
        let refused = refused.into_iter();
        said.extend(refused.flat_map(|(key, refusal)| Said::of(side, &key, refusal)));
        said
    }

    /// The releases that a file is part of, and what is wrong with those that it asks for. A chart that
    /// nothing delivers is rendered as it is.
    fn releases(&self, path: &str) -> (Vec<Around>, Vec<EcoString>) {
        let Some((name, inside)) = path.split_once('/') else {
            return (Vec::new(), Vec::new());
        };
        let files = self.files(name);
        let chart = chart_of(&files, inside);
        let plain = |by, upgrade| Around {
            by,
            manifest: EcoString::new(),
            repository: name.into(),
            files: files.clone(),
            upgrade,
            own: Vec::new(),
        };
        let is_it = |upgrade: &HelmUpgrade| {
            upgrade.values.iter().any(|file| file == inside) || chart == Some(&upgrade.chart)
        };
        let upgrades = upgrades(self.world, &self.repositories, name, &files);
        let upgrades = upgrades.into_iter().filter(is_it);
        let mut found: Vec<Around> = upgrades
            .map(|it| plain(DeliveredBy::Workflow, it))
            .collect();
        let (around, wrong) = around::around(&self.cluster(), &self.repositories, path);
        found.extend(around);
        // Of several, the one that the file is given to or that it asks for.
        lean::sort_by_key(&mut found, |it| {
            let is_given =
                |file: &EcoString| file == inside || file.strip_prefix("../") == Some(path);
            !(it.manifest == path || it.upgrade.values.iter().any(is_given))
        });
        if let (true, Some(chart)) = (found.is_empty(), chart) {
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
            found.push(plain(DeliveredBy::Nobody, upgrade));
        }
        (found, wrong)
    }
}

/// Something that the API server says.
struct Said {
    /// `FILE:LINE`, or a flag, or nothing.
    place: EcoString,
    message: EcoString,
    hint: EcoString,
}

impl Said {
    /// A refusal: field by field if it names them, at the beginning of the object if not.
    fn of(side: &Side, key: &Key, refusal: Refusal) -> Vec<Said> {
        let said = |place, message| Said {
            place,
            message,
            hint: EcoString::new(),
        };
        let about = refusal.message.split_once(" is invalid: ");
        let (Some((about, _)), false) = (about, refusal.fields.is_empty()) else {
            return vec![said(side.place(key), refusal.message)];
        };
        let fields = refusal.fields.iter();
        let fields = fields.map(|(field, message)| {
            let message = eco_format!("{about} is invalid: {field}: {message}");
            said(side.written_at(key, field), message)
        });
        fields.collect()
    }

    /// As a mistake in a repository. What no line of a file gives is a mistake of no file.
    fn at(self, repository: &str) -> Problem {
        let split = self.place.rsplit_once(':');
        let found = split.and_then(|(path, line)| Some((path, line.parse().ok()?)));
        let Some((path, line)) = found else {
            let message = match self.place.as_str() {
                "" => self.message,
                flag => eco_format!("{} ({flag})", self.message),
            };
            return Problem {
                hint: self.hint,
                ..Problem::whole("", message)
            };
        };
        Problem {
            path: match path.strip_prefix("../") {
                Some(elsewhere) => elsewhere.into(),
                None => eco_format!("{repository}/{path}"),
            },
            line,
            column: 0,
            message: self.message,
            hint: self.hint,
        }
    }
}

/// The files of a repository with edits, by their paths in it.
pub(crate) fn edited(world: &World, name: &str, edits: &Edits) -> Tree {
    let inside = |path: &str| -> Option<EcoString> {
        Some(path.strip_prefix(name)?.strip_prefix('/')?.into())
    };
    let mut files = super::main_files(world, name);
    for (path, text) in &edits.changed {
        if let Some(path) = inside(path) {
            files.insert(path, text.into());
        }
    }
    for path in edits.removed.iter().filter_map(|path| inside(path)) {
        files.remove(&path);
    }
    files
}

/// What the workflows of a repository install once main is what it is here: played ahead, they say with
/// which flags.
fn upgrades(
    world: &World,
    repositories: &Repositories,
    name: &str,
    files: &Tree,
) -> Vec<HelmUpgrade> {
    let Some(repository) = repositories.get(name) else {
        return Vec::new();
    };
    let Some(commit) = repository.branch(MAIN) else {
        return Vec::new();
    };
    let start = Start {
        number: 0,
        name,
        repository,
        commit,
        event: Event::push(MAIN, files.keys().cloned().collect()),
        settings: runs::settings(world, name, files),
    };
    let played = rehearsal::rehearse_all(&start, &world.delivery.registry, repositories);
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
