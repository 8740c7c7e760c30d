//! Finds the shard of a property, if the caller may know that the property exists.

use keyrack_cluster::{Consistency, Placement};
use keyrack_inventory::{BookingId, HoldId, Right, RightQuery, permits};
use keyrack_texts::Detail;
use tokio::time::Instant;

use super::state::Service;
use crate::access::{Caller, forbidden};
use crate::clock::now_ms;
use crate::convert::{Problem, requests};

/// A booking or hold, and its id as the caller sent it.
pub(super) struct Named {
    id: [u8; 16],
    text: String,
}

impl From<BookingId> for Named {
    fn from(booking: BookingId) -> Named {
        Named { id: booking.0, text: booking.to_string() }
    }
}

impl From<HoldId> for Named {
    fn from(hold: HoldId) -> Named {
        Named { id: hold.0, text: hold.to_string() }
    }
}

impl Service {
    /// The placement of a property, which must exist.
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
            None => Err(Problem::new(Detail::UnknownProperty { property: requests::quoted(property) })),
        }
    }

    /// The placement of the property of a booking or hold. The id contains the property's number.
    pub(super) async fn place_of(
        &self,
        caller: &Caller,
        record: impl Into<Named>,
        deadline: Instant,
    ) -> Result<Placement, Problem> {
        let Named { id, text } = record.into();
        let number = BookingId(id).property();
        match self.inner.cluster.locate_number(number, deadline).await? {
            Some(place) => {
                caller.note(place.number, Some(id));
                caller.check_property(&place.id)?;
                self.check_region(caller, &place, deadline).await?;
                Ok(place)
            }
            None if caller.is_limited() => Err(forbidden()),
            None => Err(Problem::new(Detail::UnknownBookingOrHold { record: requests::quoted(&text) })),
        }
    }

    /// Refuses a property outside the caller's regions before anything else is checked: any other refusal would show that the
    /// property exists.
    async fn check_region(&self, caller: &Caller, place: &Placement, deadline: Instant) -> Result<(), Problem> {
        if !caller.has_regions() {
            return Ok(());
        }
        let asked = RightQuery { who: caller.who(), right: Right::ReadInventory, property: place.number, now_ms: now_ms() };
        let read = self.inner.cluster.read(place.shard, Consistency::Local, deadline, |view| permits(view, asked));
        if read.await?.0.is_ok() { Ok(()) } else { Err(forbidden()) }
    }
}
