//! Follows requests from callers to containers, and the answers back.
//!
//! Forward: who calls whom, and how much; then what each container makes of all that reaches it; then
//! back: what became of each call, and so of what the caller was asked for.

use super::address::{self, Address, Named, Sources, Way};
use super::calls::{Called, MILLION, called, calls, power};
use super::capacity::{self, Demand, Supply};
use super::meter::{Colour, Rates, part_of, slot};
use super::proxies::{Endpoint, PROXIES};
use super::spread::Spread;
use super::{Cause, Flow, Network, ingress};
use crate::cluster::kubelet::pressure;
use crate::cluster::kubelet::{self, Listener, Served};
use crate::delivery::app::{App, Call};
use crate::delivery::traffic::Target;
use crate::engine::World;
use crate::timings::Timings;
use ecow::{EcoString, EcoVec};
use kube::{Key, Millis, Value, quantity};
use lean::FlatMap;
use std::rc::Rc;

/// How many calls may lead from one to the next. What calls itself in a circle never answers.
pub(super) const DEPTH: u32 = 8;
/// What an answer from outside of the cluster takes, in milliseconds.
const OUTSIDE: u64 = 30;
/// What a file takes, in milliseconds.
const PAGE: u64 = 1;
/// What calls and their repetitions may add up to, in thousandths of a request a second.
const RATE_MAX: u64 = 10_000_000_000;
/// The least that a probe waits for an answer, in milliseconds (`timeoutSeconds`).
const PROBE_PATIENCE: u64 = 1_000;
/// CPU of a node of which nothing is known, in thousandths of a core.
const SOME_CPU: u64 = 2_000;

/// A container that requests reach, with what they do to it.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(super) pod: EcoString,
    /// The container's place.
    pub(super) at: usize,
    /// When its process was started: which life this is.
    pub(super) started: Millis,
    pub(super) app: Rc<App>,
    pub(super) key: Key,
    node: EcoString,
    pub(super) colour: Colour,
    /// Requests that reach it, in thousandths of one a second.
    pub(super) rate: u64,
    /// Those that reached it before.
    before: u64,
    /// By what they asked for.
    pub(super) edges: EcoVec<(Address, u64)>,
    /// How long a request keeps a worker busy, what it waits for included.
    hold: Millis,
    /// Workers that are kept busy, in millionths.
    held: u64,
    /// Requests that are on their way, in millionths.
    in_flight: u64,
    /// How long an answer takes in all, on average.
    pub(super) response: Millis,
    /// How long requests wait until they are worked on, on average.
    pub(super) queue: Millis,
    patience: Millis,
    backlog: u64,
    /// What it has leaked in this life, in bytes.
    leaked: u64,
    /// CPU it uses and may use, in thousandths of a core; 0 if that is not limited.
    pub(super) cpu: (u64, u64),
    /// Memory it uses and may use, in bytes; 0 if that is not limited.
    pub(super) memory: (u64, u64),
    /// The periods in which it was throttled, in ten-thousandths.
    pub(super) throttled: u64,
}

impl Site {
    pub(super) fn is(&self, pod: &EcoString, at: usize) -> bool {
        self.slot() == (pod.as_str(), at)
    }

    /// Whether requests wait so long that a probe may be one of those that get no answer in time.
    pub(super) fn is_strained(&self) -> bool {
        self.queue >= PROBE_PATIENCE
    }

    /// What sites are sorted by.
    pub(super) fn slot(&self) -> (&str, usize) {
        (&self.pod, self.at)
    }
}

/// All requests to one address.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) address: Address,
    targets: Vec<(Goal, u64)>,
    /// Those of callers, by their place.
    pub(super) entries: Vec<(usize, u64)>,
    /// Those of programs, by what these were asked for, as far as a failure is passed on.
    pub(super) parents: Vec<(usize, u64)>,
    /// What becomes of them; none while that is being worked out.
    outcome: Option<Rates>,
    is_open: bool,
}

impl Edge {
    pub(super) fn total(&self) -> u64 {
        self.targets.iter().map(|(_, rate)| rate).sum()
    }
}

/// Where requests end.
#[derive(Clone, Copy, Debug)]
enum Goal {
    Fails(Cause),
    /// They are answered at once.
    Answered(Colour, u64),
    Site(usize),
}

impl Network {
    /// The share of requests to an address that failed lately, in millionths.
    fn failing(&self, address: &Address) -> u64 {
        let edge = self.edges.iter().find(|edge| edge.address == *address);
        let outcome = edge.and_then(|edge| edge.outcome.as_ref());
        outcome.map_or(0, |outcome| Called::of(outcome).failing)
    }
}

