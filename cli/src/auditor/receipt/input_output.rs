//! Files, standard input and standard output of the receipt commands.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;

use super::file::MAX_FILE_BYTES;
use crate::output::say;

/// The bytes of a file, or of standard input for `-`. Reads one byte more than the limit at most, so that a file that is
/// too long is noticed.
pub fn read_file(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES as u64 + 1;
    let done = if file == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        fs::File::open(file).and_then(|open| open.take(limit).read_to_end(&mut bytes))
    };
    done.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes)
}

/// Writes to a file, or to standard output without one.
pub fn write(out: Option<&Path>, text: &str, what: &str) -> anyhow::Result<()> {
    match out {
        Some(file) => {
            fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
            eprintln!("{what} written to {}", file.display());
        }
        None => say(text)?,
    }
    Ok(())
}
