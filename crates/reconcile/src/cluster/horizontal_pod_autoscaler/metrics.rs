//! How many replicas the metrics of the pods ask for
//! (`pkg/controller/podautoscaler/replica_calculator.go`). Shares are compared as fractions, where the
//! real one uses floats.

use crate::cluster::network::{RESOLUTION, Usage};
use crate::cluster::{Context, pod, requests};
use ecow::{EcoString, eco_format};
use kube::quantity::{self, Format, Quantity};
use kube::{Object, Store, Value, time};
use lean::FlatMap;
use std::rc::Rc;

/// By how much usage may differ from its target, downwards and upwards, in thousand-millionths.
pub(super) struct Tolerance {
    pub down: i128,
    pub up: i128,
}

const NANO: i128 = 1_000_000_000;

impl Tolerance {
    /// What `spec.behavior` says, or else a tenth (`horizontal-pod-autoscaler-tolerance`).
    pub fn of(behavior: &Value) -> Tolerance {
        let of = |direction: &str| {
            let given = behavior.get(direction).get("tolerance");
            Quantity::of(given).map_or(NANO / 10, |quantity| quantity.nano)
        };
        Tolerance {
            down: of("scaleDown"),
            up: of("scaleUp"),
        }
    }

    fn covers(&self, ratio: Ratio) -> bool {
        let of = ratio.of;
        (NANO - self.down) * of <= ratio.part * NANO && ratio.part * NANO <= (NANO + self.up) * of
    }
}

/// A part of a target.
#[derive(Clone, Copy)]
struct Ratio {
    part: i128,
    of: i128,
}

impl Ratio {
    fn is_above(self) -> bool {
        self.part > self.of
    }

    fn is_below(self) -> bool {
        self.part < self.of
    }

    /// As many pods, times this, rounded up.
    fn times(self, pods: usize) -> i64 {
        let pods = pods as i128;
        let all = (self.part * pods + self.of - 1).div_euclid(self.of.max(1));
        i64::try_from(all)
            .unwrap_or(i64::MAX)
            .min(i64::from(i32::MAX))
    }
}

/// A metric of the pods, with its target.
pub(super) struct Metric<'a> {
    /// `cpu` or `memory`.
    pub resource: &'a str,
    /// The container that is looked at; empty for all.
    pub container: &'a str,
    /// `target`
    pub target: &'a Value,
}

/// What a metric asks for.
pub(super) struct Proposal {
    pub replicas: i64,
    /// The pods' usage now, as the status shows it.
    pub current: Value,
}

/// Whose pods, and how they are looked at.
pub(super) struct Target<'a> {
    pub store: &'a Store,
    pub context: &'a Context<'a>,
    pub namespace: &'a EcoString,
    pub selector: &'a Value,
    pub replicas: i64,
    pub tolerance: Tolerance,
}

/// The usage of a pod in thousandths, and since when it was measured until when.
struct Sample {
    value: i128,
    from: kube::Millis,
}

type Samples = FlatMap<EcoString, Sample>;

/// The pods by what their metrics are worth.
#[derive(Default)]
struct Groups {
    ready: usize,
    unready: Vec<EcoString>,
    missing: Vec<EcoString>,
}

