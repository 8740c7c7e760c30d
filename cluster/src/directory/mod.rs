//! The directory, shard 0: the number and the shard of each property, the principals, and the fenced nodes.
//!
//! It is small and every request reads it, so each node keeps all of it in memory. A start loads it from the rows.
//! `principals.rs` decides changes of principals, `principal.rs` is one principal. Start with [`Directory::apply`].
//!
//! Invariants:
//! - the number of a property or a principal is never given again;
//! - a property keeps its shard, and is removed only if that shard does not exist;
//! - a revoked principal and its keys stay revoked;
//! - what the nodes keep in memory is bounded;
//! - the nodes that are not fenced are a majority, also if another node asks to fence one of them;
//! - a commit writes all changes since the last commit.

mod principal;
mod principals;

pub use principal::{ApiKey, Principal};
pub use principals::Principals;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use keyrack_inventory::{PropertyNumber, Rules};
use keyrack_proto::Malformed;
use keyrack_proto::internal as pb;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use prost::Message;

use crate::malformed::malformed;
use crate::peers::Admission;
use crate::storage::RowsDb;

/// The most data shards of a cluster.
pub const MAX_DATA_SHARDS: u32 = 64;

/// The most properties: every node keeps all of them in memory.
const MAX_PROPERTIES: usize = 250_000;
/// The most bytes of a property's id and of its region.
const MAX_TEXT: usize = 255;

/// The directory's own shard.
pub const SHARD: u32 = 0;

/// `90 id`: a property. Only the directory uses these tags.
const PROPERTY: u8 = 0x90;
/// `91 id`: a principal.
const PRINCIPAL: u8 = 0x91;
/// `92 node`: a fenced node; no value.
const FENCED: u8 = 0x92;
/// `93 number`: the number of a removed property; no value.
const REMOVED: u8 = 0x93;

/// A property's number and shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The id its owner chose.
    pub id: String,
    /// The region that its registration named.
    pub home_region: String,
    /// Its number.
    pub number: PropertyNumber,
    /// Its shard.
    pub shard: u32,
}

/// The directory as this node has applied it.
pub struct Directory {
    /// Receives the fenced nodes.
    admission: Arc<Admission>,
    entries: RwLock<Entries>,
    principals: RwLock<Principals>,
    /// Rows changed since the last commit; `None` for a deleted row.
    unwritten: Mutex<Vec<Change>>,
}

/// A row's key, and its value if it has one.
type Change = (Vec<u8>, Option<Vec<u8>>);

#[derive(Default)]
struct Entries {
    by_id: BTreeMap<String, pb::DirectoryRow>,
    by_number: HashMap<u32, String>,
    last_number: u32,
}

impl Directory {
    /// An empty directory.
    pub fn new(admission: Arc<Admission>) -> Directory {
        Directory { admission, entries: RwLock::default(), principals: RwLock::default(), unwritten: Mutex::default() }
    }

    /// Reads all rows and replaces the state in memory.
    pub fn load(&self, db: &RowsDb) -> io::Result<()> {
        let rows = db.view(SHARD, |view| view.prefixed(&[PROPERTY]))??;
        let mut entries = Entries::default();
        for (_, value) in rows {
            let row = pb::DirectoryRow::decode(value.as_slice())
                .map_err(|cause| io::Error::other(format!("cannot read a property's row in the directory: {cause}")))?;
            entries.insert(row);
        }
        for (key, _) in db.view(SHARD, |view| view.prefixed(&[REMOVED]))?? {
            let number = key.get(1..).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
            let number = number.ok_or_else(|| io::Error::other("cannot read a removed property's row"))?;
            entries.last_number = entries.last_number.max(number);
        }
        let mut principals = Principals::default();
        for (_, value) in db.view(SHARD, |view| view.prefixed(&[PRINCIPAL]))?? {
            let row = pb::PrincipalRow::decode(value.as_slice()).map_err(keyrack_proto::Malformed::from);
            let principal = row.and_then(|row| Principal::try_from(&row));
            principals.insert(principal.map_err(|cause| io::Error::other(format!("cannot read a principal's row: {cause}")))?);
        }
        for (key, _) in db.view(SHARD, |view| view.prefixed(&[FENCED]))?? {
            let node = key.get(1..).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
            principals.fence(node.ok_or_else(|| io::Error::other("cannot read a fenced node's row"))?, false);
        }
        *self.entries.write() = entries;
        self.admission.fence(principals.fenced().clone());
        *self.principals.write() = principals;
        self.unwritten.lock().clear();
        Ok(())
    }

