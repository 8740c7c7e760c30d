//! Whose data folder this is: checked before anything in it is opened, so that nothing is damaged.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::damaged;

/// The version of everything below the folder; a newer one is not opened.
/// 2 came with receipts: leaves, tree, checkpoints, guests' secrets apart. Folders of format 1 are taken over as they are.
pub const FORMAT: u32 = 2;

/// The file with the seed of the node's signing keys: 64 hexadecimal digits, and 16 that check them (not in folders that
/// were made before there was a check). It is in no snapshot.
const SIGNING_KEY: &str = "signing.key";
/// Written when a shard has diverged; a folder with it is not opened.
const DIVERGED: &str = "DIVERGED";

/// Written when damage was met; the next start verifies everything.
const SUSPECT: &str = "SUSPECT";
/// Written into a folder that takes the place of a damaged one.
const RETURNING: &str = "RETURNING";
/// Where what is damaged is put.
const SET_ASIDE: &str = "set-aside";
/// What belongs to a node's identity and data, and goes aside together.
const PARTS: [&str; 7] = ["FORMAT", SIGNING_KEY, "log", "log.synced", "rows", "snapshots", SUSPECT];

/// An opened and checked data folder.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Drawn when the folder was made: a wiped node is another node, and must not vote as the old one.
    pub incarnation: u64,
}

