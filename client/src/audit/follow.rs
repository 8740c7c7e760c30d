//! Following one log: from what was verified before to the newest checkpoint that the policy believes.
//!
//! The audit keeps the right edge of the tree of all leaves that it has replayed. It appends the new leaves to it and requires
//! the new checkpoint's root. That the result is right means two things at once: the leaves are the ones that were signed,
//! and the new tree begins with the old one, since it was grown from the old one's edge. So no consistency proof is
//! needed here; one is asked for only where two checkpoints are compared without the leaves between them.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::StreamExt;
use indicatif::ProgressBar;
use keyrack_inventory::Leaf;
use keyrack_merkle::{Checkpoint, Note, Policy, TILE_WIDTH, Trusted, leaf_hash, verify_consistency};

use super::finding::Kind;
use super::report::Report;
use super::source::Source;
use super::state::State;
use super::store::Store;
use crate::clock::now_ms;

/// Bundles that are fetched at once.
const AHEAD: usize = 8;
/// Progress is kept after so many bundles, unless that was a moment ago.
const BUNDLES_PER_SAVE: u64 = 256;
const SAVE_PAUSE: Duration = Duration::from_secs(5);
/// How often a node that has less than it had is asked again.
const PATIENCE: usize = 5;

/// What following needs.
pub struct Follower<'a, S> {
    /// Where the log is.
    pub source: &'a S,
    /// Whom to believe.
    pub policy: &'a Policy,
    /// Where to remember.
    pub store: &'a Store,
    /// Shows how far it is.
    pub bar: ProgressBar,
    /// How long to wait for a node that lags behind.
    pub pause: Duration,
}

/// A checkpoint that the policy believes.
#[derive(Clone, Debug)]
struct Seen {
    node: String,
    note: Note,
    trusted: Trusted,
}

/// How two checkpoints of one log stand to each other.
enum Compared {
    /// The larger tree begins with the smaller one.
    Extends,
    /// Two histories, or no proof that they are one.
    Differs(String),
    /// No proof could be had.
    Unknown(String),
}

