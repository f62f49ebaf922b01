//! Workloads in words, and what scales and spares them.

use super::{controller, created, head, line, members, moment, notes, number, selector};
use crate::kubectl::cells::{NONE, UNSET, labels, or, since, text};
use crate::kubectl::jsonpath::shown;
use crate::kubectl::pod_template::{self, pairs};
use crate::kubectl::rollout::template_of;
use crate::kubectl::session::Session;
use kube::{Object, Selection, Value, time};
use std::fmt::Write as _;
use std::rc::Rc;

fn template(out: &mut String, template: &Value) {
    out.push_str(&pod_template::describe(template, None));
}

fn conditions(out: &mut String, object: &Object) {
    let all = object.status().get("conditions").items();
    if all.is_empty() {
        return;
    }
    out.push_str("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n");
    for it in all {
        let of = |name: &str| it.get(name).text();
        let _ = writeln!(out, "  {} \t{}\t{}", of("type"), of("status"), of("reason"));
    }
}

/// How many of the pods that an object owns are in which phase.
fn pods_status(session: &mut Session, object: &Object, out: &mut String) {
    let labels = kube::selector::text(object.spec().get("selector"));
    let select = Selection {
        labels,
        ..Selection::default()
    };
    let pods = session.select("Pod", object.key.namespace.clone(), select);
    let mut pods = pods.unwrap_or_default();
    pods.retain(|pod| pod.controller_ref().get("uid").text() == object.meta.uid);
    let count = |phase: &str| {
        let is = |pod: &&Rc<Object>| pod.status().get("phase").text() == phase;
        pods.iter().filter(is).count()
    };
    let [running, waiting, succeeded, failed] =
        ["Running", "Pending", "Succeeded", "Failed"].map(count);
    let text =
        format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
    line(out, "Pods Status", text);
}

pub(super) fn deployment(session: &mut Session, it: &Object, out: &mut String) {
    let (spec, status) = (it.spec(), it.status());
    head(out, it);
    created(out, it);
    notes(out, it);
    selector(out, it);
    let text = format!(
        "{} desired | {} updated | {} total | {} available | {} unavailable",
        number(spec, "replicas"),
        number(status, "updatedReplicas"),
        number(status, "replicas"),
        number(status, "availableReplicas"),
        number(status, "unavailableReplicas")
    );
    line(out, "Replicas", text);
    line(out, "StrategyType", spec.at(&["strategy", "type"]).text());
    line(out, "MinReadySeconds", number(spec, "minReadySeconds"));
    let rolling = spec.at(&["strategy", "rollingUpdate"]);
    if !rolling.is_null() {
        let of = |name: &str| shown(rolling.get(name));
        let text = format!(
            "{} max unavailable, {} max surge",
            of("maxUnavailable"),
            of("maxSurge")
        );
        line(out, "RollingUpdateStrategy", text);
    }
    template(out, spec.get("template"));
    conditions(out, it);
    let sets = session.select("ReplicaSet", it.key.namespace.clone(), Selection::default());
    let mut sets = sets.unwrap_or_default();
    sets.retain(|set| set.controller_ref().get("uid").text() == it.meta.uid);
    let is_new = |set: &Rc<Object>| template_of(set) == *spec.get("template");
    let (new, old): (Vec<_>, Vec<_>) = sets.into_iter().partition(is_new);
    if new.is_empty() && old.is_empty() {
        return;
    }
    let names = |sets: &[Rc<Object>]| {
        let each = sets.iter().map(|set| {
            let (have, want) = (
                number(set.status(), "replicas"),
                number(set.spec(), "replicas"),
            );
            format!("{} ({have}/{want} replicas created)", set.key.name)
        });
        or(each.collect::<Vec<_>>().join(", "), NONE)
    };
    line(out, "OldReplicaSets", names(&old));
    line(out, "NewReplicaSet", names(&new));
}

