//! Bytes that are counted as long as they wait.

use std::sync::Arc;

use super::account::{Owner, take_all};
use super::request::RequestAccounts;

/// Counted bytes of a request. Dropping it gives them back.
#[derive(Debug)]
pub struct Charge {
    accounts: Arc<RequestAccounts>,
    /// Whether the bytes are counted for the principal too. They are not if they came before it was known.
    with_principal: bool,
    bytes: usize,
}

impl Charge {
    /// Counts `bytes` of a request.
    ///
    /// # Errors
    /// The owner of the account into which they do not fit. Nothing is counted.
    pub fn take(accounts: &Arc<RequestAccounts>, bytes: usize) -> Result<Charge, Owner> {
        let with_principal = accounts.principal().is_some();
        let mut charge = Charge { accounts: accounts.clone(), with_principal, bytes: 0 };
        charge.add(bytes)?;
        Ok(charge)
    }

    /// Counts `bytes` of a request, also above the limits: bytes that exist and must be sent.
    pub fn force(accounts: &Arc<RequestAccounts>, bytes: usize) -> Charge {
        let principal = accounts.principal();
        accounts.connection().accounts().for_each(|(_, account)| account.force(bytes));
        principal.inspect(|account| account.force(bytes));
        Charge { accounts: accounts.clone(), with_principal: principal.is_some(), bytes }
    }

    /// Counts `bytes` more.
    ///
    /// # Errors
    /// The owner of the account into which they do not fit. The bytes before stay counted.
    pub fn add(&mut self, bytes: usize) -> Result<(), Owner> {
        let connection = self.accounts.connection();
        let principal = self.accounts.principal().filter(|_| self.with_principal);
        take_all(connection.accounts().chain(principal.map(|one| (Owner::Principal, one))), bytes)
            .inspect_err(|owner| connection.budget().note_refusal(*owner))?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let connection = self.accounts.connection();
        connection.accounts().for_each(|(_, account)| account.give_back(self.bytes));
        if let Some(principal) = self.accounts.principal().filter(|_| self.with_principal) {
            principal.give_back(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use keyrack_inventory::{BookingId, Who};

    use super::super::connection::ConnectionAccounts;
    use super::super::node_budget::NodeBudget;
    use super::*;

    const MIB: usize = 1 << 20;

    fn at(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
    }

    #[test]
    fn bytes_that_do_not_fit_are_refused_by_owner_and_counted_nowhere() {
        let node = Arc::new(NodeBudget::new(16 * MIB, 3 * MIB, true));
        let connect = |last| Arc::new(ConnectionAccounts::open(&node, at(last), false).expect("room"));
        let open = |connection: &Arc<ConnectionAccounts>| Arc::new(RequestAccounts::open(connection.clone(), 0).expect("room"));
        let connections: Vec<_> = (0..4).map(|_| connect(1)).collect();
        let requests: Vec<_> = connections.iter().map(open).collect();
        let before = node.waiting_bytes();
        assert_eq!(Charge::take(&requests[0], 3 * MIB).err(), Some(Owner::Connection));
        assert_eq!(node.waiting_bytes(), before);
        let charges: Vec<_> = requests.iter().take(3).map(|one| Charge::take(one, 5 * MIB / 2).expect("room")).collect();
        assert_eq!(Charge::take(&requests[3], MIB).err(), Some(Owner::Address), "half of the node is 8 MiB");
        let elsewhere = open(&connect(2));
        let other = Charge::take(&elsewhere, MIB).expect("another address has its own share");
        drop((charges, other, requests, connections, elsewhere));
        assert_eq!(node.waiting_bytes(), 0, "everything is given back");
        assert_eq!((node.refusals(Owner::Connection), node.refusals(Owner::Address)), (1, 1));
    }

    #[test]
    fn what_an_address_does_elsewhere_keeps_no_operator_out() {
        let node = Arc::new(NodeBudget::new(16 * MIB, 16 * MIB, true));
        let mut connections = Vec::new();
        let full = loop {
            match ConnectionAccounts::open(&node, at(1), false) {
                Ok(one) => connections.push(one),
                Err(owner) => break owner,
            }
        };
        assert_eq!(full, Owner::Address);
        ConnectionAccounts::open(&node, at(1), true).expect("room at the operators' listener");
    }

    #[test]
    fn a_principal_has_a_quarter_of_the_node_over_all_its_addresses() {
        let node = Arc::new(NodeBudget::new(16 * MIB, 16 * MIB, true));
        let requests: Vec<_> = (0..3)
            .map(|last| {
                let connection = Arc::new(ConnectionAccounts::open(&node, at(last), false).expect("room"));
                let request = Arc::new(RequestAccounts::open(connection, 0).expect("room"));
                request.belongs_to(&Who::Guest(BookingId([7; 16]))).expect("room");
                request
            })
            .collect();
        let _first = Charge::take(&requests[0], 2 * MIB).expect("room");
        let second = Charge::take(&requests[1], 3 * MIB / 2).expect("room");
        assert_eq!(Charge::take(&requests[2], MIB).err(), Some(Owner::Principal));
        drop(second);
        Charge::take(&requests[2], MIB).expect("room again");
    }

    #[test]
    fn requests_without_a_caller_leave_room_for_those_with_one() {
        let node = Arc::new(NodeBudget::new(16 * MIB, 16 * MIB, true));
        let open = |last| {
            let connection = Arc::new(ConnectionAccounts::open(&node, at(last), false).expect("room"));
            RequestAccounts::open(connection, 1_000).expect("room")
        };
        let mut strangers = Vec::new();
        let full = loop {
            let request = open(1 + (strangers.len() % 50) as u8);
            match request.belongs_to_nobody() {
                Ok(()) => strangers.push(request),
                Err(owner) => break owner,
            }
        };
        assert_eq!(full, Owner::Node);
        assert!(node.waiting_bytes() < 16 * MIB, "{}", node.waiting_bytes());
        open(60).belongs_to(&Who::Guest(BookingId([7; 16]))).expect("room for a known caller");
        strangers.pop();
        let again = open(1);
        again.belongs_to_nobody().expect("room again");
        drop((strangers, again));
        assert_eq!(node.waiting_bytes(), 0, "everything is given back");
    }

    #[test]
    fn the_node_is_bounded_when_addresses_are_not() {
        let node = Arc::new(NodeBudget::new(2 * MIB, 16 * MIB, false));
        let request =
            RequestAccounts::open(Arc::new(ConnectionAccounts::open(&node, at(1), false).expect("room")), 0).expect("room");
        let _all = Charge::take(&Arc::new(request), 16 * MIB / 10).expect("one address may use everything");
        let mut connections = Vec::new();
        let full = loop {
            match ConnectionAccounts::open(&node, at(2), false) {
                Ok(one) => connections.push(one),
                Err(owner) => break owner,
            }
        };
        assert_eq!(full, Owner::Node);
        let used = node.waiting_bytes();
        assert_eq!(
            ConnectionAccounts::open(&node, at(2), false).err(),
            Some(Owner::Node),
            "a refused connection gives nothing back"
        );
        assert_eq!(node.waiting_bytes(), used);
        let last = Arc::new(connections.pop().expect("a connection"));
        let mut requests = Vec::new();
        while let Ok(request) = RequestAccounts::open(last.clone(), 0) {
            requests.push(request);
        }
        let before = node.waiting_bytes();
        let operator = ConnectionAccounts::open(&node, at(3), true).expect("a part is for the operators' listener alone");
        let operators = RequestAccounts::open(Arc::new(operator), 0).expect("room");
        drop(operators);
        assert_eq!(node.waiting_bytes(), before);
    }
}