    /// Applies one command by the rules of its entry. `members` are the nodes of the cluster.
    pub fn apply(&self, command: Bytes, at_ms: u64, rules: Rules, members: &BTreeSet<u64>) -> io::Result<pb::DirectoryReply> {
        use pb::directory_command::Op;
        use pb::directory_reply::Reply;
        let malformed = |cause: &dyn std::fmt::Display| io::Error::other(format!("cannot read a directory command: {cause}"));
        let command = pb::DirectoryCommand::decode(command).map_err(|cause| malformed(&cause))?;
        let mut principals = self.principals.write();
        let decided = match command.op.ok_or_else(|| malformed(&"unknown kind"))? {
            Op::RegisterProperty(register) => {
                let most = if rules >= Rules::DIRECTORY_BOUNDED { MAX_PROPERTIES } else { usize::MAX };
                let reply = match self.register(register, most) {
                    Some(row) => Reply::Property(row),
                    None => Reply::Refused(pb::DirectoryRefusal::TooManyProperties.into()),
                };
                return Ok(pb::DirectoryReply { reply: Some(reply) });
            }
            Op::RemoveProperty(remove) => {
                self.remove(&remove);
                return Ok(pb::DirectoryReply { reply: Some(Reply::Done(pb::Nothing {})) });
            }
            Op::PutPrincipal(put) => {
                let is_bounded = rules >= Rules::DIRECTORY_BOUNDED;
                principals.put(put, at_ms, is_bounded).map_err(|cause| malformed(&cause))?
            }
            Op::RevokePrincipal(revoke) => principals.revoke(&revoke.id, at_ms),
            Op::AddKey(add) => {
                principals.add_key(add, at_ms, rules >= Rules::DIRECTORY_BOUNDED).map_err(|cause| malformed(&cause))?
            }
            Op::RevokeKey(revoke) => principals.revoke_key(&revoke.principal, &revoke.prefix, at_ms),
            Op::FenceNode(fence)
                if !fence.admit && rules >= Rules::DIRECTORY_BOUNDED && !principals.may_fence(fence.node, members) =>
            {
                Err(pb::DirectoryRefusal::NeedsMajority)
            }
            Op::FenceNode(fence) => {
                principals.fence(fence.node, fence.admit);
                self.admission.fence(principals.fenced().clone());
                let key = [&[FENCED][..], &fence.node.to_be_bytes()].concat();
                self.unwritten.lock().push((key, (!fence.admit).then(Vec::new)));
                return Ok(pb::DirectoryReply { reply: Some(Reply::Done(pb::Nothing {})) });
            }
        };
        let reply = match decided {
            Ok(principal) => {
                let row = pb::PrincipalRow::from(principal.as_ref());
                let key = [&[PRINCIPAL], row.id.as_bytes()].concat();
                self.unwritten.lock().push((key, Some(row.encode_to_vec())));
                Reply::Principal(row)
            }
            Err(refusal) => Reply::Refused(refusal.into()),
        };
        Ok(pb::DirectoryReply { reply: Some(reply) })
    }

    /// The property's row. `None` if it is new, and there are `most` already.
    fn register(&self, register: pb::RegisterProperty, most: usize) -> Option<pb::DirectoryRow> {
        let mut entries = self.entries.write();
        if let Some(row) = entries.by_id.get(&register.id) {
            return Some(row.clone());
        }
        if entries.by_id.len() >= most {
            return None;
        }
        let row = pb::DirectoryRow {
            number: entries.last_number + 1,
            shard: entries.emptiest(register.data_shards.max(1)),
            id: register.id,
            home_region: register.home_region,
        };
        entries.insert(row.clone());
        let key = [&[PROPERTY], row.id.as_bytes()].concat();
        self.unwritten.lock().push((key, Some(row.encode_to_vec())));
        Some(row)
    }

    fn remove(&self, remove: &pb::RemoveProperty) {
        let mut entries = self.entries.write();
        let Some(number) = entries.by_id.get(&remove.id).filter(|row| row.shard > remove.data_shards).map(|row| row.number)
        else {
            return;
        };
        entries.by_id.remove(&remove.id);
        entries.by_number.remove(&number);
        let row = [&[PROPERTY], remove.id.as_bytes()].concat();
        let number = [&[REMOVED][..], &number.to_be_bytes()].concat();
        self.unwritten.lock().extend([(row, None), (number, Some(Vec::new()))]);
    }

