//! ConfigMaps, Secrets, Namespaces (`pkg/apis/core/validation`).

use super::{Faults, Path, names};
use crate::Value;
use ecow::EcoString;

/// A kind with no rules besides those of its metadata.
pub(super) fn nothing(_: &mut Faults, _: &Value, _: Option<&Value>) {}

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
    for (key, detail) in required_keys(new) {
        if data.get(&key).is_null() {
            faults.required(&Path::root("data").key(&key), detail);
        }
    }
}

/// The keys that a type of Secret must have.
fn required_keys(secret: &Value) -> Vec<(EcoString, &'static str)> {
    let keys: &[&str] = match secret.get("type").text() {
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
    };
    keys.iter().map(|key| ((*key).into(), "")).collect()
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
