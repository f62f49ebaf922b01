//! What a pod uses of other objects, by their names.

use crate::Value;

/// The names of the objects of a kind that a pod of this spec uses; a name may come twice.
pub(crate) fn used<'p>(spec: &'p Value, kind: &str) -> Vec<&'p str> {
    let mut names = Vec::new();
    let mut add = |object: &'p Value, path: &[&str]| {
        let name = object.at(path).text();
        if !name.is_empty() {
            names.push(name);
        }
    };
    let (volume, source, key, all) = match kind {
        "ConfigMap" => ("configMap", "configMap", "configMapKeyRef", "configMapRef"),
        "Secret" => ("secret", "secret", "secretKeyRef", "secretRef"),
        _ => ("", "", "", ""),
    };
    match kind {
        "ServiceAccount" => add(spec, &["serviceAccountName"]),
        "ResourceClaim" => {
            for claim in spec.get("resourceClaims").items() {
                add(claim, &["resourceClaimName"]);
            }
        }
        "Secret" => {
            for secret in spec.get("imagePullSecrets").items() {
                add(secret, &["name"]);
            }
        }
        _ => {}
    }
    for one in spec.get("volumes").items() {
        match kind {
            "PersistentVolumeClaim" => add(one, &["persistentVolumeClaim", "claimName"]),
            "Secret" => add(one, &["secret", "secretName"]),
            _ => add(one, &[volume, "name"]),
        }
        for part in one.at(&["projected", "sources"]).items() {
            add(part, &[source, "name"]);
        }
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in spec.get(list).items() {
            for variable in container.get("env").items() {
                add(variable, &["valueFrom", key, "name"]);
            }
            for source in container.get("envFrom").items() {
                add(source, &[all, "name"]);
            }
        }
    }
    names
}
