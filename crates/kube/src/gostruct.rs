//! Values as Go shows its structs. Where a rule compares whole parts of an object, the server's
//! message quotes them as it holds them: with Go's field names, in Go's order, and with every field
//! that is not set.

use crate::{Map, Value};
use ecow::{EcoString, eco_format};

/// The structs that messages quote (`pkg/apis/*/types.go`), a line each: `Name=Fields`. What stands
/// after a field is what it is when it is not set: `"` an empty text, `!` false, `#` zero, `@T` an
/// empty struct T; anything else is null. `*T` is a T, a pointer to one, or a list of them. A field
/// with `~` is named as in JSON, and left out when it is not set.
const STRUCTS: &str = "\
Container=Name\" Image\" Command Args WorkingDir\" Ports*ContainerPort EnvFrom*EnvFromSource Env*EnvVar Resources@ResourceRequirements ResizePolicy RestartPolicy RestartPolicyRules VolumeMounts*VolumeMount VolumeDevices LivenessProbe*Probe ReadinessProbe*Probe StartupProbe*Probe Lifecycle*Lifecycle TerminationMessagePath\" TerminationMessagePolicy\" ImagePullPolicy\" SecurityContext*SecurityContext Stdin! StdinOnce! TTY!
ContainerPort=Name\" HostPort# ContainerPort# Protocol\" HostIP\"
ConfigMapEnvSource=Name\" Optional
ConfigMapKeySelector=Name\" Key\" Optional
ConfigMapProjection=Name\" Items*KeyToPath Optional
ConfigMapVolumeSource=Name\" Items*KeyToPath DefaultMode Optional
Affinity=NodeAffinity*NodeAffinity PodAffinity PodAntiAffinity
Capabilities=Add Drop
DaemonSetUpdateStrategy=Type\" RollingUpdate
DeploymentStrategy=Type\" RollingUpdate
DownwardAPIProjection=Items*DownwardAPIVolumeFile
DownwardAPIVolumeFile=Path\" FieldRef*ObjectFieldSelector ResourceFieldRef Mode
EmptyDirVolumeSource=Medium\" SizeLimit
EnvFromSource=Prefix\" ConfigMapRef*ConfigMapEnvSource SecretRef*ConfigMapEnvSource
EnvVar=Name\" Value\" ValueFrom*EnvVarSource
EnvVarSource=FieldRef*ObjectFieldSelector ResourceFieldRef ConfigMapKeyRef*ConfigMapKeySelector SecretKeyRef*ConfigMapKeySelector FileKeyRef
ExecAction=Command
HTTPGetAction=Path\" Port# Host\" Scheme\" HTTPHeaders
HostPathVolumeSource=Path\" Type
HostAlias=IP\" Hostnames
KeyToPath=Key\" Path\" Mode
PodDNSConfig=Nameservers Searches Options
PodReadinessGate=ConditionType\"
PodResourceClaim=Name\" ResourceClaimName ResourceClaimTemplateName
LabelSelector=~matchLabels ~matchExpressions*LabelSelectorRequirement
LabelSelectorRequirement=~key\" ~operator\" ~values
NodeAffinity=RequiredDuringSchedulingIgnoredDuringExecution*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution
NodeSelector=NodeSelectorTerms*NodeSelectorTerm
NodeSelectorRequirement=Key\" Operator\" Values
NodeSelectorTerm=MatchExpressions*NodeSelectorRequirement MatchFields*NodeSelectorRequirement
LocalVolumeSource=Path\" FSType
Lifecycle=PostStart*LifecycleHandler PreStop*LifecycleHandler StopSignal
LifecycleHandler=Exec*ExecAction HTTPGet*HTTPGetAction TCPSocket*TCPSocketAction Sleep
LocalObjectReference=Name\"
NFSVolumeSource=Server\" Path\" ReadOnly!
ObjectFieldSelector=APIVersion\" FieldPath\"
OwnerReference=~apiVersion\" ~kind\" ~name\" ~uid\" ~controller ~blockOwnerDeletion
PersistentVolumeClaimSpec=AccessModes Selector Resources@VolumeResourceRequirements VolumeName\" StorageClassName VolumeMode DataSource*TypedLocalObjectReference DataSourceRef*TypedObjectReference VolumeAttributesClassName
PersistentVolumeClaimVolumeSource=ClaimName\" ReadOnly!
PersistentVolumeSource=GCEPersistentDisk AWSElasticBlockStore HostPath*HostPathVolumeSource Glusterfs NFS*NFSVolumeSource RBD Quobyte ISCSI FlexVolume Cinder CephFS FC Flocker AzureFile VsphereVolume AzureDisk PhotonPersistentDisk PortworxVolume ScaleIO Local*LocalVolumeSource StorageOS CSI
PodDisruptionBudgetSpec=MinAvailable Selector MaxUnavailable UnhealthyPodEvictionPolicy
PodSecurityContext=HostNetwork! HostPID! HostIPC! ShareProcessNamespace HostUsers SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile AppArmorProfile SELinuxChangePolicy
PodSpec=Volumes*Volume InitContainers*Container Containers*Container EphemeralContainers RestartPolicy\" TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy\" NodeSelector ServiceAccountName\" AutomountServiceAccountToken NodeName\" SecurityContext*PodSecurityContext ImagePullSecrets*LocalObjectReference Hostname\" Subdomain\" SetHostnameAsFQDN Affinity*Affinity SchedulerName\" Tolerations*Toleration HostAliases*HostAlias PriorityClassName\" Priority PreemptionPolicy DNSConfig*PodDNSConfig ReadinessGates*PodReadinessGate RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints*TopologySpreadConstraint OS*LocalObjectReference SchedulingGates*LocalObjectReference ResourceClaims Resources HostnameOverride SchedulingGroup
PodTemplateSpec=~name ~labels ~annotations Spec@PodSpec
Probe=Exec*ExecAction HTTPGet*HTTPGetAction TCPSocket*TCPSocketAction GRPC InitialDelaySeconds# TimeoutSeconds# PeriodSeconds# SuccessThreshold# FailureThreshold# TerminationGracePeriodSeconds
ProjectedVolumeSource=Sources*VolumeProjection DefaultMode
ResourceRequirements=Limits Requests Claims
ScopeSelector=MatchExpressions*ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement=ScopeName\" Operator\" Values
RoleRef=APIGroup\" Kind\" Name\"
RollingUpdateStatefulSetStrategy=Partition# MaxUnavailable
SeccompProfile=Type\" LocalhostProfile
SecretVolumeSource=SecretName\" Items*KeyToPath DefaultMode Optional
SecurityContext=Capabilities*Capabilities Privileged SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot ReadOnlyRootFilesystem AllowPrivilegeEscalation ProcMount SeccompProfile*SeccompProfile AppArmorProfile*SeccompProfile
ServiceAccountTokenProjection=Audience\" ExpirationSeconds# Path\"
ServicePort=Name\" Protocol\" AppProtocol Port# TargetPort# NodePort#
StatefulSetUpdateStrategy=Type\" RollingUpdate*RollingUpdateStatefulSetStrategy
TopologySpreadConstraint=MaxSkew# TopologyKey\" WhenUnsatisfiable\" LabelSelector*LabelSelector MinDomains NodeAffinityPolicy NodeTaintsPolicy MatchLabelKeys
SuccessPolicy=Rules*SuccessPolicyRule
SuccessPolicyRule=SucceededIndexes SucceededCount
TCPSocketAction=Port# Host\"
Toleration=Key\" Operator\" Value\" Effect\" TolerationSeconds
TypedLocalObjectReference=APIGroup Kind\" Name\"
TypedObjectReference=APIGroup Kind\" Name\" Namespace
Volume=Name\" HostPath*HostPathVolumeSource EmptyDir*EmptyDirVolumeSource GCEPersistentDisk AWSElasticBlockStore GitRepo Secret*SecretVolumeSource NFS ISCSI Glusterfs PersistentVolumeClaim*PersistentVolumeClaimVolumeSource RBD Quobyte FlexVolume Cinder CephFS Flocker DownwardAPI FC AzureFile ConfigMap*ConfigMapVolumeSource VsphereVolume AzureDisk PhotonPersistentDisk Projected*ProjectedVolumeSource PortworxVolume ScaleIO StorageOS CSI Ephemeral Image
VolumeMount=Name\" ReadOnly! RecursiveReadOnly MountPath\" SubPath\" MountPropagation SubPathExpr\"
VolumeProjection=Secret*ConfigMapProjection DownwardAPI*DownwardAPIProjection ConfigMap*ConfigMapProjection ServiceAccountToken*ServiceAccountTokenProjection ClusterTrustBundle PodCertificate
VolumeResourceRequirements=Limits Requests
";

