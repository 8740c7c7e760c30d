//! What a leaf and a checkpoint say, for people and for machines.

use std::fmt::Write;

use keyrack_inventory::{Disclosure, LEAF_DIGESTS, Leaf, LeafBody};
use keyrack_merkle::{Policy, Trusted, encode_hash};
use serde::Serialize;

use super::verify::Verified;
use crate::clock::{utc, utc_seconds};
use crate::terminal::plain;

/// What is not proved by any receipt, in plain words.
const ONE_EVENT: &str = "that this is the booking's newest event: it may have been changed later, which later leaves would tell";
const NO_WITNESS: &str = "that no other history exists: only the cluster's own replicas cosigned, no outside witness. A majority of \
                          them stored and signed it (majority-durable), and whoever compares checkpoints sees a change \
                          (tamper-evident), but a majority of lying replicas could show others another history";
const OTHER_VALUES: &str = "that a claim was true: only that the cluster wrote down this value when it decided";

/// What one leaf says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// `book`, `amend`, ...
    pub event: &'static str,
    /// `bk_...`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<String>,
    /// The property's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The first night.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<String>,
    /// The day of leaving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departure: Option<String>,
    /// Rooms by type.
    pub rooms: Vec<ToldRooms>,
    /// The booking's leaf before.
    pub previous_leaf: Option<u64>,
    /// When it was decided.
    pub decided_at: String,
    /// The Raft entry.
    pub term: u64,
    /// The Raft entry.
    pub raft_index: u64,
    /// Claims that are shown.
    pub claims: Vec<ToldClaim>,
    /// Digests of which nothing is shown.
    pub hidden: usize,
    /// A key change's node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u64>,
    /// What a seal of the audit trail seals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_trail: Option<ToldTrail>,
}

/// The audit trail of a shard, up to a seal.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ToldTrail {
    /// How many records it has.
    pub records: u64,
    /// The newest link of its chain, in base64.
    pub newest_link: String,
}

/// Rooms of one type.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldRooms {
    /// Its code.
    pub room_type: String,
    /// How many.
    pub quantity: u32,
    /// Night by night; empty for very long bookings.
    pub nights: Vec<ToldNight>,
}

/// One night.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldNight {
    /// Its date.
    pub date: String,
    /// How many rooms may be sold.
    pub limit: u32,
    /// How many of them were left after the event.
    pub remaining: i64,
}

/// A claim that is shown.
#[derive(Serialize)]
pub struct ToldClaim {
    /// Of what.
    pub name: String,
    /// What.
    pub value: String,
}

/// Who vouches for a checkpoint.
#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Vouched {
    /// The log.
    pub origin: String,
    /// Leaves in it.
    pub size: u64,
    /// Its root.
    pub root: String,
    /// The log's keys that signed, each as a verifier key.
    pub signed_by: Vec<String>,
    /// Witnesses that cosigned.
    pub cosigned_by: Vec<Cosigned>,
}

/// A witness that cosigned.
#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Cosigned {
    /// Its name in the policy.
    pub name: String,
    /// Its key's name.
    pub key_name: String,
    /// When.
    pub at: String,
    /// Whether its key is named after something else than the log's own cluster.
    pub outside: bool,
}

impl Told {
    /// What `leaf` says, with the claims shown of it.
    pub fn of(leaf: &Leaf, claims: &[Disclosure]) -> Told {
        let claim = |claim: &Disclosure| ToldClaim { name: claim.name.clone(), value: claim.value.clone() };
        let mut told = Told {
            event: "key-change",
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
            LeafBody::KeyChange(keys) => told.node = Some(keys.node),
            LeafBody::AuditSeal { count, link } => {
                told.event = "audit-seal";
                told.audit_trail = Some(ToldTrail { records: *count, newest_link: encode_hash(link) });
            }
            LeafBody::Booking(booking) => {
                told.event = booking.kind.name();
                told.booking = Some(booking.booking.to_string());
                told.property = Some(booking.property.clone());
                told.arrival = Some(booking.arrival.to_string());
                told.departure = Some(booking.departure.to_string());
                told.previous_leaf = booking.previous;
                told.hidden = LEAF_DIGESTS.saturating_sub(claims.len());
                let dates = || (booking.arrival.0..booking.departure.0).map(|day| keyrack_inventory::Night(day).to_string());
                let night =
                    |(date, (limit, remaining)): (String, &(u32, i64))| ToldNight { date, limit: *limit, remaining: *remaining };
                let rooms = booking.rooms.iter().map(|rooms| ToldRooms {
                    room_type: rooms.room_type.to_string(),
                    quantity: rooms.quantity,
                    nights: dates().zip(&rooms.nights).map(night).collect(),
                });
                told.rooms = rooms.collect();
            }
        }
        told
    }

