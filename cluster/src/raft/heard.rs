//! What this node believes of a peer's answer to a Raft message. openraft would believe all of it.
//!
//! An answer can teach this node a later term. It cannot make this node follow a leader (`majority.rs` confirms leaders), it cannot end
//! the terms that are left, and it cannot say that the peer has entries that were not sent.

use std::io;

use keyrack_proto::internal as pb;
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, StreamAppendError, StreamAppendResult, VoteResponse};

use super::types::{LogId, Types, Vote};
use super::wire;
use crate::malformed::malformed;

/// How many terms later one answer can make this node's term. More than the peers can have been made to vote in a minute, so a
/// majority finds a common term in a few elections. A member that always answers with the most needs 2^32 elections to end the terms.
const MOST_TERMS_LEARNED: u64 = 1 << 32;
/// No member has this id.
const NOBODY: u64 = 0;

/// The end of the log that a leader has sent, in a call or a stream.
pub type Sent = Option<LogId>;

/// The end of a request's entries; if it has none, the entry before them.
pub fn sent(request: &AppendEntriesRequest<Types>) -> Sent {
    request.entries.last().map(|entry| entry.log_id).or(request.prev_log_id)
}

/// The answer of a peer to the leader with the vote `mine`.
///
/// # Errors
/// `InvalidData`: no honest node answers that.
pub fn append_reply(reply: pb::AppendReply, mine: &Vote, sent: Sent) -> io::Result<StreamAppendResult<Types>> {
    let result = wire::append_reply_in(reply)?;
    match &result {
        Ok(None) => {}
        Ok(Some(matched)) if is_within(matched, sent) => {}
        Ok(Some(_)) => return Err(malformed("append reply: it has an entry that was not sent")),
        Err(StreamAppendError::Conflict(at)) if is_within(at, sent) => {}
        Err(StreamAppendError::Conflict(_)) => return Err(malformed("append reply: it names an entry that was not sent")),
        Err(StreamAppendError::HigherVote(vote)) => return Ok(Err(StreamAppendError::HigherVote(later_vote(vote, mine)?))),
    }
    Ok(result)
}

/// The answer to a single append that sent entries up to `sent`. If the peer stored fewer entries, the call succeeded in part.
///
/// # Errors
/// `InvalidData`: no honest node answers that.
pub fn append_response(reply: pb::AppendReply, mine: &Vote, sent: Sent) -> io::Result<AppendEntriesResponse<Types>> {
    Ok(match append_reply(reply, mine, sent)? {
        Ok(matched) if matched != sent => AppendEntriesResponse::PartialSuccess(matched),
        result => result.into(),
    })
}

/// The answer of a peer to the candidate with the vote `mine`.
///
/// # Errors
/// `InvalidData`: no honest node answers that.
pub fn vote_reply(reply: pb::VoteReply, mine: &Vote) -> io::Result<VoteResponse<Types>> {
    let mut reply = wire::vote_reply_in(reply)?;
    reply.vote = learned(&reply.vote, mine);
    Ok(reply)
}

/// The answer of a peer to a snapshot of the leader with the vote `mine`.
///
/// # Errors
/// `InvalidData`: no honest node answers that.
pub fn installed(vote: pb::Vote, mine: &Vote) -> io::Result<Vote> {
    let vote = wire::vote_in(vote);
    if vote.leader_id == mine.leader_id { Ok(*mine) } else { later_vote(&vote, mine) }
}

fn is_within(id: &LogId, sent: Sent) -> bool {
    sent.is_some_and(|sent| *id <= sent && id.index <= sent.index)
}

fn later_vote(vote: &Vote, mine: &Vote) -> io::Result<Vote> {
    let learned = learned(vote, mine);
    let order = |vote: &Vote| (vote.leader_id.term, vote.leader_id.node_id);
    let is_later = order(&learned) > order(mine);
    is_later.then_some(learned).ok_or_else(|| malformed("reply: its vote is not later than this node's"))
}

