//! Tiles (c2sp.org/tlog-tiles): the tree as immutable files of up to 256 hashes, and their paths.

use alloc::format;
use core::fmt;

use crate::text::decimal;
use crate::{Hash, node_hash};

/// The number of hashes in a full tile and of entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// The tile or bundle that a path names.
///
/// [`Resource::parse`] ensures `level <= 63`, `1 <= width <= 256` and a first leaf with a 64-bit number. A value built without
/// `parse` should satisfy the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `tile/<L>/<N>[.p/<W>]`: hash `i` covers leaves `(n * 256 + i) * 256^l .. (n * 256 + i + 1) * 256^l`.
    Hashes {
        /// The tile's level, 0..=63. One tile level is 8 levels of the tree.
        level: u8,
        /// The tile's index in its level.
        index: u64,
        /// The number of hashes, 1..=256; a tile with fewer than 256 is partial.
        width: u16,
    },
    /// `tile/entries/<N>[.p/<W>]`: the leaves' data, see [`encode_bundle`](crate::encode_bundle).
    Entries {
        /// The bundle's index.
        index: u64,
        /// The number of entries, 1..=256; a bundle with fewer than 256 is partial.
        width: u16,
    },
}

/// Why a path does not name a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// Not `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
    Shape,
    /// The level is not a plain decimal of 0 to 63.
    Level,
    /// The index is not in groups of three digits, all but the last with an `x`, without a leading `x000`.
    Index,
    /// The width of a partial tile is not a plain decimal of 1 to 255.
    Width,
    /// The tile starts after leaf 2^64.
    OutOfRange,
}

impl Resource {
    /// Reads a path, without a leading slash and without the log's prefix: `tile/0/x001/234.p/7`, `tile/entries/000`.
    ///
    /// Strict: every resource has exactly one path, the output of `Display`.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn parse(path: &str) -> Result<Resource, PathError> {
        let rest = path.strip_prefix("tile/").ok_or(PathError::Shape)?;
        let (kind, rest) = rest.split_once('/').ok_or(PathError::Shape)?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, parse_width(width)?),
            None => (rest, TILE_WIDTH),
        };
        let index = parse_index(index)?;
        if kind == "entries" {
            starts_in_range(0, index)?;
            return Ok(Resource::Entries { index, width });
        }
        let level = decimal(kind).filter(|level| *level <= 63).ok_or(PathError::Level)? as u8;
        starts_in_range(level, index)?;
        Ok(Resource::Hashes { level, index, width })
    }

    /// Whether this resource has fewer than 256 hashes or entries.
    pub fn is_partial(&self) -> bool {
        let (Resource::Hashes { width, .. } | Resource::Entries { width, .. }) = *self;
        width < TILE_WIDTH
    }

    /// The first leaf that it covers; `u64::MAX` if that number does not fit in 64 bits.
    pub fn start(&self) -> u64 {
        let (level, index) = self.place();
        start(level, index).unwrap_or(u64::MAX)
    }

    /// Whether a tree of `size` leaves has all of its hashes or entries. Only then can a log serve it.
    pub fn is_in(&self, size: u64) -> bool {
        let (level, index) = self.place();
        let (Resource::Hashes { width, .. } | Resource::Entries { width, .. }) = *self;
        let complete_nodes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let end = index.checked_mul(u64::from(TILE_WIDTH)).and_then(|first| first.checked_add(u64::from(width)));
        end.is_some_and(|end| end <= complete_nodes)
    }

    fn place(&self) -> (u8, u64) {
        match *self {
            Resource::Hashes { level, index, .. } => (level, index),
            Resource::Entries { index, .. } => (0, index),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match *self {
            Resource::Hashes { level, index, width } => {
                write!(f, "tile/{level}/")?;
                (index, width)
            }
            Resource::Entries { index, width } => {
                f.write_str("tile/entries/")?;
                (index, width)
            }
        };
        // 64 bits have at most 20 digits, which are 7 groups.
        let digits = format!("{index:021}");
        let first_group = (digits.bytes().take_while(|digit| *digit == b'0').count() / 3).min(6);
        for group in first_group..6 {
            write!(f, "x{}/", &digits[group * 3..group * 3 + 3])?;
        }
        f.write_str(&digits[18..])?;
        if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

/// The root of `hashes[offset << height .. (offset + 1) << height]`: a node of a level that tiles do not store.
///
/// With the hashes of a level-l tile this is node `(index of the tile * 256 >> height) + offset` of level
/// `8 * l + height`. `None` if any of those hashes is missing.
pub fn node_in_tile(hashes: &[Hash], height: u8, offset: usize) -> Option<Hash> {
    let wide = 1usize.checked_shl(u32::from(height))?;
    let start = offset.checked_mul(wide)?;
    Some(subtree(hashes.get(start..start.checked_add(wide)?)?))
}

/// The root of `hashes`, whose number is a power of two.
fn subtree(hashes: &[Hash]) -> Hash {
    match hashes {
        [only] => *only,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&subtree(left), &subtree(right))
        }
    }
}

fn parse_width(text: &str) -> Result<u16, PathError> {
    decimal(text).filter(|width| (1..256).contains(width)).map(|width| width as u16).ok_or(PathError::Width)
}

fn parse_index(text: &str) -> Result<u64, PathError> {
    let mut index = 0u64;
    let mut groups = text.split('/').peekable();
    let mut is_first = true;
    while let Some(group) = groups.next() {
        let is_last = groups.peek().is_none();
        let digits = if is_last { Some(group) } else { group.strip_prefix('x') }.ok_or(PathError::Index)?;
        if digits.len() != 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(PathError::Index);
        }
        if is_first && !is_last && digits == "000" {
            return Err(PathError::Index);
        }
        let value: u64 = digits.parse().map_err(|_| PathError::Index)?;
        index = index.checked_mul(1000).and_then(|index| index.checked_add(value)).ok_or(PathError::OutOfRange)?;
        is_first = false;
    }
    Ok(index)
}

fn starts_in_range(level: u8, index: u64) -> Result<(), PathError> {
    start(level, index).map(|_| ()).ok_or(PathError::OutOfRange)
}

fn start(level: u8, index: u64) -> Option<u64> {
    let shift = 8 * (u32::from(level) + 1);
    match index {
        0 => Some(0),
        _ if shift <= index.leading_zeros() => Some(index << shift),
        _ => None,
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PathError::Shape => "the path is not tile/<level>/<index> or tile/entries/<index>",
            PathError::Level => "the level is not a plain decimal of 0 to 63",
            PathError::Index => "the index is not in groups of three digits, all but the last with an x",
            PathError::Width => "the width is not a plain decimal of 1 to 255",
            PathError::OutOfRange => "the number of the tile's first leaf exceeds 64 bits",
        })
    }
}

impl core::error::Error for PathError {}