    /// The principals.
    pub fn principals(&self) -> RwLockReadGuard<'_, Principals> {
        self.principals.read()
    }

    /// Writes the changed rows and the applied position.
    pub fn commit(&self, db: &RowsDb, applied: &[u8]) -> io::Result<()> {
        let rows = std::mem::take(&mut *self.unwritten.lock());
        db.write(SHARD, applied, |set| {
            for (key, value) in &rows {
                match value {
                    Some(value) => set.put(key, value),
                    None => set.delete(key),
                }
            }
        })
    }

    /// The placement of a property, by its id.
    pub fn find(&self, id: &str) -> Option<Placement> {
        self.entries.read().by_id.get(id).map(placement)
    }

    /// The placement of a property, by its number.
    pub fn find_number(&self, number: PropertyNumber) -> Option<Placement> {
        let entries = self.entries.read();
        entries.by_number.get(&number.0).and_then(|id| entries.by_id.get(id)).map(placement)
    }

    /// Up to `limit` properties with ids after `after`, by id.
    pub fn list(&self, after: &str, limit: usize) -> Vec<Placement> {
        use std::ops::Bound::{Excluded, Unbounded};
        let entries = self.entries.read();
        entries.by_id.range::<str, _>((Excluded(after), Unbounded)).take(limit).map(|(_, row)| placement(row)).collect()
    }
}

impl Entries {
    fn insert(&mut self, row: pb::DirectoryRow) {
        self.last_number = self.last_number.max(row.number);
        self.by_number.insert(row.number, row.id.clone());
        self.by_id.insert(row.id.clone(), row);
    }

    /// The data shard with the fewest properties; the lowest number if several have the fewest.
    fn emptiest(&self, data_shards: u32) -> u32 {
        let mut counts = vec![0u32; data_shards as usize];
        for row in self.by_id.values() {
            if let Some(count) = counts.get_mut(row.shard.saturating_sub(1) as usize) {
                *count += 1;
            }
        }
        let emptiest = counts.iter().enumerate().min_by_key(|(shard, count)| (**count, *shard));
        emptiest.map_or(1, |(shard, _)| shard as u32 + 1)
    }
}

/// Checks that a command can be applied.
///
/// # Errors
/// `InvalidData` that says what is missing or malformed.
pub fn check(op: &pb::directory_command::Op) -> io::Result<()> {
    use pb::directory_command::Op;
    let read = match op {
        Op::PutPrincipal(put) => required(put.principal.as_ref(), "principal").and_then(Principal::try_from).map(drop),
        Op::AddKey(add) => required(add.key.as_ref(), "key").and_then(ApiKey::try_from).map(drop),
        Op::RegisterProperty(register) if register.data_shards > MAX_DATA_SHARDS => Err(Malformed("number of data shards")),
        Op::RegisterProperty(register) if register.id.len() > MAX_TEXT || register.home_region.len() > MAX_TEXT => {
            Err(Malformed("property's id or region"))
        }
        Op::RegisterProperty(_) | Op::RemoveProperty(_) | Op::RevokePrincipal(_) | Op::RevokeKey(_) | Op::FenceNode(_) => Ok(()),
    };
    read.map_err(|cause| malformed(&format!("directory command: {cause}")))
}

fn required<'a, T>(field: Option<&'a T>, name: &'static str) -> Result<&'a T, Malformed> {
    field.ok_or(Malformed(name))
}

