//! Every check of a pull request: what it finds, and what to do about it; and what it says of an object.

use ecow::{EcoString, eco_format};
use kube::Key;

// What each check of the table is about, and how to mend it: by the name of the check

pub(crate) const ACCESS_TO_CREATE_PODS: [&str; 2] = [
    "A binding lets somebody create pods: who can do that can use every Secret and ServiceAccount of the namespace.",
    "Leave the verb create out of the role.",
];
pub(crate) const ACCESS_TO_SECRETS: [&str; 2] = [
    "A binding lets somebody read or write Secrets.",
    "Name the Secrets that are needed (resourceNames), or mount them.",
];
pub(crate) const CLUSTER_ADMIN_BINDING: [&str; 2] = [
    "A binding, in one namespace or in all, lets somebody do anything: whoever gets hold of that token has it all.",
    "Bind a role that lists what is needed.",
];
pub(crate) const CLUSTER_ADMIN_ROLE_BINDING: [&str; 2] = [
    "A ClusterRoleBinding gives cluster-admin.",
    "Bind a role that lists what is needed.",
];
pub(crate) const CONFIGMAP_WITHOUT_CHECKSUM: [&str; 2] = [
    "Pods read a ConfigMap or Secret of this chart once, at their start, and nothing in their template changes with it: an edit of it does not reach them.",
    "Add to the template's annotations: checksum/config: {{ include (print $.Template.BasePath \"/configmap.yaml\") . | sha256sum }}",
];
pub(crate) const DANGLING_HORIZONTALPODAUTOSCALER: [&str; 2] = [
    "An autoscaler scales something that is not there.",
    "Give scaleTargetRef the kind and the name of the workload.",
];
pub(crate) const DANGLING_INGRESS: [&str; 2] = [
    "An Ingress leads to a Service, or a port of one, that is not there: requests get 503.",
    "Give the backend the name and a port of the Service.",
];
pub(crate) const DANGLING_NETWORKPOLICY: [&str; 2] = [
    "A NetworkPolicy selects no pods.",
    "Give podSelector the labels of the pods.",
];
pub(crate) const DANGLING_SERVICE: [&str; 2] = [
    "A Service selects no pods: it has no endpoints, and requests to it fail.",
    "Give the selector the labels of the pods.",
];
pub(crate) const DEFAULT_SERVICE_ACCOUNT: [&str; 2] = [
    "Pods run as the ServiceAccount default, which all that name none share.",
    "Make a ServiceAccount for them, or set automountServiceAccountToken: false.",
];
pub(crate) const DEPRECATED_SERVICE_ACCOUNT_FIELD: [&str; 2] = [
    "`serviceAccount` is the old name of a field.",
    "Write serviceAccountName.",
];
pub(crate) const DOCKER_SOCK: [&str; 2] = [
    "A container mounts the runtime's socket: it can start containers on the node, as root.",
    "Remove the volume.",
];
pub(crate) const DROP_NET_RAW_CAPABILITY: [&str; 2] = [
    "A container may forge packets (NET_RAW).",
    "Set capabilities: {drop: [ALL]}.",
];
pub(crate) const DUPLICATE_ENV_VAR: [&str; 2] = [
    "A variable is set twice in a container: the last one counts, and patches may mix them up.",
    "Remove one.",
];
pub(crate) const ENV_VAR_SECRET: [&str; 2] = [
    "A variable whose name says secret has its value in the manifest.",
    "Put it into a Secret, and mount that.",
];
pub(crate) const EXPOSED_SERVICES: [&str; 2] = [
    "A Service can be reached from outside the cluster.",
    "Use ClusterIP, and an Ingress or a Gateway before it.",
];
pub(crate) const HOST_IPC: [&str; 2] = [
    "Pods share memory with the node's processes.",
    "Leave hostIPC out.",
];
pub(crate) const HOST_NETWORK: [&str; 2] = [
    "Pods use the node's network: they see its traffic and take its ports.",
    "Leave hostNetwork out.",
];
pub(crate) const HOST_PID: [&str; 2] = ["Pods see the node's processes.", "Leave hostPID out."];
pub(crate) const HPA_AND_REPLICAS: [&str; 2] = [
    "An autoscaler sets the number of pods, and the manifest sets it too: every upgrade sets it back, under full load as well.",
    "Leave replicas out of the manifest. Before the upgrade that does so, hand the field over: kubectl apply edit-last-applied, or pods fall to 1 for a moment.",
];
pub(crate) const HPA_MINIMUM_THREE_REPLICAS: [&str; 2] = [
    "An autoscaler may go below three pods.",
    "Set minReplicas to 3 or more.",
];
pub(crate) const INVALID_TARGET_PORTS: [&str; 2] = [
    "The name or number of a port breaks the rules, and the API server refuses it.",
    "Use lower-case letters, digits and hyphens, at most 15.",
];
pub(crate) const JOB_TTL_SECONDS_AFTER_FINISHED: [&str; 2] = [
    "A Job that is done stays for ever, or a CronJob's is cleaned up by two rules.",
    "Set ttlSecondsAfterFinished on Jobs, and leave it out of CronJobs.",
];
pub(crate) const LATEST_TAG: [&str; 2] = [
    "An image has no tag, or latest: nobody can say which code runs, and two pods may run different code.",
    "Name a version, or better a digest.",
];
pub(crate) const LIMIT_BELOW_WORKING_SET: [&str; 2] = [
    "A container may have less memory than its program (app.yaml) takes once it has started: the kernel kills it.",
    "Raise limits.memory above what it takes, with room for requests.",
];
pub(crate) const LIVENESS_PORT: [&str; 2] = [
    "A liveness probe asks a port that the container does not declare.",
    "Declare the port, or ask one that is.",
];
pub(crate) const MINIMUM_THREE_REPLICAS: [&str; 2] = [
    "A workload has fewer than three pods.",
    "Set replicas to 3 or more.",
];
pub(crate) const MISMATCHING_SELECTOR: [&str; 2] = [
    "A workload's selector does not match the labels of its own pods.",
    "Give both the same labels.",
];
pub(crate) const MUTABLE_TAG_REUSE: [&str; 2] = [
    "A tag is pushed again and again with other contents: what a pod runs depends on when its node pulled it, and a rollback brings back nothing.",
    "Push a new tag for every build, such as version and commit.",
];
pub(crate) const NO_ANTI_AFFINITY: [&str; 2] = [
    "Nothing keeps the pods of a workload from all being on one node.",
    "Set topologySpreadConstraints, or podAntiAffinity.",
];
pub(crate) const NO_EXTENSIONS_V1BETA: [&str; 2] = [
    "An object is of an API that is gone.",
    "Use apps/v1 or networking.k8s.io/v1.",
];
pub(crate) const NO_LIVENESS_PROBE: [&str; 2] = [
    "Nobody notices when a container hangs.",
    "Add a livenessProbe that asks the process itself and nothing behind it.",
];
pub(crate) const NO_READ_ONLY_ROOT_FS: [&str; 2] = [
    "A container can write to its own file system, and so can whoever breaks in.",
    "Set readOnlyRootFilesystem: true, and mount what it must write to.",
];
pub(crate) const NO_READINESS_PROBE: [&str; 2] = [
    "A container gets requests as soon as it runs, ready or not: every rollout drops some, and a broken version rolls out whole.",
    "Add a readinessProbe.",
];
pub(crate) const NO_ROLLING_UPDATE_STRATEGY: [&str; 2] = [
    "An update stops the old pods without rolling.",
    "Use RollingUpdate.",
];
pub(crate) const NON_EXISTENT_SERVICE_ACCOUNT: [&str; 2] = [
    "Pods name a ServiceAccount that is not there: none can be made.",
    "Make it, or name one that is.",
];
pub(crate) const NON_ISOLATED_POD: [&str; 2] = [
    "Every pod of the cluster may call these pods.",
    "Add a NetworkPolicy that selects them.",
];
pub(crate) const PDB_MAX_UNAVAILABLE: [&str; 2] = [
    "A disruption budget of 0: nodes cannot be drained.",
    "Set maxUnavailable to 1 or more.",
];
pub(crate) const PDB_MIN_AVAILABLE: [&str; 2] = [
    "A disruption budget that asks for all the pods there are: nodes cannot be drained.",
    "Ask for fewer than there are, or use maxUnavailable: 1.",
];
pub(crate) const PDB_UNHEALTHY_POD_EVICTION_POLICY: [&str; 2] = [
    "Pods that never become ready keep a node from being drained.",
    "Set unhealthyPodEvictionPolicy: AlwaysAllow.",
];
pub(crate) const PRIVILEGE_ESCALATION_CONTAINER: [&str; 2] = [
    "A process can gain more rights than the one that started it.",
    "Set allowPrivilegeEscalation: false.",
];
pub(crate) const PRIVILEGED_CONTAINER: [&str; 2] = [
    "A container has all rights on its node.",
    "Leave privileged out, and add the one capability that is needed.",
];
pub(crate) const PRIVILEGED_PORTS: [&str; 2] = [
    "A container declares a port below 1024.",
    "Listen on a higher one; the Service's port may be low all the same.",
];
pub(crate) const READ_SECRET_FROM_ENV_VAR: [&str; 2] = [
    "A secret is in the environment, where child processes and crash reports see it, and where it never changes.",
    "Mount it as a file.",
];
pub(crate) const READINESS_PORT: [&str; 2] = [
    "A readiness probe asks a port that the container does not declare.",
    "Declare the port, or ask one that is.",
];
pub(crate) const RUN_AS_NON_ROOT: [&str; 2] = [
    "A container may run as root, or in root's group.",
    "Set runAsNonRoot: true, with a runAsUser if the image has none.",
];
pub(crate) const SCHEMA_VALIDATION: [&str; 2] = [
    "The API server of Kubernetes 1.36 refuses an object.",
    "Correct the fields that it names.",
];
pub(crate) const SECRET_IN_VALUES: [&str; 2] = [
    "A secret stands in a values file: everybody who can read the repository has it, and for ever.",
    "Name a Secret that is made elsewhere (existingSecret).",
];
pub(crate) const SENSITIVE_HOST_MOUNTS: [&str; 2] = [
    "A container mounts a folder of the node's system.",
    "Remove the volume.",
];
pub(crate) const SINGLE_REPLICA_NO_SURGE: [&str; 2] = [
    "There is one pod, and an update stops it before it starts the next: every rollout is an outage.",
    "Set maxSurge: 1 and maxUnavailable: 0, or have more replicas.",
];
pub(crate) const SSH_PORT: [&str; 2] = [
    "A container declares port 22, SSH's.",
    "Use kubectl exec, and another port.",
];
pub(crate) const STARTUP_PORT: [&str; 2] = [
    "A startup probe asks a port that the container does not declare.",
    "Declare the port, or ask one that is.",
];
pub(crate) const SURGE_DOES_NOT_FIT: [&str; 2] = [
    "A rollout needs room for one pod more than there are, and no node has it: the new pod stays Pending, and no old one may go.",
    "Allow maxUnavailable: 1, ask for less, or add a node.",
];
pub(crate) const UNSAFE_PROC_MOUNT: [&str; 2] = [
    "A container sees parts of /proc that are masked otherwise.",
    "Leave procMount out.",
];
pub(crate) const UNSAFE_SYSCTLS: [&str; 2] = [
    "Pods set a kernel parameter that is not safe to set for one pod.",
    "Leave it out.",
];
pub(crate) const UNSET_CPU_REQUIREMENTS: [&str; 2] = [
    "A container requests no CPU: the scheduler counts it as nothing.",
    "Set resources.requests.cpu.",
];
pub(crate) const UNSET_MEMORY_REQUIREMENTS: [&str; 2] = [
    "A container may take all memory of its node.",
    "Set resources.limits.memory.",
];
pub(crate) const USE_NAMESPACE: [&str; 2] = [
    "An object is in the namespace default.",
    "Install into a namespace of its own.",
];
pub(crate) const WILDCARD_IN_RULES: [&str; 2] = [
    "A role is about all resources or all verbs, those of tomorrow too.",
    "List them.",
];
pub(crate) const WRITABLE_HOST_MOUNT: [&str; 2] = [
    "A container may write to the node.",
    "Set readOnly: true on the mount.",
];

