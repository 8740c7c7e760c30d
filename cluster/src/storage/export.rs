//! Exports a shard's column family as hard-linked files with a manifest, and imports them. The shard is never held in memory.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use keyrack_proto::internal::{SnapshotFile, SnapshotManifest};
use prost::Message;
use rocksdb::checkpoint::Checkpoint;
use rocksdb::{ExportImportFilesMetaData, ImportColumnFamilyOptions, LiveFile};
use sha2::{Digest, Sha256};

use super::durable::write_durably;
use super::error::{damaged, io_error};
use super::family::{cf_name, generation, inspected_name};
use super::rows_db::RowsDb;
use super::view::View;
use crate::malformed::malformed;

/// The manifest's file name.
pub const MANIFEST: &str = "MANIFEST.keyrack";

/// Precedes the SHA-256 at the end of a manifest: the tag of a 32-byte field that the message does not define. An older Keyrack
/// skips the field. Manifests without it are accepted.
const CHECK: [u8; 2] = [0x7a, 32];
const CHECKED: usize = CHECK.len() + 32;

/// A folder with a shard's files and their manifest.
#[derive(Clone, Debug)]
pub struct SnapshotDir {
    /// The folder.
    pub path: PathBuf,
    /// The files in it, and their log position.
    pub manifest: SnapshotManifest,
}

impl SnapshotDir {
    /// Opens a complete snapshot folder.
    pub fn open(path: &Path) -> io::Result<SnapshotDir> {
        let bytes = fs::read(path.join(MANIFEST))?;
        let manifest = checked(&bytes).ok_or_else(|| damaged(format!("{MANIFEST}: its check is wrong")))?;
        let manifest = SnapshotManifest::decode(manifest).map_err(|cause| damaged(format!("{MANIFEST}: {cause}")))?;
        Ok(SnapshotDir { path: path.into(), manifest })
    }

    /// Writes the manifest, which makes the folder complete. A folder without a manifest is incomplete.
    pub fn seal(&self) -> io::Result<()> {
        write_durably(&self.path, MANIFEST, &with_check(self.manifest.encode_to_vec()))
    }

    /// Whether a file exists with the size and SHA-256 in the manifest.
    pub fn has(&self, file: &SnapshotFile) -> bool {
        let path = self.path.join(file_name(file));
        path.metadata().is_ok_and(|meta| meta.len() == file.size) && sha256(&path).is_ok_and(|sum| sum == file.sha256)
    }

    /// Removes a damaged file.
    pub fn remove(&self, file: &SnapshotFile) {
        // If it stays, it is written again.
        let _ = fs::remove_file(self.path.join(file_name(file)));
    }

    /// Whether all files of the manifest are intact.
    pub fn is_whole(&self) -> bool {
        self.manifest.files.iter().all(|file| self.has(file))
    }

    /// Opens a file of the snapshot for reading, or empties it for writing.
    pub fn file(&self, file: &SnapshotFile, write: bool) -> io::Result<File> {
        let path = self.path.join(file_name(file));
        if write { File::create(path) } else { File::open(path) }
    }
}

fn with_check(mut manifest: Vec<u8>) -> Vec<u8> {
    let sum = Sha256::digest(&manifest);
    manifest.extend_from_slice(&CHECK);
    manifest.extend_from_slice(&sum);
    manifest
}

/// The manifest without its check. `None` if the check does not match.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let Some((manifest, check)) = bytes.split_last_chunk::<CHECKED>() else { return Some(bytes) };
    match check.strip_prefix(&CHECK) {
        Some(sum) => (Sha256::digest(manifest).as_slice() == sum).then_some(manifest),
        None => Some(bytes),
    }
}

impl RowsDb {
    /// Exports a shard into the new folder `path`. `manifest` makes the manifest's head from the exported position. Most rows
    /// are flushed before the lock is taken, so writers wait only for the rest and the links.
    pub fn export(
        &self,
        shard: u32,
        path: &Path,
        manifest: impl FnOnce(Option<&[u8]>) -> io::Result<SnapshotManifest>,
    ) -> io::Result<SnapshotDir> {
        // RocksDB first exports to the `.tmp` folder, and fails if a crash left one.
        for old in [path.to_owned(), path.with_extension("tmp")] {
            if old.exists() {
                fs::remove_dir_all(old)?;
            }
        }
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        self.flush_whole(shard)?;
        let (applied, exported) = {
            let _gate = self.shard(shard)?.gate.lock();
            // Look the family up under the lock: installing a snapshot replaces it.
            let family = self.family(shard)?;
            let applied = self.applied(shard)?;
            let exported = Checkpoint::new(&self.db).and_then(|c| c.export_column_family(&family, path)).map_err(io_error)?;
            (applied, exported)
        };
        let mut manifest = manifest(applied.as_deref())?;
        manifest.comparator = exported.get_db_comparator_name();
        manifest.files = exported.get_files().iter().map(|file| describe(path, file)).collect::<io::Result<_>>()?;
        let snapshot = SnapshotDir { path: path.into(), manifest };
        snapshot.seal()?;
        Ok(snapshot)
    }

