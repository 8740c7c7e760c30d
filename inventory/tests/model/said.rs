//! The state of a night, from all inputs about it.

use super::{Hotel, Model};
use crate::almanac;
use keyrack_inventory::*;

impl Hotel {
    pub fn room_type(&self, code: ShortCode) -> Option<&RoomType> {
        self.property.room_types.iter().find(|t| t.code == code)
    }

    pub fn rate_plan(&self, code: ShortCode) -> Option<&RatePlan> {
        self.property.rate_plans.iter().find(|p| p.code == code)
    }

    /// The updates of a room type and a night, oldest first.
    fn about(&self, room_type: ShortCode, night: Night) -> impl Iterator<Item = &AriUpdate> {
        self.updates.iter().filter(move |u| {
            let dated = night >= u.dates.from() && night <= u.dates.to();
            u.room_type == room_type && dated && almanac::is_on(u.days, night)
        })
    }

    /// Rule 3, first half: the sell limit.
    pub fn limit(&self, room_type: ShortCode, night: Night) -> i64 {
        let kind = self.room_type(room_type).unwrap();
        let capacity = self.capacity(room_type, night).unwrap_or(kind.capacity);
        let in_order = (i64::from(capacity) - i64::from(self.out_of_order(room_type, night))).max(0);
        in_order * (10_000 + i64::from(kind.overbooking_basis_points)) / 10_000
    }

    /// The capacity that ARI set for this night.
    pub fn capacity(&self, room_type: ShortCode, night: Night) -> Option<u32> {
        let told = self.about(room_type, night).filter(|u| u.capacity.is_some() || u.clear_capacity);
        told.last().filter(|u| !u.clear_capacity)?.capacity
    }

    pub fn out_of_order(&self, room_type: ShortCode, night: Night) -> u32 {
        self.about(room_type, night).filter_map(|u| u.out_of_order).last().unwrap_or(0)
    }

    /// The room type's own restrictions, or only those of a plan.
    pub fn restrictions(&self, room_type: ShortCode, rate_plan: Option<ShortCode>, night: Night) -> Restrictions {
        let said: Vec<&AriUpdate> = self.about(room_type, night).filter(|u| u.rate_plan == rate_plan).collect();
        let flag = |get: fn(&AriUpdate) -> Option<bool>| said.iter().rev().find_map(|u| get(u)).unwrap_or(false);
        let length = |get: fn(&AriUpdate) -> Option<u16>| said.iter().rev().find_map(|u| get(u)).unwrap_or(0);
        Restrictions {
            stop_sell: flag(|u| u.stop_sell),
            closed_to_arrival: flag(|u| u.closed_to_arrival),
            closed_to_departure: flag(|u| u.closed_to_departure),
            min_stay_arrival: length(|u| u.min_stay_arrival),
            min_stay_through: length(|u| u.min_stay_through),
            max_stay: length(|u| u.max_stay),
        }
    }

    pub fn rate(&self, room_type: ShortCode, rate_plan: ShortCode, night: Night) -> Option<Minor> {
        let of_plan = self.about(room_type, night).filter(|u| u.rate_plan == Some(rate_plan));
        let told = of_plan.filter(|u| u.rate.is_some() || u.clear_rate);
        told.last().filter(|u| !u.clear_rate)?.rate
    }
}

/// The number of rooms of a type on a night; of all types with `None`.
pub(super) fn quantity(rooms: &[BookedRoom], stay: Stay, room_type: Option<ShortCode>, night: Night) -> i64 {
    let counts = |r: &&BookedRoom| room_type.is_none_or(|code| r.room_type_code == code) && sleeps(r, stay, night);
    rooms.iter().filter(counts).map(|r| i64::from(r.quantity)).sum()
}

/// Whether the rooms of a booking with this stay have the night.
pub(super) fn sleeps(room: &BookedRoom, stay: Stay, night: Night) -> bool {
    let own = room.nights.unwrap_or(stay);
    own.arrival() <= night && night < own.departure()
}

impl Model {
    /// Rooms of bookings on a night, of one type or of all, without the booking `without`.
    pub fn sold(&self, hotel: PropertyNumber, room_type: Option<ShortCode>, night: Night, without: Option<BookingId>) -> i64 {
        let counts = |b: &&Booking| {
            b.id.property() == hotel
                && Some(b.id) != without
                && matches!(b.state, BookingState::Confirmed | BookingState::CheckedIn | BookingState::CheckedOut)
        };
        self.bookings.iter().filter(counts).map(|b| quantity(&b.rooms, b.stay, room_type, night)).sum()
    }

    /// Rooms of open holds on a night.
    pub fn held(&self, hotel: PropertyNumber, room_type: Option<ShortCode>, night: Night) -> i64 {
        let counts = |h: &&Hold| h.id.property() == hotel && h.state == HoldState::Open;
        self.holds.iter().filter(counts).map(|h| quantity(&h.rooms, h.stay, room_type, night)).sum()
    }

    /// Rule 3, second half: the available rooms, negative in a deficit.
    pub fn available(&self, hotel: &Hotel, room_type: ShortCode, night: Night, without: Option<BookingId>) -> i64 {
        let taken = self.sold(hotel.number, Some(room_type), night, without) + self.held(hotel.number, Some(room_type), night);
        hotel.limit(room_type, night) - taken
    }
}
