//! Who may do what. One matrix of role and right, asked at the edge and again where commands are applied, so that
//! an edge that knows less than the log (a grant withdrawn a moment ago) cannot let anybody through.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{BookingId, PropertyNumber};

/// What somebody is to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs the cluster.
    Operator,
    /// Runs hotels.
    Manager,
    /// Sells for hotels.
    Channel,
    /// Sits at a front desk.
    Desk,
    /// Checks what happened.
    Auditor,
    /// Has a booking.
    Guest,
}

/// What a role can have the right to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Properties, availability, offers, events without guests.
    ReadInventory,
    /// Properties, room types, rate plans, ARI, the business date.
    ManageInventory,
    /// Bookings and holds; auditors see them without guests.
    ReadBookings,
    /// Hold, book, amend.
    Sell,
    /// Give bookings and holds up.
    Cancel,
    /// Check in, check out, no-show.
    RunDesk,
    /// Let a guest see a booking.
    LinkGuests,
    /// Destroy a guest's data.
    EraseGuests,
    /// Who leads what, and where.
    ReadTopology,
    /// The entries of the receipts' log: they tell occupancy.
    ReadLog,
    /// The audit trail.
    ReadAudit,
    /// Principals, their keys, and nodes.
    ManageCluster,
}

/// Who asked for something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// Nobody: credentials were missing or refused.
    Nobody,
    /// Somebody the nodes themselves vouch for: an operator with a certificate, a development key.
    Trusted(Role, String),
    /// A principal of the directory, by one of its credentials (0: by one that is checked outside the cluster).
    Principal {
        /// The principal.
        number: u32,
        /// Which credential.
        credential: u32,
    },
    /// A guest with a token for one booking.
    Guest(BookingId),
}

/// Who asked, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// The octets of the IPv6 address, or of the IPv4-mapped one (RFC 4291 section 2.5.5.2).
    pub from: [u8; 16],
}

/// What a principal may do, as every shard keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Counts the directory's changes; an older one never replaces a newer one.
    pub revision: u64,
    /// The role.
    pub role: Role,
    /// Withdrawn as a whole.
    pub revoked: bool,
    /// These properties by id, and those of [`Grant::regions`]; all there are when both are empty.
    pub properties: Vec<String>,
    /// Properties whose home is one of these regions.
    pub regions: Vec<String>,
    /// Only bookings and holds that the principal made itself.
    pub own_only: bool,
    /// Room-minutes of one property that its open holds may take at a time; 0 sets no limit.
    pub hold_room_minutes: u32,
    /// The credentials that are good; one that is not here is refused.
    pub credentials: Vec<Credential>,
}

/// A credential that is good until it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its number; the principal's own counting.
    pub number: u32,
    /// From this time on it is refused, ms since 1970; 0 for never.
    pub expires_at_ms: u64,
}

/// Of what a caller sees only a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything in the property.
    All,
    /// What this principal made.
    Own(u32),
    /// This booking.
    Booking(BookingId),
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 6] = [Role::Operator, Role::Manager, Role::Channel, Role::Desk, Role::Auditor, Role::Guest];

    /// Its name on the wire.
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

    /// The role of a name.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The matrix.
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

    /// Whether it may see who a guest is.
    pub fn sees_guests(self) -> bool {
        self != Role::Auditor
    }
}

impl Right {
    /// All of them.
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
    /// Whether it is for all properties there are and will be.
    pub fn is_everywhere(&self) -> bool {
        self.properties.is_empty() && self.regions.is_empty()
    }

    /// Whether a property is within it.
    pub fn covers(&self, property: &str, region: &str) -> bool {
        self.is_everywhere() || self.properties.iter().any(|id| id == property) || self.regions.iter().any(|name| name == region)
    }

    /// Whether a credential is good at a time (ms since 1970). Credential 0 is checked elsewhere.
    pub fn accepts(&self, credential: u32, now_ms: u64) -> bool {
        let good = |known: &Credential| known.number == credential && (known.expires_at_ms == 0 || known.expires_at_ms > now_ms);
        !self.revoked && (credential == 0 || self.credentials.iter().any(good))
    }
}

impl Scope {
    /// Whether a booking or hold of `seller` is seen.
    pub fn sees(self, seller: u32, booking: Option<BookingId>) -> bool {
        match self {
            Scope::All => true,
            Scope::Own(number) => seller == number,
            Scope::Booking(id) => booking == Some(id),
        }
    }
}

impl Who {
    /// The principal that owns what it makes; 0 for those who are none.
    pub fn seller(&self) -> u32 {
        match self {
            Who::Principal { number, .. } => *number,
            Who::Nobody | Who::Trusted(..) | Who::Guest(_) => 0,
        }
    }
}

impl core::fmt::Display for Who {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Who::Nobody => f.write_str("nobody"),
            Who::Trusted(_, name) => f.write_str(name),
            Who::Principal { number, .. } => write!(f, "principal/{number}"),
            Who::Guest(booking) => write!(f, "guest/{booking}"),
        }
    }
}

/// A question about a right: may `who` use `right` on `property` at this time?
#[derive(Clone, Copy, Debug)]
pub struct Asked<'w> {
    /// Who.
    pub who: &'w Who,
    /// What.
    pub right: Right,
    /// Where; number 0 is nowhere in particular.
    pub property: PropertyNumber,
    /// When, ms since 1970.
    pub now_ms: u64,
}
