//! An object in the tree of a release, of an Application or of what Flux keeps, for a viewer.

use super::health;
use crate::view::ResourceRow;
use ecow::EcoString;
use kube::{Key, Object, Store};
use std::rc::Rc;

/// How far below an object the tree goes: a CronJob's Jobs, and their pods. Owners can be written by hand,
/// in a circle too.
const DEPTH: usize = 3;

/// The row of an object that somebody wants, with what it owns; of one that is not there, that it is
/// missing. Nobody has compared it with git.
pub(crate) fn row(store: &Store, key: &Key) -> ResourceRow {
    below(store, key, store.get(key), DEPTH)
}

fn below(store: &Store, key: &Key, live: Option<&Rc<Object>>, depth: usize) -> ResourceRow {
    let (health, message) = match live.map(|live| health::of(live)) {
        None => ("Missing", EcoString::new()),
        Some(None) => ("", EcoString::new()),
        Some(Some((code, why))) => (code.as_str(), why),
    };
    // A Deployment's ReplicaSets and their pods have rows of their own.
    let goes_on = 0 < depth && key.kind != "Deployment";
    let owner = live.filter(|_| goes_on).map(|live| &live.meta.uid);
    let owned = owner.map(|uid| store.owned_by(uid));
    let mut owned: Vec<&Rc<Object>> = owned.into_iter().flatten().collect();
    lean::sort_by(&mut owned, |a, b| {
        (a.meta.created, &a.key.name).cmp(&(b.meta.created, &b.key.name))
    });
    let owned = owned
        .into_iter()
        .map(|it| below(store, &it.key, Some(it), depth - 1));
    ResourceRow {
        object: key.path(),
        sync: EcoString::new(),
        health: health.into(),
        message,
        differences: Vec::new(),
        owned: owned.collect(),
    }
}
