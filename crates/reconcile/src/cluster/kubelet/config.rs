//! What a container is given: its environment, and the files of its volumes
//! (`pkg/kubelet/kubelet_pods.go`, `makeEnvironmentVariables`; `pkg/volume/configmap`, `secret`).
//!
//! The environment is read once, when a container is created. The files of a volume follow their
//! ConfigMap or Secret, each time the kubelet synchronizes the pod.

use super::files::Files;
use ecow::{EcoString, eco_format};
use kube::{Key, Object, Store, Value};
use lean::FlatMap;

/// A container's variables, or what is missing, in the kubelet's words.
pub(super) fn environment(
    store: &Store,
    pod: &Object,
    spec: &Value,
) -> Result<FlatMap<EcoString, EcoString>, EcoString> {
    let mut all = FlatMap::new();
    for source in spec.get("envFrom").items() {
        let prefix = source.get("prefix").text();
        for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            let from = source.get(field);
            if from.is_null() {
                continue;
            }
            if let Some(object) = find(store, pod, kind, from.get("name").text(), from)? {
                for (name, value) in data(object) {
                    all.insert(eco_format!("{prefix}{name}"), value);
                }
            }
        }
    }
    for variable in spec.get("env").items() {
        let (name, from) = (variable.get("name").to_text(), variable.get("valueFrom"));
        let value = if from.is_null() {
            Some(expand(variable.get("value").text(), &all))
        } else {
            source(store, pod, from)?
        };
        if let Some(value) = value {
            all.insert(name, value);
        }
    }
    Ok(all)
}

/// What `valueFrom` gives; nothing if it is optional and not there.
fn source(store: &Store, pod: &Object, from: &Value) -> Result<Option<EcoString>, EcoString> {
    for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
        let key = from.get(field);
        if key.is_null() {
            continue;
        }
        let Some(object) = find(store, pod, kind, key.get("name").text(), key)? else {
            return Ok(None);
        };
        let wanted = key.get("key").text();
        let found = data(object).find(|(name, _)| name == wanted);
        return match found {
            Some((_, value)) => Ok(Some(value)),
            None if is_optional(key) => Ok(None),
            None => Err(eco_format!(
                "couldn't find key {wanted} in {kind} {}/{}",
                pod.key.namespace,
                object.key.name
            )),
        };
    }
    let path = from.at(&["fieldRef", "fieldPath"]).text();
    Ok(Some(field(pod, path)))
}

/// A field of the pod, as the downward API gives it.
fn field(pod: &Object, path: &str) -> EcoString {
    if let Some((map, name)) = path.split_once("['") {
        let map = map.rsplit('.').next().unwrap_or_default();
        let name = name.trim_end_matches("']");
        return pod.value.at(&["metadata", map, name]).to_text();
    }
    let parts: Vec<&str> = path.split('.').collect();
    pod.value.at(&parts).to_text()
}

/// `$(NAME)` in a value, a command or an argument; what is not known stays
/// (`third_party/forked/golang/expansion`).
pub(super) fn expand(text: &str, variables: &FlatMap<EcoString, EcoString>) -> EcoString {
    let (mut out, mut rest) = (EcoString::new(), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let name = tail
            .strip_prefix('(')
            .and_then(|inside| Some(&inside[..inside.find(')')?]));
        let value = name.and_then(|name| variables.get(name));
        if let Some(tail) = tail.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let (Some(name), Some(value)) = (name, value) {
            out.push_str(value);
            rest = &tail[name.len() + 2..];
        } else {
            out.push('$');
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}

fn is_optional(reference: &Value) -> bool {
    reference.get("optional").as_bool() == Some(true)
}

/// The object that a reference names; nothing if it is optional and not there.
fn find<'a>(
    store: &'a Store,
    pod: &Object,
    kind: &str,
    name: &str,
    reference: &Value,
) -> Result<Option<&'a Object>, EcoString> {
    let found = store.get(&pod.key.sibling(kind, name));
    // The controller manager keeps one of these in every namespace.
    let is_everywhere = name == "kube-root-ca.crt";
    if found.is_none() && !is_everywhere && !is_optional(reference) {
        return Err(eco_format!("{} {name:?} not found", kind.to_lowercase()));
    }
    Ok(found.map(|object| &**object))
}

