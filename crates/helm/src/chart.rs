//! Charts: what lies in the folder, read and put in order.

mod metadata;

use self::metadata::Reading;
pub use self::metadata::{Dependency, Metadata};
use crate::archive::{self, Files};
use crate::error::Error;
use crate::ignore::IgnoreRules;
use crate::log::{Level, Log};
use crate::values::read_values;
use gotmpl::value::Text;
use gotmpl::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A chart and its subcharts. Clones share the texts.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Chart.yaml.
    pub metadata: Metadata,
    /// values.yaml.
    pub(crate) values: Map,
    /// Files under `templates/`, by their path in the chart.
    pub templates: BTreeMap<String, Rc<str>>,
    /// Manifests under `crds/`, by their path in the chart, in the order of the folder or archive.
    pub crds: Vec<(String, Rc<str>)>,
    /// All other files: what `.Files` gives.
    pub files: BTreeMap<String, Text>,
    /// values.schema.json, if there is one.
    pub schema: Option<Rc<str>>,
    /// The charts under `charts/`.
    pub dependencies: Vec<Chart>,
}

/// The files of an archive as `helm package` makes it, by their paths in the chart. `name` is what
/// messages call it.
///
/// # Errors
/// What is no archive, or has files where a chart has none, in Helm's words.
#[cfg(feature = "archive")]
pub fn unpack_chart(bytes: &[u8], name: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
    archive::unpack(bytes).map_err(|error| {
        Error::new(match error.as_str() {
            "gzip: invalid header" => {
                format!("file '{name}' does not appear to be a valid chart file (details: {error})")
            }
            _ => "unable to load chart archive".to_owned(),
        })
    })
}

impl Chart {
    /// A chart from the files of its folder, by path (`Chart.yaml`, `templates/service.yaml`,
    /// `charts/redis/Chart.yaml`). What `.helmignore` names is left out.
    ///
    /// # Errors
    /// A missing or wrong Chart.yaml or values.yaml, in Helm's words.
    pub fn load<T: AsRef<[u8]>>(files: &BTreeMap<String, T>) -> Result<Chart, Error> {
        let rules = match files.get(".helmignore") {
            Some(rules) => IgnoreRules::parse(rules.as_ref())?,
            None => IgnoreRules::default(),
        };
        let kept = files
            .iter()
            .filter(|(path, _)| !rules.ignores_file(path))
            .map(|(path, content)| (path.clone(), content.as_ref().to_vec()));
        let mut kept: Vec<(String, Vec<u8>)> = kept.collect();
        lean::sort_by(&mut kept, |(a, _), (b, _)| a.split('/').cmp(b.split('/')));
        Chart::from_files(kept, &Log::default())
    }

    /// A chart from files by path, in the order of a folder or an archive; notices go to `log`.
    /// Nothing is left out.
    ///
    /// # Errors
    /// As [`Chart::load`].
    pub fn from_files(files: Vec<(String, Vec<u8>)>, log: &Log) -> Result<Chart, Error> {
        load(without_marks(files), log, 0)
    }

    /// A chart from an archive, as `helm package` makes it. `name` is what messages call it.
    ///
    /// # Errors
    /// What is no archive or no chart, in Helm's words.
    #[cfg(feature = "archive")]
    pub fn from_archive(bytes: &[u8], name: &str, log: &Log) -> Result<Chart, Error> {
        let files = unpack_chart(bytes, name)?;
        let Some((_, chart_file)) = files.iter().find(|(path, _)| path == "Chart.yaml") else {
            let message = "unable to detect chart version, no Chart.yaml found";
            return Err(Error::new(message));
        };
        Chart::check_api_version(chart_file)?;
        Chart::from_files(files, log)
    }

    /// Whether Helm reads charts of the version that a Chart.yaml states
    /// (helm.sh/helm/v4/pkg/chart/loader/load.go).
    ///
    /// # Errors
    /// A version that is not known, and what is no YAML.
    pub fn check_api_version(chart_file: &[u8]) -> Result<(), Error> {
        match metadata::read_api_version(&text(chart_file))?.as_str() {
            "" | "v1" | "v2" | "v3" => Ok(()),
            _ => Err(Error::in_file("Chart.yaml", "unsupported chart version")),
        }
    }

    /// Whether the chart can be installed: libraries and charts of the third version cannot, and
    /// every chart that Chart.yaml asks for must be there. A chart that is no longer kept says so in
    /// the log (helm.sh/helm/v4/pkg/cmd/install.go, pkg/action/install.go).
    pub(crate) fn check_installable(&self, log: &Log) -> Result<(), Error> {
        let about = &self.metadata;
        match about.chart_type.as_str() {
            "" | "application" => {}
            other => return Err(Error::new(format!("{other} charts are not installable"))),
        }
        if about.deprecated {
            log.add(Level::Warn, "this chart is deprecated", Vec::new());
        }
        let is_missing = |name: &&str| self.dependencies.iter().all(|sub| sub.name() != *name);
        let wanted = about.dependencies.iter().map(|wanted| wanted.name.as_str());
        let missing: Vec<&str> = wanted.filter(is_missing).collect();
        if !missing.is_empty() {
            let message = format!("{MISSING}{}", missing.join(", "));
            return Err(Error::in_file("Chart.yaml", message));
        }
        match about.api_version.as_str() {
            "v3" => Err(Error::in_file("Chart.yaml", "invalid chart apiVersion")),
            _ => Ok(()),
        }
    }

