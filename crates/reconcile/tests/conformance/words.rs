//! What `kubectl` prints, as recorded from the real one: `recorded/kubectl.txt` is a session in the
//! namespace `shop`, where `recorded/kubectl.yaml` was made before. A line of standard error begins
//! with `! `.

use crate::server::Server;
use kube::api::{Request, Verb, serve};
use kube::{Key, Value};

const SESSION: &str = include_str!("recorded/kubectl.txt");
const OBJECTS: &str = include_str!("recorded/kubectl.yaml");
const NAMESPACE: &str = "shop";

#[test]
fn kubectl_says_what_the_real_one_says() {
    let mut server = Server::with_namespace(NAMESPACE);
    let mut objects = OBJECTS.to_owned();
    while let Some((text, rest)) = objects.split_once("\n---\n") {
        let made = create(&mut server, yaml::decode(text).expect("it is YAML"));
        let [name, uid] = ["name", "uid"].map(|field| made.at(&["metadata", field]).text());
        objects = rest.replace(&format!("{{uid of {name}}}"), uid);
    }
    create(&mut server, yaml::decode(&objects).expect("it is YAML"));
    let mut missed = Vec::new();
    let mut count = 0;
    for part in SESSION.split_terminator("\n$ ") {
        let part = part.strip_prefix("$ ").unwrap_or(part);
        let (line, expected) = part.split_once('\n').unwrap_or((part, ""));
        let words = format!("{line} -n {NAMESPACE}");
        let said = said(&mut server, &words);
        count += 1;
        if said.trim_end() != expected.trim_end() {
            missed.push(format!("$ {line}\n{said}instead of\n{expected}\n"));
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {count} lines:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

fn create(server: &mut Server, object: Value) -> Value {
    let mut key = Key::of(&object);
    key.namespace = NAMESPACE.into();
    let request = Request::new("you", key, Verb::Create(object));
    let made = serve(&mut server.store, 0, request).expect("it is accepted");
    made.object().expect("it is an object").value.clone()
}

/// Runs a line; what it prints, in the form of the session.
fn said(server: &mut Server, line: &str) -> String {
    let output = shell::run(server, "you", line);
    let mut said = output.stdout;
    for line in output.stderr.lines() {
        said.push_str("! ");
        said.push_str(line);
        said.push('\n');
    }
    if output.exit != 0 {
        said.push_str(&format!("(exit {})\n", output.exit));
    }
    said
}
