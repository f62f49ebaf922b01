//! Values as a Go template sees them: with Go's types, and maps that are shared and mutable.

use lean::FlatMap;
use std::borrow::{Borrow, Cow};
use std::cell::{Ref, RefCell};
use std::fmt;
use std::rc::Rc;

/// A Go string: bytes, mostly UTF-8 but not surely. Clones share.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Rc<[u8]>);

impl Text {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, with U+FFFD for what is not UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str(), f)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(text.as_bytes().into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(text.into_bytes().into())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Text {
        Text(bytes.into())
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Text {
        Text(bytes.into())
    }
}

/// A Go value. `Nil` is a nil interface, or no value at all.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `nil`.
    #[default]
    Nil,
    /// `bool`.
    Bool(bool),
    /// A signed integer.
    Int(IntType, i64),
    /// An unsigned integer.
    Uint(UintType, u64),
    /// `float64`.
    Float(f64),
    /// `string`.
    String(Text),
    /// `[]byte`.
    Bytes(Text),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A struct, or a pointer to one.
    Struct(Rc<Struct>),
}

/// Which signed integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntType {
    /// `int`, what a literal is.
    Int,
    /// `int32`
    Int32,
    /// `int64`, what arithmetic functions give.
    Int64,
    /// `time.Duration`, in nanoseconds; prints as `1h0m0s`.
    Duration,
    /// `time.Month`; prints as its name.
    Month,
    /// `time.Weekday`; prints as its name.
    Weekday,
}

/// Which unsigned integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UintType {
    /// `uint8`, what indexing a string gives.
    Uint8,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
}

/// A slice: its type, and the elements.
#[derive(Clone, Debug)]
pub struct List {
    /// Its type.
    pub ty: &'static ListType,
    items: Rc<Vec<Value>>,
}

/// The type of a slice.
#[derive(Debug, PartialEq, Eq)]
pub struct ListType {
    /// The Go name of the type.
    pub name: &'static str,
    /// The type of its elements.
    pub of: ElementType,
    /// Whether Go has a nil here: empty for templates, `null` in JSON.
    pub is_nil: bool,
}

/// A nil `[]string`, what a search without a match gives.
pub static NIL_STRINGS: ListType = ListType {
    is_nil: true,
    ..list_type("[]string", ElementType::String)
};

const fn list_type(name: &'static str, of: ElementType) -> ListType {
    ListType {
        name,
        of,
        is_nil: false,
    }
}

static ANY_LIST: ListType = list_type("[]interface {}", ElementType::Any);
static STRING_LIST: ListType = list_type("[]string", ElementType::String);
static INT_LIST: ListType = list_type("[]int", ElementType::Int);
static BYTES_LIST: ListType = list_type("[][]uint8", ElementType::Bytes);
static MAP_LIST: ListType = list_type("[]map[string]interface {}", ElementType::Map);
static LIST_LIST: ListType = list_type("[][]interface {}", ElementType::List);

/// The static type of what a slice or a map holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// `interface {}`
    Any,
    /// `string`
    String,
    /// `int`
    Int,
    /// `[]uint8`
    Bytes,
    /// `map[string]interface {}`
    Map,
    /// `[]interface {}`
    List,
}

/// The type of a map: keys are strings always.
#[derive(Debug, PartialEq, Eq)]
pub struct MapType {
    /// The Go name of the type.
    pub name: &'static str,
    /// The type of its values.
    pub of: ElementType,
}

/// `map[string]interface {}`, what values and dicts are.
pub static ANY_MAP: MapType = MapType {
    name: "map[string]interface {}",
    of: ElementType::Any,
};

/// `map[string]string`, what `split` gives.
pub static STRING_MAP: MapType = MapType {
    name: "map[string]string",
    of: ElementType::String,
};

/// A map, shared by all that hold it: a change through one is seen by all. In key order.
#[derive(Clone)]
pub struct Map {
    /// Its type.
    pub ty: &'static MapType,
    /// Whether Go has a nil here: empty for templates, `null` in JSON.
    pub is_nil: bool,
    entries: Rc<Entries>,
}

struct Entries(RefCell<FlatMap<Text, Value>>);

/// A struct with its fields in order.
#[derive(Debug)]
pub struct Struct {
    /// Its type.
    pub ty: &'static StructType,
    /// The fields by name. A name that begins with a small letter is not to be seen by templates.
    pub fields: Vec<(&'static str, Value)>,
    /// What its `String` method gives, if it has one.
    pub text: Option<Text>,
    /// The same for a method that only a pointer has: an action prints it, functions do not.
    pub pointer_text: Option<Text>,
}

/// The type of a struct.
#[derive(Debug)]
pub struct StructType {
    /// The Go name of the type, with a `*` if it is a pointer.
    pub name: &'static str,
}

impl StructType {
    /// Whether values are pointers to the struct.
    #[must_use]
    pub fn is_pointer(&self) -> bool {
        self.name.starts_with('*')
    }
}

impl Struct {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(have, _)| *have == name)
            .map(|(_, value)| value)
    }
}

