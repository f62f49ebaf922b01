//! What an Application's sources render to, and what part each object plays in a sync
//! (`reposerver/repository/repository.go`, `gitops-engine/pkg/sync/hook`).

use super::spec::{self, text};
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::git::{Oid, Tree};
use crate::delivery::plan::{Side, json};
use crate::gitops::around::{Asked, OWN_VALUES};
use crate::gitops::diff;
use crate::gitops::render::{self, Template, ValuesFile};
use crate::gitops::source::{self, Repositories};
use crate::pipeline::charts::epoch_ms;
use crate::texts;
use ecow::{EcoString, eco_format};
use helm::SetKind;
use kube::{Key, Millis, Object, Value};
use std::rc::Rc;

/// Whose object it is: `APP:GROUP/KIND:NAMESPACE/NAME` (`util/argo/resource_tracking.go`).
pub(crate) const TRACKING: &str = "argocd.argoproj.io/tracking-id";
const HOOK: &str = "argocd.argoproj.io/hook";
const HELM_HOOK: &str = "helm.sh/hook";

/// A phase of a sync, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    PreSync,
    Sync,
    PostSync,
    SyncFail,
}

/// The phases by the words of Argo CD's annotation, and of Helm's
/// (`gitops-engine/pkg/sync/hook/helm/type.go`).
const PHASES: [(Phase, &[&str]); 4] = [
    (Phase::PreSync, &["PreSync", "pre-install", "pre-upgrade"]),
    (Phase::Sync, &["Sync"]),
    (
        Phase::PostSync,
        &["PostSync", "post-install", "post-upgrade"],
    ),
    (Phase::SyncFail, &["SyncFail"]),
];

impl Phase {
    /// Argo CD's word.
    pub fn as_str(self) -> &'static str {
        PHASES[self as usize].1[0]
    }
}

/// What an object of the sources is to a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Kept as git says.
    Resource,
    /// Made anew in these phases.
    Hook(Vec<Phase>),
    /// Left alone: a test, or marked `Skip`.
    Skipped,
}

/// An object as git wants it.
#[derive(Debug)]
pub(super) struct Target {
    pub key: Key,
    /// All of it, with its namespace and the mark of its Application.
    pub object: Value,
    /// What the annotation of the last applied manifest says once it is applied.
    pub applied: EcoString,
    pub role: Role,
    /// `argocd.argoproj.io/sync-wave`, or Helm's weight of a hook.
    pub wave: i64,
}

/// The words of an annotation that lists several.
pub(super) fn words<'a>(object: &'a Value, annotation: &str) -> impl Iterator<Item = &'a str> {
    let text = object.at(&["metadata", "annotations", annotation]).text();
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

/// Whether an option is among those of an annotation (`argocd.argoproj.io/sync-options`).
pub(super) fn has_option(object: &Value, annotation: &str, option: &str) -> bool {
    words(object, annotation).any(|word| word == option)
}

impl Role {
    fn of(object: &Value) -> Role {
        let own: Vec<&str> = words(object, HOOK).collect();
        let helm: Vec<&str> = words(object, HELM_HOOK).collect();
        let named = if own.is_empty() { &helm } else { &own };
        if named.is_empty() || named.contains(&"crd-install") {
            return Role::Resource;
        }
        let is_in = |(_, all): &&(Phase, &[&str])| named.iter().any(|word| all.contains(word));
        let phases: Vec<Phase> = PHASES
            .iter()
            .filter(is_in)
            .map(|(phase, _)| *phase)
            .collect();
        match phases.is_empty() {
            true => Role::Skipped,
            false => Role::Hook(phases),
        }
    }

    pub fn is_hook(&self) -> bool {
        matches!(self, Role::Hook(_))
    }
}

/// Whether an object is a hook: made anew at each sync.
pub(crate) fn is_hook(object: &Value) -> bool {
    Role::of(object).is_hook()
}

