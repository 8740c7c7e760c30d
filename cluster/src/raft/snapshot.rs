//! Builds and keeps the snapshots of one shard.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use keyrack_proto::internal as pb;
use openraft::RaftSnapshotBuilder;
use openraft::alias::SnapshotOf;
use openraft::storage::Snapshot;
use parking_lot::Mutex;

use super::receive_alone::{Alone, ReceivingPlace};
use super::types::{SnapshotMeta, Types};
use super::wire;
use crate::malformed::malformed;
use crate::state::Progress;
use crate::storage::{MANIFEST, RowsDb, SnapshotDir};

/// The folder in which a snapshot is built.
pub const BUILDING: &str = "building";
/// The extension of a folder into which a snapshot is received.
const INCOMING: &str = "incoming";

/// Builds the snapshots of one shard and keeps track of the newest.
#[derive(Clone)]
pub struct SnapshotBuilder {
    shard: u32,
    db: Arc<RowsDb>,
    folder: PathBuf,
    newest: Arc<Mutex<Option<SnapshotDir>>>,
    /// Held while a snapshot is built: all builds use one folder.
    building: Arc<Mutex<()>>,
    /// Held while folders are renamed or removed.
    changing: Arc<Mutex<()>>,
    progress: Arc<Progress>,
    receiving: ReceivingPlace,
}

