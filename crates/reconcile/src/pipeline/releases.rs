//! Helm releases in a world: what `helm upgrade --install` does to the cluster.
//!
//! Helm itself says what is to be done ([`helm::release`]); here it gets a cluster to do it to
//! ([`HelmClient`]), time to wait in, and somebody to tell how it ended. What follows in the cluster is
//! not Helm's work; with `--wait` it watches it.

use super::helm_client::HelmClient;
use super::{Event, charts, runs};
use crate::delivery::actions::event::Spot;
use crate::delivery::actions::machine::Answer;
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::git::{Oid, Tree};
use crate::delivery::plan::{HookObject, Side};
use crate::engine::{self, World};
use crate::trace::{EntryId, Note};
use crate::view::Problem;
use ecow::{EcoString, EcoVec, eco_format};
use helm::release::{Operation, objects_of_hook};
use kube::{Millis, Value};
use std::rc::Rc;

/// Who asks.
pub(super) const HELM: &str = "helm";
/// How often Helm looks whether what it waits for has come. (It watches; a second is how closely.)
const POLL: Millis = 1_000;

/// A revision of a release, and where it came from.
#[derive(Clone, Debug)]
pub struct Release {
    /// What Helm writes down of it.
    pub record: Rc<helm::Release>,
    /// When its status changed last.
    pub updated: Millis,
    /// The commit it was rendered from.
    pub commit: Oid,
    /// What it consists of, in the order of its installation.
    pub objects: EcoVec<Value>,
}

impl Release {
    pub(super) fn is(&self, namespace: &str, name: &str) -> bool {
        self.record.namespace == namespace && self.record.name == name
    }
}

/// A `helm upgrade` under way.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    /// What is left of it; none once it has ended.
    operation: Option<Rc<Operation>>,
    commit: Oid,
    /// Whether it changed any object yet.
    changed: bool,
    /// The step of a workflow run that waits for it.
    waits: Option<(usize, Spot)>,
}

/// The revision that was installed well last: what the next is compared with.
pub(super) fn deployed<'a>(world: &'a World, namespace: &str, name: &str) -> Option<&'a Release> {
    let releases = world.delivery.releases.iter();
    let mut of_name = releases.filter(|release| release.is(namespace, name));
    of_name.rfind(|release| release.record.status == helm::Status::Deployed)
}

fn begin(
    client: &HelmClient<'_>,
    repository: &str,
    files: &Tree,
    upgrade: &HelmUpgrade,
) -> Result<Operation, Vec<Problem>> {
    charts::begin(client, place(client, repository, files), upgrade)
}

fn place<'a>(
    client: &'a HelmClient<'_>,
    repository: &'a str,
    files: &'a Tree,
) -> charts::Place<'a> {
    charts::Place {
        repository,
        files,
        now: client.world.now,
        store: &client.world.store,
    }
}

/// What an upgrade would install now, and where that is written.
pub(super) fn rehearse(
    world: &World,
    repository: &str,
    files: &Tree,
    upgrade: &HelmUpgrade,
) -> Result<Side, Vec<Problem>> {
    let client = HelmClient {
        world: &mut world.clone(),
        commit: Oid::default(),
        changed: false,
    };
    begin(&client, repository, files, upgrade)?;
    charts::written(place(&client, repository, files), upgrade)
}

/// The hooks of a revision.
pub(super) fn hooks(release: &Release) -> Vec<HookObject> {
    let record = &release.record;
    let is_namespaced = |_: &str, kind: &str| kube::kind_info(kind).is_none_or(|it| it.namespaced);
    let of = |hook: &helm::Hook| {
        let objects = objects_of_hook(hook, &record.namespace, &is_namespaced);
        let told = |it: helm::release::Resource| HookObject {
            object: it.object,
            events: hook.events.clone(),
        };
        objects
            .unwrap_or_default()
            .into_iter()
            .map(told)
            .collect::<Vec<_>>()
    };
    record.hooks.iter().flat_map(of).collect()
}