/// The wave of an object (`gitops-engine/pkg/sync/syncwaves`).
pub(super) fn wave(object: &Value) -> i64 {
    let annotations = object.at(&["metadata", "annotations"]);
    ["argocd.argoproj.io/sync-wave", "helm.sh/hook-weight"]
        .iter()
        .find_map(|name| annotations.get(name).text().parse().ok())
        .unwrap_or(0)
}

impl Target {
    fn new(mut object: Value, app: &Key, namespace: &str) -> Target {
        let key = diff::place(&mut object, namespace);
        // A definition of kinds is shared by all that use them.
        if key.kind != "CustomResourceDefinition" {
            let own = if key.namespace.is_empty() {
                namespace
            } else {
                &key.namespace
            };
            let id = eco_format!(
                "{}:{}/{}:{own}/{}",
                app.name,
                diff::group_of(&object),
                key.kind,
                key.name
            );
            let annotations = object.entry_at(&["metadata", "annotations"]);
            annotations.set(TRACKING, id);
        }
        Target {
            applied: eco_format!("{}\n", json(&object)),
            role: Role::of(&object),
            wave: wave(&object),
            key,
            object,
        }
    }
}

/// The Application that an object says it belongs to.
pub(crate) fn owner(object: &Object) -> Option<&str> {
    Some(object.annotation(TRACKING)?.split_once(':')?.0)
}

/// What sources render to at their commits.
#[derive(Clone, Debug)]
pub(super) struct Generated {
    /// The commit of each source.
    pub revisions: Vec<Oid>,
    /// The objects, or why there are none.
    pub targets: Result<Rc<[Rc<Target>]>, EcoString>,
}

/// A source that was fetched.
struct Checkout<'a> {
    source: &'a Value,
    name: &'a str,
    commit: Oid,
    files: Tree,
}

/// Renders the sources of an Application, at given revisions or at those that they ask for.
///
/// # Errors
/// What Argo CD says after `Failed to load target state: `, if not even the commits are known.
pub(super) fn generate(
    repositories: &Repositories,
    app: &Key,
    spec: &Value,
    revisions: &[EcoString],
    now: Millis,
) -> Result<Generated, EcoString> {
    let sources = spec::sources(spec);
    let failed = |at: usize, why: EcoString| {
        let (number, all) = (at + 1, sources.len());
        eco_format!(
            "failed to generate manifest for source {number} of {all}: rpc error: code = Unknown desc = {why}"
        )
    };
    let mut checkouts = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let asked = source.get("targetRevision").to_text();
        let revision = revisions
            .get(at)
            .filter(|it| !it.is_empty())
            .unwrap_or(&asked);
        let checkout = check_out(repositories, source, revision).map_err(|why| failed(at, why))?;
        checkouts.push(checkout);
    }
    let namespace = text(spec, &["destination", "namespace"]);
    let mut targets = Vec::new();
    let mut wrong = None;
    for (at, checkout) in checkouts.iter().enumerate() {
        match objects(checkout, &checkouts, app, namespace, now) {
            Ok(objects) => targets.extend(objects),
            Err(why) => {
                wrong = Some(failed(at, why));
                break;
            }
        }
    }
    let targets = match wrong {
        Some(why) => Err(why),
        None => Ok(distinct(targets, app, namespace)),
    };
    Ok(Generated {
        revisions: checkouts.iter().map(|it| it.commit).collect(),
        targets,
    })
}

/// Of objects that are there twice, the last counts (`DeduplicateTargetObjects`).
fn distinct(objects: Vec<Value>, app: &Key, namespace: &str) -> Rc<[Rc<Target>]> {
    let mut targets: Vec<Rc<Target>> = Vec::new();
    for object in objects {
        let target = Rc::new(Target::new(object, app, namespace));
        match targets.iter_mut().find(|it| it.key == target.key) {
            Some(before) if !target.key.name.is_empty() => *before = target,
            _ => targets.push(target),
        }
    }
    targets.into()
}

