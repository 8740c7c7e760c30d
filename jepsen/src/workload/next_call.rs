//! Draws the next call of a caller.

use super::caller::remember;
use super::{Caller, Workload};
use crate::history::{Call, Hotel, Rooms, Stay};

impl Caller {
    /// The next call.
    pub(super) fn next_call(&mut self) -> Call {
        let rng = self.rng.below(100);
        match self.workload {
            Workload::Reserve | Workload::Bulk => match rng {
                0..45 => self.reserve(1),
                45..70 => self.cancel(),
                70..75 => self.reinstate(),
                75..95 => self.availability(None),
                _ => self.lookup(None),
            },
            Workload::Hold => match rng {
                0..30 => self.hold(),
                30..55 => self.confirm(),
                55..65 => self.release(),
                65..80 => self.cancel(),
                _ => self.availability(None),
            },
            Workload::Amend => match rng {
                0..30 => self.reserve(1),
                30..58 => self.amend(),
                58..72 => self.cancel(),
                72..80 => self.reinstate(),
                80..95 => self.availability(None),
                _ => self.lookup(None),
            },
            Workload::Retry => match rng {
                0..38 => self.reserve(1),
                38..52 => self.amend(),
                52..62 => self.cancel(),
                62..66 => self.reinstate(),
                66..80 => self.repeat_call(),
                80..84 => self.same_key_for_another_stay(),
                84..88 => self.same_key_at_another_hotel(),
                _ => self.availability(None),
            },
            Workload::Baskets => match rng {
                0..45 => self.reserve(3),
                45..60 => self.amend(),
                60..75 => self.cancel(),
                75..80 => self.reinstate(),
                _ => self.availability(None),
            },
            Workload::Reads => match rng {
                0..15 => self.reserve(1),
                15..25 => self.cancel(),
                25..60 => self.availability(None),
                60..85 => {
                    let staleness_ms = [200, 1_000, 5_000][self.rng.below(3) as usize];
                    self.availability(Some(staleness_ms))
                }
                _ => self.lookup(None),
            },
        }
    }

    fn hotel(&mut self) -> Hotel {
        let drawn = self.rng.below(self.hotels.len() as u64) as usize;
        self.hotels[drawn].clone()
    }

    /// 1 to 4 nights. Half of the stays begin in the first six nights, so that those are crowded.
    fn stay(&mut self, hotel: &Hotel) -> Stay {
        let nights = self.rng.within(1, 4.min(u64::from(hotel.nights))) as u32;
        let last = hotel.nights - nights;
        let within = if self.rng.percent(50) { last.min(5) } else { last };
        let from = hotel.first + self.rng.within(0, u64::from(within)) as u32;
        Stay { from, to: from + nights }
    }

    fn rooms(&mut self, hotel: &Hotel, types: usize) -> Vec<Rooms> {
        let codes: Vec<String> = hotel.room_types.keys().cloned().collect();
        let wanted = self.rng.within(1, types.min(codes.len()) as u64) as usize;
        let mut rooms: Vec<Rooms> =
            self.rng.shuffled(&codes)[..wanted].iter().map(|code| Rooms { room_type: code.clone(), quantity: 1 }).collect();
        if types > 1 && self.rng.percent(20) {
            rooms[0].quantity = 2;
        }
        rooms.sort();
        rooms
    }

    fn reserve(&mut self, types: usize) -> Call {
        let hotel = self.hotel();
        let (stay, rooms) = (self.stay(&hotel), self.rooms(&hotel, types));
        Call::Reserve { key: self.fresh_key(), property: hotel.property, stay, rooms }
    }

    fn amend(&mut self) -> Call {
        let Some((property, booking)) = self.remembered_booking(false) else { return self.reserve(1) };
        let Some(hotel) = self.hotels.iter().find(|hotel| hotel.property == property).cloned() else { return self.reserve(1) };
        let types = if self.workload == Workload::Baskets { 3 } else { 1 };
        let (stay, rooms) = (self.stay(&hotel), self.rooms(&hotel, types));
        Call::Amend { key: self.fresh_key(), property, booking, stay, rooms }
    }

