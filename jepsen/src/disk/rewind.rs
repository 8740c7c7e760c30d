//! Rewinds a folder to the state that a loss of power would have left.
//!
//! First the names: changes that are not durable are undone, the newest first. Then the contents of every file.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::control::Slot;
use super::journal::{Entry, Event, Record};
use crate::rng::Rng;

/// The size of a sector in bytes. A disk writes a sector whole.
const SECTOR: u64 = 512;

/// What happens to bytes that were written but not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TornEnd {
    /// All of them are lost.
    Clean,
    /// The first of them survive: a file ends at a random byte between its durable and its written length.
    Torn,
    /// Like `Torn`, and the last sector of the surviving bytes is zeros.
    TornZeros,
    /// Like `Torn`, and the last sector of the surviving bytes is garbage.
    TornGarbage,
}

/// When a new name is durable. A rename or a removal is always durable only after a sync of a directory that it changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Directories {
    /// As on ext4, XFS and Btrfs: a new file's sync also saves its name and the names of new directories above it.
    #[default]
    LikeExt4,
    /// As in POSIX: only a sync of the directory saves a name.
    Strict,
}

/// The effects of a loss of power. Paths are those after it, or those before it for files and directories that are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// New files and directories that are gone.
    pub dropped: Vec<PathBuf>,
    /// Files and directories whose rename was undone.
    pub renamed_back: Vec<PathBuf>,
    /// Files and directories whose removal, or replacement by a rename, was undone.
    pub revived: Vec<PathBuf>,
    /// Files that lost bytes.
    pub cut: Vec<Cut>,
    /// Files whose overwritten durable bytes were restored.
    pub restored: Vec<PathBuf>,
    /// The number of changes that could not be undone, because the shim could not record them.
    pub unaccounted: u64,
}

/// How much of a file's unsynced end was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The file.
    pub path: PathBuf,
    /// Its length as written, in bytes.
    pub written: u64,
    /// Its length as synced.
    pub durable: u64,
    /// Its length now.
    pub left: u64,
}

/// Undoes changes of names that are not durable. `graveyard` has the files that lost their names, as "directory.sequence".
pub(super) fn names(
    data: &Path,
    graveyard: &Path,
    records: &[Record],
    slots: &HashMap<(u64, u64), Slot>,
    directories: Directories,
    report: &mut Report,
) -> io::Result<()> {
    let mut synced: HashMap<u64, u64> = HashMap::new();
    for record in records {
        if let Event::DirectorySynced { directory, up_to } = record.event {
            let last = synced.entry(directory).or_default();
            *last = up_to.max(*last);
        }
    }
    let device = fs::metadata(data)?.dev();
    let mut tree = Tree { places: HashMap::new() };
    tree.add(data)?;
    // Directories whose names are durable because a synced file is below them.
    let mut anchored: HashSet<u64> = HashSet::new();
    let lenient = directories == Directories::LikeExt4;
    for Record { sequence, event } in records.iter().rev() {
        let durable_in = |directory: u64| synced.get(&directory).is_some_and(|up_to| up_to >= sequence);
        match event {
            Event::Named { entry, created } => {
                let slot = slots.get(&(device, entry.inode)).filter(|_| lenient && *created);
                if slot.is_some_and(|slot| slot.synced >= *sequence) {
                    anchored.insert(entry.directory);
                } else if !durable_in(entry.directory)
                    && let Some(path) = tree.find(entry)
                {
                    fs::remove_file(&path)?;
                    report.dropped.push(path);
                }
            }
            Event::MadeDirectory(entry) => {
                let path = tree.find_directory(entry);
                let saved = lenient && (anchored.contains(&entry.inode) || durable_in(entry.inode));
                // In older records its inode may belong to another directory.
                tree.places.remove(&entry.inode);
                if durable_in(entry.directory) || saved {
                    anchored.extend(saved.then_some(entry.directory));
                } else if let Some(path) = path {
                    fs::remove_dir_all(&path)?;
                    tree.places.retain(|_, place| !place.starts_with(&path));
                    report.dropped.push(path);
                }
            }
            Event::Unlinked { entry, buried } => {
                if *buried && !durable_in(entry.directory) {
                    report.revived.extend(revive(&tree, graveyard, entry.directory, &entry.name, *sequence)?);
                }
            }
            Event::RemovedDirectory(entry) => {
                if let Some(path) = tree.free_place(entry.directory, &entry.name).filter(|_| !durable_in(entry.directory)) {
                    fs::create_dir(&path)?;
                    tree.places.insert(entry.inode, path.clone());
                    report.revived.push(path);
                }
            }
            Event::Renamed { entry, to_directory, to_name, buried } => {
                if durable_in(entry.directory) || durable_in(*to_directory) {
                    continue;
                }
                let now = Entry { directory: *to_directory, name: to_name.clone(), inode: entry.inode };
                if let (Some(from), Some(to)) = (tree.find(&now), tree.free_place(entry.directory, &entry.name)) {
                    fs::rename(&from, &to)?;
                    tree.moved(&from, &to);
                    report.renamed_back.push(to);
                }
                if *buried {
                    report.revived.extend(revive(&tree, graveyard, *to_directory, to_name, *sequence)?);
                }
            }
            Event::DirectorySynced { .. } | Event::Overwritten { .. } => {}
        }
    }
    Ok(())
}