#[derive(Default)]
struct Solver {
    sites: Vec<Site>,
    supplies: Vec<Supply>,
    site_places: FlatMap<(EcoString, usize), usize>,
    edges: Vec<Edge>,
    edge_places: FlatMap<Address, usize>,
}

/// Works out what flows now.
pub(super) fn solve(world: &mut World) {
    let mut network = std::mem::take(&mut world.network);
    let mut solver = Solver::default();
    let now = world.now;
    let mut lost: Vec<(usize, Cause, u64)> = Vec::new();
    let mut level: FlatMap<usize, Sources> = FlatMap::new();
    for (place, flow) in network.flows.iter().enumerate() {
        let rate = flow.caller.rate(now - flow.begun);
        if rate == 0 {
            continue;
        }
        match entry(world, flow) {
            Err(cause) => lost.push((place, cause, rate)),
            Ok(address) => {
                let edge = solver.edge(address);
                solver.edges[edge].entries.push((place, rate));
                add(level.entry(edge).or_default(), &everywhere(world, rate));
            }
        }
    }
    for _ in 0..DEPTH {
        level = solver.forward(world, &network, level);
    }
    solver.work(world, &network);
    for edge in 0..solver.edges.len() {
        solver.outcome(world, edge);
    }
    network.is_unsteady = solver.finish();
    solver.measure(&mut network, &lost);
    network.solved = now;
    lean::sort_by(&mut solver.sites, |a, b| a.slot().cmp(&b.slot()));
    let timings = &world.settings.timings;
    if let Some(wait) = news(&network.sites, &solver.sites, timings) {
        network.restless = network.restless.max(now + wait);
    }
    strain(world, &network.sites, &solver.sites);
    network.sites = solver.sites.into();
    network.edges = Rc::new(solver.edges);
    world.network = network;
}

/// How long it takes until autoscalers have acted on a change of load; none if it is nothing to them.
fn news(before: &[Site], after: &[Site], timings: &Timings) -> Option<Millis> {
    let used = |sites: &[Site]| -> u64 { sites.iter().map(|site| site.cpu.0).sum() };
    let (was, is) = (used(before), used(after));
    // What was measured, and then two looks.
    let soon = 3 * timings.autoscaler_sync;
    match was.abs_diff(is) * 10 > was {
        true if is < was => Some(timings.autoscaler_down_window + soon),
        true => Some(soon),
        false => (before.len() != after.len()).then_some(soon),
    }
}

/// Kubelets look again at containers that begin to be, or are no longer, too busy to answer a probe,
/// and at what is left of the memory of their node where load has changed what is used.
fn strain(world: &mut World, before: &[Site], after: &[Site]) {
    for site in after {
        let same = before.binary_search_by(|it| it.slot().cmp(&site.slot()));
        let was = same.is_ok_and(|place| before[place].is_strained());
        if was != site.is_strained() {
            kubelet::ask_anew(world, &site.pod, site.at);
        }
        let used = same.map_or(site.app.memory.base, |place| before[place].memory.0);
        if used != site.memory.0 {
            pressure::changed(world, &site.node);
        }
    }
}

/// Whom a caller calls.
fn entry(world: &World, flow: &Flow) -> Result<Address, Cause> {
    let caller = &flow.caller;
    let (path, timeout) = (caller.path.clone(), caller.timeout);
    let (service, port, way) = match &caller.target {
        Target::Host(host) => {
            let found = ingress::route(&world.store, host, &path)?;
            (found.service, found.port, Way::Ingress(found.tries))
        }
        Target::Service(name, namespace, port) => {
            let Named::Service(service) = address::named(&world.store, namespace, name)? else {
                return Err(Cause::NoSuchHost);
            };
            let way = match service.spec().get("type").text() {
                "NodePort" => Way::NodePort,
                "LoadBalancer" => Way::LoadBalancer,
                _ => Way::Inside,
            };
            (service, port.clone(), way)
        }
    };
    Ok(Address {
        port: address::port(&service, &port)?,
        clients: address::loyal(&service, caller.clients),
        service: service.key.clone(),
        path,
        timeout,
        way,
    })
}

/// Requests that come to all nodes alike.
fn everywhere(world: &World, rate: u64) -> Sources {
    let nodes = world.nodes.list().len().clamp(1, PROXIES) as u64;
    let mut sources = Sources::default();
    for (at, source) in (0..nodes).zip(&mut sources) {
        *source = rate / nodes + u64::from(at < rate % nodes);
    }
    sources
}

