//! The numbers of the leaf format, for reader and writer.

/// The version that is written.
pub(super) const LEAF_VERSION: u64 = 1;
/// The kind of a key change. The kinds of booking leaves are [`super::LeafKind::number`].
pub(super) const KEY_CHANGE: u64 = 8;
/// The kind of a seal of the audit trail.
pub(super) const AUDIT_SEAL: u64 = 9;
