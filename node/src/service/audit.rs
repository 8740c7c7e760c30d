//! The audit trail, for auditors: read from the shards' journals.

use base16ct::lower::encode_string;
use base64ct::{Base64, Encoding};
use keyrack_cluster::{Filter, PageRead, Position, View};
use keyrack_inventory::{
    Action, Asked, AuditRecord, BookingId, Entry, Fault, Happened, HoldId, Key, Observation, PropertyNumber, Read, Reply, Right,
    Row, Verdict, Who, permits,
};
use keyrack_proto::Code;
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation, forbidden};
use crate::clock::now_ms;
use crate::convert::{Problem, answers};

/// A page of a shard's trail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// In the order of the chain.
    pub items: Vec<AuditItem>,
    /// Where to go on; absent when there is nothing more yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Records that the shard's trail has in all, and the newest link of its chain: 64 hexadecimal digits.
    pub count: u64,
    /// See `count`.
    pub link: String,
    /// Records that a leaf of the receipts' log has sealed.
    pub sealed: u64,
    /// Whether these are all records: not for an auditor of some properties, who cannot follow the chain.
    pub complete: bool,
}

/// A record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditItem {
    /// The journal line and the place in it.
    pub line: u64,
    /// See `line`.
    pub place: u32,
    /// When.
    pub at: String,
    /// Who: `principal/<number>`, `operator/<name>`, `guest/<booking>` or `nobody`.
    pub who: String,
    /// The principal's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The number of the credential.
    pub credential: u32,
    /// From which address.
    pub from: String,
    /// What.
    pub action: String,
    /// Whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property_id: Option<String>,
    /// Of which booking, hold, principal or node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Whether it was done.
    pub allowed: bool,
    /// Below 100 the state machine's refusal, else the HTTP status; 0 when it was done.
    pub verdict: u16,
    /// How often, within a moment.
    pub times: u32,
    /// The bytes that are hashed into the chain, in base64.
    pub encoded: String,
    /// The chain's link behind this record, where it is kept: 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Service {
    /// A page of a shard's audit trail from a journal line on.
    pub async fn audit(
        &self,
        caller: &Caller,
        shard: u32,
        after: u64,
        limit: usize,
        options: ReadOptions,
    ) -> Result<AuditPage, Problem> {
        caller.check(Operation::ReadAudit, None)?;
        if !(1..=self.cluster().data_shards()).contains(&shard) {
            return Err(Problem::field("shard", "1 to the number of data shards"));
        }
        let read = PageRead { limit: limit.clamp(1, 1_000), consistency: options.consistency, deadline: options.deadline };
        let asked = |property| Asked { who: caller.who(), right: Right::ReadAudit, property, now_ms: now_ms() };
        let mut feed = self.cluster().feed(vec![Position { shard, next: after }], Filter { property: None, wanted: is_recorded });
        // A line may have records of several properties, so which of them the caller sees is asked record by record.
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
            encoded: Base64::encode_string(&record.encode()),
            link: link.map(|link| encode_string(link)),
        }
    }
}

/// How far a shard's audit trail is.
struct Chain {
    count: u64,
    link: [u8; 32],
    sealed: u64,
}

/// A record, and the chain's link behind it where that is kept.
type LinkedRecord = (AuditRecord, Option<[u8; 32]>);

fn chain(view: &mut View<'_>) -> Result<Chain, Fault> {
    Ok(match view.get(&Key::Meta)? {
        Some(Row::Meta(meta)) => Chain { count: meta.audit_count, link: meta.audit_link, sealed: meta.audit_sealed },
        _ => Chain { count: 0, link: [0; 32], sealed: 0 },
    })
}

/// The records of one line: those that an edge observed, and that of the command itself.
fn records(line: u64, entry: &Entry) -> Vec<LinkedRecord> {
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

/// What an action's record names.
fn record_text(action: Action, id: [u8; 16]) -> String {
    match action {
        Action::PLACE_HOLD | Action::RELEASE_HOLD => HoldId(id).to_string(),
        Action::READ_PRINCIPALS | Action::PUT_PRINCIPAL | Action::REVOKE_PRINCIPAL | Action::CREATE_KEY | Action::REVOKE_KEY => {
            format!("principal/{}", u128::from_be_bytes(id))
        }
        Action::FENCE_NODE | Action::ADMIT_NODE => format!("node/{}", u128::from_be_bytes(id)),
        _ => BookingId(id).to_string(),
    }
}

/// Reads a page's cursor.
pub fn audit_cursor(text: &str) -> Result<u64, Problem> {
    if text.is_empty() {
        Ok(0)
    } else {
        text.parse().map_err(|_| Problem::new(Code::InvalidCursor, "take the cursor of an answer"))
    }
}

/// Whether a line of the journal has audit records.
fn is_recorded(entry: &Entry) -> bool {
    entry.mark.is_some() || matches!(entry.happened, Happened::Observed(_))
}
