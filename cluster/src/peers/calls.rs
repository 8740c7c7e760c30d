//! The calls to other nodes that a shard's replica makes beside Raft's own.

use keyrack_proto::internal as pb;
use tokio::time::Instant;

use super::Member;

/// The way to the other nodes: `Links` over gRPC, and the simulation's network. Each call has a time limit.
/// `None` means that no answer came: what was asked may have been done or not.
pub trait PeerCalls: Clone + Send + Sync + 'static {
    /// Takes commands to a shard's leader; waits for the answer until `deadline`.
    fn propose(
        &self,
        leader: u64,
        member: &Member,
        commands: pb::ProposeRequest,
        deadline: Instant,
    ) -> impl Future<Output = Option<pb::ProposeReply>> + Send;

    /// Asks a shard's leader what a linearizable read has to see.
    fn read_index(
        &self,
        leader: u64,
        member: &Member,
        ask: pb::ReadIndexRequest,
    ) -> impl Future<Output = Option<pb::ReadIndexReply>> + Send;

    /// Asks a member for which vote it has on its disk.
    fn held_vote(
        &self,
        id: u64,
        member: &Member,
        ask: pb::HeldVoteRequest,
    ) -> impl Future<Output = Option<pb::HeldVoteReply>> + Send;
}
