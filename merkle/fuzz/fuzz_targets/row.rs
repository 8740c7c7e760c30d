//! A row of any kind: the tag of its key, then its bytes. An accepted row round-trips.
#![no_main]

use keyrack_fuzz::row_key;
use keyrack_inventory::Row;
use keyrack_proto::rows;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((tag, bytes)) = bytes.split_first() else { return Corpus::Reject };
    let Some(key) = row_key(*tag) else { return Corpus::Reject };
    if let Ok(row) = rows::decode(&key, bytes) {
        let mut again = Vec::new();
        rows::encode(&row, &mut again);
        assert!(!matches!(row, Row::Leaf(_) | Row::Present) || again == bytes);
        assert_eq!(rows::decode(&key, &again), Ok(row));
    }
    Corpus::Keep
});
