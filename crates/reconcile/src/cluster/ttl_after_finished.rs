//! Deletes finished Jobs once their `ttlSecondsAfterFinished` have passed
//! (`pkg/controller/ttlafterfinished`).

use super::{Context, Controller, job};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use kube::api::{DeleteOptions, Propagation};
use kube::{Change, Key, Store};

pub(super) const CONTROLLER: Controller = Controller {
    name: "ttl-after-finished-controller",
    watches,
    reconcile,
    batch: 0,
};

fn watches(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    let job = &change.new;
    if job.key.kind == "Job" && !job.spec().get("ttlSecondsAfterFinished").is_null() {
        keys.push(job.key.clone());
    }
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(job) = store.get(key).filter(|job| job.meta.deleted.is_none()) else {
        return plan;
    };
    let seconds = job.spec().get("ttlSecondsAfterFinished").as_int();
    let (Some(finished), Some(seconds)) = (job::finished(job), seconds) else {
        return plan;
    };
    let at = finished.saturating_add(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000));
    if context.now < at {
        plan.look_again(at - context.now);
        return plan;
    }
    let options = DeleteOptions {
        propagation: Propagation::Foreground,
        uid: job.meta.uid.clone(),
        ..DeleteOptions::default()
    };
    let why = texts::cluster::FINISHED_LONG_AGO;
    plan.delete(&job.key, options, Note::detail("delete", "Expired", why));
    plan
}
