//! Jobs and CronJobs (`pkg/apis/batch/validation`).

use super::{Faults, Path, SPEC, job_policy, meta, names, pod, schedule};
use crate::{Value, gostruct, map};

pub(super) fn job(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    generated_selector(faults, new);
    let before = faults.len();
    whole_spec(faults, new.get("spec"));
    let fine = faults.len() == before;
    host_name(faults, new);
    if let Some(old) = old {
        // The server looks at all of it again.
        if !fine {
            whole_spec(faults, new.get("spec"));
        }
        update(faults, new.get("spec"), old);
    }
}

fn whole_spec(faults: &mut Faults, spec: &Value) {
    job_spec(faults, &SPEC, spec);
    if spec.get("selector").is_null() {
        faults.required(&SPEC.child("selector"), "");
    }
    if meta::label_selector(faults, &SPEC.child("selector"), spec.get("selector")) {
        meta::selects_template(faults, &SPEC.child("template"), spec);
    }
}

/// The pods of an indexed Job are called by its name and their index.
fn host_name(faults: &mut Faults, job: &Value) {
    let (name, spec) = (job.at(&["metadata", "name"]), job.get("spec"));
    let completions = spec.get("completions").as_int().unwrap_or(0);
    if spec.get("completionMode").text() == "Indexed" && completions > 0 {
        let longest = ecow::eco_format!("{}-{}", name.text(), completions - 1);
        if !names::label(&longest).is_empty() {
            let metadata = Path::root("metadata");
            let detail =
                ecow::eco_format!("will not able to create pod with invalid DNS label: {longest}");
            faults.invalid(&metadata.child("name"), name, &detail);
        }
    }
}

/// A Job that does not select by hand selects by its uid, and by nothing else.
fn generated_selector(faults: &mut Faults, job: &Value) {
    let spec = job.get("spec");
    if spec.get("manualSelector").as_bool() == Some(true) {
        return;
    }
    let own = map! { "batch.kubernetes.io/controller-uid" => job.at(&["metadata", "uid"]).clone() };
    let selector = spec.get("selector");
    let only = selector.get("matchLabels") == &own && selector.get("matchExpressions").is_null();
    if !only {
        faults.invalid(
            &SPEC.child("selector"),
            selector,
            "`selector` not auto-generated",
        );
    }
}

/// What holds of a Job's spec and of a CronJob's template for it.
fn job_spec(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    for field in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        faults.not_negative(&at.child(field), spec.get(field));
    }
    let failed = spec.get("maxFailedIndexes");
    if !failed.is_null() && spec.get("backoffLimitPerIndex").is_null() {
        let detail = "when maxFailedIndexes is specified";
        faults.required(&at.child("backoffLimitPerIndex"), detail);
    }
    if let Some(name) = spec.get("managedBy").as_str() {
        faults.prefixed_path(&at.child("managedBy"), name);
    }
    let mode = spec.get("completionMode");
    let modes = &["NonIndexed", "Indexed"];
    faults.choice(&at.child("completionMode"), mode, modes);
    if mode.text() == "Indexed" {
        if spec.get("completions").is_null() {
            let detail = "when completion mode is Indexed";
            faults.required(&at.child("completions"), detail);
        }
        let parallel = spec.get("parallelism");
        if parallel.as_int().is_some_and(|parallel| parallel > 100_000) {
            let detail = "must be less than or equal to 100000 when completion mode is Indexed";
            faults.invalid(&at.child("parallelism"), parallel, detail);
        }
        let all = spec.get("completions").as_int();
        if all.is_some_and(|all| failed.as_int().is_some_and(|failed| failed > all)) {
            let detail = "must be less than or equal to completions";
            faults.invalid(&at.child("maxFailedIndexes"), failed, detail);
        }
    } else if matches!(mode.text(), "" | "NonIndexed") {
        for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if !spec.get(field).is_null() {
                let detail = "requires indexed completion mode";
                faults.invalid(&at.child(field), spec.get(field), detail);
            }
        }
    }
    job_policy::policies(faults, at, spec);
    let policy = spec.get("podReplacementPolicy");
    let known = match spec.get("podFailurePolicy").is_null() {
        true => &["Failed", "TerminatingOrFailed"][..],
        false => &["Failed"],
    };
    faults.choice(&at.child("podReplacementPolicy"), policy, known);
    let template = at.child("template");
    pod::template(faults, &template, spec.get("template"));
    let policy = spec.at(&["template", "spec", "restartPolicy"]);
    let at = template.child("spec");
    let at = at.child("restartPolicy");
    match policy.text() {
        "" | "Always" => faults.required(&at, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if !spec.get("podFailurePolicy").is_null() => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            faults.invalid(&at, policy, detail);
        }
        _ => faults.choice(&at, policy, &["OnFailure", "Never"]),
    }
}

