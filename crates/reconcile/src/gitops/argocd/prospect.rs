//! What Applications would be synced to, before a commit is on main.

use super::manifests::{self, Role, Target};
use super::{reads, spec};
use crate::delivery::plan::{HookObject, Tool};
use crate::engine::World;
use crate::gitops::around::Asked;
use crate::gitops::source::{self, Repositories};
use crate::gitops::{Prospect, State, render};
use ecow::EcoString;
use kube::{Key, Millis, Object, Store};
use std::rc::Rc;

/// What each Application that reads a repository would be synced to if the repositories were these.
pub(crate) fn prospects(
    world: &World,
    repositories: &Repositories,
    repository: &str,
) -> Vec<Prospect> {
    let now = &world.delivery.repositories;
    let applications = world.store.list("Application").into_iter();
    let readers = applications.filter(|app| reads(app.spec(), repository));
    let prospect = |app: &Rc<Object>| {
        let spec = app.spec();
        Prospect {
            key: app.key.clone(),
            tool: Tool::ArgoCd,
            old: state(world, now, app).unwrap_or_default(),
            new: state(world, repositories, app)
                .map_err(|why| ecow::eco_format!("Failed to load target state: {why}")),
            is_automated: spec::is_automated(spec),
            prunes: spec::automated(spec, "prune"),
        }
    };
    readers.map(prospect).collect()
}

/// What the Applications in a store would ask of Helm if the repositories were these.
pub(crate) fn releases_asked(
    store: &Store,
    repositories: &Repositories,
    now: Millis,
) -> Vec<(Key, Result<Asked, EcoString>)> {
    let mut all = Vec::new();
    for app in store.list("Application") {
        let charts = manifests::charts(repositories, &app.key, app.spec(), now);
        all.extend(charts.into_iter().map(|it| (app.key.clone(), it)));
    }
    all
}

/// The namespace that an Application in a store puts a manifest of this repository into.
pub(crate) fn namespace_for(store: &Store, repository: &str, path: &str) -> Option<EcoString> {
    let holds = |app: &&Rc<Object>| {
        let sources = spec::sources(app.spec());
        sources.into_iter().any(|it| {
            source::name_of(it.get("repoURL").text()) == repository
                && render::is_below(path, it.get("path").text())
        })
    };
    let found = store.list("Application").into_iter().find(holds)?;
    Some(found.spec().at(&["destination", "namespace"]).to_text())
}

fn state(world: &World, from: &Repositories, app: &Object) -> Result<State, EcoString> {
    let generated = manifests::generate(from, &app.key, app.spec(), &[], world.now())?;
    let targets = generated.targets?;
    let side = manifests::written(from, &app.key, app.spec(), world.now());
    let resources = targets.iter().filter(|it| it.role == Role::Resource);
    Ok(State {
        objects: resources.map(|it| it.object.clone()).collect(),
        hooks: targets.iter().filter_map(|it| hook(it)).collect(),
        side: side.unwrap_or_default(),
    })
}

fn hook(target: &Target) -> Option<HookObject> {
    let Role::Hook(phases) = &target.role else {
        return None;
    };
    let phases = phases.iter().map(|phase| phase.as_str().to_owned());
    Some(HookObject {
        object: target.object.clone(),
        events: phases.collect(),
    })
}
