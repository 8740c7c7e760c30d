//! The content of a leaf for people and as JSON.

use std::fmt::Write;

use keyrack_inventory::{BookingLeaf, Disclosure, LEAF_DIGESTS, Leaf, LeafBody, LeafKind, Night};
use keyrack_merkle::encode_hash;
use serde::Serialize;

use crate::clock::utc;
use crate::terminal::line;

/// The content of a leaf.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeafSummary {
    /// `book`, `amend`, ...
    pub event: &'static str,
    /// The event in words.
    #[serde(skip)]
    in_words: &'static str,
    /// `bk_...`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<String>,
    /// The property's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The first night.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<String>,
    /// The day of departure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departure: Option<String>,
    /// Rooms by type.
    pub rooms: Vec<RoomsSummary>,
    /// The previous leaf of the booking.
    pub previous_leaf: Option<u64>,
    /// The time of the decision.
    pub decided_at: String,
    /// The term of the Raft entry.
    pub term: u64,
    /// The index of the Raft entry.
    pub raft_index: u64,
    /// The disclosed claims.
    pub claims: Vec<ClaimSummary>,
    /// The number of digests without a disclosed claim.
    pub hidden: usize,
    /// The node of a key change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u64>,
    /// The seal of the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_trail: Option<AuditTrailSeal>,
}

/// The newest seal of the audit trail of a shard.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AuditTrailSeal {
    /// The number of sealed records.
    pub records: u64,
    /// The newest link of the chain, in base64.
    pub newest_link: String,
}

/// Rooms of one type.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomsSummary {
    /// The code of the type.
    pub room_type: String,
    /// The number of rooms.
    pub quantity: u32,
    /// Each night; empty for very long bookings.
    pub nights: Vec<NightSummary>,
}

/// One night.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NightSummary {
    /// Its date.
    pub date: String,
    /// The sell limit.
    pub limit: u32,
    /// The rooms that could still be sold after the event; negative if more than the limit were sold.
    pub remaining: i64,
}

/// A disclosed claim.
#[derive(Serialize)]
pub struct ClaimSummary {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl LeafSummary {
    /// Summarises a leaf with its disclosed claims.
    pub fn of(leaf: &Leaf, claims: &[Disclosure]) -> LeafSummary {
        let claim = |claim: &Disclosure| ClaimSummary { name: claim.name.clone(), value: claim.value.clone() };
        let mut summary = LeafSummary {
            event: "key-change",
            in_words: "a replica signs with new keys from this leaf on",
            booking: None,
            property: None,
            arrival: None,
            departure: None,
            rooms: Vec::new(),
            previous_leaf: None,
            decided_at: utc(leaf.at_ms),
            term: leaf.term,
            raft_index: leaf.index,
            claims: claims.iter().map(claim).collect(),
            hidden: 0,
            node: None,
            audit_trail: None,
        };
        match &leaf.body {
            LeafBody::KeyChange(keys) => summary.node = Some(keys.node),
            LeafBody::AuditSeal { count, link } => {
                summary.event = "audit-seal";
                summary.in_words = "a seal of the audit trail";
                summary.audit_trail = Some(AuditTrailSeal { records: *count, newest_link: encode_hash(link) });
            }
            LeafBody::Booking(booking) => {
                summary.event = booking.kind.name();
                summary.in_words = in_words(booking.kind);
                summary.booking = Some(booking.booking.to_string());
                summary.property = Some(booking.property.clone());
                summary.arrival = Some(booking.arrival.to_string());
                summary.departure = Some(booking.departure.to_string());
                summary.previous_leaf = booking.previous;
                summary.hidden = LEAF_DIGESTS.saturating_sub(claims.len());
                summary.rooms = rooms(booking);
            }
        }
        summary
    }

    /// Lines for people.
    pub fn text(&self) -> String {
        let mut text = format!("  event      {}: {}\n", self.event, self.in_words);
        if let Some(node) = self.node {
            let _ = writeln!(text, "  node       {node}");
        }
        if let Some(AuditTrailSeal { records, newest_link }) = &self.audit_trail {
            let _ = writeln!(text, "  trail      {records} records, newest link {newest_link}");
        }
        if let (Some(booking), Some(property)) = (&self.booking, &self.property) {
            let _ = write!(text, "  booking    {}\n  property   {}\n", line(booking), line(property));
        }
        if let (Some(arrival), Some(departure)) = (&self.arrival, &self.departure) {
            let _ = writeln!(text, "  stay       {arrival} to {departure}");
        }
        self.rooms.iter().for_each(|rooms| rooms.write(&mut text));
        let _ = writeln!(text, "  decided    {}, as Raft entry {} of term {}", self.decided_at, self.raft_index, self.term);
        match self.previous_leaf {
            Some(leaf) => _ = writeln!(text, "  before     leaf {leaf} is the previous event of this booking"),
            None if self.booking.is_some() => {
                text.push_str("  before     nothing: this is the first event of this booking in the log\n")
            }
            None => {}
        }
        for claim in &self.claims {
            let _ = writeln!(text, "  shown      {} = {:?}", line(&claim.name), claim.value);
        }
        if self.booking.is_some() {
            let _ = writeln!(text, "  not shown  {} of {LEAF_DIGESTS} digests (undisclosed claims, or fillers)", self.hidden);
        }
        text
    }
}

impl RoomsSummary {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "  rooms      {} x {}", self.quantity, self.room_type);
        for night in &self.nights {
            let of = if night.remaining < 0 { "over the limit" } else { "left to sell" };
            let left = night.remaining.unsigned_abs();
            let _ = writeln!(text, "    {}  sell limit {}, then {left} {of}", night.date, night.limit);
        }
        if self.nights.is_empty() {
            text.push_str("    (the leaf has no limits: the stay has too many nights)\n");
        }
    }
}

fn rooms(booking: &BookingLeaf) -> Vec<RoomsSummary> {
    let dates = || (booking.arrival.0..booking.departure.0).map(|day| Night(day).to_string());
    let night = |(date, (limit, remaining)): (String, &(u32, i64))| NightSummary { date, limit: *limit, remaining: *remaining };
    let rooms = booking.rooms.iter().map(|rooms| RoomsSummary {
        room_type: rooms.room_type.to_string(),
        quantity: rooms.quantity,
        nights: dates().zip(&rooms.nights).map(night).collect(),
    });
    rooms.collect()
}

fn in_words(kind: LeafKind) -> &'static str {
    match kind {
        LeafKind::Book => "the booking was created",
        LeafKind::Amend => "the booking was changed",
        LeafKind::Cancel => "the booking was cancelled",
        LeafKind::CheckIn => "the guest arrived",
        LeafKind::RevertCheckIn => "the check-in was undone",
        LeafKind::CheckOut => "the guest left",
        LeafKind::NoShow => "the guest did not come",
        LeafKind::Reinstate => "the booking was confirmed again",
        LeafKind::Erase => "the data of the guest were erased; the booking is unchanged",
    }
}
