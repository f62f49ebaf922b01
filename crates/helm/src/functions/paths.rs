//! Paths with slashes.

use super::{HelmFunction, plain, text};
use gotmpl::Type::String as Str;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("base", &[Str], |_, args| Ok(base(&text(&args, 0)).into())),
    plain("clean", &[Str], |_, args| Ok(clean(&text(&args, 0)).into())),
    plain("dir", &[Str], |_, args| Ok(dir(&text(&args, 0)).into())),
    plain("ext", &[Str], |_, args| Ok(ext(&text(&args, 0)).into())),
    plain("isAbs", &[Str], |_, args| {
        Ok(text(&args, 0).starts_with('/').into())
    }),
    plain("osBase", &[Str], |_, args| Ok(base(&text(&args, 0)).into())),
    plain("osClean", &[Str], |_, args| {
        Ok(clean(&text(&args, 0)).into())
    }),
    plain("osDir", &[Str], |_, args| Ok(dir(&text(&args, 0)).into())),
    plain("osExt", &[Str], |_, args| Ok(ext(&text(&args, 0)).into())),
    plain("osIsAbs", &[Str], |_, args| {
        Ok(text(&args, 0).starts_with('/').into())
    }),
];

/// The last element of a path.
pub(crate) fn base(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") | None => "/".to_owned(),
        Some(last) => last.to_owned(),
    }
}

/// The path in its shortest form.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn dir(path: &str) -> String {
    clean(path.rfind('/').map_or("", |at| &path[..=at]))
}

fn ext(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rfind('.').map_or("", |at| &name[at..]).to_owned()
}
