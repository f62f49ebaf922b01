//! The executor: walks a tree with its data and writes the output, as Go's
//! `text/template/exec.go` does.

mod call;
mod eval;

use crate::ast::{Control, ControlKind, Node, NodeKind, Pipe, Tree};
use crate::error::{Error, Place};
use crate::function::Host;
use crate::parse::{Trees, parse};
use crate::print;
use crate::provenance::{Key, LineOrigin, Record, Source};
use crate::quote::quote;
use crate::value::{ElementType, Kind, Value};
use std::rc::Rc;

/// How deep templates may call one another. Go allows more than any stack here holds.
pub const CALLS_MAX: usize = 100;
/// How much work may be done in all: a node is a step, and functions are charged for what they look
/// at and make. A few seconds' worth at most.
pub const STEPS_MAX: u64 = 5_000_000;
/// How long the output may grow, and the texts that one function gets, in bytes.
pub const OUTPUT_MAX: usize = 32 << 20;
/// How deep the values are looked at that a function is charged for; none goes deeper.
const VALUE_DEPTH_MAX: usize = 200;

/// What a missing key of a map gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value (Go's default).
    Invalid,
    /// The zero value of the map's elements, which is nil for most (what Helm sets).
    #[default]
    Zero,
    /// An error.
    Error,
}

/// Which template node made a range of the output.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Where in the output the range ends; it begins where the one before it ends.
    pub end: usize,
    /// The file of the node.
    pub file: Rc<str>,
    /// Line of the node, from 1.
    pub line: usize,
    pub(crate) from: Source,
    pub(crate) under: Source,
    pub(crate) frame: u32,
}

/// What executing a template gave.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The text.
    pub text: Vec<u8>,
    /// Where it came from, range after range, if the machine was told to record it.
    pub origins: Vec<Origin>,
}

impl Output {
    /// Takes every `mark` out of the text.
    pub fn remove(&mut self, mark: &[u8]) {
        let Some(first) = find(&self.text, mark, 0) else {
            return;
        };
        let old = std::mem::take(&mut self.text);
        let mut removed = Vec::new();
        let (mut start, mut next) = (0, Some(first));
        while let Some(at) = next {
            self.text.extend_from_slice(&old[start..at]);
            removed.push(at);
            start = at + mark.len();
            next = find(&old, mark, start);
        }
        self.text.extend_from_slice(&old[start..]);
        for origin in &mut self.origins {
            let before = removed.partition_point(|at| *at < origin.end);
            // The last one may go on after the range.
            let last = removed[..before].last().map_or(0, |at| origin.end - at);
            origin.end -= before.saturating_sub(1) * mark.len() + last.min(mark.len());
        }
    }
}

/// Where `mark` is next.
fn find(text: &[u8], mark: &[u8], from: usize) -> Option<usize> {
    let first = mark.first()?;
    let mut at = from;
    loop {
        at += text.get(at..)?.iter().position(|byte| byte == first)?;
        if text[at..].starts_with(mark) {
            return Some(at);
        }
        at += 1;
    }
}

/// A value under evaluation. `boxed`: it is held in an interface, as the elements of maps and
/// slices are. Go tells a nil in an interface (`nil pointer evaluating`) from no value at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operand {
    pub value: Value,
    pub boxed: bool,
    /// Where it comes from, if that is recorded.
    pub from: Source,
}

impl Operand {
    pub fn plain(value: Value) -> Operand {
        Operand {
            value,
            boxed: false,
            from: 0,
        }
    }

    pub fn boxed(value: Value) -> Operand {
        Operand {
            value,
            boxed: true,
            from: 0,
        }
    }

    /// An element of a map or a slice: in an interface, unless its type says otherwise.
    pub fn element(of: ElementType, value: Value) -> Operand {
        Operand {
            value,
            boxed: of == ElementType::Any,
            from: 0,
        }
    }

    /// Whether there is nothing, not even a nil.
    pub fn is_invalid(&self) -> bool {
        self.value.is_nil() && !self.boxed
    }

