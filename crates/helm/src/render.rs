//! Rendering: a chart and values become text, and the text manifests.

mod name;
mod printer;
mod report;

use crate::capabilities::{KubeVersion, capabilities};
use crate::chart::Chart;
use crate::dependencies;
use crate::error::Error;
use crate::functions::random::Random;
use crate::functions::{Constraint, FILES, HelmFunction, Version, file_map};
use crate::log::Log;
use crate::manifest::{self, Hook, Manifest};
use crate::release_name::check_release_name;
use crate::schema;
use crate::values::{VALUES, Values, coalesce_values, table};
use gotmpl::value::ANY_MAP;
use gotmpl::{Host, LineOrigin, Machine, Map, Trees, Value};
use lean::FlatMap;
use std::rc::Rc;

pub use self::name::{render_name, render_text};
pub use self::printer::Printer;

/// The name of the set of templates, which Go shows in some errors.
pub(crate) const ROOT: &str = "gotpl";
/// What Go writes for nil; Helm takes it out of every rendered text.
pub(crate) const NO_VALUE: &[u8] = b"<no value>";
/// Around messages of `fail` and `required`.
pub(crate) const WARN_START: &str = "HELM_ERR_START";
/// The end of such a message.
pub(crate) const WARN_END: &str = "HELM_ERR_END";

/// What `lookup` asks: apiVersion, kind, namespace and name; the last two may be empty.
/// Null is nothing.
pub type Lookup = Rc<dyn Fn(&str, &str, &str, &str) -> yaml::Value>;

/// What a release is called and how it comes about.
#[derive(Clone)]
pub struct ReleaseOptions {
    /// `.Release.Name`
    pub name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// `.Release.Revision`
    pub revision: u32,
    /// Whether this is an upgrade rather than an installation.
    pub is_upgrade: bool,
    /// The cluster's version.
    pub kube_version: KubeVersion,
    /// APIs that the cluster has beside Kubernetes' own.
    pub api_versions: Vec<String>,
    /// The time, in milliseconds since 1970.
    pub now_ms: i64,
    /// What random functions start from.
    pub seed: u64,
    /// The answers of `lookup`; none finds nothing.
    pub lookup: Option<Lookup>,
    /// Whether values go unchecked by values.schema.json.
    pub skip_schema_validation: bool,
    /// Whether it is recorded where each line of the output comes from, which takes longer.
    pub provenance: bool,
    /// Where notices go.
    pub log: Log,
}

impl Default for ReleaseOptions {
    fn default() -> ReleaseOptions {
        ReleaseOptions {
            name: "release-name".to_owned(),
            namespace: "default".to_owned(),
            revision: 1,
            is_upgrade: false,
            kube_version: KubeVersion::default(),
            api_versions: Vec::new(),
            now_ms: 0,
            seed: 0,
            lookup: None,
            skip_schema_validation: false,
            provenance: false,
            log: Log::default(),
        }
    }
}

/// A rendered template file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The text.
    pub text: String,
    /// Where each line of it comes from, if that was asked for ([`ReleaseOptions::provenance`]).
    pub lines: Vec<LineOrigin>,
}

/// A rendered chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The manifests, in the order of installation.
    pub manifests: Vec<Manifest>,
    /// The hooks, in the order of installation.
    pub hooks: Vec<Hook>,
    /// Files under `crds/`, of subcharts too: path with the chart's name, and text.
    pub crds: Vec<(String, Rc<str>)>,
    /// NOTES.txt of the chart.
    pub notes: String,
    /// Every rendered file, by its path with the chart's name.
    pub files: FlatMap<String, File>,
}

impl Rendered {
    /// The manifests as one text, as `helm get manifest` prints them.
    #[must_use]
    pub fn manifest(&self) -> String {
        let mut out = String::new();
        for manifest in &self.manifests {
            manifest.write(&mut out);
        }
        out
    }

    /// What `helm template` prints: the manifests, then the hooks; with `--include-crds`, the CRDs
    /// before them.
    #[must_use]
    pub fn to_template_output(&self, include_crds: bool) -> String {
        let mut out = self.manifests_text(include_crds);
        for hook in &self.hooks {
            hook.manifest.write(&mut out);
        }
        out
    }

