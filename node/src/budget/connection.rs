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
    address: Arc<Account>,
    opened: Instant,
    /// Milliseconds from `opened` to the last time at which the bytes of an answer left, or began to wait.
    moved_ms: AtomicU64,
    answers: AtomicUsize,
}

impl ConnectionAccounts {
    /// The accounts of a new connection from `address`.
    ///
    /// # Errors
    /// The owner of the account that has no room for another connection.
    pub fn open(budget: &Arc<NodeBudget>, address: IpAddr) -> Result<ConnectionAccounts, Owner> {
        let (own, address) = (Account::new(budget.connection_bytes()), budget.address(address));
        take_all([(Owner::Address, &*address), (Owner::Node, budget.node())].into_iter(), CONNECTION_BYTES)
            .inspect_err(|owner| budget.note_refusal(*owner))?;
        let (moved_ms, answers) = (AtomicU64::new(0), AtomicUsize::new(0));
        Ok(ConnectionAccounts { budget: budget.clone(), own, address, opened: Instant::now(), moved_ms, answers })
    }

    /// The accounts, the narrowest first, so that a refusal names the narrowest.
    pub(super) fn accounts(&self) -> impl Iterator<Item = (Owner, &Account)> + Clone {
        [(Owner::Connection, &self.own), (Owner::Address, &*self.address), (Owner::Node, self.budget.node())].into_iter()
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
        self.budget.node().give_back(CONNECTION_BYTES);
        self.address.give_back(CONNECTION_BYTES);
    }
}
