//! Jobs and CronJobs (`pkg/apis/batch/v1/defaults.go`).

use super::{default, default_zero, each, inside, pod, within, workload};
use crate::{Value, map};

pub(super) fn job(object: &mut Value) {
    within(object, "spec", job_spec);
    // Those of a new one are copied when the template has all of them (`strategy`).
    if !object.at(&["metadata", "uid"]).is_null() {
        workload::labels_from_template(object);
    }
}

fn job_spec(spec: &mut Value) {
    if spec.get("completions").is_null() && spec.get("parallelism").is_null() {
        spec.set("completions", 1);
    }
    default(spec, "parallelism", 1);
    if spec.get("backoffLimit").is_null() {
        let per_index = !spec.get("backoffLimitPerIndex").is_null();
        spec.set("backoffLimit", if per_index { i32::MAX } else { 6 });
    }
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    default(spec, "manualSelector", false);
    let policy = match spec.get("podFailurePolicy").is_null() {
        true => "TerminatingOrFailed",
        false => "Failed",
    };
    default(spec, "podReplacementPolicy", policy);
    failure_policy(spec);
    within(spec, "template", pod::template);
}

fn failure_policy(spec: &mut Value) {
    inside(spec, "podFailurePolicy", |policy| {
        each(policy, "rules", |rule| {
            each(rule, "onPodConditions", |condition| {
                default(condition, "status", "True");
            });
        });
    });
}

pub(super) fn cron_job(object: &mut Value) {
    within(object, "spec", |spec| {
        default_zero(spec, "concurrencyPolicy", "Allow");
        default(spec, "suspend", false);
        default(spec, "successfulJobsHistoryLimit", 3);
        default(spec, "failedJobsHistoryLimit", 1);
        within(spec, "jobTemplate", |job| {
            default(job, "metadata", map! {});
            // A Job's own defaults come when the Job is made; only its pods' are filled in here.
            within(job, "spec", |spec| {
                failure_policy(spec);
                within(spec, "template", pod::template);
            });
        });
    });
}
