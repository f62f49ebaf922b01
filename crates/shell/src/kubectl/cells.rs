//! What stands in the cells of a table (`pkg/printers/internalversion/printers.go`).

use kube::{Millis, Object, Value, time};

pub(super) const NONE: &str = "<none>";
pub(super) const UNSET: &str = "<unset>";

/// How long ago, with the precision that one wants to read
/// (`k8s.io/apimachinery/pkg/util/duration`, `HumanDuration`).
pub(super) fn since(then: Millis, now: Millis) -> String {
    let seconds = now.saturating_sub(then) / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |number: u64, unit: char, rest: u64, part: char| match rest {
        0 => format!("{number}{unit}"),
        rest => format!("{number}{unit}{rest}{part}"),
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, 'd', hours % 24, 'h'),
        _ => format!("{days}d"),
    }
}

pub(super) fn moment(time: &Value) -> Option<Millis> {
    time::parse_rfc3339(time.text())
}

pub(super) fn ago(time: &Value, now: Millis, never: &str) -> String {
    moment(time).map_or_else(|| never.to_owned(), |then| since(then, now))
}

/// A text, or a number as one.
pub(super) fn text(value: &Value, path: &[&str]) -> String {
    let value = value.at(path);
    match value.as_int() {
        Some(number) => number.to_string(),
        None => value.to_text().into(),
    }
}

pub(super) fn number(value: &Value, name: &str) -> String {
    value.get(name).as_int().unwrap_or(0).to_string()
}

pub(super) fn or(text: String, other: &str) -> String {
    if text.is_empty() {
        other.to_owned()
    } else {
        text
    }
}

pub(super) fn title(is_true: bool) -> String {
    if is_true { "True" } else { "False" }.to_owned()
}

pub(super) fn condition(object: &Object, kind: &str, field: &str) -> String {
    text(object.condition(kind), &[field])
}

pub(super) fn members(object: &Object, names: &[&str]) -> String {
    let counts = names
        .iter()
        .map(|name| object.value.get(name).members().count());
    counts.sum::<usize>().to_string()
}

pub(super) fn containers(object: &Object, field: &str) -> String {
    let all = object
        .spec()
        .at(&["template", "spec", "containers"])
        .items();
    let each: Vec<&str> = all.iter().map(|it| it.get(field).text()).collect();
    each.join(",")
}

pub(super) fn labels(labels: &Value) -> String {
    let pairs = labels
        .members()
        .map(|(name, value)| format!("{name}={}", value.text()));
    or(pairs.collect::<Vec<_>>().join(","), NONE)
}

/// Up to three, and how many more there are.
pub(super) fn few(all: impl Iterator<Item = String>, none: &str) -> String {
    let all: Vec<String> = all.collect();
    match all.len() {
        0 => none.to_owned(),
        1..=3 => all.join(","),
        count => format!("{} + {} more...", all[..3].join(","), count - 3),
    }
}

pub(super) fn ready_of_wanted(object: &Object, _: Millis) -> String {
    let ready = number(object.status(), "readyReplicas");
    format!("{ready}/{}", number(object.spec(), "replicas"))
}

pub(super) fn balancers(object: &Object) -> String {
    let points = object
        .status()
        .at(&["loadBalancer", "ingress"])
        .items()
        .iter();
    let each = points.map(|it| or(text(it, &["ip"]), it.get("hostname").text()));
    each.collect::<Vec<_>>().join(",")
}

pub(super) fn external(service: &Object, _: Millis) -> String {
    let outside = service.spec().get("externalIPs").items().iter();
    let outside = outside
        .map(|it| it.text().to_owned())
        .collect::<Vec<_>>()
        .join(",");
    match service.spec().get("type").text() {
        "ExternalName" => text(service.spec(), &["externalName"]),
        "LoadBalancer" => {
            let all = [balancers(service), outside];
            let all: Vec<String> = all.into_iter().filter(|it| !it.is_empty()).collect();
            or(all.join(","), "<pending>")
        }
        _ => or(outside, NONE),
    }
}

pub(super) fn ports(service: &Object, _: Millis) -> String {
    let each = service.spec().get("ports").items().iter().map(|port| {
        let of = |name: &str| text(port, &[name]);
        match port.get("nodePort").as_int().filter(|node| *node > 0) {
            Some(node) => format!("{}:{node}/{}", of("port"), of("protocol")),
            None => format!("{}/{}", of("port"), of("protocol")),
        }
    });
    or(each.collect::<Vec<_>>().join(","), NONE)
}

/// The address of a kind that a node has.
pub(super) fn address(node: &Object, kind: &str) -> String {
    let addresses = node.status().get("addresses").items();
    let found = addresses.iter().find(|it| it.get("type").text() == kind);
    or(
        found.map_or(String::new(), |it| text(it, &["address"])),
        NONE,
    )
}

/// What a node says of its machine.
pub(super) fn node_fact(node: &Object, field: &str) -> String {
    or(text(node.status(), &["nodeInfo", field]), "<unknown>")
}

