//! Provenance: which template lines made a line of output, and which values it read.
//!
//! A [`Machine`](crate::Machine) that records ([`Machine::record`](crate::Machine::record)) notes
//! where each value comes from: an operand carries the number of a note, and a note is a path into
//! the data, two notes together, or a text with the notes of its lines. Functions know nothing of it.
//! What one makes comes from its arguments; if it hands on a value that is known by its address, from
//! that one. A text that was made of another has its lines, but for white space and quotes, and so
//! finds back to them.

use crate::exec::{Operand, Origin, Output};
use crate::value::{Text, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use yaml::{Kind, Node};

/// The number of a note; 0 is nothing known.
pub(crate) type Source = u32;

/// A line of a template file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The file's name, as given to the parser.
    pub file: Rc<str>,
    /// Line, from 1.
    pub line: usize,
}

/// Where a line of output comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineOrigin {
    /// The template line that was executed, then those that it called, the innermost last.
    pub sites: Vec<Site>,
    /// The values that were read for it, as paths (`hosts[0].name`), in order; dots, brackets and
    /// backslashes in keys have a backslash before them. Of nested ones only the innermost.
    pub values: Vec<String>,
    /// The values that decided that it is there: those in the `if`, `with` and `range` around it.
    pub conditions: Vec<String>,
}

enum Note {
    /// The data that a path begins in.
    Root(Text),
    /// A member or an item.
    Member(Source, Key),
    Both(Source, Source),
    /// What a template wrote and a function took on.
    Written(Output),
    /// A text that a function made of one collection alone.
    Encoded(Source, Value, Text),
}

pub(crate) enum Key {
    Name(Text),
    Index(usize),
}

/// The notes of an execution.
#[derive(Default)]
pub(crate) struct Record {
    notes: Vec<Note>,
    /// The texts and collections of the data, by address.
    known: BTreeMap<usize, Source>,
    /// The members of maps that functions made.
    members: BTreeMap<(usize, Text), Source>,
    /// Keeps what is known by its address from going away.
    kept: Vec<Value>,
    /// Template calls within the same output: the one around it, and the place.
    frames: Vec<(u32, Site)>,
}

impl Record {
    fn note(&mut self, note: Note) -> Source {
        self.notes.push(note);
        self.notes.len() as Source
    }

    fn get(&self, source: Source) -> Option<&Note> {
        self.notes.get((source as usize).checked_sub(1)?)
    }

    /// Makes `value` known as the data that begins at `path`, all of it. What is there twice gets
    /// the shorter path.
    pub fn add_root(&mut self, path: &str, value: &Value) {
        let root = self.note(Note::Root(path.into()));
        let mut level = vec![(value.clone(), root)];
        while !level.is_empty() {
            let mut next = Vec::new();
            for (value, source) in level {
                let Some(address) = value.address() else {
                    continue;
                };
                if self.known.contains_key(&address) {
                    continue;
                }
                self.known.insert(address, source);
                let mut learn = |key: Key, value: Value| {
                    if value.address().is_some() {
                        next.push((value, self.note(Note::Member(source, key))));
                    }
                };
                match &value {
                    Value::Map(map) => {
                        for (key, value) in map.snapshot() {
                            learn(Key::Name(key), value);
                        }
                    }
                    Value::List(items) => {
                        for (at, value) in items.iter().enumerate() {
                            learn(Key::Index(at), value.clone());
                        }
                    }
                    _ => {}
                }
                self.kept.push(value);
            }
            level = next;
        }
    }

    pub fn known(&self, value: &Value) -> Source {
        let found = value.address().and_then(|address| self.known.get(&address));
        found.copied().unwrap_or(0)
    }

    pub fn both(&mut self, a: Source, b: Source) -> Source {
        match (a, b) {
            (0, one) | (one, 0) => one,
            _ if a == b => a,
            _ => self.note(Note::Both(a, b)),
        }
    }

    /// Where `value` comes from, which is the member `key` of a collection that comes from `from`.
    pub fn member(&mut self, of: &Value, from: Source, key: Key, value: &Value) -> Source {
        let known = self.known(value);
        if known != 0 {
            return known;
        }
        if let (Some(address), Key::Name(name)) = (of.address(), &key)
            && let Some(source) = self.members.get(&(address, name.clone()))
        {
            return *source;
        }
        match self.known(of) {
            0 => from,
            known => self.note(Note::Member(known, key)),
        }
    }