/// Installs a release before the lab opens.
pub(crate) fn install(
    world: &mut World,
    repository: &str,
    files: &Tree,
    commit: Oid,
    upgrade: &HelmUpgrade,
) -> Result<(), Vec<Problem>> {
    let client = HelmClient {
        world,
        commit,
        changed: false,
    };
    let operation = begin(&client, repository, files, upgrade)?;
    world.begin();
    start(world, operation, commit, None);
    Ok(())
}

/// Carries out a `helm upgrade` that a workflow's step asks for. Returns the entry that says so.
pub(super) fn upgrade(
    world: &mut World,
    run: usize,
    spot: Spot,
    commit: Oid,
    upgrade: &HelmUpgrade,
) -> EntryId {
    let name = world.delivery.runs[run].run.repository().to_owned();
    let repository = world.delivery.repositories.get(name.as_str());
    let files = repository
        .map(|repository| repository.files(commit))
        .unwrap_or_default();
    let client = HelmClient {
        world,
        commit,
        changed: false,
    };
    match begin(&client, &name, &files, upgrade) {
        Ok(operation) => start(world, operation, commit, Some((run, spot))),
        Err(problems) => {
            let first = problems.first();
            let message = first
                .map(|problem| problem.message.clone())
                .unwrap_or_default();
            let is_there = deployed(world, &upgrade.namespace, &upgrade.release).is_some();
            let error = failure(is_there || !upgrade.options.install, &message);
            let note = Note::warning("fail", "RenderFailed", error.clone());
            let entry = world.note(HELM, None, note);
            runs::answer(world, (run, spot), Answer::failed(1, error));
            entry
        }
    }
}

/// What the command prints. An installation in the course of `upgrade --install` has no prefix
/// (helm.sh/helm/v4/pkg/cmd/upgrade.go).
fn failure(upgrades: bool, message: &str) -> EcoString {
    let what = if upgrades { "UPGRADE FAILED: " } else { "" };
    eco_format!("Error: {what}{message}")
}

fn start(
    world: &mut World,
    operation: Operation,
    commit: Oid,
    waits: Option<(usize, Spot)>,
) -> EntryId {
    let helm::Release {
        name,
        namespace,
        revision,
        ..
    } = &operation.release;
    let compared = match deployed(world, namespace, name) {
        Some(_) => "the last revision",
        None => "nothing: this is the first",
    };
    let why = eco_format!(
        "Helm renders the chart for revision {revision} of {name} and compares it with {compared}."
    );
    let entry = world.note(HELM, None, Note::story("upgrade", "HelmUpgrade", why));
    world.because(entry);
    let at = world.delivery.operations.len();
    world.delivery.operations.push(Running {
        operation: Some(Rc::new(operation)),
        commit,
        changed: false,
        waits,
    });
    go_on(world, at);
    entry
}

/// Lets Helm take its next steps, until one has to wait.
pub(super) fn go_on(world: &mut World, at: usize) {
    let running = &mut world.delivery.operations.make_mut()[at];
    let Some(operation) = running.operation.take() else {
        return;
    };
    let (commit, waits, changed) = (running.commit, running.waits, running.changed);
    let mut operation = Rc::unwrap_or_clone(operation);
    let now_ms = charts::epoch_ms(world.now);
    let mut client = HelmClient {
        world,
        commit,
        changed,
    };
    let outcome = operation.advance(&mut client, now_ms);
    let changed = client.changed;
    match outcome {
        None => {
            let running = &mut world.delivery.operations.make_mut()[at];
            running.operation = Some(Rc::new(operation));
            running.changed = changed;
            world.after(POLL, engine::Event::Delivery(Event::Helm(at)));
        }
        Some(result) => {
            if let Some(waits) = waits {
                runs::answer(world, waits, answer(&operation, result));
            }
        }
    }
}

/// What the command says at its end.
fn answer(operation: &Operation, result: Result<(), String>) -> Answer {
    let name = &operation.release.name;
    let upgrades = operation.is_upgrade();
    if let Err(message) = result {
        return Answer::failed(1, failure(upgrades, &message));
    }
    let said = match upgrades {
        true => eco_format!("Release {name:?} has been upgraded. Happy Helming!\n"),
        false => eco_format!("Release {name:?} does not exist. Installing it now.\n"),
    };
    let status = operation.release.status_text();
    Answer::ok(eco_format!("{said}{}", status.trim_end()))
}
