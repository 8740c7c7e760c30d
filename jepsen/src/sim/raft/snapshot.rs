//! Snapshots of a node's rows: every row, encoded by the codec of `proto`, and the edge of the receipts log's tree.

use std::io;

use bytes::{Buf, BufMut, Bytes};
use keyrack_cluster::simulated::{SnapshotMeta, Vote, wire};
use keyrack_inventory::{Key, MemRows, Rows};
use keyrack_merkle::Frontier;
use keyrack_proto::{internal as pb, rows};
use prost::Message;

use crate::saved::{SHARD, Saved};

/// Encodes rows and tree as a snapshot.
pub fn pack(saved: &Saved) -> Bytes {
    let mut out = Vec::new();
    out.put_u64(saved.tree.size());
    saved.tree.edge().iter().for_each(|hash| out.extend_from_slice(hash));
    let (mut name, mut value) = (Vec::new(), Vec::new());
    for (key, row) in saved.rows.iter() {
        name.clear();
        value.clear();
        key.encode(&mut name);
        rows::encode(row, &mut value);
        out.put_u32(name.len() as u32);
        out.extend_from_slice(&name);
        out.put_u32(value.len() as u32);
        out.extend_from_slice(&value);
    }
    out.into()
}

/// Decodes a snapshot. Its position is not in these bytes.
pub fn unpack(bytes: &Bytes) -> io::Result<Saved> {
    let mut rest = bytes.clone();
    let size = rest.try_get_u64().map_err(|_| malformed("snapshot"))?;
    let mut edge = Vec::new();
    for _ in 0..size.count_ones() {
        let hash = take(&mut rest, 32)?;
        edge.push(hash.as_ref().try_into().map_err(|_| malformed("snapshot"))?);
    }
    let tree = Frontier::from_parts(size, edge).map_err(io::Error::other)?;
    let mut read = MemRows::new();
    while rest.has_remaining() {
        let name = take_sized(&mut rest)?;
        let key = Key::decode(&name).map_err(|_| malformed("snapshot: key"))?;
        let value = take_sized(&mut rest)?;
        read.put(key, rows::decode(&key, &value).map_err(io::Error::other)?);
    }
    Ok(Saved { rows: read, tree, position: SnapshotMeta::default() })
}

fn take_sized(rest: &mut Bytes) -> io::Result<Bytes> {
    let length = rest.try_get_u32().map_err(|_| malformed("snapshot"))?;
    take(rest, length as usize)
}

fn take(rest: &mut Bytes, length: usize) -> io::Result<Bytes> {
    if rest.len() < length {
        return Err(malformed("snapshot"));
    }
    Ok(rest.split_to(length))
}

/// The message that sends a snapshot.
pub fn snapshot_message(vote: &Vote, meta: &SnapshotMeta, rows: &Bytes) -> Bytes {
    let manifest = pb::SnapshotManifest { group: SHARD, meta: Some(wire::meta_out(meta)), ..Default::default() };
    let header = pb::SnapshotHeader { vote: Some(wire::vote_out(vote)), manifest: Some(manifest) };
    let mut out = header.encode_length_delimited_to_vec();
    out.extend_from_slice(rows);
    out.into()
}

/// Reads [`snapshot_message`].
pub fn meta_and_rows(mut message: Bytes) -> io::Result<(Vote, SnapshotMeta, Bytes)> {
    let header = pb::SnapshotHeader::decode_length_delimited(&mut message).map_err(|_| malformed("snapshot header"))?;
    let vote = header.vote.map(wire::vote_in).ok_or_else(|| malformed("snapshot header: no vote"))?;
    let meta = header.manifest.and_then(|manifest| manifest.meta).ok_or_else(|| malformed("snapshot header: no position"))?;
    Ok((vote, wire::meta_in(meta)?, message))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed {what}"))
}
