//! The calls that a shard's replica makes to other nodes, besides Raft's own calls.

use keyrack_proto::internal as pb;
use tokio::time::Instant;

use super::Member;

/// Calls other nodes: `Links` does so over gRPC, the simulation over its own network. Each call has a time limit.
/// `None` means that no answer came; the call may have taken effect.
pub trait PeerCalls: Clone + Send + Sync + 'static {
    /// Sends commands to a shard's leader and waits for the answer until `deadline`.
    fn propose(
        &self,
        leader: u64,
        member: &Member,
        commands: pb::ProposeRequest,
        deadline: Instant,
    ) -> impl Future<Output = Option<pb::ProposeReply>> + Send;

    /// Asks a shard's leader for the log index that a linearizable read has to reflect.
    fn read_index(
        &self,
        leader: u64,
        member: &Member,
        ask: pb::ReadIndexRequest,
    ) -> impl Future<Output = Option<pb::ReadIndexReply>> + Send;

    /// Asks a member for the vote on its disk.
    fn held_vote(
        &self,
        id: u64,
        member: &Member,
        ask: pb::HeldVoteRequest,
    ) -> impl Future<Output = Option<pb::HeldVoteReply>> + Send;

    /// Asks the node at `address`, which must be node `id`, who it is.
    fn who_is(&self, id: u64, address: &str) -> impl Future<Output = Option<pb::HelloReply>> + Send;

    /// Asks a shard's leader to hand the leadership to another member. It may refuse, and the election may have another result.
    fn hand_over(&self, leader: u64, member: &Member, ask: pb::HandOverRequest) -> impl Future<Output = ()> + Send;

    /// The incarnation with which a node last asked this node to rejoin.
    fn announced(&self, id: u64) -> Option<u64>;

    /// Whether this node may call a node: it is a member and not fenced.
    fn may_call(&self, id: u64) -> bool;
}