// What they say of an object: each is named after what it finds

/// `cluster-admin` is bound by a ClusterRoleBinding.
pub(crate) fn bound_to(subjects: &str) -> EcoString {
    eco_format!("cluster-admin is bound to {subjects}")
}

/// Somebody may do anything, in a namespace or (empty) everywhere.
pub(crate) fn may_do_anything(subjects: &str, is_admin: bool, namespace: &str) -> EcoString {
    let what = match is_admin {
        true => "is cluster-admin",
        false => "may do anything to anything",
    };
    match namespace {
        "" => eco_format!("{subjects} {what} in the whole cluster"),
        _ => eco_format!("{subjects} {what} in namespace {namespace}"),
    }
}

pub(crate) fn may_read_secrets(subjects: &str) -> EcoString {
    eco_format!("{subjects} may read Secrets")
}

pub(crate) fn may_create_pods(subjects: &str) -> EcoString {
    eco_format!("{subjects} may create pods")
}

pub(crate) fn rule_about_all(field: &str) -> EcoString {
    eco_format!("a rule is about all {field} (`*`)")
}

// … of a container

/// An image whose tag is `latest`, or left out.
pub(crate) fn is_latest(container: &str, image: &str, has_tag: bool) -> EcoString {
    let why = match has_tag {
        false => "has no tag, which means latest",
        true => "is tagged latest",
    };
    eco_format!("container {container:?}: image {image:?} {why}")
}

