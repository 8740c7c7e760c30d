//! Checks that a data folder belongs to this node before anything in it is opened.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyrack_proto::internal as pb;

use super::copy_marks;
use super::durable::{remove_durably, write_durably, write_secret};
use super::error::damaged;
use super::folder_error::{FORMAT, FolderError};
use super::key_mark;
use super::newest;
use super::place::{self, Origin};
use super::set_aside::{self, LOCK};

/// The file with the seed of the node's signing keys: 64 hexadecimal digits, and 16 digits that check them (older folders lack
/// the check). It is in no snapshot.
const SIGNING_KEY: &str = "signing.key";
/// Written when a shard has diverged. A folder with this file is not opened.
const DIVERGED: &str = "DIVERGED";

/// Written when damage was found. The next start verifies everything.
const SUSPECT: &str = "SUSPECT";

/// An opened and checked data folder. It is locked until the last clone is dropped.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: Arc<File>,
    /// Where the folder comes from, as it was opened.
    pub origin: Origin,
    /// A random number from when the folder was created. A wiped node has a new one and must not vote as the old node.
    pub incarnation: u64,
}

impl DataFolder {
    /// Opens the folder, or creates it with `fresh` as its incarnation.
    pub fn open(path: &Path, cluster: &str, node: u64, fresh: u64) -> Result<DataFolder, FolderError> {
        let io = |cause| FolderError::Io { path: path.into(), cause };
        let lock = lock(path, node)?;
        set_aside::complete(path).map_err(io)?;
        let text = match fs::read(path.join("FORMAT")) {
            Ok(bytes) => match repair_flipped_bit(&bytes) {
                Some(text) => {
                    tracing::warn!(event = "format_repaired", path = %path.display(), "repaired one flipped bit in the file FORMAT");
                    write_durably(path, "FORMAT", text.as_bytes()).map_err(io)?;
                    text
                }
                None => String::from_utf8_lossy(&bytes).into_owned(),
            },
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                if path.join("log").exists() || path.join("rows").exists() {
                    return Err(FolderError::Damaged { path: path.into(), reason: "it is missing, but data exist".into() });
                }
                let text =
                    with_check(&format!("format = {FORMAT}\ncluster = \"{cluster}\"\nnode = {node}\nincarnation = {fresh}\n"));
                write_durably(path, "FORMAT", text.as_bytes()).map_err(io)?;
                text
            }
            Err(cause) => return Err(io(cause)),
        };
        let incarnation = check(path, &text, cluster, node)?;
        let origin = place::origin(path).map_err(io)?;
        let folder = DataFolder { path: path.into(), _lock: lock, origin, incarnation };
        if let Ok(reason) = fs::read_to_string(path.join(DIVERGED)) {
            return Err(FolderError::Diverged { path: path.into(), reason: reason.trim().to_owned() });
        }
        let current = format!("format = {FORMAT}\n");
        if let Some(older) = text.lines().next().filter(|line| line.starts_with("format") && **line != *current.trim_end()) {
            // An older keyrackd must not open it any more.
            let text = with_check(&text.replacen(older, current.trim_end(), 1));
            write_durably(path, "FORMAT", text.as_bytes()).map_err(io)?;
        }
        Ok(folder)
    }

    /// Checks the number of data shards, which cannot change once the cluster `has_begun`. Until then it records the number that
    /// is `wanted`. `on_disk` is the number that the rows show, for a folder of a version that did not record it.
    ///
    /// # Errors
    /// [`FolderError::OtherShards`].
    pub fn agree_on_shards(&self, wanted: u32, on_disk: Option<u32>, has_begun: bool) -> Result<(), FolderError> {
        let io = |cause| FolderError::Io { path: self.path.clone(), cause };
        let text = fs::read_to_string(self.path.join("FORMAT")).map_err(io)?;
        let recorded = text.lines().find_map(|line| line.strip_prefix("data_shards = ")?.parse::<u32>().ok());
        match recorded.or(on_disk) {
            Some(found) if has_begun && found != wanted => {
                return Err(FolderError::OtherShards { path: self.path.clone(), found, wanted });
            }
            _ => {}
        }
        if recorded != Some(wanted) {
            let is_kept = |line: &&str| !line.starts_with("check") && !line.starts_with("data_shards");
            let lines: String = text.lines().filter(is_kept).map(|line| format!("{line}\n")).collect();
            let text = with_check(&format!("{lines}data_shards = {wanted}\n"));
            write_durably(&self.path, "FORMAT", text.as_bytes()).map_err(io)?;
        }
        Ok(())
    }

    /// Syncs the folder and its parent, so that their entries survive a power failure.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        match self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Whether damage was found and the folder has not been verified since.
    pub fn is_suspect(&self) -> bool {
        self.path.join(SUSPECT).exists()
    }

    /// Removes the mark of damage, after everything was verified.
    pub fn clear_suspect(&self) -> io::Result<()> {
        remove_durably(&self.path, SUSPECT)
    }

    /// Whether the old data were set aside and the node has not rejoined the cluster yet.
    pub fn is_rejoining(&self) -> bool {
        set_aside::is_rejoining(&self.path)
    }

    /// Records that the node has rejoined the cluster.
    pub fn mark_rejoined(&self) -> io::Result<()> {
        set_aside::mark_rejoined(&self.path)
    }

    /// Moves everything in the folder to a new folder in `set-aside`, and returns that folder; `None` if there are no data. The
    /// next [`DataFolder::open`] starts a new incarnation, which asks to rejoin. A folder that is lost is made.
    pub fn set_aside(path: &Path, cluster: &str, node: u64) -> Result<Option<PathBuf>, FolderError> {
        let _lock = lock(path, node)?;
        // A damaged FORMAT does not say whose data these are. Nothing is lost if they are another node's: they only move.
        if let Ok(bytes) = fs::read(path.join("FORMAT")) {
            match check(path, &String::from_utf8_lossy(&bytes), cluster, node) {
                Ok(_) | Err(FolderError::Damaged { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        set_aside::set_aside(path).map_err(|cause| FolderError::SetAside { path: path.into(), cause })
    }

    /// Marks the folder as this node's own. From now on every earlier copy of it is recognised.
    pub fn mark_as_own(&self) -> io::Result<()> {
        place::mark(&self.path)?;
        copy_marks::forget_copy(&self.path)
    }

    /// The ends of the newest logs among the copies that all nodes were restored from, by shard; empty if this node has them.
    pub fn newest_ends(&self) -> io::Result<Vec<pb::LogId>> {
        newest::recorded(&self.path)
    }

    /// Records that this node has them.
    pub fn forget_newest_ends(&self) -> io::Result<()> {
        newest::forget(&self.path)
    }

    /// The name of the key that encrypted guests' data here, if none of `keys` is that key.
    pub fn missing_key(&self, keys: &[pb::KeyPrint]) -> io::Result<Option<String>> {
        key_mark::missing_key(&self.path, keys)
    }

    /// Records the key of `keys` that encrypts guests' data here.
    pub fn record_key(&self, keys: &[pb::KeyPrint]) -> io::Result<()> {
        key_mark::record_key(&self.path, keys)
    }

    /// The number of this copy. A copy without one gets `fresh`.
    pub fn copy_number(&self, fresh: u64) -> io::Result<u64> {
        copy_marks::copy_number(&self.path, fresh)
    }

    /// Records that the copies of these nodes are used together, this folder's among them.
    /// `ends` are the ends of the newest logs among them, by shard.
    pub fn mark_restored(&self, copies: &BTreeMap<u64, u64>, ends: &[pb::LogId]) -> io::Result<()> {
        newest::record(&self.path, ends)?;
        copy_marks::mark_restored(&self.path, copies)?;
        self.mark_as_own()
    }

    /// The copies that were accepted together, while some node may still wait for the decision.
    pub fn restored(&self) -> io::Result<Option<BTreeMap<u64, u64>>> {
        copy_marks::restored(&self.path)
    }

    /// Records that all nodes have decided.
    pub fn forget_restored(&self) -> io::Result<()> {
        copy_marks::forget_restored(&self.path)
    }

    /// The seed of the node's signing keys. A folder without one stores and returns `fresh`.
    pub fn signing_seed(&self, fresh: [u8; 32]) -> io::Result<[u8; 32]> {
        match fs::read_to_string(self.path.join(SIGNING_KEY)) {
            Ok(text) => seed_in(&text).ok_or_else(|| damaged(format!("{SIGNING_KEY} is damaged"))),
            Err(cause) if cause.kind() == io::ErrorKind::InvalidData => Err(damaged(format!("{SIGNING_KEY} is damaged"))),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                let text: String = fresh.iter().map(|byte| format!("{byte:02x}")).collect();
                let check = fnv(text.as_bytes());
                write_secret(&self.path, SIGNING_KEY, format!("{text} {check:016x}\n").as_bytes())?;
                Ok(fresh)
            }
            Err(cause) => Err(cause),
        }
    }

    /// The folder of the Raft log.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// The folder of the rows.
    pub fn rows(&self) -> PathBuf {
        self.path.join("rows")
    }

    /// The folder of a shard's snapshots.
    pub fn snapshots(&self, shard: u32) -> PathBuf {
        self.path.join("snapshots").join(format!("shard-{shard}"))
    }
}

/// The permissions of the data folder: only its owner may open it.
const PRIVATE: u32 = 0o700;

/// Locks a folder for one process, and makes it if it does not exist.
fn lock(path: &Path, node: u64) -> Result<Arc<File>, FolderError> {
    let io = |cause| FolderError::Io { path: path.into(), cause };
    fs::DirBuilder::new().recursive(true).mode(PRIVATE).create(path).map_err(io)?;
    // A folder of an older version, or one that the operator made, may be readable by others.
    let mode = fs::metadata(path).map_err(io)?.permissions().mode();
    if mode & 0o077 != 0
        && let Err(cause) = fs::set_permissions(path, Permissions::from_mode(PRIVATE))
    {
        let (folder, mode) = (path.display(), format!("{:03o}", mode & 0o777));
        tracing::warn!(event = "folder_exposed", %folder, mode, %cause, "other users can open the data folder, and this process cannot change that");
    }
    let file = File::options().write(true).create(true).truncate(false).open(path.join(LOCK)).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(Arc::new(file)),
        Err(TryLockError::WouldBlock) => Err(FolderError::InUse { node, path: path.into() }),
        Err(TryLockError::Error(cause)) => Err(io(cause)),
    }
}

/// Marks the folder as diverged, so that it is not opened after a restart.
pub fn mark_diverged(folder: &Path, shard: u32, reason: &str) -> io::Result<()> {
    write_durably(folder, DIVERGED, format!("shard {shard}: {reason}\n").as_bytes())
}

/// Marks the folder as damaged, so that the next start verifies everything first.
pub fn mark_suspect(folder: &Path, reason: &str) -> io::Result<()> {
    write_durably(folder, SUSPECT, format!("{reason}\n").as_bytes())
}

fn seed_in(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    match text.split_once(' ') {
        Some((seed, check)) => from_hex(seed).filter(|_| format!("{:016x}", fnv(seed.as_bytes())) == check),
        None => from_hex(text),
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let decoded = base16ct::mixed::decode(text, &mut bytes).ok()?;
    (decoded.len() == 32).then_some(bytes)
}

/// Checks that a FORMAT file belongs to this node, and returns its incarnation.
fn check(path: &Path, text: &str, cluster: &str, node: u64) -> Result<u64, FolderError> {
    let damaged = |reason: String| FolderError::Damaged { path: path.into(), reason };
    let field = |name: &str| {
        let found = text.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| key.trim() == name);
        found.map(|(_, value)| value.trim().trim_matches('"').to_owned()).ok_or_else(|| damaged(format!("it has no {name}")))
    };
    let number = |name: &str| field(name)?.parse::<u64>().map_err(|_| damaged(format!("{name} is not a number")));
    let format = number("format")?;
    if format > u64::from(FORMAT) {
        return Err(FolderError::Newer { path: path.into(), found: format as u32 });
    }
    let found = field("cluster")?;
    if found != cluster {
        return Err(FolderError::OtherCluster { path: path.into(), found, wanted: cluster.into() });
    }
    let found = number("node")?;
    if found != node {
        return Err(FolderError::OtherNode { path: path.into(), found, wanted: node });
    }
    if field("check").is_ok_and(|_| with_check(text) != text) {
        return Err(damaged("its check does not match".into()));
    }
    number("incarnation")
}

/// The text of a FORMAT file with a check over the other lines. Without the check one flipped bit could make the folder look
/// like another node's.
fn with_check(text: &str) -> String {
    let lines: String = text.lines().filter(|line| !line.starts_with("check")).map(|line| format!("{line}\n")).collect();
    let check = fnv(lines.as_bytes());
    format!("{lines}check = \"{check:016x}\"\n")
}

/// Repairs a FORMAT file with one flipped bit: flips each bit until the check matches. `None` for an intact file and for other
/// changes, which a disk does not cause. A newer format number is accepted as true.
fn repair_flipped_bit(bytes: &[u8]) -> Option<String> {
    let is_right = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|text| with_check(text) == text);
    let first = bytes.split(|byte| *byte == b'\n').next().and_then(|line| std::str::from_utf8(line).ok());
    let format = first.and_then(|line| line.strip_prefix("format = ")?.parse::<u32>().ok());
    if is_right(bytes) || format.is_some_and(|format| format > FORMAT) {
        return None;
    }
    let mut tried = bytes.to_vec();
    for place in 0..tried.len() {
        for bit in 0..8 {
            tried[place] ^= 1 << bit;
            if is_right(&tried) {
                return String::from_utf8(tried).ok();
            }
            tried[place] ^= 1 << bit;
        }
    }
    None
}

