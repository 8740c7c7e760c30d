//! Adds a booking's leaf to the ledger. Checks that it follows from the last leaf of the booking, and that the rooms agree.
//!
//! # When a night counts as oversold
//! A hotel may lower its capacity below the number of sold rooms. Its nights are then in deficit, which is not a finding.
//! But it must not sell more. So after an event that takes rooms, no night may have a negative number of rooms left, with
//! two exceptions:
//! - An amendment may keep a night in deficit if the booking had as many rooms of that type on it before.
//! - A booking may come from a hold that was placed before the limit was lowered. The log has no holds. So this is accepted
//!   only if the log shows that the limit was lowered within the lifetime of a hold and was high enough before. Otherwise
//!   it is reported, with a remark about holds.

use std::fmt::Write;

use keyrack_inventory::{BookingLeaf, LeafKind, LeafRooms, Night};

use super::finding::{Findings, Kind};
use super::ledger::{BookingRecord, Ledger, Phase, RoomSpan, RoomTypeIndex, day};

/// Nights that a finding names. More are only counted.
const NAMED_NIGHTS: usize = 4;
/// The remark about holds.
const HOLDS: &str = " (this is allowed if a hold was placed before the hotel lowered its limit and confirmed within ten \
                     minutes; holds are not in the log)";

impl Ledger {
    /// Adds a leaf of a booking.
    pub(super) fn apply_booking(&mut self, index: u64, at_ms: u64, leaf: &BookingLeaf, findings: &mut Findings) {
        let place = self.properties.place(&leaf.property);
        let number = leaf.booking.property().0;
        if *self.numbers.entry(number).or_insert(place) != place {
            let before = self.properties.name(self.numbers[&number]).to_owned();
            let what = format!("the id of {} belongs to {before}, but the leaf has the property {}", leaf.booking, leaf.property);
            findings.add(Kind::Contradiction, Some(index), what);
        }
        let types: Vec<RoomTypeIndex> = leaf.rooms.iter().map(|rooms| self.type_place(place, rooms)).collect();
        let rooms = spans(leaf, &types);
        let known = self.bookings.remove(&leaf.booking);
        self.check_pointer(index, leaf, known.as_ref(), findings);
        let phase = check_step(index, leaf, known.as_ref(), &rooms, findings);
        let today = day(at_ms);
        let is_forgotten = known.is_none() && leaf.previous.is_some() && self.may_be_forgotten(leaf.departure);

        // A booking that is booked twice counts twice: its first sale was never given back.
        let gives_back = known.as_ref().filter(|known| known.phase.holds_rooms() && leaf.kind != LeafKind::Book);
        let takes = takes_rooms(leaf.kind, known.as_ref(), &rooms) && !is_forgotten;
        if is_forgotten && matches!(leaf.kind, LeafKind::Cancel | LeafKind::NoShow) {
            // The forgotten booking had these rooms.
            self.change(&rooms, today, false);
        }
        if let Some(had) = gives_back.filter(|_| takes || !phase.holds_rooms()) {
            self.change(&had.rooms, today, false);
        }
        if takes {
            self.change(&rooms, today, true);
        }
        self.check_nights(index, at_ms, leaf, (&types, &rooms), known.as_ref(), findings);

        let now = BookingRecord { last: index, phase, arrival: leaf.arrival, departure: leaf.departure, rooms, touched: today };
        self.bookings.insert(leaf.booking, now);
    }

    fn type_place(&mut self, property: u32, rooms: &LeafRooms) -> RoomTypeIndex {
        let next = self.types.len() as RoomTypeIndex;
        *self.types.entry((property, rooms.room_type)).or_insert(next)
    }

    /// Each leaf names the previous leaf of the booking, so a missing leaf is noticed.
    fn check_pointer(&self, index: u64, leaf: &BookingLeaf, known: Option<&BookingRecord>, findings: &mut Findings) {
        let (id, kind) = (leaf.booking, leaf.kind.name());
        let what = match (known, leaf.previous) {
            (Some(known), _) if leaf.kind == LeafKind::Book => {
                format!("{id} is booked again, but leaf {} is already about it", known.last)
            }
            (Some(known), Some(previous)) if previous == known.last => return,
            (Some(known), Some(previous)) => {
                format!("this {kind} of {id} names leaf {previous} as its previous leaf, but that is leaf {}", known.last)
            }
            (Some(known), None) => format!("this {kind} of {id} names no previous leaf, but that is leaf {}", known.last),
            (None, None) if leaf.kind == LeafKind::Book => return,
            (None, None) => format!("{id} begins with a {kind}: it is older than this log, or its first leaf is missing"),
            (None, Some(previous)) if previous < index && self.may_be_forgotten(leaf.departure) => return,
            (None, Some(previous)) => format!("this {kind} of {id} names leaf {previous}, which is not a leaf of this booking"),
        };
        findings.add(Kind::Gap, Some(index), what);
    }

