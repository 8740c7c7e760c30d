//! Small files that survive a crash: a name has its old content or its new content, never half of it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file so that a crash leaves the old file or the new one, never half a file.
pub fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    write_with(folder, name, bytes, File::options().write(true).create(true).truncate(true))
}

/// Removes a file so that it stays removed after a crash.
pub fn remove_durably(folder: &Path, name: &str) -> io::Result<()> {
    match fs::remove_file(folder.join(name)) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => File::open(folder)?.sync_all(),
    }
}

/// Like [`write_durably`], but only the owner can read the file.
pub fn write_secret(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    write_with(folder, name, bytes, File::options().write(true).create(true).truncate(true).mode(0o600))
}

fn write_with(folder: &Path, name: &str, bytes: &[u8], how: &fs::OpenOptions) -> io::Result<()> {
    let temporary = folder.join(format!("{name}.new"));
    let mut file = how.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join(name))?;
    File::open(folder)?.sync_all()
}

/// Syncs a folder, so that the names in it survive a crash.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
