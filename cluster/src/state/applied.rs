//! The result of applying one log entry.

use keyrack_inventory::Outcome;
use keyrack_proto::internal::DirectoryReply;

/// The result of applying one entry.
#[derive(Clone, Debug)]
pub enum Applied {
    /// A blank or membership entry.
    Nothing,
    /// A data shard's batch: an outcome per command.
    Outcomes(Vec<Outcome>),
    /// The directory's batch: a reply per command.
    Directory(Vec<DirectoryReply>),
}
