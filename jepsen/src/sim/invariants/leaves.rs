//! The receipts log has one leaf for each event of a booking, and no others.

use std::collections::BTreeMap;

use keyrack_inventory::{BookingId, Outcome, Reply};

use super::Check;

/// The newest revision of every booking. Their sum is the number of leaves.
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
        if happened == size {
            Ok(())
        } else {
            Err(format!("the receipts log has {size} leaves, but bookings had {happened} events"))
        }
    }
}
