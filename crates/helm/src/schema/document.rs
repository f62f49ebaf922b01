//! Where schemas are: documents, the resources that `$id` makes in them, anchors, references.

use super::url::{escape, join, scheme, unescape, with_pointer};
use crate::log::{Level, Log};
use gotmpl::quote::quote;
use std::collections::{BTreeMap, BTreeSet};
use yaml::Value;

/// What Helm calls the schema of a chart.
pub(super) const SCHEMA_URL: &str = "file:///values.schema.json";
/// The draft of a schema that names none.
const LATEST: u16 = 2020;
/// What stands where nothing is fetched from.
static ANYTHING: Value = Value::Bool(true);

/// A schema, and the resource it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    pub schema: &'s Value,
    pub resource: usize,
}

/// A document, or a part of one that has an `$id` of its own.
struct Resource<'s> {
    schema: &'s Value,
    document: usize,
    /// Where it is in the document.
    pointer: String,
    url: String,
    draft: u16,
    anchors: BTreeMap<&'s str, &'s Value>,
    /// The anchors that are dynamic ones.
    dynamic: BTreeSet<&'s str>,
}

struct Document<'s> {
    url: String,
    root: &'s Value,
    is_metaschema: bool,
}

/// All documents that a schema needs.
pub(super) struct Store<'s> {
    metaschemas: &'s [Value],
    documents: Vec<Document<'s>>,
    resources: Vec<Resource<'s>>,
    /// The schemas whose places are known, by their addresses.
    known: BTreeSet<*const Value>,
    /// Those whose references are followed.
    compiled: BTreeSet<*const Value>,
    log: &'s Log,
}

/// Why a reference leads nowhere.
enum Lost {
    /// A document with this URL is not loaded yet.
    Document(String),
    Error(String),
}

/// How a keyword holds schemas.
#[derive(Clone, Copy)]
enum Holds {
    One,
    List,
    Members,
    OneOrList,
}

/// The keywords that hold schemas, and the draft that brought each (draft.go).
const KEYWORDS: [(&str, Holds, u16); 22] = [
    ("definitions", Holds::Members, 4),
    ("not", Holds::One, 4),
    ("allOf", Holds::List, 4),
    ("anyOf", Holds::List, 4),
    ("oneOf", Holds::List, 4),
    ("properties", Holds::Members, 4),
    ("additionalProperties", Holds::One, 4),
    ("patternProperties", Holds::Members, 4),
    ("items", Holds::OneOrList, 4),
    ("additionalItems", Holds::One, 4),
    ("dependencies", Holds::Members, 4),
    ("propertyNames", Holds::One, 6),
    ("contains", Holds::One, 6),
    ("if", Holds::One, 7),
    ("then", Holds::One, 7),
    ("else", Holds::One, 7),
    ("$defs", Holds::Members, 2019),
    ("dependentSchemas", Holds::Members, 2019),
    ("unevaluatedProperties", Holds::One, 2019),
    ("unevaluatedItems", Holds::One, 2019),
    ("contentSchema", Holds::One, 2019),
    ("prefixItems", Holds::List, 2020),
];

/// The schemas right below one, with the way to each.
fn subschemas(schema: &Value, draft: u16) -> Vec<(String, &Value)> {
    let mut all = Vec::new();
    for (keyword, holds, since) in KEYWORDS {
        let Some(value) = schema.as_map().and_then(|map| map.get(keyword)) else {
            continue;
        };
        if since > draft {
            continue;
        }
        let items = value.items().iter().enumerate();
        let items = items.map(|(index, item)| (format!("/{keyword}/{index}"), item));
        match (holds, value) {
            (Holds::Members, _) => {
                let members = value.members();
                all.extend(
                    members.map(|(name, value)| (format!("/{keyword}/{}", escape(name)), value)),
                );
            }
            (Holds::List, _) | (Holds::OneOrList, Value::List(_)) => all.extend(items),
            _ => all.push((format!("/{keyword}"), value)),
        }
    }
    all
}

fn draft_of(url: &str) -> Option<u16> {
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (_, rest) = url.split_once("://")?;
    match rest.strip_prefix("json-schema.org/")? {
        _ if !fragment.is_empty() => None,
        "schema" | "draft/2020-12/schema" => Some(2020),
        "draft/2019-09/schema" => Some(2019),
        "draft-07/schema" => Some(7),
        "draft-06/schema" => Some(6),
        "draft-04/schema" => Some(4),
        _ => None,
    }
}

