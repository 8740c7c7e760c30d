//! Converts openraft's types to and from protobuf, and log entries to and from their bytes on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use keyrack_proto::internal as pb;
use openraft::alias::LeaderIdOf;
use openraft::raft::{AppendEntriesRequest, StreamAppendError, StreamAppendResult, VoteRequest, VoteResponse};
use prost::Message;

use super::types::{Entry, EntryPayload, LogId, Membership, Payload, SnapshotMeta, StoredMembership, Types, Vote};
use crate::malformed::malformed;
use crate::peers::Member;

fn leader_id(term: u64, node_id: u64) -> LeaderIdOf<Types> {
    LeaderIdOf::<Types> { term, node_id }
}

pub fn log_id_out(id: &LogId) -> pb::LogId {
    pb::LogId { term: id.leader_id.term, node: id.leader_id.node_id, index: id.index }
}

pub fn log_id_in(id: pb::LogId) -> LogId {
    LogId::new(leader_id(id.term, id.node), id.index)
}

pub fn vote_out(vote: &Vote) -> pb::Vote {
    pb::Vote { term: vote.leader_id.term, node: vote.leader_id.node_id, committed: vote.committed }
}

pub fn vote_in(vote: pb::Vote) -> Vote {
    Vote { leader_id: leader_id(vote.term, vote.node), committed: vote.committed }
}

fn need_vote(vote: Option<pb::Vote>) -> io::Result<Vote> {
    vote.map(vote_in).ok_or_else(|| malformed("request: no vote"))
}

pub fn membership_out(membership: &Membership) -> pb::Membership {
    let voters = |set: &BTreeSet<u64>| pb::VoterSet { voters: set.iter().copied().collect() };
    pb::Membership {
        configs: membership.get_joint_config().iter().map(voters).collect(),
        nodes: membership.nodes().map(|(id, member)| member.encoded(*id)).collect(),
    }
}

pub fn membership_in(membership: pb::Membership) -> io::Result<Membership> {
    let configs = membership.configs.into_iter().map(|set| set.voters.into_iter().collect()).collect();
    let nodes: BTreeMap<u64, Member> = membership.nodes.into_iter().map(Member::decoded).collect();
    Membership::new(configs, nodes).map_err(|cause| malformed(&format!("membership: {cause}")))
}

pub fn stored_membership_in(at: Option<pb::LogId>, membership: Option<pb::Membership>) -> io::Result<StoredMembership> {
    let membership = membership.map(membership_in).transpose()?.unwrap_or_default();
    Ok(StoredMembership::new(at.map(log_id_in), membership))
}

/// The shard's applied row: the index as eight bytes, so that it can be read without decoding, then the whole position.
pub fn applied_out(last: &LogId, membership: &StoredMembership) -> Vec<u8> {
    let row = pb::AppliedRow {
        last: Some(log_id_out(last)),
        membership_at: membership.log_id().as_ref().map(log_id_out),
        membership: Some(membership_out(membership.membership())),
    };
    let mut bytes = Vec::with_capacity(8 + row.encoded_len());
    bytes.put_u64(last.index);
    row.encode_raw(&mut bytes);
    bytes
}

pub fn applied_in(bytes: &[u8]) -> io::Result<SnapshotMeta> {
    let row = bytes.get(8..).ok_or_else(|| malformed("applied row"))?;
    let row = pb::AppliedRow::decode(row).map_err(|cause| malformed(&format!("applied row: {cause}")))?;
    Ok(SnapshotMeta {
        last_log_id: row.last.map(log_id_in),
        last_membership: stored_membership_in(row.membership_at, row.membership)?,
    })
}

pub fn meta_out(meta: &SnapshotMeta) -> pb::SnapshotMeta {
    pb::SnapshotMeta {
        last: meta.last_log_id.as_ref().map(log_id_out),
        membership_at: meta.last_membership.log_id().as_ref().map(log_id_out),
        membership: Some(membership_out(meta.last_membership.membership())),
    }
}

pub fn meta_in(meta: pb::SnapshotMeta) -> io::Result<SnapshotMeta> {
    Ok(SnapshotMeta {
        last_log_id: meta.last.map(log_id_in),
        last_membership: stored_membership_in(meta.membership_at, meta.membership)?,
    })
}

/// `kind term node payload`: 0 blank, 1 batch, 2 membership.
pub fn entry_to_disk(entry: &Entry) -> Bytes {
    let (kind, payload) = match &entry.payload {
        EntryPayload::Blank => (0, Bytes::new()),
        EntryPayload::Normal(Payload(batch)) => (1, batch.clone()),
        EntryPayload::Membership(membership) => (2, membership_out(membership).encode_to_vec().into()),
    };
    let mut bytes = BytesMut::with_capacity(17 + payload.len());
    bytes.put_u8(kind);
    bytes.put_u64(entry.log_id.leader_id.term);
    bytes.put_u64(entry.log_id.leader_id.node_id);
    bytes.put(payload);
    bytes.freeze()
}

