//! The rows of a property and of a booking.

use std::sync::Arc;

use keyrack_cluster::{AsOf, Placement, View};
use keyrack_inventory::{Booking, BookingId, Fault, Key, Property, PropertyNumber, Read, Right, Row, Scope};
use keyrack_texts::Detail;

use super::state::Service;
use super::views::ReadOptions;
use crate::access::Caller;
use crate::convert::{Problem, requests};

/// A booking, and the wrapped key of its guest.
pub(super) type KeyedBooking = (Arc<Booking>, Option<Vec<u8>>);

impl Service {
    /// A property's row.
    pub(super) async fn find_property(
        &self,
        caller: &Caller,
        place: &Placement,
        options: ReadOptions,
    ) -> Result<(Arc<Property>, AsOf), Problem> {
        let number = place.number;
        let read = self.view((caller, Right::ReadInventory), place, options, |view, _| property(view, number));
        let (property, as_of) = read.await?;
        // The directory has the property, but its first command is not applied yet.
        let property = property.ok_or_else(|| unknown_property(place))?;
        Ok((property, as_of))
    }

    /// A booking's row.
    pub(super) async fn find_booking(
        &self,
        caller: &Caller,
        id: BookingId,
        place: &Placement,
        options: ReadOptions,
    ) -> Result<(Arc<Booking>, AsOf), Problem> {
        let read = self.view((caller, Right::ReadBookings), place, options, |view, scope| {
            Ok(booking(view, id)?.filter(|booking| scope.sees(booking.seller, Some(id))))
        });
        let (booking, as_of) = read.await?;
        let booking = booking.ok_or_else(|| no_such_booking(id))?;
        Ok((booking, as_of))
    }
}

/// A booking in a view, with its guest's key, if the caller may see it.
pub(super) fn seen_booking(view: &mut View<'_>, scope: Scope, id: BookingId) -> Result<Option<KeyedBooking>, Fault> {
    Ok(booking_with_key(view, id)?.filter(|(booking, _)| scope.sees(booking.seller, Some(id))))
}

/// A property's row in a view.
pub(super) fn property(view: &mut View<'_>, number: PropertyNumber) -> Result<Option<Arc<Property>>, Fault> {
    Ok(match view.get(&Key::Property(number))? {
        Some(Row::Property(property)) => Some(property.clone()),
        _ => None,
    })
}

/// A booking's row in a view.
fn booking(view: &mut View<'_>, id: BookingId) -> Result<Option<Arc<Booking>>, Fault> {
    Ok(match view.get(&Key::Booking(id))? {
        Some(Row::Booking(booking)) => Some(booking.clone()),
        _ => None,
    })
}

/// A booking's row and the wrapped key of its guest in a view.
pub(super) fn booking_with_key(view: &mut View<'_>, id: BookingId) -> Result<Option<KeyedBooking>, Fault> {
    let Some(booking) = booking(view, id)? else { return Ok(None) };
    let key = match view.get(&Key::Guest(id))? {
        Some(Row::Guest(secrets)) => Some(secrets.wrapped_key.clone()),
        _ => None,
    };
    Ok(Some((booking, key)))
}

/// The property has no row.
pub(super) fn unknown_property(place: &Placement) -> Problem {
    Problem::new(Detail::UnknownProperty { property: requests::quoted(&place.id) })
}

/// The booking does not exist, or the caller may not see it.
pub(super) fn no_such_booking(id: BookingId) -> Problem {
    Problem::new(Detail::UnknownBooking { booking: requests::quoted(&id.to_string()) })
}
