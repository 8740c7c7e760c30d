//! Certificate and key files: PEM, replaced atomically, keys readable by their owner only.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::error::PkiError;

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    Everybody,
    Owner,
}

/// Creates a folder that only its owner can enter. An existing folder gets these permissions if it is empty.
pub(crate) fn make_folder(folder: &Path) -> Result<(), PkiError> {
    let about = |cause| file_error(folder, cause);
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(|cause| file_error(parent, cause))?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
            // A folder with other files in it may be shared on purpose.
            if fs::read_dir(folder).map_err(about)?.next().is_none() {
                fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(about)?;
            }
            Ok(())
        }
        made => made.map_err(about),
    }
}

/// Waits for the exclusive lock of the folder. Dropping the file releases it.
pub(crate) fn lock(folder: &Path) -> Result<File, PkiError> {
    let held = File::open(folder).and_then(|opened| opened.lock().map(|()| opened));
    held.map_err(|cause| file_error(folder, cause))
}

/// Replaces a file atomically: a crash leaves the old content or the new one. The temporary file is created with the
/// final permissions, so other users can never read a key.
pub(crate) fn replace(file: &Path, text: &str, readers: Readers) -> Result<(), PkiError> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = Path::new(&fresh);
    let put = || -> io::Result<()> {
        // A file left by an interrupted run may have other permissions.
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
        let _ = fs::remove_file(fresh); // it may hold a key
        file_error(file, cause)
    })
}

/// The content of a file; `None` if there is no such file.
pub(crate) fn read_if_there(file: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, PkiError> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(file_error(file, cause)),
    }
}

/// Refuses a key file that other users can read.
pub(crate) fn check_private(file: &Path) -> Result<(), PkiError> {
    let metadata = fs::metadata(file).map_err(|cause| file_error(file, cause))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(PkiError::Exposed(file.to_owned()));
    }
    Ok(())
}

/// A PEM section (RFC 7468). The text is wiped when dropped, because it may be a key.
pub(crate) fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(Base64::encode_string(der));
    // Reserve all space at once: reallocation would leave parts of a key in memory.
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

pub(crate) fn file_error(path: &Path, cause: io::Error) -> PkiError {
    PkiError::File { path: path.to_owned(), cause }
}
