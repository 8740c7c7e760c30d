//! Reads a shard, as fresh as requested and within the caller's rights.

use std::time::Duration;

use keyrack_cluster::{AsOf, Consistency, Placement, View};
use keyrack_inventory::{Fault, Right, RightQuery, Scope, permits};
use keyrack_texts::Detail;
use tokio::time::Instant;

use super::state::Service;
use crate::access::{Caller, RIGHTS_AGE, forbidden};
use crate::clock::now_ms;
use crate::convert::Problem;

/// The required freshness of an answer, and its deadline.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// The required freshness.
    pub consistency: Consistency,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

impl ReadOptions {
    /// A linearizable read.
    pub fn linearizable(deadline: Instant) -> ReadOptions {
        ReadOptions { consistency: Consistency::Linearizable, deadline }
    }

    /// Parses the API's parameters: `linearizable`, or `bounded` with a staleness.
    pub fn parse(consistency: &str, max_staleness_ms: Option<u32>, deadline: Instant) -> Result<ReadOptions, Problem> {
        let consistency = match (consistency, max_staleness_ms) {
            ("" | "linearizable", None) => Consistency::Linearizable,
            ("bounded", Some(ms)) => Consistency::Bounded(Duration::from_millis(ms.into())),
            ("bounded", None) => return Err(Problem::new(Detail::StalenessMissing)),
            _ => return Err(Problem::new(Detail::Consistency)),
        };
        Ok(ReadOptions { consistency, deadline })
    }

    /// The required freshness for this caller. On a node that is cut off, a view's rights are as old as the view, and a revoked
    /// principal must not continue to read there. Bookings have guest data, so they are always read linearizably.
    fn within_rights(&self, caller: &Caller, right: Right) -> Consistency {
        match (self.consistency, caller.principal()) {
            (Consistency::Bounded(_) | Consistency::Local, Some(_)) if right == Right::ReadBookings => Consistency::Linearizable,
            (Consistency::Bounded(age), Some(_)) => Consistency::Bounded(age.min(RIGHTS_AGE)),
            (asked, _) => asked,
        }
    }
}

impl Service {
    /// Calls `read` with a view of the property's shard and with the scope of the caller's right there. The right is checked in
    /// the same view, so a right that was revoked before the read began does not count.
    pub(super) async fn view<T>(
        &self,
        (caller, right): (&Caller, Right),
        place: &Placement,
        options: ReadOptions,
        read: impl FnOnce(&mut View<'_>, Scope) -> Result<T, Fault>,
    ) -> Result<(T, AsOf), Problem> {
        let asked = RightQuery { who: caller.who(), right, property: place.number, now_ms: now_ms() };
        let consistency = options.within_rights(caller, right);
        let permitted = self.inner.cluster.read(place.shard, consistency, options.deadline, |view| {
            permits(view, asked)?.ok().map(|scope| read(view, scope)).transpose()
        });
        let (found, as_of) = permitted.await?;
        found.map(|found| (found, as_of)).ok_or_else(forbidden)
    }
}
