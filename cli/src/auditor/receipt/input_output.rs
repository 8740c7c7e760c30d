//! Files, standard input and standard output of the receipt commands.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::file::MAX_FILE_BYTES;
use crate::messages::files::{AccessError, hints, written};
use crate::output::{note, say};

/// The bytes of a file, or of standard input for `-`. Reads at most one byte more than the limit, so that the parser
/// notices a file that is too long.
pub fn read_file(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES as u64 + 1;
    let done = if file == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        fs::File::open(file).and_then(|open| open.take(limit).read_to_end(&mut bytes))
    };
    done.map_err(|cause| AccessError::Read { path: file.to_owned(), cause, hint: hints::RECEIPT })?;
    Ok(bytes)
}

/// Writes to a file, or to standard output without one.
pub fn write(out: Option<&Path>, text: &str, what: &str) -> anyhow::Result<()> {
    match out {
        Some(file) => {
            fs::write(file, text).map_err(|cause| AccessError::Write { path: file.to_owned(), cause })?;
            note(written(what, file));
        }
        None => say(text)?,
    }
    Ok(())
}