    /// An earlier answered call with its key. Its answer must be the same as before, even if the booking has changed since.
    fn repeat_call(&mut self) -> Call {
        let drawn = self.rng.below(self.answered.len() as u64) as usize;
        self.answered.get(drawn).cloned().unwrap_or_else(|| self.reserve(1))
    }

    /// Another request with a used key. It must be refused.
    fn same_key_for_another_stay(&mut self) -> Call {
        let mut call = self.repeat_call();
        let hotel = self.hotel();
        if let Call::Reserve { stay, .. } = &mut call {
            if stay.to < hotel.first + hotel.nights {
                stay.to += 1;
            } else {
                stay.from -= 1;
            }
        }
        call
    }

    /// A key that was used at one hotel, sent to another. It is a new key there.
    fn same_key_at_another_hotel(&mut self) -> Call {
        let mut call = self.repeat_call();
        let hotel = self.hotel();
        if let Call::Reserve { property, .. } = &mut call {
            *property = hotel.property;
        }
        call
    }

    fn cancel(&mut self) -> Call {
        // Sometimes the booking stays remembered, so that a later call cancels or amends it again.
        let forget = self.rng.percent(85);
        let Some((property, booking)) = self.remembered_booking(forget) else { return self.reserve(1) };
        remember(&mut self.cancelled, (property.clone(), booking.clone()));
        Call::Cancel { key: self.fresh_key(), property, booking }
    }

    fn reinstate(&mut self) -> Call {
        // Sometimes the booking stays remembered, so that a later call reinstates it a second time.
        let forget = self.rng.percent(70);
        let Some((property, booking)) = draw(&mut self.cancelled, forget, &mut self.rng) else { return self.cancel() };
        Call::Reinstate { key: self.fresh_key(), property, booking }
    }

    fn hold(&mut self) -> Call {
        let hotel = self.hotel();
        let (stay, rooms) = (self.stay(&hotel), self.rooms(&hotel, 1));
        let ttl_ms = 1_000 * self.rng.within(1, 6);
        Call::Hold { key: self.fresh_key(), property: hotel.property, stay, rooms, ttl_ms }
    }

    fn confirm(&mut self) -> Call {
        let forget = self.rng.percent(80);
        let Some((property, hold)) = draw(&mut self.holds, forget, &mut self.rng) else { return self.hold() };
        Call::Confirm { key: self.fresh_key(), property, hold }
    }

    fn release(&mut self) -> Call {
        let forget = self.rng.percent(80);
        let Some((property, hold)) = draw(&mut self.holds, forget, &mut self.rng) else { return self.hold() };
        Call::Release { key: self.fresh_key(), property, hold }
    }

    fn availability(&mut self, staleness_ms: Option<u64>) -> Call {
        let hotel = self.hotel();
        let codes: Vec<String> = hotel.room_types.keys().cloned().collect();
        let room_type = self.rng.pick(&codes).cloned().unwrap_or_default();
        let stay = Stay { from: hotel.first, to: hotel.first + hotel.nights };
        Call::Availability { property: hotel.property, room_type, stay, staleness_ms }
    }

    fn lookup(&mut self, staleness_ms: Option<u64>) -> Call {
        let Some((property, booking)) = self.remembered_booking(false) else { return self.availability(staleness_ms) };
        Call::Lookup { property, booking, staleness_ms }
    }

    fn remembered_booking(&mut self, forget: bool) -> Option<(String, String)> {
        draw(&mut self.bookings, forget, &mut self.rng)
    }
}

fn draw(
    list: &mut std::collections::VecDeque<(String, String)>,
    forget: bool,
    rng: &mut crate::rng::Rng,
) -> Option<(String, String)> {
    let drawn = rng.below(list.len() as u64) as usize;
    if forget { list.remove(drawn) } else { list.get(drawn).cloned() }
}
