//! The numbers of the leaf format, for reader and writer.

/// The version of key changes, of seals, and of bookings whose digests are of claims.
pub(super) const LEAF_VERSION: u64 = 1;
/// The version of bookings whose digests are bound to the leaf.
pub(super) const BOUND_VERSION: u64 = 2;
/// The kind of a key change. The kinds of booking leaves are [`super::LeafKind::number`].
pub(super) const KEY_CHANGE: u64 = 8;
/// The kind of a seal of the audit trail.
pub(super) const AUDIT_SEAL: u64 = 9;
