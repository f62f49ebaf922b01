//! Releases as scripts: each file in `releases/` is a chart and the steps of a story, with what Helm
//! plans, says and stores, and what the cluster has then. The cluster is an API server without
//! controllers; a script plays those.
//!
//! | step | meaning |
//! | --- | --- |
//! | `install`, `upgrade`, `rollback`, `uninstall` | a command, with `flags`, `values`, `chart` (a change of the chart's files), `revision`. It ends unless it `waits`, or `fails` with a text; `plan` are the steps it sets out to take, `info` what it tells |
//! | `goes on` | after so many seconds; then the same |
//! | `patch`, `status`, `create`, `delete` | what somebody else does to an object (`Kind/name`) |
//! | `history` | revision, status and description of each stored revision |
//! | `objects` | what objects have; null is not there |

// A test may read the files it is about.
#![allow(clippy::disallowed_methods)]

use helm::release::{self, ActionOptions, Cluster, Operation, Release, Resource};
use helm::{Chart, Error, ReleaseOptions, Values};
use kube::api::{DeleteOptions, PatchType, Request, Verb, serve};
use kube::{Key, Store, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

#[test]
fn scripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/releases");
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a file");
        let script = yaml::decode(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut story = Story::new(&script);
        for (at, step) in script.get("steps").items().iter().enumerate() {
            if let Err(why) = story.play(step) {
                wrong.push(format!("{} step {}: {why}", path.display(), at + 1));
                break;
            }
        }
        count += 1;
    }
    assert!(count > 8, "{count} scripts");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct Server {
    store: Store,
    records: BTreeMap<u32, Rc<Release>>,
}

impl Server {
    fn ask(&mut self, key: Key, verb: Verb) -> Result<(), String> {
        let answer = serve(&mut self.store, 0, Request::new("helm", key, verb));
        answer
            .map(drop)
            .map_err(|status| status.message.to_string())
    }
}

fn key_of(resource: &Resource) -> Key {
    let Resource {
        kind,
        namespace,
        name,
        ..
    } = resource;
    Key::new(kind.as_str(), namespace.as_str(), name.as_str())
}

impl Cluster for Server {
    fn is_namespaced(&self, _: &str, kind: &str) -> bool {
        kube::kind_info(kind).is_none_or(|info| info.namespaced)
    }

    fn runs(&self, kind: &str) -> bool {
        kind == "Job"
    }

    fn get(&self, resource: &Resource) -> Option<Value> {
        self.store.get(&key_of(resource)).map(|it| it.value.clone())
    }

    fn create(&mut self, resource: &Resource) -> Result<(), String> {
        self.ask(key_of(resource), Verb::Create(resource.object.clone()))
    }

    fn patch(&mut self, last: &Value, next: &Resource) -> Result<(), String> {
        let live = self.get(next).ok_or("gone")?;
        let (how, patch) =
            kube::patch::three_way(last, &next.object, &live).map_err(|fault| fault.to_string())?;
        self.ask(key_of(next), Verb::Patch(how, patch))
    }

    fn replace(&mut self, next: &Resource) -> Result<(), String> {
        self.ask(key_of(next), Verb::Update(next.object.clone()))
    }

    fn delete(&mut self, resource: &Resource) -> Result<(), String> {
        match self.get(resource) {
            None => Ok(()),
            Some(_) => self.ask(key_of(resource), Verb::Delete(DeleteOptions::default())),
        }
    }

    fn history(&self, _: &str, _: &str) -> Vec<Rc<Release>> {
        self.records.values().cloned().collect()
    }

    fn store(&mut self, release: &Release) {
        self.records
            .insert(release.revision, Rc::new(release.clone()));
    }

    fn forget(&mut self, release: &Release) {
        self.records.remove(&release.revision);
    }
}

struct Story {
    files: BTreeMap<String, String>,
    server: Server,
    operation: Option<Operation>,
    now_ms: i64,
}

fn lines(list: &Value) -> Vec<&str> {
    list.items().iter().map(Value::text).collect()
}

impl Story {
    fn new(script: &Value) -> Story {
        let mut story = Story {
            files: BTreeMap::new(),
            server: Server {
                store: Store::new(1),
                records: BTreeMap::new(),
            },
            operation: None,
            now_ms: 0,
        };
        let about = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
        story
            .files
            .insert("Chart.yaml".to_owned(), about.to_owned());
        story.change(script.get("chart"));
        story
    }

    fn change(&mut self, files: &Value) {
        for (path, text) in files.members() {
            match text.as_str() {
                Some(text) => self.files.insert(path.to_string(), text.to_owned()),
                None => self.files.remove(path.as_str()),
            };
        }
    }

    fn play(&mut self, step: &Value) -> Result<(), String> {
        self.now_ms += 1000;
        let commands = ["install", "upgrade", "rollback", "uninstall"];
        if let Some(command) = commands.into_iter().find(|name| !step.get(name).is_null()) {
            return self.run(command, step.get(command), step);
        }
        if let Some(seconds) = step.get("goes on").as_int() {
            self.now_ms += seconds * 1000;
            return self.go_on(step);
        }
        for (what, body) in ["create", "patch", "status"].map(|what| (what, step.get(what))) {
            for (name, body) in body.members() {
                self.act(what, name, body)?;
            }
        }
        for name in step.get("delete").items() {
            let verb = Verb::Delete(DeleteOptions::default());
            self.server.ask(key(name.text()), verb)?;
        }
        if !step.get("history").is_null() {
            let records = self.server.records.values();
            let have =
                records.map(|it| format!("{} {} {}", it.revision, it.status, it.description));
            let have: Vec<String> = have.collect();
            same(&have, &lines(step.get("history")))?;
        }
        for (name, want) in step.get("objects").members() {
            let live = self.server.store.get(&key(name));
            let live = live.map_or(Value::Null, |it| it.value.clone());
            includes(&live, want).map_err(|why| format!("{name}{why}"))?;
        }
        Ok(())
    }

    fn act(&mut self, what: &str, name: &str, body: &Value) -> Result<(), String> {
        if what == "create" {
            let mut object = body.clone();
            object.set("kind", key(name).kind);
            object.entry("metadata").set("name", key(name).name);
            return self.server.ask(key(name), Verb::Create(object));
        }
        let mut change = kube::map! {};
        match what {
            "status" => change.set("status", body.clone()),
            _ => change = body.clone(),
        }
        let verb = Verb::Patch(PatchType::Merge, change);
        let request = Request {
            subresource: if what == "status" { "status" } else { "" },
            ..Request::new("you", key(name), verb)
        };
        let answer = serve(&mut self.server.store, 0, request);
        answer
            .map(drop)
            .map_err(|status| status.message.to_string())
    }

    fn run(&mut self, command: &str, args: &Value, step: &Value) -> Result<(), String> {
        self.change(args.get("chart"));
        let action = flags(&lines(args.get("flags")));
        let (now, server) = (self.now_ms, &self.server);
        let options = ReleaseOptions {
            name: "web".to_owned(),
            now_ms: now,
            ..ReleaseOptions::default()
        };
        let chart = Chart::load(&self.files).map_err(|error| error.to_string())?;
        let values = Values::from(args.get("values"));
        let begun = match command {
            "install" => release::install(server, &chart, &values, &options, &action),
            "upgrade" => release::upgrade(server, &chart, &values, &options, &action),
            "rollback" => {
                let revision = args.get("revision").as_int().unwrap_or(0);
                let revision = u32::try_from(revision).unwrap_or(0);
                release::rollback(server, "default", "web", revision, &action, now)
            }
            _ => release::uninstall(server, "default", "web", &action, now),
        };
        self.check_begun(begun, step)
    }

    fn check_begun(&mut self, begun: Result<Operation, Error>, step: &Value) -> Result<(), String> {
        let operation = match begun {
            Ok(operation) => operation,
            Err(error) if error.to_string() == step.get("fails").text() => return Ok(()),
            Err(error) => return Err(format!("fails with {error:?}")),
        };
        if !step.get("plan").is_null() {
            let plan = operation.steps().map(ToString::to_string);
            let plan = plan.collect::<Vec<_>>().join("\n");
            same(&plan.lines().collect::<Vec<_>>(), &lines(step.get("plan")))?;
        }
        if operation.info.trim_end() != step.get("info").text().trim_end() {
            return Err(format!("tells {:?}", operation.info));
        }
        self.operation = Some(operation);
        self.go_on(step)
    }

    fn go_on(&mut self, step: &Value) -> Result<(), String> {
        let operation = self.operation.as_mut().ok_or("nothing is under way")?;
        let got = match operation.advance(&mut self.server, self.now_ms) {
            None => "waits".to_owned(),
            Some(Ok(())) => String::new(),
            Some(Err(error)) => error,
        };
        let want = match step.get("waits").as_bool() {
            Some(true) => "waits",
            _ => step.get("fails").text(),
        };
        match got == want.trim_end() {
            true => Ok(()),
            false => Err(format!("fails with {got:?} instead of {want:?}")),
        }
    }
}

/// `Kind/name`
fn key(name: &str) -> Key {
    let (kind, name) = name.split_once('/').unwrap_or(("", name));
    let namespaced = kube::kind_info(kind).is_none_or(|info| info.namespaced);
    Key::new(kind, if namespaced { "default" } else { "" }, name)
}

fn flags(flags: &[&str]) -> ActionOptions {
    let mut action = ActionOptions::default();
    for flag in flags {
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("install", _) => action.install = true,
            ("replace", _) => action.replace = true,
            ("create-namespace", _) => action.create_namespace = true,
            ("take-ownership", _) => action.take_ownership = true,
            ("no-hooks", _) => action.no_hooks = true,
            ("wait", _) => action.wait = true,
            ("wait-for-jobs", _) => action.wait_for_jobs = true,
            ("rollback-on-failure", _) => action.rollback_on_failure = true,
            ("cleanup-on-fail", _) => action.cleanup_on_fail = true,
            ("force-replace", _) => action.force_replace = true,
            ("reset-values", _) => action.reset_values = true,
            ("reuse-values", _) => action.reuse_values = true,
            ("reset-then-reuse-values", _) => action.reset_then_reuse_values = true,
            ("keep-history", _) => action.keep_history = true,
            ("history-max", most) => action.history_max = most.parse().expect("a number"),
            ("description", text) => action.description = text.to_owned(),
            (other, _) => panic!("no such flag: {other}"),
        }
    }
    action
}

