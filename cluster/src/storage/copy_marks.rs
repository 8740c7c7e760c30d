//! The two files of a data folder that is a copy (ADR 17).
//!
//! `COPIED` has the copy's number, drawn when the copy is first recognised. It tells this copy from later ones. `RESTORED` has the
//! numbers of all nodes' copies, after they were accepted together. It stays until no node waits for the decision any more.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::durable::{remove_durably, write_durably};
use super::place;

const COPIED: &str = "COPIED";
const RESTORED: &str = "RESTORED";

/// The number of this copy. A copy without one gets `fresh`. A number that was copied with the folder is not this copy's: the file
/// states its own place, as `PLACE` does.
pub fn copy_number(folder: &Path, fresh: u64) -> io::Result<u64> {
    let path = folder.join(COPIED);
    match fs::read_to_string(&path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        text => {
            let text = text?;
            if let Some((number, place)) = text.split_once('\n')
                && let Ok(number) = number.parse()
                && place == place::described(&fs::metadata(&path)?)
            {
                return Ok(number);
            }
        }
    }
    place::write_in_place(folder, COPIED, |place| format!("{fresh}\n{place}"))?;
    Ok(fresh)
}

/// Forgets the number: the folder is no copy that waits.
pub fn forget_copy(folder: &Path) -> io::Result<()> {
    if folder.join(COPIED).exists() { remove_durably(folder, COPIED) } else { Ok(()) }
}

/// Records that the copies of these nodes are used together.
pub fn mark_restored(folder: &Path, copies: &BTreeMap<u64, u64>) -> io::Result<()> {
    let text: String = copies.iter().map(|(node, number)| format!("{node} {number}\n")).collect();
    write_durably(folder, RESTORED, text.as_bytes())
}

/// The numbers of the copies that were accepted together, by node; `None` if there was no restore, or it is complete.
pub fn restored(folder: &Path) -> io::Result<Option<BTreeMap<u64, u64>>> {
    let text = match fs::read_to_string(folder.join(RESTORED)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let copy = |line: &str| {
        let (node, number) = line.split_once(' ')?;
        Some((node.parse().ok()?, number.parse().ok()?))
    };
    Ok(Some(text.lines().filter_map(copy).collect()))
}

/// Records that all nodes have decided.
pub fn forget_restored(folder: &Path) -> io::Result<()> {
    remove_durably(folder, RESTORED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_its_number_until_it_is_accepted() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path();
        assert_eq!([7, 8].map(|fresh| copy_number(folder, fresh).expect("written")), [7, 7]);
        let copies = BTreeMap::from([(1, 7), (2, u64::MAX)]);
        mark_restored(folder, &copies).expect("marked");
        assert_eq!(copy_number(folder, 8).expect("read"), 7, "a crash before the folder was marked changes nothing");
        forget_copy(folder).expect("removed");
        assert_eq!(restored(folder).expect("read"), Some(copies));
        forget_restored(folder).expect("removed");
        assert_eq!((restored(folder).expect("read"), copy_number(folder, 9).expect("written")), (None, 9));
    }

    #[test]
    fn a_copied_number_is_not_the_number_of_the_new_copy() {
        let temporary = tempfile::tempdir().expect("a folder");
        let (first, second) = (temporary.path().join("first"), temporary.path().join("second"));
        for folder in [&first, &second] {
            fs::create_dir(folder).expect("made");
        }
        assert_eq!(copy_number(&first, 7).expect("written"), 7);
        fs::copy(first.join(COPIED), second.join(COPIED)).expect("copied");
        assert_eq!(copy_number(&second, 8).expect("written"), 8);
        assert_eq!(copy_number(&second, 9).expect("read"), 8);
        // The form of an earlier version, without a place.
        fs::write(first.join(COPIED), "7\n").expect("written");
        assert_eq!(copy_number(&first, 9).expect("written"), 9);
    }
}
