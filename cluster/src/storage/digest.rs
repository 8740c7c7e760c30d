//! The digest of a database. Equal contents have equal digests, even in different files.

use std::io;

use sha2::{Digest, Sha256};

use super::error::io_error;

type Item = Result<(Box<[u8]>, Box<[u8]>), rocksdb::Error>;

/// Counts and hashes the items of an iterator.
pub(super) fn digest(items: impl Iterator<Item = Item>) -> io::Result<(u64, [u8; 32])> {
    let (mut count, mut sum) = (0, Sha256::new());
    for item in items {
        let (key, value) = item.map_err(io_error)?;
        for part in [&key, &value] {
            sum.update((part.len() as u64).to_be_bytes());
            sum.update(part);
        }
        count += 1;
    }
    Ok((count, sum.finalize().into()))
}
