//! The calendar page: the counters and restrictions of one property, one room type and one month.

use alloc::vec::Vec;

use crate::{RoomType, Stay};

/// Days in a page. The last places of a short month stay empty.
pub(crate) const PLACES: usize = 31;

/// The counters of one night of one room type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Cell {
    /// Rooms of this type on this night; `None` for the room type's own capacity.
    pub capacity: Option<u32>,
    /// Rooms that cannot be sold this night.
    pub out_of_order: u32,
    /// Rooms of bookings in a state that holds rooms.
    pub sold: u32,
    /// Rooms of open holds.
    pub held: u32,
    /// Rooms kept for allotments.
    pub blocked: u32,
    /// Restrictions for every rate plan.
    pub restrictions: Restrictions,
}

/// The six restrictions of one night. A stay length of 0 is no restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Restrictions {
    /// Nothing is sold for this night.
    pub stop_sell: bool,
    /// No stay may begin on this night.
    pub closed_to_arrival: bool,
    /// No stay may end on this day.
    pub closed_to_departure: bool,
    /// The minimum number of nights of a stay that begins on this night.
    pub min_stay_arrival: u16,
    /// The minimum number of nights of a stay that includes this night.
    pub min_stay_through: u16,
    /// The maximum number of nights of a stay that begins on this night.
    pub max_stay: u16,
}

/// The restriction that forbids a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// The night is not for sale.
    StopSell,
    /// No stay may begin on this night.
    ClosedToArrival,
    /// No stay may end on this day.
    ClosedToDeparture,
    /// The stay is shorter than its arrival night requires.
    MinStayArrival,
    /// The stay is shorter than this night requires.
    MinStayThrough,
    /// The stay is longer than its arrival night allows.
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

/// The counts of one night, in rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightCount {
    /// Rooms of this type.
    pub capacity: u32,
    /// Rooms that cannot be sold.
    pub out_of_order: u32,
    /// The sell limit.
    pub limit: u32,
    /// Booked.
    pub sold: u32,
    /// Held.
    pub held: u32,
    /// Blocked.
    pub blocked: u32,
    /// `limit - sold - held - blocked`; negative if the limit was cut below the rooms taken.
    pub available: i64,
}

impl NightCount {
    /// The rooms that can still be sold; never negative.
    pub fn sellable(&self) -> u32 {
        self.available.max(0) as u32
    }

    /// How many rooms are taken above the limit.
    pub fn deficit(&self) -> u32 {
        (-self.available).max(0) as u32
    }
}

impl Cell {
    /// The counts of the night with the settings of its room type.
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

    /// The sum of sold, held and blocked rooms.
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
    /// The first restriction of this night that forbids `stay`, if any. `first_night` says that `stay` begins on it.
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

impl Restrictions {
    /// The first restriction that forbids a change of a booking from the nights `had` to `stay`, on a night that it has already. What it
    /// has stands, so only a new arrival or another length can be forbidden.
    pub(crate) fn on_kept_night(&self, stay: Stay, had: Stay, first_night: bool) -> Option<Restriction> {
        use Restriction::*;
        let (nights, before) = (stay.len(), had.len());
        // A minimum that the booking never kept was set later.
        let newly_short = |minimum: u16| (nights + 1..=before).contains(&u32::from(minimum));
        if newly_short(self.min_stay_through) {
            return Some(MinStayThrough);
        }
        if !first_night {
            return None;
        }
        let arrives = stay.arrival() != had.arrival();
        if arrives && self.closed_to_arrival {
            return Some(ClosedToArrival);
        }
        let too_short = u32::from(self.min_stay_arrival) > nights;
        if too_short && (arrives || newly_short(self.min_stay_arrival)) {
            return Some(MinStayArrival);
        }
        let too_long = self.max_stay != 0 && nights > u32::from(self.max_stay);
        (too_long && (arrives || nights > before)).then_some(MaxStay)
    }
}

impl Restriction {
    /// The restriction's name: the name of its field in an ARI update.
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