/// What a ConfigMap or Secret holds, as text.
fn data(object: &Object) -> impl Iterator<Item = (EcoString, EcoString)> {
    let is_secret = object.key.kind == "Secret";
    let members = object.value.get("data").members();
    members.map(move |(name, value)| {
        let text = value.text();
        let value = if is_secret { decode(text) } else { text.into() };
        (name.clone(), value)
    })
}

/// Base64, as text. What is not text in it is shown with replacement characters.
fn decode(text: &str) -> EcoString {
    String::from_utf8_lossy(&kube::from_base64(text)).into()
}

/// Fills a pod's volumes that come from ConfigMaps, Secrets and its own fields. An error is that of
/// the first volume that cannot be mounted: its name, and why.
pub(super) fn mount(
    store: &Store,
    pod: &Object,
    files: &mut Files,
) -> Result<(), (EcoString, EcoString)> {
    for volume in pod.spec().get("volumes").items() {
        let name = volume.get("name").text();
        let projected = volume.at(&["projected", "sources"]).items();
        let mut content = FlatMap::new();
        let mut filled = fill(store, pod, volume, "secretName", &mut content);
        for source in projected {
            filled = filled.and_then(|_| fill(store, pod, source, "name", &mut content));
        }
        let is_filled = filled.map_err(|why| (EcoString::from(name), why))?;
        if !is_filled && projected.is_empty() {
            continue;
        }
        let folder = lean::joined(&["v/", name, "/"]);
        let before = files.from(&folder).map(|(place, _)| place.clone());
        let before: Vec<EcoString> = before
            .take_while(|place| place.starts_with(folder.as_str()))
            .collect();
        for place in before {
            files.remove(&place);
        }
        for (path, text) in content {
            files.insert(lean::joined(&[&folder, &path]), text);
        }
    }
    Ok(())
}

/// Adds what a volume, or a source of a projected one, gives, by path. Returns whether it is one that
/// the kubelet fills. `named` is the field that names a Secret.
fn fill(
    store: &Store,
    pod: &Object,
    source: &Value,
    named: &str,
    content: &mut FlatMap<EcoString, EcoString>,
) -> Result<bool, EcoString> {
    for (field, kind, named) in [
        ("configMap", "ConfigMap", "name"),
        ("secret", "Secret", named),
    ] {
        let reference = source.get(field);
        if reference.is_null() {
            continue;
        }
        let found = find(store, pod, kind, reference.get(named).text(), reference)?;
        let Some(object) = found else {
            return Ok(true);
        };
        let items = reference.get("items").items();
        if items.is_empty() {
            content.extend(data(object));
            return Ok(true);
        }
        let all: FlatMap<EcoString, EcoString> = data(object).collect();
        for item in items {
            let key = item.get("key").text();
            match all.get(key) {
                Some(value) => {
                    content.insert(item.get("path").to_text(), value.clone());
                }
                None if is_optional(reference) => {}
                None => {
                    let (what, key_of) = match kind {
                        "Secret" => ("secret", "secret"),
                        _ => ("configmap", "config"),
                    };
                    return Err(eco_format!(
                        "{what} references non-existent {key_of} key: {key}"
                    ));
                }
            }
        }
        return Ok(true);
    }
    let items = source.at(&["downwardAPI", "items"]).items();
    for item in items {
        let value = field(pod, item.at(&["fieldRef", "fieldPath"]).text());
        content.insert(item.get("path").to_text(), value);
    }
    Ok(!items.is_empty())
}

/// Where a container mounts its volumes: the path, and the volume with the path inside it.
pub(super) fn mounts(spec: &Value) -> Vec<(EcoString, EcoString)> {
    let mounts = spec.get("volumeMounts").items().iter();
    mounts
        .map(|mount| {
            let sub = mount.get("subPath").text();
            let slash = if sub.is_empty() { "" } else { "/" };
            let place = eco_format!("{}{slash}{sub}", mount.get("name").text());
            (mount.get("mountPath").to_text(), place)
        })
        .collect()
}

/// Whether a pod gets files or variables from a ConfigMap or Secret that may change.
pub(super) fn mounts_from(pod: &Object, key: &Key) -> bool {
    let name = &key.name;
    let is = |source: &Value| match key.kind.as_str() {
        "ConfigMap" => source.at(&["configMap", "name"]).text() == name,
        _ => {
            source.at(&["secret", "secretName"]).text() == name
                || source.at(&["secret", "name"]).text() == name
        }
    };
    pod.spec()
        .get("volumes")
        .items()
        .iter()
        .any(|volume| is(volume) || volume.at(&["projected", "sources"]).items().iter().any(is))
}