    /// Go's name for the static type.
    fn type_name(&self) -> &'static str {
        if self.boxed {
            "interface {}"
        } else {
            self.value.type_name()
        }
    }

    /// Takes the value out of its interface.
    fn unboxed(self) -> Operand {
        Operand {
            boxed: false,
            ..self
        }
    }
}

struct Variable {
    name: Rc<str>,
    operand: Operand,
}

/// An execution: the templates, the output so far, and what the embedder keeps.
pub struct Machine<'h, H> {
    /// What the embedder keeps for its functions.
    pub host: &'h mut H,
    /// What a missing key gives.
    pub missing_key: MissingKey,
    /// The templates; what a text defines stands after what was there before it.
    trees: Vec<Rc<Trees>>,
    /// What was written before the execution failed.
    pub left: Output,
    out: Output,
    tree: Rc<Tree>,
    node: Option<Rc<Node>>,
    vars: Vec<Variable>,
    /// The name `$`, which every template has.
    dollar: Rc<str>,
    calls: usize,
    steps: u64,
    record: Option<Box<Record>>,
    /// What was read for the call that is being made.
    read: Source,
    /// Where the text of the template comes from that is executed.
    text_from: Source,
    /// What decided that the node is executed.
    under: Source,
    /// The template call around the node.
    frame: u32,
}

/// How walking a node ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

type Exec<T> = Result<T, Error>;

