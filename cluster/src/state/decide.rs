//! The pure part of a data shard's state machine: takes a batch of encoded commands, changes the rows and returns the outcomes.
//! It works over any kind of rows.

use std::io;

use bytes::Bytes;
use keyrack_inventory::{At, Command, Fault, Key, Op, Outcome, Reply, Row, Rows, Rules, apply};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::Message;

use crate::malformed::malformed;
use crate::receipts::are_proven;

/// Reads the payload of a log entry.
pub fn read(batch: Bytes) -> io::Result<pb::Batch> {
    pb::Batch::decode(batch).map_err(|cause| malformed(&format!("batch: {cause}")))
}

/// The rules by which a batch is decided.
///
/// # Errors
/// Only a newer version knows them.
pub fn rules(batch: &pb::Batch) -> io::Result<Rules> {
    let rules = Rules(batch.rules);
    if rules <= Rules::PRESENT { Ok(rules) } else { Err(malformed(&format!("batch: rules {} of a newer version", rules.0))) }
}

/// Applies the commands of the log entry at `(term, index)` in order, and calls `decided` after each. An error is final: the
/// changes so far must not be used.
pub fn batch<R: Rows>(
    rows: &mut R,
    shard: u32,
    batch: pb::Batch,
    (term, index): (u64, u64),
    mut decided: impl FnMut(&mut R, &Command),
) -> io::Result<Vec<Outcome>> {
    let at = At { ms: batch.at_ms, term, index, rules: rules(&batch)? };
    let mut outcomes = Vec::with_capacity(batch.commands.len());
    for command in batch.commands {
        // No version can read it. Versions that did not check what another node forwarded could store it, and then stopped here.
        let Ok(message) = pb::Command::decode(command) else {
            tracing::error!(event = "unreadable_command", term, index, "a command in the log is no command: it changes nothing");
            outcomes.push(Outcome { reply: Reply::Done, replayed: false, guest_key: None });
            continue;
        };
        let command = commands::from_message(message).map_err(|cause| malformed(&cause.to_string()))?;
        if !may_be_applied(&command.op, shard, at.rules) {
            tracing::warn!(
                event = "unproven_keys",
                term,
                index,
                "a replica announced keys without the proof that it has them: nothing changes"
            );
            outcomes.push(Outcome { reply: Reply::Done, replayed: false, guest_key: None });
            continue;
        }
        outcomes.push(apply(rows, &command, at).map_err(io::Error::other)?);
        decided(rows, &command);
    }
    Ok(outcomes)
}

/// Replica keys need their proof, whichever node proposed them: receipts are verified with these keys.
fn may_be_applied(op: &Op, shard: u32, rules: Rules) -> bool {
    match op {
        Op::PutReplicaKeys(_) => rules < Rules::BOUNDED,
        Op::PutProvenKeys(proven) => are_proven(proven, shard),
        _ => true,
    }
}

/// Calls `append` with each leaf after the first `known`. Returns `false` if the shard has no rows yet.
pub fn new_leaves<R: Rows>(rows: &mut R, known: u64, mut append: impl FnMut(&[u8])) -> Result<bool, Fault> {
    let Some(Row::Meta(meta)) = rows.get(&Key::Meta)? else { return Ok(false) };
    for index in known..meta.next_leaf {
        let key = Key::Leaf(index);
        match rows.get(&key)? {
            Some(Row::Leaf(bytes)) => append(bytes),
            _ => return Err(Fault::Corrupt(key, "missing from the receipts log".into())),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::{MemRows, PropertyNumber, Read};

    use super::*;
    use crate::receipts::NodeKeys;

    /// Earlier entries of the log are decided as they were.
    #[test]
    fn keys_without_a_proof_change_rows_only_in_entries_of_the_first_rules() {
        let keys = NodeKeys::derive(&[7; 32], "hotels", 2, 1).expect("keys").proven(1).expect("shard 1").keys;
        let op = Op::PutReplicaKeys(keys);
        let command = commands::encode(&Command { property: PropertyNumber(0), request: None, by: None, op });
        for (rules, stored) in [(Rules::FIRST, true), (Rules::BOUNDED, false), (Rules::PRESENT, false)] {
            let mut rows = MemRows::default();
            let entry = pb::Batch { at_ms: 1, commands: vec![command.clone()], rules: rules.0 };
            batch(&mut rows, 1, entry, (1, 1), |_, _| {}).expect("applied");
            let found = rows.get(&Key::ReplicaKeys(2)).expect("no fault").is_some();
            assert_eq!(found, stored, "{rules:?}");
        }
    }
}
