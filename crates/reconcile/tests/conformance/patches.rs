//! The family `patches`: what an object is after a patch, and after `kubectl apply`.

use crate::compare;
use kube::api::{Answer, PatchType, Request, Response, Verb, serve};
use kube::fields::Table;
use kube::{Key, Map, Status, Store, Value, map};

/// Where `kubectl apply` keeps the last manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Makes the object, patches it, and compares what is stored then.
pub fn run(case: &Value) -> Result<(), String> {
    let mut server = Server(Store::new(1));
    match case.get("type").text() {
        "server-side-apply" => Err("server-side apply is not there yet".to_owned()),
        "client-side-apply" => {
            server
                .apply(case.get("before"))
                .map_err(|e| e.message.to_string())?;
            if !case.get("live").is_null() {
                let live = case.get("live").clone();
                let patch = Verb::Patch(PatchType::Strategic, live);
                server
                    .ask(case.get("before"), patch)
                    .map_err(|e| e.message.to_string())?;
            }
            let (said, answer) = match server.apply(case.get("after")) {
                Ok((said, answer)) => (said, Ok(answer)),
                Err(status) => ("refused", Err(status)),
            };
            let stdout = case.at(&["kubectl", "stdout"]).text();
            if !stdout.trim_end().ends_with(said) {
                return Err(format!("kubectl says {said} instead of {stdout}"));
            }
            compare(answer, case)
        }
        how => {
            let how = match how {
                "json" => PatchType::Json,
                "merge" => PatchType::Merge,
                _ => PatchType::Strategic,
            };
            let before = case.get("before");
            let created = server.ask(before, Verb::Create(before.clone()));
            created.map_err(|status| status.message.to_string())?;
            let patch = case.get("patch").clone();
            compare(server.ask(before, Verb::Patch(how, patch)), case)
        }
    }
}

struct Server(Store);

impl Server {
    /// Asks for something to be done to an object.
    fn ask(&mut self, object: &Value, verb: Verb) -> Response {
        let request = Request {
            fields: Some(Table::embedded()),
            ..Request::new("you", Key::of(object), verb)
        };
        serve(&mut self.0, 0, request)
    }

    /// `kubectl apply` of a manifest. Returns what it says of the object, and the answer.
    fn apply(&mut self, manifest: &Value) -> Result<(&'static str, Answer), Status> {
        let mut next = manifest.clone();
        // Setting an annotation reads those that are there as texts; a null is an empty one
        // (`unstructured.NestedNullCoercingStringMap`).
        let annotations = next.entry_at(&["metadata", "annotations"]);
        let texts = annotations.members().map(|(name, value)| match value {
            Value::Null => (name.clone(), "".into()),
            text => (name.clone(), text.clone()),
        });
        *annotations = Value::Map(texts.collect());
        let text = serde_json::to_string(manifest).expect("a manifest is JSON");
        next.entry_at(&["metadata", "annotations"])
            .set(LAST_APPLIED, format!("{text}\n"));
        let Some(live) = self.0.get(&Key::of(manifest)).cloned() else {
            let answer = self.ask(manifest, Verb::Create(next))?;
            return Ok(("created", answer));
        };
        let last = live.annotation(LAST_APPLIED).unwrap_or("{}");
        let last: Value = serde_json::from_str(last).expect("written above");
        let (how, patch) = kube::patch::three_way(&last, &next, &live.value)
            .map_err(|fault| Status::internal(fault.to_string()))?;
        if patch == map! {} {
            return Ok(("unchanged", Answer::Object(live)));
        }
        let answer = self.ask(manifest, Verb::Patch(how, patch))?;
        Ok(("configured", answer))
    }
}

/// Compares an answer with the recorded one.
fn compare(answer: Response, case: &Value) -> Result<(), String> {
    let want = case.get("result");
    match answer {
        Ok(answer) => {
            let object = answer.object().ok_or("no object")?;
            if want.get("code").as_int() != Some(200) {
                return Err(format!(
                    "accepted instead of {}",
                    want.get("message").text()
                ));
            }
            compare::same(&stable(&object.value), &stable(want.get("object")))
        }
        Err(status) => {
            let causes = status.causes.iter().map(|cause| -> Value {
                let texts: [Value; 3] = [
                    cause.reason.into(),
                    (&cause.field).into(),
                    (&cause.message).into(),
                ];
                texts.into_iter().collect()
            });
            let causes: Value = causes.collect();
            let mut have = map! {
                "code" => i64::from(status.code),
                "message" => &status.message,
            };
            if !status.reason.is_empty() {
                have.set("reason", status.reason);
            }
            if !causes.items().is_empty() {
                have.set("causes", causes);
            }
            let mut want = want.clone();
            if want.get("reason").is_null() {
                want.set("reason", Value::Null);
            }
            compare::same(&have, &want)
        }
    }
}

/// An object without what differs from run to run, or is left out of the recordings.
fn stable(object: &Value) -> Value {
    let mut object = object.clone();
    object.set("status", Value::Null);
    if object.get("kind").text() == "Service" {
        object.entry("spec").set("clusterIP", Value::Null);
        object.entry("spec").set("clusterIPs", Value::Null);
    }
    let metadata = object.entry("metadata");
    for name in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "namespace",
        "managedFields",
    ] {
        metadata.set(name, Value::Null);
    }
    let mut annotations = Map::new();
    for (name, value) in metadata.get("annotations").members() {
        if name != LAST_APPLIED && !name.starts_with("deployment.kubernetes.io/") {
            annotations.insert(name.clone(), value.clone());
        }
    }
    let none = annotations.is_empty();
    metadata.set(
        "annotations",
        if none {
            Value::Null
        } else {
            annotations.into()
        },
    );
    object
}
