//! The family `patches`: what an object is after a patch, and after `kubectl apply`.

use crate::compare;
use crate::server::Server;
use kube::api::{PatchType, Request, Response, Verb};
use kube::{Key, Map, Value, map};
use shell::Cluster;

/// Where `kubectl apply` keeps the last manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Makes the object, patches it, and compares what is stored then.
pub fn run(case: &Value) -> Result<(), String> {
    let mut server = Server::default();
    let before = case.get("before");
    match case.get("type").text() {
        "server-side-apply" => Err("server-side apply is not there yet".to_owned()),
        "client-side-apply" => {
            let made = server.apply(before, "default");
            if made.exit != 0 {
                return Err(made.stderr);
            }
            if !case.get("live").is_null() {
                let live = case.get("live").clone();
                let patch = Verb::Patch(PatchType::Strategic, live);
                ask(&mut server, before, patch).map_err(|e| e.message.to_string())?;
            }
            let said = server.apply(case.get("after"), "default");
            let stdout = case.at(&["kubectl", "stdout"]).text();
            if said.stdout.trim_end() != stdout.trim_end() {
                return Err(format!("kubectl says {said:?} instead of {stdout}"));
            }
            let answer = match server.refused.take() {
                Some(status) => Err(status),
                None => ask(&mut server, before, Verb::Get),
            };
            compare(answer, case)
        }
        how => {
            let how = match how {
                "json" => PatchType::Json,
                "merge" => PatchType::Merge,
                _ => PatchType::Strategic,
            };
            let created = ask(&mut server, before, Verb::Create(before.clone()));
            created.map_err(|status| status.message.to_string())?;
            let patch = case.get("patch").clone();
            compare(ask(&mut server, before, Verb::Patch(how, patch)), case)
        }
    }
}

/// Asks for something to be done to an object.
fn ask(server: &mut Server, object: &Value, verb: Verb) -> Response {
    server.ask(Request::new("you", Key::of(object), verb))
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
