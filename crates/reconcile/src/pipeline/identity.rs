//! In whose name a job asks the cluster, and what that user may do.

use crate::audit::Asked;
use crate::engine::World;
use ecow::EcoString;
use kube::Key;
use kube::rbac::{self, Attributes, User};

/// The user of a command: the one that its kubeconfig names, else the runner's service account, else
/// whoever set up the cluster.
pub(super) fn of(world: &World, named: Option<&str>, program: &str) -> User {
    let runner = Some(world.delivery.runner.as_str()).filter(|name| !name.is_empty());
    match named.or(runner) {
        Some(name) => User::named(name),
        None => User::master(program),
    }
}

/// Whether a user may do something to objects of a kind in a namespace, as a program finds out that asks
/// for it.
///
/// # Errors
/// The API server's refusal, which is in its log.
pub(super) fn check(
    world: &mut World,
    program: &str,
    user: &User,
    verb: &'static str,
    kind: &str,
    namespace: &str,
) -> Result<(), EcoString> {
    let Some(info) = kube::kind_info(kind) else {
        return Ok(());
    };
    let group = info
        .api_version
        .split_once('/')
        .map_or("", |(group, _)| group);
    let wanted = Attributes {
        verb: verb.into(),
        group: group.into(),
        resource: info.plural.into(),
        namespace: if info.namespaced {
            namespace.into()
        } else {
            EcoString::new()
        },
        ..Attributes::default()
    };
    rbac::check(&world.store, user, &wanted).map_err(|status| {
        let key = Key::new(kind, wanted.namespace, "");
        world.audit_refusal(&Asked::by(program, user, verb, ""), &key, None, &status);
        status.message
    })
}
