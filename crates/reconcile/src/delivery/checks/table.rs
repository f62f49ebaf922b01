//! Every check.

use super::Test::{Container, Object, Pods, Serving, Values};
use super::{Check, Test, access, containers, network, pods, rollout, values};
use crate::texts::checks as words;
use crate::view::Severity::{self, Error, Info, Warning};

/// Whether a check is done unless somebody asks otherwise.
const ON: bool = true;
const OFF: bool = false;

const fn line(
    (name, severity, on): (&'static str, Severity, bool),
    find: Test,
    [what, mend]: [&'static str; 2],
    url: &'static str,
) -> Check {
    Check {
        name,
        severity,
        on,
        what,
        mend,
        url,
        find,
    }
}

const ADMIN: &str = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/";
const AFFINITY: &str =
    "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/";
const APPROACH: &str =
    "https://helm.sh/docs/howto/charts_tips_and_tricks/#automatically-roll-deployments";
const AUTOSCALER: &str =
    "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/";
const BUDGET: &str = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/";
const DEPLOYMENT: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/";
const IMAGES: &str = "https://kubernetes.io/docs/concepts/containers/images/";
const INGRESS: &str = "https://kubernetes.io/docs/concepts/services-networking/ingress/";
const JOB: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/";
const POLICY: &str = "https://kubernetes.io/docs/concepts/services-networking/network-policies/";
const PROBES: &str = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/";
const RESOURCES: &str =
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/";
const SECRETS: &str = "https://kubernetes.io/docs/concepts/security/secrets-good-practices/";
const SECURITY: &str = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";
const SERVICE: &str = "https://kubernetes.io/docs/concepts/services-networking/service/";
const ACCOUNT: &str =
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/";
const SYSCTLS: &str = "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/";
const VARIABLES: &str = "https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/";

/// Every check, by name.
#[rustfmt::skip]
pub static CHECKS: &[Check] = &[
    line(("access-to-create-pods", Warning, OFF), Object(access::access_to_create_pods), words::ACCESS_TO_CREATE_PODS, ADMIN),
    line(("access-to-secrets", Warning, OFF), Object(access::access_to_secrets), words::ACCESS_TO_SECRETS, ADMIN),
    line(("cluster-admin-binding", Error, ON), Object(access::cluster_admin_binding), words::CLUSTER_ADMIN_BINDING, ADMIN),
    line(("cluster-admin-role-binding", Warning, OFF), Object(access::cluster_admin_role_binding), words::CLUSTER_ADMIN_ROLE_BINDING, ADMIN),
    line(("configmap-without-checksum", Warning, ON), Pods(rollout::configmap_without_checksum), words::CONFIGMAP_WITHOUT_CHECKSUM, APPROACH),
    line(("dangling-horizontalpodautoscaler", Error, ON), Object(network::dangling_autoscaler), words::DANGLING_HORIZONTALPODAUTOSCALER, AUTOSCALER),
    line(("dangling-ingress", Error, ON), Object(network::dangling_ingress), words::DANGLING_INGRESS, INGRESS),
    line(("dangling-networkpolicy", Info, OFF), Object(network::dangling_policy), words::DANGLING_NETWORKPOLICY, POLICY),
    line(("dangling-service", Warning, ON), Object(network::dangling_service), words::DANGLING_SERVICE, SERVICE),
    line(("default-service-account", Info, OFF), Pods(pods::default_service_account), words::DEFAULT_SERVICE_ACCOUNT, ACCOUNT),
    line(("deprecated-service-account-field", Info, ON), Pods(pods::deprecated_service_account), words::DEPRECATED_SERVICE_ACCOUNT_FIELD, ACCOUNT),
    line(("docker-sock", Error, ON), Pods(pods::docker_sock), words::DOCKER_SOCK, SECURITY),
    line(("drop-net-raw-capability", Warning, ON), Container(containers::drop_net_raw), words::DROP_NET_RAW_CAPABILITY, SECURITY),
    line(("duplicate-env-var", Warning, ON), Container(containers::duplicate_env_var), words::DUPLICATE_ENV_VAR, VARIABLES),
    line(("env-var-secret", Warning, ON), Container(containers::env_var_secret), words::ENV_VAR_SECRET, SECRETS),
    line(("exposed-services", Info, OFF), Object(network::exposed_service), words::EXPOSED_SERVICES, SERVICE),
    line(("host-ipc", Error, ON), Pods(pods::host_ipc), words::HOST_IPC, SECURITY),
    line(("host-network", Warning, ON), Pods(pods::host_network), words::HOST_NETWORK, SECURITY),
    line(("host-pid", Error, ON), Pods(pods::host_pid), words::HOST_PID, SECURITY),
    line(("hpa-and-replicas", Warning, ON), Pods(rollout::hpa_and_replicas), words::HPA_AND_REPLICAS, AUTOSCALER),
    line(("hpa-minimum-three-replicas", Info, OFF), Object(network::autoscaler_minimum), words::HPA_MINIMUM_THREE_REPLICAS, AUTOSCALER),
    line(("invalid-target-ports", Error, ON), Object(network::invalid_target_ports), words::INVALID_TARGET_PORTS, SERVICE),
    line(("job-ttl-seconds-after-finished", Info, ON), Object(pods::job_ttl), words::JOB_TTL_SECONDS_AFTER_FINISHED, JOB),
    line(("latest-tag", Warning, ON), Container(containers::latest_tag), words::LATEST_TAG, IMAGES),
    line(("limit-below-working-set", Error, ON), Container(rollout::limit_below_working_set), words::LIMIT_BELOW_WORKING_SET, RESOURCES),
    line(("liveness-port", Warning, ON), Serving(containers::liveness_port), words::LIVENESS_PORT, PROBES),
    line(("minimum-three-replicas", Info, OFF), Pods(pods::minimum_three_replicas), words::MINIMUM_THREE_REPLICAS, DEPLOYMENT),
    line(("mismatching-selector", Error, ON), Pods(pods::mismatching_selector), words::MISMATCHING_SELECTOR, DEPLOYMENT),
    line(("mutable-tag-reuse", Warning, ON), Container(containers::mutable_tag_reuse), words::MUTABLE_TAG_REUSE, IMAGES),
    line(("no-anti-affinity", Info, ON), Pods(pods::no_anti_affinity), words::NO_ANTI_AFFINITY, AFFINITY),
    line(("no-extensions-v1beta", Error, ON), Object(network::old_api), words::NO_EXTENSIONS_V1BETA, "https://kubernetes.io/docs/reference/using-api/deprecation-guide/"),
    line(("no-liveness-probe", Info, ON), Serving(containers::no_liveness_probe), words::NO_LIVENESS_PROBE, PROBES),
    line(("no-read-only-root-fs", Info, ON), Container(containers::read_only_root_fs), words::NO_READ_ONLY_ROOT_FS, SECURITY),
    line(("no-readiness-probe", Warning, ON), Serving(containers::no_readiness_probe), words::NO_READINESS_PROBE, PROBES),
    line(("no-rolling-update-strategy", Warning, OFF), Pods(pods::no_rolling_update), words::NO_ROLLING_UPDATE_STRATEGY, DEPLOYMENT),
    line(("non-existent-service-account", Warning, ON), Pods(pods::non_existent_service_account), words::NON_EXISTENT_SERVICE_ACCOUNT, ACCOUNT),
    line(("non-isolated-pod", Info, OFF), Pods(pods::non_isolated_pod), words::NON_ISOLATED_POD, POLICY),
    line(("pdb-max-unavailable", Warning, ON), Object(network::pdb_max_unavailable), words::PDB_MAX_UNAVAILABLE, BUDGET),
    line(("pdb-min-available", Warning, ON), Object(network::pdb_min_available), words::PDB_MIN_AVAILABLE, BUDGET),
    line(("pdb-unhealthy-pod-eviction-policy", Info, ON), Object(network::pdb_unhealthy), words::PDB_UNHEALTHY_POD_EVICTION_POLICY, BUDGET),
    line(("privilege-escalation-container", Warning, ON), Container(containers::privilege_escalation), words::PRIVILEGE_ESCALATION_CONTAINER, SECURITY),
    line(("privileged-container", Error, ON), Container(containers::privileged), words::PRIVILEGED_CONTAINER, SECURITY),
    line(("privileged-ports", Info, OFF), Container(containers::privileged_ports), words::PRIVILEGED_PORTS, SECURITY),
    line(("read-secret-from-env-var", Info, ON), Container(containers::read_secret_from_env_var), words::READ_SECRET_FROM_ENV_VAR, SECRETS),
    line(("readiness-port", Warning, ON), Serving(containers::readiness_port), words::READINESS_PORT, PROBES),
    line(("run-as-non-root", Warning, ON), Container(containers::run_as_non_root), words::RUN_AS_NON_ROOT, SECURITY),
    line(("schema-validation", Error, ON), Object(access::refused), words::SCHEMA_VALIDATION, "https://kubernetes.io/docs/reference/kubernetes-api/"),
    line(("secret-in-values", Warning, ON), Values(values::secret_in_values), words::SECRET_IN_VALUES, SECRETS),
    line(("sensitive-host-mounts", Error, ON), Pods(pods::sensitive_host_mounts), words::SENSITIVE_HOST_MOUNTS, SECURITY),
    line(("single-replica-no-surge", Warning, ON), Pods(rollout::single_replica_no_surge), words::SINGLE_REPLICA_NO_SURGE, DEPLOYMENT),
    line(("ssh-port", Warning, ON), Container(containers::ssh_port), words::SSH_PORT, SECURITY),
    line(("startup-port", Warning, ON), Serving(containers::startup_port), words::STARTUP_PORT, PROBES),
    line(("surge-does-not-fit", Error, ON), Pods(rollout::surge_does_not_fit), words::SURGE_DOES_NOT_FIT, DEPLOYMENT),
    line(("unsafe-proc-mount", Error, OFF), Container(containers::unsafe_proc_mount), words::UNSAFE_PROC_MOUNT, SECURITY),
    line(("unsafe-sysctls", Warning, ON), Pods(pods::unsafe_sysctls), words::UNSAFE_SYSCTLS, SYSCTLS),
    line(("unset-cpu-requirements", Warning, ON), Container(containers::unset_cpu), words::UNSET_CPU_REQUIREMENTS, RESOURCES),
    line(("unset-memory-requirements", Warning, ON), Container(containers::unset_memory), words::UNSET_MEMORY_REQUIREMENTS, RESOURCES),
    line(("use-namespace", Info, OFF), Object(network::default_namespace), words::USE_NAMESPACE, "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"),
    line(("wildcard-in-rules", Warning, OFF), Object(access::wildcard_in_rules), words::WILDCARD_IN_RULES, ADMIN),
    line(("writable-host-mount", Warning, OFF), Pods(pods::writable_host_mount), words::WRITABLE_HOST_MOUNT, SECURITY),
];
