//! Chart.yaml (helm.sh/helm/v4/pkg/chart/v2/metadata.go, dependency.go).

use crate::error::Error;
use crate::shape::{self, Record, Shape};
use gotmpl::quote::{is_print, quote};
use gotmpl::value::{ElementType, Text};
use gotmpl::{List, Map, Value};
use std::collections::BTreeMap;

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
    /// Notes of any kind, if there is a place for them.
    pub annotations: Option<BTreeMap<String, String>>,
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

static MAINTAINER: Record = Record {
    name: "v2.Maintainer",
    fields: &[
        ("name", Shape::Text),
        ("email", Shape::Text),
        ("url", Shape::Text),
    ],
};

static DEPENDENCY: Record = Record {
    name: "v2.Dependency",
    fields: &[
        ("name", Shape::Text),
        ("version", Shape::Text),
        ("repository", Shape::Text),
        ("condition", Shape::Text),
        ("tags", Shape::Texts),
        ("enabled", Shape::Flag),
        ("import-values", Shape::Anything),
        ("alias", Shape::Text),
    ],
};

static METADATA: Record = Record {
    name: "v2.Metadata",
    fields: &[
        ("name", Shape::Text),
        ("home", Shape::Text),
        ("sources", Shape::Texts),
        ("version", Shape::Text),
        ("description", Shape::Text),
        ("keywords", Shape::Texts),
        ("maintainers", Shape::Records(&MAINTAINER)),
        ("icon", Shape::Text),
        ("apiVersion", Shape::Text),
        ("condition", Shape::Text),
        ("tags", Shape::Text),
        ("appVersion", Shape::Text),
        ("deprecated", Shape::Flag),
        ("annotations", Shape::TextMap),
        ("kubeVersion", Shape::Text),
        ("dependencies", Shape::Records(&DEPENDENCY)),
        ("type", Shape::Text),
    ],
};

/// What is read of Chart.yaml to know how to read the rest.
static CHART_BASE: Record = Record {
    name: "loader.chartBase",
    fields: &[("apiVersion", Shape::Text)],
};

static LOCK: Record = Record {
    name: "v2.Lock",
    fields: &[
        ("generated", Shape::Time),
        ("digest", Shape::Text),
        ("dependencies", Shape::Records(&DEPENDENCY)),
    ],
};

/// The `apiVersion` of a Chart.yaml.
pub(super) fn read_api_version(text: &str) -> Result<String, Error> {
    let found = read(text, "Chart.yaml", &CHART_BASE)?;
    Ok(found.get("apiVersion").text().to_owned())
}

/// Checks a Chart.lock, of which nothing else is of use here.
pub(super) fn check_lock(text: &str, file: &str) -> Result<(), Error> {
    read(text, file, &LOCK).map(drop)
}

fn read(text: &str, file: &str, record: &Record) -> Result<yaml::Value, Error> {
    shape::read(text, file, record).map_err(|error| Error {
        message: format!("cannot load {file}: {}", error.message),
        ..error
    })
}

/// Chart.yaml while it is read: an old requirements.yaml goes over it.
pub(super) struct Reading(yaml::Value);

impl Reading {
    /// Reads Chart.yaml.
    pub fn chart(text: &str) -> Result<Reading, Error> {
        let mut fields = read(text, "Chart.yaml", &METADATA)?;
        // Charts from before there was a version are of the first.
        if fields.get("apiVersion").text().is_empty() {
            fields.set("apiVersion", "v1");
        }
        Ok(Reading(fields))
    }

    /// Reads requirements.yaml.
    pub fn requirements(&mut self, text: &str) -> Result<(), Error> {
        let more = read(text, "requirements.yaml", &METADATA)?;
        shape::overlay(&mut self.0, more, &METADATA);
        Ok(())
    }

    /// Whether dependencies stand in a file of their own.
    pub fn is_v1(&self) -> bool {
        self.0.get("apiVersion").text() == "v1"
    }

