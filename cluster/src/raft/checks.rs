//! What a replica checks of a peer's Raft message before it stores anything of it.
//!
//! A certificate proves which node calls. A leader and a candidate can speak for themselves only, and a message must be one that an
//! honest node can send: openraft trusts its peers, and some other messages would stop this node (ADR 18).

use std::io;

use super::types::{EntryPayload, LogId, Payload, Vote};
use crate::peers::{Bears, Call};
use crate::state::readable;

/// How many terms later one request for a vote can make this node's term. Each costs the member that asks a round trip and this node a
/// synced write, so no member ends the terms. A node that was away for more elections learns the term from an answer or from the leader.
const MOST_TERMS_AHEAD: u64 = 1 << 12;

/// Why a message is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The vote is another node's.
    #[error("node {from} sent a vote of node {of}; a node can speak for itself only")]
    OtherNode {
        /// The caller.
        from: u64,
        /// The node that the vote names.
        of: u64,
    },
    /// An append, a snapshot or a transfer by a node that has not been elected.
    #[error("node {0} sends as a leader, and its vote says that it was not elected")]
    NotElected(u64),
    /// A leader that no majority voted for.
    #[error("node {node} says that it leads in term {term}, and a majority did not vote for it")]
    ByMajority {
        /// The node.
        node: u64,
        /// The term.
        term: u64,
    },
    /// A request for votes by a node that has been elected.
    #[error("node {0} asks for votes with a vote that says that it was elected already")]
    ElectedAlready(u64),
    /// A term that is many elections later.
    #[error("the term {term} is more than {MOST_TERMS_AHEAD} terms after this node's term {own}")]
    Term {
        /// The term in the message.
        term: u64,
        /// The term of this node's vote.
        own: u64,
    },
    /// Entries with a gap, or out of order.
    #[error("entry {found} is sent in the place of entry {wanted}")]
    Order {
        /// The entry's index.
        found: u64,
        /// The index that follows the entry before.
        wanted: u64,
    },
    /// An entry of a term after the leader's, or before the entry's predecessor.
    #[error("entry {0} has a term that it cannot have")]
    EntryTerm(u64),
    /// Another entry than this node has applied.
    #[error("entry {0} is another one than this node has applied")]
    Applied(u64),
    /// An entry that this version cannot read.
    #[error("entry {index} cannot be read: {cause}. If the leader runs a newer version, update this node.")]
    Unreadable {
        /// The entry's index.
        index: u64,
        /// What is wrong.
        cause: String,
    },
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, refused)
    }
}

/// Checks that the vote in a call is one that the caller may show: the contract says in which role it speaks.
pub fn vote(call: Call, from: u64, vote: &Vote, own_term: u64) -> Result<(), Refused> {
    match call.rule().bears {
        Bears::Leader => leader(from, vote),
        Bears::Candidate => candidate(from, vote).and_then(|()| match call {
            // It changes nothing.
            Call::PreVote => Ok(()),
            _ => term(vote.leader_id.term, own_term),
        }),
        Bears::NoName | Bears::Itself => Ok(()),
    }
}

/// Checks the vote of a leader that calls: it says that `from` was elected. The other members confirm it (`majority.rs`).
fn leader(from: u64, vote: &Vote) -> Result<(), Refused> {
    speaks_for_itself(from, vote)?;
    if vote.committed { Ok(()) } else { Err(Refused::NotElected(from)) }
}

/// Checks the vote that a candidate asks for.
fn candidate(from: u64, vote: &Vote) -> Result<(), Refused> {
    speaks_for_itself(from, vote)?;
    if vote.committed { Err(Refused::ElectedAlready(from)) } else { Ok(()) }
}

fn term(term: u64, own: u64) -> Result<(), Refused> {
    if term > own.saturating_add(MOST_TERMS_AHEAD) { Err(Refused::Term { term, own }) } else { Ok(()) }
}

/// Checks the entries that a leader with this vote sends after the entry `prev`: no gap, possible terms, and commands that this
/// version can read.
pub fn entries(shard: u32, vote: &Vote, prev: Option<&LogId>, entries: &[super::types::Entry]) -> Result<(), Refused> {
    let mut before = prev.map(|id| (id.leader_id.term, id.index));
    for entry in entries {
        let (term, index) = (entry.log_id.leader_id.term, entry.log_id.index);
        let wanted = before.map_or(0, |(_, index)| index.saturating_add(1));
        if index != wanted {
            return Err(Refused::Order { found: index, wanted });
        }
        if term > vote.leader_id.term || before.is_some_and(|(before, _)| term < before) {
            return Err(Refused::EntryTerm(index));
        }
        if let EntryPayload::Normal(Payload(batch)) = &entry.payload {
            let read = readable::check(shard, batch.clone());
            read.map_err(|cause| Refused::Unreadable { index, cause: cause.to_string() })?;
        }
        before = Some((term, index));
    }
    Ok(())
}

