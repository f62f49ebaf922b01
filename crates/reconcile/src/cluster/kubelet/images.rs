//! Images on nodes: pulled once, kept by digest, found by the name they were pulled under.
//!
//! A node that has a tag does not ask the registry again unless the policy is Always. So two nodes
//! may run two images under one mutable tag.

use super::Work;
use super::sync::Doing;
use crate::delivery::app::{App, Health, Memory, OnSigterm};
use crate::delivery::registry::Reference;
use crate::pipeline::tints;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, EcoVec, eco_format};
use kube::Millis;
use lean::SharedMap;
use std::rc::Rc;

/// What the nodes have.
#[derive(Clone, Debug, Default)]
pub(super) struct Images {
    /// By node and reference: the digest that it meant when it was pulled.
    have: SharedMap<(EcoString, EcoString), EcoString>,
    /// By node: when its pulls are done. A kubelet pulls one image at a time
    /// (`serializeImagePulls`).
    busy_until: SharedMap<EcoString, Millis>,
}

/// An image that every node has from the start.
#[derive(Clone, Debug)]
pub struct NodeImage {
    /// The reference that it was pulled under, as pods write it.
    pub reference: EcoString,
    /// The files in it that matter, by path; they are empty.
    pub files: EcoVec<EcoString>,
}

/// What a registry gives for a reference.
struct Found {
    digest: EcoString,
    size: u64,
    /// How it behaves; none if it has nothing but a shell and its programs.
    app: Option<Rc<App>>,
}

/// How long it takes to learn that a name cannot be looked up: two tries of 5 s (`man resolv.conf`).
const LOOKUP: Millis = 10_000;
/// Public images that have nothing but a shell and its programs.
const SHELLS: [&str; 4] = ["alpine", "busybox", "debian", "ubuntu"];
/// Public images with a server: the port, the path that it answers, what it takes at rest in MiB and
/// until it listens in milliseconds, and the image's size in MiB: about what the official images of 2026
/// show with `docker stats` and `docker images`.
const SERVERS: [(&str, u16, &str, u64, Millis, u64); 9] = [
    ("httpd", 80, "/", 10, 200, 56),
    ("mariadb", 3306, "", 100, 5_000, 110),
    ("memcached", 11211, "", 4, 50, 30),
    ("mongo", 27017, "", 170, 2_000, 290),
    ("mysql", 3306, "", 380, 8_000, 230),
    ("nginx", 80, "/", 8, 100, 60),
    ("postgres", 5432, "", 40, 2_000, 150),
    ("rabbitmq", 5672, "", 130, 8_000, 110),
    ("redis", 6379, "", 8, 50, 45),
];
/// About what the others weigh, compressed, in MiB.
const SHELL_SIZE: u64 = 4;

/// How a well-known public image behaves.
fn public(reference: &Reference) -> Option<Found> {
    let name = reference.name.strip_prefix("docker.io/library/")?;
    let server = SERVERS.iter().find(|(server, ..)| *server == name);
    if server.is_none() && !SHELLS.contains(&name) {
        return None;
    }
    let app = server.map(|(_, port, path, memory, startup, size)| App {
        port: *port,
        image_size: size << 20,
        startup: *startup,
        latency: 1,
        memory: Memory {
            base: memory << 20,
            ..Memory::default()
        },
        health: Health {
            liveness: (*path).into(),
            readiness: (*path).into(),
        },
        on_sigterm: OnSigterm::Drain(0),
        ..App::default()
    });
    Some(Found {
        digest: eco_format!("public:{}", reference.tagged()),
        size: app.as_ref().map_or(SHELL_SIZE << 20, |app| app.image_size),
        app: app.map(Rc::new),
    })
}

