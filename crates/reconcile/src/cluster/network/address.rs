//! Who is meant by a name, and to whom of them each request goes.

use super::proxies::{DNS, Endpoint, INGRESS, PROXIES, usable};
use super::{Cause, Network};
use crate::engine::World;
use ecow::{EcoString, eco_format};
use kube::{Key, Millis, Object, Store, Value};
use std::rc::Rc;

/// How many names may lead from one to the next.
const ALIASES_MAX: u32 = 4;

/// How requests come to a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// From a pod, or as from one.
    Inside,
    /// To a port of the nodes, from outside.
    NodePort,
    /// Through a load balancer to a port of the nodes.
    LoadBalancer,
    /// From an Ingress controller, which tries so many endpoints.
    Ingress(u32),
}

/// Where requests go, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    pub service: Key,
    /// The name of the Service's port; a number for a headless one.
    pub port: EcoString,
    pub path: EcoString,
    /// How long the caller waits for an answer.
    pub timeout: Millis,
    pub way: Way,
    /// How many clients stay with their pods; 0 if nobody does.
    pub clients: u32,
}

/// Requests by the proxy of the node that they come from.
pub(super) type Sources = [u64; PROXIES];

/// What a name means.
pub(super) enum Named {
    Service(Rc<Object>),
    /// A host that is not of the cluster.
    Outside,
}

/// What a name means to a pod of a namespace: `name`, `name.namespace`, `name.namespace.svc`, or all of
/// `name.namespace.svc.cluster.local` (Kubernetes docs, "DNS for Services and Pods").
pub(super) fn named(store: &Store, namespace: &str, host: &str) -> Result<Named, Cause> {
    let (mut namespace, mut host) = (EcoString::from(namespace), EcoString::from(host));
    for _ in 0..ALIASES_MAX {
        let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
        let (name, space) = match labels.as_slice() {
            [name] => (*name, namespace.as_str()),
            [name, space] | [name, space, "svc"] | [name, space, "svc", "cluster", "local"] => {
                (*name, *space)
            }
            _ => return Ok(Named::Outside),
        };
        let Some(service) = store.get(&Key::new("Service", space, name)) else {
            // Two labels may be a host of the world, `example.com`; a namespace decides.
            let is_host =
                labels.len() == 2 && store.get(&Key::new("Namespace", "", space)).is_none();
            return if is_host {
                Ok(Named::Outside)
            } else {
                Err(Cause::NoSuchHost)
            };
        };
        if service.spec().get("type").text() != "ExternalName" {
            return Ok(Named::Service(service.clone()));
        }
        (namespace, host) = (
            service.key.namespace.clone(),
            service.spec().get("externalName").to_text(),
        );
    }
    Err(Cause::NoSuchHost)
}

/// The name of a Service's port that a client asks for by number or name; its first if it asks for
/// none. Clients of a headless Service talk to pods, by the port's own number.
///
/// # Errors
/// Nobody answers on a port that a Service does not have.
pub(super) fn port(service: &Object, wanted: &str) -> Result<EcoString, Cause> {
    let ports = service.spec().get("ports").items();
    let is = |port: &&Value| {
        wanted.is_empty()
            || port.get("name").text() == wanted
            || port
                .get("port")
                .as_int()
                .is_some_and(|it| eco_format!("{it}") == wanted)
    };
    let found = ports.iter().find(is);
    if is_headless(service) {
        return match found.and_then(|port| port.get("port").as_int()) {
            Some(number) => Ok(eco_format!("{number}")),
            None if wanted.is_empty() => Ok("80".into()),
            None => Ok(wanted.into()),
        };
    }
    found
        .map(|port| port.get("name").to_text())
        .ok_or(Cause::Timeout)
}

/// Whether a Service has no address of its own: its name leads to its pods.
pub(super) fn is_headless(service: &Object) -> bool {
    service.spec().get("clusterIP").text() == "None"
}

/// How many of a caller's clients stay with their pods.
pub(super) fn loyal(service: &Object, clients: u32) -> u32 {
    match service.spec().get("sessionAffinity").text() {
        "ClientIP" => clients,
        _ => 0,
    }
}

/// Whom requests reach: an endpoint with the number of its port, or nobody.
pub(super) type Reached<'n> = (Result<(&'n Endpoint, i64), Cause>, u64);

