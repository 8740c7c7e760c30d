//! Amending a booking, room by room and night by night.

use std::collections::BTreeMap;

use super::fees::{common, nights_of};
use super::said::sleeps;
use super::sell::{forbids, freeze, moved, secrets};
use super::{Decided, Hotel, Model};
use crate::almanac;
use keyrack_inventory::*;

/// What an amendment asks for.
pub(super) struct Wish<'a> {
    pub dates: [Option<Night>; 2],
    pub rooms: Option<&'a [RoomRequest]>,
    pub guest: Option<&'a Sealed>,
    pub guest_of: Option<u32>,
    pub seeds: &'a LeafSeeds,
    pub overrides: bool,
}

/// Some rooms of a wish on some nights. They continue the line `of` of the booking, or are new.
#[derive(Clone)]
struct Part {
    nights: Vec<Night>,
    room: BookedRoom,
    of: Option<usize>,
}

impl Model {
    /// Rule 7: what the booking has stands; only what is new is checked. If the new rooms do not fit, it keeps the old ones.
    pub(super) fn amend(&mut self, place: usize, id: BookingId, wish: &Wish, expected_revision: Option<u32>) -> Decided {
        let old = self.booking_in(place, id)?.clone();
        let today = self.hotels[place].property.business_date;
        if expected_revision.is_some_and(|r| r != old.revision) {
            return Err(Reject::RevisionMismatch { current: old.revision });
        }
        if !matches!(old.state, BookingState::Confirmed | BookingState::CheckedIn) {
            return Err(Reject::WrongState(old.state));
        }
        if !self.staff && old.stay.departure() <= today {
            return Err(Reject::StayOver { business_date: today });
        }
        if wish.guest_of.is_some_and(|revision| revision != old.revision) {
            return Err(Reject::GuestChanged);
        }
        let mut new = old.clone();
        let mut fee = 0;
        if wish.dates != [None, None] || wish.rooms.is_some() {
            new.stay = moved(old.stay, wish.dates)?;
            (new.rooms, new.currency) = self.rooms_after(&self.hotels[place], &old, new.stay, wish)?;
            fee = self.given_up(&old, &new, today);
            self.check_currency(&old, &new, (fee, today))?;
            let (over, _) = split_nights(&old, new.stay, today)?;
            let asked: Vec<Night> = almanac::nights(new.stay).filter(|night| !over.contains(night)).collect();
            let lacking = self.lacking(&self.hotels[place], &new, &asked, Some(&old));
            if !lacking.is_empty() {
                return Err(Reject::SoldOut(lacking.into_iter().take(RefusedNight::MOST).collect()));
            }
        }
        // A new guest gets new secrets. Other changes keep the secrets, and an erased guest stays erased.
        if let Some(guest) = wish.guest {
            new.guest = Sealed { ciphertext: guest.ciphertext.clone(), wrapped_key: Vec::new() };
            new.guest_erased = false;
            self.secrets.insert(id, secrets(guest, wish.seeds));
        }
        new.revision += 1;
        new.updated_at_ms = self.now_ms;
        if new.stay.arrival() != old.stay.arrival() {
            new.moved_at_ms = self.now_ms;
        }
        *self.booking_in(place, id)? = new;
        self.owe(place, id, today, FeeKind::Amended, fee as i128)?;
        self.amended(place, id)
    }

    /// A booking that has prices or fees keeps its currency.
    fn check_currency(&self, old: &Booking, new: &Booking, (fee, today): (u128, Night)) -> Result<(), Reject> {
        let (over, _) = split_nights(old, new.stay, today)?;
        let has_prices = !over.is_empty() && old.rooms.iter().any(|room| !room.nightly.is_empty());
        let owes = fee > 0 || !old.fees.lines.is_empty();
        if new.currency != old.currency && (owes || has_prices) { Err(Reject::CurrencyMismatch) } else { Ok(()) }
    }

