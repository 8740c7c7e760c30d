//! Notices that a node runs with another data folder than the one that its peers know.
//!
//! Each member is known by the incarnation of its folder. Nodes with folders of different times may never work together: an older
//! folder was moved back, or all nodes were restored from copies that were made before and after a node rejoined. Nothing is lost by
//! waiting, but a person has to know why nothing happens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use keyrack_proto::internal as pb;
use pb::folder_origin::Kind;

use crate::node::Node;

const EVERY: Duration = Duration::from_secs(5);
/// How many times in a row a difference is found before it is logged: a node that has just rejoined is known everywhere soon.
const FOUND: u32 = 3;

/// Logs each node with another folder once. Runs until dropped.
pub async fn notice_other_folders(node: Arc<Node>) {
    let mut found = BTreeMap::new();
    loop {
        tokio::time::sleep(EVERY).await;
        let others = node.config.peers.iter().filter(|peer| peer.id != node.config.node);
        let replies = join_all(others.map(async |peer| (peer.id, node.links.hello(peer.id, &peer.peer).await))).await;
        let own = node.me().encoded(node.config.node);
        let known: BTreeMap<u64, u64> = node.members().into_iter().map(|(id, member)| (id, member.incarnation)).collect();
        let differing =
            replies.iter().filter_map(|(id, reply)| Some((*id, difference(&known, own.clone(), reply.as_ref().ok()?)?)));
        for (peer, difference) in counted(&mut found, differing.collect()) {
            log(peer, difference);
        }
    }
}

/// Who has another folder than the other one knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// The peer.
    Peer,
    /// This node, says the peer.
    Own,
}

fn difference(known: &BTreeMap<u64, u64>, own: pb::MemberInfo, reply: &pb::HelloReply) -> Option<Difference> {
    let peer = reply.me.as_ref()?;
    // A node that rejoins has a new folder. The others learn it soon.
    let is_rejoining = reply.origin.as_ref().is_some_and(|origin| origin.kind() == Kind::Empty);
    if !is_rejoining && known.get(&peer.id).is_some_and(|incarnation| *incarnation != peer.incarnation) {
        return Some(Difference::Peer);
    }
    let knows_other = |member: &pb::MemberInfo| member.id == own.id && member.incarnation != own.incarnation;
    reply.members.iter().any(knows_other).then_some(Difference::Own)
}

/// Counts the differences of this round. Returns those that were found often enough just now.
fn counted(found: &mut BTreeMap<u64, u32>, differing: BTreeMap<u64, Difference>) -> Vec<(u64, Difference)> {
    found.retain(|peer, _| differing.contains_key(peer));
    let mut due = Vec::new();
    for (peer, difference) in differing {
        let times = found.entry(peer).or_default();
        *times = times.saturating_add(1);
        if *times == FOUND {
            due.push((peer, difference));
        }
    }
    due
}

fn log(peer: u64, difference: Difference) {
    match difference {
        Difference::Peer => tracing::error!(
            event = "other_folder",
            peer,
            "the peer runs with another data folder than the one that this node knows, so they do not work together"
        ),
        Difference::Own => tracing::error!(
            event = "other_folder",
            peer,
            "this node runs with another data folder than the one that the peer knows, so they do not work together"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: u64, incarnation: u64) -> pb::MemberInfo {
        pb::MemberInfo { id, incarnation, ..Default::default() }
    }

    #[test]
    fn a_folder_is_another_one_if_its_incarnation_is_not_the_known_one() {
        let known = BTreeMap::from([(1, 11), (2, 12)]);
        let said = |kind: Kind, two: u64, one: u64| {
            let origin = Some(pb::FolderOrigin { kind: kind.into(), ..Default::default() });
            let reply = pb::HelloReply {
                me: Some(member(2, two)),
                members: vec![member(1, one)],
                settings: None,
                origin,
                votes: Vec::new(),
            };
            difference(&known, member(1, 11), &reply)
        };
        assert_eq!(said(Kind::Own, 12, 11), None);
        assert_eq!(said(Kind::Own, 99, 11), Some(Difference::Peer));
        assert_eq!(said(Kind::Restored, 99, 99), Some(Difference::Peer));
        assert_eq!(said(Kind::Own, 12, 99), Some(Difference::Own));
        assert_eq!(said(Kind::Empty, 99, 11), None, "it rejoins");
        let unknown = pb::HelloReply { me: Some(member(7, 1)), ..Default::default() };
        assert_eq!(difference(&known, member(1, 11), &unknown), None, "no member yet");
        assert_eq!(difference(&known, member(1, 11), &pb::HelloReply::default()), None, "it waits with a copy");
    }

    #[test]
    fn a_difference_is_reported_once_when_it_stays() {
        let mut found = BTreeMap::new();
        let differs = || BTreeMap::from([(2, Difference::Peer)]);
        for _ in 0..2 {
            for _ in 1..FOUND {
                assert_eq!(counted(&mut found, differs()), []);
            }
            assert_eq!(counted(&mut found, differs()), [(2, Difference::Peer)]);
            assert_eq!(counted(&mut found, differs()), []);
            assert_eq!(counted(&mut found, BTreeMap::new()), [], "it is over");
        }
    }
}
