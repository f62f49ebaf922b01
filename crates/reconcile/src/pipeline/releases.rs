//! Helm releases in a world: what `helm upgrade --install` does to the cluster.
//!
//! Helm itself says what is to be done ([`helm::release`]); here it gets a cluster to do it to
//! ([`HelmClient`]), time to wait in, and somebody to tell how it ended. What follows in the cluster is
//! not Helm's work; with `--wait` it watches it.

use super::helm_client::HelmClient;
use super::{Event, charts, runs};
use crate::delivery::actions::answer::Answer;
use crate::delivery::actions::event::Spot;
use crate::delivery::actions::tools::{HelmCall, HelmUpgrade};
use crate::delivery::git::{Oid, Tree};
use crate::delivery::plan::{HookObject, Side};
use crate::engine::{self, World};
use crate::texts;
use crate::trace::{EntryId, Note};
use crate::view::Problem;
use ecow::{EcoString, EcoVec, eco_format};
use helm::release::{Cluster, Operation, objects_of_hook};
use kube::rbac::User;
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
    /// In whose name it asks.
    user: User,
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
        user: User::master(HELM),
        commit: Oid::default(),
        changed: false,
    };
    begin(&client, repository, files, upgrade)?;
    charts::written(place(&client, repository, files), upgrade, &[])
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
    let user = User::master(HELM);
    let client = HelmClient {
        world,
        user: user.clone(),
        commit,
        changed: false,
    };
    let operation = begin(&client, repository, files, upgrade)?;
    start(world, operation, user, commit, None);
    Ok(())
}

/// Carries out a `helm` command that a workflow's step asks for. Returns the entry that says so.
pub(super) fn helm(
    world: &mut World,
    waits: (usize, Spot),
    commit: Oid,
    call: HelmCall,
    user: User,
) -> EntryId {
    let name = EcoString::from(world.delivery.runs[waits.0].run.repository());
    let mut client = HelmClient {
        world,
        user,
        commit,
        changed: false,
    };
    match ask(&mut client, &name, &call) {
        Ok(Begun::Operation(operation)) => {
            let user = client.user.clone();
            start(world, *operation, user, commit, Some(waits))
        }
        Ok(Begun::Said(said)) => {
            let note = Note::detail("read", "HelmCommand", texts::delivery::HELM_LOOKS);
            let entry = world.note(HELM, None, note);
            runs::answer(world, waits, Answer::ok(said));
            entry
        }
        Err(error) => {
            let note = Note::warning("fail", "HelmFailed", error.clone());
            let entry = world.note(HELM, None, note);
            runs::answer(world, waits, Answer::failed(1, error));
            entry
        }
    }
}

/// What a command comes to at once.
enum Begun {
    Operation(Box<Operation>),
    Said(EcoString),
}

/// Begins a command, or answers it.
fn ask(client: &mut HelmClient<'_>, repository: &str, call: &HelmCall) -> Result<Begun, EcoString> {
    let first = |problems: Vec<Problem>| {
        problems
            .into_iter()
            .next()
            .map(|problem| problem.message)
            .unwrap_or_default()
    };
    let now = charts::epoch_ms(client.world.now);
    let plain = |error: helm::Error| eco_format!("Error: {}", error.message);
    match call {
        HelmCall::Upgrade(upgrade) => {
            let namespace = &upgrade.namespace;
            may_read(client, namespace)?;
            let is_there = client
                .history(namespace, &upgrade.release)
                .iter()
                .any(|it| it.status != helm::Status::Uninstalled);
            let upgrades = !upgrade.is_install && (is_there || !upgrade.options.install);
            let fail = |why: &str| match upgrade.is_install {
                true => eco_format!("Error: INSTALLATION FAILED: {why}"),
                false => failure(upgrades, why),
            };
            let operation = begin(client, repository, &upgrade.files, upgrade)
                .map_err(|problems| fail(&first(problems)))?;
            may_write(client, namespace).map_err(|why| fail(&why))?;
            for resource in operation.release.resources(client).unwrap_or_default() {
                client.may("get", &resource.kind, &resource.namespace)
                    .map_err(|why| {
                        let (kind, name) = (&resource.kind, &resource.name);
                        fail(&eco_format!("could not get information about the resource {kind} {name:?} in namespace {:?}: {why}", resource.namespace))
                    })?;
            }
            Ok(Begun::Operation(Box::new(operation)))
        }
        HelmCall::Template(upgrade) => {
            let place = place(client, repository, &upgrade.files);
            let text = charts::manifests(place, upgrade)
                .map_err(|problems| eco_format!("Error: {}", first(problems)))?;
            Ok(Begun::Said(text))
        }
        HelmCall::Lint(upgrade) => {
            let place = place(client, repository, &upgrade.files);
            let shown = eco_format!("./{}", upgrade.chart);
            match charts::manifests(place, upgrade) {
                Ok(_) => Ok(Begun::Said(eco_format!(
                    "==> Linting {shown}\n[INFO] Chart.yaml: icon is recommended\n\n1 chart(s) linted, 0 chart(s) failed"
                ))),
                Err(problems) => Err(eco_format!(
                    "==> Linting {shown}\n[ERROR] templates/: {}\n\nError: 1 chart(s) linted, 1 chart(s) failed",
                    first(problems)
                )),
            }
        }
        HelmCall::Rollback(name, namespace, revision, options) => {
            may_read(client, namespace)?;
            may_write(client, namespace).map_err(|why| eco_format!("Error: {why}"))?;
            helm::release::rollback(client, namespace, name, *revision, options, now)
                .map(|it| Begun::Operation(Box::new(it)))
                .map_err(plain)
        }
        HelmCall::Uninstall(name, namespace, options) => {
            may_read(client, namespace)?;
            helm::release::uninstall(client, namespace, name, options, now)
                .map(|it| Begun::Operation(Box::new(it)))
                .map_err(plain)
        }
        HelmCall::History(name, namespace) => {
            may_read(client, namespace)?;
            let history = client.history(namespace, name);
            if history.is_empty() {
                return Err("Error: release: not found".into());
            }
            let head = ["REVISION", "STATUS", "CHART", "DESCRIPTION"].map(EcoString::from);
            let rows = history.iter().map(|it| {
                [
                    eco_format!("{}", it.revision),
                    it.status.as_str().into(),
                    it.chart().into(),
                    it.description.as_str().into(),
                ]
            });
            Ok(Begun::Said(table(
                std::iter::once(head).chain(rows).collect(),
            )))
        }
        HelmCall::Status(name, namespace) => {
            may_read(client, namespace)?;
            let last = client.history(namespace, name).pop();
            last.map(|last| Begun::Said(last.status_text().into()))
                .ok_or_else(|| "Error: release: not found".into())
        }
        HelmCall::List(namespace) => {
            may_read(client, namespace)?;
            let mut last: Vec<&Release> = Vec::new();
            for release in &client.world.delivery.releases {
                let record = &release.record;
                last.retain(|have| !have.is(&record.namespace, &record.name));
                if namespace.is_empty() || record.namespace == namespace.as_str() {
                    last.push(release);
                }
            }
            let head = ["NAME", "NAMESPACE", "REVISION", "STATUS"].map(EcoString::from);
            let rows = last.iter().map(|it| {
                [
                    it.record.name.as_str().into(),
                    it.record.namespace.as_str().into(),
                    eco_format!("{}", it.record.revision),
                    it.record.status.as_str().into(),
                ]
            });
            Ok(Begun::Said(table(
                std::iter::once(head).chain(rows).collect(),
            )))
        }
    }
}