impl<'h, H: Host> Machine<'h, H> {
    /// An execution of some of `trees`.
    pub fn new(trees: Rc<Trees>, host: &'h mut H) -> Machine<'h, H> {
        let nothing = Tree {
            name: "".into(),
            file: "".into(),
            line_starts: Rc::new([0]),
            root: Vec::new(),
        };
        Machine {
            host,
            missing_key: MissingKey::default(),
            trees: vec![trees],
            left: Output::default(),
            out: Output::default(),
            tree: Rc::new(nothing),
            node: None,
            vars: Vec::new(),
            dollar: "$".into(),
            calls: 0,
            steps: 0,
            record: None,
            read: 0,
            text_from: 0,
            under: 0,
            frame: 0,
        }
    }

    /// From now on, records where output comes from. `path` is what paths into `data` begin with.
    pub fn record(&mut self, path: &str, data: &Value) {
        self.record.get_or_insert_default().add_root(path, data);
    }

    /// Where each line of an output comes from; nothing if it was not recorded.
    #[must_use]
    pub fn line_origins(&self, output: &Output) -> Vec<LineOrigin> {
        match &self.record {
            Some(record) => record.lines(output),
            None => Vec::new(),
        }
    }

    /// The template of that name. A blank one does not hide what was defined before.
    fn find_tree(&self, name: &str) -> Option<Rc<Tree>> {
        let mut found: Option<&Rc<Tree>> = None;
        for tree in self.trees.iter().rev().filter_map(|trees| trees.get(name)) {
            found = Some(tree);
            if !tree.is_empty() {
                break;
            }
        }
        found.cloned()
    }

    /// Executes the template `name` with `data` as its dot, and gives what it wrote.
    /// Functions call it for templates within templates.
    ///
    /// # Errors
    /// Go's text for what went wrong. `root` is the name Go shows for the set of templates.
    pub fn execute(&mut self, name: &str, data: Value, root: &str) -> Result<Output, Error> {
        match self.find_tree(name) {
            Some(tree) => self.execute_tree(tree, data, 0),
            None => Err(Error::new(format!(
                "template: no template {} associated with template {}",
                quote(name.as_bytes()),
                quote(root.as_bytes())
            ))),
        }
    }

    /// Parses `text` as a template called `name` and executes it. What it defines is known while it
    /// runs, and forgotten after.
    ///
    /// # Errors
    /// The parser's error as the first of the pair's kinds, an execution's as the second.
    pub fn execute_text(
        &mut self,
        name: &str,
        text: &str,
        data: Value,
    ) -> Result<Output, TextError> {
        let host = &*self.host;
        let is_function = |name: &str| is_function(host, name);
        let mut trees = Trees::new();
        let tree = parse(name, text, &mut trees, &is_function).map_err(TextError::Parse)?;
        self.charge(text.len() as u64 / 8)
            .map_err(TextError::Execute)?;
        self.trees.push(Rc::new(trees));
        let output = self.execute_tree(tree, data, self.read);
        self.trees.pop();
        output.map_err(TextError::Execute)
    }

    fn execute_tree(
        &mut self,
        tree: Rc<Tree>,
        data: Value,
        text_from: Source,
    ) -> Result<Output, Error> {
        let outer_out = std::mem::take(&mut self.out);
        let outer_node = self.node.take();
        let outer_frame = std::mem::take(&mut self.frame);
        let outer_text_from = std::mem::replace(&mut self.text_from, text_from);
        let outer_read = std::mem::take(&mut self.read);
        let dot = Operand {
            from: self.known(&data),
            ..Operand::plain(data)
        };
        let result = self.run(tree, dot);
        self.node = outer_node;
        self.frame = outer_frame;
        self.text_from = outer_text_from;
        let output = std::mem::replace(&mut self.out, outer_out);
        if let Err(why) = result {
            self.left = output;
            return Err(why);
        }
        self.read = match &mut self.record {
            Some(record) => {
                let written = record.written(&output);
                record.both(outer_read, written)
            }
            None => 0,
        };
        Ok(output)
    }

    /// Walks a tree with variables of its own.
    fn run(&mut self, tree: Rc<Tree>, dot: Operand) -> Exec<()> {
        if self.calls >= CALLS_MAX {
            return Err(self.error(format!("exceeded maximum template depth ({CALLS_MAX})")));
        }
        self.calls += 1;
        let root = Variable {
            name: self.dollar.clone(),
            operand: dot.clone(),
        };
        let outer_tree = std::mem::replace(&mut self.tree, tree.clone());
        let outer_vars = std::mem::replace(&mut self.vars, vec![root]);
        let result = self.walk_all(&dot, &tree.root);
        self.calls -= 1;
        self.vars = outer_vars;
        self.tree = outer_tree;
        result.map(|_| ())
    }

    // ── errors ──────────────────────────────────────────────────────────────────────────────────

    fn at(&mut self, node: &Rc<Node>) {
        self.node = Some(node.clone());
    }

    fn error(&self, message: impl AsRef<str>) -> Error {
        self.error_from(message.as_ref(), None)
    }

    /// An error at the node that is being executed. Its text ends with that of `cause`.
    fn error_from(&self, message: &str, cause: Option<Error>) -> Error {
        let inner = cause.as_ref().map_or("", |cause| cause.message.as_str());
        let name = &self.tree.name;
        let (head, place) = match &self.node {
            None => (format!("template: {name}: "), None),
            Some(node) => {
                let (line, column) = self.tree.position(node.pos);
                let file = self.tree.file.to_string();
                let name = quote(name.as_bytes());
                let head =
                    format!("template: {file}:{line}:{column}: executing {name} at <{node}>: ");
                (head, Some(Place { file, line, column }))
            }
        };
        Error {
            message: format!("{head}{message}{inner}"),
            place: cause
                .as_ref()
                .and_then(|cause| cause.place.clone())
                .or(place),
            cause: cause.map(Box::new),
            is_exec: true,
        }
    }

    fn step(&mut self) -> Exec<()> {
        match self.charge(1) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.error(error.message)),
        }
    }

    /// Counts work that a function does. A step is what executing a node takes: about as
    /// much as a few dozen bytes of text.
    ///
    /// # Errors
    /// More than [`STEPS_MAX`] in all.
    pub fn charge(&mut self, steps: u64) -> Result<(), Error> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > STEPS_MAX {
            let message = format!("exceeded maximum of {STEPS_MAX} steps");
            return Err(Error::new(message));
        }
        Ok(())
    }

    /// Counts the work of going over texts and collections, but not into what these hold.
    fn charge_for(&mut self, values: &mut dyn Iterator<Item = &Value>) -> Result<(), Error> {
        let (mut steps, mut bytes) = (0, 0);
        for value in values {
            match value {
                Value::String(text) | Value::Bytes(text) => bytes += text.as_bytes().len(),
                Value::List(items) => steps += items.len(),
                Value::Map(map) => steps += map.len(),
                _ => {}
            }
        }
        if bytes > OUTPUT_MAX {
            return Err(Error::new(format!(
                "exceeded maximum text of {OUTPUT_MAX} bytes"
            )));
        }
        self.charge((bytes / 32 + steps / 8) as u64)
    }

    /// Counts the work of going into values down to their ends, what is shared each time.
    pub(crate) fn charge_deep(&mut self, values: &[Value]) -> Result<(), Error> {
        let is_collection = |value: &&Value| matches!(value, Value::List(_) | Value::Map(_));
        let collections = values.iter().filter(is_collection);
        let mut rest: Vec<(Value, usize)> = collections.map(|value| (value.clone(), 0)).collect();
        while let Some((value, depth)) = rest.pop() {
            let bytes = match &value {
                Value::String(text) | Value::Bytes(text) => text.as_bytes().len(),
                _ => 0,
            };
            self.charge(1 + (bytes / 32) as u64)?;
            if depth > VALUE_DEPTH_MAX {
                continue;
            }
            match value {
                Value::List(items) => {
                    rest.extend(items.iter().map(|item| (item.clone(), depth + 1)));
                }
                Value::Map(map) => {
                    let members = map.snapshot().into_iter();
                    rest.extend(members.map(|(_, value)| (value, depth + 1)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    // ── output ──────────────────────────────────────────────────────────────────────────────────

    fn write(&mut self, node: &Node, bytes: &[u8], from: Source) -> Exec<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.out.text.extend_from_slice(bytes);
        let end = self.out.text.len();
        if end > OUTPUT_MAX {
            return Err(self.error(format!("exceeded maximum output of {OUTPUT_MAX} bytes")));
        }
        if self.record.is_some() {
            self.write_origins(node, bytes, from);
        }
        Ok(())
    }

    /// Text has lines of its own: each is an origin.
    fn write_origins(&mut self, node: &Node, bytes: &[u8], from: Source) {
        let from = self.both(from, self.text_from);
        let line = self.tree.position(node.pos).0;
        let mut end = self.out.text.len();
        if let NodeKind::Text(_) = node.kind {
            end -= bytes.len();
            for (number, text) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
                end += text.len();
                self.push_origin(end, line + number, from);
            }
        } else {
            self.push_origin(end, line, from);
        }
    }

    fn push_origin(&mut self, end: usize, line: usize, from: Source) {
        self.out.origins.push(Origin {
            end,
            file: self.tree.file.clone(),
            line,
            from,
            under: self.under,
            frame: self.frame,
        });
    }

    // ── provenance ──────────────────────────────────────────────────────────────────────────────

    fn both(&mut self, a: Source, b: Source) -> Source {
        match &mut self.record {
            Some(record) => record.both(a, b),
            None => 0,
        }
    }

    fn known(&self, value: &Value) -> Source {
        self.record.as_ref().map_or(0, |record| record.known(value))
    }

    /// A member of a collection, with where it comes from.
    fn element_of(
        &mut self,
        of: &Value,
        from: Source,
        key: impl FnOnce() -> Key,
        element: Operand,
    ) -> Operand {
        match &mut self.record {
            Some(record) => Operand {
                from: record.member(of, from, key(), &element.value),
                ..element
            },
            None => element,
        }
    }

    // ── variables ───────────────────────────────────────────────────────────────────────────────

    fn variable(&self, name: &str) -> Exec<Operand> {
        match self
            .vars
            .iter()
            .rev()
            .find(|variable| *variable.name == *name)
        {
            Some(variable) => Ok(variable.operand.clone()),
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    fn assign(&mut self, name: &str, operand: Operand) -> Exec<()> {
        match self
            .vars
            .iter_mut()
            .rev()
            .find(|variable| *variable.name == *name)
        {
            Some(variable) => variable.operand = operand,
            None => return Err(self.error(format!("undefined variable: {name}"))),
        }
        Ok(())
    }

    // ── nodes ───────────────────────────────────────────────────────────────────────────────────

    fn walk_all(&mut self, dot: &Operand, nodes: &[Rc<Node>]) -> Exec<Flow> {
        for node in nodes {
            let flow = self.walk(dot, node)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn walk(&mut self, dot: &Operand, node: &Rc<Node>) -> Exec<Flow> {
        self.step()?;
        self.at(node);
        match &node.kind {
            NodeKind::Text(text) => {
                let text = text.clone();
                self.write(node, text.as_bytes(), 0)?;
            }
            NodeKind::Action(pipe) => {
                let operand = self.eval_pipeline(dot, pipe)?;
                if pipe.as_pipe().is_some_and(|pipe| pipe.decl.is_empty()) {
                    self.at(node);
                    let from = operand.from;
                    match &operand.value {
                        Value::Nil => self.write(node, b"<no value>", from)?,
                        Value::String(text) => self.write(node, text.as_bytes(), from)?,
                        Value::Struct(of) if of.pointer_text.is_some() => {
                            let text = of.pointer_text.clone().unwrap_or_default();
                            self.write(node, text.as_bytes(), from)?;
                        }
                        value => {
                            let printed = std::slice::from_ref(value);
                            if let Err(error) = self.charge_deep(printed) {
                                return Err(self.error(error.message));
                            }
                            let text = print::sprint(printed);
                            self.write(node, &text, from)?;
                        }
                    }
                }
            }
            NodeKind::Break => return Ok(Flow::Break),
            NodeKind::Continue => return Ok(Flow::Continue),
            NodeKind::Control(control) => {
                let known = self.vars.len();
                let flow = match control.kind {
                    ControlKind::Range => self.walk_range(dot, control),
                    kind => self.walk_if_or_with(dot, control, kind),
                };
                self.vars.truncate(known);
                return flow;
            }
            NodeKind::Template { name, pipe } => {
                self.walk_template(dot, name, pipe.as_ref())?;
            }
            _ => return Err(self.error(format!("unknown node: {node}"))),
        }
        Ok(Flow::On)
    }

    fn walk_if_or_with(
        &mut self,
        dot: &Operand,
        control: &Control,
        kind: ControlKind,
    ) -> Exec<Flow> {
        let operand = self.eval_pipeline(dot, &control.pipe)?;
        let under = self.both(self.under, operand.from);
        let under = std::mem::replace(&mut self.under, under);
        let flow = match (operand.value.truth(), &control.otherwise) {
            (true, _) if kind == ControlKind::With => self.walk_all(&operand, &control.body),
            (true, _) => self.walk_all(dot, &control.body),
            (false, Some(otherwise)) => self.walk_all(dot, otherwise),
            (false, None) => Ok(Flow::On),
        };
        self.under = under;
        flow
    }

    fn walk_template(&mut self, dot: &Operand, name: &str, pipe: Option<&Rc<Node>>) -> Exec<()> {
        let Some(tree) = self.find_tree(name) else {
            return Err(self.error(format!("template {} not defined", quote(name.as_bytes()))));
        };
        let data = match pipe {
            Some(pipe) => self.eval_pipeline(dot, pipe)?,
            None => Operand::default(),
        };
        let frame = self.frame;
        if let (Some(record), Some(node)) = (&mut self.record, &self.node) {
            let line = self.tree.position(node.pos).0;
            self.frame = record.call(frame, self.tree.file.clone(), line);
        }
        let result = self.run(tree, data);
        self.frame = frame;
        result
    }

    fn walk_range(&mut self, dot: &Operand, control: &Control) -> Exec<Flow> {
        let operand = self.eval_pipeline(dot, &control.pipe)?;
        let under = self.both(self.under, operand.from);
        let under = std::mem::replace(&mut self.under, under);
        if let Err(error) = self.charge_for(&mut std::iter::once(&operand.value)) {
            return Err(self.error(error.message));
        }
        let flow = self.range_over(dot, control, &operand);
        self.under = under;
        flow
    }

    fn range_over(&mut self, dot: &Operand, control: &Control, operand: &Operand) -> Exec<Flow> {
        let Some(pipe) = control.pipe.as_pipe() else {
            return Ok(Flow::On);
        };
        let known = self.vars.len();
        let from = operand.from;
        let mut ran = false;
        let mut each = |machine: &mut Self, index: Operand, element: Operand| {
            ran = true;
            let flow = machine.iteration(pipe, control, index, element);
            machine.vars.truncate(known);
            flow.map(|flow| flow == Flow::Break)
        };
        match &operand.value {
            Value::Nil => {}
            Value::Int(..) | Value::Uint(..) => {
                if pipe.decl.len() > 1 {
                    let shown = print::sprint(std::slice::from_ref(&operand.value));
                    let shown = String::from_utf8_lossy(&shown);
                    return Err(self.error(format!(
                        "can't use {shown} to iterate over more than one variable"
                    )));
                }
                let (count, make) = counter(&operand.value);
                for at in 0..count {
                    if each(self, Operand::default(), Operand::plain(make(at)))? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                for (key, value) in map.snapshot() {
                    let element = Operand::element(map.ty.of, value);
                    let name = || Key::Name(key.clone());
                    let element = self.element_of(&operand.value, from, name, element);
                    let index = Operand {
                        from: element.from,
                        ..Operand::plain(key.into())
                    };
                    if each(self, index, element)? {
                        break;
                    }
                }
            }
            value => match value.elements() {
                Some(elements) => {
                    let of = match value {
                        Value::List(list) => list.ty.of,
                        _ => ElementType::Int,
                    };
                    for (at, element) in elements.iter().enumerate() {
                        let index = Operand::plain(Value::from(at as i64));
                        let element = Operand::element(of, element.clone());
                        let element =
                            self.element_of(&operand.value, from, || Key::Index(at), element);
                        if each(self, index, element)? {
                            break;
                        }
                    }
                }
                None => {
                    let shown = print::sprint(std::slice::from_ref(value));
                    let shown = String::from_utf8_lossy(&shown);
                    return Err(self.error(format!("range can't iterate over {shown}")));
                }
            },
        }
        match &control.otherwise {
            Some(otherwise) if !ran => self.walk_all(dot, otherwise),
            _ => Ok(Flow::On),
        }
    }

    fn iteration(
        &mut self,
        pipe: &Pipe,
        control: &Control,
        index: Operand,
        element: Operand,
    ) -> Exec<Flow> {
        self.step()?;
        let count = pipe.decl.len();
        if pipe.is_assign {
            let names: Vec<Rc<str>> = pipe
                .decl
                .iter()
                .filter_map(|node| first_name(node))
                .collect();
            match names.as_slice() {
                [one] => self.assign(one, element.clone())?,
                [first, second] => {
                    self.assign(first, index)?;
                    self.assign(second, element.clone())?;
                }
                _ => {}
            }
        } else {
            let top = self.vars.len();
            if count > 0 {
                self.vars[top - 1].operand = element.clone();
            }
            if count > 1 {
                self.vars[top - 2].operand = index;
            }
        }
        self.walk_all(&element, &control.body)
    }
}

/// The name of a variable, without its fields.
fn first_name(node: &Node) -> Option<Rc<str>> {
    match &node.kind {
        NodeKind::Variable(names) => names.first().cloned(),
        _ => None,
    }
}

/// How often `range` runs over a number, and the values it gives, which have the number's type.
fn counter(value: &Value) -> (u64, impl Fn(u64) -> Value + use<>) {
    let template = value.clone();
    let count = match value {
        Value::Int(_, number) => u64::try_from(*number).unwrap_or(0),
        Value::Uint(_, number) => *number,
        _ => 0,
    };
    let make = move |at: u64| match template {
        Value::Uint(ty, _) => Value::Uint(ty, at),
        Value::Int(ty, _) => Value::Int(ty, at as i64),
        _ => Value::Nil,
    };
    (count, make)
}

/// Why a text could not be executed as a template.
#[derive(Clone, Debug)]
pub enum TextError {
    /// It is no template.
    Parse(Error),
    /// It failed.
    Execute(Error),
}

/// Whether templates may call `name`.
pub fn is_function<H: Host>(host: &H, name: &str) -> bool {
    crate::builtin::find(name).is_some() || host.function(name).is_some()
}

/// Whether the kind can hold fields that `.x` reads.
pub(crate) fn has_fields(kind: Kind) -> bool {
    matches!(kind, Kind::Struct | Kind::Pointer)
}
