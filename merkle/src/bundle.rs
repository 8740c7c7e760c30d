//! Entry bundles (c2sp.org/tlog-tiles, "Log entries"): the data of up to 256 leaves, each preceded by its length.

use alloc::vec::Vec;
use core::fmt;

use crate::TILE_WIDTH;

/// An entry of more than 65535 bytes, which no bundle can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryTooLong {
    /// Its position among the entries, from 0.
    pub position: usize,
    /// Its length in bytes.
    pub len: usize,
}

/// Why bytes are not a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleError {
    /// They end within an entry or its length.
    Truncated {
        /// The entry's position, from 0.
        position: usize,
    },
    /// More than 256 entries.
    TooMany,
}

/// Appends the entries to `out`: each as its length (16 bits, big-endian) and its bytes.
///
/// # Errors
/// [`EntryTooLong`]; `out` is then unchanged.
///
/// # Panics
/// With more than [`TILE_WIDTH`] entries.
pub fn encode_bundle(entries: &[impl AsRef<[u8]>], out: &mut Vec<u8>) -> Result<(), EntryTooLong> {
    assert!(entries.len() <= usize::from(TILE_WIDTH), "a bundle has at most 256 entries");
    let mut total = 0;
    for (position, entry) in entries.iter().enumerate() {
        let len = entry.as_ref().len();
        if len > usize::from(u16::MAX) {
            return Err(EntryTooLong { position, len });
        }
        total += 2 + len;
    }
    out.reserve(total);
    for entry in entries {
        let bytes = entry.as_ref();
        out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
        out.extend_from_slice(bytes);
    }
    Ok(())
}

/// The entries of a bundle, as slices of it.
///
/// # Errors
/// [`BundleError`]. The format does not state the number of entries: compare it with the bundle's width.
pub fn decode_bundle(bytes: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if entries.len() == usize::from(TILE_WIDTH) {
            return Err(BundleError::TooMany);
        }
        let truncated = BundleError::Truncated { position: entries.len() };
        let (len, after) = rest.split_first_chunk::<2>().ok_or(truncated)?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len))).ok_or(truncated)?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

impl fmt::Display for EntryTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} has {} bytes; an entry of a bundle has at most 65535", self.position, self.len)
    }
}

impl core::error::Error for EntryTooLong {}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BundleError::Truncated { position } => write!(f, "the bundle ends within entry {position}"),
            BundleError::TooMany => f.write_str("the bundle has more than 256 entries"),
        }
    }
}

impl core::error::Error for BundleError {}
