//! The family `validation`: what the server and kubectl say of an object, and of a change to one.

use crate::compare;
use crate::server::Server;
use kube::api::{PatchType, Request, Response, Verb, serve};
use kube::fields::Table;
use kube::{Key, Status, Store, Value, kind_info, kubectl, map};

/// The namespace that the recorder sent its requests to.
const NAMESPACE: &str = "validation";

/// What kubectl calls what it reads.
const SOURCE: &str = "STDIN";

/// Compares every answer of a case.
pub fn run(case: &Value) -> Result<(), String> {
    if let Some(text) = case.get("yaml").as_str() {
        for command in ["kubectlCreate", "kubectlApply"] {
            let said = match yaml::decode(text) {
                Ok(manifest) => create(&manifest),
                Err(error) => failure(format!(
                    "error: error parsing {SOURCE}: error converting YAML to JSON: {error}\n"
                )),
            };
            compare::same(&said, case.get(command)).map_err(|why| format!("{command}{why}"))?;
        }
        return Ok(());
    }
    if !case.get("before").is_null() {
        return update(case);
    }
    let object = case.get("object");
    if !case.get("api").is_null() {
        let answer = ask(
            &mut Server::with_namespace(NAMESPACE).store,
            object,
            Verb::Create(object.clone()),
            true,
        );
        let mut want = case.get("api").clone();
        if case.get("apiWithoutDryRun").as_bool() == Some(true) {
            let mut object = object.clone();
            object
                .entry("metadata")
                .set("name", name_in(want.get("message").text()));
            let answer = ask(
                &mut Server::with_namespace(NAMESPACE).store,
                &object,
                Verb::Create(object.clone()),
                false,
            );
            same_answer(answer, &want).map_err(|why| format!("api {why}"))?;
        } else {
            if want.get("code").as_int() == Some(200) {
                want.set("code", 201);
            }
            same_answer(answer, &want).map_err(|why| format!("api {why}"))?;
        }
    }
    if case.get("kubectlCreate").is_null() {
        // Only the server was asked.
        return Ok(());
    }
    let mut want = case.get("kubectlCreate").clone();
    // What is said on standard error of an object that is taken is a warning.
    if want.get("exit").as_int() == Some(0) {
        want.set("stderr", "");
    }
    let mut have = create(object);
    if object.at(&["metadata", "name"]).is_null() && want.get("exit").as_int() == Some(0) {
        have.set("stdout", "");
        want.set("stdout", "");
    }
    compare::same(&have, &want).map_err(|why| format!("kubectl create{why}"))
}

/// The name that a refusal quotes: the recorder sent some objects under names of its own.
fn name_in(message: &str) -> &str {
    message.split('"').nth(1).unwrap_or_default()
}

fn key_of(object: &Value) -> Key {
    let mut key = Key::of(object);
    if kind_info(&key.kind).is_none_or(|info| info.namespaced) {
        key.namespace = NAMESPACE.into();
    }
    key
}

fn ask(store: &mut Store, object: &Value, verb: Verb, dry_run: bool) -> Response {
    let request = Request {
        dry_run,
        fields: Some(Table::embedded()),
        ..Request::new("you", key_of(object), verb)
    };
    serve(store, 0, request)
}

/// `kubectl create --validate=strict --dry-run=server -f -`
fn create(manifest: &Value) -> Value {
    let table = Table::embedded();
    if let Err(why) = kubectl::check(table, manifest, NAMESPACE, SOURCE) {
        return failure(format!("error: {why}\n"));
    }
    let version = manifest.get("apiVersion").text();
    match ask(
        &mut Server::with_namespace(NAMESPACE).store,
        manifest,
        Verb::Create(manifest.clone()),
        true,
    ) {
        Ok(answer) => {
            let key = answer
                .object()
                .map(|object| object.key.clone())
                .unwrap_or_default();
            let name = kubectl::shown_name(table, version, &key);
            success(format!("{name} created (server dry run)\n"))
        }
        Err(status) => failure(refusal(&status, "creating", manifest)),
    }
}

fn refusal(status: &Status, doing: &str, manifest: &Value) -> String {
    let key = Key::of(manifest);
    kubectl::refusal(status, doing, SOURCE, &key.kind, &key.name).to_string()
}

