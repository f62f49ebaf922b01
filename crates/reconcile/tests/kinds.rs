//! Objects of every kind are stored and served, and where the lab does not act on a kind, it says so:
//! once for each object.

#![cfg(not(target_family = "wasm"))]

use kube::api::{PatchType, Verb};
use kube::{KINDS, Key, Value, map};
use reconcile::trace::Note;
use reconcile::{Settings, World};
use std::collections::BTreeSet;

/// What is asked of the API server and not stored.
fn is_question(kind: &str) -> bool {
    kind.ends_with("Review") || kind.ends_with("Metrics")
}

/// Makes an object and changes it, and counts how often the lab says that it does not act on it.
fn said_of(world: &mut World, object: &Value) -> Result<usize, String> {
    let key = match kube::kind_info(object.get("kind").text()) {
        Some(info) if !info.namespaced => Key {
            namespace: "".into(),
            ..Key::of(object)
        },
        _ => Key::of(object),
    };
    let labels = map! { "metadata" => map! { "labels" => map! { "touched" => "yes" } } };
    for verb in [
        Verb::Create(object.clone()),
        Verb::Patch(PatchType::Merge, labels),
    ] {
        let note = Note::detail("write", "Test", "the test acts");
        let done = world.request("test", key.clone(), "", verb, note);
        done.map_err(|status| format!("{key}: {}", status.message))?;
    }
    let stored = world
        .store()
        .get(&key)
        .ok_or(format!("{key} is not there"))?;
    if stored.labels().get("touched").text() != "yes" {
        return Err(format!("{key} is not as it was written"));
    }
    if !world.store().list(&key.kind).iter().any(|it| it.key == key) {
        return Err(format!("{key} is not listed"));
    }
    world.run_until(world.now() + 2_000);
    let said = world.take_output().entries;
    let about = said
        .iter()
        .filter(|it| it.reason == "NotModelled" && it.object.as_ref() == Some(&key));
    let told = world.store().list("Event");
    let told = told.iter().filter(|it| {
        let about = it.value.get("involvedObject");
        it.value.get("reason").text() == "NotModelled"
            && [about.get("kind").text(), about.get("name").text()] == [&*key.kind, &*key.name]
    });
    let (said, told) = (about.count(), told.count());
    match said == told {
        true => Ok(said),
        false => Err(format!("{key}: {said} entries and {told} Events")),
    }
}

#[test]
fn every_kind_is_stored_and_says_whether_it_is_acted_on() {
    let mut world = World::new(3, Settings::default());
    let argocd = map! {
        "apiVersion" => "v1",
        "kind" => "Namespace",
        "metadata" => map! { "name" => "argocd" },
    };
    said_of(&mut world, &argocd).expect("a namespace is made");
    let cases = yaml::decode_all(include_str!("kinds.yaml")).expect("the cases are YAML");
    let mut seen = BTreeSet::new();
    let mut failures = Vec::new();
    for case in cases.iter().filter(|case| !case.is_null()) {
        let object = case.get("object");
        seen.insert(object.get("kind").text());
        let expected = usize::from(case.get("acted").as_bool() == Some(false));
        match said_of(&mut world, object) {
            Ok(times) if times == expected => {}
            Ok(times) => failures.push(format!(
                "{} is said {times} times not to be acted on, instead of {expected}",
                object.get("kind").text()
            )),
            Err(why) => failures.push(why),
        }
    }
    for info in KINDS.iter().filter(|info| !is_question(info.kind)) {
        if !seen.contains(info.kind) {
            failures.push(format!("there is no case for {}", info.kind));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
