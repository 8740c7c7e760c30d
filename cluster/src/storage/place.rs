//! Recognises a data folder that was copied: restored from a backup, moved to another disk, or put back (ADR 17).
//!
//! The file `PLACE` states its own inode number and its own time of birth. A copy of the folder has the same text in a file with
//! another inode and another birth, so the text does not fit its file. The file is replaced at each start and each clean stop, and
//! while the node acknowledges commands, so also a copy over the original files is recognised: it brings back an older text, and
//! the file is not the one that this text describes.
//!
//! A snapshot of the whole disk below the file system keeps inodes and births. It is not recognised here.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::durable::sync_folder;

/// The file's name.
const PLACE: &str = "PLACE";

/// Where a data folder comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This node wrote it here.
    Own,
    /// It is a copy, or its `PLACE` cannot be read.
    Copied,
    /// An older version wrote it, which had no `PLACE`, or it is new.
    Unmarked,
}

/// Finds out where the folder comes from.
pub fn origin(folder: &Path) -> io::Result<Origin> {
    let path = folder.join(PLACE);
    let stated = match fs::read_to_string(&path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Origin::Unmarked),
        Err(cause) if cause.kind() == io::ErrorKind::InvalidData => return Ok(Origin::Copied),
        stated => stated?,
    };
    let is_own = stated == described(&fs::metadata(&path)?);
    Ok(if is_own { Origin::Own } else { Origin::Copied })
}

/// Marks the folder as this node's own, with a new file.
pub fn mark(folder: &Path) -> io::Result<()> {
    write_in_place(folder, PLACE, str::to_owned)
}

/// Writes a file that states its own place. `text` gets the place's description.
pub fn write_in_place(folder: &Path, name: &str, text: impl Fn(&str) -> String) -> io::Result<()> {
    let new = folder.join(format!("{name}.new"));
    match fs::remove_file(&new) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = File::create_new(&new)?;
    let place = described(&file.metadata()?);
    file.write_all(text(&place).as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, folder.join(name))?;
    sync_folder(folder)
}

/// The inode and the birth of a file.
pub fn described(file: &fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    // Some file systems record no birth.
    let born = file.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    let born = born.map_or_else(|| "unknown".to_owned(), |born| format!("{}.{:09}", born.as_secs(), born.subsec_nanos()));
    format!("inode = {}\nborn = \"{born}\"\n", file.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies the files of a folder, as `cp` and backup programs do: into new files.
    fn copied(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("made");
        for entry in fs::read_dir(from).expect("read") {
            let entry = entry.expect("an entry");
            fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
    }

    #[test]
    fn a_copy_is_recognised_wherever_it_is_put() {
        let temporary = tempfile::tempdir().expect("a folder");
        let (original, backup) = (temporary.path().join("data"), temporary.path().join("backup"));
        fs::create_dir(&original).expect("made");
        assert_eq!(origin(&original).expect("read"), Origin::Unmarked);
        mark(&original).expect("marked");
        assert_eq!(origin(&original).expect("read"), Origin::Own);
        copied(&original, &backup);
        assert_eq!(origin(&backup).expect("read"), Origin::Copied, "in another folder");
        mark(&original).expect("the node ran on");
        let moved = temporary.path().join("moved");
        fs::rename(&original, &moved).expect("moved");
        assert_eq!(origin(&moved).expect("read"), Origin::Own, "a renamed folder has the same files");
        copied(&backup, &moved);
        assert_eq!(origin(&moved).expect("read"), Origin::Copied, "over the original files");
        fs::remove_dir_all(&moved).expect("removed");
        fs::rename(&backup, &moved).expect("put back");
        assert_eq!(origin(&moved).expect("read"), Origin::Copied, "in the place of the original");
        mark(&moved).expect("accepted");
        assert_eq!(origin(&moved).expect("read"), Origin::Own);
    }

    #[test]
    fn a_damaged_mark_counts_as_a_copy() {
        let temporary = tempfile::tempdir().expect("a folder");
        mark(temporary.path()).expect("marked");
        for bytes in [&b""[..], b"inode = 1\n", b"\xff\xfe"] {
            fs::write(temporary.path().join(PLACE), bytes).expect("written");
            assert_eq!(origin(temporary.path()).expect("read"), Origin::Copied);
        }
    }
}
