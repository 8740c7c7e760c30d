//! The error for malformed bytes from the disk or from another node.

use std::io;

/// An error of the kind `InvalidData`. Bytes from this node's disk are then damaged; bytes from another node are a broken
/// message.
pub fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed {what}"))
}
