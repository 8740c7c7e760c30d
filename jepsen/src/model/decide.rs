//! Decides how a call must be answered and what it changes.

use super::refusal::Refusal;
use super::rooms::{by_type, same_booking};
use super::state::{Change, Hold, HoldState, Model};
use crate::history::{Answer, Booking, Call, Day, Outcome, Rooms, Short, Stay};

/// The longest time of a hold, in milliseconds.
pub const MAX_HOLD_MS: u64 = 600_000;

/// The most rooms of one booking.
pub const MAX_ROOMS: u64 = 50;

/// The values that the rules do not determine.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The id of the booking or hold that is created.
    pub id: String,
    /// A hold's deadline, ms since 1970.
    pub expires_at_ms: u64,
    /// See [`Hold::earliest_ns`].
    pub earliest_ns: u64,
    /// Whether log time has reached the deadline of the hold in question.
    pub due: bool,
}

/// The required answer and the changes of the state. A refusal changes nothing, except that a hold refused as expired
/// becomes due.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The answer or the refusal.
    pub answer: Result<Answer, Refusal>,
    /// The changes, for [`Model::set`].
    pub changes: Vec<Change>,
}

impl Given {
    /// The values that an outcome shows. `earliest_ns` stays 0.
    pub fn by(outcome: &Outcome) -> Given {
        match outcome {
            Outcome::Ok { answer: Answer::Booking(booking), .. } => Given { id: booking.booking.clone(), ..Given::default() },
            Outcome::Ok { answer: Answer::Hold { hold, expires_at_ms }, .. } => {
                Given { id: hold.clone(), expires_at_ms: *expires_at_ms, ..Given::default() }
            }
            Outcome::Refused { code, .. } => Given { due: code == "hold_expired", ..Given::default() },
            _ => Given::default(),
        }
    }
}

impl Decision {
    /// Whether the recorded outcome agrees with this decision.
    pub fn agrees(&self, outcome: &Outcome) -> bool {
        match (&self.answer, outcome) {
            (Ok(Answer::Booking(expected)), Outcome::Ok { answer: Answer::Booking(answered), .. }) => {
                same_booking(expected, answered)
            }
            (Ok(expected), Outcome::Ok { answer, .. }) => expected == answer,
            (Err(expected), Outcome::Refused { code, nights, .. }) => {
                expected.code == code && (expected.nights == *nights || expected.nights == in_order(nights.clone()))
            }
            _ => false,
        }
    }
}

impl Model {
    /// Executes a request with its idempotency key. A known key gets its stored answer.
    ///
    /// # Errors
    /// The refusal.
    pub fn submit(&mut self, call: &Call, given: &Given) -> Result<Answer, Refusal> {
        if let Some((earlier, answer)) = call.key().and_then(|key| self.records.get(key)) {
            return if earlier == call { answer.clone() } else { Err(Refusal::of("idempotency_key_reused")) };
        }
        let Decision { answer, changes } = self.decide(call, given);
        for change in changes {
            self.set(change);
        }
        if let Some(key) = call.key() {
            self.records.insert(key.to_owned(), (call.clone(), answer.clone()));
        }
        answer
    }

    /// Decides a call in this state, without regard to its idempotency key.
    pub fn decide(&self, call: &Call, given: &Given) -> Decision {
        let decided = match call {
            Call::Reserve { stay, rooms, .. } => self.reserve(*stay, rooms, given),
            Call::Amend { booking, stay, rooms, .. } => self.amend(booking, *stay, rooms),
            Call::Cancel { booking, .. } => self.cancel(booking),
            Call::Reinstate { booking, .. } => self.reinstate(booking),
            Call::Hold { stay, rooms, .. } => self.place_hold(*stay, rooms, given),
            Call::Confirm { hold, .. } => return self.confirm(hold, given),
            Call::Release { hold, .. } => self.release(hold),
            Call::Availability { room_type, stay, .. } => self.availability(room_type, *stay),
            Call::Lookup { booking, .. } => {
                let found = self.booking(booking).cloned();
                Ok((found.map_or(Answer::Absent, Answer::Booking), Vec::new()))
            }
        };
        match decided {
            Ok((answer, changes)) => Decision { answer: Ok(answer), changes },
            Err(refusal) => Decision { answer: Err(refusal), changes: Vec::new() },
        }
    }

