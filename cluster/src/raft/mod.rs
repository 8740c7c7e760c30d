//! Raft: the only room that knows openraft.
//!
//! Each shard is one [`Group`], an openraft instance over the node's shared log database and the shard's
//! column family. What the rest of the crate sees of it is bytes in ([`Group::write`]), outcomes out
//! ([`Applied`]), a read index ([`Group::read_index`]) and numbers ([`Status`]).

mod decide;
#[cfg(test)]
mod deposed;
mod group;
mod lead;
mod log_store;
mod network;
mod peer;
mod settings;
mod snapshot;
mod state_machine;
#[cfg(test)]
mod storage_suite;
mod wire;

pub use group::{Group, MembershipWatch, Status};
pub use lead::WriteError;
pub use network::{Links, PEER_MESSAGE_BYTES};
pub use peer::PeerService;
pub use settings::GroupConfig;
pub use snapshot::BUILDING;
pub use state_machine::Applied;
pub use wire::member_out;

use std::fmt;

use bytes::Bytes;

use crate::Member;

openraft::declare_raft_types!(
    /// One configuration for every shard.
    pub Types:
        D = Payload,
        R = Applied,
        NodeId = u64,
        Node = Member,
        AsyncRuntime = openraft::TokioRuntime,
);

type Raft = openraft::Raft<Types, state_machine::StateMachine>;
type LogId = openraft::alias::LogIdOf<Types>;
type Vote = openraft::alias::VoteOf<Types>;
type Entry = openraft::alias::EntryOf<Types>;
type EntryPayload = openraft::EntryPayload<Payload, u64, Member>;
type Membership = openraft::Membership<u64, Member>;
type StoredMembership = openraft::alias::StoredMembershipOf<Types>;
type SnapshotMeta = openraft::alias::SnapshotMetaOf<Types>;

/// An encoded batch of commands, as the log keeps it and as it is sent: encoded once, by the leader.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(pub Bytes);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
