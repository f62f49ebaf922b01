//! The network, and the load on it: requests as a flow per second from callers through Ingresses and
//! Services to pods, and from pods to what they call.
//!
//! Between two events nothing changes, so what flows in between is rate times time: counted in
//! millionths of a request, in whole numbers, without drawing single requests. The rates are worked
//! out anew only after something has changed that they depend on, and once a second while a queue
//! grows or memory leaks.
//!
//! In the order of a first reading: [`proxies`] know what each node has
//! heard of a Service's endpoints; [`solve`] follows the requests to containers and the answers back,
//! with the help of [`address`] (who is meant), [`ingress`] (host and path) and [`capacity`] (what load
//! does to a container); [`meter`] counts; [`load_balancer`] and [`ingress`] give addresses; [`usage`]
//! says what pods use, [`rows`] what a viewer sees.

mod address;
mod calls;
mod capacity;
pub mod ingress;
pub mod load_balancer;
mod meter;
mod proxies;
pub(crate) mod rows;
mod solve;
mod spread;
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;
mod usage;

pub(crate) use usage::RESOLUTION;
pub use usage::Usage;

use crate::delivery::traffic::Caller;
use crate::engine::{Event, World};
use ecow::{EcoString, EcoVec};
use kube::{Change, Key, Millis};
use lean::SharedMap;
use meter::{Meter, part_of};
use solve::{Edge, Site};
use std::rc::Rc;

/// For so many containers that answer, changes are gathered for a millisecond.
const SITES_PER_MILLI: u64 = 10;

/// Why a request fails, as its caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing listens on the port: `connection refused`, or 502 from an Ingress.
    Refused,
    /// No pod is ready: the proxy rejects it, an Ingress answers 503.
    NoEndpoints,
    /// No answer came in time, or none ever would.
    Timeout,
    /// The program answered 5xx.
    ServerError,
    /// The program ended while it worked on it.
    Reset,
    /// No rule, or no file, of that path: 404.
    NotFound,
    /// No such name, or no address yet.
    NoSuchHost,
}

impl Cause {
    /// All of them.
    const ALL: [Cause; 7] = [
        Cause::Refused,
        Cause::NoEndpoints,
        Cause::Timeout,
        Cause::ServerError,
        Cause::Reset,
        Cause::NotFound,
        Cause::NoSuchHost,
    ];

    /// In a client's words.
    fn name(self) -> &'static str {
        match self {
            Cause::Refused => "connection refused",
            Cause::NoEndpoints => "no endpoints",
            Cause::Timeout => "timeout",
            Cause::ServerError => "5xx",
            Cause::Reset => "connection reset",
            Cause::NotFound => "404",
            Cause::NoSuchHost => "no such host",
        }
    }
}

/// What can happen in the network.
#[derive(Clone, Copy, Debug)]
pub enum Happening {
    /// A proxy, the Ingress controller or DNS begins to take over what the API server says.
    Learns(usize),
    /// What it has taken over holds.
    Follows(usize),
    /// The caller at this place calls more, or less.
    Load(usize),
    /// A second is over.
    Second,
}

impl From<Happening> for Event {
    fn from(happening: Happening) -> Event {
        Event::Network(happening)
    }
}

/// All that the network remembers.
#[derive(Clone, Debug, Default)]
pub struct Network {
    views: proxies::Views,
    flows: EcoVec<Flow>,
    /// All callers together.
    all: Meter,
    services: SharedMap<Key, Meter>,
    /// The containers that requests reach, by pod and place.
    sites: EcoVec<Site>,
    edges: Rc<Vec<Edge>>,
    /// Containers that do not listen any more and finish what they have begun.
    drains: EcoVec<Drain>,
    /// Since when what has flowed is not counted.
    since: Millis,
    solved: Millis,
    is_stale: bool,
    /// Rates change though nothing else does: a queue grows, or memory leaks.
    is_unsteady: bool,
    usage: usage::Scraped,
    /// Until when an autoscaler may still have something to say about the load.
    restless: Millis,
}

/// A caller, and what became of its requests.
#[derive(Clone, Debug)]
struct Flow {
    caller: Caller,
    /// What its times count from.
    begun: Millis,
    meter: Meter,
}

/// A container that has stopped to listen, as it was then.
#[derive(Clone, Debug)]
struct Drain {
    site: Site,
    since: Millis,
}

impl Network {
    /// Whether an event in the queue is more than time passing.
    pub(crate) fn awaits(&self, happening: Happening) -> bool {
        !matches!(happening, Happening::Second)
    }

    /// Whether what an autoscaler looks at by then may be news to it.
    pub(crate) fn is_restless(&self, t: Millis) -> bool {
        t <= self.restless
    }
}

/// Begins to call.
pub(crate) fn add(world: &mut World, caller: Caller) {
    changed(world);
    let begun = world.now;
    if world.network.flows.is_empty() {
        world.after(1000 - begun % 1000, Happening::Second.into());
        world.network.since = begun;
        world.network.is_stale = true;
    }
    let place = world.network.flows.len();
    world.network.flows.push(Flow {
        caller,
        begun,
        meter: Meter::default(),
    });
    await_load(world, place);
}

