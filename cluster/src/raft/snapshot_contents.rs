//! What a replica checks in the rows of a received snapshot, before they replace its own.

use std::io;

use keyrack_merkle::root_at;

use super::group::Group;
use super::snapshot::meta_of;
use super::types::SnapshotMeta;
use super::wire;
use crate::directory;
use crate::malformed::malformed;
use crate::receipts::{Head, StoredNodes};
use crate::storage::{SnapshotDir, View};

impl Group {
    /// Checks that the rows are of the position that the snapshot was announced with, and that their tree continues this replica's own.
    ///
    /// # Errors
    /// `InvalidData` if not.
    pub(super) async fn check_contents(&self, snapshot: &SnapshotDir) -> io::Result<()> {
        let shard = self.replica().shard;
        let (rows, snapshot, meta) = (self.snapshots.rows(), snapshot.clone(), meta_of(snapshot)?);
        let own = (shard != directory::SHARD).then(|| self.progress().heads.newest());
        let check = move || rows.inspect(shard, &snapshot, |view| check_rows(view, &meta, own))?;
        tokio::task::spawn_blocking(check).await.map_err(io::Error::other)?
    }
}

fn check_rows(view: &mut View<'_>, meta: &SnapshotMeta, own: Option<Head>) -> io::Result<()> {
    let applied = view.applied()?.map(|bytes| wire::applied_in(&bytes)).transpose()?.unwrap_or_default();
    if applied != *meta {
        return Err(malformed("snapshot: its rows are of another position than it was announced with"));
    }
    let Some(own) = own else { return Ok(()) };
    let root = root_at(&mut StoredNodes::new(view, None), own.size);
    match root {
        Ok(root) if root == own.root => Ok(()),
        _ => Err(malformed(&format!("snapshot: its receipts log does not continue the {} leaves that this node has", own.size))),
    }
}