pub(super) fn node_status(node: &Object, _: Millis) -> String {
    let ready = match node.condition("Ready").get("status").text() {
        "True" => "Ready",
        "" => "Unknown",
        _ => "NotReady",
    };
    match node.spec().get("unschedulable").as_bool() {
        Some(true) => format!("{ready},SchedulingDisabled"),
        _ => ready.to_owned(),
    }
}

pub(super) fn job_status(job: &Object, _: Millis) -> String {
    let has = |kind: &str| job.condition(kind).get("status").text() == "True";
    match () {
        () if has("Complete") => "Complete",
        () if has("Failed") => "Failed",
        () if job.meta.deleted.is_some() => "Terminating",
        () if has("Suspended") => "Suspended",
        () if has("FailureTarget") => "FailureTarget",
        () if has("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
    .to_owned()
}

pub(super) fn completions(job: &Object, _: Millis) -> String {
    let done = number(job.status(), "succeeded");
    let parallelism = job.spec().get("parallelism").as_int().unwrap_or(0);
    match job.spec().get("completions").as_int() {
        Some(wanted) => format!("{done}/{wanted}"),
        None if parallelism > 1 => format!("{done}/1 of {parallelism}"),
        None => format!("{done}/1"),
    }
}

/// Current and wanted values of an autoscaler's metrics (`formatHPAMetrics`).
pub(super) fn targets(autoscaler: &Object, _: Millis) -> String {
    let current = autoscaler.status().get("currentMetrics").items();
    let specs = autoscaler.spec().get("metrics").items().iter();
    let each: Vec<String> = specs
        .enumerate()
        .map(|(at, spec)| {
            let kind = spec.get("type").text();
            let is_resource = matches!(kind, "Resource" | "ContainerResource");
            let mut letters = kind.chars();
            let field: String = letters
                .next()
                .into_iter()
                .flat_map(char::to_lowercase)
                .chain(letters)
                .collect();
            let of = |value: &Value, side: &str| {
                let value = value.at(&[&field, side]);
                let percent = value.get("averageUtilization");
                match percent.as_int() {
                    Some(percent) => format!("{percent}%"),
                    None => ["averageValue", "value"]
                        .into_iter()
                        .map(|name| text(value, &[name]))
                        .find(|it| !it.is_empty())
                        .unwrap_or_default(),
                }
            };
            let now = current
                .get(at)
                .map_or_else(String::new, |it| of(it, "current"));
            let name = if is_resource {
                text(spec, &[&field, "name"]) + ": "
            } else {
                String::new()
            };
            format!("{name}{}/{}", or(now, "<unknown>"), of(spec, "target"))
        })
        .collect();
    match each.len() {
        0 => NONE.to_owned(),
        1..=2 => each.join(", "),
        count => format!("{} + {} more...", each[..2].join(", "), count - 2),
    }
}

pub(super) fn roles(node: &Object) -> String {
    const ROLE: &str = "node-role.kubernetes.io/";
    let names = node.labels().members().map(|(name, _)| name.as_str());
    let names = names.filter_map(|name| name.strip_prefix(ROLE));
    or(names.collect::<Vec<_>>().join(","), NONE)
}

/// The quantities of a quota, used and allowed: those of limits, or all others.
pub(super) fn quotas(quota: &Object, of_limits: bool) -> String {
    let (used, hard) = (quota.status().get("used"), quota.status().get("hard"));
    let hard = hard.members();
    let hard = hard.filter(|(name, _)| name.starts_with("limits.") == of_limits);
    let each = hard.map(|(name, most)| {
        let have = or(used.get(name).text().to_owned(), "0");
        format!("{name}: {have}/{}", most.text())
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Those of a kind to whom a role is given.
pub(super) fn subjects(binding: &Object, kind: &str) -> String {
    let all = binding.value.get("subjects").items().iter();
    let all = all.filter(|it| it.get("kind").text() == kind);
    let names = all.map(|it| match it.get("namespace").text() {
        "" => text(it, &["name"]),
        namespace => format!("{namespace}/{}", it.get("name").text()),
    });
    names.collect::<Vec<_>>().join(", ")
}

pub(super) fn is_bound(claim: &Object) -> bool {
    !claim.spec().get("volumeName").text().is_empty()
}

/// `RWO,ROX` (`pkg/apis/core/v1/helper`, `GetAccessModesAsString`)
pub(super) fn access_modes(of: &Value) -> String {
    const MODES: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let modes = of.get("accessModes").items();
    let has = |name: &str| modes.iter().any(|mode| mode.text() == name);
    let shown = MODES.iter().filter(|(name, _)| has(name));
    shown.map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::since;

    #[test]
    fn ages_have_the_precision_that_one_reads() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (599, "9m59s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_100, "3h5m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (864_000, "10d"),
        ] {
            assert_eq!(since(0, seconds * 1000), text);
        }
    }
}