fn update(faults: &mut Faults, new: &Value, old: &Value) {
    let was = old.get("spec");
    let (at, completions) = (SPEC.child("completions"), new.get("completions"));
    // The number of completions may change with the parallelism, and only together with it.
    if new.get("completionMode").text() != "Indexed" {
        faults.immutable(&at, completions, was.get("completions"));
    } else if completions != was.get("completions") && completions != new.get("parallelism") {
        let detail = "can only be modified in tandem with spec.parallelism";
        faults.invalid(&at, completions, detail);
    }
    if new.get("selector") != was.get("selector") {
        let shown = meta::selector_json(new.get("selector"));
        faults.invalid_shown(&SPEC.child("selector"), &shown, "field is immutable");
    }
    let suspended =
        was.get("suspend").as_bool() == Some(true) && old.at(&["status", "startTime"]).is_null();
    let (is, had) = (new.get("template"), was.get("template"));
    let at = SPEC.child("template");
    if is == had {
    } else if !suspended {
        let shown = gostruct::json("PodTemplateSpec", is);
        faults.invalid_shown(&at, &shown, "field is immutable");
    } else if !same_but_placement(is, had) {
        let shown = gostruct::json("PodSpec", is.get("spec"));
        faults.invalid_shown(&at.child("spec"), &shown, "field is immutable");
    }
    for field in [
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ] {
        faults.immutable(&SPEC.child(field), new.get(field), was.get(field));
    }
}

/// While a Job is suspended and has not begun, where its pods may run can still change, and what they
/// ask for.
fn same_but_placement(new: &Value, old: &Value) -> bool {
    let rest = |template: &Value| {
        let mut template = template.clone();
        for field in ["nodeSelector", "affinity", "tolerations", "schedulingGates"] {
            template.entry("spec").set(field, Value::Null);
        }
        for list in ["containers", "initContainers"] {
            for container in template.entry_at(&["spec", list]).items_mut().make_mut() {
                container.set("resources", Value::Null);
            }
        }
        let metadata = template.entry("metadata");
        metadata.set("labels", Value::Null);
        metadata.set("annotations", Value::Null);
        template
    };
    rest(new) == rest(old)
}

pub(super) fn cron_job(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    let at = SPEC.child("schedule");
    let when = spec.get("schedule").text();
    if when.is_empty() {
        faults.required(&at, "");
    } else {
        if let Err(why) = schedule::parse(when) {
            faults.invalid_text(&at, when, &why);
        }
        if when.contains("TZ") {
            let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            faults.invalid_text(&at, when, detail);
        }
    }
    faults.not_negative(
        &SPEC.child("startingDeadlineSeconds"),
        spec.get("startingDeadlineSeconds"),
    );
    let policies = &["Allow", "Forbid", "Replace"];
    faults.one_of(
        &SPEC.child("concurrencyPolicy"),
        spec.get("concurrencyPolicy"),
        policies,
    );
    let job = SPEC.child("jobTemplate");
    job_spec(
        faults,
        &job.child("spec"),
        spec.at(&["jobTemplate", "spec"]),
    );
    let selector = spec.at(&["jobTemplate", "spec", "selector"]);
    if !selector.is_null() {
        let at = job.child("spec");
        let shown = meta::selector_json(selector);
        faults.invalid_shown(
            &at.child("selector"),
            &shown,
            "`selector` will be auto-generated",
        );
    }
    if spec
        .at(&["jobTemplate", "spec", "manualSelector"])
        .as_bool()
        == Some(true)
    {
        let at = job.child("spec");
        let shown = &Value::Bool(true);
        faults.unsupported(&at.child("manualSelector"), shown, &["nil", "false"]);
    }
    if let Some(zone) = spec.get("timeZone").as_str() {
        time_zone(faults, zone);
    }
    faults.not_negative(
        &SPEC.child("successfulJobsHistoryLimit"),
        spec.get("successfulJobsHistoryLimit"),
    );
    faults.not_negative(
        &SPEC.child("failedJobsHistoryLimit"),
        spec.get("failedJobsHistoryLimit"),
    );
    let name = new.at(&["metadata", "name"]).text();
    if old.is_none() && name.len() > 52 {
        let metadata = Path::root("metadata");
        faults.invalid_text(
            &metadata.child("name"),
            name,
            "must be no more than 52 characters",
        );
    }
}

fn time_zone(faults: &mut Faults, zone: &str) {
    let at = SPEC.child("timeZone");
    if zone.is_empty() {
        faults.invalid_text(&at, zone, "timeZone must be nil or non-empty string");
    } else if zone.eq_ignore_ascii_case("local") {
        let detail =
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        faults.invalid_text(&at, zone, detail);
    }
    if !zone.is_empty() && zone != "Local" && !schedule::is_zone(zone) {
        faults.invalid_text(&at, zone, &ecow::eco_format!("unknown time zone {zone}"));
    }
}
