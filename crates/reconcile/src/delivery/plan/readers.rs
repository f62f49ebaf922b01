//! Which pods read a ConfigMap or a Secret, and how: a variable is read once, when a container is
//! started; a mounted file follows; a file that is mounted alone (`subPath`) does not
//! (kubernetes.io/docs/concepts/configuration/configmap, "Mounted ConfigMaps are updated
//! automatically").

use kube::Value;

/// How the containers of a pod read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// As variables.
    pub env: bool,
    /// As files that are mounted alone, and stay as they were.
    pub fixed: bool,
    /// As files that follow.
    pub files: bool,
    /// A pod cannot start without it.
    pub required: bool,
}

impl Reading {
    /// Whether running containers keep what was there when they started.
    pub fn is_stale(self) -> bool {
        self.env || self.fixed
    }

    /// Whether anybody reads it at all.
    pub fn is_any(self) -> bool {
        self.env || self.fixed || self.files
    }
}

/// How a pod reads the ConfigMap or Secret of a name; with a key, that key of it.
pub(crate) fn reading(pod: &Value, kind: &str, name: &str, key: Option<&str>) -> Reading {
    let [env_from, env, volume, volume_name] = match kind {
        "ConfigMap" => ["configMapRef", "configMapKeyRef", "configMap", "name"],
        _ => ["secretRef", "secretKeyRef", "secret", "secretName"],
    };
    let mut found = Reading::default();
    let is_it = |reference: &Value, field: &str| reference.get(field).text() == name;
    let must = |reference: &Value| reference.get("optional").as_bool() != Some(true);

    let containers = ["initContainers", "containers", "ephemeralContainers"];
    let containers = || containers.iter().flat_map(|list| pod.get(list).items());
    for container in containers() {
        let whole = container.get("envFrom").items().iter();
        let whole = whole.map(|from| from.get(env_from));
        let single = container.get("env").items().iter();
        let single = single
            .map(|variable| variable.at(&["valueFrom", env]))
            .filter(|reference| key.is_none_or(|key| reference.get("key").text() == key));
        for reference in whole.chain(single).filter(|it| is_it(it, "name")) {
            found.env = true;
            found.required |= must(reference);
        }
    }
    for item in pod.get("volumes").items() {
        let own = item.get(volume);
        let projected = item.at(&["projected", "sources"]).items().iter();
        let projected = projected.map(|source| source.get(volume));
        let sources = projected
            .filter(|source| is_it(source, "name"))
            .chain(is_it(own, volume_name).then_some(own));
        for source in sources {
            let Some(path) = path_of(source, key) else {
                continue;
            };
            found.required |= must(source);
            let mounts = containers().flat_map(|container| container.get("volumeMounts").items());
            for mount in mounts.filter(|mount| mount.get("name") == item.get("name")) {
                match sub_path(mount) {
                    "" => found.files = true,
                    part if is_inside(path, part) => found.fixed = true,
                    _ => {}
                }
            }
        }
    }
    found
}

/// The file that a source makes of a key; empty for no key in particular. None: it leaves it out.
fn path_of<'a>(source: &'a Value, key: Option<&'a str>) -> Option<&'a str> {
    let (items, Some(key)) = (source.get("items").items(), key) else {
        return Some("");
    };
    if items.is_empty() {
        return Some(key);
    }
    let item = items.iter().find(|item| item.get("key").text() == key)?;
    Some(item.get("path").text())
}

fn sub_path(mount: &Value) -> &str {
    match mount.get("subPath").text() {
        "" => mount.get("subPathExpr").text(),
        path => path,
    }
}

/// Whether a file is what a `subPath` mounts, or lies in it. What variables stand in may be anything.
fn is_inside(path: &str, part: &str) -> bool {
    let below = path.strip_prefix(part);
    path.is_empty()
        || part.contains('$')
        || below.is_some_and(|b| b.is_empty() || b.starts_with('/'))
}