fn add(sources: &mut Sources, more: &Sources) {
    for (mine, more) in sources.iter_mut().zip(more) {
        *mine += more;
    }
}

impl Solver {
    fn edge(&mut self, address: Address) -> usize {
        if let Some(place) = self.edge_places.get(&address) {
            return *place;
        }
        let place = self.edges.len();
        self.edge_places.insert(address.clone(), place);
        self.edges.push(Edge {
            address,
            targets: Vec::new(),
            entries: Vec::new(),
            parents: Vec::new(),
            outcome: None,
            is_open: false,
        });
        place
    }

    /// Follows requests to containers, and gives what these call.
    fn forward(
        &mut self,
        world: &World,
        network: &Network,
        level: FlatMap<usize, Sources>,
    ) -> FlatMap<usize, Sources> {
        let mut next: FlatMap<usize, Sources> = FlatMap::new();
        for (edge, sources) in level {
            let address = self.edges[edge].address.clone();
            let reached = network.deal(world, &address, &sources);
            let mut targets = Vec::new();
            for (reached, rate) in reached {
                targets.push((self.goal(world, network, &address.path, reached), rate));
            }
            if let Way::Ingress(tries) = address.way {
                try_again(&mut targets, tries);
            }
            for (goal, rate) in &targets {
                if let Goal::Site(site) = goal {
                    self.arrive(world, network, (edge, *site, *rate), &mut next);
                }
            }
            self.edges[edge].targets.extend(targets);
        }
        next
    }

    /// Where requests that were sent somewhere end.
    fn goal(
        &mut self,
        world: &World,
        network: &Network,
        path: &str,
        reached: Result<(&Endpoint, i64), Cause>,
    ) -> Goal {
        let (endpoint, port) = match reached {
            Ok(reached) => reached,
            Err(cause) => return Goal::Fails(cause),
        };
        if endpoint.pod.is_empty() {
            return Goal::Answered(None, OUTSIDE);
        }
        match world.pods.listener(&world.store, &endpoint.pod, port, path) {
            // Nobody has the address any more, or nobody speaks: no answer ever comes.
            Listener::Gone | Listener::Silent => Goal::Fails(Cause::Timeout),
            Listener::Closed => Goal::Fails(Cause::Refused),
            Listener::File(colour, true) => Goal::Answered(colour, PAGE),
            Listener::File(_, false) => Goal::Fails(Cause::NotFound),
            Listener::App(app) => Goal::Site(self.site(world, network, &endpoint.pod, app)),
        }
    }

    /// The place of a container, with what is known of it from before.
    fn site(&mut self, world: &World, network: &Network, pod: &EcoString, found: Served) -> usize {
        let slot = (pod.clone(), found.at);
        if let Some(place) = self.site_places.get(&slot) {
            return *place;
        }
        let place = self.sites.len();
        self.site_places.insert(slot, place);
        let before = network.site(pod, found.at);
        let before = before.filter(|site| site.started == found.started);
        let (cpu_limit, memory_limit) = match before {
            Some(site) => (site.cpu.1, site.memory.1),
            None => limits(world, &found),
        };
        self.sites.push(Site {
            pod: pod.clone(),
            at: found.at,
            started: found.started,
            key: found.key.clone(),
            node: found.node.clone(),
            colour: found.colour,
            rate: 0,
            edges: EcoVec::new(),
            hold: before.map_or(found.app.latency, |site| site.hold),
            held: 0,
            in_flight: 0,
            response: 0,
            queue: 0,
            patience: 0,
            backlog: before.map_or(0, |site| site.backlog),
            leaked: before.map_or(0, |site| site.leaked),
            before: before.map_or(0, |site| site.rate),
            cpu: (0, cpu_limit),
            memory: (0, memory_limit),
            throttled: 0,
            app: found.app,
        });
        place
    }

    /// Requests arrive at a container, which calls others for them.
    fn arrive(
        &mut self,
        world: &World,
        network: &Network,
        (edge, site, rate): (usize, usize, u64),
        next: &mut FlatMap<usize, Sources>,
    ) {
        let address = self.edges[edge].address.clone();
        let site = &mut self.sites[site];
        site.rate += rate;
        site.patience = site.patience.max(address.timeout);
        let proxy = world.nodes.position(&site.node).unwrap_or(0) % PROXIES;
        let (app, namespace) = (site.app.clone(), site.key.namespace.clone());
        site.edges.push((address.clone(), rate));
        for call in calls(&app, &address.path) {
            let Ok(Some(address)) = called(world, &namespace, call) else {
                continue;
            };
            let failing = network.failing(&address);
            let callee = self.edge(address);
            // What fails is tried again, so there are more calls.
            let again: u64 = (1..=call.retries).map(|n| power(rate, failing, n)).sum();
            next.entry(callee).or_default()[proxy] += (rate + again).min(RATE_MAX);
            if !call.optional {
                self.edges[callee].parents.push((edge, rate));
            }
        }
    }

