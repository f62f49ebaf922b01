//! Charts: what lies in the folder, read and put in order.

use crate::error::Error;
use crate::ignore::IgnoreRules;
use crate::log::{Level, Log};
use crate::values::read_values;
use gotmpl::value::{ElementType, Text};
use gotmpl::{List, Map, Value};
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

/// What Chart.yaml says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// `v1` or `v2`.
    pub api_version: String,
    /// The name of the chart.
    pub name: String,
    /// The version of the chart.
    pub version: String,
    /// The version of what is in it.
    pub app_version: String,
    /// What it is, in a sentence.
    pub description: String,
    /// `application` or `library`.
    pub chart_type: String,
    /// The Kubernetes versions it is for.
    pub kube_version: String,
    /// Its home page.
    pub home: String,
    /// Its picture.
    pub icon: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Where its source is.
    pub sources: Vec<String>,
    /// Who keeps it: name, e-mail, address.
    pub maintainers: Vec<[String; 3]>,
    /// Notes of any kind.
    pub annotations: BTreeMap<String, String>,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    /// `condition` of v1 charts.
    pub condition: String,
    /// `tags` of v1 charts.
    pub tags: String,
    /// The subcharts it wants.
    pub dependencies: Vec<Dependency>,
}

/// A subchart that Chart.yaml asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependency {
    /// The name of the chart.
    pub name: String,
    /// The range of versions.
    pub version: String,
    /// Where it comes from.
    pub repository: String,
    /// The values that switch it on or off, with commas between.
    pub condition: String,
    /// The tags that switch it on or off.
    pub tags: Vec<String>,
    /// The name it goes by here.
    pub alias: String,
    /// What of its values is taken over.
    pub import_values: Vec<yaml::Value>,
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
        load(files, log, 0)
    }

    /// Whether Helm reads charts of the version that a Chart.yaml states
    /// (helm.sh/helm/v4/pkg/chart/loader/load.go).
    ///
    /// # Errors
    /// A version that is not known, and what is no YAML.
    pub fn check_api_version(chart_file: &[u8]) -> Result<(), Error> {
        let text = String::from_utf8_lossy(chart_file);
        let value = decode("Chart.yaml", "cannot load Chart.yaml: ", &text)?;
        match scalar(value.get("apiVersion")).as_str() {
            "" | "v1" | "v2" | "v3" => Ok(()),
            _ => Err(Error::in_file("Chart.yaml", "unsupported chart version")),
        }
    }

    /// Whether the chart can be installed: libraries cannot. A chart that is no longer kept says so
    /// in the log (helm.sh/helm/v4/pkg/cmd/install.go).
    ///
    /// # Errors
    /// It cannot.
    pub fn check_installable(&self, log: &Log) -> Result<(), Error> {
        match self.metadata.chart_type.as_str() {
            "" | "application" => {}
            other => return Err(Error::new(format!("{other} charts are not installable"))),
        }
        if self.metadata.deprecated {
            log.add(Level::Warn, "this chart is deprecated", Vec::new());
        }
        Ok(())
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

const REQUIREMENTS_ARE_OLD: &str = "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.";

/// How deep subcharts may have subcharts.
const DEPTH_MAX: usize = 16;

fn load(files: Vec<(String, Vec<u8>)>, log: &Log, depth: usize) -> Result<Chart, Error> {
    let Some((_, chart_file)) = files.iter().find(|(path, _)| path == "Chart.yaml") else {
        return Err(Error::in_file("Chart.yaml", "Chart.yaml file is missing"));
    };
    let mut chart = Chart {
        metadata: read_metadata(&text(chart_file))?,
        values: Map::new(),
        templates: BTreeMap::new(),
        crds: Vec::new(),
        files: BTreeMap::new(),
        schema: None,
        dependencies: Vec::new(),
    };
    let mut subcharts: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (path, mut content) in files {
        if content.starts_with(b"\xEF\xBB\xBF") {
            content.drain(..3);
        }
        let place = match path.split_once('/') {
            Some(("charts", rest)) => {
                if let Some((name, inner)) = rest.split_once('/') {
                    let files = subcharts.entry(name.to_owned()).or_default();
                    files.push((inner.to_owned(), content));
                }
                continue;
            }
            Some((folder, _)) => folder,
            None => "",
        };
        match (place, path.as_str()) {
            ("templates", _) => {
                chart.templates.insert(path, text(&content).into());
            }
            (_, "Chart.yaml" | "Chart.lock") => {}
            (_, "values.yaml") => {
                chart.values =
                    read_values(&text(&content), "values.yaml").map_err(|error| Error {
                        message: format!("cannot load values.yaml: {}", error.message),
                        ..error
                    })?;
            }
            (_, "values.schema.json") => chart.schema = Some(text(&content).into()),
            (_, "requirements.yaml") => {
                let before = "cannot load requirements.yaml: ";
                let value = decode(&path, before, &text(&content))?;
                chart.metadata.dependencies = read_dependencies(&value);
                if chart.metadata.api_version == "v1" {
                    chart.files.insert(path, content.into());
                } else {
                    log.add(Level::Info, REQUIREMENTS_ARE_OLD, Vec::new());
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
    chart.metadata.validate()?;
    for (name, files) in subcharts {
        if name.starts_with(['_', '.']) || depth == DEPTH_MAX {
            continue;
        }
        let sub = load(files, log, depth + 1).map_err(|error| Error {
            message: format!(
                "error unpacking subchart {name} in {}: {}",
                chart.name(),
                error.message
            ),
            file: error.file.map(|file| format!("charts/{name}/{file}")),
            ..error
        })?;
        chart.dependencies.push(sub);
    }
    Ok(chart)
}

fn is_manifest(path: &str) -> bool {
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|end| path.ends_with(end))
}

fn text(content: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(content)
}

fn decode(file: &str, before: &str, text: &str) -> Result<yaml::Value, Error> {
    yaml::decode_with(text, yaml::Duplicates::LastWins).map_err(|error| {
        Error::yaml(
            file,
            &format!("{before}error converting YAML to JSON: "),
            &error,
        )
    })
}

/// A scalar as text: Go turns numbers and flags into the strings that a field wants.
fn scalar(value: &yaml::Value) -> String {
    match value {
        yaml::Value::String(text) => text.to_string(),
        yaml::Value::Int(number) => number.to_string(),
        yaml::Value::Float(number) => yaml::number::format_g(*number),
        yaml::Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

fn texts(value: &yaml::Value) -> Vec<String> {
    value.items().iter().map(scalar).collect()
}

fn read_dependencies(value: &yaml::Value) -> Vec<Dependency> {
    let read = |value: &yaml::Value| Dependency {
        name: scalar(value.get("name")),
        version: scalar(value.get("version")),
        repository: scalar(value.get("repository")),
        condition: scalar(value.get("condition")),
        tags: texts(value.get("tags")),
        alias: scalar(value.get("alias")),
        import_values: value.get("import-values").items().to_vec(),
    };
    value.get("dependencies").items().iter().map(read).collect()
}

fn read_metadata(text: &str) -> Result<Metadata, Error> {
    let value = decode("Chart.yaml", "cannot load Chart.yaml: ", text)?;
    let field = |name: &str| scalar(value.get(name));
    let maintainers = value.get("maintainers").items().iter();
    Ok(Metadata {
        // Charts from before there was a version are of the first.
        api_version: match field("apiVersion") {
            version if version.is_empty() => "v1".to_owned(),
            version => version,
        },
        name: field("name"),
        version: field("version"),
        app_version: field("appVersion"),
        description: field("description"),
        chart_type: field("type"),
        kube_version: field("kubeVersion"),
        home: field("home"),
        icon: field("icon"),
        keywords: texts(value.get("keywords")),
        sources: texts(value.get("sources")),
        maintainers: maintainers
            .map(|one| ["name", "email", "url"].map(|name| scalar(one.get(name))))
            .collect(),
        annotations: lean::map(
            value
                .get("annotations")
                .members()
                .map(|(key, value)| (key.to_string(), scalar(value))),
        ),
        deprecated: value.get("deprecated").as_bool().unwrap_or(false),
        condition: field("condition"),
        tags: field("tags"),
        dependencies: read_dependencies(&value),
    })
}

fn strings(texts: &[String]) -> Value {
    Value::strings(texts.iter().map(String::as_str))
}

/// A `map[string]interface {}` of the given members.
fn record<const N: usize>(members: [(&str, Value); N]) -> Value {
    let map = Map::new();
    for (name, value) in members {
        map.insert(name, value);
    }
    Value::Map(map)
}

impl Metadata {
    fn validate(&self) -> Result<(), Error> {
        let wrong = |message: &str| {
            Err(Error::in_file(
                "Chart.yaml",
                format!("validation: {message}"),
            ))
        };
        if self.name.is_empty() {
            return wrong("chart.metadata.name is required");
        }
        if self.name.contains('/') {
            return wrong(&format!("chart.metadata.name {:?} is invalid", self.name));
        }
        if self.version.is_empty() {
            return wrong("chart.metadata.version is required");
        }
        if crate::functions::Version::parse(&self.version).is_err() {
            return wrong(&format!(
                "chart.metadata.version {:?} is invalid",
                self.version
            ));
        }
        if !matches!(self.chart_type.as_str(), "" | "application" | "library") {
            return wrong("chart.metadata.type must be application or library");
        }
        Ok(())
    }

    /// `.Chart` of templates.
    pub(crate) fn to_map(&self, is_root: bool) -> Map {
        let map = Map::new();
        let text = |text: &String| Value::from(text.as_str());
        let maintainers = self.maintainers.iter().map(|[name, email, url]| {
            record([
                ("Email", text(email)),
                ("Name", text(name)),
                ("URL", text(url)),
            ])
        });
        let annotations = match self.annotations.is_empty() {
            true => Map::nil(&gotmpl::value::STRING_MAP),
            false => Map::of(&gotmpl::value::STRING_MAP),
        };
        for (key, value) in &self.annotations {
            annotations.insert(Text::from(key.as_str()), value.as_str());
        }
        let dependencies = self.dependencies.iter().map(|one| {
            record([
                ("Alias", text(&one.alias)),
                ("Condition", text(&one.condition)),
                ("Enabled", true.into()),
                (
                    "ImportValues",
                    Value::list(one.import_values.iter().map(Value::from).collect()),
                ),
                ("Name", text(&one.name)),
                ("Repository", text(&one.repository)),
                ("Tags", strings(&one.tags)),
                ("Version", text(&one.version)),
            ])
        });
        map.insert("APIVersion", text(&self.api_version));
        map.insert("Annotations", annotations);
        map.insert("AppVersion", text(&self.app_version));
        map.insert("Condition", text(&self.condition));
        map.insert(
            "Dependencies",
            List::of(ElementType::Any, dependencies.collect()),
        );
        map.insert("Deprecated", self.deprecated);
        map.insert("Description", text(&self.description));
        map.insert("Home", text(&self.home));
        map.insert("Icon", text(&self.icon));
        map.insert("IsRoot", is_root);
        map.insert("Keywords", strings(&self.keywords));
        map.insert("KubeVersion", text(&self.kube_version));
        map.insert(
            "Maintainers",
            List::of(ElementType::Any, maintainers.collect()),
        );
        map.insert("Name", text(&self.name));
        map.insert("Sources", strings(&self.sources));
        map.insert("Tags", text(&self.tags));
        map.insert("Type", text(&self.chart_type));
        map.insert("Version", text(&self.version));
        map
    }
}