    /// Takes rooms, or gives them back.
    fn change(&mut self, rooms: &[RoomSpan], today: u32, takes: bool) {
        for RoomSpan { room_type, from, to, quantity } in rooms {
            for night in *from..*to {
                let tally = self.nights.entry((*room_type, night)).or_default();
                tally.touched = tally.touched.max(today);
                let (sold, total) = (&mut tally.sold, &mut self.counts.room_nights);
                for count in [sold, total] {
                    let quantity = u64::from(*quantity);
                    *count = if takes { count.saturating_add(quantity) } else { count.saturating_sub(quantity) };
                }
            }
        }
    }

    /// Compares the ledger with the leaf, night by night.
    fn check_nights(
        &mut self,
        index: u64,
        at_ms: u64,
        leaf: &BookingLeaf,
        (types, rooms): (&[RoomTypeIndex], &[RoomSpan]),
        known: Option<&BookingRecord>,
        findings: &mut Findings,
    ) {
        let (mut oversold, mut contradicted) = (NightList::default(), NightList::default());
        for (line, room_type) in leaf.rooms.iter().zip(types) {
            for (night, (limit, remaining)) in (leaf.arrival.0..leaf.departure.0).zip(&line.nights) {
                let tally = self.nights.entry((*room_type, night)).or_default();
                tally.set_limit(*limit, at_ms);
                let (sold, limit_wide) = (i128::from(tally.sold), i128::from(*limit));
                let taken = limit_wide - i128::from(*remaining);
                let label = || format!("{} {}", line.room_type, Night(night));
                if taken < sold {
                    contradicted.add(|| {
                        format!("{}: the leaf has limit {limit} and {remaining} left, but {sold} are sold by the ledger", label())
                    });
                }
                let beyond = sold > limit_wide || *remaining < 0;
                let quantity = rooms_on(rooms, *room_type, night);
                if !beyond || quantity == 0 || !matches!(leaf.kind, LeafKind::Book | LeafKind::Amend | LeafKind::Reinstate) {
                    continue;
                }
                if leaf.kind == LeafKind::Amend && rooms_before(known, *room_type, night) >= quantity {
                    continue;
                }
                if leaf.kind == LeafKind::Book && tally.was_promised(taken, at_ms) {
                    self.counts.booked_after_lowering = self.counts.booked_after_lowering.saturating_add(1);
                    continue;
                }
                oversold.add(|| format!("{}: limit {limit}, {sold} sold by the ledger, {remaining} left by the leaf", label()));
            }
        }
        let who = format!("{} of {} at {}", leaf.kind.name(), leaf.booking, leaf.property);
        if leaf.kind == LeafKind::Book && oversold.count > 0 {
            oversold.after = HOLDS;
        }
        oversold.report(Kind::Oversell, index, &who, findings);
        contradicted.report(Kind::Contradiction, index, &who, findings);
    }
}

/// Reports an event that the state of the booking does not allow. Returns the state after the event.
fn check_step(
    index: u64,
    leaf: &BookingLeaf,
    known: Option<&BookingRecord>,
    rooms: &[RoomSpan],
    findings: &mut Findings,
) -> Phase {
    use Phase::{CheckedIn, Confirmed, Unknown};
    let before = known.map_or(Unknown, |known| known.phase);
    let (allowed, after) = match leaf.kind {
        LeafKind::Book => (true, Confirmed),
        LeafKind::Amend => (matches!(before, Confirmed | CheckedIn), if before == CheckedIn { CheckedIn } else { Confirmed }),
        LeafKind::Cancel => (before == Confirmed, Phase::Cancelled),
        LeafKind::CheckIn => (before == Confirmed, CheckedIn),
        LeafKind::CheckOut => (before == CheckedIn, Phase::CheckedOut),
        LeafKind::NoShow => (before == Confirmed, Phase::NoShow),
        LeafKind::Erase => (true, before),
        LeafKind::RevertCheckIn => (before == CheckedIn, Confirmed),
        LeafKind::Reinstate => (matches!(before, Phase::Cancelled | Phase::NoShow), Confirmed),
    };
    let (id, kind) = (leaf.booking, leaf.kind.name());
    if !allowed && before != Unknown {
        let what =
            format!("a {kind} of {id}, which has been {} since leaf {}", before.name(), known.map_or(0, |known| known.last));
        findings.add(Kind::Contradiction, Some(index), what);
    }
    let is_wrong = match (leaf.kind, known) {
        (LeafKind::Book | LeafKind::Amend, _) | (_, None) => false,
        // A guest who leaves early gives nights back, and a reinstated booking has lost the nights that are over.
        (LeafKind::CheckOut, Some(known)) => leaf.arrival != known.arrival || !is_part(known, leaf, rooms),
        (LeafKind::Reinstate, Some(known)) => leaf.departure != known.departure || !is_part(known, leaf, rooms),
        (_, Some(known)) => (known.arrival, known.departure) != (leaf.arrival, leaf.departure) || *known.rooms != *rooms,
    };
    if is_wrong {
        findings.add(Kind::Contradiction, Some(index), format!("this {kind} of {id} changes its nights or rooms"));
    }
    after
}

