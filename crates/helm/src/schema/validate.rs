//! Values against a schema: validator.go of the validator that Helm has, rule by rule. The keywords
//! that look into a value are in `keywords.rs`.

use super::compare::equal;
use super::document::{Place, Store};
use super::format;
use super::problem::{Kind, Problem, count, quoted, scalar};
use super::url::escape;
use crate::regexp::Regexp;
use lean::{FlatMap, FlatSet};
use std::cell::RefCell;
use std::rc::Rc;
use yaml::Value;

/// How many schemas may be within one another while a value is looked at.
const DEPTH_MAX: usize = 300;

/// What a value has against it, by a schema.
pub(super) fn problems(store: &Store<'_>, root: Place<'_>, value: &Value) -> Vec<Problem> {
    let validator = Validator {
        store,
        regexps: RefCell::default(),
    };
    validator.check(root, value, Path::Root, false)
}

/// What all checks share.
pub(super) struct Validator<'a, 's> {
    pub(super) store: &'a Store<'s>,
    regexps: RefCell<FlatMap<String, Rc<Result<Regexp, String>>>>,
}

/// The way to a value.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Member(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl Path<'_> {
    fn write(&self, out: &mut String) {
        match self {
            Path::Root => {}
            Path::Member(parent, name) => {
                parent.write(out);
                out.push('/');
                out.push_str(&escape(name));
            }
            Path::Item(parent, index) => {
                parent.write(out);
                out.push_str(&format!("/{index}"));
            }
        }
    }
}

/// The schemas that led to this one.
pub(super) struct Scope<'p, 's> {
    pub(super) place: Place<'s>,
    /// The keyword of the reference that was followed to here; empty below a schema.
    reference: &'static str,
    /// Counts up with each step into a value.
    value: usize,
    depth: usize,
    parent: Option<&'p Scope<'p, 's>>,
}

/// The members or items, by their positions, that no schema has looked at yet.
pub(super) type Open = FlatSet<usize>;

/// A check of one value by one schema.
pub(super) struct Check<'a, 's> {
    pub(super) validator: &'a Validator<'a, 's>,
    pub(super) scope: &'a Scope<'a, 's>,
    pub(super) schema: &'s Value,
    pub(super) draft: u16,
    pub(super) path: Path<'a>,
    /// Only whether there are problems is asked.
    pub(super) is_quiet: bool,
    pub(super) open: Open,
    pub(super) problems: Vec<Problem>,
}

/// What fits, with what is left open; or what does not.
type Outcome = Result<Open, Problem>;

impl<'s> Validator<'_, 's> {
    pub(super) fn check(
        &self,
        place: Place<'s>,
        value: &Value,
        path: Path<'_>,
        is_quiet: bool,
    ) -> Vec<Problem> {
        let scope = Scope {
            place,
            reference: "",
            value: 0,
            depth: 0,
            parent: None,
        };
        match self.run(&scope, value, path, is_quiet, false) {
            Ok(_) => Vec::new(),
            Err(group) if group.kind == Kind::Group => group.causes,
            Err(problem) => vec![problem],
        }
    }

    fn run(
        &self,
        scope: &Scope<'_, 's>,
        value: &Value,
        path: Path<'_>,
        is_quiet: bool,
        tracks: bool,
    ) -> Outcome {
        let mut check = Check {
            validator: self,
            scope,
            schema: scope.place.schema,
            draft: self.store.draft(scope.place),
            path,
            is_quiet,
            open: Open::new(),
            problems: Vec::new(),
        };
        check.open = check.all_open(value, tracks);
        check.all(value);
        match check.problems.len() {
            0 => Ok(check.open),
            1 => Err(check.problems.remove(0)),
            _ => {
                let causes = std::mem::take(&mut check.problems);
                Err(check.problem(Kind::Group, "validation failed", causes))
            }
        }
    }

    fn regexp(&self, pattern: &str) -> Rc<Result<Regexp, String>> {
        let known = self.regexps.borrow().get(pattern).cloned();
        known.unwrap_or_else(|| {
            let regexp = Rc::new(Regexp::new(pattern));
            let mut regexps = self.regexps.borrow_mut();
            regexps.insert(pattern.to_owned(), regexp.clone());
            regexp
        })
    }

    pub(super) fn matches(&self, pattern: &str, text: &str) -> bool {
        matches!(&*self.regexp(pattern), Ok(regexp) if regexp.is_match(text.as_bytes()))
    }
}