pub(super) fn replica_set(session: &mut Session, it: &Object, out: &mut String) {
    head(out, it);
    selector(out, it);
    notes(out, it);
    controller(out, it);
    let (have, want) = (
        number(it.status(), "replicas"),
        number(it.spec(), "replicas"),
    );
    line(out, "Replicas", format!("{have} current / {want} desired"));
    pods_status(session, it, out);
    template(out, it.spec().get("template"));
    conditions(out, it);
}

pub(super) fn stateful_set(session: &mut Session, it: &Object, out: &mut String) {
    let spec = it.spec();
    head(out, it);
    created(out, it);
    selector(out, it);
    notes(out, it);
    let (have, want) = (number(it.status(), "replicas"), number(spec, "replicas"));
    line(out, "Replicas", format!("{want} desired | {have} total"));
    let strategy = spec.get("updateStrategy");
    line(out, "Update Strategy", strategy.get("type").text());
    let partition = strategy.at(&["rollingUpdate", "partition"]);
    members(out, partition, &[("  Partition", &[])]);
    pods_status(session, it, out);
    template(out, spec.get("template"));
    let claims = spec.get("volumeClaimTemplates").items();
    let none = if claims.is_empty() { "\t<none>" } else { "" };
    let _ = writeln!(out, "Volume Claims:{none}");
    for claim in claims {
        let of = |path: &[&str]| text(claim, path);
        line(out, "  Name", of(&["metadata", "name"]));
        line(out, "  StorageClass", of(&["spec", "storageClassName"]));
        pairs(out, "  Labels", claim.at(&["metadata", "labels"]));
        pairs(out, "  Annotations", claim.at(&["metadata", "annotations"]));
        let size = of(&["spec", "resources", "requests", "storage"]);
        line(out, "  Capacity", or(size, "<default>"));
        line(
            out,
            "  Access Modes",
            shown(claim.at(&["spec", "accessModes"])),
        );
    }
}

pub(super) fn daemon_set(session: &mut Session, it: &Object, out: &mut String) {
    head(out, it);
    selector(out, it);
    let nodes = it.spec().at(&["template", "spec", "nodeSelector"]);
    line(out, "Node-Selector", labels(nodes));
    notes(out, it);
    for (title, name) in [
        (
            "Desired Number of Nodes Scheduled",
            "desiredNumberScheduled",
        ),
        (
            "Current Number of Nodes Scheduled",
            "currentNumberScheduled",
        ),
        (
            "Number of Nodes Scheduled with Up-to-date Pods",
            "updatedNumberScheduled",
        ),
        (
            "Number of Nodes Scheduled with Available Pods",
            "numberAvailable",
        ),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ] {
        let _ = writeln!(out, "{title}: {}", number(it.status(), name));
    }
    pods_status(session, it, out);
    template(out, it.spec().get("template"));
}

pub(super) fn job(_: &mut Session, it: &Object, out: &mut String) {
    let (spec, status) = (it.spec(), it.status());
    head(out, it);
    selector(out, it);
    notes(out, it);
    controller(out, it);
    members(out, spec, &[("Parallelism", &["parallelism"])]);
    line(out, "Completions", or(text(spec, &["completions"]), UNSET));
    members(
        out,
        spec,
        &[
            ("Completion Mode", &["completionMode"]),
            ("Suspend", &["suspend"]),
            ("Backoff Limit", &["backoffLimit"]),
            ("TTL Seconds After Finished", &["ttlSecondsAfterFinished"]),
        ],
    );
    let [start, end] = ["startTime", "completionTime"].map(|name| status.get(name));
    for (title, time) in [("Start Time", start), ("Completed At", end)] {
        if !time.is_null() {
            line(out, title, moment(time));
        }
    }
    let [start, end] = [start, end].map(|time| time::parse_rfc3339(time.text()));
    if let Some((start, end)) = start.zip(end) {
        line(out, "Duration", since(start, end));
    }
    if let Some(seconds) = spec.get("activeDeadlineSeconds").as_int() {
        line(out, "Active Deadline Seconds", format!("{seconds}s"));
    }
    let ready = status.get("ready").as_int();
    let ready = ready.map_or_else(String::new, |count| format!(" ({count} Ready)"));
    let of = |name: &str| number(status, name);
    let (active, succeeded, failed) = (of("active"), of("succeeded"), of("failed"));
    let text = format!("{active} Active{ready} / {succeeded} Succeeded / {failed} Failed");
    line(out, "Pods Statuses", text);
    if spec.get("completionMode").text() == "Indexed" {
        let done = status.get("completedIndexes").text();
        let short = match done.get(50..).and_then(|rest| rest.find(',')) {
            Some(at) => format!("{}...", &done[..=50 + at]),
            None => done.to_owned(),
        };
        line(out, "Completed Indexes", or(short, NONE));
    }
    template(out, spec.get("template"));
}

