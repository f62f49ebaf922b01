//! What containers use: asked by whoever draws them, and every 15 seconds by the metrics server, for
//! the autoscalers; and what the kernel does to a container that uses more memory than its limit.

use super::Network;
use crate::cluster::kubelet;
use crate::engine::World;
use ecow::{EcoString, EcoVec};
use kube::Millis;
use lean::SharedMap;

/// How often the metrics server asks the kubelets (`--metric-resolution`).
pub(crate) const RESOLUTION: Millis = 15_000;

/// What a container uses now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The container's name.
    pub name: EcoString,
    /// CPU, in thousandths of a core.
    pub cpu: u64,
    /// The CPU periods in which it was throttled, in ten-thousandths.
    pub throttled: u64,
    /// Memory, in bytes.
    pub memory: u64,
}

/// What the metrics server has.
#[derive(Clone, Debug, Default)]
pub(super) struct Scraped {
    at: Millis,
    pods: SharedMap<EcoString, EcoVec<Usage>>,
}

impl Network {
    /// What the metrics server has of a pod, by uid, and from when that is.
    pub(crate) fn scraped(&self, pod: &str) -> Option<(Millis, &[Usage])> {
        let usage = self.usage.pods.get(pod)?;
        Some((self.usage.at, usage.as_slice()))
    }

    /// What the metrics server says of a pod, by uid: what it has for the autoscalers, as long as that is
    /// not too old; else what it would have, did anybody want to know.
    pub(crate) fn measured(
        &self,
        pods: &kubelet::Pods,
        pod: &EcoString,
        now: Millis,
    ) -> Option<(Millis, EcoVec<Usage>)> {
        let at = self.usage.at;
        match at > 0 && now < at + RESOLUTION + 1_000 {
            true => Some((at, self.usage.pods.get(pod)?.clone())),
            false => Some((now, self.usage(pods, pod))),
        }
    }

    /// How long a request to a container waits until it is worked on, in milliseconds.
    pub(crate) fn queue(&self, uid: &EcoString, at: usize) -> Millis {
        self.site(uid, at).map_or(0, |site| site.queue)
    }

    /// Whether a container is too busy to answer every probe in time.
    pub(crate) fn is_strained(&self, uid: &EcoString, at: usize) -> bool {
        self.site(uid, at).is_some_and(super::Site::is_strained)
    }

    /// What the containers of a pod use now that run.
    pub(crate) fn usage(&self, pods: &kubelet::Pods, uid: &EcoString) -> EcoVec<Usage> {
        let mut all = EcoVec::new();
        for (at, name, resting) in pods.resting(uid) {
            let site = self.site(uid, at);
            all.push(match site {
                Some(site) => Usage {
                    name,
                    cpu: site.cpu.0,
                    throttled: site.throttled,
                    memory: site.memory.0,
                },
                None => Usage {
                    name,
                    cpu: resting.0,
                    memory: resting.1,
                    ..Usage::default()
                },
            });
        }
        all
    }
}

/// The metrics server asks the kubelets, if it is time to and an autoscaler wants to know.
pub(super) fn scrape(world: &mut World) {
    let now = world.now;
    if now % RESOLUTION >= 1_000 || !world.store.has("HorizontalPodAutoscaler") {
        return;
    }
    let network = &world.network;
    let uids = world.pods.uids();
    let of = |uid: &EcoString| (uid.clone(), network.usage(&world.pods, uid));
    let pods = uids.map(of).collect();
    world.network.usage = Scraped { at: now, pods };
}

/// The kernel kills the process of a container whose memory is beyond its limit, within a second.
pub(super) fn kill(world: &mut World) {
    let sites = world.network.sites.clone();
    let beyond = |memory: (u64, u64)| memory.1 > 0 && memory.0 > memory.1;
    for site in sites.iter().filter(|site| beyond(site.memory)) {
        let delay = world.random.below(1_000);
        kubelet::out_of_memory(world, &site.pod, site.at, delay);
    }
}
