use super::*;

/// A pod that is as the restricted level wants it, with some fields of its spec set otherwise.
fn pod(change: &str) -> Value {
    let spec = r#"{
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "a", "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}
        }}]
    }"#;
    let read = |text: &str| -> Value { serde_json::from_str(text).expect("a table holds JSON") };
    let pod = crate::map! { "spec" => read(spec) };
    let how = crate::api::PatchType::Merge;
    crate::patch::apply(how, &pod, &read(change)).expect("it applies")
}

#[test]
fn levels_say_what_a_pod_breaks() {
    // A change to a harmless pod; what that breaks at the baseline level, and at the restricted one.
    let cases = [
        ("{}", "", ""),
        (
            r#"{"spec": {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}}"#,
            r#"forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")"#,
            "=",
        ),
        (
            r#"{"spec": {"containers": [{"name": "a", "securityContext": {
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"], "add": ["SYS_TIME", "NET_ADMIN", "KILL"]}}}]}}"#,
            r#"non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)"#,
            r#"unrestricted capabilities (container "a" must not include "KILL", "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)"#,
        ),
        (
            r#"{"spec": {"hostPID": true, "hostNetwork": true}}"#,
            "host namespaces (hostNetwork=true, hostPID=true)",
            "=",
        ),
        (
            r#"{"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}, {"name": "w", "nfs": {}}]}}"#,
            r#"hostPath volumes (volume "v")"#,
            r#"restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")"#,
        ),
        (
            r#"{"spec": {"initContainers": [
                {"name": "i", "ports": [{"hostPort": 80}, {"hostPort": 443}], "securityContext": {
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}"#,
            r#"hostPort (container "i" uses hostPorts 443, 80)"#,
            "=",
        ),
        (
            r#"{"spec": {"containers": [{"name": "a", "readinessProbe": {"httpGet": {"host": "example.com"}},
                "securityContext": {
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}"#,
            r#"probe or lifecycle host (container "a" uses probe or lifecycle host example.com)"#,
            "=",
        ),
        (
            r#"{"spec": {"containers": [{"name": "a", "securityContext": {"privileged": true}}, {"name": "b"}]}}"#,
            r#"privileged (container "a" must not set securityContext.privileged=true)"#,
            r#"privileged (container "a" must not set securityContext.privileged=true), allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"])"#,
        ),
        (
            r#"{"spec": {"containers": [{"name": "a", "securityContext": {"procMount": "Unmasked",
                "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}"#,
            r#"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#,
            "=",
        ),
        (
            r#"{"spec": {"securityContext": {"seLinuxOptions": {"type": "spc_t", "user": "u"}}}}"#,
            r#"seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)"#,
            "=",
        ),
        (
            r#"{"spec": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}}"#,
            r#"seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")"#,
            "=",
        ),
        (
            r#"{"spec": {"securityContext": {"sysctls": [{"name": "kernel.msgmax"}, {"name": "net.ipv4.tcp_syncookies"}]}}}"#,
            "forbidden sysctls (kernel.msgmax)",
            "=",
        ),
        (
            r#"{"spec": {"securityContext": {"windowsOptions": {"hostProcess": true}}}}"#,
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
            "=",
        ),
        (
            r#"{"spec": {"securityContext": {"runAsNonRoot": null, "seccompProfile": null}}}"#,
            "",
            r#"runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#,
        ),
        (
            r#"{"spec": {"securityContext": {"runAsNonRoot": false, "runAsUser": 0}}}"#,
            "",
            "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)",
        ),
        // Whoever is root inside such a pod is nobody outside.
        (
            r#"{"spec": {"hostUsers": false, "securityContext": {"runAsNonRoot": false, "runAsUser": 0}}}"#,
            "",
            "",
        ),
    ];
    for (change, baseline, restricted) in cases {
        let pod = pod(change);
        let restricted = if restricted == "=" {
            baseline
        } else {
            restricted
        };
        assert_eq!(broken("baseline", &pod).join(", "), baseline, "{change}");
        assert_eq!(
            broken("restricted", &pod).join(", "),
            restricted,
            "{change}"
        );
        assert!(broken("privileged", &pod).is_empty());
    }
}
