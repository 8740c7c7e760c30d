//! The counters of a hotel's nights.

use crate::history::{Day, Stay};

/// Rooms sold and held, by night and by index of the room type.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    first: Day,
    /// By night from `first`, then by room type.
    nights: Vec<Vec<(i64, i64)>>,
}

impl Counts {
    /// Rooms sold and held of one room type on one night.
    pub fn of(&self, place: usize, day: Day) -> (i64, i64) {
        let night = day.checked_sub(self.first).and_then(|at| self.nights.get(at as usize));
        night.and_then(|types| types.get(place)).copied().unwrap_or_default()
    }

    /// The rooms of all types that are sold or held on one night.
    pub fn taken_of_all_types(&self, day: Day) -> i64 {
        let night = day.checked_sub(self.first).and_then(|at| self.nights.get(at as usize));
        night.map_or(0, |types| types.iter().map(|(sold, held)| sold + held).sum())
    }

    /// Adds rooms on every night of a stay.
    pub fn add(&mut self, place: usize, stay: Stay, (sold, held): (i64, i64)) {
        if stay.to <= stay.from {
            return;
        }
        self.cover(stay);
        for day in stay.from..stay.to {
            let types = &mut self.nights[(day - self.first) as usize];
            if types.len() <= place {
                types.resize(place + 1, (0, 0));
            }
            types[place].0 += sold;
            types[place].1 += held;
        }
    }

    fn cover(&mut self, stay: Stay) {
        if self.nights.is_empty() {
            self.first = stay.from;
        }
        if stay.from < self.first {
            let more = (self.first - stay.from) as usize;
            self.nights.splice(0..0, std::iter::repeat_n(Vec::new(), more));
            self.first = stay.from;
        }
        let last = (stay.to - self.first) as usize;
        if self.nights.len() < last {
            self.nights.resize(last, Vec::new());
        }
    }
}
