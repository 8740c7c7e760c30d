//! The most that can be asked for, so that no counter and no price can overflow. Lengths of stays and holds and the largest
//! amount have their limits where they are defined.

/// The most rooms one booking or hold may ask for.
pub const MAX_ROOMS: u32 = 50;
/// The most units a room type may have, so that no counter can overflow.
pub const MAX_CAPACITY: u32 = 100_000;
