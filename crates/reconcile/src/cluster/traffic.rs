//! Requests: a flow per second from callers through a Service's endpoints to its pods.
//!
//! Between two events nothing changes, so what flows in between is rate times time: counted in
//! millionths of a request, in whole numbers, without drawing single requests.

use super::endpoint_slice::SERVICE_NAME;
use crate::engine::{Event, World};
use crate::view::{Second, Tint};
use ecow::{EcoString, EcoVec};
use kube::{Change, ChangeKind, Key, Millis, Value};
use lean::SharedMap;

/// How many parts of a request are counted.
const PARTS: i64 = 1_000_000;

/// All traffic in a world.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    flows: EcoVec<Flow>,
    /// Where the nodes' proxies send each Service's traffic at this moment.
    routes: SharedMap<Key, EcoVec<EcoString>>,
}

/// A steady flow to one Service.
#[derive(Clone, Debug)]
struct Flow {
    service: Key,
    from: Millis,
    per_second: u32,
    /// Answered since the last full second, by colour, in parts.
    answered: EcoVec<(Option<usize>, i64)>,
    /// Failed since the last full second, in parts.
    failed: i64,
}

/// A second of all flows, by colour.
#[derive(Clone, Debug, Default)]
struct Counted {
    answered: Vec<(Option<usize>, u32)>,
    failed: u32,
}

/// Begins a flow to a Service at `from`.
pub(crate) fn add(world: &mut World, service: Key, from: Millis, per_second: u32) {
    if world.traffic.flows.is_empty() {
        world.after(1000 - world.now % 1000, Event::Second);
    }
    let (answered, failed) = (EcoVec::new(), 0);
    world.traffic.flows.push(Flow {
        service,
        from,
        per_second,
        answered,
        failed,
    });
}

/// A Service's endpoints changed: after the propagation delay the proxies use them.
pub(crate) fn observe(world: &mut World, change: &Change) {
    let slice = &change.new;
    if slice.key.kind != "EndpointSlice" {
        return;
    }
    let service = slice
        .key
        .sibling("Service", slice.labels().get(SERVICE_NAME).to_text());
    let routes = match change.kind {
        ChangeKind::Deleted => EcoVec::new(),
        _ => targets(slice.value.get("endpoints").items()),
    };
    let delay = world.settings.timings.propagation;
    world.after(delay, Event::Proxies(service, routes));
}

/// The uids of the pods that proxies send traffic to: the ready ones; where there are none, those
/// that terminate but still serve (KEP-1669).
fn targets(endpoints: &[Value]) -> EcoVec<EcoString> {
    let with = |name: &str| -> EcoVec<EcoString> {
        let is = |endpoint: &&Value| endpoint.at(&["conditions", name]).as_bool() == Some(true);
        let uid = |endpoint: &Value| endpoint.at(&["targetRef", "uid"]).to_text();
        endpoints.iter().filter(is).map(uid).collect()
    };
    let ready = with("ready");
    if ready.is_empty() {
        with("serving")
    } else {
        ready
    }
}

/// The proxies take over what a slice said one propagation delay ago.
pub(crate) fn use_endpoints(world: &mut World, service: Key, routes: EcoVec<EcoString>) {
    world.traffic.routes.insert(service, routes);
}

/// The uids of the pods that a Service's traffic goes to now.
pub(crate) fn routes<'a>(world: &'a World, service: &Key) -> &'a [EcoString] {
    world
        .traffic
        .routes
        .get(service)
        .map_or(&[], |routes| routes.as_slice())
}

/// How many requests a second a Service gets now.
pub(crate) fn load(world: &World, service: &Key) -> u32 {
    let flows = world.traffic.flows.iter();
    flows
        .filter(|flow| flow.service == *service && flow.from <= world.now)
        .map(|flow| flow.per_second)
        .sum()
}

