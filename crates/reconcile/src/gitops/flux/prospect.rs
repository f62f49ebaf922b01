//! What Kustomizations and HelmReleases would come to, before a commit is on main.

use super::helm_release::{self, Wanted};
use super::{Artifact, git_repository, is_suspended, kustomization, source_key};
use crate::delivery::git::Tree;
use crate::delivery::plan::{Side, Tool};
use crate::engine::World;
use crate::gitops::around::Asked;
use crate::gitops::source::{self, Repositories};
use crate::gitops::{Prospect, ReleaseAsked, State, render};
use ecow::{EcoString, eco_format};
use kube::{Key, Object, Store, Value};
use std::rc::Rc;

/// What a source's reference means in these repositories: its files, and where they are from.
fn fetched(
    store: &Store,
    from: &Repositories,
    source: &Key,
) -> Result<(Artifact, Tree), EcoString> {
    let found = store.get(source);
    let found = found.ok_or_else(|| eco_format!("{source} not found"))?;
    let (commit, revision) = git_repository::resolve(found.spec(), from)?;
    let name = source::name_of(found.spec().get("url").text());
    let repository = from.get(name);
    let files = repository.map(|it| it.files(commit)).unwrap_or_default();
    let artifact = Artifact {
        repository: name.into(),
        commit,
        revision,
    };
    Ok((artifact, files))
}

/// Whether a source is fetched from a repository.
pub(super) fn is_of(store: &Store, source: &Key, repository: &str) -> bool {
    let found = store.get(source);
    found.is_some_and(|it| source::name_of(it.spec().get("url").text()) == repository)
}

/// What each Kustomization that reads a repository would apply if the repositories were these.
pub(crate) fn prospects(
    world: &World,
    repositories: &Repositories,
    repository: &str,
) -> Vec<Prospect> {
    let store = &world.store;
    let all = store.list("Kustomization").into_iter();
    let readers = all.filter(|it| {
        !is_suspended(it) && is_of(store, &source_key(it, &["sourceRef"]), repository)
    });
    let prospect = |it: &Rc<Object>| Prospect {
        key: it.key.clone(),
        tool: Tool::Kustomize,
        old: state(world, &world.delivery.repositories, it).unwrap_or_default(),
        new: state(world, repositories, it).map_err(|why| eco_format!("BuildFailed: {why}")),
        is_automated: true,
        prunes: it.spec().get("prune").as_bool() == Some(true),
    };
    readers.map(prospect).collect()
}

fn state(world: &World, from: &Repositories, object: &Object) -> Result<State, EcoString> {
    let spec = object.spec();
    let source = source_key(object, &["sourceRef"]);
    let (_, files) = fetched(&world.store, from, &source)?;
    let objects = kustomization::build(&object.key, &files, spec)?;
    let folder = render::join("", spec.get("path").text()).unwrap_or_default();
    let key = |mut object: Value| kustomization::place(&mut object, spec);
    let places = render::places(&files, &folder, key);
    Ok(State {
        side: Side::plain(objects.clone(), places),
        objects,
        hooks: Vec::new(),
    })
}

/// What a HelmRelease would do.
pub(crate) struct Upgrade {
    /// The HelmRelease.
    pub key: Key,
    /// What it asks for now, if that can be said.
    pub old: Option<ReleaseAsked>,
    /// What it would ask for, or what is wrong; nothing if that is the same to it.
    pub new: Result<Option<ReleaseAsked>, EcoString>,
}

/// What the HelmReleases in a store would ask of Helm if the repositories were these.
pub(crate) fn releases_asked(
    store: &Store,
    repositories: &Repositories,
) -> Vec<(Key, Result<Asked, EcoString>)> {
    let one = |it: &Object| -> Result<Asked, EcoString> {
        let source = source_key(it, &helm_release::SOURCE);
        let (artifact, files) = fetched(store, repositories, &source)?;
        let wanted = helm_release::wanted(store, &it.key, it.spec(), &artifact, files, true)?;
        let (own, all) = (it.spec().get("values"), wanted.more.get("values"));
        let under = vec!["spec".to_owned(), "values".to_owned()];
        Ok(Asked {
            repository: wanted.release.repository,
            files: wanted.release.files,
            upgrade: wanted.release.upgrade,
            // What its own values do not give comes from ConfigMaps and Secrets.
            own: vec![(under, own.clone()), (Vec::new(), all.clone())],
        })
    };
    let all = store.list("HelmRelease").into_iter();
    all.map(|it| (it.key.clone(), one(it))).collect()
}

/// The namespace that a Kustomization in a store puts a manifest of this repository into.
pub(crate) fn namespace_for(store: &Store, repository: &str, path: &str) -> Option<EcoString> {
    let holds = |it: &&Rc<Object>| {
        is_of(store, &source_key(it, &["sourceRef"]), repository)
            && render::is_below(path, it.spec().get("path").text())
    };
    let found = store.list("Kustomization").into_iter().find(holds)?;
    Some(found.spec().get("targetNamespace").to_text())
}

/// Whether no file of the chart is another.
fn is_same_chart(old: &ReleaseAsked, new: &ReleaseAsked) -> bool {
    let [old, new] = [old, new].map(|it| render::below(&it.files, &it.upgrade.chart));
    old.eq(new)
}

/// What the HelmReleases would do that read a repository, or are others in `after`, the cluster as the
/// other tools would leave it.
pub(crate) fn upgrades(
    world: &World,
    after: &Store,
    repositories: &Repositories,
    repository: &str,
) -> Vec<Upgrade> {
    let context = world.context();
    let mut found = Vec::new();
    for it in after.list("HelmRelease") {
        let source = source_key(it, &helm_release::SOURCE);
        let before = world.store.get(&it.key);
        let is_changed = before.map(|it| it.spec()) != Some(it.spec());
        if is_suspended(it) || !is_changed && !is_of(after, &source, repository) {
            continue;
        }
        let is_installed = helm_release::newest(&it.key, it.spec(), &context).is_some();
        let wanted =
            |store: &Store, from: &Repositories, it: &Object| -> Result<Wanted, EcoString> {
                let (artifact, files) = fetched(store, from, &source)?;
                helm_release::wanted(store, &it.key, it.spec(), &artifact, files, is_installed)
            };
        let old = before.and_then(|it| wanted(&world.store, &world.delivery.repositories, it).ok());
        let new = wanted(after, repositories, it);
        let same = |new: &Wanted| old.as_ref().is_some_and(|old| old.more == new.more);
        let new = new.map(|new| (same(&new), new.release));
        if let (Ok((true, new)), Some(old)) = (&new, &old)
            && is_same_chart(&old.release, new)
        {
            continue;
        }
        found.push(Upgrade {
            key: it.key.clone(),
            new: new.map(|(is_same, new)| (!is_same).then_some(new)),
            old: old.map(|old| old.release),
        });
    }
    found
}
