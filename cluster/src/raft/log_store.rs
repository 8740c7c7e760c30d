//! One group's log over the node's shared log database.
//!
//! Invariants:
//! - an entry can be read as soon as `append` returns, durable or not. It is acknowledged only once it and all entries before
//!   it are durable (the writer completes callers in order);
//! - the recent tail and the vote are in memory, so replication and apply normally do not read the disk;
//! - the tail is a suffix of the log. The database has all older entries;
//! - what replication reads at once is bounded by bytes ([`APPEND_BYTES`]), so that it fits into a message between nodes.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

use bytes::Bytes;
use keyrack_proto::internal as pb;
use openraft::storage::{IOFlushed, LogState, RaftLogReader, RaftLogStorage};
use parking_lot::Mutex;
use prost::Message;

use super::types::{Entry, EntryPayload, LogId, Payload, Types, Vote};
use super::wire;
use crate::malformed::malformed;
use crate::storage::{LogDisk, LogWrite, Slot};

/// Bytes of recent entries each group keeps in memory.
const TAIL_BYTES: usize = 32 << 20;
/// The bytes of the entries in one append to a follower, unless the first entry alone is larger.
pub const APPEND_BYTES: usize = 8 << 20;

/// The log of one group. Clones share the same log.
#[derive(Clone)]
pub struct LogStore<D> {
    group: u32,
    db: D,
    state: Arc<Mutex<State>>,
}

struct State {
    vote: Option<Vote>,
    committed: Option<LogId>,
    purged: Option<LogId>,
    last: Option<LogId>,
    tail: VecDeque<Entry>,
    tail_bytes: usize,
    /// Entries up to here are on disk. Only they may leave the tail.
    durable: u64,
    appended_bytes: u64,
}

impl<D: LogDisk> LogStore<D> {
    /// Opens the log: reads the group's small values and its last entry.
    pub fn open(group: u32, db: D) -> io::Result<LogStore<D>> {
        let log_id = |slot| db.slot(group, slot)?.map(decode_log_id).transpose();
        let vote = match db.slot(group, Slot::Vote)? {
            None => None,
            Some(bytes) => Some(wire::vote_in(pb::Vote::decode(bytes).map_err(|_| malformed("vote"))?)),
        };
        let purged = log_id(Slot::Purged)?;
        let last = match db.last(group)? {
            None => purged,
            Some((index, bytes)) => Some(wire::entry_from_disk(index, bytes)?.log_id),
        };
        let state = State {
            vote,
            committed: log_id(Slot::Committed)?,
            purged,
            last,
            tail: VecDeque::new(),
            tail_bytes: 0,
            durable: last.map_or(0, |id| id.index),
            appended_bytes: 0,
        };
        Ok(LogStore { group, db, state: Arc::new(Mutex::new(state)) })
    }

    /// Bytes appended since the node started. The snapshot policy counts them.
    pub fn appended_bytes(&self) -> u64 {
        self.state.lock().appended_bytes
    }

    /// The vote that is on the disk.
    pub fn vote(&self) -> Option<Vote> {
        self.state.lock().vote
    }

    /// The last entry's id; `None` if the log is empty.
    pub fn last(&self) -> Option<LogId> {
        self.state.lock().last
    }

    /// The term of the vote on the disk; 0 without a vote.
    pub fn term(&self) -> u64 {
        self.vote().map_or(0, |vote| vote.leader_id.term)
    }

    /// Makes sure that this node votes and appends only in terms after `term` and after its own. Raft must not run.
    pub async fn begin_after(&mut self, term: u64, node: u64) -> io::Result<()> {
        // A vote that this node gives to itself, one term later. It is not committed, so it makes nobody a leader.
        let next = self.term().max(term).saturating_add(1);
        self.save_vote(&wire::vote_in(pb::Vote { term: next, node, committed: false })).await
    }

    /// The id of an entry; `None` if the log does not have it.
    pub fn id_at(&self, index: u64) -> io::Result<Option<LogId>> {
        if let Some(purged) = self.state.lock().purged.filter(|purged| purged.index == index) {
            return Ok(Some(purged));
        }
        Ok(self.read(index..index.saturating_add(1), usize::MAX)?.first().map(|entry| entry.log_id))
    }

    /// The last purged index; 0 when nothing was purged.
    pub fn purged_index(&self) -> u64 {
        self.state.lock().purged.map_or(0, |id| id.index)
    }

    /// The entries of `range` that exist: all of them, or the first ones that have `most_bytes` together. At least one.
    fn read(&self, range: Range<u64>, most_bytes: usize) -> io::Result<Vec<Entry>> {
        let (recent, have_from) = self.state.lock().recent(&range);
        let older = match have_from > range.start {
            true => self.db.entries(self.group, range.start..have_from, most_bytes)?,
            false => Vec::new(),
        };
        let is_whole = older.last().is_none_or(|(index, _)| index + 1 == have_from);
        let older = older.into_iter().map(|(index, bytes)| wire::entry_from_disk(index, bytes));
        let mut entries = older.collect::<io::Result<Vec<_>>>()?;
        if is_whole {
            entries.extend(recent);
        }
        let mut bytes = 0;
        let is_over = |entry: &Entry| {
            bytes += size(entry);
            bytes > most_bytes
        };
        let fit = entries.iter().position(is_over).unwrap_or(entries.len());
        entries.truncate(fit.max(1));
        Ok(entries)
    }

    async fn write_durably(&self, writes: Vec<LogWrite>) -> io::Result<()> {
        let (done, wait) = tokio::sync::oneshot::channel();
        let done = move |result| {
            // The caller may have stopped waiting. The write is still valid, so this is no error.
            let _ = done.send(result);
        };
        self.db.write(self.group, writes, true, Box::new(done)).await?;
        wait.await.map_err(|_| io::Error::other("the log writer has stopped"))?
    }
}

