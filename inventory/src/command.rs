//! The commands of a shard. The edge draws random ids and encrypts guest data before it sends a command.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{
    Actor, BookingId, ConfirmationNumber, Currency, DateRange, Grant, HoldId, LeafSeeds, Lookup, Minor, Night, Observation,
    PropertyDetails, PropertyNumber, RatePlan, ReplicaKeys, RoomType, Sealed, ShortCode, Stay, Weekdays,
};

/// One command for one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The property.
    pub property: PropertyNumber,
    /// The idempotency key; `None` for commands that the cluster proposes, such as ticks and grants.
    pub request: Option<RequestKey>,
    /// The caller; `None` for the cluster's own commands.
    pub by: Option<Actor>,
    /// The operation.
    pub op: Op,
}

/// An idempotency key as the state machine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// A digest of principal, property and the caller's key.
    pub digest: [u8; 16],
    /// A digest of the request. It differs if the key is reused for another request.
    pub fingerprint: [u8; 16],
}

/// The operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Expire what is due. The leader proposes it when a hold expires and no other command comes.
    Tick,
    /// Add or change a property.
    PutProperty {
        /// The id its owner chose; ignored on a change.
        id: String,
        /// All settings.
        details: PropertyDetails,
        /// Its first business date; ignored on a change.
        business_date: Night,
        /// Refuse unless the row has this revision.
        expected_revision: Option<u32>,
    },
    /// Add or change a room type; its revision is ignored.
    PutRoomType {
        /// The entry.
        room_type: RoomType,
        /// Refuse unless the entry has this revision.
        expected_revision: Option<u32>,
    },
    /// Add or change a rate plan; its revision and `priced` are ignored.
    PutRatePlan {
        /// The entry.
        rate_plan: RatePlan,
        /// Refuse unless the entry has this revision.
        expected_revision: Option<u32>,
    },
    /// Change availability, rates and inventory: all updates or none.
    UpdateAri(Vec<AriUpdate>),
    /// Hold rooms for a limited time.
    PlaceHold {
        /// The new hold's id.
        id: HoldId,
        /// The nights.
        stay: Stay,
        /// The rooms.
        rooms: Vec<RoomRequest>,
        /// How long the hold lasts, at most [`crate::MAX_HOLD_MS`].
        ttl_ms: u64,
    },
    /// Turn a hold into a booking.
    ConfirmHold {
        /// The hold.
        hold: HoldId,
        /// The new booking's id.
        booking: BookingId,
        /// The guest, encrypted.
        guest: Sealed,
        /// The seller's own reference.
        channel_ref: String,
        /// A payment token.
        payment_token: String,
        /// Secrets for the booking's leaves.
        seeds: LeafSeeds,
        /// The new booking's confirmation number; see [`BookRequest::number`].
        number: Option<ConfirmationNumber>,
        /// Refuse if the hold has another price.
        expected_total: Option<Price>,
        /// The guests of each line of the hold's rooms; empty for those of the hold.
        guests: Vec<RoomGuests>,
    },
    /// Release a hold.
    ReleaseHold(HoldId),
    /// Make a booking.
    Book(BookRequest),
    /// Change a booking: the new rooms are taken and the old ones given back together, or nothing changes.
    Amend {
        /// The booking.
        booking: BookingId,
        /// The new arrival; `None` keeps it.
        arrival: Option<Night>,
        /// The new departure; `None` keeps it.
        departure: Option<Night>,
        /// The new rooms; `None` keeps them.
        rooms: Option<Vec<RoomRequest>>,
        /// The new guest data; `None` keeps them.
        guest: Option<Sealed>,
        /// The revision of the booking whose guest data the new ones continue. If the booking has another revision by now, the command
        /// is refused and its idempotency key stays unused, so that the edge can try again.
        guest_of: Option<u32>,
        /// Secrets for the booking's leaves.
        seeds: LeafSeeds,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
        /// See [`BookRequest::override_reason`].
        override_reason: Option<String>,
    },
    /// Cancel a booking.
    Cancel {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// Check the guest in.
    CheckIn {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// Check the guest out.
    CheckOut {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// Undo a check-in of the same business date.
    RevertCheckIn {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// Confirm a cancelled booking or a no-show again: its rooms are taken again, or it stays as it is.
    Reinstate {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// Mark the guest as a no-show.
    NoShow {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// Destroy the key and salts of a guest's data. This cannot be undone.
    EraseGuest {
        /// The guest's booking.
        booking: BookingId,
    },
    /// Announce a replica's new keys. The replica itself proposes it.
    PutReplicaKeys(ReplicaKeys),
    /// The same, with the proof that the replica has the private keys. The applying node checks the proof before it calls
    /// [`crate::apply`].
    PutProvenKeys(ProvenKeys),
    /// Store a checkpoint that enough replicas signed. The leader proposes it. Receipts then refer to it.
    PutCheckpoint {
        /// The number of leaves it covers. The command is ignored unless this is more than in the newest checkpoint.
        size: u64,
        /// The signed note.
        note: String,
    },
    /// Store what a principal may do, as the directory decided it.
    PutGrant {
        /// The principal.
        number: u32,
        /// The grant; ignored unless its revision is newer than the stored one.
        grant: Grant,
    },
    /// Store a guest's key, wrapped by a newer key of the keyring.
    RewrapGuest {
        /// The guest's booking.
        booking: BookingId,
        /// The old wrapped key. The command is ignored unless the guest still has it.
        from: Vec<u8>,
        /// The new wrapped key; the same if only the lookups are new.
        to: Vec<u8>,
        /// See [`crate::GuestSecrets::lookups`]; empty to keep them.
        lookups: Vec<Lookup>,
    },
    /// Add an edge's observations to the audit trail.
    Observe(Vec<Observation>),
    /// Append a leaf that seals the audit trail, if the trail has grown.
    SealAudit,
    /// Close the business date.
    CloseBusinessDate {
        /// Refuse unless this is the business date.
        expected_from: Night,
    },
}

/// The content of [`Op::PutProvenKeys`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenKeys {
    /// The keys.
    pub keys: ReplicaKeys,
    /// An Ed25519 signature over [`ProvenKeys::statement`] by the key for signatures of the log.
    pub by_log: [u8; 64],
    /// The same by the key for cosignatures.
    pub by_cosigner: [u8; 64],
}

impl ProvenKeys {
    /// The text that both keys of a replica sign for a shard.
    pub fn statement(keys: &ReplicaKeys, shard: u32) -> String {
        use core::fmt::Write;
        let mut text = alloc::format!("keyrack replica keys v1\nnode {}\nshard {shard}\n", keys.node);
        for (name, key) in [("log", &keys.log), ("cosigner", &keys.cosigner)] {
            // Writing to a string cannot fail.
            let _ = write!(text, "{name} ");
            key.iter().for_each(|byte| _ = write!(text, "{byte:02x}"));
            text.push('\n');
        }
        text
    }
}

/// The content of [`Op::Book`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRequest {
    /// The new booking's id.
    pub id: BookingId,
    /// The nights.
    pub stay: Stay,
    /// The rooms.
    pub rooms: Vec<RoomRequest>,
    /// The guest, encrypted.
    pub guest: Sealed,
    /// The seller's own reference; may be empty.
    pub channel_ref: String,
    /// A payment token; may be empty.
    pub payment_token: String,
    /// Secrets for the booking's leaves.
    pub seeds: LeafSeeds,
    /// The new booking's confirmation number; `None` in commands of versions that did not draw one.
    pub number: Option<ConfirmationNumber>,
    /// Refuse if the rooms cost something else.
    pub expected_total: Option<Price>,
    /// Why restrictions do not bind this command; only for desks and managers. The reason is in the audit trail.
    pub override_reason: Option<String>,
}

/// An amount and its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The amount, in the currency's minor unit.
    pub amount: Minor,
    /// The currency.
    pub currency: Currency,
}

/// The guests in each room of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomGuests {
    /// Adults.
    pub adults: u16,
    /// Ages of the children.
    pub children_ages: Vec<u8>,
}

/// A number of rooms of one type under one rate plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRequest {
    /// The room type.
    pub room_type: ShortCode,
    /// The rate plan.
    pub rate_plan: ShortCode,
    /// How many rooms.
    pub quantity: u32,
    /// Adults in each room.
    pub adults: u16,
    /// Ages of the children in each room.
    pub children_ages: Vec<u8>,
    /// The seller's own price of one room, night by night; empty if it gives none.
    pub seller_nightly: Vec<Minor>,
}

