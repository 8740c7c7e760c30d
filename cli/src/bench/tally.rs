//! Counts outcomes and latencies.

use std::collections::HashMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::operation::{Operation, Outcome, Reserve};

/// The counts of one or more workers.
pub struct Tally {
    pub latency_us: Histogram<u64>,
    pub done: u64,
    pub booked: u64,
    pub refused: u64,
    pub failed: u64,
    pub first_failure: Option<String>,
    /// Rooms sold by property, room type and night. The counters of the nodes must agree.
    pub sold: HashMap<(usize, usize, u32), i64>,
    /// Requests with an unknown outcome. The counters may differ by this number.
    pub unknown: u64,
}

impl Tally {
    /// No counts.
    pub fn new() -> Tally {
        Tally {
            latency_us: Histogram::new_with_bounds(1, 120_000_000, 3).unwrap_or_else(|_| unreachable!("the bounds are valid")),
            done: 0,
            booked: 0,
            refused: 0,
            failed: 0,
            first_failure: None,
            sold: Default::default(),
            unknown: 0,
        }
    }

    /// Counts an outcome. `measured` says whether it is within the measured time.
    pub fn count(&mut self, operation: &Operation, outcome: &Outcome, took: Duration, measured: bool) {
        match (operation, outcome) {
            (Operation::Reserve(of), Outcome::Booked(_)) => self.book(of, 1),
            (Operation::Cancel { of, .. }, Outcome::Cancelled) => self.book(of, -1),
            (Operation::Reserve(_) | Operation::Cancel { .. }, Outcome::Failed(_)) => self.unknown += 1,
            _ => {}
        }
        if !measured {
            return;
        }
        match outcome {
            Outcome::Failed(cause) => {
                self.failed += 1;
                self.first_failure.get_or_insert_with(|| cause.clone());
                return;
            }
            Outcome::Refused => self.refused += 1,
            Outcome::Booked(_) => self.booked += 1,
            Outcome::Cancelled | Outcome::Read => {}
        }
        self.done += 1;
        self.latency_us.saturating_record(took.as_micros() as u64);
    }

    /// Adds the counts of other workers.
    pub fn add(&mut self, other: Tally) {
        // Both histograms have the same bounds, so this cannot fail.
        let _ = self.latency_us.add(&other.latency_us);
        self.done += other.done;
        self.booked += other.booked;
        self.refused += other.refused;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.first_failure = self.first_failure.take().or(other.first_failure);
        for (key, rooms) in other.sold {
            *self.sold.entry(key).or_default() += rooms;
        }
    }

    fn book(&mut self, of: &Reserve, rooms: i64) {
        for night in of.arrival..of.arrival + of.nights {
            *self.sold.entry((of.property, of.room_type, night)).or_default() += rooms;
        }
    }
}
