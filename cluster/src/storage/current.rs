//! Checks RocksDB's CURRENT, the file that names a database's manifest.

use std::fs;
use std::io;
use std::path::Path;

use super::error::damaged;

/// Checks that CURRENT, if it exists, names an existing manifest. For a flipped bit in the name RocksDB reports "no such file",
/// the same as for a disk that is not mounted. This check reports it as damage.
///
/// # Errors
/// `InvalidData` when the manifest does not exist.
pub fn check(database: &Path) -> io::Result<()> {
    let current = match fs::read(database.join("CURRENT")) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        current => current?,
    };
    let name = std::str::from_utf8(&current).ok().and_then(|text| text.strip_suffix('\n'));
    let is_there = |name: &&str| name.starts_with("MANIFEST-") && database.join(name).is_file();
    match name.filter(is_there) {
        Some(_) => Ok(()),
        None => Err(damaged(format!("{} does not name an existing manifest", database.join("CURRENT").display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_bit_in_the_name_is_damage() {
        let folder = tempfile::tempdir().expect("a folder");
        check(folder.path()).expect("no database yet");
        let (current, name) = (folder.path().join("CURRENT"), b"MANIFEST-000005\n");
        fs::write(folder.path().join("MANIFEST-000005"), b"").expect("written");
        fs::write(&current, name).expect("written");
        check(folder.path()).expect("intact");
        for bit in 0..8 * name.len() {
            let mut rotten = *name;
            rotten[bit / 8] ^= 1 << (bit % 8);
            fs::write(&current, rotten).expect("written");
            assert!(check(folder.path()).is_err_and(|cause| cause.kind() == io::ErrorKind::InvalidData), "bit {bit}");
        }
    }
}
