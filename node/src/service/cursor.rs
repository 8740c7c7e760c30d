//! Cursors. They are opaque to callers, and checked when a caller sends one.

use keyrack_cluster::Position;
use keyrack_inventory::Key;
use keyrack_texts::Detail;

use crate::convert::Problem;

/// Where a list of bookings continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPlace {
    /// The key of its next entry.
    pub next: Key,
    /// This pass has only bookings whose arrival changed at this time or later, ms since 1970; 0 for all bookings.
    pub moved_since_ms: u64,
    /// When this pass began.
    pub began_ms: u64,
}

/// The cursor of a list: the next key in hexadecimal, and the two times.
pub fn list_cursor(place: &ListPlace) -> String {
    let mut bytes = Vec::new();
    place.next.encode(&mut bytes);
    format!("{}.{}.{}", base16ct::lower::encode_string(&bytes), place.moved_since_ms, place.began_ms)
}

/// Parses [`list_cursor`].
pub fn read_list_cursor(cursor: &str) -> Result<ListPlace, Problem> {
    let read = || {
        let mut parts = cursor.split('.');
        let bytes = base16ct::mixed::decode_vec(parts.next()?).ok()?;
        let next = Key::decode(&bytes).ok()?;
        // Versions without the times have only the key.
        let mut time = || parts.next().map_or(Some(0), |text| text.parse().ok());
        let place = ListPlace { next, moved_since_ms: time()?, began_ms: time()? };
        matches!(next, Key::Arrival(..) | Key::ChannelRef(..) | Key::Lookup(..)).then_some(place)
    };
    read().ok_or_else(invalid_cursor)
}

/// Positions in the journals of some shards as a cursor: `1.7-2.0-3.12`.
pub fn positions_cursor(positions: &[Position]) -> String {
    let parts: Vec<String> = positions.iter().map(|position| format!("{}.{}", position.shard, position.next)).collect();
    parts.join("-")
}

/// Parses [`positions_cursor`] for exactly these shards; an empty cursor is the beginning.
pub fn read_positions(cursor: &str, shards: &[u32]) -> Result<Vec<Position>, Problem> {
    if cursor.is_empty() {
        return Ok(shards.iter().map(|shard| Position { shard: *shard, next: 0 }).collect());
    }
    let part = |part: &str| {
        let (shard, next) = part.split_once('.')?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        (is_number(shard) && is_number(next)).then_some(())?;
        Some(Position { shard: shard.parse().ok()?, next: next.parse().ok()? })
    };
    let positions: Option<Vec<Position>> = cursor.split('-').map(part).collect();
    let positions = positions.ok_or_else(invalid_cursor)?;
    if positions.iter().map(|position| position.shard).eq(shards.iter().copied()) { Ok(positions) } else { Err(invalid_cursor()) }
}

/// The cursor is malformed or belongs to another list.
pub fn invalid_cursor() -> Problem {
    Problem::new(Detail::InvalidCursor)
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::{BookingId, Night, PropertyNumber};

    use super::*;

    #[test]
    fn positions_round_trip_and_malformed_cursors_are_refused() {
        let positions = vec![Position { shard: 1, next: 7 }, Position { shard: 2, next: 0 }];
        assert_eq!(read_positions(&positions_cursor(&positions), &[1, 2]).ok(), Some(positions));
        for wrong in ["1.7", "1.7-3.0", "x", "1.7-2.-1", "1.7-2", "+1.7-2.0", "1.+7-2.0"] {
            assert!(read_positions(wrong, &[1, 2]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_list_cursor_round_trips_and_is_an_index_key() {
        let next = Key::Arrival(PropertyNumber(7), Night(20_000), BookingId([3; 16]));
        let place = ListPlace { next, moved_since_ms: 5, began_ms: 9 };
        let cursor = list_cursor(&place);
        assert_eq!(read_list_cursor(&cursor).ok(), Some(place));
        let (key, _) = cursor.split_once('.').expect("times");
        assert_eq!(read_list_cursor(key).ok(), Some(ListPlace { moved_since_ms: 0, began_ms: 0, ..place }));
        for wrong in ["", "01", "zz", "é0", &format!("{key}.x"), &format!("{key}.1.")] {
            assert!(read_list_cursor(wrong).is_err(), "{wrong}");
        }
    }
}
