//! Deletes what belonged to an owner that is gone, and lets go what an owner orphans
//! (`pkg/controller/garbagecollector`).

use super::{Context, Controller};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use kube::api::DeleteOptions;
use kube::{Change, ChangeKind, Key, Map, Object, Store, Value};

pub(super) const CONTROLLER: Controller = Controller {
    name: "generic-garbage-collector",
    watches,
    reconcile,
    batch: 0,
};

/// What a deleted object owned; an object that waits for its dependents, and an object whose owner
/// was gone before it came.
fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let object = &change.new;
    if change.kind == ChangeKind::Deleted {
        keys.extend(
            store
                .owned_by(&object.meta.uid)
                .map(|owned| owned.key.clone()),
        );
        // The owner may have been waiting for this one.
        super::owners(change, object.controller_ref().get("kind").text(), keys);
        return;
    }
    let finalizers = || object.value.at(&["metadata", "finalizers"]).items();
    let waits = object.meta.deleted.is_some() && !finalizers().is_empty();
    let is_new = change.old.is_none() && !object.meta.controller.is_empty();
    if waits || is_new && !has_owner(store, object) {
        keys.push(object.key.clone());
    }
}

fn reconcile(store: &Store, key: &Key, _: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(object) = store.get(key) else {
        return plan;
    };
    if object.meta.deleted.is_some() {
        finalize(store, object, &mut plan);
        return plan;
    }
    if !object.meta.controller.is_empty() && !has_owner(store, object) {
        let owner_key = owner_key(object);
        let why = texts::cluster::owner_is_gone(&owner_key, key);
        let same = DeleteOptions {
            uid: object.meta.uid.clone(),
            ..DeleteOptions::default()
        };
        plan.delete(key, same, Note::detail("delete", "OwnerGone", why));
    }
    plan
}

fn owner_key(object: &Object) -> Key {
    let owner = object.controller_ref();
    let (kind, name) = (owner.get("kind"), owner.get("name"));
    object.key.sibling(kind.to_text(), name.to_text())
}

/// Whether the controller of an object is there.
fn has_owner(store: &Store, object: &Object) -> bool {
    let owner = store.get(&owner_key(object));
    owner.is_some_and(|owner| owner.meta.uid == object.meta.controller)
}

/// Does what a deleted object's finalizers wait for.
fn finalize(store: &Store, object: &Object, plan: &mut Plan) {
    let has = |name: &str| {
        object
            .value
            .at(&["metadata", "finalizers"])
            .items()
            .contains(&Value::from(name))
    };
    if has("orphan") {
        for owned in store.owned_by(&object.meta.uid) {
            let why = texts::cluster::orphaned(&object.key);
            let note = Note::detail("patch", "Orphaned", why);
            plan.update(&owned.key, without_owner(owned, &object.meta.uid), note);
        }
        release(object, "orphan", plan);
    } else if has("foregroundDeletion") {
        let mut left = store.owned_by(&object.meta.uid).peekable();
        if left.peek().is_none() {
            release(object, "foregroundDeletion", plan);
        }
        for owned in left.filter(|owned| owned.meta.deleted.is_none()) {
            let options = DeleteOptions {
                propagation: kube::api::Propagation::Foreground,
                ..DeleteOptions::default()
            };
            let why = texts::cluster::waits_for(&object.key, &owned.key);
            plan.delete(
                &owned.key,
                options,
                Note::detail("delete", "Foreground", why),
            );
        }
    }
}

fn release(object: &Object, finalizer: &str, plan: &mut Plan) {
    let mut value = object.value.clone();
    let list = value.entry_at(&["metadata", "finalizers"]).items_mut();
    list.retain(|have| have.text() != finalizer);
    let why = texts::cluster::nothing_holds(&object.key);
    plan.update(&object.key, value, Note::detail("patch", "Finalized", why));
}

/// An object without its owner of this uid.
pub(super) fn without_owner(object: &Object, uid: &str) -> Value {
    let mut value = object.value.clone();
    let metadata = value.entry("metadata");
    let kept: Vec<Value> = metadata
        .get("ownerReferences")
        .items()
        .iter()
        .filter(|owner| owner.get("uid").text() != uid)
        .cloned()
        .collect();
    if kept.is_empty() {
        if let Value::Map(map) = metadata {
            Map::remove(map, "ownerReferences");
        }
    } else {
        metadata.set("ownerReferences", kept);
    }
    value
}
