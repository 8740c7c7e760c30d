//! The path of a tile: each tile has one path, and a tile in a tree begins within the tree.
#![no_main]

use keyrack_fuzz::text;
use keyrack_merkle::{Resource, TILE_WIDTH};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = text(bytes) else { return Corpus::Reject };
    if let Ok(resource) = Resource::parse(text) {
        assert_eq!(resource.to_string(), text);
        let (Resource::Hashes { width, .. } | Resource::Entries { width, .. }) = resource;
        assert!((1..=TILE_WIDTH).contains(&width) && resource.is_partial() == (width < TILE_WIDTH));
        let start = resource.start();
        assert!(!resource.is_in(start), "a tree that ends where the tile begins must not contain it");
        for size in [start.saturating_add(u64::from(width) - 1), start.saturating_add(u64::from(width)), u64::MAX] {
            assert!(!resource.is_in(size) || start < size, "in a tree of {size}, but starts at {start}");
        }
    }
    Corpus::Keep
});