    /// The files as they were rendered, each after a line that says where it is from: what
    /// `helm template --debug` prints where a manifest is wrong.
    #[must_use]
    pub fn files_text(&self) -> String {
        let mut out = String::new();
        for (path, file) in &self.files {
            if !path.ends_with("NOTES.txt") && !file.text.trim().is_empty() {
                out.push_str(&format!("---\n# Source: {path}\n{}\n", file.text));
            }
        }
        format!("{}\n", out.trim())
    }

    /// The part of that before the hooks.
    #[must_use]
    pub fn manifests_text(&self, include_crds: bool) -> String {
        let crds = self.crds.iter().filter(|_| include_crds);
        let crds = crds.map(|(path, text)| (path.as_str(), &**text));
        let manifests = self.manifests.iter();
        let manifests = manifests.map(|one| (one.source.as_str(), one.content.as_str()));
        let all = crds.chain(manifests);
        // Of a chart with large CRDs this is the largest text of all: it is written once.
        let sizes = all
            .clone()
            .map(|(source, content)| source.len() + content.len() + 20);
        let mut out = String::with_capacity(sizes.sum());
        for (source, content) in all {
            manifest::write(&mut out, source, content);
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }

    /// Where a line (from 0) of a manifest comes from: the template lines that made it, and the
    /// values they read. Known only if it was asked for ([`ReleaseOptions::provenance`]).
    #[must_use]
    pub fn origin(&self, manifest: &Manifest, line: usize) -> Option<&LineOrigin> {
        let file = self.files.get(&manifest.source)?;
        let before = file.text.get(..manifest.offset)?.matches('\n').count();
        file.lines.get(before + line)
    }
}

/// What Helm's functions need beside their arguments.
pub(crate) struct Context {
    functions: FlatMap<&'static str, &'static HelmFunction>,
    lookup: Option<Lookup>,
    /// How often each template is included at this moment.
    pub includes: FlatMap<String, usize>,
    pub random: Random,
    pub now_ms: i64,
}

impl Context {
    fn new(options: &ReleaseOptions) -> Context {
        Context {
            lookup: options.lookup.clone(),
            random: Random::new(options.seed),
            now_ms: options.now_ms,
            ..Context::with(crate::functions::all())
        }
    }

    /// That of templates which have these functions and know nothing of a release.
    fn with(functions: impl Iterator<Item = &'static HelmFunction>) -> Context {
        Context {
            functions: functions
                .map(|function| (function.name, function))
                .collect(),
            lookup: None,
            includes: FlatMap::new(),
            random: Random::new(0),
            now_ms: 0,
        }
    }

    /// What the cluster has of that name.
    pub fn lookup(&self, version: &str, kind: &str, namespace: &str, name: &str) -> yaml::Value {
        match &self.lookup {
            Some(lookup) => lookup(version, kind, namespace, name),
            None => yaml::Value::Null,
        }
    }
}

impl Host for Context {
    fn function(&self, name: &str) -> Option<&'static HelmFunction> {
        self.functions.get(name).copied()
    }

    fn method(&self, value: &Value, name: &str) -> Option<&'static HelmFunction> {
        crate::functions::method(value, name)
    }
}

/// A template of a chart and what it sees.
struct Renderable<'c> {
    source: &'c str,
    data: Map,
    base_path: String,
}

/// Renders a chart with the values that a user gives.
///
/// # Errors
/// What Helm says: templates, values, missing subcharts, manifests that are no YAML.
pub fn render(chart: &Chart, values: &Values, options: &ReleaseOptions) -> Result<Rendered, Error> {
    Prepared::new(chart.clone(), values, options)?.render(options)
}

/// Renders every template file, before Helm cuts them into manifests.
///
/// # Errors
/// As [`render`], but for manifests that are no YAML.
pub fn render_templates(
    chart: &Chart,
    values: &Values,
    options: &ReleaseOptions,
) -> Result<FlatMap<String, File>, Error> {
    Prepared::new(chart.clone(), values, options)?.render_templates(options)
}

