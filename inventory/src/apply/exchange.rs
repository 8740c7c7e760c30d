//! Exchanging the rooms of a booking: what it has already stands, and only what is new is priced and restricted.
//!
//! Nights that are over are history: they keep the rooms that they had. The other nights get the requested rooms, or keep theirs. Each
//! requested line takes over the terms of rooms that the booking has of the same type and plan; what is left of it is new.

use alloc::vec::Vec;

use super::pricing::{Change, check_sold, identify_all};
use super::shard::Shard;
use super::stop::{Decision, Stop};
use crate::fees::{fee_of_change, stay_late};
use crate::{BookedRoom, Booking, BookingState, Currency, MAX_ROOM_LINES, Night, Property, Reject, RoomRequest, Rows, Stay};

/// The rooms after an exchange.
pub(super) struct Exchanged {
    pub rooms: Vec<BookedRoom>,
    pub currency: Currency,
    /// The exact fee for what was given up late.
    pub fee: u128,
}

/// A wanted line, without prices; `from` is the line of the booking that it continues.
struct Wanted {
    room: BookedRoom,
    from: Option<usize>,
}

/// A priced part of a wanted line; `kept` is the line whose terms it keeps.
struct Part {
    room: BookedRoom,
    kept: Option<usize>,
}

/// The nights of the booking after the change: those that are over, and those that are exchanged.
#[derive(Clone, Copy)]
struct Nights {
    stay: Stay,
    over: Option<Stay>,
    open: Option<Stay>,
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Exchanges the rooms of a booking for `requests`, or for the same rooms, on the nights `stay`. If rooms are lacking, the booking
    /// keeps what it has.
    pub(super) fn exchange(
        &mut self,
        property: &Property,
        old: &Booking,
        (stay, requests): (Stay, Option<&[RoomRequest]>),
        overrides: bool,
    ) -> Decision<Exchanged> {
        let today = property.business_date;
        let nights = nights(old, stay, today)?;
        let (wanted, currency) = match (requests, nights.open) {
            (Some(_), None) => return Err(Reject::StayOver { business_date: today }.into()),
            (Some(requests), Some(open)) => requested(property, requests, (stay, open))?,
            (None, _) => (same(old, nights), current_currency(property, old)?),
        };
        let mut rooms: Vec<BookedRoom> = old.rooms.iter().filter_map(|room| room.within(old.stay, nights.over?, stay)).collect();
        let parts = split(old, stay, wanted);
        rooms.extend(self.price_parts(property, (old, stay), (parts, today), overrides)?);
        if rooms.len() > MAX_ROOM_LINES {
            return Err(Reject::TooManyRooms.into());
        }
        let fee = fee_of_change(today, (&old.rooms, old.stay), (&rooms, stay));
        let owes = fee > 0 || !old.fees.lines.is_empty();
        let has_old_prices = nights.over.is_some() && old.rooms.iter().any(|room| !room.nightly.is_empty());
        if currency != old.currency && (owes || has_old_prices) {
            return Err(Reject::CurrencyMismatch.into());
        }
        self.swap(property, old, (&rooms, nights))?;
        Ok(Exchanged { rooms, currency, fee })
    }

    /// Prices the parts and checks their restrictions.
    fn price_parts(
        &mut self,
        property: &Property,
        (old, stay): (&Booking, Stay),
        (parts, today): (Vec<Part>, Night),
        overrides: bool,
    ) -> Decision<Vec<BookedRoom>> {
        let mut refused = Vec::new();
        let mut rooms = Vec::with_capacity(parts.len());
        for Part { mut room, kept } in parts {
            let kept = kept.map(|line| &old.rooms[line]);
            if let Some(line) = kept {
                room.policy = line.policy;
                stay_late(&mut room, line, (today, old.stay, stay));
            } else {
                check_sold(property, &room)?;
            }
            let change = Change { had: Some(old.stay), kept, overrides };
            self.price(property, stay, (&mut room, change), &mut refused)?;
            rooms.push(room);
        }
        if refused.is_empty() { Ok(rooms) } else { Err(Reject::Restricted(self.named_nights(refused)).into()) }
    }