    /// What each container makes of what reaches it.
    fn work(&mut self, world: &World, network: &Network) {
        let time = world.now - network.solved;
        for site in &mut self.sites {
            let node = world.nodes.position(&site.node);
            let node_cpu = node.map(|at| world.nodes.list()[at].allocatable.cpu);
            let node_cpu = node_cpu.and_then(|cpu| u64::try_from(cpu).ok());
            let (_, limit) = site.cpu;
            let supply = capacity::supply(
                &site.app,
                &Demand {
                    rate: site.rate,
                    before: site.before,
                    cpu: if limit > 0 {
                        limit
                    } else {
                        node_cpu.unwrap_or(SOME_CPU)
                    },
                    is_limited: limit > 0,
                    hold: site.hold,
                    patience: site.patience,
                    backlog: site.backlog,
                    time,
                },
            );
            let more = part_of(
                site.app.memory.leak,
                site.before.saturating_mul(time),
                1_000_000,
            );
            site.leaked = site.leaked.saturating_add(more);
            site.backlog = supply.backlog;
            site.queue = supply.spread.mean().saturating_sub(supply.held);
            (site.cpu.0, site.throttled) = (supply.cpu, supply.throttled);
            self.supplies.push(supply);
        }
    }

    /// What becomes of all requests to an address.
    fn outcome(&mut self, world: &World, edge: usize) {
        if self.edges[edge].outcome.is_some() || self.edges[edge].is_open {
            return;
        }
        self.edges[edge].is_open = true;
        let targets = std::mem::take(&mut self.edges[edge].targets);
        let mut rates = Rates::default();
        for (goal, rate) in &targets {
            match goal {
                Goal::Fails(cause) => rates.failed[*cause as usize] += rate,
                Goal::Answered(colour, time) => {
                    *slot(&mut rates.answered, *colour) += rate;
                    rates.points.push((*time, *rate * 1000));
                }
                Goal::Site(site) => self.answer(world, (edge, *site, *rate), &mut rates),
            }
        }
        rates.condense();
        self.edges[edge].targets = targets;
        self.edges[edge].outcome = Some(rates);
        self.edges[edge].is_open = false;
    }

    /// How a container answers.
    fn answer(
        &mut self,
        world: &World,
        (edge, site, rate): (usize, usize, u64),
        rates: &mut Rates,
    ) {
        let address = self.edges[edge].address.clone();
        let (app, namespace) = {
            let site = &self.sites[site];
            (site.app.clone(), site.key.namespace.clone())
        };
        let supply = self.supplies[site];
        let mut well = rate;
        let mut fail = |well: &mut u64, part: u64, cause: Cause| {
            *well -= part;
            rates.failed[cause as usize] += part;
        };
        fail(
            &mut well,
            part_of(rate, supply.late, 10_000),
            Cause::Timeout,
        );
        let errors = part_of(well, u64::from(app.errors), 10_000);
        fail(&mut well, errors, Cause::ServerError);
        let (mut spread, mut waits, mut hangs) = (supply.spread, 0, 0);
        for call in calls(&app, &address.path) {
            let result = self.call(world, &namespace, call);
            let failing = power(MILLION, result.failing, call.retries + 1);
            if !call.optional {
                let part = part_of(well, failing, MILLION);
                fail(&mut well, part, Cause::ServerError);
            }
            spread = spread.then(result.spread);
            waits += result.spread.mean();
            hangs += part_of(call.timeout, result.hanging, MILLION);
        }
        let (in_time, late): (Vec<_>, Vec<_>) = spread
            .shares()
            .partition(|(_, time)| *time < address.timeout);
        let points = in_time.iter().map(|(share, time)| (*time, well * share));
        rates.points.extend(points);
        let late: u64 = late.iter().map(|(share, _)| share).sum();
        let late = part_of(well, late, 1000);
        fail(&mut well, late, Cause::Timeout);
        if well > 0 {
            *slot(&mut rates.answered, self.sites[site].colour) += well;
        }
        let site = &mut self.sites[site];
        let held = rate.saturating_mul(supply.held + waits + hangs);
        site.held = site.held.saturating_add(held);
        let response = (spread.mean() + hangs).min(address.timeout);
        site.in_flight = site.in_flight.saturating_add(rate.saturating_mul(response));
    }

