//! The encoding of state files: fixed-width little-endian numbers; a length precedes each list and text.

use crate::messages::audit::Damaged;

/// Writes items one after another.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

/// Reads items one after another.
pub struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Writer {
    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Writes the number of items that follow.
    pub fn count(&mut self, items: usize) {
        self.u64(items as u64);
    }

    pub fn fixed(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn text(&mut self, text: &str) {
        self.count(text.len());
        self.fixed(text.as_bytes());
    }
}

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8]) -> Reader<'b> {
        Reader { bytes, at: 0 }
    }

    pub fn u32(&mut self) -> Result<u32, Damaged> {
        Ok(u32::from_le_bytes(self.fixed()?))
    }

    pub fn u64(&mut self) -> Result<u64, Damaged> {
        Ok(u64::from_le_bytes(self.fixed()?))
    }

    /// Reads the number of items that follow. Each has at least `item_bytes`, so a damaged length cannot require more memory
    /// than the file has bytes.
    pub fn count(&mut self, item_bytes: usize) -> Result<usize, Damaged> {
        let left = self.bytes.len() - self.at;
        let items = usize::try_from(self.u64()?).ok();
        let fits = |items: &usize| items.checked_mul(item_bytes).is_some_and(|bytes| bytes <= left);
        items.filter(fits).ok_or_else(|| self.damaged())
    }

    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        self.take(N)?.try_into().map_err(|_| self.damaged())
    }

    pub fn text(&mut self) -> Result<String, Damaged> {
        let length = self.count(1)?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.damaged())
    }

    /// Reads the place of a value in a list.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> Result<T, Damaged> {
        let place = self.u32()? as usize;
        all.get(place).copied().ok_or_else(|| self.damaged())
    }

    /// Checks that all bytes were read.
    pub fn end(&self) -> Result<(), Damaged> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.damaged()) }
    }

    pub fn damaged(&self) -> Damaged {
        Damaged(self.at)
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Damaged> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len()).ok_or_else(|| self.damaged())?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }
}