    /// Flushes a shard. If a snapshot replaced its column family during the flush, flushes the new one.
    pub(super) fn flush_whole(&self, shard: u32) -> io::Result<()> {
        loop {
            let before = self.shard(shard)?.name.read().clone();
            let flushed = self.family(shard).and_then(|family| self.db.flush_cf(&family).map_err(io_error));
            if flushed.is_ok() || before == *self.shard(shard)?.name.read() {
                return flushed;
            }
        }
    }

    /// Replaces a shard by a snapshot. The snapshot's folder is not changed.
    pub fn import(&self, shard: u32, snapshot: &SnapshotDir) -> io::Result<()> {
        let state = self.shard(shard)?;
        let _gate = state.gate.lock();
        let old = state.name.read().clone();
        let generation = generation(&old, shard).ok_or_else(|| io::Error::other(format!("{old} is no name of shard {shard}")))?;
        let new = cf_name(shard, generation + 1);
        self.import_as(&new, snapshot)?;
        *state.name.write() = new;
        self.db.drop_cf(&old).map_err(io_error)
    }

    /// Calls `read` with a view of a snapshot's rows, which are imported beside the shard's own for that time. The snapshot's folder is
    /// not changed.
    pub fn inspect<T>(&self, shard: u32, snapshot: &SnapshotDir, read: impl FnOnce(&mut View<'_>) -> T) -> io::Result<T> {
        let _inspected = self.shard(shard)?.inspected.lock();
        let name = inspected_name(shard);
        // An inspection that was interrupted may have left it.
        if self.db.cf_handle(&name).is_some() {
            self.db.drop_cf(&name).map_err(io_error)?;
        }
        self.import_as(&name, snapshot)?;
        let family = self.db.cf_handle(&name).ok_or_else(|| io::Error::other(format!("no column family {name}")))?;
        let read = read(&mut View::new(&self.db, family));
        self.db.drop_cf(&name).map_err(io_error)?;
        Ok(read)
    }

    fn import_as(&self, name: &str, snapshot: &SnapshotDir) -> io::Result<()> {
        let staging = snapshot.path.with_extension("import");
        if staging.exists() {
            fs::remove_dir_all(&staging)?;
        }
        fs::create_dir_all(&staging)?;
        // RocksDB moves the files that it imports, so it gets separate links.
        for file in &snapshot.manifest.files {
            fs::hard_link(snapshot.path.join(file_name(file)), staging.join(file_name(file)))?;
        }
        let mut metadata = ExportImportFilesMetaData::default();
        metadata.set_db_comparator_name(&snapshot.manifest.comparator);
        let files: Vec<LiveFile> = snapshot.manifest.files.iter().map(|file| live_file(&staging, file)).collect();
        metadata.set_files(&files).map_err(io_error)?;
        let mut how = ImportColumnFamilyOptions::default();
        how.set_move_files(true);
        if files.is_empty() {
            // The snapshot of an empty shard: RocksDB cannot import zero files.
            self.db.create_cf(name, &self.shard_options()).map_err(io_error)?;
        } else {
            let created = self.db.create_column_family_with_import(&self.shard_options(), name, &how, &metadata);
            created.map_err(io_error)?;
        }
        fs::remove_dir_all(&staging)
    }
}

/// The levels of a column family.
const LEVELS: i32 = 7;
/// The largest sequence number that a node takes from another one. RocksDB continues after it, and has 2^56. A node that writes a million
/// rows a second reaches it after nine years.
const LARGEST_SEQUENCE: u64 = 1 << 48;

/// Checks what RocksDB would believe of a manifest from another node: names of files, levels and sequence numbers.
///
/// # Errors
/// `InvalidData` that names the file.
pub fn check_files(manifest: &SnapshotManifest) -> io::Result<()> {
    let mut names = BTreeSet::new();
    for file in &manifest.files {
        let name = file.name.strip_prefix('/').unwrap_or(&file.name);
        let number = name.strip_suffix(".sst").unwrap_or_default();
        let is_name = (1..=20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_in_order = file.smallest_sequence <= file.largest_sequence && file.largest_sequence <= LARGEST_SEQUENCE;
        if !is_name || !names.insert(name) || !(0..LEVELS).contains(&file.level) || !is_in_order {
            return Err(malformed(&format!("snapshot file {:?}", file.name)));
        }
    }
    Ok(())
}

fn describe(folder: &Path, file: &LiveFile) -> io::Result<SnapshotFile> {
    let name = file.name.trim_start_matches('/').to_owned();
    Ok(SnapshotFile {
        sha256: sha256(&folder.join(&name))?,
        size: fs::metadata(folder.join(&name))?.len(),
        name,
        level: file.level,
        start_key: file.start_key.clone().map(Bytes::from),
        end_key: file.end_key.clone().map(Bytes::from),
        smallest_sequence: file.smallest_seqno,
        largest_sequence: file.largest_seqno,
        entries: file.num_entries,
        deletions: file.num_deletions,
    })
}

fn live_file(folder: &Path, file: &SnapshotFile) -> LiveFile {
    LiveFile {
        column_family_name: String::new(),
        name: format!("/{}", file_name(file)),
        directory: folder.to_string_lossy().into_owned(),
        size: file.size as usize,
        level: file.level,
        start_key: file.start_key.as_ref().map(|key| key.to_vec()),
        end_key: file.end_key.as_ref().map(|key| key.to_vec()),
        smallest_seqno: file.smallest_sequence,
        largest_seqno: file.largest_sequence,
        num_entries: file.entries,
        num_deletions: file.deletions,
    }
}

/// The file's name without any folder, because a manifest from the network could name another path.
fn file_name(file: &SnapshotFile) -> &str {
    file.name.rsplit(['/', '\\']).next().filter(|name| *name != "..").unwrap_or_default()
}

fn sha256(path: &Path) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Bytes::copy_from_slice(&sum.finalize()));
        }
        sum.update(&buffer[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::family::Db;
    use super::*;

    #[test]
    fn a_manifest_of_another_node_names_files_levels_and_sequences_that_exist() {
        let good = SnapshotFile {
            name: "/000015.sst".into(),
            level: 6,
            smallest_sequence: 3,
            largest_sequence: 9,
            ..Default::default()
        };
        let check = |files: &[&SnapshotFile]| {
            check_files(&SnapshotManifest { files: files.iter().map(|file| (*file).clone()).collect(), ..Default::default() })
        };
        let named = |name: &str| SnapshotFile { name: name.into(), ..good.clone() };
        check(&[&good, &named("16.sst")]).expect("an honest node's");
        for name in
            ["", "/", ".sst", "/etc/passwd", "../1.sst", "/../1.sst", "//1.sst", "1.sst/x", "1.log", "MANIFEST.keyrack", "-1.sst"]
        {
            check(&[&named(name)]).expect_err(name);
        }
        check(&[&good, &named("000015.sst")]).expect_err("twice");
        for level in [-1, LEVELS, i32::MIN, i32::MAX] {
            check(&[&SnapshotFile { level, ..good.clone() }]).expect_err("a level");
        }
        for (smallest_sequence, largest_sequence) in [(9, 3), (0, LARGEST_SEQUENCE + 1), (0, (1 << 56) - 1), (u64::MAX, u64::MAX)]
        {
            check(&[&SnapshotFile { smallest_sequence, largest_sequence, ..good.clone() }]).expect_err("a sequence number");
        }
    }

    #[test]
    fn an_inspected_snapshot_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || RowsDb::open(&folder.path().join("rows"), 2).expect("opened");
        let families = |db: &RowsDb| {
            let names = Db::list_cf(&rocksdb::Options::default(), folder.path().join("rows")).expect("listed");
            assert!(!names.is_empty() && db.applied(1).is_ok());
            names.into_iter().filter(|name| name.starts_with("inspected")).count()
        };
        let db = open();
        db.write(1, b"first", |set| set.put(b"key", b"old")).expect("written");
        let snapshot = db.export(1, &folder.path().join("snapshot"), |_| Ok(SnapshotManifest::default())).expect("exported");
        db.write(1, b"second", |set| set.put(b"key", b"new")).expect("written");
        // A crash may leave one.
        db.db.create_cf(inspected_name(1), &db.shard_options()).expect("created");
        for _ in 0..2 {
            let read = db.inspect(1, &snapshot, |view| (view.raw(b"key"), view.applied())).expect("inspected");
            assert_eq!((read.0.expect("read"), read.1.expect("read")), (Some(b"old".to_vec()), Some(b"first".to_vec())));
            assert_eq!(families(&db), 0);
            assert_eq!(db.get(1, b"key").expect("read").as_deref(), Some(&b"new"[..]), "the shard's own rows stay");
        }
        assert!(snapshot.is_whole());
        db.db.create_cf(inspected_name(1), &db.shard_options()).expect("created");
        drop(db);
        assert_eq!(families(&open()), 0, "a start removes it");
    }

    #[test]
    fn a_flipped_bit_of_a_manifest_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = SnapshotFile { name: "/000007.sst".into(), size: 9, sha256: Bytes::from(vec![7; 32]), ..Default::default() };
        let manifest = SnapshotManifest { group: 2, files: vec![file], comparator: "bytewise".into(), ..Default::default() };
        let snapshot = SnapshotDir { path: folder.path().into(), manifest };
        snapshot.seal().expect("sealed");
        let path = folder.path().join(MANIFEST);
        let good = fs::read(&path).expect("a manifest");
        for bit in 0..8 * good.len() {
            let mut rotten = good.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, rotten).expect("written");
            // A flip in the two bytes before the sum only hides the sum.
            let read = SnapshotDir::open(folder.path());
            assert!(read.is_err() || read.is_ok_and(|read| read.manifest == snapshot.manifest), "bit {bit}");
        }
        fs::write(&path, snapshot.manifest.encode_to_vec()).expect("a manifest without a check");
        assert_eq!(SnapshotDir::open(folder.path()).expect("read").manifest, snapshot.manifest);
    }
}
