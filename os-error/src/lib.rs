//! Errors of the operating system in plain words: one wording for all programs.

use std::io::{Error, ErrorKind};

/// The cause of a failed operation on a file or a connection, without the number of the operating system. An error that a
/// program made itself keeps its text, unless its kind says that a connection ended.
pub fn in_words(cause: &Error) -> String {
    let words = match cause.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            "it closed the connection"
        }
        _ if cause.get_ref().is_some() => return without_number(cause),
        ErrorKind::NotFound => "it does not exist",
        ErrorKind::AlreadyExists => "a file already has this name",
        ErrorKind::PermissionDenied => "permission denied",
        ErrorKind::IsADirectory => "it is a folder",
        ErrorKind::NotADirectory => "a part of its path is not a folder",
        ErrorKind::StorageFull => "the disk is full",
        ErrorKind::QuotaExceeded => "the disk quota is used up",
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        ErrorKind::InvalidData => "it is not text in UTF-8",
        ErrorKind::ConnectionRefused => "nothing listens there (connection refused)",
        ErrorKind::HostUnreachable => "there is no route to the host",
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "the network is unreachable",
        ErrorKind::TimedOut => "it did not answer in time",
        _ => return without_number(cause),
    };
    words.to_owned()
}

fn without_number(cause: &Error) -> String {
    let text = cause.to_string();
    // The resolver's errors have no kind.
    if text.starts_with("failed to lookup address information") {
        return "the host name cannot be resolved".to_owned();
    }
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_operating_system_have_words_and_no_number() {
        for (number, words) in [
            (2, "it does not exist"),
            (13, "permission denied"),
            (17, "a file already has this name"),
            (20, "a part of its path is not a folder"),
            (21, "it is a folder"),
            (24, "too many open files"),
            (28, "the disk is full"),
            (30, "the file system is read-only"),
            (104, "it closed the connection"),
            (111, "nothing listens there (connection refused)"),
        ] {
            assert_eq!(in_words(&Error::from_raw_os_error(number)), words, "{number}");
        }
    }

    #[test]
    fn an_error_of_the_program_keeps_its_text() {
        assert_eq!(in_words(&Error::from(ErrorKind::InvalidData)), "it is not text in UTF-8");
        for kind in [ErrorKind::InvalidData, ErrorKind::NotFound, ErrorKind::Other] {
            assert_eq!(in_words(&Error::new(kind, "row 7 is damaged")), "row 7 is damaged");
        }
        assert_eq!(
            in_words(&Error::new(ErrorKind::UnexpectedEof, "peer closed without close_notify")),
            "it closed the connection"
        );
        let unresolved = Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(in_words(&unresolved), "the host name cannot be resolved");
    }
}
