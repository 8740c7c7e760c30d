//! `NEWEST` in a data folder: the ends of the newest logs among the copies that all nodes were restored from, by shard. It stays until
//! this node has them.

use std::fs;
use std::io;
use std::path::Path;

use keyrack_proto::internal as pb;

use super::durable::{remove_durably, write_durably};

const NEWEST: &str = "NEWEST";

/// Records the ends, by shard.
pub fn record(folder: &Path, ends: &[pb::LogId]) -> io::Result<()> {
    let text: String = ends.iter().map(|end| format!("{} {} {}\n", end.term, end.node, end.index)).collect();
    write_durably(folder, NEWEST, text.as_bytes())
}

/// The recorded ends, by shard. Empty if nothing is recorded.
pub fn recorded(folder: &Path) -> io::Result<Vec<pb::LogId>> {
    let text = match fs::read_to_string(folder.join(NEWEST)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let end = |line: &str| {
        let mut numbers = line.split(' ').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(pb::LogId { term: next()?, node: next()?, index: next()? })
    };
    let ends: Option<Vec<pb::LogId>> = text.lines().map(end).collect();
    ends.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the file NEWEST is damaged"))
}

/// Forgets the ends.
pub fn forget(folder: &Path) -> io::Result<()> {
    remove_durably(folder, NEWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_kept_until_they_are_forgotten() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path();
        assert_eq!(recorded(folder).expect("read"), []);
        let ends = [pb::LogId::default(), pb::LogId { term: 7, node: 2, index: u64::MAX }];
        record(folder, &ends).expect("written");
        assert_eq!(recorded(folder).expect("read"), ends);
        fs::write(folder.join(NEWEST), "7 2\n").expect("written");
        assert!(recorded(folder).is_err());
        forget(folder).expect("removed");
        assert_eq!(recorded(folder).expect("read"), []);
    }
}
