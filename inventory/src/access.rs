//! Access control: one matrix of role and right. It is checked at the edge, and again where commands are applied, so
//! that an edge that has not yet seen a revoked grant lets no caller through.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{BookingId, PropertyNumber};

/// A caller's role in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs the cluster.
    Operator,
    /// Manages hotels.
    Manager,
    /// Sells rooms of hotels.
    Channel,
    /// Works at a front desk.
    Desk,
    /// Audits the receipts and the audit trail.
    Auditor,
    /// Has a booking.
    Guest,
}

/// What a role can be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Read properties, availability, offers, and events without guest data.
    ReadInventory,
    /// Change properties, room types, rate plans, ARI and the business date.
    ManageInventory,
    /// Read bookings and holds; auditors see them without guest data.
    ReadBookings,
    /// Hold, book, amend.
    Sell,
    /// Cancel bookings and release holds.
    Cancel,
    /// Check in, check out, no-show.
    RunDesk,
    /// Give a guest access to a booking.
    LinkGuests,
    /// Destroy a guest's data.
    EraseGuests,
    /// Read which nodes lead which shards.
    ReadTopology,
    /// Read the entries of the receipts log. They show occupancy.
    ReadLog,
    /// Read the audit trail.
    ReadAudit,
    /// Manage principals, their keys, and nodes.
    ManageCluster,
}

/// The identity of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// Unauthenticated: credentials were missing or refused.
    Unauthenticated,
    /// A caller that the nodes themselves trust: an operator with a certificate, or a development key.
    Trusted(Role, String),
    /// A principal of the directory, and the credential it used (0: a credential that is checked outside the cluster).
    Principal {
        /// The principal.
        number: u32,
        /// The number of the credential.
        credential: u32,
    },
    /// A guest with a token for one booking.
    Guest(BookingId),
}

/// A caller and its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Actor {
    /// The caller.
    pub who: Who,
    /// The octets of the IPv6 address, or of the IPv4-mapped one (RFC 4291 section 2.5.5.2).
    pub from: [u8; 16],
}

/// What a principal may do. Every shard has a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The directory's revision of the grant. An older revision never replaces a newer one.
    pub revision: u64,
    /// The role.
    pub role: Role,
    /// Whether the whole grant is revoked.
    pub revoked: bool,
    /// Ids of properties. The grant covers these and those of [`Grant::regions`], or all properties when both are
    /// empty.
    pub properties: Vec<String>,
    /// Regions. The grant covers the properties whose home region is one of them.
    pub regions: Vec<String>,
    /// Only bookings and holds that the principal made itself.
    pub own_only: bool,
    /// Room-minutes that its open holds may take of one property at a time; 0 for no limit.
    pub hold_room_minutes: u32,
    /// The valid credentials; any other is refused.
    pub credentials: Vec<Credential>,
}

/// A credential that is valid until it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its number, unique for the principal.
    pub number: u32,
    /// When it expires, ms since 1970; 0 for never.
    pub expires_at_ms: u64,
}

/// Which bookings and holds of a property a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of the property.
    All,
    /// Those that this principal made.
    Own(u32),
    /// Only this booking.
    Booking(BookingId),
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] = [Role::Operator, Role::Manager, Role::Channel, Role::Desk, Role::Auditor, Role::Guest];

    /// The role's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Manager => "manager",
            Role::Channel => "channel",
            Role::Desk => "desk",
            Role::Auditor => "auditor",
            Role::Guest => "guest",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role has the right. This is the access matrix.
    pub fn may(self, right: Right) -> bool {
        use Right::*;
        match self {
            Role::Operator => true,
            Role::Manager => !matches!(right, ReadLog | ReadAudit | ManageCluster),
            Role::Desk => matches!(right, ReadInventory | ReadBookings | Sell | Cancel | RunDesk | LinkGuests | ReadTopology),
            Role::Channel => matches!(right, ReadInventory | ReadBookings | Sell | Cancel | LinkGuests | ReadTopology),
            Role::Auditor => matches!(right, ReadInventory | ReadBookings | ReadTopology | ReadLog | ReadAudit),
            Role::Guest => matches!(right, ReadBookings | Cancel),
        }
    }

    /// Whether the role works for the hotel: it may write internal notes and override restrictions.
    pub fn is_staff(self) -> bool {
        matches!(self, Role::Operator | Role::Manager | Role::Desk)
    }

    /// Whether the role may see guest data.
    pub fn sees_guests(self) -> bool {
        self != Role::Auditor
    }
}

impl Right {
    /// All rights.
    pub const ALL: [Right; 12] = [
        Right::ReadInventory,
        Right::ManageInventory,
        Right::ReadBookings,
        Right::Sell,
        Right::Cancel,
        Right::RunDesk,
        Right::LinkGuests,
        Right::EraseGuests,
        Right::ReadTopology,
        Right::ReadLog,
        Right::ReadAudit,
        Right::ManageCluster,
    ];
}

impl Grant {
    /// Whether the grant covers all present and future properties.
    pub fn is_everywhere(&self) -> bool {
        self.properties.is_empty() && self.regions.is_empty()
    }

    /// Whether the grant covers a property.
    pub fn covers(&self, property: &str, region: &str) -> bool {
        self.is_everywhere() || self.properties.iter().any(|id| id == property) || self.regions.iter().any(|name| name == region)
    }

    /// Whether a credential is valid at a time (ms since 1970). Credential 0 is checked outside the cluster.
    pub fn accepts(&self, credential: u32, now_ms: u64) -> bool {
        let good = |known: &Credential| known.number == credential && (known.expires_at_ms == 0 || known.expires_at_ms > now_ms);
        !self.revoked && (credential == 0 || self.credentials.iter().any(good))
    }
}

impl Scope {
    /// Whether the scope includes a booking or hold of `seller`.
    pub fn sees(self, seller: u32, booking: Option<BookingId>) -> bool {
        match self {
            Scope::All => true,
            Scope::Own(number) => seller == number,
            Scope::Booking(id) => booking == Some(id),
        }
    }
}

impl Who {
    /// The principal that owns what the caller makes; 0 if the caller is not a principal.
    pub fn seller(&self) -> u32 {
        match self {
            Who::Principal { number, .. } => *number,
            Who::Unauthenticated | Who::Trusted(..) | Who::Guest(_) => 0,
        }
    }
}

impl Who {
    /// The caller without its credential. Limits count for all credentials of a principal together.
    pub fn without_credential(&self) -> Who {
        match self {
            Who::Principal { number, .. } => Who::Principal { number: *number, credential: 0 },
            other => other.clone(),
        }
    }
}

impl core::fmt::Display for Who {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Who::Unauthenticated => f.write_str("nobody"),
            Who::Trusted(_, name) => f.write_str(name),
            Who::Principal { number, .. } => write!(f, "principal/{number}"),
            Who::Guest(booking) => write!(f, "guest/{booking}"),
        }
    }
}

/// A question about a right: may `who` use `right` on `property` at this time?
#[derive(Clone, Copy, Debug)]
pub struct RightQuery<'w> {
    /// The caller.
    pub who: &'w Who,
    /// The right.
    pub right: Right,
    /// The property; 0 for a right that does not depend on a property.
    pub property: PropertyNumber,
    /// The time, ms since 1970.
    pub now_ms: u64,
}