    /// Where the result of `index` comes from.
    pub fn index(&mut self, operands: &[Operand]) -> Source {
        let Some((item, indexes)) = operands.split_first() else {
            return 0;
        };
        let (mut of, mut from) = (item.value.clone(), item.from);
        for index in indexes {
            let (key, element) = match (&of, &index.value) {
                (Value::Map(map), Value::String(name)) => {
                    (Key::Name(name.clone()), map.get_text(name))
                }
                (Value::List(items), Value::Int(_, at)) => {
                    let at = usize::try_from(*at).unwrap_or(usize::MAX);
                    (Key::Index(at), items.get(at).cloned())
                }
                _ => return from,
            };
            let element = element.unwrap_or_default();
            let member = self.member(&of, from, key, &element);
            from = self.both(member, index.from);
            of = element;
        }
        from
    }

    pub fn call(&mut self, around: u32, file: Rc<str>, line: usize) -> u32 {
        self.frames.push((around, Site { file, line }));
        self.frames.len() as u32
    }

    pub fn written(&mut self, output: &Output) -> Source {
        self.note(Note::Written(output.clone()))
    }

    /// Where the result of a function comes from.
    pub fn result(&mut self, value: &Value, from: Source, arguments: &Arguments) -> Source {
        match (value, &arguments.collection) {
            (Value::String(text), Some(collection)) => {
                let note = Note::Encoded(from, collection.clone(), text.clone());
                return self.note(note);
            }
            (Value::Map(_), _) if !arguments.keyed.is_empty() => {
                let address = value.address().unwrap_or(0);
                for (key, source) in &arguments.keyed {
                    self.members.insert((address, key.clone()), *source);
                }
                self.kept.push(value.clone());
            }
            _ => {}
        }
        let known = self.known(value);
        self.both(from, known)
    }

    // ── from notes to lines ─────────────────────────────────────────────────────────────────────

    /// Where each line of an output comes from.
    pub fn lines(&self, output: &Output) -> Vec<LineOrigin> {
        let mut paths = Paths::default();
        let traced = self.trace(output, &mut BTreeMap::new());
        let mut finish = |line: &Traced| LineOrigin {
            sites: line.sites.clone(),
            values: self.paths(&line.from, &line.paths, &mut paths),
            conditions: self.paths(&line.under, &[], &mut paths),
        };
        traced.iter().map(&mut finish).collect()
    }

    fn trace(&self, output: &Output, texts: &mut Texts) -> Vec<Traced> {
        let count = output.text.split(|byte| *byte == b'\n').count();
        let mut lines = vec![Traced::default(); count];
        let (mut start, mut number) = (0, 0);
        for origin in &output.origins {
            let part = output.text.get(start..origin.end).unwrap_or_default();
            start = origin.end;
            let mut made_of = Vec::new();
            self.find_texts(origin.from, texts, &mut made_of, &mut BTreeSet::new());
            let mut cursors = vec![0; made_of.len()];
            for piece in part.split_inclusive(|byte| *byte == b'\n') {
                let shown = bare(piece);
                let here = self.piece(origin, shown, &made_of, &mut cursors);
                lines[number].add(here, shown.is_empty());
                number += usize::from(piece.ends_with(b"\n"));
            }
        }
        if output.text.is_empty() || output.text.ends_with(b"\n") {
            lines.pop();
        }
        lines
    }

    /// Where a part of a line comes from: the line of a text it was made of, if one is like it.
    fn piece(
        &self,
        origin: &Origin,
        shown: &[u8],
        made_of: &[Rc<Lines>],
        cursors: &mut [usize],
    ) -> Traced {
        let mut here = Traced {
            sites: self.sites(origin),
            from: vec![origin.from],
            under: vec![origin.under],
            ..Traced::default()
        };
        for (lines, cursor) in made_of.iter().zip(cursors) {
            let is_it = |at: &usize| lines[*at].0 == shown;
            let found = (*cursor..lines.len()).chain(0..*cursor).find(is_it);
            if let Some(at) = found.filter(|_| !shown.is_empty()) {
                *cursor = at + 1;
                let inner = &lines[at].1;
                here.sites.extend(inner.sites.iter().cloned());
                here.from.clone_from(&inner.from);
                here.paths.clone_from(&inner.paths);
                here.under.extend(&inner.under);
                break;
            }
        }
        here
    }

