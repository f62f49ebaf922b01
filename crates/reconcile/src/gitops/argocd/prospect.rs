//! What Applications would be synced to, before a commit is on main.

use super::manifests::{self, Generated, Role};
use super::{reads, spec};
use crate::engine::World;
use crate::gitops::source::Repositories;
use ecow::EcoString;
use kube::{Object, Value};
use std::rc::Rc;

/// What an Application would be synced to.
#[derive(Debug)]
pub(crate) struct Prospect {
    /// The Application's name.
    pub name: EcoString,
    /// What git says now, without hooks; nothing if it cannot be rendered.
    pub old: Vec<Value>,
    /// What git would say, or why it cannot be rendered.
    pub new: Result<Vec<Value>, EcoString>,
    /// Whether the Application syncs by itself.
    pub is_automated: bool,
    /// Whether a sync deletes what git no longer has.
    pub prunes: bool,
}

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
        let generate =
            |from: &Repositories| manifests::generate(from, &app.key, spec, &[], world.now());
        Prospect {
            name: app.key.name.clone(),
            old: generate(now).and_then(resources).unwrap_or_default(),
            new: generate(repositories).and_then(resources),
            is_automated: spec::is_automated(spec),
            prunes: spec::automated(spec, "prune"),
        }
    };
    readers.map(prospect).collect()
}

fn resources(generated: Generated) -> Result<Vec<Value>, EcoString> {
    let targets = generated.targets?;
    let kept = targets.iter().filter(|it| it.role == Role::Resource);
    Ok(kept.map(|it| it.object.clone()).collect())
}
