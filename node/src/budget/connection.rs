//! The accounts of one connection.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::account::{Account, Owner, take_all};
use super::node_budget::NodeBudget;
use super::transport::Transport;

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
    open_requests: AtomicUsize,
    held: Mutex<Held>,
    /// Set once there was no room for what hyper holds.
    is_overrun: AtomicBool,
}

/// What hyper holds for the connection.
#[derive(Debug)]
struct Held {
    transport: Transport,
    /// What is counted for it.
    bytes: usize,
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
            address: budget.address(address, is_for_operators),
            opened: Instant::now(),
            moved_ms: AtomicU64::new(0),
            answers: AtomicUsize::new(0),
            open_requests: AtomicUsize::new(0),
            held: Mutex::new(Held { transport: Transport::new(), bytes: 0 }),
            is_overrun: AtomicBool::new(false),
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

    /// A stream of the connection begins. Without room for it the connection ends: an answer would only make it larger.
    pub fn stream_begins(&self) {
        let mut held = self.held.lock();
        let more = held.transport.stream_begins();
        self.count_more(&mut held, more);
    }

    /// Everything was sent that is ready.
    pub fn all_sent(&self) {
        self.held.lock().transport.all_sent(self.open_requests.load(Ordering::Acquire));
    }

    /// Bytes arrived, some of them of bodies. Without room for them the connection ends.
    pub fn arrives(&self, bytes: usize, of_bodies: usize) {
        let mut held = self.held.lock();
        let more = held.transport.arrives(bytes, of_bodies);
        self.count_more(&mut held, more);
    }

    /// A handler has read bytes of a body.
    pub fn is_read(&self, bytes: usize) {
        let mut held = self.held.lock();
        let less = held.transport.is_read(bytes);
        self.count_less(&mut held, less);
    }

    /// A request with a body begins.
    pub fn body_begins(&self) {
        self.held.lock().transport.body_begins();
    }

    /// A handler reads no more of a body.
    pub fn body_ends(&self) {
        let mut held = self.held.lock();
        let less = held.transport.body_ends();
        self.count_less(&mut held, less);
    }

    /// Whether there was no room for what hyper holds for the connection. Then the connection ends.
    pub fn is_overrun(&self) -> bool {
        self.is_overrun.load(Ordering::Acquire)
    }

    pub(super) fn request_opens(&self) {
        self.open_requests.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn request_ends(&self) {
        self.open_requests.fetch_sub(1, Ordering::AcqRel);
    }

    fn count_more(&self, held: &mut Held, bytes: usize) {
        if bytes == 0 || self.is_overrun() {
            return;
        }
        match take_all(self.accounts(), bytes) {
            Ok(()) => held.bytes += bytes,
            Err(owner) => {
                self.budget.note_refusal(owner);
                self.is_overrun.store(true, Ordering::Release);
            }
        }
    }

    fn count_less(&self, held: &mut Held, bytes: usize) {
        // After an overrun nothing more was counted.
        let bytes = bytes.min(held.bytes);
        if bytes == 0 {
            return;
        }
        held.bytes -= bytes;
        self.accounts().for_each(|(_, account)| account.give_back(bytes));
    }

    fn note_release(&self) {
        self.moved_ms.store(self.opened.elapsed().as_millis() as u64, Ordering::Release);
    }
}

impl Drop for ConnectionAccounts {
    fn drop(&mut self) {
        let counted = self.counted + self.held.get_mut().bytes;
        self.accounts_besides_own().for_each(|(_, account)| account.give_back(counted));
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::transport::{STEP, STREAM_BYTES};
    use super::*;

    #[test]
    fn what_hyper_holds_counts_while_it_is_held() {
        let node = Arc::new(NodeBudget::new(64 << 20, 1 << 20, true));
        let connection = ConnectionAccounts::open(&node, IpAddr::V4(Ipv4Addr::LOCALHOST), false).expect("room");
        let open = node.waiting_bytes();
        for _ in 0..1_000 {
            connection.body_begins();
            connection.arrives(3 * STEP, 1);
            assert_eq!((connection.own.used(), node.waiting_bytes()), (2 * STEP, open + 2 * STEP));
            connection.body_ends();
        }
        assert_eq!((connection.own.used(), node.waiting_bytes()), (0, open), "each body gave its bytes back");
        (0..3).for_each(|_| connection.stream_begins());
        assert_eq!(node.waiting_bytes(), open + 2 * STREAM_BYTES);
        assert!(!connection.is_overrun());
        connection.body_begins();
        connection.arrives(2 << 20, 1);
        assert!(connection.is_overrun(), "more than one connection may use");
        drop(connection);
        assert_eq!(node.waiting_bytes(), 0);
    }
}
