//! Brings each Deployment's ReplicaSets from what they are to what its spec says
//! (`pkg/controller/deployment`).
//!
//! A look works on copies: the Deployment ([`Subject`]) and its ReplicaSets ([`Set`]). Steps change
//! the copies and put the same change into the plan, so later steps of the same look see it, as they
//! do in the real controller.

mod rollout;
mod sets;
mod status;
mod strategy;

use super::{Context, Controller, adopters, owners};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value};
use sets::Set;
use std::rc::Rc;

pub use strategy::{Fenceposts, fenceposts};

pub(super) const CONTROLLER: Controller = Controller {
    name: "deployment-controller",
    watches,
    reconcile,
    batch: 0,
};

/// The annotation with the number of a Deployment's revision, on it and on its ReplicaSets.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// The annotation with the earlier numbers of a ReplicaSet that is used again.
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The annotation with the Deployment's replicas, on its ReplicaSets.
pub const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// The annotation with the Deployment's replicas and surge, on its ReplicaSets.
pub const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// The label that tells the pods of one template from those of another.
pub const TEMPLATE_HASH: &str = "pod-template-hash";

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    match change.new.key.kind.as_str() {
        "Deployment" => keys.push(change.new.key.clone()),
        "ReplicaSet" => {
            owners(change, "Deployment", keys);
            adopters(store, change, "Deployment", keys);
        }
        // With Recreate, the last old pod that goes is what the new ones wait for.
        "Pod" if change.kind == ChangeKind::Deleted => {
            let owner = change.new.controller_ref().get("name").to_text();
            if let Some(set) = store.get(&change.new.key.sibling("ReplicaSet", owner)) {
                let owner = set.controller_ref();
                if owner.get("kind").text() == "Deployment" {
                    keys.push(set.key.sibling("Deployment", owner.get("name").to_text()));
                }
            }
        }
        _ => {}
    }
}

/// The Deployment that a look is about.
struct Subject<'a> {
    store: &'a Store,
    object: Rc<Object>,
    /// The status as it was, and as this look makes it.
    status: Value,
    /// The revision annotation, as this look makes it.
    revision: Option<ecow::EcoString>,
    now: Millis,
    plan: Plan,
}

impl<'a> Subject<'a> {
    /// The Deployment as it is now; none if it is gone.
    fn of(store: &'a Store, key: &Key, context: &Context<'_>) -> Option<Subject<'a>> {
        let object = store.get(key)?.clone();
        Some(Subject {
            store,
            status: object.status().clone(),
            revision: object.annotation(REVISION).map(Into::into),
            now: context.now,
            plan: Plan::settled(),
            object,
        })
    }

    fn spec(&self) -> &Value {
        self.object.spec()
    }

    fn replicas(&self) -> i64 {
        self.spec().get("replicas").as_int().unwrap_or(1)
    }

    fn template(&self) -> &Value {
        self.spec().get("template")
    }

    fn is_paused(&self) -> bool {
        self.spec().get("paused").as_bool() == Some(true)
    }

    fn name(&self) -> &str {
        &self.object.key.name
    }

    fn fenceposts(&self) -> Fenceposts {
        fenceposts(self.spec())
    }
}

/// Compares a Deployment with its ReplicaSets, and plans the next step towards its spec
/// (`deployment_controller.go`, syncDeployment).
fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let Some(mut subject) = Subject::of(store, key, context) else {
        return Plan::settled();
    };
    if subject.object.meta.deleted.is_some() {
        let sets = sets::owned(&subject);
        status::sync(&mut subject, &sets, None);
        status::write(&mut subject);
        return subject.plan;
    }
    let mut sets = sets::claim(&mut subject);
    say_what_changed(&mut subject, &sets);
    status::check_paused(&mut subject);
    if subject.is_paused() || sets::is_scaling(&mut subject, &mut sets) {
        rollout::scale_only(&mut subject, &mut sets);
    } else if subject.spec().at(&["strategy", "type"]).text() == "Recreate" {
        rollout::recreate(&mut subject, &mut sets);
    } else {
        rollout::rolling(&mut subject, &mut sets);
    }
    status::write(&mut subject);
    subject.plan
}

/// On the first look at a new generation: whether its template asks for new pods, and if not, why
/// nothing restarts.
fn say_what_changed(subject: &mut Subject<'_>, sets: &[Set]) {
    let seen = subject
        .status
        .get("observedGeneration")
        .as_int()
        .unwrap_or(0);
    let generation = subject.object.meta.generation;
    if seen == generation {
        return;
    }
    let key = subject.object.key.clone();
    let Some(newest) = sets::newest(subject, sets) else {
        return;
    };
    let set = &sets[newest];
    if subject.revision.as_deref() != set.annotation(REVISION) {
        return;
    }
    let (hash, wanted) = (set.label(TEMPLATE_HASH), subject.replicas());
    let before = set
        .annotation(DESIRED_REPLICAS)
        .and_then(|text| text.parse::<i64>().ok());
    let message = match before {
        Some(before) if before != wanted => texts::cluster::only_replicas(before, wanted, hash),
        _ => texts::cluster::outside_the_template(hash),
    };
    subject
        .plan
        .say(&key, Note::nothing("TemplateUnchanged", message));
}
