//! The family `kubectl`: a command against objects that are there, and what it prints. What the
//! objects are after it is not compared, since the controllers acted on them as well.

use crate::server::Server;
use kube::api::{Request, Response, Verb, serve};
use kube::rbac::bootstrap;
use kube::{Key, Value, time};
use std::collections::BTreeMap;

/// Stores the objects, runs the command and compares what it prints. The moment is that at which the
/// command was begun: a second may be over before it is answered.
pub fn run(file: &Value, case: &Value) -> Result<(), String> {
    run_at(file, case, 0).or_else(|difference| run_at(file, case, 1_000).map_err(|_| difference))
}

fn run_at(file: &Value, case: &Value, late: kube::Millis) -> Result<(), String> {
    let namespace = case.get("namespace").text();
    let mut server = match namespace {
        "" => Server::default(),
        name => Server::with_namespace(name),
    };
    bootstrap(&mut server.store);
    let objects = match case.get("world").text() {
        "" => case.get("objects").items(),
        world => file.get("worlds").get(world).items(),
    };
    store(&mut server, objects);
    server.now = time::parse_rfc3339(case.get("now").text()).unwrap_or(0) + late;
    let mut args: Vec<&str> = Vec::new();
    if !namespace.is_empty() {
        args.extend(["-n", namespace]);
    }
    args.extend(case.get("args").items().iter().map(Value::text));
    let output = shell::kubectl(&mut server, "you", &args, case.get("stdin").text());
    let said = [output.stdout.as_str(), output.stderr.as_str()].map(masked);
    let wanted = [case.get("stdout").text(), case.get("stderr").text()].map(masked);
    match said == wanted && i64::from(output.exit) == case.get("exit").as_int().unwrap_or(0) {
        true => Ok(()),
        false => Err(format!("{output:?} instead of {wanted:?}")),
    }
}

/// A text without what no two servers give alike: versions, and where and when files were written.
fn masked(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        if ["diff -u ", "--- ", "+++ "]
            .iter()
            .any(|it| line.starts_with(it))
        {
            let (names, _) = line.split_once('\t').unwrap_or((line.trim_end(), ""));
            return format!("{}\n", names.replace("{tmp}/", "/tmp/"));
        }
        let rest = line.trim_start().trim_start_matches("- ");
        let name = ["resourceVersion: ", "uid: "]
            .into_iter()
            .find(|it| rest.starts_with(it));
        match name {
            Some(name) => format!("{}{name}…\n", &line[..line.len() - rest.len()]),
            None => line.to_owned(),
        }
    });
    lines.collect()
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
    // What the server counts and who is told of comes after what that is.
    let rank = |object: &Value| match object.get("kind").text() {
        "Pod" => 1,
        "Event" | "ResourceQuota" => 2,
        _ => 0,
    };
    objects.sort_by_key(|object| (rank(object) > 1, owners(object), rank(object)));
    for object in objects {
        let made_at = object.at(&["metadata", "creationTimestamp"]).text();
        let made_at = time::parse_rfc3339(made_at).unwrap_or(0);
        let mut next = object.clone();
        next.entry("metadata").set("resourceVersion", Value::Null);
        let about = next.at(&["involvedObject", "uid"]).to_text();
        if let Some(uid) = uids.get(about.as_str()) {
            next.entry("involvedObject").set("uid", uid.as_str());
        }
        if owners(object) > 0 {
            let all = next.entry_at(&["metadata", "ownerReferences"]);
            for owner in all.items_mut().make_mut() {
                if let Some(uid) = uids.get(owner.get("uid").text()) {
                    owner.set("uid", uid.as_str());
                }
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