fn same<A: AsRef<str>, B: AsRef<str>>(have: &[A], want: &[B]) -> Result<(), String> {
    let equal = have
        .iter()
        .map(AsRef::as_ref)
        .eq(want.iter().map(AsRef::as_ref));
    let have: Vec<&str> = have.iter().map(AsRef::as_ref).collect();
    match equal {
        true => Ok(()),
        false => Err(format!("is\n- {}", have.join("\n- "))),
    }
}

/// Whether a value has all that another says; a null there is not here.
fn includes(have: &Value, want: &Value) -> Result<(), String> {
    match (have, want) {
        (Value::Map(_), Value::Map(members)) => members.iter().try_for_each(|(name, want)| {
            includes(have.get(name), want).map_err(|why| format!(".{name}{why}"))
        }),
        _ if have == want => Ok(()),
        _ => Err(format!(" is {have:?}")),
    }
}

/// What a Secret of a release holds, read back: Base64 twice, and a gzip of stored blocks.
#[test]
fn a_revision_is_kept_as_a_secret() {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |path: &str, text: &str| files.insert(path.to_owned(), text.to_owned());
    add(
        "Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: '7'\n",
    );
    add("values.yaml", "a: 1\n");
    add("templates/NOTES.txt", "hello");
    add(
        "templates/c.yaml",
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: c, annotations: {n: 'Ünïcode <&>'}}\n",
    );
    add(
        "templates/h.yaml",
        "kind: Job\napiVersion: batch/v1\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n",
    );
    let chart = Chart::load(&files).expect("a chart");
    let mut server = Server {
        store: Store::new(1),
        records: BTreeMap::new(),
    };
    let options = ReleaseOptions {
        name: "web".to_owned(),
        now_ms: 1_760_000_000_123,
        ..ReleaseOptions::default()
    };
    let values = Values::parse("b: {c: 2}").expect("values");
    let action = ActionOptions {
        no_hooks: true,
        ..ActionOptions::default()
    };
    let mut operation =
        release::install(&server, &chart, &values, &options, &action).expect("it installs");
    assert_eq!(operation.advance(&mut server, 0), Some(Ok(())));
    let secret = operation.release.to_secret(true, 1_760_000_000_123);
    assert_eq!(
        secret.at(&["metadata", "labels"]),
        &kube::map! {
            "createdAt" => "1760000000", "name" => "web", "owner" => "helm",
            "status" => "deployed", "version" => "1",
        }
    );
    assert_eq!(
        secret.at(&["metadata", "name"]).text(),
        "sh.helm.release.v1.web.v1"
    );
    assert_eq!(secret.get("type").text(), "helm.sh/release.v1");
    let data = secret.at(&["data", "release"]).text();
    let packed = base64(&base64(data.as_bytes()));
    let (header, rest) = packed.split_at(10);
    assert_eq!(&header[..3], &[0x1f, 0x8b, 8]);
    let length = usize::from(u16::from_le_bytes([rest[1], rest[2]]));
    let record: Value = serde_json::from_slice(&rest[5..5 + length]).expect("JSON");
    let expected = kube::map! {
        "name" => "web",
        "namespace" => "default",
        "version" => 1,
        "apply_method" => "csa",
        "config" => kube::map! { "b" => kube::map! { "c" => 2 } },
        "info" => kube::map! {
            "first_deployed" => "2025-10-09T08:53:20.123Z",
            "last_deployed" => "2025-10-09T08:53:20.123Z",
            "description" => "Install complete",
            "status" => "deployed",
            "notes" => "hello",
        },
    };
    assert_eq!(includes(&record, &expected), Ok(()));
    assert_eq!(record.get("manifest").text(), operation.release.manifest);
}

fn base64(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::new();
    for group in text.chunks(4) {
        let letters = group.iter().filter(|byte| **byte != b'=').count();
        let bits = group.iter().fold(0, |bits, byte| {
            bits << 6 | if *byte == b'=' { 0 } else { digit(*byte) }
        });
        out.extend(&bits.to_be_bytes()[1..letters]);
    }
    out
}
