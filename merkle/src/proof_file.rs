//! Proof files (c2sp.org/tlog-proof@v1, `*.tlog-proof`): an inclusion proof and the checkpoint that it leads to.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use crate::text::{base64, decimal};
use crate::{Checkpoint, CheckpointError, Hash, Note, NoteError, decode_hash, encode_hash};

/// The most hashes an inclusion proof has: trees have fewer than 2^64 leaves.
pub const MAX_PROOF_HASHES: usize = 64;
/// The longest proof file that is read, in bytes.
pub const MAX_PROOF_FILE_BYTES: usize = 2 << 20;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The contents of a proof file. They are not verified yet: see [`verify_receipt`](crate::verify_receipt).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// The application's own data. It is neither signed nor hashed, so do not trust it.
    pub extra: Option<Vec<u8>>,
    /// The leaf's index in the log, from 0.
    pub index: u64,
    /// The inclusion proof, the leaf's sibling first; at most [`MAX_PROOF_HASHES`].
    pub hashes: Vec<Hash>,
    /// The log's checkpoint with its signatures. [`Checkpoint::parse`] accepts its text.
    pub checkpoint: Note,
}

/// Why text is not a proof file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofFileError {
    /// More than [`MAX_PROOF_FILE_BYTES`].
    TooLong,
    /// The first line is not `c2sp.org/tlog-proof@v1`.
    Header,
    /// The `extra` line is not canonical base64.
    Extra,
    /// The `index` line is missing, or its value is not a plain decimal of 64 bits.
    Index,
    /// A line of the proof is not the canonical base64 of 32 bytes.
    Hash {
        /// The line of the file, from 1.
        line: usize,
    },
    /// More than [`MAX_PROOF_HASHES`].
    TooManyHashes,
    /// No blank line after the proof.
    NoCheckpoint,
    /// The checkpoint is not a signed note.
    Note(NoteError),
    /// The note is not a checkpoint.
    Checkpoint(CheckpointError),
}

impl ProofFile {
    /// Reads a proof file.
    ///
    /// # Errors
    /// [`ProofFileError`]. Strict: only the output of `Display` is accepted, byte for byte.
    pub fn parse(text: &str) -> Result<ProofFile, ProofFileError> {
        if text.len() > MAX_PROOF_FILE_BYTES {
            return Err(ProofFileError::TooLong);
        }
        // The head has no blank line, so the first blank line ends it.
        let (head, note) = text.split_once("\n\n").ok_or(ProofFileError::NoCheckpoint)?;
        let mut lines = head.split('\n').zip(1..).peekable();
        if lines.next().is_none_or(|(line, _)| line != HEADER) {
            return Err(ProofFileError::Header);
        }
        let extra = match lines.next_if(|(line, _)| line.starts_with("extra ")) {
            Some((line, _)) => Some(base64(&line["extra ".len()..]).ok_or(ProofFileError::Extra)?),
            None => None,
        };
        let index = lines.next().and_then(|(line, _)| decimal(line.strip_prefix("index ")?)).ok_or(ProofFileError::Index)?;
        let hashes = parse_hashes(lines)?;
        let checkpoint = Note::parse(note).map_err(ProofFileError::Note)?;
        Checkpoint::parse(&checkpoint.text).map_err(ProofFileError::Checkpoint)?;
        Ok(ProofFile { extra, index, hashes, checkpoint })
    }
}

fn parse_hashes<'a>(lines: impl Iterator<Item = (&'a str, usize)>) -> Result<Vec<Hash>, ProofFileError> {
    let mut hashes = Vec::new();
    for (text, line) in lines {
        if hashes.len() == MAX_PROOF_HASHES {
            return Err(ProofFileError::TooManyHashes);
        }
        hashes.push(decode_hash(text).ok_or(ProofFileError::Hash { line })?);
    }
    Ok(hashes)
}

impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            let encoded: String = Base64::encode_string(extra);
            writeln!(f, "extra {encoded}")?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", encode_hash(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl fmt::Display for ProofFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProofFileError::TooLong => write!(f, "the proof file has more than {MAX_PROOF_FILE_BYTES} bytes"),
            ProofFileError::Header => write!(f, "the first line is not {HEADER}"),
            ProofFileError::Extra => f.write_str("the extra line is not canonical base64"),
            ProofFileError::Index => f.write_str("there is no index line with a plain decimal of 64 bits"),
            ProofFileError::Hash { line } => write!(f, "line {line} is not the canonical base64 of a hash"),
            ProofFileError::TooManyHashes => write!(f, "the proof has more than {MAX_PROOF_HASHES} hashes"),
            ProofFileError::NoCheckpoint => f.write_str("there is no blank line with a checkpoint after it"),
            ProofFileError::Note(error) => write!(f, "the checkpoint: {error}"),
            ProofFileError::Checkpoint(error) => write!(f, "the checkpoint: {error}"),
        }
    }
}

impl core::error::Error for ProofFileError {}
