//! Rendered files cut into manifests, hooks set apart, in the order of installation.

use crate::error::Error;
use crate::log::{Level, Log};
use crate::shape::{self, Record, Shape};

/// A manifest that a template made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The template, as a path with the chart's name (`order-service/templates/service.yaml`).
    pub source: String,
    /// Its kind; empty if it has none.
    pub kind: String,
    /// Its apiVersion.
    pub api_version: String,
    /// Its name.
    pub name: String,
    /// The YAML.
    pub content: String,
    /// Where in the rendered file it begins, in bytes.
    pub offset: usize,
}

impl Manifest {
    /// Adds the manifest to a text of several, with a line that says where it is from.
    pub fn write(&self, out: &mut String) {
        write(out, &self.source, &self.content);
    }
}

/// Writes a document as `helm template` prints it.
pub(crate) fn write(out: &mut String, source: &str, content: &str) {
    for part in ["---\n# Source: ", source, "\n", content, "\n"] {
        out.push_str(part);
    }
}

/// A manifest that is run at a point in a release's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The manifest.
    pub manifest: Manifest,
    /// When it is run: `pre-install`, `post-upgrade`, `test`, …
    pub events: Vec<String>,
    /// Hooks of an event are run from the lowest weight up.
    pub weight: i64,
    /// When it is deleted: `before-hook-creation`, `hook-succeeded`, `hook-failed`.
    pub delete_policies: Vec<String>,
}

/// The order in which kinds are installed
/// (helm.sh/helm/v4/pkg/release/v1/util/kind_sorter.go).
pub const INSTALL_ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Where hooks may be run.
const EVENTS: &[&str] = &[
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
];

/// Cuts rendered files into manifests and hooks, both in the order of installation. Where one is
/// wrong, it ends there, with what came before in the order of the files
/// (helm.sh/helm/v4/pkg/release/v1/util/manifest_sorter.go).
pub(crate) fn sort<'f>(
    files: impl Iterator<Item = (&'f str, &'f str)>,
    log: &Log,
) -> (Vec<Manifest>, Vec<Hook>, Option<Error>) {
    let (mut manifests, mut hooks) = (Vec::new(), Vec::new());
    for (path, text) in files {
        for (offset, content) in split(text) {
            let head = match Head::read(path, content) {
                Ok(head) => head,
                Err(error) => return (manifests, hooks, Some(error)),
            };
            let manifest = Manifest {
                source: path.to_owned(),
                kind: head.text("kind"),
                api_version: head.text("apiVersion"),
                name: head.0.at(&["metadata", "name"]).text().to_owned(),
                content: content.to_owned(),
                offset,
            };
            match head.annotation("helm.sh/hook") {
                None => manifests.push(manifest),
                Some(events) => hooks.extend(hook(manifest, events, &head, log)),
            }
        }
    }
    lean::sort_by(&mut manifests, |a, b| {
        install_order(&a.kind).cmp(&install_order(&b.kind))
    });
    lean::sort_by(&mut hooks, |a, b| {
        install_order(&a.manifest.kind).cmp(&install_order(&b.manifest.kind))
    });
    (manifests, hooks, None)
}

/// Known kinds in their order, then unknown ones by name.
fn install_order(kind: &str) -> (usize, &str) {
    match INSTALL_ORDER.iter().position(|known| *known == kind) {
        Some(at) => (at, ""),
        None => (INSTALL_ORDER.len(), kind),
    }
}

/// A hook; none if it names an event that does not exist, for such are left out.
fn hook(manifest: Manifest, events: &str, head: &Head, log: &Log) -> Option<Hook> {
    let words = |text: &str| -> Vec<String> {
        text.split(',')
            .map(|word| word.trim().to_lowercase())
            .collect()
    };
    let mut known = Vec::new();
    for event in words(events) {
        let event = if event == "test-success" {
            "test".to_owned()
        } else {
            event
        };
        if !EVENTS.contains(&event.as_str()) {
            let attributes = vec![("hookTypes", events.to_owned())];
            log.add(Level::Info, "skipping unknown hooks", attributes);
            return None;
        }
        known.push(event);
    }
    Some(Hook {
        manifest,
        events: known,
        weight: head
            .annotation("helm.sh/hook-weight")
            .and_then(|w| w.parse().ok())
            .unwrap_or(0),
        delete_policies: head
            .annotation("helm.sh/hook-delete-policy")
            .map(words)
            .unwrap_or_default(),
    })
}

/// The documents of a text: what stands between lines that begin with `---`
/// (helm.sh/helm/v4/pkg/release/v1/util/manifest.go).
#[must_use]
pub fn split_manifests(text: &str) -> Vec<&str> {
    split(text)
        .into_iter()
        .map(|(_, document)| document)
        .collect()
}

/// The documents of a text with their offsets: what stands between lines that begin with `---`.
pub(crate) fn split(text: &str) -> Vec<(usize, &str)> {
    let mut documents = Vec::new();
    let mut start = text.len() - text.trim_start().len();
    let mut end = match text[start..].starts_with("---") {
        true => Some(start),
        false => next_separator(text, start),
    };
    loop {
        let to = end.unwrap_or(text.len());
        let body = text[start..to].trim_start();
        if !body.is_empty() {
            documents.push((to - body.len(), body));
        }
        if end.is_none() {
            return documents;
        }
        start = to + 3;
        let rest = &text[start..];
        start += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        end = next_separator(text, start);
    }
}

/// Where the next line that begins with `---` begins.
fn next_separator(text: &str, from: usize) -> Option<usize> {
    text[from..].find("\n---").map(|at| from + at + 1)
}

/// What is looked at of a manifest.
struct Head(yaml::Value);

static METADATA: Record = Record {
    name: "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }",
    fields: &[("name", Shape::Text), ("annotations", Shape::TextMap)],
};

static HEAD: Record = Record {
    name: "util.SimpleHead",
    fields: &[
        ("apiVersion", Shape::Text),
        ("kind", Shape::Text),
        ("metadata", Shape::Record(&METADATA)),
    ],
};

impl Head {
    fn read(path: &str, content: &str) -> Result<Head, Error> {
        let before = format!("YAML parse error on {path}: ");
        let members = ["apiVersion", "kind", "metadata"];
        let value = yaml::decode_members(content, &members).map_err(|error| {
            let before = format!("{before}error converting YAML to JSON: ");
            Error::yaml(path, &before, &error)
        })?;
        let head = shape::fit(&value, path, &HEAD).map_err(|error| Error {
            message: format!("{before}{}", error.message),
            ..error
        })?;
        Ok(Head(head))
    }

    fn text(&self, name: &str) -> String {
        self.0.get(name).text().to_owned()
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.0.at(&["metadata", "annotations", name]).as_str()
    }
}