    /// What becomes of one call.
    fn call(&mut self, world: &World, namespace: &str, call: &Call) -> Called {
        let address = match called(world, namespace, call) {
            Err(_) => {
                return Called {
                    failing: MILLION,
                    ..Called::default()
                };
            }
            Ok(None) => {
                return Called {
                    spread: Spread::queue(OUTSIDE, 0),
                    ..Called::default()
                };
            }
            Ok(Some(address)) => address,
        };
        let edge = self.edge(address);
        self.outcome(world, edge);
        let hangs = Called {
            failing: MILLION,
            hanging: MILLION,
            ..Called::default()
        };
        // What is not known yet calls itself in a circle.
        self.edges[edge].outcome.as_ref().map_or(hangs, Called::of)
    }

    /// The containers' state after this. Returns whether it will change by itself.
    fn finish(&mut self) -> bool {
        let mut is_unsteady = false;
        for (site, supply) in self.sites.iter_mut().zip(&self.supplies) {
            let was = site.hold;
            site.hold = site.held / site.rate.max(1);
            site.response = site.in_flight / site.rate.max(1);
            site.memory.0 = capacity::memory(&site.app, site.in_flight, site.leaked);
            let leaks = site.app.memory.leak > 0;
            is_unsteady |= supply.is_overloaded || site.backlog > 0;
            is_unsteady |= leaks || was.abs_diff(site.hold) > was / 8;
        }
        is_unsteady
    }

    /// Gives the meters their new rates.
    fn measure(&mut self, network: &mut Network, lost: &[(usize, Cause, u64)]) {
        for flow in network.flows.make_mut() {
            flow.meter.rates = Rates::default();
        }
        for (place, cause, rate) in lost {
            network.flows.make_mut()[*place].meter.rates.failed[*cause as usize] += rate;
        }
        let services_before = network.services.clone();
        let mut services: FlatMap<&Key, Rates> =
            lean::map(services_before.keys().map(|key| (key, Rates::default())));
        for edge in &self.edges {
            let Some(outcome) = &edge.outcome else {
                continue;
            };
            let total = edge.total();
            let of_service = services.entry(&edge.address.service).or_default();
            of_service.add(outcome, 1, 1);
            for (place, rate) in &edge.entries {
                let meter = &mut network.flows.make_mut()[*place].meter;
                meter.rates.add(outcome, *rate, total);
            }
        }
        let mut all = Rates::default();
        for flow in &network.flows {
            all.add(&flow.meter.rates, 1, 1);
        }
        all.condense();
        network.all.rates = all;
        for (key, mut rates) in services {
            rates.condense();
            let mut meter = network.services.get(key).cloned().unwrap_or_default();
            meter.rates = rates;
            network.services.insert(key.clone(), meter);
        }
    }
}

/// The CPU that a container may use, in thousandths of a core, and its memory, in bytes; 0 for what is
/// not limited.
fn limits(world: &World, found: &Served) -> (u64, u64) {
    let pod = world.store.get(found.key);
    let spec = pod.map_or(&Value::Null, |pod| kubelet::container_spec(pod, found.at));
    let limits = spec.at(&["resources", "limits"]);
    let positive = |number: i64| u64::try_from(number).unwrap_or(0);
    (
        positive(quantity::milli_of(limits.get("cpu"))),
        positive(quantity::units_of(limits.get("memory"))),
    )
}

/// An Ingress controller that is refused tries another endpoint: only who is refused so many times in a
/// row fails.
fn try_again(targets: &mut [(Goal, u64)], tries: u32) {
    let is_refused = |goal: &Goal| matches!(goal, Goal::Fails(Cause::Refused));
    let total: u64 = targets.iter().map(|it| it.1).sum();
    let refused: u64 = targets
        .iter()
        .filter(|it| is_refused(&it.0))
        .map(|it| it.1)
        .sum();
    let well = total - refused;
    if refused == 0 || well == 0 || tries < 2 {
        return;
    }
    let left = (1..tries).fold(refused, |left, _| part_of(left, refused, total));
    let mut saved = refused;
    for (goal, rate) in targets.iter_mut() {
        if is_refused(goal) {
            *rate = part_of(*rate, left, refused);
            saved -= *rate;
        }
    }
    for (_, rate) in targets.iter_mut().filter(|it| !is_refused(&it.0)) {
        let more = part_of(saved, *rate, well);
        *rate += more;
    }
}
