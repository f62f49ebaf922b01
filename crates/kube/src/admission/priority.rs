//! Priority: the number that a pod's priority class stands for (`plugin/pkg/admission/priority`).

use crate::{Key, Status, Store, Value};
use ecow::eco_format;

/// The classes that every cluster has (`pkg/apis/scheduling/v1/helpers.go`).
pub(crate) const SYSTEM_CLASSES: &[(&str, i64)] = &[
    ("system-cluster-critical", 2_000_000_000),
    ("system-node-critical", 2_000_001_000),
];

pub(super) fn admit(store: &mut Store, key: &Key, pod: &mut Value) -> Result<(), Status> {
    if key.kind != "Pod" {
        return Ok(());
    }
    let spec = pod.get("spec");
    let name = spec.get("priorityClassName").to_text();
    let system = SYSTEM_CLASSES.iter().find(|(class, _)| *class == name);
    let class = match name.as_str() {
        "" => global_default(store),
        name => store
            .get(&Key::new("PriorityClass", "", name))
            .map(|it| it.value.clone()),
    };
    let (value, policy) = match (&class, system) {
        (Some(class), _) => (
            class.get("value").as_int().unwrap_or(0),
            class.get("preemptionPolicy").to_text(),
        ),
        (None, Some((_, value))) => (*value, "".into()),
        (None, None) if name.is_empty() => (0, "".into()),
        (None, None) => {
            let why = eco_format!("no PriorityClass with name {name} was found");
            return Err(Status::forbidden("Pod", &key.name, &why));
        }
    };
    let policy = if policy.is_empty() {
        "PreemptLowerPriority".into()
    } else {
        policy
    };
    let given = spec.get("priority").as_int();
    if given.is_some_and(|given| given != value) {
        let why = eco_format!(
            "the integer value of priority ({}) must not be provided in pod spec; priority admission \
             controller computed {value} from the given PriorityClass name",
            given.unwrap_or(0)
        );
        return Err(Status::forbidden("Pod", &key.name, &why));
    }
    let asked = spec.get("preemptionPolicy").text();
    if !asked.is_empty() && asked != policy {
        let why = eco_format!(
            "the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; \
             priority admission controller computed {policy} from the given PriorityClass name"
        );
        return Err(Status::forbidden("Pod", &key.name, &why));
    }
    let spec = pod.entry("spec");
    if let Some(class) = class.filter(|_| name.is_empty()) {
        spec.set("priorityClassName", class.at(&["metadata", "name"]).clone());
    }
    spec.set("priority", value);
    spec.set("preemptionPolicy", policy);
    Ok(())
}

/// The class of pods that name none: of those that say so, the lowest.
fn global_default(store: &Store) -> Option<Value> {
    if !store.has("PriorityClass") {
        return None;
    }
    let classes = store.list("PriorityClass").into_iter();
    classes
        .filter(|class| class.value.get("globalDefault").as_bool() == Some(true))
        .min_by_key(|class| class.value.get("value").as_int())
        .map(|class| class.value.clone())
}