pub(crate) fn pushed_again(container: &str, image: &str) -> EcoString {
    eco_format!(
        "container {container:?}: the delivery pushes {image:?} again, as another image; pods with the \
         same name for it will run different code"
    )
}

pub(crate) fn moving_tag(container: &str, tag: &str, image: &str) -> EcoString {
    eco_format!(
        "container {container:?}: tag {tag:?} of image {image:?} means another image whenever it is pushed"
    )
}

/// `what` is `request` or `limit`.
pub(crate) fn has_no_amount(container: &str, resource: &str, what: &str) -> EcoString {
    eco_format!("container {container:?} has no {resource} {what}")
}

pub(crate) fn has_no_probe(container: &str, kind: &str) -> EcoString {
    eco_format!("container {container:?} has no {kind} probe")
}

/// `how` is the probe's kind of request.
pub(crate) fn asks_no_port(container: &str, probe: &str, port: &str, how: &str) -> EcoString {
    eco_format!(
        "container {container:?}: its {probe} asks port {port} by {how}, and no port of that name or \
         number is declared"
    )
}

pub(crate) fn plain_secret(container: &str, variable: &str) -> EcoString {
    eco_format!("container {container:?}: variable {variable} holds a secret in plain text")
}

pub(crate) fn secret_variable(container: &str, variable: &str) -> EcoString {
    eco_format!("container {container:?}: variable {variable} is read from a Secret")
}

