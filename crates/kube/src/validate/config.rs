//! ConfigMaps, Secrets, Namespaces (`pkg/apis/core/validation`).

use super::{Faults, Path, names};
use crate::{Value, from_base64};
use ecow::eco_format;

/// A namespace: what deletes it, and the levels of Pod Security that its labels name
/// (`k8s.io/pod-security-admission/api`).
pub(super) fn namespace(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let at = Path::root("spec");
    let finalizers = new.at(&["spec", "finalizers"]).items();
    // Of an update these are not taken.
    for finalizer in finalizers.iter().filter(|_| old.is_none()) {
        let name = finalizer.text();
        faults.named(&at.child("finalizers"), name, names::label_key);
        if !name.contains('/') && name != "kubernetes" {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            faults.invalid(&at.child("finalizers"), finalizer, detail);
        }
    }
    let metadata = Path::root("metadata");
    let at = metadata.child("labels");
    for (label, value) in new.at(&["metadata", "labels"]).members() {
        let Some(mode) = label.strip_prefix("pod-security.kubernetes.io/") else {
            continue;
        };
        let detail = match (mode, value.text()) {
            ("enforce" | "warn" | "audit", level) => match level {
                "privileged" | "baseline" | "restricted" => continue,
                _ => "must be one of privileged, baseline, restricted",
            },
            ("enforce-version" | "warn-version" | "audit-version", version) => {
                let minor = version.strip_prefix("v1.").unwrap_or_default();
                let plain = minor.bytes().all(|byte| byte.is_ascii_digit());
                if version == "latest" || plain && !minor.is_empty() {
                    continue;
                }
                "must be \"latest\" or \"v1.x\""
            }
            _ => continue,
        };
        faults.invalid(&at.key(label), value, detail);
    }
}

/// The most bytes of all values together.
const MOST: usize = 1024 * 1024;

pub(super) fn config_map(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    immutable_data(faults, new, old, &["binaryData", "data"]);
    let mut size = 0;
    for field in ["data", "binaryData"] {
        for (key, value) in new.get(field).members() {
            faults.named(&Path::root(field).key(key), key, names::config_key);
            if field == "binaryData" && new.get("data").get(key) != &Value::Null {
                let at = Path::root("data");
                faults.invalid_text(&at.key(key), key, "duplicate of key present in binaryData");
            }
            size += value.text().len();
        }
    }
    if size > MOST {
        faults.too_long(&Path::root(""), MOST);
    }
}

pub(super) fn secret(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    if let Some(old) = old {
        faults.immutable(&Path::root("type"), new.get("type"), old.get("type"));
    }
    immutable_data(faults, new, old, &["data"]);
    let data = new.get("data");
    let mut size = 0;
    for (key, value) in data.members() {
        faults.named(&Path::root("data").key(key), key, names::config_key);
        size += value.text().len() / 4 * 3;
    }
    if size > MOST {
        faults.too_long(&Path::root("data"), MOST);
    }
    for &key in required_keys(new) {
        let at = Path::root("data");
        let value = data.get(key);
        if value.is_null() || key == "ssh-privatekey" && value.text().is_empty() {
            faults.required(&at.key(key), "");
        } else if key.starts_with(".docker") {
            docker_config(faults, &at.key(key), value.text());
        }
    }
    let account = "kubernetes.io/service-account.name";
    let of_account = new.at(&["metadata", "annotations"]).get(account);
    let kind = new.get("type").text();
    if kind == "kubernetes.io/service-account-token" && of_account.text().is_empty() {
        let metadata = Path::root("metadata");
        let at = metadata.child("annotations");
        faults.required(&at.key(account), "");
    }
}

/// The keys that a type of Secret must have.
fn required_keys(secret: &Value) -> &'static [&'static str] {
    match secret.get("type").text() {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/basic-auth" => {
            let data = secret.get("data");
            match data.get("username").is_null() && data.get("password").is_null() {
                true => &["username", "password"],
                false => &[],
            }
        }
        _ => &[],
    }
}

/// A file of Docker's in base64: an object of JSON.
fn docker_config(faults: &mut Faults, at: &Path<'_>, data: &str) {
    let bytes = from_base64(data);
    let text = String::from_utf8_lossy(&bytes);
    let kind = match text.trim_start().chars().next() {
        Some('[') => "array",
        Some('"') => "string",
        Some('t' | 'f') => "bool",
        Some('-' | '0'..='9') => "number",
        _ => "",
    };
    let why = yaml::json::fault(&text).or_else(|| {
        let of = "Go value of type map[string]interface {}";
        (!kind.is_empty()).then(|| eco_format!("json: cannot unmarshal {kind} into {of}"))
    });
    if let Some(why) = why {
        faults.invalid_text(at, "<secret contents redacted>", &why);
    }
}

/// What may not change once `immutable` is set, and that it stays set.
fn immutable_data(faults: &mut Faults, new: &Value, old: Option<&Value>, fields: &[&str]) {
    const SET: &str = "field is immutable when `immutable` is set";
    let Some(old) = old.filter(|old| old.get("immutable").as_bool() == Some(true)) else {
        return;
    };
    if new.get("immutable").as_bool() != Some(true) {
        faults.forbidden(&Path::root("immutable"), SET);
    }
    for field in fields {
        if new.get(field) != old.get(field) {
            faults.forbidden(&Path::root(field), SET);
        }
    }
}
