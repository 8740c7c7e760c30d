//! Reading a shard: how fresh, and with which rights.

use std::time::Duration;

use keyrack_cluster::{AsOf, Consistency, Placement, View};
use keyrack_inventory::{Asked, Fault, Right, Scope, permits};
use tokio::time::Instant;

use super::state::Service;
use crate::access::{Caller, forbidden};
use crate::clock::now_ms;
use crate::convert::Problem;

/// How fresh an answer has to be, and how long its caller waits.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// How fresh.
    pub consistency: Consistency,
    /// How long.
    pub deadline: Instant,
}

/// How old the rights may be by which a principal reads anything but bookings.
const RIGHTS_AGE: Duration = Duration::from_secs(5);

impl ReadOptions {
    /// As fresh as can be.
    pub fn linearizable(deadline: Instant) -> ReadOptions {
        ReadOptions { consistency: Consistency::Linearizable, deadline }
    }

    /// By the words of the API: `linearizable`, or `bounded` with a staleness.
    pub fn parse(consistency: &str, max_staleness_ms: Option<u32>, deadline: Instant) -> Result<ReadOptions, Problem> {
        let consistency = match (consistency, max_staleness_ms) {
            ("" | "linearizable", None) => Consistency::Linearizable,
            ("bounded", Some(ms)) => Consistency::Bounded(Duration::from_millis(ms.into())),
            ("bounded", None) => return Err(Problem::field("maxStalenessMs", "needed with consistency=bounded")),
            _ => return Err(Problem::field("consistency", "linearizable, or bounded with maxStalenessMs")),
        };
        Ok(ReadOptions { consistency, deadline })
    }

    /// How fresh the answer to this caller has to be. On a node that is cut off, the rights in a view are as old as the view
    /// itself, and a revoked principal must not go on reading there; bookings, which name guests, are read linearizably.
    fn within_rights(&self, caller: &Caller, right: Right) -> Consistency {
        match (self.consistency, caller.principal()) {
            (Consistency::Bounded(_) | Consistency::Local, Some(_)) if right == Right::ReadBookings => Consistency::Linearizable,
            (Consistency::Bounded(age), Some(_)) => Consistency::Bounded(age.min(RIGHTS_AGE)),
            (asked, _) => asked,
        }
    }
}

impl Service {
    /// Calls `read` with a view of the property's shard and with the scope of the caller's right there. The right is asked in
    /// that same view, so one that was withdrawn before the read began is withdrawn for it.
    pub(super) async fn view<T>(
        &self,
        (caller, right): (&Caller, Right),
        place: &Placement,
        options: ReadOptions,
        read: impl FnOnce(&mut View<'_>, Scope) -> Result<T, Fault>,
    ) -> Result<(T, AsOf), Problem> {
        let asked = Asked { who: caller.who(), right, property: place.number, now_ms: now_ms() };
        let consistency = options.within_rights(caller, right);
        let permitted = self.inner.cluster.read(place.shard, consistency, options.deadline, |view| {
            permits(view, asked)?.ok().map(|scope| read(view, scope)).transpose()
        });
        let (found, as_of) = permitted.await?;
        found.map(|found| (found, as_of)).ok_or_else(forbidden)
    }
}