impl State {
    fn trim(&mut self) {
        while self.tail_bytes > TAIL_BYTES && self.tail.front().is_some_and(|entry| entry.log_id.index <= self.durable) {
            if let Some(entry) = self.tail.pop_front() {
                self.tail_bytes -= size(&entry);
            }
        }
    }

    /// The entries of `range` that are in the tail, and the index where they begin.
    fn recent(&self, range: &Range<u64>) -> (Vec<Entry>, u64) {
        let Some(first) = self.tail.front().map(|entry| entry.log_id.index) else { return (Vec::new(), range.end) };
        let from = range.start.max(first);
        if from >= range.end {
            return (Vec::new(), range.end);
        }
        let entries = self.tail.iter().skip((from - first) as usize).take((range.end - from) as usize);
        (entries.cloned().collect(), from)
    }
}

fn size(entry: &Entry) -> usize {
    match &entry.payload {
        EntryPayload::Normal(Payload(batch)) => batch.len() + 64,
        _ => 256,
    }
}

fn decode_log_id(bytes: Bytes) -> io::Result<LogId> {
    pb::LogId::decode(bytes).map(wire::log_id_in).map_err(|_| malformed("log id"))
}

fn encode_log_id(id: &LogId) -> Bytes {
    wire::log_id_out(id).encode_to_vec().into()
}

impl<D: LogDisk> RaftLogReader<Types> for LogStore<D> {
    async fn try_get_log_entries<RB>(&mut self, range: RB) -> io::Result<Vec<Entry>>
    where
        RB: RangeBounds<u64> + Clone + Debug + Send,
    {
        let start = match range.start_bound() {
            Bound::Included(at) => *at,
            Bound::Excluded(at) => at + 1,
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(at) => at + 1,
            Bound::Excluded(at) => *at,
            Bound::Unbounded => u64::MAX,
        };
        self.read(start..end, usize::MAX)
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> io::Result<Vec<Entry>> {
        self.read(start..end, APPEND_BYTES)
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.state.lock().vote)
    }
}

impl<D: LogDisk> RaftLogStorage<Types> for LogStore<D> {
    type LogReader = LogStore<D>;

    async fn get_log_state(&mut self) -> io::Result<LogState<Types>> {
        let state = self.state.lock();
        Ok(LogState { last_purged_log_id: state.purged, last_log_id: state.last })
    }

    async fn get_log_reader(&mut self) -> LogStore<D> {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        let bytes = wire::vote_out(vote).encode_to_vec().into();
        self.write_durably(vec![LogWrite::PutSlot(Slot::Vote, bytes)]).await?;
        self.state.lock().vote = Some(*vote);
        Ok(())
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> io::Result<()> {
        // Written with the next entries. After a crash it is only a lower bound of the committed index, which is enough. A
        // separate write for every commit would double the work of the log writer.
        self.state.lock().committed = committed;
        Ok(())
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogId>> {
        Ok(self.state.lock().committed)
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + Send,
        I::IntoIter: Send,
    {
        let mut written = Vec::new();
        let mut last = 0;
        let committed;
        {
            let mut state = self.state.lock();
            for entry in entries {
                last = entry.log_id.index;
                let before = state.last.map(|id| id.index);
                assert!(before.is_none_or(|before| last == before + 1), "entry {last} is appended behind {before:?}");
                let bytes = wire::entry_to_disk(&entry);
                state.appended_bytes += bytes.len() as u64;
                state.tail_bytes += size(&entry);
                state.last = Some(entry.log_id);
                written.push((last, bytes));
                state.tail.push_back(entry);
            }
            state.trim();
            committed = state.committed;
        }
        let state = self.state.clone();
        let done = move |result: io::Result<()>| {
            if result.is_ok() {
                let mut state = state.lock();
                state.durable = state.durable.max(last);
            }
            callback.io_completed(result);
        };
        let mut writes = vec![LogWrite::Append(written)];
        writes.extend(committed.map(|committed| LogWrite::PutSlot(Slot::Committed, encode_log_id(&committed))));
        self.db.write(self.group, writes, true, Box::new(done)).await
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        let from = last.map_or(0, |id| id.index + 1);
        {
            let mut state = self.state.lock();
            while state.tail.back().is_some_and(|entry| entry.log_id.index >= from) {
                if let Some(entry) = state.tail.pop_back() {
                    state.tail_bytes -= size(&entry);
                }
            }
            if state.last.is_some_and(|end| end.index >= from) {
                state.last = last.or(state.purged);
            }
            state.durable = state.durable.min(from.saturating_sub(1));
        }
        self.write_durably(vec![LogWrite::TruncateFrom(from)]).await
    }

    async fn purge(&mut self, upto: LogId) -> io::Result<()> {
        let from = {
            let mut state = self.state.lock();
            let from = state.purged.map_or(0, |id| id.index);
            while state.tail.front().is_some_and(|entry| entry.log_id.index <= upto.index) {
                if let Some(entry) = state.tail.pop_front() {
                    state.tail_bytes -= size(&entry);
                }
            }
            state.purged = Some(upto);
            if state.last.is_none_or(|last| last.index < upto.index) {
                state.last = Some(upto);
            }
            from
        };
        let keep = LogWrite::PutSlot(Slot::Purged, encode_log_id(&upto));
        self.db.write(self.group, vec![keep, LogWrite::Purge(from..upto.index + 1)], false, Box::new(|_| {})).await
    }
}
