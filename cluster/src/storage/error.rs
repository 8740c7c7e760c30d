//! What the disk's failures are to everyone else: IO errors, of which damage is one kind.

use std::io;

/// RocksDB's errors are IO errors; what is damaged is `InvalidData`.
pub(super) fn io_error(cause: rocksdb::Error) -> io::Error {
    let kind = match cause.kind() {
        rocksdb::ErrorKind::Corruption => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, cause.into_string())
}

/// Data that are there and are not what was written.
pub(super) fn damaged(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}
