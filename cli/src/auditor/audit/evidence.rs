//! Keeps checkpoints that contradict each other, and reports them.

use keyrack_merkle::Note;

use super::finding::Kind;
use super::report::Report;
use super::store::Store;

/// Keeps both checkpoints of a fork. Together they prove the fork.
pub fn keep_fork(store: &Store, shard: u32, what: &str, one: &Note, other: &Note, report: &mut Report) -> anyhow::Result<()> {
    let (one, other) = (store.keep(shard, "fork-one", one)?, store.keep(shard, "fork-other", other)?);
    let what = format!("{what}; both signed checkpoints are kept: {} and {}", one.display(), other.display());
    report.find(Kind::Fork, what);
    Ok(())
}

/// Keeps the checkpoint of a log that became shorter. `what` is the finding without the name of the file.
pub fn keep_rollback(store: &Store, shard: u32, what: &str, note: &Note, report: &mut Report) -> anyhow::Result<()> {
    let file = store.keep(shard, "rollback", note)?;
    report.find(Kind::Rollback, format!("{what}; kept as {}", file.display()));
    Ok(())
}

/// Keeps the checkpoint whose leaves differ from the served leaves.
pub fn keep_wrong_entries(store: &Store, shard: u32, what: &str, note: &Note, report: &mut Report) -> anyhow::Result<()> {
    let file = store.keep(shard, "entries", note)?;
    report.find(Kind::Entries, format!("{what}; kept as {}", file.display()));
    Ok(())
}

/// Keeps two checkpoints that could not be compared: a later audit may prove a fork with them.
pub fn keep_unchecked(
    store: &Store,
    shard: u32,
    what: &str,
    one: &Note,
    other: &Note,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (one, other) = (store.keep_unchecked(shard, one)?, store.keep_unchecked(shard, other)?);
    let what = format!("{what}; both signed checkpoints are kept: {} and {}", one.display(), other.display());
    report.find(Kind::Unchecked, what);
    Ok(())
}
