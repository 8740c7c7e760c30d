//! The encoding of rows. The key determines the message.

use std::sync::Arc;

use keyrack_inventory::{Entry, IdempotencyRecord, JournalEvent, Key, Meta, PropertyNumber, RefusalCount, Row, StoredCheckpoint};
use prost::Message;

use crate::fields::{Malformed, array, code, required};
use crate::internal as pb;

/// Appends the encoding of a row.
pub fn encode(row: &Row, out: &mut Vec<u8>) {
    match row {
        Row::Meta(meta) => put(&meta_to_pb(meta), out),
        Row::Property(property) => put(&pb::PropertyRow::from(property.as_ref()), out),
        Row::Page(page) => put(&pb::PageRow::from(page.as_ref()), out),
        Row::Rates(page) => put(&pb::RatesRow::from(page.as_ref()), out),
        Row::Booking(booking) => put(&pb::BookingRow::from(booking.as_ref()), out),
        Row::Hold(hold) => put(&pb::HoldRow::from(hold.as_ref()), out),
        Row::Request(recorded) => {
            let fingerprint = bytes::Bytes::copy_from_slice(&recorded.fingerprint);
            put(&pb::RequestRow { fingerprint, sequence: recorded.sequence }, out);
        }
        Row::Grant(grant) => put(&pb::GrantRow::from(grant.as_ref()), out),
        Row::HoldUsage(room_ms) => put(&pb::HoldUsageRow { room_ms: *room_ms }, out),
        Row::Refusals(refusals) => put(&pb::RefusalsRow { day: refusals.day, count: refusals.count }, out),
        Row::Journal(entry) => put(&journal_to_pb(entry), out),
        Row::Guest(secrets) => put(&pb::GuestRow::from(secrets.as_ref()), out),
        Row::ReplicaKeys(keys) => put(&pb::ReplicaKeysRow::from(keys), out),
        Row::Leaf(bytes) => out.extend_from_slice(bytes),
        Row::Checkpoint(checkpoint) => {
            put(&pb::CheckpointRow { at_ms: checkpoint.at_ms, note: checkpoint.note.clone() }, out);
        }
        Row::Present => {}
    }
}

/// Decodes the row of `key`.
pub fn decode(key: &Key, bytes: &[u8]) -> Result<Row, Malformed> {
    Ok(match key {
        Key::Meta => Row::Meta(meta_from_pb(pb::MetaRow::decode(bytes)?)?),
        Key::Property(_) => Row::Property(pb::PropertyRow::decode(bytes)?.try_into()?),
        Key::Page(..) => Row::Page(Box::new(pb::PageRow::decode(bytes)?.try_into()?)),
        Key::Rates(..) => Row::Rates(Box::new(pb::RatesRow::decode(bytes)?.try_into()?)),
        Key::Booking(_) => Row::Booking(pb::BookingRow::decode(bytes)?.try_into()?),
        Key::Hold(_) => Row::Hold(pb::HoldRow::decode(bytes)?.try_into()?),
        Key::Grant(_) => Row::Grant(Arc::new(pb::GrantRow::decode(bytes)?.try_into()?)),
        Key::HoldUsage(..) => Row::HoldUsage(pb::HoldUsageRow::decode(bytes)?.room_ms),
        Key::Refusals(_) => {
            let pb::RefusalsRow { day, count } = pb::RefusalsRow::decode(bytes)?;
            Row::Refusals(RefusalCount { day, count })
        }
        Key::Request(_) => {
            let row = pb::RequestRow::decode(bytes)?;
            Row::Request(IdempotencyRecord { fingerprint: array(&row.fingerprint, "fingerprint")?, sequence: row.sequence })
        }
        Key::Journal(_) => Row::Journal(Box::new(journal_from_pb(pb::JournalRow::decode(bytes)?)?)),
        Key::Guest(_) => Row::Guest(Arc::new(pb::GuestRow::decode(bytes)?.try_into()?)),
        Key::ReplicaKeys(_) => Row::ReplicaKeys(pb::ReplicaKeysRow::decode(bytes)?.try_into()?),
        Key::Leaf(_) => Row::Leaf(bytes.to_vec()),
        Key::Checkpoint(_) => {
            let row = pb::CheckpointRow::decode(bytes)?;
            Row::Checkpoint(Box::new(StoredCheckpoint { at_ms: row.at_ms, note: row.note }))
        }
        Key::Arrival(..) | Key::ChannelRef(..) | Key::BookingLine(..) | Key::Number(..) | Key::Lookup(..) | Key::Deadline(..) => {
            if !bytes.is_empty() {
                return Err(Malformed("index row"));
            }
            Row::Present
        }
    })
}

fn put(message: &impl Message, out: &mut Vec<u8>) {
    out.reserve(message.encoded_len());
    message.encode_raw(out);
}