/// Durable bytes, as they were before they were overwritten.
struct Before<'a> {
    sequence: u64,
    offset: u64,
    bytes: &'a [u8],
}

/// Rewinds the contents of the files.
pub(super) fn contents(
    data: &Path,
    records: &[Record],
    slots: &HashMap<(u64, u64), Slot>,
    (rng, tear): (&mut Rng, TornEnd),
    report: &mut Report,
) -> io::Result<()> {
    let mut overwritten: HashMap<u64, Vec<Before>> = HashMap::new();
    for record in records.iter().rev() {
        if let Event::Overwritten { inode, offset, bytes } = &record.event {
            overwritten.entry(*inode).or_default().push(Before { sequence: record.sequence, offset: *offset, bytes });
        }
    }
    let mut seen = HashSet::new();
    for path in files_below(data)? {
        let meta = fs::metadata(&path)?;
        let Some(slot) = slots.get(&(meta.dev(), meta.ino())).filter(|slot| seen.insert(slot.inode)) else { continue };
        let lost: Vec<_> =
            overwritten.get(&slot.inode).into_iter().flatten().filter(|lost| lost.sequence > slot.synced).collect();
        if lost.is_empty() && meta.len() <= slot.durable {
            continue;
        }
        let file = File::options().write(true).open(&path)?;
        for before in &lost {
            file.write_all_at(before.bytes, before.offset)?;
        }
        if !lost.is_empty() {
            report.restored.push(path.clone());
        }
        if meta.len() > slot.durable {
            let left = tear_end(&file, slot.durable, meta.len(), rng, tear)?;
            report.cut.push(Cut { path, written: meta.len(), durable: slot.durable, left });
        }
    }
    Ok(())
}

/// All files below a folder, in the order of their names.
pub(super) fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Truncates a file somewhere between its durable and its written length. Returns the length left.
fn tear_end(file: &File, durable: u64, written: u64, rng: &mut Rng, tear: TornEnd) -> io::Result<u64> {
    let kept = if tear == TornEnd::Clean { 0 } else { rng.below(written - durable + 1) };
    let left = durable + kept;
    file.set_len(left)?;
    let last_sector = (left.saturating_sub(1) / SECTOR * SECTOR).max(durable);
    let spoilt: Vec<u8> = match tear {
        TornEnd::Clean | TornEnd::Torn => Vec::new(),
        TornEnd::TornZeros => (last_sector..left).map(|_| 0).collect(),
        TornEnd::TornGarbage => (last_sector..left).map(|_| rng.draw() as u8).collect(),
    };
    file.write_all_at(&spoilt, last_sector)?;
    Ok(left)
}

/// Moves a file from the graveyard back to its name.
fn revive(tree: &Tree, graveyard: &Path, directory: u64, name: &OsStr, sequence: u64) -> io::Result<Option<PathBuf>> {
    let grave = graveyard.join(format!("{directory}.{sequence}"));
    let Some(path) = tree.free_place(directory, name).filter(|_| grave.exists()) else { return Ok(None) };
    fs::rename(grave, &path)?;
    Ok(Some(path))
}

/// The path of each directory, by its inode. A directory that was recreated here also has its previous inode.
struct Tree {
    places: HashMap<u64, PathBuf>,
}

impl Tree {
    fn add(&mut self, directory: &Path) -> io::Result<()> {
        self.places.insert(fs::metadata(directory)?.ino(), directory.to_owned());
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.add(&entry.path())?;
            }
        }
        Ok(())
    }

    /// The path of an entry, if it exists and is still the same file or directory.
    fn find(&self, entry: &Entry) -> Option<PathBuf> {
        let path = self.places.get(&entry.directory)?.join(&entry.name);
        let same_inode = fs::symlink_metadata(&path).is_ok_and(|meta| meta.ino() == entry.inode);
        (same_inode || self.places.get(&entry.inode) == Some(&path)).then_some(path)
    }

    fn find_directory(&self, entry: &Entry) -> Option<PathBuf> {
        self.find(entry).filter(|path| path.is_dir())
    }

    /// The path of a name that is free, in a directory that exists.
    fn free_place(&self, directory: u64, name: &OsStr) -> Option<PathBuf> {
        let path = self.places.get(&directory)?.join(name);
        fs::symlink_metadata(&path).is_err().then_some(path)
    }

    /// Updates the paths after a file or a directory has moved.
    fn moved(&mut self, from: &Path, to: &Path) {
        for place in self.places.values_mut() {
            if let Ok(rest) = place.strip_prefix(from) {
                *place = if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) };
            }
        }
    }
}
