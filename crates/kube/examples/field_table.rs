//! Makes `data/fields.txt` and `data/descriptions.txt`: every field of every kind of Kubernetes.
//!
//! ```text
//! cargo run -p kube --example field_table -- SWAGGER SERVED API META
//! ```
//!
//! SWAGGER is `api/openapi-spec/swagger.json` of kubernetes/kubernetes: which fields are required, what
//! they mean, what a kind's resource is called. SERVED is what an API server of that release answers to
//! `/openapi/v2`: the same for the versions it serves, and what values fields can have. API is a checkout of kubernetes/api, META the folder
//! `pkg/apis/meta/v1` of kubernetes/apimachinery, both at the tag of the same release (v0.36.2 for
//! Kubernetes 1.36.2): the Go types, because the server names them when a value is of the wrong type.
//! The format is described in `src/fields/mod.rs`.

// A program that makes data from files.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use kube::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The Go types of all packages, by `apps/v1.Deployment`.
#[derive(Default)]
struct Types {
    structs: BTreeMap<String, Vec<Field>>,
    named: BTreeMap<String, (String, Vec<String>)>,
}

struct Field {
    /// Its name in JSON; empty for an embedded struct.
    name: String,
    type_code: String,
}

/// Types that have a code of their own, and under which name it is said what they are.
const PLAIN: [(&str, &str); 4] = [
    (
        "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
        "MicroTime",
    ),
    ("io.k8s.apimachinery.pkg.api.resource.Quantity", "Quantity"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", "Time"),
    (
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        "IntOrString",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [swagger, served, api, meta] = args.as_slice() else {
        return Err("usage: field_table SWAGGER SERVED API META".into());
    };
    let mut swagger: Value = serde_json::from_str(&std::fs::read_to_string(swagger)?)?;
    let served: Value = serde_json::from_str(&std::fs::read_to_string(served)?)?;
    for (id, schema) in served.get("definitions").members() {
        swagger.entry("definitions").set(id, schema.clone());
    }
    let mut types = Types::default();
    for group in folders(Path::new(api))? {
        for version in folders(&group)? {
            let package = format!("{}/{}", name(&group), name(&version));
            types.read(&package, &version)?;
        }
    }
    types.read("meta/v1", Path::new(meta))?;
    types.add_schemas(&swagger);
    let (fields, descriptions) = types.write(&swagger);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    std::fs::write(data.join("fields.txt"), fields)?;
    std::fs::write(data.join("descriptions.txt"), descriptions)?;
    Ok(())
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() && !matches!(name(&path).as_str(), "testdata" | ".git" | ".github") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

impl Types {
    /// Reads the Go files of a package that declare types.
    fn read(&mut self, package: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
        for file in std::fs::read_dir(folder)? {
            let path = file?.path();
            let is_types = name(&path).ends_with("types.go") || name(&path) == "duration.go";
            if is_types && path.is_file() {
                self.read_file(package, &std::fs::read_to_string(path)?);
            }
        }
        Ok(())
    }

    fn read_file(&mut self, package: &str, text: &str) {
        let imports = imports(text);
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["type", kind, "struct", "{"] => {
                    let mut fields = Vec::new();
                    for line in lines.by_ref().take_while(|line| *line != "}") {
                        fields.extend(field(line, package, &imports));
                    }
                    self.structs.insert(format!("{package}.{kind}"), fields);
                }
                ["type", kind, of] if !line.contains("interface") => {
                    let code = type_code(of, package, &imports);
                    self.named
                        .insert(format!("{package}.{kind}"), (code, Vec::new()));
                }
                [_, kind, "=", value, ..] if value.starts_with('"') => {
                    if let Some((_, values)) = self.named.get_mut(&format!("{package}.{kind}")) {
                        values.push(value.trim_matches('"').to_owned());
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds the types that only the specification has: those of API extensions.
    fn add_schemas(&mut self, swagger: &Value) {
        for (id, schema) in swagger.get("definitions").members() {
            let Some(key) = key_of(id) else { continue };
            let mut fields = Vec::new();
            for (name, property) in schema.get("properties").members() {
                fields.push(Field {
                    name: name.to_string(),
                    type_code: schema_code(property),
                });
            }
            if !self.structs.contains_key(&key)
                && !self.named.contains_key(&key)
                && !fields.is_empty()
            {
                self.structs.insert(key, fields);
            }
        }
    }

    /// All fields of a struct, those of embedded ones included.
    fn fields(&self, key: &str) -> Vec<(&str, &str)> {
        let fields = self.structs.get(key).map_or(&[][..], Vec::as_slice);
        fields
            .iter()
            .flat_map(|field| match field.name.as_str() {
                "" => self.fields(field.type_code.trim_start_matches('@')),
                name => vec![(name, field.type_code.as_str())],
            })
            .collect()
    }

    /// A reference to what is no struct is one to a named type, or to anything at all.
    fn resolve(&self, code: &str) -> String {
        let at = code.find('@').unwrap_or(code.len());
        let (outer, key) = code.split_at(at);
        let key = key.trim_start_matches('@');
        match key {
            "" => code.to_owned(),
            _ if self.structs.contains_key(key) => code.to_owned(),
            _ if self.named.contains_key(key) => format!("{outer}~{key}"),
            _ => format!("{outer}*"),
        }
    }

    fn write(&self, swagger: &Value) -> (String, String) {
        let schemas: BTreeMap<String, &Value> = swagger
            .get("definitions")
            .members()
            .filter_map(|(id, schema)| Some((key_of(id)?, schema)))
            .collect();
        let resources = resources(swagger);
        let (mut out, mut descriptions) = (String::new(), String::new());
        let used = self.used();
        for key in self.structs.keys().filter(|key| used.contains(*key)) {
            let schema = schemas.get(key).copied().unwrap_or(&Value::NULL);
            let resource = resources.get(key).map_or("", String::as_str);
            let _ = writeln!(out, "={key}{resource}");
            let _ = writeln!(
                descriptions,
                "{}",
                in_a_line(schema.get("description").text())
            );
            let mut fields = self.fields(key);
            fields.sort_unstable();
            for (name, code) in fields {
                let property = schema.get("properties").get(name);
                let required = schema.get("required").items().contains(&name.into());
                let mark = if required { "!" } else { "" };
                let _ = writeln!(out, "{name} {mark}{}", self.resolve(code));
                let _ = writeln!(
                    descriptions,
                    "{}",
                    in_a_line(property.get("description").text())
                );
            }
        }
        for (id, name) in PLAIN {
            let schema = swagger.at(&["definitions", id]);
            let _ = writeln!(out, "={name}");
            let _ = writeln!(
                descriptions,
                "{}",
                in_a_line(schema.get("description").text())
            );
        }
        for (key, (code, values)) in self.named.iter().filter(|(key, _)| used.contains(*key)) {
            let _ = writeln!(out, "~{key} {} {}", self.resolve(code), values.join("|"));
        }
        (out, descriptions)
    }

    /// The types of objects that can be stored, and all that they are made of.
    fn used(&self) -> BTreeSet<String> {
        let is_object = |key: &String| {
            let fields = self.fields(key);
            let has = |name| fields.iter().any(|(field, _)| *field == name);
            has("apiVersion") && has("metadata") && !key.ends_with("List")
        };
        let mut used = BTreeSet::new();
        let mut rest: Vec<String> = self
            .structs
            .keys()
            .filter(|key| is_object(key))
            .cloned()
            .collect();
        while let Some(key) = rest.pop() {
            if !used.insert(key.clone()) {
                continue;
            }
            let fields = self.fields(&key).into_iter().map(|(_, code)| code);
            let named = self.named.get(&key).map(|(code, _)| code.as_str());
            for code in fields.chain(named) {
                if let Some((_, key)) = self.resolve(code).split_once(['@', '~']) {
                    rest.push(key.to_owned());
                }
            }
        }
        used
    }
}

/// The packages that a file imports, by the name it uses for them.
fn imports(text: &str) -> BTreeMap<String, String> {
    let mut imports = BTreeMap::new();
    for line in text.lines().take_while(|line| !line.starts_with("type ")) {
        let Some((alias, path)) = line.trim().split_once('"') else {
            continue;
        };
        let path = path.trim_end_matches('"');
        let package = match path.strip_prefix("k8s.io/api/") {
            Some(package) => package.to_owned(),
            None if path.ends_with("apis/meta/v1") => "meta/v1".to_owned(),
            None => continue,
        };
        let last = package.rsplit('/').next().unwrap_or_default();
        let alias = alias.trim();
        imports.insert(
            if alias.is_empty() {
                last.to_owned()
            } else {
                alias.to_owned()
            },
            package,
        );
    }
    imports
}

/// A field of a struct, if the line declares one that JSON knows.
fn field(line: &str, package: &str, imports: &BTreeMap<String, String>) -> Option<Field> {
    let (declared, tags) = line.trim().split_once('`')?;
    let json = tags.split_once("json:\"")?.1.split('"').next()?;
    let name = json.split(',').next()?;
    let words: Vec<&str> = declared.split_whitespace().collect();
    let of = match words.as_slice() {
        [embedded] => embedded,
        [_, of] => of,
        _ => return None,
    };
    (name != "-").then(|| Field {
        name: name.to_owned(),
        type_code: type_code(of, package, imports),
    })
}

fn type_code(of: &str, package: &str, imports: &BTreeMap<String, String>) -> String {
    let inner = |of: &str| type_code(of, package, imports);
    if let Some(of) = of.strip_prefix('*') {
        return inner(of);
    }
    if of == "[]byte" {
        return "y".into();
    }
    if let Some(of) = of.strip_prefix("[]") {
        return format!("[{}", inner(of));
    }
    if let Some((_, of)) = of.strip_prefix("map[").and_then(|of| of.split_once(']')) {
        return format!("{{{}", inner(of));
    }
    let code = match of {
        "bool" => "b",
        "string" | "types.UID" | "types.NodeName" => "s",
        "int32" | "int16" | "uint16" | "uint8" => "i",
        "int" | "int64" | "uint32" | "uint64" => "l",
        "float64" | "float32" => "f",
        "resource.Quantity" => "q",
        "intstr.IntOrString" => "p",
        "metav1.Time" | "Time" => "t",
        "metav1.MicroTime" | "MicroTime" => "u",
        "metav1.Duration" | "Duration" => "d",
        _ => "",
    };
    if !code.is_empty() {
        return code.into();
    }
    match of.split_once('.') {
        None => format!("@{package}.{of}"),
        Some((alias, of)) => match imports.get(alias) {
            Some(package) => format!("@{package}.{of}"),
            None => "*".into(),
        },
    }
}

/// `apps/v1.Deployment` for `io.k8s.api.apps.v1.Deployment`.
fn key_of(id: &str) -> Option<String> {
    let mut parts = id.rsplit('.');
    let (kind, version, group) = (parts.next()?, parts.next()?, parts.next()?);
    version
        .starts_with('v')
        .then(|| format!("{group}/{version}.{kind}"))
}

fn schema_code(property: &Value) -> String {
    if let Some((_, id)) = property.get("$ref").text().rsplit_once('/') {
        return key_of(id).map_or("*".into(), |key| format!("@{key}"));
    }
    match (property.get("type").text(), property.get("format").text()) {
        ("array", _) => format!("[{}", schema_code(property.get("items"))),
        ("object", _) => format!("{{{}", schema_code(property.get("additionalProperties"))),
        ("boolean", _) => "b".into(),
        ("integer", "int32") => "i".into(),
        ("integer", _) => "l".into(),
        ("number", _) => "f".into(),
        ("string", "byte") => "y".into(),
        ("string", _) => "s".into(),
        _ => "*".into(),
    }
}

/// Of each kind: API version, plural, and whether it is in a namespace; from the paths.
fn resources(swagger: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (path, operations) in swagger.get("paths").members() {
        let kind = operations.at(&["post", "x-kubernetes-group-version-kind"]);
        let parts: Vec<&str> = path
            .trim_start_matches('/')
            .trim_end_matches('/')
            .split('/')
            .collect();
        let (api_version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ((*version).to_owned(), rest),
            ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
            _ => continue,
        };
        let (plural, scope) = match rest {
            ["namespaces", "{namespace}", plural] => (plural, "N"),
            [plural] => (plural, "C"),
            _ => continue,
        };
        let group = kind
            .get("group")
            .text()
            .split('.')
            .next()
            .unwrap_or_default();
        let group = match group {
            "" => "core",
            "internal" => "apiserverinternal",
            group => group,
        };
        let key = format!(
            "{group}/{}.{}",
            kind.get("version").text(),
            kind.get("kind").text()
        );
        // Of a namespaced kind there is a path for all namespaces too, but nothing is posted there.
        if !kind.is_null() {
            found.insert(key, format!(" {api_version} {plural} {scope}"));
        }
    }
    found
}

/// The text with another mark between its lines.
fn in_a_line(text: &str) -> String {
    text.replace('\n', "\u{2028}")
}
