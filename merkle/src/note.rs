//! Signed notes (c2sp.org/signed-note): a text, a blank line, and signature lines.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use crate::text::{base64, has_control, is_key_name};

/// The most signatures a note may have. The format requires at least 16.
pub const MAX_SIGNATURES: usize = 64;
/// The longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// One signature line: `— <name> base64(key id || bytes)`. It is not verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub key_id: u32,
    /// The bytes after the id, at least one. Their form depends on the kind of the key.
    pub bytes: Vec<u8>,
}

/// A text with signatures. They are not verified yet: see [`verify_signature`](crate::verify_signature) and
/// [`Policy::check`](crate::Policy::check).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The signed text, with its final newline.
    pub text: String,
    /// The signatures in the order of the text; 1..=[`MAX_SIGNATURES`].
    pub signatures: Vec<Signature>,
}

/// Why text is not a signed note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteError {
    /// More than [`MAX_NOTE_BYTES`].
    TooLong,
    /// A control character other than a newline (a carriage return or a tab, for example).
    Control,
    /// The last line has no newline.
    NoFinalNewline,
    /// No blank line with signatures after it.
    NoSignatures,
    /// More than [`MAX_SIGNATURES`].
    TooManySignatures,
    /// A line after the last blank line is not a signature.
    Signature {
        /// The number of the signature line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: SignatureLineError,
    },
}

/// Why a line is not a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureLineError {
    /// Not an em dash (U+2014), a space, a name, a space and base64.
    Shape,
    /// The name is empty or has a space, a plus or a control character.
    Name,
    /// The signature is not canonical base64.
    Base64,
    /// No byte after the key's id.
    Length,
}

impl Signature {
    /// Reads one signature line, with or without its newline, so that it accepts the items of `str::lines`.
    ///
    /// # Errors
    /// [`SignatureLineError`]. Strict apart from the newline: only the output of `Display` is accepted.
    pub fn parse_line(line: &str) -> Result<Signature, SignatureLineError> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let rest = line.strip_prefix("— ").ok_or(SignatureLineError::Shape)?;
        let (name, encoded) = rest.split_once(' ').ok_or(SignatureLineError::Shape)?;
        if !is_key_name(name) {
            return Err(SignatureLineError::Name);
        }
        let bytes = base64(encoded).ok_or(SignatureLineError::Base64)?;
        match bytes.split_first_chunk::<4>() {
            Some((id, rest)) if !rest.is_empty() => {
                Ok(Signature { name: name.into(), key_id: u32::from_be_bytes(*id), bytes: rest.into() })
            }
            _ => Err(SignatureLineError::Length),
        }
    }
}

impl fmt::Display for Signature {
    /// Writes the line with its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(4 + self.bytes.len());
        bytes.extend_from_slice(&self.key_id.to_be_bytes());
        bytes.extend_from_slice(&self.bytes);
        writeln!(f, "— {} {}", self.name, Base64::encode_string(&bytes))
    }
}

impl Note {
    /// Reads a note. The text ends at the last blank line.
    ///
    /// # Errors
    /// [`NoteError`]. Strict: only the output of `Display` is accepted, byte for byte.
    pub fn parse(text: &str) -> Result<Note, NoteError> {
        if text.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        if has_control(text) {
            return Err(NoteError::Control);
        }
        let blank = text.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (signed, lines) = (&text[..=blank], &text[blank + 2..]);
        if lines.is_empty() {
            return Err(NoteError::NoSignatures);
        }
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoFinalNewline)?;
        if lines.split('\n').nth(MAX_SIGNATURES).is_some() {
            return Err(NoteError::TooManySignatures);
        }
        let numbered = lines.split('\n').zip(1..);
        let signatures = numbered
            .map(|(text, line)| Signature::parse_line(text).map_err(|reason| NoteError::Signature { line, reason }))
            .collect::<Result<_, _>>()?;
        Ok(Note { text: signed.into(), signatures })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| signature.fmt(f))
    }
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoteError::TooLong => write!(f, "the note has more than {MAX_NOTE_BYTES} bytes"),
            NoteError::Control => f.write_str("the note has a control character other than a newline"),
            NoteError::NoFinalNewline => f.write_str("the note does not end with a newline"),
            NoteError::NoSignatures => f.write_str("the note has no blank line with signatures after it"),
            NoteError::TooManySignatures => write!(f, "the note has more than {MAX_SIGNATURES} signatures"),
            NoteError::Signature { line, reason } => write!(f, "signature line {line}: {reason}"),
        }
    }
}

impl core::error::Error for NoteError {}

impl fmt::Display for SignatureLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SignatureLineError::Shape => "a signature line is an em dash, a name and base64, with single spaces",
            SignatureLineError::Name => "the key's name is empty or has a space, a plus or a control character",
            SignatureLineError::Base64 => "the signature is not canonical base64",
            SignatureLineError::Length => "the signature has no bytes after the key's id",
        })
    }
}

impl core::error::Error for SignatureLineError {}
