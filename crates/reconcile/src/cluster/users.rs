//! Under which names the parts of the cluster ask the API server: what RBAC decides by.

use super::{CONTROLLERS, Controller};
use crate::gitops;
use ecow::eco_format;
use kube::rbac::User;

/// Controllers that act under another's service account
/// (`cmd/kube-controller-manager/app`, the names given to ClientOrDie).
const ACCOUNTS: &[(&str, &str)] = &[("taint-eviction-controller", "node-controller")];

/// Whether a controller is no part of Kubernetes: who installs it gives it what it needs.
fn is_add_on(controller: &str) -> bool {
    gitops::is_tool(controller) || controller == super::network::ingress::CONTROLLER.name
}

/// The user that an actor of the trace is. One that is no part of the cluster holds the
/// administrator's kubeconfig; so do add-ons such as the GitOps tools, whose manifests bind them to
/// `cluster-admin` or its like.
pub(crate) fn user_of(actor: &str) -> User {
    if let Some(node) = actor.strip_prefix("kubelet, ") {
        return User::named(&eco_format!("system:node:{node}"));
    }
    if actor == super::scheduler::CONTROLLER.name {
        return User::named("system:kube-scheduler");
    }
    let is_own = |it: &&Controller| it.name == actor && !is_add_on(actor);
    if CONTROLLERS.iter().any(|it| is_own(&it)) {
        let other = ACCOUNTS.iter().find(|(name, _)| *name == actor);
        let account = other.map_or(actor, |(_, account)| account);
        return User::service_account("kube-system", account);
    }
    User::master(actor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::{Key, Store};

    #[test]
    fn every_controller_has_a_role() {
        let mut store = Store::new(1);
        kube::rbac::bootstrap(&mut store);
        for controller in CONTROLLERS.iter().filter(|it| !is_add_on(it.name)) {
            let user = user_of(controller.name).name;
            let role = match user.rsplit_once("kube-system:") {
                Some((_, account)) => eco_format!("system:controller:{account}"),
                None => user,
            };
            let key = Key::new("ClusterRoleBinding", "", role.clone());
            assert!(store.get(&key).is_some(), "{role}");
        }
    }
}
