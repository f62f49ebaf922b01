//! Pipelines, commands and operands.

use super::{DEPTH_MAX, Parse, Parser, node};
use crate::ast::{Node, NodeKind, Number, Pipe};
use crate::lex::{Keyword, Token, TokenKind};
use crate::quote::{quote, unquote, unquote_char};
use std::rc::Rc;
use yaml::number::{parse_float, parse_int, without_underscores};

impl<'a> Parser<'a> {
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Parse<Rc<Node>> {
        let pos = self.peek_non_space().pos;
        let mut pipe = Pipe::default();
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => {
                    self.check_pipeline(&pipe, context)?;
                    return Ok(node(pos, NodeKind::Pipe(pipe)));
                }
                TokenKind::Bool
                | TokenKind::CharConstant
                | TokenKind::Complex
                | TokenKind::Dot
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::Keyword(Keyword::Nil)
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParen => {
                    self.back_up(token);
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
    }

    /// `$x :=`, `$x =`, and in `range` also `$i, $x :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parse<()> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != TokenKind::Variable {
                return Ok(());
            }
            self.next_non_space();
            let after = self.peek().clone();
            let next = self.peek_non_space();
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    pipe.is_assign = next.kind == TokenKind::Assign;
                    self.next_non_space();
                    self.declare(pipe, &variable);
                    return Ok(());
                }
                TokenKind::Char if next.text == "," => {
                    self.next_non_space();
                    self.declare(pipe, &variable);
                    if context != "range" || pipe.decl.len() >= 2 {
                        return Err(self.error(format!("too many declarations in {context}")));
                    }
                    match self.peek_non_space().kind {
                        TokenKind::Variable | TokenKind::RightDelim | TokenKind::RightParen => {}
                        _ => return Err(self.error("range can only initialize variables")),
                    }
                }
                _ => {
                    if after.kind == TokenKind::Space {
                        self.back_up(after);
                    }
                    self.back_up(variable);
                    return Ok(());
                }
            }
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, variable: &Token) {
        let names = variable.text.split('.').map(Into::into).collect();
        pipe.decl
            .push(node(variable.pos, NodeKind::Variable(names)));
        self.vars.push((*variable.text).into());
    }

    fn check_pipeline(&mut self, pipe: &Pipe, context: &str) -> Parse<()> {
        if pipe.commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (at, command) in pipe.commands.iter().enumerate().skip(1) {
            let NodeKind::Command(args) = &command.kind else {
                continue;
            };
            if let NodeKind::Bool(_)
            | NodeKind::Dot
            | NodeKind::Nil
            | NodeKind::Number(_)
            | NodeKind::String(..) = args[0].kind
            {
                let stage = at + 1;
                return Err(self.error(format!("non executable command in pipeline stage {stage}")));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parse<Rc<Node>> {
        let pos = self.peek_non_space().pos;
        let mut args = Vec::new();
        loop {
            // Skips leading space.
            let token = self.next_non_space();
            self.back_up(token);
            if let Some(operand) = self.operand()? {
                args.push(operand);
            }
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelim | TokenKind::RightParen => self.back_up(token),
                TokenKind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        if args.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(node(pos, NodeKind::Command(args)))
    }

    /// A term, with the fields that follow it.
    fn operand(&mut self) -> Parse<Option<Rc<Node>>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        if self.peek().kind != TokenKind::Field {
            return Ok(Some(term));
        }
        // Go places the whole at the second field.
        let pos = self.peek().pos;
        let mut fields: Vec<Rc<str>> = Vec::new();
        while self.peek().kind == TokenKind::Field {
            fields.push(self.next().text[1..].into());
        }
        let joined = |names: &[Rc<str>]| names.iter().chain(&fields).cloned().collect();
        let kind = match &term.kind {
            NodeKind::Field(names) => NodeKind::Field(joined(names)),
            NodeKind::Variable(names) => NodeKind::Variable(joined(names)),
            NodeKind::Bool(_)
            | NodeKind::String(..)
            | NodeKind::Number(_)
            | NodeKind::Nil
            | NodeKind::Dot => {
                let term = quote(term.to_string().as_bytes());
                return Err(self.error(format!("unexpected . after term {term}")));
            }
            _ => NodeKind::Chain(term, fields),
        };
        Ok(Some(node(pos, kind)))
    }

    fn term(&mut self) -> Parse<Option<Rc<Node>>> {
        let token = self.next_non_space();
        let kind = match token.kind {
            TokenKind::Identifier => {
                if !(self.is_function)(&token.text) {
                    let name = quote(token.text.as_bytes());
                    return Err(self.error(format!("function {name} not defined")));
                }
                NodeKind::Identifier((*token.text).into())
            }
            TokenKind::Dot => NodeKind::Dot,
            TokenKind::Keyword(Keyword::Nil) => NodeKind::Nil,
            TokenKind::Variable => {
                if !self.vars.iter().any(|name| **name == *token.text) {
                    let name = quote(token.text.as_bytes());
                    return Err(self.error(format!("undefined variable {name}")));
                }
                NodeKind::Variable(vec![(*token.text).into()])
            }
            TokenKind::Field => NodeKind::Field(vec![token.text[1..].into()]),
            TokenKind::Bool => NodeKind::Bool(token.text == "true"),
            TokenKind::CharConstant | TokenKind::Complex | TokenKind::Number => {
                NodeKind::Number(self.number(&token)?)
            }
            TokenKind::LeftParen => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(self.error("max expression depth exceeded"));
                }
                let pipe = self.pipeline("parenthesized pipeline", TokenKind::RightParen)?;
                self.depth -= 1;
                return Ok(Some(pipe));
            }
            TokenKind::String | TokenKind::RawString => {
                let text = unquote(&token.text).ok_or_else(|| self.error("invalid syntax"))?;
                NodeKind::String((*token.text).into(), text)
            }
            _ => {
                self.back_up(token);
                return Ok(None);
            }
        };
        Ok(Some(node(token.pos, kind)))
    }

    /// A number literal, as every type it fits.
    fn number(&mut self, token: &Token) -> Parse<Number> {
        let text = &*token.text;
        let mut number = Number {
            text: text.to_owned(),
            ..Number::default()
        };
        if token.kind == TokenKind::CharConstant {
            let Some(letter) = unquote_char(text) else {
                let message = match text.len() {
                    0..=3 => "invalid syntax".to_owned(),
                    _ if !text.contains('\\') => format!("malformed character constant: {text}"),
                    _ => "invalid syntax".to_owned(),
                };
                return Err(self.error(message));
            };
            let code = u32::from(letter);
            number.int = Some(i64::from(code));
            number.uint = Some(u64::from(code));
            number.float = Some(f64::from(code));
            return Ok(number);
        }
        let plain = without_underscores(text);
        let whole = plain.as_deref().and_then(parse_int);
        number.int = whole.and_then(|whole| i64::try_from(whole).ok());
        let signed = text.starts_with(['+', '-']);
        number.uint = whole
            .filter(|whole| !signed || *whole == 0)
            .and_then(|whole| u64::try_from(whole).ok());
        if let Some(int) = number.int {
            number.float = Some(int as f64);
        } else if let Some(uint) = number.uint {
            number.float = Some(uint as f64);
        } else if let Some(float) = plain.as_deref().and_then(parse_float) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(self.error(format!("integer overflow: {}", quote(text.as_bytes()))));
            }
            number.float = Some(float);
            number.int = Some(float as i64).filter(|int| *int as f64 == float);
            number.uint = Some(float as u64).filter(|uint| *uint as f64 == float);
        }
        if number.float.is_none() {
            return Err(self.error(format!("illegal number syntax: {}", quote(text.as_bytes()))));
        }
        Ok(number)
    }
}
