//! One account of bytes, and several at once.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that wait for one owner, up to a limit.
#[derive(Debug)]
pub struct Account {
    used: AtomicUsize,
    most: usize,
}

impl Account {
    /// An account for at most `most` bytes.
    pub fn new(most: usize) -> Account {
        Account { used: AtomicUsize::new(0), most }
    }

    /// Counts `bytes` more. Returns false, and counts nothing, if they do not fit.
    pub fn take(&self, bytes: usize) -> bool {
        let before = self.used.fetch_add(bytes, Ordering::AcqRel);
        let fits = before.checked_add(bytes).is_some_and(|used| used <= self.most);
        if !fits {
            self.give_back(bytes);
        }
        fits
    }

    /// Counts `bytes` more, also above the limit.
    pub fn force(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Counts `bytes` less.
    pub fn give_back(&self, bytes: usize) {
        let before = self.used.fetch_sub(bytes, Ordering::AcqRel);
        assert!(before >= bytes, "bytes are given back once");
    }

    /// The bytes that wait now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// The owner of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Connection,
    Address,
    Principal,
    Node,
}

impl Owner {
    /// All owners.
    pub const ALL: [Owner; 4] = [Owner::Connection, Owner::Address, Owner::Principal, Owner::Node];

    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Owner::Connection => "connection",
            Owner::Address => "address",
            Owner::Principal => "principal",
            Owner::Node => "node",
        }
    }
}

/// Counts `bytes` in all accounts, or in none.
///
/// # Errors
/// The owner of the first account into which they do not fit.
pub fn take_all<'a>(accounts: impl Iterator<Item = (Owner, &'a Account)> + Clone, bytes: usize) -> Result<(), Owner> {
    for (place, (owner, account)) in accounts.clone().enumerate() {
        if !account.take(bytes) {
            accounts.take(place).for_each(|(_, taken)| taken.give_back(bytes));
            return Err(owner);
        }
    }
    Ok(())
}
