//! A caller, as the handlers and the audit trail know it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use keyrack_cluster::Principal;
use keyrack_inventory::{Actor, PropertyNumber, Right, Role, Who};
use keyrack_proto::Code;

use super::operations::Operation;
use crate::convert::Problem;

/// An authenticated caller. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    who: Who,
    role: Role,
    principal: Option<Arc<Principal>>,
    from: IpAddr,
    noted: Mutex<Noted>,
}

/// What a request turned out to be about, for the audit trail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noted {
    /// The property; number 0 while it is not known.
    pub property: PropertyNumber,
    /// The booking or hold.
    pub record: Option<[u8; 16]>,
    /// Whether the state machine decided, and so wrote the record itself.
    pub decided: bool,
}

impl Caller {
    /// A caller that was authenticated.
    pub fn new(who: Who, role: Role, principal: Option<Arc<Principal>>, from: IpAddr) -> Caller {
        Caller { inner: Arc::new(Inner { who, role, principal, from, noted: Mutex::default() }) }
    }

    /// Who.
    pub fn who(&self) -> &Who {
        &self.inner.who
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.inner.role
    }

    /// The directory's principal; those who are trusted without it, and guests, have none.
    pub fn principal(&self) -> Option<&Principal> {
        self.inner.principal.as_deref()
    }

    /// Who and from where, as commands and the audit trail have it.
    pub fn actor(&self) -> Actor {
        Actor { who: self.inner.who.clone(), from: address_octets(self.inner.from) }
    }

    /// Refuses an operation that the role may not call, and a property that is surely not the caller's. A right that depends
    /// on a property's row is asked again where the row is.
    pub fn check(&self, operation: Operation, property: Option<&str>) -> Result<(), Problem> {
        let role = self.inner.role;
        let Some(right) = operation.right() else { return Ok(()) };
        if !role.may(right) {
            return Err(Problem::new(Code::Forbidden, format!("the role {} may not do this", role.name())));
        }
        // These are about all properties or none.
        if matches!(right, Right::ManageCluster | Right::ReadLog) && self.is_limited() {
            return Err(forbidden());
        }
        property.map_or(Ok(()), |id| self.check_property(id))
    }

    /// Refuses a property that is surely not the caller's.
    pub fn check_property(&self, id: &str) -> Result<(), Problem> {
        let Some(grant) = self.principal() else { return Ok(()) };
        // Only a property's row says in which region it is.
        let outside = grant.regions.is_empty() && !grant.properties.is_empty() && !grant.properties.iter().any(|p| p == id);
        if outside { Err(forbidden()) } else { Ok(()) }
    }

    /// Refuses to onboard a property that is neither one of the caller's nor in one of its regions.
    pub fn check_onboarding(&self, id: &str, region: &str) -> Result<(), Problem> {
        let covered = self.principal().is_none_or(|principal| principal.grant().covers(id, region));
        if covered { Ok(()) } else { Err(forbidden()) }
    }

    /// Whether only a property's row can tell if it is the caller's.
    pub fn is_of_regions(&self) -> bool {
        self.principal().is_some_and(|grant| !grant.regions.is_empty())
    }

    /// Whether it may call for some properties only. Such a caller must not learn which other properties there are.
    pub fn is_limited(&self) -> bool {
        match &self.inner.who {
            Who::Guest(_) => true,
            _ => self.principal().is_some_and(|grant| !(grant.properties.is_empty() && grant.regions.is_empty())),
        }
    }

    /// Remembers what the request is about.
    pub fn note(&self, property: PropertyNumber, record: Option<[u8; 16]>) {
        let mut noted = self.noted_mut();
        noted.property = property;
        noted.record = record.or(noted.record);
    }

    /// Remembers that the state machine has decided.
    pub fn note_decided(&self) {
        self.noted_mut().decided = true;
    }

    /// What was remembered.
    pub fn noted(&self) -> Noted {
        *self.noted_mut()
    }

    /// The same caller with nothing remembered: for each of a stream's requests.
    pub fn for_next_request(&self) -> Caller {
        let Inner { who, role, principal, from, .. } = self.inner.as_ref();
        Caller::new(who.clone(), *role, principal.clone(), *from)
    }

    fn noted_mut(&self) -> std::sync::MutexGuard<'_, Noted> {
        // Three plain values are whole after any panic.
        self.inner.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same text whether or not the property exists, so that it tells nothing.
pub fn forbidden() -> Problem {
    Problem::new(Code::Forbidden, "these credentials do not allow this")
}

/// An address as the audit trail has it.
pub fn address_octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}