    fn sites(&self, origin: &Origin) -> Vec<Site> {
        let mut sites = vec![Site {
            file: origin.file.clone(),
            line: origin.line,
        }];
        let mut frame = origin.frame;
        while let Some((around, site)) = self.frames.get((frame as usize).wrapping_sub(1)) {
            sites.push(site.clone());
            frame = *around;
        }
        sites.reverse();
        sites
    }

    /// The texts that something was made of.
    fn find_texts(
        &self,
        source: Source,
        texts: &mut Texts,
        found: &mut Vec<Rc<Lines>>,
        seen: &mut BTreeSet<Source>,
    ) {
        let mut rest = vec![source];
        while let Some(source) = rest.pop() {
            if !seen.insert(source) {
                continue;
            }
            let made = match self.get(source) {
                Some(Note::Both(a, b)) => {
                    rest.extend([*a, *b]);
                    continue;
                }
                Some(Note::Member(of, _)) => {
                    rest.push(*of);
                    continue;
                }
                _ if texts.contains_key(&source) => Vec::new(),
                Some(Note::Written(output)) => {
                    let lines = output.text.split(|byte| *byte == b'\n');
                    let traced = self.trace(output, texts);
                    lines.map(|line| bare(line).to_vec()).zip(traced).collect()
                }
                Some(Note::Encoded(from, value, text)) => {
                    // What has no path there may have come with another text.
                    rest.push(*from);
                    self.encoded_lines(value, text)
                }
                _ => continue,
            };
            let lines = texts.entry(source).or_insert_with(|| Rc::new(made));
            found.push(lines.clone());
        }
    }

    /// The lines of a text that was made of a collection: each has the path of its own member.
    fn encoded_lines(&self, value: &Value, text: &Text) -> Lines {
        let text = text.to_str();
        let mut lines: Lines = text
            .split('\n')
            .map(|line| (bare(line.as_bytes()).to_vec(), Traced::default()))
            .collect();
        if let Ok(Some(node)) = yaml::parse_first(&text) {
            let base = self.path(self.known(value));
            self.place_members(&node, value, base, &text, &mut lines);
        }
        lines.retain(|(_, line)| !line.paths.is_empty());
        lines
    }

    fn place_members(
        &self,
        node: &Node,
        value: &Value,
        base: Option<String>,
        text: &str,
        lines: &mut Lines,
    ) {
        let mut place = |first: usize, node: &Node, value: &Value, path: Option<String>| {
            let known = self.path(self.known(value)).or(path);
            let Some(path) = known else {
                return self.place_members(node, value, None, text, lines);
            };
            let end = text.get(node.span.clone()).unwrap_or_default();
            let last = node.mark.line + end.trim_end().matches('\n').count();
            for (_, line) in lines.iter_mut().take(last + 1).skip(first) {
                // The collection around it gives way; others on the same line stay.
                if base.is_some() && line.paths.last() == base.as_ref() {
                    line.paths.clear();
                }
                line.paths.push(path.clone());
            }
            self.place_members(node, value, Some(path), text, lines);
        };
        match (&node.kind, value) {
            (Kind::Map(members), Value::Map(map)) => {
                for (key, node) in members.iter() {
                    let name = Text::from(key.text().unwrap_or_default());
                    let path = base
                        .as_ref()
                        .map(|base| join(base, &Key::Name(name.clone())));
                    let value = map.get_text(&name).unwrap_or_default();
                    place(key.mark.line, node, &value, path);
                }
            }
            (Kind::List(nodes), Value::List(items)) => {
                for (at, (node, value)) in nodes.iter().zip(items.iter()).enumerate() {
                    let path = base.as_ref().map(|base| join(base, &Key::Index(at)));
                    place(node.mark.line, node, value, path);
                }
            }
            _ => {}
        }
    }

    /// The path that a note stands for, if it stands for one.
    fn path(&self, source: Source) -> Option<String> {
        let mut keys = Vec::new();
        let mut at = source;
        loop {
            match self.get(at)? {
                Note::Member(of, key) => {
                    keys.push(key);
                    at = *of;
                }
                Note::Root(path) => {
                    let path = path.to_str().into_owned();
                    return Some(keys.iter().rev().fold(path, |path, key| join(&path, key)));
                }
                _ => return None,
            }
        }
    }

