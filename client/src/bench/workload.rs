//! What is asked next, and what has come of it.

use std::time::Duration;

use hdrhistogram::Histogram;
use keyrack_client::{fresh_key, v1};

use super::Mix;
use super::scene::{LONGEST, Scene, date};

/// One thing to ask.
#[derive(Clone, Debug)]
pub enum Ask {
    Reserve(Reserve),
    Cancel { booking_id: String, of: Reserve, key: String },
    Availability { property: usize, from: u32, room_type: usize },
}

/// One room for some nights.
#[derive(Clone, Debug)]
pub struct Reserve {
    pub property: usize,
    pub room_type: usize,
    /// Days after the scene's first.
    pub arrival: u32,
    pub nights: u32,
    pub key: String,
}

/// What became of it.
pub enum Answer {
    Booked(String),
    Cancelled,
    Seen,
    Refused,
    Failed(String),
}

/// A worker's source of things to ask. The same seed asks the same.
pub struct Worker {
    random: u64,
    /// Earlier bookings of this worker, for its cancellations.
    own: Vec<(String, Reserve)>,
    key: String,
    asked: u64,
}

/// What some workers have seen.
pub struct Tally {
    pub latency_us: Histogram<u64>,
    pub done: u64,
    pub booked: u64,
    pub refused: u64,
    pub failed: u64,
    pub first_failure: Option<String>,
    /// Rooms sold, by property, room type and night: what the servers' counters must show.
    pub sold: std::collections::HashMap<(usize, usize, u32), i64>,
    /// Requests without a known outcome: the counters may differ by these.
    pub unknown: u64,
}

impl Worker {
    /// The worker with this number.
    pub fn new(number: usize) -> Worker {
        Worker {
            random: 0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9),
            own: Vec::new(),
            key: fresh_key(),
            asked: 0,
        }
    }

    /// What to ask next; `only` limits the properties.
    pub fn next(&mut self, scene: &Scene, mix: Mix, only: Option<&[usize]>) -> Ask {
        if mix == Mix::M {
            let dice = self.draw(100);
            if dice < 70 {
                let span = (scene.nights - 14) as u64;
                return Ask::Availability {
                    property: self.property(scene, only),
                    from: self.draw(span) as u32,
                    room_type: self.room_type(scene),
                };
            }
            if dice >= 95 && !self.own.is_empty() {
                let place = self.draw(self.own.len() as u64) as usize;
                let (booking_id, of) = self.own.swap_remove(place);
                return Ask::Cancel { booking_id, of, key: self.next_key() };
            }
        }
        // Mean 3.05 nights.
        let nights = match self.draw(20) {
            0..4 => 1,
            4..9 => 2,
            9..13 => 3,
            13..16 => 4,
            16..18 => 5,
            18 => 6,
            _ => LONGEST,
        };
        let last_arrival = u64::from(scene.nights - nights);
        Ask::Reserve(Reserve {
            property: self.property(scene, only),
            room_type: self.room_type(scene),
            arrival: self.draw(last_arrival + 1) as u32,
            nights,
            key: self.next_key(),
        })
    }

    /// Remembers a booking for a later cancellation.
    pub fn remember(&mut self, booking_id: String, of: Reserve) {
        if self.own.len() < 1_000 {
            self.own.push((booking_id, of));
        }
    }

    fn next_key(&mut self) -> String {
        self.asked += 1;
        format!("{}-{}", self.key, self.asked)
    }

    fn property(&mut self, scene: &Scene, only: Option<&[usize]>) -> usize {
        if let Some(only) = only {
            return only[self.draw(only.len() as u64) as usize];
        }
        let total = scene.weights.last().copied().unwrap_or(1.0);
        let point = self.draw(1 << 32) as f64 / (1u64 << 32) as f64 * total;
        scene.weights.partition_point(|weight| *weight <= point).min(scene.properties.len() - 1)
    }

    fn room_type(&mut self, scene: &Scene) -> usize {
        self.draw(scene.room_types.len() as u64) as usize
    }

    /// Below `bound`, by xorshift64*: see G. Marsaglia, S. Vigna.
    fn draw(&mut self, bound: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound.max(1)
    }
}

impl Reserve {
    /// As the API takes it.
    pub fn request(&self, scene: &Scene) -> v1::BookRequest {
        v1::BookRequest {
            property_id: scene.properties[self.property].clone(),
            arrival: date(self.arrival),
            departure: date(self.arrival + self.nights),
            rooms: vec![v1::RoomRequest {
                room_type: scene.room_types[self.room_type].clone(),
                rate_plan: "BAR".into(),
                quantity: Some(1),
                adults: 2,
                children_ages: Vec::new(),
            }],
            idempotency_key: self.key.clone(),
            ..Default::default()
        }
    }
}

impl Tally {
    /// Nothing seen.
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

    /// Counts an answer; `measured` when it falls into the time that counts.
    pub fn count(&mut self, ask: &Ask, answer: &Answer, took: Duration, measured: bool) {
        match (ask, answer) {
            (Ask::Reserve(of), Answer::Booked(_)) => self.book(of, 1),
            (Ask::Cancel { of, .. }, Answer::Cancelled) => self.book(of, -1),
            (Ask::Reserve(_) | Ask::Cancel { .. }, Answer::Failed(_)) => self.unknown += 1,
            _ => {}
        }
        if !measured {
            return;
        }
        match answer {
            Answer::Failed(cause) => {
                self.failed += 1;
                self.first_failure.get_or_insert_with(|| cause.clone());
                return;
            }
            Answer::Refused => self.refused += 1,
            Answer::Booked(_) => self.booked += 1,
            Answer::Cancelled | Answer::Seen => {}
        }
        self.done += 1;
        self.latency_us.saturating_record(took.as_micros() as u64);
    }

    /// Adds what other workers have seen.
    pub fn add(&mut self, other: Tally) {
        // Both have the same bounds.
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