fn speaks_for_itself(from: u64, vote: &Vote) -> Result<(), Refused> {
    let of = vote.leader_id.node_id;
    if of == from { Ok(()) } else { Err(Refused::OtherNode { from, of }) }
}

#[cfg(test)]
mod tests {
    use keyrack_proto::internal as pb;

    use super::super::types::Entry;
    use super::super::wire;
    use super::*;

    fn vote(term: u64, node: u64, committed: bool) -> Vote {
        wire::vote_in(pb::Vote { term, node, committed })
    }

    fn entry(term: u64, index: u64, payload: EntryPayload) -> Entry {
        Entry { log_id: wire::log_id_in(pb::LogId { term, node: 1, index }), payload }
    }

    #[test]
    fn a_node_speaks_for_itself_in_its_own_role() {
        assert_eq!(leader(2, &vote(5, 2, true)), Ok(()));
        assert_eq!(leader(3, &vote(5, 2, true)), Err(Refused::OtherNode { from: 3, of: 2 }));
        assert_eq!(leader(2, &vote(5, 2, false)), Err(Refused::NotElected(2)));
        assert_eq!(candidate(2, &vote(6, 2, false)), Ok(()));
        assert_eq!(candidate(3, &vote(6, 2, false)), Err(Refused::OtherNode { from: 3, of: 2 }));
        assert_eq!(candidate(2, &vote(6, 2, true)), Err(Refused::ElectedAlready(2)));
    }

    #[test]
    fn a_request_for_a_vote_moves_the_term_by_a_few_thousand_only() {
        let asked = |call, term, own| super::vote(call, 2, &vote(term, 2, false), own);
        let most = 7 + MOST_TERMS_AHEAD;
        assert_eq!(
            [1, 7, most].map(|term| asked(Call::Vote, term, 7)),
            [Ok(()), Ok(()), Ok(())],
            "an older term is openraft's to answer"
        );
        for far in [most + 1, u64::MAX] {
            assert_eq!(asked(Call::Vote, far, 7), Err(Refused::Term { term: far, own: 7 }));
            assert_eq!(asked(Call::PreVote, far, 7), Ok(()), "nothing changes");
        }
        assert_eq!(asked(Call::Vote, u64::MAX, u64::MAX - 1), Ok(()));
        assert_eq!(super::vote(Call::Append, 2, &vote(u64::MAX, 2, true), 7), Ok(()), "the members confirm a leader");
    }

    #[test]
    fn entries_follow_each_other_in_possible_terms() {
        let blank = |term, index| entry(term, index, EntryPayload::Blank);
        let leader = vote(5, 1, true);
        let check = |prev: Option<(u64, u64)>, sent: &[Entry]| {
            let prev = prev.map(|(term, index)| wire::log_id_in(pb::LogId { term, node: 1, index }));
            entries(1, &leader, prev.as_ref(), sent)
        };
        assert_eq!(check(None, &[blank(1, 0), blank(1, 1), blank(5, 2)]), Ok(()));
        assert_eq!(check(Some((4, 9)), &[blank(4, 10)]), Ok(()));
        assert_eq!(check(Some((4, 9)), &[]), Ok(()));
        assert_eq!(check(None, &[blank(1, 1)]), Err(Refused::Order { found: 1, wanted: 0 }));
        assert_eq!(check(Some((4, 9)), &[blank(4, 11)]), Err(Refused::Order { found: 11, wanted: 10 }));
        assert_eq!(check(Some((4, 9)), &[blank(4, 10), blank(4, 10)]), Err(Refused::Order { found: 10, wanted: 11 }));
        assert_eq!(check(Some((4, u64::MAX)), &[blank(4, 0)]), Err(Refused::Order { found: 0, wanted: u64::MAX }));
        assert_eq!(check(Some((4, 9)), &[blank(3, 10)]), Err(Refused::EntryTerm(10)));
        assert_eq!(check(Some((4, 9)), &[blank(6, 10)]), Err(Refused::EntryTerm(10)));
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_refused_by_its_index() {
        let batch = EntryPayload::Normal(Payload(b"no batch".to_vec().into()));
        let refused = entries(1, &vote(5, 1, true), None, &[entry(1, 0, batch)]);
        assert!(matches!(refused, Err(Refused::Unreadable { index: 0, .. })), "{refused:?}");
    }
}
