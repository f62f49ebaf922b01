//! What a viewer is shown of the network.

use super::meter::{Colour, Counted, Meter};
use super::proxies::{DNS, INGRESS, PROXIES, usable};
use super::solve::Site;
use super::{Network, address, ingress};
use crate::cluster::requests;
use crate::delivery::traffic::Target;
use crate::engine::World;
use crate::texts;
use crate::view::{
    CallerRow, EndpointRow, Gauge, Second, SenderRow, ServiceRow, ServiceSecond, Tint, UsageSecond,
};
use ecow::{EcoString, eco_format};
use kube::{Key, Object, Value};
use std::rc::Rc;

/// All Services with the load on them.
pub(crate) fn services(world: &World) -> Vec<ServiceRow> {
    let row = |service: &Rc<Object>| service_row(world, service);
    world.store.list("Service").into_iter().map(row).collect()
}

fn service_row(world: &World, service: &Rc<Object>) -> ServiceRow {
    let network = &world.network;
    let (senders, sent) = network.sent(world, service);
    let slices = world.store.owned_by(&service.meta.uid);
    let endpoints = slices.flat_map(|slice| slice.value.get("endpoints").items());
    let endpoint = |endpoint: &Value| {
        let pod = endpoint.at(&["targetRef", "uid"]).to_text();
        let first = sent.partition_point(|(to, _)| **to < pod);
        let of_pod = sent[first..].iter().take_while(|(to, _)| **to == pod);
        let is = |name: &str| endpoint.at(&["conditions", name]).as_bool();
        // `ready` is so if nothing is said.
        let ready = is("ready") != Some(false);
        EndpointRow {
            address: endpoint
                .get("addresses")
                .items()
                .first()
                .map_or_else(EcoString::new, Value::to_text),
            ready,
            serving: is("serving").unwrap_or(ready),
            terminating: is("terminating") == Some(true),
            sent_by: of_pod.fold(0, |all, (_, by)| all | by),
            pod,
        }
    };
    let spec = service.spec();
    let mut address = spec.get("clusterIP").to_text();
    let outside = service.status().at(&["loadBalancer", "ingress"]).items();
    if let Some(given) = outside.first() {
        address = eco_format!("{address}, {}", given.get("ip").text());
    }
    let nothing = Meter::default();
    let meter = network.services.get(&service.key).unwrap_or(&nothing);
    ServiceRow {
        namespace: service.key.namespace.clone(),
        name: service.key.name.clone(),
        kind: spec.get("type").to_text(),
        address,
        per_second: whole(meter.rates.total()),
        total: meter.total,
        causes: meter.last.causes(),
        latency: meter.last.latency,
        endpoints: endpoints.map(endpoint).collect(),
        senders,
    }
}

/// Thousandths of a request a second as requests.
fn whole(rate: u64) -> u32 {
    u32::try_from((rate + 500) / 1000).unwrap_or(u32::MAX)
}

/// Those who send a Service's requests to pods: their places among the viewers, and their names.
fn senders(world: &World, service: &Object) -> Vec<(usize, EcoString)> {
    if address::is_headless(service) {
        return vec![(DNS, texts::nodes::CLUSTER_DNS.into())];
    }
    let nodes = world.nodes.list();
    let proxy = |at: usize| {
        let name = nodes
            .get(at)
            .map_or("kube-proxy", |node| node.name.as_str());
        // Those that share a time share a row.
        let name = match nodes
            .iter()
            .skip(at + 1)
            .skip(PROXIES - 1)
            .step_by(PROXIES)
            .count()
        {
            0 => name.into(),
            more => texts::nodes::and_more(name, more),
        };
        (at, name)
    };
    let mut all: Vec<_> = (0..nodes.len().clamp(1, PROXIES)).map(proxy).collect();
    if ingress::leads_to(&world.store, &service.key) {
        all.push((INGRESS, texts::nodes::INGRESS_CONTROLLER.into()));
    }
    all
}

impl Network {
    /// Who sends a Service's requests, and to which pods: by uid, in order, with the bits of the senders.
    /// Those who know the same of it send alike.
    fn sent(&self, world: &World, service: &Object) -> (Vec<SenderRow>, Vec<(&EcoString, u16)>) {
        let senders = senders(world, service);
        let key = &service.key;
        let mut alike: Vec<(usize, u16)> = Vec::new();
        for (place, (viewer, _)) in senders.iter().enumerate() {
            let bit = 1 << place;
            let mut groups = alike.iter_mut();
            match groups.find(|(other, _)| self.views.agree(*viewer, *other, key)) {
                Some((_, bits)) => *bits |= bit,
                None => alike.push((*viewer, bit)),
            }
        }
        let mut pods = Vec::new();
        for (viewer, bits) in alike {
            let slices = || self.views.slices(viewer, key);
            let mut ports: Vec<&EcoString> = Vec::new();
            for slice in slices() {
                ports.extend(slice.ports.iter().map(|port| &port.0));
            }
            ports.dedup();
            for port in ports {
                let all = usable(slices(), port);
                pods.extend(all.into_iter().map(|(endpoint, _)| (&endpoint.pod, bits)));
            }
        }
        lean::sort(&mut pods);
        let row = |(viewer, name)| SenderRow {
            name,
            is_current: self.views.is_current(viewer, key),
        };
        (senders.into_iter().map(row).collect(), pods)
    }
}

