//! Checks that a data folder belongs to this node before anything in it is opened.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use keyrack_os_error::in_words;

use super::error::damaged;

/// The version of all data in the folder. A newer one is not opened. Format 2 added receipts: leaves, tree, checkpoints and
/// separate guest secrets. A folder of format 1 is opened and becomes format 2.
pub const FORMAT: u32 = 2;

/// The file with the seed of the node's signing keys: 64 hexadecimal digits, and 16 digits that check them (older folders lack
/// the check). It is in no snapshot.
const SIGNING_KEY: &str = "signing.key";
/// Written when a shard has diverged. A folder with this file is not opened.
const DIVERGED: &str = "DIVERGED";

/// Written when damage was found. The next start verifies everything.
const SUSPECT: &str = "SUSPECT";
/// Written when a folder's data are set aside. It stays until the node has rejoined.
const RETURNING: &str = "RETURNING";
/// The folder for data that were set aside.
const SET_ASIDE: &str = "set-aside";
/// The files and folders that are set aside together.
const MOVED_WHEN_SET_ASIDE: [&str; 7] = ["FORMAT", SIGNING_KEY, "log", "log.synced", "rows", "snapshots", SUSPECT];

/// An opened and checked data folder.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// A random number from when the folder was created. A wiped node has a new one and must not vote as the old node.
    pub incarnation: u64,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be read or created.
    #[error("cannot use the data folder {}: {}. Check `data` in the configuration, and the folder's permissions.", path_words(.path), in_words(.cause))]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It belongs to another cluster.
    #[error(
        "the data folder {path} belongs to cluster \"{found}\", but this node is configured for cluster \"{wanted}\". Nothing was changed. Correct `data` or `cluster` in the configuration."
    )]
    OtherCluster {
        /// The folder.
        path: PathBuf,
        /// The folder's cluster.
        found: String,
        /// This node's cluster.
        wanted: String,
    },
    /// It belongs to another node.
    #[error(
        "the data folder {path} belongs to node {found}, but this is node {wanted}. Nothing was changed. Correct `data` or `node` in the configuration."
    )]
    OtherNode {
        /// The folder.
        path: PathBuf,
        /// The folder's node.
        found: u64,
        /// This node.
        wanted: u64,
    },
    /// A newer Keyrack wrote it.
    #[error(
        "the data folder {path} has format {found}, this keyrackd knows formats up to {FORMAT}. Nothing was changed. Start the newer keyrackd that wrote it."
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// The folder's format.
        found: u32,
    },
    /// One of its shards differs from the other replicas.
    #[error(
        "the data folder {path} has diverged: {reason}. Its rows differ from the other replicas', so the node must not serve or vote with them. Nothing was changed. Find out why, run `keyrackd data set-aside`, remove {path}/DIVERGED and start the node again."
    )]
    Diverged {
        /// The folder.
        path: PathBuf,
        /// The difference that was found.
        reason: String,
    },
    /// Its FORMAT file is missing or cannot be read.
    #[error(
        "{path}/FORMAT is damaged: {reason}. Nothing was changed. Restore the file, or run `keyrackd data set-aside` and start the node again."
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

fn path_words(path: &Path) -> String {
    if path.as_os_str().is_empty() { "\"\"".to_owned() } else { path.display().to_string() }
}

impl DataFolder {
    /// Opens the folder, or creates it with `fresh` as its incarnation.
    pub fn open(path: &Path, cluster: &str, node: u64, fresh: u64) -> Result<DataFolder, FolderError> {
        let io = |cause| FolderError::Io { path: path.into(), cause };
        fs::create_dir_all(path).map_err(io)?;
        let is_half_aside = !path.join(SET_ASIDE).join("FORMAT").exists() && path.join("FORMAT").exists();
        if path.join(RETURNING).exists() && is_half_aside {
            DataFolder::set_aside(path).map_err(io)?;
        }
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
        let folder = check(path, &text, cluster, node)?;
        let current = format!("format = {FORMAT}\n");
        if let Some(older) = text.lines().next().filter(|line| line.starts_with("format") && **line != *current.trim_end()) {
            // An older keyrackd must not open it any more.
            let text = with_check(&text.replacen(older, current.trim_end(), 1));
            write_durably(path, "FORMAT", text.as_bytes()).map_err(io)?;
        }
        Ok(folder)
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
        self.path.join(RETURNING).exists()
    }

