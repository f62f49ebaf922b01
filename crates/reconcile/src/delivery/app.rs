//! `app.yaml`: how an image's containers behave. The lab's stand-in for source code.

use super::reader::Reader;
use crate::texts;
use crate::view::{Millis, Problem};
use ecow::{EcoString, EcoVec};
use yaml::Node;

/// How the containers of an image behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The version that the code calls itself.
    pub version: EcoString,
    /// Whether its tests pass.
    pub tests_pass: bool,
    /// Compressed size of the image, in bytes.
    pub image_size: u64,
    /// From the start of the process until it listens and its health checks answer.
    pub startup: Millis,
    /// The TCP port it listens on.
    pub port: u16,
    /// The paths that answer 200 while it is well.
    pub health: Health,
    /// Memory it needs, in bytes.
    pub memory: Memory,
    /// CPU it needs.
    pub cpu: Cpu,
    /// How long an answer takes when there is CPU enough.
    pub latency: Millis,
    /// How many requests it works on at once; others wait. 0: as many as come.
    pub concurrency: u64,
    /// What it calls before it answers, one after the other.
    pub calls: EcoVec<Call>,
    /// Answers with a 5xx status, in ten-thousandths.
    pub errors: u32,
    /// What it cannot start without.
    pub needs: Needs,
    /// What it does when it is asked to stop.
    pub on_sigterm: OnSigterm,
}

/// Paths that answer 200 while the application is well, and 404 where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// For liveness probes.
    pub liveness: EcoString,
    /// For readiness probes.
    pub readiness: EcoString,
}

/// Memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Once it has started.
    pub base: u64,
    /// More for each request in flight.
    pub per_request: u64,
    /// What each request leaves behind for good.
    pub leak: u64,
}

/// A call to another service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name as DNS knows it: `payment-service`, `payment-service.shop`…
    pub service: EcoString,
    /// Its port by name or number; its first if empty.
    pub port: EcoString,
    /// The path that is asked for.
    pub path: EcoString,
    /// Only requests for this path and those below it make the call.
    pub on: EcoString,
    /// How long an answer is waited for.
    pub timeout: Millis,
    /// How often it is tried again.
    pub retries: u64,
    /// Whether the program can answer without it.
    pub optional: bool,
}

/// CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// Without requests, in thousandths of a core.
    pub idle: u64,
    /// Time on one core for each request.
    pub per_request: Millis,
}

/// What an application cannot start without: it exits with status 1 if one is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Environment variables that must be set and not empty.
    pub env: EcoVec<EcoString>,
    /// Files that must be mounted.
    pub files: EcoVec<EcoString>,
}

/// What an application does on SIGTERM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnSigterm {
    /// Stops listening, finishes what it has begun, and exits after this time.
    Drain(Millis),
    /// Exits at once: requests in flight fail.
    Exit,
    /// Runs on until it is killed.
    Ignore,
}

/// How long an answer to a call is waited for if nothing is said: what most clients of HTTP have, where
/// they have any.
const CALL_TIMEOUT: Millis = 30_000;

const FIELDS: [&str; 14] = [
    "version",
    "tests",
    "image",
    "startup",
    "port",
    "health",
    "memory",
    "cpu",
    "latency",
    "concurrency",
    "calls",
    "errors",
    "needs",
    "onSigterm",
];

impl Default for App {
    /// What an `app.yaml` with nothing but a version means.
    fn default() -> App {
        App {
            version: EcoString::new(),
            tests_pass: true,
            image_size: 80 << 20,
            startup: 1000,
            port: 8080,
            health: Health {
                liveness: "/healthz".into(),
                readiness: "/readyz".into(),
            },
            memory: Memory {
                base: 64 << 20,
                per_request: 0,
                leak: 0,
            },
            cpu: Cpu {
                idle: 0,
                per_request: 1,
            },
            latency: 10,
            concurrency: 0,
            calls: EcoVec::new(),
            errors: 0,
            needs: Needs::default(),
            on_sigterm: OnSigterm::Exit,
        }
    }
}

impl App {
    /// Reads an `app.yaml`. `path` is its path with the repository, for problems.
    pub fn parse(path: &str, text: &str) -> Result<App, Vec<Problem>> {
        Reader::read(path, text, read)
    }
}

