//! The life of a booking, from the offer to the check-out, as a customer sees it.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod ari;
mod bookings;
mod catalog;
mod desk;
mod events;
mod holds;
mod reads;
mod replays;
mod restrictions;

use keyrack_tests::{Cluster, Hotel, HotelPlan};

/// A cluster with one hotel that has `rooms` DLX rooms.
async fn hotel(id: &str, rooms: u32) -> (Cluster, Hotel) {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new(id, rooms).open(&cluster.operator()).await;
    (cluster, hotel)
}
