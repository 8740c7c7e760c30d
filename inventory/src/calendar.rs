//! The calendar page: one property, one room type, one month; what is taken on each night and what may be.

use alloc::vec::Vec;

use crate::{RoomType, Stay};

/// Days a page has room for; the last places of a short month stay empty.
pub(crate) const PLACES: usize = 31;

/// The counters of one night of one room type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Cell {
    /// Rooms of this type on this night, where it differs from the room type's own capacity.
    pub capacity: Option<u32>,
    /// Rooms that cannot be sold this night.
    pub out_of_order: u32,
    /// Rooms of bookings that hold rooms.
    pub sold: u32,
    /// Rooms of open holds.
    pub held: u32,
    /// Rooms set aside in allotments.
    pub blocked: u32,
    /// Restrictions for every rate plan.
    pub restrictions: Restrictions,
}

/// The six restrictions of one night; a stay length of 0 says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Restrictions {
    /// Nothing is sold for this night.
    pub stop_sell: bool,
    /// No stay may begin on this night.
    pub closed_to_arrival: bool,
    /// No stay may end on this day.
    pub closed_to_departure: bool,
    /// A stay that begins on this night has at least so many nights.
    pub min_stay_arrival: u16,
    /// A stay that covers this night has at least so many nights.
    pub min_stay_through: u16,
    /// A stay that begins on this night has at most so many nights.
    pub max_stay: u16,
}

/// What forbade a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// The night is not for sale.
    StopSell,
    /// No stay may begin here.
    ClosedToArrival,
    /// No stay may end here.
    ClosedToDeparture,
    /// Too short for its arrival.
    MinStayArrival,
    /// Too short for this night.
    MinStayThrough,
    /// Too long for its arrival.
    MaxStay,
    /// The rate plan has no rate for this night.
    NoRate,
}

/// One month of one room type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// By day of the month, from 0; always 31 places.
    pub cells: Vec<Cell>,
}

impl Default for Page {
    fn default() -> Self {
        Page { cells: alloc::vec![Cell::default(); PLACES] }
    }
}

/// One night as a seller sees it. All are numbers of rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightCount {
    /// Rooms of this type.
    pub capacity: u32,
    /// Rooms that cannot be sold.
    pub out_of_order: u32,
    /// The most that may be taken.
    pub limit: u32,
    /// Booked.
    pub sold: u32,
    /// Held.
    pub held: u32,
    /// Blocked.
    pub blocked: u32,
    /// `limit - sold - held - blocked`; below zero after capacity was cut under what is taken.
    pub available: i64,
}

impl NightCount {
    /// What may still be sold: never below zero.
    pub fn sellable(&self) -> u32 {
        self.available.max(0) as u32
    }

    /// By how much this night is over its limit.
    pub fn deficit(&self) -> u32 {
        (-self.available).max(0) as u32
    }
}

impl Cell {
    /// The night's counts under its room type's settings.
    pub fn count(&self, room_type: &RoomType) -> NightCount {
        let capacity = self.capacity.unwrap_or(room_type.capacity);
        let limit = sell_limit(capacity, self.out_of_order, room_type.overbooking_basis_points);
        NightCount {
            capacity,
            out_of_order: self.out_of_order,
            limit,
            sold: self.sold,
            held: self.held,
            blocked: self.blocked,
            available: i64::from(limit) - i64::from(self.taken()),
        }
    }

    /// Sold, held and blocked together.
    pub fn taken(&self) -> u32 {
        self.sold + self.held + self.blocked
    }
}

/// `floor((capacity - out of order) * (10000 + basis points) / 10000)`.
pub fn sell_limit(capacity: u32, out_of_order: u32, overbooking_basis_points: u32) -> u32 {
    let in_order = u64::from(capacity.saturating_sub(out_of_order));
    (in_order * (10_000 + u64::from(overbooking_basis_points)) / 10_000) as u32
}

impl Restrictions {
    /// The first restriction that forbids `stay` on its `place`-th night, if any.
    pub(crate) fn on_night(&self, stay: Stay, first_night: bool) -> Option<Restriction> {
        use Restriction::*;
        let nights = stay.len();
        if self.stop_sell {
            return Some(StopSell);
        }
        if u32::from(self.min_stay_through) > nights {
            return Some(MinStayThrough);
        }
        if !first_night {
            return None;
        }
        if self.closed_to_arrival {
            return Some(ClosedToArrival);
        }
        if u32::from(self.min_stay_arrival) > nights {
            return Some(MinStayArrival);
        }
        (self.max_stay != 0 && nights > u32::from(self.max_stay)).then_some(MaxStay)
    }
}

impl Restriction {
    /// Its name: that of its field in an ARI update.
    pub const fn name(self) -> &'static str {
        match self {
            Restriction::StopSell => "stopSell",
            Restriction::ClosedToArrival => "closedToArrival",
            Restriction::ClosedToDeparture => "closedToDeparture",
            Restriction::MinStayArrival => "minStayArrival",
            Restriction::MinStayThrough => "minStayThrough",
            Restriction::MaxStay => "maxStay",
            Restriction::NoRate => "noRate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sell_limit_rounds_down() {
        for (capacity, out_of_order, points, limit) in [
            (20, 0, 0, 20),
            (20, 0, 1000, 22),
            (19, 0, 1000, 20),
            (9, 0, 1000, 9),
            (20, 5, 1000, 16),
            (3, 5, 1000, 0),
            (0, 0, 10_000, 0),
        ] {
            assert_eq!(sell_limit(capacity, out_of_order, points), limit);
        }
    }
}