impl ElementType {
    /// The Go name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ElementType::Any => "interface {}",
            ElementType::String => "string",
            ElementType::Int => "int",
            ElementType::Bytes => "[]uint8",
            ElementType::Map => "map[string]interface {}",
            ElementType::List => "[]interface {}",
        }
    }

    /// The zero value of the type: what an absent key of a map gives.
    #[must_use]
    pub fn zero(self) -> Value {
        match self {
            ElementType::Any => Value::Nil,
            ElementType::String => Value::String(Text::default()),
            ElementType::Int => Value::from(0),
            ElementType::Bytes => Value::Bytes(Text::default()),
            ElementType::Map => Value::Map(Map::new()),
            ElementType::List => Value::list(Vec::new()),
        }
    }
}

impl List {
    /// A slice of the unnamed type with such elements.
    #[must_use]
    pub fn of(of: ElementType, items: Vec<Value>) -> List {
        let ty = match of {
            ElementType::Any => &ANY_LIST,
            ElementType::String => &STRING_LIST,
            ElementType::Int => &INT_LIST,
            ElementType::Bytes => &BYTES_LIST,
            ElementType::Map => &MAP_LIST,
            ElementType::List => &LIST_LIST,
        };
        List::typed(ty, items)
    }

    /// Adds an element: in place if nothing else holds the slice.
    pub fn push(&mut self, item: Value) {
        Rc::make_mut(&mut self.items).push(item);
    }

    /// A slice of the given type.
    #[must_use]
    pub fn typed(ty: &'static ListType, items: Vec<Value>) -> List {
        List {
            ty,
            items: Rc::new(items),
        }
    }
}

impl std::ops::Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

impl Default for Map {
    fn default() -> Map {
        Map::new()
    }
}

impl Map {
    /// An empty `map[string]interface {}`.
    #[must_use]
    pub fn new() -> Map {
        Map::of(&ANY_MAP)
    }

    /// An empty map of the given type.
    #[must_use]
    pub fn of(ty: &'static MapType) -> Map {
        Map {
            ty,
            is_nil: false,
            entries: Rc::new(Entries(RefCell::default())),
        }
    }

    /// A nil map of the given type.
    #[must_use]
    pub fn nil(ty: &'static MapType) -> Map {
        Map {
            is_nil: true,
            ..Map::of(ty)
        }
    }

    /// The same map, seen as another type: Go's conversion between named map types.
    #[must_use]
    pub fn as_type(&self, ty: &'static MapType) -> Map {
        Map {
            ty,
            is_nil: self.is_nil,
            entries: self.entries.clone(),
        }
    }

    fn entries(&self) -> Ref<'_, FlatMap<Text, Value>> {
        self.entries.0.borrow()
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        self.entries().get(key.as_bytes()).cloned()
    }

    /// The value under `key`.
    #[must_use]
    pub fn get_text(&self, key: &Text) -> Option<Value> {
        self.entries().get(key).cloned()
    }

    /// Whether `key` is there.
    #[must_use]
    pub fn contains_key(&self, key: &Text) -> bool {
        self.entries().contains_key(key)
    }

    /// Puts `value` under `key`.
    pub fn insert(&self, key: impl Into<Text>, value: impl Into<Value>) {
        self.entries.0.borrow_mut().insert(key.into(), value.into());
    }

    /// Removes `key`.
    pub fn remove(&self, key: &Text) -> Option<Value> {
        self.entries.0.borrow_mut().remove(key)
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// The keys, in order, as they are now.
    #[must_use]
    pub fn keys(&self) -> Vec<Text> {
        self.entries().keys().cloned().collect()
    }

    /// The members, in key order, as they are now.
    #[must_use]
    pub fn snapshot(&self) -> Vec<(Text, Value)> {
        self.entries()
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Whether both are one map, so that a change to one changes the other.
    #[must_use]
    pub fn is_same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.entries, &other.entries)
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} members)", self.ty.name, self.len())
    }
}

/// A chain of maps as long as a loop can make it must not end in a drop that calls itself as often.
impl Drop for Entries {
    fn drop(&mut self) {
        let mut rest: Vec<Value> = std::mem::take(self.0.get_mut()).into_values().collect();
        while let Some(value) = rest.pop() {
            match value {
                Value::Map(map) => {
                    if let Some(entries) = Rc::into_inner(map.entries) {
                        rest.extend(entries.0.take().into_values());
                    }
                }
                Value::List(list) => {
                    rest.extend(Rc::into_inner(list.items).unwrap_or_default());
                }
                _ => {}
            }
        }
    }
}

/// The kinds that Go's reflection tells apart, as far as templates do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value.
    Invalid,
    /// `bool`
    Bool,
    /// Signed integers.
    Int,
    /// Unsigned integers.
    Uint,
    /// Floats.
    Float,
    /// `string`
    String,
    /// Slices, `[]byte` among them.
    Slice,
    /// Maps.
    Map,
    /// Structs.
    Struct,
    /// Pointers to structs.
    Pointer,
}

