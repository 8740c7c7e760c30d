//! Splits a hotel's operations into parts that can be checked independently.

use std::collections::{BTreeMap, HashMap};

use crate::check::logical_ops::LogicalOp;
use crate::history::{Answer, Call, Hotel, Outcome, Rooms};

/// Operations that touch the same rooms, in order of invocation.
pub(super) struct Part<'h> {
    pub name: String,
    pub ops: Vec<LogicalOp<'h>>,
}

/// The partitions of a hotel: one per room type, or a single one if a house limit or an operation connects types.
pub(super) fn of<'h>(hotel: &'h Hotel, ops: Vec<LogicalOp<'h>>) -> Vec<Part<'h>> {
    let ops: Vec<LogicalOp<'h>> = ops.into_iter().filter(|logical| logical.op.call.staleness_ms().is_none()).collect();
    let whole = |ops| vec![Part { name: hotel.property.clone(), ops }];
    if hotel.house_limit.is_some() {
        return whole(ops);
    }
    let Some(types) = types_of(&ops) else { return whole(ops) };
    let mut parts: BTreeMap<&str, Vec<LogicalOp<'h>>> = BTreeMap::new();
    for (logical, room_type) in ops.iter().zip(&types) {
        parts.entry(room_type).or_default().push(*logical);
    }
    parts.into_iter().map(|(room_type, ops)| Part { name: format!("{}/{room_type}", hotel.property), ops }).collect()
}

/// The room type of each operation; `None` if any operation touches several types or an unknown one.
fn types_of<'h>(ops: &[LogicalOp<'h>]) -> Option<Vec<&'h str>> {
    let mut types: HashMap<&str, &str> = HashMap::new();
    for logical in ops {
        let Outcome::Ok { answer, .. } = &logical.op.outcome else { continue };
        let (id, rooms) = match answer {
            Answer::Booking(booking) => (&booking.booking, booking.rooms.as_slice()),
            Answer::Hold { hold, .. } => (hold, logical.op.call.rooms()),
            _ => continue,
        };
        let room_type = only(rooms)?;
        if types.insert(id, room_type).is_some_and(|earlier| earlier != room_type) {
            return None;
        }
    }
    let type_of = |logical: &LogicalOp<'h>| match &logical.op.call {
        Call::Reserve { rooms, .. } | Call::Hold { rooms, .. } => only(rooms),
        Call::Amend { booking, rooms, .. } => {
            let known = types.get(booking.as_str()).copied()?;
            only(rooms).filter(|asked| *asked == known)
        }
        Call::Cancel { booking: id, .. }
        | Call::Reinstate { booking: id, .. }
        | Call::Lookup { booking: id, .. }
        | Call::Confirm { hold: id, .. }
        | Call::Release { hold: id, .. } => types.get(id.as_str()).copied(),
        Call::Availability { room_type, .. } => Some(room_type.as_str()),
    };
    ops.iter().map(type_of).collect()
}

fn only(rooms: &[Rooms]) -> Option<&str> {
    let first = rooms.first()?;
    rooms.iter().all(|line| line.room_type == first.room_type).then_some(first.room_type.as_str())
}
