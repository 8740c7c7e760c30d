//! Receipts: attached to a confirmation if they are ready in time, else answered when they are asked for.

use base64ct::{Base64, Encoding};
use keyrack_cluster::{Consistency, Covered, Placement, ReceiptLog};
use keyrack_inventory::{Booking, Disclosure, Key, Leaf, LeafBody, Read, Row};
use keyrack_merkle::{Note, ProofFile};
use keyrack_proto::{Code, v1};
use tokio::time::Instant;

use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::{Problem, requests};

/// A checkpoint that the log took up this long after the booking, in log time, goes out with the booking's answer, also
/// when it is asked for again; a later one never does. Well below what an answer waits, so that both agree.
const ATTACH_WITHIN_MS: u64 = 150;

/// A receipt, or where it will be.
#[derive(Clone, Debug, Default)]
pub struct Attached {
    /// The receipt, if it was there in time.
    pub receipt: Option<v1::Receipt>,
    /// Where it will be; empty when it is here, or when there is none to come.
    pub url: String,
}

impl Service {
    /// The receipt of a booking's newest event, as text with the leaf in it or as a message.
    pub async fn receipt(&self, caller: &Caller, id: &str, options: ReadOptions) -> Result<v1::Receipt, Problem> {
        caller.check(Operation::GetReceipt, None)?;
        let id = requests::booking_id(id)?;
        let place = self.place_of(caller, id.0, options.deadline).await?;
        let (booking, _) = self.find_booking(caller, id, &place, options).await?;
        let log = self.log(place.shard)?;
        let leaf = booking.leaf.ok_or_else(|| Problem::new(Code::NotFound, "this booking is older than the receipts' log"))?;
        let covered = log.receipt(leaf)?.ok_or_else(|| Problem::new(Code::NotCosigned, "ask again in a second"))?;
        let disclosures = match caller.role().sees_guests() {
            true => self.disclosures(&place, &booking, &covered.leaf, options).await?,
            false => Vec::new(),
        };
        Ok(receipt(log, covered, &disclosures))
    }

    /// The receipt of what just happened to a booking. Waits for it as long as the node is configured to.
    pub(super) async fn attach(&self, place: &Placement, booking: &Booking, deadline: Instant, claims: Claims) -> Attached {
        let Some(leaf) = booking.leaf else { return Attached::default() };
        let later = self.receipt_later(booking);
        // A node that waits less than that could answer a retry differently from the first try.
        if self.inner.receipt_wait.as_millis() < u128::from(ATTACH_WITHIN_MS) {
            return later;
        }
        match self.receipt_in_time(place, booking, leaf, deadline, claims).await {
            Ok(Some(receipt)) => Attached { receipt: Some(receipt), url: String::new() },
            Ok(None) => {
                self.inner.metrics.receipt_was_late();
                later
            }
            // The booking is taken all the same; only this node cannot make its receipt.
            Err(problem) => {
                tracing::error!(?problem, shard = place.shard, leaf, "a receipt cannot be made");
                later
            }
        }
    }

    /// The whole receipt or none: one without its disclosures would differ from the answer to the first try.
    async fn receipt_in_time(
        &self,
        place: &Placement,
        booking: &Booking,
        leaf: u64,
        deadline: Instant,
        claims: Claims,
    ) -> Result<Option<v1::Receipt>, Problem> {
        let log = self.log(place.shard)?;
        let deadline = deadline.min(Instant::now() + self.inner.receipt_wait);
        let by_ms = booking.updated_at_ms + ATTACH_WITHIN_MS;
        let Some(covered) = log.covered_by(leaf, by_ms, deadline).await? else { return Ok(None) };
        let disclosures = match claims {
            Claims::Known(claims) => claims,
            Claims::Stored => {
                let options = ReadOptions { consistency: Consistency::Local, deadline };
                self.disclosures(place, booking, &covered.leaf, options).await?
            }
        };
        Ok(Some(receipt(log, covered, &disclosures)))
    }

    /// Says where the receipt will be, without waiting for it.
    pub(super) fn receipt_later(&self, booking: &Booking) -> Attached {
        let url = booking.leaf.map(|_| receipt_url(booking)).unwrap_or_default();
        Attached { receipt: None, url }
    }

    /// What the leaf of this state of a booking hides and its holder may disclose, as far as it is still there: a guest who was
    /// replaced or erased since is not.
    async fn disclosures(
        &self,
        place: &Placement,
        booking: &Booking,
        leaf: &[u8],
        options: ReadOptions,
    ) -> Result<Vec<Disclosure>, Problem> {
        let id = booking.id;
        let read = self.inner.cluster.read(place.shard, options.consistency, options.deadline, |view| {
            Ok(match view.get(&Key::Guest(id))? {
                Some(Row::Guest(secrets)) => Some(secrets.clone()),
                _ => None,
            })
        });
        let (Some(secrets), _) = read.await? else { return Ok(Vec::new()) };
        let mut claims = self.inner.vault.claims(&booking.guest, &secrets.wrapped_key);
        claims.extend(secrets.salts.claims(booking));
        if let Ok(Leaf { body: LeafBody::Booking(leaf), .. }) = Leaf::decode(leaf) {
            claims.retain(|claim| leaf.holds(claim));
        }
        Ok(claims)
    }
}

/// Where the claims of a receipt come from.
pub enum Claims {
    /// From the request itself.
    Known(Vec<Disclosure>),
    /// From the rows.
    Stored,
}

/// A receipt as a text that needs nothing else: the leaf is its extra line.
pub fn receipt_text(receipt: &v1::Receipt) -> String {
    match receipt.proof.split_once('\n') {
        Some((first, rest)) => format!("{first}\nextra {}\n{rest}", receipt.leaf),
        None => receipt.proof.clone(),
    }
}

fn receipt_url(booking: &Booking) -> String {
    format!("/v1/bookings/{}/receipt", booking.id)
}

fn receipt(log: &ReceiptLog, covered: Covered, disclosures: &[Disclosure]) -> v1::Receipt {
    let disclosure = |claim: &Disclosure| v1::Disclosure {
        name: claim.name.clone(),
        value: claim.value.clone(),
        salt: Base64::encode_string(&claim.salt),
    };
    v1::Receipt {
        origin: log.origin(),
        index: covered.index,
        leaf: Base64::encode_string(&covered.leaf),
        disclosures: disclosures.iter().map(disclosure).collect(),
        proof: proof_text(&covered),
    }
}

/// The tlog-proof text, without the leaf.
fn proof_text(covered: &Covered) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(1_800);
    let _ = write!(text, "c2sp.org/tlog-proof@v1\nindex {}\n", covered.index);
    for hash in &covered.hashes {
        text.push_str(&Base64::encode_string(hash));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&covered.checkpoint.note);
    debug_assert!(ProofFile::parse(&text).is_ok() && Note::parse(&covered.checkpoint.note).is_ok());
    text
}