impl Work<'_> {
    /// A container's image is needed: it is there, or must be pulled
    /// (`pkg/kubelet/images/image_manager.go`).
    pub(super) fn need_image(&mut self, at: usize) {
        let image = self.spec(at).get("image").to_text();
        self.container(at).image = image.clone();
        if let Err(why) = Reference::check(&image) {
            self.invalid_name(at, &image, &why);
            return;
        }
        let have = self.has_image(&image);
        match self.spec(at).get("imagePullPolicy").text() {
            "Always" => {}
            "Never" if !have => {
                let message = eco_format!(
                    "Container image {image:?} is not present with pull policy of Never"
                );
                self.event_of(
                    at,
                    Note::warning("event", "ErrImageNeverPull", message.clone()),
                );
                self.event_of(
                    at,
                    Note::warning("event", "Failed", "Error: ErrImageNeverPull"),
                );
                self.not_started(at, "ErrImageNeverPull", message);
                return;
            }
            _ if have => {
                let message = eco_format!(
                    "Container image {image:?} already present on machine and can be accessed by the pod"
                );
                self.event_of(at, Note::detail("event", "Pulled", message));
                self.use_image(at);
                return;
            }
            _ => {}
        }
        self.pull(at, &image);
    }

    fn has_image(&self, image: &EcoString) -> bool {
        let slot = (self.run.node.clone(), image.clone());
        let preloaded = &self.world.settings.node_images;
        self.world.pods.images.have.contains_key(&slot)
            || preloaded.iter().any(|have| have.reference == *image)
    }

    fn pull(&mut self, at: usize, image: &EcoString) {
        let now = self.world.now;
        let timings = self.world.settings.timings.clone();
        if self.run.containers[at]
            .pull_back_off
            .holds_since_update(now, timings.back_off_max)
        {
            self.wait_to_pull(at, image);
            return;
        }
        let size = self.size_to_pull(image);
        let begin = self
            .world
            .pods
            .images
            .busy_until
            .get(&self.run.node)
            .copied()
            .unwrap_or(0)
            .max(now);
        let takes = match self.ask_for(image) {
            None if self.is_out_of_reach(image) => LOOKUP,
            _ => timings.pull_round_trip + size * 1000 / timings.pull_bytes_per_second.max(1),
        };
        self.world
            .pods
            .images
            .busy_until
            .insert(self.run.node.clone(), begin + takes);
        self.event_of(
            at,
            Note::detail("event", "Pulling", eco_format!("Pulling image {image:?}")),
        );
        if size > 0 {
            let whole = self.ask_for(image).map_or(size, |found| found.size);
            let why = texts::nodes::pulls(&self.run.node, image, size >> 20, whole >> 20);
            let key = Some(self.run.key.clone());
            self.world
                .note(&self.actor(), key, Note::story("pull", "Pulling", why));
        }
        self.wait_for(Doing::Pulling(at), begin + takes - now);
    }

    /// How many bytes a pull has to fetch: none if the node has the image under another name, and no
    /// layer that it has of another image (containerd keeps them by digest).
    fn size_to_pull(&self, image: &str) -> u64 {
        let Some(found) = self.ask_for(image) else {
            return 0;
        };
        let first = (self.run.node.clone(), EcoString::new());
        let on_node = self.world.pods.images.have.from(&first);
        let mut have: Vec<&EcoString> = on_node
            .take_while(|((node, _), _)| *node == self.run.node)
            .map(|(_, digest)| digest)
            .collect();
        lean::sort(&mut have);
        have.dedup();
        if have.contains(&&found.digest) {
            return 0;
        }
        let registry = &self.world.delivery.registry;
        let layers = |digest: &EcoString| registry.image(digest).map(|it| &it.layers);
        let known: Vec<&EcoString> = have
            .into_iter()
            .filter_map(layers)
            .flatten()
            .map(|layer| &layer.digest)
            .collect();
        let own = layers(&found.digest).into_iter().flatten();
        let shared = own.filter(|layer| known.contains(&&layer.digest));
        let shared: u64 = shared.map(|layer| layer.size).sum();
        found.size.saturating_sub(shared)
    }

    /// What the registry gives, if it can be reached.
    fn ask_for(&self, image: &str) -> Option<Found> {
        match self.world.faults.is_registry_cut {
            true => None,
            false => self.find(image),
        }
    }

    fn find(&self, image: &str) -> Option<Found> {
        let reference = Reference::parse(image)?;
        if let Some(image) = self.world.delivery.registry.resolve(&reference) {
            return Some(Found {
                digest: image.digest.clone(),
                size: image.app.image_size,
                app: Some(Rc::new(image.app.clone())),
            });
        }
        if let Some(found) = public(&reference) {
            return Some(found);
        }
        let app = self.world.settings.any_image.clone()?;
        Some(Found {
            digest: eco_format!("any:{image}"),
            size: app.image_size,
            app: Some(app),
        })
    }

    /// Whether an image's registry is none that the lab has: its nodes cannot reach any other.
    fn is_out_of_reach(&self, image: &str) -> bool {
        let host = image.split('/').next().unwrap_or_default();
        let tags = self.world.delivery.registry.tags();
        self.world.faults.is_registry_cut
            || !tags
                .iter()
                .any(|tag| tag.reference.split('/').next() == Some(host))
    }

    pub(super) fn pulled(&mut self, at: usize) {
        let image = self.run.containers[at].image.clone();
        let Some(found) = self.ask_for(&image) else {
            self.pull_failed(at, &image);
            return;
        };
        let fetched = self.size_to_pull(&image);
        let slot = (self.run.node.clone(), image.clone());
        self.world.pods.images.have.insert(slot, found.digest);
        let size = found.size;
        let timings = &self.world.settings.timings;
        let took = timings.pull_round_trip + fetched * 1000 / timings.pull_bytes_per_second.max(1);
        let took = eco_format!("{}.{:03}s", took / 1000, took % 1000);
        let message = eco_format!(
            "Successfully pulled image {image:?} in {took} ({took} including waiting). Image size: {size} bytes."
        );
        self.event_of(at, Note::detail("event", "Pulled", message));
        self.use_image(at);
    }

    /// The image is on the node: the container is created from the digest that the node has.
    fn use_image(&mut self, at: usize) {
        let image = self.run.containers[at].image.clone();
        let slot = (self.run.node.clone(), image.clone());
        let have = self.world.pods.images.have.get(&slot).cloned();
        let digest = have.unwrap_or_default();
        let known = self.world.delivery.registry.image(&digest);
        let app = match known {
            Some(image) => Some(Rc::new(image.app.clone())),
            None => self.find(&image).and_then(|found| found.app),
        };
        if at == 0 {
            self.run.colour = tints::of_pod(self.world, &self.pod, &digest);
        }
        let container = self.container(at);
        (container.digest, container.app) = (digest, app);
        self.create(at);
    }

    fn pull_failed(&mut self, at: usize, image: &str) {
        let name = Reference::parse(image)
            .map_or_else(|| image.into(), |reference| eco_format!("{reference}"));
        let why = if self.is_out_of_reach(&name) {
            lookup_failure(&name)
        } else {
            eco_format!("{name}: not found")
        };
        let cause =
            eco_format!("failed to pull and unpack image {name:?}: failed to resolve image: {why}");
        let message = eco_format!("Failed to pull image {image:?}: {cause}");
        self.event_of(at, Note::warning("event", "Failed", message));
        self.event_of(at, Note::warning("event", "Failed", "Error: ErrImagePull"));
        let now = self.world.now;
        let timings = &self.world.settings.timings;
        let (first, max) = (timings.back_off, timings.back_off_max);
        let container = self.container(at);
        container.pull_back_off.next(now, now, first, max);
        container.pull_failure = cause.clone();
        self.not_started(at, "ErrImagePull", cause);
    }

    fn wait_to_pull(&mut self, at: usize, image: &str) {
        let back_off = eco_format!("Back-off pulling image {image:?}");
        self.event_of(at, Note::detail("event", "BackOff", back_off.clone()));
        self.event_of(
            at,
            Note::warning("event", "Failed", "Error: ImagePullBackOff"),
        );
        let cause = &self.run.containers[at].pull_failure;
        let message = eco_format!("{back_off}: ErrImagePull: {cause}");
        self.not_started(at, "ImagePullBackOff", message);
    }

    fn invalid_name(&mut self, at: usize, image: &str, why: &str) {
        let message = eco_format!(
            "Failed to apply default image tag {image:?}: couldn't parse image name {image:?}: {why}"
        );
        self.event_of(at, Note::warning("event", "InspectFailed", message.clone()));
        self.event_of(
            at,
            Note::warning("event", "Failed", "Error: InvalidImageName"),
        );
        self.not_started(at, "InvalidImageName", message);
    }
}

/// What containerd says of a registry that cannot be reached: nobody answers for its name.
fn lookup_failure(name: &str) -> EcoString {
    let (host, rest) = name.split_once('/').unwrap_or(("", name));
    let (path, tag) = rest.rsplit_once(['@', ':']).unwrap_or((rest, "latest"));
    let host = if host == "docker.io" {
        "registry-1.docker.io"
    } else {
        host
    };
    eco_format!(
        "failed to do request: Head \"https://{host}/v2/{path}/manifests/{tag}\": dial tcp: lookup {host} on 10.96.0.10:53: read udp 10.0.0.2:40000->10.96.0.10:53: i/o timeout"
    )
}
