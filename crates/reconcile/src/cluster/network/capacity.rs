//! What load does to one container: how long answers take, what CPU and memory it uses, and what it
//! cannot answer.
//!
//! A container is a queue. Below its capacity requests wait as in M/M/1, the mean wait being
//! `service × utilization / (1 − utilization)`; above it, they pile up until callers give up.

use super::meter::part_of;
use super::spread::Spread;
use crate::delivery::app::App;
use kube::Millis;

/// The period of the CPU bandwidth controller: a container that has used up its quota stands still
/// until the next one begins (`cpuCFSQuotaPeriod`).
const PERIOD: u64 = 100;
/// More CPU than there is anywhere, in thousandths of a core.
const CPU_MAX: u64 = 1_000_000_000;
/// More memory than there is anywhere, in bytes.
const MEMORY_MAX: u64 = 1 << 60;
/// Ten-thousandths.
const WHOLE: u64 = 10_000;
/// Waits are not reckoned beyond this utilization, in ten-thousandths: what is more piles up.
const BUSY_MAX: u64 = 9_900;

/// What a container has and is asked for. Rates are thousandths of a request a second, which is
/// millionths of a request in a millisecond.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demand {
    /// Requests that come.
    pub rate: u64,
    /// Requests that came until now.
    pub before: u64,
    /// CPU that it may use, in thousandths of a core.
    pub cpu: u64,
    /// Whether that is a limit, so that the kernel throttles it.
    pub is_limited: bool,
    /// How long a request kept a worker busy lately: what it waits for included, as soon as it is
    /// worked on.
    pub hold: Millis,
    /// How long the most patient caller waits.
    pub patience: Millis,
    /// What has piled up, in millionths of a request.
    pub backlog: u64,
    /// For how long it was piled up since that was reckoned.
    pub time: Millis,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Supply {
    /// How long answers take, without what it calls.
    pub spread: Spread,
    /// How long a request keeps a worker busy, without what it calls.
    pub held: Millis,
    /// Of the requests, those that are still waiting when their callers give up, in ten-thousandths.
    pub late: u64,
    /// What has piled up now, in millionths of a request.
    pub backlog: u64,
    /// CPU that it uses, in thousandths of a core.
    pub cpu: u64,
    /// The periods in which it was throttled, in ten-thousandths.
    pub throttled: u64,
    /// Whether more comes than it can answer.
    pub is_overloaded: bool,
}

/// What a container makes of the requests that come.
pub(super) fn supply(app: &App, demand: &Demand) -> Supply {
    let (need, idle) = (app.cpu.per_request, app.cpu.idle.min(CPU_MAX));
    let cpu = demand.cpu.clamp(1, CPU_MAX);
    let wanted = idle.saturating_add(part_of(demand.rate, need, 1000));
    let by_cpu = (cpu.saturating_sub(idle).max(1) * 1000).checked_div(need);
    let by_workers = (app.concurrency * 1_000_000).checked_div(demand.hold.max(1));
    let by_workers = by_workers.filter(|_| app.concurrency > 0);
    let capacity = by_cpu
        .into_iter()
        .chain(by_workers)
        .min()
        .unwrap_or(u64::MAX)
        .max(1);

    let wait_for_cpu = need * 1000 / cpu * odds(demand.rate, by_cpu) / WHOLE;
    let wait_for_worker =
        demand.hold * odds(demand.rate, by_workers) / (WHOLE * app.concurrency.max(1));
    let fixed = app.latency + standstill(need, cpu, demand.is_limited);
    let share = part_of(wanted, WHOLE, cpu).min(WHOLE);
    let calm = Supply {
        spread: Spread::queue(fixed, wait_for_cpu + wait_for_worker),
        held: fixed,
        cpu: wanted.min(cpu),
        throttled: if demand.is_limited {
            share * share / WHOLE
        } else {
            0
        },
        ..Supply::default()
    };
    if demand.rate <= capacity && demand.backlog == 0 {
        return calm;
    }
    // What waits longer than anybody's patience is given up, so no more than that piles up.
    let rest = demand.patience.saturating_sub(fixed.max(demand.hold) + 1);
    let most = capacity.saturating_mul(rest);
    let came = demand.before.saturating_mul(demand.time);
    let left = capacity.saturating_mul(demand.time);
    let backlog = demand
        .backlog
        .saturating_add(came)
        .saturating_sub(left)
        .min(most);
    let is_full = backlog == most && demand.rate > capacity;
    let wait = backlog / capacity;
    Supply {
        spread: match demand.rate > capacity {
            true => Spread::queue(fixed + wait, 0),
            false => calm.spread.then(Spread::queue(wait, 0)),
        },
        late: if is_full {
            (demand.rate - capacity) * WHOLE / demand.rate
        } else {
            0
        },
        backlog,
        is_overloaded: demand.rate > capacity,
        ..calm
    }
}

