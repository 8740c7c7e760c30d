//! Whether this version can read and apply what a log entry contains. A leader checks what other nodes forward before it proposes
//! it, and a follower checks entries before it stores them. So what is in the log can be applied.

use std::io;

use bytes::Bytes;
use keyrack_inventory::Command;
use keyrack_proto::bounded;
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::{Message, Name};

use super::decide;
use super::log_clock::LATEST_MS;
use crate::directory;
use crate::malformed::malformed;

/// The most memory of the elements of a decoded command's lists: this, and this many times the bytes of the command.
const MOST_BYTES: usize = 8 << 20;
const MOST_TIMES: usize = 4;

/// Checks an encoded batch of a shard.
///
/// # Errors
/// `InvalidData` that says what cannot be read.
pub fn check(shard: u32, batch: Bytes) -> io::Result<()> {
    bounded::check::<pb::Batch>(&batch).map_err(|cause| malformed(&format!("batch: {cause}")))?;
    let batch = decide::read(batch)?;
    decide::rules(&batch)?;
    if batch.at_ms > LATEST_MS {
        return Err(malformed(&format!("batch: its time, {} ms since 1970, is impossible", batch.at_ms)));
    }
    batch.commands.into_iter().try_for_each(|encoded| match shard {
        directory::SHARD => directory_command(encoded).map(drop),
        _ => command(encoded).map(drop),
    })
}

/// Reads an encoded command of a data shard.
///
/// # Errors
/// As for [`check`].
pub fn command(command: Bytes) -> io::Result<Command> {
    check_memory::<pb::Command>(&command)?;
    commands::decode(command).map_err(|cause| malformed(&cause.to_string()))
}

/// Reads an encoded command of the directory.
///
/// # Errors
/// As for [`check`].
pub fn directory_command(command: Bytes) -> io::Result<pb::directory_command::Op> {
    check_memory::<pb::DirectoryCommand>(&command)?;
    let command = pb::DirectoryCommand::decode(command).map_err(|cause| malformed(&format!("directory command: {cause}")))?;
    let op = command.op.ok_or_else(|| malformed("directory command: unknown kind"))?;
    directory::check(&op)?;
    Ok(op)
}

fn check_memory<M: Name>(message: &[u8]) -> io::Result<()> {
    let most = MOST_BYTES + MOST_TIMES * message.len();
    bounded::check_within::<M>(message, most).map_err(|cause| malformed(&format!("command: {cause}")))
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::{Op, PropertyNumber, Rules};

    use super::*;

    fn tick() -> Bytes {
        commands::encode(&Command { property: PropertyNumber(1), request: None, by: None, op: Op::Tick })
    }

    fn batch(commands: Vec<Bytes>) -> Bytes {
        pb::Batch { at_ms: 1, commands, rules: Rules::PRESENT.0 }.encode_to_vec().into()
    }

    #[test]
    fn a_batch_is_readable_if_all_of_its_commands_are() {
        check(1, batch(vec![])).expect("empty");
        check(1, batch(vec![tick(), tick()])).expect("two ticks");
        check(1, batch(vec![tick(), Bytes::from_static(b"\xff")])).expect_err("no protobuf");
        check(1, batch(vec![Bytes::new(); 1 << 20])).expect_err("more empty commands than memory is given to");
        check(1, batch(vec![Bytes::new()])).expect_err("no operation: a kind of a later version");
        check(1, Bytes::from_static(b"\xff")).expect_err("no batch");
        for at_ms in [LATEST_MS + 1, u64::MAX] {
            let late = pb::Batch { at_ms, commands: vec![tick()], rules: Rules::PRESENT.0 };
            check(1, late.encode_to_vec().into()).expect_err("a time that no clock shows");
        }
        let newer = pb::Batch { at_ms: 1, commands: vec![tick()], rules: Rules::PRESENT.0 + 1 };
        check(1, newer.encode_to_vec().into()).expect_err("rules of a newer version");
    }

    #[test]
    fn the_directory_has_its_own_commands() {
        use pb::directory_command::Op;
        let encoded = |op| Bytes::from(pb::DirectoryCommand { op: Some(op) }.encode_to_vec());
        check(0, batch(vec![encoded(Op::FenceNode(pb::FenceNode { node: 1, admit: true }))])).expect("readable");
        check(0, batch(vec![Bytes::new()])).expect_err("a kind of a later version");
        check(0, batch(vec![encoded(Op::PutPrincipal(pb::PutPrincipal::default()))])).expect_err("no principal in it");
        check(0, batch(vec![encoded(Op::AddKey(pb::AddKey::default()))])).expect_err("no key in it");
    }
}