impl<S: Source> Follower<'_, S> {
    /// Goes to the newest checkpoint. What is wrong with the log is in the report.
    ///
    /// # Errors
    /// When the log could not be looked at: no node, no right to read, a damaged state.
    pub async fn follow(&self, shard: u32, origin: &str) -> anyhow::Result<Report> {
        let (verified, ahead) = self.store.load(shard, origin)?;
        let before = verified.checkpoint.as_ref().map(|note| Checkpoint::parse(&note.text)).transpose()?;
        let mut report = Report::new(shard, &verified);
        let Some(newest) = self.newest(shard, before.as_ref(), &mut report).await? else { return Ok(report) };
        let now = newest.trusted.checkpoint.clone();
        if let (Some(before), Some(kept)) = (&before, &verified.checkpoint)
            && now.size <= before.size
        {
            if now != *before {
                self.shrunk(shard, before, kept, &newest, &mut report).await?;
                return Ok(report);
            }
            report.vouch(&newest.trusted, self.policy);
            report.tell(&verified, self.policy);
            return Ok(report);
        }
        let from = ahead.filter(|ahead| ahead.frontier.size() <= now.size).unwrap_or_else(|| verified.clone());
        let mut state = self.replay(shard, from, now.size).await?;
        if state.frontier.root() != now.root {
            self.store.drop_ahead(shard);
            self.other_root(shard, before.as_ref(), &verified, &newest, &mut report).await?;
            return Ok(report);
        }
        state.checkpoint = Some(newest.note.clone());
        state.ledger.forget(now_ms());
        self.store.save(shard, &state)?;
        report.vouch(&newest.trusted, self.policy);
        report.tell(&state, self.policy);
        Ok(report)
    }

    /// The largest checkpoint that the policy believes, once all nodes' were compared; asks again while it is smaller than
    /// what was there before, since a node that restarts lags behind for a moment.
    async fn newest(&self, shard: u32, before: Option<&Checkpoint>, report: &mut Report) -> anyhow::Result<Option<Seen>> {
        let mut seen = Vec::new();
        for attempt in 0..PATIENCE {
            if attempt > 0 {
                tokio::time::sleep(self.pause).await;
            }
            let (all, untrusted) = self.ask(shard, report).await?;
            seen = all;
            seen.sort_by_key(|one| one.trusted.checkpoint.size);
            let largest = seen.last().map_or(0, |one| one.trusted.checkpoint.size);
            if untrusted || before.is_none_or(|before| before.size <= largest) {
                break;
            }
        }
        let Some(newest) = seen.pop() else { return Ok(None) };
        for other in &seen {
            match self.compare(shard, &other.trusted.checkpoint, &newest.trusted.checkpoint).await {
                Compared::Extends => {}
                Compared::Unknown(why) => {
                    report
                        .notices
                        .push(format!("could not compare the checkpoints of {} and {}: {why}", other.node, newest.node));
                }
                Compared::Differs(why) => {
                    let what = format!("{} and {} show different histories: {why}", other.node, newest.node);
                    self.fork(shard, what, &other.note, &newest.note, report)?;
                }
            }
        }
        Ok(Some(newest))
    }

    /// Every node's checkpoint, and whether one of them is not to be believed.
    async fn ask(&self, shard: u32, report: &mut Report) -> anyhow::Result<(Vec<Seen>, bool)> {
        let (mut seen, mut missing, mut untrusted) = (Vec::new(), Vec::new(), false);
        for (node, asked) in self.source.checkpoints(shard).await {
            let note = match asked {
                Ok(note) => note,
                Err(cause) => {
                    missing.push(format!("{node}: {cause:#}"));
                    continue;
                }
            };
            let reason = match self.policy.check(&note) {
                Ok(trusted) if trusted.checkpoint.origin == report.origin => {
                    seen.push(Seen { node, note, trusted });
                    continue;
                }
                Ok(trusted) => format!("it is of the log {}", trusted.checkpoint.origin),
                Err(distrust) => distrust.to_string(),
            };
            untrusted = true;
            let file = self.store.keep(shard, "untrusted", &note)?;
            report.find(Kind::Untrusted, format!("the checkpoint of {node}: {reason}; kept as {}", file.display()));
        }
        if seen.is_empty() && !untrusted {
            anyhow::bail!("no checkpoint of shard {shard}: {}", missing.join("; "));
        }
        for node in missing {
            let notice = format!("no checkpoint from {node}");
            if !report.notices.contains(&notice) {
                report.notices.push(notice);
            }
        }
        Ok((seen, untrusted))
    }

    /// Appends the leaves up to `size`, and takes each into account.
    async fn replay(&self, shard: u32, mut state: State, size: u64) -> anyhow::Result<State> {
        let width = u64::from(TILE_WIDTH);
        self.bar.set_length(size);
        self.bar.set_position(state.frontier.size());
        self.bar.reset_eta();
        let first = state.frontier.size() / width;
        let fetch = |index: u64| async move {
            let leaves = (size - index * width).min(width) as u16;
            (index, self.source.entries(shard, index, leaves).await)
        };
        let mut bundles = futures::stream::iter((first..size.div_ceil(width)).map(fetch)).buffered(AHEAD);
        let (mut fetched, mut saved) = (0u64, Instant::now());
        while let Some((index, leaves)) = bundles.next().await {
            let leaves = leaves.with_context(|| format!("cannot get the leaves from {} of shard {shard}", index * width))?;
            let skip = state.frontier.size() - index * width;
            for bytes in leaves.iter().skip(skip as usize) {
                take(&mut state, bytes);
            }
            self.bar.set_position(state.frontier.size());
            fetched += 1;
            if fetched.is_multiple_of(BUNDLES_PER_SAVE) && saved.elapsed() > SAVE_PAUSE {
                state.ledger.forget(now_ms());
                self.store.save_ahead(shard, &state)?;
                saved = Instant::now();
            }
        }
        anyhow::ensure!(state.frontier.size() == size, "{size} leaves are signed, but {} were served", state.frontier.size());
        Ok(state)
    }

    /// The log has no more leaves than before, but is not the same.
    async fn shrunk(
        &self,
        shard: u32,
        before: &Checkpoint,
        kept: &Note,
        newest: &Seen,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let (old, new) = (before.size, newest.trusted.checkpoint.size);
        match self.compare(shard, &newest.trusted.checkpoint, before).await {
            Compared::Extends => {
                let file = self.store.keep(shard, "rollback", &newest.note)?;
                let what = format!(
                    "{} serves a checkpoint of {new} leaves, but one of {old} was seen. It is a beginning of that one: the node lags \
                     behind, or the log was cut back; ask another node; kept as {}",
                    newest.node,
                    file.display()
                );
                report.find(Kind::Rollback, what);
                Ok(())
            }
            Compared::Differs(why) | Compared::Unknown(why) => {
                let node = &newest.node;
                let what = if old == new {
                    format!("{node} has another history than was seen before: {why}")
                } else {
                    format!(
                        "{node} serves a checkpoint of {new} leaves where {old} were seen before, and nothing shows that it is the \
                         beginning of those: {why}"
                    )
                };
                self.fork(shard, what, kept, &newest.note, report)
            }
        }
    }

    /// The new leaves do not lead to the new root: either they are not the signed ones, or the log was rewritten.
    async fn other_root(
        &self,
        shard: u32,
        before: Option<&Checkpoint>,
        verified: &State,
        newest: &Seen,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let now = &newest.trusted.checkpoint;
        let compared = match before {
            Some(before) => self.compare(shard, before, now).await,
            None => Compared::Extends,
        };
        let why = match (compared, &verified.checkpoint) {
            (Compared::Differs(why) | Compared::Unknown(why), Some(kept)) => {
                let what = format!(
                    "the {} leaves that {} signed do not begin with the {} that were seen before: {why}",
                    now.size,
                    newest.node,
                    verified.frontier.size()
                );
                return self.fork(shard, what, kept, &newest.note, report);
            }
            _ => "the leaves that are served are not those that were signed",
        };
        let file = self.store.keep(shard, "entries", &newest.note)?;
        let what = format!(
            "{why}: leaves {} to {} do not lead to the root; kept as {}",
            verified.frontier.size(),
            now.size,
            file.display()
        );
        report.find(Kind::Entries, what);
        Ok(())
    }

    /// Whether `new` begins with `old`, which is not larger.
    async fn compare(&self, shard: u32, old: &Checkpoint, new: &Checkpoint) -> Compared {
        if old.size == new.size {
            return match old.root == new.root {
                true => Compared::Extends,
                false => Compared::Differs(format!("two roots for the same {} leaves", old.size)),
            };
        }
        let proof = match self.source.consistency(shard, old.size, new.size).await {
            Ok(proof) => proof,
            Err(cause) => {
                return Compared::Unknown(format!("no proof that {} leaves begin with {}: {cause:#}", new.size, old.size));
            }
        };
        match verify_consistency(old.size, new.size, &old.root, &new.root, &proof) {
            Ok(()) => Compared::Extends,
            Err(error) => Compared::Differs(format!("from {} to {} leaves {error}", old.size, new.size)),
        }
    }

    /// Keeps both sides of a fork: together they are what others need to see it too.
    fn fork(&self, shard: u32, what: String, one: &Note, other: &Note, report: &mut Report) -> anyhow::Result<()> {
        let (one, other) = (self.store.keep(shard, "fork-one", one)?, self.store.keep(shard, "fork-other", other)?);
        let what = format!("{what}; both signed checkpoints are kept: {} and {}", one.display(), other.display());
        report.find(Kind::Fork, what);
        Ok(())
    }
}

/// The next leaf: into the tree as it is, into the ledger as it reads.
fn take(state: &mut State, bytes: &[u8]) {
    let index = state.frontier.size();
    state.frontier.append(leaf_hash(bytes), |_, _, _| {});
    state.ledger.take(index, Leaf::decode(bytes).as_ref(), &mut state.findings);
}
