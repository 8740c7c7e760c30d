//! The receipts' log has a leaf for everything that ever happened to a booking, and no other.

use std::collections::BTreeMap;

use keyrack_inventory::{BookingId, Outcome, Reply};

use super::Check;

/// The newest revision of every booking; together they are the leaves.
#[derive(Default)]
pub struct Leaves(BTreeMap<BookingId, u32>);

impl Leaves {
    pub fn applied(&mut self, outcomes: &[Outcome], size: u64) -> Check {
        for outcome in outcomes.iter().filter(|outcome| !outcome.replayed) {
            if let Reply::Booking(booking) = &outcome.reply {
                self.0.insert(booking.id, booking.revision);
            }
        }
        let happened: u64 = self.0.values().map(|revision| u64::from(*revision)).sum();
        if happened == size { Ok(()) } else { Err(format!("{size} leaves, but {happened} things happened to bookings")) }
    }
}
