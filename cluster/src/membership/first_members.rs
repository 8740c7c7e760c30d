//! The first members of a new cluster meet, and begin its groups.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::directory;
use crate::error::StartError;
use crate::node::Node;
use crate::peers::Member;
use crate::raft::Group;

/// How long between two calls to a peer that does not answer yet.
const HELLO_RETRY: Duration = Duration::from_millis(100);

/// A new cluster begins when all its first members have told each other who they are, so that the log
/// records each one's incarnation. Each member begins its share of the groups, which spreads the leaders.
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
            tracing::info!("waiting for the cluster's first members");
            meet(node, &mut members, directory).await?;
        }
        if shard % ids.len() == mine && members.len() == ids.len() && !handle.group.is_initialized().await.map_err(failed)? {
            handle.group.initialize(members.clone()).await.map_err(failed)?;
        }
    }
    Ok(())
}

/// Calls every first member until it has said who it is. Ends early when the cluster turns out to have begun.
async fn meet(node: &Node, members: &mut BTreeMap<u64, Member>, directory: &Group) -> Result<(), StartError> {
    for peer in &node.config.peers {
        while !members.contains_key(&peer.id) {
            match node.links.hello(peer.id, &peer.peer).await {
                Ok(reply) => {
                    if let Some(known) = reply.members.iter().find(|member| member.id == node.config.node)
                        && known.incarnation != node.incarnation
                    {
                        return Err(StartError::Wiped { node: node.config.node });
                    }
                    if let Some(me) = reply.me.filter(|me| me.id == peer.id) {
                        let (id, member) = Member::decoded(me);
                        members.insert(id, member);
                        continue;
                    }
                    tracing::warn!(peer = peer.peer, "another node than the configuration says answers there");
                }
                Err(cause) => tracing::debug!(peer = peer.peer, %cause, "not there yet"),
            }
            if !directory.members().is_empty() {
                return Ok(()); // another member has begun the cluster with us in it
            }
            tokio::time::sleep(HELLO_RETRY).await;
        }
    }
    Ok(())
}