    /// The lines after the amendment: those of nights that are over, then the others.
    fn rooms_after(&self, hotel: &Hotel, old: &Booking, stay: Stay, wish: &Wish) -> Result<(Vec<BookedRoom>, Currency), Reject> {
        let today = hotel.property.business_date;
        let (over, open) = split_nights(old, stay, today)?;
        let (parts, currency) = match wish.rooms {
            Some(_) if open.is_empty() => return Err(Reject::StayOver { business_date: today }),
            Some(rooms) => {
                let currency = self.named(hotel, stay, rooms)?;
                (requested(hotel, old, rooms, (stay, &open)), currency)
            }
            None => {
                let mut of_plans = old.rooms.iter().map(|room| hotel.rate_plan(room.rate_plan_code).unwrap().currency);
                let first = of_plans.next().unwrap();
                if of_plans.any(|currency| currency != first) {
                    return Err(Reject::CurrencyMismatch);
                }
                (continued(old, stay, &open), first)
            }
        };
        let mut refused = Vec::new();
        let mut lines: Vec<BookedRoom> = Vec::new();
        for (room, span) in old.rooms.iter().map(|room| (room, room.nights.unwrap_or(old.stay))) {
            let own: Vec<Night> = almanac::nights(span).filter(|night| over.contains(night)).collect();
            if !own.is_empty() {
                lines.push(on_nights(cut(room, old.stay, &own), &own, stay));
            }
        }
        for part in parts {
            if part.of.is_none() {
                hotel.is_sold(part.room.room_type_code, part.room.rate_plan_code)?;
            }
            let mut room = part.room.clone();
            if let Some(before) = part.of.map(|line| &old.rooms[line]) {
                room.policy = before.policy;
                let moves = stay.arrival() != old.stay.arrival();
                let had = if moves { self.late_nights(before, old.stay, today) } else { nights_of(before.late) };
                room.late = common(&had, &part.nights);
            }
            refused.extend(self.price(hotel, (old, stay), &part, wish.overrides, &mut room));
            lines.push(on_nights(room, &part.nights, stay));
        }
        if !refused.is_empty() {
            return Err(Reject::Restricted(refused.into_iter().take(RefusedNight::MOST).collect()));
        }
        if lines.len() > 100 { Err(Reject::TooManyRooms) } else { Ok((lines, currency)) }
    }

    /// Prices a part. Returns the nights that forbid it.
    fn price(
        &self,
        hotel: &Hotel,
        (old, stay): (&Booking, Stay),
        part: &Part,
        overrides: bool,
        room: &mut BookedRoom,
    ) -> Vec<RefusedNight> {
        let (kind, plan) = (room.room_type_code, room.rate_plan_code);
        let priced = hotel.rate_plan(plan).unwrap().priced;
        let before = part.of.map(|line| &old.rooms[line]);
        let agreed = before.map_or(BTreeMap::new(), |room| prices(room, old.stay));
        let mut refused = Vec::new();
        for night in &part.nights {
            let is_kept = before.is_some_and(|room| sleeps(room, old.stay, *night));
            let rate = agreed.get(night).copied().or(hotel.rate(kind, plan, *night));
            let forbidden = [None, Some(plan)].into_iter().find_map(|plan| {
                let rules = hotel.restrictions(kind, plan, *night);
                if is_kept { forbids_change(&rules, old.stay, stay, *night) } else { forbids(&rules, stay, *night) }
            });
            let why = forbidden.filter(|_| !overrides).or((priced && rate.is_none()).then_some(Restriction::NoRate));
            refused.extend(why.map(|why| self.refused(hotel, kind, *night, why)));
            if priced {
                room.nightly.push(rate.unwrap_or(0));
            }
        }
        let last = stay.departure();
        let leaves = part.nights.last().is_some_and(|night| night.0 + 1 == last.0);
        let is_new = last != old.stay.departure() || before.is_none() && part.nights[0] == stay.arrival();
        if leaves && is_new && !overrides && hotel.closed_to_departure(kind, plan, last) {
            refused.push(self.refused(hotel, kind, last, Restriction::ClosedToDeparture));
        }
        refused
    }
}

/// The nights of the new stay that are over, and those that are not; or why it cannot have these nights.
fn split_nights(old: &Booking, stay: Stay, today: Night) -> Result<(Vec<Night>, Vec<Night>), Reject> {
    if stay.arrival() != old.stay.arrival() {
        if old.state == BookingState::CheckedIn || stay.arrival() < today {
            return Err(Reject::ArrivalInPast { business_date: today });
        }
        return Ok((Vec::new(), almanac::nights(stay).collect()));
    }
    if stay.departure() < today && stay.departure() < old.stay.departure() {
        return Err(Reject::DepartureInPast { business_date: today });
    }
    Ok(almanac::nights(stay).partition(|night| *night < today && *night < old.stay.departure()))
}