    fn reserve(&self, stay: Stay, rooms: &[Rooms], given: &Given) -> Decided {
        self.check(stay, rooms, None)?;
        Ok(opened(&given.id, stay, rooms, None))
    }

    fn amend(&self, id: &str, stay: Stay, rooms: &[Rooms]) -> Decided {
        let old = self.booking(id).ok_or_else(|| Refusal::of("not_found"))?;
        if !matches!(old.state.as_str(), "confirmed" | "checked_in" | "checkedIn") {
            return Err(Refusal::of("wrong_state"));
        }
        self.check(stay, rooms, Some(old))?;
        Ok(stored(Booking { revision: old.revision + 1, stay, rooms: by_type(rooms), ..old.clone() }))
    }

    fn cancel(&self, id: &str) -> Decided {
        let old = self.booking(id).ok_or_else(|| Refusal::of("not_found"))?;
        match old.state.as_str() {
            "cancelled" => Ok((Answer::Booking(old.clone()), Vec::new())),
            "confirmed" => Ok(stored(Booking { revision: old.revision + 1, state: "cancelled".into(), ..old.clone() })),
            _ => Err(Refusal::of("wrong_state")),
        }
    }

    fn reinstate(&self, id: &str) -> Decided {
        let old = self.booking(id).ok_or_else(|| Refusal::of("not_found"))?;
        if old.state != "cancelled" {
            return Err(Refusal::of("wrong_state"));
        }
        self.check(old.stay, &old.rooms, None)?;
        Ok(stored(Booking { revision: old.revision + 1, state: "confirmed".into(), ..old.clone() }))
    }

    fn place_hold(&self, stay: Stay, rooms: &[Rooms], given: &Given) -> Decided {
        self.check(stay, rooms, None)?;
        let Given { id, expires_at_ms, earliest_ns, .. } = given.clone();
        let hold = Hold { state: HoldState::Open, stay, rooms: by_type(rooms), expires_at_ms, earliest_ns };
        Ok((Answer::Hold { hold: id.clone(), expires_at_ms }, vec![Change::Hold(id, Some(hold))]))
    }

    fn confirm(&self, id: &str, given: &Given) -> Decision {
        let refused = |code| Decision { answer: Err(Refusal::of(code)), changes: Vec::new() };
        let Some(hold) = self.hold(id) else { return refused("not_found") };
        let become_ = |state| Change::Hold(id.to_owned(), Some(Hold { state, ..hold.clone() }));
        match hold.state {
            HoldState::Open if given.due => Decision { changes: vec![become_(HoldState::Due)], ..refused("hold_expired") },
            HoldState::Open => {
                let (answer, changes) = opened(&given.id, hold.stay, &hold.rooms, Some(become_(HoldState::Confirmed)));
                Decision { answer: Ok(answer), changes }
            }
            HoldState::Due | HoldState::Expired => refused("hold_expired"),
            HoldState::Confirmed | HoldState::Released => refused("wrong_state"),
        }
    }

    fn release(&self, id: &str) -> Decided {
        let hold = self.hold(id).ok_or_else(|| Refusal::of("not_found"))?;
        match hold.state {
            HoldState::Open | HoldState::Due => {
                let closed = Hold { state: HoldState::Released, ..hold.clone() };
                Ok((Answer::Released, vec![Change::Hold(id.to_owned(), Some(closed))]))
            }
            HoldState::Released | HoldState::Expired => Ok((Answer::Released, Vec::new())),
            HoldState::Confirmed => Err(Refusal::of("wrong_state")),
        }
    }

