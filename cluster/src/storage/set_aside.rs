//! Sets a node's data aside, so that the node can rejoin with an empty folder (ADR 11).
//!
//! Invariants:
//! - data that were set aside are never deleted or overwritten: each time gets a folder of its own, `set-aside/1`,
//!   `set-aside/2` and so on;
//! - everything in the data folder moves, also files of a later version. Only [`STAYS`] stay;
//! - the mark `RETURNING` is written first and names the folder until the move is complete. After a crash midway the next
//!   start completes the move before it opens anything.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::durable::{remove_durably, write_durably};

/// The folder for data that were set aside.
pub const SET_ASIDE: &str = "set-aside";
/// Written when a folder's data are set aside. It stays until the node has rejoined.
pub const RETURNING: &str = "RETURNING";
/// The lock of a running node.
pub const LOCK: &str = "LOCK";
/// Moves last. Until then the folder has the old incarnation.
pub const FORMAT_FILE: &str = "FORMAT";

const STAYS: [&str; 3] = [SET_ASIDE, RETURNING, LOCK];

/// The mark's text while data move to the folder with this number, and after that.
const MOVING: &str = "moving to set-aside/";
const MOVED: &str = "moved to set-aside/";
const NOTHING_MOVED: &str = "there were no data\n";
/// The mark of versions that had one folder for all. They moved the data into `set-aside` itself.
const OLDER: &str = "the data were damaged";

/// Moves all data in the folder to a new folder in `set-aside`, and returns that folder; `None` if there are no data. The next
/// start begins a new incarnation, which asks to rejoin. The caller holds the folder's lock.
pub fn set_aside(data: &Path) -> io::Result<Option<PathBuf>> {
    if let Some(aside) = complete(data)? {
        return Ok(Some(aside));
    }
    if parts(data)?.is_empty() {
        write_durably(data, RETURNING, NOTHING_MOVED.as_bytes())?;
        return Ok(None);
    }
    let number = next_number(data)?;
    write_durably(data, RETURNING, format!("{MOVING}{number}\n").as_bytes())?;
    move_to(data, number).map(Some)
}

/// Completes a move that a crash interrupted. Returns the folder, or `None` if there was no such move.
pub fn complete(data: &Path) -> io::Result<Option<PathBuf>> {
    let mark = match fs::read_to_string(data.join(RETURNING)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        mark => mark?,
    };
    let number = match mark.trim().strip_prefix(MOVING).map(str::parse::<u64>) {
        Some(Ok(number)) => number,
        Some(Err(_)) => next_number(data)?,
        None => {
            let is_half_moved =
                mark.starts_with(OLDER) && data.join(FORMAT_FILE).exists() && !data.join(SET_ASIDE).join(FORMAT_FILE).exists();
            if !is_half_moved {
                return Ok(None);
            }
            next_number(data)?
        }
    };
    move_to(data, number).map(Some)
}

/// Whether the data were set aside and the node has not rejoined yet.
pub fn is_rejoining(data: &Path) -> bool {
    data.join(RETURNING).exists()
}

/// Records that the node has rejoined.
pub fn mark_rejoined(data: &Path) -> io::Result<()> {
    remove_durably(data, RETURNING)
}

fn move_to(data: &Path, number: u64) -> io::Result<PathBuf> {
    let aside = data.join(SET_ASIDE).join(number.to_string());
    fs::create_dir_all(&aside)?;
    File::open(data.join(SET_ASIDE))?.sync_all()?;
    for part in parts(data)? {
        let target = aside.join(&part);
        if target.exists() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} exists already", target.display())));
        }
        fs::rename(data.join(&part), target)?;
    }
    File::open(&aside)?.sync_all()?;
    File::open(data)?.sync_all()?;
    write_durably(data, RETURNING, format!("{MOVED}{number}\n").as_bytes())?;
    Ok(aside)
}

/// The names of everything that moves, `FORMAT` last.
fn parts(data: &Path) -> io::Result<Vec<OsString>> {
    let mut names = fs::read_dir(data)?.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>()?;
    // The second is the mark while it is being written.
    names.retain(|name| STAYS.iter().all(|stays| name != stays) && name != "RETURNING.new");
    names.sort_by_key(|name| name == FORMAT_FILE);
    Ok(names)
}