/// The requested rooms, one after another. Each takes the first unused room of the booking with the same type and plan, of a line that
/// has one of the nights if there is one.
fn requested(hotel: &Hotel, old: &Booking, rooms: &[RoomRequest], (stay, open): (Stay, &[Night])) -> Vec<Part> {
    let mut unused: Vec<u32> = old.rooms.iter().map(|room| room.quantity).collect();
    let mut parts: Vec<Part> = Vec::new();
    for request in rooms {
        let fresh = cut(&freeze(hotel, request, stay), stay, open);
        let fits = |line: &usize| {
            let before = &old.rooms[*line];
            (before.room_type_code, before.rate_plan_code) == (request.room_type, request.rate_plan)
        };
        let shares = |line: &usize| open.iter().any(|night| sleeps(&old.rooms[*line], old.stay, *night));
        let mut own: Vec<Part> = Vec::new();
        for _ in 0..request.quantity {
            let free: Vec<usize> = (0..unused.len()).filter(|line| unused[*line] > 0 && fits(line)).collect();
            let of = free.iter().find(|line| shares(line)).or(free.first()).copied();
            if let Some(line) = of {
                unused[line] -= 1;
            }
            match own.last_mut() {
                Some(part) if part.of == of => part.room.quantity += 1,
                _ => own.push(Part { nights: open.to_vec(), room: BookedRoom { quantity: 1, ..fresh.clone() }, of }),
            }
        }
        parts.extend(own);
    }
    parts
}

/// The rooms of the booking on the open nights: each night has the rooms that it had. New nights have those of the last night, and so
/// has every night if the arrival moves.
fn continued(old: &Booking, stay: Stay, open: &[Night]) -> Vec<Part> {
    let last = Night(old.stay.departure().0 - 1);
    let moves = stay.arrival() != old.stay.arrival();
    let mut parts = Vec::new();
    for (line, room) in old.rooms.iter().enumerate() {
        let has = |night: &Night| {
            let like = if moves || *night > last { last } else { *night };
            sleeps(room, old.stay, like)
        };
        let nights: Vec<Night> = open.iter().copied().filter(has).collect();
        if nights.is_empty() {
            continue;
        }
        let sellers = seller_prices(room, old.stay);
        let sellers: Vec<Option<u64>> = nights.iter().map(|night| sellers.get(night).copied().flatten()).collect();
        let seller_nightly = if sellers.iter().any(Option::is_some) { sellers } else { Vec::new() };
        let room = BookedRoom { nightly: Vec::new(), seller_nightly, late: None, nights: None, ..room.clone() };
        parts.push(Part { nights, room, of: Some(line) });
    }
    parts
}

/// What a restriction forbids about a night that the booking has: only a new arrival, or a new length.
fn forbids_change(r: &Restrictions, old: Stay, new: Stay, night: Night) -> Option<Restriction> {
    let [before, after] = [old, new].map(|stay| almanac::nights(stay).count());
    let [through, arrival, longest] = [r.min_stay_through, r.min_stay_arrival, r.max_stay].map(usize::from);
    let arrives = new.arrival() != old.arrival();
    if after < through && before >= through {
        return Some(Restriction::MinStayThrough);
    }
    if night != new.arrival() {
        return None;
    }
    if arrives && r.closed_to_arrival {
        Some(Restriction::ClosedToArrival)
    } else if after < arrival && (arrives || before >= arrival) {
        Some(Restriction::MinStayArrival)
    } else if longest > 0 && after > longest && (arrives || after > before) {
        Some(Restriction::MaxStay)
    } else {
        None
    }
}

fn prices(room: &BookedRoom, stay: Stay) -> BTreeMap<Night, Minor> {
    almanac::nights(room.nights.unwrap_or(stay)).zip(room.nightly.iter().copied()).collect()
}

fn seller_prices(room: &BookedRoom, stay: Stay) -> BTreeMap<Night, Option<Minor>> {
    almanac::nights(room.nights.unwrap_or(stay)).zip(room.seller_nightly.iter().copied()).collect()
}

/// A line with the prices of only these nights.
fn cut(room: &BookedRoom, stay: Stay, nights: &[Night]) -> BookedRoom {
    let (ours, sellers) = (prices(room, stay), seller_prices(room, stay));
    BookedRoom {
        nightly: nights.iter().filter_map(|night| ours.get(night).copied()).collect(),
        seller_nightly: nights.iter().filter_map(|night| sellers.get(night).copied()).collect(),
        ..room.clone()
    }
}

/// A line names its nights unless it has all nights of the stay.
fn on_nights(room: BookedRoom, nights: &[Night], stay: Stay) -> BookedRoom {
    let span = Stay::new(nights[0], Night(nights[nights.len() - 1].0 + 1)).unwrap();
    BookedRoom { nights: (span != stay).then_some(span), ..room }
}
