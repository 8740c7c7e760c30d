//! The first members of a new cluster call each other and initialize its groups.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::directory;
use crate::error::StartError;
use crate::node::Node;
use crate::peers::Member;
use crate::raft::Group;

/// Pause between two calls to a peer that does not answer yet.
const HELLO_RETRY: Duration = Duration::from_millis(100);

/// Begins a new cluster when all its first members have exchanged their incarnations, so that the log records them. Each
/// member initializes its share of the groups, which spreads the leaders.
pub async fn begin(node: &Node) -> Result<(), StartError> {
    let directory = &node.shards[directory::SHARD as usize].group;
    let failed = |cause: io::Error| StartError::Storage { path: node.config.data.clone(), cause };
    let mut ids: Vec<u64> = node.config.peers.iter().map(|peer| peer.id).collect();
    ids.sort_unstable();
    let mine = ids.iter().position(|id| *id == node.config.node).unwrap_or(0);
    let mut members: BTreeMap<u64, Member> = BTreeMap::from([(node.config.node, node.me())]);
    for (shard, handle) in node.shards.iter().enumerate() {
        if handle.group.is_initialized().await.map_err(failed)? {
            continue;
        }
        if members.len() < ids.len() {
            let waiting_for: Vec<u64> = ids.iter().copied().filter(|id| !members.contains_key(id)).collect();
            tracing::info!(event = "first_start", ?waiting_for, "first start: waiting for the other first members");
            exchange_incarnations(node, &mut members, directory).await?;
        }
        if shard % ids.len() == mine && members.len() == ids.len() && !handle.group.is_initialized().await.map_err(failed)? {
            handle.group.initialize(members.clone()).await.map_err(failed)?;
        }
    }
    Ok(())
}

/// Calls every first member until it has answered with its incarnation. Ends early if the cluster has already begun.
async fn exchange_incarnations(node: &Node, members: &mut BTreeMap<u64, Member>, directory: &Group) -> Result<(), StartError> {
    for peer in &node.config.peers {
        while !members.contains_key(&peer.id) {
            match node.links.hello(peer.id, &peer.peer).await {
                Ok(reply) => {
                    if let Some(known) = reply.members.iter().find(|member| member.id == node.config.node)
                        && known.incarnation != node.incarnation
                    {
                        return Err(StartError::NewDataFolder { node: node.config.node });
                    }
                    if let Some(me) = reply.me.filter(|me| me.id == peer.id) {
                        let (id, member) = Member::decoded(me);
                        members.insert(id, member);
                        continue;
                    }
                    tracing::warn!(
                        event = "peer_unexpected",
                        peer = peer.id,
                        address = peer.peer,
                        "another node than the configured one answers at this address"
                    );
                }
                Err(cause) => tracing::debug!(peer = peer.peer, %cause, "the peer does not answer yet"),
            }
            if !directory.members().is_empty() {
                return Ok(()); // another member has begun the cluster, with this node in it
            }
            tokio::time::sleep(HELLO_RETRY).await;
        }
    }
    Ok(())
}
