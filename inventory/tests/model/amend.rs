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

/// Some rooms of a wish on some nights. They continue the line `like` of the booking, and keep its terms if it is `of`; or they are new.
#[derive(Clone)]
struct Part {
    nights: Vec<Night>,
    room: BookedRoom,
    of: Option<usize>,
    like: Option<usize>,
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
            // Nights that are over forbid only another length.
            for night in own.iter().filter(|_| !wish.overrides) {
                let (kind, plan) = (room.room_type_code, room.rate_plan_code);
                let why = [None, Some(plan)]
                    .into_iter()
                    .find_map(|plan| forbids_change(&hotel.restrictions(kind, plan, *night), old.stay, stay, *night));
                refused.extend(why.map(|why| self.refused(hotel, kind, *night, why)));
            }
        }
        let last = |stay: Stay| Night(stay.departure().0 - 1);
        let leaving: u32 = parts.iter().filter(|part| part.nights.contains(&last(stay))).map(|part| part.room.quantity).sum();
        let left: u32 = old.rooms.iter().filter(|room| sleeps(room, old.stay, last(old.stay))).map(|room| room.quantity).sum();
        for part in parts.iter().flat_map(|part| by_terms(hotel, old, part)) {
            let before = part.of.map(|line| &old.rooms[line]);
            let has_all = before.is_some_and(|before| part.nights.iter().all(|night| sleeps(before, old.stay, *night)));
            if !has_all && (part.like.is_none() || !wish.overrides) {
                hotel.is_sold(part.room.room_type_code, part.room.rate_plan_code)?;
            }
            let mut room = part.room.clone();
            if let Some(before) = before {
                room.policy = before.policy;
                room.late = common(&self.late_after(before, (old.stay, stay), today), &part.nights);
            }
            refused.extend(self.price(hotel, (old, stay), &part, (wish.overrides, leaving > left), &mut room));
            lines.push(on_nights(room, &part.nights, stay));
        }
        if !refused.is_empty() {
            return Err(Reject::Restricted(refused.into_iter().take(RefusedNight::MOST).collect()));
        }
        let lines = in_one_line(lines, stay);
        if lines.len() > 100 { Err(Reject::TooManyRooms) } else { Ok((lines, currency)) }
    }

    /// Prices a part. Returns the nights that forbid it.
    fn price(
        &self,
        hotel: &Hotel,
        (old, stay): (&Booking, Stay),
        part: &Part,
        (overrides, adds_rooms): (bool, bool),
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
        let is_new = last != old.stay.departure() || before.is_none() && (adds_rooms || part.nights[0] == stay.arrival());
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

/// The requested rooms, one after another. On each night each takes the first unused room of the booking with the same type and plan.
fn requested(hotel: &Hotel, old: &Booking, rooms: &[RoomRequest], (stay, open): (Stay, &[Night])) -> Vec<Part> {
    let mut taken = Taken::default();
    let wish = |request: &RoomRequest| cut(&freeze(hotel, request, stay), stay, open);
    rooms.iter().flat_map(|request| taken.parts(old, wish(request), open)).collect()
}

/// How many rooms of each line were taken on each night.
#[derive(Default)]
struct Taken(BTreeMap<(usize, Night), u32>);

impl Taken {
    /// The parts of some rooms, night by night. An added night continues what the nearest night of the booking continues.
    fn parts(&mut self, old: &Booking, wish: BookedRoom, nights: &[Night]) -> Vec<Part> {
        let had: Vec<Night> = nights.iter().copied().filter(|night| almanac::nights(old.stay).any(|n| n == *night)).collect();
        let mut alike: Vec<(Vec<Option<usize>>, u32)> = Vec::new();
        for _ in 0..wish.quantity {
            let mut of = BTreeMap::new();
            for night in &had {
                let fits = |line: &usize| {
                    let before = &old.rooms[*line];
                    (before.room_type_code, before.rate_plan_code) == (wish.room_type_code, wish.rate_plan_code)
                        && sleeps(before, old.stay, *night)
                        && self.0.get(&(*line, *night)).copied().unwrap_or(0) < before.quantity
                };
                let line = (0..old.rooms.len()).find(fits);
                if let Some(line) = line {
                    *self.0.entry((line, *night)).or_default() += 1;
                }
                of.insert(*night, line);
            }
            let nearest = |night: &Night| had.iter().min_by_key(|other| other.0.abs_diff(night.0)).and_then(|night| of[night]);
            let of: Vec<Option<usize>> = nights.iter().map(nearest).collect();
            match alike.last_mut() {
                Some((same, rooms)) if *same == of => *rooms += 1,
                _ => alike.push((of, 1)),
            }
        }
        let mut parts: Vec<Part> = Vec::new();
        for (of, quantity) in alike {
            let start = parts.len();
            for (place, night) in nights.iter().enumerate() {
                let price = wish.seller_nightly.get(place).copied();
                match parts[start..].last_mut() {
                    Some(part) if part.of == of[place] => {
                        part.nights.push(*night);
                        part.room.seller_nightly.extend(price);
                    }
                    _ => {
                        let room = BookedRoom { quantity, seller_nightly: price.into_iter().collect(), ..wish.clone() };
                        parts.push(Part { nights: vec![*night], room, of: of[place], like: of[place] });
                    }
                }
            }
        }
        for part in &mut parts {
            if let Some(line) = part.of.filter(|_| part.room.seller_nightly.is_empty()) {
                part.room.seller_nightly = sellers_of(&old.rooms[line], old.stay, &part.nights);
            }
        }
        parts
    }
}

/// The rooms of the booking on the open nights: each night has the rooms that it had. New nights have those of the last night, and so
/// has every night if the arrival moves.
fn continued(old: &Booking, stay: Stay, open: &[Night]) -> Vec<Part> {
    let last = Night(old.stay.departure().0 - 1);
    let moves = stay.arrival() != old.stay.arrival();
    let mut parts = Vec::new();
    let mut taken = Taken::default();
    for (line, room) in old.rooms.iter().enumerate().filter(|(_, room)| moves && room.nights.is_none()) {
        taken.0.extend(almanac::nights(old.stay).map(|night| ((line, night), room.quantity)));
    }
    for (line, room) in old.rooms.iter().enumerate() {
        let has = |night: &Night| {
            let like = if moves || *night > last { last } else { *night };
            sleeps(room, old.stay, like)
        };
        let nights: Vec<Night> = open.iter().copied().filter(has).collect();
        if nights.is_empty() {
            continue;
        }
        let wish = BookedRoom { nightly: vec![], seller_nightly: vec![], late: None, nights: None, ..room.clone() };
        if moves && room.nights.is_some() {
            parts.extend(taken.parts(old, wish, &nights));
            continue;
        }
        let seller_nightly = sellers_of(room, old.stay, &nights);
        parts.push(Part { nights, room: BookedRoom { seller_nightly, ..wish }, of: Some(line), like: Some(line) });
    }
    parts
}

/// The seller's prices on nights that a line may have; empty if it has none.
fn sellers_of(room: &BookedRoom, stay: Stay, nights: &[Night]) -> Vec<Option<Minor>> {
    let sellers = seller_prices(room, stay);
    let sellers: Vec<Option<Minor>> = nights.iter().map(|night| sellers.get(night).copied().flatten()).collect();
    if sellers.iter().any(Option::is_some) { sellers } else { Vec::new() }
}

/// A part whose added nights have other terms than the nights that the line has, cut where the terms change.
fn by_terms(hotel: &Hotel, old: &Booking, part: &Part) -> Vec<Part> {
    let present = hotel.rate_plan(part.room.rate_plan_code).unwrap().policy;
    let Some(line) = part.of else { return vec![part.clone()] };
    let room = BookedRoom { policy: present, ..part.room.clone() };
    let has: Vec<bool> = part.nights.iter().map(|night| sleeps(&old.rooms[line], old.stay, *night)).collect();
    let is_same = old.rooms[line].policy == present;
    let mut pieces: Vec<Part> = Vec::new();
    for (place, night) in part.nights.iter().enumerate() {
        let keeps = has[place] || is_same && has.contains(&true);
        let of = keeps.then_some(line);
        let price = room.seller_nightly.get(place).copied();
        match pieces.last_mut() {
            Some(piece) if piece.of == of => {
                piece.nights.push(*night);
                piece.room.seller_nightly.extend(price);
            }
            _ => {
                let room = BookedRoom { seller_nightly: price.into_iter().collect(), ..room.clone() };
                pieces.push(Part { nights: vec![*night], room, of, like: Some(line) });
            }
        }
    }
    pieces
}

/// Lines that follow each other and differ in nothing but their nights are one line.
fn in_one_line(rooms: Vec<BookedRoom>, stay: Stay) -> Vec<BookedRoom> {
    let mut lines: Vec<BookedRoom> = Vec::new();
    for next in rooms {
        let then = next.nights.unwrap_or(stay);
        let follows = |line: &&mut BookedRoom| {
            let like_next = BookedRoom {
                nightly: next.nightly.clone(),
                seller_nightly: next.seller_nightly.clone(),
                nights: next.nights,
                late: next.late,
                ..(*line).clone()
            };
            let late = [nights_of(line.late), nights_of(next.late)].concat();
            let gap = || (late.iter().min().unwrap().0..late.iter().max().unwrap().0).any(|night| !late.contains(&Night(night)));
            let is_late_once = line.late.is_none() || next.late.is_none() || !gap();
            like_next == next
                && line.nights.unwrap_or(stay).departure() == then.arrival()
                && line.nightly.is_empty() == next.nightly.is_empty()
                && is_late_once
        };
        let Some(line) = lines.iter_mut().find(follows) else {
            lines.push(next);
            continue;
        };
        let before = line.nights.unwrap_or(stay);
        let whole = Stay::new(before.arrival(), then.departure()).unwrap();
        if !(line.seller_nightly.is_empty() && next.seller_nightly.is_empty()) {
            line.seller_nightly.resize(before.len() as usize, None);
            line.seller_nightly.extend_from_slice(&next.seller_nightly);
            line.seller_nightly.resize(whole.len() as usize, None);
        }
        line.nightly.extend_from_slice(&next.nightly);
        let late = [nights_of(line.late), nights_of(next.late)].concat();
        line.late = late.iter().min().map(|first| Stay::new(*first, Night(late.iter().max().unwrap().0 + 1)).unwrap());
        line.nights = (whole != stay).then_some(whole);
    }
    lines
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