/// Why a data folder is not used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be read or made.
    #[error("cannot use the data folder {path}: {cause}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It belongs to another cluster.
    #[error("the data folder {path} belongs to cluster \"{found}\", this node is of cluster \"{wanted}\"; nothing was changed")]
    OtherCluster {
        /// The folder.
        path: PathBuf,
        /// Its cluster.
        found: String,
        /// Ours.
        wanted: String,
    },
    /// It belongs to another node.
    #[error("the data folder {path} belongs to node {found}, this is node {wanted}; nothing was changed")]
    OtherNode {
        /// The folder.
        path: PathBuf,
        /// Its node.
        found: u64,
        /// Ours.
        wanted: u64,
    },
    /// A newer Keyrack wrote it.
    #[error(
        "the data folder {path} has format {found}, this keyrackd knows formats up to {FORMAT}: start the newer keyrackd that wrote it; nothing was changed"
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// One of its shards was found to differ from the other replicas.
    #[error(
        "the data folder {path} has diverged: {reason}. Its rows are not what the cluster's log says and must not be served or voted with: replace the node by one with an empty folder and a new id; nothing was changed"
    )]
    Diverged {
        /// The folder.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Its FORMAT file says nothing sensible.
    #[error("{path}/FORMAT is damaged ({reason}); restore it or give the node an empty folder and a new id; nothing was changed")]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl DataFolder {
    /// Opens the folder, or makes it with `fresh` as its incarnation.
    pub fn open(path: &Path, cluster: &str, node: u64, fresh: u64) -> Result<DataFolder, FolderError> {
        let io = |cause| FolderError::Io { path: path.into(), cause };
        fs::create_dir_all(path).map_err(io)?;
        let is_half_aside = !path.join(SET_ASIDE).join("FORMAT").exists() && path.join("FORMAT").exists();
        if path.join(RETURNING).exists() && is_half_aside {
            DataFolder::set_aside(path).map_err(io)?;
        }
        let text = match fs::read(path.join("FORMAT")) {
            Ok(bytes) => match mended(&bytes) {
                Some(text) => {
                    tracing::warn!(path = %path.display(), "one bit of FORMAT was wrong and is mended");
                    write_durably(path, "FORMAT", text.as_bytes()).map_err(io)?;
                    text
                }
                None => String::from_utf8_lossy(&bytes).into_owned(),
            },
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                if path.join("log").exists() || path.join("rows").exists() {
                    return Err(FolderError::Damaged { path: path.into(), reason: "it is missing, but there is data".into() });
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
            // From now on an older keyrackd must not open it.
            let text = with_check(&text.replacen(older, current.trim_end(), 1));
            write_durably(path, "FORMAT", text.as_bytes()).map_err(io)?;
        }
        Ok(folder)
    }

    /// Makes the names in the folder last, and its own.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        match self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Whether damage was met in it, and not looked for since.
    pub fn is_suspect(&self) -> bool {
        self.path.join(SUSPECT).exists()
    }

    /// All of it was verified.
    pub fn trust_again(&self) -> io::Result<()> {
        remove_durably(&self.path, SUSPECT)
    }

    /// Whether this folder took the place of a damaged one, and the cluster has not taken the node in yet.
    pub fn is_returning(&self) -> bool {
        self.path.join(RETURNING).exists()
    }

    /// The cluster has taken the node in.
    pub fn has_returned(&self) -> io::Result<()> {
        remove_durably(&self.path, RETURNING)
    }

    /// Puts everything in the folder aside, so that the next [`DataFolder::open`] begins another incarnation, which asks to
    /// be taken in. Only what was put aside last is kept. Nothing is deleted that could not be read again.
    pub fn set_aside(path: &Path) -> io::Result<()> {
        let aside = path.join(SET_ASIDE);
        // The mark first: a folder that is half put aside is not mistaken for a new node's.
        write_durably(path, RETURNING, b"the data were damaged; see set-aside\n")?;
        // One that has its FORMAT is whole, and from another time; one without is this one, begun before a crash.
        if aside.join("FORMAT").exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir_all(&aside)?;
        // FORMAT last: until it is gone this is the old incarnation, and after a crash the rest is put aside then.
        for part in PARTS.iter().rev() {
            if path.join(part).exists() {
                fs::rename(path.join(part), aside.join(part))?;
            }
        }
        File::open(&aside)?.sync_all()?;
        File::open(path)?.sync_all()
    }

    /// The seed of the node's signing keys; `fresh` becomes it in a folder that has none.
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

    /// Where the Raft log is.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Where the rows are.
    pub fn rows(&self) -> PathBuf {
        self.path.join("rows")
    }

    /// Where a shard's snapshots are.
    pub fn snapshots(&self, shard: u32) -> PathBuf {
        self.path.join("snapshots").join(format!("shard-{shard}"))
    }
}

/// Leaves word in the folder that a shard has diverged, so that it is not served after a restart either.
pub fn mark_diverged(folder: &Path, shard: u32, reason: &str) -> io::Result<()> {
    write_durably(folder, DIVERGED, format!("shard {shard}: {reason}\n").as_bytes())
}

/// Leaves word in the folder that damage was met: the next start verifies everything first.
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
        found.map(|(_, value)| value.trim().trim_matches('"').to_owned()).ok_or_else(|| damaged(format!("no {name}")))
    };
    let number = |name: &str| field(name)?.parse::<u64>().map_err(|_| damaged(format!("{name} is no number")));
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
        return Err(damaged("its check is wrong".into()));
    }
    if let Ok(reason) = fs::read_to_string(path.join(DIVERGED)) {
        return Err(FolderError::Diverged { path: path.into(), reason: reason.trim().to_owned() });
    }
    Ok(DataFolder { path: path.into(), incarnation: number("incarnation")? })
}

/// The text of a FORMAT file with the check that belongs to it: of the lines before. A folder must not be taken for
/// another node's because of one bit.
fn with_check(text: &str) -> String {
    let lines: String = text.lines().filter(|line| !line.starts_with("check")).map(|line| format!("{line}\n")).collect();
    let check = fnv(lines.as_bytes());
    format!("{lines}check = \"{check:016x}\"\n")
}

/// The text of a FORMAT file of which one bit is wrong: there is one that would make it right with its check. `None` for
/// what is right, and for what is wrong in other ways: those are not the disk's doing. A number that says "newer" is believed.
fn mended(bytes: &[u8]) -> Option<String> {
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

/// Writes a file so that after a crash there is the old one or the new one, never half of it.
pub(super) fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    write_with(folder, name, bytes, File::options().write(true).create(true).truncate(true))
}

