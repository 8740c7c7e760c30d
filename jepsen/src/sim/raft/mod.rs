//! Raft as `cluster/src/raft` has it: its codec, log, settings, decisions and what a leader does are compiled in from there; the disk under
//! them, the network and the rows are simulated.

#[allow(dead_code, reason = "the simulation calls what it needs of it")]
#[path = "../../../../cluster/src/raft/decide.rs"]
pub mod decide;
mod group;
#[allow(dead_code, reason = "the simulation has no directory")]
#[path = "../../../../cluster/src/raft/lead.rs"]
mod lead;
mod links;
#[allow(dead_code, reason = "the simulation calls what it needs of it")]
#[path = "../../../../cluster/src/raft/log_store.rs"]
pub mod log_store;
mod machine;
#[allow(dead_code, reason = "the simulation takes snapshots by entries alone")]
#[path = "../../../../cluster/src/raft/settings.rs"]
mod settings;
mod shelf;
mod snapshot;
#[allow(dead_code, reason = "the simulation calls what it needs of it")]
#[path = "../../../../cluster/src/raft/wire.rs"]
pub mod wire;

pub use group::Group;
pub use lead::WriteError;
pub use links::{Links, Network};
pub use machine::{Saved, Shared, StateMachine};
pub use settings::{GroupConfig, raft_config};
pub use shelf::Shelf;
pub use snapshot::{Kept, meta_and_rows, snapshot_message};

use std::fmt;

use bytes::Bytes;
use keyrack_inventory::Outcome;
use keyrack_proto::internal::DirectoryReply;

use crate::Member;

/// The only shard there is.
pub const SHARD: u32 = 1;

/// tokio, with openraft's random numbers drawn from the seed.
pub type Rt = openraft_rt::deterministic_rng::DeterministicRng<openraft::TokioRuntime>;

openraft::declare_raft_types!(
    /// As the cluster's, but for the runtime.
    pub Types:
        D = Payload,
        R = Applied,
        NodeId = u64,
        Node = Member,
        AsyncRuntime = Rt,
);

pub type Raft = openraft::Raft<Types, StateMachine>;
pub type LogId = openraft::alias::LogIdOf<Types>;
pub type Vote = openraft::alias::VoteOf<Types>;
pub type Entry = openraft::alias::EntryOf<Types>;
pub type EntryPayload = openraft::EntryPayload<Payload, u64, Member>;
pub type Membership = openraft::Membership<u64, Member>;
pub type StoredMembership = openraft::alias::StoredMembershipOf<Types>;
pub type SnapshotMeta = openraft::alias::SnapshotMetaOf<Types>;

/// What applying one entry came to.
#[derive(Clone, Debug)]
pub enum Applied {
    /// A blank or membership entry.
    Nothing,
    /// An outcome per command.
    Outcomes(Vec<Outcome>),
    /// Of the directory, which is not simulated.
    #[allow(dead_code, reason = "the batcher knows it")]
    Directory(Vec<DirectoryReply>),
}

/// An encoded batch of commands.
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

/// Runs a task on the node that calls.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(<Rt as openraft::AsyncRuntime>::spawn(task));
}