pub(crate) fn set_twice(container: &str, variable: &str) -> EcoString {
    eco_format!("container {container:?}: variable {variable} is set twice")
}

pub(crate) fn root_group(container: &str) -> EcoString {
    eco_format!("container {container:?} runs as group 0, root's")
}

/// Whether root is asked for, and whether it must not be.
pub(crate) fn runs_as_root(container: &str, is_root: bool, must_not: bool) -> EcoString {
    let why = match (is_root, must_not) {
        (true, true) => "must not run as root and is told to: it will not start",
        (true, false) => "runs as root",
        (false, _) => "may run as root: runAsNonRoot is not set",
    };
    eco_format!("container {container:?} {why}")
}

pub(crate) fn is_privileged(container: &str) -> EcoString {
    eco_format!("container {container:?} is privileged")
}

pub(crate) const ALLOWS_IT: &str = "allows it";
pub(crate) const IS_PRIVILEGED: &str = "is privileged";
pub(crate) const HAS_SYS_ADMIN: &str = "has SYS_ADMIN";

/// `why` is one of the three above.
pub(crate) fn can_gain_privileges(container: &str, why: &str) -> EcoString {
    eco_format!("container {container:?} can gain privileges: it {why}")
}

pub(crate) fn can_write(container: &str) -> EcoString {
    eco_format!("container {container:?} can write to its root file system")
}

