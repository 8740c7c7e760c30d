//! A row's key: each key has one encoding, and keys sort like their bytes.
#![no_main]

use keyrack_inventory::Key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = Key::decode(bytes) {
        let mut again = Vec::new();
        key.encode(&mut again);
        assert_eq!(again, bytes);
    }
    for (one, other) in (1..bytes.len()).map(|at| bytes.split_at(at)) {
        if let (Ok(one_key), Ok(other_key)) = (Key::decode(one), Key::decode(other)) {
            assert_eq!(one_key.cmp(&other_key), one.cmp(other), "{one_key:?} and {other_key:?}");
        }
    }
});
