//! The folder of an audit: the state of each log, and the evidence.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use keyrack_merkle::{Checkpoint, Note};

use super::state::State;
use crate::messages::audit::StoreError;

/// The folder, locked against other audits.
pub struct Store {
    folder: PathBuf,
    /// Holds the lock until it is dropped.
    _lock: File,
}

impl Store {
    /// Opens the folder. Creates it if necessary.
    pub fn open(folder: &Path) -> anyhow::Result<Store> {
        let unusable = |cause| StoreError::Folder { path: folder.to_owned(), cause };
        fs::create_dir_all(folder).map_err(unusable)?;
        let lock = File::create(folder.join("lock")).map_err(unusable)?;
        lock.try_lock().map_err(|_| StoreError::Locked(folder.to_owned()))?;
        Ok(Store { folder: folder.to_owned(), _lock: lock })
    }

    /// The verified state of a log, and the progress of an interrupted replay towards a later checkpoint.
    pub fn load(&self, shard: u32, origin: &str) -> anyhow::Result<(State, Option<State>)> {
        let state = self.read(&self.state_file(shard), origin)?.unwrap_or_else(|| State::new(origin));
        let root = match &state.checkpoint {
            Some(note) => Checkpoint::parse(&note.text).map(|checkpoint| (checkpoint.size, checkpoint.root))?,
            None => (0, keyrack_merkle::empty_root()),
        };
        if root != (state.frontier.size(), state.frontier.root()) {
            return Err(StoreError::OtherTree(self.state_file(shard)).into());
        }
        // Progress only saves time. If it cannot be read, the replay starts from the verified state.
        let ahead = self.read(&self.ahead_file(shard), origin).unwrap_or_default();
        let follows = |ahead: &State| ahead.checkpoint == state.checkpoint && ahead.frontier.size() > state.frontier.size();
        let ahead = ahead.filter(follows);
        Ok((state, ahead))
    }

    /// Replaces the verified state. Its leaves have the root of its checkpoint.
    pub fn save(&self, shard: u32, state: &State) -> anyhow::Result<()> {
        write(&self.state_file(shard), &state.encode())?;
        self.drop_ahead(shard);
        Ok(())
    }

    /// Saves progress that no checkpoint has confirmed yet.
    pub fn save_progress(&self, shard: u32, state: &State) -> anyhow::Result<()> {
        write(&self.ahead_file(shard), &state.encode())
    }

    /// Deletes saved progress.
    pub fn drop_ahead(&self, shard: u32) {
        // A file that cannot be deleted is harmless: it does not continue the state, or it has the wrong root again.
        let _ = fs::remove_file(self.ahead_file(shard));
    }

    /// Keeps a checkpoint as evidence and returns the file. Evidence is never overwritten.
    pub fn keep(&self, shard: u32, what: &str, note: &Note) -> anyhow::Result<PathBuf> {
        self.keep_as(note, |number| format!("evidence-shard-{shard}-{number}-{what}.checkpoint"))
    }

    /// Keeps a checkpoint that could not be compared with another one, and returns the file. It is no evidence yet.
    pub fn keep_unchecked(&self, shard: u32, note: &Note) -> anyhow::Result<PathBuf> {
        self.keep_as(note, |number| format!("unchecked-shard-{shard}-{number}.checkpoint"))
    }

    fn keep_as(&self, note: &Note, name: impl Fn(u32) -> String) -> anyhow::Result<PathBuf> {
        let text = note.to_string();
        for number in 1.. {
            let file = self.folder.join(name(number));
            match File::create_new(&file) {
                Ok(mut created) => {
                    let written = created.write_all(text.as_bytes()).and_then(|()| created.sync_all());
                    return written.map(|()| file.clone()).map_err(|cause| StoreError::File { path: file, cause }.into());
                }
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
                    if fs::read_to_string(&file).is_ok_and(|there| there == text) {
                        return Ok(file);
                    }
                }
                Err(cause) => return Err(StoreError::File { path: file, cause }.into()),
            }
        }
        unreachable!("the numbers have no end")
    }

    /// The names of the evidence files.
    pub fn evidence(&self) -> anyhow::Result<Vec<String>> {
        let unusable = |cause| StoreError::Folder { path: self.folder.clone(), cause };
        let entries = fs::read_dir(&self.folder).map_err(unusable)?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut kept: Vec<String> = names.filter(|name| name.starts_with("evidence-")).collect();
        kept.sort_unstable();
        Ok(kept)
    }

    fn read(&self, file: &Path, origin: &str) -> anyhow::Result<Option<State>> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(StoreError::File { path: file.to_owned(), cause }.into()),
        };
        let state = State::decode(&bytes).map_err(|cause| StoreError::State { path: file.to_owned(), cause })?;
        if state.origin != origin {
            let (path, found, wanted) = (file.to_owned(), state.origin, origin.to_owned());
            return Err(StoreError::OtherLog { path, found, wanted }.into());
        }
        Ok(Some(state))
    }

    fn state_file(&self, shard: u32) -> PathBuf {
        self.folder.join(format!("shard-{shard}.state"))
    }

    fn ahead_file(&self, shard: u32) -> PathBuf {
        self.folder.join(format!("shard-{shard}.ahead"))
    }
}

/// Replaces a file atomically.
fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let fresh = file.with_extension("new");
    let written = File::create(&fresh).and_then(|mut created| {
        created.write_all(bytes)?;
        created.sync_all()
    });
    written.and_then(|()| fs::rename(&fresh, file)).map_err(|cause| StoreError::File { path: file.to_owned(), cause }.into())
}