pub(super) fn cron_job(_: &mut Session, it: &Object, out: &mut String) {
    let spec = it.spec();
    let of = |name: &str| or(text(spec, &[name]), UNSET);
    head(out, it);
    notes(out, it);
    line(out, "Schedule", of("schedule"));
    line(out, "Concurrency Policy", of("concurrencyPolicy"));
    let suspend = spec.get("suspend").as_bool();
    line(
        out,
        "Suspend",
        suspend.map_or(UNSET, |is| if is { "True" } else { "False" }),
    );
    line(out, "Time Zone", of("timeZone"));
    line(
        out,
        "Successful Job History Limit",
        of("successfulJobsHistoryLimit"),
    );
    line(
        out,
        "Failed Job History Limit",
        of("failedJobsHistoryLimit"),
    );
    let late = spec.get("startingDeadlineSeconds").as_int();
    let late = late.map_or_else(|| UNSET.to_owned(), |seconds| format!("{seconds}s"));
    line(out, "Starting Deadline Seconds", late);
    let job = spec.at(&["jobTemplate", "spec"]);
    line(out, "Selector", UNSET);
    line(out, "Parallelism", or(text(job, &["parallelism"]), UNSET));
    line(out, "Completions", or(text(job, &["completions"]), UNSET));
    template(out, job.get("template"));
    let last = it.status().get("lastScheduleTime");
    let last = if last.is_null() {
        UNSET.to_owned()
    } else {
        moment(last)
    };
    line(out, "Last Schedule Time", last);
    let active = it.status().get("active").items().iter();
    let active = active.map(|it| it.get("name").text());
    line(
        out,
        "Active Jobs",
        or(active.collect::<Vec<_>>().join(", "), NONE),
    );
}