fn metaschema_of(draft: u16) -> &'static str {
    match draft {
        4 => "http://json-schema.org/draft-04/schema",
        6 => "http://json-schema.org/draft-06/schema",
        7 => "http://json-schema.org/draft-07/schema",
        2019 => "https://json-schema.org/draft/2019-09/schema",
        _ => "https://json-schema.org/draft/2020-12/schema",
    }
}

fn id(schema: &Value, draft: u16) -> Option<&str> {
    if draft < 2019 && schema.as_map().is_some_and(|map| map.contains_key("$ref")) {
        return None;
    }
    schema.get(if draft == 4 { "id" } else { "$id" }).as_str()
}

impl<'s> Store<'s> {
    pub fn new(metaschemas: &'s [Value], log: &'s Log) -> Store<'s> {
        Store {
            metaschemas,
            documents: Vec::new(),
            resources: Vec::new(),
            known: BTreeSet::new(),
            compiled: BTreeSet::new(),
            log,
        }
    }

    /// Takes a chart's schema in, with all it refers to: each must be as its draft's metaschema says.
    pub fn load(&mut self, schema: &'s Value) -> Result<Place<'s>, String> {
        let document = self.add(SCHEMA_URL, schema, false)?;
        let root = self.root_of(document).ok_or_else(String::new)?;
        self.compile(root)?;
        Ok(root)
    }

    /// Follows all references from a schema on.
    fn compile(&mut self, root: Place<'s>) -> Result<(), String> {
        let (mut queue, mut done) = (vec![root], 0);
        while let Some(place) = queue.get(done).copied() {
            done += 1;
            if !self.compiled.insert(std::ptr::from_ref(place.schema)) {
                continue;
            }
            for keyword in ["$ref", "$recursiveRef", "$dynamicRef"] {
                if let Some(reference) = self.reference(place, keyword) {
                    queue.push(self.follow(place, reference)?);
                }
            }
            let draft = self.draft(place);
            if draft >= 2019 || place.schema.get("$ref").is_null() {
                let below = subschemas(place.schema, draft).into_iter();
                queue.extend(below.map(|(_, schema)| self.enter(place, schema)));
            }
        }
        Ok(())
    }

    /// What a reference leads to; what is not known yet is read and checked.
    fn follow(&mut self, from: Place<'s>, reference: &str) -> Result<Place<'s>, String> {
        loop {
            match self.target(from, reference) {
                Ok((place, _)) if self.known.contains(&std::ptr::from_ref(place.schema)) => {
                    return Ok(place);
                }
                Ok((place, pointer)) => {
                    self.collect(place, &pointer)?;
                    let document = self.resources[place.resource].document;
                    let url = with_pointer(&self.documents[document].url, &pointer);
                    let place = self.enter(place, place.schema);
                    self.check(place, &url)?;
                    return Ok(place);
                }
                Err(Lost::Document(url)) => drop(self.document(&url)?),
                Err(Lost::Error(message)) => return Err(message),
            }
        }
    }

    fn check(&mut self, place: Place<'s>, url: &str) -> Result<(), String> {
        if self.metaschemas.is_empty() {
            return Ok(());
        }
        let meta = self.document(metaschema_of(self.draft(place)))?;
        match self.root_of(meta) {
            Some(meta) => super::check_schema(self, meta, place.schema, url),
            None => Ok(()),
        }
    }

    /// The document at a URL.
    fn document(&mut self, url: &str) -> Result<usize, String> {
        if let Some(at) = self.documents.iter().position(|one| one.url == url) {
            return Ok(at);
        }
        if let Some((_, path)) = url.split_once("://json-schema.org/") {
            let path = if path == "schema" {
                "draft/2020-12/schema"
            } else {
                path
            };
            let found = self.metaschemas.iter().find(|one| {
                let id = id(one, LATEST).or(id(one, 4)).unwrap_or_default();
                id.trim_end_matches('#')
                    .split_once("json-schema.org/")
                    .is_some_and(|it| it.1 == path)
            });
            if let Some(metaschema) = found {
                let document = self.add(url, metaschema, true)?;
                if let Some(root) = self.root_of(document) {
                    self.compile(root)?;
                }
                return Ok(document);
            }
        }
        let shown = quote(url.as_bytes());
        match scheme(url) {
            Some(("urn", _)) => self.log.add(
                Level::Warn,
                "unresolved URN reference ignored; using permissive schema",
                vec![("urn", url.to_owned())],
            ),
            Some(("http" | "https", _)) => self.log.add(
                Level::Warn,
                "schema not fetched; using permissive schema",
                vec![("url", url.to_owned())],
            ),
            Some(("file", path)) => {
                let path = path.trim_start_matches("//");
                return Err(format!(
                    "failing loading {shown}: open {path}: no such file or directory"
                ));
            }
            _ => {
                return Err(format!(
                    "failing loading {shown}: no URLLoader registered for {shown}"
                ));
            }
        }
        self.add(url, &ANYTHING, false)
    }

    fn add(&mut self, url: &str, root: &'s Value, is_metaschema: bool) -> Result<usize, String> {
        let document = self.documents.len();
        self.documents.push(Document {
            url: url.to_owned(),
            root,
            is_metaschema,
        });
        let resource = self.resources.len();
        self.add_resource(root, document, "", url.to_owned(), LATEST);
        let place = Place {
            schema: root,
            resource,
        };
        self.collect(place, "")?;
        if !is_metaschema {
            self.check(place, &format!("{url}#"))?;
        }
        Ok(document)
    }

    fn add_resource(
        &mut self,
        schema: &'s Value,
        document: usize,
        pointer: &str,
        url: String,
        draft: u16,
    ) {
        self.resources.push(Resource {
            schema,
            document,
            pointer: pointer.to_owned(),
            url,
            draft,
            anchors: BTreeMap::new(),
            dynamic: BTreeSet::new(),
        });
    }

    /// Finds the resources and anchors from a schema on (roots.go).
    fn collect(&mut self, place: Place<'s>, pointer: &str) -> Result<(), String> {
        let Place {
            schema,
            mut resource,
        } = place;
        if !self.known.insert(std::ptr::from_ref(schema)) || schema.as_map().is_none() {
            return Ok(());
        }
        let document = self.resources[resource].document;
        let is_root = std::ptr::eq(schema, self.documents[document].root);
        let fallback = self.resources[resource].draft;
        let named = match schema.get("$schema").as_str() {
            Some(url) => match draft_of(url) {
                Some(draft) => draft,
                None => {
                    let url = url.split('#').next().unwrap_or(url);
                    let meta = self.document(url)?;
                    self.root_of(meta).map_or(fallback, |root| self.draft(root))
                }
            },
            None => fallback,
        };
        let own = id(schema, named).map(|id| id.split('#').next().unwrap_or(id));
        let own = own.filter(|id| !id.is_empty());
        // A draft is named for a whole resource.
        let draft = if own.is_some() || is_root {
            named
        } else {
            fallback
        };
        if let Some(id) = own {
            let url = join(&self.resources[resource].url, id);
            if is_root {
                self.resources[resource].url = url;
            } else {
                self.add_resource(schema, document, pointer, url, draft);
                resource = self.resources.len() - 1;
            }
        }
        if is_root {
            self.resources[resource].draft = draft;
        }
        self.collect_anchors(schema, resource);
        for (way, below) in subschemas(schema, draft) {
            let place = Place {
                schema: below,
                resource,
            };
            self.collect(place, &format!("{pointer}{way}"))?;
        }
        Ok(())
    }

    fn collect_anchors(&mut self, schema: &'s Value, resource: usize) {
        let resource = &mut self.resources[resource];
        if resource.draft < 2019 {
            let anchor = id(schema, resource.draft).and_then(|id| id.split_once('#'));
            if let Some((_, anchor)) =
                anchor.filter(|(_, name)| !name.is_empty() && !name.starts_with('/'))
            {
                resource.anchors.entry(anchor).or_insert(schema);
            }
            return;
        }
        if let Some(anchor) = schema.get("$anchor").as_str() {
            resource.anchors.entry(anchor).or_insert(schema);
        }
        if resource.draft >= 2020
            && let Some(anchor) = schema.get("$dynamicAnchor").as_str()
        {
            resource.anchors.entry(anchor).or_insert(schema);
            resource.dynamic.insert(anchor);
        }
    }

    fn root_of(&self, document: usize) -> Option<Place<'s>> {
        let resource = self
            .resources
            .iter()
            .position(|one| one.document == document)?;
        let schema = self.resources[resource].schema;
        Some(Place { schema, resource })
    }

    /// A schema below another one.
    pub fn enter(&self, from: Place<'s>, schema: &'s Value) -> Place<'s> {
        let has_id = !schema.get("$id").is_null() || !schema.get("id").is_null();
        let own = |one: &Resource<'s>| std::ptr::eq(one.schema, schema);
        let resource = has_id
            .then(|| self.resources.iter().position(own))
            .flatten();
        Place {
            schema,
            resource: resource.unwrap_or(from.resource),
        }
    }

    /// The number of the draft that holds at a place: 4, 6, 7, 2019 or 2020.
    pub fn draft(&self, place: Place<'s>) -> u16 {
        self.resources[place.resource].draft
    }

    /// The URL of the resource of a place.
    pub fn url(&self, place: Place<'_>) -> &str {
        &self.resources[place.resource].url
    }

    /// Whether `format` is a rule at a place, and no mere remark.
    pub fn checks_formats(&self, place: Place<'s>) -> bool {
        let resource = &self.resources[place.resource];
        resource.draft < 2019 || self.documents[resource.document].is_metaschema
    }

    /// What a keyword of a place refers to, where its draft has that keyword.
    pub fn reference(&self, place: Place<'s>, keyword: &str) -> Option<&'s str> {
        let draft = self.draft(place);
        let holds = match keyword {
            "$recursiveRef" => draft >= 2019,
            "$dynamicRef" => draft >= 2020,
            _ => true,
        };
        place.schema.get(keyword).as_str().filter(|_| holds)
    }

    /// Where a reference leads; none if it led nowhere, which loading found out.
    pub fn resolve(&self, from: Place<'s>, reference: &str) -> Option<Place<'s>> {
        let (place, _) = self.target(from, reference).ok()?;
        Some(self.enter(place, place.schema))
    }

    /// The dynamic anchor of that name in the resource of a place.
    pub fn dynamic_anchor(&self, place: Place<'s>, name: &str) -> Option<Place<'s>> {
        let resource = &self.resources[place.resource];
        let schema = resource
            .dynamic
            .contains(name)
            .then(|| resource.anchors.get(name))??;
        Some(Place {
            schema,
            resource: place.resource,
        })
    }

    /// The schema that a place's resource begins with.
    pub fn resource_root(&self, place: Place<'s>) -> Place<'s> {
        let schema = self.resources[place.resource].schema;
        Place { schema, ..place }
    }

    fn target(&self, from: Place<'s>, reference: &str) -> Result<(Place<'s>, String), Lost> {
        let (url, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let fragment = unescape(fragment);
        let base = &self.resources[from.resource];
        let url = join(&base.url, url);
        let within = |one: &Resource<'s>| one.document == base.document && one.url == url;
        let here = self.documents[base.document].url == url;
        let root = |document: usize| self.root_of(document).map(|root| root.resource);
        let resource = match here {
            true => root(base.document),
            false => self.resources.iter().position(within).or_else(|| {
                let document = self.documents.iter().position(|one| one.url == url)?;
                root(document)
            }),
        };
        let index = resource.ok_or(Lost::Document(url))?;
        let resource = &self.resources[index];
        let document = &self.documents[resource.document].url;
        let start = Place {
            schema: resource.schema,
            resource: index,
        };
        if fragment.is_empty() || fragment.starts_with('/') {
            let pointer = format!("{}{fragment}", resource.pointer);
            let place = self.walk(start, &fragment).ok_or_else(|| {
                let url = quote(with_pointer(document, &pointer).as_bytes());
                Lost::Error(format!("json-pointer in {url} not found"))
            })?;
            return Ok((place, pointer));
        }
        match resource.anchors.get(fragment.as_str()) {
            Some(schema) => Ok((Place { schema, ..start }, String::new())),
            None => Err(Lost::Error(format!(
                "anchor in {} not found in schema {}",
                quote(with_pointer(&resource.url, &fragment).as_bytes()),
                quote(document.as_bytes())
            ))),
        }
    }

    fn walk(&self, mut place: Place<'s>, pointer: &str) -> Option<Place<'s>> {
        for part in pointer.split('/').skip(1) {
            let name = part.replace("~1", "/").replace("~0", "~");
            let below = match place.schema {
                Value::List(items) => items.get(name.parse::<usize>().ok()?)?,
                schema => schema.as_map()?.get(&name)?,
            };
            place = self.enter(place, below);
        }
        Some(place)
    }

    /// The URL of a schema with the way to it.
    pub fn location(&self, place: Place<'s>) -> (String, String) {
        let document = &self.documents[self.resources[place.resource].document];
        let mut pointer = String::new();
        find(document.root, place.schema, &mut pointer);
        (with_pointer(&document.url, &pointer), pointer)
    }
}

/// Finds the way to a part of a document.
fn find(value: &Value, wanted: &Value, pointer: &mut String) -> bool {
    if std::ptr::eq(value, wanted) {
        return true;
    }
    let length = pointer.len();
    let mut below = |name: &str, value: &Value| {
        pointer.push('/');
        pointer.push_str(&escape(name));
        let found = find(value, wanted, pointer);
        if !found {
            pointer.truncate(length);
        }
        found
    };
    let mut items = value.items().iter().enumerate();
    items.any(|(index, item)| below(&index.to_string(), item))
        || value.members().any(|(name, value)| below(name, value))
}
