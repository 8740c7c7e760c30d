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

/// The cause of a failed operation on a file. An error of the operating system is in plain words without its number; another
/// error keeps its text.
pub fn in_words(cause: &io::Error) -> String {
    let text = cause.to_string();
    let Some((words, _)) = text.split_once(" (os error") else { return text };
    match cause.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::AlreadyExists => "it is a file, not a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is not a folder".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::StorageFull => "no space left on the disk".to_owned(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => words.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_operating_system_have_no_numbers() {
        assert_eq!(in_words(&io::Error::from_raw_os_error(17)), "it is a file, not a folder");
        assert_eq!(in_words(&io::Error::from_raw_os_error(28)), "no space left on the disk");
        assert_eq!(in_words(&io::Error::from_raw_os_error(24)), "too many open files");
        assert_eq!(in_words(&damaged("row 7 is damaged")), "row 7 is damaged");
    }
}