/// Utilization / (1 − utilization), in ten-thousandths; nothing where there is no limit to capacity.
fn odds(rate: u64, capacity: Option<u64>) -> u64 {
    let Some(capacity) = capacity else { return 0 };
    let busy = (rate * WHOLE / capacity.max(1)).min(BUSY_MAX);
    busy * WHOLE / (WHOLE - busy)
}

/// How long a request stands still that alone needs more than the quota of a period.
fn standstill(need: Millis, cpu: u64, is_limited: bool) -> Millis {
    let quota = (cpu * PERIOD / 1000).max(1);
    if !is_limited || quota >= PERIOD || need == 0 {
        return 0;
    }
    (need - 1) / quota * (PERIOD - quota)
}

/// The memory of a container with so many millionths of a request in flight on average, in bytes. What
/// counts is the worst moment: arrivals are random, so that is about three standard deviations more.
/// With it comes what has leaked.
pub(super) fn memory(app: &App, in_flight: u64, leaked: u64) -> u64 {
    let deviation = in_flight.saturating_mul(1_000_000).isqrt();
    let peak = in_flight.saturating_add(3 * deviation).div_ceil(1_000_000);
    let more = app.memory.per_request.saturating_mul(peak);
    let all = app.memory.base.saturating_add(more).saturating_add(leaked);
    all.min(MEMORY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::app::{Cpu, Memory};

    fn app(cpu: Millis, concurrency: u64) -> App {
        App {
            cpu: Cpu {
                idle: 0,
                per_request: cpu,
            },
            latency: 20,
            concurrency,
            ..App::default()
        }
    }

    /// Median, 99th percentile, CPU used, periods throttled, and requests that come too late.
    fn check(app: &App, demand: Demand) -> (u64, u64, u64, u64, u64) {
        let supply = supply(app, &demand);
        let times: Vec<u64> = supply.spread.shares().map(|it| it.1).collect();
        (
            times[2],
            times[9],
            supply.cpu,
            supply.throttled,
            supply.late,
        )
    }

    #[test]
    fn a_queue_for_cpu() {
        let limited = |rate, cpu| Demand {
            rate,
            before: rate,
            cpu,
            is_limited: true,
            hold: 20,
            patience: 2_000,
            time: 60_000,
            ..Demand::default()
        };
        let cases = [
            // 10 ms on one core, 20 a second: a fifth of it, a mean wait of 2.5 ms.
            (limited(20_000, 1_000), (21, 28, 200, 400, 0)),
            // The same with a quarter of a core: 80 %, a mean wait of 4 × 40 ms.
            (limited(20_000, 250), (130, 721, 200, 6_400, 0)),
            // 15 fit in 150m: after two seconds of patience, a quarter comes too late.
            (limited(20_000, 150), (1_999, 1_999, 150, 10_000, 2_500)),
        ];
        for (demand, expected) in cases {
            assert_eq!(check(&app(10, 0), demand), expected, "{demand:?}");
        }
        // 50 ms in quotas of 20 ms: two periods and 10 ms, so 160 ms more than where nothing limits it.
        let alone = check(&app(50, 0), limited(1, 200));
        assert_eq!(alone, (180, 180, 0, 0, 0));
    }

    #[test]
    fn a_queue_for_workers() {
        // Ten workers that are busy for 200 ms each answer 50 a second.
        let demand = Demand {
            rate: 60_000,
            before: 60_000,
            cpu: 4_000,
            hold: 200,
            patience: 1_000,
            time: 60_000,
            ..Demand::default()
        };
        assert_eq!(check(&app(1, 10), demand), (819, 819, 60, 0, 1_666));
    }

    #[test]
    fn memory_of_the_worst_moment() {
        let app = App {
            memory: Memory {
                base: 100,
                per_request: 8,
                leak: 0,
            },
            ..App::default()
        };
        // Four on average, ten at worst.
        let cases = [
            (0, 100),
            (1_000_000, 132),
            (4_000_000, 180),
            (100_000_000, 1_140),
        ];
        for (in_flight, expected) in cases {
            assert_eq!(memory(&app, in_flight, 0), expected, "{in_flight}");
        }
    }
}
