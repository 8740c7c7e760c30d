//! The tree's rows, and reading nodes from them.
//!
//! `81` is the right edge: size, then its hashes. `82 level n` has the hashes of a level's n-th full tile (8 KiB): leaf hashes
//! at level 0, and above it the roots of full tiles of the level below. `83 level index` is one such root, for reading tiles
//! that are not full yet. The hashes of the leaves in the last tile of level 0 are computed from the leaves.

use std::collections::BTreeMap;
use std::io;

use keyrack_inventory::{Fault, Key, Read, Row};
use keyrack_merkle::{Frontier, Hash, Nodes, TILE_WIDTH, Window, leaf_hash, node_in_tile};

use crate::storage::View;

/// Levels of the tree that one level of tiles spans.
pub const TILE_HEIGHT: u8 = 8;
/// The right edge's key.
pub const FRONTIER: [u8; 1] = [0x81];

const WIDTH: u64 = TILE_WIDTH as u64;

/// `82 level number`.
pub fn tile_key(level: u8, number: u64) -> [u8; 10] {
    let mut key = node_key(level, number);
    key[0] = 0x82;
    key
}

/// `83 level index`.
pub fn node_key(level: u8, index: u64) -> [u8; 10] {
    let mut key = [0x83; 10];
    key[1] = level;
    key[2..].copy_from_slice(&index.to_be_bytes());
    key
}

/// Encodes the right edge: size, big-endian, then the hashes, the largest subtree first.
pub fn frontier_out(frontier: &Frontier) -> Vec<u8> {
    let mut bytes = frontier.size().to_be_bytes().to_vec();
    frontier.edge().iter().for_each(|hash| bytes.extend_from_slice(hash));
    bytes
}

/// Loads the right edge, and the hashes of each level's last tile, which is not full. Fails if they contradict each other.
pub fn load(view: &mut View<'_>) -> io::Result<(Frontier, Vec<Vec<Hash>>)> {
    let corrupt = |what: &str| io::Error::other(format!("corrupt tree: {what}"));
    let Some(bytes) = view.raw(&FRONTIER)? else { return Ok((Frontier::new(), vec![Vec::new()])) };
    let (size, edge) = bytes.split_first_chunk::<8>().ok_or_else(|| corrupt("the right edge is too short"))?;
    let (edge, rest) = edge.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(corrupt("the right edge ends in the middle of a hash"));
    }
    let frontier = Frontier::from_parts(u64::from_be_bytes(*size), edge.to_vec()).map_err(|cause| corrupt(&cause.to_string()))?;
    let tile = leaf_hashes(view, frontier.size() / WIDTH * WIDTH, frontier.size()).map_err(io::Error::other)?;
    let mut last = Frontier::new();
    tile.iter().for_each(|hash| last.append(*hash, |_, _, _| {}));
    if !frontier.edge().ends_with(last.edge()) {
        return Err(corrupt("the last leaves contradict the right edge"));
    }
    let mut tiles = vec![tile];
    let mut roots = frontier.size() / WIDTH;
    let mut stored = StoredNodes::new(view, None);
    while roots > 0 {
        let level = tiles.len() as u8;
        tiles.push(if roots.is_multiple_of(WIDTH) {
            Vec::new()
        } else {
            stored.load_roots(level, roots / WIDTH).map_err(io::Error::other)?
        });
        roots /= WIDTH;
    }
    Ok((frontier, tiles))
}

/// Nodes from the rows of one view.
pub struct StoredNodes<'v, 'db> {
    view: &'v mut View<'db>,
    /// The last tiles, which are in memory.
    last: Option<&'v LastTiles>,
    tiles: BTreeMap<(u8, u64), Vec<Hash>>,
}

impl<'v, 'db> StoredNodes<'v, 'db> {
    /// Reads from `view`.
    pub fn new(view: &'v mut View<'db>, last: Option<&'v LastTiles>) -> Self {
        StoredNodes { view, last, tiles: BTreeMap::new() }
    }

    /// The first `width` hashes of a tile; fewer if there are fewer.
    pub fn tile(&mut self, level: u8, number: u64, width: u16) -> Result<Vec<Hash>, Fault> {
        let hashes = self.load(level, number)?;
        Ok(hashes[..hashes.len().min(usize::from(width))].to_vec())
    }

