//! The accounts of one connection.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::account::{Account, Owner, take_all};
use super::node_budget::NodeBudget;

/// What an open connection costs: the buffers of TLS and HTTP.
const CONNECTION_BYTES: usize = 32 << 10;

/// The accounts of one connection.
#[derive(Debug)]
pub struct ConnectionAccounts {
    budget: Arc<NodeBudget>,
    own: Account,
    is_for_operators: bool,
    /// What it has counted for itself.
    counted: usize,
    address: Arc<Account>,
    opened: Instant,
    /// Milliseconds from `opened` to the last time at which the bytes of an answer left, or began to wait.
    moved_ms: AtomicU64,
    answers: AtomicUsize,
}

impl ConnectionAccounts {
    /// The accounts of a new connection from `address`, at the operators' listener or another one.
    ///
    /// # Errors
    /// The owner of the account that has no room for another connection.
    pub fn open(budget: &Arc<NodeBudget>, address: IpAddr, is_for_operators: bool) -> Result<ConnectionAccounts, Owner> {
        let mut accounts = ConnectionAccounts {
            budget: budget.clone(),
            own: Account::new(budget.connection_bytes()),
            is_for_operators,
            counted: 0,
            address: budget.address(address),
            opened: Instant::now(),
            moved_ms: AtomicU64::new(0),
            answers: AtomicUsize::new(0),
        };
        take_all(accounts.accounts_besides_own(), CONNECTION_BYTES).inspect_err(|owner| budget.note_refusal(*owner))?;
        accounts.counted = CONNECTION_BYTES;
        Ok(accounts)
    }

    /// The accounts, the narrowest first, so that a refusal names the narrowest.
    pub(super) fn accounts(&self) -> impl Iterator<Item = (Owner, &Account)> + Clone {
        std::iter::once((Owner::Connection, &self.own)).chain(self.accounts_besides_own())
    }

    fn accounts_besides_own(&self) -> impl Iterator<Item = (Owner, &Account)> + Clone {
        let open_to_all = (!self.is_for_operators).then(|| (Owner::Node, self.budget.open_to_all()));
        std::iter::once((Owner::Address, &*self.address)).chain(open_to_all).chain([(Owner::Node, self.budget.node())])
    }

    /// The node's budget.
    pub fn budget(&self) -> &Arc<NodeBudget> {
        &self.budget
    }

    /// Counts answers whose bytes wait for the client. While there are some, bytes must leave.
    pub fn answer_waits(&self) {
        if self.answers.fetch_add(1, Ordering::AcqRel) == 0 {
            self.note_release();
        }
    }

    /// The bytes of an answer have left.
    pub fn answer_left(&self) {
        self.answers.fetch_sub(1, Ordering::AcqRel);
        self.note_release();
    }

    /// How long answers have waited since the last byte left; zero if none waits.
    pub fn stalled_for(&self) -> Duration {
        if self.answers.load(Ordering::Acquire) == 0 {
            return Duration::ZERO;
        }
        self.opened.elapsed().saturating_sub(Duration::from_millis(self.moved_ms.load(Ordering::Acquire)))
    }

    fn note_release(&self) {
        self.moved_ms.store(self.opened.elapsed().as_millis() as u64, Ordering::Release);
    }
}

impl Drop for ConnectionAccounts {
    fn drop(&mut self) {
        self.accounts_besides_own().for_each(|(_, account)| account.give_back(self.counted));
    }
}