/// A vote as this node may take it over. It names a candidate and never a leader; and it never names this node, which alone decides for
/// whom it stands.
fn learned(vote: &Vote, mine: &Vote) -> Vote {
    let (own, node) = (mine.leader_id.term, mine.leader_id.node_id);
    let (term, of) = (vote.leader_id.term, vote.leader_id.node_id);
    let most = own.saturating_add(MOST_TERMS_LEARNED);
    let of = if of == node && term > own { NOBODY } else { of };
    wire::vote_in(pb::Vote { term: term.min(most), node: of, committed: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(term: u64, node: u64, committed: bool) -> Vote {
        wire::vote_in(pb::Vote { term, node, committed })
    }

    fn id(term: u64, index: u64) -> pb::LogId {
        pb::LogId { term, node: 1, index }
    }

    #[test]
    fn an_answer_teaches_a_term_and_makes_nobody_a_leader() {
        let mine = vote(5, 1, true);
        let most = 5 + MOST_TERMS_LEARNED;
        let taken =
            [(6, 2, 6, 2), (5, 2, 5, 2), (most, 2, most, 2), (most + 1, 2, most, 2), (u64::MAX, 2, most, 2), (6, 1, 6, NOBODY)];
        for (term, node, learned, of) in taken {
            for committed in [false, true] {
                let higher =
                    pb::AppendReply { result: Some(pb::append_reply::Result::HigherVote(pb::Vote { term, node, committed })) };
                let Ok(Err(StreamAppendError::HigherVote(taken))) = append_reply(higher, &mine, None) else {
                    panic!("{term} {node}")
                };
                assert_eq!(taken, vote(learned, of, false), "{term} {node} {committed}");
                assert_eq!(installed(pb::Vote { term, node, committed }, &mine).expect("later"), vote(learned, of, false));
            }
        }
        for (term, node) in [(5, 1), (5, 0), (4, 9), (0, 0)] {
            let higher = pb::append_reply::Result::HigherVote(pb::Vote { term, node, committed: true });
            assert!(append_reply(pb::AppendReply { result: Some(higher) }, &mine, None).is_err(), "{term} {node} is not later");
        }
        assert_eq!(installed(pb::Vote { term: 5, node: 1, committed: true }, &mine).expect("mine"), mine);
        assert!(installed(pb::Vote { term: 4, node: 1, committed: true }, &mine).is_err());
    }

    #[test]
    fn a_granted_vote_is_the_candidates_own() {
        let mine = vote(6, 1, false);
        let reply = |term, node, committed| {
            let vote = Some(pb::Vote { term, node, committed });
            vote_reply(pb::VoteReply { vote, last: None, granted: true }, &mine).expect("read").vote
        };
        assert_eq!(reply(6, 1, false), mine);
        assert_eq!(reply(4, 2, true), vote(4, 2, false), "an older vote is openraft's to ignore");
        assert_eq!(reply(7, 1, true), vote(7, NOBODY, false));
        assert_eq!(reply(u64::MAX, 3, true), vote(6 + MOST_TERMS_LEARNED, 3, false));
        assert!(vote_reply(pb::VoteReply::default(), &mine).is_err(), "no vote");
    }

    #[test]
    fn a_peer_has_only_entries_that_were_sent() {
        let (mine, sent) = (vote(5, 1, true), Some(wire::log_id_in(id(5, 10))));
        let matched = |last| pb::append_reply::Result::Matched(pb::Matched { last });
        let conflict = pb::append_reply::Result::ConflictAt;
        let read = |result, sent| append_reply(pb::AppendReply { result: Some(result) }, &mine, sent).is_ok();
        for at in [id(5, 10), id(5, 9), id(4, 9)] {
            assert!(read(matched(Some(at)), sent) && read(conflict(at), sent), "{at:?}");
        }
        for at in [id(5, 11), id(6, 1), id(4, 11), id(4, u64::MAX), id(5, u64::MAX)] {
            assert!(!read(matched(Some(at)), sent) && !read(conflict(at), sent), "{at:?}");
        }
        assert!(read(matched(None), sent) && read(matched(None), None));
        assert!(!read(matched(Some(id(1, 1))), None), "nothing was sent");
        assert!(append_reply(pb::AppendReply::default(), &mine, sent).is_err());
    }

    #[test]
    fn storing_fewer_entries_than_were_sent_is_a_partial_success() {
        let (mine, second, third) = (vote(1, 1, true), id(1, 2), id(1, 3));
        let answer = |result, sent: Option<pb::LogId>| {
            append_response(pb::AppendReply { result: Some(result) }, &mine, sent.map(wire::log_id_in)).expect("well-formed")
        };
        let matched = |last| pb::append_reply::Result::Matched(pb::Matched { last });
        assert!(matches!(answer(matched(Some(third)), Some(third)), AppendEntriesResponse::Success));
        let part = answer(matched(Some(second)), Some(third));
        assert!(matches!(part, AppendEntriesResponse::PartialSuccess(Some(last)) if last == wire::log_id_in(second)), "{part:?}");
        assert!(matches!(answer(matched(None), None), AppendEntriesResponse::Success));
        let conflict = pb::append_reply::Result::ConflictAt(third);
        assert!(matches!(answer(conflict, Some(third)), AppendEntriesResponse::Conflict));
    }
}
