//! Principals, and the audit trail's records.

use bytes::Bytes;
use keyrack_inventory::{Action, Actor, BookingId, Credential, Grant, Mark, Observation, PropertyNumber, Role, Verdict, Who};

use crate::fields::{Malformed, array, narrow, required};
use crate::internal as pb;

/// A role's number in rows. It never changes.
pub fn role_number(role: Role) -> u32 {
    match role {
        Role::Operator => 1,
        Role::Manager => 2,
        Role::Channel => 3,
        Role::Desk => 4,
        Role::Auditor => 5,
        Role::Guest => 6,
    }
}

/// The role with this number.
///
/// # Errors
/// No role has this number.
pub fn role_of(number: u32) -> Result<Role, Malformed> {
    Role::ALL.into_iter().find(|role| role_number(*role) == number).ok_or(Malformed("role"))
}

impl From<&Actor> for pb::Actor {
    fn from(actor: &Actor) -> Self {
        let from = Bytes::copy_from_slice(&actor.from);
        let nobody = pb::Actor { from, ..pb::Actor::default() };
        match &actor.who {
            Who::Unauthenticated => nobody,
            Who::Trusted(role, name) => pb::Actor { trusted: name.clone(), role: role_number(*role), ..nobody },
            Who::Principal { number, credential } => pb::Actor { principal: *number, credential: *credential, ..nobody },
            Who::Guest(booking) => pb::Actor { guest: Bytes::copy_from_slice(&booking.0), ..nobody },
        }
    }
}

impl TryFrom<pb::Actor> for Actor {
    type Error = Malformed;

    fn try_from(actor: pb::Actor) -> Result<Self, Malformed> {
        let who = if actor.role != 0 {
            Who::Trusted(role_of(actor.role)?, actor.trusted)
        } else if actor.principal != 0 {
            Who::Principal { number: actor.principal, credential: actor.credential }
        } else if !actor.guest.is_empty() {
            Who::Guest(BookingId(array(&actor.guest, "guest")?))
        } else {
            Who::Unauthenticated
        };
        Ok(Actor { who, from: array(&actor.from, "address")? })
    }
}

impl From<&Grant> for pb::GrantRow {
    fn from(grant: &Grant) -> Self {
        let credential = |known: &Credential| pb::Credential { number: known.number, expires_at_ms: known.expires_at_ms };
        pb::GrantRow {
            revision: grant.revision,
            role: role_number(grant.role),
            revoked: grant.revoked,
            properties: grant.properties.clone(),
            regions: grant.regions.clone(),
            own_only: grant.own_only,
            hold_room_minutes: grant.hold_room_minutes,
            credentials: grant.credentials.iter().map(credential).collect(),
        }
    }
}

impl TryFrom<pb::GrantRow> for Grant {
    type Error = Malformed;

    fn try_from(row: pb::GrantRow) -> Result<Self, Malformed> {
        let credential = |known: pb::Credential| Credential { number: known.number, expires_at_ms: known.expires_at_ms };
        Ok(Grant {
            revision: row.revision,
            role: role_of(row.role)?,
            revoked: row.revoked,
            properties: row.properties,
            regions: row.regions,
            own_only: row.own_only,
            hold_room_minutes: row.hold_room_minutes,
            credentials: row.credentials.into_iter().map(credential).collect(),
        })
    }
}

impl From<&Mark> for pb::Mark {
    fn from(mark: &Mark) -> Self {
        pb::Mark {
            actor: Some((&mark.actor).into()),
            action: mark.action.0.into(),
            record: record_to_pb(mark.record),
            link: Bytes::copy_from_slice(&mark.link),
            reason: mark.reason.clone(),
        }
    }
}

impl TryFrom<pb::Mark> for Mark {
    type Error = Malformed;

    fn try_from(mark: pb::Mark) -> Result<Self, Malformed> {
        Ok(Mark {
            actor: required(mark.actor, "actor")?.try_into()?,
            action: Action(narrow(mark.action, "action")?),
            record: record_from_pb(&mark.record)?,
            link: array(&mark.link, "link")?,
            reason: mark.reason,
        })
    }
}

impl From<&Observation> for pb::Observation {
    fn from(seen: &Observation) -> Self {
        pb::Observation {
            at_ms: seen.at_ms,
            actor: Some((&seen.actor).into()),
            action: seen.action.0.into(),
            property: seen.property.0,
            record: record_to_pb(seen.record),
            verdict: seen.verdict.0.into(),
            times: seen.times,
        }
    }
}

impl TryFrom<pb::Observation> for Observation {
    type Error = Malformed;

    fn try_from(seen: pb::Observation) -> Result<Self, Malformed> {
        Ok(Observation {
            at_ms: seen.at_ms,
            actor: required(seen.actor, "actor")?.try_into()?,
            action: Action(narrow(seen.action, "action")?),
            property: PropertyNumber(seen.property),
            record: record_from_pb(&seen.record)?,
            verdict: Verdict(narrow(seen.verdict, "verdict")?),
            times: seen.times,
        })
    }
}

fn record_to_pb(record: Option<[u8; 16]>) -> Bytes {
    record.map_or_else(Bytes::new, |id| Bytes::copy_from_slice(&id))
}

fn record_from_pb(bytes: &[u8]) -> Result<Option<[u8; 16]>, Malformed> {
    if bytes.is_empty() { Ok(None) } else { array(bytes, "record").map(Some) }
}