pub fn entry_from_disk(index: u64, bytes: Bytes) -> io::Result<Entry> {
    let (head, _) = bytes.split_first_chunk::<17>().ok_or_else(|| malformed("log entry"))?;
    let number = |at: usize| head[at..at + 8].iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    let (kind, log_id) = (head[0], LogId::new(leader_id(number(1), number(9)), index));
    let payload = payload_in(kind, bytes.slice(17..))?;
    Ok(Entry { log_id, payload })
}

fn payload_in(kind: u8, bytes: Bytes) -> io::Result<EntryPayload> {
    Ok(match kind {
        0 => EntryPayload::Blank,
        1 => EntryPayload::Normal(Payload(bytes)),
        2 => {
            let membership = pb::Membership::decode(bytes).map_err(|cause| malformed(&format!("log entry: {cause}")))?;
            EntryPayload::Membership(membership_in(membership)?)
        }
        _ => return Err(malformed("log entry")),
    })
}

fn entry_out(entry: Entry) -> pb::LogEntry {
    let id = Some(log_id_out(&entry.log_id));
    match entry.payload {
        EntryPayload::Blank => pb::LogEntry { id, batch: None, membership: None },
        EntryPayload::Normal(Payload(batch)) => pb::LogEntry { id, batch: Some(batch), membership: None },
        EntryPayload::Membership(m) => pb::LogEntry { id, batch: None, membership: Some(membership_out(&m)) },
    }
}

fn entry_in(entry: pb::LogEntry) -> io::Result<Entry> {
    let log_id = log_id_in(entry.id.ok_or_else(|| malformed("log entry: no id"))?);
    let payload = match (entry.batch, entry.membership) {
        (Some(batch), None) => EntryPayload::Normal(Payload(batch)),
        (None, Some(membership)) => EntryPayload::Membership(membership_in(membership)?),
        (None, None) => EntryPayload::Blank,
        (Some(_), Some(_)) => return Err(malformed("log entry: both batch and membership")),
    };
    Ok(Entry { log_id, payload })
}

pub fn append_out(group: u32, request: AppendEntriesRequest<Types>) -> pb::AppendRequest {
    pb::AppendRequest {
        group,
        vote: Some(vote_out(&request.vote)),
        prev: request.prev_log_id.as_ref().map(log_id_out),
        committed: request.leader_commit.as_ref().map(log_id_out),
        entries: request.entries.into_iter().map(entry_out).collect(),
    }
}

pub fn append_in(request: pb::AppendRequest) -> io::Result<AppendEntriesRequest<Types>> {
    Ok(AppendEntriesRequest {
        vote: need_vote(request.vote)?,
        prev_log_id: request.prev.map(log_id_in),
        leader_commit: request.committed.map(log_id_in),
        entries: request.entries.into_iter().map(entry_in).collect::<io::Result<_>>()?,
    })
}

pub fn append_reply_out(result: &StreamAppendResult<Types>) -> pb::AppendReply {
    use pb::append_reply::Result as Kind;
    let kind = match result {
        Ok(last) => Kind::Matched(pb::Matched { last: last.as_ref().map(log_id_out) }),
        Err(StreamAppendError::Conflict(at)) => Kind::ConflictAt(log_id_out(at)),
        Err(StreamAppendError::HigherVote(vote)) => Kind::HigherVote(vote_out(vote)),
    };
    pb::AppendReply { result: Some(kind) }
}

pub fn append_reply_in(reply: pb::AppendReply) -> io::Result<StreamAppendResult<Types>> {
    use pb::append_reply::Result as Kind;
    Ok(match reply.result.ok_or_else(|| malformed("append reply"))? {
        Kind::Matched(matched) => Ok(matched.last.map(log_id_in)),
        Kind::ConflictAt(at) => Err(StreamAppendError::Conflict(log_id_in(at))),
        Kind::HigherVote(vote) => Err(StreamAppendError::HigherVote(vote_in(vote))),
    })
}

pub fn vote_request_out(group: u32, request: &VoteRequest<Types>) -> pb::VoteRequest {
    pb::VoteRequest {
        group,
        vote: Some(vote_out(&request.vote)),
        last: request.last_log_id.as_ref().map(log_id_out),
        leader_transfer: request.leadership_transfer,
    }
}

pub fn vote_request_in(request: pb::VoteRequest) -> io::Result<VoteRequest<Types>> {
    let mut decoded = VoteRequest::new(need_vote(request.vote)?, request.last.map(log_id_in));
    decoded.leadership_transfer = request.leader_transfer;
    Ok(decoded)
}

pub fn vote_reply_out(reply: &VoteResponse<Types>) -> pb::VoteReply {
    pb::VoteReply {
        vote: Some(vote_out(&reply.vote)),
        last: reply.last_log_id.as_ref().map(log_id_out),
        granted: reply.vote_granted,
    }
}

pub fn vote_reply_in(reply: pb::VoteReply) -> io::Result<VoteResponse<Types>> {
    Ok(VoteResponse::new(need_vote(reply.vote)?, reply.last.map(log_id_in), reply.granted))
}
