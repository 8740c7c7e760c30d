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
