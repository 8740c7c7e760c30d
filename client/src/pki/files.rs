//! Files of certificates and keys: PEM texts, replaced whole, keys for their owner's eyes only.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use super::PkiError;

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    Everybody,
    Owner,
}

/// Makes a folder that only its owner enters; one that is there already is closed to others if it is empty.
pub(super) fn make_folder(folder: &Path) -> Result<(), PkiError> {
    let about = |cause| file_error(folder, cause);
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(about)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
            // One with other things in it may be open to others for a reason.
            if fs::read_dir(folder).map_err(about)?.next().is_none() {
                fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(about)?;
            }
            Ok(())
        }
        made => made.map_err(about),
    }
}

/// Waits until nobody else works in the folder; the lock is held until the file is dropped.
pub(super) fn lock(folder: &Path) -> Result<File, PkiError> {
    let held = File::open(folder).and_then(|opened| opened.lock().map(|()| opened));
    held.map_err(|cause| file_error(folder, cause))
}

/// Puts a file in place so that after a crash there is the old one or the new one. Its content is never where
/// others could read it, not even for a moment.
pub(super) fn replace(file: &Path, text: &str, readers: Readers) -> Result<(), PkiError> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = Path::new(&fresh);
    let put = || -> io::Result<()> {
        // What an interruption left may have been made with other rights.
        match fs::remove_file(fresh) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        let mode = if readers == Readers::Owner { 0o600 } else { 0o644 };
        let mut created = File::options().write(true).create_new(true).mode(mode).open(fresh)?;
        created.write_all(text.as_bytes())?;
        created.sync_all()?;
        fs::rename(fresh, file)?;
        file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    put().map_err(|cause| {
        let _ = fs::remove_file(fresh); // it may hold a key, and serves nobody
        file_error(file, cause)
    })
}

/// What a file holds; none if it is not there.
pub(super) fn read_if_there(file: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, PkiError> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(file_error(file, cause)),
    }
}

/// Refuses a key that others than its owner can read.
pub(crate) fn check_private(file: &Path) -> Result<(), PkiError> {
    let metadata = fs::metadata(file).map_err(|cause| file_error(file, cause))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(PkiError::Exposed(file.to_owned()));
    }
    Ok(())
}

/// A PEM section (RFC 7468). The text is wiped after use, since it may be a key.
pub(super) fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(Base64::encode_string(der));
    // Room for all of it at once: growing would leave pieces of keys behind.
    let mut text = Zeroizing::new(String::with_capacity(body.len() + body.len() / 64 + 2 * label.len() + 64));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

pub(super) fn file_error(path: &Path, cause: io::Error) -> PkiError {
    PkiError::File { path: path.to_owned(), cause }
}
