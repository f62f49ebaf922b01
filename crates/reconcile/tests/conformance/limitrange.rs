//! The family `limitrange`: what a namespace's limits make of pods and claims.

use crate::compare;
use kube::api::{Request, Response, Verb, serve};
use kube::{Key, Object, Status, Store, Value, map};

/// Creates the range, then each object, and compares every answer.
pub fn run(case: &Value) -> Result<(), String> {
    let mut store = Store::new(1);
    let range = case.get("limitRange");
    let answer = create(&mut store, range);
    let stored = object(&answer).ok_or("the range is refused")?;
    compare::same(stored.spec(), case.get("stored"))?;
    for step in case.get("steps").items() {
        let answer = create(&mut store, step.get("create"));
        compare::same(&shown(&answer, step.get("answer")), step.get("answer"))?;
    }
    Ok(())
}

fn create(store: &mut Store, object: &Value) -> Response {
    serve(
        store,
        0,
        Request::new("you", Key::of(object), Verb::Create(object.clone())),
    )
}

fn object(answer: &Response) -> Option<std::rc::Rc<Object>> {
    answer.clone().ok().and_then(kube::api::Answer::object)
}

/// An answer as the recordings of quotas and limits have it.
pub fn shown(answer: &Response, want: &Value) -> Value {
    match answer {
        Err(status) => refusal(status),
        Ok(_) => {
            let mut have = map! { "code" => 201 };
            if let Some(pod) = object(answer).filter(|object| object.key.kind == "Pod") {
                let containers = pod.spec().get("containers").items();
                let resources: Value = containers
                    .iter()
                    .map(|it| it.get("resources").clone())
                    .collect();
                have.set("resources", resources);
                let annotations = pod.value.at(&["metadata", "annotations"]);
                if !want.get("annotations").is_null() {
                    have.set("annotations", annotations.clone());
                }
            }
            have
        }
    }
}

/// A refusal as code, reason and message.
pub fn refusal(status: &Status) -> Value {
    map! {
        "code" => i64::from(status.code),
        "reason" => status.reason,
        "message" => &status.message,
    }
}