pub(crate) fn adds_net_raw(container: &str) -> EcoString {
    eco_format!("container {container:?} adds NET_RAW")
}

pub(crate) fn does_not_drop_net_raw(container: &str) -> EcoString {
    eco_format!("container {container:?} does not drop NET_RAW")
}

pub(crate) fn declares_ssh(container: &str) -> EcoString {
    eco_format!("container {container:?} declares port 22")
}

pub(crate) fn declares_low_port(container: &str, port: i64) -> EcoString {
    eco_format!("container {container:?} declares port {port}, which only root may open")
}

pub(crate) fn sees_all_of_proc(container: &str) -> EcoString {
    eco_format!("container {container:?} sees all of /proc")
}

/// Amounts in MiB.
pub(crate) fn will_be_oom_killed(container: &str, limit: i64, needs: u64) -> EcoString {
    eco_format!(
        "container {container:?} may have {limit} MiB of memory, and its program takes {needs} MiB once \
         it has started: it will be OOMKilled"
    )
}

// … of the network

pub(crate) const NO_SELECTOR: &str = "the Service has no selector";
pub(crate) const POLICY_SELECTS_NOTHING: &str = "the NetworkPolicy selects no pods";
pub(crate) const NEVER_UNAVAILABLE: &str =
    "maxUnavailable is 0: no pod may ever be moved, and draining a node waits for ever";
pub(crate) const ALL_AVAILABLE: &str = "minAvailable is 100%: no pod may ever be moved";
pub(crate) const NO_EVICTION_POLICY: &str = "unhealthyPodEvictionPolicy is not set: pods that are broken \
     anyway can keep a node from draining";
pub(crate) const IN_DEFAULT: &str = "the object is in the namespace default";

pub(crate) fn no_pods_have(labels: &str) -> EcoString {
    eco_format!("no pods have the labels that the Service selects: {labels}")
}

pub(crate) fn no_such_service(service: &str) -> EcoString {
    eco_format!("the Ingress leads to Service {service:?}, which is not there")
}

pub(crate) fn no_such_port(port: &str, service: &str) -> EcoString {
    eco_format!("the Ingress leads to port {port} of Service {service:?}, which it has not")
}

pub(crate) fn scales_nothing(target: &Key) -> EcoString {
    eco_format!("the autoscaler scales {target}, which is not there")
}

pub(crate) fn at_least_three(replicas: i64) -> EcoString {
    eco_format!("{replicas} of at least 3 replicas")
}

/// `why` is one of those below.
pub(crate) fn wrong_port(port: &str, why: &str) -> EcoString {
    eco_format!("port {port:?} {why}")
}

