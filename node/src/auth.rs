//! Who is calling and what they may do: one function decides for every handler.

use sha2::{Digest, Sha256};

use crate::config::Keys;
use crate::problem::{Code, Problem};

/// A role; the static keys have one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Operator,
    Manager,
    Channel,
    Desk,
    Auditor,
}

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Properties, availability, offers, events without guests.
    ReadInventory,
    /// Properties, room types, rate plans, ARI, the business date.
    ManageInventory,
    /// Bookings and holds, guests left out for auditors.
    ReadBookings,
    /// Hold, book, amend, cancel.
    Sell,
    /// Check in, check out, no-show.
    RunDesk,
    /// Who leads what, and where.
    ReadTopology,
    /// The entries of the receipts' log: they tell occupancy.
    ReadLog,
    /// Destroy a guest's data.
    EraseGuests,
}

/// An authenticated caller.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Its role.
    pub role: Role,
}

impl Role {
    /// Its name; also the name of the principal that a static key stands for.
    pub fn name(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Manager => "manager",
            Role::Channel => "channel",
            Role::Desk => "desk",
            Role::Auditor => "auditor",
        }
    }

    /// Whether it may see who a guest is.
    pub fn sees_guests(self) -> bool {
        self != Role::Auditor
    }
}

/// Knows the digests of all keys, so that a comparison tells nothing by its time.
pub struct Gate {
    keys: Vec<([u8; 32], Role)>,
}

impl Gate {
    /// Lets the configured keys in; an empty key lets nobody in.
    pub fn new(keys: &Keys) -> Gate {
        let all = [
            (&keys.operator, Role::Operator),
            (&keys.manager, Role::Manager),
            (&keys.channel, Role::Channel),
            (&keys.desk, Role::Desk),
            (&keys.auditor, Role::Auditor),
        ];
        let keys = all.iter().filter(|(key, _)| !key.is_empty()).map(|(key, role)| (digest(key.as_bytes()), *role));
        Gate { keys: keys.collect() }
    }

    /// Who calls, by the value of the `Authorization` header.
    pub fn caller(&self, authorization: Option<&[u8]>) -> Result<Caller, Problem> {
        let refused = || Problem::new(Code::Unauthenticated, "send Authorization: Bearer <api key>");
        let value = authorization.ok_or_else(refused)?;
        let (scheme, key) = value.split_at_checked(7).ok_or_else(refused)?;
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return Err(refused());
        }
        let wanted = digest(key);
        self.keys.iter().find(|(known, _)| *known == wanted).map(|(_, role)| Caller { role: *role }).ok_or_else(refused)
    }
}

/// The one table of role and action. `_property` is there for scopes: static keys have all properties.
pub fn authorize(caller: Caller, action: Action, _property: Option<&str>) -> Result<(), Problem> {
    use Action::*;
    let allowed = match caller.role {
        Role::Operator => true,
        Role::Manager => {
            matches!(action, ReadInventory | ManageInventory | ReadBookings | Sell | RunDesk | ReadTopology | EraseGuests)
        }
        Role::Desk => matches!(action, ReadInventory | ReadBookings | Sell | RunDesk | ReadTopology),
        Role::Channel => matches!(action, ReadInventory | ReadBookings | Sell | ReadTopology),
        Role::Auditor => matches!(action, ReadInventory | ReadBookings | ReadTopology | ReadLog),
    };
    if allowed { Ok(()) } else { Err(Problem::new(Code::Forbidden, format!("the role {} may not do this", caller.role.name()))) }
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_key_comes_in_and_an_empty_one_never() {
        let gate = Gate::new(&Keys { desk: "secret".into(), ..Keys::default() });
        assert_eq!(gate.caller(Some(b"Bearer secret")).map(|c| c.role).ok(), Some(Role::Desk));
        assert_eq!(gate.caller(Some(b"bearer secret")).map(|c| c.role).ok(), Some(Role::Desk));
        for value in [None, Some(&b"Bearer "[..]), Some(b"Bearer secre"), Some(b"Basic secret"), Some(b"secret")] {
            assert!(gate.caller(value).is_err());
        }
    }

    #[test]
    fn auditors_change_nothing_and_channels_no_inventory() {
        for action in [Action::Sell, Action::RunDesk, Action::ManageInventory, Action::EraseGuests] {
            assert!(authorize(Caller { role: Role::Auditor }, action, None).is_err());
        }
        for action in [Action::ManageInventory, Action::ReadLog, Action::EraseGuests] {
            assert!(authorize(Caller { role: Role::Channel }, action, None).is_err());
        }
        assert!(authorize(Caller { role: Role::Manager }, Action::ManageInventory, None).is_ok());
    }
}