pub(super) fn autoscaler(_: &mut Session, it: &Object, out: &mut String) {
    let (spec, status) = (it.spec(), it.status());
    head(out, it);
    notes(out, it);
    created(out, it);
    let target = |name: &str| text(spec, &["scaleTargetRef", name]);
    line(
        out,
        "Reference",
        format!("{}/{}", target("kind"), target("name")),
    );
    line(out, "Metrics", "( current / target )");
    let current = status.get("currentMetrics").items();
    for (at, metric) in spec.get("metrics").items().iter().enumerate() {
        metric_line(out, metric, current.get(at).unwrap_or(&Value::NULL));
    }
    line(out, "Min replicas", or(text(spec, &["minReplicas"]), UNSET));
    line(out, "Max replicas", number(spec, "maxReplicas"));
    let behavior = spec.get("behavior");
    if !behavior.is_null() {
        out.push_str("Behavior:\n");
    }
    for (title, name) in [("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")] {
        let rules = behavior.get(name);
        if rules.is_null() {
            continue;
        }
        let _ = writeln!(out, "  {title}:");
        if let Some(seconds) = rules.get("stabilizationWindowSeconds").as_int() {
            let _ = writeln!(out, "    Stabilization Window: {seconds} seconds");
        }
        let policies = rules.get("policies").items();
        if !policies.is_empty() {
            let select = or(text(rules, &["selectPolicy"]), "Max");
            let _ = writeln!(out, "    Select Policy: {select}\n    Policies:");
        }
        for policy in policies {
            let (count, period) = (number(policy, "value"), number(policy, "periodSeconds"));
            let kind = policy.get("type").text();
            let _ = writeln!(
                out,
                "      - Type: {kind}\tValue: {count}\tPeriod: {period} seconds"
            );
        }
    }
    let (have, want) = (
        number(status, "currentReplicas"),
        number(status, "desiredReplicas"),
    );
    let title = format!("{} pods", target("kind"));
    line(out, &title, format!("{have} current / {want} desired"));
    let all = status.get("conditions").items();
    if !all.is_empty() {
        out.push_str("Conditions:\n  Type\tStatus\tReason\tMessage\n");
        out.push_str("  ----\t------\t------\t-------\n");
    }
    for it in all {
        let [kind, state, reason, message] =
            ["type", "status", "reason", "message"].map(|name| it.get(name).text());
        let _ = writeln!(out, "  {kind}\t{state}\t{reason}\t{message}");
    }
}

/// What a metric is, and what it should be.
fn metric_line(out: &mut String, metric: &Value, current: &Value) {
    let Some((source, of)) = metric.members().find(|(name, _)| *name != "type") else {
        return;
    };
    let (now, target) = (current.at(&[source, "current"]), of.get("target"));
    let have = |name: &str| or(text(now, &[name]), "<unknown>");
    let percent = target.get("averageUtilization").as_int();
    let name = of.at(&["metric", "name"]).text();
    let (what, have, want) = match source.as_str() {
        "resource" | "containerResource" => {
            let whose = match of.get("container").text() {
                "" => String::new(),
                name => format!(" of container {name:?}"),
            };
            let what = format!("resource {}{whose} on pods", of.get("name").text());
            match percent {
                None => (what, have("averageValue"), text(target, &["averageValue"])),
                Some(percent) => {
                    let have = match now.get("averageUtilization").as_int() {
                        Some(part) => format!("{part}% ({})", have("averageValue")),
                        None => "<unknown>".to_owned(),
                    };
                    let what = what + "  (as a percentage of request)";
                    (what, have, format!("{percent}%"))
                }
            }
        }
        _ => {
            let is_mean = !target.get("averageValue").is_null();
            let field = if is_mean { "averageValue" } else { "value" };
            let how = if is_mean {
                "(target average value)"
            } else {
                "(target value)"
            };
            let whose = of.get("describedObject");
            let what = match source.as_str() {
                "pods" => format!("{name:?} on pods"),
                "object" => {
                    let part = |name: &str| whose.get(name).text();
                    format!("{name:?} on {}/{} {how}", part("kind"), part("name"))
                }
                _ => format!("{name:?} {how}"),
            };
            (what, have(field), text(target, &[field]))
        }
    };
    let _ = writeln!(out, "  {what}:\t{have} / {want}");
}

pub(super) fn budget(_: &mut Session, it: &Object, out: &mut String) {
    head(out, it);
    members(
        out,
        it.spec(),
        &[
            ("Min available", &["minAvailable"]),
            ("Max unavailable", &["maxUnavailable"]),
        ],
    );
    match it.spec().get("selector").is_null() {
        true => line(out, "Selector", UNSET),
        false => selector(out, it),
    }
    out.push_str("Status:\n");
    for (title, name) in [
        ("    Allowed disruptions", "disruptionsAllowed"),
        ("    Current", "currentHealthy"),
        ("    Desired", "desiredHealthy"),
        ("    Total", "expectedPods"),
    ] {
        line(out, title, number(it.status(), name));
    }
}
