//! The keywords that look at values of one type.

use super::compare::{compare, duplicates, float, is_multiple};
use super::problem::{Kind, Problem, count, list, number, quoted};
use super::validate::{Check, Path};
use std::cmp::Ordering;
use yaml::{Map, Value};

impl<'s> Check<'_, 's> {
    /// A limit of a count.
    fn limit(&mut self, name: &str, got: usize, passes: fn(f64, f64) -> bool) {
        let limit = self.schema.get(name);
        if let Some(wanted) = float(limit)
            && !passes(got as f64, wanted)
        {
            let wanted = count(wanted.max(0.0) as usize);
            self.wrong(format!("{name}: got {}, want {wanted}", count(got)));
        }
    }

    fn missing<'v>(names: &'v Value, map: &Map) -> Vec<&'v str> {
        let names = names.items().iter().filter_map(Value::as_str);
        names.filter(|name| !map.contains_key(name)).collect()
    }

    pub(super) fn map(&mut self, map: &Map, value: &Value) {
        self.limit("minProperties", map.len(), |got, limit| got >= limit);
        self.limit("maxProperties", map.len(), |got, limit| got <= limit);
        match &Self::missing(self.schema.get("required"), map)[..] {
            [] => {}
            [one] => self.wrong(format!("missing property {}", quoted(one))),
            several => self.wrong(format!("missing properties {}", list(several))),
        }
        for (name, needs) in self.members("dependencies") {
            if map.contains_key(name) {
                match needs {
                    Value::List(_) => self.needs(name, needs, map),
                    schema => {
                        let problem = self.part(schema, value, false);
                        self.problems.extend(problem);
                    }
                }
            }
        }
        self.properties(map);
        if self.draft >= 6
            && let Some(schema) = self.keyword("propertyNames")
        {
            for name in map.keys() {
                let place = self.validator.store.enter(self.scope.place, schema);
                let name_value = Value::String(name.clone());
                let causes = self
                    .validator
                    .check(place, &name_value, Path::Root, self.is_quiet);
                if !causes.is_empty() {
                    let at = self.problem(Kind::Keyword, "", Vec::new()).at;
                    self.problems.push(Problem {
                        kind: Kind::Keyword,
                        at,
                        message: format!("invalid propertyName {}", quoted(name)),
                        causes,
                    });
                }
            }
        }
        if self.draft >= 2019 {
            for (name, schema) in self.members("dependentSchemas") {
                if map.contains_key(name) {
                    let problem = self.part(schema, value, false);
                    self.problems.extend(problem);
                }
            }
            for (name, needs) in self.members("dependentRequired") {
                if map.contains_key(name) {
                    self.needs(name, needs, map);
                }
            }
        }
    }

    fn needs(&mut self, name: &str, needs: &Value, map: &Map) {
        let missing = Self::missing(needs, map);
        if !missing.is_empty() {
            self.wrong(format!(
                "properties {} required, if {} exists",
                list(&missing),
                quoted(name)
            ));
        }
    }

    fn properties(&mut self, map: &Map) {
        let properties = self.schema.get("properties").as_map();
        let mut unknown: Vec<&str> = Vec::new();
        for (at, (name, value)) in map.iter().enumerate() {
            let path = self.path;
            let path = Path::Member(&path, name);
            let own = properties.and_then(|all| all.get(name));
            let patterns = self.members("patternProperties");
            let matching = patterns.filter(|(pattern, _)| self.validator.matches(pattern, name));
            let mut schemas: Vec<&'s Value> = own
                .into_iter()
                .chain(matching.map(|(_, schema)| schema))
                .collect();
            if schemas.is_empty() {
                match self.keyword("additionalProperties") {
                    None => continue,
                    Some(Value::Bool(false)) => unknown.push(name),
                    Some(schema) => schemas.push(schema),
                }
            }
            for schema in schemas {
                let problem = self.below(schema, value, path);
                self.problems.extend(problem);
            }
            self.open.remove(&at);
        }
        if !unknown.is_empty() {
            self.wrong(format!(
                "additional properties {} not allowed",
                list(&unknown)
            ));
        }
    }

    pub(super) fn list(&mut self, items: &[Value]) {
        self.limit("minItems", items.len(), |got, limit| got >= limit);
        self.limit("maxItems", items.len(), |got, limit| got <= limit);
        if self.schema.get("uniqueItems").as_bool() == Some(true)
            && let Some((first, second)) = duplicates(items)
        {
            let (first, second) = (count(first), count(second));
            self.wrong(format!("items at {first} and {second} are equal"));
        }
        // Before 2020-12 a list of schemas stood under `items`.
        let (first, rest) = match (self.draft >= 2020, self.schema.get("items")) {
            (true, _) => (
                self.schema.get("prefixItems").items(),
                self.keyword("items"),
            ),
            (false, Value::List(first)) => (&first[..], self.keyword("additionalItems")),
            (false, _) => (&[][..], self.keyword("items")),
        };
        let is_draft_2020 = self.draft >= 2020;
        let more = items.len().saturating_sub(first.len());
        let refuses = !first.is_empty() && matches!(rest, Some(Value::Bool(false)));
        for (index, item) in items.iter().enumerate() {
            let schema = match (first.get(index), rest) {
                (Some(schema), _) => schema,
                (None, Some(schema)) if is_draft_2020 || !refuses => schema,
                _ => break,
            };
            let path = self.path;
            let problem = self.below(schema, item, Path::Item(&path, index));
            self.problems.extend(problem);
        }
        if refuses && more > 0 && !is_draft_2020 {
            self.wrong(format!(
                "last {} additionalItem(s) not allowed",
                count(more)
            ));
        }
        if self.draft >= 6
            && let Some(schema) = self.keyword("contains")
        {
            self.contains(schema, items);
        }
    }

    fn contains(&mut self, schema: &'s Value, items: &[Value]) {
        let (mut causes, mut matching) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            let path = self.path;
            match self.below(schema, item, Path::Item(&path, index)) {
                Some(problem) => causes.push(problem),
                None => {
                    matching.push(index.to_string());
                    if self.draft >= 2020 {
                        self.open.remove(&index);
                    }
                }
            }
        }
        let bound = |name: &str| float(self.schema.get(name)).filter(|_| self.draft >= 2019);
        let (least, most) = (bound("minContains"), bound("maxContains"));
        let got = matching.len();
        let matched = format!("matched {} items at {}", count(got), matching.join(" "));
        match least {
            None if got == 0 => self.caused("no items match contains schema", causes),
            Some(least) if (got as f64) < least => {
                let but = if got == 0 { "none matched" } else { &matched };
                let least = count(least as usize);
                let message =
                    format!("min {least} items required to match contains schema, but {but}");
                self.caused(&message, causes);
            }
            _ => {}
        }
        if let Some(most) = most.filter(|most| got as f64 > *most) {
            let most = count(most.max(0.0) as usize);
            self.wrong(format!(
                "max {most} items required to match contains schema, but {matched}"
            ));
        }
    }

    pub(super) fn string(&mut self, text: &str) {
        let length = text.chars().count();
        self.limit("minLength", length, |got, limit| got >= limit);
        self.limit("maxLength", length, |got, limit| got <= limit);
        if let Some(pattern) = self.schema.get("pattern").as_str()
            && !self.validator.matches(pattern, text)
        {
            let (text, pattern) = (quoted(text), quoted(pattern));
            self.wrong(format!("{text} does not match pattern {pattern}"));
        }
    }

    pub(super) fn number(&mut self, value: &Value) {
        use Ordering::{Equal, Greater, Less};
        // In draft 4 a flag makes `minimum` and `maximum` exclusive.
        let flag = |name: &str| self.schema.get(name).as_bool() == Some(true);
        let of = |name: &str, exclusive: &str| match flag(exclusive) {
            true => (&Value::NULL, self.schema.get(name)),
            false => (self.schema.get(name), self.schema.get(exclusive)),
        };
        let (minimum, above) = of("minimum", "exclusiveMinimum");
        let (maximum, under) = of("maximum", "exclusiveMaximum");
        let rules: [(&str, &Value, &[Ordering]); 4] = [
            ("minimum", minimum, &[Less]),
            ("maximum", maximum, &[Greater]),
            ("exclusiveMinimum", above, &[Less, Equal]),
            ("exclusiveMaximum", under, &[Greater, Equal]),
        ];
        for (name, limit, wrong) in rules {
            if compare(value, limit).is_some_and(|order| wrong.contains(&order)) {
                self.wrong(format!(
                    "{name}: got {}, want {}",
                    number(value),
                    number(limit)
                ));
            }
        }
        let unit = self.schema.get("multipleOf");
        if is_multiple(value, unit) == Some(false) {
            self.wrong(format!(
                "multipleOf: got {}, want {}",
                number(value),
                number(unit)
            ));
        }
    }
}