/// FNV-1a.
fn fnv(bytes: &[u8]) -> u64 {
    let next = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_opens_only_for_its_own_node_and_cluster() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        let incarnation = |fresh| DataFolder::open(path, "one", 1, fresh).expect("opened").incarnation;
        assert_eq!([7, 8].map(incarnation), [7, 7]);
        assert!(matches!(DataFolder::open(path, "two", 1, 8), Err(FolderError::OtherCluster { .. })));
        assert!(matches!(DataFolder::open(path, "one", 2, 8), Err(FolderError::OtherNode { .. })));
        let text = fs::read_to_string(path.join("FORMAT")).expect("text");
        // Edits by hand get their own errors: they are not repaired like a flipped bit.
        fs::write(path.join("FORMAT"), text.replace("node = 1", "node = 4")).expect("written");
        assert!(matches!(DataFolder::open(path, "one", 1, 8), Err(FolderError::OtherNode { .. })));
        fs::write(path.join("FORMAT"), text.replace("incarnation = 7", "incarnation = 8")).expect("written");
        assert!(matches!(DataFolder::open(path, "one", 1, 8), Err(FolderError::Damaged { .. })));
        let unchecked = text.lines().filter(|line| !line.starts_with("check")).collect::<Vec<_>>().join("\n") + "\n";
        fs::write(path.join("FORMAT"), unchecked.replace("format = 2", "format = 1")).expect("written");
        assert_eq!(DataFolder::open(path, "one", 1, 8).expect("older").incarnation, 7);
        assert_eq!(fs::read_to_string(path.join("FORMAT")).expect("text"), text, "upgraded to format 2");
        fs::write(path.join("FORMAT"), with_check(&text.replace("format = 2", "format = 99"))).expect("written");
        assert!(matches!(DataFolder::open(path, "one", 1, 8), Err(FolderError::Newer { found: 99, .. })));
    }

    #[test]
    fn one_flipped_bit_is_repaired_in_format_and_detected_in_the_key() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        let folder = DataFolder::open(path, "one", 1, 7).expect("new");
        folder.signing_seed([0xa5; 32]).expect("made");
        let (format, key) = (path.join("FORMAT"), path.join(SIGNING_KEY));
        let (text, seed) = (fs::read(&format).expect("text"), fs::read(&key).expect("text"));
        drop(folder);
        for bit in 0..8 * text.len() {
            let mut rotten = text.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            fs::write(&format, &rotten).expect("written");
            if rotten.starts_with(b"format = 3") || rotten.starts_with(b"format = 6") {
                assert!(matches!(DataFolder::open(path, "one", 1, 8), Err(FolderError::Newer { .. })));
                continue;
            }
            assert_eq!(DataFolder::open(path, "one", 1, 8).expect("repaired").incarnation, 7, "bit {bit}");
            assert_eq!(fs::read(&format).expect("text"), text, "bit {bit}");
        }
        fs::write(&format, &text).expect("written");
        let folder = DataFolder::open(path, "one", 1, 8).expect("known");
        for bit in 0..8 * seed.len() {
            let mut rotten = seed.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            fs::write(&key, &rotten).expect("written");
            assert!(folder.signing_seed([1; 32]).is_ok_and(|read| read == [0xa5; 32]) || is_damage(&folder), "bit {bit}");
        }
        fs::write(&key, format!("{}\n", "a5".repeat(32))).expect("a key without a check");
        assert_eq!(folder.signing_seed([1; 32]).expect("read"), [0xa5; 32]);
    }

    fn is_damage(folder: &DataFolder) -> bool {
        folder.signing_seed([1; 32]).is_err_and(|cause| cause.kind() == io::ErrorKind::InvalidData)
    }

    #[test]
    fn a_folder_that_was_set_aside_gets_a_new_incarnation() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        mark_diverged(path, 1, "rows differ").expect("marked");
        let opened = |fresh| DataFolder::open(path, "one", 1, fresh);
        assert!(matches!(opened(7), Err(FolderError::Diverged { .. })));
        let other = |cluster, node| DataFolder::set_aside(path, cluster, node);
        assert!(matches!(other("two", 1), Err(FolderError::OtherCluster { .. })));
        assert!(matches!(other("one", 2), Err(FolderError::OtherNode { .. })));
        let aside = DataFolder::set_aside(path, "one", 1).expect("moved").expect("a folder");
        assert!(aside.join("FORMAT").exists() && aside.join(DIVERGED).exists());
        let folder = opened(8).expect("the folder starts without another step");
        assert_eq!((folder.incarnation, folder.is_rejoining()), (8, true));
        assert!(matches!(opened(9), Err(FolderError::InUse { node: 1, .. })));
        assert!(matches!(other("one", 1), Err(FolderError::InUse { node: 1, .. })), "a running node keeps its data");
        folder.mark_rejoined().expect("rejoined");
        drop(folder);
        let folder = opened(9).expect("known");
        assert_eq!((folder.incarnation, folder.is_rejoining()), (8, false));
    }

    #[test]
    fn the_number_of_shards_is_fixed_once_the_cluster_has_begun() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        let folder = DataFolder::open(path, "one", 1, 7).expect("new");
        // The number in the configuration, the number that the rows show, whether the cluster has begun, and the number that the
        // folder has if it refuses.
        for (wanted, on_disk, has_begun, refused) in [
            (5, None, false, None),
            (3, Some(5), false, None), // corrected before the first start is complete
            (3, Some(5), true, None),
            (5, Some(5), true, Some(3)),
            (3, None, true, None),
        ] {
            let found = match folder.agree_on_shards(wanted, on_disk, has_begun) {
                Err(FolderError::OtherShards { found, .. }) => Some(found),
                other => other.map(|()| None).expect("no other error"),
            };
            assert_eq!(found, refused, "{wanted} shards");
        }
        drop(folder);
        DataFolder::open(path, "one", 1, 7).expect("FORMAT is whole");
        let text = fs::read_to_string(path.join("FORMAT")).expect("text");
        let older: String =
            text.lines().filter(|line| !line.starts_with("data_shards")).map(|line| format!("{line}\n")).collect();
        fs::write(path.join("FORMAT"), with_check(&older)).expect("written");
        let older = DataFolder::open(path, "one", 1, 7).expect("a folder of an older version");
        assert!(matches!(older.agree_on_shards(5, Some(3), true), Err(FolderError::OtherShards { found: 3, wanted: 5, .. })));
        older.agree_on_shards(3, Some(3), true).expect("the same");
    }

    #[test]
    fn a_folder_that_is_lost_can_be_set_aside() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path().join("lost");
        assert_eq!(DataFolder::set_aside(&path, "one", 1).expect("made"), None);
        assert!(DataFolder::open(&path, "one", 1, 8).expect("new").is_rejoining());
    }
    #[test]
    fn a_restore_that_is_not_recorded_whole_leaves_the_folder_a_copy() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        let opened = || DataFolder::open(path, "one", 1, 7).expect("opened");
        opened().mark_as_own().expect("marked");
        let place = fs::read(path.join("PLACE")).expect("text");
        let ends = [pb::LogId { term: 3, node: 2, index: 9 }];
        // Neither of these two files can be written while a folder has the name of its new version.
        for blocked in ["NEWEST.new", "RESTORED.new"] {
            // The text of another file: a copy.
            fs::write(path.join("PLACE"), [&place[..], b"of another file"].concat()).expect("written");
            fs::create_dir(path.join(blocked)).expect("made");
            opened().mark_restored(&BTreeMap::from([(1, 11)]), &ends).expect_err("cannot be written");
            assert_eq!(opened().origin, Origin::Copied, "{blocked}");
            fs::remove_dir(path.join(blocked)).expect("removed");
        }
        opened().mark_restored(&BTreeMap::from([(1, 11)]), &ends).expect("recorded");
        assert_eq!((opened().origin, newest::recorded(path).expect("read")), (Origin::Own, ends.to_vec()));
    }
}
