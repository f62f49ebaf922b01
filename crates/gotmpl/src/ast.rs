//! The syntax tree. `Display` writes a node as Go's `String` methods do: error texts show it.

use crate::quote::quote;
use crate::value::Text;
use std::fmt::{self, Display, Formatter};
use std::rc::Rc;

/// A template: its name, and what it does.
#[derive(Debug)]
pub struct Tree {
    /// The name it is called by.
    pub name: Rc<str>,
    /// The file it stands in.
    pub file: Rc<str>,
    /// Byte offsets in that file at which its lines begin.
    pub line_starts: Rc<[usize]>,
    /// What it does.
    pub root: Vec<Rc<Node>>,
}

impl Tree {
    /// Whether it holds nothing but white space and comments, so that another definition of the
    /// same name may take its place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.iter().all(|node| match &node.kind {
            NodeKind::Text(text) => text.trim().is_empty(),
            _ => false,
        })
    }

    /// Line (from 1) and column (bytes from 0) of a byte offset in its file.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let line = self
            .line_starts
            .partition_point(|start| *start <= offset)
            .max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        (line, offset.saturating_sub(start))
    }
}

/// A node and the byte offset at which Go places it.
#[derive(Debug)]
pub struct Node {
    /// Byte offset in the file.
    pub pos: usize,
    /// What it is.
    pub kind: NodeKind,
}

/// A list of nodes between two tags.
pub type Body = Vec<Rc<Node>>;

/// What a node is.
#[derive(Debug)]
pub enum NodeKind {
    /// Text between actions.
    Text(Rc<str>),
    /// `{{pipeline}}`
    Action(Rc<Node>),
    /// `{{break}}`
    Break,
    /// `{{continue}}`
    Continue,
    /// `{{if}}`, `{{with}}` or `{{range}}`.
    Control(Control),
    /// `{{template "name" pipeline}}`
    Template {
        /// The name of what is called.
        name: Rc<str>,
        /// What becomes its dot.
        pipe: Option<Rc<Node>>,
    },
    /// Commands joined by `|`.
    Pipe(Pipe),
    /// A function or a value, and its arguments.
    Command(Vec<Rc<Node>>),
    /// The name of a function.
    Identifier(Rc<str>),
    /// `$x.y`: the name with its `$`, then fields.
    Variable(Vec<Rc<str>>),
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// `.x.y`
    Field(Vec<Rc<str>>),
    /// Fields of something in parentheses, or of a function's result.
    Chain(Rc<Node>, Vec<Rc<str>>),
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text: as written, and as meant.
    String(Rc<str>, Text),
}

/// Which control structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// `if`
    If,
    /// `with`
    With,
    /// `range`
    Range,
}

/// A control structure.
#[derive(Debug)]
pub struct Control {
    /// Which one.
    pub kind: ControlKind,
    /// What it looks at.
    pub pipe: Rc<Node>,
    /// What is done if that is there.
    pub body: Body,
    /// What is done if not.
    pub otherwise: Option<Body>,
}

/// A pipeline.
#[derive(Debug, Default)]
pub struct Pipe {
    /// Whether its variables are assigned (`=`) rather than declared (`:=`).
    pub is_assign: bool,
    /// The variables on its left.
    pub decl: Vec<Rc<Node>>,
    /// The commands.
    pub commands: Vec<Rc<Node>>,
}

/// A number literal, as every type that it fits.
#[derive(Clone, Debug, Default)]
pub struct Number {
    /// As written.
    pub text: String,
    /// As a signed integer.
    pub int: Option<i64>,
    /// As an unsigned integer.
    pub uint: Option<u64>,
    /// As a float.
    pub float: Option<f64>,
}

impl Node {
    /// The pipeline this node is; one with nothing in it if it is none.
    #[must_use]
    pub fn as_pipe(&self) -> Option<&Pipe> {
        match &self.kind {
            NodeKind::Pipe(pipe) => Some(pipe),
            _ => None,
        }
    }
}

fn join(f: &mut Formatter<'_>, nodes: &[Rc<Node>], between: &str) -> fmt::Result {
    for (at, node) in nodes.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        node.fmt(f)?;
    }
    Ok(())
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NodeKind::Text(text) => f.write_str(text),
            NodeKind::Action(pipe) => write!(f, "{{{{{pipe}}}}}"),
            NodeKind::Break => f.write_str("{{break}}"),
            NodeKind::Continue => f.write_str("{{continue}}"),
            NodeKind::Control(control) => control.fmt(f),
            NodeKind::Template { name, pipe } => {
                write!(f, "{{{{template {}", quote(name.as_bytes()))?;
                if let Some(pipe) = pipe {
                    write!(f, " {pipe}")?;
                }
                f.write_str("}}")
            }
            NodeKind::Pipe(pipe) => pipe.fmt(f),
            NodeKind::Command(args) => {
                for (at, arg) in args.iter().enumerate() {
                    let space = if at > 0 { " " } else { "" };
                    match &arg.kind {
                        NodeKind::Pipe(pipe) => write!(f, "{space}({pipe})")?,
                        _ => write!(f, "{space}{arg}")?,
                    }
                }
                Ok(())
            }
            NodeKind::Identifier(name) => f.write_str(name),
            NodeKind::Variable(names) => f.write_str(&names.join(".")),
            NodeKind::Dot => f.write_str("."),
            NodeKind::Nil => f.write_str("nil"),
            NodeKind::Field(names) => write!(f, ".{}", names.join(".")),
            NodeKind::Chain(node, names) => match &node.kind {
                NodeKind::Pipe(pipe) => write!(f, "({pipe}).{}", names.join(".")),
                _ => write!(f, "{node}.{}", names.join(".")),
            },
            NodeKind::Bool(flag) => write!(f, "{flag}"),
            NodeKind::Number(number) => f.write_str(&number.text),
            NodeKind::String(written, _) => f.write_str(written),
        }
    }
}

impl Display for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.decl.is_empty() {
            join(f, &self.decl, ", ")?;
            f.write_str(if self.is_assign { " = " } else { " := " })?;
        }
        join(f, &self.commands, " | ")
    }
}

impl Display for Control {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = match self.kind {
            ControlKind::If => "if",
            ControlKind::With => "with",
            ControlKind::Range => "range",
        };
        write!(f, "{{{{{word} {}}}}}", self.pipe)?;
        join(f, &self.body, "")?;
        if let Some(otherwise) = &self.otherwise {
            f.write_str("{{else}}")?;
            join(f, otherwise, "")?;
        }
        f.write_str("{{end}}")
    }
}
