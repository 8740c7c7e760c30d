//! `keyrack node`: the nodes of the cluster.

use clap::Subcommand;
use keyrack_client::operators::{Empty, Lead, List, Node};

use super::api;
use super::text;
use crate::context::Context;
use crate::messages::operator::handing_over;
use crate::number::whole;
use crate::output::note;

/// The command that shows whether a change was made.
const LOOK: &str = "keyrack node list";

/// The subcommands of `keyrack node`.
#[derive(Subcommand)]
pub enum NodeCommand {
    /// List the nodes of the cluster.
    #[command(
        after_help = concat!(
            "Example:\n",
            "  keyrack --endpoint https://node-1.example:7113 --ca ca.pem \\\n",
            "      --cert operator-anna.pem --cert-key operator-anna.key node list",
        )
    )]
    List,
    /// Fence a node: the other nodes refuse to talk to it, even if its certificate is valid.
    #[command(after_help = "Example:\n  keyrack ... node fence 3")]
    Fence {
        /// The id of the node.
        #[arg(value_parser = whole::<u64>)]
        node: u64,
    },
    /// Move the leadership of a shard to a node.
    #[command(after_help = "Example:\n  keyrack ... node lead 2 --shard 1")]
    Lead {
        /// The id of the node.
        #[arg(value_parser = whole::<u64>)]
        node: u64,
        /// The number of the shard; 0 is the directory.
        #[arg(long, value_parser = whole::<u32>)]
        shard: u32,
    },
    /// Admit a fenced node again.
    #[command(after_help = "Example:\n  keyrack ... node admit 3")]
    Admit {
        /// The id of the node.
        #[arg(value_parser = whole::<u64>)]
        node: u64,
    },
}

/// Runs `keyrack node`.
pub async fn node(context: &Context, command: NodeCommand) -> anyhow::Result<()> {
    let nodes = match command {
        NodeCommand::List => api::get(context, api::NODES).await?,
        NodeCommand::Fence { node } => api::send(context, "POST", &format!("/v1/nodes/{node}/fence"), &Empty {}, LOOK).await?,
        NodeCommand::Lead { node, shard } => {
            let nodes = api::send(context, "POST", &format!("/v1/nodes/{node}/lead"), &Lead { shard }, LOOK).await?;
            note(handing_over(shard, node));
            nodes
        }
        NodeCommand::Admit { node } => api::send(context, "POST", &format!("/v1/nodes/{node}/admit"), &Empty {}, LOOK).await?,
    };
    api::show(context, &nodes, |nodes: &List<Node>| nodes.items.iter().map(text::node).collect())
}
