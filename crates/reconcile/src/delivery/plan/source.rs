//! Where what changes is written: a line of a values file or of a template, or a flag.

use super::HookObject;
use super::diff::{Step, line_of};
use super::trial::is_own_group;
use crate::gitops::diff::place;
use crate::view::ManifestLine;
use ecow::{EcoString, eco_format};
use helm::release::{objects_of, objects_of_hook};
use helm::{Giver, LineOrigin, ReleaseOptions, Rendered, Site};
use kube::{Key, Value, kind_info};
use lean::FlatMap;
use std::rc::Rc;
use yaml::{Duplicates, Node};

/// One side of a change: what a chart renders, and where that comes from.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// The chart's folder, as paths to its files begin; empty if it is the root.
    folder: EcoString,
    rendered: Rendered,
    /// The objects in the order of installation, marked as the release's.
    pub objects: Vec<Value>,
    /// The objects of hooks.
    pub hooks: Vec<HookObject>,
    /// Which manifest an object is in: its place in [`Rendered::manifests`]; that of a hook comes
    /// after those.
    manifests: FlatMap<Key, usize>,
    /// Who gives values, the strongest first.
    givers: Vec<Giver>,
    /// The values as templates saw them.
    pub values: Value,
    /// Where objects are written that no template makes.
    places: Places,
}

/// Where objects are written: a file, and the document in it.
pub type Places = FlatMap<Key, (EcoString, Rc<Node>)>;

/// Both sides.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Before.
    pub old: Side,
    /// After.
    pub new: Side,
}

impl Sources {
    /// Where a path of an object is written: on the new side, or on the old one if it is gone.
    pub(super) fn find(&self, key: &Key, steps: &[Step], is_gone: bool) -> EcoString {
        let sides = match is_gone {
            false => [&self.new, &self.old],
            true => [&self.old, &self.new],
        };
        let found = sides.iter().find_map(|side| {
            if let Some(place) = side.in_file(key, steps) {
                return Some(place);
            }
            let origin = side.origin(key, steps)?;
            Some(match self.changed_value(origin) {
                Some(path) => self.given(side, path),
                None => side.template(origin),
            })
        });
        found.unwrap_or_default()
    }

    /// Of the values that made a line, the one that changed: those in the line first, then those that
    /// decided that it is there.
    fn changed_value<'o>(&self, origin: &'o LineOrigin) -> Option<&'o str> {
        let mut paths = origin.values.iter().chain(&origin.conditions);
        let of = |side: &'_ Side, path: &str| helm::value_at(&side.values, path).cloned();
        let changed = paths.find(|path| of(&self.old, path) != of(&self.new, path))?;
        Some(changed)
    }

    /// Who gives a value that changed; if nobody gives it any more on that side, who did on another.
    fn given(&self, side: &Side, path: &str) -> EcoString {
        let sides = [side, &self.new, &self.old];
        let found = sides
            .iter()
            .find_map(|side| helm::giver_of(&side.givers, path));
        found.unwrap_or_default().into()
    }
}

impl Side {
    /// The side of a chart in a folder, rendered with these options,
    /// [`ReleaseOptions::provenance`] among them. The strongest giver comes first; `values` are those
    /// that templates saw.
    ///
    /// # Errors
    /// A manifest that is no YAML.
    pub fn new(
        folder: &str,
        rendered: Rendered,
        options: &ReleaseOptions,
        givers: Vec<Giver>,
        values: Value,
    ) -> Result<Side, String> {
        let is_namespaced = |_: &str, kind: &str| kind_info(kind).is_none_or(|it| it.namespaced);
        let mut side = Side {
            folder: folder.into(),
            givers,
            values,
            ..Side::default()
        };
        for (at, mut resource) in objects_of(&rendered, options, &is_namespaced)? {
            name_apart(&mut resource.object);
            side.manifests.insert(Key::of(&resource.object), at);
            side.objects.push(resource.object);
        }
        for (at, hook) in rendered.hooks.iter().enumerate() {
            for resource in objects_of_hook(hook, &options.namespace, &is_namespaced)? {
                let at = rendered.manifests.len() + at;
                side.manifests.insert(Key::of(&resource.object), at);
                side.hooks.push(HookObject {
                    object: resource.object,
                    events: hook.events.clone(),
                });
            }
        }
        side.rendered = rendered;
        Ok(side)
    }

