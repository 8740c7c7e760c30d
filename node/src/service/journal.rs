//! Reading the shards' journals, for the feed of events and for the audit trail.

use keyrack_cluster::View;
use keyrack_inventory::{
    Asked, AuditRecord, Entry, Fault, Happened, Key, Observation, PropertyNumber, Read, Reply, Right, Row, Scope, Verdict,
    permits,
};

use crate::access::Caller;
use crate::clock::now_ms;

/// Journal lines read in one shard for one page.
const MAX_LOOKED_AT: usize = 2_000;

/// Events with their positions, and the position to go on from.
type Events = (Vec<(u64, Entry)>, u64);

/// Up to `room` events from position `from` on that the caller may see, and where to go on; `None` once the caller may see
/// none, also in the middle of a stream.
pub fn events(
    view: &mut View<'_>,
    from: u64,
    only: Option<PropertyNumber>,
    room: usize,
    caller: &Caller,
) -> Result<Option<Events>, Fault> {
    let asked = |property| Asked { who: caller.who(), right: Right::ReadInventory, property, now_ms: now_ms() };
    if permits(view, asked(only.unwrap_or(PropertyNumber(0))))?.is_err() {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut next = from;
    for key in view.scan(&Key::Journal(from), &Key::Journal(u64::MAX), MAX_LOOKED_AT)? {
        let Key::Journal(sequence) = key else { continue };
        if found.len() >= room {
            break;
        }
        next = sequence + 1;
        let entry = match view.get(&key)? {
            Some(Row::Journal(entry)) if event_kind(&entry.happened).is_some() => entry.as_ref().clone(),
            _ => continue,
        };
        if only.is_none_or(|number| number == entry.property)
            && permits(view, asked(entry.property))?.is_ok_and(|scope| shows(scope, &entry))
        {
            found.push((sequence, entry));
        }
    }
    Ok(Some((found, next)))
}

/// Whether the caller sees what an event is about: everybody sees rates and availability, not everybody sees other sellers'
/// bookings.
fn shows(scope: Scope, entry: &Entry) -> bool {
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

/// A page of a shard's audit trail.
pub struct AuditRecords {
    /// The records; those of commands with their link of the chain.
    pub records: Vec<LinkedRecord>,
    /// Where to go on; `None` when there is nothing more yet.
    pub next: Option<u64>,
    /// How many records the trail has in all.
    pub count: u64,
    /// The newest link of its chain.
    pub link: [u8; 32],
    /// How many records a leaf of the receipts' log has sealed.
    pub sealed: u64,
}

/// A record, and the chain's link behind it where that is kept.
pub type LinkedRecord = (AuditRecord, Option<[u8; 32]>);

/// The records of a shard's audit trail from a journal line on, until there are `limit`; the last line may add some more.
pub fn audit_records(view: &mut View<'_>, after: u64, limit: usize) -> Result<AuditRecords, Fault> {
    let (count, link, sealed) = match view.get(&Key::Meta)? {
        Some(Row::Meta(meta)) => (meta.audit_count, meta.audit_link, meta.audit_sealed),
        _ => (0, [0; 32], 0),
    };
    let mut found = AuditRecords { records: Vec::new(), next: None, count, link, sealed };
    let keys = view.scan(&Key::Journal(after), &Key::Journal(u64::MAX), MAX_LOOKED_AT)?;
    let all_seen = keys.len() < MAX_LOOKED_AT;
    for key in keys {
        let Key::Journal(line) = key else { continue };
        if found.records.len() >= limit {
            found.next = Some(line);
            return Ok(found);
        }
        if let Some(Row::Journal(entry)) = view.get(&key)? {
            add_records(line, entry, &mut found.records);
        }
        found.next = Some(line + 1);
    }
    if all_seen {
        found.next = None;
    }
    Ok(found)
}

/// Adds the records of one line: those that an edge observed, and that of the command itself.
fn add_records(line: u64, entry: &Entry, records: &mut Vec<LinkedRecord>) {
    if let Happened::Observed(all) = &entry.happened {
        let numbered = all.iter().enumerate();
        records.extend(numbered.map(|(place, seen)| (AuditRecord { line, place: place as u32, seen: seen.clone() }, None)));
    }
    let Some(mark) = &entry.mark else { return };
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
}
