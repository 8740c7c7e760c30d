//! The checkpoints of the nodes, and the comparison of two of them.

use keyrack_merkle::{Checkpoint, Note, Policy, Trusted, verify_consistency};

use super::finding::Kind;
use super::report::Report;
use super::source::Source;
use super::store::Store;
use crate::messages::audit::AuditError;
use crate::messages::failure;

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

/// The result of comparing two checkpoints of one log.
pub enum Comparison {
    /// The larger tree begins with the smaller one.
    Extends,
    /// They belong to different histories, or the proof is wrong.
    Differs(String),
    /// No node gave a proof.
    Unknown(String),
}

/// Requests the checkpoint of every node. The second value says whether the policy rejects one of them.
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
                missing.push(named(&node, failure::text(&cause)));
                continue;
            }
        };
        let reason = match policy.check(&note) {
            Ok(trusted) if trusted.checkpoint.origin == report.origin => {
                accepted.push(NodeCheckpoint { node, note, trusted });
                continue;
            }
            Ok(trusted) => format!("it belongs to the log {}", trusted.checkpoint.origin),
            Err(move_to_end) => move_to_end.to_string(),
        };
        untrusted = true;
        let file = store.keep(shard, "untrusted", &note)?;
        report
            .find(Kind::Untrusted, format!("the policy rejects the checkpoint of {node}: {reason}; kept as {}", file.display()));
    }
    if accepted.is_empty() && !untrusted {
        return Err(AuditError::NoCheckpoint(missing).into());
    }
    for cause in missing {
        let what = format!("a node gave no checkpoint, so it was not compared with the others: {cause}");
        if report.findings.iter().all(|known| known.what != what) {
            report.find(Kind::Unchecked, what);
        }
    }
    Ok((accepted, untrusted))
}

/// The cause with the host of its node, once.
fn named(node: &str, cause: String) -> String {
    let host = node.split_once("://").map_or(node, |(_, host)| host);
    if cause.contains(host) { cause } else { format!("{host}: {cause}") }
}

/// Whether the tree of `new` begins with the tree of `old`, which is not larger.
pub async fn compare<S: Source>(source: &S, shard: u32, old: &Checkpoint, new: &Checkpoint) -> Comparison {
    if old.size == new.size {
        return match old.root == new.root {
            true => Comparison::Extends,
            false => Comparison::Differs(format!("they have different roots for the same {} leaves", old.size)),
        };
    }
    let proof = match source.consistency(shard, old.size, new.size).await {
        Ok(proof) => proof,
        Err(cause) => {
            return Comparison::Unknown(format!(
                "there is no proof that the {} leaves begin with the {}: {}",
                new.size,
                old.size,
                failure::text(&cause)
            ));
        }
    };
    match verify_consistency(old.size, new.size, &old.root, &new.root, &proof) {
        Ok(()) => Comparison::Extends,
        Err(error) => Comparison::Differs(format!("from {} to {} leaves: {error}", old.size, new.size)),
    }
}
