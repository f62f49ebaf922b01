//! What a change would do if it were merged now.

use super::pulls::Change;
use super::{MAIN, prospect, releases, runs};
use crate::delivery::actions::run::Start;
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::actions::workflow::Event;
use crate::delivery::app::App;
use crate::delivery::checks::{self, Subject};
use crate::delivery::git::{self, Oid, Tree};
use crate::delivery::plan::trial::Cluster;
use crate::delivery::plan::{Side, Sources, Tool};
use crate::delivery::registry::{Image, Reference};
use crate::delivery::rehearsal::Rehearsal;
use crate::delivery::{plan, rehearsal};
use crate::engine::World;
use crate::view::{CheckRow, PlanRow, Problem};
use ecow::{EcoString, EcoVec};
use kube::Store;
use kube::rbac::User;
use std::rc::Rc;

/// What is known of a change before it is merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// What it does to the cluster, object by object.
    pub plan: EcoVec<PlanRow>,
    /// What checks of the manifests find because of it.
    pub checks: EcoVec<CheckRow>,
}

impl Outlook {
    pub(super) fn of(plan: Vec<PlanRow>) -> Outlook {
        Outlook {
            plan: plan.into(),
            checks: EcoVec::new(),
        }
    }

    /// What this and another one come to together.
    pub(super) fn extend(&mut self, other: Outlook) {
        self.plan.extend(other.plan);
        self.checks.extend(other.checks);
    }
}

/// What a change would do to the cluster if it were merged now.
///
/// # Errors
/// What keeps that from being said: a workflow or a chart that is not right.
pub(super) fn rehearse(
    world: &World,
    name: &str,
    head: Oid,
    change: &Change,
) -> Result<Outlook, Vec<Problem>> {
    let mut repository = world
        .delivery
        .repositories
        .get(name)
        .cloned()
        .unwrap_or_default();
    let old_files = repository
        .branch(MAIN)
        .map(|main| repository.files(main))
        .unwrap_or_default();
    let squash = git::Pull {
        number: u32::try_from(world.delivery.pulls.len()).unwrap_or(u32::MAX - 1) + 1,
        title: &change.title,
        description: &change.description,
        from: &change.branch,
        time: world.now,
    };
    let main = repository.branch(MAIN);
    let Ok(commit) = repository.squash(MAIN, head, &squash) else {
        return Ok(Outlook::default());
    };
    let start = Start {
        number: 0,
        name,
        repository: &repository,
        commit,
        event: Event::push(MAIN, runs::changed(&repository, main, commit)),
        settings: runs::settings(world, name, &change.files),
    };
    let delivery = &world.delivery;
    let outcome = rehearsal::rehearse_all(&start, &delivery.registry, &delivery.repositories)?;
    if let Some(failure) = &outcome.failure {
        return Ok(Outlook::of(plan::stopped(failure)));
    }
    if outcome.upgrades.is_empty() {
        let files = [&old_files, &change.files];
        let mut all = prospect::plan(world, name, &repository, files, &outcome)?;
        for sent in &outcome.sent {
            all.extend(prospect::plan_of_push(world, sent, &outcome)?);
        }
        return Ok(match all.plan.is_empty() {
            true => Outlook::of(plan::not_deployed()),
            false => all,
        });
    }
    let mut outlook = Outlook::default();
    for upgrade in &outcome.upgrades {
        let files = [&old_files, &change.files];
        outlook.extend(of_upgrade(world, name, files, upgrade, &outcome)?);
    }
    Ok(outlook)
}

/// What a `helm upgrade` does: the files of its repository are those before and after.
///
/// # Errors
/// What is wrong with the chart.
pub(super) fn of_upgrade(
    world: &World,
    name: &str,
    [old_files, new_files]: [&Tree; 2],
    upgrade: &HelmUpgrade,
    outcome: &Rehearsal,
) -> Result<Outlook, Vec<Problem>> {
    let before = releases::deployed(world, &upgrade.namespace, &upgrade.release);
    let new = releases::rehearse(world, name, &upgrade.files, upgrade)?;
    let values = before.map(|release| release.record.defaults.clone());
    // What is on main may not render; then only its values are known.
    let old = releases::rehearse(world, name, old_files, upgrade)
        .unwrap_or_else(|_| Side::of_values(values.unwrap_or_default()));
    let sources = Sources { old, new };
    let cluster = Cluster {
        store: world.store.clone(),
        now: world.now,
        user: User::master(releases::HELM),
        fields: world.settings.fields,
    };
    let old = before.map_or(&[][..], |release| &release.objects);
    let rows = plan::plan(&plan::Change {
        cluster: &cluster,
        old_files,
        new_files,
        old,
        old_hooks: &before.map(releases::hooks).unwrap_or_default(),
        new: &sources.new.objects,
        new_hooks: &sources.new.hooks,
        sources: &sources,
        tool: Tool::Helm,
    });
    let after = cluster.upgraded(old, &sources.new.objects, Tool::Helm);
    let checks = findings(world, outcome, &sources, [&cluster.store, &after.store]);
    Ok(Outlook {
        plan: rows.into(),
        checks: checks.into(),
    })
}

/// What checks find after a change and did not find before it.
pub(super) fn findings(
    world: &World,
    outcome: &Rehearsal,
    sources: &Sources,
    stores: [&Store; 2],
) -> Vec<CheckRow> {
    let registry = &world.delivery.registry;
    let tags = registry.tags().iter();
    let there: Vec<(Reference, App)> = tags
        .filter_map(|tag| {
            let reference = Reference::parse(&tag.reference)?;
            let app = registry.resolve(&reference)?.app.clone();
            Some((reference, app))
        })
        .collect();
    // What the delivery pushes is what it deploys, whichever tag the manifests name until then.
    let is_pushed = |name: &EcoString| outcome.pushed.iter().any(|(it, _)| it.name == *name);
    let mut apps = there.clone();
    apps.retain(|(reference, _)| !is_pushed(&reference.name));
    let pushed = outcome.pushed.iter();
    apps.extend(pushed.map(|(reference, image)| (reference.clone(), image.app.clone())));
    let moves = |(reference, image): &&(Reference, Rc<Image>)| {
        let before = registry.resolve(reference);
        before.is_some_and(|before| before.digest != image.digest)
    };
    let moved = outcome.pushed.iter().filter(moves);
    let moved: Vec<EcoString> = moved.map(|(reference, _)| reference.tagged()).collect();
    let found = |side, store, apps: &[(Reference, App)], moved: &[EcoString]| {
        let subject = Subject {
            side,
            store,
            apps,
            moved,
            refused: &[],
        };
        checks::check(subject, &checks::defaults())
    };
    let known = found(&sources.old, stores[0], &there, &[]);
    let mut rows = found(&sources.new, stores[1], &apps, &moved);
    rows.retain(|row| {
        !known.iter().any(|old| {
            (&old.name, &old.object, &old.message) == (&row.name, &row.object, &row.message)
        })
    });
    rows
}
