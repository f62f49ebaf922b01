//! The parser: tokens to trees, with Go's rules and error texts.

mod expression;

use crate::ast::{Body, Control, ControlKind, Node, NodeKind, Tree};
use crate::error::{Error, Place};
use crate::lex::{Keyword, Lexer, Token, TokenKind};
use crate::quote::{quote, unquote};
use lean::FlatMap;
use std::rc::Rc;

/// Templates by name.
pub type Trees = FlatMap<Rc<str>, Rc<Tree>>;

/// How deep parentheses and control structures may nest in one another.
pub const DEPTH_MAX: usize = 100;

/// Parses `text` and adds what it defines to `trees`, itself under `name`.
/// `is_function` says which functions there are.
///
/// # Errors
/// The first mistake, in Go's words.
pub fn parse(
    name: &str,
    text: &str,
    trees: &mut Trees,
    is_function: &dyn Fn(&str) -> bool,
) -> Result<Rc<Tree>, Error> {
    let file: Rc<str> = name.into();
    let mut parser = Parser {
        lexer: Lexer::new(text),
        file: file.clone(),
        line_starts: line_starts(text),
        ahead: Vec::new(),
        last_line: 1,
        is_function,
        found: Trees::new(),
        vars: vec!["$".into()],
        action_line: 0,
        range_depth: 0,
        depth: 0,
    };
    let root = parser.parse_file()?;
    let tree = parser.tree(file, root);
    parser.add(tree.clone())?;
    for (name, tree) in parser.found {
        // A blank redefinition leaves what is there.
        if !(tree.is_empty() && trees.contains_key(&name)) {
            trees.insert(name, tree);
        }
    }
    Ok(tree)
}

fn line_starts(text: &str) -> Rc<[usize]> {
    std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect()
}

type Parse<T> = Result<T, Error>;

struct Parser<'a> {
    lexer: Lexer<'a>,
    file: Rc<str>,
    line_starts: Rc<[usize]>,
    /// Tokens that were taken and given back, the next one last.
    ahead: Vec<Token<'a>>,
    /// Line of the token that was read last: what Go's errors name.
    last_line: usize,
    is_function: &'a dyn Fn(&str) -> bool,
    /// What this text defines.
    found: Trees,
    vars: Vec<Rc<str>>,
    action_line: usize,
    range_depth: usize,
    depth: usize,
}

/// What ended a list of nodes.
enum Ended {
    Else,
    End,
}

/// What an action is.
enum Action {
    Node(Rc<Node>),
    Ended(Ended),
}

impl Ended {
    fn tag(&self) -> &'static str {
        match self {
            Ended::Else => "{{else}}",
            Ended::End => "{{end}}",
        }
    }
}

fn node(pos: usize, kind: NodeKind) -> Rc<Node> {
    Rc::new(Node { pos, kind })
}

/// A token as Go's messages show it.
fn shown(token: &Token) -> String {
    match token.kind {
        TokenKind::Eof => "EOF".to_owned(),
        TokenKind::Error => token.text.to_string(),
        TokenKind::Keyword(_) | TokenKind::Dot => format!("<{}>", token.text),
        _ if token.text.len() > 10 => {
            let start: String = token.text.chars().take(10).collect();
            format!("{}...", quote(start.as_bytes()))
        }
        _ => quote(token.text.as_bytes()),
    }
}

impl<'a> Parser<'a> {
    // ── tokens ──────────────────────────────────────────────────────────────────────────────────