    fn availability(&self, room_type: &str, stay: Stay) -> Decided {
        let nights: Option<Vec<_>> = (stay.from..stay.to).map(|day| self.night(room_type, day)).collect();
        let nights = nights.ok_or_else(|| Refusal::of("unknown_room_type"))?;
        Ok((Answer::Nights { nights }, Vec::new()))
    }

    /// Refuses a stay without enough rooms. The rooms of the amended booking `had` count as free, and it may always keep them.
    fn check(&self, stay: Stay, rooms: &[Rooms], had: Option<&Booking>) -> Result<(), Refusal> {
        let wanted: u64 = rooms.iter().map(|line| u64::from(line.quantity)).sum();
        if stay.to <= stay.from {
            return Err(Refusal::of("invalid_stay"));
        }
        if wanted == 0 || rooms.iter().any(|line| line.quantity == 0) {
            return Err(Refusal::of("no_rooms"));
        }
        if wanted > MAX_ROOMS {
            return Err(Refusal::of("too_many_rooms"));
        }
        if rooms.iter().any(|line| self.place(&line.room_type).is_none()) {
            return Err(Refusal::of("unknown_room_type"));
        }
        let mut short = Vec::new();
        for Rooms { room_type, quantity } in by_type(rooms) {
            for day in stay.from..stay.to {
                let Some(night) = self.night(&room_type, day) else { continue };
                let kept = kept(had, Some(&room_type), day);
                let available = night.available + kept;
                if available < i64::from(quantity) && i64::from(quantity) > kept {
                    short.push(Short { day, room_type: room_type.clone(), available });
                }
            }
        }
        self.check_house(stay, rooms, had, &mut short);
        if short.is_empty() { Ok(()) } else { Err(Refusal { code: "sold_out", nights: in_order(short) }) }
    }

    /// Checks the house limit over all room types. A night that is already short in one room type is not named again.
    fn check_house(&self, stay: Stay, rooms: &[Rooms], had: Option<&Booking>, short: &mut Vec<Short>) {
        let (Some(limit), Some(first)) = (self.house_limit, rooms.first()) else { return };
        let wanted: i64 = rooms.iter().map(|line| i64::from(line.quantity)).sum();
        for day in stay.from..stay.to {
            let kept = kept(had, None, day);
            let available = i64::from(limit) - self.counts.taken_of_all_types(day) + kept;
            if available < wanted && wanted > kept && !short.iter().any(|named| named.day == day) {
                short.push(Short { day, room_type: first.room_type.clone(), available });
            }
        }
    }
}

type Decided = Result<(Answer, Vec<Change>), Refusal>;

/// A new booking, and the change of the hold that it was made from.
fn opened(id: &str, stay: Stay, rooms: &[Rooms], hold: Option<Change>) -> (Answer, Vec<Change>) {
    let rooms = by_type(rooms);
    let (answer, changes) = stored(Booking { booking: id.to_owned(), revision: 1, state: "confirmed".into(), stay, rooms });
    (answer, hold.into_iter().chain(changes).collect())
}

fn stored(booking: Booking) -> (Answer, Vec<Change>) {
    (Answer::Booking(booking.clone()), vec![Change::Booking(booking.booking.clone(), Some(booking))])
}

/// Rooms (of one type, or of all) that a booking has on a night.
fn kept(had: Option<&Booking>, room_type: Option<&str>, day: Day) -> i64 {
    let Some(had) = had.filter(|had| had.stay.from <= day && day < had.stay.to) else { return 0 };
    let counted = had.rooms.iter().filter(|line| room_type.is_none_or(|wanted| wanted == line.room_type));
    counted.map(|line| i64::from(line.quantity)).sum()
}

fn in_order(mut nights: Vec<Short>) -> Vec<Short> {
    nights.sort_by(|one, other| (one.day, &one.room_type).cmp(&(other.day, &other.room_type)));
    nights
}