impl<'s> Check<'_, 's> {
    pub(super) fn problem(&self, kind: Kind, message: &str, causes: Vec<Problem>) -> Problem {
        let mut at = String::new();
        if !self.is_quiet {
            self.path.write(&mut at);
        }
        Problem {
            kind,
            at,
            message: message.to_owned(),
            causes,
        }
    }

    pub(super) fn wrong(&mut self, message: impl AsRef<str>) {
        self.caused(message.as_ref(), Vec::new());
    }

    pub(super) fn caused(&mut self, message: &str, causes: Vec<Problem>) {
        let problem = self.problem(Kind::Keyword, message, causes);
        self.problems.push(problem);
    }

    /// The value of a keyword, if the schema has it.
    pub(super) fn keyword(&self, name: &str) -> Option<&'s Value> {
        self.schema.as_map()?.get(name)
    }

    /// The schemas of a keyword that holds several.
    pub(super) fn members(
        &self,
        name: &str,
    ) -> impl Iterator<Item = (&'s str, &'s Value)> + use<'s> {
        self.schema
            .get(name)
            .members()
            .map(|(name, schema)| (name.as_str(), schema))
    }

    /// Checks the same value with another schema.
    fn here(
        &self,
        place: Place<'s>,
        value: &Value,
        reference: &'static str,
        is_quiet: bool,
    ) -> Outcome {
        let scope = Scope {
            place,
            reference,
            value: self.scope.value,
            depth: self.scope.depth + 1,
            parent: Some(self.scope),
        };
        let is_quiet = is_quiet || self.is_quiet;
        self.validator
            .run(&scope, value, self.path, is_quiet, !self.open.is_empty())
    }

    /// The same, with a schema below this one. What it looked at is no longer open.
    pub(super) fn part(
        &mut self,
        schema: &'s Value,
        value: &Value,
        is_quiet: bool,
    ) -> Option<Problem> {
        let place = self.validator.store.enter(self.scope.place, schema);
        match self.here(place, value, "", is_quiet) {
            Ok(open) => {
                self.open.retain(|at| open.contains(at));
                None
            }
            Err(problem) => Some(problem),
        }
    }

    /// Checks a value within this one.
    pub(super) fn below(
        &self,
        schema: &'s Value,
        value: &Value,
        path: Path<'_>,
    ) -> Option<Problem> {
        let scope = Scope {
            place: self.validator.store.enter(self.scope.place, schema),
            reference: "",
            value: self.scope.value + 1,
            depth: self.scope.depth + 1,
            parent: Some(self.scope),
        };
        self.validator
            .run(&scope, value, path, self.is_quiet, false)
            .err()
    }

    /// What is open before the check: nothing, unless somebody asks.
    fn all_open(&self, value: &Value, tracks: bool) -> Open {
        let has = |name: &str| self.keyword(name).is_some();
        let asks = |name: &str| tracks || (self.draft >= 2019 && has(name));
        match value {
            Value::Map(map) if !has("additionalProperties") && asks("unevaluatedProperties") => {
                (0..map.len()).collect()
            }
            Value::List(items) if asks("unevaluatedItems") => {
                let (all, first) = match (self.draft >= 2020, self.schema.get("items")) {
                    (true, _) => (has("items"), self.schema.get("prefixItems").items().len()),
                    (false, Value::List(first)) => (has("additionalItems"), first.len()),
                    (false, _) => (has("items"), 0),
                };
                (first..items.len()).filter(|_| !all).collect()
            }
            _ => Open::new(),
        }
    }

    fn all(&mut self, value: &Value) {
        match self.schema {
            Value::Bool(false) => return self.wrong("false schema"),
            Value::Map(_) => {}
            _ => return,
        }
        if self.scope.depth > DEPTH_MAX {
            return self.wrong(format!("exceeded maximum depth of {DEPTH_MAX}"));
        }
        if let Some(message) = self.cycle() {
            return self.wrong(message);
        }
        if let Some(message) = self.simple(value) {
            return self.wrong(message);
        }
        if let Some(place) = self.referred("$ref") {
            self.refer(place, value, "$ref");
            if self.draft < 2019 {
                return;
            }
        }
        match value {
            Value::Map(map) => self.map(map, value),
            Value::List(items) => self.list(items),
            Value::String(text) => self.string(text),
            Value::Int(_) | Value::Float(_) => self.number(value),
            Value::Null | Value::Bool(_) => {}
        }
        if self.is_quiet && !self.problems.is_empty() {
            return;
        }
        self.dynamic_references(value);
        self.combined(value);
        if self.draft >= 2019 {
            self.unevaluated(value);
        }
    }

    /// A schema that refers to itself before it looks into the value.
    fn cycle(&self) -> Option<String> {
        let mut ancestor = self.scope.parent;
        while let Some(scope) = ancestor.filter(|scope| scope.value == self.scope.value) {
            if std::ptr::eq(scope.place.schema, self.schema) {
                let (url, _) = self.validator.store.location(scope.place);
                return Some(format!(
                    "both {} and {} resolve to {} causing reference cycle",
                    self.keyword_location(self.scope),
                    self.keyword_location(scope),
                    gotmpl::quote::quote(url.as_bytes())
                ));
            }
            ancestor = scope.parent;
        }
        None
    }

    /// The keywords that led to a schema.
    fn keyword_location(&self, scope: &Scope<'_, 's>) -> String {
        let Some(parent) = scope.parent else {
            return String::new();
        };
        let before = self.keyword_location(parent);
        if !scope.reference.is_empty() {
            return format!("{before}/{}", scope.reference);
        }
        let location = |place| self.validator.store.location(place).1;
        let (own, above) = (location(scope.place), location(parent.place));
        format!("{before}{}", own.get(above.len()..).unwrap_or_default())
    }

    /// The keywords after whose problem nothing else is looked at.
    fn simple(&self, value: &Value) -> Option<String> {
        if let Some(message) = self.wrong_type(value) {
            return Some(message);
        }
        if self.draft >= 6
            && let Some(wanted) = self.keyword("const")
            && !equal(wanted, value)
        {
            return Some(match scalar(wanted) {
                Some(shown) => format!("value must be {shown}"),
                None => "'const' failed".to_owned(),
            });
        }
        if let Value::List(allowed) = self.schema.get("enum")
            && !allowed.iter().any(|one| equal(one, value))
        {
            let shown: Option<Vec<String>> = allowed.iter().map(scalar).collect();
            return Some(match shown.as_deref() {
                Some([one]) => format!("value must be {one}"),
                Some(several) => format!("value must be one of {}", several.join(", ")),
                None => "'enum' failed".to_owned(),
            });
        }
        let format = self.schema.get("format").as_str()?;
        let text = value.as_str()?;
        if !self.validator.store.checks_formats(self.scope.place) {
            return None;
        }
        let why = match format {
            "regex" => (*self.validator.regexp(text)).as_ref().err().cloned(),
            format => format::check(format, text).err(),
        };
        why.map(|why| format!("{} is not valid {format}: {why}", quoted(text)))
    }

    fn wrong_type(&self, value: &Value) -> Option<String> {
        // In the order in which the validator lists them.
        const TYPES: [&str; 7] = [
            "null", "boolean", "number", "integer", "string", "array", "object",
        ];
        let named = match self.schema.get("type") {
            Value::List(names) => &names[..],
            name => std::slice::from_ref(name),
        };
        let wanted = TYPES.iter().copied();
        let wanted: Vec<&str> = wanted
            .filter(|one| named.iter().any(|name| name.as_str() == Some(one)))
            .collect();
        let got = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) | Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        };
        let is_whole = match value {
            Value::Int(_) => true,
            Value::Float(number) => number.fract() == 0.0,
            _ => false,
        };
        let fits = |one: &&str| *one == got || (*one == "integer" && is_whole);
        (!wanted.is_empty() && !wanted.iter().any(fits))
            .then(|| format!("got {got}, want {}", wanted.join(" or ")))
    }

    fn referred(&self, keyword: &str) -> Option<Place<'s>> {
        let store = self.validator.store;
        store.resolve(
            self.scope.place,
            store.reference(self.scope.place, keyword)?,
        )
    }

    fn refer(&mut self, place: Place<'s>, value: &Value, keyword: &'static str) {
        match self.here(place, value, keyword, false) {
            Ok(open) => self.open.retain(|at| open.contains(at)),
            Err(problem) => {
                let causes = match problem.kind {
                    Kind::Group => problem.causes,
                    _ => vec![problem],
                };
                let problem = self.problem(Kind::Reference, "validation failed", causes);
                self.problems.push(problem);
            }
        }
    }

    fn dynamic_references(&mut self, value: &Value) {
        let store = self.validator.store;
        let scope = self.scope;
        let scopes = || std::iter::successors(Some(scope), |scope| scope.parent);
        if let Some(target) = self.referred("$recursiveRef") {
            let is_anchor =
                |place: Place<'_>| place.schema.get("$recursiveAnchor").as_bool() == Some(true);
            let roots = scopes().map(|scope| store.resource_root(scope.place));
            let outermost = roots.filter(|root| is_anchor(*root)).last();
            let target = outermost.filter(|_| is_anchor(target)).unwrap_or(target);
            self.refer(target, value, "$recursiveRef");
        }
        if let Some(target) = self.referred("$dynamicRef") {
            let name = self.schema.get("$dynamicRef").text();
            let name = name.split_once('#').map_or("", |(_, name)| name);
            let is_anchor = target.schema.get("$dynamicAnchor").as_str() == Some(name);
            let anchors = scopes().filter_map(|scope| store.dynamic_anchor(scope.place, name));
            let outermost = anchors.last().filter(|_| is_anchor);
            self.refer(outermost.unwrap_or(target), value, "$dynamicRef");
        }
    }

    /// The problems that the schemas of a list have, one each.
    fn each(&mut self, keyword: &str, value: &Value) -> Vec<Option<Problem>> {
        let mut found = Vec::new();
        for schema in self.schema.get(keyword).items() {
            let problem = self.part(schema, value, false);
            let is_enough = problem.is_none() && keyword == "anyOf" && self.open.is_empty();
            found.push(problem);
            if is_enough {
                break;
            }
        }
        found
    }

    fn combined(&mut self, value: &Value) {
        if let Some(schema) = self.keyword("not")
            && self.part(schema, value, true).is_none()
        {
            self.wrong("'not' failed");
        }
        let all: Vec<Problem> = self.each("allOf", value).into_iter().flatten().collect();
        if !all.is_empty() {
            self.caused("'allOf' failed", all);
        }
        let any = self.each("anyOf", value);
        if !any.is_empty() && any.iter().all(Option::is_some) {
            self.caused("'anyOf' failed", any.into_iter().flatten().collect());
        }
        let one = self.each("oneOf", value);
        let matching = one
            .iter()
            .enumerate()
            .filter(|(_, problem)| problem.is_none());
        let matching: Vec<usize> = matching.map(|(index, _)| index).collect();
        match matching[..] {
            [] if !one.is_empty() => {
                let causes = one.into_iter().flatten().collect();
                self.caused("'oneOf' failed, none matched", causes);
            }
            [first, second, ..] => {
                let (first, second) = (count(first), count(second));
                self.wrong(format!(
                    "'oneOf' failed, subschemas {first}, {second} matched"
                ));
            }
            _ => {}
        }
        if self.draft >= 7
            && let Some(schema) = self.keyword("if")
        {
            let fits = self.part(schema, value, true).is_none();
            if let Some(branch) = self.keyword(if fits { "then" } else { "else" }) {
                let problem = self.part(branch, value, false);
                self.problems.extend(problem);
            }
        }
    }

    fn unevaluated(&mut self, value: &Value) {
        let path = self.path;
        match value {
            Value::Map(map) => {
                if let Some(schema) = self.keyword("unevaluatedProperties") {
                    for at in std::mem::take(&mut self.open) {
                        if let Some((name, value)) = map.iter().nth(at) {
                            let problem = self.below(schema, value, Path::Member(&path, name));
                            self.problems.extend(problem);
                        }
                    }
                }
            }
            Value::List(items) => {
                if let Some(schema) = self.keyword("unevaluatedItems") {
                    for at in std::mem::take(&mut self.open) {
                        let problem = self.below(schema, &items[at], Path::Item(&path, at));
                        self.problems.extend(problem);
                    }
                }
            }
            _ => {}
        }
    }
}
