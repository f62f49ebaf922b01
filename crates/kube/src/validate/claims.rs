//! Claims of a pod's devices (`pkg/apis/core/validation`, validatePodResourceClaims and
//! validateResourceClaimNames).

use super::{Faults, Path, Seen, names};
use crate::{Value, gostruct};
use ecow::{EcoString, eco_format};

/// What a pod claims.
pub(super) fn of_pod(faults: &mut Faults, list: &Path<'_>, claims: &Value) {
    let mut seen = Seen::default();
    for (index, claim) in claims.items().iter().enumerate() {
        let at = list.index(index);
        let name = claim.get("name");
        match name.text() {
            "" => faults.required(&at.child("name"), ""),
            text if !seen.insert(text) => faults.duplicate(&at.child("name"), name),
            text => faults.named(&at.child("name"), text, names::label),
        }
        let sources = ["resourceClaimName", "resourceClaimTemplateName"];
        let given = sources.iter().filter(|field| !claim.get(field).is_null());
        let detail = match given.count() {
            0 => "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            1 => "",
            _ => {
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            }
        };
        if !detail.is_empty() {
            let shown = gostruct::json("PodResourceClaim", claim);
            faults.invalid_shown(&at, &shown, detail);
        }
        for field in sources {
            if let Some(name) = claim.get(field).as_str() {
                faults.named(&at.child(field), name, names::subdomain);
            }
        }
    }
}

/// Which of them a container uses: `of_pod` are all that there are.
pub(super) fn of_container(faults: &mut Faults, list: &Path<'_>, claims: &Value, of_pod: &Value) {
    let there = of_pod.items().iter().map(|it| it.get("name").to_text());
    let there = lean::set(there.filter(|name| !name.is_empty()));
    let mut seen: Vec<EcoString> = Vec::new();
    for (index, claim) in claims.items().iter().enumerate() {
        let at = list.index(index);
        let (name, request) = (claim.get("name").to_text(), claim.get("request").text());
        if name.is_empty() {
            faults.required(&at, "");
            continue;
        }
        if seen.contains(&name) {
            faults.duplicate(&at, &name.as_str().into());
        } else {
            let key = match request {
                "" => name.clone(),
                request => {
                    faults.named(&at.child("request"), request, names::label);
                    eco_format!("{name}/{request}")
                }
            };
            // The whole of a claim is also each of its requests.
            let part = eco_format!("{name}/");
            let is_part = |other: &&EcoString| request.is_empty() && other.starts_with(&*part);
            let again = seen.iter().filter(is_part).count() + usize::from(seen.contains(&key));
            (0..again).for_each(|_| faults.duplicate(&at, &key.as_str().into()));
            seen.push(key);
        }
        if !there.contains(&name) {
            let all: Vec<&str> = there.iter().map(EcoString::as_str).collect();
            let detail = match all.as_slice() {
                [] => " which is empty".to_owned(),
                all => format!(": {}", all.join(", ")),
            };
            let detail = eco_format!("must be one of the names in pod.spec.resourceClaims{detail}");
            faults.not_found_because(&at, &name, &detail);
        }
    }
}
