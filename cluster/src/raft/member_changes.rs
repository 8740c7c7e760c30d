//! What a replica checks of a membership that a leader sends, before it counts the votes by it.
//!
//! openraft uses a membership as soon as it is in the log. So a leader could add one in which only itself votes, and the others could
//! never elect another. Members change for one reason only: a node rejoins with other data. That node says so itself.

use std::collections::BTreeSet;
use std::io;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use openraft::async_runtime::WatchReceiver;
use openraft::storage::RaftLogReader;

use super::majority::UNCONFIRMED;
use super::replica::{Machine, Replica};
use super::types::{Entry, EntryPayload, Membership};
use crate::peers::{Member, PeerCalls};
use crate::storage::LogDisk;

/// Why a membership is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MembersRefused {
    /// It names a node that the configuration does not name.
    #[error("it names node {0}, which is no first member")]
    Stranger(u64),
    /// A membership that changes has two sets of voters, any other has one.
    #[error("it has {0} sets of voters")]
    Sets(usize),
    /// Another membership than this node has in the same entry.
    #[error("entry {0} is another membership than this node has there")]
    Rewritten(u64),
    /// Fewer voters than a majority of the first members.
    #[error("it has the voters {voters:?}, and at least {least} nodes must vote")]
    Few {
        /// One set of voters.
        voters: Vec<u64>,
        /// The majority.
        least: usize,
    },
    /// Another address, or another region.
    #[error("it changes the address or the region of node {0}")]
    Moved(u64),
    /// A node loses its vote, and it has its data.
    #[error("it takes the vote from node {0}, which has its data")]
    StillThere(u64),
    /// A node is added with an address or a region that it does not have.
    #[error("it adds node {0} with another address or region than that node has")]
    OtherAddress(u64),
}

/// What only the member itself can confirm.
#[derive(Debug, PartialEq, Eq)]
enum Claim {
    /// The node does not have the data of this incarnation any more.
    Left { id: u64, incarnation: u64 },
    /// The node is this member.
    Joins { id: u64, member: Member },
}

