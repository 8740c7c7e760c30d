//! A node whose data folder is a copy asks its peers and waits for the verdict (ADR 17). Until then it takes part in nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use keyrack_proto::internal as pb;
use tokio::time::Instant;

use super::copy_verdict::{PeerFolder, Verdict, verdict};
use crate::config::ClusterConfig;
use crate::peers::Links;
use crate::start_progress::{Awaited, StartProgress};

/// How often the peers are asked.
const EVERY: Duration = Duration::from_millis(300);
/// How often the log repeats what the node waits for.
const REPEAT: Duration = Duration::from_secs(60);

/// A cluster that elects a leader every millisecond reaches this term after thousands of years.
const IMPOSSIBLE_TERM: u64 = 1 << 48;

/// How a copy is used.
#[derive(Debug, PartialEq, Eq)]
pub enum CopyUse {
    /// The node sets the copy aside and rejoins.
    Rejoin,
    /// All nodes have copies, and use them together.
    Restore {
        /// The numbers of all copies, by node.
        copies: BTreeMap<u64, u64>,
        /// The highest term of each shard on the other nodes.
        terms: Vec<u64>,
        /// The end of the newest log of each shard on the other nodes.
        ends: Vec<pb::LogId>,
    },
}

/// Asks the other `nodes` until their answers allow a decision. `number` is the number of the copy that the node `me` has. `ask`
/// returns what a node says of its folder, or `None` without an answer.
pub async fn decide_on_copy<A: Future<Output = Option<pb::FolderOrigin>>>(
    me: u64,
    number: u64,
    nodes: &[u64],
    ask: impl Fn(u64) -> A,
    progress: &StartProgress,
) -> CopyUse {
    let (mut logged, mut logged_at) = (None, Instant::now());
    loop {
        let (mut answers, mut terms, mut ends) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (id, origin) in ask_others(me, nodes, &ask).await {
            let Some(origin) = origin else { continue };
            raise(&mut terms, &origin.terms);
            raise_ends(&mut ends, &origin.ends);
            answers.insert(id, peer_folder(&origin));
        }
        let awaited = match verdict(me, number, nodes, &answers) {
            Verdict::Rejoin => return CopyUse::Rejoin,
            Verdict::Restored(copies) => return CopyUse::Restore { copies, terms, ends },
            Verdict::Wait(missing) => Awaited::Copy { missing, own: Vec::new(), copies: Vec::new() },
            Verdict::Undecided { own, copies } => Awaited::Copy { missing: Vec::new(), own, copies },
        };
        progress.set(awaited.clone());
        if logged.as_ref() != Some(&awaited) || logged_at.elapsed() > REPEAT {
            tracing::error!(event = "copy_waits", cause = %awaited, "the data folder is a copy: this node takes part in nothing");
            (logged, logged_at) = (Some(awaited), Instant::now());
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Whether every other node has answered, and none of the restored `copies` (numbers by node) waits: the restore is complete. A node
/// with another copy does not take part in this restore.
pub async fn all_have_decided<A: Future<Output = Option<pb::FolderOrigin>>>(
    me: u64,
    nodes: &[u64],
    copies: &BTreeMap<u64, u64>,
    ask: impl Fn(u64) -> A,
) -> bool {
    let waits = |id: u64, origin: &pb::FolderOrigin| {
        origin.kind() == pb::folder_origin::Kind::Copied && copies.get(&id) == Some(&origin.copy)
    };
    let answers = ask_others(me, nodes, &ask).await;
    answers.into_iter().all(|(id, origin)| origin.is_some_and(|origin| !waits(id, &origin)))
}

async fn ask_others<A: Future<Output = Option<pb::FolderOrigin>>>(
    me: u64,
    nodes: &[u64],
    ask: &impl Fn(u64) -> A,
) -> Vec<(u64, Option<pb::FolderOrigin>)> {
    let others: Vec<u64> = nodes.iter().copied().filter(|id| *id != me).collect();
    let answers = join_all(others.iter().map(|id| ask(*id))).await;
    others.into_iter().zip(answers).collect()
}

/// What a node says of its folder; `None` if it does not answer.
pub async fn folder_of(links: &Links, config: &ClusterConfig, id: u64) -> Option<pb::FolderOrigin> {
    let peer = config.peers.iter().find(|peer| peer.id == id)?;
    let reply = links.hello(id, &peer.peer).await.ok()?;
    // An older version says nothing. It knows no copies.
    Some(reply.origin.unwrap_or_default())
}

fn raise(terms: &mut Vec<u64>, theirs: &[u64]) {
    terms.resize(terms.len().max(theirs.len()), 0);
    for (term, their) in terms.iter_mut().zip(theirs) {
        // A term that no cluster can reach is a fault or a lie.
        *term = (*term).max(if *their < IMPOSSIBLE_TERM { *their } else { 0 });
    }
}

/// Replaces the ends of older logs by `theirs`, by shard.
pub fn raise_ends(ends: &mut Vec<pb::LogId>, theirs: &[pb::LogId]) {
    let order = |end: &pb::LogId| (end.term, end.node, end.index);
    ends.resize(ends.len().max(theirs.len()), pb::LogId::default());
    for (end, their) in ends.iter_mut().zip(theirs) {
        if order(end) < order(their) && their.term < IMPOSSIBLE_TERM {
            *end = *their;
        }
    }
}

fn peer_folder(origin: &pb::FolderOrigin) -> PeerFolder {
    use pb::folder_origin::Kind;
    match origin.kind() {
        Kind::Own => PeerFolder::Own,
        Kind::Empty => PeerFolder::Empty,
        Kind::Copied => PeerFolder::Copied(origin.copy),
        Kind::Restored => PeerFolder::Restored(origin.restored_with.iter().map(|one| (one.node, one.copy)).collect()),
    }
}
