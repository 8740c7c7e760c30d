//! A message of another node for Raft, or an entry of the Raft log. The first byte selects which. An accepted one means the same
//! after it is encoded and decoded again.
#![no_main]

use std::fmt::Debug;

use keyrack_fuzz::wire;
use libfuzzer_sys::fuzz_target;
use prost::Message;

/// The index of the log entry.
const INDEX: u64 = 7;
const GROUP: u32 = 1;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    match kind % 8 {
        0 => again(bytes, |request| Some(wire::append_out(GROUP, wire::append_in(request).ok()?))),
        1 => again(bytes, |reply| Some(wire::append_reply_out(&wire::append_reply_in(reply).ok()?))),
        2 => again(bytes, |request| Some(wire::vote_request_out(GROUP, &wire::vote_request_in(request).ok()?))),
        3 => again(bytes, |reply| Some(wire::vote_reply_out(&wire::vote_reply_in(reply).ok()?))),
        4 => again(bytes, |meta| Some(wire::meta_out(&wire::meta_in(meta).ok()?))),
        5 => {
            if let Ok(meta) = wire::applied_in(bytes) {
                wire::meta_out(&meta);
            }
        }
        _ => {
            if let Ok(entry) = wire::entry_from_disk(INDEX, bytes.to_vec().into()) {
                let stored = wire::entry_to_disk(&entry);
                let read = wire::entry_from_disk(INDEX, stored.clone()).expect("its own encoding");
                assert_eq!(read, entry);
                assert_eq!(wire::entry_to_disk(&read), stored);
            }
        }
    }
});

/// Passes a message through `both`, which decodes and encodes it. The encoded message must come out of it unchanged.
fn again<M: Message + Default + PartialEq + Clone + Debug>(bytes: &[u8], both: impl Fn(M) -> Option<M>) {
    let Some(encoded) = M::decode(bytes).ok().and_then(&both) else { return };
    assert_eq!(both(encoded.clone()), Some(encoded));
}
