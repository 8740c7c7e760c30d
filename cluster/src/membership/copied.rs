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

#[cfg(test)]
mod tests {
    use std::future::ready;

    use pb::folder_origin::Kind;

    use super::*;

    fn origin(kind: Kind, copy: u64, term: u64, end: (u64, u64, u64)) -> pb::FolderOrigin {
        let restored_with = match kind {
            Kind::Restored => [(1, 11), (2, 12), (3, 13)].map(|(node, copy)| pb::NodeCopy { node, copy }).to_vec(),
            _ => Vec::new(),
        };
        let ends = vec![pb::LogId { term: end.0, node: end.1, index: end.2 }];
        pb::FolderOrigin { kind: kind.into(), copy, restored_with, terms: vec![term], ends }
    }

    /// Node 1 with copy 11 decides, while the nodes 2 and 3 say `two` and `three`.
    async fn decided(two: pb::FolderOrigin, three: pb::FolderOrigin) -> CopyUse {
        let answer = |id| ready(Some(if id == 2 { two.clone() } else { three.clone() }));
        decide_on_copy(1, 11, &[1, 2, 3], answer, &StartProgress::default()).await
    }

    #[tokio::test]
    async fn the_highest_term_and_the_newest_end_count_also_of_nodes_that_have_decided_before() {
        let copied = origin(Kind::Copied, 12, 5, (4, 3, 900));
        let restored = origin(Kind::Restored, 0, 9, (5, 1, 40));
        let CopyUse::Restore { copies, terms, ends } = decided(copied.clone(), restored.clone()).await else {
            panic!("a restore");
        };
        assert_eq!(copies, BTreeMap::from([(1, 11), (2, 12), (3, 13)]));
        assert_eq!((terms, ends), (vec![9], vec![pb::LogId { term: 5, node: 1, index: 40 }]));
        assert_eq!(decided(origin(Kind::Own, 0, 0, (0, 0, 0)), origin(Kind::Own, 0, 0, (0, 0, 0))).await, CopyUse::Rejoin);
    }

    #[tokio::test]
    async fn a_term_that_no_cluster_reaches_is_ignored() {
        let liar = origin(Kind::Copied, 12, u64::MAX, (u64::MAX, 2, 7));
        let honest = origin(Kind::Copied, 13, 6, (6, 3, 8));
        let CopyUse::Restore { terms, ends, .. } = decided(liar, honest).await else { panic!("a restore") };
        assert_eq!((terms, ends), (vec![6], vec![pb::LogId { term: 6, node: 3, index: 8 }]));
    }

    #[tokio::test]
    async fn a_restore_is_complete_when_all_answer_and_none_of_its_copies_waits() {
        let copies = BTreeMap::from([(1, 11), (2, 12), (3, 13)]);
        let complete = async |three: Option<pb::FolderOrigin>| {
            let two = origin(Kind::Restored, 0, 1, (1, 1, 1));
            let answer = |id| ready(if id == 2 { Some(two.clone()) } else { three.clone() });
            all_have_decided(1, &[1, 2, 3], &copies, answer).await
        };
        assert!(!complete(None).await, "node 3 has not answered");
        assert!(!complete(Some(origin(Kind::Copied, 13, 1, (1, 1, 1)))).await, "node 3 has not decided");
        assert!(complete(Some(origin(Kind::Copied, 99, 1, (1, 1, 1)))).await, "a later copy is no part of the restore");
        assert!(complete(Some(origin(Kind::Own, 0, 1, (1, 1, 1)))).await);
    }
}
