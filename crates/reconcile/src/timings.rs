//! How long things take. Every number has its source; a lab may change them, by the names in [`KNOBS`].

use kube::Millis;

/// How long things take, in virtual milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timings {
    /// From a write in the store until a controller that watches it acts: one hop of a watch and a
    /// work queue. Seen as a few milliseconds between the records of a real control plane.
    pub watch: Millis,
    /// From the binding of a pod until its kubelet has set up the sandbox and its network. Recorded
    /// with containerd 2.1: 0.1 to 0.2 s, so up to half as much again is drawn.
    pub sandbox: Millis,
    /// To create a container, and again to start it. Recorded with containerd 2.1: 10 to 80 ms each.
    pub container: Millis,
    /// What a node pulls from the registry in a second, in bytes: 50 MiB, a plain cloud network with
    /// unpacking.
    pub pull_bytes_per_second: u64,
    /// To ask the registry for a manifest, whether something is pulled or not.
    pub pull_round_trip: Millis,
    /// First wait before a container that ended is started again, doubling up to `back_off_max`
    /// (`pkg/kubelet/kubelet.go`: 10 s, `MaxContainerBackOff` 300 s).
    pub back_off: Millis,
    /// The longest such wait.
    pub back_off_max: Millis,
    /// How often a kubelet looks at a pod without another reason, and half as much again drawn: so late do
    /// the files of a volume follow their ConfigMap (`syncFrequency`: 1 min).
    pub pod_sync: Millis,
    /// How often a kubelet renews its lease (`pkg/kubelet/kubelet.go`, `nodeLeaseRenewIntervalFraction`: a
    /// quarter of 40 s).
    pub lease_renewal: Millis,
    /// How often the node controller looks at all nodes (`node-monitor-period`: 5 s).
    pub node_monitor: Millis,
    /// How long a node may be silent (`node-monitor-grace-period`: 50 s since Kubernetes 1.32).
    pub node_grace: Millis,
    /// How long after one node's pods are driven away the next node's may be (`node-eviction-rate`: one
    /// in 10 s).
    pub node_eviction: Millis,
    /// How often a kubelet looks how much memory its node has left (`pkg/kubelet/kubelet.go`,
    /// `evictionMonitoringPeriod`: 10 s).
    pub eviction_look: Millis,
    /// How long a node is said to be under pressure after it was last
    /// (`evictionPressureTransitionPeriod`: 5 min).
    pub eviction_pressure_transition: Millis,
    /// What a proxy rests at least after it has written its rules (`iptables.minSyncPeriod`: 1 s): in a
    /// rollout, so late does it follow.
    pub proxy_sync: Millis,
    /// How long it takes until a node's new rules hold: half of it to once and a half is drawn. Reported
    /// for `iptables-restore` with some hundred Services (`sync_proxy_rules_duration_seconds`).
    pub proxy_apply: Millis,
    /// How long clients keep the addresses that DNS gave them (CoreDNS as kubeadm sets it up: 30 s).
    pub dns_ttl: Millis,
    /// How long a cloud takes to make a load balancer: a plain value for the big ones, which take from
    /// some seconds to minutes.
    pub load_balancer: Millis,
    /// How long an Ingress controller takes to publish an Ingress' address; plain for the known ones.
    pub ingress_address: Millis,
    /// How long an Event is kept after it was last told (`--event-ttl`: 1 h).
    pub event_ttl: Millis,
    /// How often an autoscaler looks (`horizontal-pod-autoscaler-sync-period`: 15 s).
    pub autoscaler_sync: Millis,
    /// How long after its start a pod's CPU counts only while it is ready
    /// (`horizontal-pod-autoscaler-cpu-initialization-period`: 5 min).
    pub autoscaler_initialization: Millis,
    /// Up to when a pod that is not ready counts as one that never was
    /// (`horizontal-pod-autoscaler-initial-readiness-delay`: 30 s).
    pub autoscaler_readiness: Millis,
    /// How long an autoscaler waits before it scales down
    /// (`horizontal-pod-autoscaler-downscale-stabilization`: 5 min).
    pub autoscaler_down_window: Millis,
    /// How long Argo CD goes by a comparison before it asks git again (`timeout.reconciliation` in
    /// `argocd-cm`: 120 s).
    pub argocd_refresh: Millis,
    /// What is drawn and added to that (`timeout.reconciliation.jitter`: 60 s).
    pub argocd_jitter: Millis,
    /// How long a sync that heals waits after the one before (`controller.self.heal.timeout.seconds`:
    /// 5 s).
    pub argocd_self_heal: Millis,
    /// How often Argo CD looks at a sync that waits, if nothing wakes it (`appcontroller.go`,
    /// appOperationMaxRequeueInterval: 30 s).
    pub argocd_requeue: Millis,
    /// Between two waves of a sync (`ARGOCD_SYNC_WAVE_DELAY`: 2 s).
    pub argocd_wave: Millis,
}

impl Default for Timings {
    fn default() -> Timings {
        Timings {
            watch: 5,
            sandbox: 140,
            container: 40,
            pull_bytes_per_second: 50 << 20,
            pull_round_trip: 350,
            back_off: 10_000,
            back_off_max: 300_000,
            pod_sync: 60_000,
            lease_renewal: 10_000,
            node_monitor: 5_000,
            node_grace: 50_000,
            node_eviction: 10_000,
            eviction_look: 10_000,
            eviction_pressure_transition: 300_000,
            proxy_sync: 1_000,
            proxy_apply: 100,
            dns_ttl: 30_000,
            load_balancer: 20_000,
            ingress_address: 10_000,
            event_ttl: 3_600_000,
            autoscaler_sync: 15_000,
            autoscaler_initialization: 300_000,
            autoscaler_readiness: 30_000,
            autoscaler_down_window: 300_000,
            argocd_refresh: 120_000,
            argocd_jitter: 60_000,
            argocd_self_heal: 5_000,
            argocd_requeue: 30_000,
            argocd_wave: 2_000,
        }
    }
}