impl<'a> Target<'a> {
    /// The pods that the selector means, by name.
    pub fn pods(&self) -> Vec<&'a Rc<Object>> {
        self.store.pods_selected(self.namespace, self.selector)
    }

    /// What a metric of the pods asks for.
    ///
    /// # Errors
    /// Why that cannot be said, in the autoscaler's words.
    pub fn propose(&self, metric: &Metric<'_>) -> Result<Proposal, EcoString> {
        let resource = metric.resource;
        let average = metric.target.get("averageValue");
        let (what, result) = match average.is_null() {
            true => ("utilization", self.by_utilization(metric)),
            false => ("usage", self.by_value(metric, milli(average))),
        };
        result.map_err(|why| eco_format!("failed to get {resource} {what}: {why}"))
    }

    fn by_utilization(&self, metric: &Metric<'_>) -> Result<Proposal, EcoString> {
        let target = metric.target.get("averageUtilization").as_int();
        let target = i128::from(target.unwrap_or(0)).max(1);
        let (pods, groups, mut samples) = self.samples(metric)?;
        let mut requests = FlatMap::new();
        for pod in &pods {
            requests.insert(pod.key.name.clone(), request(pod, metric)?);
        }
        let share = |samples: &Samples| {
            let used: i128 = samples.values().map(|it| it.value).sum();
            let asked: i128 = samples.keys().filter_map(|pod| requests.get(pod)).sum();
            (asked > 0).then(|| used * 100 / asked)
        };
        let Some(utilization) = share(&samples) else {
            return Err("no metrics returned matched known pods".into());
        };
        let total: i128 = samples.values().map(|it| it.value).sum();
        let mut current = usage(metric, total / (samples.len() as i128).max(1));
        current.set(
            "averageUtilization",
            i64::try_from(utilization).unwrap_or(0),
        );
        let fallback = target.max(100);
        let worst = |pod: &EcoString| requests.get(pod).copied().unwrap_or(0) * fallback / 100;
        let ratio = |part| Ratio { part, of: target };
        let replicas = self.replicas(
            &groups,
            &mut samples,
            ratio(utilization),
            &worst,
            &|samples| ratio(share(samples).unwrap_or(0)),
        );
        Ok(Proposal { replicas, current })
    }

    fn by_value(&self, metric: &Metric<'_>, target: i128) -> Result<Proposal, EcoString> {
        let (_, groups, mut samples) = self.samples(metric)?;
        let mean = |samples: &Samples| {
            let total: i128 = samples.values().map(|it| it.value).sum();
            total / (samples.len() as i128).max(1)
        };
        let ratio = |part| Ratio {
            part,
            of: target.max(1),
        };
        let now = mean(&samples);
        let current = usage(metric, now);
        let replicas = self.replicas(&groups, &mut samples, ratio(now), &|_| target, &|samples| {
            ratio(mean(samples))
        });
        Ok(Proposal { replicas, current })
    }

    /// The number of replicas at which usage would be on target. Pods of which nothing is known are
    /// taken to be such that they hold the change back.
    fn replicas(
        &self,
        groups: &Groups,
        samples: &mut Samples,
        ratio: Ratio,
        worst: &dyn Fn(&EcoString) -> i128,
        again: &dyn Fn(&Samples) -> Ratio,
    ) -> i64 {
        let up_with_unready = !groups.unready.is_empty() && ratio.is_above();
        if !up_with_unready && groups.missing.is_empty() {
            return match self.tolerance.covers(ratio) {
                true => self.replicas,
                false => ratio.times(groups.ready),
            };
        }
        let mut assume = |pod: &EcoString, value| {
            samples.insert(pod.clone(), Sample { value, from: 0 });
        };
        for pod in &groups.missing {
            if ratio.is_below() {
                assume(pod, worst(pod));
            } else if ratio.is_above() {
                assume(pod, 0);
            }
        }
        for pod in groups.unready.iter().filter(|_| up_with_unready) {
            assume(pod, 0);
        }
        let new = again(samples);
        let turned = (ratio.is_below() && new.is_above()) || (ratio.is_above() && new.is_below());
        if self.tolerance.covers(new) || turned {
            return self.replicas;
        }
        let replicas = new.times(samples.len());
        let turned = (new.is_below() && replicas > self.replicas)
            || (new.is_above() && replicas < self.replicas);
        if turned { self.replicas } else { replicas }
    }

    /// The pods, in groups, and the samples that count.
    fn samples(
        &self,
        metric: &Metric<'_>,
    ) -> Result<(Vec<&'a Rc<Object>>, Groups, Samples), EcoString> {
        let pods = self.pods();
        let (mut samples, mut measured) = (Samples::new(), false);
        for pod in &pods {
            let (known, sample) = self.sample(pod, metric);
            measured |= known;
            if let Some(sample) = sample {
                samples.insert(pod.key.name.clone(), sample);
            }
        }
        if !measured {
            let resource = metric.resource;
            return Err(eco_format!(
                "unable to get metrics for resource {resource}: no metrics returned from resource \
                 metrics API"
            ));
        }
        let mut groups = Groups::default();
        for pod in &pods {
            let name = &pod.key.name;
            if pod.meta.deleted.is_some() || pod::phase(pod) == "Failed" {
                samples.remove(name);
                continue;
            }
            match samples.get(name) {
                _ if pod::phase(pod) == "Pending" => groups.unready.push(name.clone()),
                None => groups.missing.push(name.clone()),
                Some(sample) if metric.resource == "cpu" && self.is_unready(pod, sample) => {
                    groups.unready.push(name.clone());
                }
                Some(_) => groups.ready += 1,
            }
        }
        for name in &groups.unready {
            samples.remove(name);
        }
        if samples.is_empty() {
            return Err("did not receive metrics for targeted pods (pods might be unready)".into());
        }
        Ok((pods, groups, samples))
    }

    /// Whether the metrics server, or else a PodMetrics object, says anything about a pod; and what it
    /// says about this metric.
    fn sample(&self, pod: &Object, metric: &Metric<'_>) -> (bool, Option<Sample>) {
        if let Some((at, usage)) = self.context.network.scraped(&pod.meta.uid) {
            let of = |it: &Usage| match metric.resource {
                "cpu" => i128::from(it.cpu),
                _ => i128::from(it.memory) * 1000,
            };
            let all = usage.iter().map(|it| (it.name.as_str(), Some(of(it))));
            let sample = sample(metric, all, at.saturating_sub(RESOLUTION));
            return (!usage.is_empty(), sample);
        }
        let Some(metrics) = self
            .store
            .get(&pod.key.sibling("PodMetrics", &pod.key.name))
        else {
            return (false, None);
        };
        let usage = |it: &'a Value| {
            let amount = it.get("usage").get(metric.resource);
            let amount = (!amount.is_null()).then(|| milli(amount));
            (it.get("name").text(), amount)
        };
        let until = time::parse_rfc3339(metrics.value.get("timestamp").text()).unwrap_or(0);
        let window = metrics.value.get("window").text();
        let seconds: u64 = window.trim_end_matches('s').parse().unwrap_or(0);
        let all = metrics.value.get("containers").items().iter().map(usage);
        let sample = sample(metric, all, until.saturating_sub(seconds * 1000));
        (true, sample)
    }

    /// Whether what a pod uses says nothing, because it has only just started or never was ready.
    fn is_unready(&self, pod: &Object, sample: &Sample) -> bool {
        let ready = pod.condition("Ready");
        let started = time::parse_rfc3339(pod.status().get("startTime").text());
        let (Some(started), false) = (started, ready.is_null()) else {
            return true;
        };
        let timings = self.context.timings;
        let since = time::parse_rfc3339(ready.get("lastTransitionTime").text()).unwrap_or(0);
        let is_false = ready.get("status").text() == "False";
        match started + timings.autoscaler_initialization > self.context.now {
            true => is_false || sample.from < since,
            false => is_false && started + timings.autoscaler_readiness > since,
        }
    }
}

