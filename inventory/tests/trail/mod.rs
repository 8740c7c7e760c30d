//! An independent reader of the audit trail, written from RFC 8949. It shares no code with the crate's own.
#![allow(dead_code, reason = "every test file uses some of these")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use keyrack_inventory::*;
use sha2::{Digest as _, Sha256};

/// One encoded record.
pub type Record = Vec<u8>;

/// The records of one journal line, in order.
pub fn records_of(line: u64, entry: &Entry) -> Vec<Record> {
    if let JournalEvent::Observed(seen) = &entry.happened {
        assert_eq!(entry.mark, None);
        let record = |(place, seen): (u64, &Observation)| {
            let what = (u64::from(seen.action.0), seen.property, seen.record);
            record((line, place), seen.at_ms, &seen.actor, what, (seen.verdict.0.into(), seen.times.into()))
        };
        return (0..).zip(seen).map(record).collect();
    }
    let Some(mark) = &entry.mark else { return Vec::new() };
    let verdict = if let Reply::Rejected(reject) = &entry.reply { number_of(reject) } else { 0 };
    let what = (u64::from(mark.action.0), entry.property, mark.record);
    let mut record = record((line, 0), entry.at_ms, &mark.actor, what, (verdict, 1));
    if let Some(reason) = &mark.reason {
        // One more element: a text.
        record[0] += 1;
        head(&mut record, 3, reason.len() as u64);
        record.extend(reason.bytes());
    }
    vec![record]
}

/// `[line, place, time, who, credential, address, action, property, record or null, verdict, times]`
fn record(
    (line, place): (u64, u64),
    at_ms: u64,
    actor: &Actor,
    (action, property, about): (u64, PropertyNumber, Option<[u8; 16]>),
    (verdict, times): (u64, u64),
) -> Record {
    let (who, credential) = match &actor.who {
        Who::Unauthenticated => ("nobody".to_owned(), 0),
        Who::Trusted(_, name) => (name.clone(), 0),
        Who::Principal { number, credential } => (format!("principal/{number}"), u64::from(*credential)),
        Who::Guest(id) => (format!("guest/bk_{}", base32(u128::from_be_bytes(id.0))), 0),
    };
    let mut out = vec![0x8b];
    [line, place, at_ms].iter().for_each(|number| head(&mut out, 0, *number));
    head(&mut out, 3, who.len() as u64);
    out.extend(who.bytes());
    head(&mut out, 0, credential);
    out.push(0x50);
    out.extend(actor.from);
    head(&mut out, 0, action);
    head(&mut out, 0, property.0.into());
    match about {
        Some(id) => out.extend([&[0x50][..], &id].concat()),
        None => out.push(0xf6),
    }
    [verdict, times].iter().for_each(|number| head(&mut out, 0, *number));
    out
}

/// A CBOR head: major type and argument in the fewest bytes.
fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let width = match value {
        0..24 => return out.push(major << 5 | value as u8),
        24..0x100 => 1,
        0x100..0x1_0000 => 2,
        0x1_0000..0x1_0000_0000 => 4,
        _ => 8usize,
    };
    out.push(major << 5 | (24 + width.trailing_zeros() as u8));
    out.extend(&value.to_be_bytes()[8 - width..]);
}

fn base32(number: u128) -> String {
    let digit = |place: u32| char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[(number >> (5 * place) & 31) as usize]);
    (0..26).rev().map(digit).collect()
}

/// The link that follows `before`.
pub fn link(before: [u8; 32], record: &[u8]) -> [u8; 32] {
    Sha256::digest([b"keyrack audit v1\0", &before[..], record].concat()).into()
}

/// The newest link of a list of records.
pub fn head_of(records: &[Record]) -> [u8; 32] {
    records.iter().fold([0; 32], |before, record| link(before, record))
}

/// All records of the journal. Each mark must have the link up to itself.
pub fn records(rows: &MemRows) -> Result<Vec<Record>, String> {
    let mut found: Vec<Record> = Vec::new();
    let mut newest = [0; 32];
    for (key, row) in rows.iter() {
        let (Key::Journal(line), Row::Journal(entry)) = (key, row) else { continue };
        for record in records_of(*line, entry) {
            newest = link(newest, &record);
            found.push(record);
        }
        if entry.mark.as_ref().is_some_and(|mark| mark.link != newest) {
            return Err(format!("the mark of line {line} has another link: {entry:?}"));
        }
    }
    Ok(found)
}

/// The action and record of an operation: the numbers of the table in `audit.rs`, written independently.
pub fn action_of(op: &Op) -> (u8, Option<[u8; 16]>) {
    match op {
        Op::PutProperty { .. } => (1, None),
        Op::PutRoomType { .. } => (2, None),
        Op::PutRatePlan { .. } => (3, None),
        Op::UpdateAri(_) => (4, None),
        Op::PlaceHold { id, .. } => (5, Some(id.0)),
        Op::ConfirmHold { booking, .. } => (6, Some(booking.0)),
        Op::ReleaseHold(id) => (7, Some(id.0)),
        Op::Book(request) => (8, Some(request.id.0)),
        Op::Amend { booking, .. } => (9, Some(booking.0)),
        Op::Cancel { booking, .. } => (10, Some(booking.0)),
        Op::CheckIn { booking, .. } => (11, Some(booking.0)),
        Op::CheckOut { booking, .. } => (12, Some(booking.0)),
        Op::NoShow { booking, .. } => (13, Some(booking.0)),
        Op::CloseBusinessDate { .. } => (14, None),
        Op::EraseGuest { booking } => (15, Some(booking.0)),
        Op::PutGrant { .. } => (16, None),
        Op::RevertCheckIn { booking, .. } => (17, Some(booking.0)),
        Op::Reinstate { booking, .. } => (18, Some(booking.0)),
        // A command that no caller may send.
        _ => (63, None),
    }
}

fn number_of(reject: &Reject) -> u64 {
    const NAMES: &str = "UnknownProperty UnknownRoomType UnknownRatePlan NotFound ArrivalInPast NoRooms TooManyRooms \
        OccupancyExceeded CurrencyMismatch CapacityTooLarge RateWithoutPlan Restricted SoldOut WrongState WrongBusinessDate \
        NotDue HoldExpired HoldClosed RevisionMismatch KeyReused AmountTooLarge InvalidStay StayTooLong Forbidden HoldQuota \
        StayOver DepartureInPast TooLateToRevert PriceChanged DuplicateReference Retired SellerPrices GuestsMissing GuestChanged";
    let shown = format!("{reject:?}");
    let name = shown.split(|c: char| !c.is_alphanumeric()).next().unwrap();
    1 + NAMES.split_whitespace().position(|known| known == name).unwrap() as u64
}