    /// What was read, if it makes sense.
    pub fn finish(self) -> Result<Metadata, Error> {
        let fields = self.0;
        let text = |name: &str| sanitized(fields.get(name).text());
        let raw = |name: &str| fields.get(name).text().to_owned();
        let texts = |name: &str| -> Vec<String> {
            let items = fields.get(name).items().iter();
            items.map(|item| sanitized(item.text())).collect()
        };
        let annotations = fields.get("annotations").as_map().map(|map| {
            let members = map.iter();
            lean::map(members.map(|(key, value)| (key.to_string(), value.text().to_owned())))
        });
        let metadata = Metadata {
            api_version: raw("apiVersion"),
            name: text("name"),
            version: raw("version"),
            app_version: text("appVersion"),
            description: text("description"),
            chart_type: raw("type"),
            kube_version: text("kubeVersion"),
            home: text("home"),
            icon: text("icon"),
            keywords: texts("keywords"),
            sources: texts("sources"),
            annotations,
            deprecated: fields.get("deprecated").as_bool().unwrap_or(false),
            condition: text("condition"),
            tags: text("tags"),
            maintainers: Vec::new(),
            dependencies: Vec::new(),
        };
        metadata.finish(&fields)
    }
}

fn invalid<T>(message: impl AsRef<str>) -> Result<T, Error> {
    let message = format!("validation: {}", message.as_ref());
    Err(Error::in_file("Chart.yaml", message))
}

/// Text on one line, without what cannot be printed.
fn sanitized(text: &str) -> String {
    let letters = text.chars();
    letters
        .filter_map(|letter| match letter {
            letter if letter.is_whitespace() => Some(' '),
            letter => is_print(letter).then_some(letter),
        })
        .collect()
}

impl Metadata {
    /// Checks it, and adds what is a list, which is checked last.
    fn finish(mut self, fields: &yaml::Value) -> Result<Metadata, Error> {
        let shown = |text: &str| quote(text.as_bytes());
        if self.api_version.is_empty() {
            return invalid("chart.metadata.apiVersion is required");
        }
        if self.name.is_empty() {
            return invalid("chart.metadata.name is required");
        }
        if self.name == "." || self.name == ".." {
            let name = shown(&self.name);
            return invalid(format!("chart.metadata.name {name} is not allowed"));
        }
        if self.name.contains('/') && self.name != "/" {
            let name = shown(&self.name);
            return invalid(format!("chart.metadata.name {name} is invalid"));
        }
        if self.version.is_empty() {
            return invalid("chart.metadata.version is required");
        }
        if crate::functions::Version::parse(&self.version).is_err() {
            let version = shown(&self.version);
            return invalid(format!("chart.metadata.version {version} is invalid"));
        }
        if !matches!(self.chart_type.as_str(), "" | "application" | "library") {
            return invalid("chart.metadata.type must be application or library");
        }
        for one in fields.get("maintainers").items() {
            if one.is_null() {
                return invalid("maintainers must not contain empty or null nodes");
            }
            let text = |name: &str| sanitized(one.get(name).text());
            self.maintainers.push(["name", "email", "url"].map(text));
        }
        for one in fields.get("dependencies").items() {
            let one = Dependency::read(one)?;
            let same = |other: &Dependency| other.key() == one.key();
            if self.dependencies.iter().any(same) {
                let key = shown(one.key());
                return invalid(format!("more than one dependency with name or alias {key}"));
            }
            self.dependencies.push(one);
        }
        Ok(self)
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
        let annotations = match self.annotations {
            None => Map::nil(&gotmpl::value::STRING_MAP),
            Some(_) => Map::of(&gotmpl::value::STRING_MAP),
        };
        for (key, value) in self.annotations.iter().flatten() {
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

impl Dependency {
    fn read(fields: &yaml::Value) -> Result<Dependency, Error> {
        if fields.is_null() {
            return invalid("dependencies must not contain empty or null nodes");
        }
        let text = |name: &str| sanitized(fields.get(name).text());
        let tags = fields.get("tags").items().iter();
        let alias = fields.get("alias").text();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let dependency = Dependency {
            name: text("name"),
            version: text("version"),
            repository: text("repository"),
            condition: text("condition"),
            tags: tags.map(|tag| sanitized(tag.text())).collect(),
            alias: alias.to_owned(),
            import_values: fields.get("import-values").items().to_vec(),
        };
        if alias.bytes().all(is_plain) {
            return Ok(dependency);
        }
        let name = quote(dependency.name.as_bytes());
        invalid(format!(
            "dependency {name} has disallowed characters in the alias"
        ))
    }

    /// The name it goes by.
    fn key(&self) -> &str {
        match self.alias.as_str() {
            "" => &self.name,
            alias => alias,
        }
    }
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