/// Removes a file so that it stays removed.
fn remove_durably(folder: &Path, name: &str) -> io::Result<()> {
    match fs::remove_file(folder.join(name)) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => File::open(folder)?.sync_all(),
    }
}

/// Likewise, readable for the owner only.
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
    fn a_folder_is_known_again_and_not_mistaken() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        let first = DataFolder::open(path, "one", 1, 7).expect("new");
        assert_eq!((first.incarnation, DataFolder::open(path, "one", 1, 8).expect("known").incarnation), (7, 7));
        assert!(matches!(DataFolder::open(path, "two", 1, 8), Err(FolderError::OtherCluster { .. })));
        assert!(matches!(DataFolder::open(path, "one", 2, 8), Err(FolderError::OtherNode { .. })));
        let text = fs::read_to_string(path.join("FORMAT")).expect("text");
        // Other words of another program, or another's folder, are told as what they are.
        fs::write(path.join("FORMAT"), text.replace("node = 1", "node = 4")).expect("written");
        assert!(matches!(DataFolder::open(path, "one", 1, 8), Err(FolderError::OtherNode { .. })));
        fs::write(path.join("FORMAT"), text.replace("incarnation = 7", "incarnation = 8")).expect("written");
        assert!(matches!(DataFolder::open(path, "one", 1, 8), Err(FolderError::Damaged { .. })));
        let unchecked = text.lines().filter(|line| !line.starts_with("check")).collect::<Vec<_>>().join("\n") + "\n";
        fs::write(path.join("FORMAT"), unchecked.replace("format = 2", "format = 1")).expect("written");
        assert_eq!(DataFolder::open(path, "one", 1, 8).expect("older").incarnation, 7);
        assert_eq!(fs::read_to_string(path.join("FORMAT")).expect("text"), text, "taken over");
        fs::write(path.join("FORMAT"), with_check(&text.replace("format = 2", "format = 99"))).expect("written");
        assert!(matches!(DataFolder::open(path, "one", 1, 8), Err(FolderError::Newer { found: 99, .. })));
    }

    #[test]
    fn one_wrong_bit_of_the_format_is_mended_and_a_wrong_key_is_noticed() {
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
            assert_eq!(DataFolder::open(path, "one", 1, 8).expect("mended").incarnation, 7, "bit {bit}");
            assert_eq!(fs::read(&format).expect("text"), text, "bit {bit}");
        }
        for bit in 0..8 * seed.len() {
            let mut rotten = seed.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            fs::write(&key, &rotten).expect("written");
            assert!(folder.signing_seed([1; 32]).is_ok_and(|read| read == [0xa5; 32]) || is_damage(&folder), "bit {bit}");
        }
        fs::write(&key, format!("{}\n", "a5".repeat(32))).expect("as it was before there was a check");
        assert_eq!(folder.signing_seed([1; 32]).expect("read"), [0xa5; 32]);
    }

    fn is_damage(folder: &DataFolder) -> bool {
        folder.signing_seed([1; 32]).is_err_and(|cause| cause.kind() == io::ErrorKind::InvalidData)
    }

    #[test]
    fn what_is_put_aside_is_another_incarnation_also_after_a_crash_on_the_way() {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        DataFolder::open(path, "one", 1, 7).expect("new");
        fs::create_dir(path.join("log")).expect("a log");
        // A crash when the log was moved and the rest was not.
        write_durably(path, RETURNING, b"").expect("written");
        fs::create_dir(path.join(SET_ASIDE)).expect("made");
        fs::rename(path.join("log"), path.join(SET_ASIDE).join("log")).expect("moved");
        let folder = DataFolder::open(path, "one", 1, 8).expect("begun anew");
        assert_eq!((folder.incarnation, folder.is_returning()), (8, true));
        assert!(path.join(SET_ASIDE).join("log").exists() && path.join(SET_ASIDE).join("FORMAT").exists());
        assert_eq!(DataFolder::open(path, "one", 1, 9).expect("known").incarnation, 8, "once is enough");
        folder.has_returned().expect("taken in");
        assert!(!DataFolder::open(path, "one", 1, 9).expect("known").is_returning());
    }
}
