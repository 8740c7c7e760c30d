//! Whose data folder this is: checked before anything in it is opened, so that nothing is damaged.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The version of everything below the folder; a newer one is not opened.
pub const FORMAT: u32 = 1;

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
        let text = match fs::read_to_string(path.join("FORMAT")) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                if path.join("log").exists() || path.join("rows").exists() {
                    return Err(FolderError::Damaged { path: path.into(), reason: "it is missing, but there is data".into() });
                }
                let text = format!("format = {FORMAT}\ncluster = \"{cluster}\"\nnode = {node}\nincarnation = {fresh}\n");
                write_durably(path, "FORMAT", text.as_bytes()).map_err(io)?;
                text
            }
            Err(cause) => return Err(io(cause)),
        };
        check(path, &text, cluster, node)
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
    Ok(DataFolder { path: path.into(), incarnation: number("incarnation")? })
}

/// Writes a file so that after a crash there is the old one or the new one, never half of it.
pub(super) fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!("{name}.new"));
    let mut file = File::create(&temporary)?;
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
        let text = fs::read_to_string(path.join("FORMAT")).expect("text").replace("format = 1", "format = 99");
        fs::write(path.join("FORMAT"), text).expect("written");
        assert!(matches!(DataFolder::open(path, "one", 1, 8), Err(FolderError::Newer { found: 99, .. })));
    }
}
