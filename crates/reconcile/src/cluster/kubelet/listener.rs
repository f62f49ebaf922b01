//! What a client finds on a port of a pod.

use super::files::Disk;
use super::{Container, PodEvent, Pods, State, config, container_spec};
use crate::delivery::app::App;
use crate::engine::{Event, World};
use ecow::{EcoString, eco_format};
use kube::{Key, Millis, Store, Value};
use std::rc::Rc;

/// What a shell takes that does nothing, in bytes.
const SHELL_MEMORY: u64 = 1 << 20;

/// What a client finds on a port of a pod.
pub(in crate::cluster) enum Listener<'p> {
    /// Nobody has the pod's address.
    Gone,
    /// Nothing listens on the port.
    Closed,
    /// It takes the connection and says nothing.
    Silent,
    /// A server of files, and whether it has the one that is asked for.
    File(Option<usize>, bool),
    App(Served<'p>),
}

/// A container that answers as its `app.yaml` says.
pub(in crate::cluster) struct Served<'p> {
    pub key: &'p Key,
    pub node: &'p EcoString,
    /// The colour of the commit that it runs.
    pub colour: Option<usize>,
    /// The container's place.
    pub at: usize,
    /// When its process was started.
    pub started: Millis,
    pub app: Rc<App>,
}

impl Pods {
    /// What is found at a port of a pod by who asks for a path.
    pub(in crate::cluster) fn listener(
        &self,
        store: &Store,
        uid: &EcoString,
        port: i64,
        path: &str,
    ) -> Listener<'_> {
        let Some(run) = self.runs.get(uid).filter(|run| run.sandbox) else {
            return Listener::Gone;
        };
        for (at, container) in run.containers.iter().enumerate() {
            let State::Running { since } = container.state else {
                continue;
            };
            let app = container.app.as_ref().filter(|_| container.listens);
            if let Some(app) = app.filter(|app| i64::from(app.port) == port) {
                return Listener::App(Served {
                    key: &run.key,
                    node: &run.node,
                    colour: run.colour,
                    at,
                    started: since,
                    app: app.clone(),
                });
            }
            let servers = container.shell.as_ref().map(|shell| &shell.servers);
            let server = servers.into_iter().flatten().find(|it| it.port == port);
            let Some(server) = server else { continue };
            let Some(root) = &server.root else {
                return Listener::Silent;
            };
            let spec = store
                .get(&run.key)
                .map_or(&Value::Null, |pod| container_spec(pod, at));
            let disk = Disk {
                files: &mut run.files.clone(),
                container: &container.name,
                mounts: &config::mounts(spec),
            };
            return Listener::File(run.colour, disk.page(root, path).is_some());
        }
        Listener::Closed
    }
}

impl Pods {
    /// The uids of the pods that kubelets know.
    pub(in crate::cluster) fn uids(&self) -> impl Iterator<Item = &EcoString> {
        self.runs.keys()
    }

    /// For each container of a pod that runs: its place, its name, and what it uses without requests,
    /// CPU in thousandths of a core and memory in bytes.
    pub(in crate::cluster) fn resting(
        &self,
        uid: &EcoString,
    ) -> Vec<(usize, EcoString, (u64, u64))> {
        let containers = self.runs.get(uid).map(|run| run.containers.iter());
        let all = containers.into_iter().flatten().enumerate();
        let running = all.filter(|(_, container)| container.is_running());
        let of = |(at, container): (usize, &Container)| {
            (at, container.name.clone(), container.resting())
        };
        running.map(of).collect()
    }
}

impl Container {
    /// What it uses without requests: CPU in thousandths of a core and memory in bytes.
    pub(super) fn resting(&self) -> (u64, u64) {
        match (&self.app, &self.shell) {
            _ if !self.is_running() => (0, 0),
            (_, Some(shell)) => (0, shell.memory.max(SHELL_MEMORY)),
            (Some(app), None) => (app.cpu.idle, app.memory.base),
            (None, None) => (0, 0),
        }
    }
}

/// The kernel kills a container's process for its memory, after this long if it lives then.
pub(in crate::cluster) fn out_of_memory(
    world: &mut World,
    uid: &EcoString,
    at: usize,
    delay: Millis,
) {
    let Some(run) = world.pods.runs.get(uid) else {
        return;
    };
    let exit = PodEvent::Exit(at, run.containers[at].life, 137, "OOMKilled");
    world.after(delay, Event::Pod(uid.clone(), exit));
}

/// A container's answers to probes may be others from here on.
pub(in crate::cluster) fn ask_anew(world: &mut World, uid: &EcoString, at: usize) {
    if let Some(run) = world.pods.runs.get(uid) {
        let event = PodEvent::Strain(at, run.containers[at].life);
        world.after(0, Event::Pod(uid.clone(), event));
    }
}

impl Disk<'_> {
    /// The file that a server of a folder has for a path.
    pub(super) fn page(&self, root: &str, path: &str) -> Option<EcoString> {
        let path = path.split('?').next().unwrap_or_default();
        let index = if path.ends_with('/') {
            "index.html"
        } else {
            ""
        };
        self.read(&eco_format!("{root}{path}{index}"))
    }
}
