//! ServiceAccount: a pod runs as somebody, and gets a token to show
//! (`plugin/pkg/admission/serviceaccount`).

use crate::{Key, Status, Store, Value, map};
use ecow::{EcoString, eco_format};
use std::sync::LazyLock;

/// Where a container finds its token.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// How the volume is called that the token is in: this, and so many letters and digits that are drawn.
pub(crate) const TOKEN_VOLUME: &str = "kube-api-access-";
pub(crate) const DRAWN: usize = 5;

pub(super) fn admit(store: &mut Store, key: &Key, pod: &mut Value) -> Result<(), Status> {
    if key.kind != "Pod" {
        return Ok(());
    }
    let name = match pod.at(&["spec", "serviceAccountName"]).text() {
        "" => EcoString::from("default"),
        name => name.into(),
    };
    let spec = pod.entry("spec");
    spec.set("serviceAccountName", &name);
    spec.set("serviceAccount", &name);
    let account = store.get(&key.sibling("ServiceAccount", &name)).cloned();
    // A controller makes `default` with each namespace, so that it is there whether or not it is
    // stored.
    if account.is_none() && name != "default" {
        let why = eco_format!(
            "error looking up service account {}/{name}: serviceaccount {name:?} not found",
            key.namespace
        );
        return Err(Status::forbidden("Pod", &key.name, &why));
    }
    let account = account.as_ref().map_or(&Value::NULL, |it| &it.value);
    let secrets = account.get("imagePullSecrets");
    if spec.get("imagePullSecrets").is_null() {
        spec.set("imagePullSecrets", secrets.clone());
    }
    let automount = [&*spec, account]
        .iter()
        .find_map(|it| it.get("automountServiceAccountToken").as_bool());
    if automount != Some(false) {
        mount_token(store, spec);
    }
    Ok(())
}

/// Gives each container that mounts nothing there the account's token.
fn mount_token(store: &mut Store, spec: &mut Value) {
    let is_token = |volume: &&Value| volume.get("name").text().starts_with(TOKEN_VOLUME);
    let existing = spec.get("volumes").items().iter().find(is_token);
    let name = match existing {
        Some(volume) => volume.get("name").to_text(),
        None => lean::joined(&[TOKEN_VOLUME, &store.random.suffix()]),
    };
    let add_volume = existing.is_none();
    let mut mounted = false;
    for list in ["initContainers", "containers"] {
        let containers = spec.get(list).items().len();
        for at in 0..containers {
            let mounts = spec.get(list).items()[at].get("volumeMounts").items();
            if mounts
                .iter()
                .any(|it| it.get("mountPath").text() == TOKEN_PATH)
            {
                continue;
            }
            let mount = map! { "name" => &name, "readOnly" => true, "mountPath" => TOKEN_PATH };
            let container = &mut spec.entry(list).items_mut().make_mut()[at];
            container.entry("volumeMounts").items_mut().push(mount);
            mounted = true;
        }
    }
    if mounted && add_volume {
        spec.entry("volumes").items_mut().push(token_volume(&name));
    }
}

/// The projected volume that holds the token.
fn token_volume(name: &EcoString) -> Value {
    map! { "name" => name, "projected" => PROJECTED.clone() }
}

/// The token, the certificate of the API server, and the namespace: the same for all pods, which share
/// it.
static PROJECTED: LazyLock<Value> = LazyLock::new(|| {
    let certificate = map! { "key" => "ca.crt", "path" => "ca.crt" };
    let namespace = map! {
        "path" => "namespace",
        "fieldRef" => map! { "apiVersion" => "v1", "fieldPath" => "metadata.namespace" },
    };
    let sources = vec![
        map! { "serviceAccountToken" => map! { "expirationSeconds" => 3607, "path" => "token" } },
        map! { "configMap" => map! { "name" => "kube-root-ca.crt", "items" => vec![certificate] } },
        map! { "downwardAPI" => map! { "items" => vec![namespace] } },
    ];
    map! { "sources" => sources, "defaultMode" => 0o644 }
});