pub fn placement(row: &pb::DirectoryRow) -> Placement {
    Placement { id: row.id.clone(), home_region: row.home_region.clone(), number: PropertyNumber(row.number), shard: row.shard }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        Directory::new(Arc::new(Admission::new([])))
    }

    fn apply(directory: &Directory, command: pb::DirectoryCommand) -> pb::DirectoryReply {
        let members = BTreeSet::from([1, 2, 3]);
        directory.apply(command.encode_to_vec().into(), 1, Rules::PRESENT, &members).expect("applied")
    }

    /// A hostile member could otherwise stop the cluster: fenced nodes cannot admit each other again.
    #[test]
    fn the_nodes_that_are_not_fenced_stay_a_majority() {
        let directory = directory();
        let fence = |node, admit, rules, members: &[u64]| {
            let op = pb::directory_command::Op::FenceNode(pb::FenceNode { node, admit });
            let command = pb::DirectoryCommand { op: Some(op) }.encode_to_vec();
            let reply = directory.apply(command.into(), 1, rules, &members.iter().copied().collect()).expect("applied");
            reply.reply == Some(pb::directory_reply::Reply::Done(pb::Nothing {}))
        };
        let (old, new) = (Rules::BOUNDED, Rules::DIRECTORY_BOUNDED);
        let three = &[1, 2, 3][..];
        assert!(!fence(4, false, new, three), "no member");
        assert!(fence(3, false, new, three) && fence(3, false, new, three), "the second time changes nothing");
        assert!(!fence(2, false, new, three) && !fence(1, false, new, three));
        assert_eq!(*directory.principals().fenced(), [3].into());
        assert!(!fence(2, false, new, &[1, 2, 3, 4]) && fence(2, false, new, &[1, 2, 3, 4, 5]));
        assert!(fence(2, true, new, three) && fence(3, true, new, three));
        assert!(!fence(1, false, new, &[1]) && !fence(1, false, new, &[1, 2]), "one of two is no majority");
        assert!(fence(1, false, old, three) && fence(2, false, old, three), "entries of older versions are decided as they were");
    }

    fn register(directory: &Directory, id: &str, data_shards: u32) -> pb::DirectoryRow {
        let register = pb::RegisterProperty { id: id.into(), home_region: String::new(), data_shards };
        let command = pb::DirectoryCommand { op: Some(pb::directory_command::Op::RegisterProperty(register)) };
        match apply(directory, command).reply {
            Some(pb::directory_reply::Reply::Property(row)) => row,
            other => panic!("expected a placement: {other:?}"),
        }
    }

    fn remove(directory: &Directory, id: &str, data_shards: u32) {
        let remove = pb::RemoveProperty { id: id.into(), data_shards };
        let command = pb::DirectoryCommand { op: Some(pb::directory_command::Op::RemoveProperty(remove)) };
        apply(directory, command);
    }

    /// Every node keeps the directory in memory, and a hostile member can add to it.
    #[test]
    fn the_directory_is_bounded() {
        use pb::directory_reply::Reply;
        let directory = directory();
        let new = |id: &str| pb::RegisterProperty { id: id.into(), home_region: String::new(), data_shards: 3 };
        for _ in 0..2 {
            let registered: Vec<bool> = ["a", "b", "c"].map(|id| directory.register(new(id), 2).is_some()).into();
            assert_eq!(registered, [true, true, false], "a property keeps its place");
        }
        let refused = |rules, op| {
            let command = pb::DirectoryCommand { op: Some(op) }.encode_to_vec();
            let reply = directory.apply(command.into(), 1, rules, &BTreeSet::new()).expect("applied").reply;
            match reply {
                Some(Reply::Refused(refused)) => pb::DirectoryRefusal::try_from(refused).ok(),
                _ => None,
            }
        };
        let put = |id: u32, bytes| {
            let principal = pb::PrincipalRow { id: format!("p{id}"), name: "n".repeat(bytes), role: 1, ..Default::default() };
            pb::directory_command::Op::PutPrincipal(pb::PutPrincipal { principal: Some(principal), expected_revision: None })
        };
        let (old, new) = (Rules::BOUNDED, Rules::DIRECTORY_BOUNDED);
        let fit = (0..200).take_while(|id| refused(new, put(*id, 1 << 20)).is_none()).count();
        assert_eq!(fit, 127, "128 MiB for all");
        for round in 0..200 {
            assert_eq!(refused(new, put(0, (1 << 20) - round)), None, "a principal takes the place of its older version");
        }
        assert_eq!(refused(new, put(0, 1 << 20)), None);
        assert_eq!(refused(new, put(0, 3 << 20)), Some(pb::DirectoryRefusal::TooManyPrincipals));
        let key =
            pb::KeyRow { prefix: "0".repeat(12), hash: vec![0; 32].into(), label: "l".repeat(1 << 20), ..Default::default() };
        let key = pb::AddKey { principal: "p0".into(), key: Some(key), ..Default::default() };
        let key = || pb::directory_command::Op::AddKey(key.clone());
        assert_eq!(refused(new, key()), Some(pb::DirectoryRefusal::TooManyKeys));
        assert_eq!((refused(old, key()), refused(old, put(900, 1 << 20))), (None, None), "older entries");
    }

    #[test]
    fn properties_are_spread_over_the_shards_and_keep_theirs() {
        let directory = directory();
        let shards: Vec<u32> = ["a", "b", "c", "d"].iter().map(|id| register(&directory, id, 3).shard).collect();
        assert_eq!(shards, [1, 2, 3, 1]);
        assert_eq!(register(&directory, "b", 3).number, 2);
        assert_eq!(directory.find_number(PropertyNumber(3)).map(|p| p.id).as_deref(), Some("c"));
        assert_eq!(directory.list("b", 10).len(), 2);
    }

    /// A node whose `data_shards` was 5 put property `d` into shard 4. The cluster has 3.
    #[test]
    fn only_a_property_in_a_shard_that_does_not_exist_is_removed_and_its_number_is_never_given_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = RowsDb::open(folder.path(), 4).expect("opened");
        let directory = directory();
        ["a", "b", "c"].iter().for_each(|id| drop(register(&directory, id, 3)));
        assert_eq!(register(&directory, "d", 5).shard, 4);
        ["a", "d", "unknown"].iter().for_each(|id| remove(&directory, id, 3));
        directory.commit(&db, b"applied").expect("written");
        let loaded = Directory::new(Arc::new(Admission::new([])));
        loaded.load(&db).expect("loaded");
        for directory in [directory, loaded] {
            assert_eq!(directory.list("", 10).iter().map(|place| place.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
            assert_eq!((directory.find("d"), directory.find_number(PropertyNumber(4))), (None, None));
            let row = register(&directory, "d", 3);
            assert_eq!((row.number, row.shard), (5, 1));
        }
    }
}
