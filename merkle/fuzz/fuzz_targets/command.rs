//! A command as the Raft log keeps it: what is read can be written and read again.
#![no_main]

use keyrack_inventory::{Command, Op, Sealed};
use keyrack_proto::commands;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(command) = commands::decode(bytes.to_vec().into())
        && !is_unsaid(&command)
    {
        assert_eq!(commands::decode(commands::encode(&command)), Ok(command));
    }
});

/// Amending with a guest of no bytes, which the edge does not ask for, can be read and not be said again.
fn is_unsaid(command: &Command) -> bool {
    matches!(&command.op, Op::Amend { guest: Some(guest), .. } if *guest == Sealed::default())
}
