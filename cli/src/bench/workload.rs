//! Generates the requests of a worker.

use keyrack_client::fresh_key;

use super::hotels::{Hotels, LONGEST};
use super::operation::{Operation, Reserve};
use super::options::Mix;

/// The generator of one worker. Workers with the same number generate the same sequence.
pub struct Worker {
    random: u64,
    /// Earlier bookings of this worker, which it may cancel.
    own: Vec<(String, Reserve)>,
    key: String,
    drawn: u64,
}

impl Worker {
    /// The worker with this number.
    pub fn new(number: usize) -> Worker {
        Worker {
            random: 0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9),
            own: Vec::new(),
            key: fresh_key(),
            drawn: 0,
        }
    }

    /// Generates the next request. `only` limits the properties.
    pub fn next(&mut self, hotels: &Hotels, mix: Mix, only: Option<&[usize]>) -> Operation {
        if mix == Mix::M {
            let dice = self.draw(100);
            if dice < 70 {
                let span = (hotels.nights - 14) as u64;
                return Operation::Availability {
                    property: self.property(hotels, only),
                    from: self.draw(span) as u32,
                    room_type: self.room_type(hotels),
                };
            }
            if dice >= 95 && !self.own.is_empty() {
                let place = self.draw(self.own.len() as u64) as usize;
                let (booking_id, of) = self.own.swap_remove(place);
                return Operation::Cancel { booking_id, of, key: self.next_key() };
            }
        }
        // The mean is 3.05 nights.
        let nights = match self.draw(20) {
            0..4 => 1,
            4..9 => 2,
            9..13 => 3,
            13..16 => 4,
            16..18 => 5,
            18 => 6,
            _ => LONGEST,
        };
        let last_arrival = u64::from(hotels.nights - nights);
        Operation::Reserve(Reserve {
            property: self.property(hotels, only),
            room_type: self.room_type(hotels),
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
        self.drawn += 1;
        format!("{}-{}", self.key, self.drawn)
    }

    fn property(&mut self, hotels: &Hotels, only: Option<&[usize]>) -> usize {
        if let Some(only) = only {
            return only[self.draw(only.len() as u64) as usize];
        }
        let total = hotels.weights.last().copied().unwrap_or(1.0);
        let point = self.draw(1 << 32) as f64 / (1u64 << 32) as f64 * total;
        hotels.weights.partition_point(|weight| *weight <= point).min(hotels.properties.len() - 1)
    }

    fn room_type(&mut self, hotels: &Hotels) -> usize {
        self.draw(hotels.room_types.len() as u64) as usize
    }

    /// A number below `bound`, by xorshift64* (G. Marsaglia, S. Vigna).
    fn draw(&mut self, bound: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound.max(1)
    }
}
