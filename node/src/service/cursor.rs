//! Cursors. They are opaque to callers, and checked when a caller sends one.

use keyrack_cluster::Position;
use keyrack_inventory::Key;
use keyrack_texts::Detail;

use crate::convert::Problem;

/// The cursor of a list: the key of its next entry, in hexadecimal.
pub fn list_cursor(next: &Key) -> String {
    let mut bytes = Vec::new();
    next.encode(&mut bytes);
    base16ct::lower::encode_string(&bytes)
}

/// Parses [`list_cursor`]; an empty cursor is the beginning.
pub fn read_list_cursor(cursor: &str) -> Result<Option<Key>, Problem> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let bytes = base16ct::mixed::decode_vec(cursor).ok();
    match bytes.and_then(|bytes| Key::decode(&bytes).ok()) {
        Some(key @ (Key::Arrival(..) | Key::ChannelRef(..) | Key::Lookup(..))) => Ok(Some(key)),
        _ => Err(invalid_cursor()),
    }
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
    fn a_list_cursor_is_an_index_key_or_empty() {
        assert!(read_list_cursor("01").is_err());
        assert!(read_list_cursor("zz").is_err());
        assert!(read_list_cursor("é0").is_err());
        assert_eq!(read_list_cursor("").ok(), Some(None));
    }
}