impl Value {
    /// A `[]interface {}`.
    #[must_use]
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(List::of(ElementType::Any, items))
    }

    /// A `[]string`.
    #[must_use]
    pub fn strings<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Value {
        let items = items
            .into_iter()
            .map(|item| Value::String(item.into()))
            .collect();
        Value::List(List::of(ElementType::String, items))
    }

    /// An `int64`.
    #[must_use]
    pub fn int64(number: i64) -> Value {
        Value::Int(IntType::Int64, number)
    }

    /// The kind of the value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Value::Nil => Kind::Invalid,
            Value::Bool(_) => Kind::Bool,
            Value::Int(..) => Kind::Int,
            Value::Uint(..) => Kind::Uint,
            Value::Float(_) => Kind::Float,
            Value::String(_) => Kind::String,
            Value::Bytes(_) | Value::List(_) => Kind::Slice,
            Value::Map(_) => Kind::Map,
            Value::Struct(of) if of.ty.is_pointer() => Kind::Pointer,
            Value::Struct(_) => Kind::Struct,
        }
    }

    /// The word for the kind in Go's reflection (`int64`, `slice`, `ptr`).
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::Int(IntType::Duration, _) => "int64",
            Value::Int(IntType::Month | IntType::Weekday, _) => "int",
            Value::Bool(_) | Value::Int(..) | Value::Uint(..) | Value::Float(_) => self.type_name(),
            Value::Nil => "invalid",
            Value::String(_) => "string",
            Value::Bytes(_) | Value::List(_) => "slice",
            Value::Map(_) => "map",
            Value::Struct(of) if of.ty.is_pointer() => "ptr",
            Value::Struct(_) => "struct",
        }
    }

    /// The Go name of the type. Of nil it is the interface that holds it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "interface {}",
            Value::Bool(_) => "bool",
            Value::Int(ty, _) => match ty {
                IntType::Int => "int",
                IntType::Int32 => "int32",
                IntType::Int64 => "int64",
                IntType::Duration => "time.Duration",
                IntType::Month => "time.Month",
                IntType::Weekday => "time.Weekday",
            },
            Value::Uint(ty, _) => match ty {
                UintType::Uint8 => "uint8",
                UintType::Uint32 => "uint32",
                UintType::Uint64 => "uint64",
            },
            Value::Float(_) => "float64",
            Value::String(_) => "string",
            Value::Bytes(_) => "[]uint8",
            Value::List(list) => list.ty.name,
            Value::Map(map) => map.ty.name,
            Value::Struct(of) => of.ty.name,
        }
    }

    /// Whether `if` takes the value for true: not zero, not empty, not nil.
    #[must_use]
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(flag) => *flag,
            Value::Int(_, number) => *number != 0,
            Value::Uint(_, number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::String(text) | Value::Bytes(text) => !text.as_bytes().is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Struct(_) => true,
        }
    }

    /// The address of the text or collection that this shares; none for other kinds.
    pub(crate) fn address(&self) -> Option<usize> {
        match self {
            Value::String(text) if !text.as_bytes().is_empty() => {
                Some(text.as_bytes().as_ptr() as usize)
            }
            Value::Map(map) => Some(Rc::as_ptr(&map.entries).cast::<u8>() as usize),
            Value::List(list) => Some(Rc::as_ptr(&list.items).cast::<u8>() as usize),
            _ => None,
        }
    }

    /// Whether this is nil.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The elements of a slice, bytes as `uint8`.
    #[must_use]
    pub fn elements(&self) -> Option<Cow<'_, [Value]>> {
        match self {
            Value::List(list) => Some(Cow::Borrowed(list)),
            Value::Bytes(bytes) => Some(Cow::Owned(
                bytes
                    .as_bytes()
                    .iter()
                    .map(|byte| byte_value(*byte))
                    .collect(),
            )),
            _ => None,
        }
    }
}

/// A `uint8`.
#[must_use]
pub fn byte_value(byte: u8) -> Value {
    Value::Uint(UintType::Uint8, u64::from(byte))
}

macro_rules! value_from {
    ($($from:ty => $make:expr),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Value {
                ($make)(value)
            }
        })*
    };
}

value_from! {
    bool => Value::Bool,
    i64 => |number| Value::Int(IntType::Int, number),
    i32 => |number| Value::Int(IntType::Int, i64::from(number)),
    f64 => Value::Float,
    &str => |text: &str| Value::String(text.into()),
    String => |text: String| Value::String(text.into()),
    Text => Value::String,
    Map => Value::Map,
    List => Value::List,
}

/// As Go's JSON decoder gives it to templates: every number is a `float64`.
impl From<&yaml::Value> for Value {
    fn from(value: &yaml::Value) -> Value {
        match value {
            yaml::Value::Null => Value::Nil,
            yaml::Value::Bool(flag) => Value::Bool(*flag),
            yaml::Value::Int(number) => Value::Float(*number as f64),
            yaml::Value::Float(number) => Value::Float(*number),
            yaml::Value::String(text) => Value::from(text.as_str()),
            yaml::Value::List(items) => Value::list(items.iter().map(Value::from).collect()),
            yaml::Value::Map(members) => {
                let map = Map::new();
                for (key, value) in members.iter() {
                    map.insert(key.as_str(), value);
                }
                Value::Map(map)
            }
        }
    }
}
