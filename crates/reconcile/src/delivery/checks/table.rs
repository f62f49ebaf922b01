//! Every check.

use super::Test::{Container, Object, Pods, Serving, Values};
use super::{Check, Test, access, containers, network, pods, rollout, values};
use crate::view::Severity::{self, Error, Info, Warning};

/// Whether a check is done unless somebody asks otherwise.
const ON: bool = true;
const OFF: bool = false;

const fn line(
    (name, severity, on): (&'static str, Severity, bool),
    find: Test,
    what: &'static str,
    mend: &'static str,
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
    line(("access-to-create-pods", Warning, OFF), Object(access::access_to_create_pods), "A binding lets somebody create pods: who can do that can use every Secret and ServiceAccount of the namespace.", "Leave the verb create out of the role.", ADMIN),
    line(("access-to-secrets", Warning, OFF), Object(access::access_to_secrets), "A binding lets somebody read or write Secrets.", "Name the Secrets that are needed (resourceNames), or mount them.", ADMIN),
    line(("cluster-admin-binding", Error, ON), Object(access::cluster_admin_binding), "A binding, in one namespace or in all, lets somebody do anything: whoever gets hold of that token has it all.", "Bind a role that lists what is needed.", ADMIN),
    line(("cluster-admin-role-binding", Warning, OFF), Object(access::cluster_admin_role_binding), "A ClusterRoleBinding gives cluster-admin.", "Bind a role that lists what is needed.", ADMIN),
    line(("configmap-without-checksum", Warning, ON), Pods(rollout::configmap_without_checksum), "Pods read a ConfigMap or Secret of this chart once, at their start, and nothing in their template changes with it: an edit of it does not reach them.", "Add to the template's annotations: checksum/config: {{ include (print $.Template.BasePath \"/configmap.yaml\") . | sha256sum }}", APPROACH),
    line(("dangling-horizontalpodautoscaler", Error, ON), Object(network::dangling_autoscaler), "An autoscaler scales something that is not there.", "Give scaleTargetRef the kind and the name of the workload.", AUTOSCALER),
    line(("dangling-ingress", Error, ON), Object(network::dangling_ingress), "An Ingress leads to a Service, or a port of one, that is not there: requests get 503.", "Give the backend the name and a port of the Service.", INGRESS),
    line(("dangling-networkpolicy", Info, OFF), Object(network::dangling_policy), "A NetworkPolicy selects no pods.", "Give podSelector the labels of the pods.", POLICY),
    line(("dangling-service", Warning, ON), Object(network::dangling_service), "A Service selects no pods: it has no endpoints, and requests to it fail.", "Give the selector the labels of the pods.", SERVICE),
    line(("default-service-account", Info, OFF), Pods(pods::default_service_account), "Pods run as the ServiceAccount default, which all that name none share.", "Make a ServiceAccount for them, or set automountServiceAccountToken: false.", ACCOUNT),
    line(("deprecated-service-account-field", Info, ON), Pods(pods::deprecated_service_account), "`serviceAccount` is the old name of a field.", "Write serviceAccountName.", ACCOUNT),
    line(("docker-sock", Error, ON), Pods(pods::docker_sock), "A container mounts the runtime's socket: it can start containers on the node, as root.", "Remove the volume.", SECURITY),
    line(("drop-net-raw-capability", Warning, ON), Container(containers::drop_net_raw), "A container may forge packets (NET_RAW).", "Set capabilities: {drop: [ALL]}.", SECURITY),
    line(("duplicate-env-var", Warning, ON), Container(containers::duplicate_env_var), "A variable is set twice in a container: the last one counts, and patches may mix them up.", "Remove one.", VARIABLES),
    line(("env-var-secret", Warning, ON), Container(containers::env_var_secret), "A variable whose name says secret has its value in the manifest.", "Put it into a Secret, and mount that.", SECRETS),
    line(("exposed-services", Info, OFF), Object(network::exposed_service), "A Service can be reached from outside the cluster.", "Use ClusterIP, and an Ingress or a Gateway before it.", SERVICE),
    line(("host-ipc", Error, ON), Pods(pods::host_ipc), "Pods share memory with the node's processes.", "Leave hostIPC out.", SECURITY),
    line(("host-network", Warning, ON), Pods(pods::host_network), "Pods use the node's network: they see its traffic and take its ports.", "Leave hostNetwork out.", SECURITY),
    line(("host-pid", Error, ON), Pods(pods::host_pid), "Pods see the node's processes.", "Leave hostPID out.", SECURITY),
    line(("hpa-and-replicas", Warning, ON), Pods(rollout::hpa_and_replicas), "An autoscaler sets the number of pods, and the manifest sets it too: every upgrade sets it back, under full load as well.", "Leave replicas out of the manifest. Before the upgrade that does so, hand the field over: kubectl apply edit-last-applied, or pods fall to 1 for a moment.", AUTOSCALER),
    line(("hpa-minimum-three-replicas", Info, OFF), Object(network::autoscaler_minimum), "An autoscaler may go below three pods.", "Set minReplicas to 3 or more.", AUTOSCALER),
    line(("invalid-target-ports", Error, ON), Object(network::invalid_target_ports), "The name or number of a port breaks the rules, and the API server refuses it.", "Use lower-case letters, digits and hyphens, at most 15.", SERVICE),
    line(("job-ttl-seconds-after-finished", Info, ON), Object(pods::job_ttl), "A Job that is done stays for ever, or a CronJob's is cleaned up by two rules.", "Set ttlSecondsAfterFinished on Jobs, and leave it out of CronJobs.", JOB),
    line(("latest-tag", Warning, ON), Container(containers::latest_tag), "An image has no tag, or latest: nobody can say which code runs, and two pods may run different code.", "Name a version, or better a digest.", IMAGES),
    line(("limit-below-working-set", Error, ON), Container(rollout::limit_below_working_set), "A container may have less memory than its program (app.yaml) takes once it has started: the kernel kills it.", "Raise limits.memory above what it takes, with room for requests.", RESOURCES),
    line(("liveness-port", Warning, ON), Serving(containers::liveness_port), "A liveness probe asks a port that the container does not declare.", "Declare the port, or ask one that is.", PROBES),
    line(("minimum-three-replicas", Info, OFF), Pods(pods::minimum_three_replicas), "A workload has fewer than three pods.", "Set replicas to 3 or more.", DEPLOYMENT),
    line(("mismatching-selector", Error, ON), Pods(pods::mismatching_selector), "A workload's selector does not match the labels of its own pods.", "Give both the same labels.", DEPLOYMENT),
    line(("mutable-tag-reuse", Warning, ON), Container(containers::mutable_tag_reuse), "A tag is pushed again and again with other contents: what a pod runs depends on when its node pulled it, and a rollback brings back nothing.", "Push a new tag for every build, such as version and commit.", IMAGES),
    line(("no-anti-affinity", Info, ON), Pods(pods::no_anti_affinity), "Nothing keeps the pods of a workload from all being on one node.", "Set topologySpreadConstraints, or podAntiAffinity.", AFFINITY),
    line(("no-extensions-v1beta", Error, ON), Object(network::old_api), "An object is of an API that is gone.", "Use apps/v1 or networking.k8s.io/v1.", "https://kubernetes.io/docs/reference/using-api/deprecation-guide/"),
    line(("no-liveness-probe", Info, ON), Serving(containers::no_liveness_probe), "Nobody notices when a container hangs.", "Add a livenessProbe that asks the process itself and nothing behind it.", PROBES),
    line(("no-read-only-root-fs", Info, ON), Container(containers::read_only_root_fs), "A container can write to its own file system, and so can whoever breaks in.", "Set readOnlyRootFilesystem: true, and mount what it must write to.", SECURITY),
    line(("no-readiness-probe", Warning, ON), Serving(containers::no_readiness_probe), "A container gets requests as soon as it runs, ready or not: every rollout drops some, and a broken version rolls out whole.", "Add a readinessProbe.", PROBES),
    line(("no-rolling-update-strategy", Warning, OFF), Pods(pods::no_rolling_update), "An update stops the old pods without rolling.", "Use RollingUpdate.", DEPLOYMENT),
    line(("non-existent-service-account", Warning, ON), Pods(pods::non_existent_service_account), "Pods name a ServiceAccount that is not there: none can be made.", "Make it, or name one that is.", ACCOUNT),
    line(("non-isolated-pod", Info, OFF), Pods(pods::non_isolated_pod), "Every pod of the cluster may call these pods.", "Add a NetworkPolicy that selects them.", POLICY),
    line(("pdb-max-unavailable", Warning, ON), Object(network::pdb_max_unavailable), "A disruption budget of 0: nodes cannot be drained.", "Set maxUnavailable to 1 or more.", BUDGET),
    line(("pdb-min-available", Warning, ON), Object(network::pdb_min_available), "A disruption budget that asks for all the pods there are: nodes cannot be drained.", "Ask for fewer than there are, or use maxUnavailable: 1.", BUDGET),
    line(("pdb-unhealthy-pod-eviction-policy", Info, ON), Object(network::pdb_unhealthy), "Pods that never become ready keep a node from being drained.", "Set unhealthyPodEvictionPolicy: AlwaysAllow.", BUDGET),
    line(("privilege-escalation-container", Warning, ON), Container(containers::privilege_escalation), "A process can gain more rights than the one that started it.", "Set allowPrivilegeEscalation: false.", SECURITY),
    line(("privileged-container", Error, ON), Container(containers::privileged), "A container has all rights on its node.", "Leave privileged out, and add the one capability that is needed.", SECURITY),
    line(("privileged-ports", Info, OFF), Container(containers::privileged_ports), "A container declares a port below 1024.", "Listen on a higher one; the Service's port may be low all the same.", SECURITY),
    line(("read-secret-from-env-var", Info, ON), Container(containers::read_secret_from_env_var), "A secret is in the environment, where child processes and crash reports see it, and where it never changes.", "Mount it as a file.", SECRETS),
    line(("readiness-port", Warning, ON), Serving(containers::readiness_port), "A readiness probe asks a port that the container does not declare.", "Declare the port, or ask one that is.", PROBES),
    line(("run-as-non-root", Warning, ON), Container(containers::run_as_non_root), "A container may run as root, or in root's group.", "Set runAsNonRoot: true, with a runAsUser if the image has none.", SECURITY),
    line(("schema-validation", Error, ON), Object(access::refused), "The API server of Kubernetes 1.36 refuses an object.", "Correct the fields that it names.", "https://kubernetes.io/docs/reference/kubernetes-api/"),
    line(("secret-in-values", Warning, ON), Values(values::secret_in_values), "A secret stands in a values file: everybody who can read the repository has it, and for ever.", "Name a Secret that is made elsewhere (existingSecret).", SECRETS),
    line(("sensitive-host-mounts", Error, ON), Pods(pods::sensitive_host_mounts), "A container mounts a folder of the node's system.", "Remove the volume.", SECURITY),
    line(("single-replica-no-surge", Warning, ON), Pods(rollout::single_replica_no_surge), "There is one pod, and an update stops it before it starts the next: every rollout is an outage.", "Set maxSurge: 1 and maxUnavailable: 0, or have more replicas.", DEPLOYMENT),
    line(("ssh-port", Warning, ON), Container(containers::ssh_port), "A container declares port 22, SSH's.", "Use kubectl exec, and another port.", SECURITY),
    line(("startup-port", Warning, ON), Serving(containers::startup_port), "A startup probe asks a port that the container does not declare.", "Declare the port, or ask one that is.", PROBES),
    line(("surge-does-not-fit", Error, ON), Pods(rollout::surge_does_not_fit), "A rollout needs room for one pod more than there are, and no node has it: the new pod stays Pending, and no old one may go.", "Allow maxUnavailable: 1, ask for less, or add a node.", DEPLOYMENT),
    line(("unsafe-proc-mount", Error, OFF), Container(containers::unsafe_proc_mount), "A container sees parts of /proc that are masked otherwise.", "Leave procMount out.", SECURITY),
    line(("unsafe-sysctls", Warning, ON), Pods(pods::unsafe_sysctls), "Pods set a kernel parameter that is not safe to set for one pod.", "Leave it out.", SYSCTLS),
    line(("unset-cpu-requirements", Warning, ON), Container(containers::unset_cpu), "A container requests no CPU: the scheduler counts it as nothing.", "Set resources.requests.cpu.", RESOURCES),
    line(("unset-memory-requirements", Warning, ON), Container(containers::unset_memory), "A container may take all memory of its node.", "Set resources.limits.memory.", RESOURCES),
    line(("use-namespace", Info, OFF), Object(network::default_namespace), "An object is in the namespace default.", "Install into a namespace of its own.", "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"),
    line(("wildcard-in-rules", Warning, OFF), Object(access::wildcard_in_rules), "A role is about all resources or all verbs, those of tomorrow too.", "List them.", ADMIN),
    line(("writable-host-mount", Warning, OFF), Pods(pods::writable_host_mount), "A container may write to the node.", "Set readOnly: true on the mount.", SECURITY),
];