pub(crate) const PORT_OUT_OF_RANGE: &str = "must be between 1 and 65535";
pub(crate) const PORT_TOO_LONG: &str = "must be no more than 15 characters";
pub(crate) const PORT_CHARACTERS: &str = "must contain only lower-case letters, digits and hyphens";
pub(crate) const PORT_WITHOUT_LETTER: &str = "must contain at least one letter";
pub(crate) const PORT_DOUBLE_HYPHEN: &str = "must not contain consecutive hyphens";
pub(crate) const PORT_EDGE_HYPHEN: &str = "must not begin or end with a hyphen";

pub(crate) fn none_may_move(least: i64, replicas: i64, kind: &str, name: &str) -> EcoString {
    eco_format!(
        "minAvailable asks for {least} of the {replicas} pods of {kind} {name:?}: none may ever be moved"
    )
}

pub(crate) fn reached_from_outside(kind: &str) -> EcoString {
    eco_format!("the Service can be reached from outside: its type is {kind}")
}

pub(crate) fn version_is_gone(version: &str) -> EcoString {
    eco_format!("{version} is gone since Kubernetes 1.22")
}

// … of pods

pub(crate) const SHARES_IPC: &str = "the pods share the node's memory between processes (IPC)";
pub(crate) const SHARES_NETWORK: &str = "the pods share the node's network";
pub(crate) const SHARES_PROCESSES: &str = "the pods share the node's list of processes";
pub(crate) const MOUNTS_SOCKET: &str = "a container mounts the container runtime's socket";
pub(crate) const OLD_ACCOUNT_FIELD: &str =
    "`serviceAccount` is deprecated: write `serviceAccountName`";
pub(crate) const DEFAULT_ACCOUNT: &str = "the pods run as the default ServiceAccount";
pub(crate) const WITHOUT_SELECTOR: &str = "there is no selector";
pub(crate) const SELECTOR_MISMATCH: &str =
    "the selector does not match the labels of the pods: the API server refuses it";
pub(crate) const JOB_STAYS: &str =
    "the Job stays when it is done: ttlSecondsAfterFinished is not set";
pub(crate) const TWO_RULES: &str =
    "ttlSecondsAfterFinished goes against the CronJob's own history limits";
pub(crate) const NOT_ISOLATED: &str = "no NetworkPolicy selects the pods";

pub(crate) fn mounts(path: &str) -> EcoString {
    eco_format!("a container mounts the node's {path}")
}

pub(crate) fn may_write_to(path: &str) -> EcoString {
    eco_format!("a container may write to the node's {path}")
}

pub(crate) fn sysctl_not_safe(name: &str) -> EcoString {
    eco_format!("sysctl {name} is not safe to set for one pod")
}

pub(crate) fn no_such_account(name: &str) -> EcoString {
    eco_format!("ServiceAccount {name:?} is not there: no pod can be made")
}

pub(crate) fn may_be_on_one_node(replicas: i64) -> EcoString {
    eco_format!("nothing keeps the {replicas} pods from being on one node")
}

pub(crate) fn does_not_roll(kind: &str) -> EcoString {
    eco_format!("an update does not roll: its type is {kind}")
}

// … of a rollout, and of values

pub(crate) const OUTAGE: &str =
    "the only pod is stopped before the next one starts: every rollout is an outage";
pub(crate) const WILL_HANG: &str =
    "no node has room for one pod more, and no old pod may go before it: the rollout will hang";

pub(crate) fn no_checksum(key: &Key) -> EcoString {
    eco_format!(
        "the pods read {key} when they start, and no annotation of their template changes with it: after \
         an edit they keep the old values"
    )
}

pub(crate) fn set_back(scaler: &str) -> EcoString {
    eco_format!(
        "HorizontalPodAutoscaler {scaler:?} scales it, and `replicas` is set too: every upgrade sets the \
         number back"
    )
}

pub(crate) fn secret_value(path: &str) -> EcoString {
    eco_format!("the value {path} is a secret in plain text, in git")
}