fn meta_to_pb(meta: &Meta) -> pb::MetaRow {
    pb::MetaRow {
        last_at_ms: meta.last_at_ms,
        next_sequence: meta.next_sequence,
        next_deadline_ms: meta.next_deadline_ms,
        expiry_cursor: meta.expiry_cursor,
        expiry_at_ms: meta.expiry_at_ms,
        next_leaf: meta.next_leaf,
        last_erasure: meta.last_erasure,
        last_checkpoint: meta.last_checkpoint,
        first_checkpoint: meta.first_checkpoint,
        audit_count: meta.audit_count,
        // A shard without audit records has no link.
        audit_link: if meta.audit_link == [0; 32] {
            bytes::Bytes::new()
        } else {
            bytes::Bytes::copy_from_slice(&meta.audit_link)
        },
        audit_sealed: meta.audit_sealed,
        audit_unsealed_since_ms: meta.audit_unsealed_since_ms,
    }
}

fn meta_from_pb(row: pb::MetaRow) -> Result<Meta, Malformed> {
    let audit_link = if row.audit_link.is_empty() { [0; 32] } else { array(&row.audit_link, "audit link")? };
    Ok(Meta {
        last_at_ms: row.last_at_ms,
        next_sequence: row.next_sequence,
        next_deadline_ms: row.next_deadline_ms,
        expiry_cursor: row.expiry_cursor,
        expiry_at_ms: row.expiry_at_ms,
        next_leaf: row.next_leaf,
        last_erasure: row.last_erasure,
        last_checkpoint: row.last_checkpoint,
        first_checkpoint: row.first_checkpoint,
        audit_count: row.audit_count,
        audit_link,
        audit_sealed: row.audit_sealed,
        audit_unsealed_since_ms: row.audit_unsealed_since_ms,
    })
}

fn journal_to_pb(entry: &Entry) -> pb::JournalRow {
    let room_types = match &entry.happened {
        JournalEvent::AriUpdated(codes) => codes.iter().map(|code| code.as_str().into()).collect(),
        _ => Vec::new(),
    };
    let observed = match &entry.happened {
        JournalEvent::Observed(seen) => seen.iter().map(Into::into).collect(),
        _ => Vec::new(),
    };
    pb::JournalRow {
        at_ms: entry.at_ms,
        property: entry.property.0,
        request: entry.request.map_or_else(bytes::Bytes::new, |digest| bytes::Bytes::copy_from_slice(&digest)),
        happened: happened_number(&entry.happened),
        room_types,
        reply: Some((&entry.reply).into()),
        mark: entry.mark.as_ref().map(Into::into),
        observed,
    }
}

fn journal_from_pb(row: pb::JournalRow) -> Result<Entry, Malformed> {
    let request = if row.request.is_empty() { None } else { Some(array(&row.request, "request digest")?) };
    Ok(Entry {
        at_ms: row.at_ms,
        property: PropertyNumber(row.property),
        request,
        happened: match row.happened {
            OBSERVED => JournalEvent::Observed(row.observed.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?),
            number => happened_from_number(number, &row.room_types)?,
        },
        reply: required(row.reply, "reply")?.try_into()?,
        mark: row.mark.map(TryInto::try_into).transpose()?,
    })
}

const OBSERVED: u32 = 17;

fn happened_number(happened: &JournalEvent) -> u32 {
    match happened {
        JournalEvent::Nothing => 0,
        JournalEvent::PropertyChanged => 1,
        JournalEvent::RoomTypeChanged => 2,
        JournalEvent::RatePlanChanged => 3,
        JournalEvent::AriUpdated(_) => 4,
        JournalEvent::HoldPlaced => 5,
        JournalEvent::HoldConfirmed => 6,
        JournalEvent::HoldReleased => 7,
        JournalEvent::HoldExpired => 8,
        JournalEvent::Booked => 9,
        JournalEvent::Amended => 10,
        JournalEvent::Cancelled => 11,
        JournalEvent::CheckedIn => 12,
        JournalEvent::CheckedOut => 13,
        JournalEvent::NoShow => 14,
        JournalEvent::BusinessDateClosed => 15,
        JournalEvent::GuestErased => 16,
        JournalEvent::Observed(_) => OBSERVED,
        JournalEvent::CheckInReverted => 18,
        JournalEvent::Reinstated => 19,
    }
}

fn happened_from_number(number: u32, room_types: &[String]) -> Result<JournalEvent, Malformed> {
    Ok(match number {
        0 => JournalEvent::Nothing,
        1 => JournalEvent::PropertyChanged,
        2 => JournalEvent::RoomTypeChanged,
        3 => JournalEvent::RatePlanChanged,
        4 => JournalEvent::AriUpdated(room_types.iter().map(|text| code(text)).collect::<Result<_, _>>()?),
        5 => JournalEvent::HoldPlaced,
        6 => JournalEvent::HoldConfirmed,
        7 => JournalEvent::HoldReleased,
        8 => JournalEvent::HoldExpired,
        9 => JournalEvent::Booked,
        10 => JournalEvent::Amended,
        11 => JournalEvent::Cancelled,
        12 => JournalEvent::CheckedIn,
        13 => JournalEvent::CheckedOut,
        14 => JournalEvent::NoShow,
        15 => JournalEvent::BusinessDateClosed,
        16 => JournalEvent::GuestErased,
        18 => JournalEvent::CheckInReverted,
        19 => JournalEvent::Reinstated,
        _ => return Err(Malformed("journal line")),
    })
}
