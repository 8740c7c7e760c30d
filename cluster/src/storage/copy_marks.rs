//! The two files of a data folder that is a copy (ADR 17).
//!
//! `COPIED` has the copy's number, drawn when the copy is first recognised. It tells this copy from later ones. `RESTORED` has the
//! numbers of all nodes' copies, after they were accepted together. It stays until no node waits for the decision any more.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::durable::{remove_durably, write_durably};

const COPIED: &str = "COPIED";
const RESTORED: &str = "RESTORED";

/// The number of this copy. A copy without one gets `fresh`.
pub fn copy_number(folder: &Path, fresh: u64) -> io::Result<u64> {
    match fs::read_to_string(folder.join(COPIED)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        text => {
            if let Ok(number) = text?.trim().parse() {
                return Ok(number);
            }
        }
    }
    write_durably(folder, COPIED, format!("{fresh}\n").as_bytes())?;
    Ok(fresh)
}

/// Records that the copies of these nodes are used together.
pub fn mark_restored(folder: &Path, copies: &BTreeMap<u64, u64>) -> io::Result<()> {
    let text: String = copies.iter().map(|(node, number)| format!("{node} {number}\n")).collect();
    write_durably(folder, RESTORED, text.as_bytes())?;
    remove_durably(folder, COPIED)
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
        assert_eq!(restored(folder).expect("read"), Some(copies));
        forget_restored(folder).expect("removed");
        assert_eq!((restored(folder).expect("read"), copy_number(folder, 9).expect("written")), (None, 9));
    }
}
