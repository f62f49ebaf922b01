//! Functions that templates may call: their signatures in Go's types, and how they are called.

use crate::error::Error;
use crate::exec::Machine;
use crate::value::{ElementType, IntType, Value};

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`
    Any,
    /// `bool`
    Bool,
    /// `string`
    String,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint32`
    Uint32,
    /// `float64`
    Float,
    /// `[]interface {}`
    List,
    /// `[]string`
    Strings,
    /// `map[string]interface {}`
    Map,
    /// `time.Time`
    Time,
    /// A type of the embedder's that nothing else is assignable to.
    Named(&'static str),
}

impl Type {
    /// The Go name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Type::Any => "interface {}",
            Type::Bool => "bool",
            Type::String => "string",
            Type::Int => "int",
            Type::Int64 => "int64",
            Type::Uint32 => "uint32",
            Type::Float => "float64",
            Type::List => "[]interface {}",
            Type::Strings => "[]string",
            Type::Map => "map[string]interface {}",
            Type::Time => "time.Time",
            Type::Named(name) => name,
        }
    }

    /// What nil becomes as this type; none if the type has no nil.
    pub(crate) fn nil(self) -> Option<Value> {
        match self {
            Type::Any => Some(Value::Nil),
            Type::List => Some(Value::list(Vec::new())),
            Type::Strings => Some(Value::strings(Vec::<&str>::new())),
            Type::Map => Some(Value::Map(crate::value::Map::nil(&crate::value::ANY_MAP))),
            _ => None,
        }
    }

    /// Whether a value can be given for a parameter of this type.
    pub(crate) fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Type::Any, _) => true,
            // A named map type is assignable to the unnamed type that it is made of.
            (Type::Map, Value::Map(map)) => map.ty.of == ElementType::Any,
            (Type::Int, Value::Int(ty, _)) => *ty == IntType::Int,
            (_, Value::Nil) => false,
            (ty, value) => ty.name() == value.type_name(),
        }
    }
}

/// A function. `H` is what the embedder keeps for its functions.
pub struct Function<H> {
    /// Its name in templates.
    pub name: &'static str,
    /// What it takes.
    pub params: &'static [Type],
    /// Whether the last parameter may be given any number of times.
    pub variadic: bool,
    /// Whether it looks at everything inside its arguments, as what writes, compares or copies them
    /// does. What is shared counts each time: the steps are charged for before the call.
    pub deep: bool,
    /// What it does. The arguments fit `params`.
    pub call: fn(&mut Machine<'_, H>, Vec<Value>) -> Result<Value, Error>,
}

/// What an embedder gives to templates beside the builtin functions.
pub trait Host: Sized + 'static {
    /// The function of that name.
    fn function(&self, name: &str) -> Option<&'static Function<Self>>;

    /// The method of that name of a value. It gets the value as its first argument, which its
    /// `params` do not count.
    fn method(&self, value: &Value, name: &str) -> Option<&'static Function<Self>>;
}
