//! What a lab begins with: its cluster, and what was delivered and applied before.

use crate::cluster::kubelet;
use crate::delivery::actions::run::Start;
use crate::delivery::actions::workflow;
use crate::delivery::definition::Definition;
use crate::delivery::{check, rehearsal};
use crate::engine::World;
use crate::gitops;
use crate::pipeline::{self, MAIN};
use crate::texts;
use crate::trace::Note;
use crate::view::Problem;
use ecow::{EcoString, eco_format};
use kube::api::Verb;
use kube::{Key, Value, map};

/// Who makes what the lab begins with.
pub(crate) const SETUP: &str = "cluster-setup";

/// Makes the nodes and the namespaces.
pub(super) fn cluster(world: &mut World, definition: &Definition) {
    for (number, node) in definition.cluster.nodes.iter().enumerate() {
        let allocatable = map! {
            "cpu" => eco_format!("{}m", node.cpu),
            "memory" => eco_format!("{}", node.memory),
            "pods" => eco_format!("{}", node.pods),
        };
        let mut capacity = allocatable.clone();
        let memory = node.memory.saturating_add(kubelet::pressure::THRESHOLD);
        capacity.set("memory", eco_format!("{memory}"));
        let mut status = map! { "allocatable" => allocatable, "capacity" => capacity };
        kubelet::node::introduce(&mut status, &node.name, number);
        kubelet::node::say_well(&mut status, world.now());
        let object = map! {
            "apiVersion" => "v1",
            "kind" => "Node",
            "metadata" => map! {
                "name" => &node.name,
                "labels" => map! {
                    "kubernetes.io/hostname" => &node.name,
                    "kubernetes.io/os" => "linux",
                    "kubernetes.io/arch" => "amd64",
                },
            },
            "status" => status,
        };
        let why = texts::lab::node_joins(&node.name);
        make(world, object, "NodeReady", why);
    }
    let own = ["default", "kube-system"].map(EcoString::from);
    for name in own.iter().chain(&definition.cluster.namespaces) {
        let object = map! {
            "apiVersion" => "v1",
            "kind" => "Namespace",
            "metadata" => map! { "name" => name },
            "status" => map! { "phase" => "Active" },
        };
        let why = texts::lab::namespace_made(name);
        make(world, object, "Namespace", why);
    }
}

fn make(world: &mut World, object: Value, reason: &str, why: EcoString) {
    let (key, note) = (Key::of(&object), Note::detail("create", reason, why));
    let _ = world.request(SETUP, key, "", Verb::Create(object), note);
}

/// Delivers a repository's main as its workflow would, at once.
pub(super) fn deliver(world: &mut World, name: &EcoString) -> Result<(), Vec<Problem>> {
    let Some(repository) = world.delivery.repositories.get(name).cloned() else {
        return Err(vec![Problem::whole(name, texts::lab::NO_SUCH_REPOSITORY)]);
    };
    let Some(commit) = repository.branch(MAIN) else {
        return Ok(());
    };
    let files = repository.files(commit);
    let mistakes = files
        .iter()
        .flat_map(|(path, text)| check::check(&format!("{name}/{path}"), text, None));
    let mistakes: Vec<Problem> = mistakes.collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let start = Start {
        number: 0,
        name,
        repository: &repository,
        commit,
        event: workflow::Event::push(MAIN, files.keys().cloned().collect()),
        settings: pipeline::settings(world, name, &files),
    };
    let delivery = &world.delivery;
    let outcome = rehearsal::rehearse_all(&start, &delivery.registry, &delivery.repositories)?;
    if let Some(failure) = outcome.failure {
        let (job, step) = (failure.job, failure.step);
        let why = texts::lab::step_fails(&step, &job, &failure.error);
        return Err(vec![Problem::whole(name, why)]);
    }
    outcome.push_all(&mut world.delivery.registry, 0);
    for upgrade in &outcome.upgrades {
        world.begin();
        pipeline::install(world, name, &upgrade.files, commit, upgrade)?;
    }
    Ok(())
}

/// Applies a file of a repository's main, or all manifests in a folder, as somebody did by hand.
pub(super) fn apply(world: &mut World, path: &EcoString) -> Result<(), Vec<Problem>> {
    let (name, inside) = path.split_once('/').unwrap_or((path, ""));
    let files = pipeline::main_files(world, name);
    let is_meant = |file: &str| {
        let rest = file.strip_prefix(inside.trim_end_matches('/'));
        let within =
            rest.is_some_and(|rest| inside.is_empty() || rest.is_empty() || rest.starts_with('/'));
        within && (file.ends_with(".yaml") || file.ends_with(".yml"))
    };
    let mut any = false;
    for (file, text) in files.iter().filter(|(file, _)| is_meant(file)) {
        any = true;
        let place = eco_format!("{name}/{file}");
        let objects = yaml::decode_all(text).map_err(|_| check::check(&place, text, None))?;
        for mut object in objects.into_iter().filter(|object| !object.is_null()) {
            let key = gitops::diff::place(&mut object, "default");
            let why = texts::lab::applied(&key, &place);
            let note = Note::detail("create", "Applied", why);
            world
                .request(SETUP, key, "", Verb::Create(object), note)
                .map_err(|status| vec![Problem::whole(&place, status.message)])?;
        }
    }
    match any {
        true => Ok(()),
        false => Err(vec![Problem::whole(
            "cluster.yaml",
            texts::lab::no_manifests(path),
        )]),
    }
}
