//! `kubectl set image` and `kubectl set env` (`k8s.io/kubectl/pkg/cmd/set`).

use super::args::{Args, Flag, value};
use super::session::{Fault, Session};
use kube::api::PatchType;
use kube::{Object, Value, map};

pub(super) const FLAGS: &[Flag] = &[value("containers", Some('c'))];

/// Splits the words into those that name objects and those that say what to set.
fn split(words: &[String], says: impl Fn(&str) -> bool) -> (Vec<String>, Vec<String>) {
    words.iter().cloned().partition(|word| !says(word))
}

/// The containers of the pods that an object makes, init containers apart.
fn containers<'o>(live: &'o Object, list: &str) -> &'o [Value] {
    let spec = match live.key.kind.as_str() {
        "Pod" => live.spec(),
        _ => live.value.at(&["spec", "template", "spec"]),
    };
    spec.get(list).items()
}

/// A strategic patch of lists of containers; none if nothing changes.
fn patch_of(live: &Object, lists: Vec<(&str, Vec<Value>)>) -> Option<Value> {
    let mut spec = Value::Null;
    for (list, changed) in lists {
        if !changed.is_empty() {
            spec.set(list, changed);
        }
    }
    if spec.is_null() {
        return None;
    }
    let pod = map! { "spec" => spec };
    Some(match live.key.kind.as_str() {
        "Pod" => pod,
        _ => map! { "spec" => map! { "template" => pod } },
    })
}

/// `NAME=IMAGE…`: the image of containers; `*` for all.
pub(super) fn image(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let (objects, images) = split(&args.words, |word| word.contains('='));
    if images.is_empty() {
        return Err(Fault::Usage(
            "at least one image update is required".to_owned(),
        ));
    }
    let mut missing = String::new();
    for key in session.targets(&objects)? {
        let live = session.get(&key)?;
        let names = |list| {
            containers(&live, list)
                .iter()
                .map(|one| one.get("name").text())
        };
        for image in &images {
            let (name, _) = image.split_once('=').unwrap_or_default();
            let mut all = names("initContainers").chain(names("containers"));
            if name != "*" && !all.any(|have| have == name) {
                missing.push_str(&format!("error: unable to find container named {name:?}\n"));
            }
        }
        let lists = ["initContainers", "containers"];
        let lists = lists.map(|list| (list, changed_images(containers(&live, list), &images)));
        if let Some(patch) = patch_of(&live, lists.to_vec()) {
            session.patch(&key, PatchType::Strategic, patch)?;
            session.done(&key, "image updated");
        }
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Fault::Said(missing.into())),
    }
}

/// What a patch says of the containers whose image is to be another one.
fn changed_images(containers: &[Value], images: &[String]) -> Vec<Value> {
    let mut changed = Vec::new();
    for container in containers {
        let name = container.get("name").text();
        let wanted = images.iter().rev().find_map(|image| {
            let (of, image) = image.split_once('=')?;
            (of == name || of == "*").then_some(image)
        });
        if let Some(image) = wanted.filter(|image| container.get("image").text() != *image) {
            changed.push(map! { "name" => name, "image" => image });
        }
    }
    changed
}

/// `NAME=VALUE` and `NAME-`: variables of the containers, set and taken away.
pub(super) fn env(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let is_setting = |word: &str| word.contains('=') || word.ends_with('-');
    let (objects, settings) = split(&args.words, is_setting);
    if settings.is_empty() {
        return Err(Fault::Usage(
            "at least one environment variable must be provided".to_owned(),
        ));
    }
    let only = args.last("containers").unwrap_or("*");
    for key in session.targets(&objects)? {
        let live = session.get(&key)?;
        let mut changed = Vec::new();
        for container in containers(&live, "containers") {
            let name = container.get("name").text();
            if only != "*" && only != name {
                continue;
            }
            let have = container.get("env").items();
            let env: Vec<Value> = settings
                .iter()
                .filter_map(|setting| variable(setting, have))
                .collect();
            if !env.is_empty() {
                changed.push(map! { "name" => name, "env" => env });
            }
        }
        if let Some(patch) = patch_of(&live, vec![("containers", changed)]) {
            session.patch(&key, PatchType::Strategic, patch)?;
            session.done(&key, "env updated");
        }
    }
    Ok(())
}

/// The item of a patch that does what one setting says; none if it is so already.
fn variable(setting: &str, have: &[Value]) -> Option<Value> {
    let find = |name: &str| have.iter().find(|one| one.get("name").text() == name);
    match setting.split_once('=') {
        Some((name, text)) => {
            let is_same = find(name).is_some_and(|one| one.get("value").text() == text);
            (!is_same).then(|| map! { "name" => name, "value" => text })
        }
        None => {
            let name = setting.strip_suffix('-')?;
            find(name).map(|_| map! { "name" => name, "$patch" => "delete" })
        }
    }
}