/// Whether the leaf's rooms count as sold from now on.
fn takes_rooms(kind: LeafKind, known: Option<&BookingRecord>, rooms: &[RoomSpan]) -> bool {
    match kind {
        LeafKind::Book | LeafKind::Amend | LeafKind::Reinstate => true,
        // The log does not have the first leaf of the booking, which took these rooms, or they are fewer now.
        LeafKind::CheckIn | LeafKind::CheckOut | LeafKind::RevertCheckIn => {
            known.is_none_or(|known| !known.phase.holds_rooms() || *known.rooms != *rooms)
        }
        LeafKind::Cancel | LeafKind::NoShow | LeafKind::Erase => false,
    }
}

/// How many rooms of a type a booking had on a night.
fn rooms_before(known: Option<&BookingRecord>, room_type: RoomTypeIndex, night: u32) -> u32 {
    known.filter(|known| known.phase.holds_rooms()).map_or(0, |known| rooms_on(&known.rooms, room_type, night))
}

/// How many of these rooms are of a type and have a night.
fn rooms_on(rooms: &[RoomSpan], room_type: RoomTypeIndex, night: u32) -> u32 {
    let matches = |span: &&RoomSpan| span.room_type == room_type && (span.from..span.to).contains(&night);
    rooms.iter().filter(matches).fold(0, |sum, span| sum.saturating_add(span.quantity))
}

/// The rooms of a leaf, ordered by type and night.
fn spans(leaf: &BookingLeaf, types: &[RoomTypeIndex]) -> Box<[RoomSpan]> {
    let mut spans = Vec::with_capacity(types.len());
    for (rooms, room_type) in leaf.rooms.iter().zip(types) {
        let whole = [(leaf.nights(), rooms.quantity)];
        let mut from = leaf.arrival.0;
        for (nights, quantity) in if rooms.runs.is_empty() { &whole[..] } else { &rooms.runs } {
            let to = from.saturating_add(*nights);
            spans.push(RoomSpan { room_type: *room_type, from, to, quantity: *quantity });
            from = to;
        }
    }
    spans.retain(|span| span.quantity > 0);
    spans.sort_unstable();
    spans.into()
}

/// Whether these are the booking's rooms on the nights of the leaf, which are some of its nights.
fn is_part(known: &BookingRecord, leaf: &BookingLeaf, rooms: &[RoomSpan]) -> bool {
    let within = |span: &RoomSpan| {
        let (from, to) = (span.from.max(leaf.arrival.0), span.to.min(leaf.departure.0));
        (from < to).then_some(RoomSpan { from, to, ..*span })
    };
    known.arrival <= leaf.arrival
        && leaf.departure <= known.departure
        && known.rooms.iter().filter_map(within).eq(rooms.iter().copied())
}

/// The nights of one finding. Names the first few.
#[derive(Default)]
struct NightList {
    text: String,
    count: usize,
    after: &'static str,
}

impl NightList {
    fn add(&mut self, night: impl FnOnce() -> String) {
        if self.count < NAMED_NIGHTS {
            let _ = write!(self.text, "{}{}", if self.count == 0 { "" } else { "; " }, night());
        }
        self.count += 1;
    }

    fn report(self, kind: Kind, index: u64, who: &str, findings: &mut Findings) {
        let more = self.count.saturating_sub(NAMED_NIGHTS);
        let more = if more == 0 { String::new() } else { format!("; and {more} more nights") };
        if self.count > 0 {
            findings.add(kind, Some(index), format!("{who}: {}{more}{}", self.text, self.after));
        }
    }
}
