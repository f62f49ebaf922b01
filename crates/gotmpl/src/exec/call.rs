//! Calls: counting, evaluating and checking arguments against Go's types.

use super::{Exec, Machine, Operand};
use crate::ast::{Node, NodeKind};
use crate::builtin::{self, Builtin};
use crate::error::Error;
use crate::function::{Function, Host, Type};
use crate::quote::quote;
use crate::value::Value;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// `node` is the whole command, which a failing function is reported at.
    pub(super) fn eval_function(
        &mut self,
        dot: &Operand,
        name: &str,
        node: &Rc<Node>,
        args: &[Rc<Node>],
        last: Option<Operand>,
    ) -> Exec<Operand> {
        let args = args.get(1..).unwrap_or_default();
        // The embedder's functions come first, as in Go.
        if let Some(function) = self.host.function(name) {
            let values = self.eval_arguments(dot, name, function, args, last)?;
            let result = (function.call)(self, values);
            return self.returned(result.map(Operand::plain), name, node);
        }
        match builtin::find(name) {
            Some(builtin) => self.call_builtin(dot, name, builtin, node, args, last),
            None => {
                let name = quote(name.as_bytes());
                Err(self.error(format!("{name} is not a defined function")))
            }
        }
    }

    pub(super) fn call_method(
        &mut self,
        dot: &Operand,
        method: &Function<H>,
        node: &Rc<Node>,
        args: &[Rc<Node>],
        last: Option<Operand>,
        receiver: Value,
    ) -> Exec<Operand> {
        let args = args.get(1..).unwrap_or_default();
        let mut values = vec![receiver];
        values.extend(self.eval_arguments(dot, method.name, method, args, last)?);
        let result = (method.call)(self, values);
        self.returned(result.map(Operand::plain), method.name, node)
    }

    fn returned(
        &mut self,
        result: Result<Operand, Error>,
        name: &str,
        node: &Rc<Node>,
    ) -> Exec<Operand> {
        result.map_err(|error| {
            self.at(node);
            self.error_from(&format!("error calling {name}: "), Some(error))
        })
    }

    fn eval_arguments(
        &mut self,
        dot: &Operand,
        name: &str,
        function: &Function<H>,
        args: &[Rc<Node>],
        last: Option<Operand>,
    ) -> Exec<Vec<Value>> {
        let given = args.len() + usize::from(last.is_some());
        let params = function.params;
        self.check_count(name, given, args.len(), params.len(), function.variadic)?;
        let param = |at: usize| params[at.min(params.len() - 1)];
        let mut values = Vec::with_capacity(given);
        for (at, arg) in args.iter().enumerate() {
            values.push(self.eval_arg(dot, param(at), arg)?);
        }
        if let Some(last) = last {
            values.push(self.validate(last, param(given - 1))?);
        }
        Ok(values)
    }

    fn check_count(
        &self,
        name: &str,
        given: usize,
        written: usize,
        params: usize,
        variadic: bool,
    ) -> Exec<()> {
        if variadic && given + 1 < params {
            let least = params - 1;
            return Err(self.error(format!(
                "wrong number of args for {name}: want at least {least} got {written}"
            )));
        }
        if !variadic && given != params {
            return Err(self.error(format!(
                "wrong number of args for {name}: want {params} got {given}"
            )));
        }
        Ok(())
    }

    fn call_builtin(
        &mut self,
        dot: &Operand,
        name: &str,
        builtin: &Builtin,
        node: &Rc<Node>,
        args: &[Rc<Node>],
        last: Option<Operand>,
    ) -> Exec<Operand> {
        let given = args.len() + usize::from(last.is_some());
        let params = builtin.params + usize::from(builtin.variadic);
        self.check_count(name, given, args.len(), params, builtin.variadic)?;
        if matches!(name, "and" | "or") {
            return self.eval_and_or(dot, name == "or", args, last);
        }
        let mut operands = Vec::with_capacity(given);
        for (at, arg) in args.iter().enumerate() {
            let operand = match builtin.first_is_string && at == 0 {
                true => Operand::plain(self.eval_arg(dot, Type::String, arg)?),
                false => self.eval_any(dot, arg)?,
            };
            operands.push(operand);
        }
        if let Some(last) = last {
            let operand = match builtin.first_is_string && operands.is_empty() {
                true => Operand::plain(self.validate(last, Type::String)?),
                false => last,
            };
            operands.push(operand);
        }
        let result = if name == "call" {
            let callee = match args.first() {
                Some(node) => node.to_string(),
                None => "<no value>".to_owned(),
            };
            Err(builtin::call(&callee, operands.first()))
        } else {
            (builtin.call)(&operands)
        };
        self.returned(result, name, node)
    }

    /// Arguments after the one that decides are not evaluated.
    fn eval_and_or(
        &mut self,
        dot: &Operand,
        is_or: bool,
        args: &[Rc<Node>],
        last: Option<Operand>,
    ) -> Exec<Operand> {
        let mut operand = Operand::default();
        for arg in args {
            operand = self.eval_any(dot, arg)?;
            if operand.value.truth() == is_or {
                return Ok(operand);
            }
        }
        Ok(last.unwrap_or(operand))
    }

    /// An argument where any type will do.
    pub(super) fn eval_any(&mut self, dot: &Operand, node: &Rc<Node>) -> Exec<Operand> {
        self.at(node);
        match &node.kind {
            NodeKind::Dot => Ok(dot.clone()),
            NodeKind::Nil => Ok(Operand::default()),
            NodeKind::Field(names) => self.eval_fields(dot, dot.clone(), node, names, &[], None),
            NodeKind::Variable(names) => self.eval_variable(dot, node, names, &[], None),
            NodeKind::Pipe(_) => self.eval_pipeline(dot, node),
            NodeKind::Identifier(name) => self.eval_function(dot, name, node, &[], None),
            NodeKind::Chain(inner, names) => self.eval_chain(dot, node, inner, names, &[], None),
            _ => self.constant(node),
        }
    }

    /// An argument of a given type. Literals are read as that type.
    fn eval_arg(&mut self, dot: &Operand, ty: Type, node: &Rc<Node>) -> Exec<Value> {
        self.at(node);
        match &node.kind {
            NodeKind::Nil => match ty.nil() {
                Some(nil) => Ok(nil),
                None => Err(self.error(format!("cannot assign nil to {}", ty.name()))),
            },
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(..) => {
                self.eval_literal(ty, node)
            }
            _ => {
                let operand = self.eval_any(dot, node)?;
                self.validate(operand, ty)
            }
        }
    }

    fn eval_literal(&mut self, ty: Type, node: &Rc<Node>) -> Exec<Value> {
        let expected = match (ty, &node.kind) {
            (Type::Any, _) => return self.constant(node).map(|operand| operand.value),
            (Type::Bool, NodeKind::Bool(flag)) => return Ok(Value::Bool(*flag)),
            (Type::Bool, _) => "bool",
            (Type::String, NodeKind::String(_, text)) => return Ok(Value::String(text.clone())),
            (Type::String, _) => "string",
            (Type::Int | Type::Int64, NodeKind::Number(number)) if number.int.is_some() => {
                let int = number.int.unwrap_or_default();
                let as_int = ty == Type::Int;
                return Ok(if as_int {
                    Value::from(int)
                } else {
                    Value::int64(int)
                });
            }
            (Type::Int | Type::Int64, _) => "integer",
            (Type::Float, NodeKind::Number(number)) if number.float.is_some() => {
                return Ok(Value::Float(number.float.unwrap_or_default()));
            }
            (Type::Float, _) => "float",
            _ => {
                let name = ty.name();
                return Err(self.error(format!("can't handle {node} for arg of type {name}")));
            }
        };
        Err(self.error(format!("expected {expected}; found {node}")))
    }

    /// Whether a value fits a parameter.
    fn validate(&self, operand: Operand, ty: Type) -> Exec<Value> {
        if operand.is_invalid() {
            return match ty.nil() {
                Some(nil) => Ok(nil),
                None => Err(self.error(format!("invalid value; expected {}", ty.name()))),
            };
        }
        if ty.takes(&operand.value) {
            return Ok(operand.value);
        }
        Err(self.error(format!(
            "wrong type for value; expected {}; got {}",
            ty.name(),
            operand.value.type_name()
        )))
    }
}
