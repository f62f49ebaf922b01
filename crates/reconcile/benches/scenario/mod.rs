//! What is measured, natively and in the browser: a Deployment of many pods comes up, and rolls.
//!
//! Ten pods fit on a node. There is no traffic, pods are ready one second after they are bound, and
//! `maxSurge` and `maxUnavailable` are 25 %, as Kubernetes has them by default.

use kube::api::{PatchType, Verb};
use kube::{Key, map};
use reconcile::delivery::app::App;
use reconcile::trace::Note;
use reconcile::{Settings, Timings, World};
use std::hint::black_box;
use std::rc::Rc;

const PODS_PER_NODE: u32 = 10;
const USER: &str = "bench";
/// How far time goes at once, in virtual milliseconds, before the world is asked whether it is settled.
const STRIDE: u64 = 1_000;

/// A settled cluster in which a new Deployment of `pods` has come up.
pub fn bring_up(pods: u32) -> World {
    let mut world = begin(pods);
    settle(&mut world);
    assert_updated(&world, pods);
    world
}

/// A cluster that was just given a Deployment of `pods`.
pub fn begin(pods: u32) -> World {
    let timings = Timings {
        sandbox: 0,
        container: 500, // to create, and again to start
        pull_round_trip: 0,
        ..Timings::default()
    };
    let app = App {
        startup: 0,
        image_size: 1,
        ..App::default()
    };
    let settings = Settings {
        timings,
        any_image: Some(Rc::new(app)),
        ..Settings::default()
    };
    let mut world = World::new(1, settings);
    for node in 0..pods / PODS_PER_NODE {
        create(
            &mut world,
            map! {
                "apiVersion" => "v1",
                "kind" => "Node",
                "metadata" => map! { "name" => format!("node-{node:04}") },
                "status" => map! {
                    "allocatable" => map! { "cpu" => "2", "memory" => "4Gi", "pods" => "110" },
                },
            },
        );
    }
    let labels = map! { "app" => "shop" };
    let container = map! {
        "name" => "shop",
        "image" => "registry.example/shop:1",
        "resources" => map! { "requests" => map! { "cpu" => "100m", "memory" => "128Mi" } },
    };
    create(
        &mut world,
        map! {
            "apiVersion" => "apps/v1",
            "kind" => "Deployment",
            "metadata" => map! { "name" => "shop", "namespace" => "default" },
            "spec" => map! {
                "replicas" => i64::from(pods),
                "selector" => map! { "matchLabels" => labels.clone() },
                "template" => map! {
                    "metadata" => map! { "labels" => labels },
                    "spec" => map! { "containers" => vec![container] },
                },
            },
        },
    );
    world
}

/// The same cluster after its Deployment has rolled to a new template. The cluster given stays as it is.
pub fn rolling_update(cluster: &World) -> World {
    let mut world = cluster.clone();
    change_template(&mut world);
    settle(&mut world);
    world
}

/// Gives the Deployment a new template.
pub fn change_template(world: &mut World) {
    let annotations = map! { "changed" => "yes" };
    let patch = map! {
        "spec" => map! {
            "template" => map! { "metadata" => map! { "annotations" => annotations } },
        },
    };
    request(world, deployment(), Verb::Patch(PatchType::Merge, patch));
}

/// Panics unless all pods there are belong to the newest template and are available: a bench of
/// something that did not happen would be fast.
pub fn assert_updated(world: &World, pods: u32) {
    let found = world.store().get(&deployment());
    let status = found
        .map(|deployment| deployment.status().clone())
        .unwrap_or_default();
    for field in ["replicas", "updatedReplicas", "availableReplicas"] {
        assert_eq!(status.get(field).as_int(), Some(i64::from(pods)), "{field}");
    }
}

fn deployment() -> Key {
    Key::new("Deployment", "default", "shop")
}

/// What comes out is taken as time goes on, as a timeline takes it.
fn settle(world: &mut World) {
    while world.next_change().is_some() {
        world.run_until(world.now() + STRIDE);
        black_box(world.take_output());
    }
}

fn create(world: &mut World, object: kube::Value) {
    request(world, Key::of(&object), Verb::Create(object));
}

fn request(world: &mut World, key: Key, verb: Verb) {
    let note = Note::detail("apply", "Applied", "");
    if let Err(status) = world.request(USER, key, "", verb, note) {
        panic!("{}", status.message);
    }
}