/// One line of an ARI update. A field that is `None` keeps its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AriUpdate {
    /// The room type.
    pub room_type: ShortCode,
    /// The rate plan for rate and restrictions; `None` sets restrictions for all plans.
    pub rate_plan: Option<ShortCode>,
    /// The dates, inclusive.
    pub dates: DateRange,
    /// Only these days of the week.
    pub days: Weekdays,
    /// Rooms of this type.
    pub capacity: Option<u32>,
    /// Rooms that cannot be sold.
    pub out_of_order: Option<u32>,
    /// The price, in the plan's minor unit.
    pub rate: Option<Minor>,
    /// Removes the nights' own capacity, so that the room type's applies.
    pub clear_capacity: bool,
    /// Removes the price, so that the nights are not for sale under the plan.
    pub clear_rate: bool,
    /// See [`crate::Restrictions`].
    pub stop_sell: Option<bool>,
    /// See [`crate::Restrictions`].
    pub closed_to_arrival: Option<bool>,
    /// See [`crate::Restrictions`].
    pub closed_to_departure: Option<bool>,
    /// See [`crate::Restrictions`]; 0 lifts it.
    pub min_stay_arrival: Option<u16>,
    /// See [`crate::Restrictions`]; 0 lifts it.
    pub min_stay_through: Option<u16>,
    /// See [`crate::Restrictions`]; 0 lifts it.
    pub max_stay: Option<u16>,
}
