//! `SHA256SUMS`: the checksums of the files that a verdict is based on, in the format of `sha256sum --check`. A history that
//! was cut between two lines is still well-formed; only the checksum shows that it has changed.

use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

const NAME: &str = "SHA256SUMS";
const FILES: [&str; 4] = ["scene.json", "history.jsonl", "faults.jsonl", "finale.json"];

/// Writes the checksums of a run's folder.
pub(super) fn write(folder: &Path) -> Result<()> {
    let lines = FILES.iter().map(|file| Ok(format!("{}  {file}\n", file_sha256(&folder.join(file))?)));
    let text: String = lines.collect::<Result<_>>()?;
    let path = folder.join(NAME);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The files that have changed since the run; `SHA256SUMS` itself if it is missing.
///
/// # Errors
/// When a file cannot be read.
pub fn changed_files(folder: &Path) -> Result<Vec<&'static str>> {
    let path = folder.join(NAME);
    if !path.exists() {
        return Ok(vec![NAME]);
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut changed = Vec::new();
    for file in FILES {
        let line = format!("{}  {file}", file_sha256(&folder.join(file))?);
        if !text.lines().any(|written| written == line) {
            changed.push(file);
        }
    }
    Ok(changed)
}

/// A file's SHA-256, hexadecimal.
///
/// # Errors
/// When it cannot be read.
pub fn file_sha256(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(base16ct::lower::encode_string(&Sha256::digest(&bytes)))
}
