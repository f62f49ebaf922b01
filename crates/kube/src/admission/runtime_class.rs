//! RuntimeClass: what the class of a pod's runtime adds to it (`plugin/pkg/admission/runtimeclass`).

use crate::{Key, Status, Store, Value};
use ecow::eco_format;

pub(super) fn admit(store: &mut Store, key: &Key, pod: &mut Value) -> Result<(), Status> {
    if key.kind != "Pod" {
        return Ok(());
    }
    let refuse = |why: &str| Err(Status::forbidden("Pod", &key.name, why));
    let name = pod.at(&["spec", "runtimeClassName"]).to_text();
    let class = match name.as_str() {
        // Nearly every pod: nothing is looked up for it.
        "" => Value::NULL,
        name => match store.get(&Key::new("RuntimeClass", "", name)) {
            Some(class) => class.value.clone(),
            None => {
                return refuse(&eco_format!(
                    "pod rejected: RuntimeClass {name:?} not found"
                ));
            }
        },
    };
    let (has, fixed) = (
        pod.at(&["spec", "overhead"]).clone(),
        class.at(&["overhead", "podFixed"]),
    );
    match (class.get("overhead").is_null(), has.is_null()) {
        (true, false) => {
            return refuse(
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
            );
        }
        (false, false) if has != *fixed => {
            return refuse(
                "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
            );
        }
        (false, true) => pod.entry("spec").set("overhead", fixed.clone()),
        _ => {}
    }
    let scheduling = class.get("scheduling");
    for (label, wanted) in scheduling.get("nodeSelector").members() {
        let own = pod.entry_at(&["spec", "nodeSelector"]);
        let has = own.get(label);
        if !has.is_null() && has != wanted {
            return refuse(&eco_format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{label}] = {}; \
                 pod.spec.nodeSelector[{label}] = {}",
                wanted.text(),
                has.text()
            ));
        }
        own.set(label, wanted.clone());
    }
    let added = scheduling.get("tolerations").items();
    if !added.is_empty() {
        let tolerations = pod.entry_at(&["spec", "tolerations"]);
        let all: Vec<Value> = tolerations.items().iter().chain(added).cloned().collect();
        *tolerations = Value::from(merged(&all));
    }
    Ok(())
}

/// Tolerations without those that another one includes (`pkg/util/tolerations`, MergeTolerations).
fn merged(all: &[Value]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        let is_included = kept.iter().any(|it| includes(it, one))
            || all[at + 1..]
                .iter()
                .any(|it| it != one && includes(it, one));
        if !is_included {
            kept.push(one.clone());
        }
    }
    kept
}

/// Whether a toleration tolerates all that another one does (`isSuperset`).
fn includes(wide: &Value, narrow: &Value) -> bool {
    let [own, other] = [wide, narrow]
        .map(|it| ["key", "operator", "effect", "value"].map(|field| it.get(field).text()));
    let [key, operator, effect, value] = own;
    let seconds = |it: &Value| it.get("tolerationSeconds").as_int();
    let lasts = match (effect, seconds(wide)) {
        ("NoExecute", Some(wide)) => seconds(narrow).is_some_and(|narrow| narrow <= wide),
        _ => true,
    };
    wide == narrow
        || lasts
            && (key == other[0] || key.is_empty() && operator == "Exists")
            && (effect.is_empty() || effect == other[2])
            && match operator {
                "" | "Equal" => other[1] == "Equal" && value == other[3],
                _ => operator == "Exists",
            }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Admits a pod with this spec where there are two classes, and compares its spec then, or why it
    /// is refused.
    fn check(spec: &str, expected: &str) {
        let mut store = Store::new(1);
        let classes = [
            "{metadata: {name: plain}, handler: runc}",
            "{metadata: {name: vm}, handler: kata, overhead: {podFixed: {cpu: 250m}}, scheduling: \
             {nodeSelector: {kvm: 'yes'}, tolerations: [{key: kvm, operator: Exists}]}}",
        ];
        for text in classes {
            let mut class = yaml::decode(text).expect("a class is YAML");
            class.set("kind", "RuntimeClass");
            let name = class.at(&["metadata", "name"]).to_text();
            store.put(Key::new("RuntimeClass", "", name), class, 0);
        }
        let mut pod = yaml::decode(&format!("spec: {spec}")).expect("a spec is YAML");
        let key = Key::new("Pod", "default", "p");
        let done = match admit(&mut store, &key, &mut pod) {
            Ok(()) => yaml::encode(pod.get("spec")),
            Err(status) => status.message.to_string(),
        };
        let wanted = yaml::decode(expected).map_or(String::new(), |it| yaml::encode(&it));
        assert!(done == wanted || done.ends_with(expected), "{spec}: {done}");
    }

    #[test]
    fn classes() {
        check("{a: 1}", "{a: 1}");
        check("{runtimeClassName: plain}", "{runtimeClassName: plain}");
        check(
            "{runtimeClassName: gvisor}",
            "pods \"p\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found",
        );
        check(
            "{overhead: {cpu: 1m}}",
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        );
        check(
            "{runtimeClassName: vm, overhead: {cpu: 1m}}",
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        );
        check(
            "{runtimeClassName: vm, nodeSelector: {kvm: 'no'}}",
            "conflict: runtimeClass.scheduling.nodeSelector[kvm] = yes; pod.spec.nodeSelector[kvm] = no",
        );
        check(
            "{runtimeClassName: vm, tolerations: [{key: kvm, operator: Exists, effect: NoSchedule}, \
             {key: b, operator: Exists}]}",
            "{runtimeClassName: vm, tolerations: [{key: b, operator: Exists}, {key: kvm, operator: \
             Exists}], overhead: {cpu: 250m}, nodeSelector: {kvm: 'yes'}}",
        );
    }
}
