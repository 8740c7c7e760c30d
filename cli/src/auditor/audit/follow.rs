//! Follows one log from the verified state to the newest checkpoint that the policy accepts.
//!
//! The audit keeps the right edge of the tree of all replayed leaves. It appends the new leaves and requires the root of the
//! new checkpoint. A correct root means two things: the leaves are the signed leaves, and the new tree begins with the old
//! one, because it grew from the old edge. No consistency proof is needed for that. A checkpoint of another node must have the root
//! that the tree had at its size. The audit requests a proof only for a checkpoint that is smaller than the verified one; if no node
//! gives that proof, this is a finding.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::StreamExt;
use indicatif::ProgressBar;
use keyrack_inventory::Leaf;
use keyrack_merkle::{Checkpoint, Hash, Note, Policy, TILE_WIDTH, leaf_hash};

use super::checkpoints::{Comparison, NodeCheckpoint, ask, compare};
use super::evidence::{keep_fork, keep_rollback, keep_unchecked, keep_wrong_entries};
use super::report::Report;
use super::source::Source;
use super::state::State;
use super::store::Store;
use crate::clock::now_ms;
use crate::messages::audit::AuditError;

/// Bundles that are fetched concurrently.
const FETCH_AHEAD: usize = 8;
/// Progress is saved after this many bundles, but not more often than the pause.
const BUNDLES_PER_SAVE: u64 = 256;
const SAVE_PAUSE: Duration = Duration::from_secs(5);
/// The number of attempts while the checkpoints of the nodes are smaller than the verified one.
const ATTEMPTS: usize = 5;

/// Follows logs.
pub struct Follower<'a, S> {
    /// The log.
    pub source: &'a S,
    /// The trusted keys.
    pub policy: &'a Policy,
    /// The folder of states and evidence.
    pub store: &'a Store,
    /// Shows the progress.
    pub bar: ProgressBar,
    /// The pause between two requests to nodes that lag behind.
    pub pause: Duration,
}