impl Network {
    /// Deals requests out as the proxies do.
    pub(super) fn deal<'n>(
        &'n self,
        world: &World,
        address: &Address,
        sources: &Sources,
    ) -> Vec<Reached<'n>> {
        let total = sources.iter().sum();
        let Some(service) = world.store.get(&address.service) else {
            return vec![(Err(Cause::NoEndpoints), total)];
        };
        let is_local = service.spec().get("externalTrafficPolicy").text() == "Local";
        let mut reached = Vec::new();
        match address.way {
            Way::Ingress(_) => {
                let port = &address.port;
                let all = usable(self.views.slices(INGRESS, &address.service), port);
                share(&mut reached, &all, total, address);
            }
            Way::Inside if is_headless(service) => {
                let number = address.port.parse().unwrap_or(0);
                let slices = self.views.slices(DNS, &address.service);
                let all: Vec<_> = slices.flat_map(|slice| slice.endpoints.iter()).collect();
                let ready = all.into_iter().filter(|it| it.ready);
                let ready: Vec<_> = ready.map(|endpoint| (endpoint, number)).collect();
                match ready.is_empty() {
                    true => reached.push((Err(Cause::NoSuchHost), total)),
                    false => share(&mut reached, &ready, total, address),
                }
            }
            Way::LoadBalancer if !has_address(service) => {
                reached.push((Err(Cause::NoSuchHost), total));
            }
            Way::LoadBalancer | Way::NodePort if is_local => {
                self.deal_local(world, address, total, &mut reached);
            }
            _ => {
                for (proxy, rate) in self.alike(&address.service, sources) {
                    let all = usable(self.views.slices(proxy, &address.service), &address.port);
                    share(&mut reached, &all, rate, address);
                }
            }
        }
        reached
    }

    /// The requests of all proxies that know the same of a Service, under one of them: most of the time
    /// that is all.
    fn alike(&self, service: &Key, sources: &Sources) -> Vec<(usize, u64)> {
        let mut groups: Vec<(usize, u64)> = Vec::new();
        for (proxy, rate) in sources.iter().enumerate().filter(|it| *it.1 > 0) {
            let group = groups
                .iter_mut()
                .find(|(other, _)| self.views.agree(proxy, *other, service));
            match group {
                Some((_, sum)) => *sum += rate,
                None => groups.push((proxy, *rate)),
            }
        }
        groups
    }

    /// `externalTrafficPolicy: Local`: each node sends what comes to it to its own pods only. A load
    /// balancer asks the nodes and leaves those out that have none; clients of a node port do not.
    fn deal_local<'n>(
        &'n self,
        world: &World,
        address: &Address,
        total: u64,
        reached: &mut Vec<Reached<'n>>,
    ) {
        let nodes = world.nodes.list();
        let own = |at: usize| {
            let mut all = usable(
                self.views.slices(at % PROXIES, &address.service),
                &address.port,
            );
            all.retain(|(endpoint, _)| endpoint.node == nodes[at].name);
            all
        };
        let balanced = address.way == Way::LoadBalancer;
        let mut targets: Vec<_> = (0..nodes.len()).map(own).collect();
        targets.retain(|own| !balanced || !own.is_empty());
        let count = targets.len() as u64;
        if count == 0 {
            reached.push((Err(Cause::Timeout), total));
        }
        for (at, own) in (0..).zip(&targets) {
            let rate = total / count + u64::from(at < total % count);
            match own.is_empty() {
                true => reached.push((Err(Cause::Timeout), rate)),
                false => share(reached, own, rate, address),
            }
        }
    }
}

/// Shares requests out among endpoints: evenly, or by the clients that stay with each.
fn share<'n>(
    reached: &mut Vec<Reached<'n>>,
    all: &[(&'n Endpoint, i64)],
    rate: u64,
    address: &Address,
) {
    let count = all.len() as u64;
    if count == 0 {
        reached.push((Err(Cause::NoEndpoints), rate));
        return;
    }
    let clients = u64::from(address.clients);
    for (at, target) in (0..).zip(all) {
        // Clients are spread over pods one after the other: whoever has one more gets more.
        let (part, of) = match clients {
            0 => (1, count),
            clients => (clients / count + u64::from(at < clients % count), clients),
        };
        let rest = u64::from(clients == 0 && at < rate % count);
        reached.push((Ok(*target), super::part_of(rate, part, of) + rest));
    }
}

/// Whether a load balancer was given an address.
pub(super) fn has_address(object: &Object) -> bool {
    let given = object.status().at(&["loadBalancer", "ingress"]);
    !given.items().is_empty()
}