/// The caller's next change is put in line.
fn await_load(world: &mut World, place: usize) {
    let now = world.now;
    let Some(flow) = world.network.flows.get(place) else {
        return;
    };
    if let Some(next) = flow.caller.next_change(now - flow.begun) {
        let due = flow.begun + next;
        world.after(due - now, Happening::Load(place).into());
    }
}

/// Something in the store has changed.
pub(crate) fn observe(world: &mut World, change: &Change) {
    match change.new.key.kind.as_str() {
        "EndpointSlice" => proxies::observe(world, change),
        "Service" | "Ingress" | "Node" => changed(world),
        _ => {}
    }
}

/// Something changes that rates depend on.
pub(crate) fn changed(world: &mut World) {
    let network = &mut world.network;
    network.is_stale |= !network.flows.is_empty();
}

/// Counts what has flowed until now.
fn count(network: &mut Network, now: Millis) {
    let time = now - network.since;
    network.since = now;
    if time == 0 {
        return;
    }
    network.all.flow(time);
    for flow in network.flows.make_mut() {
        flow.meter.flow(time);
    }
    let keys: Vec<Key> = network.services.keys().cloned().collect();
    for key in keys {
        if let Some(meter) = network.services.get_mut(&key) {
            meter.flow(time);
        }
    }
}

/// Time is about to pass: from here on, requests flow as things are now. Where many containers answer,
/// changes are gathered for a while: each is a small part of all.
pub(crate) fn pass(world: &mut World) {
    let (now, network) = (world.now, &mut world.network);
    let pause = network.sites.len() as u64 / SITES_PER_MILLI;
    if network.is_stale && network.solved + pause <= now {
        network.is_stale = false;
        count(network, now);
        solve::solve(world);
    }
}

/// Lets something happen.
pub(crate) fn act(world: &mut World, happening: Happening) {
    match happening {
        Happening::Learns(viewer) => proxies::learn(world, viewer),
        Happening::Follows(viewer) => {
            changed(world);
            world.network.views.follow(viewer);
        }
        Happening::Load(place) => {
            changed(world);
            await_load(world, place);
        }
        Happening::Second => second(world),
    }
}

/// A container stops to listen, and finishes what it has begun.
pub(crate) fn drains(world: &mut World, uid: &EcoString, at: usize) {
    changed(world);
    let (since, network) = (world.now, &mut world.network);
    if let Some(site) = network.site(uid, at).cloned() {
        network.drains.push(Drain { site, since });
    }
}

/// A container has ended: what it had in flight fails, for this cause.
pub(crate) fn ended(world: &mut World, uid: &EcoString, at: usize, cause: Cause) {
    changed(world);
    let (now, network) = (world.now, &mut world.network);
    let drain = network
        .drains
        .iter()
        .position(|drain| drain.site.is(uid, at));
    let (site, time) = match drain {
        Some(place) => {
            let Drain { site, since } = network.drains.remove(place);
            let time = site.response.saturating_sub(now - since);
            (site, time)
        }
        None => match network.site(uid, at) {
            Some(site) => (site.clone(), site.response),
            None => return,
        },
    };
    let edges = network.edges.clone();
    for (address, rate) in &site.edges {
        let lost = i64::try_from(rate.saturating_mul(time)).unwrap_or(0);
        if let Some(edge) = edges.iter().position(|edge| edge.address == *address) {
            lose(network, &edges, edge, lost, cause, 0);
        }
    }
}

/// Requests that were on their way are lost, and so are those of callers that waited for them.
fn lose(network: &mut Network, edges: &[Edge], at: usize, lost: i64, cause: Cause, depth: u32) {
    let edge = &edges[at];
    if lost == 0 || depth > solve::DEPTH {
        return;
    }
    if let Some(meter) = network.services.get_mut(&edge.address.service) {
        meter.lose(lost, cause);
    }
    let total = edge.total();
    let part = |rate: u64| {
        let lost = u64::try_from(lost).unwrap_or(0);
        i64::try_from(part_of(lost, rate, total)).unwrap_or(0)
    };
    for (flow, rate) in &edge.entries {
        network.all.lose(part(*rate), cause);
        network.flows.make_mut()[*flow]
            .meter
            .lose(part(*rate), cause);
    }
    for (parent, rate) in &edge.parents {
        lose(
            network,
            edges,
            *parent,
            part(*rate),
            Cause::ServerError,
            depth + 1,
        );
    }
}

impl Network {
    fn site(&self, uid: &EcoString, at: usize) -> Option<&Site> {
        let slot = (uid.as_str(), at);
        let place = self.sites.binary_search_by(|site| site.slot().cmp(&slot));
        place.ok().map(|place| &self.sites[place])
    }
}

/// A second is over.
fn second(world: &mut World) {
    let (now, network) = (world.now, &mut world.network);
    count(network, now);
    network.is_stale |= network.is_unsteady;
    network.all.second();
    for flow in network.flows.make_mut() {
        flow.meter.second();
    }
    let keys: Vec<Key> = network.services.keys().cloned().collect();
    for key in &keys {
        if let Some(meter) = network.services.get_mut(key) {
            meter.second();
        }
    }
    usage::scrape(world);
    usage::kill(world);
    let row = rows::second(world);
    world.measured(row);
    world.after(1000, Happening::Second.into());
}
