//! The shim's journal: all changes of the folder, in order. `jepsen/shim/shim.h` has the same layout.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// The change that a record describes. Directories and files are identified by inode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A file got a name. `created`: the file is new.
    Named {
        entry: Entry,
        created: bool,
    },
    MadeDirectory(Entry),
    /// A file lost a name.
    Unlinked {
        entry: Entry,
        buried: bool,
    },
    RemovedDirectory(Entry),
    /// `buried`: the rename replaced a file, which is in the graveyard.
    Renamed {
        entry: Entry,
        to_directory: u64,
        to_name: OsString,
        buried: bool,
    },
    /// The directory's changes up to this number are durable.
    DirectorySynced {
        directory: u64,
        up_to: u64,
    },
    /// The previous bytes of a changed part of a file.
    Overwritten {
        inode: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
}

/// A name in a directory, and its inode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub directory: u64,
    pub name: OsString,
    pub inode: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub sequence: u64,
    pub event: Event,
}

const HEAD_BYTES: usize = 56;

/// All complete records, in order. The last one is incomplete if the process was killed while writing it.
pub(super) fn read(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((record, rest)) = read_one(bytes) {
        records.extend(record);
        bytes = rest;
    }
    records.sort_by_key(|record| record.sequence);
    records
}

/// The first record (none if its kind is unknown) and the bytes after it.
fn read_one(bytes: &[u8]) -> Option<(Option<Record>, &[u8])> {
    let short = |at: usize| bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes);
    let long = |at: usize| bytes.get(at..)?.first_chunk().copied().map(u64::from_ne_bytes);
    let (size, kind, sequence) = (short(0)? as usize, short(4)?, long(8)?);
    let (directory, inode, to_directory, value) = (long(16)?, long(24)?, long(32)?, long(40)?);
    let (name_end, to_name_end) = (HEAD_BYTES + short(48)? as usize, short(52)? as usize);
    let to_name_end = name_end + to_name_end;
    let (record, rest) = (bytes.get(..size.max(HEAD_BYTES))?, bytes.get(size.max(HEAD_BYTES)..)?);
    let name = OsString::from_vec(record.get(HEAD_BYTES..name_end)?.to_vec());
    let to_name = OsString::from_vec(record.get(name_end..to_name_end)?.to_vec());
    let entry = Entry { directory, name, inode };
    let buried = value == 1;
    let event = match kind {
        1 | 3 => Event::Named { entry, created: kind == 1 },
        2 => Event::MadeDirectory(entry),
        4 => Event::Unlinked { entry, buried },
        5 => Event::RemovedDirectory(entry),
        6 => Event::Renamed { entry, to_directory, to_name, buried },
        7 => Event::DirectorySynced { directory, up_to: value },
        8 => Event::Overwritten { inode, offset: value, bytes: record.get(to_name_end..)?.to_vec() },
        _ => return Some((None, rest)),
    };
    Some((Some(Record { sequence, event }), rest))
}
