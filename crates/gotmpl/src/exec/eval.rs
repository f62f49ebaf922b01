//! Pipelines, commands, and the values they are made of.

use super::{Exec, Machine, MissingKey, Operand, Variable, first_name, has_fields};
use crate::ast::{Node, NodeKind, Number};
use crate::function::Host;
use crate::provenance::Key;
use crate::value::Value;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// The value of the last command; sets the pipeline's variables.
    pub(super) fn eval_pipeline(&mut self, dot: &Operand, node: &Rc<Node>) -> Exec<Operand> {
        let Some(pipe) = node.as_pipe() else {
            return Ok(Operand::default());
        };
        self.at(node);
        let mut last: Option<Operand> = None;
        for command in &pipe.commands {
            // What goes on to the next command is taken out of its interface.
            last = Some(self.eval_command(dot, command, last)?.unboxed());
        }
        let operand = last.unwrap_or_default();
        for variable in &pipe.decl {
            let Some(name) = first_name(variable) else {
                continue;
            };
            if pipe.is_assign {
                self.assign(&name, operand.clone())?;
            } else {
                let operand = operand.clone();
                self.vars.push(Variable { name, operand });
            }
        }
        Ok(operand)
    }

    /// `last` is what the command before gave: the last argument of this one.
    fn eval_command(
        &mut self,
        dot: &Operand,
        command: &Rc<Node>,
        last: Option<Operand>,
    ) -> Exec<Operand> {
        let NodeKind::Command(args) = &command.kind else {
            return Err(self.error(format!("unknown node: {command}")));
        };
        let first = &args[0];
        match &first.kind {
            NodeKind::Field(names) => {
                self.at(first);
                return self.eval_fields(dot, dot.clone(), first, names, args, last);
            }
            NodeKind::Chain(inner, names) => {
                return self.eval_chain(dot, first, inner, names, args, last);
            }
            NodeKind::Identifier(name) => {
                self.at(first);
                return self.eval_function(dot, name, command, args, last);
            }
            NodeKind::Pipe(_) => {
                self.check_no_arguments(args, last.as_ref())?;
                return self.eval_pipeline(dot, first);
            }
            NodeKind::Variable(names) => {
                return self.eval_variable(dot, first, names, args, last);
            }
            _ => {}
        }
        self.at(first);
        self.check_no_arguments(args, last.as_ref())?;
        match &first.kind {
            NodeKind::Nil => Err(self.error("nil is not a command")),
            NodeKind::Dot => Ok(dot.clone()),
            _ => self.constant(first),
        }
    }

    fn check_no_arguments(&self, args: &[Rc<Node>], last: Option<&Operand>) -> Exec<()> {
        if args.len() > 1 || last.is_some() {
            return Err(self.error(format!("can't give argument to non-function {}", args[0])));
        }
        Ok(())
    }

    /// A literal, with the type it has where none is asked for.
    pub(super) fn constant(&mut self, node: &Rc<Node>) -> Exec<Operand> {
        self.at(node);
        match &node.kind {
            NodeKind::Bool(flag) => Ok(Operand::plain(Value::Bool(*flag))),
            NodeKind::String(_, text) => Ok(Operand::plain(Value::String(text.clone()))),
            NodeKind::Number(number) => self.number(number),
            _ => Err(self.error(format!(
                "can't handle assignment of {node} to empty interface argument"
            ))),
        }
    }

    fn number(&mut self, number: &Number) -> Exec<Operand> {
        let text = number.text.as_str();
        let is_hex = text.starts_with("0x") || text.starts_with("0X");
        let is_hex_int = is_hex && !text.contains(['p', 'P']);
        let looks_float = text.contains(['.', 'e', 'E', 'p', 'P']);
        let value = match (number.float, number.int) {
            (Some(float), _) if looks_float && !is_hex_int && !text.starts_with('\'') => {
                Value::Float(float)
            }
            (_, Some(int)) => Value::from(int),
            _ => return Err(self.error(format!("{text} overflows int"))),
        };
        Ok(Operand::plain(value))
    }

    pub(super) fn eval_chain(
        &mut self,
        dot: &Operand,
        node: &Rc<Node>,
        inner: &Rc<Node>,
        names: &[Rc<str>],
        args: &[Rc<Node>],
        last: Option<Operand>,
    ) -> Exec<Operand> {
        self.at(node);
        if let NodeKind::Nil = inner.kind {
            return Err(self.error(format!("indirection through explicit nil in {node}")));
        }
        let receiver = self.eval_any(dot, inner)?;
        self.eval_fields(dot, receiver, node, names, args, last)
    }

    pub(super) fn eval_variable(
        &mut self,
        dot: &Operand,
        node: &Rc<Node>,
        names: &[Rc<str>],
        args: &[Rc<Node>],
        last: Option<Operand>,
    ) -> Exec<Operand> {
        self.at(node);
        let receiver = self.variable(&names[0])?;
        if names.len() == 1 {
            if !args.is_empty() {
                self.check_no_arguments(args, last.as_ref())?;
            }
            return Ok(receiver);
        }
        self.eval_fields(dot, receiver, node, &names[1..], args, last)
    }

    /// `.x.y.z` of a receiver. The arguments are for the last one.
    pub(super) fn eval_fields(
        &mut self,
        dot: &Operand,
        receiver: Operand,
        node: &Rc<Node>,
        names: &[Rc<str>],
        args: &[Rc<Node>],
        last: Option<Operand>,
    ) -> Exec<Operand> {
        let mut receiver = receiver;
        let Some((final_name, path)) = names.split_last() else {
            return Ok(receiver);
        };
        for name in path {
            receiver = self.eval_field(dot, name, node, &[], None, receiver)?;
        }
        self.eval_field(dot, final_name, node, args, last, receiver)
    }

    fn eval_field(
        &mut self,
        dot: &Operand,
        name: &str,
        node: &Rc<Node>,
        args: &[Rc<Node>],
        last: Option<Operand>,
        receiver: Operand,
    ) -> Exec<Operand> {
        if receiver.is_invalid() {
            if self.missing_key == MissingKey::Error {
                return Err(self.error(format!("nil data; no entry for key {name:?}")));
            }
            return Ok(Operand::default());
        }
        let type_name = receiver.type_name();
        if receiver.value.is_nil() {
            return Err(self.error(format!("nil pointer evaluating {type_name}.{name}")));
        }
        if let Some(method) = self.host.method(&receiver.value, name) {
            return self.call_method(dot, method, node, args, last, receiver);
        }
        let has_arguments = args.len() > 1 || last.is_some();
        match &receiver.value {
            Value::Struct(of) if has_fields(receiver.value.kind()) => {
                if let Some(field) = of.field(name) {
                    if has_arguments {
                        return Err(self.error(format!(
                            "{name} has arguments but cannot be invoked as function"
                        )));
                    }
                    return Ok(Operand {
                        from: receiver.from,
                        ..Operand::plain(field.clone())
                    });
                }
            }
            Value::Map(map) => {
                if has_arguments {
                    return Err(self.error(format!("{name} is not a method but has arguments")));
                }
                let of = map.ty.of;
                let element = match map.get(name) {
                    Some(value) => Operand::element(of, value),
                    None => match self.missing_key {
                        MissingKey::Invalid => Operand::default(),
                        MissingKey::Zero => Operand::element(of, of.zero()),
                        MissingKey::Error => {
                            return Err(self.error(format!("map has no entry for key {name:?}")));
                        }
                    },
                };
                let key = || Key::Name(name.into());
                return Ok(self.element_of(&receiver.value, receiver.from, key, element));
            }
            _ => {}
        }
        Err(self.error(format!("can't evaluate field {name} in type {type_name}")))
    }
}
