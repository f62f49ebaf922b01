//! An Application for a viewer.

use super::{compare, spec};
use crate::engine::World;
use crate::gitops::{resource, short};
use crate::view::{ApplicationRow, DeployedRow, ResourceRow};
use ecow::{EcoString, eco_format};
use kube::{Object, Value};

/// How an Application is at this moment: of every object its state, and where it differs.
pub(crate) fn row(world: &World, app: &Object) -> ApplicationRow {
    let status = app.status();
    let of = |path: &[&str]| status.at(path).to_text();
    let known = world.delivery.gitops.applications.get(&app.key);
    let targets = known.and_then(|it| it.generated.as_ref().ok());
    let targets = targets.and_then(|it| it.targets.as_ref().ok());
    let targets = targets.map_or(&[][..], |targets| &targets[..]);
    let compared = compare::compare(&world.store, world.now(), &app.value, targets);
    let is_unknown = of(&["sync", "status"]) == "Unknown";
    let shown_ones = compared.managed.iter().filter(|it| !it.is_skipped());
    let resources = shown_ones.map(|managed| ResourceRow {
        sync: match managed.is_out_of_sync() {
            _ if is_unknown => "Unknown",
            true => "OutOfSync",
            false => "Synced",
        }
        .into(),
        differences: compare::differences(&world.store, world.now(), app.spec(), managed),
        ..resource::row(&world.store, &managed.key)
    });
    let conditions = status.get("conditions").items().iter();
    let revision = of(&["sync", "revision"]);
    ApplicationRow {
        namespace: app.key.namespace.clone(),
        name: app.key.name.clone(),
        is_automated: spec::is_automated(app.spec()),
        history: status.get("history").items().iter().map(deployed).collect(),
        kind: app.key.kind.clone(),
        sync: of(&["sync", "status"]),
        health: of(&["health", "status"]),
        operation: of(&["operationState", "phase"]),
        message: of(&["operationState", "message"]),
        tint: world.delivery.tints.of_sha(short(&revision)),
        revision: short(&revision).into(),
        conditions: conditions
            .map(|it: &Value| it.get("message").to_text())
            .collect(),
        resources: resources.collect(),
    }
}

fn deployed(sync: &Value) -> DeployedRow {
    DeployedRow {
        id: sync.get("id").as_int().unwrap_or(0),
        revision: short(sync.get("revision").text()).into(),
        at: sync.get("deployedAt").to_text(),
    }
}

/// How an ApplicationSet is: its Applications are its objects. Its health is that of its conditions
/// (`resource_customizations/argoproj.io/ApplicationSet/health.lua`).
pub(crate) fn set_row(set: &Object) -> ApplicationRow {
    let holds = |name: &str| set.condition(name).get("status").text() == "True";
    let failed = holds("ErrorOccurred");
    let health = match (failed, holds("ResourcesUpToDate")) {
        (true, _) => "Degraded",
        (false, true) => "Healthy",
        (false, false) => "Progressing",
    };
    let message = set.condition("ErrorOccurred").get("message").to_text();
    let resource = |it: &Value| ResourceRow {
        object: eco_format!(
            "Application/{}/{}",
            it.get("namespace").text(),
            it.get("name").text()
        ),
        sync: it.get("status").to_text(),
        health: it.at(&["health", "status"]).to_text(),
        message: EcoString::new(),
        differences: Vec::new(),
        owned: Vec::new(),
    };
    let resources = set.status().get("resources").items();
    ApplicationRow {
        kind: set.key.kind.clone(),
        namespace: set.key.namespace.clone(),
        name: set.key.name.clone(),
        is_automated: true,
        sync: if failed { "Unknown" } else { "Synced" }.into(),
        health: health.into(),
        operation: EcoString::new(),
        message: EcoString::new(),
        revision: EcoString::new(),
        tint: None,
        conditions: Some(message).filter(|_| failed).into_iter().collect(),
        resources: resources.iter().map(resource).collect(),
        history: Vec::new(),
    }
}
