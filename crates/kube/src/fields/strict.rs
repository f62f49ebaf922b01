//! Strict decoding: is every field known, and every value of its field's type? In the words of Go's
//! `encoding/json` as the server uses it (`sigs.k8s.io/json`).

use super::Table;
use crate::api::FieldValidation;
use crate::patch::{Go, PatchType};
use crate::status::Cause;
use crate::validate::json;
use crate::{Status, Value, quantity, time};
use ecow::{EcoString, EcoVec, eco_format};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: the keys and indices that lead there, as in `spec.ports[0].name`.
    pub path: EcoString,
    /// The server's words.
    pub message: EcoString,
    /// Whether the value has the wrong type. Then the object cannot be decoded at all; an unknown
    /// field only stops a strict request.
    pub undecodable: bool,
    /// For an unknown field, the known one that was probably meant.
    pub hint: Option<&'static str>,
}

/// Checks an object's fields, in their order. None where the kind is not in the table: it may be
/// anything.
#[must_use]
pub fn check(table: &Table, object: &Value) -> EcoVec<Fault> {
    check_as(table, object, false)
}

/// The same; `converted` says that the object was not read from JSON but converted from a tree, as
/// what a strategic merge patch makes (`k8s.io/apimachinery/pkg/runtime/converter.go`).
fn check_as(table: &Table, object: &Value, converted: bool) -> EcoVec<Fault> {
    let (version, kind) = (object.get("apiVersion").text(), object.get("kind").text());
    let Some(root) = table.root(version, kind) else {
        return EcoVec::new();
    };
    let mut walk = Walk {
        table,
        owner: root,
        names: Vec::new(),
        path: String::new(),
        faults: EcoVec::new(),
        converted,
    };
    walk.fields(root, object);
    walk.faults
}

/// What the server warns of in what is written: the fields that it does not know.
pub(crate) fn unknown(table: &Table, object: &Value) -> impl Iterator<Item = EcoString> + use<> {
    let faults = check(table, object).into_iter();
    let unknown = faults.filter(|fault| !fault.undecodable);
    unknown.map(|fault| fault.message)
}

/// Decodes an object as the server does: refuses it for its faults, or drops the fields that it does
/// not know.
pub(crate) fn decode(
    table: &Table,
    validation: FieldValidation,
    object: &mut Value,
) -> Result<(), Status> {
    let (version, kind) = (object.get("apiVersion").text(), object.get("kind").text());
    if table.root(version, kind).is_none()
        && let Some(known) = table.kind_in_any_case(version, kind)
    {
        let short = version.rsplit('/').next().unwrap_or_default();
        return Err(Status::bad_request(eco_format!(
            "{kind} in version {short:?} cannot be handled as a {known}: no kind {kind:?} is registered \
             for version {version:?} in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
        )));
    }
    let Some(said) = summary(&check(table, object), validation) else {
        prune(table, validation, object);
        return Ok(());
    };
    let kind = object.get("kind").text();
    let api_version = object.get("apiVersion").text();
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let message =
        eco_format!("{kind} in version {version:?} cannot be handled as a {kind}: {said}");
    Err(Status::bad_request(message))
}

/// The same with what a patch makes of an object (`handlers/patch.go`).
pub(crate) fn decode_patched(
    table: &Table,
    validation: FieldValidation,
    (how, patch): (PatchType, &Value),
    patched: &mut Value,
) -> Result<(), Status> {
    let strategic = how == PatchType::Strategic;
    let Some(said) = summary(&check_as(table, patched, strategic), validation) else {
        prune(table, validation, patched);
        return Ok(());
    };
    let shown = match strategic {
        true => eco_format!("{}", Go(patch)),
        false => json(patched),
    };
    let message = eco_format!("Invalid value: {shown:?}: {said}");
    let cause = Cause {
        reason: "FieldValueInvalid",
        field: "patch".into(),
        message,
    };
    // The server names neither kind nor object here.
    Err(Status::invalid(
        &Value::NULL,
        std::iter::once(cause).collect(),
    ))
}

/// The faults in one sentence: the first that keeps the object from being decoded, or all unknown
/// fields if they matter. None if there is no such fault.
fn summary(faults: &[Fault], validation: FieldValidation) -> Option<EcoString> {
    if let Some(fault) = faults.iter().find(|fault| fault.undecodable) {
        return Some(fault.message.clone());
    }
    if validation != FieldValidation::Strict {
        return None;
    }
    let all: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
    (!all.is_empty()).then(|| eco_format!("strict decoding error: {}", all.join(", ")))
}

/// Drops the fields that the server does not know, unless none could have got as far as here.
fn prune(table: &Table, validation: FieldValidation, object: &mut Value) {
    let (version, kind) = (object.get("apiVersion").text(), object.get("kind").text());
    if validation != FieldValidation::Strict
        && let Some(root) = table.root(version, kind)
    {
        *object = known(table, &["@", root].concat(), object);
    }
}