    fn next(&mut self) -> Token<'a> {
        match self.ahead.pop() {
            Some(token) => token,
            None => self.fetch(),
        }
    }

    fn fetch(&mut self) -> Token<'a> {
        let token = self.lexer.next();
        self.last_line = token.line;
        token
    }

    fn back_up(&mut self, token: Token<'a>) {
        self.ahead.push(token);
    }

    fn peek(&mut self) -> &Token<'a> {
        if self.ahead.is_empty() {
            let token = self.fetch();
            self.ahead.push(token);
        }
        &self.ahead[self.ahead.len() - 1]
    }

    fn next_non_space(&mut self) -> Token<'a> {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token<'a> {
        let token = self.next_non_space();
        self.back_up(token.clone());
        token
    }

    fn error(&self, message: impl AsRef<str>) -> Error {
        let mut error = Error::new(format!(
            "template: {}:{}: {}",
            self.file,
            self.last_line,
            message.as_ref()
        ));
        error.place = Some(Place {
            file: self.file.to_string(),
            line: self.last_line,
            column: 0,
        });
        error
    }

    fn unexpected(&self, token: &Token, context: &str) -> Error {
        if token.kind != TokenKind::Error {
            return self.error(format!("unexpected {} in {context}", shown(token)));
        }
        let mut extra = String::new();
        if self.action_line != 0 && self.action_line != token.line {
            extra = format!(" in action started at {}:{}", self.file, self.action_line);
            if token.text.ends_with(" action") {
                extra = extra[" in action".len()..].to_owned();
            }
        }
        self.error(format!("{}{extra}", shown(token)))
    }

    fn expect(&mut self, kind: TokenKind, context: &str) -> Parse<Token<'a>> {
        let token = self.next_non_space();
        if token.kind == kind {
            Ok(token)
        } else {
            Err(self.unexpected(&token, context))
        }
    }

    // ── files and definitions ───────────────────────────────────────────────────────────────────

    fn tree(&self, name: Rc<str>, root: Body) -> Rc<Tree> {
        Rc::new(Tree {
            name,
            file: self.file.clone(),
            line_starts: self.line_starts.clone(),
            root,
        })
    }

    fn add(&mut self, tree: Rc<Tree>) -> Parse<()> {
        match self.found.get(&tree.name) {
            Some(have) if !have.is_empty() => {
                if tree.is_empty() {
                    return Ok(());
                }
                let name = quote(tree.name.as_bytes());
                Err(self.error(format!("template: multiple definition of template {name}")))
            }
            _ => {
                self.found.insert(tree.name.clone(), tree);
                Ok(())
            }
        }
    }

    fn parse_file(&mut self) -> Parse<Body> {
        let mut root = Body::new();
        loop {
            match self.peek().kind {
                TokenKind::Eof => return Ok(root),
                TokenKind::LeftDelim => {
                    let delim = self.next();
                    let token = self.next_non_space();
                    if token.kind == TokenKind::Keyword(Keyword::Define) {
                        self.parse_definition()?;
                        continue;
                    }
                    self.back_up(token);
                    self.back_up(delim);
                }
                _ => {}
            }
            match self.text_or_action()? {
                Action::Node(node) => root.push(node),
                Action::Ended(ended) => {
                    return Err(self.error(format!("unexpected {}", ended.tag())));
                }
            }
        }
    }

    fn parse_definition(&mut self) -> Parse<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(TokenKind::RightDelim, CONTEXT)?;
        let root = self.nested_template(CONTEXT)?;
        let tree = self.tree(name, root);
        self.add(tree)
    }

    /// The body of a definition, which sees no variable and no loop from outside.
    fn nested_template(&mut self, context: &str) -> Parse<Body> {
        let vars = std::mem::replace(&mut self.vars, vec!["$".into()]);
        let range_depth = std::mem::take(&mut self.range_depth);
        let action_line = std::mem::take(&mut self.action_line);
        let (body, ended) = self.item_list()?;
        self.action_line = action_line;
        if let Ended::Else = ended {
            return Err(self.error(format!("unexpected {} in {context}", ended.tag())));
        }
        self.vars = vars;
        self.range_depth = range_depth;
        Ok(body)
    }

    fn template_name(&mut self, token: &Token, context: &str) -> Parse<Rc<str>> {
        match token.kind {
            TokenKind::String | TokenKind::RawString => {
                let text = unquote(&token.text).ok_or_else(|| self.error("invalid syntax"))?;
                Ok(text.to_str().into())
            }
            _ => Err(self.unexpected(token, context)),
        }
    }

    // ── nodes ───────────────────────────────────────────────────────────────────────────────────

    fn item_list(&mut self) -> Parse<(Body, Ended)> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("max nesting depth exceeded"));
        }
        let mut body = Body::new();
        while self.peek_non_space().kind != TokenKind::Eof {
            match self.text_or_action()? {
                Action::Node(node) => body.push(node),
                Action::Ended(ended) => {
                    self.depth -= 1;
                    return Ok((body, ended));
                }
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Parse<Action> {
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => Ok(Action::Node(node(
                token.pos,
                NodeKind::Text((*token.text).into()),
            ))),
            TokenKind::LeftDelim => {
                self.action_line = token.line;
                let action = self.action()?;
                self.action_line = 0;
                Ok(action)
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn action(&mut self) -> Parse<Action> {
        let token = self.next_non_space();
        if let TokenKind::Keyword(keyword) = token.kind {
            match keyword {
                Keyword::Block => return self.block().map(Action::Node),
                Keyword::Break | Keyword::Continue => {
                    return self.loop_control(&token, keyword).map(Action::Node);
                }
                Keyword::Else => return self.else_tag().map(Action::Ended),
                Keyword::End => {
                    self.expect(TokenKind::RightDelim, "end")?;
                    return Ok(Action::Ended(Ended::End));
                }
                Keyword::If => return self.control(ControlKind::If).map(Action::Node),
                Keyword::With => return self.control(ControlKind::With).map(Action::Node),
                Keyword::Range => return self.control(ControlKind::Range).map(Action::Node),
                Keyword::Template => return self.call().map(Action::Node),
                Keyword::Define | Keyword::Nil => {}
            }
        }
        self.back_up(token);
        let pos = self.peek().pos;
        let pipe = self.pipeline("command", TokenKind::RightDelim)?;
        Ok(Action::Node(node(pos, NodeKind::Action(pipe))))
    }

    fn loop_control(&mut self, token: &Token, keyword: Keyword) -> Parse<Rc<Node>> {
        let (kind, tag) = match keyword {
            Keyword::Break => (NodeKind::Break, "{{break}}"),
            _ => (NodeKind::Continue, "{{continue}}"),
        };
        let next = self.next_non_space();
        if next.kind != TokenKind::RightDelim {
            return Err(self.unexpected(&next, tag));
        }
        if self.range_depth == 0 {
            return Err(self.error(format!("{tag} outside {{{{range}}}}")));
        }
        Ok(node(token.pos, kind))
    }

    fn else_tag(&mut self) -> Parse<Ended> {
        let next = self.peek_non_space();
        if let TokenKind::Keyword(Keyword::If | Keyword::With) = next.kind {
            return Ok(Ended::Else);
        }
        self.expect(TokenKind::RightDelim, "else")?;
        Ok(Ended::Else)
    }

    fn control(&mut self, kind: ControlKind) -> Parse<Rc<Node>> {
        let context = match kind {
            ControlKind::If => "if",
            ControlKind::With => "with",
            ControlKind::Range => "range",
        };
        let known = self.vars.len();
        let pipe = self.pipeline(context, TokenKind::RightDelim)?;
        let in_range = usize::from(kind == ControlKind::Range);
        self.range_depth += in_range;
        let (body, ended) = self.item_list()?;
        self.range_depth -= in_range;
        let otherwise = match ended {
            Ended::End => None,
            Ended::Else => Some(self.else_body(kind)?),
        };
        self.vars.truncate(known);
        let control = Control {
            kind,
            pipe: pipe.clone(),
            body,
            otherwise,
        };
        Ok(node(pipe.pos, NodeKind::Control(control)))
    }

    /// What follows `{{else`: another `if` or `with` in the same tag, or a body.
    fn else_body(&mut self, kind: ControlKind) -> Parse<Body> {
        let chained = match kind {
            ControlKind::If => Some(Keyword::If),
            ControlKind::With => Some(Keyword::With),
            ControlKind::Range => None,
        };
        if let (TokenKind::Keyword(found), Some(wanted)) = (self.peek().kind, chained)
            && found == wanted
        {
            self.next();
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(self.error("max nesting depth exceeded"));
            }
            let inner = self.control(kind)?;
            self.depth -= 1;
            return Ok(vec![inner]);
        }
        let (body, ended) = self.item_list()?;
        match ended {
            Ended::End => Ok(body),
            Ended::Else => Err(self.error(format!("expected end; found {}", ended.tag()))),
        }
    }

    fn block(&mut self) -> Parse<Rc<Node>> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, TokenKind::RightDelim)?;
        let root = self.nested_template(CONTEXT)?;
        let tree = self.tree(name.clone(), root);
        self.add(tree)?;
        let pipe = Some(pipe);
        Ok(node(token.pos, NodeKind::Template { name, pipe }))
    }

    fn call(&mut self) -> Parse<Rc<Node>> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let next = self.next_non_space();
        let pipe = if next.kind == TokenKind::RightDelim {
            None
        } else {
            self.back_up(next);
            Some(self.pipeline(CONTEXT, TokenKind::RightDelim)?)
        };
        Ok(node(token.pos, NodeKind::Template { name, pipe }))
    }
}
