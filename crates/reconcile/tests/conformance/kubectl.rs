//! The family `kubectl`: a command against objects that are there, and what it prints. What the
//! objects are after it is not compared, since the controllers acted on them as well.

use crate::server::Server;
use kube::api::{Request, Response, Verb, serve};
use kube::{Key, Value, time};
use std::collections::BTreeMap;

/// Stores the objects, runs the command and compares what it prints.
pub fn run(file: &Value, case: &Value) -> Result<(), String> {
    let namespace = case.get("namespace").text();
    let mut server = match namespace {
        "" => Server::default(),
        name => Server::with_namespace(name),
    };
    let objects = match case.get("world").text() {
        "" => case.get("objects").items(),
        world => file.get("worlds").get(world).items(),
    };
    store(&mut server, objects);
    server.now = time::parse_rfc3339(case.get("now").text()).unwrap_or(0);
    let mut args: Vec<&str> = Vec::new();
    args.extend(case.get("args").items().iter().map(Value::text));
    let at = args
        .iter()
        .position(|arg| *arg == "--")
        .unwrap_or(args.len());
    if !namespace.is_empty() {
        args.splice(at..at, ["-n", namespace]);
    }
    let output = shell::kubectl(&mut server, "you", &args, case.get("stdin").text());
    let said = [output.stdout.as_str(), output.stderr.as_str()];
    let wanted = [case.get("stdout").text(), case.get("stderr").text()];
    match said == wanted && i64::from(output.exit) == case.get("exit").as_int().unwrap_or(0) {
        true => Ok(()),
        false => Err(format!("{output:?} instead of {wanted:?}")),
    }
}

/// Makes the objects, with what they own after them, as they were.
fn store(server: &mut Server, objects: &[Value]) {
    let mut uids: BTreeMap<String, String> = BTreeMap::new();
    let namespaces = objects.iter().map(|object| Key::of(object).namespace);
    for name in namespaces.filter(|name| !name.is_empty()) {
        let object = crate::object("v1", "Namespace", &name);
        // There already, but for the first time.
        let _ = ask(server, 0, &object, "", Verb::Create(object.clone()));
    }
    let owners = |object: &Value| object.at(&["metadata", "ownerReferences"]).items().len();
    let mut objects: Vec<&Value> = objects.iter().collect();
    objects.sort_by_key(|object| (owners(object), object.get("kind").text() == "Pod"));
    for object in objects {
        let made_at = object.at(&["metadata", "creationTimestamp"]).text();
        let made_at = time::parse_rfc3339(made_at).unwrap_or(0);
        let mut next = object.clone();
        next.entry("metadata").set("resourceVersion", Value::Null);
        for owner in next
            .entry_at(&["metadata", "ownerReferences"])
            .items_mut()
            .make_mut()
        {
            if let Some(uid) = uids.get(owner.get("uid").text()) {
                owner.set("uid", uid.as_str());
            }
        }
        // What the server does not take is not there; the case then says so.
        let Ok(answer) = ask(server, made_at, object, "", Verb::Create(next.clone())) else {
            continue;
        };
        if let Some(made) = answer.object() {
            let old = object.at(&["metadata", "uid"]).text().to_owned();
            uids.insert(old, made.meta.uid.to_string());
        }
        if !object.get("status").is_null() {
            next.entry("metadata").set("uid", Value::Null);
            let _ = ask(server, made_at, object, "status", Verb::Update(next));
        }
    }
}

fn ask(
    server: &mut Server,
    now: kube::Millis,
    object: &Value,
    part: &'static str,
    verb: Verb,
) -> Response {
    let request = Request {
        subresource: part,
        ..Request::new("you", Key::of(object), verb)
    };
    serve(&mut server.store, now, request)
}
