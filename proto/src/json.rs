//! How JSON bodies differ from protobuf messages.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::v1;

/// The error for an empty list of rooms in an amendment.
pub const NO_ROOMS: &str = "no rooms";

/// Reads a list of rooms that must not be empty.
pub(crate) fn at_least_one_room<'de, D: Deserializer<'de>>(json: D) -> Result<Vec<v1::RoomRequest>, D::Error> {
    let rooms = Vec::deserialize(json)?;
    if rooms.is_empty() { Err(D::Error::custom(NO_ROOMS)) } else { Ok(rooms) }
}

/// The capacity that removes a night's own one.
pub const CLEARED_CAPACITY: u32 = u32::MAX;

/// Reads null as an empty text, which clears a value. An absent field is not read.
pub(crate) fn null_is_empty<'de, D: Deserializer<'de>>(json: D) -> Result<Option<String>, D::Error> {
    Ok(Some(Option::deserialize(json)?.unwrap_or_default()))
}

/// Reads null as 0 or false, which lifts a restriction.
pub(crate) fn null_is_zero<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(json: D) -> Result<Option<T>, D::Error> {
    Ok(Some(Option::deserialize(json)?.unwrap_or_default()))
}

/// Reads null as [`CLEARED_CAPACITY`].
pub(crate) fn null_is_most<'de, D: Deserializer<'de>>(json: D) -> Result<Option<u32>, D::Error> {
    Ok(Some(Option::deserialize(json)?.unwrap_or(CLEARED_CAPACITY)))
}

/// In JSON a list of notes is a plain list.
pub(crate) mod notes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::v1::{Note, NoteList};

    pub fn serialize<S: Serializer>(list: &Option<NoteList>, json: S) -> Result<S::Ok, S::Error> {
        list.as_ref().map(|list| &list.items).serialize(json)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(json: D) -> Result<Option<NoteList>, D::Error> {
        Ok(Option::<Vec<Note>>::deserialize(json)?.map(|items| NoteList { items }))
    }
}
