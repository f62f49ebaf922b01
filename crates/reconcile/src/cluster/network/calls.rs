//! What programs call to answer, and what becomes of it.

use super::address::{self, Address, Named, Way};
use super::meter::{Rates, part_of};
use super::spread::Spread;
use super::{Cause, ingress};
use crate::delivery::app::{App, Call};
use crate::engine::World;

/// Millionths.
pub(super) const MILLION: u64 = 1_000_000;

/// What becomes of one call: shares in millionths.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Called {
    pub(super) failing: u64,
    /// Those that end only when the caller gives up.
    pub(super) hanging: u64,
    pub(super) spread: Spread,
}

impl Called {
    pub(super) fn of(rates: &Rates) -> Called {
        let total = rates.total();
        let failed = rates.failed.iter().sum();
        Called {
            failing: part_of(MILLION, failed, total),
            hanging: part_of(MILLION, rates.failed[Cause::Timeout as usize], total),
            spread: Spread::of(&mut rates.points.to_vec()),
        }
    }
}

/// `rate` × (`share` / a million) ^ `n`.
pub(super) fn power(rate: u64, share: u64, n: u64) -> u64 {
    (0..n).fold(rate, |rate, _| part_of(rate, share, MILLION))
}

/// What a program calls when it is asked for a path.
pub(super) fn calls<'a>(app: &'a App, path: &str) -> impl Iterator<Item = &'a Call> {
    app.calls
        .iter()
        .filter(move |call| ingress::is_below(path, &call.on))
}

/// Whom a call goes to; none if it leaves the cluster.
pub(super) fn called(
    world: &World,
    namespace: &str,
    call: &Call,
) -> Result<Option<Address>, Cause> {
    let Named::Service(service) = address::named(&world.store, namespace, &call.service)? else {
        return Ok(None);
    };
    Ok(Some(Address {
        port: address::port(&service, &call.port)?,
        service: service.key.clone(),
        path: call.path.clone(),
        timeout: call.timeout,
        way: Way::Inside,
        clients: 0,
    }))
}