    /// Gives the old rooms back and takes the new ones, or changes nothing.
    fn swap(&mut self, property: &Property, old: &Booking, (rooms, nights): (&[BookedRoom], Nights)) -> Decision<()> {
        self.give_back_sold(&old.rooms, old.stay)?;
        let free = match nights.open {
            Some(open) => self.check_free(property, (nights.stay, open), rooms, Some(old)),
            None => Ok(()),
        };
        match free {
            Ok(()) => Ok(self.sell(property, rooms, nights.stay, Some(old))?),
            Err(Stop::Reject(reject)) => {
                self.sell_kept(&old.rooms, old.stay)?;
                Err(reject.into())
            }
            Err(Stop::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// Checks the new nights against the business date, and splits them.
fn nights(old: &Booking, stay: Stay, today: Night) -> Result<Nights, Reject> {
    if stay.arrival() != old.stay.arrival() {
        if stay.arrival() < today || old.state == BookingState::CheckedIn {
            return Err(Reject::ArrivalInPast { business_date: today });
        }
        return Ok(Nights { stay, over: None, open: Some(stay) });
    }
    if stay.departure() < old.stay.departure() && stay.departure() < today {
        return Err(Reject::DepartureInPast { business_date: today });
    }
    // Nights after an overdue departure are new, even if they are over.
    let cut = today.min(old.stay.departure());
    let part = |from: Night, to: Night| Stay::new(from, to).ok();
    let (arrival, departure) = (stay.arrival(), stay.departure());
    Ok(Nights { stay, over: part(arrival, cut.min(departure)), open: part(cut.max(arrival), departure) })
}

/// The requested rooms on all open nights.
fn requested(
    property: &Property,
    requests: &[RoomRequest],
    (stay, open): (Stay, Stay),
) -> Result<(Vec<Wanted>, Currency), Reject> {
    let (rooms, currency) = identify_all(property, requests, stay)?;
    let on_open_nights = |room: BookedRoom| room.within(stay, open, stay).map(|room| Wanted { room, from: None });
    Ok((rooms.into_iter().filter_map(on_open_nights).collect(), currency))
}

/// The same rooms as before. The rooms of the last night also have the nights that are added; if the arrival moves, they have all nights.
fn same(old: &Booking, nights: Nights) -> Vec<Wanted> {
    let Some(open) = nights.open else { return Vec::new() };
    let moves = nights.stay.arrival() != old.stay.arrival();
    let mut wanted = Vec::with_capacity(old.rooms.len());
    for (line, room) in old.rooms.iter().enumerate() {
        let span = room.span(old.stay);
        let to_the_end = span.departure() == old.stay.departure();
        let until = if to_the_end { open.departure() } else { span.departure().min(open.departure()) };
        let from = if moves { open.arrival() } else { span.arrival().max(open.arrival()) };
        if moves && !to_the_end {
            continue;
        }
        if let Ok(span) = Stay::new(from, until) {
            let nightly = Vec::new();
            let seller_nightly = seller_prices(room, (old.stay, span));
            let nights = (span != nights.stay).then_some(span);
            let room = BookedRoom { nightly, seller_nightly, nights, late: None, ..room.clone() };
            wanted.push(Wanted { room, from: Some(line) });
        }
    }
    wanted
}

/// The seller's prices of the nights that rooms keep. Other nights have none.
fn seller_prices(room: &BookedRoom, (had, span): (Stay, Stay)) -> Vec<Option<crate::Minor>> {
    let before = room.span(had);
    let price = |night: Night| {
        let place = night.0.checked_sub(before.arrival().0)?;
        room.seller_nightly.get(place as usize).copied().flatten()
    };
    let prices: Vec<_> = span.nights().map(price).collect();
    if prices.iter().all(Option::is_none) { Vec::new() } else { prices }
}

/// The currency of the booking's plans, which may have changed while they had no rates.
fn current_currency(property: &Property, old: &Booking) -> Result<Currency, Reject> {
    let mut currency = None;
    for room in &old.rooms {
        let plan = property.rate_plans.get(usize::from(room.rate_plan.0)).ok_or(Reject::UnknownRatePlan(room.rate_plan_code))?;
        if *currency.get_or_insert(plan.currency) != plan.currency {
            return Err(Reject::CurrencyMismatch);
        }
    }
    Ok(currency.unwrap_or(old.currency))
}

/// Splits wanted lines into parts that keep the terms of the booking's rooms, and parts that are new. A line first takes over rooms with
/// nights in common.
fn split(old: &Booking, stay: Stay, wanted: Vec<Wanted>) -> Vec<Part> {
    let mut left: Vec<u32> = old.rooms.iter().map(|room| room.quantity).collect();
    let asked: u32 = wanted.iter().map(|wanted| wanted.room.quantity).sum();
    let mut parts = Vec::with_capacity(wanted.len());
    for Wanted { mut room, from } in wanted {
        for line in candidates(old, (stay, &room), from) {
            let kept = room.quantity.min(left[line]);
            if kept > 0 {
                left[line] -= kept;
                room.quantity -= kept;
                parts.push(Part { room: BookedRoom { quantity: kept, ..room.clone() }, kept: Some(line) });
            }
        }
        if room.quantity > 0 {
            parts.push(Part { room, kept: None });
        }
    }
    let split: u32 = parts.iter().map(|part| part.room.quantity).sum();
    assert_eq!(split, asked, "splitting a line keeps its number of rooms");
    parts
}

/// The lines of the booking whose terms a wanted line may keep, best first.
fn candidates(old: &Booking, (stay, room): (Stay, &BookedRoom), from: Option<usize>) -> Vec<usize> {
    if let Some(line) = from {
        return alloc::vec![line];
    }
    let same = |line: &usize| {
        let before = &old.rooms[*line];
        (before.room_type, before.rate_plan) == (room.room_type, room.rate_plan)
    };
    let overlaps = |line: &usize| old.rooms[*line].span(old.stay).common(room.span(stay)).is_some();
    let (near, far): (Vec<usize>, Vec<usize>) = (0..old.rooms.len()).filter(same).partition(overlaps);
    near.into_iter().chain(far).collect()
}
