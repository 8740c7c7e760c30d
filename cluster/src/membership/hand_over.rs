//! Hands the leadership of a shard to another node. The current leader does it; any node can be asked.

use std::time::Duration;

use keyrack_proto::internal as pb;

use crate::node::Node;

/// How long the leader may take to answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a hand-over did not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandOverError {
    /// There is no such shard.
    #[error("there is no shard {0}")]
    NoShard(u32),
    /// This node knows no leader of the shard.
    #[error("shard {0} has no leader. Try again, or start the nodes that are down.")]
    NoLeader(u32),
    /// The leader does not answer.
    #[error("cannot reach node {leader}, which leads shard {shard}. Try again.")]
    Unreachable {
        /// The leader.
        leader: u64,
        /// The shard.
        shard: u32,
    },
    /// The leader refuses, with its own message: the node is not a voter, or it is too far behind.
    #[error("{0}")]
    Refused(String),
}

/// Begins to hand the leadership of `shard` to node `to`. Does nothing if that node leads already.
pub async fn hand_over(node: &Node, shard: u32, to: u64) -> Result<(), HandOverError> {
    let group = node.group(shard).map_err(|_| HandOverError::NoShard(shard))?;
    let leader = group.leader().ok_or(HandOverError::NoLeader(shard))?;
    if leader == to {
        return Ok(());
    }
    if leader == node.config.node {
        return group.hand_over(to).await.map_err(|cause| HandOverError::Refused(cause.to_string()));
    }
    let unreachable = HandOverError::Unreachable { leader, shard };
    let Some(member) = group.replica().member(leader) else { return Err(unreachable) };
    let Ok(mut client) = node.links.client(leader, &member) else { return Err(unreachable) };
    let mut request = tonic::Request::new(pb::HandOverRequest { group: shard, to });
    request.set_timeout(CALL_TIMEOUT);
    let Ok(reply) = client.hand_over(request).await else { return Err(unreachable) };
    match reply.into_inner().refused {
        refused if refused.is_empty() => Ok(()),
        refused => Err(HandOverError::Refused(refused)),
    }
}
