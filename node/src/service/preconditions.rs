//! The revision that a command must find, by the preconditions of its request.

use keyrack_cluster::Placement;
use keyrack_inventory::{BookingId, Key, Read, Right, Row, ShortCode};

use super::mutation::Mutation;
use super::rows::property;
use super::state::Service;
use super::views::ReadOptions;
use crate::convert::{Demand, Problem};

/// The record whose ETag a precondition names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Revised {
    Property,
    RoomType(ShortCode),
    RatePlan(ShortCode),
    Booking(BookingId),
}

impl Service {
    /// The revision that the command must find. `asked` is the one in the request itself. If the headers name several revisions, the
    /// present one decides; the state machine then checks that it is still the present one.
    pub(super) async fn expected(
        &self,
        mutation: &Mutation,
        place: &Placement,
        of: Revised,
        asked: Option<u32>,
    ) -> Result<Option<u32>, Problem> {
        match mutation.preconditions.demand() {
            Demand::Exactly(None) => Ok(asked),
            Demand::Exactly(revision) => Ok(revision),
            Demand::DependsOnPresent => Ok(mutation.preconditions.given(self.revision(mutation, place, of).await?)),
        }
    }

    /// The present revision of a record; 0 if it does not exist, or the caller may not see it.
    async fn revision(&self, mutation: &Mutation, place: &Placement, of: Revised) -> Result<u32, Problem> {
        let number = place.number;
        let right = if matches!(of, Revised::Booking(_)) { Right::ReadBookings } else { Right::ReadInventory };
        let options = ReadOptions::linearizable(mutation.deadline);
        let read = self.view((&mutation.caller, right), place, options, |view, scope| {
            if let Revised::Booking(id) = of {
                return Ok(match view.get(&Key::Booking(id))? {
                    Some(Row::Booking(booking)) if scope.sees(booking.seller, Some(id)) => booking.revision,
                    _ => 0,
                });
            }
            let Some(property) = property(view, number)? else { return Ok(0) };
            Ok(match of {
                Revised::RoomType(code) => property.room_type(code).map_or(0, |(_, kind)| kind.revision),
                Revised::RatePlan(code) => property.rate_plan(code).map_or(0, |(_, plan)| plan.revision),
                Revised::Property | Revised::Booking(_) => property.revision,
            })
        });
        Ok(read.await?.0)
    }
}
