//! Latencies of many requests, as a few that each stand for a share of them.

/// The shares, in thousandths, from the fastest requests to the slowest. The median, the 95th and the
/// 99th percentile each lie inside one.
const SHARES: [u32; 11] = [200, 200, 200, 100, 100, 100, 40, 30, 10, 15, 5];
/// How many times the mean a wait in a queue takes in the middle of each share: waits are distributed
/// exponentially, so this is −ln(1 − q), in thousandths.
const WAITS: [u64; 11] = [
    105, 357, 693, 1050, 1386, 1897, 2526, 3101, 3689, 4382, 5991,
];

/// The latency of each share of requests, in milliseconds, ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spread([u64; SHARES.len()]);

impl Spread {
    /// Everything takes `fixed`, and waits in a queue besides, for `mean` on average.
    pub fn queue(fixed: u64, mean: u64) -> Spread {
        Spread(WAITS.map(|wait| fixed + mean * wait / 1000))
    }

    /// One thing after the other. Whoever meets the slow end of one meets that of the other.
    pub fn then(self, other: Spread) -> Spread {
        let mut sum = self;
        for (mine, more) in sum.0.iter_mut().zip(other.0) {
            *mine += more;
        }
        sum
    }

    /// The mean.
    pub fn mean(self) -> u64 {
        let sum: u64 = self.shares().map(|(share, time)| share * time).sum();
        sum / 1000
    }

    /// Each share in thousandths, with its latency.
    pub fn shares(self) -> impl Iterator<Item = (u64, u64)> {
        SHARES.into_iter().map(u64::from).zip(self.0)
    }

    /// The spread of weighted latencies.
    pub fn of(points: &mut [(u64, u64)]) -> Spread {
        lean::sort_by_key(points, |point| point.0);
        let total: u64 = points.iter().map(|point| point.1).sum();
        let mut begin = 0;
        Spread(SHARES.map(|share| {
            let middle = begin + u64::from(share) / 2;
            begin += u64::from(share);
            percentile(points, total, middle)
        }))
    }
}

/// The latency at `per_mille` of sorted, weighted latencies whose weights add up to `total`.
pub(super) fn percentile(points: &[(u64, u64)], total: u64, per_mille: u64) -> u64 {
    let mut below = 0;
    let rank = u128::from(total) * u128::from(per_mille);
    for (time, weight) in points {
        below += u128::from(*weight) * 1000;
        if rank <= below {
            return *time;
        }
    }
    points.last().map_or(0, |point| point.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_queue_are_those_of_an_exponential_wait() {
        let mut points: Vec<(u64, u64)> = Spread::queue(10, 100)
            .shares()
            .map(|(share, time)| (time, share))
            .collect();
        assert_eq!(Spread::of(&mut points), Spread::queue(10, 100));
        // 10 + 100 × −ln(1 − q) is 79, 310 and 471.
        let found = [500, 950, 990].map(|at| percentile(&points, 1000, at));
        assert_eq!(found, [79, 320, 448]);
        // Of a mean of 110, what lies far out is missing.
        assert_eq!(Spread::queue(10, 100).mean(), 108);
    }
}
