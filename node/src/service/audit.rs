//! The audit trail for auditors, read from the shards' journals.

use base16ct::lower::encode_string;
use base64ct::{Base64, Encoding};
use keyrack_cluster::{Filter, PageRead, Position, View};
use keyrack_inventory::{
    Action, AuditRecord, BookingId, Entry, Fault, HoldId, JournalEvent, Key, Observation, PropertyNumber, Read, Reply, Right,
    RightQuery, Row, Verdict, Who, permits,
};
use keyrack_texts::Detail;
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation, forbidden};
use crate::clock::now_ms;
use crate::convert::{Problem, answers};

/// A page of a shard's audit trail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The records, in the order of the hash chain.
    pub items: Vec<AuditItem>,
    /// The cursor of the next page; absent if there are no more records yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// The number of records in the shard's trail.
    pub count: u64,
    /// The newest hash of the shard's chain: 64 hexadecimal digits.
    pub link: String,
    /// The number of records that the newest seal in the receipts log covers.
    pub sealed: u64,
    /// Whether no record is left out. False for an auditor of some properties, who cannot recompute the chain.
    pub complete: bool,
}

/// A record of the audit trail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditItem {
    /// The number of the record's journal line.
    pub line: u64,
    /// The record's position among the records of its line, from 0.
    pub place: u32,
    /// The time, RFC 3339 in UTC.
    pub at: String,
    /// The caller: `principal/<number>`, `operator/<name>`, `guest/<booking>`, or `nobody` if it was not authenticated.
    pub who: String,
    /// The id of the principal, if the caller is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The number of the principal's API key; 0 for other credentials.
    pub credential: u32,
    /// The caller's IP address.
    pub from: String,
    /// The action, such as `booking.cancel`.
    pub action: String,
    /// The property, if the action concerns one property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property_id: Option<String>,
    /// The booking, hold, principal or node, if the action concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Whether the action was allowed.
    pub allowed: bool,
    /// 0 if the action was allowed; below 100 the number of the state machine's refusal; else the HTTP status.
    pub verdict: u16,
    /// Why the caller overrode a rule, such as a restriction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many equal requests the record counts. The node counts equal requests within 100 ms together.
    pub times: u32,
    /// The bytes that are hashed into the chain: CBOR, in base64.
    pub encoded: String,
    /// The hash of the chain after this record: 64 hexadecimal digits. Only records of commands have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Service {
    /// A page of a shard's audit trail, from the journal line `after` on.
    pub async fn audit(
        &self,
        caller: &Caller,
        shard: u32,
        after: u64,
        limit: usize,
        options: ReadOptions,
    ) -> Result<AuditPage, Problem> {
        caller.check(Operation::ReadAudit, None)?;
        let last = self.cluster().data_shards();
        if !(1..=last).contains(&shard) {
            return Err(Problem::new(Detail::AuditShard { last: last.into() }));
        }
        let read = PageRead { limit: limit.clamp(1, 1_000), consistency: options.consistency, deadline: options.deadline };
        let asked = |property| RightQuery { who: caller.who(), right: Right::ReadAudit, property, now_ms: now_ms() };
        let mut feed = self.cluster().feed(vec![Position { shard, next: after }], Filter { property: None, wanted: is_recorded });
        // A line can have records of several properties, so the caller's right is checked for each record.
        let visible = Mutex::new(Vec::new());
        let parts = feed.next(
            read,
            |view| if permits(view, asked(PropertyNumber(0)))?.is_ok() { chain(view).map(Some) } else { Ok(None) },
            |view, line, entry| {
                let records = records(line, entry);
                let count = records.len();
                for one in records {
                    let property = one.0.seen.property;
                    let is_seen =
                        !caller.is_limited() || property != PropertyNumber(0) && permits(view, asked(property))?.is_ok();
                    if is_seen {
                        visible.lock().push(one);
                    }
                }
                Ok(count)
            },
        );
        let part = parts.await?.and_then(|mut parts| parts.pop()).ok_or_else(forbidden)?;
        let Chain { count, link, sealed } = part.begun;
        Ok(AuditPage {
            items: visible.into_inner().iter().map(|(record, link)| self.item(record, link.as_ref())).collect(),
            next_cursor: (!part.is_at_end).then(|| part.next.to_string()),
            count,
            link: encode_string(&link),
            sealed,
            complete: !caller.is_limited(),
        })
    }

    fn item(&self, record: &AuditRecord, link: Option<&[u8; 32]>) -> AuditItem {
        let seen = &record.seen;
        let (number, credential) = match &seen.actor.who {
            Who::Principal { number, credential } => (Some(*number), *credential),
            _ => (None, 0),
        };
        let principal = number.and_then(|number| self.cluster().principals().find_number(number).map(|p| p.id.clone()));
        AuditItem {
            line: record.line,
            place: record.place,
            at: answers::time(seen.at_ms),
            who: seen.actor.who.to_string(),
            principal,
            credential,
            from: std::net::Ipv6Addr::from(seen.actor.from).to_canonical().to_string(),
            action: seen.action.name().into(),
            property_id: self.cluster().known_property(seen.property),
            record: seen.record.map(|id| record_text(seen.action, id)),
            allowed: seen.verdict == Verdict::ALLOWED,
            verdict: seen.verdict.0,
            times: seen.times,
            reason: record.reason.clone(),
            encoded: Base64::encode_string(&record.encode()),
            link: link.map(|link| encode_string(link)),
        }
    }
}

