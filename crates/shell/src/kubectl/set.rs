//! `kubectl set image` and `kubectl set resources` (`k8s.io/kubectl/pkg/cmd/set`), and what they share
//! with `kubectl set env`.

use super::args::{ALL, Args, DRY_RUN, Flag, OUTPUT, SELECTOR, value};
use super::session::{Fault, Session};
use kube::quantity::Quantity;
use kube::{Object, Value, kind_info};
use std::rc::Rc;

pub(super) const IMAGE_FLAGS: &[Flag] = &[ALL, DRY_RUN, OUTPUT, SELECTOR];
pub(super) const RESOURCES_FLAGS: &[Flag] = &[
    value("containers", Some('c')),
    value("limits", None),
    value("requests", None),
    ALL,
    DRY_RUN,
    OUTPUT,
    SELECTOR,
];

/// The lists of containers, in the order in which a setting reaches them.
const LISTS: [&str; 2] = ["containers", "initContainers"];

/// Where an object has the pod that it makes or is.
fn pod_path(object: &Object) -> Result<&'static [&'static str], Fault> {
    match object.key.kind.as_str() {
        "Pod" => Ok(&["spec"]),
        "CronJob" => Ok(&["spec", "jobTemplate", "spec", "template", "spec"]),
        _ if !object.value.at(&["spec", "template", "spec"]).is_null() => {
            Ok(&["spec", "template", "spec"])
        }
        kind => {
            let version = kind_info(kind).map_or("", |info| info.api_version);
            let package = version.rsplit('/').next().unwrap_or_default();
            Err(Fault::Usage(format!(
                "{} the object is not a pod or does not have a pod template: *{package}.{kind}",
                of_kind(object)
            )))
        }
    }
}

/// `deployments/web`
pub(super) fn of_kind(object: &Object) -> String {
    let plural = kind_info(&object.key.kind).map_or("", |info| info.plural);
    format!("{plural}/{}", object.key.name)
}

/// Splits the words into those that name objects and those that say what to set, which come after.
pub(super) fn split(
    words: &[String],
    says: impl Fn(&str) -> bool,
) -> Result<(&[String], &[String]), &String> {
    let at = words.iter().position(|word| says(word));
    let (objects, settings) = words.split_at(at.unwrap_or(words.len()));
    match settings.iter().find(|word| !says(word)) {
        Some(late) => Err(late),
        None => Ok((objects, settings)),
    }
}

/// The objects that a command is about, if all are there.
pub(super) fn objects(
    session: &mut Session,
    args: &Args,
    words: &[String],
) -> Result<Vec<Rc<Object>>, Fault> {
    let keys = session.chosen(args, words, args.is_on("all"))?;
    let mut found = Vec::new();
    session.each(&keys, &mut |session, key| {
        found.push(session.get(key)?);
        Ok(())
    })?;
    Ok(found)
}

/// An object with each container that `of` names changed, and how many these are.
pub(super) fn with_containers(
    live: &Object,
    of: &str,
    change: &mut dyn FnMut(&mut Value) -> Result<(), Fault>,
) -> Result<(Value, usize), Fault> {
    let path = pod_path(live)?;
    let mut next = live.value.clone();
    let mut count = 0;
    for list in LISTS {
        if live.value.at(path).get(list).items().is_empty() {
            continue;
        }
        for container in next.entry_at(path).entry(list).items_mut().make_mut() {
            if is_like(container.get("name").text(), of) {
                count += 1;
                change(container)?;
            }
        }
    }
    Ok((next, count))
}

/// Whether a name is as a pattern says; `*` stands for anything.
fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            let mut ends = (0..=rest.len()).filter(|at| rest.is_char_boundary(*at));
            ends.any(|at| is_like(&rest[at..], tail))
        }),
    }
}

/// Sends what is new in an object. Nothing is said if nothing is.
pub(super) fn send(
    session: &mut Session,
    live: &Object,
    next: &Value,
    done: &str,
    failed: &str,
) -> Result<(), Fault> {
    if *next == live.value {
        return Ok(());
    }
    let (how, patch) = kube::patch::three_way(&live.value, next, &live.value)
        .map_err(|fault| Fault::Usage(format!("{} {fault}", of_kind(live))))?;
    session
        .patch(&live.key, how, patch)
        .map_err(|status| Fault::Usage(format!("{failed} {}", status.message)))?;
    session.done(&live.key, done);
    Ok(())
}

/// `NAME=IMAGE…`: the image of containers; `*` for all.
pub(super) fn image(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let (words, images) = split(&args.words, |word| word.contains('=')).map_err(|late| {
        Fault::Usage(format!(
            "all resources must be specified before image changes: {late}"
        ))
    })?;
    let all = objects(session, args, words)?;
    if images.is_empty() {
        return Err(Fault::Usage(
            "at least one image update is required".to_owned(),
        ));
    }
    let images: Vec<(&str, &str)> = images
        .iter()
        .filter_map(|image| image.split_once('='))
        .collect();
    let mut missing = String::new();
    for live in &all {
        let mut seen = vec![false; images.len()];
        let (next, _) = with_containers(live, "*", &mut |container| {
            let name = container.get("name").to_text();
            let of = |image: &(&str, &str)| image.0 == name || image.0 == "*";
            for (image, seen) in images.iter().zip(&mut seen) {
                *seen |= of(image);
            }
            if let Some((_, image)) = images.iter().rev().find(|image| of(image)) {
                container.set("image", *image);
            }
            Ok(())
        })?;
        for ((name, _), _) in images.iter().zip(&seen).filter(|(_, seen)| !**seen) {
            missing.push_str(&format!("error: unable to find container named {name:?}\n"));
        }
        let failed = "failed to patch image update to pod template:";
        send(session, live, &next, "image updated", failed)?;
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Fault::Said(missing.into())),
    }
}

/// `--limits` and `--requests`: resources of the containers.
pub(super) fn resources(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let all = objects(session, args, &args.words)?;
    let limits = amounts(args.last("limits").unwrap_or(""))?;
    let requests = amounts(args.last("requests").unwrap_or(""))?;
    if limits.is_empty() && requests.is_empty() {
        return Err(Fault::Usage(
            "you must specify an update to requests or limits (in the form of --requests/--limits)"
                .to_owned(),
        ));
    }
    let of = args.last("containers").unwrap_or("*");
    for live in &all {
        let (next, count) = with_containers(live, of, &mut |container| {
            for (list, amounts) in [("limits", &limits), ("requests", &requests)] {
                for (name, amount) in amounts {
                    container
                        .entry_at(&["resources", list])
                        .set(name, amount.clone());
                }
            }
            Ok(())
        })?;
        if count == 0 {
            return Err(Fault::Usage(format!("unable to find container named {of}")));
        }
        let failed = "failed to patch resources update to pod template";
        send(
            session,
            live,
            &next,
            "resource requirements updated",
            failed,
        )?;
    }
    Ok(())
}

/// `cpu=100m,memory=256Mi` (`populateResourceListV1`).
fn amounts(text: &str) -> Result<Vec<(&str, Value)>, Fault> {
    let mut found = Vec::new();
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let Some((name, amount)) = part.split_once('=').filter(|(_, it)| !it.contains('=')) else {
            return Err(Fault::Usage(format!(
                "Invalid argument syntax {part}, expected <resource>=<value>"
            )));
        };
        let Some(amount) = Quantity::parse(amount) else {
            return Err(Fault::Usage(
                "quantities must match the regular expression \
                 '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    .to_owned(),
            ));
        };
        found.push((name, amount.stored_text().into()));
    }
    Ok(found)
}
