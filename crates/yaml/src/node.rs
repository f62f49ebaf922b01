//! The syntax tree: what was written where.

use crate::Style;
use crate::error::Mark;
use ecow::EcoString;
use std::ops::Range;
use std::rc::Rc;

/// One value of a YAML text, with the place it was written at. Clones share.
#[derive(Clone, Debug)]
pub struct Node {
    /// The bytes it spans, without its anchor and tag. Empty for a value that was left out.
    pub span: Range<usize>,
    /// Where it begins: line and column from 0.
    pub mark: Mark,
    /// The tag in its long form (`tag:yaml.org,2002:str`), or as written if it is a private one.
    pub tag: Option<Rc<str>>,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A scalar's text, with quotes and escapes resolved.
    Scalar {
        /// The text.
        text: EcoString,
        /// How it was quoted.
        style: Style,
    },
    /// A sequence.
    List(Rc<[Node]>),
    /// A mapping, in the order written, duplicates included.
    Map(Rc<[(Node, Node)]>),
    /// `*name`, with the node that it stands for.
    Alias(Rc<str>, Rc<Node>),
    /// `*name` inside the node of that name: no value.
    Cycle(Rc<str>),
}

impl Node {
    /// Line of its first byte, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.mark.line + 1
    }

    /// Column of its first character, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.mark.column + 1
    }

    /// The node it stands for, if it is an alias; else itself.
    #[must_use]
    pub fn target(&self) -> &Node {
        match &self.kind {
            Kind::Alias(_, node) => node.target(),
            _ => self,
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.target().kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The key and the value of a mapping's member; the last one where a key stands twice.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        match &self.target().kind {
            Kind::Map(members) => {
                let member = members
                    .iter()
                    .rev()
                    .find(|(have, _)| have.text() == Some(key))?;
                Some((&member.0, &member.1))
            }
            _ => None,
        }
    }

    /// The member `key` of a mapping, or item number `key` of a sequence.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.target().kind {
            Kind::List(items) => items.get(key.parse::<usize>().ok()?),
            _ => self.entry(key).map(|(_, value)| value),
        }
    }

    /// The node at a path of keys and item numbers (`["spec", "containers", "0", "image"]`).
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }
}
