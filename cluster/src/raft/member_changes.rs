//! What a replica checks of a membership that a leader sends, before it counts the votes by it.
//!
//! openraft uses a membership as soon as it is in the log. So a leader could add one in which only itself votes, and the others could
//! never elect another. Members change for one reason only: a node rejoins with other data. That node says so itself.

use std::collections::BTreeSet;
use std::io;

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
    /// `InvalidData` if one is refused, [`UNCONFIRMED`] if a member that it takes the vote from does not answer.
    pub(super) async fn check_members_in(&self, entries: &[Entry]) -> io::Result<()> {
        let memberships = entries.iter().filter_map(|entry| match &entry.payload {
            EntryPayload::Membership(membership) => Some((entry.log_id, membership)),
            _ => None,
        });
        let mut before = None;
        for (id, membership) in memberships {
            // A leader may send again what this node has.
            let own = self.log.clone().try_get_log_entries(id.index..id.index + 1).await?;
            if id.index > *self.applied.borrow() && own.first().is_none_or(|own| own.log_id != id) {
                let known = before.take().unwrap_or_else(|| self.membership());
                self.check_members(&known, membership).await?;
            }
            before = Some(membership.clone());
        }
        Ok(())
    }

    /// Checks a membership that follows `known`.
    ///
    /// # Errors
    /// As [`Replica::check_members_in`].
    pub(super) async fn check_members(&self, known: &Membership, new: &Membership) -> io::Result<()> {
        if self.doubts.trusts_leader {
            return Ok(());
        }
        let refused = |cause: MembersRefused| io::Error::new(io::ErrorKind::InvalidData, format!("membership: {cause}"));
        let first: BTreeSet<u64> = self.doubts.first.iter().map(|(id, _)| *id).collect();
        for claim in claims(known, new, &first).map_err(refused)? {
            match claim {
                Claim::Left { id, incarnation } => match self.incarnation_of(id, known).await {
                    Some(now) if now != incarnation => {}
                    Some(_) => return Err(refused(MembersRefused::StillThere(id))),
                    None => {
                        let shard = self.shard;
                        let cause = format!(
                            "the leader of shard {shard} takes the vote from node {id}, and node {id} does not answer whether it has its data"
                        );
                        return Err(io::Error::new(UNCONFIRMED, cause));
                    }
                },
                Claim::Joins { id, member } if id != self.node => {
                    // It may have other data again by now. The leader then repeats the change.
                    let says = self.peers.who_is(id, &member.peer).await.and_then(|reply| reply.me).map(Member::decoded);
                    let differs =
                        says.is_some_and(|(said, now)| said == id && now.incarnation == member.incarnation && now != member);
                    if differs {
                        return Err(refused(MembersRefused::OtherAddress(id)));
                    }
                }
                Claim::Joins { .. } => {}
            }
        }
        Ok(())
    }

    /// The number of the data that a member has now. It says so, or it has said so when it asked this node to rejoin.
    async fn incarnation_of(&self, id: u64, known: &Membership) -> Option<u64> {
        if id == self.node {
            return Some(self.doubts.incarnation);
        }
        let configured = self.doubts.first.iter().find(|(first, _)| *first == id).map(|(_, address)| address.as_str());
        let address = configured.or(known.get_node(&id).map(|member| member.peer.as_str()))?;
        match self.peers.who_is(id, address).await.and_then(|reply| reply.me) {
            Some(me) if me.id == id => Some(me.incarnation),
            _ => self.peers.announced(id),
        }
    }

    /// The newest membership in the log.
    pub(super) fn membership(&self) -> Membership {
        self.raft.server_metrics().borrow_watched().membership_config.membership().clone()
    }
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
        let with_four = members(&[&[1, 2, 3]], &[(1, 10), (2, 20), (3, 30), (4, 40)]);
        assert_eq!(checked(&all, &with_four), Err(MembersRefused::Stranger(4)));
    }

    #[test]
    fn a_member_keeps_its_address() {
        let all = members(&[&[1, 2, 3]], THREE);
        let mut nodes: BTreeMap<u64, Member> = all.nodes().map(|(id, member)| (*id, member.clone())).collect();
        nodes.insert(1, member(10, "b"));
        let moved = Membership::new(all.get_joint_config().clone(), nodes).expect("a membership");
        assert_eq!(checked(&all, &moved), Err(MembersRefused::Moved(1)));
    }
}
