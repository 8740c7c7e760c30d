//! The numbers of the format, for reader and writer.

/// The version of the format that is written.
pub(super) const LEAF_VERSION: u64 = 1;
/// The kind of a key change; the kinds of bookings' leaves are [`super::LeafKind::number`].
pub(super) const KEY_CHANGE: u64 = 8;
/// The kind of a seal of the audit trail.
pub(super) const AUDIT_SEAL: u64 = 9;