/// Lets traffic flow until `t`: nothing changes before then.
pub(crate) fn flow(world: &mut World, t: Millis) {
    if world.traffic.flows.is_empty() {
        return;
    }
    let mut flows = std::mem::take(&mut world.traffic.flows);
    for flow in flows.make_mut() {
        let begin = world.now.max(flow.from);
        if begin >= t {
            continue;
        }
        let time = i64::try_from(t - begin).unwrap_or(i64::MAX);
        let parts = i64::from(flow.per_second) * time * (PARTS / 1000);
        share_out(world, flow, parts);
    }
    world.traffic.flows = flows;
}

/// Gives each endpoint its equal share. What reaches a pod that does not listen fails.
fn share_out(world: &World, flow: &mut Flow, parts: i64) {
    let routes = routes(world, &flow.service);
    let Some(count) = i64::try_from(routes.len()).ok().filter(|count| *count > 0) else {
        flow.failed += parts;
        return;
    };
    for (at, uid) in (0..).zip(routes) {
        let share = parts / count + i64::from(at < parts % count);
        match world.pods.serving(uid) {
            Some((colour, errors)) => {
                let failed = share * i64::from(errors) / 10_000;
                flow.failed += failed;
                let slot = flow.answered.iter().position(|(have, _)| *have == colour);
                let at = slot.unwrap_or_else(|| {
                    flow.answered.push((colour, 0));
                    flow.answered.len() - 1
                });
                flow.answered.make_mut()[at].1 += share - failed;
            }
            None => flow.failed += share,
        }
    }
}

/// A second is over: whole requests are counted, parts of one wait for the next.
pub(crate) fn second(world: &mut World) {
    let mut sum = Counted::default();
    for flow in world.traffic.flows.make_mut() {
        take(flow, &mut sum);
    }
    lean::sort(&mut sum.answered);
    let tints = &world.delivery.tints;
    let tint =
        |colour: Option<usize>| colour.map_or_else(Tint::default, |colour| tints.tint(colour));
    let answered = sum
        .answered
        .into_iter()
        .map(|(colour, count)| (tint(colour), count))
        .collect();
    let (mut ready, mut wanted) = (0, 0);
    for deployment in world.store.list("Deployment") {
        ready += count(deployment.status().get("readyReplicas"));
        wanted += count(deployment.spec().get("replicas"));
    }
    let ready = (ready, wanted);
    world.measured(Second {
        t: world.now,
        answered,
        failed: sum.failed,
        ready,
    });
    world.after(1000, Event::Second);
}

fn count(value: &Value) -> u32 {
    value
        .as_int()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}

/// Takes the whole requests out of a flow. So that a steady flow gives a steady count, the sum is
/// rounded, not each part of it: the largest rests become whole first, and owe for it.
fn take(flow: &mut Flow, sum: &mut Counted) {
    let mut rests: Vec<&mut i64> = flow
        .answered
        .make_mut()
        .iter_mut()
        .map(|it| &mut it.1)
        .collect();
    rests.push(&mut flow.failed);
    let total: i64 = rests.iter().map(|parts| **parts).sum();
    let mut counts: Vec<i64> = rests
        .iter()
        .map(|parts| parts.div_euclid(PARTS).max(0))
        .collect();
    let mut left = total.div_euclid(PARTS) - counts.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..rests.len()).collect();
    lean::sort_by_key(&mut order, |at| counts[*at] * PARTS - *rests[*at]);
    for at in order {
        counts[at] += i64::from(left > 0);
        left -= 1;
    }
    for (parts, count) in rests.iter_mut().zip(&counts) {
        **parts -= count * PARTS;
    }
    let mut counts = counts
        .into_iter()
        .map(|count| u32::try_from(count).unwrap_or(0));
    for (colour, _) in &flow.answered {
        let count = counts.next().unwrap_or(0);
        match sum.answered.iter_mut().find(|(have, _)| have == colour) {
            Some((_, have)) => *have += count,
            None => sum.answered.push((*colour, count)),
        }
    }
    sum.failed += counts.next().unwrap_or(0);
    flow.answered.retain(|(_, parts)| *parts != 0);
}
