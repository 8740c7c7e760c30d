//! The accounts of one node: what each connection, address and principal may use of its memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use keyrack_inventory::Who;
use parking_lot::Mutex;

use super::account::{Account, Owner};

/// The accounts of a node.
#[derive(Debug)]
pub struct NodeBudget {
    node: Account,
    /// What the listeners that anybody reaches may use of it. The operators' listener may use the rest too.
    open_to_all: Account,
    /// What open requests without a known caller may use of that.
    strangers: Account,
    bytes: usize,
    connection_bytes: usize,
    /// Without a limit of connections per address, one address may use everything: it may be a proxy.
    limits_addresses: bool,
    /// Those of the operators' listener are apart: what an address does elsewhere must not keep an operator out.
    addresses: Mutex<HashMap<(IpAddr, bool), Weak<Account>>>,
    principals: Mutex<HashMap<Who, Weak<Account>>>,
    refused: [AtomicU64; Owner::ALL.len()],
}

/// One part in this many is for the operators' listener alone.
const OPERATORS_SHARE: usize = 8;
/// One part in this many is the most for open requests whose caller is not known yet.
const STRANGERS_SHARE: usize = 4;
/// Above this number of accounts, those without a user are removed.
const MOST_UNUSED: usize = 1_024;

impl NodeBudget {
    /// `bytes` for the whole node and `connection_bytes` for each connection. One address may use half of the node's bytes if
    /// `limits_addresses`, one principal a quarter.
    pub fn new(bytes: usize, connection_bytes: usize, limits_addresses: bool) -> NodeBudget {
        NodeBudget {
            node: Account::new(bytes),
            open_to_all: Account::new(bytes - bytes / OPERATORS_SHARE),
            strangers: Account::new(bytes / STRANGERS_SHARE),
            bytes,
            connection_bytes,
            limits_addresses,
            addresses: Mutex::default(),
            principals: Mutex::default(),
            refused: Default::default(),
        }
    }

    /// The account of an address, at the operators' listener or at the others.
    pub(super) fn address(&self, address: IpAddr, is_for_operators: bool) -> Arc<Account> {
        let share = if self.limits_addresses { self.bytes / 2 } else { self.bytes };
        account(&mut self.addresses.lock(), (address, is_for_operators), share)
    }

    /// The account of a principal. All its keys share one.
    pub(super) fn principal(&self, who: &Who) -> Arc<Account> {
        account(&mut self.principals.lock(), who.without_credential(), self.bytes / 4)
    }

    /// The node's own account.
    pub(super) fn node(&self) -> &Account {
        &self.node
    }

    /// The account of the listeners that anybody reaches.
    pub(super) fn open_to_all(&self) -> &Account {
        &self.open_to_all
    }

    /// The account of open requests whose caller is not known.
    pub(super) fn strangers(&self) -> &Account {
        &self.strangers
    }

    /// The most bytes of one connection.
    pub(super) fn connection_bytes(&self) -> usize {
        self.connection_bytes
    }

    /// The bytes that wait now.
    pub fn waiting_bytes(&self) -> usize {
        self.node.used()
    }

    /// How often an account of this kind of owner was full.
    pub fn refusals(&self, owner: Owner) -> u64 {
        self.refused[owner as usize].load(Ordering::Relaxed)
    }

    pub(super) fn note_refusal(&self, owner: Owner) {
        self.refused[owner as usize].fetch_add(1, Ordering::Relaxed);
    }
}

fn account<K: Hash + Eq>(accounts: &mut HashMap<K, Weak<Account>>, key: K, most: usize) -> Arc<Account> {
    if accounts.len() > MOST_UNUSED && accounts.len() == accounts.capacity() {
        accounts.retain(|_, one| one.strong_count() > 0);
    }
    let new = || Arc::new(Account::new(most));
    match accounts.entry(key) {
        Entry::Vacant(vacant) => {
            let one = new();
            vacant.insert(Arc::downgrade(&one));
            one
        }
        Entry::Occupied(mut known) => known.get().upgrade().unwrap_or_else(|| {
            let one = new();
            known.insert(Arc::downgrade(&one));
            one
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn accounts_without_users_are_removed() {
        let node = NodeBudget::new(1 << 20, 1 << 20, true);
        let used = node.address(IpAddr::V4(Ipv4Addr::from_bits(7)), false);
        for number in 0..20_000u32 {
            node.address(IpAddr::V4(Ipv4Addr::from_bits(number)), false);
        }
        let kept = node.addresses.lock().len();
        assert!(kept <= 4 * MOST_UNUSED, "{kept}");
        assert!(Arc::ptr_eq(&used, &node.address(IpAddr::V4(Ipv4Addr::from_bits(7)), false)), "one that is used stays");
    }
}
