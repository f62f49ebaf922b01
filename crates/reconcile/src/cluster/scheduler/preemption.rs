//! Pods that make room for one that matters more (`pkg/scheduler/framework/preemption`,
//! `plugins/defaultpreemption`).

use super::cycle::{Cycle, Refusal};
use super::histogram;
use crate::cluster::nodes::Nodes;
use crate::cluster::pod;
use ecow::{EcoString, eco_format};
use kube::{Object, Store, selector, time};
use lean::FlatMap;
use std::cmp::Reverse;
use std::rc::Rc;

/// The pods that a node would lose.
pub(super) struct Victims<'a> {
    /// The node's place in the list.
    pub node: usize,
    /// The pods, those that matter most first.
    pub pods: Vec<&'a Rc<Object>>,
    /// How many of them a disruption budget protects.
    violations: usize,
}

/// Why nobody goes.
pub(super) struct Helpless {
    /// As FailedScheduling says it.
    pub why: EcoString,
    /// Whether pods are on their way out already.
    pub waits: bool,
}

impl Helpless {
    fn because(why: impl Into<EcoString>) -> Helpless {
        Helpless {
            why: why.into(),
            waits: false,
        }
    }
}

/// Looks at this many nodes, or a tenth of them if that is more.
const CANDIDATES: usize = 100;

/// The fewest and least important pods that have to go for a pod to fit on some node.
///
/// # Errors
/// Why nobody goes.
pub(super) fn find<'a>(
    cycle: &Cycle<'a>,
    refusals: &[(usize, Rc<Refusal>)],
) -> Result<Victims<'a>, Helpless> {
    if cycle.pod.spec().get("preemptionPolicy").text() == "Never" {
        return Err(Helpless::because(
            "not eligible due to preemptionPolicy=Never.",
        ));
    }
    if waits_for_victims(cycle, refusals) {
        let why = "not eligible due to a terminating pod on the nominated node.";
        return Err(Helpless {
            waits: true,
            ..Helpless::because(why)
        });
    }
    let most = CANDIDATES.max(cycle.nodes.list().len() / 10);
    let mut reasons: FlatMap<EcoString, usize> = FlatMap::new();
    let (mut found, mut tried) = (Vec::new(), 0);
    for (node, _) in refusals.iter().filter(|(_, refusal)| refusal.resolvable) {
        if found.len() == most {
            break;
        }
        tried += 1;
        match victims(cycle, *node) {
            Ok(victims) => found.push(victims),
            Err(refusal) => {
                for reason in refusal.reasons {
                    *reasons.entry(reason).or_default() += 1;
                }
            }
        }
    }
    let all = cycle.nodes.list().len();
    found.into_iter().min_by_key(cost).ok_or_else(|| {
        if tried < all {
            reasons.insert(
                "Preemption is not helpful for scheduling".into(),
                all - tried,
            );
        }
        let why = eco_format!("0/{all} nodes are available: {}.", histogram(&reasons));
        Helpless::because(why)
    })
}

/// Whether pods were told to go for this one, and have not gone yet.
fn waits_for_victims(cycle: &Cycle<'_>, refusals: &[(usize, Rc<Refusal>)]) -> bool {
    let nominated = cycle.pod.status().get("nominatedNodeName").to_text();
    let hopeless = |(at, refusal): &(usize, Rc<Refusal>)| {
        cycle.nodes.list()[*at].name == nominated && !refusal.resolvable
    };
    !nominated.is_empty()
        && !refusals.iter().any(hopeless)
        && cycle.store.pods_on(&nominated).any(|it| {
            it.meta.deleted.is_some()
                && pod::priority(it) < pod::priority(cycle.pod)
                && it.condition("DisruptionTarget").get("reason").text() == "PreemptionByScheduler"
        })
}

/// Which victims are the least loss: the first difference decides
/// (`preemption.go`, pickOneNodeForPreemption).
fn cost(victims: &Victims<'_>) -> impl Ord + use<> {
    let priorities = victims.pods.iter().map(|it| pod::priority(it));
    let highest = priorities.clone().max().unwrap_or(i64::MIN);
    // Moved into the positive, so that more pods are never less.
    let sum: i64 = priorities.map(|it| it + (1 << 31)).sum();
    let top = victims
        .pods
        .iter()
        .filter(|it| pod::priority(it) == highest);
    let oldest = top.map(|it| started(it)).min();
    (
        victims.violations,
        highest,
        sum,
        victims.pods.len(),
        Reverse(oldest),
    )
}

/// When a pod was started on its node; in times to come if it was not.
fn started(pod: &Object) -> kube::Millis {
    time::parse_rfc3339(pod.status().get("startTime").text()).unwrap_or(kube::Millis::MAX)
}

/// The pods that have to go from a node: all that matter less, without those that may stay after all.
fn victims<'a>(cycle: &Cycle<'a>, node: usize) -> Result<Victims<'a>, Refusal> {
    let name = &cycle.nodes.list()[node].name;
    let mut lesser: Vec<&Rc<Object>> = cycle
        .store
        .pods_on(name)
        .filter(|it| !pod::has_ended(it) && pod::priority(it) < pod::priority(cycle.pod))
        .collect();
    if lesser.is_empty() {
        return Err(Refusal {
            reasons: vec!["No preemption victims found for incoming pod".into()],
            resolvable: false,
        });
    }
    let mut nodes = cycle.nodes.clone();
    for pod in &lesser {
        nodes.count(node, pod, -1);
    }
    let fits = |nodes: &Nodes| Cycle::new(cycle.store, nodes, cycle.pod).refusal(node);
    if let Some(refusal) = fits(&nodes) {
        return Err(refusal);
    }
    lean::sort_by_key(&mut lesser, |it| (Reverse(pod::priority(it)), started(it)));
    let (protected, free) = by_protection(cycle.store, lesser);
    let mut lost = Vec::new();
    let mut violations = 0;
    for (pods, violates) in [(protected, 1), (free, 0)] {
        for pod in pods {
            nodes.count(node, pod, 1);
            if fits(&nodes).is_some() {
                nodes.count(node, pod, -1);
                lost.push(pod);
                violations += violates;
            }
        }
    }
    lean::sort_by_key(&mut lost, |it| (Reverse(pod::priority(it)), started(it)));
    Ok(Victims {
        node,
        pods: lost,
        violations,
    })
}

/// Which pods could not go without breaking a disruption budget, and which could
/// (`filterPodsWithPDBViolation`).
fn by_protection<'a>(
    store: &Store,
    pods: Vec<&'a Rc<Object>>,
) -> (Vec<&'a Rc<Object>>, Vec<&'a Rc<Object>>) {
    let budgets = store.list("PodDisruptionBudget");
    let mut left: Vec<i64> = budgets
        .iter()
        .map(|budget| budget.status().get("disruptionsAllowed").as_int())
        .map(|allowed| allowed.unwrap_or(0))
        .collect();
    pods.into_iter().partition(|pod| {
        let mut violates = false;
        for (budget, left) in budgets.iter().zip(&mut left) {
            let wanted = budget.spec().get("selector");
            if budget.key.namespace == pod.key.namespace
                && wanted.members().next().is_some()
                && selector::matches(wanted, pod.labels())
                && budget
                    .status()
                    .get("disruptedPods")
                    .get(&pod.key.name)
                    .is_null()
            {
                *left -= 1;
                violates |= *left < 0;
            }
        }
        violates
    })
}