    fn load(&mut self, level: u8, number: u64) -> Result<&[Hash], Fault> {
        let place = (level, number);
        if !self.tiles.contains_key(&place) {
            let hashes = self.load_tile(level, number)?;
            self.tiles.insert(place, hashes);
        }
        Ok(self.tiles.get(&place).map_or(&[], Vec::as_slice))
    }

    fn load_tile(&mut self, level: u8, number: u64) -> Result<Vec<Hash>, Fault> {
        // The last tile of a level is in memory, unless it was filled after this view was taken.
        if let Some(hashes) = self.last.and_then(|last| last.tile(level, number)) {
            return Ok(hashes.to_vec());
        }
        match self.view.raw(&tile_key(level, number)).map_err(storage)? {
            Some(bytes) => Ok(bytes.as_chunks::<32>().0.to_vec()),
            None if level == 0 => leaf_hashes(self.view, number * WIDTH, (number + 1) * WIDTH),
            None => self.load_roots(level, number),
        }
    }

    fn load_roots(&mut self, level: u8, number: u64) -> Result<Vec<Hash>, Fault> {
        let first = node_key(level, number * WIDTH);
        // Keys of one tile differ only in the last byte.
        let rows = self.view.prefixed(&first[..9]).map_err(storage)?;
        rows.iter()
            .map(|(_, value)| {
                value.as_slice().try_into().map_err(|_| Fault::Storage("corrupt tree: a node is not 32 bytes long".into()))
            })
            .collect()
    }
}

/// The last tile of each level, which is not full. At most 8 KiB each.
#[derive(Clone, Default)]
pub struct LastTiles {
    /// The number of leaves in the tree.
    pub size: u64,
    /// The tiles by level.
    pub tiles: Vec<Vec<Hash>>,
}

impl LastTiles {
    fn tile(&self, level: u8, number: u64) -> Option<&[Hash]> {
        let tile = self.tiles.get(usize::from(level))?;
        let last = self.size.checked_shr(u32::from(level + 1) * u32::from(TILE_HEIGHT)).unwrap_or(0);
        (number == last && !tile.is_empty()).then_some(tile.as_slice())
    }
}

/// Where a proof's nodes come from. Memory is tried first, because most proofs are of new leaves.
pub enum Source<'v, 'db> {
    /// Only memory.
    Recent(&'v Window),
    /// The rows, and the last tiles if they are in memory.
    Stored(StoredNodes<'v, 'db>),
}

impl Nodes for Source<'_, '_> {
    type Error = Fault;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Fault> {
        match self {
            Source::Recent(window) => window.get(level, index).ok_or_else(|| Fault::Storage("not among the newest nodes".into())),
            Source::Stored(nodes) => nodes.node(level, index),
        }
    }
}

impl Nodes for StoredNodes<'_, '_> {
    type Error = Fault;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Fault> {
        let height = level % TILE_HEIGHT;
        let first = index << height;
        let (number, offset) = (first / WIDTH, (first % WIDTH) >> height);
        let hashes = self.load(level / TILE_HEIGHT, number)?;
        let node = node_in_tile(hashes, height, offset as usize);
        node.ok_or_else(|| Fault::Storage(format!("corrupt tree: no node {index} at level {level}")))
    }
}

/// The hashes of the existing leaves in `[from, to)`.
fn leaf_hashes(view: &mut View<'_>, from: u64, to: u64) -> Result<Vec<Hash>, Fault> {
    leaves(view, from, to).map(|leaves| leaves.iter().map(|leaf| leaf_hash(leaf)).collect())
}

/// The existing leaves in `[from, to)`.
pub fn leaves(view: &mut View<'_>, from: u64, to: u64) -> Result<Vec<Vec<u8>>, Fault> {
    let mut leaves = Vec::new();
    for index in from..to {
        match view.get(&Key::Leaf(index))? {
            Some(Row::Leaf(bytes)) => leaves.push(bytes.clone()),
            Some(_) => return Err(Fault::Corrupt(Key::Leaf(index), "another kind of row".into())),
            None => break,
        }
    }
    Ok(leaves)
}

fn storage(cause: io::Error) -> Fault {
    Fault::Storage(cause.to_string())
}
