//! The plan of a change to a repository that Argo CD or Flux reads: what a sync to it would do.

use super::outlook::{self, Outlook};
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::actions::workplace::Outgoing;
use crate::delivery::git::{Repository, Tree};
use crate::delivery::plan::trial::Cluster;
use crate::delivery::plan::{self, Sources, Tool, name_of, whole};
use crate::delivery::rehearsal::Rehearsal;
use crate::engine::World;
use crate::gitops::{self, Prospect, State, flux};
use crate::texts;
use crate::view::{Effect, PlanRow, Problem};
use ecow::{EcoString, eco_format};
use kube::rbac::User;
use kube::{Key, Value};

/// What follows once a repository is as given; no rows if no tool reads it.
///
/// # Errors
/// What the tool would say of sources that do not render.
pub(super) fn plan(
    world: &World,
    name: &str,
    repository: &Repository,
    files: [&Tree; 2],
    outcome: &Rehearsal,
) -> Result<Outlook, Vec<Problem>> {
    let mut repositories = world.delivery.repositories.clone();
    repositories.insert(name.into(), repository.clone());
    let mut cluster = Cluster {
        store: world.store.clone(),
        now: world.now(),
        user: User::master(gitops::argocd::CONTROLLER.name),
        fields: world.settings.fields,
    };
    let mut outlook = Outlook::default();
    for mut prospect in gitops::prospects(world, &repositories, name) {
        let new = std::mem::replace(&mut prospect.new, Err(EcoString::new()));
        let new = new.map_err(|why| failed(name, why))?;
        let (planned, after) = synced(world, &cluster, prospect, new, files, outcome);
        outlook.extend(planned);
        cluster = after;
    }
    for upgrade in flux::upgrades(world, &cluster.store, &repositories, name) {
        outlook.extend(upgraded(world, name, upgrade, outcome)?);
    }
    Ok(outlook)
}

/// What follows once CI has pushed to another repository.
///
/// # Errors
/// As those of [`plan`].
pub(super) fn plan_of_push(
    world: &World,
    sent: &Outgoing,
    outcome: &Rehearsal,
) -> Result<Outlook, Vec<Problem>> {
    let Some(mut remote) = world.delivery.repositories.get(&sent.name).cloned() else {
        return Ok(Outlook::default());
    };
    let before = remote.branch(&sent.branch);
    remote.take(&sent.from, sent.head);
    remote.set_branch(&sent.branch, sent.head);
    let old = before.map(|it| remote.files(it)).unwrap_or_default();
    let new = remote.files(sent.head);
    plan(world, &sent.name, &remote, [&old, &new], outcome)
}

fn failed(name: &str, message: EcoString) -> Vec<Problem> {
    vec![Problem::whole(name, message)]
}

/// What a HelmRelease does.
fn upgraded(
    world: &World,
    name: &str,
    upgrade: flux::Upgrade,
    outcome: &Rehearsal,
) -> Result<Outlook, Vec<Problem>> {
    let key = &upgrade.key;
    match upgrade.new {
        Err(why) => Err(failed(name, eco_format!("{key}: {why}"))),
        Ok(None) => {
            let why = texts::plan::chart_version(key);
            Ok(Outlook::of(vec![whole(Effect::None, why)]))
        }
        Ok(Some(new)) => {
            let old = upgrade.old.as_ref().map(|old| &old.files);
            let files = [old.unwrap_or(&new.files), &new.files];
            let upgrade = HelmUpgrade {
                files: new.files.clone().into(),
                ..new.upgrade.clone()
            };
            outlook::of_upgrade(world, &new.repository, files, &upgrade, outcome)
        }
    }
}

/// What a sync of one Application or Kustomization does, and the cluster after it.
fn synced(
    world: &World,
    cluster: &Cluster,
    prospect: Prospect,
    new: State,
    [old_files, new_files]: [&Tree; 2],
    outcome: &Rehearsal,
) -> (Outlook, Cluster) {
    let (key, tool, prunes) = (&prospect.key, prospect.tool, prospect.prunes);
    let is_kept = |object: &&Value| {
        let key = Key::of(object);
        prunes || new.objects.iter().any(|other| Key::of(other) == key)
    };
    let all = prospect.old.objects.iter().cloned();
    let (old, left): (Vec<Value>, Vec<Value>) = all.partition(|it| is_kept(&it));
    let sources = Sources {
        old: prospect.old.side,
        new: new.side,
    };
    let mut rows = plan::plan(&plan::Change {
        cluster,
        old_files,
        new_files,
        old: &old,
        old_hooks: &prospect.old.hooks,
        new: &new.objects,
        new_hooks: &new.hooks,
        sources: &sources,
        tool,
    });
    let after = cluster.upgraded(&old, &new.objects, tool);
    let stores = [&cluster.store, &after.store];
    let checks = outlook::findings(world, outcome, &sources, stores);
    // What it says of a whole that does nothing is about Helm.
    rows.retain(|row| !row.object.is_empty());
    rows.extend(left.iter().map(|object| PlanRow {
        object: name_of(&Key::of(object)),
        ..whole(Effect::None, texts::plan::not_pruned(&key.name))
    }));
    let keeper = match tool {
        Tool::Kustomize => "Flux",
        _ => "Argo CD",
    };
    let about = match (rows.is_empty(), prospect.is_automated) {
        (true, _) => Some(texts::plan::kept_the_same(keeper, &key.kind, &key.name)),
        (false, true) => None,
        (false, false) => Some(texts::plan::waits_for_a_sync(&key.name)),
    };
    rows.extend(about.map(|why| whole(Effect::None, why)));
    let outlook = Outlook {
        plan: rows.into(),
        checks: checks.into(),
    };
    (outlook, after)
}
