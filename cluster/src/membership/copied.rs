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
    },
}

/// Asks all peers until they allow a decision. `number` is the number of this node's copy.
pub async fn decide_on_copy(config: &ClusterConfig, number: u64, links: &Links, progress: &StartProgress) -> CopyUse {
    let nodes: Vec<u64> = config.peers.iter().map(|peer| peer.id).collect();
    let (mut logged, mut logged_at) = (None, Instant::now());
    loop {
        let others = config.peers.iter().filter(|peer| peer.id != config.node);
        let asked = others.map(async |peer| (peer.id, links.hello(peer.id, &peer.peer).await));
        let (mut answers, mut terms) = (BTreeMap::new(), Vec::new());
        for (id, reply) in join_all(asked).await {
            let Ok(reply) = reply else { continue };
            let origin = reply.origin.unwrap_or_default();
            raise(&mut terms, &origin.terms);
            answers.insert(id, folder_of(&origin));
        }
        let decided = verdict(config.node, number, &nodes, &answers);
        let awaited = match decided {
            Verdict::Rejoin => return CopyUse::Rejoin,
            Verdict::Restored(copies) => return CopyUse::Restore { copies, terms },
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

fn raise(terms: &mut Vec<u64>, theirs: &[u64]) {
    terms.resize(terms.len().max(theirs.len()), 0);
    for (term, their) in terms.iter_mut().zip(theirs) {
        *term = (*term).max(*their);
    }
}

fn folder_of(origin: &pb::FolderOrigin) -> PeerFolder {
    use pb::folder_origin::Kind;
    match origin.kind() {
        Kind::Own => PeerFolder::Own,
        Kind::Empty => PeerFolder::Empty,
        Kind::Copied => PeerFolder::Copied(origin.copy),
        Kind::Restored => PeerFolder::Restored(origin.restored_with.iter().map(|one| (one.node, one.copy)).collect()),
    }
}
