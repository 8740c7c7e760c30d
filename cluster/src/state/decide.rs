//! What a data shard's state machine decides: a batch of encoded commands in, rows and outcomes out. Pure, and the
//! same over every kind of rows.

use std::io;

use bytes::Bytes;
use keyrack_inventory::{At, Command, Fault, Key, Outcome, Row, Rows, apply};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::Message;

use crate::malformed::malformed;

/// Reads the payload of a log entry.
pub fn read(batch: Bytes) -> io::Result<pb::Batch> {
    pb::Batch::decode(batch).map_err(|cause| malformed(&format!("batch: {cause}")))
}

/// Decides the commands of one log entry in order, and calls `decided` after each. `(term, index)` is the term and the index of the
/// entry. An error is final: what was changed so far is of no use.
pub fn batch<R: Rows>(
    rows: &mut R,
    batch: pb::Batch,
    (term, index): (u64, u64),
    mut decided: impl FnMut(&mut R, &Command),
) -> io::Result<Vec<Outcome>> {
    let at = At { ms: batch.at_ms, term, index };
    let mut outcomes = Vec::with_capacity(batch.commands.len());
    for command in batch.commands {
        let command = commands::decode(command).map_err(|cause| malformed(&cause.to_string()))?;
        outcomes.push(apply(rows, &command, at).map_err(io::Error::other)?);
        decided(rows, &command);
    }
    Ok(outcomes)
}

/// Calls `append` with each leaf after the first `known`; `false` when the shard has no rows at all yet.
pub fn new_leaves<R: Rows>(rows: &mut R, known: u64, mut append: impl FnMut(&[u8])) -> Result<bool, Fault> {
    let Some(Row::Meta(meta)) = rows.get(&Key::Meta)? else { return Ok(false) };
    for index in known..meta.next_leaf {
        let key = Key::Leaf(index);
        match rows.get(&key)? {
            Some(Row::Leaf(bytes)) => append(bytes),
            _ => return Err(Fault::Corrupt(key, "missing from the receipts' log".into())),
        }
    }
    Ok(true)
}
