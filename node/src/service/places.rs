//! Where a property is, and whether the caller may know.

use keyrack_cluster::{Consistency, Placement};
use keyrack_inventory::{Asked, BookingId, Right, permits};
use keyrack_proto::Code;
use tokio::time::Instant;

use super::state::Service;
use crate::access::{Caller, forbidden};
use crate::clock::now_ms;
use crate::convert::{Problem, requests};

impl Service {
    /// The place of a property that must exist.
    pub(super) async fn place(&self, caller: &Caller, property: &str, deadline: Instant) -> Result<Placement, Problem> {
        let property = requests::property_id(property)?;
        caller.check_property(property)?;
        match self.inner.cluster.locate(property, deadline).await? {
            Some(place) => {
                caller.note(place.number, None);
                self.check_region(caller, &place, deadline).await?;
                Ok(place)
            }
            None if caller.is_limited() => Err(forbidden()),
            None => Err(Problem::new(Code::UnknownProperty, format!("there is no property {property:?}"))),
        }
    }

    /// The place of the property that the id of a booking or hold names.
    pub(super) async fn place_of(&self, caller: &Caller, id: [u8; 16], deadline: Instant) -> Result<Placement, Problem> {
        let number = BookingId(id).property();
        match self.inner.cluster.locate_number(number, deadline).await? {
            Some(place) => {
                caller.note(place.number, Some(id));
                caller.check_property(&place.id)?;
                self.check_region(caller, &place, deadline).await?;
                Ok(place)
            }
            None if caller.is_limited() => Err(forbidden()),
            None => Err(Problem::new(Code::NotFound, "there is no such booking or hold")),
        }
    }

    /// Refuses a property outside the caller's regions before anything else is checked: any other refusal would show that the
    /// property exists.
    async fn check_region(&self, caller: &Caller, place: &Placement, deadline: Instant) -> Result<(), Problem> {
        if !caller.is_of_regions() {
            return Ok(());
        }
        let asked = Asked { who: caller.who(), right: Right::ReadInventory, property: place.number, now_ms: now_ms() };
        let read = self.inner.cluster.read(place.shard, Consistency::Local, deadline, |view| permits(view, asked));
        if read.await?.0.is_ok() { Ok(()) } else { Err(forbidden()) }
    }
}
