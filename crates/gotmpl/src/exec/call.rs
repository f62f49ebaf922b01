//! Calls: counting, evaluating and checking arguments against Go's types.

use super::{Exec, Machine, Operand};
use crate::ast::{Node, NodeKind};
use crate::builtin::{self, Builtin};
use crate::error::Error;
use crate::function::{Function, Host, Type};
use crate::provenance::{Arguments, Source};
use crate::quote::quote;
use crate::value::{UintType, Value};
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
            return self.call_function(dot, name, function, node, args, last, None);
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
        receiver: Operand,
    ) -> Exec<Operand> {
        let args = args.get(1..).unwrap_or_default();
        let receiver = Some(receiver);
        self.call_function(dot, method.name, method, node, args, last, receiver)
    }

    #[allow(clippy::too_many_arguments, reason = "what Go's evalCall takes")]
    fn call_function(
        &mut self,
        dot: &Operand,
        name: &str,
        function: &Function<H>,
        node: &Rc<Node>,
        args: &[Rc<Node>],
        last: Option<Operand>,
        receiver: Option<Operand>,
    ) -> Exec<Operand> {
        let outer = std::mem::take(&mut self.read);
        let given = args.len() + usize::from(last.is_some());
        let params = function.params;
        self.check_count(name, given, args.len(), params.len(), function.variadic)?;
        let param = |at: usize| params[at.min(params.len() - 1)];
        let mut values = Vec::with_capacity(given + 1);
        let mut sources = Vec::new();
        if let Some(receiver) = receiver {
            self.give(receiver.value, receiver.from, &mut values, &mut sources);
        }
        for (at, arg) in args.iter().enumerate() {
            let operand = self.eval_arg(dot, param(at), arg)?;
            self.give(operand.value, operand.from, &mut values, &mut sources);
        }
        if let Some(last) = last {
            let from = last.from;
            let value = self.validate(last, param(given - 1))?;
            self.give(value, from, &mut values, &mut sources);
        }
        let arguments = match self.record {
            Some(_) => Arguments::new(&values, &sources),
            None => Arguments::default(),
        };
        let value = match self.charged_call(function, values) {
            Ok(value) => value,
            Err(error) => return self.returned(Err(error), name, node),
        };
        let from = std::mem::replace(&mut self.read, outer);
        let from = match &mut self.record {
            Some(record) => record.result(&value, from, &arguments),
            None => 0,
        };
        Ok(Operand {
            from,
            ..Operand::plain(value)
        })
    }

    fn charged_call(&mut self, function: &Function<H>, values: Vec<Value>) -> Result<Value, Error> {
        self.charge_for(&mut values.iter())?;
        if function.deep {
            self.charge_deep(&values)?;
        }
        let value = (function.call)(self, values)?;
        self.charge_for(&mut std::iter::once(&value))?;
        Ok(value)
    }

    /// Adds an argument.
    fn give(
        &mut self,
        value: Value,
        from: Source,
        values: &mut Vec<Value>,
        sources: &mut Vec<Source>,
    ) {
        values.push(value);
        if self.record.is_some() {
            sources.push(from);
            self.read = self.both(self.read, from);
        }
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
                true => self.eval_arg(dot, Type::String, arg)?,
                false => self.eval_any(dot, arg)?,
            };
            operands.push(operand);
        }
        if let Some(last) = last {
            let operand = match builtin.first_is_string && operands.is_empty() {
                true => Operand {
                    from: last.from,
                    ..Operand::plain(self.validate(last, Type::String)?)
                },
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
            self.call_charged(builtin, &operands)
        };
        let mut result = self.returned(result, name, node)?;
        if let Some(record) = &mut self.record {
            result.from = match name {
                "index" => record.index(&operands),
                _ => operands
                    .iter()
                    .fold(0, |from, operand| record.both(from, operand.from)),
            };
        }
        Ok(result)
    }

    fn call_charged(&mut self, builtin: &Builtin, operands: &[Operand]) -> Result<Operand, Error> {
        self.charge_for(&mut operands.iter().map(|operand| &operand.value))?;
        if builtin.deep {
            self.charge_deep(&builtin::values(operands))?;
        }
        let result = (builtin.call)(operands)?;
        self.charge_for(&mut std::iter::once(&result.value))?;
        Ok(result)
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
            let before = operand.from;
            operand = self.eval_any(dot, arg)?;
            operand.from = self.both(before, operand.from);
            if operand.value.truth() == is_or {
                return Ok(operand);
            }
        }
        if let Some(last) = last {
            let from = self.both(operand.from, last.from);
            operand = Operand { from, ..last };
        }
        Ok(operand)
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
    fn eval_arg(&mut self, dot: &Operand, ty: Type, node: &Rc<Node>) -> Exec<Operand> {
        self.at(node);
        match &node.kind {
            NodeKind::Nil => match ty.nil() {
                Some(nil) => Ok(Operand::plain(nil)),
                None => Err(self.error(format!("cannot assign nil to {}", ty.name()))),
            },
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(..) => {
                self.eval_literal(ty, node).map(Operand::plain)
            }
            _ => {
                let operand = self.eval_any(dot, node)?;
                let from = operand.from;
                let value = self.validate(operand, ty)?;
                Ok(Operand {
                    from,
                    ..Operand::plain(value)
                })
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
            (Type::Uint32, NodeKind::Number(number)) if number.uint.is_some() => {
                let uint = number.uint.unwrap_or_default() as u32;
                return Ok(Value::Uint(UintType::Uint32, u64::from(uint)));
            }
            (Type::Uint32, _) => "unsigned integer",
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