    /// A side of which only the values are known.
    #[must_use]
    pub fn of_values(values: Value) -> Side {
        Side {
            values,
            ..Side::default()
        }
    }

    /// The side of plain manifests.
    #[must_use]
    pub fn plain(objects: Vec<Value>, places: Places) -> Side {
        Side {
            objects,
            places,
            ..Side::default()
        }
    }

    /// The line on which a path of an object is written that no template makes.
    fn in_file(&self, key: &Key, steps: &[Step]) -> Option<EcoString> {
        let (file, document) = self.places.get(key)?;
        Some(eco_format!("{file}:{}", line_of(document, steps)))
    }

    /// The images of all containers that stand in templates of pods.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        let pods = self
            .objects
            .iter()
            .map(|it| it.at(&["spec", "template", "spec"]));
        let lists = ["initContainers", "containers"];
        let containers = pods.flat_map(move |pod| lists.map(|list| pod.get(list).items()));
        containers.flatten().map(|it| it.get("image").text())
    }

    /// Where an object begins.
    #[must_use]
    pub fn place(&self, key: &Key) -> EcoString {
        if let Some(place) = self.in_file(key, &[]) {
            return place;
        }
        let origin = self.origin(key, &[]);
        origin.map(|it| self.template(it)).unwrap_or_default()
    }

    /// Where the line comes from that a path of an object is on.
    fn origin(&self, key: &Key, steps: &[Step]) -> Option<&LineOrigin> {
        let at = *self.manifests.get(key)?;
        let manifests = &self.rendered.manifests;
        let manifest = match at.checked_sub(manifests.len()) {
            None => manifests.get(at)?,
            Some(at) => &self.rendered.hooks.get(at)?.manifest,
        };
        let documents = yaml::parse(&manifest.content).ok()?;
        let line = line_of(documents.first()?, steps);
        self.rendered.origin(manifest, line - 1)
    }

    /// The rendered manifests as `helm template` prints them, hooks last, and what made each line.
    pub(crate) fn lines(&self) -> Vec<ManifestLine> {
        let mut lines = Vec::new();
        let mut given: FlatMap<String, EcoString> = FlatMap::new();
        let hooks = self.rendered.hooks.iter().map(|hook| &hook.manifest);
        for manifest in self.rendered.manifests.iter().chain(hooks) {
            for text in ["---".into(), eco_format!("# Source: {}", manifest.source)] {
                lines.push(ManifestLine {
                    text,
                    sources: Vec::new(),
                });
            }
            for (at, text) in manifest.content.trim_end().lines().enumerate() {
                let origin = self.rendered.origin(manifest, at);
                let sources = origin.map(|origin| self.sources(origin, &mut given));
                lines.push(ManifestLine {
                    text: text.into(),
                    sources: sources.unwrap_or_default(),
                });
            }
        }
        lines
    }

    /// What made a line, the nearest first. Who gives a value is looked up once for all lines.
    fn sources(
        &self,
        origin: &LineOrigin,
        given: &mut FlatMap<String, EcoString>,
    ) -> Vec<EcoString> {
        let mut of = |path: &String| match given.get(path) {
            Some(giver) => giver.clone(),
            None => {
                let giver = self.given(path);
                given.insert(path.clone(), giver.clone());
                giver
            }
        };
        let mut sources: Vec<EcoString> = origin.values.iter().map(&mut of).collect();
        sources.extend(origin.sites.iter().rev().map(|site| self.site(site)));
        sources.extend(origin.conditions.iter().map(&mut of));
        let mut seen = lean::set([EcoString::new()]);
        sources.retain(|source| seen.insert(source.clone()));
        sources
    }

    /// The innermost template line.
    fn template(&self, origin: &LineOrigin) -> EcoString {
        let site = origin.sites.last();
        site.map(|site| self.site(site)).unwrap_or_default()
    }

    /// A template line, by its path in the repository.
    fn site(&self, site: &Site) -> EcoString {
        let file = site
            .file
            .split_once('/')
            .map_or(&*site.file, |(_, path)| path);
        match self.folder.as_str() {
            "" => eco_format!("{file}:{}", site.line),
            folder => eco_format!("{folder}/{file}:{}", site.line),
        }
    }

    /// What gives a path of an object: the value in its line, if it is one, else the template line.
    pub(crate) fn written(&self, key: &Key, steps: &[Step]) -> EcoString {
        if let Some(place) = self.in_file(key, steps) {
            return place;
        }
        let Some(origin) = self.origin(key, steps) else {
            return EcoString::new();
        };
        let given = match origin.values.as_slice() {
            [path] => self.given(path),
            _ => EcoString::new(),
        };
        match given.as_str() {
            "" => self.template(origin),
            _ => given,
        }
    }

    /// The same of a field as the API server names it: `spec.containers[0].image`.
    pub(crate) fn written_at(&self, key: &Key, field: &str) -> EcoString {
        self.written(key, &steps_of(field))
    }

    /// What gives a field its name: a value of that name that the template copies, else the template.
    pub(crate) fn named_at(&self, key: &Key, field: &str) -> EcoString {
        let steps = steps_of(field);
        let Some(origin) = self.origin(key, &steps) else {
            return self.written(key, &steps);
        };
        let is_copied = |path: &&String| match steps.last() {
            Some(Step::Key(name)) => path.rsplit('.').next() == Some(name),
            _ => true,
        };
        let copied = origin.values.iter().find(is_copied);
        let copied = copied.map(|path| self.given(path));
        copied
            .filter(|place| !place.is_empty())
            .unwrap_or_else(|| self.template(origin))
    }

    /// Who gives a value; empty if nobody does.
    pub(crate) fn given(&self, path: &str) -> EcoString {
        let giver = helm::giver_of(&self.givers, path);
        giver.unwrap_or_default().into()
    }
}

