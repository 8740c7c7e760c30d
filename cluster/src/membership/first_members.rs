//! The first members of a new cluster call each other and initialize its groups.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use futures::future::join_all;
use keyrack_proto::internal::HelloReply;

use crate::config::PeerConfig;
use crate::directory;
use crate::error::StartError;
use crate::node::Node;
use crate::peers::Member;
use crate::raft::Group;
use crate::shared_settings::{SettingDiffers, compare_settings};
use crate::start_progress::{Awaited, StartProgress};

/// Pause between two calls to a peer that does not answer yet.
const HELLO_RETRY: Duration = Duration::from_millis(100);

/// Begins a new cluster when all its first members have exchanged their incarnations, so that the log records them. Each
/// member initializes its share of the groups, which spreads the leaders.
pub async fn begin(node: &Node, progress: &StartProgress) -> Result<(), StartError> {
    let directory = &node.shards[directory::SHARD as usize].group;
    let failed = |cause: io::Error| StartError::Storage { path: node.config.data.clone(), cause };
    let mut ids = node.config.node_ids();
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
            exchange_incarnations(node, &mut members, directory, progress).await?;
        }
        if shard % ids.len() == mine && members.len() == ids.len() && !handle.group.is_initialized().await.map_err(failed)? {
            handle.group.initialize(members.clone()).await.map_err(failed)?;
        }
    }
    Ok(())
}

/// Calls the first members that have not answered yet, again and again, until all have answered with their incarnations. Ends early
/// if the cluster has already begun.
async fn exchange_incarnations(
    node: &Node,
    members: &mut BTreeMap<u64, Member>,
    directory: &Group,
    progress: &StartProgress,
) -> Result<(), StartError> {
    loop {
        let missing: Vec<&PeerConfig> = node.config.peers.iter().filter(|peer| !members.contains_key(&peer.id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut differs = None;
        let asked = missing.iter().map(async |peer| (*peer, node.links.hello(peer.id, &peer.peer).await));
        for (peer, reply) in join_all(asked).await {
            match reply {
                Ok(reply) => match greeted(node, peer, reply)? {
                    Greeting::Member(member) => drop(members.insert(peer.id, member)),
                    Greeting::Differs(setting) => differs = Some(setting),
                    Greeting::NotYet => {}
                },
                Err(cause) => tracing::debug!(peer = peer.peer, %cause, "the peer does not answer yet"),
            }
        }
        if !directory.members().is_empty() {
            return Ok(()); // another member has begun the cluster, with this node in it
        }
        match differs {
            Some(setting) => progress.differ(setting),
            None => {
                let missing = node.config.peers.iter().map(|peer| peer.id).filter(|id| !members.contains_key(id));
                progress.set(Awaited::FirstMembers(missing.collect()));
            }
        }
        tokio::time::sleep(HELLO_RETRY).await;
    }
}

enum Greeting {
    Member(Member),
    Differs(SettingDiffers),
    /// The peer does not take part yet.
    NotYet,
}

/// Checks a peer's answer before the first start.
///
/// # Errors
/// The cluster has begun without this node's data folder, or with another setting.
fn greeted(node: &Node, peer: &PeerConfig, reply: HelloReply) -> Result<Greeting, StartError> {
    let has_begun = !reply.members.is_empty();
    match compare_settings(node.config.shared_settings(), peer.id, reply.settings.as_ref(), has_begun) {
        Err(differs) if has_begun => return Err(StartError::SettingDiffers(differs)),
        Err(differs) => return Ok(Greeting::Differs(differs)),
        Ok(()) => {}
    }
    let known = reply.members.iter().find(|member| member.id == node.config.node);
    if known.is_some_and(|known| known.incarnation != node.incarnation) {
        return Err(StartError::NewDataFolder { node: node.config.node });
    }
    match reply.me {
        Some(me) if me.id == peer.id => Ok(Greeting::Member(Member::decoded(me).1)),
        Some(_) => {
            tracing::warn!(
                event = "peer_unexpected",
                peer = peer.id,
                address = peer.peer,
                "another node than the configured one answers at this address"
            );
            Ok(Greeting::NotYet)
        }
        None => Ok(Greeting::NotYet),
    }
}
