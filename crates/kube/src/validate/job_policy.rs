//! When a Job gives up, and when it is content: `podFailurePolicy` and `successPolicy`
//! (`pkg/apis/batch/validation`).

use super::{Faults, Path, Seen, names};
use crate::{Value, gostruct};
use ecow::{EcoString, eco_format};

/// Both policies of a Job's spec, where there are any.
pub(super) fn policies(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    let rules = at.child("podFailurePolicy");
    let rules = rules.child("rules");
    let policy = spec.get("podFailurePolicy");
    for (index, rule) in policy.get("rules").items().iter().enumerate() {
        failure(faults, &rules.index(index), rule, spec);
    }
    let policy = spec.get("successPolicy");
    let at = at.child("successPolicy");
    if policy.is_null() {
    } else if spec.get("completionMode").text() == "Indexed" {
        success(faults, &at.child("rules"), policy.get("rules"), spec);
    } else {
        let shown = gostruct::json("SuccessPolicy", policy);
        faults.invalid_shown(&at, &shown, "requires indexed completion mode");
    }
}

fn failure(faults: &mut Faults, at: &Path<'_>, rule: &Value, spec: &Value) {
    let actions = &["Count", "FailIndex", "FailJob", "Ignore"];
    let action = rule.get("action");
    if action.text() == "FailIndex" && spec.get("backoffLimitPerIndex").is_null() {
        let detail = "requires the backoffLimitPerIndex to be set";
        faults.invalid(&at.child("action"), action, detail);
    }
    listed(faults, &at.child("action"), action, actions);
    let (codes, conditions) = (rule.get("onExitCodes"), rule.get("onPodConditions").items());
    if !codes.is_null() {
        exit_codes(faults, &at.child("onExitCodes"), codes, spec);
    }
    let list = at.child("onPodConditions");
    for (index, condition) in conditions.iter().enumerate() {
        let at = list.index(index);
        faults.named(
            &at.child("type"),
            condition.get("type").text(),
            names::label_key,
        );
        let known = &["False", "True", "Unknown"];
        listed(faults, &at.child("status"), condition.get("status"), known);
    }
    let detail = match (codes.is_null(), conditions.is_empty()) {
        (false, false) => "specifying both OnExitCodes and OnPodConditions is not supported",
        (true, true) => "specifying one of OnExitCodes and OnPodConditions is required",
        _ => return,
    };
    faults.invalid_unsaid(at, detail);
}

/// A text that is one of several; of a missing one the server says which there are.
fn listed(faults: &mut Faults, at: &Path<'_>, value: &Value, known: &[&str]) {
    if value.text().is_empty() {
        let list: Vec<EcoString> = known.iter().map(|one| eco_format!("{one:?}")).collect();
        faults.required(at, &eco_format!("valid values: [{}]", list.join(" ")));
    } else {
        faults.choice(at, value, known);
    }
}

fn exit_codes(faults: &mut Faults, at: &Path<'_>, codes: &Value, spec: &Value) {
    let operator = codes.get("operator");
    listed(faults, &at.child("operator"), operator, &["In", "NotIn"]);
    let pod = spec.at(&["template", "spec"]);
    let lists = ["containers", "initContainers"];
    let mut containers = lists.into_iter().flat_map(|list| pod.get(list).items());
    let name = codes.get("containerName");
    if !name.is_null() && !containers.any(|container| container.get("name") == name) {
        let detail = "must be one of the container or initContainer names in the pod template";
        faults.invalid(&at.child("containerName"), name, detail);
    }
    let list = at.child("values");
    let values = codes.get("values");
    if values.items().is_empty() {
        faults.invalid_shown(&list, "[]", "at least one value is required");
    }
    let mut seen = Seen::default();
    for (index, code) in values.items().iter().enumerate() {
        let at = list.index(index);
        if operator.text() == "In" && code.as_int() == Some(0) {
            faults.invalid(&at, code, "must not be 0 for the In operator");
        }
        if !seen.insert(code.as_int()) {
            faults.duplicate(&at, code);
        }
    }
    if !values.items().is_sorted_by_key(Value::as_int) {
        faults.invalid(&list, values, "must be ordered");
    }
}

fn success(faults: &mut Faults, list: &Path<'_>, rules: &Value, spec: &Value) {
    if rules.items().is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        faults.required(list, detail);
    }
    let completions = spec.get("completions").as_int().unwrap_or(0);
    for (index, rule) in rules.items().iter().enumerate() {
        let at = list.index(index);
        let (indexes, count) = (rule.get("succeededIndexes"), rule.get("succeededCount"));
        if indexes.is_null() && count.is_null() {
            let detail = "at least one of succeededCount or succeededIndexes must be specified";
            faults.required(&at, detail);
        }
        let named = indexes.as_str().map(|text| {
            count_indexes(text, completions).unwrap_or_else(|why| {
                let detail = eco_format!("error parsing succeededIndexes: {why}");
                faults.invalid(&at.child("succeededIndexes"), indexes, &detail);
                0
            })
        });
        let at = at.child("succeededCount");
        faults.not_negative(&at, count);
        let needed = count.as_int().unwrap_or(0);
        if needed > completions {
            let detail = eco_format!(
                "must be less than or equal to {completions} (the number of specified completions)"
            );
            faults.invalid(&at, count, &detail);
        }
        if let Some(named) = named.filter(|named| needed > *named) {
            let detail = eco_format!(
                "must be less than or equal to {named} (the number of indexes in the specified \
                 succeededIndexes field)"
            );
            faults.invalid(&at, count, &detail);
        }
    }
}

/// How many indexes a list such as `0,3-5` has.
fn count_indexes(text: &str, completions: i64) -> Result<i64, EcoString> {
    let index = |part: &str| -> Result<i64, EcoString> {
        let number = part
            .parse()
            .map_err(|_| eco_format!("cannot convert string to integer for index: {part:?}"))?;
        match number {
            number if number >= completions => Err(eco_format!("too large index: {part:?}")),
            number => Ok(number),
        }
    };
    let (mut total, mut last) = (0, None);
    for interval in text.split(',').filter(|_| !text.is_empty()) {
        let ends: Vec<&str> = interval.split('-').collect();
        let (from, to) = match ends.as_slice() {
            [one] => (index(one)?, index(one)?),
            [from, to] => (index(from)?, index(to)?),
            _ => {
                return Err(eco_format!(
                    "the fragment {interval:?} violates the requirement that an index interval can \
                     have at most two parts separated by '-'"
                ));
            }
        };
        if from > to {
            return Err(eco_format!(
                "non-increasing order, previous: {from}, current: {to}"
            ));
        }
        if let Some(last) = last.filter(|last| *last >= from) {
            return Err(eco_format!(
                "non-increasing order, previous: {last}, current: {from}"
            ));
        }
        total += to - from + 1;
        last = Some(to);
    }
    Ok(total)
}