/// All callers, with what became of their requests.
pub(crate) fn callers(world: &World) -> Vec<CallerRow> {
    let flows = world.network.flows.iter();
    let rows = flows.map(|flow| {
        let caller = &flow.caller;
        let path = &caller.path;
        let (answered, failed) = flow.meter.total;
        // What the objective allows to fail of all requests, in ten-thousandths of one.
        let allowed = (answered + failed) * u64::from(10_000 - caller.objective);
        let used = (failed * 1_000_000).checked_div(allowed);
        CallerRow {
            target: match &caller.target {
                Target::Service(name, namespace, _) => eco_format!("{name}.{namespace}{path}"),
                Target::Host(host) => eco_format!("{host}{path}"),
            },
            per_second: whole(caller.rate(world.now - flow.begun)),
            total: flow.meter.total,
            objective: caller.objective,
            budget_used: u32::try_from(used.unwrap_or(0)).unwrap_or(u32::MAX),
        }
    });
    rows.collect()
}

/// How many requests a second all callers make now.
pub(crate) fn load(world: &World) -> u32 {
    let flows = world.network.flows.iter();
    whole(
        flows
            .map(|flow| flow.caller.rate(world.now - flow.begun))
            .sum(),
    )
}

/// The last full second.
pub(super) fn second(world: &World) -> Second {
    let tints = &world.delivery.tints;
    let tint = |colour: Option<usize>| colour.map_or_else(Tint::default, |it| tints.tint(it));
    let (mut ready, mut wanted) = (0, 0);
    for deployment in world.store.list("Deployment") {
        ready += number(deployment.status().get("readyReplicas"));
        wanted += number(deployment.spec().get("replicas"));
    }
    let last = &world.network.all.last;
    let services = world.network.services.iter();
    let answered = |last: &Counted| -> Vec<(Tint, u32)> {
        let counts = last.answered.iter();
        counts
            .map(|(colour, count)| (tint(*colour), *count))
            .collect()
    };
    let busy = services.filter(|(_, meter)| meter.last.answers() + meter.last.failures() > 0);
    let busy: Vec<(&Key, &Meter)> = busy.collect();
    let usage = usage(world, &busy);
    let services = busy.into_iter().zip(usage).map(|((key, meter), usage)| {
        let last = &meter.last;
        ServiceSecond {
            name: key.name.clone(),
            answered: answered(last),
            failed: last.failures(),
            latency: last.latency,
            usage,
        }
    });
    Second {
        t: world.now,
        answered: answered(last),
        failed: last.failures(),
        causes: last.causes(),
        latency: last.latency,
        services: services.collect(),
        ready: (ready, wanted),
    }
}

/// What the containers of one commit use that a Service's requests reach, and the sums of CPU and memory.
type Used = (Colour, [u64; 2], UsageSecond);

/// What the containers use that each of some Services' requests reach, by commit; the Services are in
/// order. All containers are gone through once, and nothing is looked up but what one of each commit
/// requests.
fn usage(world: &World, services: &[(&Key, &Meter)]) -> Vec<Vec<UsageSecond>> {
    let mut all: Vec<Vec<Used>> = vec![Vec::new(); services.len()];
    for site in &world.network.sites {
        let service = |at: usize| &site.edges[at].0.service;
        for at in 0..site.edges.len() {
            // What it is asked on two ports, or by two nodes, it is asked as one Service.
            if (0..at).any(|before| service(before) == service(at)) {
                continue;
            }
            if let Ok(place) = services.binary_search_by(|(key, _)| (*key).cmp(service(at))) {
                add(world, &mut all[place], site);
            }
        }
    }
    all.into_iter().map(means).collect()
}

fn add(world: &World, rows: &mut Vec<Used>, site: &Site) {
    let of = |row: &Used| row.0 == site.colour;
    let at = rows.iter().position(of).unwrap_or_else(|| {
        let requests = world
            .store
            .get(&site.key)
            .map(|pod| requests::requests(pod));
        let asks = |number: i64| u64::try_from(number).unwrap_or(0);
        let (cpu, memory) = requests.map_or((0, 0), |it| (asks(it.cpu), asks(it.memory)));
        let gauge = |request, limit| Gauge {
            request,
            limit,
            ..Gauge::default()
        };
        let tints = &world.delivery.tints;
        let row = UsageSecond {
            tint: site.colour.map_or_else(Tint::default, |it| tints.tint(it)),
            containers: 0,
            cpu: gauge(small(cpu), small(site.cpu.1)),
            memory: gauge(mebibytes(memory), mebibytes(site.memory.1)),
        };
        rows.push((site.colour, [0, 0], row));
        rows.len() - 1
    });
    let (_, sums, row) = &mut rows[at];
    row.containers += 1;
    sums[0] += site.cpu.0;
    sums[1] += site.memory.0;
    row.cpu.most = row.cpu.most.max(small(site.cpu.0));
    row.memory.most = row.memory.most.max(mebibytes(site.memory.0));
}

fn means(mut rows: Vec<Used>) -> Vec<UsageSecond> {
    lean::sort_by(&mut rows, |a, b| a.0.cmp(&b.0));
    let row = |(_, [cpu, memory], mut row): Used| {
        let number = u64::from(row.containers.max(1));
        row.cpu.mean = small(cpu / number);
        row.memory.mean = mebibytes(memory / number);
        row
    };
    rows.into_iter().map(row).collect()
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn mebibytes(bytes: u64) -> u32 {
    small(bytes.div_ceil(1 << 20))
}

fn number(value: &Value) -> u32 {
    value
        .as_int()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}
