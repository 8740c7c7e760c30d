//! By what a guest is found.

/// A keyed digest of a word of the guest's name, or of the guest's e-mail. Without the key it reveals nothing.
pub type Lookup = [u8; 16];

/// The most lookups of one guest.
pub const MAX_LOOKUPS: usize = 8;