/// What the containers of a pod that are meant use together, from their names and what each uses in
/// thousandths; none if there is no such container, or if it is not known of one of them.
fn sample<'a>(
    metric: &Metric<'_>,
    containers: impl Iterator<Item = (&'a str, Option<i128>)>,
    from: kube::Millis,
) -> Option<Sample> {
    let mut sum = None;
    for (name, amount) in containers {
        if metric.container.is_empty() || name == metric.container {
            sum = Some(sum.unwrap_or(0) + amount?);
        }
    }
    sum.map(|value| Sample { value, from })
}

/// A quantity in thousandths.
fn milli(value: &Value) -> i128 {
    i128::from(quantity::milli_of(value))
}

/// What a pod requests of the resource.
fn request(pod: &Object, metric: &Metric<'_>) -> Result<i128, EcoString> {
    let whole = pod.spec().at(&["resources", "requests"]);
    if metric.container.is_empty() && whole.members().next().is_some() {
        return request_as_a_whole(pod, metric.resource);
    }
    let sidecars = pod.spec().get("initContainers").items().iter();
    let sidecars = sidecars.filter(|it| it.get("restartPolicy").text() == "Always");
    let (mut sum, mut found) = (0, metric.container.is_empty());
    for container in pod::containers(pod).iter().chain(sidecars) {
        let name = container.get("name").text();
        if !metric.container.is_empty() && name != metric.container {
            continue;
        }
        let asked = container.at(&["resources", "requests", metric.resource]);
        if asked.is_null() {
            return Err(eco_format!(
                "missing request for {} in container {name} of Pod {}",
                metric.resource,
                pod.key.name
            ));
        }
        sum += milli(asked);
        found = true;
    }
    match found {
        true => Ok(sum),
        false => Err(eco_format!(
            "container {} not found in Pod {}",
            metric.container,
            pod.key.name
        )),
    }
}

/// What a pod that says what it requests as a whole requests of a resource; of one that it does not
/// name, what its containers do together.
fn request_as_a_whole(pod: &Object, resource: &str) -> Result<i128, EcoString> {
    let named = |list: &Value| !list.at(&["resources", "requests", resource]).is_null();
    let spec = pod.spec();
    let lists = ["containers", "initContainers"];
    let known = named(spec)
        || lists
            .iter()
            .any(|list| spec.get(list).items().iter().any(named));
    let total = requests::requests(pod);
    match (known, resource) {
        (false, _) => Err(eco_format!(
            "missing pod-level request for {resource} in Pod {}",
            pod.key.name
        )),
        (true, "cpu") => Ok(total.cpu.into()),
        (true, _) => Ok(i128::from(total.memory) * 1000),
    }
}

/// Usage in thousandths as a status shows it.
fn usage(metric: &Metric<'_>, milli: i128) -> Value {
    let format = match metric.resource {
        "memory" => Format::Binary,
        _ => Format::Decimal,
    };
    let nano = milli * (NANO / 1000);
    kube::map! { "averageValue" => Quantity { nano, format }.stored_text() }
}
