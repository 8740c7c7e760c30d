//! The accounts of one request.

use std::sync::{Arc, OnceLock};

use keyrack_inventory::Who;

use super::account::{Account, Owner, take_all};
use super::connection::ConnectionAccounts;

/// What an open request costs without its body and its answer.
const REQUEST_BYTES: usize = 12 << 10;

/// The accounts of one request.
#[derive(Debug)]
pub struct RequestAccounts {
    connection: Arc<ConnectionAccounts>,
    principal: OnceLock<Arc<Account>>,
}

impl RequestAccounts {
    /// The accounts of a new request.
    ///
    /// # Errors
    /// The owner of the account that has no room for another request.
    pub fn open(connection: Arc<ConnectionAccounts>) -> Result<RequestAccounts, Owner> {
        take_all(connection.accounts(), REQUEST_BYTES).inspect_err(|owner| connection.budget().note_refusal(*owner))?;
        Ok(RequestAccounts { connection, principal: OnceLock::new() })
    }

    /// From now on the request's bytes count for this principal too.
    ///
    /// # Errors
    /// The principal has no room for another request.
    pub fn belongs_to(&self, who: &Who) -> Result<(), Owner> {
        let budget = self.connection.budget();
        let account = budget.principal(who);
        if !account.take(REQUEST_BYTES) {
            budget.note_refusal(Owner::Principal);
            return Err(Owner::Principal);
        }
        let is_first = self.principal.set(account).is_ok();
        assert!(is_first, "a request has one principal");
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
        self.connection.accounts().for_each(|(_, account)| account.give_back(REQUEST_BYTES));
        if let Some(principal) = self.principal() {
            principal.give_back(REQUEST_BYTES);
        }
    }
}