impl SnapshotBuilder {
    /// Finds the newest complete snapshot in `folder`. Keeps half-received snapshots, removes half-built and damaged ones, and
    /// builds a new one if any was damaged.
    pub fn open(shard: u32, db: Arc<RowsDb>, folder: PathBuf, progress: Arc<Progress>) -> io::Result<SnapshotBuilder> {
        fs::create_dir_all(&folder)?;
        let mut complete: Vec<SnapshotDir> = Vec::new();
        let mut was_damaged = false;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == INCOMING) {
                continue; // half received: the sender can resume it
            }
            if path.file_stem().is_some_and(|name| name == BUILDING) {
                fs::remove_dir_all(&path)?; // half built, or built but not durably renamed before a power failure
                continue;
            }
            match SnapshotDir::open(&path).and_then(|snapshot| meta_of(&snapshot).map(|_| snapshot)) {
                Ok(snapshot) => complete.push(snapshot),
                Err(cause) => {
                    tracing::error!(event = "snapshot_damaged", shard, path = %path.display(), %cause, "a snapshot is damaged and is removed");
                    fs::remove_dir_all(&path)?;
                    was_damaged = true;
                }
            }
        }
        complete.sort_by_key(index_of);
        let newest = Arc::new(Mutex::new(complete.pop()));
        let builder = SnapshotBuilder {
            shard,
            db,
            folder,
            newest,
            building: Arc::default(),
            changing: Arc::default(),
            progress,
            receiving: ReceivingPlace::default(),
        };
        if was_damaged {
            // Raft recorded that a snapshot exists and may have purged its log up to it, so there must always be one.
            builder.build()?;
        }
        Ok(builder)
    }

    /// The rows that snapshots are of.
    pub fn rows(&self) -> Arc<RowsDb> {
        self.db.clone()
    }

    /// The newest snapshot.
    pub fn current(&self) -> io::Result<Option<SnapshotOf<Types, SnapshotDir>>> {
        let newest = self.newest.lock().clone();
        newest.map(|snapshot| Ok(Snapshot { meta: meta_of(&snapshot)?, snapshot })).transpose()
    }

    /// Makes a received snapshot the newest.
    pub fn adopt(&self, snapshot: SnapshotDir) -> io::Result<()> {
        let _changing = self.changing.lock();
        let path = self.folder.join(name_of(&snapshot));
        if path != snapshot.path {
            if path.exists() {
                fs::remove_dir_all(&path)?;
            }
            fs::rename(&snapshot.path, &path)?;
        }
        self.keep(SnapshotDir { path, ..snapshot })
    }

    /// Ends the reception of another snapshot of this shard.
    ///
    /// # Errors
    /// `TimedOut` if it does not end in time.
    pub async fn receive_alone(&self) -> io::Result<Alone> {
        self.receiving.take().await
    }

    /// Makes the folder into which a snapshot is received. It is the same when the snapshot is sent again, and the only one: another
    /// snapshot that was half received is removed.
    pub fn begin_incoming(&self, manifest: &pb::SnapshotManifest) -> io::Result<SnapshotDir> {
        let _changing = self.changing.lock();
        let snapshot = self.incoming(manifest);
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path != snapshot.path && path.extension().is_some_and(|extension| extension == INCOMING) {
                fs::remove_dir_all(&path)?;
            }
        }
        fs::create_dir_all(&snapshot.path)?;
        Ok(snapshot)
    }

    fn incoming(&self, manifest: &pb::SnapshotManifest) -> SnapshotDir {
        let snapshot = SnapshotDir { path: PathBuf::new(), manifest: manifest.clone() };
        let path = self.folder.join(name_of(&snapshot)).with_extension(INCOMING);
        SnapshotDir { path, ..snapshot }
    }

    /// Removes every snapshot that is older than the newest, half-received ones included. A snapshot that is being built or
    /// received now is newer, and stays.
    pub fn keep_only_newest(&self) -> io::Result<()> {
        let _changing = self.changing.lock();
        let Some(newest) = self.newest.lock().as_ref().map(|snapshot| snapshot.path.clone()) else { return Ok(()) };
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            // Names begin with the index as 20 digits, so they sort by index.
            let older = path.file_stem() < newest.file_stem() && path.file_stem().is_some_and(|name| name != BUILDING);
            if older {
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }

    /// Replaces the newest snapshot if one of its files does not match its manifest. Returns whether it was damaged. The new
    /// snapshot is built before the damaged one is removed, because Raft expects to find one at any time.
    pub fn renew_damaged(&self) -> io::Result<bool> {
        let newest = self.newest.lock().clone();
        let Some(damaged) = newest.filter(|snapshot| !snapshot.is_whole()) else { return Ok(false) };
        self.build()?;
        let _changing = self.changing.lock();
        let replaced = self.newest.lock().as_ref().is_some_and(|newest| newest.path != damaged.path);
        if replaced && damaged.path.exists() {
            fs::remove_dir_all(&damaged.path)?;
        }
        Ok(true)
    }

    fn keep(&self, snapshot: SnapshotDir) -> io::Result<()> {
        let kept = snapshot.path.clone();
        let before = {
            let mut newest = self.newest.lock();
            // A snapshot that was received while this one was built may be newer.
            if newest.as_ref().is_some_and(|newest| index_of(newest) > index_of(&snapshot)) {
                return Ok(());
            }
            newest.replace(snapshot)
        };
        // Keep the previous snapshot: a follower may still be receiving it. Also keep one that is being received here: it has
        // its manifest before it is installed.
        let spared = before.map(|snapshot| snapshot.path);
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let arriving = path.extension().is_some_and(|extension| extension == INCOMING);
            if path != kept && Some(&path) != spared.as_ref() && !arriving && path.join(MANIFEST).exists() {
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }

    fn build(&self) -> io::Result<SnapshotOf<Types, SnapshotDir>> {
        let _building = self.building.lock();
        let staging = self.folder.join(BUILDING);
        let shard = self.shard;
        let mut built = self.db.export(shard, &staging, |applied| {
            let meta = applied.map(wire::applied_in).transpose()?.unwrap_or_default();
            Ok(pb::SnapshotManifest { group: shard, meta: Some(wire::meta_out(&meta)), ..Default::default() })
        })?;
        let _changing = self.changing.lock();
        let path = self.folder.join(name_of(&built));
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::rename(&staging, &path)?;
        fs::File::open(&self.folder)?.sync_all()?;
        built.path = path;
        self.keep(built.clone())?;
        self.progress.built.fetch_add(1, Ordering::Relaxed);
        Ok(Snapshot { meta: meta_of(&built)?, snapshot: built })
    }
}

impl RaftSnapshotBuilder<Types> for SnapshotBuilder {
    type SnapshotData = SnapshotDir;

    async fn build_snapshot(&mut self) -> io::Result<SnapshotOf<Types, SnapshotDir>> {
        let builder = self.clone();
        tokio::task::spawn_blocking(move || builder.build()).await.map_err(io::Error::other)?
    }
}

/// A snapshot's position and membership, as Raft needs them.
pub fn meta_of(snapshot: &SnapshotDir) -> io::Result<SnapshotMeta> {
    wire::meta_in(snapshot.manifest.meta.clone().ok_or_else(|| malformed("manifest: no position"))?)
}

fn index_of(snapshot: &SnapshotDir) -> u64 {
    snapshot.manifest.meta.as_ref().and_then(|meta| meta.last.as_ref()).map_or(0, |last| last.index)
}

fn name_of(snapshot: &SnapshotDir) -> String {
    let term = snapshot.manifest.meta.as_ref().and_then(|meta| meta.last.as_ref()).map_or(0, |last| last.term);
    format!("{:020}-{term}", index_of(snapshot))
}
