//! Images on nodes: pulled once, kept by digest, found by the name they were pulled under.
//!
//! A node that has a tag does not ask the registry again unless the policy is Always. So two nodes
//! may run two images under one mutable tag.

use super::{PodEvent, State, Work};
use crate::delivery::app::App;
use crate::delivery::registry::Reference;
use crate::pipeline::tints;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
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

/// What a registry gives for a reference.
struct Found {
    digest: EcoString,
    app: Rc<App>,
}

impl Work<'_> {
    /// A container's image is needed: it is there, or must be pulled
    /// (`pkg/kubelet/images/image_manager.go`).
    pub(super) fn need_image(&mut self, at: usize) {
        let image = self.run.containers[at].image.clone();
        if Reference::parse(&image).is_none() {
            self.invalid_name(at, &image);
            return;
        }
        let slot = (self.run.node.clone(), image.clone());
        let have = self.world.pods.images.have.contains_key(&slot);
        match self.spec(at).get("imagePullPolicy").text() {
            "Always" => {}
            "Never" if !have => {
                let message = eco_format!(
                    "Container image {image:?} is not present with pull policy of Never"
                );
                self.event(Note::warning("event", "ErrImageNeverPull", message.clone()));
                self.event(Note::warning("event", "Failed", "Error: ErrImageNeverPull"));
                self.wait(at, "ErrImageNeverPull", message);
                return;
            }
            _ if have => {
                let message = eco_format!(
                    "Container image {image:?} already present on machine and can be accessed by the pod"
                );
                self.event(Note::detail("event", "Pulled", message));
                self.use_image(at);
                return;
            }
            _ => {}
        }
        self.pull(at, &image);
    }

    fn pull(&mut self, at: usize, image: &EcoString) {
        let now = self.world.now;
        let timings = self.world.settings.timings.clone();
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
        let takes = timings.pull_round_trip + size * 1000 / timings.pull_bytes_per_second.max(1);
        self.world
            .pods
            .images
            .busy_until
            .insert(self.run.node.clone(), begin + takes);
        self.event(Note::detail(
            "event",
            "Pulling",
            eco_format!("Pulling image {image:?}"),
        ));
        if size > 0 {
            let why = eco_format!(
                "{} does not have {image} yet and pulls it: {} MiB.",
                self.run.node,
                size >> 20
            );
            let key = Some(self.run.key.clone());
            self.world
                .note(&self.actor(), key, Note::story("pull", "Pulling", why));
        }
        self.after(begin + takes - now, PodEvent::Pulled(at));
    }

    /// How many bytes a pull has to fetch: none if the node has them under another name.
    fn size_to_pull(&self, image: &str) -> u64 {
        match self.find(image) {
            Some(found) if !self.node_has(&found.digest) => found.app.image_size,
            _ => 0,
        }
    }

    fn node_has(&self, digest: &str) -> bool {
        let images = self.world.pods.images.have.iter();
        images
            .into_iter()
            .any(|((node, _), have)| *node == self.run.node && have == digest)
    }

    fn find(&self, image: &str) -> Option<Found> {
        let reference = Reference::parse(image)?;
        if let Some(image) = self.world.delivery.registry.resolve(&reference) {
            return Some(Found {
                digest: image.digest.clone(),
                app: Rc::new(image.app.clone()),
            });
        }
        let app = self.world.settings.any_image.clone()?;
        Some(Found {
            digest: eco_format!("any:{image}"),
            app,
        })
    }

    pub(super) fn pulled(&mut self, at: usize) {
        let image = self.run.containers[at].image.clone();
        let Some(found) = self.find(&image) else {
            self.pull_failed(at, &image);
            return;
        };
        let slot = (self.run.node.clone(), image.clone());
        self.world.pods.images.have.insert(slot, found.digest);
        let size = found.app.image_size;
        let timings = &self.world.settings.timings;
        let took = timings.pull_round_trip + size * 1000 / timings.pull_bytes_per_second.max(1);
        let took = eco_format!("{}.{:03}s", took / 1000, took % 1000);
        let message = eco_format!(
            "Successfully pulled image {image:?} in {took} ({took} including waiting). Image size: {size} bytes."
        );
        self.event(Note::detail("event", "Pulled", message));
        self.use_image(at);
    }

    /// The image is on the node: the container starts from the digest that the node has.
    fn use_image(&mut self, at: usize) {
        let slot = (self.run.node.clone(), self.run.containers[at].image.clone());
        let digest = self
            .world
            .pods
            .images
            .have
            .get(&slot)
            .cloned()
            .unwrap_or_default();
        let known = self.world.delivery.registry.image(&digest);
        let app = match known {
            Some(image) => Some(Rc::new(image.app.clone())),
            None => self.world.settings.any_image.clone(),
        };
        if at == 0 {
            self.run.colour = tints::of_pod(self.world, &self.pod, &digest);
        }
        let container = self.container(at);
        (container.digest, container.app) = (digest, app);
        self.keep();
        self.after(self.world.settings.timings.container, PodEvent::Start(at));
    }

    fn pull_failed(&mut self, at: usize, image: &str) {
        let name = Reference::parse(image)
            .map_or_else(|| image.into(), |reference| eco_format!("{reference}"));
        let cause = eco_format!(
            "failed to pull and unpack image {name:?}: failed to resolve image: {name}: not found"
        );
        let message = eco_format!("Failed to pull image {image:?}: {cause}");
        self.event(Note::warning("event", "Failed", message));
        self.event(Note::warning("event", "Failed", "Error: ErrImagePull"));
        self.wait(at, "ErrImagePull", cause.clone());
        let timings = self.world.settings.timings.clone();
        let container = self.container(at);
        container.back_off = match container.back_off {
            0 => timings.back_off,
            wait => (2 * wait).min(timings.back_off_max),
        };
        let wait = container.back_off;
        let back_off = eco_format!("Back-off pulling image {image:?}");
        self.event(Note::detail("event", "BackOff", back_off.clone()));
        self.event(Note::warning("event", "Failed", "Error: ImagePullBackOff"));
        self.wait(
            at,
            "ImagePullBackOff",
            eco_format!("{back_off}: ErrImagePull: {cause}"),
        );
        self.after(wait, PodEvent::PullAgain(at));
    }

    fn invalid_name(&mut self, at: usize, image: &str) {
        let message = eco_format!(
            "Failed to apply default image tag {image:?}: couldn't parse image name {image:?}: invalid reference format"
        );
        self.event(Note::warning("event", "InspectFailed", message.clone()));
        self.event(Note::warning("event", "Failed", "Error: InvalidImageName"));
        self.wait(at, "InvalidImageName", message);
    }

    fn wait(&mut self, at: usize, reason: &'static str, message: EcoString) {
        let why = eco_format!("{} cannot start: {message}", self.name());
        self.container(at).state = State::Waiting {
            reason: reason.into(),
            message,
        };
        self.publish(Note::warning("patch", reason, why));
    }
}
