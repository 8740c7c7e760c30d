//! Errors of the operating system in plain words.

use std::io::{Error, ErrorKind};

/// The cause of a failed operation on a file or a connection, without the number of the operating system.
pub fn in_words(cause: &Error) -> String {
    let words = match cause.kind() {
        ErrorKind::NotFound => "it does not exist",
        ErrorKind::PermissionDenied => "permission denied",
        ErrorKind::IsADirectory => "it is a folder",
        ErrorKind::NotADirectory => "a part of its path is not a folder",
        ErrorKind::StorageFull => "no space left on the disk",
        ErrorKind::QuotaExceeded => "the disk quota is used up",
        ErrorKind::InvalidData => "it is not text (UTF-8)",
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        ErrorKind::ConnectionRefused => "nothing listens there (connection refused)",
        ErrorKind::HostUnreachable => "there is no route to the host",
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "the network is unreachable",
        ErrorKind::TimedOut => "it did not answer in time",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            "it closed the connection"
        }
        ErrorKind::AlreadyExists => "a file with this name exists",
        _ => {
            let text = cause.to_string();
            // The resolver's errors have no kind.
            if text.starts_with("failed to lookup address information") {
                return "the host name cannot be resolved".to_owned();
            }
            return text.split_once(" (os error").map_or(text.clone(), |(words, _)| words.to_lowercase());
        }
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_have_no_numbers() {
        assert_eq!(in_words(&Error::from(ErrorKind::NotFound)), "it does not exist");
        assert_eq!(in_words(&Error::from_raw_os_error(28)), "no space left on the disk");
        assert_eq!(in_words(&Error::from_raw_os_error(24)), "too many open files");
        let unresolved = Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(in_words(&unresolved), "the host name cannot be resolved");
        assert_eq!(in_words(&Error::other("the peer sent nonsense")), "the peer sent nonsense");
    }
}
