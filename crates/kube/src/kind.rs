//! The kinds that the API server knows by name.

/// What the API server knows about a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// `Deployment`
    pub kind: &'static str,
    /// `apps/v1`
    pub api_version: &'static str,
    /// `deployments`: the name in paths and in messages.
    pub plural: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// Whether it has a status of its own, so that `metadata.generation` counts changes of its spec.
    pub counted: bool,
}

const fn kind(
    kind: &'static str,
    api_version: &'static str,
    plural: &'static str,
    namespaced: bool,
    counted: bool,
) -> KindInfo {
    KindInfo {
        kind,
        api_version,
        plural,
        namespaced,
        counted,
    }
}

/// Every kind the server knows, by name. Others are stored too, as namespaced.
pub const KINDS: &[KindInfo] = &[
    kind(
        "APIService",
        "apiregistration.k8s.io/v1",
        "apiservices",
        false,
        false,
    ),
    kind(
        "AppProject",
        "argoproj.io/v1alpha1",
        "appprojects",
        true,
        true,
    ),
    kind(
        "Application",
        "argoproj.io/v1alpha1",
        "applications",
        true,
        true,
    ),
    kind(
        "ApplicationSet",
        "argoproj.io/v1alpha1",
        "applicationsets",
        true,
        true,
    ),
    kind("CSIDriver", "storage.k8s.io/v1", "csidrivers", false, false),
    kind("CSINode", "storage.k8s.io/v1", "csinodes", false, false),
    kind(
        "CSIStorageCapacity",
        "storage.k8s.io/v1",
        "csistoragecapacities",
        true,
        false,
    ),
    kind(
        "CertificateSigningRequest",
        "certificates.k8s.io/v1",
        "certificatesigningrequests",
        false,
        false,
    ),
    kind(
        "ClusterRole",
        "rbac.authorization.k8s.io/v1",
        "clusterroles",
        false,
        false,
    ),
    kind(
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings",
        false,
        false,
    ),
    kind("ConfigMap", "v1", "configmaps", true, false),
    kind(
        "ControllerRevision",
        "apps/v1",
        "controllerrevisions",
        true,
        false,
    ),
    kind("CronJob", "batch/v1", "cronjobs", true, true),
    kind(
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        "customresourcedefinitions",
        false,
        true,
    ),
    kind("DaemonSet", "apps/v1", "daemonsets", true, true),
    kind("Deployment", "apps/v1", "deployments", true, true),
    kind(
        "DeviceClass",
        "resource.k8s.io/v1",
        "deviceclasses",
        false,
        true,
    ),
    kind(
        "EndpointSlice",
        "discovery.k8s.io/v1",
        "endpointslices",
        true,
        true,
    ),
    kind("Endpoints", "v1", "endpoints", true, false),
    kind("Event", "v1", "events", true, false),
    kind(
        "FlowSchema",
        "flowcontrol.apiserver.k8s.io/v1",
        "flowschemas",
        false,
        true,
    ),
    kind(
        "GitRepository",
        "source.toolkit.fluxcd.io/v1",
        "gitrepositories",
        true,
        true,
    ),
    kind(
        "HelmRelease",
        "helm.toolkit.fluxcd.io/v2",
        "helmreleases",
        true,
        true,
    ),
    kind(
        "HorizontalPodAutoscaler",
        "autoscaling/v2",
        "horizontalpodautoscalers",
        true,
        false,
    ),
    kind(
        "IPAddress",
        "networking.k8s.io/v1",
        "ipaddresses",
        false,
        false,
    ),
    kind("Ingress", "networking.k8s.io/v1", "ingresses", true, true),
    kind(
        "IngressClass",
        "networking.k8s.io/v1",
        "ingressclasses",
        false,
        true,
    ),
    kind("Job", "batch/v1", "jobs", true, true),
    kind(
        "Kustomization",
        "kustomize.toolkit.fluxcd.io/v1",
        "kustomizations",
        true,
        true,
    ),
    kind("Lease", "coordination.k8s.io/v1", "leases", true, false),
    kind("LimitRange", "v1", "limitranges", true, false),
    kind(
        "LocalSubjectAccessReview",
        "authorization.k8s.io/v1",
        "localsubjectaccessreviews",
        true,
        false,
    ),
    kind(
        "MutatingAdmissionPolicy",
        "admissionregistration.k8s.io/v1",
        "mutatingadmissionpolicies",
        false,
        true,
    ),
    kind(
        "MutatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io/v1",
        "mutatingadmissionpolicybindings",
        false,
        true,
    ),
    kind(
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        false,
        true,
    ),
    kind("Namespace", "v1", "namespaces", false, false),
    kind(
        "NetworkPolicy",
        "networking.k8s.io/v1",
        "networkpolicies",
        true,
        true,
    ),
    kind("Node", "v1", "nodes", false, false),
    kind(
        "NodeMetrics",
        "metrics.k8s.io/v1beta1",
        "nodes",
        false,
        false,
    ),
    kind("PersistentVolume", "v1", "persistentvolumes", false, false),
    kind(
        "PersistentVolumeClaim",
        "v1",
        "persistentvolumeclaims",
        true,
        false,
    ),
    kind("Pod", "v1", "pods", true, true),
    kind(
        "PodDisruptionBudget",
        "policy/v1",
        "poddisruptionbudgets",
        true,
        true,
    ),
    kind("PodMetrics", "metrics.k8s.io/v1beta1", "pods", true, false),
    kind("PodTemplate", "v1", "podtemplates", true, false),
    kind(
        "PriorityClass",
        "scheduling.k8s.io/v1",
        "priorityclasses",
        false,
        true,
    ),
    kind(
        "PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1",
        "prioritylevelconfigurations",
        false,
        true,
    ),
    kind("ReplicaSet", "apps/v1", "replicasets", true, true),
    kind(
        "ReplicationController",
        "v1",
        "replicationcontrollers",
        true,
        true,
    ),
    kind(
        "ResourceClaim",
        "resource.k8s.io/v1",
        "resourceclaims",
        true,
        false,
    ),
    kind(
        "ResourceClaimTemplate",
        "resource.k8s.io/v1",
        "resourceclaimtemplates",
        true,
        false,
    ),
    kind("ResourceQuota", "v1", "resourcequotas", true, false),
    kind(
        "ResourceSlice",
        "resource.k8s.io/v1",
        "resourceslices",
        false,
        true,
    ),
    kind("Role", "rbac.authorization.k8s.io/v1", "roles", true, false),
    kind(
        "RoleBinding",
        "rbac.authorization.k8s.io/v1",
        "rolebindings",
        true,
        false,
    ),
    kind(
        "RuntimeClass",
        "node.k8s.io/v1",
        "runtimeclasses",
        false,
        false,
    ),
    kind("Secret", "v1", "secrets", true, false),
    kind(
        "SelfSubjectAccessReview",
        "authorization.k8s.io/v1",
        "selfsubjectaccessreviews",
        false,
        false,
    ),
    kind(
        "SelfSubjectReview",
        "authentication.k8s.io/v1",
        "selfsubjectreviews",
        false,
        false,
    ),
    kind(
        "SelfSubjectRulesReview",
        "authorization.k8s.io/v1",
        "selfsubjectrulesreviews",
        false,
        false,
    ),
    kind("Service", "v1", "services", true, false),
    kind("ServiceAccount", "v1", "serviceaccounts", true, false),
    kind(
        "ServiceCIDR",
        "networking.k8s.io/v1",
        "servicecidrs",
        false,
        false,
    ),
    kind("StatefulSet", "apps/v1", "statefulsets", true, true),
    kind(
        "StorageClass",
        "storage.k8s.io/v1",
        "storageclasses",
        false,
        false,
    ),
    kind(
        "SubjectAccessReview",
        "authorization.k8s.io/v1",
        "subjectaccessreviews",
        false,
        false,
    ),
    kind(
        "ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io/v1",
        "validatingadmissionpolicies",
        false,
        true,
    ),
    kind(
        "ValidatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io/v1",
        "validatingadmissionpolicybindings",
        false,
        true,
    ),
    kind(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        false,
        true,
    ),
    kind(
        "VolumeAttachment",
        "storage.k8s.io/v1",
        "volumeattachments",
        false,
        false,
    ),
    kind(
        "VolumeAttributesClass",
        "storage.k8s.io/v1",
        "volumeattributesclasses",
        false,
        false,
    ),
];