    /// Records that the node has rejoined the cluster.
    pub fn mark_rejoined(&self) -> io::Result<()> {
        remove_durably(&self.path, RETURNING)
    }

    /// Moves the node's data to `set-aside`, so that the next [`DataFolder::open`] starts a new incarnation, which asks to
    /// rejoin. Data that were set aside before are deleted.
    pub fn set_aside(path: &Path) -> io::Result<()> {
        let aside = path.join(SET_ASIDE);
        // Write the mark first, so that a half-moved folder is not mistaken for a new node's.
        write_durably(path, RETURNING, b"the data were damaged; see set-aside\n")?;
        // If `set-aside` has a FORMAT it is complete and from an earlier time. If not, a crash interrupted this move.
        if aside.join("FORMAT").exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir_all(&aside)?;
        // Move FORMAT last. Until then the folder has the old incarnation, and `open` completes the move after a crash.
        for part in MOVED_WHEN_SET_ASIDE.iter().rev() {
            if path.join(part).exists() {
                fs::rename(path.join(part), aside.join(part))?;
            }
        }
        File::open(&aside)?.sync_all()?;
        File::open(path)?.sync_all()
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

fn check(path: &Path, text: &str, cluster: &str, node: u64) -> Result<DataFolder, FolderError> {
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
    if let Ok(reason) = fs::read_to_string(path.join(DIVERGED)) {
        return Err(FolderError::Diverged { path: path.into(), reason: reason.trim().to_owned() });
    }
    Ok(DataFolder { path: path.into(), incarnation: number("incarnation")? })
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

/// Writes a file so that a crash leaves the old file or the new one, never half a file.
pub(super) fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    write_with(folder, name, bytes, File::options().write(true).create(true).truncate(true))
}

/// Removes a file so that it stays removed after a crash.
fn remove_durably(folder: &Path, name: &str) -> io::Result<()> {
    match fs::remove_file(folder.join(name)) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => File::open(folder)?.sync_all(),
    }
}

/// Like [`write_durably`], but only the owner can read the file.
fn write_secret(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    write_with(folder, name, bytes, File::options().write(true).create(true).truncate(true).mode(0o600))
}

fn write_with(folder: &Path, name: &str, bytes: &[u8], how: &fs::OpenOptions) -> io::Result<()> {
    let temporary = folder.join(format!("{name}.new"));
    let mut file = how.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join(name))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_opens_only_for_its_own_node_and_cluster() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        let first = DataFolder::open(path, "one", 1, 7).expect("new");
        assert_eq!((first.incarnation, DataFolder::open(path, "one", 1, 8).expect("known").incarnation), (7, 7));
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
    fn a_folder_that_was_set_aside_gets_a_new_incarnation_even_after_a_crash_midway() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        DataFolder::open(path, "one", 1, 7).expect("new");
        fs::create_dir(path.join("log")).expect("a log");
        // As after a crash between moving the log and moving the rest.
        write_durably(path, RETURNING, b"").expect("written");
        fs::create_dir(path.join(SET_ASIDE)).expect("made");
        fs::rename(path.join("log"), path.join(SET_ASIDE).join("log")).expect("moved");
        let folder = DataFolder::open(path, "one", 1, 8).expect("created again");
        assert_eq!((folder.incarnation, folder.is_rejoining()), (8, true));
        assert!(path.join(SET_ASIDE).join("log").exists() && path.join(SET_ASIDE).join("FORMAT").exists());
        assert_eq!(DataFolder::open(path, "one", 1, 9).expect("known").incarnation, 8, "the data are set aside only once");
        folder.mark_rejoined().expect("rejoined");
        assert!(!DataFolder::open(path, "one", 1, 9).expect("known").is_rejoining());
    }
}
