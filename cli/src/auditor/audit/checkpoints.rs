//! The nodes' checkpoints, and how two of them relate.

use keyrack_merkle::{Checkpoint, Note, Policy, Trusted, verify_consistency};

use super::finding::Kind;
use super::report::Report;
use super::source::Source;
use super::store::Store;

/// A checkpoint of a node that the policy accepts.
#[derive(Clone, Debug)]
pub struct NodeCheckpoint {
    /// The node that served it.
    pub node: String,
    /// The signed text.
    pub note: Note,
    /// The checkpoint and its signatures.
    pub trusted: Trusted,
}

/// How two checkpoints of one log relate.
pub enum Comparison {
    /// The larger tree begins with the smaller one.
    Extends,
    /// They belong to different histories, or the proof is wrong.
    Differs(String),
    /// There was no proof.
    Unknown(String),
}

/// Asks every node for its checkpoint. The second value says whether the policy rejects one of them.
///
/// # Errors
/// If no node gives a checkpoint.
pub async fn ask<S: Source>(
    source: &S,
    policy: &Policy,
    store: &Store,
    shard: u32,
    report: &mut Report,
) -> anyhow::Result<(Vec<NodeCheckpoint>, bool)> {
    let (mut accepted, mut missing, mut untrusted) = (Vec::new(), Vec::new(), false);
    for (node, asked) in source.checkpoints(shard).await {
        let note = match asked {
            Ok(note) => note,
            Err(cause) => {
                missing.push(format!("{node}: {cause:#}"));
                continue;
            }
        };
        let reason = match policy.check(&note) {
            Ok(trusted) if trusted.checkpoint.origin == report.origin => {
                accepted.push(NodeCheckpoint { node, note, trusted });
                continue;
            }
            Ok(trusted) => format!("it is of the log {}", trusted.checkpoint.origin),
            Err(distrust) => distrust.to_string(),
        };
        untrusted = true;
        let file = store.keep(shard, "untrusted", &note)?;
        report.find(Kind::Untrusted, format!("the checkpoint of {node}: {reason}; kept as {}", file.display()));
    }
    if accepted.is_empty() && !untrusted {
        anyhow::bail!("no checkpoint of shard {shard}: {}", missing.join("; "));
    }
    for node in missing {
        let notice = format!("no checkpoint from {node}");
        if !report.notices.contains(&notice) {
            report.notices.push(notice);
        }
    }
    Ok((accepted, untrusted))
}

/// Whether the tree of `new` begins with the tree of `old`, which is not larger.
pub async fn compare<S: Source>(source: &S, shard: u32, old: &Checkpoint, new: &Checkpoint) -> Comparison {
    if old.size == new.size {
        return match old.root == new.root {
            true => Comparison::Extends,
            false => Comparison::Differs(format!("two roots for the same {} leaves", old.size)),
        };
    }
    let proof = match source.consistency(shard, old.size, new.size).await {
        Ok(proof) => proof,
        Err(cause) => {
            return Comparison::Unknown(format!("no proof that {} leaves begin with {}: {cause:#}", new.size, old.size));
        }
    };
    match verify_consistency(old.size, new.size, &old.root, &new.root, &proof) {
        Ok(()) => Comparison::Extends,
        Err(error) => Comparison::Differs(format!("from {} to {} leaves {error}", old.size, new.size)),
    }
}