/// What is known about `kind`.
#[must_use]
pub fn kind_info(kind: &str) -> Option<&'static KindInfo> {
    // By their beginnings as numbers: nothing is asked more often, and numbers are compared at once.
    let start = start(kind);
    let from = STARTS.partition_point(|have| *have < start);
    let alike = STARTS[from..].iter().take_while(|have| **have == start);
    let mut found = KINDS[from..].iter().zip(alike);
    Some(found.find(|(info, _)| info.kind == kind)?.0)
}

/// How each of [`KINDS`] begins.
const STARTS: [u64; KINDS.len()] = {
    let mut starts = [0; KINDS.len()];
    let mut at = 0;
    while at < KINDS.len() {
        starts[at] = start(KINDS[at].kind);
        at += 1;
    }
    starts
};

/// The first eight bytes of a text, as a number that is in the same order.
const fn start(text: &str) -> u64 {
    let (text, mut start, mut at) = (text.as_bytes(), 0, 0);
    while at < 8 {
        let byte = if at < text.len() { text[at] } else { 0 };
        start = start << 8 | byte as u64;
        at += 1;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KINDS.is_sorted_by(|a, b| a.kind < b.kind));
        assert_eq!(kind_info("Pod").map(|info| info.plural), Some("pods"));
        assert_eq!(kind_info("Gadget"), None);
        for info in KINDS {
            assert_eq!(kind_info(info.kind), Some(info));
        }
    }

    /// Every kind that is stored in the version 1 of its group, as the table of fields has it.
    #[cfg(feature = "embedded-table")]
    #[test]
    fn the_table_has_every_kind() {
        // These are answered, not stored.
        const QUESTIONS: &[&str] = &["Binding", "TokenReview"];
        let table = crate::fields::Table::embedded();
        for (kind, resource) in table.resources() {
            let stable = matches!(resource.api_version, "v1" | "autoscaling/v2")
                || resource.api_version.ends_with("/v1");
            let elsewhere = matches!(resource.api_version, "autoscaling/v1" | "events.k8s.io/v1");
            if !stable || elsewhere || QUESTIONS.contains(&kind) {
                continue;
            }
            let known =
                kind_info(kind).map(|info| (info.api_version, info.plural, info.namespaced));
            let (version, plural) = (resource.api_version, resource.plural);
            assert_eq!(
                known,
                Some((version, plural, resource.namespaced)),
                "{kind}"
            );
        }
    }
}
