//! Methods of the values that Helm gives to templates: `.Files`, `.Values`, `.Capabilities`.

use super::convert::write_yaml;
use super::encoding::base64_encode;
use super::semver::{VERSION, Version};
use super::{HelmFunction, arg, fault, map, plain, text};
use crate::capabilities::VERSION_SET;
use crate::values::VALUES;
use gotmpl::Type::{Named, String as Str};
use gotmpl::value::{ElementType, MapType, Text};
use gotmpl::{Map, UintType, Value};
use std::collections::BTreeMap;

/// The type of `.Files`.
pub(crate) static FILES: MapType = MapType {
    name: "engine.files",
    of: ElementType::Bytes,
};

/// `.Files` of a chart.
pub(crate) fn file_map(files: &BTreeMap<String, Text>) -> Map {
    let map = Map::of(&FILES);
    for (name, data) in files {
        map.insert(name.as_str(), Value::Bytes(data.clone()));
    }
    map
}

/// The method of that name of a value.
pub(crate) fn method(value: &Value, name: &str) -> Option<&'static HelmFunction> {
    let table = match value {
        Value::Map(map) if map.ty == &FILES => FILE_METHODS,
        Value::Map(map) if map.ty == &VALUES => VALUE_METHODS,
        Value::Struct(of) if of.ty.name == "common.KubeVersion" => KUBE_METHODS,
        Value::Struct(of) if std::ptr::eq(of.ty, &VERSION) => VERSION_METHODS,
        Value::Struct(of) if of.ty.name == "time.Time" => super::date::METHODS,
        Value::List(list) if list.ty == &VERSION_SET => SET_METHODS,
        _ => return None,
    };
    table.iter().find(|method| method.name == name)
}

fn contents(files: &Map, name: &str) -> Text {
    match files.get(name) {
        Some(Value::Bytes(data)) => data,
        _ => Text::default(),
    }
}

static FILE_METHODS: &[HelmFunction] = &[
    plain("Get", &[Str], |_, args| {
        Ok(Value::String(contents(&map(&args, 0), &text(&args, 1))))
    }),
    plain("GetBytes", &[Str], |_, args| {
        Ok(Value::Bytes(contents(&map(&args, 0), &text(&args, 1))))
    }),
    plain("Glob", &[Str], |_, args| {
        let found = Map::of(&FILES);
        for (name, data) in map(&args, 0).snapshot() {
            if crate::glob::matches(&text(&args, 1), &name.to_str()) {
                found.insert(name, data);
            }
        }
        Ok(found.into())
    }),
    plain("AsConfig", &[], |_, args| {
        Ok(keyed_by_base(&map(&args, 0), |data| {
            Value::String(data.clone())
        }))
    }),
    plain("AsSecrets", &[], |_, args| {
        Ok(keyed_by_base(&map(&args, 0), |data| {
            base64_encode(data.as_bytes()).into()
        }))
    }),
    plain("Lines", &[Str], |_, args| {
        let data = contents(&map(&args, 0), &text(&args, 1));
        let body = data.as_bytes();
        if body.is_empty() {
            return Ok(Value::strings(Vec::<&str>::new()));
        }
        let body = body.strip_suffix(b"\n").unwrap_or(body);
        Ok(Value::strings(body.split(|byte| *byte == b'\n')))
    }),
];

/// The files as YAML, under the last part of their names.
fn keyed_by_base(files: &Map, as_value: fn(&Text) -> Value) -> Value {
    let named = Map::new();
    for (name, data) in files.snapshot() {
        if let Value::Bytes(data) = data {
            named.insert(super::paths::base(&name.to_str()), as_value(&data));
        }
    }
    write_yaml(&named.into()).unwrap_or_default().into()
}

