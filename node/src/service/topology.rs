//! The nodes, and which of them leads each shard.

use keyrack_cluster::{Member, Status};
use keyrack_proto::v1;

use super::state::Service;
use crate::access::{Caller, Operation};
use crate::convert::Problem;

impl Service {
    /// The leaders of the shards, and the addresses of the nodes.
    pub fn topology(&self, caller: &Caller) -> Result<v1::Topology, Problem> {
        caller.check(Operation::GetTopology, None)?;
        let cluster = &self.inner.cluster;
        let node = |(id, member): (u64, Member)| v1::NodeInfo { id, region: member.region, http: member.http, grpc: member.grpc };
        let shard = |(shard, status): (usize, Status)| v1::ShardInfo {
            shard: shard as u32,
            leader: status.leader,
            applied_index: status.applied_index,
        };
        Ok(v1::Topology {
            cluster: cluster.name().into(),
            node: cluster.node(),
            nodes: cluster.members().into_iter().map(node).collect(),
            shards: cluster.status().into_iter().enumerate().map(shard).collect(),
        })
    }
}