/// A value of a struct type, on one line.
pub(crate) fn json(kind: &str, value: &Value) -> EcoString {
    let mut out = EcoString::new();
    write(&mut out, kind, value, None, 0);
    out
}

/// How two values of a struct type differ: a unified diff, three lines around each change
/// (`k8s.io/apimachinery/pkg/util/diff`).
pub(crate) fn diff(kind: &str, old: &Value, new: &Value) -> EcoString {
    let text = |value: &Value| {
        let mut out = EcoString::new();
        write(&mut out, kind, value, Some(" "), 0);
        out
    };
    let (old, new) = (text(old), text(new));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    unified(&old, &new)
}

/// The fields of a struct; none for one that is not listed.
fn fields(kind: &str) -> Option<&'static str> {
    STRUCTS
        .lines()
        .find_map(|line| line.strip_prefix(kind)?.strip_prefix('='))
}

/// `DNSPolicy` is `dnsPolicy` in JSON: the capitals at the beginning become small, except the one
/// that begins a word.
fn json_name(field: &str) -> EcoString {
    let capitals = field.chars().take_while(char::is_ascii_uppercase).count();
    let small = if capitals == field.len() {
        capitals
    } else {
        capitals.saturating_sub(1).max(1)
    };
    eco_format!("{}{}", field[..small].to_lowercase(), &field[small..])
}

