//! The stored right edge of a tree: eight bytes of size, then one byte for each hash.
#![no_main]

use keyrack_merkle::{Frontier, empty_root, node_hash};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((size, edge)) = bytes.split_first_chunk::<8>() else { return Corpus::Reject };
    let (size, edge) = (u64::from_be_bytes(*size), edge.iter().map(|byte| [*byte; 32]).collect::<Vec<_>>());
    let fits = edge.len() == size.count_ones() as usize;
    let Ok(mut frontier) = Frontier::from_parts(size, edge.clone()) else {
        assert!(!fits);
        return Corpus::Keep;
    };
    assert!(fits);
    assert_eq!((frontier.size(), frontier.edge()), (size, edge.as_slice()));
    let root = edge.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
    assert_eq!(frontier.root(), root.unwrap_or_else(empty_root));
    if size < u64::MAX {
        let mut completed = Vec::new();
        frontier.append([7; 32], |level, index, hash| completed.push((level, index, *hash)));
        let levels: Vec<_> = completed.iter().map(|(level, index, _)| (u32::from(*level), *index)).collect();
        let expected: Vec<_> = (0..=size.trailing_ones()).map(|level| (level, size >> level)).collect();
        assert_eq!(levels, expected);
        assert_eq!(frontier.edge().last(), completed.last().map(|(_, _, hash)| hash));
        let stored = Frontier::from_parts(size + 1, frontier.edge().to_vec());
        assert_eq!(stored, Ok(frontier));
    }
    Corpus::Keep
});
