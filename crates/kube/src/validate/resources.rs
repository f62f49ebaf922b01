//! What containers ask for and are limited to (`pkg/apis/core/validation`,
//! validateContainerResourceRequirements).

use super::{Faults, Path, names};
use crate::Value;
use crate::quantity::Quantity;
use ecow::eco_format;

/// The resources of a container or of a pod as a whole.
pub(super) fn requirements(faults: &mut Faults, at: &Path<'_>, resources: &Value) {
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    for (name, amount) in limits.members() {
        let at = at.child("limits");
        container_resource(faults, &at.key(name), name, amount);
    }
    for (name, amount) in requests.members() {
        let list = at.child("requests");
        container_resource(faults, &list.key(name), name, amount);
        let (Some(request), limit) = (Quantity::of(amount), Quantity::of(limits.get(name))) else {
            continue;
        };
        match limit {
            Some(limit) if !may_overcommit(name) && request.nano != limit.nano => {
                let detail = eco_format!("must be equal to {name} limit of {}", limit.to_text());
                faults.invalid_text(&list, &request.to_text(), &detail);
            }
            Some(limit) if may_overcommit(name) && request.nano > limit.nano => {
                let limit = limit.to_text();
                let detail = eco_format!("must be less than or equal to {name} limit of {limit}");
                faults.invalid_text(&list, &request.to_text(), &detail);
            }
            None if !may_overcommit(name) => {
                let detail = "Limit must be set for non overcommitable resources";
                faults.required(&at.child("limits"), detail);
            }
            _ => {}
        }
    }
    let huge = |list: &Value| {
        list.members()
            .any(|(name, _)| name.starts_with("hugepages-"))
    };
    let basic = |list: &Value| {
        ["cpu", "memory"]
            .iter()
            .any(|name| !list.get(name).is_null())
    };
    if (huge(limits) || huge(requests)) && !basic(limits) && !basic(requests) {
        faults.forbidden(at, "HugePages require cpu or memory");
    }
}

/// The resources of a pod as a whole: of these some kinds only.
pub(super) fn of_pod(faults: &mut Faults, at: &Path<'_>, resources: &Value) {
    let before = faults.len();
    for list in ["limits", "requests"] {
        let at = at.child(list);
        for (name, _) in resources.get(list).members() {
            let known = matches!(&**name, "cpu" | "memory") || name.starts_with("hugepages-");
            if !is_standard(name) && !name.contains('/') {
                resource_name(faults, &at.key(name), name);
            } else if !known {
                let known = &["cpu", "hugepages-", "memory"];
                faults.unsupported(&at.key(name), &name.as_str().into(), known);
            }
        }
    }
    if faults.len() == before {
        requirements(faults, at, resources);
    }
}

/// Whether more of it may be promised than there is: of what Kubernetes itself divides
/// (`pkg/apis/core/v1/helper`, IsOvercommitAllowed).
pub(super) fn may_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whether it is a resource of somebody else, whose name leaves room for what a quota puts before it
/// (IsExtendedResourceName).
fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::label_key(&eco_format!("requests.{name}")).is_empty()
}

/// How many bytes a page has, by the name of the resource.
fn page_size(name: &str) -> Option<i128> {
    let size = Quantity::parse(name.strip_prefix("hugepages-")?)?;
    Some(size.nano).filter(|size| *size > 0)
}

/// An amount of what a container can ask for.
fn container_resource(faults: &mut Faults, at: &Path<'_>, name: &str, amount: &Value) {
    container_resource_name(faults, at, name);
    quantity(faults, at, name, amount);
    if let Some(pages) = Quantity::of(amount).filter(|_| name.starts_with("hugepages-"))
        && !page_size(name).is_some_and(|size| pages.nano > 0 && pages.nano % size == 0)
    {
        let shown = pages.to_text();
        let detail = eco_format!("{shown} is not positive integer multiple of {name}");
        faults.invalid_text(at, &shown, &detail);
    }
}

/// The name of what a container can ask for.
pub(super) fn container_resource_name(faults: &mut Faults, at: &Path<'_>, name: &str) {
    resource_name(faults, at, name);
    let standard =
        matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
    if !name.contains('/') && !standard {
        faults.invalid_text(at, name, "must be a standard resource for containers");
    } else if !is_native(name) && !is_extended(name) {
        faults.invalid_text(at, name, "doesn't follow extended resource name standard");
    }
}

/// A resource's name: one that Kubernetes knows, or one with a domain.
pub(super) fn resource_name(faults: &mut Faults, at: &Path<'_>, name: &str) {
    let bad = names::label_key(name);
    for message in &bad {
        faults.invalid_text(at, name, message);
    }
    if bad.is_empty() && !name.contains('/') && !is_standard(name) {
        faults.invalid_text(
            at,
            name,
            "must be a standard resource type or fully qualified",
        );
    }
}

/// `pkg/apis/core/helper`, standardResources
pub(super) fn is_standard(name: &str) -> bool {
    let name = name
        .strip_prefix("requests.")
        .or(name.strip_prefix("limits."))
        .unwrap_or(name);
    matches!(name, "cpu" | "memory" | "ephemeral-storage" | "storage")
        || name.starts_with("hugepages-")
        || is_counted(name)
}

/// What comes in whole numbers (`pkg/apis/core/helper`, integerResources).
fn is_counted(name: &str) -> bool {
    matches!(
        name,
        "pods"
            | "services"
            | "replicationcontrollers"
            | "resourcequotas"
            | "secrets"
            | "configmaps"
            | "persistentvolumeclaims"
            | "services.nodeports"
            | "services.loadbalancers"
    )
}

/// An amount of a resource: not negative, and whole where it is counted.
pub(super) fn quantity(faults: &mut Faults, at: &Path<'_>, name: &str, amount: &Value) {
    faults.quantity_not_negative(at, amount);
    let whole = is_counted(name) || !is_native(name);
    if let Some(quantity) = Quantity::of(amount).filter(|it| whole && !it.is_whole()) {
        faults.invalid_text(at, &quantity.to_text(), "must be an integer");
    }
}
