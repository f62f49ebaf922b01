//! What holds for every rollout and every history, tried with random ones.

#![cfg(not(target_family = "wasm"))]

mod history;
mod rollout;
mod soak;

use kube::api::{PatchType, Verb};
use kube::{Key, Value, map};
use reconcile::delivery::app::App;
use reconcile::trace::Note;
use reconcile::{Settings, World};
use std::rc::Rc;

/// A world with nodes, where every image can be had and starts in a second.
fn world(seed: u64) -> World {
    let app = App {
        startup: 1_000,
        image_size: 20 << 20,
        ..App::default()
    };
    let mut world = World::new(
        seed,
        Settings {
            any_image: Some(Rc::new(app)),
            ..Settings::default()
        },
    );
    for name in ["node-a", "node-b", "node-c"] {
        let node = map! {
            "apiVersion" => "v1",
            "kind" => "Node",
            "metadata" => map! { "name" => name },
            "status" => map! { "allocatable" => map! { "cpu" => "8", "memory" => "16Gi", "pods" => "110" } },
        };
        request(&mut world, Key::of(&node), Verb::Create(node));
    }
    world
}

/// A Deployment `shop` of so many pods, with a rolling update's limits.
fn deployment(replicas: i64, surge: Value, unavailable: Value) -> Value {
    let labels = map! { "app" => "shop" };
    let container = map! {
        "name" => "shop",
        "image" => "registry.example/shop:1",
        "readinessProbe" => map! { "httpGet" => map! { "path" => "/readyz", "port" => 8080 }, "periodSeconds" => 1 },
    };
    map! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => map! { "name" => "shop", "namespace" => "default" },
        "spec" => map! {
            "replicas" => replicas,
            "selector" => map! { "matchLabels" => labels.clone() },
            "strategy" => map! {
                "type" => "RollingUpdate",
                "rollingUpdate" => map! { "maxSurge" => surge, "maxUnavailable" => unavailable },
            },
            "template" => map! {
                "metadata" => map! { "labels" => labels },
                "spec" => map! { "containers" => vec![container] },
            },
        },
    }
}

fn key() -> Key {
    Key::new("Deployment", "default", "shop")
}

/// A new template: version `number` of the image.
fn new_image(world: &mut World, number: u32) {
    let image = format!("registry.example/shop:{number}");
    let container = map! { "name" => "shop", "image" => image };
    let template = map! { "spec" => map! { "containers" => vec![container] } };
    let patch = map! { "spec" => map! { "template" => template } };
    request(world, key(), Verb::Patch(PatchType::Strategic, patch));
}

fn request(world: &mut World, key: Key, verb: Verb) {
    let note = Note::detail("write", "Test", "the test acts");
    world
        .request("test", key, "", verb, note)
        .expect("the API server accepts what a test writes");
}