/// What is new in a membership, compared with the one that this replica has. `first` are the first members.
fn claims(known: &Membership, new: &Membership, first: &BTreeSet<u64>) -> Result<Vec<Claim>, MembersRefused> {
    let sets = new.get_joint_config().len();
    if !(1..=2).contains(&sets) {
        return Err(MembersRefused::Sets(sets));
    }
    let least = first.len() / 2 + 1;
    for voters in new.get_joint_config().iter().filter(|_| !first.is_empty()) {
        if voters.len() < least {
            return Err(MembersRefused::Few { voters: voters.iter().copied().collect(), least });
        }
    }
    if let Some((id, _)) = new.nodes().find(|(id, _)| !first.is_empty() && !first.contains(id)) {
        return Err(MembersRefused::Stranger(*id));
    }
    let mut claims = Vec::new();
    let voted = known.get_joint_config().last().cloned().unwrap_or_default();
    for (id, member) in known.nodes() {
        let incarnation = member.incarnation;
        let same = new.get_node(id).filter(|new| new.incarnation == incarnation);
        match same {
            Some(same) if same != member => return Err(MembersRefused::Moved(*id)),
            Some(_) if !voted.contains(id) || new.get_joint_config().iter().all(|voters| voters.contains(id)) => {}
            None if !voted.contains(id) => {}
            _ => claims.push(Claim::Left { id: *id, incarnation }),
        }
    }
    let is_new = |id: &u64, member: &Member| known.get_node(id).is_none_or(|known| known.incarnation != member.incarnation);
    let joins = new.nodes().filter(|(id, member)| known.nodes().next().is_some() && is_new(id, member));
    claims.extend(joins.map(|(id, member)| Claim::Joins { id: *id, member: member.clone() }));
    Ok(claims)
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Replica<M, D, P> {
    /// Checks the memberships in entries of a leader, in order.
    ///
    /// # Errors
    /// `InvalidData` if one is refused, [`UNCONFIRMED`] if nobody confirms that a member lost its data.
    pub(super) async fn check_members_in(&self, leader: u64, entries: &[Entry]) -> io::Result<()> {
        let memberships = entries.iter().filter_map(|entry| match &entry.payload {
            EntryPayload::Membership(membership) => Some((entry.log_id, membership)),
            _ => None,
        });
        let mut before = None;
        for (id, membership) in memberships {
            // A leader may send again what this node has. openraft ignores it, and so does this check: it is not what a later
            // membership is compared with.
            if id.index <= *self.applied.borrow() {
                continue;
            }
            let own = self.log.clone().try_get_log_entries(id.index..id.index.saturating_add(1)).await?;
            match own.first().filter(|own| own.log_id == id).map(|own| &own.payload) {
                Some(EntryPayload::Membership(own)) if own == membership => continue,
                Some(_) => return Err(refused(MembersRefused::Rewritten(id.index))),
                None => {}
            }
            let known = before.take().unwrap_or_else(|| self.membership());
            self.check_members(leader, &known, membership).await?;
            before = Some(membership.clone());
        }
        Ok(())
    }

    /// Checks a membership that follows `known`.
    ///
    /// # Errors
    /// As [`Replica::check_members_in`].
    pub(super) async fn check_members(&self, leader: u64, known: &Membership, new: &Membership) -> io::Result<()> {
        if self.doubts.trusts_leader {
            return Ok(());
        }
        let first: BTreeSet<u64> = self.doubts.first.iter().map(|(id, _)| *id).collect();
        for claim in claims(known, new, &first).map_err(refused)? {
            match claim {
                Claim::Left { id, incarnation } if id == self.node && incarnation == self.doubts.incarnation => {
                    return Err(refused(MembersRefused::StillThere(id)));
                }
                Claim::Left { id, .. } if id == self.node => {}
                Claim::Left { id, incarnation } => self.check_left(leader, id, incarnation).await?,
                Claim::Joins { id, member } => {
                    // It may have other data again by now. The leader then repeats the change.
                    let says = self.says(id).await;
                    if says.is_some_and(|now| now.incarnation == member.incarnation && now != member) {
                        return Err(refused(MembersRefused::OtherAddress(id)));
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks that a member does not have these data any more: it says so, it has said so when it asked this node to rejoin, or another
    /// member than the leader has it with other data.
    async fn check_left(&self, leader: u64, id: u64, incarnation: u64) -> io::Result<()> {
        let shard = self.shard;
        let unconfirmed = |why: &str| {
            let cause = format!("the leader of shard {shard} takes the vote from node {id}, and node {id} {why}");
            Err(io::Error::new(UNCONFIRMED, cause))
        };
        match self.says(id).await {
            Some(now) if now.incarnation != incarnation => return Ok(()),
            // The node may have said something else to the leader.
            Some(_) => return unconfirmed("says that it has its data"),
            None => {}
        }
        if self.peers.announced(id).is_some_and(|now| now != incarnation) {
            return Ok(());
        }
        let others = self.doubts.first.iter().filter(|(other, _)| ![self.node, leader, id].contains(other));
        let mut asked: FuturesUnordered<_> = others.map(|(other, address)| self.peers.who_is(*other, address)).collect();
        while let Some(reply) = asked.next().await {
            let members = reply.map(|reply| reply.members).unwrap_or_default();
            let has_these_data = members.iter().any(|member| (member.id, member.incarnation) == (id, incarnation));
            if !members.is_empty() && !has_these_data {
                return Ok(());
            }
        }
        unconfirmed("does not answer whether it has its data; no other member says that it was replaced")
    }

    /// What a first member says that it is, at its configured address.
    async fn says(&self, id: u64) -> Option<Member> {
        let (_, address) = self.doubts.first.iter().find(|(first, _)| *first == id)?;
        let me = self.peers.who_is(id, address).await?.me?;
        (me.id == id).then(|| Member::decoded(me).1)
    }

    /// The newest membership in the log.
    pub(super) fn membership(&self) -> Membership {
        self.raft.server_metrics().borrow_watched().membership_config.membership().clone()
    }
}

fn refused(cause: MembersRefused) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("membership: {cause}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn member(incarnation: u64, peer: &str) -> Member {
        Member { incarnation, peer: peer.into(), ..Member::default() }
    }

    /// Nodes by id with their incarnations.
    fn members(configs: &[&[u64]], nodes: &[(u64, u64)]) -> Membership {
        let configs = configs.iter().map(|voters| voters.iter().copied().collect()).collect();
        let nodes: BTreeMap<u64, Member> = nodes.iter().map(|(id, incarnation)| (*id, member(*incarnation, "a"))).collect();
        Membership::new(configs, nodes).expect("a membership")
    }

    const THREE: &[(u64, u64)] = &[(1, 10), (2, 20), (3, 30)];

    fn checked(known: &Membership, new: &Membership) -> Result<Vec<Claim>, MembersRefused> {
        claims(known, new, &BTreeSet::from([1, 2, 3]))
    }

    #[test]
    fn only_the_node_itself_says_that_it_lost_its_data() {
        let all = members(&[&[1, 2, 3]], THREE);
        let left = |incarnation| Claim::Left { id: 1, incarnation };
        assert_eq!(checked(&all, &all), Ok(vec![]));
        let steps = [
            members(&[&[1, 2, 3], &[2, 3]], THREE),
            members(&[&[2, 3]], THREE),
            members(&[&[2, 3]], &[(2, 20), (3, 30)]),
            members(&[&[2, 3]], &[(1, 11), (2, 20), (3, 30)]),
            members(&[&[2, 3], &[1, 2, 3]], &[(1, 11), (2, 20), (3, 30)]),
            members(&[&[1, 2, 3]], &[(1, 11), (2, 20), (3, 30)]),
        ];
        let joins = || Claim::Joins { id: 1, member: member(11, "a") };
        // From the first members, and step by step.
        assert_eq!(checked(&all, &steps[0]), Ok(vec![left(10)]));
        assert_eq!(checked(&all, &steps[2]), Ok(vec![left(10)]));
        assert_eq!(checked(&all, &steps[3]), Ok(vec![left(10), joins()]));
        assert_eq!(checked(&all, &steps[5]), Ok(vec![left(10), joins()]));
        let expected = [vec![], vec![], vec![joins()], vec![], vec![]];
        for (place, expected) in expected.into_iter().enumerate() {
            assert_eq!(checked(&steps[place], &steps[place + 1]), Ok(expected), "step {place}");
        }
    }

    #[test]
    fn a_majority_of_the_first_members_always_votes() {
        let all = members(&[&[1, 2, 3]], THREE);
        let few = |voters: &[u64]| Err(MembersRefused::Few { voters: voters.to_vec(), least: 2 });
        assert_eq!(checked(&all, &members(&[&[3]], THREE)), few(&[3]));
        assert_eq!(checked(&all, &members(&[&[1, 2, 3], &[3]], THREE)), few(&[3]));
        assert_eq!(checked(&all, &members(&[&[3], &[1, 2, 3]], THREE)), few(&[3]));
        assert_eq!(checked(&Membership::default(), &members(&[&[3]], &[(3, 30)])), few(&[3]), "a node without members");
        assert_eq!(checked(&Membership::default(), &all), Ok(vec![]));
        assert_eq!(checked(&all, &members(&[], THREE)), Err(MembersRefused::Sets(0)));
        assert_eq!(checked(&all, &members(&[&[1, 2, 3], &[1, 2, 3], &[1, 2, 3]], THREE)), Err(MembersRefused::Sets(3)));
        let with_four = members(&[&[1, 2, 3]], &[(1, 10), (2, 20), (3, 30), (4, 40)]);
        assert_eq!(checked(&all, &with_four), Err(MembersRefused::Stranger(4)));
    }

    #[test]
    fn a_member_keeps_its_addresses_and_its_region() {
        let all = members(&[&[1, 2, 3]], THREE);
        let changes: [fn(&mut Member); 4] = [
            |member| member.peer = "b".into(),
            |member| member.http = "b".into(),
            |member| member.grpc = "b".into(),
            |member| member.region = "b".into(),
        ];
        for change in changes {
            let mut nodes: BTreeMap<u64, Member> = all.nodes().map(|(id, member)| (*id, member.clone())).collect();
            change(nodes.get_mut(&1).expect("a member"));
            let moved = Membership::new(all.get_joint_config().clone(), nodes).expect("a membership");
            assert_eq!(checked(&all, &moved), Err(MembersRefused::Moved(1)));
        }
    }
}