static VALUE_METHODS: &[HelmFunction] = &[
    plain("AsMap", &[], |_, args| {
        Ok(map(&args, 0).as_type(&gotmpl::value::ANY_MAP).into())
    }),
    plain("Encode", &[Named("io.Writer")], |_, _| Ok(Value::Nil)),
    plain("PathValue", &[Str], |_, args| {
        let path = text(&args, 1);
        let (table, name) = match path.rsplit_once('.') {
            Some((table, name)) => match crate::values::table(&map(&args, 0), table) {
                Ok(table) => (table, name),
                Err(_) => {
                    return fault(format!(
                        "{} is not a value",
                        gotmpl::quote::quote(path.as_bytes())
                    ));
                }
            },
            None => (map(&args, 0), path.as_ref()),
        };
        match table.get(name) {
            Some(Value::Map(_)) | None => fault(format!(
                "{} is not a value",
                gotmpl::quote::quote(path.as_bytes())
            )),
            Some(value) => Ok(value),
        }
    }),
    plain("Table", &[Str], |_, args| {
        match crate::values::table(&map(&args, 0), &text(&args, 1)) {
            Ok(table) => Ok(table.as_type(&VALUES).into()),
            Err(message) => fault(message),
        }
    }),
    plain("YAML", &[], |_, args| {
        let mut text = write_yaml(&arg(&args, 0)).unwrap_or_default();
        text.push('\n');
        Ok(text.into())
    }),
];

static KUBE_METHODS: &[HelmFunction] = &[
    plain("GitVersion", &[], |_, args| {
        Ok(kube_field(&args, "Version"))
    }),
    plain("String", &[], |_, args| {
        Ok(kube_field(&args, "normalizedVersion"))
    }),
];

fn kube_field(args: &[Value], name: &str) -> Value {
    match args.first() {
        Some(Value::Struct(of)) => of.field(name).cloned().unwrap_or_default(),
        _ => Value::Nil,
    }
}

static SET_METHODS: &[HelmFunction] = &[plain("Has", &[Str], |_, args| {
    let wanted = text(&args, 1);
    let elements = args[0].elements().unwrap_or_default();
    let has = elements.iter().any(|item| match item {
        Value::String(text) => text.to_str() == wanted,
        _ => false,
    });
    Ok(has.into())
})];

static VERSION_METHODS: &[HelmFunction] = &[
    plain("Compare", &[Named("*semver.Version")], |_, args| {
        Ok((compare(&args) as i64).into())
    }),
    plain("Equal", &[Named("*semver.Version")], |_, args| {
        Ok((compare(&args) == std::cmp::Ordering::Equal).into())
    }),
    plain("GreaterThan", &[Named("*semver.Version")], |_, args| {
        Ok((compare(&args) == std::cmp::Ordering::Greater).into())
    }),
    plain(
        "GreaterThanEqual",
        &[Named("*semver.Version")],
        |_, args| Ok(compare(&args).is_ge().into()),
    ),
    plain("IncMajor", &[], |_, args| Ok(increased(&args, 0))),
    plain("IncMinor", &[], |_, args| Ok(increased(&args, 1))),
    plain("IncPatch", &[], |_, args| Ok(increased(&args, 2))),
    plain("LessThan", &[Named("*semver.Version")], |_, args| {
        Ok((compare(&args) == std::cmp::Ordering::Less).into())
    }),
    plain("LessThanEqual", &[Named("*semver.Version")], |_, args| {
        Ok(compare(&args).is_le().into())
    }),
    plain("Major", &[], |_, args| {
        Ok(part(&args, |version| version.major))
    }),
    plain("Metadata", &[], |_, args| {
        Ok(Version::from_value(&args[0]).metadata.into())
    }),
    plain("Minor", &[], |_, args| {
        Ok(part(&args, |version| version.minor))
    }),
    plain("Original", &[], |_, args| Ok(kube_field(&args, "original"))),
    plain("Patch", &[], |_, args| {
        Ok(part(&args, |version| version.patch))
    }),
    plain("Prerelease", &[], |_, args| {
        Ok(Version::from_value(&args[0]).prerelease.into())
    }),
    plain("String", &[], |_, args| {
        Ok(Version::from_value(&args[0]).to_string().into())
    }),
];

fn increased(args: &[Value], part: usize) -> Value {
    let next = Version::from_value(&args[0]).increased(part);
    next.to_value(&next.to_string())
}

fn compare(args: &[Value]) -> std::cmp::Ordering {
    Version::from_value(&args[0]).cmp(&Version::from_value(&args[1]))
}

fn part(args: &[Value], part: fn(&Version) -> u64) -> Value {
    Value::Uint(UintType::Uint64, part(&Version::from_value(&args[0])))
}
