//! Reads the nodes' files, for tests that look for data that must not be in them.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Every file below a folder, with its bytes. Files that a running node deletes during the walk are left out.
pub fn files_under(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let Some(entries) = if_there(folder, std::fs::read_dir(folder)) else { return files };
    for path in entries.filter_map(|entry| if_there(folder, entry)).map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(files_under(&path));
        } else if path.is_file()
            && let Some(mut bytes) = if_there(&path, std::fs::read(&path))
        {
            // A preallocated log ends in zeros.
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            bytes.truncate(end);
            files.push((path, bytes));
        }
    }
    files
}

/// The files that contain `wanted` as plain bytes.
pub fn holding<'a>(files: &'a [(PathBuf, Vec<u8>)], wanted: &[u8]) -> Vec<&'a Path> {
    let holds = |bytes: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    files.iter().filter(|(_, bytes)| holds(bytes)).map(|(path, _)| path.as_path()).collect()
}

fn if_there<T>(path: &Path, read: io::Result<T>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(e) => panic!("{} cannot be read: {e}", path.display()),
    }
}
