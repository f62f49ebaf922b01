//! What a namespace holds and allows, in words.

use super::{head, line, members, notes};
use crate::kubectl::can_i;
use crate::kubectl::cells::{NONE, access_modes, is_bound, or, since, text};
use crate::kubectl::session::Session;
use kube::{Object, Selection, Value, map};
use std::fmt::Write as _;
use std::rc::Rc;

pub(super) fn config_map(_: &mut Session, it: &Object, out: &mut String) {
    head(out, it);
    notes(out, it);
    out.push_str("\nData\n====\n");
    for (name, value) in it.value.get("data").members() {
        let _ = writeln!(out, "{name}:\n----\n{}\n", value.text());
    }
    out.push_str("\nBinaryData\n====\n");
    for (name, value) in it.value.get("binaryData").members() {
        let _ = writeln!(out, "{name}: {} bytes", bytes(value));
    }
    out.push('\n');
}

/// How many bytes a text in base64 stands for.
fn bytes(value: &Value) -> usize {
    kube::from_base64(value.text()).len()
}

pub(super) fn secret(_: &mut Session, it: &Object, out: &mut String) {
    head(out, it);
    notes(out, it);
    let _ = writeln!(
        out,
        "\nType:\t{}\n\nData\n====",
        it.value.get("type").text()
    );
    for (name, value) in it.value.get("data").members() {
        line(out, name, format!("{} bytes", bytes(value)));
    }
}

pub(super) fn quota(_: &mut Session, it: &Object, out: &mut String) {
    head(out, it);
    out.push_str("Resource\tUsed\tHard\n--------\t----\t----\n");
    amounts(out, "", it);
}

fn amounts(out: &mut String, margin: &str, quota: &Object) {
    let used = quota.status().get("used");
    for (name, most) in quota.status().get("hard").members() {
        let have = or(shown_amount(used.get(name)), "0");
        let _ = writeln!(out, "{margin}{name}\t{have}\t{}", shown_amount(most));
    }
}

fn shown_amount(value: &Value) -> String {
    text(value, &[])
}

pub(super) fn limit_range(_: &mut Session, it: &Object, out: &mut String) {
    head(out, it);
    limits(out, "", it);
}

const LIMITS: [(&str, &str, &str); 5] = [
    ("Min", "---", "min"),
    ("Max", "---", "max"),
    ("Default Request", "---------------", "defaultRequest"),
    ("Default Limit", "-------------", "default"),
    (
        "Max Limit/Request Ratio",
        "-----------------------",
        "maxLimitRequestRatio",
    ),
];

fn limits(out: &mut String, margin: &str, range: &Object) {
    let titles = LIMITS.map(|it| it.0).join("\t");
    let lines = LIMITS.map(|it| it.1).join("\t");
    let _ = writeln!(out, "{margin}Type\tResource\t{titles}");
    let _ = writeln!(out, "{margin}----\t--------\t{lines}");
    for limit in range.spec().get("limits").items() {
        let names = LIMITS.iter().flat_map(|it| limit.get(it.2).members());
        for name in lean::set(names.map(|(name, _)| name.clone())).iter() {
            let cells = LIMITS.map(|it| or(text(limit.get(it.2), &[name]), "-"));
            let kind = limit.get("type").text();
            let _ = writeln!(out, "{margin}{kind}\t{name}\t{}", cells.join("\t"));
        }
    }
}

pub(super) fn namespace(session: &mut Session, it: &Object, out: &mut String) {
    line(out, "Name", &it.key.name);
    notes(out, it);
    line(out, "Status", it.status().get("phase").text());
    let mut list = |kind: &str| {
        let all = session.select(kind, it.key.name.clone(), Selection::default());
        all.unwrap_or_default()
    };
    let (quotas, ranges) = (list("ResourceQuota"), list("LimitRange"));
    out.push_str(if quotas.is_empty() {
        "\nNo resource quota.\n"
    } else {
        "\nResource Quotas\n"
    });
    for quota in &quotas {
        line(out, "  Name", &quota.key.name);
        out.push_str("  Resource\tUsed\tHard\n  --------\t---\t---\n");
        amounts(out, "  ", quota);
    }
    out.push_str(if ranges.is_empty() {
        "\nNo LimitRange resource.\n"
    } else {
        "\nResource Limits\n"
    });
    ranges.iter().for_each(|range| limits(out, " ", range));
}

