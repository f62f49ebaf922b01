//! The bench `rollout` for the browser: `cargo xtask bench --only browser` compiles it as the page is
//! compiled, and tests/bench/engine.mjs calls it.

#[path = "../benches/scenario/mod.rs"]
mod scenario;

use reconcile::World;
use wasm_bindgen::prelude::wasm_bindgen;

/// Brings a Deployment of `pods` up in an empty cluster.
#[wasm_bindgen]
pub fn bring_up(pods: u32) {
    drop(scenario::bring_up(pods));
}

/// A cluster in which a Deployment is up.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Cluster(World);

#[wasm_bindgen]
impl Cluster {
    /// Brings a Deployment of `pods` up.
    #[wasm_bindgen(constructor)]
    pub fn new(pods: u32) -> Cluster {
        Cluster(scenario::bring_up(pods))
    }

    /// Rolls the Deployment to a new template, in a fork: the cluster stays as it is.
    pub fn rolling_update(&self) {
        drop(scenario::rolling_update(&self.0));
    }
}

fn main() {}