/// What there is of a value of a type when only the fields that its structs have are left.
fn known(table: &Table, code: &str, value: &Value) -> Value {
    let (sort, rest) = code.split_at(1);
    match (sort, value) {
        ("@", Value::Map(map)) => {
            let members = map.iter().filter_map(|(name, value)| {
                let field = table.field(rest, name)?;
                Some((name.clone(), known(table, field.code, value)))
            });
            Value::Map(members.collect())
        }
        ("{", Value::Map(map)) => {
            let members = map.iter();
            let members = members.map(|(name, value)| (name.clone(), known(table, rest, value)));
            Value::Map(members.collect())
        }
        ("[", Value::List(items)) => items.iter().map(|item| known(table, rest, item)).collect(),
        _ => value.clone(),
    }
}

struct Walk<'a> {
    table: &'a Table,
    /// The innermost struct: errors name it, and where in it they are.
    owner: &'static str,
    /// The names of the fields that lead here, without indices.
    names: Vec<&'static str>,
    /// The path with indices.
    path: String,
    faults: EcoVec<Fault>,
    converted: bool,
}

impl Walk<'_> {
    fn fields(&mut self, owner: &'static str, object: &Value) {
        let outer = std::mem::replace(&mut self.owner, owner);
        let length = self.path.len();
        for (key, value) in object.members() {
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(key);
            match self.table.field(owner, key) {
                Some(field) => {
                    let depth = self.names.len();
                    self.names.extend(embedded(owner, field.name));
                    self.names.push(field.name);
                    self.value(field.code, value);
                    self.names.truncate(depth);
                }
                None => {
                    let message = eco_format!("unknown field {:?}", self.path);
                    let hint = super::suggest(self.table.fields(owner).map(|it| it.name), key);
                    self.faults.push(Fault {
                        path: self.path.as_str().into(),
                        message,
                        undecodable: false,
                        hint,
                    });
                }
            }
            self.path.truncate(length);
        }
        self.owner = outer;
    }

    fn value(&mut self, code: &'static str, value: &Value) {
        if value.is_null() {
            return;
        }
        let (sort, rest) = code.split_at(1);
        let length = self.path.len();
        match (sort, value) {
            ("*", _) | ("b", Value::Bool(_)) | ("s", Value::String(_)) => {}
            ("f", Value::Int(_) | Value::Float(_)) | ("l", Value::Int(_)) => {}
            ("i", Value::Int(number)) if i32::try_from(*number).is_ok() => {}
            ("p", value) => self.int_or_string(value),
            ("q", value) => self.quantity(value),
            ("y", Value::String(text)) => {
                if let Some(at) = not_base64(text) {
                    self.undecodable(eco_format!("illegal base64 data at input byte {at}"));
                }
            }
            ("t" | "u", Value::String(text)) => {
                if let Some(why) = time::fault(text, sort == "u") {
                    self.undecodable(why);
                }
            }
            ("d", Value::String(_)) => {}
            ("~", value) => match self.table.named(rest).0 {
                // What is wrong is said of the named type.
                plain @ ("s" | "i" | "b") => {
                    if !fits(plain, value) {
                        self.mismatch(code, value);
                    }
                }
                inner => self.value(inner, value),
            },
            ("@", Value::Map(_)) => {
                let (name, ..) = self.table.find(rest).copied().unwrap_or((rest, "", "", 0));
                self.fields(name, value);
            }
            ("{", Value::Map(map)) => {
                for (key, value) in map.iter() {
                    self.path.push('.');
                    self.path.push_str(key);
                    self.value(rest, value);
                    self.path.truncate(length);
                }
            }
            ("[", Value::List(items)) => {
                for (at, value) in items.iter().enumerate() {
                    self.path.push_str(&eco_format!("[{at}]"));
                    self.value(rest, value);
                    self.path.truncate(length);
                }
            }
            _ => self.mismatch(code, value),
        }
    }

    fn int_or_string(&mut self, value: &Value) {
        if matches!(value, Value::String(_)) || fits("i", value) {
        } else if self.converted {
            let what = what(value, true);
            self.undecodable(eco_format!(
                "json: cannot unmarshal {what} into Go value of type int32"
            ));
        } else {
            self.mismatch("i", value);
        }
    }

    fn quantity(&mut self, value: &Value) {
        let fault = match value {
            Value::String(text) if quantity::Quantity::parse(text).is_some() => return,
            Value::Int(_) | Value::Float(_) => return,
            Value::String(text) if quantity::has_form(text) => NO_SUFFIX,
            _ => NO_QUANTITY,
        };
        self.undecodable(fault.into());
    }

    /// The value is of the wrong type.
    fn mismatch(&mut self, code: &str, value: &Value) {
        if self.converted {
            return self.inconvertible(code, value);
        }
        let number = matches!(code, "i" | "l");
        let what = what(value, number);
        let owner = self.owner.rsplit('.').next().unwrap_or_default();
        let field = self.names.join(".");
        let of = self.go_type(code);
        self.undecodable(eco_format!(
            "json: cannot unmarshal {what} into Go struct field {owner}.{field} of type {of}"
        ));
    }

    /// The same in the words of the conversion. It makes whole numbers of fractions where none is lost.
    fn inconvertible(&mut self, code: &str, value: &Value) {
        let (from, kind) = match value {
            Value::Map(_) => ("map", "map"),
            Value::List(_) => ("slice", "slice"),
            Value::String(_) => ("string", "string"),
            Value::Bool(_) => ("bool", "bool"),
            Value::Int(_) => ("int64", "number"),
            Value::Float(_) | Value::Null => ("float64", "number"),
        };
        let plain = match code.split_at(1) {
            ("~", name) => self.table.named(name).0,
            _ => code,
        };
        let message = match plain.split_at(1).0 {
            "@" => eco_format!("cannot restore struct from: {from}"),
            "{" => eco_format!("cannot restore map from {from}"),
            "[" | "y" => eco_format!("cannot restore slice from {from}"),
            "i" | "l" if matches!(value, Value::Int(_)) => return,
            "i" | "l" | "s" if kind == "number" => {
                eco_format!("cannot convert {from} to {}", self.go_type(code))
            }
            _ => eco_format!("unrecognized type: {}", self.go_type(plain)),
        };
        self.undecodable(message);
    }

    fn undecodable(&mut self, message: EcoString) {
        self.faults.push(Fault {
            path: self.path.as_str().into(),
            message,
            undecodable: true,
            hint: None,
        });
    }

    /// The Go type of a code, as Go prints it.
    fn go_type(&self, code: &str) -> EcoString {
        let (sort, rest) = code.split_at(1);
        let plain = match sort {
            "b" => "bool",
            "s" | "t" | "u" | "d" => "string",
            "i" => "int32",
            "l" => "int64",
            "f" => "float64",
            "q" => "resource.Quantity",
            "p" => "intstr.IntOrString",
            "y" => "[]uint8",
            "[" => return eco_format!("[]{}", self.go_type(rest)),
            "{" if rest == "q" => "v1.ResourceList",
            "{" => return eco_format!("map[string]{}", self.go_type(rest)),
            _ => rest.rsplit('/').next().unwrap_or_default(),
        };
        plain.into()
    }
}