/// Whether Helm may read its records.
fn may_read(client: &mut HelmClient<'_>, namespace: &str) -> Result<(), EcoString> {
    client
        .may("list", "Secret", namespace)
        .map_err(|why| eco_format!("Error: query: failed to query with labels: {why}"))
}

/// Whether Helm may keep its records.
fn may_write(client: &mut HelmClient<'_>, namespace: &str) -> Result<(), EcoString> {
    client
        .may("create", "Secret", namespace)
        .map_err(|why| eco_format!("create: failed to create: {why}"))?;
    client
        .may("update", "Secret", namespace)
        .map_err(|why| eco_format!("update: failed to update: {why}"))
}

/// Columns as wide as what stands in them.
fn table(rows: Vec<[EcoString; 4]>) -> EcoString {
    let mut out = EcoString::new();
    for row in &rows {
        let cells = row.iter().enumerate().map(|(at, cell)| {
            let width = rows.iter().map(|row| row[at].len()).max().unwrap_or(0);
            eco_format!("{cell:width$}")
        });
        out.push_str(cells.collect::<Vec<_>>().join("\t").trim_end());
        out.push('\n');
    }
    out
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
    user: User,
    commit: Oid,
    waits: Option<(usize, Spot)>,
) -> EntryId {
    let helm::Release {
        name,
        namespace,
        revision,
        rollback_of,
        ..
    } = &operation.release;
    let is_first = deployed(world, namespace, name).is_none();
    let why = match rollback_of {
        Some(before) => texts::delivery::helm_is_to_bring_back(*before, name, *revision),
        None => texts::delivery::helm_renders(*revision, name, is_first),
    };
    let entry = world.note(HELM, None, Note::story("upgrade", "HelmUpgrade", why));
    world.because(entry);
    let at = world.delivery.operations.len();
    world.delivery.operations.push(Running {
        operation: Some(Rc::new(operation)),
        user,
        commit,
        changed: false,
        waits,
    });
    go_on(world, at);
    entry
}

/// Kills the command that a step waits for: what it recorded stays as it is, and the next one finds
/// that another operation is in progress.
pub(super) fn kill(world: &mut World, waits: (usize, Spot)) {
    let operations = world.delivery.operations.make_mut().iter_mut();
    let mut killed = None;
    for running in operations.filter(|it| it.waits == Some(waits)) {
        killed = running.operation.take().or(killed);
    }
    if let Some(operation) = killed {
        let release = &operation.release;
        let why = texts::delivery::helm_is_killed(release.revision, &release.name);
        world.note(HELM, None, Note::warning("kill", "HelmKilled", why));
    }
}

/// Lets Helm take its next steps, until one has to wait.
pub(super) fn go_on(world: &mut World, at: usize) {
    let running = &mut world.delivery.operations.make_mut()[at];
    let Some(operation) = running.operation.take() else {
        return;
    };
    let (commit, waits, changed) = (running.commit, running.waits, running.changed);
    let user = running.user.clone();
    let mut operation = Rc::unwrap_or_clone(operation);
    let now_ms = charts::epoch_ms(world.now);
    let mut client = HelmClient {
        world,
        user,
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
    let is_rollback = operation.release.rollback_of.is_some();
    if let Err(message) = result {
        return Answer::failed(1, failure(upgrades && !is_rollback, &message));
    }
    if is_rollback {
        return Answer::ok("Rollback was a success! Happy Helming!");
    }
    if operation.release.deleted_ms.is_some() {
        return Answer::ok(eco_format!("release {name:?} uninstalled"));
    }
    let said = match upgrades {
        true => eco_format!("Release {name:?} has been upgraded. Happy Helming!\n"),
        false => eco_format!("Release {name:?} does not exist. Installing it now.\n"),
    };
    let status = operation.release.status_text();
    Answer::ok(eco_format!("{said}{}", status.trim_end()))
}