    /// In lines for people.
    pub fn text(&self) -> String {
        let mut text = format!("  event      {}: {}\n", self.event, in_words(self.event));
        if let Some(node) = self.node {
            let _ = writeln!(text, "  node       {node}");
        }
        if let Some(ToldTrail { records, newest_link }) = &self.audit_trail {
            let _ = writeln!(text, "  trail      {records} records, newest link {newest_link}");
        }
        if let (Some(booking), Some(property)) = (&self.booking, &self.property) {
            let _ = write!(text, "  booking    {booking}\n  property   {property}\n");
        }
        if let (Some(arrival), Some(departure)) = (&self.arrival, &self.departure) {
            let _ = writeln!(text, "  stay       {arrival} to {departure}");
        }
        for rooms in &self.rooms {
            let _ = writeln!(text, "  rooms      {} x {}", rooms.quantity, rooms.room_type);
            for night in &rooms.nights {
                let of = if night.remaining < 0 { "over the limit" } else { "left to sell" };
                let left = night.remaining.unsigned_abs();
                let _ = writeln!(text, "    {}  sell limit {}, then {left} {of}", night.date, night.limit);
            }
            if rooms.nights.is_empty() {
                text.push_str("    (too many nights to tell their limits)\n");
            }
        }
        let _ = writeln!(text, "  decided    {}, as Raft entry {} of term {}", self.decided_at, self.raft_index, self.term);
        match self.previous_leaf {
            Some(leaf) => _ = writeln!(text, "  before     leaf {leaf} is this booking's event before"),
            None if self.booking.is_some() => text.push_str("  before     nothing: the log's first event of this booking\n"),
            None => {}
        }
        for claim in &self.claims {
            let _ = writeln!(text, "  shown      {} = {:?}", claim.name, claim.value);
        }
        if self.booking.is_some() {
            let _ = writeln!(text, "  not shown  {} of {LEAF_DIGESTS} digests (claims kept back, or fillers)", self.hidden);
        }
        plain(&text)
    }
}

impl Vouched {
    /// Who vouches, with names as the policy has them.
    pub fn of(trusted: &Trusted, policy: &Policy) -> Vouched {
        let Trusted { checkpoint, log_keys, cosigned } = trusted;
        let cluster = checkpoint.origin.rsplit_once("/shard-").map_or(checkpoint.origin.as_str(), |(cluster, _)| cluster);
        let witness = |(name, time): &(String, u64)| {
            let key = policy.witnesses().find(|(known, ..)| known == name).map(|(_, key, _)| key.name().to_owned());
            let key_name = key.unwrap_or_default();
            let outside = key_name.strip_prefix(cluster).is_none_or(|rest| !rest.starts_with('/'));
            Cosigned { name: name.clone(), key_name, at: utc_seconds(*time), outside }
        };
        Vouched {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: encode_hash(&checkpoint.root),
            signed_by: log_keys.iter().map(ToString::to_string).collect(),
            cosigned_by: cosigned.iter().map(witness).collect(),
        }
    }

    /// In lines for people.
    pub fn text(&self) -> String {
        let mut text = format!("  root       {}\n", self.root);
        self.signed_by.iter().for_each(|key| _ = writeln!(text, "  signed     by the log's key {key}"));
        for cosigned in &self.cosigned_by {
            let outside = if cosigned.outside { "outside witness" } else { "replica" };
            let _ = writeln!(text, "  cosigned   by {} ({outside} {}) at {}", cosigned.name, cosigned.key_name, cosigned.at);
        }
        plain(&text)
    }

    /// Whether a witness that is not named after the cluster cosigned.
    pub fn is_witnessed(&self) -> bool {
        self.cosigned_by.iter().any(|cosigned| cosigned.outside)
    }

    /// What this does not prove.
    pub fn not_proved(&self) -> Vec<String> {
        let history = if self.is_witnessed() {
            let outside: Vec<_> = self.cosigned_by.iter().filter(|one| one.outside).map(|one| one.name.as_str()).collect();
            format!("that no other history exists, beyond what {} can know: it has seen this one only", outside.join(", "))
        } else {
            NO_WITNESS.to_owned()
        };
        vec![history, ONE_EVENT.to_owned(), OTHER_VALUES.to_owned()]
    }
}

/// All that was found, in plain words.
pub fn verdict(verified: &Verified, claims: &[Disclosure], policy: &Policy) -> String {
    let vouched = Vouched::of(&verified.trusted, policy);
    let mut text = format!("PROVED: this event is in the log {}, and your policy believes that log.\n\n", plain(&vouched.origin));
    text += &Told::of(&verified.leaf, claims).text();
    let _ = writeln!(
        text,
        "\n  log        {}\n  leaf       {} (counted from 0) of the first {}",
        plain(&vouched.origin),
        verified.index,
        vouched.size
    );
    text += &vouched.text();
    text += "\nNOT PROVED:\n";
    vouched.not_proved().iter().for_each(|what| _ = writeln!(text, "  - {what}"));
    text
}

fn in_words(event: &str) -> &'static str {
    match event {
        "book" => "the booking was taken",
        "amend" => "the booking was changed",
        "cancel" => "the booking was given up",
        "check-in" => "the guest came",
        "check-out" => "the guest left",
        "no-show" => "the guest never came",
        "erase" => "the guest's data were erased; the booking stands as it was",
        "audit-seal" => "the audit trail up to here",
        _ => "a replica signs with new keys from here on",
    }
}
