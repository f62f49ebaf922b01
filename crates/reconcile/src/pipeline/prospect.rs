//! The plan of a change to a repository that Argo CD or Flux reads: what a sync to it would do.

use crate::delivery::actions::workplace::Outgoing;
use crate::delivery::git::{Repository, Tree};
use crate::delivery::plan::trial::Cluster;
use crate::delivery::plan::{self, Sources, name_of, whole};
use crate::engine::World;
use crate::gitops;
use crate::gitops::argocd::Prospect;
use crate::view::{Effect, PlanRow, Problem};
use ecow::{EcoString, eco_format};
use kube::rbac::User;
use kube::{Key, Value};

/// What follows once a repository is as given; no rows if no tool reads it.
///
/// # Errors
/// What Argo CD would say of sources that do not render.
pub(super) fn plan(
    world: &World,
    name: &str,
    repository: &Repository,
    files: [&Tree; 2],
) -> Result<Vec<PlanRow>, Vec<Problem>> {
    let mut repositories = world.delivery.repositories.clone();
    repositories.insert(name.into(), repository.clone());
    let cluster = Cluster {
        store: world.store.clone(),
        now: world.now(),
        user: User::master(gitops::argocd::CONTROLLER.name),
        fields: world.settings.fields,
    };
    let mut rows = Vec::new();
    for prospect in gitops::argocd::prospects(world, &repositories, name) {
        let new = prospect.new.as_ref().map_err(|why| failed(name, why))?;
        rows.extend(synced(&cluster, &prospect, new, files));
    }
    if rows.is_empty()
        && let Some(first) = gitops::watchers(world, name).first()
    {
        let why = eco_format!(
            "{first} reads this repository: Flux brings the cluster to what it says. What that does is \
             not told beforehand."
        );
        rows.push(whole(Effect::None, why));
    }
    Ok(rows)
}

/// What follows once CI has pushed to another repository.
///
/// # Errors
/// As those of [`plan`].
pub(super) fn plan_of_push(world: &World, sent: &Outgoing) -> Result<Vec<PlanRow>, Vec<Problem>> {
    let Some(mut remote) = world.delivery.repositories.get(&sent.name).cloned() else {
        return Ok(Vec::new());
    };
    let before = remote.branch(&sent.branch);
    remote.take(&sent.from, sent.head);
    remote.set_branch(&sent.branch, sent.head);
    let old = before.map(|it| remote.files(it)).unwrap_or_default();
    let new = remote.files(sent.head);
    plan(world, &sent.name, &remote, [&old, &new])
}

fn failed(name: &str, why: &EcoString) -> Vec<Problem> {
    vec![Problem {
        path: name.into(),
        line: 0,
        column: 0,
        message: eco_format!("Failed to load target state: {why}"),
        hint: EcoString::new(),
    }]
}

/// What a sync of one Application does.
fn synced(
    cluster: &Cluster,
    prospect: &Prospect,
    new: &[Value],
    [old_files, new_files]: [&Tree; 2],
) -> Vec<PlanRow> {
    let name = &prospect.name;
    let is_kept = |object: &&Value| {
        let key = Key::of(object);
        prospect.prunes || new.iter().any(|other| Key::of(other) == key)
    };
    let (old, left): (Vec<Value>, Vec<Value>) =
        prospect.old.iter().cloned().partition(|it| is_kept(&it));
    let mut rows = plan::plan(&plan::Change {
        cluster,
        old_files,
        new_files,
        old: &old,
        old_hooks: &[],
        new,
        new_hooks: &[],
        sources: &Sources::default(),
    });
    // What it says of a whole that does nothing is about Helm.
    rows.retain(|row| !row.object.is_empty());
    rows.extend(left.iter().map(|object| PlanRow {
        object: name_of(&Key::of(object)),
        ..whole(
            Effect::None,
            eco_format!("Git no longer has it, and it stays: {name} does not prune."),
        )
    }));
    let about = match (rows.is_empty(), prospect.is_automated) {
        (true, _) => eco_format!(
            "Nothing happens: what Argo CD keeps for Application {name} is the same before and after."
        ),
        (false, true) => return rows,
        (false, false) => eco_format!(
            "All of this waits for a sync: Application {name} only becomes OutOfSync, for it does not \
             sync by itself."
        ),
    };
    rows.push(whole(Effect::None, about));
    rows
}
