//! The objects of a manifest, and whose they are.

use crate::manifest::{Hook, split};
use crate::render::{ReleaseOptions, Rendered};
use yaml::Value;

/// An object that a release consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// All of it, with its namespace.
    pub object: Value,
    /// Its group; empty for the core's.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for objects of the cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "Helm");
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
const POLICY: &str = "helm.sh/resource-policy";

impl Resource {
    /// An object as a resource. One without a namespace that wants one is put into `namespace`.
    pub(super) fn new(
        mut object: Value,
        namespace: &str,
        is_namespaced: &dyn Fn(&str, &str) -> bool,
    ) -> Resource {
        let version = object.get("apiVersion").to_text();
        let kind = object.get("kind").text().to_owned();
        let own = object.at(&["metadata", "namespace"]).text().to_owned();
        let namespace = match (is_namespaced(&version, &kind), own.is_empty()) {
            (false, _) => String::new(),
            (true, false) => own,
            (true, true) => {
                object.entry("metadata").set("namespace", namespace);
                namespace.to_owned()
            }
        };
        let group = version.split_once('/').map_or("", |(group, _)| group);
        Resource {
            group: group.to_owned(),
            kind,
            namespace,
            name: object.at(&["metadata", "name"]).text().to_owned(),
            object,
        }
    }

    /// Whether both stand for one object. The version does not count: the same object is served in
    /// several.
    #[must_use]
    pub fn is_same(&self, other: &Resource) -> bool {
        (&self.group, &self.kind, &self.namespace, &self.name)
            == (&other.group, &other.kind, &other.namespace, &other.name)
    }

    /// As Helm's errors name it.
    pub(super) fn shown(&self) -> String {
        let Resource {
            kind,
            name,
            namespace,
            ..
        } = self;
        format!("{kind} {name:?} in namespace {namespace:?}")
    }

    /// Whether the server is to make up its name.
    pub(super) fn is_nameless(&self) -> Result<bool, String> {
        let generated = !self
            .object
            .at(&["metadata", "generateName"])
            .text()
            .is_empty();
        match (self.name.is_empty(), generated) {
            (false, true) => {
                Err("metadata.name and metadata.generateName cannot both be set".to_owned())
            }
            (nameless, generated) => Ok(nameless && generated),
        }
    }

    /// Marks the object as one of a release (`setMetadataVisitor`).
    pub(super) fn mark(&mut self, release: &str, namespace: &str) {
        let metadata = self.object.entry("metadata");
        metadata.entry("labels").set(MANAGED_BY.0, MANAGED_BY.1);
        let annotations = metadata.entry("annotations");
        annotations.set(RELEASE_NAME, release);
        annotations.set(RELEASE_NAMESPACE, namespace);
    }

    /// Whether the object is to outlive its release. Helm compares the word exactly when it upgrades,
    /// and without regard to case and blanks when it uninstalls.
    pub(super) fn is_kept(object: &Value, exactly: bool) -> bool {
        let policy = object.at(&["metadata", "annotations", POLICY]).text();
        policy == "keep" || !exactly && policy.trim().eq_ignore_ascii_case("keep")
    }

    /// Whether the policy for uninstalling names something other than to keep it: Helm then neither
    /// deletes the object nor says so (`filterManifestsToKeep`).
    pub(super) fn is_left_out(object: &Value) -> bool {
        let policy = object.at(&["metadata", "annotations", POLICY]);
        policy.as_str().is_some() && !Resource::is_kept(object, false)
    }
}

/// Checks that a live object belongs to a release (`checkOwnership`).
pub(super) fn check_owner(live: &Value, release: &str, namespace: &str) -> Result<(), String> {
    let metadata = live.get("metadata");
    let mut wrong = Vec::new();
    let mut require = |what: &str, kind: &str, key: &str, wanted: &str| {
        let actual = metadata.get(what).get(key);
        let why = match actual.as_str() {
            Some(actual) if actual == wanted => return,
            Some(actual) => {
                format!("key {key:?} must equal {wanted:?}: current value is {actual:?}")
            }
            None => format!("missing key {key:?}: must be set to {wanted:?}"),
        };
        wrong.push(format!("{kind} validation error: {why}"));
    };
    require("labels", "label", MANAGED_BY.0, MANAGED_BY.1);
    require("annotations", "annotation", RELEASE_NAME, release);
    require("annotations", "annotation", RELEASE_NAMESPACE, namespace);
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("invalid ownership metadata; {}", wrong.join("; "))),
    }
}

/// The objects of a text of manifests, in its order. The items of lists stand for themselves.
///
/// # Errors
/// What is no YAML.
pub(super) fn build(
    manifests: &str,
    namespace: &str,
    is_namespaced: &dyn Fn(&str, &str) -> bool,
) -> Result<Vec<Resource>, String> {
    let mut resources = Vec::new();
    for (_, document) in split(manifests) {
        let object = yaml::decode_with(document, yaml::Duplicates::LastWins)
            .map_err(|error| error.to_string())?;
        let is_list = object.get("kind").text().ends_with("List");
        let items = object.get("items").items();
        let objects = match is_list && object.as_map().is_some_and(|map| map.contains_key("items"))
        {
            true => items.to_vec(),
            false => vec![object],
        };
        for object in objects.into_iter().filter(|object| !object.is_null()) {
            resources.push(Resource::new(object, namespace, is_namespaced));
        }
    }
    Ok(resources)
}

/// The objects that a rendered chart consists of, marked as the release's, in the order of
/// installation; each with the place of its manifest in [`Rendered::manifests`].
///
/// # Errors
/// What is no YAML.
pub fn objects_of(
    rendered: &Rendered,
    options: &ReleaseOptions,
    is_namespaced: &dyn Fn(&str, &str) -> bool,
) -> Result<Vec<(usize, Resource)>, String> {
    let mut objects = Vec::new();
    for (at, manifest) in rendered.manifests.iter().enumerate() {
        for mut resource in build(&manifest.content, &options.namespace, is_namespaced)? {
            resource.mark(&options.name, &options.namespace);
            objects.push((at, resource));
        }
    }
    Ok(objects)
}

/// The objects of a hook.
///
/// # Errors
/// What is no YAML.
pub fn objects_of_hook(
    hook: &Hook,
    namespace: &str,
    is_namespaced: &dyn Fn(&str, &str) -> bool,
) -> Result<Vec<Resource>, String> {
    build(&hook.manifest.content, namespace, is_namespaced)
}