/// Writes a value; with an indentation each member on a line of its own.
fn write(out: &mut EcoString, kind: &str, value: &Value, indent: Option<&str>, depth: usize) {
    let line = |out: &mut EcoString, depth: usize| {
        if let Some(indent) = indent {
            out.push('\n');
            out.push_str(&indent.repeat(depth));
        }
    };
    match value {
        Value::List(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                write(out, kind, item, indent, depth + 1);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Map(map) => {
            let members = members(kind, map);
            out.push('{');
            for (at, (name, kind, member)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                out.push_str(&eco_format!("{name:?}:"));
                if indent.is_some() {
                    out.push(' ');
                }
                write(out, kind, member, indent, depth + 1);
            }
            if !members.is_empty() {
                line(out, depth);
            }
            out.push('}');
        }
        Value::List(_) => out.push_str("[]"),
        Value::String(text) => out.push_str(&eco_format!("{text:?}")),
        Value::Int(number) => out.push_str(&eco_format!("{number}")),
        Value::Float(number) => out.push_str(&eco_format!("{number}")),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Null => out.push_str("null"),
    }
}

/// The members of a struct in Go's order, each with its name, its type, and its value.
fn members(kind: &str, map: &Map) -> Vec<(EcoString, &'static str, Value)> {
    let Some(fields) = fields(kind) else {
        return map
            .iter()
            .map(|(key, value)| (key.clone(), "", value.clone()))
            .collect();
    };
    let mut members = Vec::new();
    for field in fields.split(' ') {
        let plain = field.trim_start_matches('~');
        let end = plain.find(['"', '!', '#', '@', '*']).unwrap_or(plain.len());
        let (name, rest) = plain.split_at(end);
        let (zero, of) = match rest.as_bytes().first() {
            Some(b'"') => (Value::from(""), ""),
            Some(b'!') => (Value::Bool(false), ""),
            Some(b'#') => (Value::Int(0), ""),
            Some(b'@') => (Value::Map(Map::new()), &rest[1..]),
            Some(_) => (Value::Null, &rest[1..]),
            None => (Value::Null, ""),
        };
        let key = if plain == field {
            json_name(name)
        } else {
            name.into()
        };
        let value = match map.get(&key) {
            _ if kind == "PodTemplateSpec" && plain != field => map
                .get("metadata")
                .map_or(Value::Null, |it| it.get(name).clone()),
            _ if name == "SecurityContext" && of == "PodSecurityContext" => security_context(map),
            Some(value) => value.clone(),
            None => zero,
        };
        if plain == field || !value.is_null() {
            members.push((name.into(), of, value));
        }
    }
    members
}

/// Go keeps what a pod shares with its node with the rest of what is about security.
fn security_context(spec: &Map) -> Value {
    let mut context = spec.get("securityContext").cloned().unwrap_or(Value::Null);
    for name in [
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "shareProcessNamespace",
        "hostUsers",
    ] {
        if let Some(value) = spec.get(name) {
            context.set(name, value.clone());
        }
    }
    context
}

/// How many lines around a change are shown.
const AROUND: usize = 3;

fn unified(old: &[&str], new: &[&str]) -> EcoString {
    let edits = edits(old, new);
    let mut out = EcoString::new();
    let mut at = 0;
    while let Some(first) = edits[at..]
        .iter()
        .position(|edit| edit.0 != ' ')
        .map(|it| it + at)
    {
        // A hunk ends where more lines are the same than two contexts have.
        let mut last = first;
        for (index, edit) in edits.iter().enumerate().skip(first) {
            if edit.0 != ' ' {
                last = index;
            } else if index - last > 2 * AROUND {
                break;
            }
        }
        let start = first.saturating_sub(AROUND).max(at);
        let end = (last + 1 + AROUND).min(edits.len());
        let count = |mark: char| {
            edits[start..end]
                .iter()
                .filter(|edit| edit.0 != mark)
                .count()
        };
        let before = |mark: char| edits[..start].iter().filter(|edit| edit.0 != mark).count();
        let (was, is) = (count('+'), count('-'));
        let (from, to) = (before('+') + 1, before('-') + 1);
        out.push_str(&eco_format!("@@ -{from},{was} +{to},{is} @@\n"));
        for (mark, line) in &edits[start..end] {
            out.push_str(&eco_format!("{mark}{line}\n"));
        }
        at = end;
    }
    out
}

/// The lines of both texts, marked as kept, removed or added, with as many kept as can be.
fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let width = new.len() + 1;
    let mut longest = vec![0_usize; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = match old[i] == new[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut edits) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            edits.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len()
            && (j == new.len() || longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            edits.push(('-', old[i]));
            i += 1;
        } else {
            edits.push(('+', new[j]));
            j += 1;
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    #[test]
    fn names_lose_their_capitals() {
        let cases = [
            ("Name", "name"),
            ("DNSPolicy", "dnsPolicy"),
            ("TTY", "tty"),
            ("HostPID", "hostPID"),
        ];
        for (field, expected) in cases {
            assert_eq!(json_name(field), expected);
        }
    }

    #[test]
    fn differences_have_three_lines_around_them() {
        let claim = |class: &str| {
            map! {
                "accessModes" => vec![Value::from("ReadWriteOnce")],
                "resources" => map! { "requests" => map! { "storage" => "1Gi" } },
                "storageClassName" => class,
            }
        };
        let expected = "@@ -10,7 +10,7 @@\n   }\n  },\n  \"VolumeName\": \"\",\n- \"StorageClassName\": \"a\",\n\
                        + \"StorageClassName\": \"b\",\n  \"VolumeMode\": null,\n  \"DataSource\": null,\n  \
                        \"DataSourceRef\": null,\n";
        assert_eq!(
            diff("PersistentVolumeClaimSpec", &claim("a"), &claim("b")),
            expected
        );
    }
}
