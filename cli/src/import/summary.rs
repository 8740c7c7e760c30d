//! The result of an import, per hotel.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::plan::Hotel;

/// The result for one hotel.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    property_id: String,
    rows: u64,
    without_night: u64,
    booked: u64,
    sold_out: u64,
    otherwise_refused: u64,
    cancelled: u64,
    no_shows: u64,
    stayed: u64,
    rooms: u32,
    room_nights_sold: u64,
    occupancy_percent: f64,
    average_rate: f64,
}

/// Counters while the replay runs.
#[derive(Default)]
pub struct Counts {
    pub booked: AtomicU64,
    pub sold_out: AtomicU64,
    pub otherwise_refused: AtomicU64,
    pub cancelled: AtomicU64,
    pub no_shows: AtomicU64,
    pub stayed: AtomicU64,
    pub room_nights: AtomicU64,
    pub revenue_cents: AtomicU64,
}

impl Summary {
    /// Summarises the replay of a hotel.
    pub fn of(hotel: &Hotel, counts: &Counts) -> Summary {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let rooms: u32 = hotel.capacities.values().sum();
        let nights = read(&counts.room_nights);
        let sellable = u64::from(rooms) * u64::from(hotel.nights_open());
        Summary {
            property_id: hotel.id.clone(),
            rows: hotel.rows.len() as u64,
            without_night: hotel.rows.iter().filter(|row| row.nights == 0).count() as u64,
            booked: read(&counts.booked),
            sold_out: read(&counts.sold_out),
            otherwise_refused: read(&counts.otherwise_refused),
            cancelled: read(&counts.cancelled),
            no_shows: read(&counts.no_shows),
            stayed: read(&counts.stayed),
            rooms,
            room_nights_sold: nights,
            occupancy_percent: if sellable == 0 { 0.0 } else { 100.0 * nights as f64 / sellable as f64 },
            average_rate: if nights == 0 { 0.0 } else { read(&counts.revenue_cents) as f64 / 100.0 / nights as f64 },
        }
    }

    /// Lines for people.
    pub fn text(&self) -> String {
        format!(
            "{}: {} rooms\n  {:>6} rows, {} of them without a night to book\n  {:>6} booked, {} sold out, {} otherwise \
             refused\n  \
             {:>6} cancelled, {} no-shows, {} stayed\n  {:>6} room nights sold, occupancy {:.1} %, average rate {:.2}",
            self.property_id,
            self.rooms,
            self.rows,
            self.without_night,
            self.booked,
            self.sold_out,
            self.otherwise_refused,
            self.cancelled,
            self.no_shows,
            self.stayed,
            self.room_nights_sold,
            self.occupancy_percent,
            self.average_rate
        )
    }
}