/// The state of a shard's hash chain.
struct Chain {
    count: u64,
    link: [u8; 32],
    sealed: u64,
}

/// A record, and the chain's link after it if the journal has that link.
type LinkedRecord = (AuditRecord, Option<[u8; 32]>);

fn chain(view: &mut View<'_>) -> Result<Chain, Fault> {
    Ok(match view.get(&Key::Meta)? {
        Some(Row::Meta(meta)) => Chain { count: meta.audit_count, link: meta.audit_link, sealed: meta.audit_sealed },
        _ => Chain { count: 0, link: [0; 32], sealed: 0 },
    })
}

/// The records of one line: those that an edge observed, and the command's own record.
fn records(line: u64, entry: &Entry) -> Vec<LinkedRecord> {
    let mut records = Vec::new();
    if let JournalEvent::Observed(all) = &entry.happened {
        let numbered = all.iter().enumerate();
        records.extend(
            numbered.map(|(place, seen)| (AuditRecord { line, place: place as u32, seen: seen.clone(), reason: None }, None)),
        );
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
    records.push((AuditRecord { line, place: 0, seen, reason: mark.reason.clone() }, Some(mark.link)));
    records
}

/// A record's id as text. The action determines what the id identifies.
fn record_text(action: Action, id: [u8; 16]) -> String {
    match action {
        Action::PLACE_HOLD | Action::RELEASE_HOLD | Action::READ_HOLD => HoldId(id).to_string(),
        Action::READ_PRINCIPALS | Action::PUT_PRINCIPAL | Action::REVOKE_PRINCIPAL | Action::CREATE_KEY | Action::REVOKE_KEY => {
            format!("principal/{}", u128::from_be_bytes(id))
        }
        Action::FENCE_NODE | Action::ADMIT_NODE | Action::LEAD_SHARD => format!("node/{}", u128::from_be_bytes(id)),
        Action::REMOVE_PROPERTY => format!("property/{}", u128::from_be_bytes(id)),
        _ => BookingId(id).to_string(),
    }
}

/// Parses a page's cursor.
pub fn audit_cursor(text: &str) -> Result<u64, Problem> {
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| Problem::new(Detail::InvalidCursor)) }
}

/// Whether a line of the journal has audit records.
fn is_recorded(entry: &Entry) -> bool {
    entry.mark.is_some() || matches!(entry.happened, JournalEvent::Observed(_))
}