/// The steps of a field's path (`k8s.io/apimachinery/pkg/util/validation/field/path.go`).
fn steps_of(field: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('[') {
            Some(inside) => inside.split_once(']').unwrap_or((inside, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        let is_item = rest.starts_with('[');
        steps.push(match name.parse().ok().filter(|_| is_item) {
            Some(at) => Step::Item(at),
            None => Step::Key(name.into()),
        });
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    steps
}

/// The objects of a file of plain manifests, each in this namespace if it names none.
pub(crate) fn place_objects(path: &str, text: &str, namespace: &str) -> Side {
    let mut side = Side::default();
    for document in yaml::parse(text).unwrap_or_default() {
        let object = yaml::decode_node(&document, Duplicates::default());
        let Some(mut object) = object.ok().filter(|it| !it.get("kind").text().is_empty()) else {
            continue;
        };
        let key = place(&mut object, namespace);
        side.places.insert(key, (path.into(), Rc::new(document)));
        side.objects.push(object);
    }
    side
}

/// A custom resource whose kind is called as one of Kubernetes' own gets its group behind it, as
/// kubectl tells them apart (`Service.serving.knative.dev`): it is not that kind.
fn name_apart(object: &mut Value) {
    let (kind, version) = (
        object.get("kind").to_text(),
        object.get("apiVersion").to_text(),
    );
    if kind_info(&kind).is_some() && !is_own_group(&version) {
        let group = version.split('/').next().unwrap_or_default();
        object.set("kind", eco_format!("{kind}.{group}"));
    }
}
