//! What clients know of a Service's endpoints: each node's proxy, the Ingress controller and DNS learn
//! of a change in their own time.
//!
//! A proxy writes its rules at once after a change, but no sooner than `minSyncPeriod` after it was done
//! the last time: in a rollout, where one change follows the other, that is a second later
//! (`pkg/proxy/runner/bounded_frequency_runner.go`).

use super::Happening;
use crate::cluster::endpoint_slice::{HEADLESS, SERVICE_NAME};
use crate::engine::World;
use ecow::{EcoString, EcoVec};
use kube::{Change, ChangeKind, Key, Millis, Object, Value};
use lean::SharedMap;
use std::rc::Rc;

/// How many proxies have a time of their own. Nodes beyond share it with others.
pub(super) const PROXIES: usize = 8;
/// The Ingress controller's place after the proxies.
pub(super) const INGRESS: usize = PROXIES;
/// The place of those who ask DNS for pods, as clients of headless Services do.
pub(super) const DNS: usize = PROXIES + 1;
const VIEWERS: usize = PROXIES + 2;

/// A slice as proxies see it.
#[derive(Clone, Debug, Default)]
pub(super) struct Slice {
    /// Names and numbers.
    pub ports: EcoVec<(EcoString, i64)>,
    pub endpoints: EcoVec<Endpoint>,
}

/// An endpoint.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// The pod's uid; empty for one that is no pod.
    pub pod: EcoString,
    pub node: EcoString,
    pub ready: bool,
    pub serving: bool,
}

/// Slices by their Service's key and their own name.
pub(super) type Slices = SharedMap<(Key, EcoString), Rc<Slice>>;

/// What everybody knows.
#[derive(Clone, Debug)]
pub(super) struct Views {
    /// What the API server has.
    latest: Slices,
    /// What each viewer has taken over.
    taken: EcoVec<Slices>,
    /// What each is about to take over.
    coming: EcoVec<Slices>,
    /// When each begins to do so, or has, and when it was done the last time.
    times: EcoVec<(Millis, Millis)>,
}

impl Default for Views {
    fn default() -> Views {
        let nothing = || (0..VIEWERS).map(|_| Slices::default()).collect();
        Views {
            latest: Slices::default(),
            taken: nothing(),
            coming: nothing(),
            times: [(0, 0); VIEWERS].into(),
        }
    }
}

impl Views {
    /// A Service's slices as a viewer knows them.
    pub fn slices<'v>(
        &'v self,
        viewer: usize,
        service: &Key,
    ) -> impl Iterator<Item = &'v Rc<Slice>> {
        of(&self.taken[viewer], service)
    }

    /// Whether two viewers know the same of a Service.
    pub fn agree(&self, one: usize, other: usize, service: &Key) -> bool {
        is_same(self.slices(one, service), self.slices(other, service))
    }

    /// Whether a viewer knows what the API server has of a Service.
    pub fn is_current(&self, viewer: usize, service: &Key) -> bool {
        is_same(self.slices(viewer, service), of(&self.latest, service))
    }

    /// What a viewer has taken over holds.
    pub fn follow(&mut self, viewer: usize) {
        self.taken.make_mut()[viewer] = self.coming[viewer].clone();
    }
}

/// A Service's slices.
fn of<'v>(slices: &'v Slices, service: &Key) -> impl Iterator<Item = &'v Rc<Slice>> + use<'v> {
    let from = (service.clone(), EcoString::new());
    let service = service.clone();
    slices
        .from(&from)
        .take_while(move |((key, _), _)| *key == service)
        .map(|(_, slice)| slice)
}

/// Whether two know the same slices, each as it is.
fn is_same<'v>(
    mut one: impl Iterator<Item = &'v Rc<Slice>>,
    mut other: impl Iterator<Item = &'v Rc<Slice>>,
) -> bool {
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if Rc::ptr_eq(one, other) => {}
            _ => return false,
        }
    }
}

/// An EndpointSlice has changed: each viewer that is not about to look anyway is told.
pub(super) fn observe(world: &mut World, change: &Change) {
    let slice = &change.new;
    let service = slice.labels().get(SERVICE_NAME).to_text();
    let slot = (
        slice.key.sibling("Service", service),
        slice.key.name.clone(),
    );
    let views = &mut world.network.views;
    if change.kind == ChangeKind::Deleted {
        views.latest.remove(&slot);
    } else {
        views.latest.insert(slot, Rc::new(read(slice)));
    }
    let (now, timings) = (world.now, &world.settings.timings);
    let hop = timings.watch;
    let periods = [timings.proxy_sync, timings.dns_ttl];
    // Only pods of headless Services have names.
    let is_headless = !slice.labels().get(HEADLESS).is_null();
    let viewers = if is_headless { DNS..VIEWERS } else { 0..DNS };
    for viewer in viewers {
        let (begins, done) = world.network.views.times[viewer];
        // It has yet to begin, and will see this too.
        if begins > now {
            continue;
        }
        let pause = periods[usize::from(viewer == DNS)];
        let soonest = if done > 0 { done + pause } else { 0 };
        let begins = (now + hop).max(soonest);
        world.network.views.times.make_mut()[viewer].0 = begins;
        world.after(begins - now, Happening::Learns(viewer).into());
    }
}

/// A viewer begins to take over what the API server has.
pub(super) fn learn(world: &mut World, viewer: usize) {
    let views = &mut world.network.views;
    views.coming.make_mut()[viewer] = views.latest.clone();
    let apply = world.settings.timings.proxy_apply;
    let drawn = apply / 2 + world.random.below(apply + 1);
    world.network.views.times.make_mut()[viewer].1 = world.now + drawn;
    world.after(drawn, Happening::Follows(viewer).into());
}

fn read(slice: &Object) -> Slice {
    let endpoint = |endpoint: &Value| {
        let is = |name: &str| endpoint.at(&["conditions", name]).as_bool();
        let ready = is("ready") != Some(false);
        Endpoint {
            pod: endpoint.at(&["targetRef", "uid"]).to_text(),
            node: endpoint.get("nodeName").to_text(),
            ready,
            serving: is("serving").unwrap_or(ready),
        }
    };
    let port = |port: &Value| {
        (
            port.get("name").to_text(),
            port.get("port").as_int().unwrap_or(0),
        )
    };
    let (ports, endpoints) = (slice.value.get("ports"), slice.value.get("endpoints"));
    Slice {
        ports: ports.items().iter().map(port).collect(),
        endpoints: endpoints.items().iter().map(endpoint).collect(),
    }
}

/// Whom a proxy sends traffic to: those that are ready, or where there is none, those that terminate
/// and still serve (KEP-1669). Each with the number of the port of that name.
pub(super) fn usable<'v>(
    slices: impl Iterator<Item = &'v Rc<Slice>>,
    port: &str,
) -> Vec<(&'v Endpoint, i64)> {
    let mut all = Vec::new();
    for slice in slices {
        let Some((_, number)) = slice.ports.iter().find(|(name, _)| name == port) else {
            continue;
        };
        all.extend(slice.endpoints.iter().map(|endpoint| (endpoint, *number)));
    }
    let any_ready = all.iter().any(|(endpoint, _)| endpoint.ready);
    all.retain(|(endpoint, _)| {
        if any_ready {
            endpoint.ready
        } else {
            endpoint.serving
        }
    });
    all
}
