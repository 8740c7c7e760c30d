//! An entry bundle: an accepted bundle is written again byte for byte.
#![no_main]

use keyrack_merkle::{TILE_WIDTH, decode_bundle, encode_bundle};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entries) = decode_bundle(bytes) {
        assert!(entries.len() <= usize::from(TILE_WIDTH));
        let mut again = Vec::new();
        assert_eq!(encode_bundle(&entries, &mut again), Ok(()));
        assert_eq!(again, bytes);
    }
});
