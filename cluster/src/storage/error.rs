//! Converts the disk's failures to IO errors. Damage has the kind `InvalidData`.

use std::io;

/// Converts RocksDB's error. Corruption becomes `InvalidData`.
pub(super) fn io_error(cause: rocksdb::Error) -> io::Error {
    let kind = match cause.kind() {
        rocksdb::ErrorKind::Corruption => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, cause.into_string())
}

/// An error for data that exist but differ from what was written.
pub(super) fn damaged(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}
