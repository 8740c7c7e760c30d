//! Bytes that are not what they should be: from the disk or from another node.

use std::io;

/// An error of the kind `InvalidData`: on our own disk it is damage, from another node a broken message.
pub fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed {what}"))
}