fn success(stdout: String) -> Value {
    map! { "exit" => 0, "stdout" => stdout, "stderr" => "" }
}

fn failure(stderr: String) -> Value {
    map! { "exit" => 1, "stdout" => "", "stderr" => stderr }
}

fn same_answer(answer: Response, want: &Value) -> Result<(), String> {
    let have = match answer {
        Ok(_) => map! { "code" => if want.get("code").as_int() == Some(200) { 200 } else { 201 } },
        Err(status) => {
            let causes: Value = status
                .causes
                .iter()
                .map(|cause| -> Value {
                    let texts: [Value; 3] = [
                        cause.reason.into(),
                        (&cause.field).into(),
                        in_order(&cause.message).into(),
                    ];
                    texts.into_iter().collect()
                })
                .collect();
            let mut have = map! {
                "code" => i64::from(status.code),
                "reason" => status.reason,
                "message" => in_order(&status.message),
            };
            if !causes.items().is_empty() {
                have.set("causes", causes);
            }
            have
        }
    };
    let mut want = want.clone();
    if let Some(message) = want.get("message").as_str() {
        let message = in_order(message);
        want.set("message", message);
    }
    let causes = want.get("causes").items().iter().map(|cause| {
        let mut texts = cause.clone();
        let message = in_order(cause.items().last().map_or("", Value::text));
        if let Some(last) = texts.items_mut().make_mut().last_mut() {
            *last = message.into();
        }
        texts
    });
    let causes: Value = causes.collect();
    if !causes.items().is_empty() {
        want.set("causes", causes);
    }
    compare::same(&have, &want)
}

/// A message without what the recordings do not promise.
///
/// Unknown fields come in the order of the request's text, which an object here no longer has. And the
/// recorded build gave each pod a volume source that Kubernetes does not (the corpus took it out
/// elsewhere), so that what its messages quote of a pod begins some lines later.
fn in_order(message: &str) -> String {
    if message.contains("\n@@ -") {
        let lines = message.lines().map(|line| {
            let hunk = line.strip_prefix("@@ -");
            let volume = line.find("kube-api-access-").map(|at| &line[..at]);
            match (hunk, volume) {
                (Some(hunk), _) => {
                    let counts = hunk.split([' ', ',']).skip(1).step_by(2);
                    counts.collect::<Vec<_>>().join(" ")
                }
                (_, volume) => volume.unwrap_or(line).to_owned(),
            }
        });
        return lines.collect::<Vec<_>>().join("\n");
    }
    let Some((start, list)) = message.split_once("strict decoding error: ") else {
        return message.into();
    };
    let mut faults: Vec<&str> = list.split(", ").collect();
    faults.sort_unstable();
    format!("{start}strict decoding error: {}", faults.join(", "))
}

/// A change: by `kubectl apply`, and then as a merge patch, as the recorder sent them.
fn update(case: &Value) -> Result<(), String> {
    let (mut before, mut after) = (case.get("before").clone(), case.get("after").clone());
    let message = case.at(&["mergePatch", "message"]).text();
    if Key::of(&before).namespace.is_empty() && !message.is_empty() {
        // Objects of the cluster got names of their own.
        for object in [&mut before, &mut after] {
            object.entry("metadata").set("name", name_in(message));
        }
    }
    let mut server = Server::with_namespace(NAMESPACE);
    let made = server.apply(&before, NAMESPACE);
    if made.exit != 0 {
        return Err(format!("before: {}", made.stderr));
    }
    // The patch came after kubectl had applied the same.
    let said = server.apply(&after, NAMESPACE);
    let patch = Verb::Patch(PatchType::Merge, after.clone());
    let answer = ask(&mut server.store, &after, patch, true);
    same_answer(answer, case.get("mergePatch")).map_err(|why| format!("merge patch {why}"))?;

    let want = case.get("kubectlApply");
    let trimmed = |text: &str| in_order(text.trim_end()).replace(" (server dry run)", "");
    let have = map! { "stdout" => trimmed(&said.stdout), "stderr" => trimmed(&said.stderr) };
    let want = map! {
        "stdout" => trimmed(want.get("stdout").text()),
        "stderr" => trimmed(want.get("stderr").text()),
    };
    compare::same(&have, &want).map_err(|why| format!("kubectl apply{why}"))
}