fn check_out<'a>(
    repositories: &Repositories,
    source: &'a Value,
    revision: &str,
) -> Result<Checkout<'a>, EcoString> {
    let url = source.get("repoURL").text();
    if !source.get("chart").text().is_empty() {
        let chart = source.get("chart").text();
        return Err(eco_format!(
            "failed to fetch chart: chart \"{chart}\" not found in {url} repository"
        ));
    }
    let repository = source::repository(repositories, url)
        .map_err(|why| eco_format!("failed to list refs: {why}"))?;
    let commit = source::resolve(repository, revision)
        .ok_or_else(|| eco_format!("unable to resolve '{revision}' to a commit SHA"))?;
    Ok(Checkout {
        source,
        name: source::name_of(url),
        commit,
        files: repository.files(commit),
    })
}

/// The objects of one source.
fn objects(
    checkout: &Checkout<'_>,
    all: &[Checkout<'_>],
    app: &Key,
    namespace: &str,
    now: Millis,
) -> Result<Vec<Value>, EcoString> {
    let path = checkout.source.get("path").text();
    // It only lends its files to another source.
    if path.is_empty() && !checkout.source.get("ref").text().is_empty() {
        return Ok(Vec::new());
    }
    let folder =
        render::join("", path).ok_or_else(|| eco_format!("{path}: app path outside root"))?;
    let has = |name: &str| {
        checkout
            .files
            .contains_key(&*render::join(&folder, name).unwrap_or_default())
    };
    if checkout.files.contains_key(&folder) {
        return Err(eco_format!("{path}: app path is not a directory"));
    }
    if render::below(&checkout.files, &folder).next().is_none() {
        return Err(eco_format!("{path}: app path does not exist"));
    }
    if has("Chart.yaml") {
        return chart(checkout, &folder, all, app, namespace, now);
    }
    if ["kustomization.yaml", "kustomization.yml", "Kustomization"]
        .into_iter()
        .any(has)
    {
        return Err(texts::delivery::KUSTOMIZE_NOT_SIMULATED.into());
    }
    directory(checkout, &folder)
}

/// A folder of plain manifests.
fn directory(checkout: &Checkout<'_>, folder: &str) -> Result<Vec<Value>, EcoString> {
    let deep = checkout.source.at(&["directory", "recurse"]).as_bool() == Some(true);
    let mut objects = Vec::new();
    for (name, text) in render::below(&checkout.files, folder) {
        let is_manifest = [".yaml", ".yml", ".json"]
            .iter()
            .any(|end| name.ends_with(end));
        if !is_manifest || name.contains('/') && !deep {
            continue;
        }
        render::documents(text, &mut objects).map_err(|why| {
            let file = name.rsplit('/').next().unwrap_or(name);
            eco_format!("Failed to unmarshal {file:?}: {why}")
        })?;
    }
    if let Some(bad) = objects.iter().find(|it| it.get("kind").text().is_empty()) {
        return Err(eco_format!(
            "failed to unmarshal manifest: Object 'Kind' is missing in '{}'",
            json(bad)
        ));
    }
    Ok(objects)
}

/// Where what the first source renders to is written: lines of templates and values, or of manifests.
pub(super) fn written(
    repositories: &Repositories,
    app: &Key,
    spec: &Value,
    now: Millis,
) -> Result<Side, EcoString> {
    let sources = spec::sources(spec);
    let checkouts = sources.into_iter().map(|source| {
        let revision = source.get("targetRevision").to_text();
        check_out(repositories, source, &revision)
    });
    let checkouts = checkouts.collect::<Result<Vec<_>, _>>()?;
    let namespace = text(spec, &["destination", "namespace"]);
    let has_objects = |it: &&Checkout<'_>| !it.source.get("path").text().is_empty();
    let Some(first) = checkouts.iter().find(has_objects) else {
        return Ok(Side::default());
    };
    let folder = render::join("", first.source.get("path").text()).unwrap_or_default();
    let chart_file = render::join(&folder, "Chart.yaml").unwrap_or_default();
    if first.files.contains_key(&chart_file) {
        let (template, _) = template(first, &folder, &checkouts, app, namespace, now)?;
        return render::written(&template, |object| {
            Target::new(object, app, namespace).object
        });
    }
    let place = |object: Value| Target::new(object, app, namespace).key;
    Ok(Side::plain(
        Vec::new(),
        render::places(&first.files, &folder, place),
    ))
}

/// A chart, as `helm template` renders it.
fn chart(
    checkout: &Checkout<'_>,
    folder: &str,
    all: &[Checkout<'_>],
    app: &Key,
    namespace: &str,
    now: Millis,
) -> Result<Vec<Value>, EcoString> {
    let (template, flags) = template(checkout, folder, all, app, namespace, now)?;
    render::chart(&template).map_err(|why| fails(&template.name, &template.namespace, &flags, &why))
}

/// What Argo CD says when Helm fails.
fn fails(name: &str, namespace: &str, flags: &str, why: &str) -> EcoString {
    eco_format!(
        "failed to execute helm template command: failed to get command args to log: `helm template . --name-template {name} --namespace {namespace} --kube-version 1.36{flags} <api versions removed> --include-crds` failed exit status 1: Error: {why}"
    )
}

/// What Helm is asked to render, and the flags that say so.
fn template<'a>(
    checkout: &Checkout<'_>,
    folder: &'a str,
    all: &[Checkout<'_>],
    app: &Key,
    namespace: &str,
    now: Millis,
) -> Result<(Template<'a>, String), EcoString> {
    let helm = checkout.source.get("helm");
    let or = |field: &str, default: &str| match helm.get(field).text() {
        "" => EcoString::from(default),
        text => text.into(),
    };
    let (name, namespace) = (or("releaseName", &app.name), or("namespace", namespace));
    let mut template = Template {
        name: name.clone(),
        namespace: namespace.clone(),
        files: checkout.files.clone(),
        folder,
        now_ms: epoch_ms(now),
        skip_schema_validation: helm.get("skipSchemaValidation").as_bool() == Some(true),
        ..Template::default()
    };
    let mut flags = String::new();
    let ignores_missing = helm.get("ignoreMissingValueFiles").as_bool() == Some(true);
    for path in helm.get("valueFiles").items() {
        let file = path.text();
        let (place, inside) = value_file(checkout, folder, all, file)?;
        let shown = eco_format!("{}/{inside}", place.name);
        flags += &format!(" --values <path to cached source>/{shown}");
        match place.files.get(&inside).cloned() {
            Some(text) => template.values.push(ValuesFile {
                name: file.into(),
                path: match place.name == checkout.name {
                    true => inside,
                    false => eco_format!("../{shown}"),
                },
                text,
            }),
            None if ignores_missing => {}
            None => {
                let why =
                    eco_format!("open <path to cached source>/{shown}: no such file or directory");
                return Err(fails(&name, &namespace, &flags, &why));
            }
        }
    }
    // An object wins over a text (`ValuesYAML`).
    let own = match helm.get("valuesObject") {
        Value::Null => helm.get("values").to_text(),
        object => json(object),
    };
    if !own.is_empty() {
        template.values.push(ValuesFile {
            name: "values".into(),
            path: OWN_VALUES.into(),
            text: own,
        });
    }
    for parameter in helm.get("parameters").items() {
        let of = |field: &str| parameter.get(field).to_text();
        let kind = match parameter.get("forceString").as_bool() {
            Some(true) => SetKind::String,
            _ => SetKind::Set,
        };
        template
            .set
            .push((eco_format!("{}={}", of("name"), of("value")), kind));
    }
    Ok((template, flags))
}

/// Where a values file is that a source names: the source that it lies in, for `$REF/…` is another
/// one, and its path there.
fn value_file<'c, 'a>(
    checkout: &'c Checkout<'a>,
    folder: &str,
    all: &'c [Checkout<'a>],
    path: &str,
) -> Result<(&'c Checkout<'a>, EcoString), EcoString> {
    let (place, base, rest) = match path.strip_prefix('$') {
        None => (checkout, folder, path),
        Some(named) => {
            let (name, rest) = named.split_once('/').unwrap_or((named, ""));
            let is = |it: &&Checkout<'_>| it.source.get("ref").text() == name;
            let found = all.iter().find(is).ok_or_else(|| {
                eco_format!(
                    "error resolving helm value files: source referenced \"${name}\", but no source has a 'ref' field defined"
                )
            })?;
            (found, "", rest)
        }
    };
    let inside = render::join(base, rest).ok_or_else(|| {
        eco_format!("error resolving helm value files: error resolving value file path: value file '{path}' resolved to outside repository root")
    })?;
    Ok((place, inside))
}

/// What an Application asks of Helm, source by source; those that are no charts are left out.
pub(super) fn charts(
    repositories: &Repositories,
    app: &Key,
    spec: &Value,
    now: Millis,
) -> Vec<Result<Asked, EcoString>> {
    let sources = spec::sources(spec);
    let checkouts = sources.iter().map(|source| {
        let revision = source.get("targetRevision").to_text();
        check_out(repositories, source, &revision)
    });
    let checkouts = match checkouts.collect::<Result<Vec<_>, _>>() {
        Ok(checkouts) => checkouts,
        Err(why) => return vec![Err(why)],
    };
    let namespace = text(spec, &["destination", "namespace"]);
    let mut found = Vec::new();
    for (at, checkout) in checkouts.iter().enumerate() {
        let folder = render::join("", checkout.source.get("path").text()).unwrap_or_default();
        let chart_file = render::join(&folder, "Chart.yaml").unwrap_or_default();
        if checkout.files.contains_key(&chart_file) {
            let under = match spec.get("sources").items() {
                [] => vec!["spec".to_owned(), "source".to_owned()],
                _ => vec!["spec".to_owned(), "sources".to_owned(), at.to_string()],
            };
            let asked = template(checkout, &folder, &checkouts, app, namespace, now);
            found.push(asked.map(|(template, _)| Asked::of(checkout, template, under)));
        }
    }
    found
}

impl Asked {
    fn of(checkout: &Checkout<'_>, template: Template<'_>, under: Vec<String>) -> Asked {
        let mut asked = Asked {
            repository: checkout.name.into(),
            files: template.files,
            upgrade: HelmUpgrade {
                release: template.name,
                chart: template.folder.into(),
                namespace: template.namespace,
                // `helm template` without `--is-upgrade`.
                is_install: true,
                ..HelmUpgrade::default()
            },
            own: Vec::new(),
        };
        let helm = checkout.source.get("helm");
        let path = |rest: &[&str]| {
            let rest = rest.iter().map(|it| (*it).to_owned());
            under.iter().cloned().chain(rest).collect::<Vec<_>>()
        };
        // The strongest first: of parameters the last one, then what the Application holds itself.
        for (at, (text, kind)) in template.set.into_iter().enumerate() {
            let values = helm::Values::new();
            // What cannot be read gives nothing; whoever renders says so.
            let _ = values.set(&text, kind);
            let at = at.to_string();
            let place = path(&["helm", "parameters", &at]);
            asked.own.insert(0, (place, values.to_yaml()));
            match kind {
                SetKind::String => asked.upgrade.set_string.push(text),
                _ => asked.upgrade.set.push(text),
            }
        }
        for file in template.values {
            if file.path == OWN_VALUES {
                let field = match helm.get("valuesObject") {
                    Value::Null => "values",
                    _ => "valuesObject",
                };
                let values = yaml::decode(&file.text).unwrap_or_default();
                asked.own.push((path(&["helm", field]), values));
            }
            asked.files.insert(file.path.clone(), file.text);
            asked.upgrade.values.push(file.path);
        }
        asked
    }
}
