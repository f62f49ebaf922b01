//! `bring_up/PODS` and `rolling_update/PODS`: how long the engine takes for a whole Deployment.
//!
//! Growth, in thousands of instructions for each pod (counted by callgrind, release profile):
//!
//! | pods | bring-up | roll |
//! | --- | --- | --- |
//! | 100 | 450 | 610 |
//! | 1,000 | 410 | 605 |
//! | 10,000 | 420 | 665 |
//!
//! What grows: the scheduler goes through 420 of 1,000 nodes, and of 100 through all
//! (`numFeasibleNodesToFind`), with a few instructions for each, as alike ones are judged once; a ReplicaSet
//! ranks its pods anew for every 500 that it deletes (3 % of the roll of 10,000); ways in maps get a fork
//! longer. Time grows more than instructions do, as less of the cluster is in the processor's caches. Not
//! measured here, and not linear: a Service or a budget over all pods goes through all of them whenever one
//! of them changes.

mod scenario;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const PODS: [u32; 3] = [100, 1_000, 10_000];

fn bring_up(criterion: &mut Criterion) {
    // As the program does that plays labs.
    memory::reserve();
    let mut group = criterion.benchmark_group("bring_up");
    group.sample_size(10);
    for pods in PODS {
        group.throughput(Throughput::Elements(u64::from(pods)));
        group.bench_with_input(
            BenchmarkId::from_parameter(pods),
            &pods,
            |bencher, &pods| {
                // What came up is dropped outside the measurement.
                bencher.iter_with_large_drop(|| scenario::bring_up(black_box(pods)));
            },
        );
    }
    group.finish();
}

fn rolling_update(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rolling_update");
    group.sample_size(10);
    for pods in PODS {
        let cluster = scenario::bring_up(pods);
        scenario::assert_updated(&scenario::rolling_update(&cluster), pods);
        group.throughput(Throughput::Elements(u64::from(pods)));
        group.bench_with_input(
            BenchmarkId::from_parameter(pods),
            &cluster,
            |bencher, cluster| {
                bencher.iter_batched(
                    || cluster,
                    scenario::rolling_update,
                    BatchSize::PerIteration,
                );
            },
        );
    }
    group.finish();
}

criterion_group!(benches, bring_up, rolling_update);
criterion_main!(benches);