/// The values as templates see them: the chart's own under those given.
///
/// # Errors
/// Missing subcharts, and values of the wrong shape.
pub fn effective_values(chart: &Chart, values: &Values) -> Result<yaml::Value, Error> {
    let options = ReleaseOptions {
        skip_schema_validation: true,
        ..ReleaseOptions::default()
    };
    Ok(Prepared::new(chart.clone(), values, &options)?.values())
}

/// A chart whose subcharts and values are settled: all but the rendering. An error before this
/// point is about what was given, one after it about the templates.
#[derive(Clone, Debug)]
pub struct Prepared {
    chart: Chart,
    values: Map,
}

impl Prepared {
    /// Settles which subcharts take part, and the values.
    ///
    /// # Errors
    /// Missing subcharts, values of the wrong shape or against a schema.
    pub fn new(
        mut chart: Chart,
        values: &Values,
        options: &ReleaseOptions,
    ) -> Result<Prepared, Error> {
        chart.check_installable(&options.log)?;
        check_release_name(&options.name, &options.log)?;
        dependencies::process(&mut chart, &values.0, &options.log)?;
        let values = coalesce_values(&chart, &values.0, &options.log)?;
        if !options.skip_schema_validation {
            schema::check(&chart, &values, &options.log)?;
        }
        Ok(Prepared { chart, values })
    }

    /// The values as templates see them.
    #[must_use]
    pub fn values(&self) -> yaml::Value {
        Values(self.values.clone()).to_yaml()
    }

    /// Renders the templates, and cuts them into manifests.
    ///
    /// # Errors
    /// A Kubernetes version that the chart is not for, templates that fail, manifests that are no
    /// YAML.
    pub fn render(&self, options: &ReleaseOptions) -> Result<Rendered, Error> {
        match self.render_partly(options) {
            (rendered, None) => Ok(rendered),
            (_, Some(error)) => Err(error),
        }
    }

    /// The same, with what there is of it in spite of an error. If that is of a manifest, there are
    /// the files and the hooks before it.
    #[must_use]
    pub fn render_partly(&self, options: &ReleaseOptions) -> (Rendered, Option<Error>) {
        let chart = &self.chart;
        let files = match self.render_templates(options) {
            Ok(files) => files,
            Err(error) => return (Rendered::default(), Some(error)),
        };
        let notes_path = format!("{}/templates/NOTES.txt", chart.name());
        let notes = files
            .get(&notes_path)
            .map(|file| file.text.clone())
            .unwrap_or_default();
        let texts = files
            .iter()
            .filter(|(path, _)| !path.ends_with("NOTES.txt"))
            .map(|(path, file)| (path.as_str(), file.text.as_str()));
        let (manifests, hooks, error) = manifest::sort(texts, &options.log);
        let mut crds = Vec::new();
        collect_crds(chart, chart.name(), &mut crds);
        let rendered = Rendered {
            manifests,
            hooks,
            crds,
            notes,
            files,
        };
        (rendered, error)
    }

    /// Renders every template file, by its path with the chart's name.
    ///
    /// # Errors
    /// As [`Prepared::render`], but for manifests that are no YAML.
    pub fn render_templates(
        &self,
        options: &ReleaseOptions,
    ) -> Result<FlatMap<String, File>, Error> {
        check_kube_version(&self.chart, &options.kube_version)?;
        render_files(&self.chart, &self.values, options)
    }
}

fn collect_crds(chart: &Chart, path: &str, crds: &mut Vec<(String, Rc<str>)>) {
    for (name, text) in &chart.crds {
        crds.push((format!("{path}/{name}"), text.clone()));
    }
    for sub in &chart.dependencies {
        collect_crds(sub, &format!("{path}/charts/{}", sub.name()), crds);
    }
}