fn read(reader: &mut Reader<'_>, root: &Node) -> App {
    let fields = reader.fields(root, "app.yaml", &FIELDS);
    let mut app = App::default();
    if let Some(node) = reader.required(fields, "version") {
        app.version = version(reader, node);
    }
    if let Some(node) = fields.get("tests") {
        app.tests_pass = reader.one_of(node, &["pass", "fail"]) == Some("pass");
    }
    if let Some(node) = fields.get("image") {
        let image = reader.fields(node, "image", &["size"]);
        if let Some(node) = image.get("size") {
            app.image_size = reader.bytes(node);
        }
    }
    if let Some(node) = fields.get("startup") {
        app.startup = reader.duration(node);
    }
    if let Some(node) = fields.get("port") {
        app.port = reader.int(node, 1..=65535) as u16;
    }
    if let Some(node) = fields.get("health") {
        app.health = health(reader, node);
    }
    if let Some(node) = fields.get("memory") {
        let memory = reader.fields(node, "memory", &["base", "perRequest", "leakPerRequest"]);
        app.memory.base = memory
            .get("base")
            .map_or(app.memory.base, |n| reader.bytes(n));
        let mut bytes = |name| memory.get(name).map_or(0, |n| reader.bytes(n));
        app.memory.per_request = bytes("perRequest");
        app.memory.leak = bytes("leakPerRequest");
    }
    if let Some(node) = fields.get("cpu") {
        let cpu = reader.fields(node, "cpu", &["idle", "perRequest"]);
        app.cpu.idle = cpu.get("idle").map_or(0, |n| reader.cpu(n));
        app.cpu.per_request = cpu
            .get("perRequest")
            .map_or(app.cpu.per_request, |n| reader.duration(n));
    }
    if let Some(node) = fields.get("latency") {
        app.latency = reader.duration(node);
    }
    if let Some(node) = fields.get("concurrency") {
        app.concurrency = reader.int(node, 1..=1_000_000);
    }
    if let Some(node) = fields.get("calls") {
        let items = reader.items(node);
        app.calls = items.iter().map(|item| call(reader, item)).collect();
    }
    if let Some(node) = fields.get("errors") {
        app.errors = reader.share(node);
    }
    if let Some(node) = fields.get("needs") {
        let needs = reader.fields(node, "needs", &["env", "files"]);
        app.needs.env = texts(reader, needs.get("env"));
        app.needs.files = texts(reader, needs.get("files"));
    }
    if let Some(node) = fields.get("onSigterm") {
        app.on_sigterm = on_sigterm(reader, node);
    }
    app
}

const CALL: [&str; 7] = [
    "service", "port", "path", "on", "timeout", "retries", "optional",
];

/// One of `calls`.
fn call(reader: &mut Reader<'_>, node: &Node) -> Call {
    let fields = reader.fields(node, texts::files::A_CALL, &CALL);
    let service = reader.required(fields, "service");
    let service = service.map_or_else(EcoString::new, |node| reader.text(node));
    let port = fields.get("port").map(|node| reader.text(node));
    let mut path = |name: &str| {
        let node = fields.get(name);
        node.map_or_else(|| "/".into(), |node| reader.path(node))
    };
    let (path, on) = (path("path"), path("on"));
    let timeout = fields.get("timeout");
    let retries = fields.get("retries");
    let optional = fields.get("optional");
    Call {
        service,
        port: port.unwrap_or_default(),
        path,
        on,
        timeout: timeout.map_or(CALL_TIMEOUT, |node| reader.duration(node)),
        retries: retries.map_or(0, |node| reader.int(node, 0..=10)),
        optional: optional
            .is_some_and(|node| reader.one_of(node, &["true", "false"]) == Some("true")),
    }
}

/// A version becomes part of a tag, so it may hold only what tags may.
fn version(reader: &mut Reader<'_>, node: &Node) -> EcoString {
    let text = reader.text(node);
    let is_fit = (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if !is_fit && node.text().is_some() {
        let message = texts::files::no_tag(&text);
        reader.problem(node, message, texts::files::WHAT_A_TAG_IS);
    }
    text
}

fn health(reader: &mut Reader<'_>, node: &Node) -> Health {
    let fields = reader.fields(node, "health", &["liveness", "readiness"]);
    let mut path = |name: &str| {
        let node = fields.get(name);
        node.map_or_else(EcoString::new, |node| reader.path(node))
    };
    Health {
        liveness: path("liveness"),
        readiness: path("readiness"),
    }
}

fn texts(reader: &mut Reader<'_>, node: Option<&Node>) -> EcoVec<EcoString> {
    let items = node.map_or(&[][..], |node| reader.items(node));
    items.iter().map(|item| reader.text(item)).collect()
}

fn on_sigterm(reader: &mut Reader<'_>, node: &Node) -> OnSigterm {
    let text = reader.text(node);
    let drain = text
        .strip_prefix("drain ")
        .and_then(|time| super::reader::parse_duration(time.trim()));
    match (text.as_str(), drain) {
        ("exit", _) => OnSigterm::Exit,
        ("ignore", _) => OnSigterm::Ignore,
        (_, Some(time)) => OnSigterm::Drain(time),
        _ => {
            if node.text().is_some() {
                let message = texts::files::not_possible(&text);
                reader.problem(node, message, texts::files::WHAT_ON_SIGTERM_IS);
            }
            OnSigterm::Exit
        }
    }
}
