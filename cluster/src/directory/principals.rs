//! The directory's principals: this file decides their changes, and every request looks them up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use keyrack_proto::Malformed;
use keyrack_proto::internal as pb;
use pb::DirectoryRefusal as Refusal;
use prost::Message;

use super::principal::{ApiKey, Principal};

/// The most principals, and the most valid keys of one principal: every node keeps all of them in memory.
const MAX_PRINCIPALS: usize = 100_000;
const MAX_KEYS: usize = 16;
/// About how much memory one element of a principal's lists takes beside its bytes.
const ELEMENT_BYTES: usize = 128;
/// The most bytes of all principals.
const MAX_BYTES: usize = 128 << 20;
/// The most revoked and expired keys of one principal that are kept.
const MAX_OLD_KEYS: usize = 64;

/// All principals, and indexes to find one.
#[derive(Default)]
pub struct Principals {
    by_id: BTreeMap<String, Arc<Principal>>,
    by_number: HashMap<u32, String>,
    by_prefix: HashMap<String, String>,
    by_subject: HashMap<(String, String), String>,
    last_number: u32,
    /// The bytes of all principals.
    bytes: usize,
    /// Counts the changes since the node started.
    changes: u64,
    fenced: BTreeSet<u64>,
}

impl Principals {
    /// The principal with this id.
    pub fn find(&self, id: &str) -> Option<&Arc<Principal>> {
        self.by_id.get(id)
    }

    /// The principal with this number.
    pub fn find_number(&self, number: u32) -> Option<&Arc<Principal>> {
        self.by_id.get(self.by_number.get(&number)?)
    }

    /// The key with this prefix, and its principal.
    pub fn find_prefix(&self, prefix: &str) -> Option<(&Arc<Principal>, &ApiKey)> {
        let principal = self.by_id.get(self.by_prefix.get(prefix)?)?;
        principal.keys.iter().find(|key| key.prefix == prefix).map(|key| (principal, key))
    }

    /// The principal that signs in with this issuer and subject.
    pub fn find_subject(&self, issuer: &str, subject: &str) -> Option<&Arc<Principal>> {
        self.by_id.get(self.by_subject.get(&(issuer.to_owned(), subject.to_owned()))?)
    }