fn check_kube_version(chart: &Chart, version: &KubeVersion) -> Result<(), Error> {
    let wanted = &chart.metadata.kube_version;
    if wanted.is_empty() {
        return Ok(());
    }
    let fits = match (
        Constraint::parse(wanted),
        Version::parse(&version.normalized),
    ) {
        (Ok(range), Ok(version)) => range.allows(&version),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let found = &version.version;
    Err(Error::in_file(
        "Chart.yaml",
        format!(
            "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {found}"
        ),
    ))
}

fn release_map(options: &ReleaseOptions) -> Map {
    let release = Map::new();
    release.insert("Name", options.name.as_str());
    release.insert("Namespace", options.namespace.as_str());
    release.insert("IsUpgrade", options.is_upgrade);
    release.insert("IsInstall", !options.is_upgrade);
    release.insert("Revision", i64::from(options.revision));
    release.insert("Service", "Helm");
    release
}

fn render_files(
    chart: &Chart,
    values: &Map,
    options: &ReleaseOptions,
) -> Result<FlatMap<String, File>, Error> {
    let shared = [
        ("Release", Value::Map(release_map(options))),
        (
            "Capabilities",
            capabilities(&options.kube_version, &options.api_versions),
        ),
    ];
    let mut all = FlatMap::new();
    collect(
        chart,
        chart.name(),
        values.as_type(&VALUES),
        true,
        &shared,
        &mut all,
    );

    // Deep files first, so that a chart's definitions win over its subcharts'.
    let mut order: Vec<&String> = all.keys().collect();
    lean::sort_by_key(&mut order, |path| {
        std::cmp::Reverse((path.matches('/').count(), path.as_str()))
    });
    let mut context = Context::new(options);
    let mut trees = Trees::new();
    for path in &order {
        let is_function = |name: &str| gotmpl::is_function(&context, name);
        gotmpl::parse(path, all[*path].source, &mut trees, &is_function)
            .map_err(|error| report::parse_error(path, &error))?;
    }
    let mut machine = Machine::new(Rc::new(trees), &mut context);
    if options.provenance {
        machine.record("", &Value::Map(values.clone()));
    }
    let mut files = FlatMap::new();
    for path in order {
        if path
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with('_'))
        {
            continue;
        }
        let renderable = &all[path];
        let about = Map::of(&VALUES);
        about.insert("Name", path.as_str());
        about.insert("BasePath", renderable.base_path.as_str());
        renderable.data.insert("Template", about);
        let output = machine
            .execute(path, Value::Map(renderable.data.clone()), ROOT)
            .map_err(|error| report::execution_error(path, &error))?;
        let mut output = output;
        output.remove(NO_VALUE);
        files.insert(
            path.clone(),
            File {
                lines: machine.line_origins(&output),
                text: into_text(output.text),
            },
        );
    }
    Ok(files)
}

fn into_text(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// Lists the templates of a chart and its subcharts, and returns what the chart's templates see.
fn collect<'c>(
    chart: &'c Chart,
    path: &str,
    values: Map,
    is_root: bool,
    shared: &[(&str, Value)],
    all: &mut FlatMap<String, Renderable<'c>>,
) -> Map {
    let data = Map::of(&VALUES);
    let subcharts = Map::new();
    data.insert("Chart", chart.metadata.to_map(is_root));
    data.insert("Files", file_map(&chart.files).as_type(&FILES));
    for (name, value) in shared {
        data.insert(*name, value.clone());
    }
    data.insert("Values", values.clone());
    data.insert("Subcharts", subcharts.clone());
    for sub in &chart.dependencies {
        let inner = table(&values, sub.name())
            .unwrap_or_default()
            .as_type(&VALUES);
        let path = format!("{path}/charts/{}", sub.name());
        let data = collect(sub, &path, inner, false, shared, all);
        subcharts.insert(sub.name(), data.as_type(&ANY_MAP));
    }
    for (name, source) in &chart.templates {
        let is_partial = name
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with('_'));
        if chart.is_library() && !is_partial {
            continue;
        }
        all.insert(
            format!("{path}/{name}"),
            Renderable {
                source,
                data: data.clone(),
                base_path: format!("{path}/templates"),
            },
        );
    }
    data
}
