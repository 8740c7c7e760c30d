//! The audit trail: who did what, when, from which address, to which booking or hold, and whether it was allowed.
//!
//! A record has no guest data. Each record is hashed together with the previous one. From time to time a leaf of the
//! receipts log states how many records there are and what the newest hash is ([`crate::LeafBody::AuditSeal`]).
//! Changing, adding or removing a record changes every later hash, and so contradicts a tree that replicas and
//! witnesses have signed.
//!
//! The hash is SHA-256 over `keyrack audit v1`, a zero byte, the previous hash (32 zero bytes at first) and the record
//! as a deterministic CBOR array (RFC 8949 section 4.2): `[line, place, time in ms, who, credential, address (16
//! bytes), action, property number, record id (16 bytes) or null, verdict, times]`. A record of an overridden rule has the reason as
//! another element.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::cbor::Writer;
use crate::{Actor, PropertyNumber, Who};

/// A link of the hash chain.
pub type Link = [u8; 32];

/// An action that a caller did or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Action(pub u8);

macro_rules! actions {
    ($($constant:ident $number:literal $name:literal,)*) => {
        impl Action {
            $(#[doc = $name] pub const $constant: Action = Action($number);)*

            /// All named actions.
            pub const ALL: &'static [Action] = &[$(Action::$constant),*];

            /// The action's name in an export.
            pub fn name(self) -> &'static str {
                match self.0 { $($number => $name,)* _ => "unknown" }
            }
        }
    };
}

actions! {
    PUT_PROPERTY 1 "property.put",
    PUT_ROOM_TYPE 2 "room-type.put",
    PUT_RATE_PLAN 3 "rate-plan.put",
    UPDATE_ARI 4 "ari.update",
    PLACE_HOLD 5 "hold.place",
    CONFIRM_HOLD 6 "hold.confirm",
    RELEASE_HOLD 7 "hold.release",
    BOOK 8 "booking.take",
    AMEND 9 "booking.amend",
    CANCEL 10 "booking.cancel",
    CHECK_IN 11 "booking.check-in",
    CHECK_OUT 12 "booking.check-out",
    NO_SHOW 13 "booking.no-show",
    CLOSE_DAY 14 "business-date.close",
    ERASE_GUEST 15 "guest.erase",
    PUT_GRANT 16 "grant.put",
    REVERT_CHECK_IN 17 "booking.revert-check-in",
    REINSTATE 18 "booking.reinstate",
    READ_BOOKING 32 "booking.read",
    LIST_BOOKINGS 33 "booking.list",
    READ_RECEIPT 34 "receipt.read",
    REPLAY 35 "answer.replay",
    LINK_GUEST 36 "guest.link",
    GUEST_SIGN_IN 37 "guest.sign-in",
    READ_INVENTORY 38 "inventory.read",
    READ_EVENTS 39 "events.read",
    READ_HOLD 40 "hold.read",
    READ_TOPOLOGY 48 "topology.read",
    READ_LOG 49 "log.read",
    READ_AUDIT 50 "audit.read",
    READ_PRINCIPALS 51 "principal.read",
    PUT_PRINCIPAL 52 "principal.put",
    REVOKE_PRINCIPAL 53 "principal.revoke",
    CREATE_KEY 54 "key.create",
    REVOKE_KEY 55 "key.revoke",
    FENCE_NODE 56 "node.fence",
    ADMIT_NODE 57 "node.admit",
    LEAD_SHARD 58 "node.lead",
    REMOVE_PROPERTY 59 "property.remove",
    OTHER 63 "other",
}

/// The result of an action: 0 if allowed, below 100 the number of the refusal ([`crate::Reject::number`]), else the
/// HTTP status with which the edge refused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Verdict(pub u16);

impl Verdict {
    /// The action was done.
    pub const ALLOWED: Verdict = Verdict(0);
}

/// The audit data of a command, kept in its journal line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The caller.
    pub actor: Actor,
    /// The action.
    pub action: Action,
    /// The booking or hold.
    pub record: Option<[u8; 16]>,
    /// Why the caller overrode a rule.
    pub reason: Option<String>,
    /// The newest link of the chain. It includes this record.
    pub link: Link,
}

/// An event at an edge that is not a command: a read of guest data, an operator's action, a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When the edge saw it, ms since 1970, by its clock.
    pub at_ms: u64,
    /// The caller.
    pub actor: Actor,
    /// The action.
    pub action: Action,
    /// The property; 0 if the action concerns no single property.
    pub property: PropertyNumber,
    /// The booking or hold.
    pub record: Option<[u8; 16]>,
    /// The result.
    pub verdict: Verdict,
    /// How often the edge saw it. The edge counts equal events of a short time together.
    pub times: u32,
}

/// One record of the trail, as it is hashed and exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The number of its journal line.
    pub line: u64,
    /// Its position among the line's records.
    pub place: u32,
    /// The other fields.
    pub seen: Observation,
    /// Why the caller overrode a rule.
    pub reason: Option<String>,
}

impl AuditRecord {
    /// The bytes that are hashed.
    pub fn encode(&self) -> Vec<u8> {
        let seen = &self.seen;
        let mut out = Writer::with_capacity(128);
        out.array(11 + usize::from(self.reason.is_some()));
        out.uint(self.line);
        out.uint(self.place.into());
        out.uint(seen.at_ms);
        out.text(&seen.actor.who.to_string());
        out.uint(match seen.actor.who {
            Who::Principal { credential, .. } => credential.into(),
            _ => 0,
        });
        out.bytes(&seen.actor.from);
        out.uint(seen.action.0.into());
        out.uint(seen.property.0.into());
        match &seen.record {
            Some(id) => out.bytes(id),
            None => out.null(),
        }
        out.uint(seen.verdict.0.into());
        out.uint(seen.times.into());
        if let Some(reason) = &self.reason {
            out.text(reason);
        }
        out.into_bytes()
    }

    /// The link that follows `before`.
    pub fn link(&self, before: &Link) -> Link {
        Sha256::new_with_prefix(b"keyrack audit v1\0").chain_update(before).chain_update(self.encode()).finalize().into()
    }
}
