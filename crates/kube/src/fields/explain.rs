//! What a field is and means, as `kubectl explain` and a hover text say it.

use super::{Field, Table};
use ecow::{EcoString, eco_format};

/// The descriptions of all kinds and fields: the text of `data/descriptions.txt`.
#[derive(Debug, Default)]
pub struct Descriptions {
    lines: Vec<&'static str>,
}

/// A field, or a kind if the path is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Its type, as kubectl writes it: `integer`, `[]Container`, `Object`.
    pub type_name: EcoString,
    /// Whether an object without it is refused.
    pub required: bool,
    /// What it means. May be empty. U+2028 stands between its lines.
    pub description: &'static str,
    /// The same of its type; empty if that is a plain one.
    pub type_description: &'static str,
    /// The values that it can have, where they have names.
    pub values: Vec<&'static str>,
    /// The fields of its struct, each with its type; empty if it has none.
    pub fields: Vec<(Field, EcoString)>,
}

impl Explanation {
    /// What it means, without the list of its values.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        let split = self.description.split_once("\u{2028}\u{2028}Possible enum");
        split.map_or(self.description, |(before, _)| before)
    }
}

impl Descriptions {
    /// Indexes the text.
    #[must_use]
    pub fn new(text: &'static str) -> Descriptions {
        Descriptions {
            lines: text.lines().collect(),
        }
    }

    fn line(&self, at: usize) -> &'static str {
        self.lines.get(at).copied().unwrap_or_default()
    }
}

/// Explains the field at a path of names (without indices) of a kind. None if there is none.
#[must_use]
pub fn explain(
    table: &Table,
    descriptions: &Descriptions,
    api_version: &str,
    kind: &str,
    path: &[&str],
) -> Option<Explanation> {
    let root = table.root(api_version, kind)?;
    let mut at = (eco_format!("@{root}"), false, table.line(root)?);
    for name in path {
        let owner = struct_of(&at.0)?;
        let place = table.fields(owner).position(|field| field.name == *name)?;
        let field = table.field(owner, name)?;
        at = (
            field.code.into(),
            field.required,
            table.line(owner)? + 1 + place,
        );
    }
    let (code, required, line) = at;
    let values = match innermost(&code).strip_prefix('~') {
        Some(name) => table.named(name).1.collect(),
        None => Vec::new(),
    };
    let own = |owner| {
        let fields = table.fields(owner);
        fields
            .map(|field| (field, type_name(table, field.code)))
            .collect()
    };
    Some(Explanation {
        type_name: type_name(table, &code),
        required,
        description: descriptions.line(line),
        type_description: match type_of(&code) {
            Some(name) if !path.is_empty() => {
                table.line(name).map_or("", |line| descriptions.line(line))
            }
            _ => "",
        },
        values,
        fields: struct_of(&code).map(own).unwrap_or_default(),
    })
}

/// A code without the lists and maps around it.
fn innermost(code: &str) -> &str {
    code.trim_start_matches(['[', '{'])
}

/// The name under which the table says what a type is.
fn type_of(code: &str) -> Option<&str> {
    match innermost(code) {
        "p" => Some("IntOrString"),
        "q" => Some("Quantity"),
        "t" => Some("Time"),
        "u" => Some("MicroTime"),
        code => struct_of(code),
    }
}

fn struct_of(code: &str) -> Option<&str> {
    innermost(code).strip_prefix('@')
}

/// A type as kubectl writes it (`k8s.io/kubectl/pkg/explain/v2`).
fn type_name(table: &Table, code: &str) -> EcoString {
    let (sort, rest) = code.split_at(1);
    let plain = match sort {
        "[" => return eco_format!("[]{}", type_name(table, rest)),
        "{" => return eco_format!("map[string]{}", type_name(table, rest)),
        "~" => return type_name(table, table.named(rest).0),
        "@" => rest.rsplit('.').next().unwrap_or_default(),
        "b" => "boolean",
        "i" | "l" => "integer",
        "f" => "number",
        "q" => "Quantity",
        "p" => "IntOrString",
        "*" => "Object",
        _ => "string",
    };
    plain.into()
}

#[cfg(all(test, feature = "embedded-table"))]
mod tests {
    use super::*;

    #[test]
    fn fields_are_explained() {
        let table = Table::embedded();
        let descriptions = Descriptions::new(Table::descriptions());
        let cases: &[(&str, &str, &str, bool, &str)] = &[
            (
                "spec.replicas",
                "integer",
                "Number of desired pods.",
                false,
                "",
            ),
            (
                "spec.template.spec.containers",
                "[]Container",
                "List of containers",
                true,
                "",
            ),
            (
                "spec.template.spec.containers.imagePullPolicy",
                "string",
                "Image pull policy.",
                false,
                "Always|Never|IfNotPresent",
            ),
            (
                "metadata.labels",
                "map[string]string",
                "Map of string keys",
                false,
                "",
            ),
            (
                "",
                "Deployment",
                "Deployment enables declarative",
                false,
                "",
            ),
        ];
        for (path, of, begins, required, values) in cases {
            let names: Vec<&str> = path.split('.').filter(|it| !it.is_empty()).collect();
            let found = explain(table, &descriptions, "apps/v1", "Deployment", &names);
            let found = found.expect("the field is known");
            assert_eq!(
                (found.type_name.as_str(), found.required),
                (*of, *required),
                "{path}"
            );
            assert!(
                found.description.starts_with(begins),
                "{}",
                found.description
            );
            assert_eq!(found.values.join("|"), *values, "{path}");
        }
        let missing = explain(
            table,
            &descriptions,
            "apps/v1",
            "Deployment",
            &["spec", "pods"],
        );
        assert_eq!(missing, None);
    }
}
