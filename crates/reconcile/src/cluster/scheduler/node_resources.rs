//! What pods request and what nodes have (`plugins/noderesources`).

use super::cycle::{Candidate, Cycle, Refusal};
use crate::cluster::nodes::Node;
use ecow::{EcoString, eco_format};

/// A node must have what a pod requests, besides what its pods requested already (`fit.go`).
pub(super) fn fit(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    let (ask, all, used) = (&cycle.requests, &node.allocatable, &node.requested);
    let mut refusal = Refusal {
        reasons: Vec::new(),
        resolvable: true,
    };
    if node.pods + 1 > node.pods_max {
        refusal.reasons.push("Too many pods".into());
    }
    let mut check = |reason: &dyn Fn() -> EcoString, ask: i64, all: i64, used: i64| {
        if ask > 0 && ask > all - used {
            refusal.reasons.push(reason());
            // Not even an empty node would do.
            refusal.resolvable &= ask <= all;
        }
    };
    check(&|| "Insufficient cpu".into(), ask.cpu, all.cpu, used.cpu);
    check(
        &|| "Insufficient memory".into(),
        ask.memory,
        all.memory,
        used.memory,
    );
    check(
        &|| "Insufficient ephemeral-storage".into(),
        ask.storage,
        all.storage,
        used.storage,
    );
    for (name, amount) in &ask.others {
        let reason = || eco_format!("Insufficient {name}");
        check(&reason, *amount, all.other(name), used.other(name));
    }
    Some(refusal).filter(|refusal| !refusal.reasons.is_empty())
}

/// The share of a node's cpu and memory that would stay free (`least_allocated.go`).
pub(super) fn least_allocated(cycle: &Cycle<'_>, nodes: &[Candidate<'_>]) -> Option<Vec<i64>> {
    let more = &cycle.weight;
    let score = |it: &Candidate<'_>| {
        let (all, used) = (&it.node.allocatable, &it.node.weight);
        let both = [
            (all.cpu, used.cpu + more.cpu),
            (all.memory, used.memory + more.memory),
        ];
        let (mut sum, mut resources) = (0, 0);
        for (all, used) in both.into_iter().filter(|(all, _)| *all > 0) {
            sum += (all - used).max(0).saturating_mul(100) / all;
            resources += 1;
        }
        sum.checked_div(resources).unwrap_or(0)
    };
    Some(nodes.iter().map(score).collect())
}

/// How much better than now a node's cpu and memory would be used in equal parts
/// (`balanced_allocation.go`). A pod that requests neither makes no difference.
pub(super) fn balanced_allocation(cycle: &Cycle<'_>, nodes: &[Candidate<'_>]) -> Option<Vec<i64>> {
    let more = &cycle.requests;
    if more.cpu == 0 && more.memory == 0 {
        return None;
    }
    let score = |it: &Candidate<'_>| {
        let (all, used) = (&it.node.allocatable, &it.node.requested);
        let with = balance(
            (used.cpu + more.cpu, all.cpu),
            (used.memory + more.memory, all.memory),
        );
        50 + (50 + with - it.node.balance) / 2
    };
    Some(nodes.iter().map(score).collect())
}

/// 100 where two shares of a whole are equal, 50 where one is nothing and one is all: 100 × (1 −
/// standard deviation), in whole numbers and rounded down.
pub(in crate::cluster) fn balance((a, all_a): (i64, i64), (b, all_b): (i64, i64)) -> i64 {
    if all_a <= 0 || all_b <= 0 {
        return 100;
    }
    let (a, b) = (a.clamp(0, all_a), b.clamp(0, all_b));
    let [a, all_a, b, all_b] = [a, all_a, b, all_b].map(i128::from);
    let whole = all_a * all_b;
    let apart = (a * all_b - b * all_a).abs();
    let above = 50 * apart + whole - 1;
    // Most nodes are small enough for a short division.
    let part = match (i64::try_from(above), i64::try_from(whole)) {
        (Ok(above), Ok(whole)) => above / whole,
        _ => i64::try_from(above / whole).unwrap_or(50),
    };
    100 - part
}

#[cfg(test)]
mod tests {
    use super::balance;

    #[test]
    fn equal_shares_are_balanced() {
        let cases = [
            ((0, 4), (0, 8), 100),
            ((2, 4), (4, 8), 100),
            ((4, 4), (0, 8), 50),
            ((9, 4), (0, 8), 50),
            ((1, 4), (0, 8), 87),
            ((1, 0), (3, 8), 100),
        ];
        for (cpu, memory, expected) in cases {
            assert_eq!(balance(cpu, memory), expected, "{cpu:?} {memory:?}");
        }
    }
}