    /// All paths behind some notes, beside those given, without those that others go on from.
    fn paths(&self, sources: &[Source], given: &[String], cache: &mut Paths) -> Vec<String> {
        let mut sources = sources.to_vec();
        sources.retain(|source| *source != 0);
        if sources.is_empty() && given.is_empty() {
            return Vec::new();
        }
        let key = (sources, given.to_vec());
        if let Some(paths) = cache.get(&key) {
            return paths.clone();
        }
        let mut found = BTreeSet::new();
        found.extend(given.iter().cloned());
        let mut seen = BTreeSet::new();
        let mut rest = key.0.clone();
        while let Some(source) = rest.pop() {
            if !seen.insert(source) {
                continue;
            }
            match self.get(source) {
                Some(Note::Both(a, b)) => rest.extend([*a, *b]),
                Some(Note::Written(output)) => {
                    rest.extend(output.origins.iter().map(|origin| origin.from));
                }
                Some(Note::Encoded(from, ..)) => rest.push(*from),
                Some(Note::Member(of, _)) => match self.path(source) {
                    Some(path) => {
                        found.insert(path);
                    }
                    None => rest.push(*of),
                },
                Some(Note::Root(_)) | None => {}
            }
        }
        let goes_on = |path: &String| {
            let starts = |other: &String| {
                let rest = other.strip_prefix(path.as_str());
                rest.is_some_and(|rest| rest.starts_with(['.', '[']))
            };
            found.range(path.clone()..).any(starts)
        };
        let paths: Vec<String> = found
            .iter()
            .filter(|path| !goes_on(path))
            .cloned()
            .collect();
        cache.insert(key, paths.clone());
        paths
    }
}

/// What a function was given, as far as its result may be traced by it.
#[derive(Default)]
pub(crate) struct Arguments {
    /// Texts, each with the source of the argument after it: the members of a `dict`.
    keyed: Vec<(Text, Source)>,
    /// The only argument, if it is a map or a list.
    collection: Option<Value>,
}

impl Arguments {
    pub fn new(values: &[Value], sources: &[Source]) -> Arguments {
        let names = values.iter().zip(sources.iter().skip(1));
        let keyed = names.filter_map(|(value, source)| match value {
            Value::String(text) => Some((text.clone(), *source)),
            _ => None,
        });
        Arguments {
            keyed: keyed.collect(),
            collection: match values {
                [value @ (Value::Map(_) | Value::List(_))] => Some(value.clone()),
                _ => None,
            },
        }
    }
}

/// The lines of a text without white space and quotes, and where each comes from.
type Lines = Vec<(Vec<u8>, Traced)>;
/// The texts by their notes.
type Texts = BTreeMap<Source, Rc<Lines>>;
type Paths = BTreeMap<(Vec<Source>, Vec<String>), Vec<String>>;

/// Where a line comes from, in notes.
#[derive(Clone, Default)]
struct Traced {
    sites: Vec<Site>,
    from: Vec<Source>,
    paths: Vec<String>,
    under: Vec<Source>,
    /// Whether there is more than white space.
    is_shown: bool,
}

impl Traced {
    /// Adds a part of the line. White space counts only where there is nothing else.
    fn add(&mut self, part: Traced, is_blank: bool) {
        if self.sites.is_empty() || (!self.is_shown && !is_blank) {
            *self = part;
            self.is_shown = !is_blank;
        } else if !is_blank {
            if part.sites.len() > self.sites.len() {
                self.sites = part.sites;
            }
            self.from.extend(part.from);
            self.paths.extend(part.paths);
            self.under.extend(part.under);
        }
    }
}

/// A line without the white space and quotes around it, which functions put there.
fn bare(line: &[u8]) -> &[u8] {
    let is_edge = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    let start = line.iter().take_while(|byte| is_edge(byte)).count();
    let end = line.iter().rev().take_while(|byte| is_edge(byte)).count();
    line.get(start..line.len() - end).unwrap_or_default()
}

fn join(path: &str, key: &Key) -> String {
    match key {
        Key::Index(at) => format!("{path}[{at}]"),
        Key::Name(name) => {
            let dot = if path.is_empty() { "" } else { "." };
            let mut out = format!("{path}{dot}");
            for letter in name.to_str().chars() {
                if matches!(letter, '.' | '[' | ']' | '\\') {
                    out.push('\\');
                }
                out.push(letter);
            }
            out
        }
    }
}
