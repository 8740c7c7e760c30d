//! The caller of a request, for the handlers and the audit trail.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use keyrack_cluster::Principal;
use keyrack_inventory::{Actor, PropertyNumber, Right, Role, Who};
use keyrack_texts::Detail;

use super::guest_links::GuestToken;
use super::networks::actor;
use super::operations::Operation;
use crate::convert::Problem;
use crate::convert::fields::NoteWriter;
use crate::tls::ClientCertificate;

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
    sign_in: SignIn,
    noted: Mutex<Noted>,
}

/// How a caller signed in. A long request asks from time to time whether that still holds.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// When it expires, ms since 1970; `u64::MAX` for never.
    pub until_ms: u64,
    /// What it depends on.
    pub by: SignInBy,
    /// The certificate that it depends on besides.
    pub certificate: Option<ClientCertificate>,
}

/// What a sign-in depends on.
#[derive(Clone, Debug)]
pub enum SignInBy {
    /// On nothing that the directory knows: an operator's certificate, a development key.
    Nothing,
    /// On the guest and the issuer of a link.
    GuestSession(GuestToken),
    /// On the API key of this prefix.
    Key(String),
    /// On the principal's subject (issuer, subject).
    Subject(String, String),
    /// On the principal's permission to use a certificate.
    Certificate,
}

/// The subject of a request, for the audit trail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noted {
    /// The property. Number 0 while it is unknown.
    pub property: PropertyNumber,
    /// The booking or hold.
    pub record: Option<[u8; 16]>,
    /// Whether the state machine decided. Then it also wrote the audit record.
    pub decided: bool,
}

impl Caller {
    /// An authenticated caller.
    pub fn new(who: Who, role: Role, principal: Option<Arc<Principal>>, from: IpAddr, sign_in: SignIn) -> Caller {
        Caller { inner: Arc::new(Inner { who, role, principal, from, sign_in, noted: Mutex::default() }) }
    }

    /// How it signed in.
    pub fn sign_in(&self) -> &SignIn {
        &self.inner.sign_in
    }

    /// Which notes it may write.
    pub fn note_writer(&self) -> NoteWriter {
        if self.role().is_staff() { NoteWriter::Staff } else { NoteWriter::Seller }
    }

    /// The caller's identity.
    pub fn who(&self) -> &Who {
        &self.inner.who
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.inner.role
    }

    /// The address that the request came from.
    pub fn from(&self) -> IpAddr {
        self.inner.from
    }

    /// The directory's principal. Guests, and callers that are trusted without the directory, have none.
    pub fn principal(&self) -> Option<&Principal> {
        self.inner.principal.as_deref()
    }

    /// The identity and the address, for commands and the audit trail.
    pub fn actor(&self) -> Actor {
        actor(self.inner.who.clone(), self.inner.from)
    }

    /// Refuses an operation that the role may not call, and a property that is certainly outside the caller's scope. A right
    /// that depends on a property's row is checked again where the row is.
    pub fn check(&self, operation: Operation, property: Option<&str>) -> Result<(), Problem> {
        let role = self.inner.role;
        let Some(right) = operation.right() else { return Ok(()) };
        if !role.may(right) {
            return Err(Problem::new(Detail::RoleForbids { role: role.name() }));
        }
        // These rights cover all properties.
        if matches!(right, Right::ManageCluster | Right::ReadLog) && self.is_limited() {
            return Err(forbidden());
        }
        property.map_or(Ok(()), |id| self.check_property(id))
    }

    /// Refuses a property that is certainly outside the caller's scope.
    pub fn check_property(&self, id: &str) -> Result<(), Problem> {
        let Some(grant) = self.principal() else { return Ok(()) };
        // Only the property's row has its region.
        let outside = grant.regions.is_empty() && !grant.properties.is_empty() && !grant.properties.iter().any(|p| p == id);
        if outside { Err(forbidden()) } else { Ok(()) }
    }

    /// Refuses to create a property that is outside the caller's properties and regions.
    pub fn check_onboarding(&self, id: &str, region: &str) -> Result<(), Problem> {
        let covered = self.principal().is_none_or(|principal| principal.grant().covers(id, region));
        if covered { Ok(()) } else { Err(forbidden()) }
    }

    /// Whether the scope has regions. Then only a property's row shows whether the property is in it.
    pub fn has_regions(&self) -> bool {
        self.principal().is_some_and(|grant| !grant.regions.is_empty())
    }

    /// Whether the scope is limited to some properties. Such a caller must not learn which other properties exist.
    pub fn is_limited(&self) -> bool {
        match &self.inner.who {
            Who::Guest(_) => true,
            _ => self.principal().is_some_and(|grant| !(grant.properties.is_empty() && grant.regions.is_empty())),
        }
    }

    /// Whether the caller sees all bookings of all properties, so that it may know how many there are.
    pub fn sees_everything(&self) -> bool {
        !self.is_limited() && self.principal().is_none_or(|principal| !principal.grant().own_only)
    }

    /// Records the request's property and booking or hold.
    pub fn note(&self, property: PropertyNumber, record: Option<[u8; 16]>) {
        let mut noted = self.noted_mut();
        noted.property = property;
        noted.record = record.or(noted.record);
    }

    /// Records that the state machine has decided.
    pub fn note_decided(&self) {
        self.noted_mut().decided = true;
    }

    /// The recorded subject of the request.
    pub fn noted(&self) -> Noted {
        *self.noted_mut()
    }

    /// The same caller with an empty record, for the next request of a stream.
    pub fn for_next_request(&self) -> Caller {
        let Inner { who, role, principal, from, sign_in, .. } = self.inner.as_ref();
        Caller::new(who.clone(), *role, principal.clone(), *from, sign_in.clone())
    }

    fn noted_mut(&self) -> std::sync::MutexGuard<'_, Noted> {
        // A panic cannot leave these three plain values half written.
        self.inner.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same text whether or not the property exists, so that it reveals nothing.
pub fn forbidden() -> Problem {
    Problem::new(Detail::RightMissing)
}
