//! The fields of every kind of Kubernetes 1.36: their types, which are required, what they mean.
//!
//! The data is generated: `examples/field_table.rs` says from what and how. It is text, so that it can
//! be read, compared from release to release, and compressed well (about 16 KB with brotli). A line
//! that begins with `=` begins a struct, and may name the resource of a kind: API version, plural, and
//! `N` (in a namespace) or `C` (of the cluster). Its fields follow, by name, each with a type code:
//! `!` before it if it is required, then
//!
//! | code | JSON | code | JSON |
//! | --- | --- | --- | --- |
//! | `b` | boolean | `y` | bytes in base64 |
//! | `s` | string | `t`, `u` | a time in seconds, in microseconds |
//! | `i`, `l` | number of 32 bits, of 64 bits | `d` | a duration |
//! | `f` | number | `[X` | list of X |
//! | `q` | quantity | `{X` | map from strings to X |
//! | `p` | number or string | `@K`, `~K` | the struct, the named type K |
//! | `*` | anything | | |
//!
//! After the structs come the named types, `~K CODE VALUES`, with the values that have a name,
//! separated by `|`. `descriptions.txt` has a line for each line of the structs: what it means. After them
//! are four structs without fields, `=Time` and others, for what the types of some codes mean.
//!
//! The table is 150 KB: a page may load it when it has drawn itself, so it is passed in. With the
//! feature `embedded-table` it is part of the program.

mod explain;
mod strict;
mod suggest;
mod text;

pub use explain::{Descriptions, Explanation, explain};
pub use strict::{Fault, check};
pub(crate) use strict::{decode, decode_patched, unknown};
pub use suggest::suggest;
pub use text::{Placed, check_node, check_text};

/// A type: its name, the rest of its first line, the lines of its fields, and how many lines of the
/// table come before it.
type Type = (&'static str, &'static str, &'static str, usize);

/// The table, indexed.
#[derive(Debug)]
pub struct Table {
    types: Vec<Type>,
}

/// A field of a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// Whether an object without it is refused.
    pub required: bool,
    /// Its type code.
    pub code: &'static str,
}

/// A kind as a resource of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `apps/v1`
    pub api_version: &'static str,
    /// `deployments`
    pub plural: &'static str,
    /// Whether its objects are in a namespace.
    pub namespaced: bool,
}

impl Table {
    /// Indexes the text of `data/fields.txt`.
    #[must_use]
    pub fn new(text: &'static str) -> Table {
        let mut types: Vec<Type> = Vec::new();
        let (mut rest, mut before) = (text, 0);
        while let Some(start) = rest.strip_prefix(['=', '~']) {
            let (line, body) = start.split_once('\n').unwrap_or((start, ""));
            let end = match rest.as_bytes()[0] {
                b'~' => 0,
                _ => body_end(body),
            };
            let (name, tail) = line.split_once(' ').unwrap_or((line, ""));
            types.push((name, tail, &body[..end], before));
            before += 1 + body[..end].lines().count();
            rest = &body[end..];
        }
        lean::sort(&mut types);
        Table { types }
    }

    /// The table that is part of this program.
    #[cfg(feature = "embedded-table")]
    #[must_use]
    pub fn embedded() -> &'static Table {
        static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
        TABLE.get_or_init(|| Table::new(include_str!("../../data/fields.txt")))
    }

    /// What each line of the table means: the text of `data/descriptions.txt`.
    #[cfg(feature = "embedded-table")]
    #[must_use]
    pub fn descriptions() -> &'static str {
        include_str!("../../data/descriptions.txt")
    }

    /// How many lines of the table come before that of a type.
    fn line(&self, name: &str) -> Option<usize> {
        self.find(name).map(|(.., before)| *before)
    }

    fn find(&self, name: &str) -> Option<&Type> {
        let at = self.types.binary_search_by(|(have, ..)| (*have).cmp(name));
        at.ok().map(|at| &self.types[at])
    }

    /// The name of the struct that an object of this API version and kind is; none if there is none.
    #[must_use]
    pub fn root(&self, api_version: &str, kind: &str) -> Option<&'static str> {
        let (group, version) = api_version.split_once('/').unwrap_or(("core", api_version));
        let group = match group.split('.').next().unwrap_or_default() {
            "internal" => "apiserverinternal",
            group => group,
        };
        let found = self.find(&ecow::eco_format!("{group}/{version}.{kind}"))?;
        self.field(found.0, "apiVersion").map(|_| found.0)
    }

    /// The resource that objects of this API version and kind are served as; none if the server knows
    /// none.
    #[must_use]
    pub fn resource(&self, api_version: &str, kind: &str) -> Option<Resource> {
        let (_, tail, ..) = self.find(self.root(api_version, kind)?)?;
        resource(tail)
    }

    /// Every kind that is served, in each of its versions, with its resource.
    pub fn resources(&self) -> impl Iterator<Item = (&'static str, Resource)> + use<'_> {
        let structs = self.types.iter().filter(|(name, ..)| name.contains('/'));
        structs.filter_map(|(name, tail, ..)| {
            let kind = name.rsplit('.').next().unwrap_or_default();
            resource(tail).map(|found| (kind, found))
        })
    }

    /// The kind of an API version that is this one but for capitals.
    #[must_use]
    pub fn kind_in_any_case(&self, api_version: &str, kind: &str) -> Option<&'static str> {
        self.types.iter().find_map(|(name, ..)| {
            let own = name.rsplit('.').next().unwrap_or_default();
            let same = own.eq_ignore_ascii_case(kind) && self.root(api_version, own) == Some(*name);
            same.then_some(own)
        })
    }

    /// The fields of a struct, by name.
    pub fn fields(&self, name: &str) -> impl Iterator<Item = Field> + use<> {
        let body = self.find(name).map_or("", |(_, _, body, _)| body);
        body.lines().filter_map(|line| {
            let (name, code) = line.split_once(' ')?;
            let required = code.starts_with('!');
            let code = code.trim_start_matches('!');
            Some(Field {
                name,
                required,
                code,
            })
        })
    }

    /// A field of a struct.
    #[must_use]
    pub fn field(&self, name: &str, field: &str) -> Option<Field> {
        self.fields(name).find(|it| it.name == field)
    }

    /// What a named type is: its code, and the values that have a name.
    pub fn named(&self, name: &str) -> (&'static str, impl Iterator<Item = &'static str>) {
        let tail = self.find(name).map_or("* ", |(_, tail, ..)| tail);
        let (code, values) = tail.split_once(' ').unwrap_or((tail, ""));
        (code, values.split('|').filter(|value| !value.is_empty()))
    }
}

/// A resource as the first line of its struct names it.
fn resource(tail: &'static str) -> Option<Resource> {
    let mut words = tail.split(' ');
    let (api_version, plural, scope) = (words.next()?, words.next()?, words.next()?);
    matches!(scope, "N" | "C").then_some(Resource {
        api_version,
        plural,
        namespaced: scope == "N",
    })
}

/// Where the lines of a struct's fields end.
fn body_end(body: &str) -> usize {
    let ends = body.lines().scan(0, |at, line| {
        let start = *at;
        *at += line.len() + 1;
        Some((start, line))
    });
    let mut ends = ends.filter(|(_, line)| line.starts_with(['=', '~']));
    ends.next().map_or(body.len(), |(start, _)| start)
}
