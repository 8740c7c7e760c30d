//! What a shard can be asked to do. Everything random (ids) or secret (guest data) is settled before.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{
    Actor, BookingId, Code, DateRange, Grant, HoldId, LeafSeeds, Minor, Night, Observation, PropertyDetails, PropertyNumber,
    RatePlan, ReplicaKeys, RoomType, Sealed, Stay, Weekdays,
};

/// One request to one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Whose inventory.
    pub property: PropertyNumber,
    /// The idempotency key; only the leader's own ticks have none.
    pub request: Option<RequestKey>,
    /// Who asked; `None` for what the cluster itself proposes.
    pub by: Option<Actor>,
    /// What to do.
    pub op: Op,
}

/// An idempotency key as the state machine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// A digest of principal, property and the caller's key.
    pub digest: [u8; 16],
    /// A digest of what was asked; differs when the key is used for something else.
    pub fingerprint: [u8; 16],
}

/// The operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Expire what is due; proposed by the leader when a hold runs out and nobody else calls.
    Tick,
    /// Onboard or change a property.
    PutProperty {
        /// The id its owner chose; ignored on a change.
        id: String,
        /// The settings, all of them.
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
    /// Take rooms for a while.
    PlaceHold {
        /// The id drawn for it.
        id: HoldId,
        /// The nights.
        stay: Stay,
        /// What rooms.
        rooms: Vec<RoomRequest>,
        /// How long, at most [`crate::MAX_HOLD_MS`].
        ttl_ms: u64,
    },
    /// Turn a hold into a booking.
    ConfirmHold {
        /// The hold.
        hold: HoldId,
        /// The id drawn for the booking.
        booking: BookingId,
        /// The guest, encrypted.
        guest: Sealed,
        /// The seller's own reference.
        channel_ref: String,
        /// A payment token.
        payment_token: String,
        /// For the leaf.
        seeds: LeafSeeds,
    },
    /// Give a hold back.
    ReleaseHold(HoldId),
    /// Take rooms for good.
    Book(BookRequest),
    /// Change a booking: the new stay is taken and the old one released together, or nothing happens.
    Amend {
        /// The booking.
        booking: BookingId,
        /// The new first night; `None` keeps it.
        arrival: Option<Night>,
        /// The new day of leaving; `None` keeps it.
        departure: Option<Night>,
        /// The new rooms; `None` keeps them.
        rooms: Option<Vec<RoomRequest>>,
        /// The new guest data; `None` keeps them.
        guest: Option<Sealed>,
        /// For the leaf.
        seeds: LeafSeeds,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// Give a booking up.
    Cancel {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// The guest is here.
    CheckIn {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// The guest has left.
    CheckOut {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// The guest never came.
    NoShow {
        /// The booking.
        booking: BookingId,
        /// Refuse unless the booking has this revision.
        expected_revision: Option<u32>,
    },
    /// Destroy what protects a guest's data, for good.
    EraseGuest {
        /// The guest's booking.
        booking: BookingId,
    },
    /// A replica's new keys; proposed by the replica itself.
    PutReplicaKeys(ReplicaKeys),
    /// A checkpoint that enough replicas signed; proposed by the leader. Receipts refer to it from here on.
    PutCheckpoint {
        /// Leaves under it; ignored unless more than under the newest.
        size: u64,
        /// The signed note.
        note: String,
    },
    /// What a principal may do from here on, as the directory decided it.
    PutGrant {
        /// The principal.
        number: u32,
        /// Ignored unless newer than what is known.
        grant: Grant,
    },
    /// The same guest's key, wrapped by a newer key of the keyring.
    RewrapGuest {
        /// The guest's booking.
        booking: BookingId,
        /// Ignored unless the guest still has this wrapped key.
        from: Vec<u8>,
        /// The new one.
        to: Vec<u8>,
    },
    /// What an edge saw that belongs into the audit trail.
    Observe(Vec<Observation>),
    /// Seal the audit trail with a leaf, if it has grown.
    SealAudit,
    /// End the hotel's day.
    CloseBusinessDate {
        /// Refuse unless this is the date.
        expected_from: Night,
    },
}

/// A new booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRequest {
    /// The id drawn for it.
    pub id: BookingId,
    /// The nights.
    pub stay: Stay,
    /// What rooms.
    pub rooms: Vec<RoomRequest>,
    /// The guest, encrypted.
    pub guest: Sealed,
    /// The seller's own reference; may be empty.
    pub channel_ref: String,
    /// A payment token; may be empty.
    pub payment_token: String,
    /// For the leaf.
    pub seeds: LeafSeeds,
}

/// Some rooms of one type under one rate plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRequest {
    /// The room type.
    pub room_type: Code,
    /// The rate plan.
    pub rate_plan: Code,
    /// How many rooms.
    pub quantity: u32,
    /// Adults in each room.
    pub adults: u16,
    /// Ages of the children in each room.
    pub children_ages: Vec<u8>,
}

/// One line of an ARI update: what is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AriUpdate {
    /// The room type.
    pub room_type: Code,
    /// The rate plan for rate and restrictions; `None` sets restrictions for every plan.
    pub rate_plan: Option<Code>,
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
