//! GitRepository: what git has is fetched at an interval (fluxcd/source-controller).

use super::{begin, condition, finish, interval, is_asked, ready};
use crate::cluster::{Context, Controller};
use crate::delivery::git::Oid;
use crate::gitops::Ask;
use crate::gitops::source::{self, Repositories};
use crate::plan::Plan;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Change, Key, Object, Store, Value};

pub(crate) const CONTROLLER: Controller = Controller {
    name: "source-controller",
    watches,
    batch: 0,
    reconcile,
};

fn watches(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    if change.new.key.kind == "GitRepository" && is_asked(change) {
        keys.push(change.new.key.clone());
    }
}

/// The commit that the spec's reference means, and how Flux writes it.
pub(super) fn resolve(
    spec: &Value,
    repositories: &Repositories,
) -> Result<(Oid, EcoString), EcoString> {
    let url = spec.get("url").text();
    let fails = |why: EcoString| eco_format!("failed to checkout and determine revision: {why}");
    let repository = source::repository(repositories, url)
        .map_err(|why| fails(eco_format!("unable to list remote for '{url}': {why}")))?;
    let named = |field: &str| spec.at(&["ref", field]).text();
    let fields = ["commit", "name", "tag", "branch"];
    let wanted = fields.into_iter().map(named).find(|it| !it.is_empty());
    // The API's default.
    let wanted = wanted.unwrap_or("master");
    let shown = wanted.strip_prefix("refs/heads/").unwrap_or(wanted);
    let commit = source::resolve(repository, wanted).ok_or_else(|| {
        fails(eco_format!(
            "couldn't find remote ref \"refs/heads/{shown}\""
        ))
    })?;
    Ok((commit, eco_format!("{shown}@sha1:{commit}")))
}

/// Whether the artifact is what git has.
pub(super) fn is_current(object: &Object, context: &Context<'_>) -> bool {
    let stored = object.status().at(&["artifact", "revision"]);
    let repositories = &context.delivery.repositories;
    resolve(object.spec(), repositories).map_or(true, |(_, revision)| stored.text() == revision)
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let (mut pass, found) = match begin(store, key, context) {
        Ok(begun) => begun,
        Err(plan) => return plan,
    };
    let spec = found.spec();
    match resolve(spec, &context.delivery.repositories) {
        Err(why) => ready(&mut pass, false, "GitOperationFailed", &why),
        Ok((commit, revision)) => {
            let before = pass.status().at(&["artifact", "revision"]).to_text();
            if before != revision {
                pass.ask(Ask::Since(eco_format!("{commit}")));
                let name = source::name_of(spec.get("url").text());
                let repository = context.delivery.repositories.get(name);
                let commit = repository.and_then(|it| it.commit(commit));
                let subject = commit.map_or("", |it| it.subject());
                let message = eco_format!("stored artifact for commit '{subject}'");
                pass.event(Note::story("event", "NewArtifact", message));
                let artifact = kube::map! {
                    "revision" => &revision,
                    "lastUpdateTime" => pass.stamp(),
                };
                pass.status_mut().set("artifact", artifact);
            }
            let why = eco_format!("stored artifact for revision '{revision}'");
            condition(&mut pass, "ArtifactInStorage", "True", "Succeeded", &why);
            condition(&mut pass, "Ready", "True", "Succeeded", &why);
            let generation = found.meta.generation;
            pass.status_mut().set("observedGeneration", generation);
        }
    }
    pass.plan.look_again(interval(spec));
    finish(pass)
}
