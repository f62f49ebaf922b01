//! What the whole history of a rollout weighs, and how long it takes to go to any moment of it: a
//! Deployment of many pods comes up, and then rolls.

#[allow(dead_code, reason = "the bench `rollout` uses the rest")]
mod scenario;

use peak_alloc::PeakAlloc;
use reconcile::{Act, Timeline, World};
use std::time::Duration;

/// Counts what is allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const PODS: [u32; 2] = [100, 1_000];
/// Past the end of every rollout here, in virtual milliseconds.
const LIMIT: u64 = 3_600_000;
/// What the history of the largest may weigh, in megabytes.
const BUDGET: f64 = 64.0;
/// How many moments are visited.
const MOMENTS: u64 = 200;

/// The Deployment is given a new template.
#[derive(Clone, Debug)]
struct ChangeTemplate;

impl Act for ChangeTemplate {
    fn act(&self, world: &mut World) {
        scenario::change_template(world);
    }
}

fn main() {
    for pods in PODS {
        let before = MEMORY.current_usage();
        let mut timeline = Timeline::new(scenario::begin(pods));
        assert!(timeline.settle(LIMIT, 0), "the Deployment came up");
        timeline.act(ChangeTemplate);
        assert!(timeline.settle(LIMIT, 0), "the Deployment rolled");
        scenario::assert_updated(timeline.world(), pods);
        let weight = (MEMORY.current_usage() - before) as f64 / 1e6;
        assert!(weight <= BUDGET, "{pods} pods: {weight:.1} MB");
        let entries = timeline.entries().len();

        let mut times: Vec<Duration> = (0..MOMENTS).map(|at| visit(&mut timeline, at)).collect();
        times.sort();
        let [median, slowest] = [times[times.len() / 2], times[times.len() - 1]];
        println!(
            "history/{pods}: {entries} entries, {weight:.1} MB; seek: median {median:.2?}, slowest {slowest:.2?}"
        );
    }
}

/// Goes to one of the moments, which lie all over the history and are visited in no order.
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a bench is about the time outside"
)]
fn visit(timeline: &mut Timeline<ChangeTemplate>, at: u64) -> Duration {
    // 77 and the number of moments have no common divisor.
    let moment = timeline.end() * (at * 77 % MOMENTS) / MOMENTS;
    let start = std::time::Instant::now();
    timeline.seek(moment);
    start.elapsed()
}