    /// The name of the chart, or the alias it goes by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The chart's own values.
    #[must_use]
    pub fn default_values(&self) -> yaml::Value {
        crate::json::to_yaml(&Value::Map(self.values.clone())).unwrap_or_default()
    }

    /// Whether it holds helpers only.
    #[must_use]
    pub fn is_library(&self) -> bool {
        self.metadata.chart_type == "library"
    }
}

const MISSING: &str = "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: ";

const REQUIREMENTS_ARE_OLD: &str = "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.";

const REQUIREMENTS_LOCK_IS_OLD: &str = "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock.";

/// How deep subcharts may have subcharts.
const DEPTH_MAX: usize = 16;

fn load(files: Files, log: &Log, depth: usize) -> Result<Chart, Error> {
    let Some((_, chart_file)) = files.iter().find(|(path, _)| path == "Chart.yaml") else {
        return Err(Error::in_file("Chart.yaml", "Chart.yaml file is missing"));
    };
    let mut reading = Reading::chart(&text(chart_file))?;
    let mut chart = Chart {
        metadata: Metadata::default(),
        values: Map::new(),
        templates: BTreeMap::new(),
        crds: Vec::new(),
        files: BTreeMap::new(),
        schema: None,
        dependencies: Vec::new(),
    };
    let mut subcharts: BTreeMap<String, Files> = BTreeMap::new();
    for (path, content) in files {
        let place = match path.split_once('/') {
            Some(("charts", _)) if path.ends_with(".prov") => "charts",
            Some(("charts", rest)) => {
                let (name, inner) = rest.split_once('/').unwrap_or((rest, ""));
                let files = subcharts.entry(name.to_owned()).or_default();
                files.push((inner.to_owned(), content));
                continue;
            }
            Some((folder, _)) => folder,
            None => "",
        };
        match (place, path.as_str()) {
            ("templates", _) => {
                chart.templates.insert(path, text(&content).into());
            }
            (_, "Chart.yaml") => {}
            (_, "Chart.lock") => metadata::check_lock(&text(&content), &path)?,
            (_, "values.yaml") => {
                chart.values =
                    read_values(&text(&content), "values.yaml").map_err(|error| Error {
                        message: format!("cannot load values.yaml: {}", error.message),
                        ..error
                    })?;
            }
            (_, "values.schema.json") => chart.schema = Some(text(&content).into()),
            (_, "requirements.yaml") => {
                if !reading.is_v1() {
                    log.add(Level::Info, REQUIREMENTS_ARE_OLD, Vec::new());
                }
                reading.requirements(&text(&content))?;
                if reading.is_v1() {
                    chart.files.insert(path, content.into());
                }
            }
            (_, "requirements.lock") => {
                metadata::check_lock(&text(&content), &path)?;
                match reading.is_v1() {
                    true => drop(chart.files.insert(path, content.into())),
                    false => log.add(Level::Info, REQUIREMENTS_LOCK_IS_OLD, Vec::new()),
                }
            }
            _ => {
                if place == "crds" && is_manifest(&path) {
                    chart.crds.push((path.clone(), text(&content).into()));
                }
                chart.files.insert(path, content.into());
            }
        }
    }
    chart.metadata = reading.finish()?;
    for (name, files) in subcharts {
        if name.starts_with(['_', '.']) || depth == DEPTH_MAX {
            continue;
        }
        let sub = subchart(&name, files, chart.name(), log, depth)?;
        chart.dependencies.push(sub);
    }
    Ok(chart)
}

/// A chart under `charts/`: a folder, or a packed one. `files` are by their paths in the folder; the
/// path of what is a file itself is empty.
fn subchart(
    name: &str,
    files: Files,
    parent: &str,
    log: &Log,
    depth: usize,
) -> Result<Chart, Error> {
    let result = match (name.ends_with(".tgz"), files.first()) {
        (true, Some((path, content))) if path.is_empty() => archive::unpack(content)
            .map_err(Error::new)
            .and_then(|files| load(without_marks(files), log, depth + 1)),
        (true, Some((path, _))) => {
            return Err(Error::new(format!(
                "error unpacking subchart tar in {parent}: expected {name}, got {name}/{path}"
            )));
        }
        _ => {
            let files = files.into_iter().filter(|(path, _)| !path.is_empty());
            load(files.collect(), log, depth + 1)
        }
    };
    result.map_err(|error| Error {
        message: format!(
            "error unpacking subchart {name} in {parent}: {}",
            error.message
        ),
        file: error.file.map(|file| format!("charts/{name}/{file}")),
        ..error
    })
}

/// The files without byte order marks.
fn without_marks(mut files: Files) -> Files {
    for (_, content) in &mut files {
        if content.starts_with(b"\xEF\xBB\xBF") {
            content.drain(..3);
        }
    }
    files
}

fn is_manifest(path: &str) -> bool {
    let (_, end) = path.rsplit_once('.').unwrap_or_default();
    ["yaml", "yml", "json"]
        .iter()
        .any(|known| end.eq_ignore_ascii_case(known))
}

fn text(content: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(content)
}