/// A timing as `cluster.yaml` names it.
pub struct Knob {
    /// `nodeGrace`
    pub name: &'static str,
    /// What it may be at least: what recurs takes its time.
    pub least: Millis,
    /// Where it is kept.
    pub of: fn(&mut Timings) -> &mut Millis,
}

/// How often something may recur at most.
const OFTEN: Millis = 100;

const fn knob(name: &'static str, least: Millis, of: fn(&mut Timings) -> &mut Millis) -> Knob {
    Knob { name, least, of }
}

/// All that a lab may change, by name. Of `pullBytesPerSecond` it is an amount, of all others a time.
pub const KNOBS: &[Knob] = &[
    knob("argocdJitter", 0, |it| &mut it.argocd_jitter),
    knob("argocdRefresh", OFTEN, |it| &mut it.argocd_refresh),
    knob("argocdRequeue", OFTEN, |it| &mut it.argocd_requeue),
    knob("argocdSelfHeal", 0, |it| &mut it.argocd_self_heal),
    knob("argocdWave", 0, |it| &mut it.argocd_wave),
    knob("autoscalerDownWindow", 0, |it| {
        &mut it.autoscaler_down_window
    }),
    knob("autoscalerInitialization", 0, |it| {
        &mut it.autoscaler_initialization
    }),
    knob("autoscalerReadiness", 0, |it| &mut it.autoscaler_readiness),
    knob("autoscalerSync", OFTEN, |it| &mut it.autoscaler_sync),
    knob("backOff", OFTEN, |it| &mut it.back_off),
    knob("backOffMax", OFTEN, |it| &mut it.back_off_max),
    knob("container", 0, |it| &mut it.container),
    knob("dnsTtl", 0, |it| &mut it.dns_ttl),
    knob("eventTtl", OFTEN, |it| &mut it.event_ttl),
    knob("evictionLook", OFTEN, |it| &mut it.eviction_look),
    knob("evictionPressureTransition", 0, |it| {
        &mut it.eviction_pressure_transition
    }),
    knob("ingressAddress", 0, |it| &mut it.ingress_address),
    knob("leaseRenewal", OFTEN, |it| &mut it.lease_renewal),
    knob("loadBalancer", 0, |it| &mut it.load_balancer),
    knob("nodeEviction", 0, |it| &mut it.node_eviction),
    knob("nodeGrace", 0, |it| &mut it.node_grace),
    knob("nodeMonitor", OFTEN, |it| &mut it.node_monitor),
    knob("podSync", OFTEN, |it| &mut it.pod_sync),
    knob("proxyApply", 0, |it| &mut it.proxy_apply),
    knob("proxySync", 0, |it| &mut it.proxy_sync),
    knob(PULL_RATE, 1, |it| &mut it.pull_bytes_per_second),
    knob("pullRoundTrip", 0, |it| &mut it.pull_round_trip),
    knob("sandbox", 0, |it| &mut it.sandbox),
    knob("watch", 1, |it| &mut it.watch),
];

/// The one that is no time, but bytes in a second.
pub const PULL_RATE: &str = "pullBytesPerSecond";

#[cfg(test)]
mod tests {
    use super::*;

    /// What is real stays real: the defaults of Kubernetes 1.36 and Argo CD 3, in milliseconds.
    #[test]
    fn defaults_are_the_real_ones() {
        let expected = [
            ("argocdJitter", 60_000),
            ("argocdRefresh", 120_000),
            ("argocdRequeue", 30_000),
            ("argocdSelfHeal", 5_000),
            ("argocdWave", 2_000),
            ("autoscalerDownWindow", 300_000),
            ("autoscalerInitialization", 300_000),
            ("autoscalerReadiness", 30_000),
            ("autoscalerSync", 15_000),
            ("backOff", 10_000),
            ("backOffMax", 300_000),
            ("container", 40),
            ("dnsTtl", 30_000),
            ("eventTtl", 3_600_000),
            ("evictionLook", 10_000),
            ("evictionPressureTransition", 300_000),
            ("ingressAddress", 10_000),
            ("leaseRenewal", 10_000),
            ("loadBalancer", 20_000),
            ("nodeEviction", 10_000),
            ("nodeGrace", 50_000),
            ("nodeMonitor", 5_000),
            ("podSync", 60_000),
            ("proxyApply", 100),
            ("proxySync", 1_000),
            ("pullBytesPerSecond", 52_428_800),
            ("pullRoundTrip", 350),
            ("sandbox", 140),
            ("watch", 5),
        ];
        let mut timings = Timings::default();
        let have: Vec<(&str, Millis)> = KNOBS
            .iter()
            .map(|knob| (knob.name, *(knob.of)(&mut timings)))
            .collect();
        assert_eq!(have, expected);
        assert!(
            KNOBS
                .iter()
                .all(|knob| knob.least <= *(knob.of)(&mut timings))
        );
        // Each of them is a field of its own.
        for (at, knob) in KNOBS.iter().enumerate() {
            *(knob.of)(&mut timings) = at as u64;
        }
        let each = KNOBS.iter().map(|knob| *(knob.of)(&mut timings));
        assert!(each.eq(0..KNOBS.len() as u64));
    }
}
