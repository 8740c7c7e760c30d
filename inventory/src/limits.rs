//! Limits of requests, so that no counter and no price can overflow. The lengths of stays and holds and the largest
//! amount have their limits where they are defined.

/// The maximum number of rooms of one booking or hold.
pub const MAX_ROOMS: u32 = 50;
/// The maximum number of lines of one booking. A change in the middle of a stay adds lines.
pub const MAX_ROOM_LINES: usize = 100;
/// The most bytes of the reason for an override.
pub const MAX_REASON: usize = 800;
/// The maximum number of lines of one change of availability, rates and inventory.
pub const MAX_ARI_UPDATES: usize = 1_000;
/// The maximum number of rooms of a room type, so that no counter can overflow.
pub const MAX_CAPACITY: u32 = 100_000;
