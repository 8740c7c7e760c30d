//! The subset of CBOR (RFC 8949) that leaves and audit records use: unsigned and negative integers, byte and text
//! strings, arrays, maps and null, all of definite and shortest length. Writing is deterministic and reading is strict.

use alloc::vec::Vec;

const UINT: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const NULL: u8 = 0xf6;

/// Why bytes are not valid CBOR of this subset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CborError(pub &'static str);

/// Writes items one after another.
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn with_capacity(bytes: usize) -> Writer {
        Writer(Vec::with_capacity(bytes))
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub fn uint(&mut self, value: u64) {
        self.head(UINT, value);
    }

    pub fn int(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.head(UINT, value),
            // The encoding of a negative n is -1 - n. That never overflows an i64.
            Err(_) => self.head(NEGATIVE, !value as u64),
        }
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.head(BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub fn text(&mut self, value: &str) {
        self.head(TEXT, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
    }

    pub fn array(&mut self, items: usize) {
        self.head(ARRAY, items as u64);
    }

    pub fn map(&mut self, pairs: usize) {
        self.head(MAP, pairs as u64);
    }

    pub fn null(&mut self) {
        self.0.push(NULL);
    }

    fn head(&mut self, major: u8, value: u64) {
        let major = major << 5;
        match value {
            0..=23 => self.0.push(major | value as u8),
            24..=0xff => self.0.extend_from_slice(&[major | 24, value as u8]),
            0x100..=0xffff => {
                self.0.push(major | 25);
                self.0.extend_from_slice(&(value as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend_from_slice(&(value as u32).to_be_bytes());
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend_from_slice(&value.to_be_bytes());
            }
        }
    }
}

/// Reads items one after another.
pub struct Reader<'b>(pub &'b [u8]);

impl<'b> Reader<'b> {
    pub fn uint(&mut self) -> Result<u64, CborError> {
        self.expect(UINT)
    }

    pub fn int(&mut self) -> Result<i64, CborError> {
        let (major, value) = self.head()?;
        let magnitude = i64::try_from(value).map_err(|_| CborError("a number is out of range"))?;
        match major {
            UINT => Ok(magnitude),
            NEGATIVE => Ok(-1 - magnitude),
            _ => Err(CborError("expected a number")),
        }
    }

    pub fn bytes(&mut self) -> Result<&'b [u8], CborError> {
        let length = self.expect(BYTES)?;
        self.take(length)
    }

    pub fn text(&mut self) -> Result<&'b str, CborError> {
        let length = self.expect(TEXT)?;
        core::str::from_utf8(self.take(length)?).map_err(|_| CborError("a text is not UTF-8"))
    }

    /// Reads the number of items that follow. An item has at least one byte, so a length above the remaining bytes is
    /// refused. This bounds the memory that a message can make a reader allocate.
    pub fn array(&mut self) -> Result<usize, CborError> {
        let items = self.expect(ARRAY)?;
        self.bounded(items)
    }

    pub fn map(&mut self) -> Result<usize, CborError> {
        let pairs = self.expect(MAP)?;
        self.bounded(pairs)
    }

    /// Whether an array comes next.
    pub fn array_next(&self) -> bool {
        self.0.first().is_some_and(|byte| byte >> 5 == ARRAY)
    }

    /// Reads a null if it comes next, and returns whether it did.
    pub fn null(&mut self) -> bool {
        let found = self.0.first() == Some(&NULL);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn expect(&mut self, wanted: u8) -> Result<u64, CborError> {
        let (major, value) = self.head()?;
        if major == wanted { Ok(value) } else { Err(CborError("unexpected type of item")) }
    }

    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let (first, rest) = self.0.split_first().ok_or(CborError("unexpected end"))?;
        self.0 = rest;
        let width = match first & 0x1f {
            short @ 0..=23 => return Ok((first >> 5, short.into())),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(CborError("indefinite lengths are not allowed")),
        };
        let value = self.take(width)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        Ok((first >> 5, value))
    }

    fn take(&mut self, length: u64) -> Result<&'b [u8], CborError> {
        let length = usize::try_from(length).ok().filter(|length| *length <= self.0.len());
        let (taken, rest) = self.0.split_at(length.ok_or(CborError("unexpected end"))?);
        self.0 = rest;
        Ok(taken)
    }

    fn bounded(&self, items: u64) -> Result<usize, CborError> {
        let items = usize::try_from(items).ok().filter(|items| *items <= self.0.len());
        items.ok_or(CborError("unexpected end"))
    }
}
