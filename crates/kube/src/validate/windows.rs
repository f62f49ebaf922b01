//! Pods for Windows (`pkg/apis/core/validation`, validateWindows, validateWindowsHostProcessPod,
//! validateWindowsSecurityContextOptions).

use super::{Faults, Path, names};
use crate::Value;

/// What a pod as a whole may not have on Windows: where the fault is said to be, and the field. What
/// does not stand in the security context does so where the server keeps it.
const OF_POD: &[(bool, &str)] = &[
    (true, "appArmorProfile"),
    (true, "seLinuxOptions"),
    (false, "hostUsers"),
    (false, "hostPID"),
    (false, "hostIPC"),
    (true, "seccompProfile"),
    (true, "fsGroup"),
    (true, "fsGroupChangePolicy"),
    (true, "sysctls"),
    (false, "shareProcessNamespace"),
    (true, "runAsUser"),
    (true, "runAsGroup"),
    (true, "supplementalGroups"),
    (true, "supplementalGroupsPolicy"),
    (true, "seLinuxChangePolicy"),
];

/// What a container may not have there.
const OF_CONTAINER: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

const FORBIDDEN: &str = "cannot be set for a windows pod";

/// The lists of containers, in the order in which the server visits them.
pub(super) const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Does something for every container.
pub(super) fn each_container(
    at: &Path<'_>,
    spec: &Value,
    visit: &mut dyn FnMut(&Path<'_>, &Value),
) {
    for list in LISTS {
        let at = at.child(list);
        for (index, container) in spec.get(list).items().iter().enumerate() {
            visit(&at.index(index), container);
        }
    }
}

/// A pod whose `os` is Windows.
pub(super) fn pod(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    let context = spec.get("securityContext");
    let of_context = at.child("securityContext");
    // The server has a security context where any of these is said.
    for (is_of_context, field) in OF_POD {
        let (at, value) = match is_of_context {
            true => (&of_context, context.get(field)),
            false => (at, spec.get(field)),
        };
        let is_off = matches!(*field, "hostPID" | "hostIPC") && value.as_bool() == Some(false);
        let is_empty = *field == "sysctls" && value.items().is_empty();
        if !value.is_null() && !is_off && !is_empty {
            faults.forbidden(&at.child(field), FORBIDDEN);
        }
    }
    each_container(at, spec, &mut |at, container| {
        let at = at.child("securityContext");
        let context = container.get("securityContext");
        for field in OF_CONTAINER {
            if !context.get(field).is_null() {
                faults.forbidden(&at.child(field), FORBIDDEN);
            }
        }
    });
}

/// Containers that run as processes of their node.
pub(super) fn host_process(faults: &mut Faults, at: &Path<'_>, spec: &Value) {
    let is_host = |of: &Value| {
        of.at(&["securityContext", "windowsOptions", "hostProcess"])
            .as_bool()
    };
    let of_pod = is_host(spec);
    let (mut all, mut found) = (0, 0);
    each_container(at, spec, &mut |at, container| {
        let own = is_host(container);
        all += 1;
        if let Some((whole, own)) = of_pod.zip(own).filter(|(whole, own)| whole != own) {
            let at = at.child("securityContext");
            let at = at.child("windowsOptions");
            let detail = format!(
                "pod hostProcess value must be identical if both are specified, was {whole}"
            );
            faults.invalid(&at.child("hostProcess"), &own.into(), &detail);
        }
        found += usize::from(own.or(of_pod) == Some(true));
    });
    if found == 0 {
        return;
    }
    if found != all {
        let detail = "If pod contains any hostProcess containers then all containers must be \
                      HostProcess containers";
        faults.invalid_text(at, "", detail);
    }
    if spec.get("hostNetwork").as_bool() != Some(true) {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        faults.invalid(&at.child("hostNetwork"), &false.into(), detail);
    }
}

/// The options for Windows of a security context.
pub(super) fn options(faults: &mut Faults, at: &Path<'_>, options: &Value) {
    const SPEC_MOST: usize = 64 * 1024;
    if let Some(name) = options.get("gmsaCredentialSpecName").as_str() {
        faults.named(&at.child("gmsaCredentialSpecName"), name, names::subdomain);
    }
    if let Some(spec) = options.get("gmsaCredentialSpec").as_str() {
        let at = at.child("gmsaCredentialSpec");
        if spec.is_empty() {
            faults.invalid_text(&at, spec, "gmsaCredentialSpec cannot be an empty string");
        } else if spec.len() > SPEC_MOST {
            faults.invalid_text(&at, spec, "gmsaCredentialSpec size must be under 64 KiB");
        }
    }
    if let Some(name) = options.get("runAsUserName").as_str() {
        let at = at.child("runAsUserName");
        for detail in user_faults(name) {
            faults.invalid_text(&at, name, &format!("runAsUserName{detail}"));
        }
    }
}

/// What is wrong with `DOMAIN\USER`.
fn user_faults(name: &str) -> Vec<&'static str> {
    if name.is_empty() {
        return vec![" cannot be an empty string"];
    }
    if name.chars().any(char::is_control) {
        return vec![" cannot contain control characters"];
    }
    let parts: Vec<&str> = name.split('\\').collect();
    let (domain, user) = match parts.as_slice() {
        [user] => (None, *user),
        [domain, user] => (Some(*domain), *user),
        _ => return vec![" cannot contain more than one backslash"],
    };
    let bad = |letter: char| r#""/\:;|=,+*?<>@[]"#.contains(letter);
    let is_net_bios = |domain: &str| {
        let is_begun = !domain.starts_with('.') && domain.len() <= 15;
        is_begun
            && !domain.is_empty()
            && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
    };
    let is_dns = |domain: &str| {
        domain.split('.').all(|part| {
            let inner = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            !part.is_empty()
                && part.chars().all(inner)
                && !part.starts_with('-')
                && !part.ends_with('-')
        })
    };
    let checks = [
        (
            domain.is_some_and(|it| it.len() >= 256),
            "'s Domain length must be under 256 characters",
        ),
        (
            domain.is_some_and(|it| !is_net_bios(it) && !is_dns(it)),
            "'s Domain doesn't match the NetBios nor the DNS format",
        ),
        (user.is_empty(), "'s User cannot be empty"),
        (
            user.len() > 104,
            "'s User length must not be longer than 104 characters",
        ),
        (
            !user.is_empty() && user.chars().all(|it| matches!(it, '.' | ' ')),
            "'s User cannot contain only periods or spaces",
        ),
        (
            user.contains(bad),
            "'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]",
        ),
    ];
    let wrong = checks.into_iter().filter(|(is_wrong, _)| *is_wrong);
    wrong.map(|(_, detail)| detail).collect()
}
