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

/// A part of a wanted line.
struct Part {
    room: BookedRoom,
    /// The line that it continues; `None` for rooms that the booking did not have.
    of: Option<usize>,
    /// Whether it has nights of that line, and so keeps its terms.
    keeps: bool,
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
        let over: Vec<BookedRoom> = old.rooms.iter().filter_map(|room| room.within(old.stay, nights.over?, stay)).collect();
        let parts = split(property, old, stay, wanted);
        let open = self.price_parts(property, (old, stay), (&over, parts, today), overrides)?;
        let rooms = merged(over.into_iter().chain(open), stay);
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

    /// Prices the parts and checks their restrictions, and the length of the stay for the nights that are over.
    fn price_parts(
        &mut self,
        property: &Property,
        (old, stay): (&Booking, Stay),
        (over, parts, today): (&[BookedRoom], Vec<Part>, Night),
        overrides: bool,
    ) -> Decision<Vec<BookedRoom>> {
        let mut refused = Vec::new();
        for room in over {
            let change = Change { had: Some(old.stay), kept: Some(room), adds_rooms: false, overrides };
            self.check_length(property, stay, (room, change), &mut refused)?;
        }
        let adds_rooms = rooms_at_the_end(parts.iter().map(|part| &part.room), stay) > rooms_at_the_end(&old.rooms, old.stay);
        let mut rooms = Vec::with_capacity(parts.len());
        for Part { mut room, of, keeps } in parts {
            let kept = of.filter(|_| keeps).map(|line| &old.rooms[line]);
            if let Some(line) = kept {
                room.policy = line.policy;
                stay_late(&mut room, line, (today, old.stay, stay));
            }
            // A guest may stay longer in a room that is no longer sold if the desk says so.
            let adds_nights = kept.is_none_or(|line| line.span(old.stay).common(room.span(stay)) != Some(room.span(stay)));
            if adds_nights && !(overrides && of.is_some()) {
                check_sold(property, &room)?;
            }
            let change = Change { had: Some(old.stay), kept, adds_rooms, overrides };
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
            let (nightly, seller_nightly) = (Vec::new(), Vec::new());
            // Before the change the nights may have been in several lines.
            let from = (!moves || room.nights.is_none()).then_some(line);
            let nights = (span != nights.stay).then_some(span);
            let room = BookedRoom { nightly, seller_nightly, nights, late: None, ..room.clone() };
            wanted.push(Wanted { room, from });
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

/// The rooms of the last night of a stay.
fn rooms_at_the_end<'r>(rooms: impl IntoIterator<Item = &'r BookedRoom>, stay: Stay) -> u64 {
    let at_the_end = rooms.into_iter().filter(|room| room.span(stay).departure() == stay.departure());
    at_the_end.map(|room| u64::from(room.quantity)).sum()
}

/// Splits wanted lines into parts that keep the terms of the booking's rooms, and parts that are new. On each night a wanted room keeps a
/// room of the same type and plan that the booking has.
fn split(property: &Property, old: &Booking, stay: Stay, wanted: Vec<Wanted>) -> Vec<Part> {
    let mut left = Left::new(old, stay, &wanted);
    let mut parts = Vec::with_capacity(wanted.len());
    for Wanted { room, from } in wanted {
        let span = room.span(stay);
        for (quantity, lines) in left.take(old, &room, from) {
            let room = BookedRoom { quantity, ..room.clone() };
            for (piece, line) in left.pieces(span, &lines) {
                let Some(room) = room.within(stay, piece, stay) else { continue };
                match line {
                    Some(line) => continue_line(property, (old, stay), room, line, &mut parts),
                    None => parts.push(Part { room, of: None, keeps: false }),
                }
            }
        }
    }
    parts
}

/// The rooms of the booking that no wanted room has taken yet. Between two cuts, each line has all nights of the booking or none.
struct Left {
    /// Segments of the nights that are exchanged.
    segments: Vec<Stay>,
    /// For each line of the booking and each segment.
    rooms: Vec<Vec<u32>>,
}

impl Left {
    fn new(old: &Booking, stay: Stay, wanted: &[Wanted]) -> Left {
        let spans = || old.rooms.iter().map(|room| room.span(old.stay));
        let first = wanted.iter().map(|wanted| wanted.room.span(stay).arrival()).min().unwrap_or(stay.arrival());
        let is_inside = |night: &Night| *night > first && *night < stay.departure();
        let is_cut = |night: &Night| *night > old.stay.arrival() && *night < old.stay.departure() && is_inside(night);
        let mut cuts: Vec<Night> = spans().flat_map(|span| [span.arrival(), span.departure()]).filter(is_cut).collect();
        cuts.extend([first, stay.departure()]);
        cuts.sort_unstable();
        cuts.dedup();
        let segments: Vec<Stay> = cuts.windows(2).filter_map(|ends| Stay::new(ends[0], ends[1]).ok()).collect();
        let is_claimed = |line: usize| wanted.iter().any(|wanted| wanted.from == Some(line));
        let rooms_of = |(line, room): (usize, &BookedRoom)| {
            let rooms = if is_claimed(line) { 0 } else { room.quantity };
            let has = |segment: &Stay| room.span(old.stay).common(*segment).is_some();
            segments.iter().map(|segment| if has(segment) { rooms } else { 0 }).collect()
        };
        let rooms = old.rooms.iter().enumerate().map(rooms_of).collect();
        Left { segments, rooms }
    }

    /// Takes rooms for a wanted line: numbers of rooms, each with the line that it continues in each segment.
    fn take(&mut self, old: &Booking, room: &BookedRoom, from: Option<usize>) -> Vec<(u32, Vec<Option<usize>>)> {
        if from.is_some() {
            return alloc::vec![(room.quantity, alloc::vec![from; self.segments.len()])];
        }
        let fits = |line: &usize| {
            let before = &old.rooms[*line];
            (before.room_type, before.rate_plan) == (room.room_type, room.rate_plan)
        };
        let mut taken: Vec<(u32, Vec<Option<usize>>)> = Vec::new();
        for _ in 0..room.quantity {
            let mut lines = Vec::with_capacity(self.segments.len());
            for segment in 0..self.segments.len() {
                let line = (0..old.rooms.len()).filter(fits).find(|line| self.rooms[*line][segment] > 0);
                if let Some(line) = line {
                    self.rooms[line][segment] -= 1;
                }
                lines.push(line);
            }
            match taken.last_mut() {
                Some((quantity, alike)) if *alike == lines => *quantity += 1,
                _ => taken.push((1, lines)),
            }
        }
        taken
    }

    /// The nights of a wanted line, cut where it continues another line.
    fn pieces(&self, span: Stay, lines: &[Option<usize>]) -> Vec<(Stay, Option<usize>)> {
        let mut pieces: Vec<(Stay, Option<usize>)> = Vec::new();
        for (segment, line) in self.segments.iter().zip(lines) {
            let Some(piece) = span.common(*segment) else { continue };
            match pieces.last_mut() {
                Some((before, same)) if same == line => *before = before.joined(piece).unwrap_or(*before),
                _ => pieces.push((piece, *line)),
            }
        }
        pieces
    }
}

/// Adds the parts of rooms that continue a line. The nights that the line has keep its terms. Nights that are added have the present policy of
/// the plan, and are parts of their own if it is another one.
fn continue_line(property: &Property, (old, stay): (&Booking, Stay), mut room: BookedRoom, line: usize, parts: &mut Vec<Part>) {
    let before = &old.rooms[line];
    let span = room.span(stay);
    let common = before.span(old.stay).common(span);
    if room.seller_nightly.is_empty() && common.is_some() {
        room.seller_nightly = seller_prices(before, (old.stay, span));
    }
    room.policy = property.rate_plans[usize::from(room.rate_plan.0)].policy;
    let Some(common) = common.filter(|common| *common != span && before.policy != room.policy) else {
        return parts.push(Part { room, of: Some(line), keeps: common.is_some() });
    };
    let pieces = [
        (Stay::new(span.arrival(), common.arrival()).ok(), false),
        (Some(common), true),
        (Stay::new(common.departure(), span.departure()).ok(), false),
    ];
    for (piece, keeps) in pieces {
        let room = piece.and_then(|piece| room.within(stay, piece, stay));
        parts.extend(room.map(|room| Part { room, of: Some(line), keeps }));
    }
}

/// Joins lines that follow each other and have the same terms.
fn merged(rooms: impl Iterator<Item = BookedRoom>, stay: Stay) -> Vec<BookedRoom> {
    let mut lines: Vec<BookedRoom> = Vec::new();
    for room in rooms {
        match lines.iter_mut().find_map(|line| line.joined(&room, stay).map(|joined| (line, joined))) {
            Some((line, joined)) => *line = joined,
            None => lines.push(room),
        }
    }
    lines
}
