//! What callers see while things happen to pods: each file in `tests/traffic/` is a story with its
//! outcome. With `BLESS` set, what is found is written down as what is expected.

#![expect(clippy::disallowed_methods, reason = "each story is a file")]

use crate::delivery::app::App;
use crate::delivery::git::{Oid, Tree};
use crate::delivery::reader::Reader;
use crate::delivery::registry::{Image, Reference};
use crate::delivery::traffic;
use crate::engine::{Settings, World};
use crate::trace::Note;
use crate::view::Second;
use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Key, Value, map};
use std::fmt::Write;
use std::rc::Rc;

/// What a caller is counted from: until then, pods come up.
const WARM_UP: u64 = 60_000;

#[test]
fn stories_end_as_they_should() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traffic");
    let files = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut wrong = String::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let (story, expected) = text.split_once("\nexpect: |\n").unwrap();
        let found = check(&name, story);
        let expected: Vec<&str> = expected.lines().map(str::trim).collect();
        if found.lines().eq(expected.iter().copied()) {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            let lines: String = found.lines().map(|line| format!("  {line}\n")).collect();
            std::fs::write(&path, format!("{story}\nexpect: |\n{lines}")).unwrap();
        }
        let expected = expected.join("\n");
        let _ = writeln!(wrong, "{name}:\n{found}instead of\n{expected}\n");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Plays a story and tells its outcome.
fn check(name: &str, story: &str) -> String {
    let story: Value = yaml::decode_all(story).unwrap().remove(0);
    let mut world = World::new(7, Settings::default());
    for (reference, app) in story.get("apps").members() {
        let text = app.text();
        let app = App::parse(name, text).unwrap_or_else(|found| panic!("{name}: {found:?}"));
        let files: Tree = [("app.yaml".into(), text.into())].into();
        let image = Rc::new(Image::build(&files, app, Oid::default()));
        let reference = Reference::parse(reference).unwrap();
        world.delivery.registry.push(&reference, image, 0).unwrap();
    }
    for node in ["a", "b", "c"] {
        let room = map! { "cpu" => "4", "memory" => "8Gi", "pods" => "110" };
        create(
            &mut world,
            map! {
                "apiVersion" => "v1",
                "kind" => "Node",
                "metadata" => map! { "name" => format!("node-{node}") },
                "status" => map! { "allocatable" => room },
            },
        );
    }
    for object in yaml::decode_all(story.get("objects").text()).unwrap() {
        create(&mut world, object);
    }
    world.run_until(WARM_UP);
    let callers = Reader::read(name, story.get("traffic").text(), traffic::read);
    for caller in callers.unwrap_or_else(|found| panic!("{name}: {found:?}")) {
        super::add(&mut world, caller);
    }
    for step in story.get("then").items() {
        let at = WARM_UP + 1000 * u64::try_from(step.get("at").as_int().unwrap()).unwrap();
        world.run_until(at);
        act(&mut world, step);
    }
    let run = u64::try_from(story.get("run").as_int().unwrap()).unwrap();
    world.run_until(WARM_UP + run * 1000);
    tell(&mut world)
}

fn create(world: &mut World, mut object: Value) {
    if object.at(&["metadata", "namespace"]).is_null() && object.get("kind").text() != "Node" {
        object.entry("metadata").set("namespace", "default");
    }
    request(world, Key::of(&object), Verb::Create(object));
}

fn act(world: &mut World, step: &Value) {
    let what = |verb: &str| {
        let (kind, name) = step.get(verb).text().split_once('/')?;
        Some(Key::new(kind, "default", name))
    };
    if let Some(key) = what("patch") {
        let patch = step.get("with").clone();
        request(world, key, Verb::Patch(PatchType::Strategic, patch));
    } else if let Some(key) = what("delete") {
        request(world, key, Verb::Delete(DeleteOptions::default()));
    }
}

fn request(world: &mut World, key: Key, verb: Verb) {
    let note = Note::detail("apply", "Applied", "");
    let answer = world.request("you", key.clone(), "", verb, note);
    assert!(answer.is_ok(), "{key}: {answer:?}");
}

/// What callers saw, and how the pods are.
fn tell(world: &mut World) -> String {
    let seconds = world.take_output().seconds;
    let mut text = String::new();
    let answered = |second: &Second| -> u32 { second.answered.iter().map(|it| it.1).sum() };
    let answers: u32 = seconds.iter().map(answered).sum();
    let _ = writeln!(text, "answered {answers}");
    let mut causes: std::collections::BTreeMap<&str, u32> = Default::default();
    for (cause, count) in seconds.iter().flat_map(|second| &second.causes) {
        *causes.entry(cause).or_default() += count;
    }
    for (cause, count) in causes {
        let _ = writeln!(text, "{cause} {count}");
    }
    let empty = Second {
        t: 0,
        answered: vec![],
        failed: 0,
        causes: vec![],
        latency: [0; 3],
        services: vec![],
        ready: (0, 0),
    };
    let last = seconds.last().unwrap_or(&empty);
    let worst = seconds.iter().map(|second| second.latency[2]).max();
    let [p50, p95, p99] = last.latency;
    let _ = writeln!(
        text,
        "p50 {p50} ms, p95 {p95} ms, p99 {p99} ms, worst {} ms",
        worst.unwrap_or(0)
    );
    for service in &last.services {
        let (name, failed) = (&service.name, service.failed);
        let _ = writeln!(
            text,
            "{name}: {} answered, {failed} failed",
            service.answered.iter().map(|(_, count)| count).sum::<u32>()
        );
    }
    for row in super::rows::callers(world) {
        let used = row.budget_used;
        let _ = writeln!(text, "{}: {used} % of the error budget", row.target);
    }
    for deployment in world.store().list("Deployment") {
        let status = deployment.status();
        let number = |name: &str| status.get(name).as_int().unwrap_or(0);
        let pods = world.store().list("Pod").into_iter();
        let name = deployment.key.name.as_str();
        let own: Vec<_> = pods.filter(|pod| pod.key.name.starts_with(name)).collect();
        let statuses = own
            .iter()
            .flat_map(|pod| pod.status().get("containerStatuses").items());
        let restarts: i64 = statuses
            .map(|it| it.get("restartCount").as_int().unwrap_or(0))
            .sum();
        let (ready, all) = (number("readyReplicas"), number("replicas"));
        let _ = writeln!(text, "{name}: {ready} of {all} ready, {restarts} restarts");
    }
    text
}
