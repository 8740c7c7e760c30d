//! Whether a pending read can still reach its recorded answer.
//!
//! A read that saw more or fewer rooms than are available now needs operations that give back or take rooms. The
//! operations that are pending, or are invoked before the read returns, must suffice. Checking this early prunes a branch
//! many choices before the read returns. The bounds are loose: every operation counts with its largest possible effect.

use std::collections::HashMap;

use crate::check::logical_ops::LogicalOp;
use crate::history::{Answer, Call, Day, Outcome, Rooms, Stay};
use crate::model::{Hold, Model};

/// Rooms on the nights of a stay.
type RoomNights<'h> = (Stay, &'h [Rooms]);

/// For each operation, the rooms that it can take or give back at most, and the nights that it saw.
pub(super) struct Reach<'h> {
    moves: Vec<RoomMoves<'h>>,
    seen: Vec<Vec<SeenNight<'h>>>,
}

#[derive(Default)]
struct RoomMoves<'h> {
    /// The operation takes at most one of these.
    takes: Vec<RoomNights<'h>>,
    /// It gives back at most one of these.
    gives: Vec<RoomNights<'h>>,
}

/// A night in an answer.
struct SeenNight<'h> {
    room_type: &'h str,
    day: Day,
    available: i64,
}

impl<'h> Reach<'h> {
    pub(super) fn new(ops: &[LogicalOp<'h>]) -> Reach<'h> {
        let mut had: HashMap<&str, Vec<RoomNights<'h>>> = HashMap::new();
        for LogicalOp { op, .. } in ops {
            match (&op.outcome, &op.call) {
                (Outcome::Ok { answer: Answer::Booking(booking), .. }, _) => {
                    had.entry(&booking.booking).or_default().push((booking.stay, &booking.rooms));
                }
                (Outcome::Ok { answer: Answer::Hold { hold, .. }, .. }, Call::Hold { stay, rooms, .. }) => {
                    had.entry(hold).or_default().push((*stay, rooms));
                }
                (Outcome::Unknown { .. }, Call::Amend { booking, stay, rooms, .. }) => {
                    had.entry(booking).or_default().push((*stay, rooms));
                }
                _ => {}
            }
        }
        let had = |id: &str| had.get(id).cloned().unwrap_or_default();
        let moves = ops.iter().map(|logical| moves(logical, had)).collect();
        Reach { moves, seen: ops.iter().map(seen).collect() }
    }

    /// Whether `waiting` can still reach its answer. `others` are all operations that can take effect before it, `holds`
    /// all holds that can expire before it.
    pub(super) fn can(&self, waiting: usize, model: &Model, others: &[usize], holds: &[&Hold]) -> bool {
        self.seen[waiting].iter().all(|seen| {
            let Some(night) = model.night(seen.room_type, seen.day) else { return true };
            let more = night.available - seen.available;
            if more > 0 {
                let takes = |op: &usize| self.moves[*op].takes.iter().map(|lot| rooms_on(*lot, seen)).max().unwrap_or(0);
                others.iter().map(takes).sum::<i64>() >= more
            } else if more < 0 {
                let gives = |op: &usize| self.moves[*op].gives.iter().map(|lot| rooms_on(*lot, seen)).max().unwrap_or(0);
                let expire = |hold: &&Hold| rooms_on((hold.stay, &hold.rooms), seen);
                others.iter().map(gives).sum::<i64>() + holds.iter().map(expire).sum::<i64>() >= -more
            } else {
                true
            }
        })
    }

    /// Whether [`Reach::can`] restricts this operation.
    pub(super) fn knows(&self, op: usize) -> bool {
        !self.seen[op].is_empty()
    }
}

fn moves<'h>(logical: &LogicalOp<'h>, had: impl Fn(&str) -> Vec<RoomNights<'h>>) -> RoomMoves<'h> {
    let op = logical.op;
    if matches!(op.outcome, Outcome::Refused { .. }) {
        return RoomMoves::default();
    }
    match &op.call {
        Call::Reserve { stay, rooms, .. } | Call::Hold { stay, rooms, .. } => {
            RoomMoves { takes: vec![(*stay, rooms)], gives: Vec::new() }
        }
        Call::Amend { booking, stay, rooms, .. } => RoomMoves { takes: vec![(*stay, rooms)], gives: had(booking) },
        Call::Cancel { booking: id, .. } | Call::Release { hold: id, .. } => RoomMoves { takes: Vec::new(), gives: had(id) },
        Call::Reinstate { booking, .. } => RoomMoves { takes: had(booking), gives: Vec::new() },
        Call::Confirm { .. } | Call::Availability { .. } | Call::Lookup { .. } => RoomMoves::default(),
    }
}

fn seen<'h>(logical: &LogicalOp<'h>) -> Vec<SeenNight<'h>> {
    match (&logical.op.call, &logical.op.outcome) {
        (Call::Availability { room_type, .. }, Outcome::Ok { answer: Answer::Nights { nights }, .. }) => {
            nights.iter().map(|night| SeenNight { room_type, day: night.day, available: night.available }).collect()
        }
        _ => Vec::new(),
    }
}

fn rooms_on((stay, rooms): RoomNights<'_>, seen: &SeenNight<'_>) -> i64 {
    if seen.day < stay.from || stay.to <= seen.day {
        return 0;
    }
    let of_type = rooms.iter().filter(|line| line.room_type == seen.room_type);
    of_type.map(|line| i64::from(line.quantity)).sum()
}