    /// Up to `limit` with ids after `after`, by id.
    pub fn list(&self, after: &str, limit: usize) -> Vec<Arc<Principal>> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.by_id.range::<str, _>((Excluded(after), Unbounded)).take(limit).map(|(_, one)| one.clone()).collect()
    }

    /// Grows with every change.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The fenced nodes.
    pub fn fenced(&self) -> &BTreeSet<u64> {
        &self.fenced
    }

    /// Adds or replaces a principal without any check.
    pub fn insert(&mut self, principal: Principal) -> Arc<Principal> {
        self.changes += 1;
        let principal = Arc::new(principal);
        self.bytes += row_bytes(&principal);
        if let Some(old) = self.by_id.insert(principal.id.clone(), principal.clone()) {
            self.bytes -= row_bytes(&old);
            old.keys.iter().for_each(|key| drop(self.by_prefix.remove(&key.prefix)));
            old.subjects.iter().for_each(|subject| drop(self.by_subject.remove(subject)));
        }
        self.last_number = self.last_number.max(principal.number);
        self.by_number.insert(principal.number, principal.id.clone());
        for key in &principal.keys {
            self.by_prefix.insert(key.prefix.clone(), principal.id.clone());
        }
        for subject in &principal.subjects {
            self.by_subject.insert(subject.clone(), principal.id.clone());
        }
        principal
    }

    /// Whether `node` may be fenced: it is a member, and the other members that are not fenced are a majority.
    pub(super) fn may_fence(&self, node: u64, members: &BTreeSet<u64>) -> bool {
        let out = members.iter().filter(|id| **id == node || self.fenced.contains(id)).count();
        members.contains(&node) && out * 2 < members.len()
    }

    /// Fences a node, or admits it again.
    pub fn fence(&mut self, node: u64, admit: bool) {
        if admit {
            self.fenced.remove(&node)
        } else {
            self.fenced.insert(node)
        };
    }

    /// Whether a principal's row fits in the place of the one that it replaces.
    fn has_room(&self, row: &Principal) -> bool {
        let old = self.by_id.get(&row.id).map_or(0, |old| row_bytes(old));
        self.bytes - old + row_bytes(row) <= MAX_BYTES
    }

    pub(super) fn put(
        &mut self,
        put: pb::PutPrincipal,
        at_ms: u64,
        is_bounded: bool,
    ) -> Result<Result<Arc<Principal>, Refusal>, Malformed> {
        let row = put.principal.ok_or(Malformed("principal"))?;
        let mut wanted = Principal::try_from(&row)?;
        let known = self.by_id.get(&wanted.id);
        if put.expected_revision.is_some_and(|expected| expected != known.map_or(0, |known| known.revision)) {
            return Ok(Err(Refusal::Revision));
        }
        let taken = |subject: &(String, String)| self.by_subject.get(subject).is_some_and(|owner| *owner != wanted.id);
        if wanted.subjects.iter().any(taken) {
            return Ok(Err(Refusal::SubjectTaken));
        }
        match known {
            Some(known) if known.revoked => return Ok(Err(Refusal::Revoked)),
            Some(known) => {
                wanted.number = known.number;
                wanted.revision = known.revision;
                wanted.keys = known.keys.clone();
                wanted.created_at_ms = known.created_at_ms;
                wanted.revoked = false;
                if wanted == **known {
                    return Ok(Ok(known.clone()));
                }
                wanted.revision += 1;
            }
            None if self.by_id.len() >= MAX_PRINCIPALS => return Ok(Err(Refusal::TooManyPrincipals)),
            None => {
                wanted.number = self.last_number + 1;
                wanted.revision = 1;
                wanted.keys = Vec::new();
                wanted.created_at_ms = at_ms;
                wanted.revoked = false;
            }
        }
        if is_bounded && !self.has_room(&wanted) {
            return Ok(Err(Refusal::TooManyPrincipals));
        }
        Ok(Ok(self.insert(wanted)))
    }

    pub(super) fn revoke(&mut self, id: &str, at_ms: u64) -> Result<Arc<Principal>, Refusal> {
        let known = self.by_id.get(id).ok_or(Refusal::UnknownPrincipal)?;
        if known.revoked {
            return Ok(known.clone());
        }
        let mut revoked = Principal::clone(known);
        revoked.revoked = true;
        revoked.revision += 1;
        // These people may sign in as another principal later.
        revoked.subjects.clear();
        revoked.keys.iter_mut().filter(|key| key.revoked_at_ms == 0).for_each(|key| key.revoked_at_ms = at_ms);
        Ok(self.insert(revoked))
    }

    pub(super) fn add_key(
        &mut self,
        add: pb::AddKey,
        at_ms: u64,
        is_bounded: bool,
    ) -> Result<Result<Arc<Principal>, Refusal>, Malformed> {
        let mut key = ApiKey::try_from(&add.key.ok_or(Malformed("key"))?)?;
        let Some(known) = self.by_id.get(&add.principal) else { return Ok(Err(Refusal::UnknownPrincipal)) };
        if known.revoked {
            return Ok(Err(Refusal::Revoked));
        }
        if known.keys.iter().any(|old| old.prefix == key.prefix && old.hash == key.hash) {
            return Ok(Ok(known.clone()));
        }
        let replaced = known.keys.iter().position(|old| old.prefix == add.replaces);
        if !add.replaces.is_empty() && replaced.is_none() {
            return Ok(Err(Refusal::UnknownKey));
        }
        let good = |key: &&ApiKey| key.revoked_at_ms == 0 && (key.expires_at_ms == 0 || key.expires_at_ms > at_ms);
        if self.by_prefix.contains_key(&key.prefix) || known.keys.iter().filter(good).count() >= MAX_KEYS {
            return Ok(Err(Refusal::TooManyKeys));
        }
        let mut changed = Principal::clone(known);
        key.credential = changed.keys.iter().map(|key| key.credential).max().unwrap_or(0) + 1;
        key.created_at_ms = at_ms;
        key.revoked_at_ms = 0;
        if let Some(old) = replaced.map(|place| &mut changed.keys[place]) {
            let until = at_ms.saturating_add(add.overlap_ms).max(1);
            old.expires_at_ms = if old.expires_at_ms == 0 { until } else { old.expires_at_ms.min(until) };
        }
        changed.keys.push(key);
        // Removes the oldest revoked or expired keys first. Key numbers continue to grow.
        while changed.keys.len() > MAX_KEYS + MAX_OLD_KEYS
            && let Some(place) = changed.keys.iter().position(|key| !good(&key))
        {
            changed.keys.remove(place);
        }
        changed.revision += 1;
        if is_bounded && !self.has_room(&changed) {
            return Ok(Err(Refusal::TooManyKeys));
        }
        Ok(Ok(self.insert(changed)))
    }

    pub(super) fn revoke_key(&mut self, id: &str, prefix: &str, at_ms: u64) -> Result<Arc<Principal>, Refusal> {
        let known = self.by_id.get(id).ok_or(Refusal::UnknownPrincipal)?;
        let place = known.keys.iter().position(|key| key.prefix == prefix).ok_or(Refusal::UnknownKey)?;
        if known.keys[place].revoked_at_ms != 0 {
            return Ok(known.clone());
        }
        let mut changed = Principal::clone(known);
        changed.keys[place].revoked_at_ms = at_ms;
        changed.revision += 1;
        Ok(self.insert(changed))
    }
}

