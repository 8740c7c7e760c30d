//! The nodes of the cluster: for its operators.

use keyrack_cluster::Member;
use keyrack_inventory::PropertyNumber;
use keyrack_proto::Code;
use serde::Serialize;
use utoipa::ToSchema;

use super::mutation::Mutation;
use super::state::Service;
use crate::access::Operation;
use crate::convert::Problem;

/// A node as the operators see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeAnswer {
    /// Its id.
    pub id: u64,
    /// Its region.
    pub region: String,
    /// Its HTTP edge.
    pub http: String,
    /// Whether it is nobody's peer.
    pub fenced: bool,
}

/// All nodes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeList {
    /// By id.
    pub items: Vec<NodeAnswer>,
}

impl Service {
    /// All nodes, those that are fenced too.
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

    /// Fences a node: no other node talks to it any more.
    pub async fn fence_node(&self, mutation: &Mutation, node: u64) -> Result<(), Problem> {
        mutation.caller.check(Operation::FenceNode, None)?;
        mutation.caller.note(PropertyNumber(0), Some(u128::from(node).to_be_bytes()));
        let members = self.cluster().members();
        if members.iter().all(|(id, _)| *id != node) {
            return Err(no_such_node());
        }
        // Without a majority no node could be admitted again.
        let fenced = self.cluster().fenced();
        let out = members.iter().filter(|(id, _)| fenced.contains(id) || *id == node).count();
        if out * 2 >= members.len() {
            return Err(Problem::new(Code::WrongState, "the nodes that are left would be no majority"));
        }
        Ok(self.cluster().fence(node, false, mutation.deadline).await?)
    }

    /// Admits a fenced node again.
    pub async fn admit_node(&self, mutation: &Mutation, node: u64) -> Result<(), Problem> {
        mutation.caller.check(Operation::AdmitNode, None)?;
        mutation.caller.note(PropertyNumber(0), Some(u128::from(node).to_be_bytes()));
        Ok(self.cluster().fence(node, true, mutation.deadline).await?)
    }

    /// Begins to hand the leadership of a shard to a node.
    pub async fn hand_over(&self, mutation: &Mutation, shard: u32, node: u64) -> Result<(), Problem> {
        mutation.caller.check(Operation::LeadShard, None)?;
        mutation.caller.note(PropertyNumber(0), Some(u128::from(node as u32).to_be_bytes()));
        if self.cluster().members().iter().all(|(id, _)| *id != node) {
            return Err(no_such_node());
        }
        self.cluster().hand_over(shard, node).await.map_err(|why| Problem::new(Code::WrongState, why.to_string()))
    }
}

fn no_such_node() -> Problem {
    Problem::new(Code::NotFound, "there is no such node")
}
