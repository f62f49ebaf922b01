//! The executor: walks a tree with its data and writes the output, as Go's
//! `text/template/exec.go` does.

mod call;
mod eval;

use crate::ast::{Control, ControlKind, Node, NodeKind, Pipe, Tree};
use crate::error::{Error, Place};
use crate::function::Host;
use crate::parse::{Trees, parse};
use crate::print;
use crate::quote::quote;
use crate::value::{ElementType, Kind, Value};
use std::rc::Rc;

/// How deep templates may call one another. Go allows more than any stack here holds.
pub const CALLS_MAX: usize = 100;
/// How many nodes may be executed in all.
pub const STEPS_MAX: u64 = 20_000_000;
/// How long the output may grow, in bytes.
pub const OUTPUT_MAX: usize = 32 << 20;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Where in the output the range ends; it begins where the one before it ends.
    pub end: usize,
    /// The file of the node.
    pub file: Rc<str>,
    /// Line of the node, from 1.
    pub line: usize,
}

/// What executing a template gave.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The text.
    pub text: Vec<u8>,
    /// Where it came from, range after range.
    pub origins: Vec<Origin>,
}

/// A value under evaluation. `boxed`: it is held in an interface, as the elements of maps and
/// slices are. Go tells a nil in an interface (`nil pointer evaluating`) from no value at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operand {
    pub value: Value,
    pub boxed: bool,
}

impl Operand {
    pub fn plain(value: Value) -> Operand {
        Operand {
            value,
            boxed: false,
        }
    }

    pub fn boxed(value: Value) -> Operand {
        Operand { value, boxed: true }
    }

    /// An element of a map or a slice: in an interface, unless its type says otherwise.
    pub fn element(of: ElementType, value: Value) -> Operand {
        Operand {
            value,
            boxed: of == ElementType::Any,
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
        Operand::plain(self.value)
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
    trees: Rc<Trees>,
    out: Output,
    tree: Rc<Tree>,
    node: Option<Rc<Node>>,
    vars: Vec<Variable>,
    calls: usize,
    steps: u64,
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
            trees,
            out: Output::default(),
            tree: Rc::new(nothing),
            node: None,
            vars: Vec::new(),
            calls: 0,
            steps: 0,
        }
    }

    /// Executes the template `name` with `data` as its dot, and gives what it wrote.
    /// Functions call it for templates within templates.
    ///
    /// # Errors
    /// Go's text for what went wrong. `root` is the name Go shows for the set of templates.
    pub fn execute(&mut self, name: &str, data: Value, root: &str) -> Result<Output, Error> {
        match self.trees.get(name).cloned() {
            Some(tree) => self.execute_tree(tree, data),
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
        let mut trees = (*self.trees).clone();
        let host = &*self.host;
        let is_function = |name: &str| is_function(host, name);
        let tree = parse(name, text, &mut trees, &is_function).map_err(TextError::Parse)?;
        let outer = std::mem::replace(&mut self.trees, Rc::new(trees));
        let output = self.execute_tree(tree, data);
        self.trees = outer;
        output.map_err(TextError::Execute)
    }

    fn execute_tree(&mut self, tree: Rc<Tree>, data: Value) -> Result<Output, Error> {
        let outer_out = std::mem::take(&mut self.out);
        let outer_node = self.node.take();
        let result = self.run(tree, Operand::plain(data));
        self.node = outer_node;
        let output = std::mem::replace(&mut self.out, outer_out);
        result.map(|()| output)
    }

    /// Walks a tree with variables of its own.
    fn run(&mut self, tree: Rc<Tree>, dot: Operand) -> Exec<()> {
        if self.calls >= CALLS_MAX {
            return Err(self.error(format!("exceeded maximum template depth ({CALLS_MAX})")));
        }
        self.calls += 1;
        let root = Variable {
            name: "$".into(),
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
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(self.error(format!("exceeded maximum of {STEPS_MAX} steps")));
        }
        Ok(())
    }

    // ── output ──────────────────────────────────────────────────────────────────────────────────

    fn write(&mut self, node: &Rc<Node>, bytes: &[u8]) -> Exec<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.out.text.extend_from_slice(bytes);
        let end = self.out.text.len();
        if end > OUTPUT_MAX {
            return Err(self.error(format!("exceeded maximum output of {OUTPUT_MAX} bytes")));
        }
        if let NodeKind::Text(_) = node.kind {
            self.write_text_origins(node, bytes, end);
        } else {
            self.push_origin(end, self.tree.position(node.pos).0);
        }
        Ok(())
    }

    /// Text has lines of its own: each is an origin.
    fn write_text_origins(&mut self, node: &Rc<Node>, bytes: &[u8], end: usize) {
        let first = self.tree.position(node.pos).0;
        let mut at = end - bytes.len();
        for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            at += line.len();
            self.push_origin(at, first + number);
        }
    }

    fn push_origin(&mut self, end: usize, line: usize) {
        if let Some(last) = self.out.origins.last_mut()
            && last.line == line
            && last.file == self.tree.file
        {
            last.end = end;
            return;
        }
        let file = self.tree.file.clone();
        self.out.origins.push(Origin { end, file, line });
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
                self.write(node, text.as_bytes())?;
            }
            NodeKind::Action(pipe) => {
                let operand = self.eval_pipeline(dot, pipe)?;
                if pipe.as_pipe().is_some_and(|pipe| pipe.decl.is_empty()) {
                    self.at(node);
                    let text = match &operand.value {
                        Value::Nil => b"<no value>".to_vec(),
                        Value::Struct(of) if of.pointer_text.is_some() => of
                            .pointer_text
                            .clone()
                            .unwrap_or_default()
                            .as_bytes()
                            .to_vec(),
                        _ => print::sprint(&[operand.value]),
                    };
                    self.write(node, &text)?;
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
        if operand.value.truth() {
            let dot = if kind == ControlKind::With {
                &operand
            } else {
                dot
            };
            return self.walk_all(dot, &control.body);
        }
        match &control.otherwise {
            Some(otherwise) => self.walk_all(dot, otherwise),
            None => Ok(Flow::On),
        }
    }

    fn walk_template(&mut self, dot: &Operand, name: &str, pipe: Option<&Rc<Node>>) -> Exec<()> {
        let Some(tree) = self.trees.get(name).cloned() else {
            return Err(self.error(format!("template {} not defined", quote(name.as_bytes()))));
        };
        let data = match pipe {
            Some(pipe) => self.eval_pipeline(dot, pipe)?,
            None => Operand::default(),
        };
        self.run(tree, data)
    }

    fn walk_range(&mut self, dot: &Operand, control: &Control) -> Exec<Flow> {
        let operand = self.eval_pipeline(dot, &control.pipe)?;
        let Some(pipe) = control.pipe.as_pipe() else {
            return Ok(Flow::On);
        };
        let known = self.vars.len();
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
                    if each(self, Operand::plain(key.into()), element)? {
                        break;
                    }
                }
            }
            value => match value.elements() {
                Some(elements) => {
                    let of = match value {
                        Value::List(list) => list.of,
                        _ => ElementType::Int,
                    };
                    for (at, element) in elements.iter().enumerate() {
                        let index = Operand::plain(Value::from(at as i64));
                        if each(self, index, Operand::element(of, element.clone()))? {
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
