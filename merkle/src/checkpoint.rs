//! Checkpoints (c2sp.org/tlog-checkpoint) and their signatures: the log's own signature (c2sp.org/signed-note) and the
//! cosignatures of witnesses (c2sp.org/tlog-cosignature, `cosignature/v1`).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::text::{decimal, has_control};
use crate::{Hash, KeyKind, NoteKey, Signature, VerifierKey, decode_hash, encode_hash};

/// The state of a log at one size. As a note's text it has three lines: origin, size and root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: one line, not empty.
    pub origin: String,
    /// The number of leaves in the tree.
    pub size: u64,
    /// The tree's root.
    pub root: Hash,
}

/// Why text is not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// A control character other than a newline.
    Control,
    /// The last line has no newline.
    NoFinalNewline,
    /// Fewer than three lines.
    TooFewLines,
    /// A line is empty.
    EmptyLine,
    /// The second line is not a plain decimal of 64 bits.
    Size,
    /// The third line is not the canonical base64 of 32 bytes.
    Root,
}

/// Why a signature is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// Its name or id is not the key's.
    OtherKey,
    /// Not 64 bytes (72 with the time of a cosignature).
    Length(usize),
    /// The time of a cosignature is above 2^63 - 1.
    Time,
    /// The key did not sign this text.
    Invalid,
}

/// The latest time of a cosignature, in seconds since 1970.
const MAX_TIME_S: u64 = i64::MAX as u64;

impl Checkpoint {
    /// Reads a note's text. It may have extension lines; they stay in the note and are not kept here.
    ///
    /// # Errors
    /// [`CheckpointError`]. Strict: apart from extension lines, only the output of [`Checkpoint::body`] is accepted.
    pub fn parse(body: &str) -> Result<Checkpoint, CheckpointError> {
        if has_control(body) {
            return Err(CheckpointError::Control);
        }
        let lines = body.strip_suffix('\n').ok_or(CheckpointError::NoFinalNewline)?;
        if lines.split('\n').any(str::is_empty) {
            return Err(CheckpointError::EmptyLine);
        }
        let mut lines = lines.split('\n');
        let mut next = || lines.next().ok_or(CheckpointError::TooFewLines);
        let (origin, size, root) = (next()?, next()?, next()?);
        let size = decimal(size).ok_or(CheckpointError::Size)?;
        let root = decode_hash(root).ok_or(CheckpointError::Root)?;
        Ok(Checkpoint { origin: origin.into(), size, root })
    }

    /// The text that is signed: three lines.
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, encode_hash(&self.root))
    }

    /// The log's own signature.
    ///
    /// # Panics
    /// If the key is not of kind [`KeyKind::Log`], or the origin is not one line of text.
    pub fn sign(&self, key: &NoteKey) -> Signature {
        assert_eq!(key.verifier().kind(), KeyKind::Log, "a log signs with a log's key");
        let bytes = key.sign(self.signable_body().as_bytes()).to_vec();
        Signature { name: key.verifier().name().into(), key_id: key.verifier().id(), bytes }
    }

    /// A cosignature. It states that at `time` (seconds since 1970) this is the newest checkpoint of the log that the signer
    /// has seen, and that it is consistent with all earlier ones. The caller must have checked this.
    ///
    /// # Panics
    /// If the key is not of kind [`KeyKind::Cosigner`], the origin is not one line of text, or `time` is above 2^63 - 1.
    pub fn cosign(&self, key: &NoteKey, time: u64) -> Signature {
        assert_eq!(key.verifier().kind(), KeyKind::Cosigner, "a witness signs with a cosigner's key");
        assert!(time <= MAX_TIME_S, "a cosignature's time is below 2^63");
        let signature = key.sign(cosigned(&self.signable_body(), time).as_bytes());
        let mut bytes = Vec::with_capacity(8 + 64);
        bytes.extend_from_slice(&time.to_be_bytes());
        bytes.extend_from_slice(&signature);
        Signature { name: key.verifier().name().into(), key_id: key.verifier().id(), bytes }
    }

    /// The body. Panics if a reader would parse another checkpoint from it.
    fn signable_body(&self) -> String {
        assert!(!self.origin.is_empty() && !self.origin.bytes().any(|byte| byte < b' '), "an origin is one line of text");
        self.body()
    }
}

/// Checks one signature line against one key over a checkpoint's body (a note's whole text).
///
/// Returns the time of a cosignature in seconds since 1970; `None` for a log's signature.
///
/// # Errors
/// [`SignatureError`].
pub fn verify_signature(body: &str, signature: &Signature, key: &VerifierKey) -> Result<Option<u64>, SignatureError> {
    if signature.name != key.name() || signature.key_id != key.id() {
        return Err(SignatureError::OtherKey);
    }
    let bytes = signature.bytes.as_slice();
    let length = SignatureError::Length(bytes.len());
    let (time, is_signed) = match key.kind() {
        KeyKind::Log => (None, key.is_signed(body.as_bytes(), bytes.try_into().map_err(|_| length)?)),
        KeyKind::Cosigner => {
            let (time, bytes) = bytes.split_first_chunk::<8>().ok_or(length)?;
            let bytes = bytes.try_into().map_err(|_| length)?;
            let time = u64::from_be_bytes(*time);
            if time > MAX_TIME_S {
                return Err(SignatureError::Time);
            }
            (Some(time), key.is_signed(cosigned(body, time).as_bytes(), bytes))
        }
    };
    if is_signed { Ok(time) } else { Err(SignatureError::Invalid) }
}

/// The text that a cosignature signs.
fn cosigned(body: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{body}")
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CheckpointError::Control => "the checkpoint has a control character other than a newline",
            CheckpointError::NoFinalNewline => "the checkpoint does not end with a newline",
            CheckpointError::TooFewLines => "the checkpoint has fewer than three lines: origin, size and root",
            CheckpointError::EmptyLine => "the checkpoint has an empty line",
            CheckpointError::Size => "the checkpoint's size is not a plain decimal of 64 bits",
            CheckpointError::Root => "the checkpoint's root is not the canonical base64 of 32 bytes",
        })
    }
}

impl core::error::Error for CheckpointError {}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignatureError::OtherKey => f.write_str("the signature has the name or id of another key"),
            SignatureError::Length(len) => write!(f, "a signature of this kind does not have {len} bytes"),
            SignatureError::Time => f.write_str("the cosignature's time is above 2^63 - 1"),
            SignatureError::Invalid => f.write_str("the signature does not verify"),
        }
    }
}

impl core::error::Error for SignatureError {}
