//! Counting requests: as a flow between two moments, and in whole numbers at the end of each second.

use super::Cause;
use super::spread::{Spread, percentile};
use ecow::{EcoString, EcoVec};
use kube::Millis;

/// How many parts of a request are counted.
pub(super) const PARTS: i64 = 1_000_000;
/// How many causes of failure there are.
pub(super) const CAUSES: usize = Cause::ALL.len();

/// A commit's colour.
pub(super) type Colour = Option<usize>;

/// What flows in a millisecond, in parts of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Rates {
    pub answered: EcoVec<(Colour, u64)>,
    pub failed: [u64; CAUSES],
    /// Latencies of what is answered, with weights.
    pub points: EcoVec<(u64, u64)>,
}

impl Rates {
    /// All of it.
    pub fn total(&self) -> u64 {
        let answered: u64 = self.answered.iter().map(|it| it.1).sum();
        answered + self.failed.iter().sum::<u64>()
    }

    /// Adds `part`/`of` of others.
    pub fn add(&mut self, other: &Rates, part: u64, of: u64) {
        let share = |rate: u64| part_of(rate, part, of);
        for (colour, rate) in &other.answered {
            *slot(&mut self.answered, *colour) += share(*rate);
        }
        for (mine, rate) in self.failed.iter_mut().zip(other.failed) {
            *mine += share(rate);
        }
        let points = other.points.iter();
        self.points
            .extend(points.map(|(time, rate)| (*time, share(*rate))));
    }

    /// Keeps few latencies instead of many.
    pub fn condense(&mut self) {
        let few = Spread::of(self.points.make_mut());
        let total: u64 = self.points.iter().map(|point| point.1).sum();
        if total > 0 {
            let points = few.shares();
            self.points = points
                .map(|(share, time)| (time, total * share / 1000))
                .collect();
        }
    }
}

/// `part`/`of` of a number.
pub(super) fn part_of(number: u64, part: u64, of: u64) -> u64 {
    let product = u128::from(number) * u128::from(part) / u128::from(of.max(1));
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// The number of a colour in a short list.
pub(super) fn slot<N: Clone + Default>(list: &mut EcoVec<(Colour, N)>, colour: Colour) -> &mut N {
    let found = list.iter().position(|(have, _)| *have == colour);
    let at = found.unwrap_or_else(|| {
        list.push((colour, N::default()));
        list.len() - 1
    });
    &mut list.make_mut()[at].1
}

/// What was counted of one flow.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    pub rates: Rates,
    /// Parts since the last full second.
    answered: EcoVec<(Colour, i64)>,
    failed: [i64; CAUSES],
    points: EcoVec<(u64, u64)>,
    /// Requests since the beginning.
    pub total: (u64, u64),
    /// The last full second.
    pub last: Counted,
}

/// A second in whole requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub answered: EcoVec<(Colour, u32)>,
    pub failed: [u32; CAUSES],
    /// The median, the 95th and the 99th percentile of the answers' latencies, in milliseconds.
    pub latency: [u32; 3],
}

impl Counted {
    pub fn answers(&self) -> u32 {
        self.answered.iter().map(|it| it.1).sum()
    }

    pub fn failures(&self) -> u32 {
        self.failed.iter().sum()
    }

    /// The failures that there were, by name.
    pub fn causes(&self) -> Vec<(EcoString, u32)> {
        let named = Cause::ALL.iter().zip(self.failed);
        named
            .filter(|(_, count)| *count > 0)
            .map(|(cause, count)| (cause.name().into(), count))
            .collect()
    }
}

impl Meter {
    /// Time passes, with the rates as they are.
    pub fn flow(&mut self, time: Millis) {
        for (colour, rate) in &self.rates.answered {
            *slot(&mut self.answered, *colour) += parts(*rate, time);
        }
        for (parts_failed, rate) in self.failed.iter_mut().zip(self.rates.failed) {
            *parts_failed += parts(rate, time);
        }
        let points = self.rates.points.iter();
        self.points
            .extend(points.map(|(at, rate)| (*at, rate.saturating_mul(time))));
    }

    /// What was counted as answered when it came fails after all.
    pub fn lose(&mut self, lost: i64, cause: Cause) {
        let all: i64 = self.rates.answered.iter().map(|it| it.1 as i64).sum();
        for (colour, rate) in &self.rates.answered {
            let part = i128::from(lost) * i128::from(*rate) / i128::from(all.max(1));
            let part = i64::try_from(part).unwrap_or(0);
            *slot(&mut self.answered, *colour) -= part;
            self.failed[cause as usize] += part;
        }
    }

    /// A second is over: whole requests are counted, parts of one wait for the next. So that a steady
    /// flow gives a steady count, the sum is rounded, not each part of it.
    pub fn second(&mut self) {
        let mut rests: Vec<i64> = self.answered.iter().map(|it| it.1).collect();
        rests.extend(self.failed);
        let counts = whole(&mut rests);
        let (answered, failed) = counts.split_at(self.answered.len());
        let colours = self.answered.iter().map(|it| it.0);
        let mut counted = Counted {
            answered: colours.zip(answered.iter().copied()).collect(),
            ..Counted::default()
        };
        counted.failed.copy_from_slice(failed);
        counted.answered.retain(|(_, count)| *count > 0);
        lean::sort(counted.answered.make_mut());

        let (rests, failed) = rests.split_at(self.answered.len());
        for (slot, rest) in self.answered.make_mut().iter_mut().zip(rests) {
            slot.1 = *rest;
        }
        self.failed.copy_from_slice(failed);
        self.answered.retain(|(_, parts)| *parts != 0);

        let points = self.points.make_mut();
        lean::sort_by_key(points, |point| point.0);
        let total = points.iter().map(|point| point.1).sum();
        counted.latency = [500, 950, 990]
            .map(|at| u32::try_from(percentile(points, total, at)).unwrap_or(u32::MAX));
        self.points.clear();
        self.total.0 += u64::from(counted.answers());
        self.total.1 += u64::from(counted.failures());
        self.last = counted;
    }
}

fn parts(rate: u64, time: Millis) -> i64 {
    i64::try_from(rate.saturating_mul(time)).unwrap_or(i64::MAX / 4)
}

/// Takes the whole requests out of parts. The largest rests become whole first, and owe for it.
fn whole(rests: &mut [i64]) -> Vec<u32> {
    let total: i64 = rests.iter().sum();
    let mut counts: Vec<i64> = rests
        .iter()
        .map(|rest| rest.div_euclid(PARTS).max(0))
        .collect();
    let mut left = total.div_euclid(PARTS) - counts.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..rests.len()).collect();
    lean::sort_by_key(&mut order, |at| counts[*at] * PARTS - rests[*at]);
    for at in order {
        counts[at] += i64::from(left > 0);
        left -= 1;
    }
    for (rest, count) in rests.iter_mut().zip(&counts) {
        *rest -= count * PARTS;
    }
    let count = |count: i64| u32::try_from(count).unwrap_or(0);
    counts.into_iter().map(count).collect()
}
