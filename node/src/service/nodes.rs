//! Lists, fences and admits nodes, and hands leadership over: for operators.

use keyrack_cluster::{HandOverError, Member};
use keyrack_inventory::PropertyNumber;
use keyrack_texts::Detail;
use serde::Serialize;
use utoipa::ToSchema;

use super::mutation::Mutation;
use super::state::Service;
use crate::access::Operation;
use crate::convert::Problem;

/// A node of the cluster.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeAnswer {
    /// The id.
    pub id: u64,
    /// The region where the node runs.
    pub region: String,
    /// The URL of its HTTP API.
    pub http: String,
    /// Whether the node is fenced: the other nodes refuse to talk to it.
    pub fenced: bool,
}

/// All nodes of the cluster.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeList {
    /// The nodes, in order of id.
    pub items: Vec<NodeAnswer>,
}

impl Service {
    /// All nodes, including fenced ones.
    pub fn node_list(&self) -> NodeList {
        let fenced = self.cluster().fenced();
        let node = |(id, member): (u64, Member)| NodeAnswer {
            id,
            region: member.region,
            http: member.http,
            fenced: fenced.contains(&id),
        };
        NodeList { items: self.cluster().members().into_iter().map(node).collect() }
    }

    /// Fences a node: the other nodes refuse to talk to it.
    pub async fn fence_node(&self, mutation: &Mutation, node: u64) -> Result<(), Problem> {
        mutation.caller.check(Operation::FenceNode, None)?;
        mutation.caller.note(PropertyNumber(0), Some(u128::from(node).to_be_bytes()));
        let members = self.cluster().members();
        if members.iter().all(|(id, _)| *id != node) {
            return Err(no_such_node(node));
        }
        // Without a majority of unfenced nodes, no node could be admitted again.
        let fenced = self.cluster().fenced();
        let out = members.iter().filter(|(id, _)| fenced.contains(id) || *id == node).count();
        if out * 2 >= members.len() {
            return Err(Problem::new(Detail::FencingNeedsMajority));
        }
        // The directory decides again: another request may fence another node at the same time.
        match self.cluster().fence(node, false, mutation.deadline).await? {
            true => Ok(()),
            false => Err(Problem::new(Detail::FencingNeedsMajority)),
        }
    }

    /// Admits a fenced node again.
    pub async fn admit_node(&self, mutation: &Mutation, node: u64) -> Result<(), Problem> {
        mutation.caller.check(Operation::AdmitNode, None)?;
        mutation.caller.note(PropertyNumber(0), Some(u128::from(node).to_be_bytes()));
        let is_known = self.cluster().members().iter().any(|(id, _)| *id == node) || self.cluster().fenced().contains(&node);
        if !is_known {
            return Err(no_such_node(node));
        }
        Ok(self.cluster().fence(node, true, mutation.deadline).await.map(drop)?)
    }

    /// Starts to hand the leadership of a shard to a node.
    pub async fn hand_over(&self, mutation: &Mutation, shard: u32, node: u64) -> Result<(), Problem> {
        mutation.caller.check(Operation::LeadShard, None)?;
        mutation.caller.note(PropertyNumber(0), Some(u128::from(node as u32).to_be_bytes()));
        if self.cluster().members().iter().all(|(id, _)| *id != node) {
            return Err(no_such_node(node));
        }
        if self.cluster().fenced().contains(&node) {
            let cause = format!("node {node} is fenced");
            return Err(Problem::new(Detail::HandOverRefused { shard: shard.into(), cause }));
        }
        self.cluster().hand_over(shard, node).await.map_err(|why| self.hand_over_refused(shard, why))
    }

    fn hand_over_refused(&self, shard: u32, why: HandOverError) -> Problem {
        let shard = u64::from(shard);
        Problem::new(match why {
            HandOverError::NoShard(_) => Detail::UnknownShard { shard, last: self.cluster().data_shards().into() },
            HandOverError::NoLeader(_) => Detail::ShardWithoutLeader { shard },
            HandOverError::Unreachable { leader, .. } => Detail::LeaderUnreachable { shard, leader },
            HandOverError::Refused(cause) => Detail::HandOverRefused { shard, cause },
        })
    }
}

fn no_such_node(node: u64) -> Problem {
    Problem::new(Detail::UnknownNode { node: node.to_string() })
}