/// One more than the highest number in `set-aside`.
fn next_number(data: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(data.join(SET_ASIDE)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(1),
        entries => entries?,
    };
    let mut highest = 0;
    for entry in entries {
        let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(highest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 5] = ["FORMAT", "DIVERGED", "signing.key", "log.synced", "of-a-later-version"];

    fn with_data() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fill(folder.path(), "first");
        folder
    }

    fn fill(data: &Path, text: &str) {
        FILES.iter().for_each(|name| fs::write(data.join(name), text).expect("written"));
        fs::create_dir(data.join("log")).expect("made");
        fs::write(data.join("log").join("CURRENT"), text).expect("written");
        fs::write(data.join(LOCK), "").expect("written");
    }

    fn text(path: PathBuf) -> String {
        fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
    }

    fn assert_has_all(aside: &Path, said: &str) {
        FILES.iter().for_each(|name| assert_eq!(text(aside.join(name)), said, "{name}"));
        assert_eq!(text(aside.join("log").join("CURRENT")), said);
    }

    #[test]
    fn each_time_gets_its_own_folder_and_nothing_is_deleted() {
        let folder = with_data();
        let data = folder.path();
        let first = set_aside(data).expect("moved").expect("a folder");
        assert_eq!(set_aside(data).expect("nothing to move"), None);
        fill(data, "second");
        let second = set_aside(data).expect("moved").expect("a folder");
        assert_eq!((first.as_path(), second.as_path()), (&*data.join("set-aside/1"), &*data.join("set-aside/2")));
        assert_has_all(&first, "first");
        assert_has_all(&second, "second");
        let left = parts(data).expect("read");
        assert!(left.is_empty() && is_rejoining(data) && data.join(LOCK).exists(), "{left:?}");
        mark_rejoined(data).expect("rejoined");
        assert!(!is_rejoining(data));
    }

    #[test]
    fn a_folder_that_a_person_removed_leaves_a_gap_and_no_number_is_taken_twice() {
        let folder = with_data();
        let data = folder.path();
        for round in ["second", "third"] {
            set_aside(data).expect("moved");
            fill(data, round);
        }
        fs::remove_dir_all(data.join("set-aside/1")).expect("removed");
        let aside = set_aside(data).expect("moved").expect("a folder");
        assert_eq!(aside, data.join("set-aside/3"));
        assert_has_all(&aside, "third");
        assert_has_all(&data.join("set-aside/2"), "second");
    }

    #[test]
    fn a_crash_after_any_step_loses_nothing_and_is_completed() {
        // The number of parts that had moved when the node crashed.
        for moved in 0..=FILES.len() + 1 {
            let folder = with_data();
            let data = folder.path();
            write_durably(data, RETURNING, format!("{MOVING}1\n").as_bytes()).expect("written");
            fs::create_dir_all(data.join("set-aside/1")).expect("made");
            for part in parts(data).expect("read").into_iter().take(moved) {
                fs::rename(data.join(&part), data.join("set-aside/1").join(&part)).expect("moved");
            }
            let aside = complete(data).expect("completed").expect("a folder");
            assert_has_all(&aside, "first");
            fill(data, "second");
            assert_eq!(complete(data).expect("no move is open"), None, "after {moved} parts");
            assert_eq!(text(data.join("FORMAT")), "second", "the new data stay, after {moved} parts");
        }
    }

    #[test]
    fn data_that_an_older_version_set_aside_stay() {
        let folder = with_data();
        let data = folder.path();
        fs::create_dir(data.join(SET_ASIDE)).expect("made");
        fs::write(data.join("set-aside/FORMAT"), "older").expect("written");
        fs::write(data.join(RETURNING), "the data were damaged; see set-aside\n").expect("written");
        assert_eq!(complete(data).expect("that move is complete"), None);
        let aside = set_aside(data).expect("moved").expect("a folder");
        assert_has_all(&aside, "first");
        assert_eq!(text(data.join("set-aside/FORMAT")), "older");
    }

    #[test]
    fn a_move_that_an_older_version_began_is_completed() {
        let folder = with_data();
        let data = folder.path();
        fs::create_dir(data.join(SET_ASIDE)).expect("made");
        fs::rename(data.join("log"), data.join("set-aside/log")).expect("moved");
        fs::write(data.join(RETURNING), "the data were damaged; see set-aside\n").expect("written");
        let aside = complete(data).expect("completed").expect("a folder");
        assert_eq!((text(aside.join("FORMAT")), text(data.join("set-aside/log/CURRENT"))), ("first".into(), "first".into()));
    }
}
