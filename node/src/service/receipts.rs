//! Receipts. A confirmation has its receipt if it is ready in time. The caller can read the receipt later in any case.

use base64ct::{Base64, Encoding};
use keyrack_cluster::{Consistency, Covered, Placement, ReceiptLog};
use keyrack_inventory::{Booking, Disclosure, Key, Leaf, LeafBody, Read, Row};
use keyrack_merkle::{Note, ProofFile};
use keyrack_proto::v1;
use keyrack_texts::Detail;
use tokio::time::Instant;

use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::{Problem, requests};

/// An answer has its receipt if the log accepted the checkpoint within this log time after the booking. A retry follows the same
/// rule, so it gets the same answer. The time is well below what an answer waits.
const ATTACH_WITHIN_MS: u64 = 150;

/// A receipt, or the URL where it will be.
#[derive(Clone, Debug, Default)]
pub struct Attached {
    /// The receipt, if it was ready in time.
    pub receipt: Option<v1::Receipt>,
    /// The URL where the receipt will be; empty if the receipt is here, or if there will be none.
    pub url: String,
}

impl Service {
    /// The receipt of a booking's newest event.
    pub async fn receipt(&self, caller: &Caller, id: &str, options: ReadOptions) -> Result<v1::Receipt, Problem> {
        caller.check(Operation::GetReceipt, None)?;
        let id = requests::booking_id(id)?;
        let place = self.place_of(caller, id, options.deadline).await?;
        let (booking, _) = self.find_booking(caller, id, &place, options).await?;
        let log = self.log(place.shard)?;
        let leaf = booking.leaf.ok_or_else(|| Problem::new(Detail::ReceiptOlderThanLog))?;
        let covered = log.receipt(leaf)?.ok_or_else(|| Problem::new(Detail::NotCosigned))?;
        let disclosures = match caller.role().sees_guests() {
            true => self.disclosures(&place, &booking, &covered.leaf, options).await?,
            false => Vec::new(),
        };
        Ok(receipt(log, covered, &disclosures))
    }

    /// The receipt of a booking's latest event. Waits for it as long as the configuration says.
    pub(super) async fn attach(&self, place: &Placement, booking: &Booking, deadline: Instant, claims: Claims) -> Attached {
        let Some(leaf) = booking.leaf else { return Attached::default() };
        let later = self.receipt_later(booking);
        // A node that waits less could answer a retry differently from the first request.
        if self.inner.receipt_wait.as_millis() < u128::from(ATTACH_WITHIN_MS) {
            return later;
        }
        match self.receipt_in_time(place, booking, leaf, deadline, claims).await {
            Ok(Some(receipt)) => Attached { receipt: Some(receipt), url: String::new() },
            Ok(None) => {
                self.inner.metrics.count_confirmation_without_receipt();
                later
            }
            // The booking is valid. Only this node cannot make its receipt.
            Err(problem) => {
                tracing::warn!(event = "receipt_failed", ?problem, shard = place.shard, leaf, "cannot make a receipt");
                later
            }
        }
    }

    /// The complete receipt or none: a receipt without its disclosures would differ from the first answer.
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

    /// The URL where the receipt will be. Does not wait for the receipt.
    pub(super) fn receipt_later(&self, booking: &Booking) -> Attached {
        let url = booking.leaf.map(|_| receipt_url(booking)).unwrap_or_default();
        Attached { receipt: None, url }
    }

    /// The claims that the holder of this leaf may disclose. The claims of a guest who was replaced or erased since then are
    /// missing.
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
        let mut claims = self.inner.vault.claims(booking, &secrets.wrapped_key);
        claims.extend(secrets.salts.claims(booking));
        if let Ok(Leaf { body: LeafBody::Booking(leaf), .. }) = Leaf::decode(leaf) {
            claims.retain(|claim| leaf.holds(claim));
        }
        Ok(claims)
    }
}

/// The source of a receipt's claims.
pub enum Claims {
    /// From the request itself.
    Known(Vec<Disclosure>),
    /// From the rows.
    Stored,
}

/// A receipt as a complete text, with the leaf as its extra line.
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