/// The embedded struct that a field is in: the path to a value of the wrong type goes through it
/// (`k8s.io/api/core/v1`, the fields that are `inline`).
fn embedded(owner: &str, field: &str) -> Option<&'static str> {
    let kind = owner.rsplit('.').next().unwrap_or_default();
    match (kind, field) {
        ("Volume", "name") => None,
        ("Volume", _) => Some("VolumeSource"),
        ("Probe", "exec" | "grpc" | "httpGet" | "tcpSocket") => Some("ProbeHandler"),
        ("IngressRule", "http") => Some("IngressRuleValue"),
        ("EphemeralContainer", "targetContainerName") => None,
        ("EphemeralContainer", _) => Some("EphemeralContainerCommon"),
        (
            "ConfigMapEnvSource"
            | "ConfigMapKeySelector"
            | "ConfigMapProjection"
            | "ConfigMapVolumeSource"
            | "SecretEnvSource"
            | "SecretKeySelector"
            | "SecretProjection",
            "name",
        ) => Some("LocalObjectReference"),
        _ => None,
    }
}

/// What is said of a number with a suffix that nobody knows.
const NO_SUFFIX: &str = "unable to parse quantity's suffix";

/// What a text that is no quantity is answered with (`k8s.io/apimachinery/pkg/api/resource`).
const NO_QUANTITY: &str = "quantities must match the regular expression \
                           '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

fn fits(plain: &str, value: &Value) -> bool {
    match value {
        Value::String(_) => plain == "s",
        Value::Bool(_) => plain == "b",
        Value::Int(number) => plain == "i" && i32::try_from(*number).is_ok(),
        _ => false,
    }
}

/// What Go calls a JSON value; a number that does not fit is shown.
fn what(value: &Value, wants_number: bool) -> EcoString {
    match value {
        Value::Int(number) if wants_number => eco_format!("number {number}"),
        Value::Float(number) if wants_number => eco_format!("number {number}"),
        other => other.kind().into(),
    }
}

/// Where a text stops being base64.
fn not_base64(text: &str) -> Option<usize> {
    let bytes: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let letters = bytes.iter().take_while(|byte| known(byte)).count();
    let end = match (bytes.get(letters), letters % 4) {
        (None, 0) => return None,
        (None, over) => return Some(letters - over),
        (Some(b'='), 2) if bytes.len() == letters + 1 => return Some(bytes.len()),
        (Some(b'='), 2) if bytes[letters + 1] == b'=' => letters + 2,
        (Some(b'='), 3) => letters + 1,
        _ => return Some(letters),
    };
    (end < bytes.len()).then_some(end)
}
