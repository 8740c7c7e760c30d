//! `keyrack node`: the nodes of the cluster.

use clap::Subcommand;
use keyrack_client::operators::{Empty, Lead, List, Node};

use super::api;
use super::text;
use crate::context::Context;

/// What `keyrack node` does.
#[derive(Subcommand)]
pub enum NodeCommand {
    /// List the nodes.
    List,
    /// Fence a node: no other node talks to it any more, whatever certificate it has.
    Fence {
        /// Its id.
        node: u64,
    },
    /// Hand the leadership of a shard over to a node.
    #[command(after_help = "Example:\n  keyrack ... node lead 2 --shard 1")]
    Lead {
        /// Its id.
        node: u64,
        /// The shard; 0 is the directory.
        #[arg(long)]
        shard: u32,
    },
    /// Admit a fenced node again.
    Admit {
        /// Its id.
        node: u64,
    },
}

/// Runs `keyrack node`.
pub async fn node(context: &Context, command: NodeCommand) -> anyhow::Result<()> {
    let nodes = match command {
        NodeCommand::List => api::get(context, "/v1/nodes").await?,
        NodeCommand::Fence { node } => api::send(context, "POST", &format!("/v1/nodes/{node}/fence"), &Empty {}).await?,
        NodeCommand::Lead { node, shard } => {
            api::send(context, "POST", &format!("/v1/nodes/{node}/lead"), &Lead { shard }).await?
        }
        NodeCommand::Admit { node } => api::send(context, "POST", &format!("/v1/nodes/{node}/admit"), &Empty {}).await?,
    };
    api::show(context, &nodes, |nodes: &List<Node>| nodes.items.iter().map(text::node).collect())
}
