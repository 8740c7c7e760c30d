//! The accounts of one request.

use std::sync::{Arc, OnceLock};

use keyrack_inventory::Who;

use super::account::{Account, Owner, take_all};
use super::connection::ConnectionAccounts;

/// What an open request costs without its head, its body and its answer.
const REQUEST_BYTES: usize = 12 << 10;

/// The accounts of one request.
#[derive(Debug)]
pub struct RequestAccounts {
    connection: Arc<ConnectionAccounts>,
    principal: OnceLock<Arc<Account>>,
    /// Set if the request has no caller.
    is_strangers: OnceLock<()>,
    /// The bytes of the request and its head.
    bytes: usize,
}

impl RequestAccounts {
    /// The accounts of a new request whose head has `head` bytes.
    ///
    /// # Errors
    /// The owner of the account that has no room for another request.
    pub fn open(connection: Arc<ConnectionAccounts>, head: usize) -> Result<RequestAccounts, Owner> {
        let bytes = REQUEST_BYTES + head;
        take_all(connection.accounts(), bytes).inspect_err(|owner| connection.budget().note_refusal(*owner))?;
        connection.request_opens();
        Ok(RequestAccounts { connection, principal: OnceLock::new(), is_strangers: OnceLock::new(), bytes })
    }

    /// From now on the request's bytes count for this principal too.
    ///
    /// # Errors
    /// The principal has no room for another request.
    pub fn belongs_to(&self, who: &Who) -> Result<(), Owner> {
        let budget = self.connection.budget();
        let account = budget.principal(who);
        if !account.take(self.bytes) {
            budget.note_refusal(Owner::Principal);
            return Err(Owner::Principal);
        }
        let is_first = self.principal.set(account).is_ok();
        assert!(is_first, "a request has one principal");
        Ok(())
    }

    /// The request has no caller: its bytes count for all strangers too, so that those who sign in keep the rest.
    ///
    /// # Errors
    /// The strangers have no room for another request.
    pub fn belongs_to_nobody(&self) -> Result<(), Owner> {
        let budget = self.connection.budget();
        if !budget.strangers().take(self.bytes) {
            budget.note_refusal(Owner::Node);
            return Err(Owner::Node);
        }
        let is_first = self.is_strangers.set(()).is_ok();
        assert!(is_first, "a request is counted once");
        Ok(())
    }

    /// The accounts of the request's connection.
    pub fn connection(&self) -> &ConnectionAccounts {
        &self.connection
    }

    pub(super) fn principal(&self) -> Option<&Account> {
        self.principal.get().map(|account| &**account)
    }
}

impl Drop for RequestAccounts {
    fn drop(&mut self) {
        self.connection.request_ends();
        self.connection.accounts().for_each(|(_, account)| account.give_back(self.bytes));
        if let Some(principal) = self.principal() {
            principal.give_back(self.bytes);
        }
        if self.is_strangers.get().is_some() {
            self.connection.budget().strangers().give_back(self.bytes);
        }
    }
}