impl<S: Source> Follower<'_, S> {
    /// Follows a log to its newest checkpoint. The report has the findings.
    ///
    /// # Errors
    /// If the log could not be read: no node, no right to read, or a damaged state.
    pub async fn follow(&self, shard: u32, origin: &str) -> anyhow::Result<Report> {
        let (verified, ahead) = self.store.load(shard, origin)?;
        let before = verified.checkpoint.as_ref().map(|note| Checkpoint::parse(&note.text)).transpose()?;
        let mut report = Report::new(shard, &verified);
        let Some((newest, others)) = self.newest(shard, before.as_ref(), &mut report).await? else { return Ok(report) };
        let now = newest.trusted.checkpoint.clone();
        if let (Some(before), Some(kept)) = (&before, &verified.checkpoint)
            && now.size <= before.size
        {
            if now != *before {
                self.shrunk(shard, before, kept, &newest, &mut report).await?;
                return Ok(report);
            }
            self.compare_others(shard, &newest, &others, &Roots::default(), &mut report).await?;
            report.set_checkpoint(&newest.trusted, self.policy);
            report.set_ledger(&verified, self.policy);
            return Ok(report);
        }
        // Progress beyond the smallest of the other checkpoints would not have that checkpoint's root.
        let smallest = others.iter().map(|one| one.trusted.checkpoint.size).min().unwrap_or(now.size);
        let from = ahead.filter(|ahead| ahead.frontier.size() <= now.size.min(smallest.max(verified.frontier.size())));
        let mut roots = Roots::of(&others);
        let mut state = self.replay(shard, from.unwrap_or_else(|| verified.clone()), now.size, &mut roots).await?;
        if state.frontier.root() != now.root {
            self.store.drop_ahead(shard);
            self.compare_others(shard, &newest, &others, &Roots::default(), &mut report).await?;
            self.other_root(shard, before.as_ref(), &verified, &newest, &mut report).await?;
            return Ok(report);
        }
        self.compare_others(shard, &newest, &others, &roots, &mut report).await?;
        state.checkpoint = Some(newest.note.clone());
        state.ledger.forget(now_ms());
        self.store.save(shard, &state)?;
        report.set_checkpoint(&newest.trusted, self.policy);
        report.set_ledger(&state, self.policy);
        Ok(report)
    }

    /// The largest checkpoint that the policy accepts, and those of the other nodes. Repeats the requests while it is smaller than
    /// the verified one, because a node lags behind after a restart.
    async fn newest(
        &self,
        shard: u32,
        before: Option<&Checkpoint>,
        report: &mut Report,
    ) -> anyhow::Result<Option<(NodeCheckpoint, Vec<NodeCheckpoint>)>> {
        let mut all = Vec::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(self.pause).await;
            }
            let (accepted, untrusted) = ask(self.source, self.policy, self.store, shard, report).await?;
            all = accepted;
            all.sort_by_key(|one| one.trusted.checkpoint.size);
            let largest = all.last().map_or(0, |one| one.trusted.checkpoint.size);
            if untrusted || before.is_none_or(|before| before.size <= largest) {
                break;
            }
        }
        Ok(all.pop().map(|newest| (newest, all)))
    }

    /// Compares the checkpoints of the other nodes with the newest one: by the roots of the replayed tree, or else by a proof. A
    /// proof that is withheld could hide a fork.
    async fn compare_others(
        &self,
        shard: u32,
        newest: &NodeCheckpoint,
        others: &[NodeCheckpoint],
        roots: &Roots,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        for other in others {
            let checkpoint = &other.trusted.checkpoint;
            let compared = match roots.at(checkpoint.size) {
                Some(root) if root == checkpoint.root => Comparison::Extends,
                Some(_) => Comparison::Differs(format!("their first {} leaves have different roots", checkpoint.size)),
                None => compare(self.source, shard, checkpoint, &newest.trusted.checkpoint).await,
            };
            match compared {
                Comparison::Extends => {}
                Comparison::Unknown(why) => {
                    let what = format!("cannot compare the checkpoints of {} and {}: {why}", other.node, newest.node);
                    keep_unchecked(self.store, shard, &what, &other.note, &newest.note, report)?;
                }
                Comparison::Differs(why) => {
                    let what = format!("{} and {} show different histories: {why}", other.node, newest.node);
                    keep_fork(self.store, shard, &what, &other.note, &newest.note, report)?;
                }
            }
        }
        Ok(())
    }

    /// Appends the leaves up to `size` to the tree and to the ledger.
    async fn replay(&self, shard: u32, mut state: State, size: u64, roots: &mut Roots) -> anyhow::Result<State> {
        let width = u64::from(TILE_WIDTH);
        self.bar.set_length(size);
        self.bar.set_position(state.frontier.size());
        self.bar.reset_eta();
        let first = state.frontier.size() / width;
        let fetch = |index: u64| async move {
            let leaves = (size - index * width).min(width) as u16;
            (index, self.source.entries(shard, index, leaves).await)
        };
        let mut bundles = futures::stream::iter((first..size.div_ceil(width)).map(fetch)).buffered(FETCH_AHEAD);
        let (mut fetched, mut saved) = (0u64, Instant::now());
        roots.note(&state);
        while let Some((index, leaves)) = bundles.next().await {
            let leaves = leaves.with_context(|| AuditError::Leaves { shard, from: index * width })?;
            let skip = state.frontier.size() - index * width;
            for bytes in leaves.iter().skip(skip as usize) {
                append(&mut state, bytes);
                roots.note(&state);
            }
            self.bar.set_position(state.frontier.size());
            fetched += 1;
            if fetched.is_multiple_of(BUNDLES_PER_SAVE) && saved.elapsed() > SAVE_PAUSE {
                state.ledger.forget(now_ms());
                self.store.save_progress(shard, &state)?;
                saved = Instant::now();
            }
        }
        let served = state.frontier.size();
        if served != size {
            return Err(AuditError::LeavesMissing { size, served }.into());
        }
        Ok(state)
    }

    /// The log differs from the verified one and is not larger.
    async fn shrunk(
        &self,
        shard: u32,
        before: &Checkpoint,
        kept: &Note,
        newest: &NodeCheckpoint,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let (old, new) = (before.size, newest.trusted.checkpoint.size);
        match compare(self.source, shard, &newest.trusted.checkpoint, before).await {
            Comparison::Extends => {
                let what = format!(
                    "{} serves a checkpoint of {new} leaves, but an earlier audit verified {old}. The {new} leaves are \
                     the beginning \
                     of the {old}: the node lags behind, or leaves were removed from the log. Ask another node with --endpoint",
                    newest.node
                );
                keep_rollback(self.store, shard, &what, &newest.note, report)
            }
            Comparison::Differs(why) | Comparison::Unknown(why) => {
                let node = &newest.node;
                let what = if old == new {
                    format!("{node} has a different history than an earlier audit verified: {why}")
                } else {
                    format!(
                        "{node} serves a checkpoint of {new} leaves, but an earlier audit verified {old}, and there is no \
                         proof that \
                         the {new} leaves are the beginning of the {old}: {why}"
                    )
                };
                keep_fork(self.store, shard, &what, kept, &newest.note, report)
            }
        }
    }

    /// The leaves do not lead to the new root: they are not the signed leaves, or the log was rewritten.
    async fn other_root(
        &self,
        shard: u32,
        before: Option<&Checkpoint>,
        verified: &State,
        newest: &NodeCheckpoint,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let now = &newest.trusted.checkpoint;
        let compared = match before {
            Some(before) => compare(self.source, shard, before, now).await,
            None => Comparison::Extends,
        };
        let why = match (compared, &verified.checkpoint) {
            (Comparison::Differs(why) | Comparison::Unknown(why), Some(kept)) => {
                let what = format!(
                    "the {} leaves of the checkpoint of {} do not begin with the {} that an earlier audit verified: {why}",
                    now.size,
                    newest.node,
                    verified.frontier.size()
                );
                return keep_fork(self.store, shard, &what, kept, &newest.note, report);
            }
            _ => "the served leaves are not the signed leaves",
        };
        let what = format!(
            "{why}: with the leaves {} to {} the tree has another root than the checkpoint",
            verified.frontier.size(),
            now.size
        );
        keep_wrong_entries(self.store, shard, &what, &newest.note, report)
    }
}

/// The roots of the replayed tree at some sizes.
#[derive(Default)]
struct Roots {
    wanted: BTreeSet<u64>,
    known: BTreeMap<u64, Hash>,
}

impl Roots {
    /// At the sizes of these checkpoints.
    fn of(others: &[NodeCheckpoint]) -> Roots {
        Roots { wanted: others.iter().map(|one| one.trusted.checkpoint.size).collect(), known: BTreeMap::new() }
    }

    fn note(&mut self, state: &State) {
        let size = state.frontier.size();
        if self.wanted.remove(&size) {
            self.known.insert(size, state.frontier.root());
        }
    }

    fn at(&self, size: u64) -> Option<Hash> {
        self.known.get(&size).copied()
    }
}

/// Appends a leaf: its bytes to the tree, its content to the ledger.
fn append(state: &mut State, bytes: &[u8]) {
    let index = state.frontier.size();
    state.frontier.append(leaf_hash(bytes), |_, _, _| {});
    state.ledger.apply_leaf(index, Leaf::decode(bytes).as_ref(), &mut state.findings);
}
