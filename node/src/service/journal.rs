//! What a line of a shard's journal is to the event feed and to the audit trail.

use keyrack_inventory::{AuditRecord, Entry, Fault, Happened, Key, Observation, Read, Reply, Row, Scope, Verdict};

/// Whether the caller sees what an event is about: everybody sees rates and availability, not everybody sees other sellers'
/// bookings.
pub fn shows(scope: Scope, entry: &Entry) -> bool {
    match &entry.reply {
        Reply::Booking(booking) => scope.sees(booking.seller, Some(booking.id)),
        Reply::Hold(hold) => scope.sees(hold.seller, None),
        _ => true,
    }
}

/// The type of the event that a line tells of; `None` for a line that is no event.
pub fn event_kind(happened: &Happened) -> Option<&'static str> {
    Some(match happened {
        Happened::Nothing | Happened::Observed(_) => return None,
        Happened::PropertyChanged => "property.changed",
        Happened::RoomTypeChanged => "room_type.changed",
        Happened::RatePlanChanged => "rate_plan.changed",
        Happened::AriUpdated(_) => "ari.updated",
        Happened::HoldPlaced => "hold.placed",
        Happened::HoldConfirmed => "hold.confirmed",
        Happened::HoldReleased => "hold.released",
        Happened::HoldExpired => "hold.expired",
        Happened::Booked => "booking.created",
        Happened::Amended => "booking.amended",
        Happened::Cancelled => "booking.cancelled",
        Happened::CheckedIn => "booking.checked_in",
        Happened::CheckedOut => "booking.checked_out",
        Happened::NoShow => "booking.no_show",
        Happened::GuestErased => "guest.erased",
        Happened::BusinessDateClosed => "business_date.closed",
    })
}

/// How far a shard's audit trail is.
pub struct Trail {
    /// How many records it has in all.
    pub count: u64,
    /// The newest link of its chain.
    pub link: [u8; 32],
    /// How many records a leaf of the receipts' log has sealed.
    pub sealed: u64,
}

impl Trail {
    /// As a view of the shard has it.
    pub fn read(view: &mut impl Read) -> Result<Trail, Fault> {
        Ok(match view.get(&Key::Meta)? {
            Some(Row::Meta(meta)) => Trail { count: meta.audit_count, link: meta.audit_link, sealed: meta.audit_sealed },
            _ => Trail { count: 0, link: [0; 32], sealed: 0 },
        })
    }
}

/// A record, and the chain's link behind it where that is kept.
pub type LinkedRecord = (AuditRecord, Option<[u8; 32]>);

/// The records of one line: those that an edge observed, and that of the command itself.
pub fn audit_records(line: u64, entry: &Entry) -> Vec<LinkedRecord> {
    let mut records = Vec::new();
    if let Happened::Observed(all) = &entry.happened {
        let numbered = all.iter().enumerate();
        records.extend(numbered.map(|(place, seen)| (AuditRecord { line, place: place as u32, seen: seen.clone() }, None)));
    }
    let Some(mark) = &entry.mark else { return records };
    let verdict = match &entry.reply {
        Reply::Rejected(reject) => Verdict(reject.number() as u16),
        _ => Verdict::ALLOWED,
    };
    let seen = Observation {
        at_ms: entry.at_ms,
        actor: mark.actor.clone(),
        action: mark.action,
        property: entry.property,
        record: mark.record,
        verdict,
        times: 1,
    };
    records.push((AuditRecord { line, place: 0, seen }, Some(mark.link)));
    records
}