/// About how much memory a principal takes: its bytes, and the elements of its lists with their places in the indexes.
fn row_bytes(principal: &Principal) -> usize {
    let Principal { properties, regions, keys, subjects, .. } = principal;
    let elements = properties.len() + regions.len() + keys.len() + 2 * subjects.len();
    pb::PrincipalRow::from(principal).encoded_len() + ELEMENT_BYTES * elements
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::Role;

    use super::*;

    fn channel(id: &str) -> pb::PrincipalRow {
        pb::PrincipalRow { id: id.into(), role: keyrack_proto::access::role_number(Role::Channel), ..Default::default() }
    }

    fn put(principals: &mut Principals, row: pb::PrincipalRow, expected: Option<u64>) -> Result<Arc<Principal>, Refusal> {
        principals.put(pb::PutPrincipal { principal: Some(row), expected_revision: expected }, 1_000, true).expect("well formed")
    }

    fn key(principals: &mut Principals, id: &str, prefix: &str) -> Result<Arc<Principal>, Refusal> {
        let row = pb::KeyRow { prefix: prefix.into(), hash: vec![7; 32].into(), ..Default::default() };
        principals
            .add_key(pb::AddKey { principal: id.into(), key: Some(row), ..Default::default() }, 2_000, true)
            .expect("well formed")
    }

    #[test]
    fn numbers_are_given_once_and_the_same_put_changes_nothing() {
        let mut principals = Principals::default();
        assert_eq!(put(&mut principals, channel("a"), None).map(|p| (p.number, p.revision)), Ok((1, 1)));
        assert_eq!(put(&mut principals, channel("b"), Some(0)).map(|p| p.number), Ok(2));
        assert_eq!(put(&mut principals, channel("a"), None).map(|p| p.revision), Ok(1));
        let narrower = pb::PrincipalRow { own_only: true, ..channel("a") };
        assert_eq!(put(&mut principals, narrower.clone(), Some(9)), Err(Refusal::Revision));
        assert_eq!(put(&mut principals, narrower, Some(1)).map(|p| (p.number, p.revision)), Ok((1, 2)));
    }

    #[test]
    fn a_revoked_principal_and_its_keys_stay_revoked() {
        let mut principals = Principals::default();
        put(&mut principals, channel("a"), None).expect("made");
        key(&mut principals, "a", "one").expect("made");
        let revoked = principals.revoke("a", 3_000).expect("revoked");
        assert!(revoked.grant().revoked && revoked.grant().credentials.is_empty());
        assert_eq!(put(&mut principals, channel("a"), None), Err(Refusal::Revoked));
        assert_eq!(key(&mut principals, "a", "two"), Err(Refusal::Revoked));
    }

    #[test]
    fn a_key_that_is_added_again_is_the_same_key_and_numbers_continue() {
        let mut principals = Principals::default();
        put(&mut principals, channel("a"), None).expect("made");
        key(&mut principals, "a", "one").expect("made");
        assert_eq!(key(&mut principals, "a", "one").map(|p| p.keys.len()), Ok(1));
        principals.revoke_key("a", "one", 3_000).expect("revoked");
        let after = key(&mut principals, "a", "two").expect("made");
        assert_eq!(after.grant().credentials.iter().map(|c| c.number).collect::<Vec<_>>(), [2]);
        assert_eq!(principals.revoke_key("a", "three", 3_000), Err(Refusal::UnknownKey));
        assert!(principals.find_prefix("one").is_some_and(|(_, key)| key.revoked_at_ms == 3_000));
    }

    #[test]
    fn a_staff_sign_in_belongs_to_one_principal() {
        let mut principals = Principals::default();
        let subjects = vec![pb::StaffSubject { issuer: "https://id".into(), subject: "anna".into() }];
        put(&mut principals, pb::PrincipalRow { subjects: subjects.clone(), ..channel("a") }, None).expect("made");
        assert_eq!(put(&mut principals, pb::PrincipalRow { subjects, ..channel("b") }, None), Err(Refusal::SubjectTaken));
        put(&mut principals, channel("a"), None).expect("changed");
        assert!(principals.find_subject("https://id", "anna").is_none());
    }

    #[test]
    fn the_number_of_valid_keys_is_limited() {
        let mut principals = Principals::default();
        put(&mut principals, channel("a"), None).expect("made");
        for number in 0..MAX_KEYS {
            key(&mut principals, "a", &number.to_string()).expect("made");
        }
        assert_eq!(key(&mut principals, "a", "one more"), Err(Refusal::TooManyKeys));
        principals.revoke_key("a", "0", 3_000).expect("revoked");
        assert!(key(&mut principals, "a", "one more").is_ok());
    }
}