pub(super) fn role(_: &mut Session, it: &Object, out: &mut String) {
    line(out, "Name", &it.key.name);
    notes(out, it);
    out.push_str("PolicyRule:\n  Resources\tNon-Resource URLs\tResource Names\tVerbs\n");
    out.push_str("  ---------\t-----------------\t--------------\t-----\n");
    let rules = it.value.get("rules").clone();
    let status = map! { "resourceRules" => rules.clone(), "nonResourceRules" => rules };
    for row in can_i::rows(&status) {
        let _ = writeln!(out, "  {}", row.join("\t"));
    }
}

pub(super) fn binding(_: &mut Session, it: &Object, out: &mut String) {
    line(out, "Name", &it.key.name);
    notes(out, it);
    let of = |name: &str| text(&it.value, &["roleRef", name]);
    let _ = writeln!(
        out,
        "Role:\n  Kind:\t{}\n  Name:\t{}",
        of("kind"),
        of("name")
    );
    out.push_str("Subjects:\n  Kind\tName\tNamespace\n  ----\t----\t---------\n");
    for subject in it.value.get("subjects").items() {
        let [kind, name, namespace] =
            ["kind", "name", "namespace"].map(|name| subject.get(name).text());
        let _ = writeln!(out, "  {kind}\t{name}\t{namespace}");
    }
}

pub(super) fn account(_: &mut Session, it: &Object, out: &mut String) {
    head(out, it);
    notes(out, it);
    let names = it.value.get("imagePullSecrets").items().iter();
    let names: Vec<&str> = names.map(|it| it.get("name").text()).collect();
    let gap = format!("\n{}\t", " ".repeat(19));
    line(out, "Image pull secrets", or(names.join(&gap), NONE));
}

pub(super) fn claim(session: &mut Session, it: &Object, out: &mut String) {
    let (spec, status) = (it.spec(), it.status());
    head(out, it);
    line(out, "StorageClass", text(spec, &["storageClassName"]));
    line(
        out,
        "Status",
        match it.meta.deleted {
            Some(then) => format!("Terminating (lasts {})", since(then, session.now())),
            None => text(status, &["phase"]),
        },
    );
    line(out, "Volume", text(spec, &["volumeName"]));
    notes(out, it);
    let finalizers = it.value.at(&["metadata", "finalizers"]).items().iter();
    let finalizers: Vec<&str> = finalizers.map(Value::text).collect();
    line(out, "Finalizers", format!("[{}]", finalizers.join(" ")));
    let (capacity, modes) = match is_bound(it) {
        true => (text(status, &["capacity", "storage"]), access_modes(status)),
        false => Default::default(),
    };
    line(out, "Capacity", capacity);
    line(out, "Access Modes", modes);
    members(out, spec, &[("VolumeMode", &["volumeMode"])]);
    let pods = session.select("Pod", it.key.namespace.clone(), Selection::default());
    let pods = pods.unwrap_or_default();
    let uses = |pod: &&Rc<Object>| {
        let mut volumes = pod.spec().get("volumes").items().iter();
        let name = |it: &Value| it.at(&["persistentVolumeClaim", "claimName"]).to_text();
        volumes.any(|volume| name(volume) == it.key.name)
    };
    let users = pods.iter().filter(uses).map(|pod| pod.key.name.as_str());
    line(
        out,
        "Used By",
        or(users.collect::<Vec<_>>().join("\n\t"), NONE),
    );
}
